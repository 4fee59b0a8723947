"""Random SCTP associations: chunks in and out of place, verification tags right and wrong, malformed lists of chunks."""
import collections
import socket
import struct

import frames
import two

CLIENT, SERVER = two.ENDS[4]
SERVER_PORT = 36412
DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK = range(12)
SHUTDOWN_COMPLETE = 14
NAMES = {DATA: "DATA", INIT: "INIT", INIT_ACK: "INIT_ACK", SACK: "SACK", HEARTBEAT: "HEARTBEAT", HEARTBEAT_ACK: "HEARTBEAT_ACK",
         ABORT: "ABORT", SHUTDOWN: "SHUTDOWN", SHUTDOWN_ACK: "SHUTDOWN_ACK", ERROR: "ERROR", COOKIE_ECHO: "COOKIE_ECHO",
         COOKIE_ACK: "COOKIE_ACK", SHUTDOWN_COMPLETE: "SHUTDOWN_COMPLETE"}
# What usually follows: (sent by the server, chunk).
ORDER = ((False, INIT), (True, INIT_ACK), (False, COOKIE_ECHO), (True, COOKIE_ACK), (False, DATA), (True, SACK), (False, HEARTBEAT),
         (True, HEARTBEAT_ACK), (False, SHUTDOWN), (True, SHUTDOWN_ACK), (False, SHUTDOWN_COMPLETE), (False, INIT))
BODY = {INIT: 16, INIT_ACK: 16, SHUTDOWN: 4, DATA: 16, SACK: 12, COOKIE_ECHO: 8}

# chunks: (type, flags, initiate tag or None, length field minus the true one, bytes of the body left out)
Packet = collections.namedtuple("Packet", "back tag chunks sum")


class Talk:
    ALONE = False

    def __init__(self, rng, count):
        self.rng, self.isn = rng, (rng.getrandbits(32), rng.getrandbits(32))
        self.tags = list(self.isn)          # what the client and the server want to be addressed with
        self.at = rng.choice((0, 0, 0, 0, 1, 2, 4, 6))
        self.items = []
        for _ in range(count):
            self.items.append(self.one())

    def one(self):
        chance = self.rng.random()
        if self.items and chance < 0.1:
            return self.rng.choice(self.items[-4:])
        if chance < 0.65:
            back, kind = ORDER[self.at % len(ORDER)]
            self.at += 1
        else:
            back, kind = self.rng.random() < 0.5, self.rng.choice(list(NAMES) + [15, 63, 130, 192])
            if self.rng.random() < 0.3 and kind in NAMES:
                self.at = next((i for i, (_, other) in enumerate(ORDER) if other == kind), self.at) + 1
        chunks = [self.chunk(back, kind)]
        while self.rng.random() < 0.12:
            chunks.insert(self.rng.randrange(len(chunks) + 1), self.chunk(back, self.rng.choice(list(NAMES))))
        return Packet(back, self.tag(back, kind, chunks), tuple(chunks), self.rng.random() > 0.02)

    def chunk(self, back, kind):
        tag = None
        if kind in (INIT, INIT_ACK):
            if self.rng.random() < 0.1:
                self.tags[back] = self.rng.choice((0, self.rng.getrandbits(32)))
            tag = self.tags[back]
        flags = self.rng.choice((0, 0, 0, 1, 3)) if kind in (ABORT, SHUTDOWN_COMPLETE, DATA) else 0
        odd = self.rng.random()
        return (kind, flags, tag, self.rng.choice((-4, -1, 1, 4, 100, -1000)) if odd < 0.03 else 0,
                self.rng.choice((1, 4, 12)) if odd > 0.97 else 0)

    def tag(self, back, kind, chunks):
        chance = self.rng.random()
        if chance < 0.06:
            return self.rng.choice((0, 1, self.tags[back], self.rng.getrandbits(32)))
        if kind == INIT:
            return 0
        return self.tags[back] if chunks[0][1] & 1 and kind in (ABORT, SHUTDOWN_COMPLETE) else self.tags[not back]

    def packet(self, item, port):
        ends, ports = ((SERVER, CLIENT), (SERVER_PORT, port)) if item.back else ((CLIENT, SERVER), (port, SERVER_PORT))
        sctp = struct.pack("!HHII", *ports, item.tag, 0)
        for kind, flags, tag, off, missing in item.chunks:
            body = bytes(BODY.get(kind, 4)) if tag is None else struct.pack("!IIHHI", tag, 65535, 10, 10, 1)
            body = body[:max(0, len(body) - missing)]
            sctp += struct.pack("!BBH", kind, flags, max(0, len(body) + 4 + off)) + body + bytes(-len(body) % 4)
        right = frames.right_checksum(b"", frames.SCTP, sctp)
        sctp = sctp[:8] + (right if item.sum else b"\1\2\3\4") + sctp[12:]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(sctp), 1, 0x4000, 64, frames.SCTP, 0)
        return frames.with_ip_checksum(ip + socket.inet_aton(ends[0]) + socket.inet_aton(ends[1]) + sctp)

    def simpler(self, item):
        if len(item.chunks) > 1:
            for i in range(len(item.chunks)):
                yield item._replace(chunks=item.chunks[:i] + item.chunks[i + 1:])
        for i, (kind, flags, tag, off, missing) in enumerate(item.chunks):
            if off or missing or (flags and kind == DATA):
                yield item._replace(chunks=item.chunks[:i] + ((kind, 0 if kind == DATA else flags, tag, 0, 0),) + item.chunks[i + 1:])

    def line(self, item):
        words = []
        for kind, flags, tag, off, missing in item.chunks:
            word = NAMES.get(kind, str(kind)) + ("/%d" % flags if flags else "") + ("" if tag is None else "(%#x)" % tag)
            word += " length%+d" % off if off else ""
            words.append(word + (" cut by %d" % missing if missing else ""))
        return "%s tag %#x: %s%s" % ("<" if item.back else ">", item.tag, ", ".join(words), "" if item.sum else " (wrong checksum)")
