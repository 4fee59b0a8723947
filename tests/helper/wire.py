"""Two network namespaces and the wires between them: a router, whose kernel is asked, and what stands at its two ends.

The router has C's side (r0) and S's side (r1); see TOPOLOGY. A packet is sent by one end, and comes out at the other with the state
that the kernel gave it in its DSCP field, or does not; then a packet that nobody tracks follows it, so that no time need be waited.
Neighbours: kernel_helpers.py compares, talks.py says who talks to whom.
"""
import collections
import ctypes
import functools
import ipaddress
import os
import select
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../compare"))
import netlink  # noqa: E402

ROUTER, ENDS = "phhelp-r%d" % os.getpid(), "phhelp-e%d" % os.getpid()
MAC = {"C": "02:00:00:00:00:0c", "S": "02:00:00:00:00:05"}
ROUTER_MAC = {"C": "02:00:00:00:01:0c", "S": "02:00:00:00:01:05"}
LINK = {"C": ("r0", "c0"), "S": ("r1", "s0")}
HOST = "10.77.1.1"
SYN, ACK, PSH = 2, 16, 8
TCP, UDP, GRE = 6, 17, 47
TOPOLOGY = """\
ip link add r0
ip link add r1
ip addr add 10.77.1.1/24 brd 10.77.1.255 dev r0
ip addr add 10.77.1.9/24 brd 10.77.1.254 dev r0
ip addr add 10.77.2.1/25 brd 10.77.2.127 dev r1
ip -6 addr add fd77:1::1/64 dev r0
ip -6 addr add fd77:2::1/64 dev r1
ip route add 10.78.0.0/15 via 10.77.1.2 dev r0
ip -6 route add fd78::/64 via fd77:1::2 dev r0
ip -6 route add fd79::/64 via fd77:1::2 dev r0
"""
NETS = [(ipaddress.ip_network(net), side) for side, nets in (
    ("C", ("10.77.1.0/24", "10.78.0.0/15", "fd77:1::/64", "fd78::/64", "fd79::/64")), ("S", ("10.77.2.0/25", "fd77:2::/64")))
    for net in nets]
NEIGHBOURS = (("C", "10.77.1.2", "fd77:1::2"), ("S", "10.77.2.2", "fd77:2::2"), ("S", "10.77.2.3", "fd77:2::3"))
STATES = ("INVALID", "NEW", "ESTABLISHED", "RELATED")
# One way and the other; nobody tracks it and nothing that is compared looks like it.
FENCE = {"C": ("10.77.1.2", 9, "10.77.2.3", 9), "S": ("10.77.2.3", 9, "10.77.1.2", 9)}

Five = collections.namedtuple("Five", "proto src dst sport dport")
ExpectNew = collections.namedtuple("ExpectNew", "kind tuple mask flags class_ helper master timeout")
ExpectEnd = collections.namedtuple("ExpectEnd", "kind tuple mask flags class_ helper master")
ConnNew = collections.namedtuple("ConnNew", "kind tuple expected helper")
ConnEnd = collections.namedtuple("ConnEnd", "kind tuple")
# What became of a packet; passed, state and timeout are None where they are not known.
Seen = collections.namedtuple("Seen", "passed state timeout events")


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, capture_output=True, text=True).stdout


# --- packets ---

def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(src, dst, proto, segment, at=None):
    """An IP packet; the checksum of the segment stands at that offset in it, None: it has none."""
    a, b = ipaddress.ip_address(src), ipaddress.ip_address(dst)
    if a.version == 6:
        pseudo = a.packed + b.packed + struct.pack("!II", len(segment), proto)
        head = struct.pack("!IHBB", 0x60000000, len(segment), proto, 64) + a.packed + b.packed
    else:
        pseudo = a.packed + b.packed + struct.pack("!HH", proto, len(segment))
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(segment), 1, 0, 64, proto, 0, a.packed, b.packed)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    if at is None:
        return head + segment
    total = checksum(pseudo + segment) or 0xFFFF
    return head + segment[:at] + struct.pack("!H", total) + segment[at + 2:]


def udp(src, sport, dst, dport, data):
    return packet(src, dst, UDP, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data, 6)


def tcp(src, sport, dst, dport, seq, ack, flags, data=b""):
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 0x50, flags, 65535, 0, 0)
    return packet(src, dst, TCP, head + data, 16)


def gre(src, dst, call, data, version=1, protocol=0x880B):
    """Version 1 as PPTP sends it (key, sequence number), or a plain one without a key."""
    if version == 0:
        return packet(src, dst, GRE, struct.pack("!HH", 0, protocol) + data)
    return packet(src, dst, GRE, struct.pack("!HHHHI", 0x3000 | version, protocol, len(data), call, 1) + data)


