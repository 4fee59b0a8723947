#!/usr/bin/env python3
"""Puts tests/vectors/defrag/*.vec to the real kernel: the vectors say what Linux does, so Linux must agree.

Needs root and network namespaces; skips, saying so, without them. Two veth pairs lead into a namespace that forwards;
each fragment is sent as a frame, and what comes out says whether a datagram went on (cut again: the lengths are added up), the
fragment did as it was, or nothing. Vectors with times and places are left out.
"""
import ipaddress
import os
import re
import socket
import struct
import subprocess
import sys

NS = "phd-%d" % os.getpid()
VECTORS = {4: "tests/vectors/defrag/ipv4.vec", 6: "tests/vectors/defrag/ipv6.vec"}
ADDRESS = {4: ("192.0.2.%d", "198.51.100.2"), 6: ("2001:db8:1::%d", "2001:db8:2::2")}
STEP = re.compile(r"(?:(?P<times>\d+)\*)?(?P<offset>\d+)\+(?:x(?P<hex>[0-9a-f]+)\.|(?P<len>\d+))(?P<marks>(?:[m~dz]|[istnuoc@](?:\d+|\*))*)"
                  r"=(?P<result>\w+)$")
MARK = re.compile(r"([m~dzistnuoc@])(\d+|\*)?")
MTU = 65535
RCVBUFFORCE = 33
OUTGOING = 4                    # packet type of what this side sent
TYPE = {4: b"\x08\x00", 6: b"\x86\xdd"}


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True).stdout


def setup():
    sh(f"ip netns add {NS}")
    sides = (("c", "192.0.2.254/24", "2001:db8:1::fe/64"), ("s", "198.51.100.254/24", "2001:db8:2::fe/64"))
    for i, (side, v4, v6) in enumerate(sides):
        sh(f"ip link add {NS}{side} mtu {MTU} type veth peer name in{side} mtu {MTU} netns {NS}")
        sh(f"sysctl -qw net.ipv6.conf.{NS}{side}.disable_ipv6=1; ip link set {NS}{side} up")
        sh(f"ip -n {NS} link set in{side} address 02:00:00:00:00:0{i + 1} up")
        sh(f"ip -n {NS} addr add {v4} dev in{side}; ip -n {NS} addr add {v6} dev in{side} nodad")
    for address in (ADDRESS[4][1], ADDRESS[6][1]):
        sh(f"ip -n {NS} neigh add {address} lladdr 02:00:00:00:01:02 dev ins")
    sh(f"ip netns exec {NS} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0")
    sh(f"ip netns exec {NS} iptables-legacy -t mangle -A FORWARD -m u32 --u32 4&0x4000=0x4000".replace("4&", "'4&") + "'")
    for command in ("iptables-legacy", "ip6tables-legacy"):
        sh(f"ip netns exec {NS} {command} -t mangle -A FORWARD -m conntrack --ctstate NEW")
    socks = []
    for side in "cs":
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        s.setsockopt(socket.SOL_SOCKET, RCVBUFFORCE, 1 << 24)
        s.bind((NS + side, 3))
        socks.append(s)
    socks[1].setblocking(False)
    return socks


def teardown():
    sh(f"ip netns del {NS}; ip link del {NS}c; ip link del {NS}s", check=False)


def counters(family):
    """Packets not to be fragmented that were forwarded. Waits for what was sent before."""
    if family == 6:
        return 0
    text = sh(f"ip netns exec {NS} iptables-legacy -t mangle -nvxL FORWARD")
    return sum(int(line.split()[0]) for line in text.splitlines() if "u32" in line)


def pattern(offset, length, other):
    """Bytes of the datagram: a UDP header without a checksum, then whatever."""
    head = struct.pack("!HHHH", 1000, 9, 8, 0)
    data = bytes(head[i] if i < 8 else i * 7 + (i >> 8) & 255 for i in range(offset, offset + length))
    return bytes(b ^ 255 for b in data) if other else data


