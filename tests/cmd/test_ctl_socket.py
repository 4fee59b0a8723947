#!/usr/bin/env python3
"""The control socket: what comes by it may be anything, and not everybody may. PINHOLE names the program."""
import json
import os
import pwd
import signal
import socket
import stat
import subprocess
import time
import unittest

from ctl_case import PINHOLE, SERVER, TIME_LIMIT_S, Case, Server, answers, request

CLIENTS = 32                    # at once
REQUEST = 65536                 # bytes at most


class Requests(Case):
    """What comes by the socket may be anything."""

    def setUp(self):
        super().setUp()
        self.serve()

    def test_request_that_is_none_is_refused_and_the_server_lives(self):
        for line in (b"", b"x", b"{}", b"[]", b"null", b"{\"args\":[]}", b"{\"args\":[1]}", b"{\"args\":\"stats\"}", b"{\"args\":[\"stats\"],\"json\":1}",
                     b"{\"args\":[\"stats\"],\"more\":1}", b"{\"args\":[\"stats\"],\"args\":[\"version\"]}", b"{\"args\":[\"st\\u0000ats\"]}", b"\xff\xfe\0",
                     b"{\"args\":[\"\xff\"]}", b"[" * 60000, b"{\"args\":[" + b"\"a\"," * 1025 + b"\"a\"]}", b"{\"args\":[\"stats\"]} x"):
            got = self.ask(line + b"\n")
            self.assertEqual(got[-1], {"exit": 2}, line[:40])
            self.assertIn("no request", got[0]["err"])
        self.is_alive()

    def test_request_too_long_is_refused(self):
        got = self.ask(b"x" * REQUEST)
        self.assertEqual(got[-1], {"exit": 2})
        self.assertIn("at most", got[0]["err"])
        words = ["iptables", "x" * (REQUEST - 100)]
        self.assertEqual(self.ask(request(*words))[-1], {"exit": 0})
        self.is_alive()

    def test_request_in_single_bytes_is_taken(self):
        s = self.connect()
        for byte in request("version"):
            s.sendall(bytes([byte]))
        self.assertEqual(answers(s)[-1], {"exit": 0})

    def test_request_half_and_gone_leaves_nothing(self):
        for cut in (0, 1, 10):
            s = self.connect()
            s.sendall(request("version")[:cut])
            s.close()
        s = self.connect()
        s.sendall(b"{\"args\"")
        s.shutdown(socket.SHUT_WR)
        self.assertEqual(answers(s), [])
        self.assertEqual(self.records("stats")[0]["program"]["clients"], 1)

    def test_request_with_end_of_input_behind_it_is_answered(self):
        self.server.tell("flood 3000")
        s = self.connect()
        s.sendall(request("connections"))
        s.shutdown(socket.SHUT_WR)
        got = answers(s)
        self.assertEqual(got[-1], {"exit": 0})
        self.assertEqual(sum(line.get("out", "").count("\n") for line in got), 3000)

    def test_request_second_one_on_a_connection_is_not_read(self):
        got = self.ask(request("version") + request("stats") + b"\0" * 10000)
        self.assertEqual([list(line) for line in got], [["out"], ["exit"]])
        self.is_alive()

    def test_client_gone_in_the_middle_of_a_listing_leaves_nothing(self):
        self.server.tell("flood 20000")
        s = self.connect()
        s.sendall(request("connections"))
        s.recv(1000)
        s.close()
        deadline = time.monotonic() + TIME_LIMIT_S
        while self.records("stats")[0]["program"]["clients"] != 1:
            self.assertLess(time.monotonic(), deadline)

    def test_clients_beyond_the_limit_are_turned_away(self):
        idle = [self.connect() for _ in range(CLIENTS)]
        status, out, err = self.ctl("version")
        self.assertEqual((status, out, err), (1, "", "pinhole: too many clients at once\n"))
        idle.pop().close()
        self.is_alive()

    def pages(self):
        with open("/proc/%d/statm" % self.server.process.pid) as statm:
            return int(statm.read().split()[1])

    def test_client_that_never_reads_gives_way_after_a_while(self):
        self.server.tell("flood 50000")
        before = self.pages()
        stuck = [self.connect() for _ in range(CLIENTS)]
        for s in stuck:
            s.sendall(request("connections", as_json=True))
        deadline = time.monotonic() + TIME_LIMIT_S
        while self.ctl("version")[0] != 1:
            self.assertLess(time.monotonic(), deadline)
        # Who still fills its socket has done something just now.
        while self.ctl("version")[0] != 0:
            self.assertLess(time.monotonic(), deadline)
            self.server.tell("wait 11")
        # The lists have 14 MB each; what waits of them is far less.
        self.assertLess((self.pages() - before) * os.sysconf("SC_PAGE_SIZE"), 32 << 20)

    def test_follower_that_never_reads_gives_way_and_a_silent_one_stays(self):
        silent = self.connect()
        silent.sendall(request("events", "--refused"))
        stuck = [self.connect() for _ in range(CLIENTS - 1)]
        for s in stuck:
            s.sendall(request("events", "--conn"))
        self.assertEqual(self.ctl("version")[0], 1)
        self.server.tell("flood 20000")
        deadline = time.monotonic() + TIME_LIMIT_S
        while self.ctl("version")[0] != 0:
            self.assertLess(time.monotonic(), deadline)
            self.server.tell("wait 11")
        silent.setblocking(False)
        self.assertRaises(BlockingIOError, silent.recv, 1)

    def test_server_answers_others_while_one_lists(self):
        self.server.tell("flood 50000")
        slow = self.connect()
        slow.sendall(request("connections"))
        self.is_alive()
        self.assertEqual(answers(slow)[-1], {"exit": 0})


