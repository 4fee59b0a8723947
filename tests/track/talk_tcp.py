"""Random TCP conversations: mostly plausible, with wrong turns.

Handshake, data, acknowledgements, FINs; sequence numbers around the edges of the window, old and repeated segments, odd
flags, resets, scaling and SACK options, pickup in the middle, new connections over old ones, bad headers.
"""
import collections
import socket
import struct

import frames
import two

CLIENT, SERVER = two.ENDS[4]
SERVER_PORT = 80
LETTERS = "FSRPAUEC"
WINDOW_MAX = 0xffff

# seq and ack are relative to the initial numbers of the speaker and of its peer; back: sent by the server.
Segment = collections.namedtuple("Segment", "back flags seq ack win length options offset sum")


def segment(back, flags, seq, ack=0, win=WINDOW_MAX, length=0, options=b"", offset=None, right=True):
    return Segment(back, "".join(sorted(flags, key=LETTERS.index)), seq, ack, win, length, options, offset, right)


def packet(item, isn, port):
    source, target = (SERVER, CLIENT) if item.back else (CLIENT, SERVER)
    ports = (SERVER_PORT, port) if item.back else (port, SERVER_PORT)
    flags = sum(1 << LETTERS.index(letter) for letter in item.flags)
    offset = item.offset if item.offset is not None else 5 + len(item.options) // 4
    tcp = struct.pack("!HHIIBBHHH", *ports, (isn[item.back] + item.seq) & 0xffffffff,
                      (isn[not item.back] + item.ack) & 0xffffffff if "A" in item.flags else item.ack & 0xffffffff,
                      offset << 4, flags, item.win, 0, 0) + item.options + bytes(item.length)
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    right = frames.checksum(ends + struct.pack("!BBH", 0, frames.TCP, len(tcp)) + tcp) ^ (0 if item.sum else 0x5555)
    tcp = tcp[:16] + struct.pack("!H", right) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0x4000, 64, frames.TCP, 0) + ends
    return frames.with_ip_checksum(ip + tcp)


class Side:
    """What one speaker has said: next number to send, highest acknowledged by the other, its window and scale."""

    def __init__(self, rng):
        self.next = self.acked = 0
        self.window, self.scale = rng.choice((WINDOW_MAX, 8192, 1000, 0x200)), 0
        self.spoke = self.closed = False


def syn_options(rng, side):
    """Options of a SYN, ended by NOPs; some are malformed."""
    out = b""
    if rng.random() < 0.5:
        side.scale = rng.choice((0, 1, 7, 14, 15, 255))
        out += bytes((3, 3, side.scale))
        side.scale = min(side.scale, 14)
    if rng.random() < 0.5:
        out += bytes((4, 2))
    if rng.random() < 0.3:
        out += bytes((2, 4, 5, 0xb4))
    if rng.random() < 0.05:
        out += rng.choice((b"\x03\x02", b"\x03\x08\x01", b"\x04\x00", b"\x00\x03\x03\x07"))
    return out + b"\x01" * (-len(out) % 4)


