#!/usr/bin/env python3
"""Runs scenarios recorded on both sides of a firewall through pinhole and compares with what its kernel said.

  compare_captures.py [--captures FOLDER]... [--pinhole PROGRAM] [--expect scenarios=N,...] [NAME...]

Without --captures: every folder of tests/data/captures. NAME: "protocol/scenario".
Of each scenario: the state of each frame, which frames were not forwarded, every expectation made and destroyed, and
every event of the connections with its TCP state and timeout.
"""
import argparse
import collections
import difflib
import glob
import ipaddress
import os
import sys

import compare_golden
import replay
import scenario

HERE = os.path.dirname(os.path.abspath(__file__))
LETTER = {"NEW": "N", "ESTABLISHED": "E", "RELATED": "R", "INVALID": "I", None: "-"}
KIND = {"ct_new": "NEW", "ct_update": "UPDATE", "ct_destroy": "DESTROY", "expect_new": "NEW", "expect_destroy": "DESTROY"}


def address(text):
    return str(ipaddress.ip_address(text))


def flat(tuple_):
    """A tuple of our records in the order scenarios have it."""
    return [tuple_["proto"], address(tuple_["src"]), address(tuple_["dst"]), tuple_.get("sport", 0), tuple_.get("dport", 0)]


def same_text(tuple_):
    """A recorded tuple with addresses spelt the one way; those of masks and masters come without a protocol."""
    return [address(item) if isinstance(item, str) else item for item in tuple_]


def our_interfaces(records):
    """{name of a capture file: its interface}, as the header says."""
    return {item["capture"]: item["iface"] for item in records[0].get("captures", [])} if records else {}


def letter_of(record, on_host):
    """What the recording says of such a frame: a state only where a filter saw it as it came. on_host: recorded on the
    one interface of a host, where what it sends itself is filtered, too."""
    if "skip" in record:
        return "." if record["skip"] == "copy" else "?"
    if record["fate"] == "fragment" or "fragments" in record:
        return "f"
    if record["fate"] in ("ttl", "route") or (record["fate"] == "local" and not on_host):
        return "-"
    return "." if record["dir"].startswith("f") and not on_host else LETTER.get(record["state"], "?")


def stays_on_link(record):
    """Neighbour discovery, which nothing tracks or routes on: recordings do not list it among what was not forwarded."""
    return record["fate"] == "route" and record["state"] == "UNTRACKED"


def our_states(records, frames):
    """{interface: a letter a frame}, '?' where no record came; and [[interface, frame], ...] that did not pass."""
    letters = {iface: ["?"] * count for iface, count in frames.items()}
    interfaces, stopped = our_interfaces(records), []
    interfaces.setdefault(None, next(iter(frames)))         # records do not name the file where there is but one
    for record in records:
        if "n" not in record or "event" in record:
            continue
        iface = interfaces.get(record.get("file"))
        if record["n"] > frames.get(iface, 0):
            raise replay.ReplayError("there is no frame %d of %s" % (record["n"], iface))
        letters[iface][record["n"] - 1] = letter_of(record, len(frames) == 1)
        if "skip" not in record and record["fate"] not in ("forwarded", "local", "sent", "fragment") and not stays_on_link(record):
            stopped.append([iface, record["n"]])
    return {iface: "".join(row) for iface, row in letters.items()}, sorted(stopped)


def our_expectations(records):
    """Expectation events in the form of scenario.expectation; the seconds left when one ends are not compared."""
    for record in records:
        if record.get("event") in ("expect_new", "expect_destroy"):
            kind, mask, master = KIND[record["event"]], record["mask"], record["master"]
            yield [kind, record["timeout"] if kind == "NEW" else None, flat(record["tuple"]), flat(mask)[1:],
                   record["class"], record["helper"], flat(master)[1:]]


def kernel_expectations(recorded):
    for kind, seconds, tuple_, mask, class_, helper, master in recorded["expectations"]:
        yield [kind, seconds if kind == "NEW" else None, same_text(tuple_), same_text(mask), class_, helper,
               same_text(master)]


def flags_of(status):
    """The words the kernel's tool prints for status bits."""
    bits = status.split("|")
    return (["ASSURED"] if "ASSURED" in bits else []) + ([] if "SEEN_REPLY" in bits else ["UNREPLIED"])


def our_connections(records):
    """Connection events in the form of scenario.connection; of an end only which connection it was."""
    tuples = {}
    for record in records:
        if record.get("event") not in ("ct_new", "ct_update", "ct_destroy"):
            continue
        kind = KIND[record["event"]]
        if kind == "NEW":
            tuples[record["ct"]] = [flat(record["tuple"]), flat(record["reply"])]
        pair = tuples.get(record["ct"], [None, None])
        if kind == "DESTROY":
            yield [kind, *pair]
        else:
            yield [kind, record["timeout"], record["pstate"], flags_of(record["status"]), *pair, record["ct_helper"]]


