#!/usr/bin/env python3
"""Keeps `pinhole run` busy for a long time with new connections of every helper, and watches its memory.

  soak.py [--minutes 20] [--rate 200] [--mode kernel|pinhole]

The conversations are those of conversations.py, both ends scripted; each is a new control connection whose announcement is used. They are
spread over a few processes, each with addresses of its own. Meant for a program built with sanitizers: `make soak`. Prints a table and a
closing line; fails if a transfer failed, the rate was not reached, the program said anything of a sanitizer or ended badly, or its memory
grew. Needs root; finds pinhole in PINHOLE.
"""
import argparse
import collections
import ctypes
import multiprocessing
import os
import re
import signal
import sys
import time

import bed
import conversations
import rules
from bed import Blocked, Broken

WORKERS, FIRST = 4, 10          # processes; the number of the first one's addresses
SAMPLE_S = 5
WARM_UP_S = 360                 # until what closed connections leave behind runs out as fast as it comes
LIMIT_S = 5
JUDGED_MIN = 10                 # a shorter run says nothing of memory
GROWTH_KB, GROWTH_PART = 1024, 0.01
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:")
PLAN = [(name, family) for name, (helper, _) in conversations.ALL.items() for family in rules.families(helper)]


class Counts:
    """What the workers have done, in memory that all of them share."""

    def __init__(self):
        self.done = multiprocessing.RawArray(ctypes.c_uint64, len(PLAN) * WORKERS)
        self.failed = multiprocessing.RawArray(ctypes.c_uint64, len(PLAN) * WORKERS)
        self.words = multiprocessing.SimpleQueue()

    def of(self, array, k):
        return sum(array[k::len(PLAN)])


def add_addresses(place):
    for host in ("client", "server"):
        for number in range(FIRST, FIRST + WORKERS):
            place.batch(["addr add %s%d/24 brd + dev eth0" % (bed.address(host, 4)[:-1], number),
                         "addr add %s%d/64 dev eth0 nodad" % (bed.address(host, 6)[:-1], number)], place.name(host))


def policy(mode):
    """H.323 announces more than it uses, and that lives as long as the signalling in TIME_WAIT: 4096, the default, is too little. A SIP
    client's connection stays for an hour, by default: memory would grow for as long. In the kernel both are the whole machine's."""
    room = ["sysctl -w net.netfilter.nf_conntrack_expect_max=65536", "modprobe nf_conntrack_sip sip_timeout=120"]
    return (room if mode == "pinhole" else []) + rules.policy(list(rules.TABLE), whole_network=True)


