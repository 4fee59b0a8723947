"""Packets for, through and from a router, and over its loopback interface, put there one at a time.

The router has two wires whose other ends are held here, so that nobody else says anything. Behind each packet go markers: one packet
has had all its effects before the next is sent.
"""
import ipaddress
import random
import select
import socket
import struct
import time

import bed
from bed import Broken

MAC = {"router": "02:00:00:00:00:f%d", "peer": "02:00:00:00:00:a%d"}
HERE = {4: ("10.20.0.1", "10.30.0.1"), 6: ("fd00:20::1", "fd00:30::1")}
THERE = {4: ("10.20.0.2", "10.30.0.2"), 6: ("fd00:20::2", "fd00:30::2")}
LO = {4: "127.0.0.1", 6: "::1"}
MARK = 61234                    # source port of markers
TCP, UDP, ICMP = 6, 17, {4: 1, 6: 58}
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SETTINGS = ("net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_msgs_per_sec=1000000", "net.ipv4.icmp_msgs_burst=1000000", "net.ipv6.icmp.ratelimit=0",
            "net.ipv4.tcp_syncookies=0", "net.ipv4.conf.all.accept_local=0", "net.ipv4.icmp_echo_ignore_broadcasts=0")


# --- packets ---

def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(family, proto, source, target, body, ttl=64, tos=0):
    source, target = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
    if family == 4:
        head = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(body), 1, 0, ttl, proto, 0) + source + target
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body
    return struct.pack("!IHBB", 0x60000000 | tos << 20, len(body), proto, ttl) + source + target + body


def summed(family, proto, source, target, body, at):
    """The body with its checksum filled in."""
    if family == 4 and proto == 1:
        pseudo = b""
    else:
        pseudo = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed + struct.pack("!II", len(body), proto)
    return body[:at] + struct.pack("!H", checksum(pseudo + body)) + body[at + 2:]


def tcp(flow, flags, seq=0, ack=0, data=b"", ttl=64):
    family, source, target, sport, dport = flow
    body = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, 0x50, flags, 65000, 0, 0) + data
    return ip(family, TCP, source, target, summed(family, TCP, source, target, body, 16), ttl)


def udp(flow, data=b"x", ttl=64, tos=0):
    family, source, target, sport, dport = flow
    body = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    return ip(family, UDP, source, target, summed(family, UDP, source, target, body, 6), ttl, tos)


def icmp(family, source, target, kind, code=0, rest=b"\0\1\0\1", data=b"", ttl=64):
    body = struct.pack("!BBH", kind, code, 0) + rest + data
    return ip(family, ICMP[family], source, target, summed(family, ICMP[family], source, target, body, 2), ttl)