def five_of(data):
    """The Five of a TCP or UDP packet without options; None of another."""
    six = data[0] >> 4 == 6
    proto, rest = (data[6], data[40:]) if six else (data[9], data[20:])
    if proto not in (TCP, UDP) or len(rest) < 4:
        return None
    addresses = (data[8:24], data[24:40]) if six else (data[12:16], data[16:20])
    return Five(proto, *(str(ipaddress.ip_address(a)) for a in addresses), *struct.unpack("!HH", rest[:4]))


def call_of(data):
    """(source, destination, call of the receiver) of a GRE packet over IPv4, with 0 where it names none; None of another."""
    if data[0] >> 4 == 6 or data[9] != GRE:
        return None
    call = struct.unpack_from("!H", data, 26)[0] if len(data) >= 28 and data[21] & 7 == 1 else 0
    return str(ipaddress.ip_address(data[12:16])), str(ipaddress.ip_address(data[16:20])), call


@functools.lru_cache(maxsize=1000)
def side_of(address):
    """The link behind which an address stands, "C" or "S", or None."""
    wanted = ipaddress.ip_address(address)
    return next((side for net, side in NETS if wanted.version == net.version and wanted in net), None)


# --- namespaces ---

def state_rules():
    """Each state as a DSCP of its own, so that the packet itself tells it at the other end."""
    lines = []
    for command in ("iptables-legacy", "ip6tables-legacy"):
        lines += ["%s -t mangle -A FORWARD -m conntrack --ctstate %s -j DSCP --set-dscp %d" % (command, state, n + 1)
                  for n, state in enumerate(STATES)]
    return lines + ["iptables-legacy -t raw -I PREROUTING -p udp --sport 9 --dport 9 -j CT --notrack"]


def set_up(rules):
    """Makes both namespaces; rules: iptables and ip6tables commands of the router."""
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[os.getpid() % len(os.sched_getaffinity(0))]})   # keeps packets in order
    sh("ip netns add %s; ip netns add %s" % (ROUTER, ENDS))
    for side, (link, peer) in LINK.items():
        sh("ip -n %s link add %s mtu 9000 address %s type veth peer name %s mtu 9000 address %s netns %s" % (
            ROUTER, link, ROUTER_MAC[side], peer, MAC[side], ENDS))
        sh("ip netns exec %s sysctl -qw net.ipv6.conf.%s.disable_ipv6=1" % (ENDS, peer))
        sh("ip netns exec %s sysctl -qw net.ipv6.conf.%s.accept_dad=0" % (ROUTER, link))
        sh("ip -n %s link set %s up; ip -n %s link set %s up" % (ENDS, peer, ROUTER, link))
    sh("ip -n %s link set lo up" % ROUTER)
    for line in TOPOLOGY.splitlines():
        if " addr " in line or " route " in line:
            sh(line.replace("ip ", "ip -n %s " % ROUTER, 1) + (" nodad" if "fd77" in line and " addr " in line else ""))
    for side, v4, v6 in NEIGHBOURS:
        for address in (v4, v6):
            sh("ip -n %s neigh add %s lladdr %s dev %s nud permanent" % (ROUTER, address, MAC[side], LINK[side][0]))
    sh("ip netns exec %s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 "
       "net.ipv4.conf.r0.rp_filter=0 net.ipv4.conf.r1.rp_filter=0 net.ipv4.conf.all.send_redirects=0 "
       "net.ipv4.conf.r0.send_redirects=0 net.ipv4.conf.r1.send_redirects=0" % ROUTER)
    for line in [line.replace("tables ", "tables-legacy ", 1) for line in rules] + state_rules():
        sh("ip netns exec %s %s" % (ROUTER, line))


def tear_down():
    sh("ip netns del %s; ip netns del %s" % (ROUTER, ENDS), check=False)


