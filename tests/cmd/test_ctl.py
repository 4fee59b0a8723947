#!/usr/bin/env python3
"""What `pinhole ctl` says, over a server without a kernel behind it (ctl_server.c). PINHOLE names the program."""
import json
import os
import re
import socket
import subprocess
import time
import unittest

import frames
from ctl_case import CLIENT, FTP_SERVER, PINHOLE, TIME_LIMIT_S, Case, ftp, request

HOSTILE = b"x\x1b[31m\"\\\x07\xff@a"


def sip_invite():
    """A call whose name would colour a terminal."""
    sdp = b"v=0\r\no=- 1 1 IN IP4 10.20.0.2\r\ns=-\r\nc=IN IP4 10.20.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
    head = (b"INVITE sip:b@10.30.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.20.0.2:5060;branch=z9hG4bK1\r\nFrom: <sip:a@10.20.0.2>;tag=1\r\n"
            b"To: <sip:b@10.30.0.2>\r\nCall-ID: %s\r\nCSeq: 1 INVITE\r\nContact: <sip:a@10.20.0.2:5060>\r\n"
            b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % (HOSTILE, len(sdp)))
    return frames.udp(("10.20.0.2", 5060), ("10.30.0.2", 5060), head + sdp)


class Connections(Case):
    def setUp(self):
        super().setUp()
        self.serve().play(ftp() + [frames.udp(("10.20.0.3", 1000), ("10.30.0.9", 53), b"x"),
                                   frames.udp(("10.20.0.3", 1001), ("10.30.0.9", 99), b"x")])

    def test_connections_text_is_a_line_each(self):
        lines = self.text("connections").splitlines()
        self.assertEqual(lines[0], "tcp 432000 ESTABLISHED src=10.20.0.2 dst=10.30.0.2 sport=40000 dport=21 src=10.30.0.2 dst=10.20.0.2 "
                                   "sport=21 dport=40000 [ASSURED] mark=0 helper=ftp id=1")
        self.assertEqual(lines[1], "udp 600 src=10.20.0.3 dst=10.30.0.9 sport=1000 dport=53 [UNREPLIED] src=10.30.0.9 dst=10.20.0.3 "
                                   "sport=53 dport=1000 mark=0 id=2")
        self.assertEqual(len(lines), 3)

    def test_connections_json_has_the_names_of_the_reference(self):
        first = self.records("connections")[0]
        self.assertEqual((first["record"], first["ct"], first["ct_helper"], first["pstate"]), ("connection", 1, "ftp", "ESTABLISHED"))
        self.assertEqual(first["tuple"], {"src": "10.20.0.2", "dst": "10.30.0.2", "proto": 6, "sport": 40000, "dport": 21})
        self.assertEqual(first["reply"]["src"], "10.30.0.2")

    def test_connections_filters_select(self):
        for words, ids in ((["-p", "tcp"], [1]), (["--proto=udp"], [2, 3]), (["-p17"], [2, 3]), (["--helper", "ftp"], [1]), (["--helper", "sip"], []),
                           (["--src", "10.20.0.3"], [2, 3]), (["-s", "10.20.0.2/31"], [1, 2, 3]), (["-s", "10.20.0.0/31"], []),
                           (["-d", "10.30.0.9"], [2, 3]), (["-d", "::1"], []), (["-s", "0.0.0.0/0"], [1, 2, 3]),
                           (["--sport", "1001"], [3]), (["--dport", "53"], [2]), (["-p", "udp", "--dport", "21"], []), (["-p", "gre"], [])):
            self.assertEqual([record["ct"] for record in self.records("connections", *words)], ids, words)

    def test_connections_wrong_options_are_refused(self):
        for words in (["-p", "tpc"], ["-p", "256"], ["-p"], ["--src", "10.0.0"], ["--src", "10.0.0.1/33"], ["--dport", "65536"], ["--dport", "x"],
                      ["--sport="], ["--helper", "x" * 17], ["--nonsense"], ["tcp"], ["--json=1"], ["-x"]):
            self.refuses("connections", *words, what="ctl: connections: ")

    def test_connections_remaining_seconds_run_down(self):
        self.server.tell("wait 100")
        self.assertIn("udp 500 ", self.text("connections", "-p", "udp"))
        self.server.tell("wait 501")
        self.assertEqual(self.text("connections", "-p", "udp"), "")

    def test_connections_of_a_large_table_are_all_listed(self):
        self.server.tell("flood 20000")
        ids = [record["ct"] for record in self.records("connections")]
        self.assertEqual(len(ids), 20003)
        self.assertEqual(len(set(ids)), 20003)
        self.assertEqual(len(self.text("connections", "--dport", "9").splitlines()), 20000)
        self.assertEqual(len(self.text("connections", "--sport", "1024").splitlines()), 1)


