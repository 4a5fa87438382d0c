/* A small fixture written by hand, with what independent code says of it: header hashes, digests
 * and the digest of a value are hashlib's (BLAKE2b with digest_size=32). Blocks 0, 1, 2, a fork of
 * 2, 3 and 5 are recorded; 4 is a gap. Each test writes it to a folder of its own. */
#ifndef CHAIN_SAMPLE_H
#define CHAIN_SAMPLE_H

#define SAMPLE_GENESIS "0x4545454545454545454545454545454545454545454545454545454545454545"
#define SAMPLE_H1 "0xa9dc2ca1740688ba30e2be2656f3c3194e23a234b50cfe9e7a7178e8ffdeebcf"
#define SAMPLE_H2 "0x1c390d0425a24ed64cbe92b1b8e2559b0069ae2282f26e7e53a0158206de1a82"
#define SAMPLE_FORK2 "0x5db169a9da56694f0532d52bf21f782e3ce8b596367b72e452d866eaee0a6ea2"
#define SAMPLE_H3 "0xf4155f645618c03eafe6aaa6b08db45f79868dda0d481f9fe68cfb97ddbec994"
#define SAMPLE_H4 "0xe4ef410eabf1a58b8f262c23044f17eb74d0e95a728bf3c4f348461339bf9a81"
#define SAMPLE_H5 "0x7fba8caaa7ea6c69d76c9f988b6064baa52b8ed7d7ee8f7f7bd6a4e218d13317"
#define SAMPLE_UNKNOWN "0x1111111111111111111111111111111111111111111111111111111111111111"
#define SAMPLE_BLOB "c6b20b26a6d49b634196c9572f9a63f573ec402ef4df617326190b1ce94c0f81"
#define SAMPLE_META_HEX                                                                    \
    "6d6574610e000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021222324" \
    "25262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445"
/* SCALE compact length of the 75 bytes: 75 << 2 | 1, little-endian. */
#define SAMPLE_META_LENGTH "2d01"
#define SAMPLE_HASH_OF_A2 "0x511a71ac74b2c3897e7ba0fbe6dc9b4ef4ec5a6ce0702cb632e85fe1a09d3ada"
/* System.Account of //Alice: twox128 of both names, blake2_128_concat of the account. */
#define SAMPLE_ACCOUNT_KEY                                                                 \
    "0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9de1e86a9a8c739864c" \
    "f3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
#define SAMPLE_HEADER_H1                                                                   \
    "{\"parentHash\":\"0x4545454545454545454545454545454545454545454545454545454545454545" \
    "\",\"number\":\"0x1\",\"stateRoot\":\"0x01010101010101010101010101010101010101010101" \
    "01010101010101010101\",\"extrinsicsRoot\":\"0xe1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1" \
    "e1e1e1e1e1e1e1e1e1e1e1e1e1\",\"digest\":{\"logs\":[\"0x0466726f6e00\"]}}"
#define SAMPLE_HEADER_H2                                                                   \
    "{\"parentHash\":\"0xa9dc2ca1740688ba30e2be2656f3c3194e23a234b50cfe9e7a7178e8ffdeebcf" \
    "\",\"number\":\"0x2\",\"stateRoot\":\"0x02020202020202020202020202020202020202020202" \
    "02020202020202020202\",\"extrinsicsRoot\":\"0xe2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2" \
    "e2e2e2e2e2e2e2e2e2e2e2e2e2\",\"digest\":{\"logs\":[\"0x0466726f6e00\"]}}"
#define SAMPLE_HEADER_H3                                                                   \
    "{\"parentHash\":\"0x1c390d0425a24ed64cbe92b1b8e2559b0069ae2282f26e7e53a0158206de1a82" \
    "\",\"number\":\"0x3\",\"stateRoot\":\"0x03030303030303030303030303030303030303030303" \
    "03030303030303030303\",\"extrinsicsRoot\":\"0xe3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3" \
    "e3e3e3e3e3e3e3e3e3e3e3e3e3\",\"digest\":{\"logs\":[\"0x0466726f6e00\"]}}"
