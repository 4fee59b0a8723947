#!/usr/bin/env python3
"""Sends random and mutated talks through the kernel of this machine and through pinhole, and compares.

  kernel_helpers.py [--count N] [--seed N] [--pinhole PROGRAM] [--module NAME=VALUE]... [--vectors] [TALK...]

TALK: irc tftp amanda sane netbios-ns snmp, and sip h323 pptp as far as their modules are there; talks.py says how to write one.
--vectors: puts the vector files of irc, tftp, amanda and sane to the kernel first.
--module sip_direct_media=0: that parameter of the kernel's helper while talks run, and a modprobe line for pinhole. It is the
whole machine's; modules.py says how several can work at once.
N payloads (2000) of each talk. Compared for every packet: whether it passed, its state, how long its connection has to live, the
expectations that it made or ended (tuple, mask, flags, class, lifetime), and the connections that it set up (tuple, helper, whether
they were expected) or ended; and after some talks, what is left of each expectation's lifetime. Each packet is sent through a network namespace of two interfaces and written to a capture, which
pinhole replays afterwards; where the kernel expects something, a packet that meets it follows now and then. For netbios-ns and snmp
the namespace itself asks.

Needs root, iproute2, iptables-legacy, conntrack, and a kernel whose helpers are those of Linux 6.18. A capture of what differs is
left in the folder for temporary files with its policy. Prints how many payloads opened something; less than a quarter is a
failure, too. Whether the kernel starts the time of a repeated NetBIOS or SNMP question afresh depends on what its memory held before
(docs/differences.md, repeat-by-chance): such packets are counted, and no failure.
"""
import argparse
import os
import random
import signal
import struct
import sys
import tempfile

import talks
import wire
from talks import ON_HOST
from wire import ConnEnd, ConnNew, ExpectEnd, ExpectNew, Seen, flat, sh

import kernel_vectors
import lifetimes
import modules
import replay       # found by way of wire.py

BATCH = 150             # talks between two flushes: the kernel forgets netbios-ns questions after 3 seconds


def our_row(record, tuples):
    """An event as both sides are compared; None: not compared. tuples: of connections, by number."""
    kind = record["event"]
    if kind in ("expect_new", "expect_destroy"):
        row = (kind, flat(record["tuple"]), flat(record["mask"]), record["flags"], record["class"], record["helper"],
               flat(record["master"]))
        return ExpectNew(*row, record["timeout"]) if kind == "expect_new" else ExpectEnd(*row)
    if kind == "ct_new":
        tuples[record["ct"]] = flat(record["tuple"])
        return ConnNew(kind, flat(record["tuple"]), "master" in record, record["ct_helper"])
    return ConnEnd(kind, tuples[record["ct"]]) if kind == "ct_destroy" else None


