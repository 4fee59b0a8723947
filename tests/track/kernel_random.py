#!/usr/bin/env python3
"""Asks the real kernel and pinhole about random TCP conversations, segment by segment, and shows where they differ.

  kernel_random.py [--pinhole PROGRAM] [--seed N] [--connections N] [--segments N] [--kinds N] [--sysctl KEY=VALUE]...

Not part of make check: run it by hand, as root, after changes of src/track/tcp*.c; a few seconds for the default of 300
connections of 15 segments. Same seed, same segments. Each conversation is mostly plausible (handshake, data,
acknowledgements, FINs) with wrong turns: sequence numbers around the edges of the window, old and repeated segments,
odd flags, resets, scaling and SACK options, pickup in the middle, new connections over old ones, bad headers.

Of each kind of difference the first is made as short as it gets, and printed in the form of tests/vectors/track/tcp.vec
with what the kernel says; what pinhole says instead stands behind "#". Ends with status 1 if there is any.
"""
import argparse
import collections
import os
import random
import socket
import struct
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../compare"))
import firewall  # noqa: E402
import frames  # noqa: E402
import golden  # noqa: E402
import make_golden  # noqa: E402
import replay  # noqa: E402

CLIENT, SERVER, SERVER_PORT, PORT_MIN = "192.0.2.1", "198.51.100.2", 80, 1025
LETTERS = "FSRPAUEC"
RAW_IP = 101
WINDOW_MAX = 0xffff
MINIMISED_RUNS = 400        # of the kernel, for one difference

# seq and ack are relative to the initial numbers of the speaker and of its peer; back: sent by the server.
Segment = collections.namedtuple("Segment", "back flags seq ack win length options offset sum")


def segment(back, flags, seq, ack=0, win=WINDOW_MAX, length=0, options=b"", offset=None, right=True):
    return Segment(back, "".join(sorted(flags, key=LETTERS.index)), seq, ack, win, length, options, offset, right)


# --- conversations ---

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
    """Makes the segments of one conversation."""

    def __init__(self, rng):
        self.rng = rng
        self.isn = (rng.choice((rng.getrandbits(32), 0xffffffff - rng.randrange(2000))), rng.getrandbits(32))
        self.sides = (Side(rng), Side(rng))
        self.said = []
        if rng.random() < 0.15:
            for side in self.sides:
                side.spoke, side.next, side.acked = True, 1, 1

    def whole(self, count):
        for _ in range(count):
            self.said.append(self.one())
        return self.said

    def one(self):
        chance = self.rng.random()
        if self.said and chance < 0.08:
            return self.rng.choice(self.said[-4:])
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


# --- packets ---

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


