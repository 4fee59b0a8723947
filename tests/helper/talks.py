"""A talk: what a few hosts say to each other through the router, packet by packet, and what the kernel made of it.

kernel_helpers.py runs many of them. The module of a protocol (talk_sip.py, talk_h323.py, talk_pptp.py) has

  RULES = {"sip": ((17, 5060, 6), (6, 5060, 6))}    helper: (protocol, port, 6 for both families or 4), each a CT rule
  LEAST = 0.25            the part of payloads that must open something (may be left out)
  BATCH = 60              talks before both sides start afresh (may be left out)
  SIX = 0.3               the part of talks that are IPv6 (may be left out)
  def run(talk): ...      one talk, calling what follows; random only by talk.rng

and for run() there is

  talk.rng, talk.six      random numbers of this talk; whether it is IPv6
  talk.client, .client2   two hosts on C's side that belong to no other talk (text)
  talk.server, .server2   two hosts on S's side, the same in every talk
  talk.connect(port, proto=TCP, sport=None, client=None, server=None, open=True)
                          a Connection from client to server; TCP: SYN, SYN/ACK, ACK are sent if open
  talk.expected(rows)     those of a list of events that are new expectations
  talk.follow(row, sport=None, open=True)
                          a Connection that meets this expectation (opened likewise), from somebody who may; None if it cannot be
                          (an address behind no link, GRE)
  talk.raw(data)          sends any IP packet, made by wire.gre(), wire.udp(), wire.tcp() or wire.packet(); its events. Every address
                          must be one of this talk: events in which no client of it has a part are passed over
  talk.alive              expectations of this talk as they are now, {(tuple, master): ExpectNew}
  connection.say(side, data, flags=PSH | ACK, counted=True)
                          one segment or datagram of "C", who opened it, or "S"; its events, a list of ExpectNew, ExpectEnd,
                          ConnNew, ConnEnd (wire.py). Sequence numbers go on by themselves. counted: as a payload of the
                          helper that reads this connection (connection.helper; known from its ConnNew, or from RULES)
  connection.open()       the three packets; SYN is connection.say("C", b"", SYN)
  connection.client, .sport, .server, .dport, .proto, .helper, .next (next sequence number of each side)

A packet is compared by: passed or not, state, seconds that its connection has left, events in order.
"""
import importlib
import os
import random
import socket

import payloads
from wire import ACK, GRE, HERE, HOST, PSH, ROUTER, SYN, TCP, UDP, Inside, five_of, side_of, tcp, udp

SERVER, SERVER2 = {4: "10.77.2.2", 6: "fd77:2::2"}, {4: "10.77.2.3", 6: "fd77:2::3"}
ON_HOST = ("netbios-ns", "snmp")
SIMPLE = {"irc": (TCP, 6667, 4), "tftp": (UDP, 69, 6), "amanda": (UDP, 10080, 6), "sane": (TCP, 6566, 6),
          "netbios-ns": (UDP, 137, 4), "snmp": (UDP, 161, 4)}
# Talks by name, as on the command line; those whose module is there.
MODULES = {name: importlib.import_module("talk_" + name) for name in ("sip", "h323", "pptp")
           if os.path.exists(os.path.join(HERE, "talk_%s.py" % name))}
NAMES = list(SIMPLE) + list(MODULES)
HELPERS = {name: (row,) for name, row in SIMPLE.items()}
for _module in MODULES.values():
    HELPERS.update(_module.RULES)


def rules():
    """What binds the helpers to their ports."""
    lines = []
    for name, rows in HELPERS.items():
        for proto, port, family in rows:
            for command in ("iptables", "ip6tables") if family == 6 else ("iptables",):
                lines.append("%s -t raw -A PREROUTING -p %s --dport %d -m comment --comment %s -j CT --helper %s" %
                             (command, {TCP: "tcp", UDP: "udp"}[proto], port, name, name))
    return lines


def host_rule(name):
    """On the host every question has the helper, to whatever port it goes."""
    return "iptables -t raw -A OUTPUT -p udp -j CT --helper %s" % name


def helper_of(proto, port):
    return next((name for name, rows in HELPERS.items() if any(row[:2] == (proto, port) for row in rows)), None)


class Connection:
    """Two ends that speak UDP or TCP. "C" is who opened it, wherever it stands."""

    def __init__(self, talk, proto, client, sport, server, dport):
        self.talk, self.proto = talk, proto
        self.client, self.sport, self.server, self.dport = client, sport, server, dport
        self.helper = helper_of(proto, dport)
        self.next = {"C": talk.rng.randrange(1 << 32), "S": talk.rng.randrange(1 << 32)}

    def open(self):
        self.say("C", b"", SYN)
        self.say("S", b"", SYN | ACK)
        self.say("C", b"", ACK)
        return self

    def say(self, side, data, flags=PSH | ACK, counted=True):
        client, server = (self.client, self.sport), (self.server, self.dport)
        ends = client + server if side == "C" else server + client
        if self.proto == UDP:
            return self.sent(udp(*ends, data), bool(data) and counted)
        ack = self.next["S" if side == "C" else "C"] if flags & ACK else 0
        flags = flags if data or flags & ~(PSH | ACK) else ACK
        found = self.sent(tcp(*ends, self.next[side], ack, flags, data), bool(data) and counted)
        self.next[side] += len(data) + (flags & SYN) // SYN
        return found

    def sent(self, data, counted):
        found = self.talk.raw(data)
        for row in found:
            if row.kind == "ct_new" and row.tuple == five_of(data):
                self.helper = row.helper
        if counted and self.helper:
            self.talk.count(self.helper, bool(self.talk.expected(found)))
        return found


