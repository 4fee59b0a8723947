#!/usr/bin/env python3
"""The comparisons themselves: equal records pass, each doctored record is found, nothing compares with nothing."""
import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import compare_captures  # noqa: E402
import compare_golden  # noqa: E402
import golden  # noqa: E402
import replay  # noqa: E402
import scenario  # noqa: E402

GOLDENS = os.path.join(HERE, "../data/golden")
CAPTURES = os.path.join(HERE, "../data/captures/ftp")
PORT = "crafted__ftp-port.pcap.jsonl"


def kernel(name):
    return golden.read(os.path.join(GOLDENS, name + ".gz"))


def differences(name, ours):
    comparison = compare_golden.Comparison()
    return comparison, comparison.golden(name, kernel(name), ours)


def doctored_value(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return [] if isinstance(value, (list, dict)) else "doctored"


class Golden(unittest.TestCase):
    def test_every_golden_equals_itself(self):
        for name in golden.names(GOLDENS):
            name = name.removesuffix(".gz")
            with self.subTest(golden=name):
                comparison, found = differences(name, kernel(name))
                self.assertEqual(found, [])
                self.assertEqual(comparison.goldens, 1)
                self.assertGreater(comparison.records, 0)

    def test_every_field_of_every_record_is_compared(self):
        original = kernel(PORT)
        for i, record in enumerate(original[1:], 1):
            for field in compare_golden.fields_of(record):
                ours = copy.deepcopy(original)
                ours[i][field] = doctored_value(record.get(field))
                with self.subTest(record=i, field=field):
                    self.assertTrue(differences(PORT, ours)[1])

    def test_a_record_too_few_or_too_many_is_found(self):
        original = kernel(PORT)
        for i in range(1, len(original)):
            with self.subTest(record=i):
                self.assertTrue(differences(PORT, original[:i] + original[i + 1:])[1])
                self.assertTrue(differences(PORT, original[:i] + [original[i]] + original[i:])[1])

    def test_no_output_differs_in_every_record(self):
        comparison, found = differences(PORT, [])
        self.assertEqual(compare_golden.touched(found), comparison.records)

    def test_absent_is_not_null(self):
        ours = kernel(PORT)
        del ours[1]["helper"]
        self.assertEqual([d.field for d in differences(PORT, ours)[1]], ["helper"])

    def test_wording_and_fields_of_our_own_are_not_compared(self):
        ours = kernel(PORT)
        for record in ours:
            record.update(why="other words", reason="x", changed="00", out="eth1")
        self.assertEqual(differences(PORT, ours)[1], [])

    def test_fields_that_the_golden_leaves_out_are_not_compared(self):
        stored = kernel(PORT)
        stored[0]["left_out"] = ["timeout", "states"]
        ours = kernel(PORT)
        for record in ours:
            record.update(timeout=1, states={})
        self.assertEqual(compare_golden.Comparison().golden(PORT, stored, ours), [])
        ours[1]["state"] = "INVALID"
        self.assertEqual(len(compare_golden.Comparison().golden(PORT, stored, ours)), 1)


class Listed(unittest.TestCase):
    ROW = {"id": "x", "golden": PORT, "frames": [3], "fields": ["timeout"]}

    def split(self, row):
        ours = kernel(PORT)
        for record in ours:
            if record.get("n") == 3 and "event" not in record:
                record["timeout"] = 1
        return compare_golden.split(differences(PORT, ours)[1], [row])

    def test_a_row_explains_its_own_difference_only(self):
        self.assertEqual([len(part) for part in self.split(self.ROW)], [0, 1, 1])
        for change in ({"frames": [4]}, {"fields": ["state"]}, {"golden": "other"}):
            with self.subTest(change=change):
                self.assertEqual([len(part) for part in self.split({**self.ROW, **change})], [1, 0, 0])

    def test_a_row_that_explains_nothing_is_stale(self):
        self.assertEqual(len(list(compare_golden.stale([self.ROW], set(), {PORT}))), 1)
        self.assertEqual(len(list(compare_golden.stale([self.ROW], {0}, {PORT}))), 0)

    def test_every_listed_row_is_complete_and_in_the_document(self):
        with open(os.path.join(HERE, "../../docs/differences.md")) as file:
            document = file.read()
        for row in compare_golden.read_listed(os.path.join(HERE, "differences.json")):
            self.assertEqual(set(row), {"id", "golden", "frames", "fields", "cause", "right", "reproduce"})
            self.assertIn("`%s`" % row["id"], document)
        for row in compare_golden.read_listed(os.path.join(HERE, "differences.json"), "scenarios"):
            self.assertEqual(set(row), {"id", "scenario", "lines", "cause", "right", "reproduce"})
            self.assertIn("`%s`" % row["id"], document)


class Program(unittest.TestCase):
    """compare_golden.py as a whole, with a program that repeats the golden."""

    def run_compare(self, body, *options):
        with tempfile.TemporaryDirectory() as folder:
            fake = os.path.join(folder, "fake")
            with open(fake, "w") as out:
                out.write("#!%s\nimport gzip, sys\n%s\n" % (sys.executable, body))
            os.chmod(fake, 0o755)
            done = subprocess.run([sys.executable, os.path.join(HERE, "compare_golden.py"), "--pinhole", fake, *options, PORT],
                                  stdout=subprocess.PIPE, text=True)
            return done.returncode, done.stdout

    def echo(self):
        return "sys.stdout.write(gzip.open(%r, 'rt').read())" % os.path.join(os.path.abspath(GOLDENS), PORT + ".gz")

    def test_equal_output_passes(self):
        status, output = self.run_compare(self.echo(), "--expect", "goldens=1")
        self.assertEqual((status, output.splitlines()[-1]), (0, "1 passed, 0 failed, 0 skipped"), output)

    def test_wrong_counts_fail(self):
        self.assertEqual(self.run_compare(self.echo(), "--expect", "goldens=2")[0], 1)

    def test_a_program_that_fails_or_prints_nonsense_fails(self):
        for body in ("sys.exit(2)", "print('no json')", ""):
            with self.subTest(body=body):
                self.assertEqual(self.run_compare(body)[0], 1)


def as_records(recorded):
    """Records that say exactly what a scenario recorded."""
    states = {letter: state for state, letter in compare_captures.LETTER.items()}
    stopped = [tuple(item) for item in recorded["not_forwarded"]]

    def named(values):
        return {"proto": 6, **dict(zip(("src", "dst", "sport", "dport"), values[-4:]))}

    yield {"oracle": 1, "captures": [{"iface": iface, "capture": iface + ".pcap"} for iface in recorded["frames"]]}
    for iface, letters in recorded["state_of_each_frame"].items():
        for n, letter in enumerate(letters, 1):
            if letter == ".":
                yield {"n": n, "skip": "copy", "file": iface + ".pcap"}
            else:
                yield {"n": n, "dir": "l2r", "state": states[letter], "fate": "rule" if (iface, n) in stopped else "forwarded",
                       "file": iface + ".pcap"}
    for kind, seconds, expected, mask, class_, helper, master in recorded["expectations"]:
        yield {"n": 1, "event": "expect_new" if kind == "NEW" else "expect_destroy", "timeout": seconds, "class": class_,
               "helper": helper, "tuple": named(expected), "mask": named(mask), "master": named(master)}
    numbers = {}
    for kind, seconds, state, flags, original, reply, helper in recorded["connections"]:
        status = [bit for bit in ("ASSURED",) if bit in flags] + ([] if "UNREPLIED" in flags else ["SEEN_REPLY"])
        if kind == "NEW":
            numbers[str(original)] = len(numbers) + 1
        record = {"n": 1, "event": {"NEW": "ct_new", "UPDATE": "ct_update", "DESTROY": "ct_destroy"}[kind],
                  "ct": numbers[str(original)], "timeout": seconds, "pstate": state, "status": "|".join(status),
                  "ct_helper": helper}
        if kind == "NEW":
            record.update(tuple=named(original), reply=named(reply))
        yield record


class Captures(unittest.TestCase):
    def test_every_scenario_equals_itself(self):
        for name in scenario.names(CAPTURES):
            with self.subTest(scenario=name):
                recorded = scenario.load(CAPTURES, name)
                self.assertEqual(compare_captures.compare(recorded, list(as_records(recorded))).lines, [])

    def test_each_doctored_record_is_found(self):
        recorded = scenario.load(CAPTURES, "two-pasv-v4")
        original = list(as_records(recorded))
        for i, record in enumerate(original):
            for field in ("state", "fate", "timeout", "tuple", "mask", "master", "class", "pstate", "skip"):
                ends = record.get("event", "").endswith("_destroy")
                if field not in record or (ends and field in ("timeout", "pstate")):
                    continue
                ours = copy.deepcopy(original)
                if field in ("tuple", "mask", "master"):
                    ours[i][field]["dport"] += 1
                else:
                    other = {"state": "INVALID", "skip": "not-ip", "fate": {"forwarded": "rule", "rule": "forwarded"}}.get(field)
                    ours[i][field] = (other[record[field]] if field == "fate" else other) or doctored_value(record[field])
                with self.subTest(record=json.dumps(record), field=field):
                    self.assertTrue(compare_captures.compare(recorded, ours).lines)

    def test_a_missing_record_is_found(self):
        recorded = scenario.load(CAPTURES, "two-pasv-v4")
        original = list(as_records(recorded))
        for i in range(1, len(original)):
            with self.subTest(record=json.dumps(original[i])):
                self.assertTrue(compare_captures.compare(recorded, original[:i] + original[i + 1:]).lines)

    def test_a_listed_line_is_taken_out_once_and_a_stale_one_is_found(self):
        rows = [{"id": "x", "scenario": "s", "lines": ["a", "gone"]}]
        self.assertEqual(compare_captures.without_listed("s", ["a", "b", "a"], rows),
                         ["b", "a", "listed as x, but does not differ: gone"])
        self.assertEqual(compare_captures.without_listed("other", ["a"], rows), ["a"])

    def test_frames_of_a_capture_nobody_named_are_an_error(self):
        recorded = scenario.load(CAPTURES, "two-pasv-v4")
        with self.assertRaises(replay.ReplayError):
            compare_captures.compare(recorded, list(as_records(recorded))[1:])


if __name__ == "__main__":
    unittest.main()
