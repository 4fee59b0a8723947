#!/usr/bin/env python3
"""Sends random and mutated talks of six protocols through the kernel of this machine and through pinhole, and compares.

  kernel_helpers.py [--count N] [--seed N] [--pinhole PROGRAM] [--vectors] [HELPER...]

--vectors: puts the vector files of irc, tftp, amanda and sane to the kernel first.
N payloads (2000) of each helper. Compared for every packet: whether it passed, the expectations that it made or ended (tuple,
mask, flags, class, lifetime), and the connections that it set up (tuple, helper, whether they were expected). Each packet is sent
through a network namespace of two interfaces and written to a capture, which pinhole replays afterwards; where the kernel expects
something, a packet that meets it follows now and then. For netbios-ns and snmp the namespace itself asks.

Needs root, iproute2, iptables-legacy, conntrack, and a kernel whose helpers are those of Linux 6.18. A capture of what differs is
left in the folder for temporary files with its policy. Prints how many payloads opened something; less than a quarter is a
failure, too. Whether the kernel starts the time of a repeated NetBIOS or SNMP question afresh depends on what its memory held before
(docs/differences.md, repeat-by-chance): such packets are counted, and no failure.
"""
import argparse
import ctypes
import ipaddress
import os
import random
import re
import select
import socket
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../compare"))
sys.path.insert(0, HERE)
import netlink  # noqa: E402
import payloads  # noqa: E402
import replay  # noqa: E402

ROUTER, ENDS = "phhelp-r%d" % os.getpid(), "phhelp-e%d" % os.getpid()
MAC = {"C": "02:00:00:00:00:0c", "S": "02:00:00:00:00:05"}
ROUTER_MAC = {"C": "02:00:00:00:01:0c", "S": "02:00:00:00:01:05"}
LINK = {"C": ("r0", "c0"), "S": ("r1", "s0")}
HELPERS = {"irc": (6, 6667, 4), "tftp": (17, 69, 6), "amanda": (17, 10080, 6), "sane": (6, 6566, 6),
           "netbios-ns": (17, 137, 4), "snmp": (17, 161, 4)}
ON_HOST = ("netbios-ns", "snmp")
HOST, SERVER = "10.77.1.1", {4: "10.77.2.2", 6: "fd77:2::2"}
BATCH = 150             # talks between two flushes: the kernel forgets netbios-ns questions after 3 seconds
SYN, ACK, PSH = 2, 16, 8
TOPOLOGY = """\
ip link add r0
ip link add r1
ip addr add 10.77.1.1/24 brd 10.77.1.255 dev r0
ip addr add 10.77.1.9/24 brd 10.77.1.254 dev r0
ip addr add 10.77.2.1/25 brd 10.77.2.127 dev r1
ip -6 addr add fd77:1::1/64 dev r0
ip -6 addr add fd77:2::1/64 dev r1
ip route add 10.78.0.0/16 via 10.77.1.2 dev r0
ip -6 route add fd78::/64 via fd77:1::2 dev r0
"""


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True).stdout


def rules():
    lines = []
    for name, (proto, port, family) in HELPERS.items():
        for command in ("iptables", "ip6tables") if family == 6 else ("iptables",):
            word = {6: "tcp", 17: "udp"}[proto]
            lines.append("%s -t raw -A PREROUTING -p %s --dport %d -m comment --comment %s -j CT --helper %s" %
                         (command, word, port, name, name))
    return lines


def host_rule(name):
    """On the host every question has the helper, to whatever port it goes."""
    return "iptables -t raw -A OUTPUT -p udp -j CT --helper %s" % name