class Inside:
    """Makes sockets in another network namespace."""

    def __init__(self, name):
        self.path = "/run/netns/" + name

    def __enter__(self):
        self.back = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(self.path, os.O_RDONLY)
        self.enter(there)
        os.close(there)

    def __exit__(self, *_):
        self.enter(self.back)
        os.close(self.back)

    @staticmethod
    def enter(namespace):
        if ctypes.CDLL(None, use_errno=True).setns(namespace, 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")


# --- events ---

def flat(t):
    return Five(t["proto"], str(ipaddress.ip_address(t["src"])), str(ipaddress.ip_address(t["dst"])), t.get("sport"), t.get("dport"))


def kernel_row(event):
    """An event as both sides are compared; None: not compared."""
    what = event.what
    if event.kind in ("expect_new", "expect_destroy"):
        row = (event.kind, flat(what.tuple), flat(what.mask), what.flags, what.class_, what.helper, flat(what.master))
        return ExpectNew(*row, what.timeout) if event.kind == "expect_new" else ExpectEnd(*row)
    if event.kind == "ct_new":
        return ConnNew(event.kind, flat(what.tuple), what.master is not None, what.helper)
    return ConnEnd(event.kind, flat(what.tuple)) if event.kind == "ct_destroy" else None


class Wire:
    """The namespace as seen from outside: sends packets, keeps them, and notes what became of each."""

    def __init__(self):
        with Inside(ENDS):
            self.ends = {}
            for side, (_, peer) in LINK.items():
                self.ends[side] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                self.ends[side].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
                self.ends[side].bind((peer, 3))
        with Inside(ROUTER):
            self.events, self.asked = netlink.Netlink(), netlink.Netlink()
        for group in (1, 3, 4, 6):      # connections made, ended, expectations made, ended
            self.events.socket.setsockopt(netlink.SOL_NETLINK, netlink.ADD_MEMBERSHIP, group)
        self.fences = 0
        self.forget()

    def forget(self):
        sh("ip netns exec %s conntrack -F; ip netns exec %s conntrack -F expect" % (ROUTER, ROUTER), check=False)
        self.events.pending()
        self.sent, self.seen, self.began = [], [], time.monotonic()
        self.known = {}                 # Five of either direction: the Connection of netlink.py

    def rows(self, about):
        """What happened since. about: says whether an event belongs to the talk at hand; what timers do to others is nobody's
        answer."""
        out = []
        for event in self.events.pending():
            row = kernel_row(event)
            if row and about(row, event.what.master and flat(event.what.master)):
                out.append(row)
                if row.kind == "ct_new":
                    self.known[row.tuple] = self.known[flat(event.what.reply)] = event.what
        return out

    def connection(self, data):
        """The Connection of a packet as it is now, or None. Which of several a GRE packet belongs to it does not say itself: then
        it is None, too."""
        call = call_of(data)
        if not call:
            known = self.known.get(five_of(data))
            return known and self.asked.connection(known)
        likely = {what.id: what for five, what in self.known.items() if (five.src, five.dst, five.dport) == call and five.proto == GRE}
        alive = [now for now in map(self.asked.connection, likely.values()) if now]
        return alive[0] if len(alive) == 1 else None

    def note(self, data, passed, state, about):
        """Keeps a packet and what became of it; its events."""
        found = self.rows(about)
        now = self.connection(data) if passed is not None else None
        self.sent.append(data)
        self.seen.append(Seen(passed, state, now and now.timeout, found))
        return found

    def send(self, data, about, side=None):
        """From the end where its source stands (side: where that is not known), through the router; the verdict is None where it
        is for the router itself or for nobody. Returns the events."""
        at = (8, 24, 40) if data[0] >> 4 == 6 else (12, 16, 20)
        side = side or side_of(data[at[0]:at[1]])
        to = side_of(data[at[1]:at[2]])
        if to is None or data[at[1]:at[2]] in (socket.inet_aton(HOST), socket.inet_aton("10.77.1.9")):
            self.put(side, data)
            self.fence(side)
            self.wait(self.ends["S" if side == "C" else "C"], lambda frame: False)
            return self.note(data, None, None, about)
        other = self.ends[to]
        while select.select([other], [], [], 0)[0]:
            other.recv(65535)
        self.put(side, data)
        if not select.select([other], [], [], 0)[0]:
            self.fence("S" if to == "C" else "C")
        addresses, rest = data[at[0]:at[2]], data[at[2]:]
        frame = self.wait(other, lambda frame: addresses in frame[:60] and frame.endswith(rest))
        return self.note(data, frame is not None, frame and self.state(frame), about)

    def put(self, side, data):
        mac = bytes.fromhex((ROUTER_MAC[side] + MAC[side]).replace(":", ""))
        self.ends[side].send(mac + (b"\x86\xdd" if data[0] >> 4 == 6 else b"\x08\0") + data)

    def fence(self, side):
        """What comes behind a packet and passes whatever became of that."""
        self.fences += 1
        self.put(side, udp(*FENCE[side], b"fence %d" % self.fences))

    def wait(self, end, wanted):
        """The frame that is wanted, or None when the last fence has come without it."""
        while select.select([end], [], [], 1)[0]:
            frame = end.recv(65535)
            if wanted(frame):
                return frame
            if frame.endswith(b"fence %d" % self.fences):
                return None
        return None

    @staticmethod
    def state(frame):
        dscp = (struct.unpack("!H", frame[14:16])[0] >> 4 & 0xFF if frame[14] >> 4 == 6 else frame[15]) >> 2
        return STATES[dscp - 1] if 1 <= dscp <= len(STATES) else None
