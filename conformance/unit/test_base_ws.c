/* WebSocket frame headers and masks: the examples of RFC 6455 §5.7, and the limits of each length.
 */
#include "check_main.h"

#include "base/ws_frame.h"

static const uint8_t rfc_mask[4] = {0x37, 0xfa, 0x21, 0x3d};

START_TEST(headers_of_the_rfc) {
    uint8_t out[BASE_WS_HEADER_MAX];
    size_t size = base_ws_header(out, BASE_WS_TEXT, 1, 5, NULL);
    ck_hex_eq(out, size, "8105");
    size = base_ws_header(out, BASE_WS_TEXT, 1, 5, rfc_mask);
    ck_hex_eq(out, size, "818537fa213d");
    size = base_ws_header(out, BASE_WS_TEXT, 0, 3, NULL);
    ck_hex_eq(out, size, "0103");
    size = base_ws_header(out, BASE_WS_CONTINUATION, 1, 2, NULL);
    ck_hex_eq(out, size, "8002");
    size = base_ws_header(out, BASE_WS_PING, 1, 5, NULL);
    ck_hex_eq(out, size, "8905");
    /* The RFC's two long messages are binary; text differs in the opcode only. */
    size = base_ws_header(out, BASE_WS_TEXT, 1, 256, NULL);
    ck_hex_eq(out, size, "817e0100");
    size = base_ws_header(out, BASE_WS_TEXT, 1, 65536, NULL);
    ck_hex_eq(out, size, "817f0000000000010000");
}
END_TEST

START_TEST(lengths_at_their_limits) {
    uint8_t out[BASE_WS_HEADER_MAX];
    size_t size = base_ws_header(out, BASE_WS_TEXT, 1, 0, NULL);
    ck_hex_eq(out, size, "8100");
    size = base_ws_header(out, BASE_WS_TEXT, 1, 125, NULL);
    ck_hex_eq(out, size, "817d");
    size = base_ws_header(out, BASE_WS_TEXT, 1, 126, NULL);
    ck_hex_eq(out, size, "817e007e");
    size = base_ws_header(out, BASE_WS_TEXT, 1, 127, NULL);
    ck_hex_eq(out, size, "817e007f");
    size = base_ws_header(out, BASE_WS_TEXT, 1, 65535, NULL);
    ck_hex_eq(out, size, "817effff");
    size = base_ws_header(out, BASE_WS_TEXT, 1, UINT64_C(0x123456789abcdef0), rfc_mask);
    ck_assert_uint_eq(size, BASE_WS_HEADER_MAX);
    ck_hex_eq(out, size, "81ff123456789abcdef037fa213d");
}
END_TEST

START_TEST(mask_of_the_rfc) {
    uint8_t payload[] = {'H', 'e', 'l', 'l', 'o'};
    base_ws_mask(payload, sizeof payload, rfc_mask);
    ck_hex_eq(payload, sizeof payload, "7f9f4d5158");
    base_ws_mask(payload, sizeof payload, rfc_mask);
    ck_assert_mem_eq(payload, "Hello", 5);
}
END_TEST

START_TEST(mask_any_size_and_alignment) {
    for (size_t offset = 0; offset < 9; offset++) {
        for (size_t size = 0; size < 40; size++) {
            uint8_t bytes[64] = {0};
            base_ws_mask(bytes + offset, size, rfc_mask);
            for (size_t i = 0; i < sizeof bytes; i++) {
                bool inside = i >= offset && i < offset + size;
                ck_assert_uint_eq(bytes[i], inside ? rfc_mask[(i - offset) % 4] : 0);
            }
        }
    }
}
END_TEST

/* One byte over 0x7f, anywhere, is noticed. */
START_TEST(mask_tells_ascii) {
    for (size_t size = 0; size < 70; size++) {
        for (size_t at = 0; at <= size; at++) {
            uint8_t bytes[72];
            for (size_t i = 0; i < size; i++) {
                bytes[i] = (uint8_t)((i == at ? 0x80 : 0x7f) ^ rfc_mask[i % 4]);
            }
            ck_assert(base_ws_mask(bytes, size, rfc_mask) == (at == size));
        }
    }
}
END_TEST

CHECK_MAIN("base_ws", headers_of_the_rfc, lengths_at_their_limits, mask_of_the_rfc,
           mask_any_size_and_alignment, mask_tells_ascii)
