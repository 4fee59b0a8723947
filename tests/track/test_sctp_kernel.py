#!/usr/bin/env python3
"""Puts tests/vectors/track/sctp.vec to the real kernel, as test_tcp_kernel.py does its own; needs root, skips without."""
import os
import re
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_tcp_kernel as base

VECTORS = "tests/vectors/track/sctp.vec"
CASES = 19
TYPE = {"DATA": 0, "INIT": 1, "INITACK": 2, "SACK": 3, "HB": 4, "HBA": 5, "ABORT": 6, "SD": 7, "SDA": 8, "ERR": 9, "CE": 10,
        "CA": 11, "SDC": 14, "ZERO": 0}
BODY = {"DATA": 16, "SACK": 12, "HB": 8, "HBA": 8, "SD": 4, "ERR": 4, "CE": 8}
LINE = re.compile(r"(?P<dir>[<>]) (?P<tag>\d+) (?P<chunks>\S+) -> (?P<state>\S+) (?P<tcp>\S+) (?P<timeout>\S+)(?P<assured> ASSURED)?")


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def chunk(text):
    text, _, t = text.partition("+")
    name, _, tag = text.partition(":")
    body = struct.pack("!IIHHI", int(tag), 65536, 1, 1, 1) if tag else bytes(BODY.get(name, 0))
    length = 0 if name == "ZERO" else 4 + len(body)
    return struct.pack("!BBH", TYPE[name], 1 if t else 3 if name == "DATA" else 0, length) + body


def frame(line, _):
    back = line["dir"] == "<"
    src, dst = (base.SERVER, base.CLIENT) if back else (base.CLIENT, base.SERVER)
    sport, dport = (5000, 1234) if back else (1234, 5000)
    data = struct.pack("!HHII", sport, dport, int(line["tag"]), 0) + b"".join(chunk(c) for c in line["chunks"].split(","))
    data = data[:8] + struct.pack("<I", crc32c(data)) + data[12:]
    return base.ethernet(base.ipv4(src, dst, 132, data), back), back


def read_cases():
    cases = []
    for number, text in enumerate(open(VECTORS), 1):
        text = text.rstrip("\n")
        if text.startswith("case "):
            cases.append((text[5:], [], []))
        elif text and not text.startswith("#"):
            cases[-1][2].append(dict(LINE.match(text).groupdict(), number=number))
    return cases


if __name__ == "__main__":
    sys.exit(base.main(VECTORS, read_cases(), CASES, frame, "sctp"))
