"""Packets of many protocols with bytes changed: any header field may be wrong, cut or too long.

A conversation sends packets of one protocol back and forth, IPv4 with options or IPv6 with extension headers among them,
most with a byte or two changed behind the addresses, or shortened; IP lengths and IP checksums stay right, upper
checksums are made right again half of the time.
"""
import collections
import ipaddress
import struct

import frames
import two

SERVER_PORT = 4000
DCCP, GRE, UDPLITE, ESP, AUTH, OSPF = 33, 47, 136, 50, 51, 89
PROTOS = (frames.UDP, frames.UDP, frames.TCP, frames.SCTP, UDPLITE, UDPLITE, DCCP, GRE, GRE, ESP, AUTH, OSPF, frames.ICMP,
          frames.ICMPV6, 253)
EXTENSIONS = (0, 60, 43, 51, 135, 139, 60)
OPTIONS = (b"\1\1\1\0", b"\x94\4\0\0", b"\7\7\4\0\0\0\0\0", b"\x83\3\4\0", b"\x44\4\5\0", b"\x07\x27\4" + bytes(5),
           b"\0\0\0\0")

# changes: (position behind the addresses, new byte); extra: IPv4 options, or extension headers as (type, body).
Odd = collections.namedtuple("Odd", "back extra changes cut mend")


class Talk:
    ALONE = True

    def __init__(self, rng, count):
        self.rng = rng
        self.version, self.proto = rng.choice((4, 6)), rng.choice(PROTOS)
        self.isn = "IPv%d protocol %d" % (self.version, self.proto)
        self.items = [self.one() for _ in range(count)]

    def one(self):
        rng = self.rng
        extra = ()
        if rng.random() < 0.3:
            extra = (rng.choice(OPTIONS),) if self.version == 4 else tuple(self.extension() for _ in range(rng.randrange(1, 4)))
        changes = tuple((rng.randrange(24 if not extra else 40), rng.choice((0, 1, 0xff, rng.randrange(256))))
                        for _ in range(rng.choice((0, 0, 1, 1, 2, 3))))
        return Odd(rng.random() < 0.5, extra, changes, rng.choice((None, None, None, rng.randrange(30))), rng.random() < 0.5)

    def extension(self):
        kind, size = self.rng.choice(EXTENSIONS), self.rng.choice((8, 8, 16))
        body = bytearray(size - 2)
        if kind == 51:
            return kind, bytes((self.rng.choice((size // 4 - 2, size // 4 - 2, 9)),)) + bytes(body[1:]) + b"\0"
        if kind in (0, 60):
            body[1], body[2] = 1, max(0, size - 4)
        if kind == 43:
            body[1], body[2] = self.rng.choice((0, 2, 4)), self.rng.choice((0, 0, 1))
        body[0] = self.rng.choice((size // 8 - 1, size // 8 - 1, size // 8 - 1, 0, 1, 5))
        return kind, bytes(body)

    def upper(self, item, port):
        ports = (SERVER_PORT, port) if item.back else (port, SERVER_PORT)
        if self.proto in (frames.UDP, UDPLITE):
            return struct.pack("!HHHH", *ports, 24, 1) + bytes(range(16))
        if self.proto == frames.TCP:
            return struct.pack("!HHIIBBHHH", *ports, 1, 1, 5 << 4, 0x10, 65535, 0, 0) + bytes(4)
        if self.proto == frames.SCTP:
            return struct.pack("!HHIIBBH", *ports, 0, 0, 4, 0, 8) + bytes(4)
        if self.proto == DCCP:
            return struct.pack("!HHBBHBBHII", *ports, 5, 0, 0, 1, 0, 1, 2, 3)
        if self.proto == GRE:
            return struct.pack("!HHHHI", 0x2001, 0x880b, 4, port, 1) + bytes(8)
        if self.proto in (frames.ICMP, frames.ICMPV6):
            kind = {frames.ICMP: (8, 0), frames.ICMPV6: (128, 129)}[self.proto][item.back]
            return struct.pack("!BBHHH", kind, 0, 0, port, 1) + bytes(8)
        return struct.pack("!HHI", *ports, 7) + bytes(16)

    def rest(self, item, port):
        """(first protocol number, everything behind the addresses)"""
        body, first = self.upper(item, port), self.proto
        if self.version == 4:
            body = b"".join(item.extra) + body
        else:
            for kind, text in reversed(item.extra):
                body, first = bytes((first,)) + text + body, kind
        for at, byte in item.changes:
            if at < len(body):
                body = body[:at] + bytes((byte,)) + body[at + 1:]
        return first, body if item.cut is None else body[:item.cut]

    def packet(self, item, port):
        client, server = two.ENDS[self.version]
        source, target = (ipaddress.ip_address(end).packed for end in ((server, client) if item.back else (client, server)))
        first, body = self.rest(item, port)
        if self.version == 6:
            packet = struct.pack("!IHBB", 6 << 28, len(body), first, 64) + source + target + body
        else:
            options = min(sum(map(len, item.extra)), len(body)) // 4
            packet = frames.with_ip_checksum(struct.pack("!BBHHHBBH", 0x45 + options, 0, 20 + len(body), 1, 0x4000, 64, first, 0) +
                                             source + target + body)
        return frames.with_upper_checksum(packet)[0] if item.mend else packet

    def simpler(self, item):
        for i in range(len(item.changes)):
            yield item._replace(changes=item.changes[:i] + item.changes[i + 1:])
        for i in range(len(item.extra)):
            yield item._replace(extra=item.extra[:i] + item.extra[i + 1:])
        if item.cut is not None:
            yield item._replace(cut=None)
        if not item.mend:
            yield item._replace(mend=True)

    def line(self, item):
        return "%s %s" % ("<" if item.back else ">", self.packet(item, two.PORT_MIN).hex())