#define SAMPLE_HEADER_H5                                                                   \
    "{\"parentHash\":\"0xe4ef410eabf1a58b8f262c23044f17eb74d0e95a728bf3c4f348461339bf9a81" \
    "\",\"number\":\"0x5\",\"stateRoot\":\"0x05050505050505050505050505050505050505050505" \
    "05050505050505050505\",\"extrinsicsRoot\":\"0xe5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5" \
    "e5e5e5e5e5e5e5e5e5e5e5e5e5\",\"digest\":{\"logs\":[\"0x0466726f6e00\"]}}"
static const char SAMPLE_BLOCKS[] =
    "{\"hash\":\"0x4545454545454545454545454545454545454545454545454545454545454545\",\"n"
    "umber\":0,\"header\":{\"parentHash\":\"0x0000000000000000000000000000000000000000000"
    "000000000000000000000\",\"number\":\"0x0\",\"stateRoot\":\"0x00000000000000000000000"
    "00000000000000000000000000000000000000000\",\"extrinsicsRoot\":\"0xe0e0e0e0e0e0e0e0e"
    "0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0\",\"digest\":{\"logs\":[]}}}\n"
    "{\"hash\":\"0xa9dc2ca1740688ba30e2be2656f3c3194e23a234b50cfe9e7a7178e8ffdeebcf\",\"n"
    "umber\":1,\"header\":{\"parentHash\":\"0x4545454545454545454545454545454545454545454"
    "545454545454545454545\",\"number\":\"0x1\",\"stateRoot\":\"0x01010101010101010101010"
    "10101010101010101010101010101010101010101\",\"extrinsicsRoot\":\"0xe1e1e1e1e1e1e1e1e"
    "1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1\",\"digest\":{\"logs\":[\"0x0466726f"
    "6e00\"]}},\"extrinsics\":[],\"justifications\":null}\n"
    "{\"hash\":\"0x1c390d0425a24ed64cbe92b1b8e2559b0069ae2282f26e7e53a0158206de1a82\",\"n"
    "umber\":2,\"runtime\":7,\"header\":{\"parentHash\":\"0xa9dc2ca1740688ba30e2be2656f3c"
    "3194e23a234b50cfe9e7a7178e8ffdeebcf\",\"number\":\"0x2\",\"stateRoot\":\"0x020202020"
    "2020202020202020202020202020202020202020202020202020202\",\"extrinsicsRoot\":\"0xe2e"
    "2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2\",\"digest\":{\"logs\""
    ":[\"0x0466726f6e00\"]}},\"extrinsics\":[\"0x2804\",\"0x1234\"],\"justifications\":[["
    "[1,2,3,4],[9]]]}\n"
    "{\"hash\":\"0x5db169a9da56694f0532d52bf21f782e3ce8b596367b72e452d866eaee0a6ea2\",\"n"
    "umber\":2,\"fork\":true,\"runtime\":7,\"header\":{\"parentHash\":\"0xa9dc2ca1740688b"
    "a30e2be2656f3c3194e23a234b50cfe9e7a7178e8ffdeebcf\",\"number\":\"0x2\",\"stateRoot\""
    ":\"0x0202020202020202020202020202020202020202020202020202020202020202\",\"extrinsics"
    "Root\":\"0xe2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2\",\"dige"
    "st\":{\"logs\":[]}}}\n"
    "{\"hash\":\"0xf4155f645618c03eafe6aaa6b08db45f79868dda0d481f9fe68cfb97ddbec994\",\"n"
    "umber\":3,\"runtime\":8,\"header\":{\"parentHash\":\"0x1c390d0425a24ed64cbe92b1b8e25"
    "59b0069ae2282f26e7e53a0158206de1a82\",\"number\":\"0x3\",\"stateRoot\":\"0x030303030"
    "3030303030303030303030303030303030303030303030303030303\",\"extrinsicsRoot\":\"0xe3e"
    "3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3e3\",\"digest\":{\"logs\""
    ":[\"0x0466726f6e00\"]}}}\n"
    "{\"hash\":\"0x7fba8caaa7ea6c69d76c9f988b6064baa52b8ed7d7ee8f7f7bd6a4e218d13317\",\"n"
    "umber\":5,\"runtime\":7,\"header\":{\"parentHash\":\"0xe4ef410eabf1a58b8f262c23044f1"
    "7eb74d0e95a728bf3c4f348461339bf9a81\",\"number\":\"0x5\",\"stateRoot\":\"0x050505050"
    "5050505050505050505050505050505050505050505050505050505\",\"extrinsicsRoot\":\"0xe5e"
    "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5\",\"digest\":{\"logs\""
    ":[\"0x0466726f6e00\"]}},\"extrinsics\":[],\"justifications\":null}\n";