def pieces(packet, ident, size=64):
    """The packet in fragments."""
    family = packet[0] >> 4
    head, body = (packet[:20], packet[20:]) if family == 4 else (packet[:40], packet[40:])
    made = []
    for at in range(0, len(body), size):
        part, more = body[at:at + size], at + size < len(body)
        if family == 4:
            piece = head[:2] + struct.pack("!HHH", 20 + len(part), ident, at // 8 | more << 13) + head[8:10] + b"\0\0" + head[12:]
            made.append(piece[:10] + struct.pack("!H", checksum(piece)) + piece[12:] + part)
        else:
            made.append(head[:4] + struct.pack("!HBB", 8 + len(part), 44, head[7]) + head[8:] + struct.pack("!BBHI", head[6], 0, at | more, ident) + part)
    return made


def back(flow):
    family, source, target, sport, dport = flow
    return (family, target, source, dport, sport)


def frame(side, packet, to=None):
    target = ipaddress.ip_address(packet[16:20] if packet[0] >> 4 == 4 else packet[24:40])
    mac = bytes.fromhex((MAC["router"] % side).replace(":", ""))
    if target.is_multicast:
        mac = b"\1\0\x5e" + bytes([target.packed[1] & 0x7f]) + target.packed[2:] if target.version == 4 else b"\x33\x33" + target.packed[12:]
    elif target.version == 4 and target.packed[3] == 255:
        mac = b"\xff" * 6
    kind = b"\x08\x00" if target.version == 4 else b"\x86\xdd"
    return (to or mac) + bytes.fromhex((MAC["peer"] % side).replace(":", "")) + kind + packet


def flow_of(packet):
    """Of a TCP packet from a wire: flow, flags, seq, ack; None for others."""
    family = packet[0] >> 4
    at = 20 if family == 4 else 40
    if (packet[9] if family == 4 else packet[6]) != TCP:
        return None
    addresses = (packet[12:16], packet[16:20]) if family == 4 else (packet[8:24], packet[24:40])
    sport, dport, seq, ack, _, flags = struct.unpack("!HHIIBB", packet[at:at + 14])
    return (family, *(str(ipaddress.ip_address(a)) for a in addresses), sport, dport), flags, seq, ack


# --- the place ---

class Wires(bed.Bed):
    """A router and the loose ends of its wires."""

    def __init__(self, tag):
        super().__init__(tag, ("peer",))

    def make(self):
        super().make()
        router, peer = self.name("router"), self.name("peer")
        self.run("peer", "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1")
        self.run("router", "sysctl", "-qw", *SETTINGS)
        self.ends = []
        for side in (0, 1):
            self.batch(["link add eth%d netns %s address %s type veth peer name eth%d netns %s address %s"
                        % (side, router, MAC["router"] % side, side, peer, MAC["peer"] % side)])
            self.batch(["link set eth%d arp off up" % side], peer)
            lines = ["addr add %s/24 brd + dev eth%d" % (HERE[4][side], side), "addr add %s/64 dev eth%d nodad" % (HERE[6][side], side),
                     "link set eth%d up" % side]
            lines += ["%sneigh replace %s lladdr %s dev eth%d nud permanent" % ("-6 " * (f == 6), THERE[f][side], MAC["peer"] % side, side)
                      for f in (4, 6)]
            self.batch(lines, "%s" % router)
        bed.until("links are up", lambda: all("ff00::/8 dev eth%d" % side in
                                              self.run("router", "ip", "-6", "route", "show", "table", "all").text for side in (0, 1)))
        with bed.inside(router):
            self.index = [socket.if_nametoindex("eth%d" % side) for side in (0, 1)]
        for side in (0, 1):
            with bed.inside(peer):
                end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                end.bind(("eth%d" % side, 3))
            end.setblocking(False)
            self.ends.append(end)
            self.sockets.append(end)

    def read(self, end):
        seen = []
        while True:
            try:
                data, address = end.recvfrom(65535)
            except BlockingIOError:
                return seen
            if address[2] != socket.PACKET_OUTGOING:
                seen.append(data[14:])

    def settle(self, times=3):
        """Until what was sent has had its effects; what came out meanwhile."""
        seen = []
        marker = udp((4, THERE[4][0], THERE[4][1], MARK, 9), b"marker")
        for _ in range(times):
            self.ends[0].send(frame(0, marker))
            end = time.monotonic() + 5
            while True:
                if time.monotonic() > end:
                    raise Broken("a marker does not come through")
                select.select([self.ends[1]], [], [], 0.5)
                new = self.read(self.ends[1])
                seen += [p for p in new if b"marker" not in p]
                if len(new) and any(b"marker" in p for p in new):
                    break
            seen += self.read(self.ends[0])
        return seen

    def put(self, side, packet):
        self.ends[side].send(frame(side, packet))
        return self.settle()


# --- traffic ---

def ftp_words(family, passive, address, port):
    """Where the data goes."""
    if family == 6:
        text = "229 Entering Extended Passive Mode (|||%d|)\r\n" % port if passive else "EPRT |2|%s|%d|\r\n" % (address, port)
    else:
        text = ("227 Entering Passive Mode (%s)\r\n" if passive else "PORT %s\r\n") % ",".join(address.split(".") + [str(port >> 8), str(port & 255)])
    return text.encode()


def about(connection):
    """A TCP connection's state and how many segments are not acknowledged."""
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return info[0], struct.unpack("I", info[24:28])[0]


class Traffic:
    """Each round is drawn from the seed and its number alone, whatever came of those before."""

    def __init__(self, place, seed):
        self.place, self.seed, self.rounds = place, seed, 0
        self.rng, self.port = None, 0
        self.servers = [self.server(f, k, p) for f in (4, 6) for k, p in ((socket.SOCK_STREAM, 21), (socket.SOCK_STREAM, 80), (socket.SOCK_DGRAM, 2000),
                                                                        (socket.SOCK_DGRAM, 2103), (socket.SOCK_DGRAM, 2101))]

    def server(self, family, kind, port):
        made = self.place.socket("router", bed.family_of(family), kind)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == 6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(("0.0.0.0" if family == 4 else "::", port))
        if kind == socket.SOCK_STREAM:
            made.listen(64)
        made.setblocking(False)
        self.place.sockets.append(made)
        return made

    def fresh(self):
        self.port += 1
        return self.port

    def one(self, kinds):
        self.rng, self.port = random.Random("%s %d" % (self.seed, self.rounds)), 20000 + 40 * self.rounds
        self.rounds += 1
        getattr(self, self.rng.choice(kinds))(self.rng.choice((4, 6)), self.rng.choice((0, 1)))
        self.place.settle(4)

    def raw(self, packet):
        """Out of the router, as it is."""
        family = packet[0] >> 4
        out = self.place.socket("router", bed.family_of(family), socket.SOCK_RAW, socket.IPPROTO_RAW)
        with out:
            try:
                out.sendto(packet, (str(ipaddress.ip_address(packet[16:20] if family == 4 else packet[24:40])), 0))
            except PermissionError:
                pass            # by a rule
        return self.place.settle(4)

    def udp_port(self):
        return self.rng.choice((2000, 2100, 2101, 2102, 2103, 2104, 2105, 2106, 53, 7))

    # through the router

    def forward_udp(self, family, side):
        flow = (family, THERE[family][side], THERE[family][1 - side], self.fresh(), self.udp_port())
        self.place.put(side, udp(flow, b"a" * self.rng.choice((1, 100)), self.rng.choice((64, 3, 255))))
        for _ in range(self.rng.randrange(3)):
            self.place.put(1 - side, udp(back(flow)))
            self.place.put(side, udp(flow))
        if self.rng.randrange(3) == 0:
            self.error(side, flow)

    def error(self, side, flow):
        """The other end, or the router's neighbour, says that it cannot be reached."""
        family, source, target = flow[:3]
        kind, code = (3, 3) if family == 4 else (1, 4)
        self.place.put(1 - side, icmp(family, target, source, kind, code, b"\0" * 4, udp(flow)))

    def forward_tcp(self, family, side):
        """A connection, with words in between that do not belong there."""
        flow = (family, THERE[family][side], THERE[family][1 - side], self.fresh(), self.rng.choice((80, 21, 2107, 2108)))
        a, b = self.rng.randrange(1 << 32), self.rng.randrange(1 << 32)
        steps = [(0, SYN, a, 0, b""), (1, SYN | ACK, b, a + 1, b""), (0, ACK, a + 1, b + 1, b""), (0, ACK | PSH, a + 1, b + 1, b"hello\r\n"),
                 (1, ACK, b + 1, a + 8, b""), (0, FIN | ACK, a + 8, b + 1, b""), (1, FIN | ACK, b + 1, a + 9, b""), (0, ACK, a + 9, b + 2, b"")]
        for way, flags, seq, ack, data in steps:
            if self.rng.randrange(12) == 0:
                self.place.put(side, tcp(flow, self.rng.choice((RST, RST | ACK, SYN, FIN, 0, ACK)), a + self.rng.choice((0, 1, 100000)), b + 1))
            if self.rng.randrange(15):
                self.place.put(side ^ way, tcp(flow if way == 0 else back(flow), flags, seq, ack, data))

    def forward_ftp(self, family, side):
        """Both ways of FTP to say where the data goes, and a connection there."""
        client, server = THERE[family][side], THERE[family][1 - side]
        self.ftp((family, client, server, self.fresh(), 21), lambda way, packet: self.place.put(side ^ way, packet))

    def ftp(self, flow, put):
        family, client, server = flow[:3]
        a, b, port = self.rng.randrange(1 << 32), self.rng.randrange(1 << 32), self.fresh()
        put(0, tcp(flow, SYN, a))
        put(1, tcp(back(flow), SYN | ACK, b, a + 1))
        put(0, tcp(flow, ACK, a + 1, b + 1))
        passive = self.rng.randrange(2)
        text = ftp_words(family, passive, server if passive else client, port)
        put(1 if passive else 0, tcp(back(flow) if passive else flow, ACK | PSH, b + 1 if passive else a + 1, a + 1 if passive else b + 1, text))
        data = (family, client, server, self.fresh(), port) if passive else (family, server, client, 20, port)
        way = 0 if passive else 1
        put(way, tcp(data, SYN, 1))
        put(1 - way, tcp(back(data), SYN | ACK, 1, 2))
        put(way, tcp(data, ACK, 2, 2))

    def forward_ping(self, family, side):
        kind, rest = (8, 0) if family == 4 else (128, 129), struct.pack("!HH", self.fresh(), 1)
        a, b = THERE[family][side], THERE[family][1 - side]
        self.place.put(side, icmp(family, a, b, kind[0], 0, rest))
        self.place.put(1 - side, icmp(family, b, a, kind[1], 0, rest))
        self.place.put(1 - side, icmp(family, b, a, kind[1], 0, struct.pack("!HH", self.fresh(), 1)))

    def fragments(self, flow, send):
        """In order, out of order, and one that never comes."""
        made = pieces(udp(flow, b"f" * 180), self.fresh())
        if self.rng.randrange(2):
            self.rng.shuffle(made)
        if self.rng.randrange(4) == 0:
            made.pop()
        for piece in made:
            send(piece)

    def forward_fragments(self, family, side):
        flow = (family, THERE[family][side], THERE[family][1 - side], self.fresh(), self.udp_port())
        self.fragments(flow, lambda piece: self.place.put(side, piece))

    # for the router

    def input_fragments(self, family, side):
        flow = (family, THERE[family][side], HERE[family][side], self.fresh(), self.udp_port())
        self.fragments(flow, lambda piece: self.place.put(side, piece))

    def input_udp(self, family, side):
        flow = (family, THERE[family][side], self.rng.choice(HERE[family]), self.fresh(), self.udp_port())
        self.place.put(side, udp(flow, ttl=self.rng.choice((1, 64))))
        self.place.put(side, udp(flow))
        self.answer(family, flow[4])
        self.place.put(side, udp(flow))

    def answer(self, family, port):
        """A server of the router answers what it got."""
        for server in self.servers:
            if server.type == socket.SOCK_DGRAM and server.family == bed.family_of(family) and server.getsockname()[1] == port:
                while True:
                    try:
                        data, whom = server.recvfrom(2000)
                        server.sendto(data, whom)
                    except PermissionError:
                        continue
                    except BlockingIOError:
                        break
                    self.place.settle(4)

    def input_ping(self, family, side):
        self.place.put(side, icmp(family, THERE[family][side], HERE[family][side], 8 if family == 4 else 128, 0, struct.pack("!HH", self.fresh(), 1)))

    def input_many(self, family, side):
        target = self.rng.choice(("255.255.255.255", "10.%d.0.255" % (20 + 10 * side), "224.0.0.1")) if family == 4 else "ff02::1"
        self.place.put(side, udp((family, THERE[family][side], target, self.fresh(), self.rng.choice((2000, 7, 2103)))))
        self.answer(family, 2000)
        if self.rng.randrange(2):
            self.place.put(side, icmp(family, THERE[family][side], target, 8 if family == 4 else 128, 0, struct.pack("!HH", self.fresh(), 1)))

    def input_neighbour(self, _, side):
        here, there = HERE[6][side], THERE[6][side]
        option = b"\1\1" + bytes.fromhex((MAC["peer"] % side).replace(":", ""))
        self.place.put(side, icmp(6, there, here, 135, 0, b"\0" * 4, ipaddress.ip_address(here).packed + option, 255))

    def input_tcp(self, family, side):
        """To a server of the router, which answers by itself; to nobody, who does, too."""
        flow = (family, THERE[family][side], HERE[family][side], self.fresh(), self.rng.choice((80, 21, 2107, 2108, 9)))
        a = self.rng.randrange(1 << 32)
        found = [flow_of(p) for p in self.place.put(side, tcp(flow, SYN, a)) if flow_of(p)]
        found = [f for f in found if f[0] == back(flow) and f[1] == SYN | ACK]
        if not found:
            self.place.put(side, tcp(flow, ACK, a + 1, 1))
            return
        b = found[0][2]
        self.place.put(side, tcp(flow, ACK, a + 1, b + 1))
        if self.rng.randrange(2):
            self.place.put(side, tcp(flow, RST | ACK, a + 1, b + 1))
            return
        self.place.put(side, tcp(flow, ACK | PSH, a + 1, b + 1, b"hello\r\n"))
        self.place.put(side, tcp(flow, RST | ACK, a + 8, b + 1))

    def input_error(self, family, side):
        """About something that the router never sent."""
        flow = (family, HERE[family][side], THERE[family][side], self.fresh(), 53)
        self.error(1 - side, flow)

    # from the router

    def output_udp(self, family, side):
        made = self.place.socket("router", bed.family_of(family), socket.SOCK_DGRAM)
        port, target = self.fresh(), self.udp_port()
        with made:
            made.bind((HERE[family][side], port))
            for _ in range(2):
                try:
                    made.sendto(b"question", (THERE[family][side], target))
                except OSError:
                    pass
                self.place.settle()
                flow = (family, HERE[family][side], THERE[family][side], port, target)
                self.place.put(side, udp(back(flow)))
            if self.rng.randrange(2):
                self.error(1 - side, flow)

    def output_tcp(self, family, side):
        """A program of the router connects; the wire answers. Nothing of it is dropped later on: the kernel's TCP then knows that it was
        not sent, behind a queue it does not."""
        made = self.place.socket("router", bed.family_of(family))
        port, target = self.fresh(), self.rng.choice((80, 21, 2107))
        flow = (family, HERE[family][side], THERE[family][side], port, target)
        with made:
            made.bind((HERE[family][side], port))
            made.setblocking(False)
            try:
                made.connect((THERE[family][side], target))
            except OSError:
                pass
            found = [f for f in (flow_of(p) for p in self.place.settle()) if f and f[0] == flow]
            if not found:
                return
            a = found[0][2]
            if self.rng.randrange(3) == 0:
                self.place.put(side, tcp(back(flow), RST | ACK, 0, a + 1))
                return
            self.place.put(side, tcp(back(flow), SYN | ACK, 7000, a + 1))
            try:
                made.send(b"hello\r\n")
            except OSError:
                pass
            self.place.settle()
            self.place.put(side, tcp(back(flow), ACK, 7001, a + 8))
            self.place.put(side, tcp(back(flow), RST | ACK, 7001, a + 8))

    def output_raw(self, family, side):
        flow = (family, HERE[family][side], THERE[family][side], self.fresh(), self.rng.choice((80, 2108)))
        self.raw(tcp(flow, self.rng.choice((SYN, ACK, RST, FIN, SYN | FIN, 0)), 5, 9))
        self.raw(udp(flow[:4] + (self.udp_port(),), ttl=self.rng.choice((1, 64, 255))))

    def output_ftp(self, family, side):
        """The router as a client: its own packets as they are, the server's from the wire."""
        flow = (family, HERE[family][side], THERE[family][side], self.fresh(), 21)
        self.ftp(flow, lambda way, packet: self.place.put(side, packet) if way else self.raw(packet))

    def output_fragments(self, family, side):
        flow = (family, HERE[family][side], THERE[family][side], self.fresh(), self.udp_port())
        self.fragments(flow, self.raw)

    def output_long(self, family, side):
        """Longer than the wire takes at once: over it, and over the loopback interface."""
        target = self.rng.choice((THERE[family][side], self.lo_address(family)))
        made = self.place.socket("router", bed.family_of(family), socket.SOCK_DGRAM)
        with made:
            made.bind((target if target in (LO[family], HERE[family][0]) else HERE[family][side], self.fresh()))
            try:
                made.sendto(b"l" * 4000, (target, self.rng.choice((2103, 7))))
            except OSError:
                pass
            self.place.settle(8)

    def output_ping(self, family, side):
        rest = struct.pack("!HH", self.fresh(), 1)
        self.raw(icmp(family, HERE[family][side], THERE[family][side], 8 if family == 4 else 128, 0, rest))
        self.place.put(side, icmp(family, THERE[family][side], HERE[family][side], 0 if family == 4 else 129, 0, rest))

    # over the loopback interface

    def lo_address(self, family):
        return self.rng.choice((LO[family], HERE[family][0]))

    def lo_udp(self, family, _):
        address, port = self.lo_address(family), self.udp_port()
        made = self.place.socket("router", bed.family_of(family), socket.SOCK_DGRAM)
        with made:
            made.bind((address, self.fresh()))
            for _ in range(2):
                try:
                    made.sendto(b"question", (address, port))
                except OSError:
                    pass
                self.place.settle(8)
                self.answer(family, port)
                self.place.settle(8)

    def lo_ping(self, family, _):
        address = self.lo_address(family)
        self.raw(icmp(family, address, address, 8 if family == 4 else 128, 0, struct.pack("!HH", self.fresh(), 1)))
        self.place.settle(8)

    def lo_raw(self, family, _):
        """Among them what no connection would say."""
        address = self.lo_address(family)
        flow = (family, address, address, self.fresh(), self.rng.choice((80, 9, 2107)))
        for flags in (SYN, RST, ACK, self.rng.choice((0, FIN, SYN | FIN))):
            self.raw(tcp(flow, flags, 5 + (flags != SYN), 9))
            self.place.settle(8)

    def lo_tcp(self, family, _):
        """Connects, says something, is heard, ends: one way or the other."""
        address, target, resets = self.lo_address(family), self.rng.choice((80, 21, 9, 2107, 2108)), self.rng.randrange(2)
        made = self.place.socket("router", bed.family_of(family))
        with made:
            made.bind((address, self.fresh()))
            made.setblocking(False)
            try:
                made.connect((address, target))
            except OSError:
                pass
            self.place.settle(16)
            other = self.accepted(made, target)
            if other is None:
                return
            with other:
                made.send(b"hello\r\n")
                if target == 2108:
                    return
                bed.until("data is acknowledged", lambda: about(made)[1] == 0)
                other.recv(100)
                if resets:
                    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    made.close()
                    self.place.settle(16)
                    return
                made.shutdown(socket.SHUT_WR)
                bed.until("the end is acknowledged", lambda: about(made)[0] == 5)
            self.place.settle(16)

    def accepted(self, made, port):
        """The server's end of it; those that nobody took before go."""
        for server in self.servers:
            if server.type == socket.SOCK_STREAM and server.family == made.family and server.getsockname()[1] == port:
                while True:
                    try:
                        other, whom = server.accept()
                    except BlockingIOError:
                        return None
                    if whom[1] == made.getsockname()[1]:
                        return other
                    other.close()
        return None

    def stream(self, family, address, port, to=None):
        """A socket of the router that listens, or has begun to connect."""
        made = self.place.socket("router", bed.family_of(family))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        made.bind((address, port))
        made.setblocking(False)
        if to is None:
            made.listen(1)
            return made
        try:
            made.connect((address, to))
        except OSError:
            pass
        self.place.settle(16)
        return made

    def lo_ftp(self, family, _):
        """Both ends in the router."""
        address, passive, port = self.lo_address(family), self.rng.randrange(2), self.fresh()
        made, listener = self.stream(family, address, self.fresh(), 21), self.stream(family, address, port)
        other = self.accepted(made, 21)
        says = other if passive else made
        says.send(ftp_words(family, passive, address, port))
        bed.until("it is acknowledged", lambda: about(says)[1] == 0)
        for end in (self.stream(family, address, self.fresh(), port), listener, made, other):
            end.close()
            self.place.settle(16)

    def lo_many(self, family, side):
        """To everybody on a link, the router itself among them."""
        made = self.place.socket("router", bed.family_of(family), socket.SOCK_DGRAM)
        with made:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            made.bind((HERE[family][side], self.fresh()))
            port = self.rng.choice((2000, 7, 2103))
            if family == 4:
                made.sendto(b"all", ("10.%d.0.255" % (20 + 10 * side), port))
            else:
                made.sendto(b"all", ("ff02::1", port, 0, self.place.index[side]))
            self.place.settle(8)