def set_up():
    sh("ip netns add %s; ip netns add %s" % (ROUTER, ENDS))
    for side, (link, peer) in LINK.items():
        sh("ip -n %s link add %s mtu 9000 address %s type veth peer name %s mtu 9000 address %s netns %s" % (
            ROUTER, link, ROUTER_MAC[side], peer, MAC[side], ENDS))
        sh("ip netns exec %s sysctl -qw net.ipv6.conf.%s.disable_ipv6=1" % (ENDS, peer))
        sh("ip netns exec %s sysctl -qw net.ipv6.conf.%s.accept_dad=0" % (ROUTER, link))
        sh("ip -n %s link set %s up; ip -n %s link set %s up" % (ENDS, peer, ROUTER, link))
    sh("ip -n %s link set lo up" % ROUTER)
    for line in TOPOLOGY.splitlines():
        if " addr " in line or " route " in line:
            sh(line.replace("ip ", "ip -n %s " % ROUTER, 1) + (" nodad" if "fd77" in line and " addr " in line else ""))
    for side, v4, v6 in (("C", "10.77.1.2", "fd77:1::2"), ("S", "10.77.2.2", "fd77:2::2"), ("S", "10.77.2.3", "fd77:2::3")):
        for address in (v4, v6):
            sh("ip -n %s neigh add %s lladdr %s dev %s nud permanent" % (ROUTER, address, MAC[side], LINK[side][0]))
    sh("ip netns exec %s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 "
       "net.ipv4.conf.r0.rp_filter=0 net.ipv4.conf.r1.rp_filter=0" % ROUTER)
    for line in rules():
        sh("ip netns exec %s %s" % (ROUTER, line.replace("tables ", "tables-legacy ", 1)))


def tear_down():
    sh("ip netns del %s; ip netns del %s" % (ROUTER, ENDS), check=False)


class Inside:
    """Makes sockets in another network namespace."""

    def __init__(self, name):
        self.path = "/run/netns/" + name

    def __enter__(self):
        self.back = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(self.path, os.O_RDONLY)
        self.enter(there)
        os.close(there)

    def __exit__(self, *_):
        self.enter(self.back)
        os.close(self.back)

    @staticmethod
    def enter(namespace):
        if ctypes.CDLL(None, use_errno=True).setns(namespace, 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(src, dst, proto, segment, at):
    """An IP packet; the checksum of the segment stands at that offset in it."""
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 6:
        pseudo = a.packed + b.packed + struct.pack("!II", len(segment), proto)
        head = struct.pack("!IHBB", 0x60000000, len(segment), proto, 64) + a.packed + b.packed
    else:
        pseudo = a.packed + b.packed + struct.pack("!HH", proto, len(segment))
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 1, 0, 64, proto, 0, a.packed, b.packed)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    total = checksum(pseudo + segment) or 0xFFFF
    return head + segment[:at] + struct.pack("!H", total) + segment[at + 2:]


def udp(src, sport, dst, dport, data):
    return packet(src, dst, 17, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data, 6)


def tcp(src, sport, dst, dport, seq, ack, flags, data=b""):
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
    return packet(src, dst, 6, head + data, 16)


class Wire:
    """The namespace as seen from outside: sends packets, keeps them, and notes what became of each."""

    def __init__(self):
        with Inside(ENDS):
            self.ends = {}
            for side, (_, peer) in LINK.items():
                self.ends[side] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                self.ends[side].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
                self.ends[side].bind((peer, 3))
        with Inside(ROUTER):
            self.events = netlink.Netlink()
        for group in (1, 4, 6):         # connections made, expectations made, ended
            self.events.socket.setsockopt(netlink.SOL_NETLINK, netlink.ADD_MEMBERSHIP, group)
        self.forget()

    def forget(self):
        sh("ip netns exec %s conntrack -F; ip netns exec %s conntrack -F expect" % (ROUTER, ROUTER), check=False)
        self.events.pending()
        self.sent, self.seen = [], []

    def note(self, data, passed, about):
        """about: says whether an event belongs to the talk at hand; what timers do to others is nobody's answer."""
        found = [row for row in map(kernel_row, self.events.pending()) if row and about(row)]
        self.sent.append(data)
        self.seen.append((passed, found))
        return found

    def send(self, side, data, about):
        """From an end, through the router; None as verdict where it is for the router itself."""
        mac = bytes.fromhex((ROUTER_MAC[side] + MAC[side]).replace(":", ""))
        other = self.ends["S" if side == "C" else "C"]
        while select.select([other], [], [], 0)[0]:
            other.recv(65535)
        self.ends[side].send(mac + (b"\x86\xdd" if data[0] >> 4 == 6 else b"\x08\0") + data)
        return self.note(data, self.arrived(other, data), about)

    @staticmethod
    def arrived(other, data):
        if ipaddress.ip_address(data[16:20]) == ipaddress.ip_address(HOST) and data[0] >> 4 == 4:
            return None
        addresses = data[8:40] if data[0] >> 4 == 6 else data[12:20]
        rest = data[40:] if data[0] >> 4 == 6 else data[20:]
        while select.select([other], [], [], 0.05)[0]:
            frame = other.recv(65535)
            if addresses in frame[:60] and frame.endswith(rest):
                return True
        return False


