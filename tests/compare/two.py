"""Conversations put to the real kernel and to pinhole, and what differs made as short as it gets.

A conversation is an object with
  isn                        what tells it from others of its kind, to be printed
  items                      what it consists of, in order
  ALONE                      whether it may meet connections of others, and has to be asked about by itself
  packet(item, port)         an item as an IP packet; port: a number that no other conversation uses at that time
  simpler(item)              items that say less
  line(item)                 an item as text
"""
import collections
import os
import struct
import tempfile

import firewall
import golden
import make_golden
import replay

ENDS = {4: ("192.0.2.1", "198.51.100.2"), 6: ("2001:db8:1::1", "2001:db8:2::2")}
ELSEWHERE = {4: "203.0.113.3", 6: "2001:db8:3::3"}      # a third party, on the server's side
PORT_MIN, PORT_MAX = 1025, 65535
RAW_IP = 101
MINIMISED_RUNS = 400        # of the kernel, for one difference
FRAGMENT_MEMORY = ("/proc/sys/net/ipv4/ipfrag_high_thresh", "/proc/sys/net/netfilter/nf_conntrack_frag6_high_thresh")
FIELDS = ("state", "fate", "direction", "connection", "status", "protocol state", "timeout", "events")
Said = collections.namedtuple("Said", "state fate direction connection status pstate timeout events")


def write_pcap(path, packets):
    with open(path, "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 0x40000, RAW_IP))
        for n, data in enumerate(packets):
            out.write(struct.pack("=IIII", n // 1000, n % 1000, len(data), len(data)) + data)


def said_of(records, count):
    """A Said for each packet of one conversation, whose connections are numbered from 1. Events of other connections,
    whose time runs out in the kernel meanwhile, do not count."""
    lines = [record for record in records if "n" in record and "event" not in record]
    if len(lines) != count:
        raise ValueError("%d packets, %d answers" % (count, len(lines)))
    rank, out, events = {}, [], collections.defaultdict(list)
    for line in lines:
        if line.get("ct") is not None:
            rank.setdefault(line["ct"], len(rank) + 1)
    for record in records:
        if "event" in record and record.get("ct") in rank:
            events[record["n"]].append((record["event"], record.get("status"), record.get("pstate"), record.get("timeout")))
    for line in lines:
        out.append(Said(line.get("state", line.get("skip")), line.get("fate"), line.get("ctdir"), rank.get(line.get("ct")),
                        line.get("status"), line.get("pstate"), line.get("timeout"), tuple(events[line["n"]])))
    return out


class Two:
    """The kernel and pinhole under the same policy."""

    def __init__(self, pinhole, sysctls=()):
        self.header = {"oracle": 1, "default_helpers": False, "sysctls": list(sysctls),
                       "left": [ends[0] for ends in ENDS.values()], "right": [ends[1] for ends in ENDS.values()] + list(ELSEWHERE.values())}
        self.recorder = make_golden.Recorder(self.header, firewall.Firewall(self.header))
        # What is left over of thousands of conversations must not fill the kernel's memory for fragments.
        for path in FRAGMENT_MEMORY:
            firewall.write(path, str(1 << 30))
        self.pinhole, self.port, self.n = pinhole, PORT_MIN, 0

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

    def packets(self, talk, items):
        """Items of a conversation as packets, on a port of their own."""
        self.port = self.port + 1 if self.port < PORT_MAX else PORT_MIN
        return [talk.packet(item, self.port) for item in items]

    def one(self, talk, items):
        """What both say of a conversation that is the first."""
        self.recorder.machine.flush()
        packets = self.packets(talk, items)
        return self.kernel(packets), self.ours([packets])[0]


def first_difference(kernel, ours):
    """(index of the item, kind of difference) or None."""
    for at, (a, b) in enumerate(zip(kernel, ours)):
        if a.direction is None and a.state in firewall.STATES_OF_CONNECTIONS:
            b = b._replace(direction=None, connection=None, status=None, pstate=None, timeout=None)     # not traced
        if a != b:
            which = next(i for i in range(len(FIELDS)) if a[i] != b[i])
            before = kernel[at - 1].pstate if at else None
            return at, (FIELDS[which], str(a[which]), str(b[which]), before)
    return None


def simpler(talk, items):
    """The conversation with one thing less."""
    for i in range(len(items) - 1):
        yield items[:i] + items[i + 1:]
    for i, item in enumerate(items):
        for plain in talk.simpler(item):
            yield items[:i] + [plain] + items[i + 1:]


def minimised(two, talk, items, kind):
    """The shortest conversation found whose last item differs in the same field."""
    runs, better = 0, True
    while better and runs < MINIMISED_RUNS:
        better = False
        for candidate in simpler(talk, items):
            runs += 1
            found = first_difference(*two.one(talk, candidate))
            if found and found[1][:3] == kind[:3]:
                items, better = candidate[:found[0] + 1], True
                break
    return items


def verdict(said):
    """What was said, as tests/vectors/track/tcp.vec has it; the fate where it is not forwarding."""
    assured = " ASSURED" if said.status and "ASSURED" in said.status else ""
    fate = "" if said.fate == "forwarded" else " (%s)" % said.fate
    return "%s %s %s%s%s" % (said.state, said.pstate or "-", "-" if said.timeout is None else said.timeout, assured, fate)


def show(two, number, kind, cases):
    """Prints the difference that these (talk, items up to it) have in common, from the shortest of them."""
    talk, items = min(cases, key=lambda case: len(case[1]))
    items = minimised(two, talk, items, kind)
    kernel, ours = two.one(talk, items)
    print("\ndifference %d, %d times, %s: %s: kernel %s, pinhole %s" % (number, len(cases), talk.isn, *kind[:3]))
    if kernel == ours:
        print("  gone on a second look: did the machine stand still for more than a second?")
    for item, a, b in zip(items, kernel, ours):
        print("  %s -> %s" % (talk.line(item), verdict(a)))
        if a != b:
            print("      # kernel:  %s\n      # pinhole: %s" % (tuple(a), tuple(b)))


def compare(two, talks, kinds_max):
    """Puts conversations to both, shows at most so many kinds of differences, and returns how many kinds there are."""
    if talks and talks[0].ALONE:
        kernel, ours = zip(*(two.one(talk, talk.items) for talk in talks))
    else:
        packets = [two.packets(talk, talk.items) for talk in talks]
        kernel, ours = [two.kernel(of_one) for of_one in packets], two.ours(packets)
    kinds = collections.OrderedDict()
    for talk, a, b in zip(talks, kernel, ours):
        found = first_difference(a, b)
        if found:
            kinds.setdefault(found[1], []).append((talk, talk.items[:found[0] + 1]))
    for number, (kind, cases) in enumerate(list(kinds.items())[:kinds_max], 1):
        show(two, number, kind, cases)
    said = [item for of_one in kernel for item in of_one]
    print()
    for name in ("state", "fate", "pstate"):
        counts = collections.Counter(str(getattr(item, name)) for item in said)
        print("%-7s %s" % (name, ", ".join("%s %d" % item for item in sorted(counts.items()))))
    print("%d packets; %d conversations differ, in %d kinds" % (len(said), sum(map(len, kinds.values())), len(kinds)))
    return len(kinds)
