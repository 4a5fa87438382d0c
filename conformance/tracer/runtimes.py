"""The tracer's two runtimes, as data: pallets, events, calls, APIs. They differ in what decoders get wrong at an
upgrade: every type has another number in the second; one item has another type, one is gone, one is new; an event of
one name has another shape and another index."""

from .kinds import MARKED, SMALL
from .marks import CONSTANT, Mark
from .metadata import Extrinsic, Item, Pallet, Runtime, runtime_version
from .rows import ROWS
from .scale import blob, number
from .registry import Types

SYSTEM, TIMESTAMP, AURA, TRACER, SUBTENSOR = 0, 2, 3, 7, 9  # indices of the pallets
NAME = "tracer-runtime"
SLOT = 12_000  # milliseconds
APIS = [("Core", 5), ("Metadata", 2), ("AccountNonceApi", 1), ("TracerApi", 1)]


def make_runtime(chain, spec):
    types = Types(spec)
    event, call, error = outer_types(types, spec)
    version_bytes = runtime_version(NAME, spec, APIS)[1]
    pallets = [
        system(types, event, version_bytes),
        Pallet("Timestamp", TIMESTAMP, [Item("Now", types.plain("u64"), default=bytes(8))], timestamp_calls(types)),
        Pallet("Aura", AURA, constants=[("SlotDuration", types.plain("u64"), number(SLOT, 8))]),
        Pallet("Tracer", TRACER, [item_of(types, row, spec, chain) for row in ROWS if spec in row.specs],
               tracer_calls(types), tracer_event(types, spec), tracer_error(types), constants(types, chain, spec)),
        subtensor(types),
    ]
    runtime = types.struct("tracer_runtime::Runtime")
    return Runtime(types, pallets, extrinsic(types, call), runtime, call, event, error, apis(types))


# ---- the pallet Tracer


def item_of(types, row, spec, chain):
    arguments = [(hasher, types.named(type)) for hasher, type in row.arguments]
    key = types.pair(*(type for _, type in row.arguments)) if len(arguments) > 1 else None
    default = None if row.optional else row.default_in(spec, chain)
    return Item(row.name, row.kind_in(spec).type(types), arguments, key, default)


def constants(types, chain, spec):
    """Of each kind one, that says which chain and runtime the metadata is of."""
    return [
        (kind.name, kind.type(types), kind.value(Mark(chain, spec, 0, at, CONSTANT)))
        for at, kind in enumerate(MARKED + SMALL, 1)
    ]


def tracer_calls(types):
    return types.enum("tracer::pallet::Call", ("touch", 0, {"key": "u16", "mark": "u128", "text": "str"}))


def tracer_error(types):
    return types.enum("tracer::pallet::Error", ("NoSuchKey", 0), ("TooLate", 1))


def tracer_event(types, spec):
    if spec == 1:
        return types.enum(
            "tracer::pallet::Event", ("Moved", 0, {"key": "u16", "mark": "u64"}), ("Marked", 1, {"mark": "u128"}),
            ("OnlyFirst", 2, {"text": "str"}))
    return types.enum(
        "tracer::pallet::Event", ("Upgraded", 0, {"before": "u32", "after": "u32"}),
        ("Moved", 1, {"mark": "u128", "key": types.compacted("u32"), "by": "account"}),
        ("Marked", 2, {"mark": "u128"}), ("OnlySecond", 5, "u64", "bytes"))


# ---- what every chain has


def timestamp_calls(types):
    return types.enum("pallet_timestamp::pallet::Call", ("set", 0, {"now": types.compacted("u64")}))


def system_calls(types):
    return types.enum("frame_system::pallet::Call", ("remark", 0, {"remark": "bytes"}),
                      ("apply_authorized_upgrade", 11, {"code": "bytes"}))


def system_event(types):
    weight = types.struct(
        "sp_weights::weight_v2::Weight", ref_time=types.compacted("u64"), proof_size=types.compacted("u64"))
    of_class = types.enum("frame_support::dispatch::DispatchClass", ("Normal", 0), ("Operational", 1), ("Mandatory", 2))
    pays = types.enum("frame_support::dispatch::Pays", ("Yes", 0), ("No", 1))
    info = types.struct(
        "frame_support::dispatch::DispatchInfo", **{"weight": weight, "class": of_class, "pays_fee": pays})
    return types.enum(
        "frame_system::pallet::Event", ("ExtrinsicSuccess", 0, {"dispatch_info": info}), ("CodeUpdated", 2))


def outer_types(types, spec):
    """What the runtime makes of its pallets: (event, call, error)."""
    return (
        types.enum("tracer_runtime::RuntimeEvent", ("System", SYSTEM, system_event(types)),
                   ("Tracer", TRACER, tracer_event(types, spec))),
        types.enum("tracer_runtime::RuntimeCall", ("System", SYSTEM, system_calls(types)),
                   ("Timestamp", TIMESTAMP, timestamp_calls(types)), ("Tracer", TRACER, tracer_calls(types))),
        types.enum("tracer_runtime::RuntimeError", ("Tracer", TRACER, tracer_error(types))),
    )


