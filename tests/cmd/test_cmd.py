#!/usr/bin/env python3
"""The program from outside: what it prints, where, and how it ends. PINHOLE names it."""
import collections
import json
import os
import re
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

import frames

PINHOLE = os.path.abspath(os.environ.get("PINHOLE", "build/pinhole"))
TIME_LIMIT_S = 60

TOPOLOGY = """\
ip link add eth0
ip link add eth1
ip addr add 10.20.0.1/24 dev eth0
ip addr add 10.30.0.1/24 dev eth1
"""
FTP = TOPOLOGY + """\
iptables -t raw -A PREROUTING -p tcp -d 10.30.0.2 --dport 21 -j CT --helper ftp
iptables -P FORWARD DROP
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
iptables -A FORWARD -i eth0 -o eth1 -p tcp -d 10.30.0.2 --dport 21 -m conntrack --ctstate NEW -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate RELATED -m helper --helper ftp -p tcp --dport 1024: -j ACCEPT
"""
Result = collections.namedtuple("Result", "status out err")


class Case(unittest.TestCase):
    """A folder of its own for each test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as out:
            out.write(content.encode() if isinstance(content, str) else content)
        return path

    def run_pinhole(self, *words, stdin=b""):
        done = subprocess.run([PINHOLE, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIME_LIMIT_S, cwd=self.folder)
        self.assertGreaterEqual(done.returncode, 0, done.stderr.decode("utf-8", "replace"))
        return Result(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace"))

    def replay(self, *words, policy=FTP, stdin=b""):
        """Without advice: what it says is another matter, see class Advice."""
        self.file("policy", policy)
        return self.run_pinhole("replay", "--no-advice", "-p", "policy", *words, stdin=stdin)

    def records(self, *words, policy=FTP, stdin=b""):
        result = self.replay(*words, "--json", "-", policy=policy, stdin=stdin)
        self.assertEqual(result.err, "")
        self.assertEqual(result.status, 0)
        return [json.loads(line) for line in result.out.splitlines()]

    def ftp_capture(self):
        return self.file("ftp.pcap", frames.pcap([(when, packet) for when, _, packet in frames.ftp_session()]))

    def both_sides(self, delay=0.0001):
        sides = frames.two_sides(frames.ftp_session(), delay)
        return ["%s=%s" % (name, self.file(name + ".pcap", frames.pcap(side))) for name, side in sorted(sides.items())]


def packets(records):
    return [record for record in records if "n" in record and "event" not in record]


class Usage(Case):
    def test_no_command_shows_the_overview_as_an_error(self):
        result = self.run_pinhole()
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertIn("replay", result.err)

    def test_help_and_version_go_to_standard_output(self):
        for words in (["--help"], ["help"], ["help", "replay"], ["check", "--help"], ["helpers", "--help"]):
            result = self.run_pinhole(*words)
            self.assertEqual((result.status, result.err), (0, ""), words)
            self.assertTrue(result.out.startswith("Usage: pinhole"), words)
        self.assertRegex(self.run_pinhole("--version").out, r"^pinhole \d+\.\d+\.\d+\n$")

    def test_help_lines_fit_a_terminal(self):
        for command in ("replay", "check", "helpers"):
            for line in self.run_pinhole("help", command).out.splitlines():
                self.assertLessEqual(len(line), 120)

    def test_mistyped_command_suggests_the_nearest(self):
        result = self.run_pinhole("repaly")
        self.assertEqual(result.status, 2)
        self.assertIn("did you mean 'replay'", result.err)
        self.assertNotIn("did you mean", self.run_pinhole("xyzzy").err)

    def test_wrong_options_end_with_2_and_say_where_help_is(self):
        for words in (["replay", "--nonsense", "x"], ["check"], ["check", "-x", "f"], ["helpers", "a", "b"], ["replay"],
                      ["replay", "a.pcap", "b.pcap"], ["replay", "eth0=a.pcap", "b.pcap"], ["replay", "--count", "0", "x"],
                      ["replay", "--count", "3x", "x"], ["replay", "--clock", "sun", "x"], ["replay", "--profile", "lax", "x"],
                      ["replay", "--packets", "--json", "-", "x"], ["replay", "eth0=-", "eth1=-"]):
            result = self.run_pinhole(*words)
            self.assertEqual((result.status, result.out), (2, ""), words)
            self.assertIn("pinhole help", result.err, words)

    def test_profile_strict_says_that_it_does_not_exist_yet(self):
        result = self.run_pinhole("replay", "--profile", "strict", "x.pcap")
        self.assertEqual(result.status, 2)
        self.assertIn("does not exist yet", result.err)

    def test_unwritable_standard_output_is_trouble(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PINHOLE, "--help"], stdout=full, stderr=subprocess.PIPE, timeout=TIME_LIMIT_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)


class Check(Case):
    def test_rules_come_back_in_save_form(self):
        result = self.run_pinhole("check", "--no-advice", self.file("p", FTP))
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("*raw\n", result.out)
        self.assertIn(":FORWARD DROP [0:0]\n", result.out)
        self.assertIn("-A PREROUTING -d 10.30.0.2/32 -p tcp -m tcp --dport 21 -j CT --helper ftp\n", result.out)

    def test_printed_policy_loads_and_prints_the_same(self):
        once = self.run_pinhole("check", self.file("p", FTP)).out
        again = self.run_pinhole("check", self.file("p.v4", once))
        self.assertEqual((again.status, again.err), (0, ""))

        def rules(text):
            return [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(rules(again.out), rules(once))

    def test_stats_count_and_find_what_no_packet_reaches(self):
        rules = ("*filter\n:FORWARD DROP [0:0]\n:a - [0:0]\n:b - [0:0]\n-A FORWARD -p tcp -m limit --limit 1/s -j a\n"
                 "-A FORWARD -j ACCEPT\n-A FORWARD -p udp -j b\n-A a -j LOG\nCOMMIT\n")
        result = self.run_pinhole("check", "-4", "--stats", self.file("rules", rules))
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("table        filter: 4 rules in 3 built-in and 2 other chains\n", result.out)
        self.assertRegex(result.out, r"unreachable  filter FORWARD rule 3 \(.*rules:7\): rule 2 takes every packet\n")
        self.assertIn("unreachable  filter chain b, 0 rules: nothing leads to it\n", result.out)
        self.assertIn("match        limit: 1\n", result.out)
        self.assertNotIn("-A FORWARD", result.out)

    def test_noflush_adds_a_save_file_to_another(self):
        before = self.file("before.rules", "*filter\n:user - [0:0]\n-A INPUT -p tcp -j user\n-A INPUT -j later\nCOMMIT\n")
        user = self.file("user.rules", "*filter\n:later - [0:0]\n-A user -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n")
        result = self.run_pinhole("check", "-4", "--noflush", before, user)
        self.assertEqual((result.status, result.err), (0, ""))
        for rule in ("-A INPUT -p tcp -j user\n", "-A INPUT -j later\n", "-A user -p tcp -m tcp --dport 22 -j ACCEPT\n"):
            self.assertIn(rule, result.out)

    def test_unknown_match_is_an_error_that_names_near_ones_or_is_kept(self):
        policy = self.file("policy", "iptables -A FORWARD -m conntrak --ctstate NEW ! --x \"a b\" -j ACCEPT\n")
        result = self.run_pinhole("check", policy)
        self.assertEqual(result.status, 2)
        self.assertIn("1:24: error: conntrak: no such match over IPv4; did you mean conntrack, connmark?\n", result.err)
        result = self.run_pinhole("check", "--lenient", policy)
        self.assertEqual(result.status, 0)
        self.assertIn("-A FORWARD -m conntrak --ctstate NEW ! --x \"a b\" -j ACCEPT\n", result.out)
        again = self.run_pinhole("check", "-4", "--lenient", self.file("saved", result.out))
        self.assertEqual(again.out, result.out)

    def test_standard_input_is_a_policy(self):
        result = self.run_pinhole("check", "-", stdin=FTP.encode())
        self.assertEqual(result.status, 0)
        self.assertIn("-j CT --helper ftp", result.out)

    def test_five_errors_are_all_reported_with_positions(self):
        wrong = ["iptables -A FORWARD -p tcp --dport 99999 -j ACCEPT", "iptables -A FORWARD -m nosuchmatch -j ACCEPT",
                 "iptables -A FORWARD -s 10.0.0.300 -j ACCEPT", "iptables -A FORWARD -m conntrack --ctstate OPEN -j ACCEPT",
                 "iptables -t raw -A PREROUTING -p tcp -j CT --helper nosuch"]
        result = self.run_pinhole("check", self.file("p", "\n".join(["iptables -P FORWARD DROP"] + wrong) + "\n"))
        self.assertEqual((result.status, result.out), (2, ""))
        lines = sorted(int(line) for line in re.findall(r"^\S*p:(\d+):\d+: error: ", result.err, re.M))
        self.assertEqual(lines, [2, 3, 4, 5, 6])
        self.assertIn("5 errors\n", result.err)

    def test_unknown_helper_names_those_there_are(self):
        result = self.run_pinhole("check", self.file("p", "iptables -t raw -A PREROUTING -p tcp -j CT --helper nosuch\n"))
        self.assertEqual(result.status, 2)
        self.assertIn("ftp", result.err)

    def test_files_that_cannot_be_read_say_why(self):
        for name, why in (("missing", "No such file"), (".", "is a directory")):
            result = self.run_pinhole("check", name)
            self.assertEqual(result.status, 2)
            self.assertIn("%s: error: " % name, result.err)
            self.assertIn(why, result.err)

    def test_several_unreadable_files_are_all_named(self):
        result = self.run_pinhole("check", "one", "two")
        self.assertIn("one: error:", result.err)
        self.assertIn("two: error:", result.err)


class Helpers(Case):
    def test_list_has_ftp_with_its_port(self):
        result = self.run_pinhole("helpers")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertRegex(result.out, r"(?m)^ftp +nf_conntrack_ftp +tcp +IPv4, IPv6 +21 +loose=0")

    def test_one_shows_its_contract(self):
        result = self.run_pinhole("helpers", "ftp")
        self.assertIn("loose=1", result.out)
        self.assertIn("payload", result.out)

    def test_policy_changes_the_values_shown(self):
        self.file("p", "modprobe nf_conntrack_ftp loose=1\n")
        self.assertIn("loose=1 (default 0)", self.run_pinhole("helpers", "-p", "p", "ftp").out)

    def test_ports_of_a_module_make_the_names_shown(self):
        self.file("p", "modprobe nf_conntrack_tftp ports=69,1069\nmodprobe nf_conntrack_irc ports=0\n")
        self.assertIn("names       tftp (port 69), tftp-1 (port 1069)\n", self.run_pinhole("helpers", "-p", "p", "tftp").out)
        self.assertIn("names       irc-0\n", self.run_pinhole("helpers", "-p", "p", "irc").out)
        self.assertRegex(self.run_pinhole("helpers", "-p", "p").out, r"(?m)^tftp .* ports=69,1069$")

    def test_fixed_port_and_word_of_an_option_are_shown(self):
        self.assertRegex(self.run_pinhole("helpers", "netbios-ns").out, r"subnet +fixed, 137 +peer +fixed")
        self.assertIn("ts_algo=kmp  text search", self.run_pinhole("helpers", "amanda").out)

    def test_unknown_name_suggests_and_lists(self):
        result = self.run_pinhole("helpers", "fpt")
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertIn("did you mean 'ftp'", result.err)

    def test_json_is_a_line_a_helper(self):
        rows = [json.loads(line) for line in self.run_pinhole("helpers", "--json", "-").out.splitlines()]
        ftp = [row for row in rows if row["helper"] == "ftp"][0]
        self.assertTrue(ftp["ipv6"] and ftp["port"] == 21 and ftp["may_open"])
        self.assertGreater(len(rows), 10)


class Advice(Case):
    """What a sound policy leaves open is said by both commands, and changes nothing else."""
    OPEN = TOPOLOGY + "iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT\n"
    RELATED = "policy:5:10: warning: FORWARD: RELATED is accepted without -m helper"
    SOURCES = "pinhole: warning: IPv4: packets with forged source addresses may come in by eth0, eth1: "

    def setUp(self):
        super().setUp()
        self.file("policy", self.OPEN)

    def test_both_commands_say_it_once(self):
        for words in ("check", "policy"), ("replay", "-p", "policy", self.ftp_capture()):
            result = self.run_pinhole(*words)
            self.assertEqual(result.status, 0)
            self.assertEqual([line[:len(start)] for line, start in zip(result.err.splitlines(), (self.RELATED, self.SOURCES))],
                             [self.RELATED, self.SOURCES])
            self.assertEqual(result.err.count("warning: "), 2)

    def test_report_counts_it_and_json_is_silent(self):
        self.assertIn("(2 warnings, see above)", self.run_pinhole("replay", "-p", "policy", self.ftp_capture()).out)
        self.assertNotIn("RELATED is", self.run_pinhole("replay", "-p", "policy", "--json", "-", self.ftp_capture()).out)

    def test_no_advice_silences_it_and_nothing_else(self):
        for words in ("check", "policy"), ("replay", "-p", "policy", self.ftp_capture()):
            self.assertEqual(self.run_pinhole(*words, "--no-advice").err, "")
        self.file("policy", "echo 1 > /proc/sys/net/netfilter/nf_conntrack_helper\n")
        self.assertIn("nf_conntrack_helper=1", self.run_pinhole("check", "--no-advice", "policy").err)

    def test_policy_with_errors_gets_none(self):
        self.file("policy", self.OPEN + "iptables -A FORWARD -j NOWHERE\n")
        result = self.run_pinhole("check", "policy")
        self.assertEqual(result.status, 2)
        self.assertNotIn("warning", result.err)


class Text(Case):
    def test_pinhole_is_told_from_words_to_use(self):
        result = self.replay(self.ftp_capture())
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("ftp: 10.30.0.2 may connect to 10.20.0.2 tcp port 51210\n", result.out)
        self.assertIn("opened by packet 8, connection 1: tcp 10.20.0.2:40000 > 10.30.0.2:21\n", result.out)
        self.assertIn('with the words "PORT 10,20,0,2,200,10"\n', result.out)
        self.assertIn("used by packet 10, connection 2: tcp 10.30.0.2:20 > 10.20.0.2:51210, which passed\n", result.out)

    def test_interfaces_by_route_are_said_to_prove_nothing(self):
        self.assertIn("mean nothing here", self.replay(self.ftp_capture()).out)
        self.assertNotIn("mean nothing here", self.replay(*self.both_sides()).out)

    def test_drops_are_grouped_by_rule_with_an_example(self):
        noise = [(i, frames.udp(("10.20.0.2", 5000), ("10.30.0.2", 53), b"x", ident=i)) for i in range(3)]
        result = self.replay(self.file("n.pcap", frames.pcap(noise)))
        self.assertRegex(result.out, r"(?m)^ +3  FORWARD policy \(3 NEW\)\n +packet 1: udp 10.20.0.2:5000 > 10.30.0.2:53 1 bytes$")

    def test_a_rule_that_drops_is_named_with_its_line(self):
        noise = [(0, frames.udp(("10.20.0.2", 5000), ("10.30.0.2", 53), b"x"))]
        policy = TOPOLOGY + "iptables -A FORWARD -p udp -j DROP\n"
        result = self.replay(self.file("n.pcap", frames.pcap(noise)), policy=policy)
        self.assertIn("FORWARD rule 1 (policy:5)", result.out)

    def test_packets_has_a_line_for_each(self):
        result = self.replay(self.ftp_capture(), "--packets")
        lines = re.findall(r"(?m)^ +\d+ +\d+\.\d{6}  eth.>eth.  tcp .*$", result.out)
        self.assertEqual(len(lines), 12)
        self.assertIn("[P.] 23 bytes  ESTABLISHED connection 1 original  forwarded", lines[7])
        self.assertIn("RELATED connection 2 original (ftp)  forwarded", lines[9])

    def test_explain_shows_each_rule_and_the_first_test_that_failed(self):
        result = self.replay(self.ftp_capture(), "--explain", "10")
        self.assertIn("FORWARD rule 2 (policy:8): no, -d\n", result.out)
        self.assertIn("FORWARD rule 3 (policy:9): MATCHES\n", result.out)
        self.assertIn("matches expectation 1 of connection 1 (ftp): ", result.out)

    def test_explain_names_the_nearest_expectation_and_what_differs(self):
        frames_sent = [(w, p) for w, _, p in frames.ftp_session()[:9]]
        frames_sent.append((1, frames.tcp(("10.30.0.2", 20), ("10.20.0.2", 51211), "S", seq=1)))
        result = self.replay(self.file("c.pcap", frames.pcap(frames_sent)), "--explain", "10")
        self.assertIn("nearest, not matched: expectation 1 of connection 1 (ftp): ", result.out)
        self.assertIn("; not the destination port\n", result.out)

    def test_counters_are_those_of_the_packets(self):
        result = self.replay(self.ftp_capture(), "--counters")
        self.assertRegex(result.out, r"(?m)^\[1:\d+\] -A FORWARD -p tcp -m conntrack --ctstate RELATED ")
        self.assertNotIn("Capture", result.out)

    def test_a_verdict_that_nobody_can_know_is_told_so(self):
        noise = [(0, frames.udp(("10.20.0.2", 5000), ("10.30.0.2", 53), b"x"))]
        capture = self.file("n.pcap", frames.pcap(noise))
        policy = TOPOLOGY + "iptables -A FORWARD -p tcp -m frob -j DROP\niptables -A FORWARD -m frob -j DROP\n"
        result = self.replay(capture, "--lenient", "--packets", policy=policy)
        self.assertIn("forwarded  cannot know: depends on FORWARD rule 2 (policy:6)\n", result.out)
        self.assertRegex(result.out, r"(?m)^ +1  FORWARD rule 2 \(policy:6\), first packet 1; if it does not match: 1 passed, 0 dropped$")
        packet = json.loads(self.replay(capture, "--lenient", "--json", "-", policy=policy).out.splitlines()[1])
        self.assertIs(packet["uncertain"], True)
        self.assertEqual((packet["uncertain_rule"]["chain"], packet["uncertain_rule"]["number"]), ("FORWARD", 2))

    def test_payload_is_shown_without_controls(self):
        session = frames.ftp_session()[:7]
        client, server = ("10.20.0.2", 40000), ("10.30.0.2", 21)
        words = b"PORT 10,20,0,9,1\x1b[31m,1\r\n"
        session.append((0.07, True, frames.tcp(client, server, "PA", seq=10, ack=513, payload=words)))
        result = self.replay(self.file("c.pcap", frames.pcap([(w, p) for w, _, p in session])), "--packets")
        self.assertNotIn("\x1b", result.out)

    def test_same_input_gives_same_bytes(self):
        words = self.both_sides()
        self.assertEqual(self.replay("--packets", *words), self.replay("--packets", *words))
        self.assertEqual(self.replay("--json", "-", *words), self.replay("--json", "-", *words))

    def test_no_policy_is_noted_and_accepts_everything(self):
        result = self.run_pinhole("replay", self.ftp_capture())
        self.assertEqual(result.status, 0)
        self.assertIn("note: no policy", result.err)
        self.assertIn("12 processed: 12 forwarded", result.out)

    def test_options_may_follow_the_capture(self):
        self.file("policy", FTP)
        result = self.run_pinhole("replay", self.ftp_capture(), "-p", "policy", "--count", "3")
        self.assertIn("3 processed", result.out)


class Damage(Case):
    def test_truncated_capture_is_reported_up_to_the_damage(self):
        path = self.ftp_capture()
        whole = self.replay(path)
        with open(path, "rb") as file:
            cut = self.file("cut.pcap", file.read()[:-5])
        result = self.replay(cut)
        self.assertEqual(result.status, 1)
        self.assertIn("frame 12 cannot be read", result.err)
        self.assertIn("the 11 frames before it were processed", result.err)
        self.assertIn("11 processed", result.out)
        self.assertIn("Damaged ", result.out)
        self.assertEqual(whole.out.count("used by packet"), result.out.count("used by packet"))

    def test_what_is_no_capture_is_refused(self):
        for name, content, why in (("text", "hello, I am no capture at all\n", "not a capture"), ("empty", "", "not a capture"),
                                   ("zip.gz", b"\x1f\x8b\x08" + b"\0" * 40, "gunzip")):
            result = self.replay(self.file(name, content))
            self.assertEqual((result.status, result.out), (2, ""), name)
            self.assertIn(why, result.err)
        result = self.replay("missing.pcap")
        self.assertEqual(result.status, 2)
        self.assertIn("missing.pcap: error: cannot be opened: No such file or directory", result.err)
        self.assertIn("is a directory", self.replay(".").err)

    def test_policy_with_errors_runs_nothing(self):
        result = self.replay(self.ftp_capture(), policy="iptables -A NOSUCH -j ACCEPT\n")
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertIn("1 error\n", result.err)

    def test_capture_cut_anywhere_never_crashes(self):
        with open(self.ftp_capture(), "rb") as file:
            data = file.read()
        for size in range(0, len(data), 37):
            self.assertIn(self.replay(self.file("cut.pcap", data[:size])).status, (0, 1, 2))

    def test_unwritable_json_is_said(self):
        result = self.replay(self.ftp_capture(), "--json", "/dev/full")
        self.assertEqual(result.status, 1)
        self.assertIn("/dev/full: could not be written: No space left", result.err)
        result = self.replay(self.ftp_capture(), "--json", "missing/x.jsonl")
        self.assertEqual((result.status, result.out), (2, ""))


class Interfaces(Case):
    def test_copies_are_skipped_and_states_are_those_of_one_pass(self):
        rows = self.records(*self.both_sides())
        lines = packets(rows)
        self.assertEqual(len(lines), 24)
        self.assertEqual(sum(row.get("skip") == "copy" for row in lines), 12)
        alone = [row["state"] for row in packets(self.records(self.ftp_capture()))]
        self.assertEqual([row["state"] for row in lines if "skip" not in row], alone)
        self.assertEqual(rows[-1]["skipped"], {"copy": 12})
        self.assertEqual({row["file"] for row in lines}, {"eth0.pcap", "eth1.pcap"})

    def test_copy_more_than_a_second_later_is_a_packet(self):
        rows = self.records(*self.both_sides(delay=1.5))
        self.assertFalse(any(row.get("skip") for row in packets(rows)))

    def test_equal_packets_pair_one_to_one(self):
        packet = frames.udp(("10.20.0.2", 5000), ("10.30.0.2", 53), b"same")
        left = [(i / 1000, packet) for i in range(4)]
        right = [(i / 1000 + 0.0001, frames.lower(packet)) for i in range(3)]
        words = ["eth0=" + self.file("a.pcap", frames.pcap(left)), "eth1=" + self.file("b.pcap", frames.pcap(right))]
        rows = packets(self.records(*words, policy=TOPOLOGY))
        self.assertEqual(sum(row.get("skip") == "copy" for row in rows), 3)

    def test_same_packet_on_the_same_interface_is_no_copy(self):
        packet = frames.udp(("10.20.0.2", 5000), ("10.30.0.2", 53), b"same")
        words = ["eth0=" + self.file("a.pcap", frames.pcap([(0, packet), (0.1, frames.lower(packet))]))]
        self.assertFalse(any(row.get("skip") for row in packets(self.records(*words, policy=TOPOLOGY))))

    def test_copy_of_a_packet_dropped_here_is_counted(self):
        packet = frames.udp(("10.20.0.2", 5000), ("10.30.0.2", 53), b"x")
        words = ["eth0=" + self.file("a.pcap", frames.pcap([(0, packet)])),
                 "eth1=" + self.file("b.pcap", frames.pcap([(0.001, frames.lower(packet))]))]
        self.assertIn("1 of them of packets that this policy drops", self.replay(*words).out)

    def test_hop_limit_1_is_mended_only_away_from_the_firewall(self):
        packet = frames.udp(("10.20.0.2", 5000), ("10.30.0.2", 53), b"x", ttl=1)
        path = self.file("a.pcap", frames.pcap([(0, packet)]))
        alone = packets(self.records(path, policy=TOPOLOGY))[0]
        self.assertEqual((alone["fate"], alone["fix"]), ("forwarded", ["ttl"]))
        there = packets(self.records("eth0=" + path, policy=TOPOLOGY))[0]
        self.assertEqual((there["fate"], there.get("fix")), ("ttl", None))

    def test_unknown_interface_is_an_error_that_lists_them(self):
        result = self.replay("eth2=" + self.ftp_capture())
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertIn("'eth2' is no interface of the policy, which has eth0 eth1", result.err)

    def test_pcapng_names_of_both_interfaces_are_used(self):
        sides = frames.two_sides(frames.ftp_session())
        mixed = sorted((when, i, packet) for i, name in enumerate(("eth1", "eth0")) for when, packet in sides[name])
        path = self.file("both.pcapng", frames.pcapng(["eth1", "eth0"], [(i, when, packet) for when, i, packet in mixed]))
        rows = self.records(path)
        self.assertEqual(rows[0]["interfaces"], "capture")
        self.assertEqual(rows[-1]["skipped"], {"copy": 12})
        self.assertEqual((packets(rows)[0]["in"], packets(rows)[0]["out"]), ("eth0", "eth1"))

    def test_pcapng_with_foreign_or_single_name_goes_by_route(self):
        session = [(0, when, packet) for when, _, packet in frames.ftp_session()]
        for names in (["eth0"], ["en0", "en1"]):
            rows = self.records(self.file("x.pcapng", frames.pcapng(names, session)))
            self.assertEqual(rows[0]["interfaces"], "route")
            self.assertEqual(packets(rows)[1]["in"], "eth1")

    def test_a_file_whose_name_has_an_equals_sign_is_a_capture(self):
        with open(self.ftp_capture(), "rb") as file:
            self.file("a=b.pcap", file.read())
        self.assertEqual(len(packets(self.records("a=b.pcap"))), 12)


class Json(Case):
    ORDER = "n dir forwarded fate state ctdir ct status helper ct_helper pstate timeout expects fix in out".split()

    def test_keys_come_in_the_order_of_the_reference(self):
        for row in packets(self.records(self.ftp_capture())):
            self.assertEqual(list(row), [key for key in self.ORDER if key in row])

    def test_expectation_events_follow_their_packets(self):
        rows = self.records(self.ftp_capture())
        new = next(i for i, row in enumerate(rows) if row.get("event") == "expect_new")
        self.assertEqual((rows[new - 1]["n"], rows[new]["n"]), (8, 8))
        self.assertEqual(rows[new]["tuple"], {"src": "10.30.0.2", "dst": "10.20.0.2", "proto": 6, "sport": 0, "dport": 51210})
        self.assertEqual(rows[new]["mask"], {"src": "255.255.255.255", "dst": "255.255.255.255", "proto": 6, "sport": 0, "dport": 65535})
        self.assertEqual(rows[new]["text"], "PORT 10,20,0,2,200,10")
        end = next(row for row in rows if row.get("event") == "expect_destroy")
        self.assertEqual((end["n"], end["cause"]), (10, "used"))
        self.assertEqual(rows[-1]["expectations"], {"ftp": 1})

    def test_header_counts_frames_and_says_when_capped(self):
        head = self.records(self.ftp_capture())[0]
        self.assertEqual((head["oracle"], head["capture"], head["frames"], head["capped"]), (1, "ftp.pcap", 12, False))
        rows = self.records(self.ftp_capture(), "--count", "5")
        self.assertEqual((rows[0]["frames"], rows[0]["capped"], rows[-1]["frames"]), (5, True, 5))

    def test_standard_input_gives_the_same_packets(self):
        path = self.ftp_capture()
        with open(path, "rb") as file:
            piped = self.records("-", stdin=file.read())
        self.assertIsNone(piped[0]["frames"])
        self.assertEqual(piped[1:], self.records(path)[1:])

    def test_a_named_pipe_is_read_once(self):
        path = os.path.join(self.folder, "pipe")
        os.mkfifo(path)
        self.assertTrue(stat.S_ISFIFO(os.stat(path).st_mode))
        feed = subprocess.Popen([sys.executable, "-c", "import sys, shutil; shutil.copyfileobj(open(sys.argv[1], 'rb'), "
                                 "open(sys.argv[2], 'wb'))", self.ftp_capture(), path])
        rows = self.records(path)
        self.assertEqual(feed.wait(TIME_LIMIT_S), 0)
        self.assertEqual(len(packets(rows)), 12)

    def test_frozen_clock_lets_no_timer_run_out(self):
        packet = frames.udp(("10.20.0.2", 5000), ("10.30.0.2", 53), b"x")
        path = self.file("u.pcap", frames.pcap([(0, packet), (100, packet)]))
        moving = self.records(path, policy=TOPOLOGY)
        frozen = self.records(path, "--clock", "frozen", policy=TOPOLOGY)
        self.assertEqual([row["ct"] for row in packets(moving)], [1, 2])
        self.assertEqual([row["ct"] for row in packets(frozen)], [1, 1])
        self.assertEqual([row["cause"] for row in moving if row.get("event") == "ct_destroy"], ["expired"])

    def test_wrong_checksums_are_mended_unless_told_not_to(self):
        packet = bytearray(frames.ftp_session()[0][2])
        packet[36] ^= 0xff
        path = self.file("bad.pcap", frames.pcap([(0, bytes(packet))]))
        mended = packets(self.records(path))[0]
        self.assertEqual((mended["state"], mended["fix"]), ("NEW", ["l4sum"]))
        kept = packets(self.records(path, "--no-fix-checksums"))[0]
        self.assertEqual((kept["state"], kept.get("fix"), kept["reason"]), ("INVALID", None, "checksum"))

    def test_frames_that_are_no_packets_are_skipped_with_a_reason(self):
        arp = b"\xff" * 6 + b"\2" * 6 + b"\x08\x06" + b"\0" * 28
        path = self.file("arp.pcap", frames.pcap([(0, arp)], link=1))
        self.assertEqual(packets(self.records(path)), [{"n": 1, "skip": "not-ip"}])

    def test_link_type_nobody_knows_warns_and_skips(self):
        path = self.file("w.pcap", frames.pcap([(0, b"\0" * 60)], link=105))
        result = self.replay(path)
        self.assertEqual(result.status, 0)
        self.assertIn("w.pcap: warning: link type 105", result.err)
        self.assertIn("1 frame: not-ip", result.out)

    def test_file_names_of_any_bytes_give_json(self):
        name = os.fsencode(self.folder) + b"/\xff\"\\\n.pcap"
        with open(name, "wb") as out:
            out.write(frames.pcap([]))
        self.file("policy", FTP)
        done = subprocess.run([PINHOLE, "replay", "--no-advice", "-p", "policy", "--json", "-", name], stdout=subprocess.PIPE,
                              cwd=self.folder, timeout=TIME_LIMIT_S)
        head = json.loads(done.stdout.decode("utf-8").splitlines()[0])
        self.assertEqual(head["capture"], "\xff\"\\\n.pcap")

    def test_oversized_time_does_not_upset_anything(self):
        data = bytearray(frames.pcap([(0, frames.udp(("10.20.0.2", 1), ("10.30.0.2", 2)))] * 2))
        struct.pack_into("<II", data, 24, 0xffffffff, 0xffffffff)
        self.assertIn(self.replay(self.file("t.pcap", bytes(data))).status, (0, 1))


if __name__ == "__main__":
    unittest.main()