def kernel_row(event):
    """An event as both sides are compared: kind, tuple, and what else counts. None: not compared."""
    if event.kind in ("expect_new", "expect_destroy"):
        x = event.what
        row = (event.kind, flat(x.tuple), flat(x.mask), x.flags, x.class_, x.helper, flat(x.master))
        return row + (x.timeout,) if event.kind == "expect_new" else row
    if event.kind == "ct_new":
        return (event.kind, flat(event.what.tuple), event.what.master is not None, event.what.helper)
    return None


def our_row(record):
    if record["event"] in ("expect_new", "expect_destroy"):
        row = (record["event"], flat(record["tuple"]), flat(record["mask"]), record["flags"], record["class"], record["helper"],
               flat(record["master"]))
        return row + (record["timeout"],) if record["event"] == "expect_new" else row
    if record["event"] == "ct_new":
        return (record["event"], flat(record["tuple"]), "master" in record, record["ct_helper"])
    return None


def flat(t):
    return t["proto"], str(ipaddress.ip_address(t["src"])), str(ipaddress.ip_address(t["dst"])), t.get("sport"), t.get("dport")


class Talk:
    """One connection: what its two ends send."""

    def __init__(self, wire, rng, name, number, extra):
        self.wire, self.rng, self.name = wire, rng, name
        self.proto, self.port, families = HELPERS[name]
        self.six = families == 6 and rng.random() < 0.3
        self.client = "fd78::%x" % (number + 1) if self.six else "10.78.%d.%d" % (number // 200 + 1, number % 200 + 1)
        self.server = SERVER[6 if self.six else 4]
        self.sport = 1024 + (number * 7) % 60000
        self.next = {"C": rng.randrange(1 << 32), "S": rng.randrange(1 << 32)}
        self.extra = extra
        self.payloads = self.opened = 0

    def about(self, row):
        """Whose destination or source is this client: each talk has one of its own."""
        return self.client in (row[1][1], row[1][2])

    def say(self, side, data, flags=PSH | ACK):
        other = "S" if side == "C" else "C"
        client, server = (self.client, self.sport), (self.server, self.port)
        ends = client + server if side == "C" else server + client
        if self.proto == 17:
            return self.wire.send(side, udp(*ends, data), self.about)
        seq, ack = self.next[side], self.next[other] if flags & ACK else 0
        self.next[side] += len(data) + (flags & SYN) // SYN
        return self.wire.send(side, tcp(*ends, seq, ack, flags if data or flags & SYN else ACK, data), self.about)

    def meet(self, row):
        """The first packet of what is expected, from somebody who may."""
        proto, src, dst, _, dport = row[1]
        if src in ("0.0.0.0", "::"):
            src = self.server
        side = "C" if src == self.client else "S"
        sport = self.rng.randrange(1024, 65536)
        data = udp(src, sport, dst, dport, b"\0\3\0\1x") if proto == 17 else tcp(src, sport, dst, dport, 1, 0, SYN)
        self.wire.send(side, data, self.about)

    def run(self):
        if self.proto == 6:
            self.say("C", b"", SYN)
            self.say("S", b"", SYN | ACK)
            self.say("C", b"", ACK)
        for side, data in payloads.TALK[self.name](self.rng, self.client, self.server, self.sport):
            new = [row for row in self.say(side, data) if row[0] == "expect_new"]
            self.payloads += 1
            self.opened += bool(new)
            if new and self.extra and self.rng.random() < 0.2:
                self.meet(self.rng.choice(new))


class HostTalk(Talk):
    """Questions of the host itself, and answers to them."""

    def about(self, row):
        return self.sport in (row[1][3], row[1][4])

    def run(self):
        with Inside(ROUTER):
            asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with asker:
            asker.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            asker.bind((HOST, self.sport))
            for side, what in payloads.TALK[self.name](self.rng, self.client, self.server, self.sport):
                if side == "A":
                    self.wire.send("C", udp(what[0], what[1], HOST, self.sport, b"answer"), self.about)
                else:
                    self.ask(asker, *what)

    def ask(self, asker, to, port, data):
        asker.setsockopt(socket.SOL_SOCKET, 25, b"r0\0" if to == "255.255.255.255" else b"\0")   # SO_BINDTODEVICE
        asker.sendto(data, (to, port))
        new = [row for row in self.wire.note(udp(HOST, self.sport, to, port, data), None, self.about) if row[0] == "expect_new"]
        self.payloads += 1
        self.opened += bool(new)


def write_capture(path, packets):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for n, data in enumerate(packets):
            out.write(struct.pack("<IIII", 1000 + n // 1000, n % 1000 * 1000, len(data), len(data)) + data)


def ours(pinhole, policy, packets):
    """[(passed, events), ...] of the same packets."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "talks.pcap")
        write_capture(path, packets)
        records = replay.records(pinhole, policy, [path], ("--clock", "frozen"))
    out = [[None, []] for _ in packets]
    for record in records:
        if "n" not in record:
            continue
        row = out[record["n"] - 1]
        if "event" in record:
            row[1] += [found for found in (our_row(record),) if found]
        else:
            row[0] = record.get("fate") in ("forwarded", "local", "sent")
    return out


def same_events(kernel, here):
    """Whole seconds are cut by one side a moment later than by the other."""
    return len(kernel) == len(here) and all(
        a == b or (a[0] == b[0] == "expect_new" and a[:-1] == b[:-1] and abs(a[-1] - b[-1]) <= 1) for a, b in zip(kernel, here))


def is_repeat(kernel, here):
    """A question once more: pinhole starts the time of what it opened afresh, the kernel does nothing."""
    return not kernel and [row[0] for row in here] == ["expect_destroy", "expect_new"] and here[0][5] in ON_HOST and \
        here[0][1:7] == here[1][1:7]


def differing(seen, found):
    """[(n, what the kernel did, what pinhole did)], and how many questions were repeated in vain; a verdict that the kernel
    did not show is not compared."""
    out, repeats = [], 0
    for n, ((passed, events), (our_passed, our_events)) in enumerate(zip(seen, found), 1):
        if is_repeat(events, our_events):
            repeats += 1
        elif not same_events(events, our_events) or (passed is not None and passed != our_passed):
            out.append((n, (passed, events), (our_passed, our_events)))
    return out, repeats


def keep(name, seed, policy, packets):
    """The capture and policy of a batch that differs, to try again."""
    base = os.path.join(tempfile.gettempdir(), "kernel_helpers-%s-%d" % (name, seed))
    write_capture(base + ".pcap", packets)
    with open(base + ".policy", "w") as out:
        out.write(policy)
    return base


def compare(wire, options, name):
    """[payloads, payloads that opened something, packets, differences, questions repeated in vain] of one helper."""
    rng = random.Random("%s %d" % (name, options.seed))
    counts, number = [0, 0, 0, 0, 0], 0
    policy = TOPOLOGY + "\n".join(rules() + ([host_rule(name)] if name in ON_HOST else [])) + "\n"
    while counts[0] < options.count:
        wire.forget()
        for _ in range(BATCH):
            talk = (HostTalk if name in ON_HOST else Talk)(wire, rng, name, number, True)
            talk.run()
            number += 1
            counts[0] += talk.payloads
            counts[1] += talk.opened
            if counts[0] >= options.count:
                break
        bad, repeats = differing(wire.seen, ours(options.pinhole, policy, wire.sent))
        counts[2] += len(wire.sent)
        counts[3] += len(bad)
        counts[4] += repeats
        if bad:
            print("%s: kept as %s.pcap" % (name, keep(name, options.seed, policy, wire.sent)))
        for n, kernel, here in bad[:3]:
            print("%s: packet %d %r\n    kernel %s\n    here   %s" % (name, n, wire.sent[n - 1][:300], kernel, here))
    return counts


def arguments():
    parser = argparse.ArgumentParser(description="compares pinhole's helpers with the kernel's")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pinhole", default=os.environ.get("PINHOLE", "build/pinhole"))
    parser.add_argument("--vectors", action="store_true")
    parser.add_argument("helpers", nargs="*", default=list(HELPERS))
    return parser.parse_args()


# --- vector files ---

ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)")
NAMED = {False: {"C": "10.77.1.2", "S": "10.77.2.2", "any": "0.0.0.0"}, True: {"C": "fd77:1::2", "S": "fd77:2::2", "any": "::"}}


def unescaped(match):
    what = match[1]
    if what[0] == "x":
        return chr(int(what[1:], 16))
    return chr(int(what)) if what.isdigit() else {"r": "\r", "n": "\n"}.get(what, what)


def vector_cases(name):
    """[(name, words, [(side, payload, [expected tuple, ...]), ...]), ...]"""
    cases = []
    with open(os.path.join(HERE, "../vectors/helper/%s.vec" % name)) as file:
        for line in file:
            if line.startswith("case "):
                words = line.split()
                cases.append((words[1], words[2:], []))
            step = re.match(r'([CS]) "((?:[^"\\]|\\.)*)" (.*)', line)
            if step:
                wants = re.findall(r"expect (tcp|udp) (\S+)>(\S+):(\d+)", step[3])
                payload = ESCAPE.sub(unescaped, step[2]).encode("latin-1")
                cases[-1][2].append((step[1], payload, wants))
    return cases


class VectorTalk(Talk):
    """A case: both ends have the addresses that its payloads name."""

    def __init__(self, wire, name, words, steps):
        super().__init__(wire, random.Random(1), name, 0, False)
        self.six, self.steps = "ipv6" in words, steps
        self.client, self.server = NAMED[self.six]["C"], NAMED[self.six]["S"]
        self.sport = int(words[words.index("from") + 1]) if "from" in words else 40000

    def wanted(self, wants):
        named = NAMED[self.six]
        return [({"tcp": 6, "udp": 17}[proto], named.get(src, src), named.get(dst, dst), 0, int(port))
                for proto, src, dst, port in wants]

    def run(self):
        """The first step that the kernel takes otherwise, or None."""
        if self.proto == 6:
            self.say("C", b"", SYN)
            self.say("S", b"", SYN | ACK)
            self.say("C", b"", ACK)
        for i, (side, payload, wants) in enumerate(self.steps):
            if self.proto == 17 and side == "S" and i == 0:
                self.say("C", b"\0\3")
            found = [row[1] for row in self.say(side, payload) if row[0] == "expect_new"]
            if found != self.wanted(wants):
                return side, payload, found
        return None


def check_vectors(wire, name):
    """(cases that agree, cases that do not); those about options, other ports and packets before an answer are passed over."""
    good = bad = 0
    for case, words, steps in vector_cases(name):
        if "new" in words or "port" in words or any("=" in word for word in words):
            continue
        wire.forget()
        wrong = VectorTalk(wire, name, words, steps).run()
        if wrong:
            print("%s: case %s: %s" % (name, case, wrong))
        good += not wrong
        bad += bool(wrong)
    print("%s: %d cases of the vector file agree with the kernel, %d do not" % (name, good, bad))
    return good, bad


def run(options):
    good = bad = 0
    for name in options.helpers if options.vectors else ():
        if name not in ON_HOST:
            agree, differ = check_vectors(Wire(), name)
            good, bad = good + agree, bad + differ
    for name in options.helpers:
        if name in ON_HOST:
            sh("ip netns exec %s iptables-legacy -t raw -F OUTPUT" % ROUTER)
            sh("ip netns exec %s %s" % (ROUTER, host_rule(name).replace("tables ", "tables-legacy ", 1)))
        total, opened, packets, differ, repeats = compare(Wire(), options, name)
        few = opened * 4 < total
        print("%s: %d payloads, %d opened something in the kernel, %d packets compared, %d differ%s%s" % (
            name, total, opened, packets, differ, ", %d questions repeated in vain" % repeats if repeats else "",
            "; too few opened" if few else ""))
        good += not (differ or few)
        bad += bool(differ or few)
    print("%d passed, %d failed, 0 skipped" % (good, bad))
    return 1 if bad else 0


def main():
    options = arguments()
    if os.geteuid() != 0:
        print("skipped: the kernel is asked only by root\n0 passed, 0 failed, 1 skipped")
        return 0
    try:
        set_up()
        return run(options)
    finally:
        tear_down()


if __name__ == "__main__":
    sys.exit(main())
