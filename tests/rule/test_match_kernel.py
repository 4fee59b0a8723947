#!/usr/bin/env python3
"""Puts tests/vectors/rule/matches.pkt to the real kernel: what the file says of each rule and packet, Linux must say.

Needs root and network namespaces; skips, saying so, without them. Each rule stands alone in a namespace, its packets come
in one after the other over a veth pair, and the rule's counter is read behind each. A packet of our own sent after it
tells that it is through. With --write, prints the file with the kernel's answers instead.
"""
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys

VECTORS = "tests/vectors/rule/matches.pkt"
NS = "ph-match-%d" % os.getpid()
PROGRAM = {"4": "iptables-legacy", "6": "ip6tables-legacy"}
MAC_TO, MAC_FROM = "020000000002", "020000007701"
TYPE = {"4": "0800", "6": "86dd"}
# UDP from 198.51.100.99 and from fd00:99::99.
MARKER = {"4": "4500001c000100004011" "4637" "c6336463" "0a010002" "1388003500080000",
          "6": "6000000000081140" "fd000099000000000000000000000099" "fd000001000000000000000000000002" "1388003500080000"}
MARKER_SOURCE = {"4": "198.51.100.99", "6": "fd00:99::99"}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read_vectors():
    """Returns ({name: hex}, [command of ipset], [(family, table, rule, [(name, answer)])])."""
    packets, sets, rules = {}, [], []
    with open(VECTORS, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("packet "):
                _, name, data = line.split()
                packets[name] = data
            elif line.startswith("ipset "):
                sets.append(shlex.split(line))
            elif line.startswith("rule "):
                head, tail = line[5:].rsplit(";", 1)
                family, table, rule = head.split(" ", 2)
                rules.append((family, table, rule, [word.split(":") for word in tail.split()]))
    return packets, sets, rules


def setup():
    """A veth pair in the namespace we are in; returns the end that sends."""
    run("ip", "link", "add", "out", "type", "veth", "peer", "name", "in")
    run("sysctl", "-qw", "net.ipv6.conf.out.disable_ipv6=1", "net.ipv6.conf.in.accept_ra=0")
    run("ip", "link", "set", "in", "address", "02:00:00:00:00:02")
    run("ip", "link", "set", "out", "arp", "off", "up")
    run("ip", "link", "set", "in", "arp", "off", "up")
    door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    door.bind(("out", 0))
    return door


class Chain:
    """PREROUTING with one rule under test, and behind it one that counts what the first did not drop."""

    def __init__(self, door, family, table, rule):
        self.door, self.family, self.table = door, family, table
        program = PROGRAM[family]
        run(program, "-t", table, "-F", "PREROUTING")
        run(program, "-t", table, "-A", "PREROUTING", "-s", MARKER_SOURCE[family], "-j", "ACCEPT")
        run(program, "-t", table, "-A", "PREROUTING", *shlex.split(rule))
        run(program, "-t", table, "-A", "PREROUTING")
        self.last = (0, 0, 0)

    def send(self, data):
        self.door.send(bytes.fromhex(MAC_TO + MAC_FROM + TYPE[self.family] + data))

    def counters(self):
        text = run(PROGRAM[self.family] + "-save", "-c", "-t", self.table)
        return tuple(int(n) for n in re.findall(r"^\[(\d+):\d+\] -A PREROUTING", text, re.M))

    def answer(self, data):
        """As in the file; ?: the packet did not come through."""
        self.send(data)
        self.send(MARKER[self.family])
        for _ in range(200):
            now = self.counters()
            if now[0] > self.last[0]:
                break
        else:
            return "?"
        _, hit, passed = (a - b for a, b in zip(now, self.last))
        self.last = now
        return ("Y" if passed else "X") if hit else ("N" if passed else "D")


def clear(family, table):
    run(PROGRAM[family], "-t", table, "-F", "PREROUTING")


def inside(write):
    packets, sets, rules = read_vectors()
    passed = failed = 0
    door = setup()
    for command in sets:
        run(*command)
    for family, table, rule, tries in rules:
        chain = Chain(door, family, table, rule)
        got = [(name, chain.answer(packets[name])) for name, _ in tries]
        clear(family, table)
        wrong = [f"{name}: {want}, the kernel {have}" for (name, want), (_, have) in zip(tries, got) if want != have]
        passed += len(tries) - len(wrong)
        failed += len(wrong)
        if write:
            print(f"rule {family} {table} {rule}; " + " ".join(":".join(pair) for pair in got))
        elif wrong:
            print(f"{rule}: " + "; ".join(wrong))
    if not write:
        print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def main():
    if "--inside" in sys.argv:
        return inside("--write" in sys.argv)
    missing = [p for p in ("ip", "ipset", *PROGRAM.values()) if not shutil.which(p)]
    if os.geteuid() != 0 or missing:
        print("match_kernel: skipped:", "needs root" if os.geteuid() else "not installed: " + " ".join(missing))
        return 0
    if subprocess.run(["ip", "netns", "add", NS], capture_output=True, check=False).returncode:
        print("match_kernel: skipped: no namespace can be made here")
        return 0
    try:
        again = [sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--inside"]
        return subprocess.run(["ip", "netns", "exec", NS, *again], check=False).returncode
    finally:
        subprocess.run(["ip", "netns", "del", NS], check=False)


if __name__ == "__main__":
    sys.exit(main())
