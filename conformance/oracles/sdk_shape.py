"""How the Bittensor SDK 11.x shows values, which is what its own recordings hold. It shows less than there is
(bytes that are UTF-8 become text, MultiAddress::Id just an address), so the comparison goes one way: canonical
JSON is reduced, by its type, to the SDK's shape. Types come as polkadot_api.mjs answers {"kind":"types"}."""

from fractions import Fraction


class OutOfRange(Exception):
    """A compact integer that its type cannot hold. The SDK and polkadot-api read it; a runtime does not
    (parity-scale-codec), nor do we."""


def text_or_hex(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "0x" + data.hex()


def era(index, second):
    """[period, phase] of a mortal era: its two bytes hold the period's logarithm and the phase (Substrate,
    sp_runtime::generic::Era)."""
    bits = index | second << 8
    period = 2 << (bits & 15)
    return [period, (bits >> 4) * max(period >> 12, 1)]


def trimmed(shown):
    """What the SDK recorded, without what it made up: the names of Rust types beside arguments, and hashes of
    calls. A type without fields is [] to one of its two codecs and {} to the other."""
    if isinstance(shown, dict):
        if "call_args" in shown:
            return {
                "call_index": shown["call_index"], "call_module": shown["call_module"],
                "call_function": shown["call_function"],
                "call_args": [[each["name"], trimmed(each["value"])] for each in shown["call_args"]],
            }
        return {name: trimmed(part) for name, part in shown.items()} or []
    return [trimmed(part) for part in shown] if isinstance(shown, list) else shown


class Shape:
    def __init__(self, types):
        self.types = types

    def of(self, id, value):
        """The SDK's shape of canonical JSON of a type."""
        type = self.types[id]
        (kind,) = type.keys() & {
            "composite", "variant", "sequence", "array", "tuple", "primitive", "compact",
        }
        return getattr(self, kind)(type, value)

    def composite(self, type, value):
        path = "::".join(type["path"])
        if "fixed" in type:
            return {"bits": self.point(type, value)}
        if path == "primitive_types::U256":
            return sum(int(limb) << (64 * at) for at, limb in enumerate(value[0]))
        if path == "frame_system::EventRecord":
            return self.record(type, value)
        if path == "BTreeMap":
            return {str(key): held for key, held in self.fields(type["composite"], value)} or []
        return value if isinstance(value, str) else self.fields(type["composite"], value)

    def point(self, type, text):
        """The integer behind the decimal text of a fixed-point number; a rounded text has none."""
        bits = Fraction(text) * 2 ** type["fixed"][1]
        assert bits.denominator == 1, f"{text} has more than {type['fixed'][1]} binary places"
        return int(bits)

    def fields(self, fields, value):
        """Named fields are an object; others a list, but a field that is alone stands for the whole."""
        if isinstance(value, dict):
            assert list(value) == [name for name, _, _ in fields]
            return {name: self.of(type, value[name]) for name, type, _ in fields}
        shown = [self.of(type, part) for (_, type, _), part in zip(fields, value, strict=True)]
        return shown[0] if len(shown) == 1 else shown

    def chosen(self, type, value):
        (found,) = [each for each in type["variant"] if each[0] == value["type"]]
        return found

    def variant(self, type, value):
        path = "::".join(type["path"])
        if path == "Option":
            return self.option(type, value)
        if path.endswith("_runtime::RuntimeCall"):
            return self.call(type, value)
        if path.endswith("_runtime::RuntimeEvent"):
            return self.event(type, value)
        name, index, fields = self.chosen(type, value)
        if path.endswith("::Era"):
            return era(index, value["value"][0]) if fields else "00"
        if not fields:
            assert value["value"] is None
            return name
        shown = self.fields(fields, value["value"])
        return shown if path.endswith("MultiAddress") and name == "Id" else {name: shown}

    def option(self, type, value):
        """To the SDK None and Some(None) are one."""
        inner = type["variant"][1][2][0][1]
        some = value is not None
        if self.is_variant_option(inner):
            some, value = value["type"] == "Some", value["value"]
        return self.of(inner, value) if some else None

    def is_variant_option(self, inner):
        """Is an option of `inner` written as a variant? Where the JSON of `inner` may itself be null."""
        type = self.types[inner]
        if type["path"] == ["Option"]:
            return not self.is_variant_option(type["variant"][1][2][0][1])
        return type.get("tuple") == []

    def pallet_variant(self, type, value):
        """Of an outer call or event: pallet, its variant's fields, both indices."""
        pallet, pallet_index, fields = self.chosen(type, value)
        inner = value["value"][0]
        name, index, inner_fields = self.chosen(self.types[fields[0][1]], inner)
        return pallet, name, inner_fields, inner["value"], f"{pallet_index:02x}{index:02x}"

    def call(self, type, value):
        pallet, name, fields, inner, index = self.pallet_variant(type, value)
        shown = [[field, self.of(type, inner[field])] for field, type, _ in fields]
        return {
            "call_index": "0x" + index, "call_module": pallet, "call_function": name, "call_args": shown,
        }

    def event(self, type, value):
        pallet, name, fields, inner, index = self.pallet_variant(type, value)
        return {
            "event_index": index, "module_id": pallet, "event_id": name,
            "attributes": self.fields(fields, inner) if fields else None,
        }

    def record(self, type, value):
        phase, event, topics = (self.of(type, value[name]) for name, type, _ in type["composite"])
        name, index = next(iter(phase.items())) if isinstance(phase, dict) else (phase, None)
        return {
            "phase": name, "extrinsic_idx": index, "event": event, **event,
            "event_index": int(event["event_index"][:2], 16), "topics": topics,
        }

    def sequence(self, type, value):
        if isinstance(value, str):
            return text_or_hex(bytes.fromhex(value[2:]))
        return [self.of(type["sequence"], part) for part in value]

    def array(self, type, value):
        if isinstance(value, str):
            return [] if value == "0x" else value
        return [self.of(type["array"][0], part) for part in value]

    def tuple(self, type, value):
        shown = [self.of(inner, part) for inner, part in zip(type["tuple"], value or [], strict=True)]
        return shown[0] if len(shown) == 1 else shown

    def primitive(self, type, value):
        return value if type["primitive"] in ("bool", "char", "str") else int(value)

    def compact(self, type, value):
        shown, inner = self.of(type["compact"], value), self.types[type["compact"]]
        while "composite" in inner:
            inner = self.types[inner["composite"][0][1]]
        if "primitive" in inner and shown >= 2 ** int(inner["primitive"][1:]):
            raise OutOfRange(f"{shown} in a compact {inner['primitive']}")
        return shown

