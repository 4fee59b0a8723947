"""Reads the vector files of calls; tests/helper/test_call_vectors.c has their form.

cases(path) gives Case(name, line, words, options, steps): words has the number of the client's port under "from", "udp" or "tcp",
and "ipv6"; steps are

  Packet(line, side, connection, data, words, as_gre)      > and <
  Open(line, connection, opener, udp, port, sport, words)  open; sport None: not said
  Want(line, expectations)                                 =, a list of Expected in the order of the line
  Master(line, seconds)                                    master
  Gone(line)                                               gone

What only pinhole knows (refused, because, call) is left out.
"""
import collections
import re

Case = collections.namedtuple("Case", "name line words options steps")
Packet = collections.namedtuple("Packet", "line side connection data words as_gre")
Open = collections.namedtuple("Open", "line connection opener udp port sport words")
Want = collections.namedtuple("Want", "line expectations")
Master = collections.namedtuple("Master", "line seconds")
Gone = collections.namedtuple("Gone", "line")
# PROTO FROM[:KEY]>TO:PORT [CLASS] [permanent] [inactive] SECONDS, with C, S and any as written; key None: not said.
Expected = collections.namedtuple("Expected", "proto src key dst port class_ flags seconds")

FLAGS = {"permanent": 1, "inactive": 2}
OURS = ("refused", "because", "call")
WORDS = ("drop", "new", "established", "related", "invalid")
PART = re.compile(r' *([^ \[]+)(?:\[([^\]]*)\])? *((?:"(?:[^"\\]|\\.)*" *)*)')
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|.)")
OPEN = re.compile(r"(\d+) (client|server) (udp )?(\d+)(?: from (\d+))?(.*)")


class Unreadable(Exception):
    """A line that means nothing."""


# --- payloads ---

def unescaped(text):
    def one(match):
        what = match[1]
        if what[0] == "x":
            return chr(int(what[1:], 16))
        return chr(int(what)) if what.isdigit() else {"r": "\r", "n": "\n"}.get(what, what)
    return ESCAPE.sub(one, text).encode("latin-1")


def hex_bytes(words):
    """+N: that many zero bytes."""
    return b"".join(bytes(int(word[1:])) if word[0] == "+" else bytes.fromhex(word) for word in words)


def after_empty_line(data):
    return data.index(b"\r\n\r\n") + 4


def with_length(data):
    mark = b"Content-Length: @"
    if mark not in data:
        return data
    return data.replace(mark, b"Content-Length: %d" % (len(data) - after_empty_line(data)), 1)


def sliced(data, which):
    if which == "head":
        return data[:after_empty_line(data)]
    if which == "body":
        return data[after_empty_line(data):]
    begin, end = which.split(",")
    return data[int(begin):int(end) if end else len(data)]


def part(parts, match):
    name, which, quoted = match.groups()
    data, texts = parts[name], [unescaped(text) for text in QUOTED.findall(quoted)]
    for old, new in zip(texts[::2], texts[1::2]):
        if old not in data:
            raise Unreadable("nothing to replace")
        data = data.replace(old, new, 1)
    data = with_length(data)
    return sliced(data, which) if which else data


def payload(parts, text):
    """The bytes of PART + PART ..., and the words behind them."""
    data, at = b"", 0
    while True:
        match = PART.match(text, at)
        if not match:
            raise Unreadable("a payload is missing")
        data += part(parts, match)
        at = match.end()
        if text[at:at + 1] != "+":
            return data, text[at:].split()
        at += 1


def checked(words):
    for word in words:
        if word not in WORDS:
            raise Unreadable("no word of a packet: " + word)
    return words


# --- lines ---

def packet_of(parts, number, line):
    match = re.match(r"([<>])(\d*) +(.*)", line)
    if not match:
        raise Unreadable("no packet")
    data, words = payload(parts, match[3])
    as_gre = words[:2] == ["as", "gre"]
    return Packet(number, "C" if match[1] == ">" else "S", int(match[2] or 1), data, checked(words[2 * as_gre:]), as_gre)


def open_of(number, text):
    match = OPEN.fullmatch(text)
    if not match:
        raise Unreadable("no connection")
    opener, udp = "C" if match[2] == "client" else "S", bool(match[3])
    words = checked(match[6].split())
    if udp and words:
        raise Unreadable("nothing is sent here")
    return Open(number, int(match[1]), opener, udp, int(match[4]), int(match[5]) if match[5] else None, words)


def expected_of(text):
    proto, ends, *words = text.split()
    src, to = ends.split(">")
    dst, port = to.rsplit(":", 1)
    key = None
    if proto == "gre" and ":" in src:
        src, key = src.rsplit(":", 1)
    flags, class_, rest = 0, None, iter(words[:-1])
    for word in rest:
        if word in FLAGS:
            flags |= FLAGS[word]
        elif word == "helper":
            next(rest)              # of the child; ctnetlink does not tell it
        else:
            class_ = word
    return Expected(proto, src, None if key is None else int(key), dst, int(port), class_, flags, int(words[-1]))


def step_of(parts, number, line):
    """None: a line of which the kernel knows nothing."""
    word, _, rest = line.partition(" ")
    if word[0] in "<>":
        return packet_of(parts, number, line)
    if word == "open":
        return open_of(number, rest)
    if word == "=":
        return Want(number, [] if rest == "none" else [expected_of(one) for one in rest.split(";")])
    if word == "master":
        return Master(number, int(rest))
    if line == "gone":
        return Gone(number)
    if word in OURS:
        return None
    raise Unreadable("this line means nothing")


def case_of(number, text):
    name, *rest = text.split()
    words, options, left = {}, {}, iter(rest)
    for word in left:
        if "=" in word:
            option, value = word.split("=")
            options[option] = value
        elif word == "from":
            words["from"] = int(next(left))
        elif word in ("ipv6", "udp", "tcp"):
            words[word] = True
        else:
            raise Unreadable("no word of a case: " + word)
    return Case(name, number, words, options, [])


# --- files ---

class Reader:
    """Line by line."""

    def __init__(self):
        self.parts, self.cases = {}, []
        self.text = self.bytes = None       # the name of a payload that goes over several lines

    def payload_line(self, line):
        """Whether it belongs to a named payload."""
        if self.text is not None:
            if line == ".":
                self.text = None
            else:
                self.parts[self.text] += line.encode("latin-1") + b"\r\n"
            return True
        if self.bytes is not None and line.startswith(" "):
            self.parts[self.bytes] += hex_bytes(line.split())
            return True
        self.bytes = None
        kind, *words = line.split() or [""]
        if kind == "text":
            self.text, = words
            self.parts[self.text] = b""
        elif kind == "bytes":
            self.bytes = words[0]
            self.parts[self.bytes] = hex_bytes(words[1:])
        return kind in ("text", "bytes")

    def line(self, number, line):
        if self.payload_line(line) or not line or line[0] == "#":
            return
        if line.startswith("case "):
            self.cases.append(case_of(number, line[5:]))
            return
        if not self.cases:
            raise Unreadable("there is no case yet")
        step = step_of(self.parts, number, line)
        if step:
            self.cases[-1].steps.append(step)


def cases(path):
    reader = Reader()
    with open(path, encoding="latin-1", newline="\n") as file:
        for number, line in enumerate(file, 1):
            try:
                reader.line(number, line.rstrip("\n"))
            except (Unreadable, ValueError, LookupError) as e:
                raise SystemExit("%s:%d: %s" % (path, number, e)) from e
    return reader.cases
