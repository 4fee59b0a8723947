"""Three network namespaces for test_queue_kernel.py: a client, a router, a server; and the probe that runs in the router's."""
import contextlib
import ctypes
import ipaddress
import os
import select
import socket
import struct
import subprocess

PID = os.getpid()
CLIENT, ROUTER, SERVER = ("phq-%d-%s" % (PID, x) for x in "crs")
PROBE = os.path.join(os.environ.get("BUILD", "build"), "tests/io/test_queue_probe")
IPTABLES = {4: "iptables-legacy", 6: "ip6tables-legacy"}
LIBC = ctypes.CDLL(None, use_errno=True)
ADDR = {4: ("10.7.1.2", "10.7.1.1", "10.7.2.1", "10.7.2.2"),
        6: ("2001:db8:1::2", "2001:db8:1::1", "2001:db8:2::1", "2001:db8:2::2")}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
DEADLINE_S = 60
ALIASES = 16
CLONE_NEWNET = 0x40000000


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def ip(namespace, *words):
    done = run("ip", "-n", namespace, *words)
    if done.returncode != 0:
        raise RuntimeError("ip %s: %s" % (" ".join(words), done.stderr))


def remove_world():
    for name in (CLIENT, ROUTER, SERVER):
        run("ip", "netns", "del", name)


def inside(namespace, *command):
    done = run("ip", "netns", "exec", namespace, *command)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(command), done.stderr))
    return done.stdout


@contextlib.contextmanager
def within(namespace):
    """This thread in a namespace: sockets made meanwhile stay there."""
    with open("/proc/thread-self/ns/net") as before, open("/run/netns/" + namespace) as there:
        if LIBC.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            LIBC.setns(before.fileno(), CLONE_NEWNET)


def make_world():
    for name in (CLIENT, ROUTER, SERVER):
        if run("ip", "netns", "add", name).returncode != 0:
            return False
        inside(name, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0",
               "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        ip(name, "link", "set", "lo", "up")
    for end, near, far in ((CLIENT, 0, 1), (SERVER, 3, 2)):
        dev = "c" if end == CLIENT else "s"
        ip(ROUTER, "link", "add", dev, "type", "veth", "peer", "name", "r", "netns", end)
        for name, link, which in ((end, "r", near), (ROUTER, dev, far)):
            ip(name, "link", "set", link, "up")
            ip(name, "addr", "add", ADDR[4][which] + "/24", "dev", link)
            ip(name, "addr", "add", ADDR[6][which] + "/64", "dev", link, "nodad")
        for family in (4, 6):
            ip(end, "-%d" % family, "route", "add", "default", "via", ADDR[family][far])
    for i in range(ALIASES):
        ip(CLIENT, "addr", "add", alias(i) + "/24", "dev", "r")
    # Neighbours are known from the start, so that no first packet is lost for the want of one.
    for name, dev, peer, peer_dev, which in ((CLIENT, "r", ROUTER, "c", 1), (ROUTER, "c", CLIENT, "r", 0),
                                             (SERVER, "r", ROUTER, "s", 2), (ROUTER, "s", SERVER, "r", 3)):
        mac = mac_of(peer, peer_dev)
        others = [alias(i) for i in range(ALIASES)] if which == 0 else []
        for address in [ADDR[4][which], ADDR[6][which], *others]:
            ip(name, "neigh", "replace", address, "lladdr", mac, "dev", dev, "nud", "permanent")
    return run("ip", "netns", "exec", ROUTER, "iptables-legacy", "-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", "0").returncode == 0


def mac_of(namespace, dev):
    return inside(namespace, "cat", "/sys/class/net/%s/address" % dev).strip()


def index_of(namespace, dev):
    return int(inside(namespace, "cat", "/sys/class/net/%s/ifindex" % dev))


class Probe:
    """A running test_queue_probe; lines it prints are kept until asked for."""

    def __init__(self, *options, user=None):
        extra = {"user": user, "group": user, "extra_groups": []} if user else {}
        with within(ROUTER):
            self.process = subprocess.Popen([PROBE, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, **extra)
        self.rest = b""
        self.first = self.line()

    def line(self):
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], DEADLINE_S)[0]:
                raise TimeoutError("the probe says nothing")
            got = os.read(self.process.stdout.fileno(), 65536)
            if not got:
                return self.rest.decode()
            self.rest += got
        text, self.rest = self.rest.split(b"\n", 1)
        return text.decode()

    def tell(self, text):
        self.process.stdin.write(text.encode() + b"\n")

    def fields(self, kind):
        """Of the next line of a kind, its fields."""
        while (words := self.line().split())[0] != kind:
            pass
        return {k: int(v) if v.isdigit() else v for k, v in (w.split("=") for w in words[1:])}

    def stats(self, until=lambda s: True):
        """Counters, asked for again and again until they are as they must become."""
        for _ in range(20000):
            self.tell("stats")
            if until(got := self.fields("stats")):
                return got
        raise TimeoutError("counters stay at %s" % got)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(DEADLINE_S)


def alias(i):
    """Of the client's further addresses: the NFQUEUE target chooses among queues by addresses, not by ports."""
    return "10.7.1.%d" % (10 + i)


def udp(namespace, family, bind=None, connect=None):
    with within(namespace):
        s = socket.socket(FAMILY[family], socket.SOCK_DGRAM)
    s.settimeout(DEADLINE_S)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    if bind:
        s.bind(bind)
    if connect:
        s.connect(connect)
    return s


def received(sock, n):
    return [sock.recv(2048) for _ in range(n)]


def is_empty(sock):
    return not select.select([sock], [], [], 0)[0]


def udp_packet(family, source, to, text):
    """A whole packet, its checksum filled in, as hex."""
    src, dst = (ipaddress.ip_address(a).packed for a in (source[0], to[0]))
    body = struct.pack(">HHHH", source[1], to[1], 8 + len(text), 0) + text
    data = src + dst + struct.pack(">II", len(body), 17) + body + b"\0" * (len(body) % 2)
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    body = body[:6] + struct.pack(">H", 0xffff - total or 0xffff) + body[8:]
    if family == 6:
        return (struct.pack(">IHBB", 6 << 28, len(body), 17, 64) + src + dst + body).hex()
    return (struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, 17, 0) + src + dst + body).hex()
