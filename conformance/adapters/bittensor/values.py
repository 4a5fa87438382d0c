"""What scalecodec makes of SCALE, in the canonical JSON of client/include/substrate/scale.h, by the types of the runtime's metadata:
of what it leaves out (newtypes, the shape of variants, the point of fixed-point numbers) they tell what it was."""

from canonical import integer

HASHES = ("H160", "H256", "H512")


KEPT = {}  # by id of the metadata, which is kept, too: it cannot be hashed


def types_of(metadata):
    """The types of a runtime, by their numbers."""
    if id(metadata) not in KEPT:
        KEPT[id(metadata)] = metadata, {each["id"]: each["type"] for each in metadata.portable_registry.value["types"]}
    return KEPT[id(metadata)][1]


def shown_object(held):
    """A value that has its type with it: of an item without one it is an option without a type."""
    if held is None or held.value is None:
        return None
    return Shown(types_of(held.metadata)).of_type(held.scale_info_type.value, held.value)


def number_of(name):
    """Of a type that is named by its number: scale_info::7."""
    return int(name.removeprefix("scale_info::"))


class Shown:
    def __init__(self, types):
        self.types = types

    def of(self, id, value):
        return self.of_type(self.types[id], value)

    def of_type(self, type, value):
        path, last = type["path"], type["path"][-1] if type["path"] else None
        if path[:2] == ["sp_core", "crypto"] or last in HASHES:
            return value
        if path[:1] == ["substrate_fixed"]:
            return self.fixed(type, value)
        if last == "Option":
            return None if value is None else self.of(type["params"][0]["type"], value)
        if last == "BTreeMap":
            key, inner = (each["type"] for each in type["params"])
            return [[[self.of(key, name), self.of(inner, part)] for name, part in value.items()]]
        ((kind, said),) = type["def"].items()
        return getattr(self, f"of_{kind}")(said, value)

    def of_primitive(self, name, value):
        return value if name in ("bool", "str", "char") else integer(value)

    def of_compact(self, said, value):
        return self.of(said["type"], value)

    def of_sequence(self, said, value):
        """Bytes that are UTF-8 are a text for it, and others hexadecimal digits."""
        if self.types[said["type"]]["def"] != {"primitive": "u8"}:
            return [self.of(said["type"], part) for part in value]
        return value if value.startswith("0x") else "0x" + value.encode().hex()

    of_array = of_sequence

    def of_tuple(self, inner, value):
        if not inner:
            return None
        return [self.of(type, part) for type, part in zip(inner, value if len(inner) > 1 else [value], strict=True)]

    def of_composite(self, said, value):
        return self.fields(said["fields"], value)

    def of_variant(self, said, value):
        name, held = (value, None) if isinstance(value, str) else next(iter(value.items()))
        fields = next(each["fields"] for each in said["variants"] if each["name"] == name)
        return {"type": name, "value": self.fields(fields, held) if fields else None}

    def of_bitsequence(self, _, value):
        return value.removeprefix("0b")

    def fields(self, fields, value):
        """Of fields without names it leaves out one that is alone."""
        if fields and fields[0]["name"] is not None:
            return {field["name"]: self.of(field["type"], value[field["name"]]) for field in fields}
        held = value if len(fields) > 1 else [value]
        return [self.of(field["type"], part) for field, part in zip(fields, held, strict=True)]

    def fixed(self, type, value):
        """A number of crate substrate_fixed, with all of its digits: so many of its bits stand behind the point."""
        places = self.typenum(next(each["type"] for each in type["params"] if each["name"] == "Frac"))
        bits = value["bits"]
        digits = str(abs(bits) * 5**places).rjust(places + 1, "0")
        whole, behind = digits[: len(digits) - places], digits[len(digits) - places:].rstrip("0")
        return ("-" if bits < 0 else "") + whole + ("." + behind if behind else "")

    def typenum(self, id):
        """A number as a type of crate typenum: UInt<U, B> is 2 U + B."""
        type = self.types[id]
        if type["path"][-1] == "UTerm":
            return 0
        above, low = (each["type"] for each in type["params"])
        return 2 * self.typenum(above) + int(self.types[low]["path"][-1].removeprefix("B"))
