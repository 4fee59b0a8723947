#!/usr/bin/env python3
"""Runs captures through pinhole and compares each record with the kernel's.

  compare_golden.py [--golden FOLDER] [--pinhole PROGRAM] [--verbose] [--expect goldens=N,records=N] [NAME...]

Without names: every golden of the folder. A difference is a failure unless tests/compare/differences.json lists it
(docs/differences.md says the same in prose); a row of that file that no longer differs is a failure, too. Fields that a
golden's header calls "left_out" are not compared.
"""
import argparse
import collections
import itertools
import json
import os
import sys

import golden
import replay

HERE = os.path.dirname(os.path.abspath(__file__))
LISTED_SHARE_MAX = 0.001        # of all records, however well explained

PACKET = ("dir", "forwarded", "fate", "state", "ctdir", "ct", "status", "helper", "ct_helper", "pstate", "timeout",
          "expects", "fix")
EVENT = {
    "ct_new": ("ct", "tuple", "reply", "status", "ct_helper", "pstate", "timeout", "master_ct", "master"),
    "ct_update": ("ct", "status", "ct_helper", "pstate", "timeout"),
    "ct_destroy": ("ct",),
    "expect_new": ("expect", "helper", "class", "flags", "timeout", "master_ct", "master", "tuple", "mask"),
    "expect_destroy": ("expect", "helper", "class", "flags", "master_ct", "master", "tuple", "mask"),
}
SUMMARY = ("frames", "replayed", "forwarded", "hairpin", "skipped", "states", "fates", "expectations")
Difference = collections.namedtuple("Difference", "golden n at record field kernel ours")


def by_frame(records):
    """{n: [packet line, its events...]}; the summary stands under n = 0."""
    frames = collections.defaultdict(list)
    for record in records:
        frames[record.get("n", 0)].append(record)
    return frames


def kind_of(record):
    return "none" if record is None else record.get("event") or ("skip" if "skip" in record else "packet")


def fields_of(record):
    kind = kind_of(record)
    return {"packet": PACKET, "skip": ("skip",), "summary": SUMMARY}.get(kind) or EVENT.get(kind, ())


class Comparison:
    """Adds up over goldens: records and fields compared, different."""

    def __init__(self):
        self.records = self.goldens = 0
        self.compared, self.differing = collections.Counter(), collections.Counter()

    def record(self, where, kernel, ours, left_out):
        """The differences of one pair of records; one of them may be None. where: golden, frame, place in the frame."""
        self.records += 1
        if kind_of(kernel) != kind_of(ours):
            self.differing["record"] += 1
            return [Difference(*where, kind_of(kernel), "record", kernel, ours)]
        out = []
        for field in fields_of(kernel):
            if field in left_out:
                continue
            self.compared[field] += 1
            # A field that is absent says something else than null.
            a, b = kernel.get(field, "(absent)"), ours.get(field, "(absent)")
            if a != b:
                self.differing[field] += 1
                out.append(Difference(*where, kind_of(kernel), field, a, b))
        return out

    def golden(self, name, kernel, ours):
        """The differences of one golden, the summary first, then in frame order."""
        # Fields that whoever made the golden could not find out.
        left_out = set(kernel[0].get("left_out", ()))
        self.goldens += 1
        a, b = by_frame(kernel[1:]), by_frame(ours[1:])
        out = []
        for n in sorted(set(a) | set(b)):
            for at, pair in enumerate(itertools.zip_longest(a[n], b[n])):
                out += self.record((name, n, at), *pair, left_out)
        return out


def read_listed(path, kind="goldens"):
    """The rows of differences.json about goldens or scenarios."""
    with open(path) as file:
        return json.load(file)[kind]


def is_listed(row, difference):
    return (row["golden"] == difference.golden and difference.field in row["fields"] and
            (row["frames"] is None or difference.n in row["frames"]))


def split(differences, listed):
    """(those that no row explains, those that one does, rows used)"""
    unexplained, explained, used = [], [], set()
    for difference in differences:
        rows = [i for i, row in enumerate(listed) if is_listed(row, difference)]
        used.update(rows)
        (explained if rows else unexplained).append(difference)
    return unexplained, explained, used