class Talk:
    """One conversation of a client and a server."""

    ALONE = False

    def __init__(self, rng, count):
        self.rng = rng
        self.isn = (rng.choice((rng.getrandbits(32), 0xffffffff - rng.randrange(2000))), rng.getrandbits(32))
        self.sides = (Side(rng), Side(rng))
        self.items = []
        if rng.random() < 0.15:
            for side in self.sides:
                side.spoke, side.next, side.acked = True, 1, 1
        for _ in range(count):
            self.items.append(self.one())

    def packet(self, item, port):
        return packet(item, self.isn, port)

    def simpler(self, item):
        plain = (item._replace(options=b""), item._replace(length=0), item._replace(win=WINDOW_MAX))
        return [other for other in plain if other != item]

    def line(self, item):
        """As tests/vectors/track/tcp.vec has it."""
        text = "%s %s %d %d %d %d" % ("<" if item.back else ">", item.flags or "-", item.seq, item.ack, item.win, item.length)
        text += " opt=" + item.options.hex() if item.options else ""
        text += "" if item.offset is None else " (data offset %d)" % item.offset
        return text + ("" if item.sum else " (wrong checksum)")

    def one(self):
        chance = self.rng.random()
        if self.items and chance < 0.08:
            return self.rng.choice(self.items[-4:])
        if chance < 0.13:
            return self.odd()
        if chance < 0.20:
            return self.reset()
        if chance < 0.26:
            return self.over_again()
        proper = self.proper()
        return self.bent(proper) if self.rng.random() < 0.25 else proper

    def proper(self):
        """What would be said next if all were well."""
        client, server = self.sides
        if not client.spoke:
            client.spoke, client.next = True, 1
            return segment(False, "S", 0, 0, client.window, 0, syn_options(self.rng, client))
        if not server.spoke:
            server.spoke, server.next, client.acked = True, 1, 1
            return segment(True, "SA", 0, 1, server.window, 0, syn_options(self.rng, server))
        back = self.rng.random() < 0.5
        me, peer = self.sides[back], self.sides[not back]
        length = self.rng.choice((0, 0, 1, 10, 500)) if not me.closed else 0
        flags = self.rng.choice(("A", "A", "AP"))
        if not me.closed and self.rng.random() < 0.15:
            flags, me.closed = "FA", True
        out = segment(back, flags, me.next, peer.next, self.window(me), length, self.options(peer))
        me.next += length + ("F" in flags)
        peer.acked = peer.next
        return out

    def window(self, side):
        return self.rng.choice((side.window,) * 8 + (0, 1))

    def options(self, peer):
        """None, a time stamp, or SACK blocks near what the peer has sent."""
        chance = self.rng.random()
        if chance < 0.85:
            return b""
        if chance < 0.9:
            return b"\x01\x01\x08\x0a" + bytes(8)
        at = (self.isn[peer is self.sides[1]] + peer.next + self.rng.choice((-20, 0, 1, 50))) & 0xffffffff
        return b"\x01\x01\x05\x0a" + struct.pack("!II", at, (at + self.rng.choice((1, 10, 2000))) & 0xffffffff)

    def bent(self, proper):
        """A proper segment with one number off."""
        me, peer = self.sides[proper.back], self.sides[not proper.back]
        edge = me.acked + (peer.window << peer.scale)
        turn = self.rng.randrange(6)
        if turn == 0:
            return proper._replace(seq=proper.seq + self.rng.choice((-1, 1, -1000, 1000, -70000, 70000)))
        if turn == 1:
            return proper._replace(seq=edge + self.rng.choice((-2, -1, 0, 1, 2, peer.window, 3 * WINDOW_MAX)))
        if turn == 2:
            return proper._replace(ack=proper.ack + self.rng.choice((-1, 1, 2, -1000, 1000, -66000, -66001, -70000)))
        if turn == 3:
            return proper._replace(length=max(0, edge - proper.seq + self.rng.choice((-1, 0, 1)))
                                   if edge - proper.seq < 4000 else 1400)
        if turn == 4:
            return proper._replace(back=not proper.back)
        return proper._replace(win=self.rng.choice((0, 1, WINDOW_MAX)))

    def odd(self):
        """Flags or headers that mean nothing."""
        back = self.rng.random() < 0.5
        me, peer = self.sides[back], self.sides[not back]
        flags = "".join(letter for letter in LETTERS if self.rng.random() < 0.3)
        out = segment(back, flags, me.next, peer.next)
        chance = self.rng.random()
        if chance < 0.1:
            return out._replace(offset=self.rng.choice((0, 4, 15)))
        return out._replace(sum=False) if chance < 0.2 else out

    def reset(self):
        back = self.rng.random() < 0.5
        me, peer = self.sides[back], self.sides[not back]
        seq = self.rng.choice((0, me.next, me.next, me.acked, me.acked + 1, me.acked - 1, me.next + 1000, me.next + 70000))
        return segment(back, self.rng.choice(("R", "RA")), seq, self.rng.choice((0, peer.next, peer.next, peer.next + 1)), 0)

    def over_again(self):
        """A SYN or SYN/ACK over what there is; half of the time the conversation goes on from there."""
        back = self.rng.random() < 0.3
        me, peer = self.sides[back], self.sides[not back]
        seq = self.rng.choice((0, me.next, me.next - 1, me.next + 100, me.next + 100000, -100000))
        flags = self.rng.choice(("S", "S", "SA"))
        ack = self.rng.choice((peer.next, peer.next, 0, peer.next + 1)) if flags == "SA" else 0
        if self.rng.random() < 0.5:
            me.spoke, me.next, me.closed = True, seq + 1, False
            if flags == "S":
                peer.spoke, peer.closed = False, False
        return segment(back, flags, seq, ack, me.window, 0, syn_options(self.rng, me))
