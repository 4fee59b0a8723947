"""PPTP for kernel_helpers.py: calls that come about, and everything that may go wrong on the way; GRE between the messages.

A talk is one control connection or two, each with what its ends know of it, and a few dozen steps chosen at random. talks.py says
what run() is given.
"""
import struct

import payloads
import wire
from wire import ACK, PSH, SYN

RULES = {"pptp": ((6, 1723, 4),)}
BATCH = 60
FIN, RST = 1, 4
COOKIE = 0x1A2B3C4D
# Sizes of the bodies by type, as RFC 2637 has them.
SIZES = {1: 144, 2: 144, 3: 4, 4: 4, 5: 4, 6: 8, 7: 156, 8: 20, 9: 208, 10: 12, 11: 16, 12: 4, 13: 136, 14: 28, 15: 12}
FROM_CLIENT = (1, 3, 7, 10, 12, 15, 5)
PPP = b"\xff\x03\xc0\x21"


def message(kind, body=b"", cookie=COOKIE, control=1, size=None, length=None):
    """A control message; size: of its body, filled up with zeros or cut."""
    size = SIZES.get(kind, 4) if size is None else size
    body = (body + bytes(size))[:size]
    return struct.pack("!HHIHH", 12 + size if length is None else length, control, cookie, kind, 0) + body


def session(result):
    return struct.pack("!HBB", 0x0100, result, 0)


def reply(call, peers, result=1):
    return struct.pack("!HHB", call, peers, result)


class Control:
    """A control connection and the ids that its ends chose last."""

    def __init__(self, talk, ids, **where):
        self.talk, self.rng, self.ids = talk, talk.rng, ids
        self.connection = talk.connect(1723, **where)
        self.client_call = self.server_call = 0
        self.pick()

    def pick(self):
        """Other ids, or one other, or none."""
        if self.rng.random() < 0.6:
            self.client_call = self.rng.choice(self.ids)
        if self.rng.random() < 0.6:
            self.server_call = self.rng.choice(self.ids)

    def say(self, side, data):
        return self.connection.say(side, data)

    # --- messages as they should be ---

    def start(self):
        self.say("C", message(1, session(0)))
        self.say("S", message(2, session(1)))

    def answer(self):
        self.say("S", message(8, reply(self.server_call, self.client_call)))

    def connected(self):
        self.say("S", message(11, struct.pack("!H", self.client_call)))

    def outgoing(self):
        self.say("C", message(7, struct.pack("!H", self.client_call)))
        self.answer()

    def incoming(self):
        self.say("S", message(9, struct.pack("!H", self.server_call)))
        self.say("C", message(10, reply(self.client_call, self.server_call)))
        self.connected()

    def disconnect(self):
        call = self.rng.choice((self.server_call, self.server_call, self.rng.choice(self.ids)))
        self.say("S", message(13, struct.pack("!HB", call, 4)))

    def clear(self):
        self.say("C", message(12, struct.pack("!H", self.client_call)))
        if self.rng.random() < 0.7:
            self.disconnect()

    def stop(self):
        self.say("C", message(3, b"\1"))
        self.say("S", message(4, struct.pack("!B", self.rng.choice((1, 1, 1, 2)))))
        if self.rng.random() < 0.5:
            self.start()

    def another(self):
        """A call with other ids, mostly after the end of the one before."""
        if self.rng.random() < 0.75:
            self.disconnect()
        self.pick()
        self.rng.choice((self.outgoing, self.outgoing, self.incoming))()

    # --- and as they should not ---

    def any_message(self):
        """(side, message): any type with ids that are mostly right."""
        kind = self.rng.choice(list(SIZES) + [7, 8, 8, 8, 9, 10, 11, 13, 0, 16, 0x0108, 0xFFFF])
        side = "C" if kind in FROM_CLIENT else "S"
        result = self.rng.choice((1, 1, 1, 1, 0, 2, 3, 255))
        own, peers = (self.client_call, self.server_call) if side == "C" else (self.server_call, self.client_call)
        if kind == 11:
            own = peers
        if self.rng.random() < 0.2:
            own = self.rng.choice(self.ids)
        if self.rng.random() < 0.15:
            peers = self.rng.choice(self.ids)
        body = session(result) if kind in (1, 2) else bytes((result,)) if kind in (3, 4) else reply(own, peers, result)
        odd = {}
        if self.rng.random() < 0.08:
            odd["cookie"] = self.rng.choice((0, COOKIE + 1, COOKIE >> 8, 0x4D3C2B1A))
        if self.rng.random() < 0.05:
            odd["control"] = self.rng.choice((0, 2, 0x0100, 257))
        if self.rng.random() < 0.2:
            odd["length"] = self.rng.choice((0, 1, 12, 999, 65535))
        if self.rng.random() < 0.2:
            odd["size"] = max(0, SIZES.get(kind, 4) + self.rng.choice((-200, -12, -2, -1, -1, 1, 2, 100)))
        return ("SC"[side == "S"] if self.rng.random() < 0.07 else side), message(kind, body, **odd)

    def odd(self):
        side, data = self.any_message()
        if self.rng.random() < 0.2:
            data = payloads.mutated(self.rng, data, b"\0\1\2\7\x08\x1a\x2b\x3c\x4d\xff")
        if data:
            self.say(side, data)

    def repeated(self):
        for _ in range(self.rng.choice((1, 2, 3, 4))):
            self.rng.choice((self.answer, self.answer, self.answer, self.connected))()

    def interrupted(self):
        """A session that is stopped, and perhaps begun again, in the middle of a call."""
        call = [("S", message(9, struct.pack("!H", self.server_call))),
                ("C", message(10, reply(self.client_call, self.server_call)))]
        if self.rng.random() < 0.5:
            call = [("C", message(7, struct.pack("!H", self.client_call)))]
        stop = [("C", message(3, b"\1")), ("S", message(4, b"\1"))][:self.rng.choice((1, 2, 2))]
        at = self.rng.randrange(1, len(call) + 1)
        for side, data in call[:at] + stop + call[at:]:
            self.say(side, data)
        if self.rng.random() < 0.8:
            self.say("S", message(4, b"\1"))
            self.start()
        self.rng.choice((self.answer, self.connected))()

    def together(self):
        """Two messages in one segment."""
        first = self.rng.choice((message(5), message(8, reply(self.server_call, self.client_call)), message(14),
                                 message(13, struct.pack("!H", self.server_call)), message(2, session(1))))
        self.say("S", first + message(8, reply(self.server_call, self.client_call)))

    def split(self):
        """A reply in two segments, the second of which may look like one by chance."""
        data = message(8, reply(self.server_call, self.client_call))
        at = self.rng.randrange(1, len(data))
        self.say("S", data[:at])
        self.say("S", data[at:])

    def again(self):
        """The connection ends, and a new one takes its place."""
        connection = self.connection
        if self.rng.random() < 0.5:
            connection.say(self.rng.choice("CS"), b"", RST | ACK)
        else:
            for side in "CS":
                connection.say(side, b"", FIN | ACK)
                connection.next[side] += 1
            connection.say("C", b"", ACK)
        if self.rng.random() < 0.4:
            self.gre()
        connection.next["C"] += 100000
        connection.open()
        if self.rng.random() < 0.8:
            self.start()
            self.outgoing()

    # --- GRE ---

    def ends(self, side):
        client, server = self.connection.client, self.connection.server
        return (client, server) if side == "C" else (server, client)

    def gre(self):
        """Data of the call, from either side, first or later; now and then another call's."""
        for _ in range(self.rng.choice((1, 1, 2, 4))):
            side = self.rng.choice("CS")
            call = self.server_call if side == "C" else self.client_call
            if self.rng.random() < 0.15:
                call = self.rng.choice(self.ids)
            self.talk.raw(wire.gre(*self.ends(side), call, PPP))

    def unreachable(self, side, call):
        """That the other end did not want a packet of the call."""
        src, dst = self.ends(side)
        error = struct.pack("!BBHI", 3, self.rng.choice((1, 2, 3)), 0, 0) + wire.gre(dst, src, call, PPP)
        error = error[:2] + struct.pack("!H", wire.checksum(error)) + error[4:]
        return wire.packet(src, dst, 1, error)

    def odd_gre(self):
        side = self.rng.choice("CS")
        call = self.server_call if side == "C" else self.client_call
        how = self.rng.randrange(5)
        if how == 0:
            data = wire.gre(*self.ends(side), call, PPP, version=0, protocol=0x0800)
        elif how == 1:
            data = wire.gre(*self.ends(side), call, PPP, protocol=self.rng.choice((0x0800, 0x880C, 0)))
        elif how == 2:
            data = wire.gre(*self.ends(side), call, PPP, version=self.rng.choice((2, 3, 5, 7)))
        elif how == 3:
            data = self.unreachable("CS"[side == "C"], call)
        else:
            head = struct.pack("!HHHH", 0x2001, 0x880B, 0, call)
            data = wire.packet(*self.ends(side), 47, head[:self.rng.randrange(9)])
        self.talk.raw(data)