class Expectations(Case):
    def test_expectations_tell_who_asked_with_which_words(self):
        self.serve().play(ftp())
        self.server.tell("wait 10")
        self.assertEqual(self.text("expectations"), "1 290s ftp: 10.30.0.2 may connect to 10.20.0.2 tcp port 51210; master 1: tcp 10.20.0.2:40000 > "
                                                    "10.30.0.2:21; asked by \"PORT 10,20,0,2,200,10\"\n")
        record = self.records("expectations")[0]
        self.assertEqual((record["expect"], record["timeout"], record["helper"], record["text"], record["master_ct"]),
                         (1, 290, "ftp", "PORT 10,20,0,2,200,10", 1))
        self.assertEqual(record["mask"]["src"], "255.255.255.255")

    def test_expectations_used_and_expired_are_gone(self):
        self.serve().play(ftp(10))
        self.assertEqual(self.records("expectations"), [])

    def test_expectations_words_of_an_attacker_are_escaped(self):
        self.serve().play([sip_invite()])
        text = self.text("expectations")
        self.assertIn(r'INVITE of call "x\x1b[31m\"\\\x07\xff@a"', text)
        self.assertTrue(text.isascii() and text.replace("\n", "").isprintable())
        calls = {record["call"] for record in self.records("expectations") if "call" in record}
        self.assertEqual(calls, {HOSTILE.decode("latin-1")})

    def test_expectations_take_no_words(self):
        self.serve()
        self.refuses("expectations", "all", what="unexpected")


