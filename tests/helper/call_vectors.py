#!/usr/bin/env python3
"""Puts the vector files of sip, H.323 and pptp to the kernel of this machine: is what they say what Netfilter does?

  call_vectors.py [FILE...]       those of tests/vectors/helper that there are

tests/helper/test_call_vectors.c has the form of the files, and puts them to pinhole. Compared: whether each packet passed and its
state; after a line "=" the expectations that are alive, oldest first (tuple, mask, class, flags, lifetime; ctnetlink does not tell
the helper of a child); how long connection 1 lives. "gone" deletes connection 1. What only pinhole tells (refused, because, call)
is passed over. Options of a case are parameters of the kernel's modules, the whole machine's: they are set for the time of one
case, and modules.py says how several such programs can work at once. A case that disagrees is repeated, as somebody who does not
keep to that may have set one meanwhile.

Needs root, iproute2, iptables-legacy, and a kernel whose helpers are those of Linux 6.18. Prints what disagrees, and how many cases
did; exit 1 if any.
"""
import collections
import ipaddress
import itertools
import os
import signal
import sys

import call_text
import modules
import wire
from wire import ACK, GRE, HERE, PSH, SYN, TCP, UDP, Five, flat

import netlink      # found by way of wire.py

ADDRESSES = {False: {"C": "10.1.0.2", "S": "10.2.0.2", "any": "0.0.0.0"},
             True: {"C": "2001:db8:1::2", "S": "2001:db8:2::2", "any": "::"}}
TOPOLOGY = """\
ip addr add 10.1.0.1/24 dev r0
ip addr add 10.2.0.1/24 dev r1
ip -6 addr add 2001:db8:1::1/64 dev r0
ip -6 addr add 2001:db8:2::1/64 dev r1
"""
# Protocol, port, of what families.
BOUND = {"sip": ((UDP, 5060, "46"), (TCP, 5060, "46")), "RAS": ((UDP, 1719, "46"),), "Q.931": ((TCP, 1720, "46"),),
         "pptp": ((TCP, 1723, "4"),)}
# Connection 1 of the cases: its protocol where they do not say, its ports. Names of classes.
File = collections.namedtuple("File", "proto port client_port classes")
FILES = {
    "sip": File(UDP, 5060, 5060, ("signalling", "audio", "video", "image")),
    "ras": File(UDP, 1719, 1719, ()),
    "q931": File(TCP, 1720, 40000, ()),
    "h245": File(TCP, 1720, 40000, ()),     # connection 1 is the call that opens the channel
    "pptp": File(TCP, 1723, 4000, ()),
}
PROTOS = {"tcp": TCP, "udp": UDP, "gre": GRE}
FIRST = {"C": 100, "S": 5000}       # sequence numbers
ATTEMPTS = 3
stops = []                          # signals that ask for an end: between two cases, when everything is put back


# --- the namespaces ---

def rules():
    """What binds the helpers to their ports."""
    names = {TCP: "tcp", UDP: "udp"}
    return ["%s -t raw -A PREROUTING -p %s --dport %d -j CT --helper %s" % (command, names[proto], port, helper)
            for helper, rows in BOUND.items() for proto, port, families in rows
            for family, command in (("4", "iptables"), ("6", "ip6tables")) if family in families]


def use_addresses():
    """The hosts of the vector files instead of those of kernel_helpers.py, at the same two wires."""
    four, six = ADDRESSES[False], ADDRESSES[True]
    wire.TOPOLOGY = TOPOLOGY
    wire.NETS = [(ipaddress.ip_network(net), side) for net, side in (
        ("10.1.0.0/24", "C"), ("10.2.0.0/24", "S"), ("2001:db8:1::/64", "C"), ("2001:db8:2::/64", "S"))]
    wire.NEIGHBOURS = tuple((side, four[side], six[side]) for side in "CS")
    wire.FENCE = {"C": (four["C"], 9, four["S"], 9), "S": (four["S"], 9, four["C"], 9)}


