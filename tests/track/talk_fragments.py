"""Random fragments of datagrams, IPv4 and IPv6: in any order, doubled, overlapping, with holes, cut at odd places.

A conversation sends a few datagrams of one UDP or ICMP echo connection, each in pieces, most of them whole in the end.
"""
import collections
import ipaddress
import struct

import frames
import two

SERVER_PORT = 4000
ECHO_REQUEST = {4: 8, 6: 128}
OPTIONS = 60

# One piece: which datagram, of which size; offset in bytes; length; more to come; what is odd.
Piece = collections.namedtuple("Piece", "version proto datagram size offset length more odd")


class Talk:
    ALONE = False

    def __init__(self, rng, count):
        self.rng = rng
        self.version = rng.choice((4, 6))
        self.proto = rng.choice((frames.UDP, frames.UDP, frames.ICMP if self.version == 4 else frames.ICMPV6))
        self.isn = rng.getrandbits(16)
        self.items = []
        datagram = 0
        while len(self.items) < count:
            datagram += 1
            self.items += self.pieces(datagram)
        self.items = self.items[:count]

    def pieces(self, datagram):
        """One datagram's pieces."""
        size = self.rng.choice((16, 40, 100, 1000, 1480))
        if self.rng.random() < 0.1:
            return [self.piece(datagram, size, 0, size, False)]
        cuts = sorted({0, size} | {self.rng.randrange(0, size, 8) for _ in range(self.rng.randrange(1, 5))})
        out = [self.piece(datagram, size, a, b - a, b < size) for a, b in zip(cuts, cuts[1:])]
        chance = self.rng.random()
        if chance < 0.3:
            self.rng.shuffle(out)
        if chance > 0.6:
            out[self.rng.randrange(len(out))] = self.bent(self.rng.choice(out))
        if self.rng.random() < 0.15:
            out.insert(self.rng.randrange(len(out) + 1), self.rng.choice(out))
        if self.rng.random() < 0.15:
            out.insert(self.rng.randrange(len(out) + 1), self.bent(self.rng.choice(out)))
        if self.rng.random() < 0.1 and len(out) > 1:
            del out[self.rng.randrange(len(out))]
        return out

    def piece(self, *words):
        return Piece(self.version, self.proto, *words, None)

    def bent(self, piece):
        """A piece with one thing odd."""
        turn = self.rng.randrange(9)
        if turn == 0:
            return piece._replace(offset=max(0, piece.offset + self.rng.choice((-8, 8, 16, 800))))
        if turn == 1:
            return piece._replace(length=max(0, piece.length + self.rng.choice((-8, -1, 1, 8, 800))))
        if turn == 2:
            return piece._replace(more=not piece.more)
        if turn == 3:
            return piece._replace(length=0)
        if turn == 4:
            return piece._replace(offset=self.rng.choice((65528, 65000, 64000)))
        if turn == 5:
            return piece._replace(length=8, more=True)
        odd = ("ecn1", "ecn2", "ecn3", "df", "ttl", "reserved", "next", "options", "ipoptions")
        return piece._replace(odd=self.rng.choice(odd))

    def payload(self, item, port):
        """The bytes of a piece; beyond the datagram's end there are zeroes."""
        source, target = (ipaddress.ip_address(end).packed for end in two.ENDS[item.version])
        whole = bytes((item.datagram + i) & 0xff for i in range(item.size - 8))
        if item.proto == frames.UDP:
            whole = struct.pack("!HHHH", port, SERVER_PORT, item.size, 0) + whole
        else:
            whole = struct.pack("!BBHHH", ECHO_REQUEST[item.version], 0, 0, port, item.datagram) + whole
        pseudo = source + target + struct.pack("!II", item.size, item.proto) if item.proto != frames.ICMP else b""
        at = 6 if item.proto == frames.UDP else 2
        whole = whole[:at] + struct.pack("!H", frames.checksum(pseudo + whole) or 0xffff) + whole[at + 2:]
        part = whole[item.offset:item.offset + item.length]
        return part + bytes(item.length - len(part))

    def packet(self, item, port):
        source, target = (ipaddress.ip_address(end).packed for end in two.ENDS[item.version])
        part, traffic = self.payload(item, port), {"ecn1": 1, "ecn2": 2, "ecn3": 3}.get(item.odd, 0)
        ttl = 32 if item.odd == "ttl" else 64
        if item.version == 4:
            options = b"\1\1\1\0" if item.odd == "ipoptions" else b""
            where = item.offset // 8 | item.more << 13 | (item.odd == "df") << 14 | (item.odd == "reserved") << 15
            ip = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, traffic, 20 + len(options) + len(part),
                             (port + item.datagram * 251) & 0xffff, where, ttl, item.proto, 0) + source + target + options
            return frames.with_ip_checksum(ip + part)
        kind = OPTIONS if item.odd == "next" and item.offset else item.proto    # only the first piece's counts
        extra = struct.pack("!BB", frames.IPV6_FRAGMENT, 0) + b"\1\4\0\0\0\0" if item.odd == "options" else b""
        header = struct.pack("!BBHI", kind, 1 if item.odd == "reserved" else 0,
                             item.offset & 0xfff8 | (6 if item.odd == "df" else 0) | item.more, port << 12 | item.datagram)
        ip = struct.pack("!IHBB", 6 << 28 | traffic << 20, len(extra) + 8 + len(part), OPTIONS if extra else frames.IPV6_FRAGMENT, ttl)
        return ip + source + target + extra + header + part

    def simpler(self, item):
        if item.odd:
            yield item._replace(odd=None)

    def line(self, item):
        name = {frames.UDP: "UDP", frames.ICMP: "ICMP", frames.ICMPV6: "ICMPv6"}[item.proto]
        return "> IPv%d %s datagram %d of %d bytes: %d+%d%s%s" % (
            item.version, name, item.datagram, item.size, item.offset, item.length, ", more" if item.more else "",
            ", odd: " + item.odd if item.odd else "")