static const char SAMPLE_RUNTIMES[] =
    "{\"spec_version\":7,\"version\":{\"specName\":\"sample\",\"specVersion\":7},\"core_v"
    "ersion\":\"0x0707\",\"metadata_versions\":\"0x080e0000000f000000\",\"metadata\":{\"1"
    "4\":\"c6b20b26a6d49b634196c9572f9a63f573ec402ef4df617326190b1ce94c0f81\"},\"exports"
    "\":[\"Core_version\",\"Metadata_metadata\",\"Metadata_metadata_at_version\",\"Metada"
    "ta_metadata_versions\",\"Test_call\",\"Test_fail\"]}\n"
    "{\"spec_version\":8,\"version\":{\"specName\":\"sample\",\"specVersion\":8}}\n";
static const char SAMPLE_STATE[] =
    "{\"set\":\"0xa9dc2ca1740688ba30e2be2656f3c3194e23a234b50cfe9e7a7178e8ffdeebcf\",\"ba"
    "se\":null,\"covered\":[[\"0x\",\"0x3a636f6465\"],[\"0x3a636f646500\",null]]}\n"
    "{\"key\":\"0x01\",\"value\":\"0xaa\"}\n"
    "{\"key\":\"0x0102\",\"value\":\"0xbb\"}\n"
    "{\"key\":\"0x0103\",\"present\":true}\n"
    "{\"key\":\"0x02\",\"value\":\"0x\"}\n"
    "{\"key\":\"0x26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9de1e86a"
    "9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56"
    "da27d\",\"value\":\"0x07010000000000000000000000000000\"}\n"
    "{\"set\":\"0x1c390d0425a24ed64cbe92b1b8e2559b0069ae2282f26e7e53a0158206de1a82\",\"ba"
    "se\":\"0xa9dc2ca1740688ba30e2be2656f3c3194e23a234b50cfe9e7a7178e8ffdeebcf\",\"covere"
    "d\":\"base\"}\n"
    "{\"key\":\"0x01\",\"value\":\"0xa2\"}\n"
    "{\"key\":\"0x0102\",\"value\":null}\n"
    "{\"key\":\"0x0104\",\"value\":\"0xcccc\"}\n"
    "{\"set\":\"0x5db169a9da56694f0532d52bf21f782e3ce8b596367b72e452d866eaee0a6ea2\",\"ba"
    "se\":\"0xa9dc2ca1740688ba30e2be2656f3c3194e23a234b50cfe9e7a7178e8ffdeebcf\",\"covere"
    "d\":\"base\"}\n"
    "{\"key\":\"0x01\",\"value\":\"0xf2\"}\n"
    "{\"set\":\"0xf4155f645618c03eafe6aaa6b08db45f79868dda0d481f9fe68cfb97ddbec994\",\"ba"
    "se\":null,\"covered\":[[\"0x01\",\"0x0200\"]]}\n"
    "{\"key\":\"0x01\",\"value\":\"0xa2\"}\n"
    "{\"key\":\"0x0104\",\"value\":\"0xcccc\"}\n"
    "{\"key\":\"0x0200\",\"value\":\"0x33\"}\n"
    "{\"key\":\"0x03\",\"value\":null}\n"
    "{\"set\":\"0x7fba8caaa7ea6c69d76c9f988b6064baa52b8ed7d7ee8f7f7bd6a4e218d13317\",\"ba"
    "se\":\"0x1c390d0425a24ed64cbe92b1b8e2559b0069ae2282f26e7e53a0158206de1a82\",\"covere"
    "d\":[[\"0x01\",\"0x0103\"],[\"0x0105\",\"0x0200\"],[\"0x26\",\"0x27\"]]}\n"
    "{\"key\":\"0x0104\",\"value\":\"0xdd\"}\n"
    "{\"key\":\"0x0109\",\"value\":\"0x99\"}\n";