def show(differences, limit):
    for difference in differences[:limit]:
        print("    frame %d %s %s: kernel %s, here %s" % (
            difference.n, difference.record, difference.field, json.dumps(difference.kernel), json.dumps(difference.ours)))
    if len(differences) > limit:
        print("    and %d more" % (len(differences) - limit))


def touched(differences):
    """How many records differ: a record with two fields is one."""
    return len({(difference.golden, difference.n, difference.at) for difference in differences})


def chosen(folder, names):
    if names:
        return [name if os.path.exists(os.path.join(folder, name)) else name + ".gz" for name in names]
    return golden.names(folder)


def report(comparison, unexplained, explained, failed):
    """Prints the totals."""
    print("%-12s %10s %10s" % ("field", "compared", "different"))
    for field, count in comparison.compared.most_common():
        print("%-12s %10d %10d" % (field, count, comparison.differing[field]))
    print("%-12s %10d %10d" % ("record kind", comparison.records, comparison.differing["record"]))
    listed = touched(explained)
    print("%d goldens, %d records compared: %d differ, %d of them listed (%.3f %%)" % (
        comparison.goldens, comparison.records, touched(unexplained) + listed, listed,
        100 * listed / max(1, comparison.records)))
    print("%d passed, %d failed, 0 skipped" % (max(0, comparison.goldens - failed), failed))


def arguments():
    parser = argparse.ArgumentParser(description="compares pinhole with what a kernel made of captures")
    parser.add_argument("--golden", default=os.path.join(HERE, "../data/golden"))
    parser.add_argument("--pinhole", default=os.environ.get("PINHOLE", "build/pinhole"))
    parser.add_argument("--differences", default=os.path.join(HERE, "differences.json"))
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--expect", default="", help="goldens=N,records=N: counts that must come out")
    parser.add_argument("names", nargs="*")
    return parser.parse_args()


def unexpected(text, comparison):
    """Counts that are not what they should be: a comparison of nothing must not pass."""
    for item in filter(None, text.split(",")):
        key, _, value = item.partition("=")
        if getattr(comparison, key, 0) != int(value):
            yield "%s: %d expected, %d compared" % (key, int(value), getattr(comparison, key, 0))


def stale(listed, used, compared):
    """Rows of the list that explain nothing any more."""
    for i, row in enumerate(listed):
        if row["golden"] in compared and i not in used:
            yield "listed, but does not differ: %s of %s" % (row["id"], row["golden"])


def one(comparison, options, name):
    """The differences of one golden; running it included."""
    path = os.path.join(options.golden, name)
    kernel = golden.read(path)
    ours = replay.records(options.pinhole, golden.policy(kernel[0]), [golden.capture_of(options.golden, name)],
                          ("--clock", "frozen", "--profile", "kernel", "--count", str(kernel[0]["frames"])))
    return comparison.golden(name.removesuffix(".gz"), kernel, ours)


def main():
    options = arguments()
    listed = read_listed(options.differences)
    comparison = Comparison()
    names = chosen(options.golden, options.names)
    failed, all_unexplained, all_explained, all_used = 0, [], [], set()
    for name in names:
        try:
            unexplained, explained, used = split(one(comparison, options, name), listed)
        except (replay.ReplayError, OSError) as error:
            print("FAIL %s: %s" % (name, error))
            comparison.goldens += 1
            failed += 1
            continue
        if unexplained or options.verbose:
            print("%s %s: %d differences" % ("FAIL" if unexplained else "ok  ", name, len(unexplained)))
            show(unexplained, 1000 if options.verbose else 10)
        failed += bool(unexplained)
        all_unexplained += unexplained
        all_explained += explained
        all_used |= used
    wrong = list(unexpected(options.expect, comparison))
    wrong += stale(listed, all_used, {name.removesuffix(".gz") for name in names})
    if touched(all_explained) > LISTED_SHARE_MAX * comparison.records:
        wrong.append("more than %.1f %% of the records differ" % (100 * LISTED_SHARE_MAX))
    print("".join("FAIL %s\n" % text for text in wrong), end="")
    report(comparison, all_unexplained, all_explained, failed + len(wrong))
    return 1 if failed or wrong or not names else 0


if __name__ == "__main__":
    sys.exit(main())
