"""Made-up SCALE bytes of any type of a registry (as polkadot_api.mjs answers {"kind":"types"}): well-formed ones,
with the numbers at the edges more often than chance would bring them."""

TEXTS = ["", "abc", "τao", "\U0001f9e0", 'quote " and backslash \\', "line\nand tab\t", "\x00\x1f\x7f"]
DEEP = 10  # from here on the shortest way out is taken
EDGES = [0, 1, 63, 64, 2**14 - 1, 2**14, 2**30 - 1, 2**30, 2**53 - 1, 2**53, 2**53 + 1, 2**54]


def compact(number):
    """SCALE's compact integer, in its one shortest form."""
    if number < 2**6:
        return bytes([number << 2])
    if number < 2**14:
        return (number << 2 | 1).to_bytes(2, "little")
    if number < 2**30:
        return (number << 2 | 2).to_bytes(4, "little")
    size = max(4, (number.bit_length() + 7) // 8)
    return bytes([(size - 4) << 2 | 3]) + number.to_bytes(size, "little")


def numbers(name):
    """The edges of an integer type, "u64" or "i128"."""
    bits = int(name[1:])
    if name[0] == "u":
        return [edge for edge in EDGES if edge < 2**bits] + [2**bits - 1]
    signed = [edge for edge in EDGES if edge < 2 ** (bits - 1)] + [2 ** (bits - 1) - 1]
    return signed + [-edge - 1 for edge in signed]


class Samples:
    def __init__(self, types, rng):
        self.types, self.rng = types, rng
        self.ways_out = self.measure()

    def parts(self, type):
        """What types a value of a type must have inside, by choice: one list for each variant."""
        if "variant" in type:
            return [[field[1] for field in fields] for _, _, fields in type["variant"]]
        if "composite" in type:
            return [[field[1] for field in type["composite"]]]
        if "tuple" in type:
            return [type["tuple"]]
        if "array" in type:
            return [[type["array"][0]] if type["array"][1] else []]
        return [[type["compact"]]] if "compact" in type else [[]]

    def measure(self):
        """By type: how deep its shallowest value is; infinite where there is none."""
        none = float("inf")
        depths = [none] * len(self.types)
        while True:
            before = list(depths)
            for id, type in enumerate(self.types):
                choices = [max((depths[part] for part in parts), default=0) for parts in self.parts(type)]
                depths[id] = 1 + min(choices, default=none)
            if depths == before:
                return depths

    def has_values(self, id):
        return self.ways_out[id] != float("inf")

    def of(self, id, depth=0):
        type = self.types[id]
        if "variant" in type:
            return self.variant(type, depth)
        if "composite" in type:
            return b"".join(self.of(inner, depth + 1) for _, inner, _ in type["composite"])
        if "tuple" in type:
            return b"".join(self.of(inner, depth + 1) for inner in type["tuple"])
        if "sequence" in type:
            count = 0 if depth >= DEEP or not self.has_values(type["sequence"]) else self.rng.randrange(4)
            return compact(count) + b"".join(self.of(type["sequence"], depth + 1) for _ in range(count))
        if "array" in type:
            inner, count = type["array"]
            return b"".join(self.of(inner, depth + 1) for _ in range(count))
        if "compact" in type:
            return self.compact(type["compact"])
        return self.bits(type) if "bits" in type else self.primitive(type["primitive"])

    def variant(self, type, depth):
        def depth_of(fields):
            return max((self.ways_out[inner] for _, inner, _ in fields), default=0)

        choices = [each for each in type["variant"] if depth_of(each[2]) != float("inf")]
        if depth >= DEEP:
            choices = [min(choices, key=lambda each: depth_of(each[2]))]
        _, index, fields = self.rng.choice(choices)
        return bytes([index]) + b"".join(self.of(inner, depth + 1) for _, inner, _ in fields)

    def number(self, name):
        if self.rng.random() < 0.5:
            return self.rng.choice(numbers(name))
        return self.rng.randrange(min(numbers(name)), max(numbers(name)) + 1)

    def compact(self, id):
        type = self.types[id]
        while "composite" in type or type.get("tuple"):
            type = self.types[type["composite"][0][1] if "composite" in type else type["tuple"][0]]
        return compact(self.number(type["primitive"])) if "primitive" in type else b""  # Compact<()> has no bytes

    def bits(self, type):
        """Whole words of zeros and ones, the ones only where a bit is."""
        store, most_significant_first = type["bits"]
        count = self.rng.randrange(70)
        words = [0] * -(-count // store)
        for bit in range(count):
            place = store - 1 - bit % store if most_significant_first else bit % store
            words[bit // store] |= self.rng.randrange(2) << place
        return compact(count) + b"".join(word.to_bytes(store // 8, "little") for word in words)

    def primitive(self, name):
        if name == "bool":
            return bytes([self.rng.randrange(2)])
        if name == "char":
            return ord(self.rng.choice("aτ\U0001f9e0")).to_bytes(4, "little")
        if name == "str":
            text = self.rng.choice(TEXTS).encode()
            return compact(len(text)) + text
        return self.number(name).to_bytes(int(name[1:]) // 8, "little", signed=name[0] == "i")
