"""Encodes H.323 messages in aligned PER from h323_types.txt: what is asked for, and at random whatever is left open.

A plan says what is wanted of a type: a dict of fields for a SEQUENCE, (alternative, plan) for a CHOICE, a list of plans for a
SEQUENCE OF, a number, bytes. None: at random. ABSENT, for an optional field: not there. An OCTET STRING may also have (type, plan): it
holds that, encoded. How far a message strays from the standard, and how much of what is optional is there, say `wild` and `full` of
the Encoder.
"""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
ABSENT = object()


class Type:
    """A composite type of the file."""

    def __init__(self, text):
        found = re.match(r"(SEQ|CHOICE)(\*?)\s*(?:opt=(\d+))?\s*(?:i(\d+))?\s*\{(.*?)\}\s*(?:\+ext\[(\d+)\]\s*(?:\{(.*)\})?)?$", text)
        kind, star, optional, bits, inner, known, added = found.groups()
        self.is_choice, self.extensible = kind == "CHOICE", bool(star)
        self.optional, self.bits, self.known = int(optional or 0), int(bits or 0), int(known or 0)
        self.fields = [Field(item) for item in split(inner.replace("..stop", ""))]
        self.added = {}
        for item in split(added or ""):
            number, rest = item.split(" ", 1)
            self.added[int(number[1:])] = Field(rest)


class Field:
    def __init__(self, text):
        name, self.type = re.sub(r"^\d+ ", "", text).split(":", 1)
        self.name, self.optional = name.rstrip("?"), name.endswith("?")


def split(text):
    """At the commas outside brackets."""
    return [item.strip() for item in re.split(r",\s*(?![^(\[]*[)\]])", text) if item.strip()]


def load():
    types, lines = {}, []
    with open(os.path.join(HERE, "h323_types.txt")) as file:
        for line in file:
            if line.startswith(" "):
                lines[-1] += " " + line.strip()
            elif line.strip() and not line.startswith("#"):
                lines.append(line.strip())
    for line in lines:
        names, text = line.replace("(all identical)", "").split(" = ", 1)
        for name in names.split(","):
            types[name.strip()] = Type(text.strip())
    return types


TYPES = load()


class Bits:
    """A PDU, or the contents of an open type, as it grows."""

    def __init__(self):
        self.text = []

    def put(self, value, width):
        if width:
            self.text.append(format(value & ((1 << width) - 1), "0%db" % width))

    def length(self):
        return sum(map(len, self.text))

    def align(self):
        self.put(0, -self.length() % 8)

    def octets(self, data):
        self.align()
        for octet in data:
            self.put(octet, 8)

    def done(self):
        self.align()
        text = "".join(self.text) or "0" * 8
        return bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))