class Talk:
    """Some connections of hosts that belong to no other talk."""

    def __init__(self, wire, rng, name, number, six=None):
        self.wire, self.rng, self.name = wire, rng, name
        self.six = rng.random() < getattr(MODULES.get(name), "SIX", 0.3) if six is None else six
        if self.six:
            self.client, self.client2 = "fd78::%x" % (number + 1), "fd79::%x" % (number + 1)
        else:
            low = "%d.%d" % (number // 200 + 1, number % 200 + 1)
            self.client, self.client2 = "10.78." + low, "10.79." + low
        self.server, self.server2 = (address[6 if self.six else 4] for address in (SERVER, SERVER2))
        self.sport = 1024 + (number * 7) % 60000
        self.counts = {}                # helper: [payloads, those that opened something]
        self.alive = {}

    def about(self, row, master):
        """Whether one of this talk's hosts has a part in it: in its tuple, or in that of its master."""
        here = (self.client, self.client2)
        fives = [row.tuple] + ([master] if master else [])
        return any(five.src in here or five.dst in here for five in fives)

    def count(self, helper, opened):
        row = self.counts.setdefault(helper, [0, 0])
        row[0] += 1
        row[1] += opened

    @staticmethod
    def expected(rows):
        return [row for row in rows if row.kind == "expect_new"]

    def raw(self, data, side=None):
        found = self.wire.send(data, self.about, side)
        for row in found:
            if row.kind == "expect_new":
                self.alive[row.tuple, row.master] = row
            elif row.kind == "expect_destroy":
                self.alive.pop((row.tuple, row.master), None)
        return found

    def connect(self, port, proto=TCP, sport=None, client=None, server=None, open=True):
        if sport is None:
            sport, self.sport = self.sport, self.sport + 1
        out = Connection(self, proto, client or self.client, sport, server or self.server, port)
        return out.open() if open and proto == TCP else out

    def follow(self, row, sport=None, open=True):
        proto, src, dst, want, dport = row.tuple
        if src in ("0.0.0.0", "::"):
            src = self.server
        if proto == GRE or not side_of(src) or not side_of(dst) or src == dst:
            return None
        out = Connection(self, proto, src, want or sport or self.rng.randrange(1024, 65536), dst, dport)
        return out.open() if open and proto == TCP else out

    def run(self):
        MODULES[self.name].run(self)


class SimpleTalk(Talk):
    """One connection, and a list of what is said on it."""

    def __init__(self, wire, rng, name, number):
        self.proto, self.port, families = SIMPLE[name]
        super().__init__(wire, rng, name, number, None if families == 6 else False)

    def meet(self, row):
        """The first packet of what is expected, from somebody who may."""
        child = self.follow(row, open=False)
        if child.proto == UDP:
            child.say("C", b"\0\3\0\1x", counted=False)
        else:
            child.say("C", b"", SYN)

    def run(self):
        connection = self.connect(self.port, self.proto, self.sport)
        for side, data in payloads.TALK[self.name](self.rng, self.client, self.server, self.sport):
            new = self.expected(connection.say(side, data))
            if not data:
                self.count(self.name, False)
            if new and self.rng.random() < 0.2:
                self.meet(self.rng.choice(new))


class HostTalk(SimpleTalk):
    """Questions of the host itself, and answers to them."""

    def about(self, row, master):
        return self.sport in (row.tuple.sport, row.tuple.dport)

    def run(self):
        with Inside(ROUTER):
            asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with asker:
            asker.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            asker.bind((HOST, self.sport))
            for side, what in payloads.TALK[self.name](self.rng, self.client, self.server, self.sport):
                if side == "A":
                    self.raw(udp(what[0], what[1], HOST, self.sport, b"answer"), "C")
                else:
                    self.ask(asker, *what)

    def ask(self, asker, to, port, data):
        asker.setsockopt(socket.SOL_SOCKET, 25, b"r0\0" if to == "255.255.255.255" else b"\0")   # SO_BINDTODEVICE
        asker.sendto(data, (to, port))
        found = self.wire.note(udp(HOST, self.sport, to, port, data), None, None, self.about)
        self.count(self.name, bool(self.expected(found)))


def talk_of(wire, rng, name, number):
    kind = HostTalk if name in ON_HOST else SimpleTalk if name in SIMPLE else Talk
    return kind(wire, rng, name, number)


def vector_talk(wire, name, six):
    """A talk without random numbers, of the hosts that vector files name."""
    talk = Talk(wire, random.Random(1), name, 0, six)
    talk.client, talk.server = ("fd77:1::2", "fd77:2::2") if six else ("10.77.1.2", "10.77.2.2")
    return talk
