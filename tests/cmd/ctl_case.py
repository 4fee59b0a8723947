"""A server of the control socket without a kernel behind it (ctl_server.c), and how to ask it."""
import json
import os
import socket
import subprocess
import tempfile
import unittest

import frames

PINHOLE = os.path.abspath(os.environ.get("PINHOLE", "build/pinhole"))
SERVER = os.path.join(os.path.dirname(PINHOLE), "tests", "cmd", "ctl_server")
TIME_LIMIT_S = 60

POLICY = """\
ip link add eth0
ip link add eth1
ip addr add 10.20.0.1/16 dev eth0
ip addr add 10.30.0.1/16 dev eth1
sysctl -w net.netfilter.nf_conntrack_udp_timeout=600
iptables -t raw -A PREROUTING -p tcp -d 10.30.0.2 --dport 21 -j CT --helper ftp
iptables -t raw -A PREROUTING -p udp --dport 5060 -j CT --helper sip
iptables -P FORWARD DROP
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
iptables -A FORWARD -i eth0 -o eth1 -p tcp -d 10.30.0.2 --dport 21 -m conntrack --ctstate NEW -j ACCEPT
iptables -A FORWARD -p udp --dport 99 -j LOG --log-prefix "odd: "
iptables -A FORWARD -p udp -j ACCEPT
iptables -A FORWARD -p tcp --dport 81 -j REJECT
"""
CLIENT, FTP_SERVER = ("10.20.0.2", 40000), ("10.30.0.2", 21)


def ftp(n=9, client=CLIENT):
    """The first packets of an active FTP session: 9 up to the expectation, 10 and its connection comes."""
    return [packet for _, _, packet in frames.ftp_session(client)[:n]]


class Server:
    def __init__(self, case, folder, policy=POLICY):
        self.folder = folder
        self.path = os.path.join(folder, "s")
        with open(os.path.join(folder, "policy"), "w") as out:
            out.write(policy)
        self.process = subprocess.Popen([SERVER, self.path, "policy"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        case.addCleanup(self.stop)
        self.ready = self.process.stdout.readline() == "ready\n"

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise AssertionError("the server is gone: " + self.process.stderr.read())

    def play(self, packets):
        path = os.path.join(self.folder, "play.pcap")
        with open(path, "wb") as out:
            out.write(frames.pcap([(0, packet) for packet in packets]))
        self.tell("play " + path)

    def stop(self):
        """Its exit status, and what it complained about."""
        if self.process.stdin.closed:
            return None
        self.process.stdin.close()
        complaints = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        status = self.process.wait(TIME_LIMIT_S)
        if "Sanitizer" in complaints or "runtime error" in complaints or status < 0:
            raise AssertionError("server ended with %d: %s" % (status, complaints))
        return status, complaints


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def serve(self, policy=POLICY):
        self.server = Server(self, self.folder, policy)
        self.assertTrue(self.server.ready)
        return self.server

    def ctl(self, *words):
        done = subprocess.run([PINHOLE, "ctl", "--control", self.server.path, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIME_LIMIT_S)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def text(self, *words):
        status, out, err = self.ctl(*words)
        self.assertEqual((status, err), (0, ""), words)
        return out

    def records(self, *words):
        before, after = self.text("--json", *words), None
        if words[0] not in ("iptables", "ip6tables", "sysctl", "modprobe", "stats", "reload"):
            after = self.text(*words, "--json")
            self.assertEqual(before, after)
        return [json.loads(line) for line in before.splitlines()]

    def refuses(self, *words, status=2, what=""):
        got, out, err = self.ctl(*words)
        self.assertEqual((got, out), (status, ""), words)
        self.assertIn(what, err)
        self.assertTrue(err.startswith("pinhole: ") and err.endswith("\n"), err)

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.settimeout(TIME_LIMIT_S)
        s.connect(self.server.path)
        return s

    def ask(self, request):
        """The lines answered to raw bytes, until the server hangs up."""
        s = self.connect()
        s.sendall(request)
        return answers(s)

    def is_alive(self):
        self.assertRegex(self.text("version"), r"^pinhole \d")


def answers(s):
    data = b""
    while True:
        more = s.recv(65536)
        if not more:
            return [json.loads(line) for line in data.splitlines()]
        data += more


def request(*words, as_json=False):
    return json.dumps({"args": words, "json": as_json}).encode() + b"\n"