def write_capture(path, packets, later=()):
    """A millisecond between two packets. later: [(seconds after these, packet), ...]"""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for n, data in enumerate(packets):
            out.write(struct.pack("<IIII", 1000 + n // 1000, n % 1000 * 1000, len(data), len(data)) + data)
        for seconds, data in later:
            out.write(struct.pack("<IIII", 1000 + len(packets) // 1000 + seconds, 0, len(data), len(data)) + data)


def replayed(pinhole, policy, packets, clock, later=()):
    """The records of pinhole."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "talks.pcap")
        write_capture(path, packets, later)
        return replay.records(pinhole, policy, [path], ("--clock", clock))


def ours(pinhole, policy, packets):
    """[Seen, ...] of the same packets."""
    out, tuples = [Seen(None, None, None, []) for _ in packets], {}
    for record in replayed(pinhole, policy, packets, "frozen"):
        if "n" not in record:
            continue
        n = record["n"] - 1
        if "event" in record:
            row = our_row(record, tuples)
            out[n].events.extend([row] if row else [])
        else:
            out[n] = Seen(record.get("fate") in ("forwarded", "local", "sent"), record.get("state"), record.get("timeout"),
                          out[n].events)
    return out


def near(a, b):
    """Whole seconds are cut by one side a moment later than by the other. None: not known there."""
    return a is None or b is None or abs(a - b) <= 1


def same_events(kernel, here):
    return len(kernel) == len(here) and all(
        a == b or (a[0] == b[0] == "expect_new" and a[:-1] == b[:-1] and near(a.timeout, b.timeout)) for a, b in zip(kernel, here))


def same(kernel, here):
    """A verdict or state that the kernel did not show is not compared."""
    return same_events(kernel.events, here.events) and kernel.passed in (None, here.passed) and \
        kernel.state in (None, here.state) and near(kernel.timeout, here.timeout)


def is_repeat(kernel, here):
    """A question once more: pinhole starts the time of what it opened afresh, the kernel does nothing."""
    return not kernel and [row.kind for row in here] == ["expect_destroy", "expect_new"] and here[0].helper in ON_HOST and \
        here[0][1:7] == here[1][1:7]


def differing(seen, found):
    """[(n, what the kernel did, what pinhole did)], and how many questions were repeated in vain."""
    out, repeats = [], 0
    for n, (kernel, here) in enumerate(zip(seen, found), 1):
        if is_repeat(kernel.events, here.events):
            repeats += 1
        elif not same(kernel, here):
            out.append((n, kernel, here))
    return out, repeats


def keep(name, seed, n, policy, packets):
    """The capture and policy of a batch that differs, to try again."""
    base = os.path.join(tempfile.gettempdir(), "kernel_helpers-%s-%d-%d" % (name, seed, n))
    write_capture(base + ".pcap", packets)
    with open(base + ".policy", "w") as out:
        out.write(policy)
    return base


def policy_of(name, options):
    lines = modules.policy(options.module) + talks.rules() + ([talks.host_rule(name)] if name in ON_HOST else [])
    return wire.TOPOLOGY + "\n".join(lines) + "\n"


# --- comparing ---

class Counts:
    """What became of the talks of one name."""

    def __init__(self):
        self.opened, self.packets, self.differ, self.repeats = {}, 0, 0, 0

    def add(self, talk):
        for helper, (payloads, opened) in talk.counts.items():
            row = self.opened.setdefault(helper, [0, 0])
            row[0] += payloads
            row[1] += opened

    def payloads(self):
        return sum(row[0] for row in self.opened.values())

    def few(self, least):
        return not self.opened or any(opened < least * payloads for payloads, opened in self.opened.values())

    def text(self, name, least):
        each = " and ".join("%s%d payloads, %d opened something in the kernel" % (
            "" if helper == name else helper + " ", *row) for helper, row in sorted(self.opened.items(), key=str))
        return "%s: %s, %d packets compared, %d differ%s%s" % (
            name, each, self.packets, self.differ, ", %d questions repeated in vain" % self.repeats if self.repeats else "",
            "; too few opened" if self.few(least) else "")


def shown(seen):
    return "passed %s, %s, %s s, %s" % (seen.passed, seen.state, seen.timeout,
                                        "".join("\n      %s" % (tuple(row),) for row in seen.events) or "no events")


def compare_batch(asked, options, name, counts):
    """One batch has been sent: what differs is counted, kept and shown."""
    policy = policy_of(name, options)
    bad, repeats = differing(asked.seen, ours(options.pinhole, policy, asked.sent))
    counts.packets += len(asked.sent)
    counts.differ += len(bad)
    counts.repeats += repeats
    if bad:
        print("%s: kept as %s.pcap" % (name, keep(name, options.seed, counts.packets, policy, asked.sent)))
    left = lifetimes.differing(asked, lambda later: replayed(options.pinhole, policy, asked.sent, "capture", later))
    counts.differ += len(left)
    for text in left[:options.show]:
        print("%s: left at the end: %s" % (name, text))
    if left and not bad:
        print("%s: kept as %s.pcap" % (name, keep(name, options.seed, counts.packets, policy, asked.sent)))
    for n, kernel, here in bad[:options.show]:
        print("%s: packet %d %r\n    kernel %s\n    here   %s" % (name, n, asked.sent[n - 1][:1500], shown(kernel), shown(here)))


def compare(asked, options, name):
    rng, counts, number = random.Random("%s %d" % (name, options.seed)), Counts(), 0
    module = talks.MODULES.get(name)
    while counts.payloads() < options.count:
        with modules.held(options.module):
            asked.forget()
            for _ in range(getattr(module, "BATCH", BATCH)):
                talk = talks.talk_of(asked, rng, name, number % 40000)
                talk.run()
                number += 1
                counts.add(talk)
                if counts.payloads() >= options.count:
                    break
        compare_batch(asked, options, name, counts)
    return counts


def arguments():
    parser = argparse.ArgumentParser(description="compares pinhole's helpers with the kernel's")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="differences shown of each batch")
    parser.add_argument("--pinhole", default=os.environ.get("PINHOLE", "build/pinhole"))
    parser.add_argument("--module", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--vectors", action="store_true")
    parser.add_argument("talks", nargs="*", default=talks.NAMES)
    return parser.parse_args()


def run(options):
    good = bad = 0
    for name in options.talks if options.vectors else ():
        if name in kernel_vectors.NAMES:
            with modules.held([]):
                agree, differ = kernel_vectors.check(wire.Wire(), name)
            good, bad = good + agree, bad + differ
    for name in options.talks:
        if name in ON_HOST:
            sh("ip netns exec %s iptables-legacy -t raw -F OUTPUT" % wire.ROUTER)
            sh("ip netns exec %s %s" % (wire.ROUTER, talks.host_rule(name).replace("tables ", "tables-legacy ", 1)))
        least = getattr(talks.MODULES.get(name), "LEAST", 0.25)
        counts = compare(wire.Wire(), options, name)
        print(counts.text(name, least))
        wrong = counts.differ or counts.few(least)
        good, bad = good + (not wrong), bad + bool(wrong)
    print("%d passed, %d failed, 0 skipped" % (good, bad))
    return 1 if bad else 0


def main():
    options = arguments()
    if os.geteuid() != 0:
        print("skipped: the kernel is asked only by root\n0 passed, 0 failed, 1 skipped")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("kernel_helpers: stopped"))
    try:
        wire.set_up(talks.rules())
        return run(options)
    finally:
        wire.tear_down()


if __name__ == "__main__":
    sys.exit(main())