class CallWire(wire.Wire):
    """Forgets without starting programs, and deletes single connections."""

    def forget(self):
        self.asked.flush()
        self.asked.send(netlink.EXPECT << 8 | netlink.MSG_DELETE, 0, 0, b"")
        self.asked.acknowledged()
        self.events.pending()
        self.sent, self.seen, self.known = [], [], {}

    def delete(self, five):
        """KeyError, OSError: there is none."""
        connection = self.known[five]
        family = 10 if ":" in five.src else 2
        self.asked.send(netlink.CTNETLINK << 8 | netlink.MSG_DELETE, family, 0,
                        netlink.attribute(1, connection.raw_tuple, True))
        self.asked.acknowledged()

    def seconds(self, five):
        """How long a connection has to live; 0: there is none."""
        connection = self.known.get(five)
        now = connection and self.asked.connection(connection)
        return now.timeout if now else 0


# --- a case ---

class Connection:
    def __init__(self, proto, opener, ports):
        self.proto, self.opener, self.ports = proto, opener, ports
        self.open, self.next = proto == UDP, dict(FIRST)


class Player:
    """Sends the packets of a case and collects what is not as written: wrong, a list of (line, text)."""

    def __init__(self, calls, file, case):
        self.calls, self.file = calls, file
        self.address = ADDRESSES["ipv6" in case.words]
        self.all_ones = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" if "ipv6" in case.words else "255.255.255.255"
        proto = UDP if "udp" in case.words else TCP if "tcp" in case.words else file.proto
        self.connections = {1: Connection(proto, "C", {"C": case.words.get("from", file.client_port), "S": file.port})}
        self.made = {}              # (tuple, master) of an expectation: the number of what made it last
        self.numbers = itertools.count()
        self.wrong = []

    def run(self, case):
        do = {call_text.Packet: self.packet, call_text.Open: self.open, call_text.Want: self.want,
              call_text.Master: self.master, call_text.Gone: self.gone}
        for step in case.steps:
            do[type(step)](step)
        return self.wrong

    # what is sent

    def send(self, data):
        for row in self.calls.send(data, lambda row, master: True):
            if row.kind == "expect_new":
                self.made[row.tuple, row.master] = next(self.numbers)
        return self.calls.seen[-1]

    def say(self, connection, side, flags, data=b""):
        other = "S" if side == "C" else "C"
        ends = self.address[side], connection.ports[side], self.address[other], connection.ports[other]
        if connection.proto == UDP:
            return self.send(wire.udp(*ends, data))
        ack = connection.next[other] if flags & ACK else 0
        seen = self.send(wire.tcp(*ends, connection.next[side], ack, flags, data))
        connection.next[side] += len(data) + (1 if flags & SYN else 0)
        return seen

    def handshake(self, line, connection):
        """What became of the first packet; the other two pass."""
        other = "S" if connection.opener == "C" else "C"
        connection.open = True
        first = self.say(connection, connection.opener, SYN)
        self.verdict(line, (), self.say(connection, other, SYN | ACK))
        self.verdict(line, (), self.say(connection, connection.opener, ACK))
        return first

    def packet(self, step):
        if step.as_gre:
            other = "S" if step.side == "C" else "C"
            seen = self.send(wire.packet(self.address[step.side], self.address[other], GRE, step.data))
        else:
            connection = self.connections[step.connection]
            if not connection.open:
                self.verdict(step.line, (), self.handshake(step.line, connection))
            seen = self.say(connection, step.side, PSH | ACK, step.data)
        self.verdict(step.line, step.words, seen)

    def open(self, step):
        other = "S" if step.opener == "C" else "C"
        ports = {other: step.port, step.opener: step.sport or 41000 + step.connection}
        connection = self.connections[step.connection] = Connection(UDP if step.udp else TCP, step.opener, ports)
        if not step.udp:
            self.verdict(step.line, step.words, self.handshake(step.line, connection))

    # what is compared

    def differs(self, line, text):
        self.wrong.append((line, text))

    def verdict(self, line, words, seen):
        """The state of a packet that did not pass is not known."""
        if seen.passed != ("drop" not in words):
            self.differs(line, "the kernel %s it" % ("passed" if seen.passed else "dropped"))
        for word in words:
            if word != "drop" and seen.state not in (None, word.upper()):
                self.differs(line, "the kernel calls it %s" % seen.state)

    def five(self):
        first = self.connections[1]
        return Five(first.proto, self.address["C"], self.address["S"], first.ports["C"], first.ports["S"])

    def master(self, step):
        seconds = self.calls.seconds(self.five())
        if abs(seconds - step.seconds) > 1:
            self.differs(step.line, "in the kernel it lives %d seconds" % seconds)

    def gone(self, step):
        try:
            self.calls.delete(self.five())
        except (KeyError, OSError):
            self.differs(step.line, "the kernel has no connection 1")

    def agrees(self, written, x):
        sport = written.key or 0
        tuple_ = Five(PROTOS[written.proto], self.named(written.src), self.named(written.dst), sport, written.port)
        mask = Five(tuple_.proto, self.address["any"] if written.src == "any" else self.all_ones, self.all_ones,
                    0 if written.key is None else 0xFFFF, 0xFFFF)
        class_ = self.file.classes.index(written.class_) if written.class_ else 0
        if self.file.classes and not written.class_:
            return False
        return (flat(x.tuple), flat(x.mask), x.class_, x.flags) == (tuple_, mask, class_, written.flags) and \
            abs(x.timeout - written.seconds) <= 1

    def want(self, step):
        alive = sorted(self.calls.asked.expectations(), key=lambda x: self.made.get((flat(x.tuple), flat(x.master)), -1))
        if len(alive) != len(step.expectations) or not all(map(self.agrees, step.expectations, alive)):
            self.differs(step.line, "the kernel expects %s" % ("; ".join(map(self.text, alive)) or "nothing"))

    # names

    def named(self, text):
        return self.address[text] if text in self.address else str(ipaddress.ip_address(text))

    def name(self, address):
        return next((name for name, known in self.address.items() if known == address), address)

    def text(self, x):
        """An expectation of the kernel as the files write it, with its mask where that is neither all nor nothing."""
        t, m = flat(x.tuple), flat(x.mask)
        proto = next((name for name, number in PROTOS.items() if number == t.proto), str(t.proto))
        key = ":%d" % t.sport if m.sport else ""
        mask = "" if m.src in (self.all_ones, self.address["any"]) else "/" + m.src
        words = [self.file.classes[x.class_] if self.file.classes else "class %d" % x.class_ if x.class_ else ""]
        words += [word for word, bit in call_text.FLAGS.items() if x.flags & bit]
        return " ".join(["%s %s%s%s>%s:%d" % (proto, self.name(t.src), mask, key, self.name(t.dst), t.dport)] +
                        [word for word in words if word] + [str(x.timeout)])


