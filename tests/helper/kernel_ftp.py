#!/usr/bin/env python3
"""Puts the cases of ftp.vec to the kernel of this machine: is what the vectors say what Netfilter does?

Needs root, iproute2, iptables-legacy, conntrack. Works in two network namespaces that it makes and removes; the cases
with loose=1 switch that parameter of nf_conntrack_ftp and restore it, so they run only when asked for (--loose).
Not part of `make check`. Ends with the number of cases that agree, and status 1 if one does not.
"""
import ctypes
import os
import re
import select
import socket
import struct
import subprocess
import sys

VECTORS = os.path.join(os.path.dirname(__file__), "../vectors/helper/ftp.vec")
LOOSE = "/sys/module/nf_conntrack_ftp/parameters/loose"
ROUTER, ENDS = f"ftpvec-r{os.getpid()}", f"ftpvec-e{os.getpid()}"
MAC = {"C": "02:00:00:00:00:0c", "S": "02:00:00:00:00:05"}
ROUTER_MAC = {"C": "02:00:00:00:01:0c", "S": "02:00:00:00:01:05"}
NAME = {False: {"C": "10.77.1.2", "S": "10.77.2.2"}, True: {"C": "fd77:1::2", "S": "fd77:2::2"}}
PSH_ACK, SYN, SYN_ACK, ACK = 0x18, 0x02, 0x12, 0x10


def sh(command):
    return subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout


def set_up():
    sh(f"ip netns add {ROUTER}; ip netns add {ENDS}")
    for side, link, peer, v4, v6 in (("C", "r0", "c0", "10.77.1", "fd77:1:"), ("S", "r1", "s0", "10.77.2", "fd77:2:")):
        sh(f"ip -n {ROUTER} link add {link} address {ROUTER_MAC[side]} type veth peer name {peer} address {MAC[side]} netns {ENDS}")
        sh(f"ip netns exec {ENDS} sysctl -qw net.ipv6.conf.{peer}.disable_ipv6=1")
        sh(f"ip netns exec {ROUTER} sysctl -qw net.ipv6.conf.{link}.accept_dad=0")
        sh(f"ip -n {ENDS} link set {peer} up; ip -n {ROUTER} link set {link} up")
        sh(f"ip -n {ROUTER} addr add {v4}.1/24 dev {link}; ip -n {ROUTER} addr add {v6}:1/64 dev {link} nodad")
        sh(f"ip -n {ROUTER} neigh add {v4}.2 lladdr {MAC[side]} dev {link} nud permanent")
        sh(f"ip -n {ROUTER} neigh add {v6}:2 lladdr {MAC[side]} dev {link} nud permanent")
    sh(f"ip netns exec {ROUTER} sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    for tool in ("iptables-legacy", "ip6tables-legacy"):
        sh(f"ip netns exec {ROUTER} {tool} -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper ftp")


def enter(namespace):
    if ctypes.CDLL(None, use_errno=True).setns(namespace, 0) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def open_ends():
    """Packet sockets on both ends, made inside their namespace."""
    back = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{ENDS}", os.O_RDONLY)
    enter(there)
    ends = {}
    for side, name in (("C", "c0"), ("S", "s0")):
        ends[side] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        ends[side].bind((name, 3))
    enter(back)
    return ends


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Conn:
    """One control connection as its two ends would send it."""

    def __init__(self, ends, ipv6, port, start=0):
        self.ends, self.ipv6, self.port = ends, ipv6, port
        self.start = {"C": start + 1, "S": 5001}
        self.next = dict(self.start)
        for side, flags in (("C", SYN), ("S", SYN_ACK)):
            self.segment(side, (self.start[side] - 1) & 0xFFFFFFFF, flags, b"")
        self.segment("C", self.start["C"], ACK, b"")

    def segment(self, side, seq, flags, payload):
        """Sends it and tells whether the router let it through."""
        other = "S" if side == "C" else "C"
        sport, dport = (self.port, 21) if side == "C" else (21, self.port)
        family = socket.AF_INET6 if self.ipv6 else socket.AF_INET
        src, dst = (socket.inet_pton(family, NAME[self.ipv6][s]) for s in (side, other))
        ack = 0 if flags == SYN else self.next[other] & 0xFFFFFFFF
        tcp = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack, 0x50, flags, 65535, 0, 0) + payload
        if self.ipv6:
            pseudo = src + dst + struct.pack("!II", len(tcp), 6)
            ip = struct.pack("!IHBB", 0x60000000, len(tcp), 6, 64) + src + dst
        else:
            pseudo = src + dst + struct.pack("!HH", 6, len(tcp))
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0, src, dst)
            ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        mac = bytes.fromhex((ROUTER_MAC[side] + MAC[side]).replace(":", ""))
        self.ends[side].send(mac + (b"\x86\xdd" if self.ipv6 else b"\x08\0") + ip + tcp)
        return self.arrived(other, tcp[:8], payload)

    def arrived(self, side, head, payload):
        while select.select([self.ends[side]], [], [], 0.05)[0]:
            frame = self.ends[side].recv(65535)
            if head in frame and frame.find(head) < 60 and payload in frame:
                return True
        return False

    def say(self, side, payload, offset=None):
        seq = self.next[side] if offset is None else self.start[side] + offset
        passed = self.segment(side, seq, PSH_ACK if payload else ACK, payload)
        self.next[side] = seq + len(payload)
        return passed


