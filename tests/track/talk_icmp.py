"""Random ICMP and ICMPv6: errors about a UDP, TCP or echo connection and about none, queries and answers of every type.

A conversation has one connection, some of whose packets are sent; errors embed what was sent by either side, whole or
cut, with one thing or none wrong, sent by an end or by somebody else, to the sender or to somebody else.
"""
import collections
import ipaddress
import struct

import frames
import two

SERVER_PORT = 4000
ERRORS = {4: (3, 3, 3, 4, 5, 11, 12), 6: (1, 1, 2, 3, 4)}
QUERIES = {4: (8, 0, 13, 14, 15, 16, 17, 18, 9, 10, 42, 43, 1, 40),
           6: (128, 129, 130, 133, 134, 135, 136, 137, 143, 138, 139, 160, 5, 127)}
ECHO = {4: (8, 0), 6: (128, 129)}
WRONG = ("source", "target", "port", "proto", "header", "version", "fragment", "length", "nested", "none")

# kind: "data" a packet of the connection, "query" another ICMP message, "error". back: sent by the server's side.
Message = collections.namedtuple("Message", "kind back type code inner_back cut wrong outer sum")


def whole_ip(version, proto, source, target, body, fragment=0):
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed
    if version == 6:
        return struct.pack("!IHBB", 6 << 28, len(body), proto, 64) + ends + body
    return frames.with_ip_checksum(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, fragment, 64, proto, 0) + ends + body)


class Talk:
    ALONE = False

    def __init__(self, rng, count):
        self.rng = rng
        self.version = rng.choice((4, 6))
        self.icmp = frames.ICMP if self.version == 4 else frames.ICMPV6
        self.proto = rng.choice((frames.UDP, frames.TCP, self.icmp))
        self.isn = "IPv%d protocol %d" % (self.version, self.proto)
        self.items = [self.one() for _ in range(count)]

    def one(self):
        rng, chance, back = self.rng, self.rng.random(), self.rng.random() < 0.5
        right = rng.random() > 0.03
        if chance < 0.35:
            return Message("data", back, 0, 0, back, None, None, None, right)
        if chance < 0.45:
            return Message("query", back, rng.choice(QUERIES[self.version]), rng.choice((0, 0, 1)), back, None, None, None, right)
        cut = rng.choice((None, None, 8, 28, 27, 20, 24, 40, 44, 47, 48, 60)) if rng.random() < 0.4 else None
        wrong = rng.choice(WRONG) if rng.random() < 0.35 else None
        outer = rng.choice((None, None, None, "source", "target"))
        return Message("error", back, rng.choice(ERRORS[self.version]), rng.choice((0, 1, 2, 3, 4, 13)), rng.random() < 0.5, cut,
                       wrong, outer, right)

    def ends(self, back):
        client, server = two.ENDS[self.version]
        return (server, client) if back else (client, server)

    def data(self, back, port):
        """A packet of the connection, without its IP header."""
        ports = (SERVER_PORT, port) if back else (port, SERVER_PORT)
        if self.proto == frames.UDP:
            return struct.pack("!HHHH", *ports, 16, 0) + bytes(8)
        if self.proto == frames.TCP:
            return struct.pack("!HHIIBBHHH", *ports, 1001 + back, 1002 - back, 5 << 4, 0x10, 65535, 0, 0)
        return struct.pack("!BBHHH", ECHO[self.version][back], 0, 0, port, 1) + bytes(8)

    def sealed(self, proto, source, target, body, right=True):
        """An IP packet with its checksums right, unless told otherwise."""
        packet = whole_ip(self.version, proto, source, target, body)
        offset = len(packet) - len(body)
        if proto == frames.UDP and body[6:8] == b"\0\0":
            packet = packet[:offset + 6] + b"\1\1" + packet[offset + 8:]
        packet = frames.with_upper_checksum(packet)[0]
        if right or proto not in frames.CHECKSUM_AT:
            return packet
        at = offset + frames.CHECKSUM_AT[proto]
        return packet[:at] + bytes((packet[at] ^ 0x55, packet[at + 1])) + packet[at + 2:]

    def inner(self, item, port):
        """What an error says it is about."""
        source, target = self.ends(item.inner_back)
        if item.wrong == "source":
            source = two.ELSEWHERE[self.version]
        if item.wrong == "target":
            target = two.ELSEWHERE[self.version]
        body, proto = self.data(item.inner_back, port + (item.wrong == "port") * 7), self.proto
        if item.wrong == "nested":
            proto = self.icmp
            body = struct.pack("!BBHI", ERRORS[self.version][0], 1, 0, 0) + whole_ip(self.version, self.proto, target, source, body)
        packet = self.sealed({"proto": 99, "none": 59}.get(item.wrong, proto), source, target, body)
        if item.wrong == "header":
            packet = bytes((packet[0] & 0xf0 | 4,)) + packet[1:]
        if item.wrong == "version":
            packet = bytes((packet[0] ^ 0x20,)) + packet[1:]
        if item.wrong == "fragment" and self.version == 4:
            packet = packet[:6] + b"\0\5" + packet[8:]
        if item.wrong == "length":
            packet = packet[:2] + b"\0\3" + packet[4:] if self.version == 4 else packet[:4] + b"\0\3" + packet[6:]
        return packet if item.cut is None else packet[:item.cut]

    def packet(self, item, port):
        source, target = self.ends(item.back)
        if item.kind == "data":
            return self.sealed(self.proto, source, target, self.data(item.back, port), item.sum)
        if item.kind == "query":
            body = struct.pack("!BBHHH", item.type, item.code, 0, port, 2) + bytes(24)
            return self.sealed(self.icmp, source, target, body, item.sum)
        target, source = self.ends(item.inner_back)         # to whoever sent what the error is about
        if item.outer == "source":
            source = two.ELSEWHERE[self.version]
        if item.outer == "target":
            target = self.ends(not item.inner_back)[0]
            source = two.ELSEWHERE[self.version] if target == two.ENDS[self.version][0] else two.ENDS[self.version][0]
        body = struct.pack("!BBHI", item.type, item.code, 0, 1280 if item.type == 2 else 0) + self.inner(item, port)
        return self.sealed(self.icmp, source, target, body, item.sum)

    def simpler(self, item):
        plain = (item._replace(cut=None), item._replace(wrong=None), item._replace(outer=None), item._replace(sum=True))
        return [other for other in plain if other != item]

    def line(self, item):
        odd = "" if item.sum else " (wrong checksum)"
        arrow = "<" if item.back else ">"
        if item.kind == "data":
            return "%s data%s" % (arrow, odd)
        if item.kind == "query":
            return "%s ICMP type %d code %d%s" % (arrow, item.type, item.code, odd)
        return "ICMP error type %d code %d about data of the %s%s%s%s%s" % (
            item.type, item.code, "server" if item.inner_back else "client", "" if item.cut is None else ", cut to %d" % item.cut,
            "" if item.wrong is None else ", wrong %s inside" % item.wrong,
            "" if item.outer is None else ", wrong %s outside" % item.outer, odd)
