#!/usr/bin/env python3
"""Sends random fragments through the real kernel and through pinhole and shows where they part.

  kernel_random.py [--pinhole PROGRAM] [--seed N] [COUNT]

Not a test of `make check`: it finds what the vectors leave out. Needs root. Each case is a few fragments of one or two
datagrams; compared is what goes on: nothing, the fragment as it is, or a datagram; and the state tracking gave it.
"""
import argparse
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import test_defrag_kernel as kernel

POLICY = """
ip addr add 192.0.2.254/24 dev eth0
ip addr add 198.51.100.254/24 dev eth1
ip -6 addr add 2001:db8:1::fe/64 dev eth0
ip -6 addr add 2001:db8:2::fe/64 dev eth1
"""
# The kernel tells the state of what goes on by its hop limit.
HOPS = {101: "NEW", 102: "ESTABLISHED", 103: "RELATED", 104: "INVALID", 105: "UNTRACKED"}
MODS = {4: ("t2", "t3", "d", "n6", "o8", "i1", "s2"), 6: ("t2", "t3", "n6", "n58", "n44", "n59", "o8", "i1", "s2", "c5")}


def text(chance, family):
    """One fragment: mostly whole units near the start, sometimes anything."""
    offset = 8 * chance.choice((0, 0, 1, 2, 3, 4, 5, chance.randrange(8192)))
    length = chance.choice((8, 8, 16, 16, 24, 32, chance.randrange(40), chance.randrange(40), 0))
    if chance.random() < 0.02:
        offset, length = 8 * chance.randrange(8000, 8192), chance.randrange(600)
    marks = "m" if chance.random() < 0.7 else ""
    marks += "".join(mark for mark in MODS[family] if chance.random() < 0.04)
    return "%d+%d%s=h" % (offset, length, marks)


def pcap(frames):
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    return out + b"".join(struct.pack("<IIII", 1, i, len(ip), len(ip)) + ip for i, ip in enumerate(frames))


def tell_states():
    for command, option in (("iptables-legacy", "TTL --ttl-set"), ("ip6tables-legacy", "HL --hl-set")):
        for hops, state in HOPS.items():
            kernel.sh(f"ip netns exec {kernel.NS} {command} -t mangle -A POSTROUTING -m conntrack --ctstate {state} -j {option} {hops}")


def ours(pinhole, frames):
    """h, or p or w with the state, for each frame."""
    with tempfile.TemporaryDirectory() as folder:
        policy, capture = os.path.join(folder, "policy"), os.path.join(folder, "capture.pcap")
        with open(policy, "w") as file:
            file.write(POLICY)
        with open(capture, "wb") as file:
            file.write(pcap(frames))
        done = subprocess.run([pinhole, "replay", "-p", policy, "--clock", "frozen", "--no-fix-checksums", "--json", "-", capture],
                              check=True, capture_output=True, text=True)
    out = []
    for line in done.stdout.splitlines():
        record = json.loads(line)
        if "n" in record and "event" not in record:
            what = "w" if "fragments" in record else "p" if record.get("forwarded") else "h"
            out.append(what if what == "h" else what + record["state"])
    return out


def linux(socks, family, packets):
    out = []
    for sent in packets:
        list(kernel.came_out(socks[1], family))
        socks[0].send(bytes.fromhex("020000000001020000000101") + kernel.TYPE[family] + sent)
        got = list(kernel.came_out(socks[1], family))
        if not got:
            out.append("h")
            continue
        as_it_was = [kernel.without_hops(family, ip) for ip in got] == [kernel.without_hops(family, sent)]
        out.append(("p" if as_it_was else "w") + HOPS.get(got[0][8 if family == 4 else 7], "?"))
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pinhole", default=os.environ.get("PINHOLE", "build/pinhole"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("count", type=int, nargs="?", default=500)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    cases, differing = [], []
    for i in range(options.count):
        family = chance.choice((4, 6))
        steps = [kernel.Step(text(chance, family)) for _ in range(chance.randrange(2, 8))]
        base = 2 * i + 2 + options.seed * 10000
        cases.append((family, steps, [kernel.packet(family, step, base + step.number("i", 0)) for step in steps]))
    mine = iter(ours(options.pinhole, [packet for _, _, packets in cases for packet in packets]))
    try:
        socks = kernel.setup()
        tell_states()
        for family, steps, packets in cases:
            here, there = [next(mine) for _ in packets], linux(socks, family, packets)
            if here != there:
                differing.append((len(steps), family, [step.text for step in steps], there, here))
    finally:
        kernel.teardown()
    for _, family, texts, there, here in sorted(differing)[:10]:
        print("IPv%d %s\n  kernel %s\n  here   %s" % (family, " ".join(texts), " ".join(there), " ".join(here)))
    print("%d of %d cases differ" % (len(differing), len(cases)))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
