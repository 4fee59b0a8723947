#!/usr/bin/env python3
"""Puts tests/vectors/track/tcp.vec to the real kernel: the vectors say what Linux does, so Linux must agree.

Needs root and network namespaces; skips, saying so, without them. Two veth pairs lead into a namespace that forwards;
each segment of a case is sent as a frame, and after it the rule counters (one rule a state) and the connection list are
read. Timeouts run on meanwhile, so a second or two less than the vector is right.
"""
import os
import re
import socket
import struct
import subprocess
import sys

VECTORS = "tests/vectors/track/tcp.vec"
NS = "ph-tcp-%d" % os.getpid()
CLIENT, SERVER = "192.0.2.1", "198.51.100.2"
STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED")
FLAG = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "-": 0}


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True).stdout


def setup():
    sh(f"ip netns add {NS}")
    for i, (side, net) in enumerate((("c", "192.0.2.254/24"), ("s", "198.51.100.254/24"))):
        sh(f"ip link add {NS}{side} type veth peer name in{side} netns {NS}")
        sh(f"ip link set {NS}{side} up; ip -n {NS} link set in{side} up; ip -n {NS} addr add {net} dev in{side}")
        sh(f"ip -n {NS} link set in{side} address 02:00:00:00:00:0{i + 1}")
    sh(f"ip -n {NS} neigh add {CLIENT} lladdr 02:00:00:00:01:01 dev inc; ip -n {NS} neigh add {SERVER} lladdr 02:00:00:00:01:02 dev ins")
    sh(f"ip netns exec {NS} sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0")
    for state in STATES:
        sh(f"ip netns exec {NS} iptables-legacy -t mangle -A PREROUTING -m conntrack --ctstate {state}")
    socks = []
    for side in "cs":
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        s.bind((NS + side, 0))
        socks.append(s)
    return socks


def teardown():
    sh(f"ip netns del {NS}; ip link del {NS}c; ip link del {NS}s", check=False)


def counters():
    text = sh(f"ip netns exec {NS} iptables-legacy -t mangle -nvxL PREROUTING")
    rows = [line.split() for line in text.splitlines() if "ctstate" in line]
    return [int(r[0]) for r in rows]


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ethernet(packet, back):
    return bytes.fromhex("0200000000%02x" % (2 if back else 1)) + bytes.fromhex("020000000101") + b"\x08\x00" + packet


def ipv4(src, dst, proto, data):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), 1, 0x4000, 64, proto, 0, socket.inet_aton(src), socket.inet_aton(dst))
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + data


def frame(line, isn):
    back = line["dir"] == "<"
    src, dst = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    sport, dport = (80, 1234) if back else (1234, 80)
    options = bytes.fromhex(line["opt"])
    seq = (isn[back] + line["seq"]) & 0xffffffff
    ack = (isn[not back] + line["ack"]) & 0xffffffff
    flags = sum(FLAG[f] for f in line["flags"])
    tcp = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 4, flags, line["win"], 0, 0)
    tcp += options + bytes(line["len"])
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
    return ethernet(ipv4(src, dst, 6, tcp), back), back


LINE = re.compile(r"(?P<dir>[<>]) (?P<flags>\S+) (?P<seq>\d+) (?P<ack>\d+) (?P<win>\d+) (?P<len>\d+)(?: opt=(?P<opt>\S+))? -> "
                  r"(?P<state>\S+) (?P<tcp>\S+) (?P<timeout>\S+)(?P<assured> ASSURED)?")


def read_cases():
    cases = []
    for number, text in enumerate(open(VECTORS), 1):
        text = text.rstrip("\n")
        if not text or text.startswith("#"):
            continue
        if text.startswith("case "):
            name, *sysctls = text[5:].split()
            cases.append((name, sysctls, []))
            continue
        line = LINE.match(text).groupdict()
        for key in ("seq", "ack", "win", "len"):
            line[key] = int(line[key])
        line["opt"] = line["opt"] or ""
        line["number"] = number
        cases[-1][2].append(line)
    return cases


def entry(proto):
    text = sh(f"ip netns exec {NS} conntrack -L -p {proto} 2>/dev/null", check=False)
    match = re.search(rf"^{proto}\s+\d+ (\d+) (\S+) ", text, re.M)
    return (int(match[1]), match[2], "[ASSURED]" in text) if match else None


def differs(line, state, now, before):
    """What of a line is not as the kernel has it, or None."""
    if state != line["state"]:
        return f"state {state}"
    if line["timeout"] == "gone":
        return None if now is None else f"entry {now}"
    if now is None:
        return "no entry"
    if line["tcp"] != "-" and now[1] != line["tcp"]:
        return f"TCP state {now[1]}"
    want = before[0] if line["timeout"] == "same" else int(line["timeout"])
    if not want - 3 <= now[0] <= want:
        return f"timeout {now[0]}"
    if line["state"] != "INVALID" and now[2] != bool(line["assured"]):
        return f"assured {now[2]}"
    return None


def run_case(socks, case, vectors, frame_of, proto):
    name, sysctls, lines = case
    sh(f"ip netns exec {NS} conntrack -F 2>/dev/null", check=False)
    for s in sysctls:
        sh(f"ip netns exec {NS} sysctl -qw net.netfilter.{s}")
    before, problem = None, None
    for line in lines:
        count = counters()
        data, back = frame_of(line, (1000, 50000))
        socks[back].send(data)
        after = counters()
        state = next((s for s, a, b in zip(STATES, count, after) if b > a), "none")
        now = entry(proto)
        problem = differs(line, state, now, before)
        if problem:
            problem = f"{vectors}:{line['number']}: case {name}: kernel says {problem}"
            break
        before = now
    for s in sysctls:
        key = s.split("=")[0]
        default = sh(f"sysctl -n net.netfilter.{key}").strip()
        sh(f"ip netns exec {NS} sysctl -qw net.netfilter.{key}={default}")
    return problem


def main(vectors, cases, count, frame_of, proto):
    if os.geteuid() != 0:
        print("skipped: the kernel is asked only by root")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    assert len(cases) == count, f"{len(cases)} cases in {vectors}, not {count}"
    failed = 0
    try:
        socks = setup()
        for case in cases:
            problem = run_case(socks, case, vectors, frame_of, proto)
            if problem:
                failed += 1
                print(problem)
    finally:
        teardown()
    print(f"{len(cases) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(VECTORS, read_cases(), 48, frame, "tcp"))