class Step:
    def __init__(self, text):
        found = STEP.match(text)
        if not found:
            raise SystemExit("not a fragment: " + text)
        self.text, self.times, self.result = text, int(found["times"] or 1), found["result"]
        self.marks = {key: value for key, value in MARK.findall(found["marks"])}
        self.offset = int(found["offset"])
        self.data = bytes.fromhex(found["hex"]) if found["hex"] else pattern(self.offset, int(found["len"]), "~" in self.marks)

    def number(self, mark, default):
        return int(self.marks.get(mark, default))


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packet(family, step, identification):
    source, destination = ADDRESS[family]
    source, destination = ipaddress.ip_address(source % step.number("s", 1)).packed, ipaddress.ip_address(destination).packed
    proto, more = step.number("n", 17), "m" in step.marks
    if family == 4:
        flags = (0x4000 if "d" in step.marks else 0) | (0x2000 if more else 0) | step.offset >> 3
        options = bytes([1]) * step.number("o", 0)
        words = 5 + len(options) // 4
        ip = struct.pack("!BBHHHBBH4s4s", 0x40 | words, step.number("t", 0), words * 4 + len(step.data), identification & 0xffff,
                         flags, 64, proto, 0, source, destination) + options
        return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + step.data
    header = struct.pack("!BBHI", proto, 0, step.offset | more, identification)[:step.number("c", 8)]
    options, first = b"", 44
    if "o" in step.marks:
        length = step.number("o", 8)
        options, first = bytes([44, length // 8 - 1, 1, length - 4]) + bytes(length - 4), 60
    body = options + header + step.data
    return struct.pack("!IHBB16s16s", 6 << 28 | step.number("t", 0) << 20, 0 if "z" in step.marks else len(body), first, 64,
                       source, destination) + body


def came_out(sock, family):
    """The packets that came out on the other side, without what the firewall says of itself (neighbour discovery)."""
    at, source = (12, bytes([192, 0, 2])) if family == 4 else (8, bytes.fromhex("20010db800010000"))
    while True:
        try:
            frame, where = sock.recvfrom(70000)
        except BlockingIOError:
            return
        ip = frame[14:]
        if where[2] != OUTGOING and frame[12:14] == TYPE[family] and ip[at:at + len(source)] == source:
            yield ip


def length(family, packets):
    """Bytes behind the IPv4 header, or the fixed IPv6 header and the fragment header of a datagram that was cut again."""
    return sum(len(ip) - ((ip[0] & 15) * 4 if family == 4 else 40 if len(packets) == 1 else 48) for ip in packets)


def traffic_class(family, ip):
    return ip[1] if family == 4 else struct.unpack("!H", ip[:2])[0] >> 4 & 255


def without_hops(family, ip):
    """A packet without what a router changes."""
    return ip[:8] + ip[9:10] + ip[12:] if family == 4 else ip[:7] + ip[8:]


def outcome(socks, family, step, identification):
    """h (or discarded, which looks the same), p, or w with what is known of the datagram."""
    marked = counters(family)
    list(came_out(socks[1], family))
    for _ in range(step.times):
        sent = packet(family, step, identification(step))
        socks[0].send(bytes.fromhex("020000000001020000000101") + TYPE[family] + sent)
    marked = counters(family) - marked
    out = list(came_out(socks[1], family))
    if not out:
        return "h"
    if [without_hops(family, ip) for ip in out] == [without_hops(family, sent)]:
        return "p"
    return "w%d%s%s" % (length(family, out), "d" if marked else "",
                        "t%d" % traffic_class(family, out[0]) if "t" in step.result else "")


def wanted(family, step, steps):
    """A vector's result as it may look from outside: IPv6 options in front of the fragment header come out too, in the
    first piece or in each."""
    if not step.result.startswith("w"):
        return {"h" if step.result == "d" else step.result}
    options = [first.number("o", 0) for first in steps if first.offset == 0][-1] * (family == 6)
    return {re.sub(r"^w(\d+)", lambda found: "w%d" % (int(found[1]) + options * n), step.result) for n in (1, len(steps))}


def run(socks, family, name, steps, used):
    """What differs, as lines."""
    base, fresh = used[0], [used[0] + 10]
    used[0] += 200

    def identification(step):
        if step.marks.get("i") != "*":
            return base + step.number("i", 0)
        fresh[0] += 1
        return fresh[0]

    for step in steps:
        got = outcome(socks, family, step, identification)
        if got not in wanted(family, step, steps):
            yield "%s: %s: kernel %s" % (name, step.text, got)


def read(path):
    for line in open(path):
        if line.strip() and not line.startswith("#"):
            name, steps = line.split(";")
            yield name.strip(), [Step(text) for text in steps.split()]


def main():
    if os.geteuid() != 0:
        print("needs root and network namespaces\n0 passed, 0 failed, 1 skipped")
        return 0
    passed = failed = 0
    used = [1000]
    try:
        socks = setup()
        for family, path in VECTORS.items():
            for name, steps in read(path):
                if any({"@", "u"} & set(step.marks) for step in steps):
                    continue
                lines = list(run(socks, family, name, steps, used))
                print("".join("FAIL IPv%d %s\n" % (family, line) for line in lines), end="")
                passed, failed = passed + (not lines), failed + bool(lines)
    finally:
        teardown()
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