def kernel_connections(recorded):
    for kind, seconds, state, flags, original, reply, helper in recorded["connections"]:
        pair = [same_text(original), same_text(reply)]
        yield [kind, *pair] if kind == "DESTROY" else [kind, seconds, state, flags, *pair, helper]


class Result:
    """What differs in one scenario, as lines; and how much was compared."""

    def __init__(self):
        self.lines, self.counts = [], collections.Counter()

    def states(self, recorded, records):
        ours, stopped = our_states(records, recorded["frames"])
        for iface, want in sorted(recorded["state_of_each_frame"].items()):
            self.counts["frames"] += len(want)
            for n, (a, b) in enumerate(zip(want, ours[iface]), 1):
                if a != b:
                    self.lines.append("frame %d on %s: state %s, here %s" % (n, iface, a, b))
        want = sorted(map(list, recorded["not_forwarded"]))
        self.counts["not_forwarded"] += len(want)
        self.lines += ["frame %d on %s passed, in the kernel it did not" % (n, i) for i, n in want if [i, n] not in stopped]
        self.lines += ["frame %d on %s did not pass, in the kernel it did" % (n, i) for i, n in stopped if [i, n] not in want]

    def events(self, what, kernel, ours):
        kernel, ours = [str(event) for event in kernel], [str(event) for event in ours]
        self.counts[what] += len(kernel)
        self.lines += ["%s %s" % (what, line) for line in difflib.unified_diff(kernel, ours, "kernel", "here", n=0, lineterm="")
                       if line[0] in "+-" and line[:3] not in ("+++", "---")]


def compare(recorded, records):
    """The Result of one scenario."""
    result = Result()
    result.states(recorded, records)
    result.events("expectations", kernel_expectations(recorded), our_expectations(records))
    result.events("connections", kernel_connections(recorded), our_connections(records))
    return result


def without_listed(name, lines, listed):
    """The differing lines that tests/compare/differences.json does not explain, and rows of it that explain nothing."""
    lines = list(lines)
    for row in listed:
        for line in row["lines"] if row["scenario"] == name else ():
            if line in lines:
                lines.remove(line)
            else:
                lines.append("listed as %s, but does not differ: %s" % (row["id"], line))
    return lines


def arguments():
    parser = argparse.ArgumentParser(description="compares pinhole with what a firewall's kernel said")
    parser.add_argument("--captures", action="append", default=[])
    parser.add_argument("--pinhole", default=os.environ.get("PINHOLE", "build/pinhole"))
    parser.add_argument("--differences", default=os.path.join(HERE, "differences.json"))
    parser.add_argument("--expect", default="", help="scenarios=N,frames=N,...: counts that must come out")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    options.captures = options.captures or sorted(path for path in glob.glob(os.path.join(HERE, "../data/captures/*")))
    return options


def chosen(options):
    """(folder, name, "protocol/name") of each scenario that is to be run."""
    for folder in options.captures:
        for name in scenario.names(folder):
            full = "%s/%s" % (os.path.basename(os.path.normpath(folder)), name)
            if not options.names or full in options.names:
                yield folder, name, full


def one(options, folder, name):
    """The Result of one scenario; running it included."""
    recorded = scenario.load(folder, name)
    captures = [(iface, scenario.capture(folder, name, iface)) for iface in sorted(recorded["frames"])]
    policy = scenario.policy(recorded, scenario.topology(folder, name))
    return compare(recorded, replay.records(options.pinhole, policy, captures))


def main():
    options = arguments()
    listed = compare_golden.read_listed(options.differences, "scenarios")
    counts, failed = collections.Counter(), 0
    for folder, name, full in chosen(options):
        counts["scenarios"] += 1
        try:
            result = one(options, folder, name)
        except (replay.ReplayError, OSError, KeyError) as error:
            print("FAIL %s: %s" % (full, error))
            failed += 1
            continue
        counts += result.counts
        lines = without_listed(full, result.lines, listed)
        if lines:
            failed += 1
            print("FAIL %s: %d differences" % (full, len(lines)))
            print("".join("    %s\n" % line for line in lines[:20]), end="")
    wrong = list(compare_golden.unexpected(options.expect, argparse.Namespace(**counts)))
    print("".join("FAIL %s\n" % text for text in wrong), end="")
    print(", ".join("%d %s" % (count, what) for what, count in counts.items()))
    print("%d passed, %d failed, 0 skipped" % (counts["scenarios"] - failed, failed + len(wrong)))
    return 1 if failed or wrong or not counts["scenarios"] else 0


if __name__ == "__main__":
    sys.exit(main())