STEPS = (("repeated", 20), ("gre", 6), ("another", 4), ("outgoing", 3), ("odd", 5), ("disconnect", 2), ("incoming", 2),
         ("odd_gre", 2), ("clear", 0.7), ("together", 0.7), ("split", 0.4), ("stop", 0.5), ("again", 0.6), ("pick", 1),
         ("start", 0.3), ("interrupted", 0.5))


def over_ipv6(talk):
    """The helper has no IPv6: neither messages nor the keys of GRE are read."""
    control = Control(talk, [1, 2])
    control.start()
    control.outgoing()
    control.gre()
    control.odd_gre()


def controls(talk):
    """One, or two between the same or other hosts, with few ids, so that they meet."""
    rng = talk.rng
    ids = rng.choice(([1, 2], [1111, 2222, 3333], [0, 1, 5], [rng.randrange(65536) for _ in range(4)]))
    out = [Control(talk, ids)]
    if rng.random() < 0.35:
        where = rng.choice(({}, {}, {}, {"server": talk.server2}, {"client": talk.client2}, {"client": talk.server, "server": talk.client}))
        out.append(Control(talk, ids, **where))
    return out


def run(talk):
    if talk.six:
        over_ipv6(talk)
        return
    rng = talk.rng
    if rng.random() < 0.1:
        talk.raw(wire.gre(talk.client, talk.server, 1, PPP, version=rng.choice((0, 1))))
    all_of_them = controls(talk)
    for control in all_of_them:
        if rng.random() < 0.93:
            control.start()
        if rng.random() < 0.8:
            rng.choice((control.outgoing, control.outgoing, control.incoming))()
    names, weights = zip(*STEPS)
    for _ in range(rng.randrange(4, 20)):
        getattr(rng.choice(all_of_them), rng.choices(names, weights)[0])()