def write_pcap(path, packets):
    with open(path, "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 0x40000, RAW_IP))
        for n, data in enumerate(packets):
            out.write(struct.pack("=IIII", n // 1000, n % 1000, len(data), len(data)) + data)


# --- asking ---

def said_of(records, count):
    """[(state, direction, which connection of the conversation, status, TCP state, timeout, events)] of each packet."""
    rank, out, events = {}, [], collections.defaultdict(list)
    for record in records:
        if "event" in record and "n" in record:
            events[record["n"]].append((record["event"], record.get("status"), record.get("pstate"), record.get("timeout")))
    for record in records:
        if "n" not in record or "event" in record:
            continue
        if record.get("ct") is not None:
            rank.setdefault(record["ct"], len(rank) + 1)
        out.append((record.get("state", record.get("skip")), record.get("ctdir"), rank.get(record.get("ct")), record.get("status"),
                    record.get("pstate"), record.get("timeout"), tuple(events[record["n"]])))
    assert len(out) == count, "%d packets, %d answers" % (count, len(out))
    return out


FIELDS = ("state", "direction", "connection", "status", "TCP state", "timeout", "events")


class Two:
    """The kernel and pinhole under the same policy."""

    def __init__(self, options):
        self.header = {"oracle": 1, "default_helpers": False, "sysctls": options.sysctl, "left": [CLIENT], "right": [SERVER]}
        self.recorder = make_golden.Recorder(self.header, firewall.Firewall(self.header))
        self.pinhole, self.port, self.n = options.pinhole, PORT_MIN, 0

    def kernel(self, packets):
        records = []
        for data in packets:
            self.n += 1
            records += self.recorder.frame(self.n, data, [])
        return said_of(records, len(packets))

    def ours(self, conversations):
        """What pinhole says of conversations, each a list of packets."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "random.pcap")
            write_pcap(path, [data for packets in conversations for data in packets])
            records = replay.records(self.pinhole, golden.policy(self.header), [path],
                                     ("--clock", "frozen", "--profile", "kernel", "--no-fix-checksums"))
        by_frame, at, out = collections.defaultdict(list), 0, []
        for record in records:
            by_frame[record.get("n", 0)].append(record)
        for packets in conversations:
            span = range(at + 1, at + len(packets) + 1)
            out.append(said_of([record for n in span for record in by_frame[n]], len(packets)))
            at += len(packets)
        return out

    def packets(self, segments, isn):
        """The packets of a conversation on a port of its own."""
        self.port = self.port + 1 if self.port < 65535 else PORT_MIN
        return [packet(item, isn, self.port) for item in segments]

    def one(self, segments, isn):
        packets = self.packets(segments, isn)
        return self.kernel(packets), self.ours([packets])[0]


# --- differences ---

def first_difference(kernel, ours):
    """(index of the segment, kind of difference) or None."""
    for at, (a, b) in enumerate(zip(kernel, ours)):
        if a != b:
            which = next(i for i in range(len(FIELDS)) if a[i] != b[i])
            before = kernel[at - 1][4] if at else None
            return at, (FIELDS[which], str(a[which]), str(b[which]), before)
    return None


def simpler(segments):
    """Conversations like this one with one thing less."""
    for i in range(len(segments) - 1):
        yield segments[:i] + segments[i + 1:]
    for i, item in enumerate(segments):
        for plain in (item._replace(options=b""), item._replace(length=0), item._replace(win=WINDOW_MAX), item._replace(length=1)):
            if plain != item and (plain.length < item.length or plain.length == item.length):
                yield segments[:i] + [plain] + segments[i + 1:]


def minimised(two, segments, isn, kind):
    """The shortest conversation found whose last segment differs in the same field."""
    runs, better = 0, True
    while better and runs < MINIMISED_RUNS:
        better = False
        for candidate in simpler(segments):
            runs += 1
            found = first_difference(*two.one(candidate, isn))
            if found and found[1][:3] == kind[:3]:
                segments, better = candidate[:found[0] + 1], True
                break
    return segments


def line_of(item, says):
    """A segment as tests/vectors/track/tcp.vec has it, with what the kernel says."""
    text = "%s %s %d %d %d %d" % ("<" if item.back else ">", item.flags or "-", item.seq, item.ack, item.win, item.length)
    text += " opt=" + item.options.hex() if item.options else ""
    text += "" if item.offset is None else " (data offset %d)" % item.offset
    text += "" if item.sum else " (wrong checksum)"
    state, _, _, status, tcp, timeout, _ = says
    assured = " ASSURED" if status and "ASSURED" in status else ""
    return "%s -> %s %s %s%s" % (text, state, tcp or "-", "-" if timeout is None else timeout, assured)


def show(two, number, kind, cases):
    """Prints the difference that these (talk, segments up to it) have in common, from the shortest of them."""
    talk, segments = min(cases, key=lambda case: len(case[1]))
    segments = minimised(two, segments, talk.isn, kind)
    kernel, ours = two.one(segments, talk.isn)
    print("\ndifference %d, %d times, initial numbers %#x and %#x: %s: kernel %s, pinhole %s" % (
        number, len(cases), *talk.isn, *kind[:3]))
    if kernel == ours:
        print("  gone on a second look: did the machine stand still for more than a second?")
    for item, a, b in zip(segments, kernel, ours):
        print("  " + line_of(item, a))
        if a != b:
            print("      # kernel:  %s\n      # pinhole: %s" % (a, b))


def arguments():
    parser = argparse.ArgumentParser(description="random TCP conversations through the kernel and through pinhole")
    parser.add_argument("--pinhole", default=os.environ.get("PINHOLE", "build/pinhole"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=300)
    parser.add_argument("--segments", type=int, default=15)
    parser.add_argument("--kinds", type=int, default=20, help="differences shown at most")
    parser.add_argument("--sysctl", action="append", default=[])
    return parser.parse_args()


def main():
    options = arguments()
    if os.geteuid() != 0:
        sys.exit("kernel_random: the kernel is asked only by root")
    rng, two = random.Random(options.seed), Two(options)
    talks = [Talk(rng) for _ in range(options.connections)]
    packets = [two.packets(talk.whole(options.segments), talk.isn) for talk in talks]
    kernel = [two.kernel(of_one) for of_one in packets]
    ours = two.ours(packets)
    states = collections.Counter(says[0] for of_one in kernel for says in of_one)
    tcp = collections.Counter(says[4] for of_one in kernel for says in of_one)
    kinds = collections.OrderedDict()
    for talk, a, b in zip(talks, kernel, ours):
        found = first_difference(a, b)
        if found:
            kinds.setdefault(found[1], []).append((talk, talk.said[:found[0] + 1]))
    for number, (kind, cases) in enumerate(list(kinds.items())[:options.kinds], 1):
        show(two, number, kind, cases)
    print("\n%d packets; kernel: %s; %s" % (sum(map(len, packets)), dict(states), {str(k): n for k, n in tcp.items()}))
    print("%d connections differ, in %d kinds" % (sum(map(len, kinds.values())), len(kinds)))
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