class Socket(Case):
    def test_socket_is_for_its_owner_only(self):
        self.serve()
        self.assertEqual(stat.S_IMODE(os.stat(self.server.path).st_mode), 0o600)

    def test_socket_goes_with_the_server(self):
        self.serve().stop()
        self.assertFalse(os.path.exists(self.server.path))

    def test_socket_left_behind_is_replaced(self):
        first = self.serve()
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        first.process.stdin.close()
        first.process.stdout.close()
        first.process.stderr.close()
        self.assertTrue(os.path.exists(first.path))
        self.serve()
        self.is_alive()

    def test_socket_that_answers_is_refused(self):
        first = self.serve()
        second = Server(self, self.folder)
        self.assertFalse(second.ready)
        self.assertIn("another pinhole answers", second.stop()[1])
        self.server = first
        self.is_alive()

    def test_socket_path_of_another_file_is_refused_and_left(self):
        path = os.path.join(self.folder, "s")
        with open(path, "w") as out:
            out.write("mine")
        server = Server(self, self.folder)
        self.assertFalse(server.ready)
        self.assertIn("no socket", server.stop()[1])
        with open(path) as kept:
            self.assertEqual(kept.read(), "mine")

    def test_socket_folder_that_is_missing_is_made(self):
        inner = os.path.join(self.folder, "inner")
        process = subprocess.Popen([SERVER, os.path.join(inner, "s"), "/dev/null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "ready\n")
        self.assertEqual(stat.S_IMODE(os.stat(inner).st_mode), 0o755)
        process.communicate(timeout=TIME_LIMIT_S)

    def test_socket_strangers_are_turned_away(self):
        if os.geteuid() != 0:
            self.skipTest("needs root to become somebody else")
        self.serve()
        os.chmod(self.folder, 0o755)
        os.chmod(self.server.path, 0o666)
        nobody = pwd.getpwnam("nobody").pw_uid
        code = ("import os,socket,sys\nos.setuid(%d)\ns=socket.socket(socket.AF_UNIX)\ns.connect(%r)\n"
                "print(s.recv(1000).decode())" % (nobody, self.server.path))
        got = subprocess.run(["python3", "-c", code], stdout=subprocess.PIPE, text=True, timeout=TIME_LIMIT_S).stdout
        self.assertEqual(got.splitlines()[:2], ['{"err":"pinhole: only root may ask\\n"}', '{"exit":1}'])
        self.assertEqual(self.records("stats")[0]["program"]["clients_turned_away"], 1)


if __name__ == "__main__":
    unittest.main()