class Events(Case):
    """A follower is one only when its request was read: the server then counts it."""

    def follow(self, *words, as_json=False):
        s = self.connect()
        n = self.records("stats")[0]["program"]["followers"]
        s.sendall(request("events", *words, as_json=as_json))
        deadline = time.monotonic() + TIME_LIMIT_S
        while self.records("stats")[0]["program"]["followers"] == n:
            self.assertLess(time.monotonic(), deadline)
        return s

    def heard(self, s, last):
        """What comes up to a line that `last` is in."""
        data = b""
        while last not in data.decode("utf-8", "replace"):
            more = s.recv(65536)
            self.assertTrue(more, data)
            data += more
        while not data.endswith(b"\n"):
            data += s.recv(65536)
        return "".join(json.loads(line)["out"] for line in data.splitlines()).splitlines()

    def play_all(self):
        self.server.play(ftp(10) + [frames.tcp(("10.20.0.2", 5), ("10.30.0.2", 81), "S"), frames.udp(("10.20.0.2", 5), ("10.30.0.2", 99), b"x")])

    def test_events_all_kinds_as_text(self):
        self.serve()
        s = self.follow()
        self.play_all()
        lines = self.heard(s, "[NEW] udp")
        when = "2025-11-22T20:15:03.123Z "
        self.assertTrue(all(line.startswith(when) for line in lines), lines)
        for part in ("[NEW] tcp 120 SYN_SENT src=10.20.0.2", "[UPDATE] tcp 432000 ESTABLISHED", "[EXPECT] 1 ftp: 10.30.0.2 may connect to 10.20.0.2 "
                     "tcp port 51210 for 300 s; master 1; asked by \"PORT 10,20,0,2,200,10\"", "[EXPECT END] 1 ftp: ",
                     "[DROP] eth1>eth0 tcp 10.30.0.2:20 > 10.20.0.2:51210 [S]  RELATED connection 2 original  by FORWARD policy",
                     "by FORWARD rule 5 (policy:13), answered icmp-port-unreachable",
                     "[LOG] odd: IN=eth0 OUT=eth1 SRC=10.20.0.2 DST=10.30.0.2 LEN=29 PROTO=UDP SPT=5 DPT=99"):
            self.assertTrue(any(part in line for line in lines), (part, lines))

    def test_events_all_kinds_as_json(self):
        self.serve()
        s = self.follow(as_json=True)
        self.play_all()
        records = [json.loads(line) for line in self.heard(s, r'\"proto\":17,\"sport\":5,\"dport\":99},\"reply')]
        kinds = [record["event"] for record in records]
        self.assertEqual(set(kinds), {"ct_new", "ct_update", "expect_new", "expect_destroy", "drop", "log"})
        self.assertEqual({record["time"] for record in records}, {1763842503.123})
        by_kind = dict(zip(kinds, records))
        self.assertEqual((by_kind["log"]["prefix"], by_kind["log"]["in"], by_kind["log"]["out"], by_kind["log"]["dport"]), ("odd: ", "eth0", "eth1", 99))
        self.assertEqual(by_kind["expect_destroy"]["cause"], "used")
        self.assertEqual(by_kind["drop"]["rule"]["number"], 5)

    def test_fields_of_all_records_are_documented(self):
        self.serve()
        s = self.follow(as_json=True)
        self.play_all()
        records = [json.loads(line) for line in self.heard(s, r'\"proto\":17,\"sport\":5,\"dport\":99},\"reply')]
        for words in (["connections"], ["expectations"], ["explain"], ["version"], ["reload"], ["iptables", "bad"]):
            records += [json.loads(line) for line in self.ctl("--json", *words)[1].splitlines()]
        stats = self.records("stats")[0]
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "output.md")) as file:
            documented = set(re.findall(r"[a-z_]+", file.read()))
        for record in [*records, stats, *(stats[name] for name in stats if isinstance(stats[name], dict) and name != "reasons")]:
            self.assertLessEqual(set(record), documented)

    def test_events_filters_select_kinds(self):
        self.serve()
        for words, wanted in ((["--expect"], {"expect_new", "expect_destroy"}), (["--log", "--drops"], {"log", "drop"}),
                              (["--conn"], {"ct_new", "ct_update", "ct_destroy"})):
            s = self.follow(*words, as_json=True)
            self.play_all()
            self.server.tell("wait 1000000")
            last = {"--expect": "expect_destroy", "--log": r'event\":\"log', "--conn": "ct_destroy"}[words[0]]
            self.assertLessEqual({json.loads(line)["event"] for line in self.heard(s, last)}, wanted)
            s.close()

    def test_events_a_helper_refused_are_told(self):
        self.serve()
        s = self.follow("--refused")
        foreign = frames.tcp(CLIENT, FTP_SERVER, "PA", seq=10, ack=513, payload=b"PORT 10,20,0,9,200,10\r\n")
        self.server.play(ftp(7) + [foreign])
        self.assertIn("[REFUSED] ftp: ", self.heard(s, "REFUSED")[0])

    def test_events_of_a_slow_follower_are_lost_and_counted(self):
        self.serve()
        s = self.follow("--conn", as_json=True)
        self.server.tell("flood 20000")
        lost = got = 0
        while lost + got < 20000:
            for line in self.heard(s, "\n"):
                record = json.loads(line)
                got, lost = got + (record["event"] == "ct_new"), lost + record.get("events", 0)
        self.assertGreater(lost, 0)
        self.assertEqual(lost + got, 20000)
        self.assertEqual(self.records("stats")[0]["program"]["events_lost"], lost)

    def test_events_program_prints_as_they_come_and_ends_with_the_server(self):
        self.serve()
        process = subprocess.Popen([PINHOLE, "ctl", "--control", self.server.path, "events", "--expect"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        while self.records("stats")[0]["program"]["followers"] == 0:
            self.assertIsNone(process.poll())
        self.server.play(ftp())
        self.assertIn("[EXPECT] 1", process.stdout.readline())
        self.server.stop()
        out, err = process.communicate(timeout=TIME_LIMIT_S)
        self.assertEqual((process.returncode, out), (1, ""))
        self.assertIn("went away", err)


class Explain(Case):
    def test_explain_before_any_refusal(self):
        self.serve()
        self.assertEqual(self.text("explain"), "no packet was refused yet\n")
        self.assertEqual(self.records("explain"), [])

    def test_explain_tells_rule_and_nearest_expectation(self):
        self.serve().play(ftp() + [frames.tcp(("10.30.0.2", 20), ("10.20.0.2", 51211), "S", seq=900),
                                   frames.tcp(("10.20.0.2", 5), ("10.30.0.2", 81), "S")])
        lines = self.text("explain").splitlines()
        self.assertEqual(lines[0], "1 2025-11-22T20:15:03.123Z eth1>eth0 tcp 10.30.0.2:20 > 10.20.0.2:51211 [S]  NEW connection 2 original  by FORWARD policy")
        self.assertIn("nearest, not matched: expectation 1 of connection 1 (ftp)", lines[1])
        self.assertIn("; not the destination port", lines[1])
        self.assertEqual(lines[3], "    -p tcp -m tcp --dport 81 -j REJECT --reject-with icmp-port-unreachable")
        records = self.records("explain")
        self.assertEqual(records[0]["nearest"]["differs"], ["dport"])
        self.assertEqual((records[1]["reject"], records[1]["rule"]["line"]), ("icmp-port-unreachable", 13))
        self.assertIn("--dport 81", records[1]["rule_text"])

    def test_explain_after_a_change_of_rules_tells_none_that_may_be_another(self):
        self.serve().play([frames.tcp(("10.20.0.2", 5), ("10.30.0.2", 81), "S")])
        for words in (["iptables", "-nvL"], ["iptables", "-S", "FORWARD"], ["sysctl", "a"]):
            self.text(*words)
        self.assertIn("--dport 81", self.text("explain"))
        self.text("iptables", "-D", "FORWARD", "1")
        self.assertNotIn("--dport 81", self.text("explain"))
        self.assertIn("FORWARD rule 5 (policy:13)", self.text("explain"))

    def test_explain_helper_refusal_is_told_with_its_packet(self):
        self.serve().play(ftp() + ftp(8, client=("10.20.0.2", 40001)))
        record = self.records("explain")[0]
        self.assertEqual((record["fate"], record["refused"]), ("helper", {"helper": "ftp", "cause": "clash", "text": "PORT 10,20,0,2,200,10"}))
        self.assertIn("    helper ftp opened nothing: \"PORT 10,20,0,2,200,10\": ", self.text("explain"))

    def test_explain_keeps_the_last_256_and_the_wanted_number(self):
        self.serve().play([frames.tcp(("10.20.0.2", 1 + i), ("10.30.0.2", 82), "S") for i in range(300)])
        self.assertEqual([record["n"] for record in self.records("explain", "3")], [298, 299, 300])
        self.assertEqual(len(self.records("explain")), 10)
        self.assertEqual([record["n"] for record in self.records("explain", "256")], list(range(45, 301)))

    def test_explain_looks_at_expectations_a_bounded_number_of_times(self):
        self.serve().play(ftp() + [frames.tcp(("10.20.0.2", 1 + i), ("10.30.0.2", 82), "S") for i in range(256)])
        nearest = [record["nearest"] for record in self.records("explain", "256")]
        self.assertEqual([isinstance(one, dict) for one in nearest], [True] * 200 + [False] * 56)
        self.assertEqual(nearest[-1], "not-looked")
        self.assertIn("too many packets at once", self.text("explain"))

    def test_explain_wrong_numbers_are_refused(self):
        self.serve()
        for word in ("0", "257", "x", "99999999999999999999999", "-1", ""):
            self.refuses("explain", word)


class Changes(Case):
    """What follows iptables and the like reaches the policy untouched."""

    def setUp(self):
        super().setUp()
        self.serve()

    def test_edit_words_are_passed_untouched(self):
        for words in (["iptables", "-h"], ["iptables", "--help"], ["ip6tables", "-A", "FORWARD", "--json", "", "a b", "\"", "\u00e4"], ["sysctl", "-w", "a=b"],
                      ["modprobe", "--version", "--control", "x"]):
            self.assertEqual(self.text(*words), "".join(word + "\n" for word in words))

    def test_edit_exit_codes_are_those_of_iptables(self):
        self.assertEqual(self.ctl("iptables", "-C", "x"), (1, "iptables\n-C\nx\n", "iptables: Bad rule\n"))
        self.assertEqual(self.ctl("iptables", "gone"), (1, "iptables\ngone\n", "iptables: no such rule\n"))
        self.assertEqual(self.ctl("iptables", "bad"), (2, "iptables\nbad\n", "iptables: warning: a warning with \\x1b[31m\niptables: bad: is bad\n"))
        self.assertEqual(self.ctl("iptables", "odd"), (1, "iptables\nodd\n", "iptables: out of memory\n"))

    def test_edit_json_is_one_record(self):
        status, out, err = self.ctl("--json", "iptables", "bad")
        record = json.loads(out)
        self.assertEqual((status, err, record["exit"], record["text"]), (2, "", 2, "iptables\nbad\n"))
        self.assertEqual([message["severity"] for message in record["messages"]], ["warning", "error"])

    def test_edit_long_answers_arrive_whole_up_to_a_limit(self):
        self.server.tell("huge 100000")
        self.assertEqual(len(self.text("iptables", "-S")), 100000 * 16 + len("iptables\n-S\n"))
        self.server.tell("huge 600000")
        status, out, err = self.ctl("iptables", "-S")
        self.assertEqual((status, len(out)), (1, 8 << 20))
        self.assertIn("cut off", err)

    def test_edit_word_that_is_no_utf8_is_refused_by_the_program(self):
        done = subprocess.run([PINHOLE, "ctl", "--control", self.server.path, "iptables", b"\xff"], stderr=subprocess.PIPE, timeout=TIME_LIMIT_S)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"UTF-8", done.stderr)

    def test_reload_tells_errors_by_file_and_line(self):
        self.assertEqual(self.text("reload"), "")
        with open(os.path.join(self.folder, "policy"), "a") as out:
            out.write("iptables -A NOWHERE -j\n")
        status, out, err = self.ctl("reload")
        self.assertEqual((status, out), (2, ""))
        self.assertRegex(err, r"^policy:14:\d+: error: ")
        record = json.loads(self.ctl("--json", "reload")[1])
        self.assertEqual((record["exit"], record["messages"][0]["line"]), (2, 14))
        self.assertEqual((self.records("stats")[0]["program"]["reloads"], self.records("stats")[0]["program"]["reloads_failed"]), (1, 2))


class Stats(Case):
    def test_stats_json_is_one_object(self):
        self.serve().play(ftp(10))
        self.server.tell("wait 90061")
        record = self.records("stats")[0]
        self.assertEqual((record["record"], record["uptime"], record["policy"]), ("stats", 90061, ["policy"]))
        self.assertEqual((record["engine"]["packets"], record["engine"]["expectations_used"], record["verdicts"]["dropped"]), (10, 1, 1))
        self.assertEqual((record["queues"]["packets"], record["queues"]["kernel_dropped"]), (17, 3))

    def test_stats_text_has_the_same_numbers(self):
        self.serve().play(ftp(10))
        self.server.tell("wait 90061")
        text = self.text("stats")
        self.assertIn("up 1 days 01:01:01, since 2025-11-22T20:15:03.123Z\npolicy policy\n", text)
        self.assertRegex(text, r"(?m)^  packets +10$")
        self.assertRegex(text, r"(?m)^  kernel dropped +3$")

    def test_version_is_that_of_the_program(self):
        self.serve()
        version = subprocess.run([PINHOLE, "--version"], stdout=subprocess.PIPE, text=True, timeout=TIME_LIMIT_S).stdout
        self.assertEqual(self.text("version"), version)
        self.assertEqual(self.records("version")[0]["version"], version.split()[1])


class Usage(Case):
    def test_verb_unknown_suggests_the_nearest(self):
        self.serve()
        self.refuses("conections", what="did you mean 'connections'")
        self.refuses("xyzzy", what="is no verb")

    def test_program_without_a_server_says_so(self):
        done = subprocess.run([PINHOLE, "ctl", "--control", os.path.join(self.folder, "none"), "stats"], stderr=subprocess.PIPE, text=True,
                              timeout=TIME_LIMIT_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn("nobody answers", done.stderr)

    def test_program_with_standard_output_closed_fails_and_says_nothing_to_the_server(self):
        self.serve()
        done = subprocess.run([PINHOLE, "ctl", "--control", self.server.path, "stats"], stderr=subprocess.PIPE, timeout=TIME_LIMIT_S,
                              preexec_fn=lambda: os.close(1))
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)

    def test_program_wrong_usage_ends_with_2(self):
        for words in ([], ["--nonsense"], ["--control"], ["--control", "", "stats"], ["--control", "x" * 200, "stats"]):
            done = subprocess.run([PINHOLE, "ctl", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIME_LIMIT_S)
            self.assertIn(done.returncode, (1, 2), words)
            self.assertEqual(done.stdout, b"")

    def test_program_help_needs_no_server(self):
        for words in (["help", "ctl"], ["ctl", "--help"], ["ctl", "connections", "--help"]):
            done = subprocess.run([PINHOLE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIME_LIMIT_S)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith("Usage: pinhole ctl"))
            self.assertTrue(all(len(line) <= 120 for line in done.stdout.splitlines()))

    def test_program_refuses_an_answer_of_something_else(self):
        path = os.path.join(self.folder, "other")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()
        for answer, what in ((b"HTTP/1.1 400\r\n", b"cannot be understood"), (b"{\"out\":\"x\"}\n", b"went away"), (b"", b"went away")):
            process = subprocess.Popen([PINHOLE, "ctl", "--control", path, "stats"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            s, _ = listener.accept()
            s.recv(4096)
            s.sendall(answer)
            s.close()
            _, err = process.communicate(timeout=TIME_LIMIT_S)
            self.assertEqual(process.returncode, 1)
            self.assertIn(what, err)


if __name__ == "__main__":
    unittest.main()