def expects():
    text = sh(f"ip netns exec {ROUTER} conntrack -L expect 2>/dev/null; ip netns exec {ROUTER} conntrack -L expect -f ipv6 2>/dev/null; true")
    found = re.findall(r"^\d+ proto=6 src=(\S+) dst=(\S+) sport=0 dport=(\d+)", text, re.M)
    return {f"{src}>{dst}:{port}" for src, dst, port in found}


def clear():
    sh(f"ip netns exec {ROUTER} conntrack -F 2>/dev/null; ip netns exec {ROUTER} conntrack -F expect 2>/dev/null; true")


def read_cases():
    """[name, words, steps]; a step is side, offset, payload, result, what is expected."""
    cases = []
    for line in open(VECTORS):
        if line.startswith("case "):
            words = line.split()
            cases.append((words[1], words[2:], []))
        elif line[0] in "CS":
            m = re.match(r'([CS])(?:@(\d+))? "((?:[^"\\]|\\.)*)" (\w+) ?([^ \n]*)', line)
            payload = m[3].encode().decode("unicode_escape").encode("latin-1")
            cases[-1][2].append((m[1], m[2] and int(m[2]), payload, m[4], m[5]))
    return cases


def named(ipv6, what):
    src, rest = what.split(">")
    dst, port = rest.rsplit(":", 1)
    return f"{NAME[ipv6].get(src, src)}>{NAME[ipv6].get(dst, dst)}:{port}"


def run_case(ends, port, name, words, steps):
    ipv6 = "ipv6" in words
    conn = Conn(ends, ipv6, port)
    if "bare" not in words:
        conn.say("S", b"220 hi\r\n")
        conn.say("C", b"USER a\r\n")
    before, good = expects(), True
    for side, offset, payload, result, what in steps:
        passed = conn.say(side, payload, offset)
        after = expects()
        want = {named(ipv6, what)} if result == "expect" else before
        if passed != (result != "drop") or after != want:
            print(f"{name}: {side} {payload!r}: passed {passed}, expects {sorted(after)}; the vector says {result} {what}")
            good = False
        before = after
    clear()
    return good


def refused_keeps_newline(ends):
    """A command whose expectation clashes is dropped; is the newline behind it remembered all the same?"""
    first, second = Conn(ends, False, 30001), Conn(ends, False, 30002)
    for conn in (first, second):
        conn.say("S", b"220 hi\r\n")
        conn.say("C", b"USER a\r\n")
    first.say("C", b"PORT 10,77,1,2,4,1\r\n")
    dropped = not second.say("C", b"PORT 10,77,1,2,4,1\r\n")
    second.say("C", b"PORT 10,77,1,2,4,2\r\n")
    kept = "10.77.2.2>10.77.1.2:1026" in expects()
    clear()
    print(f"clash: dropped {dropped}, newline behind it remembered {kept}")
    return dropped and kept


def main():
    loose = "--loose" in sys.argv
    was = open(LOOSE).read().strip() if loose else None
    good = total = 0
    try:
        set_up()
        ends = open_ends()
        for i, (name, words, steps) in enumerate(read_cases()):
            if "loose" in words and not loose:
                continue
            if loose:
                open(LOOSE, "w").write("Y" if "loose" in words else "N")
            total += 1
            good += run_case(ends, 31000 + i, name, words, steps)
        total += 1
        good += refused_keeps_newline(ends)
    finally:
        if loose:
            open(LOOSE, "w").write(was)
        sh(f"ip netns del {ROUTER}; ip netns del {ENDS}; true")
    print(f"{good} of {total} agree")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