def work(place, worker, rate, end, counts):
    """One process: a conversation after the other, at its part of the rate."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ends = {family: conversations.Ends(place, family, LIMIT_S, FIRST + worker) for family in (4, 6)}
    turn, due, told = worker * len(PLAN) // WORKERS, time.monotonic(), 0
    while time.monotonic() < end:
        k = turn % len(PLAN)
        name, family = PLAN[k]
        at = worker * len(PLAN) + k
        try:
            conversations.run(conversations.ALL[name][1], ends[family])
            counts.done[at] += 1
        except (Blocked, Broken, OSError) as error:
            counts.failed[at] += 1
            told += 1
            if told <= 5:
                counts.words.put("%s v%d: %s" % (name, family, error))
        turn += 1
        due += WORKERS / rate
        rest = due - time.monotonic()
        if rest > 0:
            time.sleep(rest)            # the pace, no waiting for anything


def memory_kb(pid):
    with open("/proc/%d/status" % pid) as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


def cpu_seconds(pid):
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def slope(samples):
    """kB a minute: the line nearest to the samples."""
    n = len(samples)
    mean_t, mean_y = sum(t for t, _ in samples) / n, sum(y for _, y in samples) / n
    square = sum((t - mean_t) ** 2 for t, _ in samples)
    return 60 * sum((t - mean_t) * (y - mean_y) for t, y in samples) / square if square else 0.0


def watch(wall, end, start):
    """[(seconds, kB)] until the end, or until the program is gone."""
    samples = []
    while time.monotonic() < end and (wall.process is None or wall.process.alive()):
        if wall.process is not None:
            samples.append((time.monotonic() - start, memory_kb(wall.process.pid)))
        time.sleep(max(0, min(SAMPLE_S, end - time.monotonic())))
    return samples


def soak(options, counts):
    """(samples, seconds of work, seconds of CPU, what is wrong)"""
    wrong, samples, cpu = [], [], 0.0
    with bed.Bed("soak") as place:
        add_addresses(place)
        wall = bed.Firewall(place, options.mode, policy(options.mode))
        with wall:
            start = time.monotonic()
            end = start + options.minutes * 60
            workers = [multiprocessing.Process(target=work, args=(place, n, options.rate, end, counts)) for n in range(WORKERS)]
            for worker in workers:
                worker.start()
            try:
                samples = watch(wall, end, start)
                if wall.process is not None and wall.process.alive():
                    cpu = cpu_seconds(wall.process.pid)
                elif wall.process is not None:
                    wrong.append("pinhole run ended with status %s" % wall.process.child.returncode)
            finally:
                for worker in workers:
                    worker.join(LIMIT_S * 4 if not wrong else 1)
                    worker.kill()
            wrong += finish(wall)
    return samples, options.minutes * 60, cpu, wrong


def finish(wall):
    """Ends the program in order and reads what it said."""
    if wall.process is None:
        return []
    status, text = wall.process.end(seconds=60), wall.process.text()
    wrong = ["pinhole run ended with status %s" % status] if status != 0 else []
    if SANITIZER.search(text):
        wrong.append("a sanitizer's finding:\n" + text[SANITIZER.search(text).start():][:4000])
    wall.process = None
    return wrong


def report(options, counts, result):
    samples, seconds, cpu, wrong = result
    done, failed = collections.Counter(), collections.Counter()
    for k, (name, family) in enumerate(PLAN):
        done[name, family], failed[name, family] = counts.of(counts.done, k), counts.of(counts.failed, k)
    print("%-18s %10s %10s %8s" % ("conversation", "IPv4", "IPv6", "failed"))
    for name in conversations.ALL:
        print("%-18s %10d %10s %8d" % (name, done[name, 4], done[name, 6] if (name, 6) in done else "-",
                                       failed[name, 4] + failed[name, 6]))
    total, bad = sum(done.values()), sum(failed.values())
    print("%-18s %10d in %.0f s: %.0f a second, %d failed" % ("all", total, seconds, total / seconds, bad))
    if bad:
        wrong.append("%d transfers failed" % bad)
    while not counts.words.empty():
        print("    " + counts.words.get())
    if total / seconds < options.rate * 0.95:
        wrong.append("%.0f connections a second instead of %d" % (total / seconds, options.rate))
    wrong += report_memory(options, samples, cpu, seconds)
    return wrong


def report_memory(options, samples, cpu, seconds):
    if options.mode == "kernel":
        return []
    warm = [one for one in samples if one[0] >= min(WARM_UP_S, seconds / 3)]
    if len(warm) < 2:
        return ["too few samples of memory"]
    kb, rise = [y for _, y in warm], slope(warm)
    growth = rise * (warm[-1][0] - warm[0][0]) / 60
    print("%-18s start %d kB, after warm-up (%.0f s) min %d, max %d, %+.1f kB a minute, %d samples" % (
        "memory (RSS)", samples[0][1], warm[0][0], min(kb), max(kb), rise, len(warm)))
    print("%-18s %.0f s of CPU, %.0f %% of one" % ("work", cpu, 100 * cpu / seconds))
    if options.minutes < JUDGED_MIN:
        print("                   (memory is judged from %d minutes on)" % JUDGED_MIN)
    elif growth > max(GROWTH_KB, GROWTH_PART * min(kb)):
        return ["memory grew by %.0f kB" % growth]
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--mode", choices=bed.MODES, default="pinhole")
    options = parser.parse_args()
    why = bed.missing()
    if why:
        print("skipped: %s\n0 passed, 0 failed, 1 skipped" % why)
        return 0
    counts = Counts()
    wrong = report(options, counts, soak(options, counts))
    for text in wrong:
        print("FAIL " + text)
    total = sum(counts.done)
    print("%d passed, %d failed, 0 skipped" % (total, max(sum(counts.failed), len(wrong))))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