# --- running ---

def run_case(calls, file, case):
    """[(line, what the kernel did instead), ...]"""
    wrong = []
    for _ in range(ATTEMPTS):
        with modules.held(["%s=%s" % option for option in case.options.items()]):
            calls.forget()
            wrong = Player(calls, file, case).run(case)
        if not wrong:
            break
    return wrong


def run_file(calls, path):
    """(cases that agree, cases that do not)"""
    name = os.path.splitext(os.path.basename(path))[0]
    if name not in FILES:
        sys.exit("call_vectors: %s: none of %s" % (path, ", ".join(FILES)))
    good = bad = 0
    for case in call_text.cases(path):
        if stops:
            sys.exit("call_vectors: stopped")
        wrong = run_case(calls, FILES[name], case)
        for line, text in wrong:
            print("%s:%d: case %s: %s" % (path, line, case.name, text))
        good += not wrong
        bad += bool(wrong)
    print("%s: %d cases agree with the kernel, %d do not" % (path, good, bad))
    return good, bad


def default_files():
    paths = [os.path.relpath(os.path.join(HERE, "../vectors/helper/%s.vec" % name)) for name in FILES]
    return [path for path in paths if os.path.exists(path)]


def main(paths):
    if os.geteuid() != 0:
        print("skipped: the kernel is asked only by root\n0 passed, 0 failed, 1 skipped")
        return 0
    for stop in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(stop, lambda number, _: stops.append(number))
    use_addresses()
    try:
        wire.set_up(rules())
        calls = CallWire()
        counts = [run_file(calls, path) for path in paths or default_files()]
    finally:
        wire.tear_down()
    good, bad = (sum(column) for column in zip(*counts))
    print("%d passed, %d failed, 0 skipped" % (good, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