class Encoder:
    """rng: random numbers. full: the part of optional fields that are there. wild: how often something is as it should not be, or
    as only a later version has it."""

    def __init__(self, rng, full=0.15, wild=0.01):
        self.rng, self.full, self.wild = rng, full, wild
        self.depth = 0

    def message(self, name, plan=None):
        bits = Bits()
        self.put(bits, name, plan)
        return bits.done()

    def odd(self, times=1):
        return self.rng.random() < self.wild * times

    def some(self, low, high):
        """A length that is mostly small."""
        return low if low == high else min(high, low + self.rng.choice((0, 1, 1, 2, 3, 5)))

    def noise(self, length):
        return bytes(self.rng.randrange(256) for _ in range(length))

    def put(self, bits, name, plan):
        if name in TYPES:
            self.depth += 1
            (self.choice if TYPES[name].is_choice else self.sequence)(bits, TYPES[name], plan)
            self.depth -= 1
        elif name.startswith("["):
            self.list(bits, name[1:-1], plan)
        else:
            self.simple(bits, name, plan)

    # --- simple types ---

    def simple(self, bits, name, plan):
        found = re.match(r"(I|O|BMP|D4|BIT)\((\d+)(?:\.\.(\d+))?\)$", name)
        if found:
            kind, low, high = found[1], int(found[2]), int(found[3] or found[2])
            (self.number if kind == "I" else self.string)(bits, {"O": 8, "BMP": 16, "D4": 4, "BIT": 1, "I": 0}[kind], low, high, plan)
        elif name == "B":
            bits.put(self.rng.randrange(2) if plan is None else plan, 1)
        elif name in ("O", "OID", "I", "OPEN", "-"):
            self.counted(bits, name, plan)
        elif name == "BIT":
            count = self.some(0, 20)
            self.size(bits, count)
            bits.put(self.rng.getrandbits(20), count)
        elif name != "N":
            raise ValueError(name)

    def number(self, bits, _, low, high, plan):
        value = self.rng.choice((low, high, self.rng.randint(low, high))) if plan is None else plan
        width = (high - low).bit_length()
        if high - low < 255:
            bits.put(value - low, width)
        elif high - low <= 65535:
            bits.align()
            bits.put(value - low, 8 if high - low == 255 else 16)
        else:
            octets = max(1, (value - low).bit_length() + 7 >> 3)
            if self.odd():
                octets = self.rng.randrange(octets, 5)
            bits.put(octets - 1, 2)
            bits.octets((value - low).to_bytes(octets, "big"))

    def string(self, bits, unit, low, high, plan):
        count = len(plan) * 8 // unit if plan is not None else self.some(low, high)
        if low != high:
            self.number(bits, 0, low, high, count)
        if low != high or count * unit > 16:
            bits.align()
        if plan is not None:
            bits.put(int.from_bytes(plan, "big"), count * unit)
        else:
            bits.put(self.rng.getrandbits(max(1, count * unit)), count * unit)

    def counted(self, bits, name, plan):
        if isinstance(plan, tuple):
            plan = self.message(*plan)
        if plan is None:
            plan = b"\x00\x08\x91\x4a\x00\x04" if name == "OID" and self.rng.random() < 0.9 else self.noise(self.some(0, 9))
        self.size(bits, len(plan))
        bits.octets(plan)

    def size(self, bits, value):
        bits.align()
        if self.odd():
            value = max(0, value + self.rng.choice((-1, 1, 2, 60, 127, 130)))
        if value > 127 or self.odd():
            bits.put(3 if self.odd() else 2, 2)
            bits.put(value, 14)
        else:
            bits.put(value, 8)

    # --- composite types ---

    def list(self, bits, of, plan):
        if plan is None:
            plan = [None] * (self.rng.choice((0, 1, 1, 1, 2)) if not self.odd() else self.rng.randrange(20))
        self.size(bits, len(plan))
        for item in plan:
            self.put(bits, of, item)

    def open(self, bits, name, plan):
        inner = Bits()
        if name is None:
            inner.octets(self.noise(self.some(1, 7) if not self.odd(3) else self.rng.choice((0, 0, 130))))
            data = b"".join([inner.done()]) if inner.text else b""
        else:
            self.put(inner, name, plan)
            data = inner.done()
        self.size(bits, len(data))
        bits.octets(data)

    def wanted(self, field, plan):
        """Whether an optional field is there."""
        if field.name in plan:
            return plan[field.name] is not ABSENT
        return self.rng.random() < self.full

    def sequence(self, bits, is_, plan):
        plan = plan or {}
        added = {number: field for number, field in is_.added.items() if field.name in plan and plan[field.name] is not ABSENT}
        width = plan.get("additions")
        if width is None and is_.extensible and (added or self.odd(2)):
            width = self.width(is_, max(added, default=0) + 1)
        there = [self.wanted(field, plan) for field in is_.fields if field.optional]
        hidden = is_.optional - len(there)
        if is_.extensible:
            bits.put(bool(width), 1)
        for bit in there + [self.odd() for _ in range(hidden)]:
            bits.put(bit, 1)
        there = iter(there)
        for field in is_.fields:
            if not field.optional or next(there):
                self.put(bits, field.type, plan.get(field.name))
        if width:
            self.additions(bits, is_, plan, added, width)

    def width(self, is_, least):
        """How many additions a sender knows."""
        if self.odd(3):
            return max(least, self.rng.choice((is_.known + 1, is_.known + 2, self.rng.randrange(1, 33), 33, 64, 70)))
        return max(least, self.rng.randrange(least, max(least, is_.known) + 1))

    def additions(self, bits, is_, plan, added, width):
        chance = plan.get("others", 0.1)
        named = {field.name for field in is_.added.values()}
        there = [number in added or (number not in is_.added and self.rng.random() < chance) for number in range(width)]
        bits.put(width - 1, 7)
        for bit in there:
            bits.put(bit, 1)
        for number in range(width):
            if there[number]:
                field = added.get(number)
                self.open(bits, field.type if field else None, plan.get(field.name) if field else None)
        assert not named & {"additions", "others"}

    def choice(self, bits, is_, plan):
        name, inner = plan if plan else (None, None)
        if name is None and is_.extensible and self.odd(2):
            name = self.rng.choice([field.name for field in is_.added.values()] + [str(self.rng.randrange(is_.known + 3))] * 3)
        if name is None:
            name = self.rng.choice([field.name for field in is_.fields])
        added = {field.name: number for number, field in is_.added.items()}
        if name in added or name.isdigit():
            number = added[name] if name in added else int(name)
            bits.put(1, 1)
            bits.put(number, 7)
            self.open(bits, is_.added[number].type if number in is_.added else None, inner)
            return
        if is_.extensible:
            bits.put(0, 1)
        index = [field.name for field in is_.fields].index(name)
        bits.put(index if not self.odd(0.3) else self.rng.randrange(1 << is_.bits), is_.bits)
        self.put(bits, is_.fields[index].type, inner)