static const char SAMPLE_CALLS[] =
    "{\"method\":\"mystery_get\",\"params\":[{\"a\":1,\"b\":\"x\"}],\"result\":{\"y\":[1,"
    "2]}}\n"
    "{\"method\":\"neuronInfo_getNeuron\",\"params\":[1,2],\"at\":\"0x7fba8caaa7ea6c69d76"
    "c9f988b6064baa52b8ed7d7ee8f7f7bd6a4e218d13317\",\"result\":[1,2,3]}\n"
    "{\"method\":\"payment_queryInfo\",\"params\":[\"0x84\"],\"at\":\"0x7fba8caaa7ea6c69d"
    "76c9f988b6064baa52b8ed7d7ee8f7f7bd6a4e218d13317\",\"result\":{\"weight\":{\"ref_time"
    "\":1,\"proof_size\":2},\"class\":\"normal\",\"partialFee\":\"12\"}}\n"
    "{\"method\":\"state_call\",\"params\":[\"Test_call\",\"0x0100\"],\"at\":\"0x1c390d04"
    "25a24ed64cbe92b1b8e2559b0069ae2282f26e7e53a0158206de1a82\",\"result\":\"0x11\"}\n"
    "{\"method\":\"state_call\",\"params\":[\"Test_call\",\"0x0100\"],\"at\":\"0xf4155f64"
    "5618c03eafe6aaa6b08db45f79868dda0d481f9fe68cfb97ddbec994\",\"result\":\"0x12\"}\n"
    "{\"method\":\"state_call\",\"params\":[\"Test_fail\",\"0x\"],\"at\":\"0x1c390d0425a2"
    "4ed64cbe92b1b8e2559b0069ae2282f26e7e53a0158206de1a82\",\"error\":{\"code\":4003,\"me"
    "ssage\":\"Client error: Execution failed: trap\"}}\n"
    "{\"method\":\"system_chain\",\"params\":[],\"result\":\"sample chain\"}\n"
    "{\"method\":\"system_health\",\"params\":[],\"result\":{\"peers\":0,\"isSyncing\":fa"
    "lse,\"shouldHavePeers\":false}}\n";
static const char SAMPLE_MANIFEST[] =
    "{\"format\":1,\"chain\":\"sample\",\"genesis\":{\"hash\":\"0x45454545454545454545454"
    "54545454545454545454545454545454545454545\",\"assigned\":true},\"head\":\"0x7fba8caa"
    "a7ea6c69d76c9f988b6064baa52b8ed7d7ee8f7f7bd6a4e218d13317\",\"finalized\":\"0xf4155f6"
    "45618c03eafe6aaa6b08db45f79868dda0d481f9fe68cfb97ddbec994\",\"provenance\":{\"by\":"
    "\"hand\"},\"redacted\":[],\"files\":{\"blocks.jsonl\":{\"bytes\":2578,\"blake2_256\""
    ":\"213d9706bebaadd822807a7960d1e5806d6c63ca2b622b3d86c490c12d22d069\"},\"runtimes.js"
    "onl\":{\"bytes\":417,\"blake2_256\":\"7faa9e4cb982fd25a3cca9efacf62799b0915a202ea871"
    "6c9675c0002068cdd3\"},\"state.jsonl\":{\"bytes\":1477,\"blake2_256\":\"5f66660001844"
    "3b61a0529d00f89951c902e0357bd292e81063e92bc088dba42\"},\"calls.jsonl\":{\"bytes\":10"
    "74,\"blake2_256\":\"bd17b824b2ffc1a31a0d8de1f7db3265c877922c33fb7e80229691579eb5761c"
    "\"}}}\n";
static const unsigned char SAMPLE_META[] = {
    0x6d, 0x65, 0x74, 0x61, 0xe,  0x0,  0x1,  0x2,  0x3,  0x4,  0x5,  0x6,  0x7,  0x8,  0x9,
    0xa,  0xb,  0xc,  0xd,  0xe,  0xf,  0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
    0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,
    0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36,
    0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45};

#endif
