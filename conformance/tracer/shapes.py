"""How other clients show values, worked out from the bytes: all integers as decimal text, newtypes as what they hold,
fixed point as its bits. What the programs that ask them print (testenv/guide/v10/items.py, testenv/npm/*_items.mjs) has the
same shapes."""

from oracles.plain import Plain


class Shape(Plain):
    """What the three have in common."""

    def of(self, id):
        type = self.types[id]
        if "fixed" in type:
            bits, _, signed = type["fixed"]
            return self.bits_of(str(int.from_bytes(self.take(bits // 8), "little", signed=signed)))
        if type["path"] == ["BTreeMap"]:
            return self.pairs(super().of(type["composite"][0][1]))
        value = super().of(id)
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def bits_of(self, bits):
        return {"bits": bits}

    def pairs(self, pairs):
        return pairs

    def held(self, values):
        """Of fields without names the only one, or all."""
        return values[0] if isinstance(values, list) and len(values) == 1 else values

    def read_composite(self, id, fields):
        return self.held(super().read_composite(id, fields))

    def read_variant(self, id, variants):
        shown = super().read_variant(id, variants)
        return shown if self.inside_option(id) is not None else self.variant(shown["type"], self.held(shown["value"]))

    def variant(self, name, value):
        return name if value is None else {name: value}


class SdkShape(Shape):
    """bittensor 10.5.0: bytes that are text become text."""

    def pairs(self, pairs):
        return dict(pairs)

    def read_sequence(self, id, inner):
        value = super().read_sequence(id, inner)
        if not self.is_byte(inner):
            return value
        try:
            return bytes.fromhex(value[2:]).decode()
        except UnicodeDecodeError:
            return value


class PolkadotShape(Shape):
    """@polkadot/api 16: names in camel case."""

    def fields(self, fields, read):
        return super().fields([(name and camel(name), type, of) for name, type, of in fields], read)


class PapiShape(Shape):
    """polkadot-api 2: variants as {type, value}, results by their success, fixed point as a bare number."""

    def bits_of(self, bits):
        return bits

    def variant(self, name, value):
        if name in ("Ok", "Err"):
            return {"success": name == "Ok", "value": value}
        return {"type": name, "value": value}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