def version_type(types):
    apis = types.once("apis", lambda: types.sequence(types.tuple(types.byte_array(8), types.plain("u32"))))
    return types.struct(
        "sp_version::RuntimeVersion", spec_name="str", impl_name="str", authoring_version="u32", spec_version="u32",
        impl_version="u32", apis=apis, transaction_version="u32", system_version="u8")


def digest_type(types):
    engine = types.byte_array(4)
    log = types.enum(
        "sp_runtime::generic::digest::DigestItem", ("Other", 0, "bytes"), ("Consensus", 4, engine, "bytes"),
        ("Seal", 5, engine, "bytes"), ("PreRuntime", 6, engine, "bytes"), ("RuntimeEnvironmentUpdated", 8))
    return types.struct("sp_runtime::generic::digest::Digest", logs=types.vector(log))


def system(types, event, version_bytes):
    u32, hash = types.plain("u32"), types.hash
    data = types.struct("pallet_balances::types::AccountData", free="u64", reserved="u64", frozen="u64", flags="u128")
    info = types.struct("frame_system::AccountInfo", nonce="u32", consumers="u32", providers="u32", sufficients="u32",
                        data=data)
    phase = types.enum("frame_system::Phase", ("ApplyExtrinsic", 0, "u32"), ("Finalization", 1), ("Initialization", 2))
    record = types.struct("frame_system::EventRecord", phase=phase, event=event, topics=types.vector("hash"))
    types.parameters[record] = [("E", event), ("T", hash)]  # where @polkadot/api finds the type of events
    upgrade = types.struct("frame_system::LastRuntimeUpgradeInfo", spec_version=types.compacted("u32"), spec_name="str")
    items = [
        Item("Account", info, [("Blake2_128Concat", types.account)], default=bytes(56)),
        Item("BlockHash", hash, [("Twox64Concat", u32)], default=bytes(32)),
        Item("Number", u32, default=bytes(4)), Item("ParentHash", hash, default=bytes(32)),
        Item("Digest", digest_type(types), default=b"\0"), Item("Events", types.vector(record), default=b"\0"),
        Item("EventCount", u32, default=bytes(4)), Item("LastRuntimeUpgrade", upgrade),
    ]
    said = [("BlockHashCount", u32, number(4096, 4)), ("Version", version_type(types), version_bytes),
            ("SS58Prefix", types.plain("u16"), number(42, 2))]
    return Pallet("System", SYSTEM, items, system_calls(types), system_event(types), None, said)


def subtensor(types):
    """What the Bittensor SDKs ask of every chain, and the question of their guide."""
    u16 = types.plain("u16")
    return Pallet("SubtensorModule", SUBTENSOR, [
        Item("NetworksAdded", types.plain("bool"), [("Identity", u16)], default=b"\0"),
        Item("TokenSymbol", types.bytes, [("Identity", u16)], default=blob(b"T")),
    ])


def extrinsic(types, call):
    nothing, u32 = types.nothing, types.plain("u32")
    address = types.enum("sp_runtime::multiaddress::MultiAddress", ("Id", 0, "account"), ("Raw", 2, "bytes"))
    types.parameters[address] = [("AccountId", types.account), ("AccountIndex", nothing)]
    signature = types.enum(
        "sp_runtime::MultiSignature", ("Ed25519", 0, types.byte_array(64)), ("Sr25519", 1, types.byte_array(64)))
    era = types.enum("sp_runtime::generic::era::Era", ("Immortal", 0),
                     *((f"Mortal{first}", first, "u8") for first in range(1, 256)))

    def check(name, *inner):
        return types.composite(*inner, path=["frame_system", "extensions", name])

    extensions = [
        ("CheckSpecVersion", check("CheckSpecVersion"), u32), ("CheckTxVersion", check("CheckTxVersion"), u32),
        ("CheckGenesis", check("CheckGenesis"), types.hash),
        ("CheckMortality", check("CheckMortality", era), types.hash),
        ("CheckNonce", check("CheckNonce", types.compacted("u32")), nothing),
        ("ChargeTransactionPayment", check("ChargeTransactionPayment", types.compacted("u64")), nothing),
    ]
    extra = types.tuple(*(type for _, type, _ in extensions))
    whole = types.composite(types.bytes, path=["sp_runtime", "generic", "unchecked_extrinsic", "UncheckedExtrinsic"])
    types.parameters[whole] = [("Address", address), ("Call", call), ("Signature", signature), ("Extra", extra)]
    return Extrinsic(whole, address, call, signature, extra, extensions)


def apis(types):
    u16, u32 = types.plain("u16"), types.plain("u32")
    opaque = types.composite(types.bytes, path=["sp_core", "OpaqueMetadata"])
    return [
        ("Core", [("version", [], version_type(types))]),
        ("Metadata", [
            ("metadata", [], opaque), ("metadata_at_version", [("version", u32)], types.option(opaque)),
            ("metadata_versions", [], types.vector("u32"))]),
        ("AccountNonceApi", [("account_nonce", [("account", types.account)], u32)]),
        ("TracerApi", [
            ("mark", [("key", u16)], types.plain("u64")),
            ("wide", [("key", u16), ("account", types.account)], types.option_of("u128")),
            ("reading", [], types.reading),
            ("marks", [("keys", types.vector("u16"))], types.by_number)]),
    ]
