#!/usr/bin/env python3
"""What REJECT sends, byte for byte as the real kernel does: every --reject-with name, IPv4 and IPv6, INPUT and FORWARD.

A firewall in a network namespace with three interfaces refuses everything; packets are put on its wires, and what comes back is what
pinhole's engine must make of the same packets: alone, and told the place. Behind each packet goes one that is always answered, so that
silence is seen without waiting. Left out of the comparison: IPv4 identification, header checksum and time to live, IPv6 flow label.
Needs root and network namespaces; skips, saying so, without them.
"""
import ctypes
import ipaddress
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("BUILD", "build")
FW, PEER = "pha-fw-%d" % os.getpid(), "pha-peer-%d" % os.getpid()
MAC = {"fw": "02:00:00:00:00:f%d", "peer": "02:00:00:00:00:a%d"}
EXPECTED = (1561, 969)
MARK = 61234                    # source port of the packets that are always answered
NAMES = {4: ("icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable", "icmp-net-prohibited",
             "icmp-host-prohibited", "icmp-admin-prohibited", "tcp-reset"),
         6: ("icmp6-no-route", "icmp6-adm-prohibited", "icmp6-addr-unreachable", "icmp6-port-unreachable", "icmp6-policy-fail",
             "icmp6-reject-route", "tcp-reset")}
NET = ["ip link add e%d" % i for i in range(3)] + [
    "ip addr add 10.1.0.1/24 dev e0", "ip addr add 10.1.0.77/24 dev e0", "ip addr add 10.2.0.1/24 dev e1", "ip addr add 10.4.0.1/24 dev e2",
    "ip addr add 10.5.0.1/24 dev e2",
    "ip route add 10.3.0.0/24 via 10.5.0.9 dev e2", "ip route add 10.6.0.0/24 dev e2",
    "ip -6 addr add 2001:db8:1::1/64 dev e0", "ip -6 addr add 2001:db8:2::1/64 dev e1", "ip -6 addr add 2001:db8:4::1/64 dev e2",
    "ip -6 addr add 2001:db8:5::1/64 dev e2",
    "ip -6 addr add fe80::f0/64 dev e0", "ip -6 addr add fe80::f1/64 dev e1", "ip -6 addr add fe80::f2/64 dev e2",
    "ip -6 route add 2001:db8:3::/64 via 2001:db8:4::9 dev e2",
]
SYSCTLS = ["net.ipv4.ip_forward=1", "net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_msgs_per_sec=1000000", "net.ipv4.icmp_msgs_burst=1000000",
           "net.ipv6.icmp.ratelimit=0", "net.ipv6.conf.all.forwarding=1", "net.ipv4.conf.all.rp_filter=0",
           "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.default.send_redirects=0"]
NEIGHBOURS = [(0, "10.1.0.2"), (0, "10.1.0.9"), (1, "10.2.0.2"), (2, "10.5.0.9"), (2, "10.6.0.9"), (2, "10.4.0.9"), (0, "2001:db8:1::2"),
              (0, "2001:db8:1::9"), (1, "2001:db8:2::2"), (2, "2001:db8:4::9"), (2, "2001:db8:5::9"), (0, "fe80::2"), (1, "fe80::2")]


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def must(*command):
    done = run(*command)
    if done.returncode != 0:
        raise SystemExit("%s: %s" % (" ".join(command), done.stderr))


def setup():
    if run("ip", "netns", "add", FW).returncode != 0 or run("ip", "netns", "add", PEER).returncode != 0:
        return False
    must("ip", "-n", FW, "link", "set", "lo", "up")
    must("ip", "netns", "exec", FW, "sysctl", "-qw", "net.ipv6.conf.default.accept_dad=0", *SYSCTLS)
    must("ip", "netns", "exec", PEER, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
    for i in range(3):
        must("ip", "-n", FW, "link", "add", "e%d" % i, "address", MAC["fw"] % i, "type", "veth",
             "peer", "name", "p%d" % i, "address", MAC["peer"] % i, "netns", PEER)
        must("ip", "-n", FW, "link", "set", "e%d" % i, "addrgenmode", "none")
        must("ip", "netns", "exec", FW, "sysctl", "-qw", "net.ipv4.conf.e%d.rp_filter=0" % i)
        must("ip", "-n", FW, "link", "set", "e%d" % i, "up")
        must("ip", "-n", PEER, "link", "set", "p%d" % i, "up", "arp", "off")
    for line in NET[3:]:
        must("ip", "-n", FW, *line.split()[1:])
    for i, addr in NEIGHBOURS:
        must("ip", "-n", FW, "neigh", "replace", addr, "lladdr", MAC["peer"] % i, "dev", "e%d" % i, "nud", "permanent")
    for program in ("iptables-legacy", "ip6tables-legacy"):
        must("ip", "netns", "exec", FW, program, "-t", "mangle", "-A", "PREROUTING", "-m", "conntrack", "--ctstate", "NEW")
    return True


# --- packets ---

def sum16(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def packed(addr):
    return ipaddress.ip_address(addr).packed


def pseudo(src, dst, proto, length):
    if ":" in src:
        return packed(src) + packed(dst) + struct.pack("!II", length, proto)
    return packed(src) + packed(dst) + struct.pack("!HH", proto, length)


def udp(src, dst, body=b"x", sport=4000, check=None):
    head = struct.pack("!HHHH", sport, 9, 8 + len(body), 0)
    right = sum16(pseudo(src, dst, 17, len(head + body)) + head + body) or 0xffff
    return head[:6] + struct.pack("!H", right if check is None else check) + body


def tcp(src, dst, flags=2, body=b"", sport=4000, off=5, options=b"", bad=0, ack=None):
    head = struct.pack("!HHIIBBHHH", sport, 80, 0x1234fff0, (0x89abcdef if flags & 16 else 0) if ack is None else ack, off << 4, flags, 512, 0, 0)
    data = head + options + body
    right = sum16(pseudo(src, dst, 6, len(data)) + data)
    return data[:16] + struct.pack("!H", right ^ bad) + data[18:]


def icmp(kind, code=0, body=b"\0\1\0\1payload", bad=0):
    data = struct.pack("!BBH", kind, code, 0) + body
    return data[:2] + struct.pack("!H", sum16(data) ^ bad) + data[4:]


def icmp6(src, dst, kind, code=0, body=b"\0\1\0\1payload", bad=0):
    data = struct.pack("!BBH", kind, code, 0) + body
    return data[:2] + struct.pack("!H", sum16(pseudo(src, dst, 58, len(data)) + data) ^ bad) + data[4:]


def ipv4(src, dst, proto, body, tos=0, options=b"", frag=0, ttl=64):
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | (5 + len(options) // 4), tos, 20 + len(options) + len(body), 0x4242, frag, ttl, proto, 0,
                       packed(src), packed(dst)) + options
    return head[:10] + struct.pack("!H", sum16(head)) + head[12:] + body


def ipv6(src, dst, proto, body, tos=0, label=0x12345, hops=64):
    return struct.pack("!IHBB", 6 << 28 | tos << 20 | label, len(body), proto, hops) + packed(src) + packed(dst) + body


def pieces4(src, dst, proto, body, cut):
    return [ipv4(src, dst, proto, body[:cut], frag=0x2000), ipv4(src, dst, proto, body[cut:], frag=cut // 8)]


def fragment(proto, offset, more):
    return struct.pack("!BBHI", proto, 0, offset | more, 0x777)


def some_sum_up(n):
    """n bytes whose sum is all ones: right for a protocol that nobody knows."""
    data = bytes(range(1, n - 1))
    return data + struct.pack("!H", sum16(data))


def transport4(src, dst, tag):
    """(label, packets) of everything that may be refused."""
    def one(label, proto, body, **more):
        return tag + label, [ipv4(src, dst, proto, body, **more)]
    yield one("udp", 17, udp(src, dst))
    yield one("udp empty", 17, udp(src, dst, b""))
    yield one("udp 520", 17, udp(src, dst, b"q" * 520))
    yield one("udp 521", 17, udp(src, dst, b"q" * 521))
    yield one("udp 1200", 17, udp(src, dst, b"q" * 1200))
    yield one("udp odd", 17, udp(src, dst, b"q" * 77), tos=0x1e)
    yield one("udp tos", 17, udp(src, dst), tos=0xb9)
    yield one("udp tos ff", 17, udp(src, dst), tos=0xff)
    yield one("udp tos 03", 17, udp(src, dst), tos=0x03)
    yield one("udp df", 17, udp(src, dst), frag=0x4000)
    yield one("udp ttl", 17, udp(src, dst), ttl=255)
    yield one("udp without sum", 17, udp(src, dst, check=0))
    yield one("udp wrong sum", 17, udp(src, dst, check=0x1111))
    yield one("udp cut", 17, udp(src, dst)[:7])
    yield one("udp nop options", 17, udp(src, dst), options=b"\1\1\1\0")
    yield one("icmp echo", 1, icmp(8))
    yield one("icmp echo long", 1, icmp(8, body=b"\0\1\0\1" + b"z" * 900))
    yield one("icmp reply", 1, icmp(0))
    for kind in (3, 4, 5, 11, 12):
        yield one("icmp error %d" % kind, 1, icmp(kind, body=b"\0\0\0\0" + ipv4(dst, src, 17, udp(dst, src))))
    for kind in (1, 9, 10, 13, 15, 17, 18, 19, 40, 42, 255):
        yield one("icmp %d" % kind, 1, icmp(kind))
    yield one("icmp wrong sum", 1, icmp(8, bad=1))
    yield one("icmp cut", 1, icmp(8)[:6])
    yield one("icmp nothing", 1, b"")
    yield one("253", 253, b"some bytes that do not sum up")
    yield one("253 that sums up", 253, some_sum_up(40))
    yield one("253 empty", 253, b"")
    yield one("gre", 47, b"\0\0\x08\0" + b"g" * 20)
    yield one("gre with sum", 47, b"\x80\0\x08\0" + b"g" * 20)
    yield one("gre cut", 47, b"\0\0")
    for proto in (33, 50, 51, 132, 136):
        yield one("proto %d" % proto, proto, b"\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x08")
    yield one("ipip", 4, ipv4("10.9.9.9", "10.9.9.8", 17, b"12345678"))
    for label, body in tcps(src, dst):
        yield one(label, 6, body)
    yield one("tcp tos", 6, tcp(src, dst), tos=0x10)
    yield tag + "udp fragments", pieces4(src, dst, 17, udp(src, dst, b"f" * 900), 400)
    yield tag + "tcp fragments", pieces4(src, dst, 6, tcp(src, dst, body=b"f" * 900), 400)
    yield tag + "icmp fragments", pieces4(src, dst, 1, icmp(8, body=b"\0\1\0\1" + b"z" * 300), 200)


def tcps(src, dst):
    yield "tcp syn", tcp(src, dst)
    yield "tcp syn data", tcp(src, dst, body=b"early")
    yield "tcp syn ack", tcp(src, dst, 0x12)
    yield "tcp ack", tcp(src, dst, 0x10)
    yield "tcp ack data", tcp(src, dst, 0x18, body=b"d" * 1100)
    yield "tcp fin", tcp(src, dst, 1)
    yield "tcp syn fin", tcp(src, dst, 3, body=b"odd")
    yield "tcp fin ack", tcp(src, dst, 0x11)
    yield "tcp none", tcp(src, dst, 0)
    yield "tcp all", tcp(src, dst, 0xff)
    yield "tcp rst", tcp(src, dst, 4)
    yield "tcp rst ack", tcp(src, dst, 0x14)
    yield "tcp syn rst", tcp(src, dst, 6)
    yield "tcp ece cwr", tcp(src, dst, 0xc2)
    yield "tcp options", tcp(src, dst, off=7, options=b"\2\4\5\xb4\1\1\1\0")
    yield "tcp ack of nothing", tcp(src, dst, 2, ack=0x55)
    yield "tcp wrong sum", tcp(src, dst, bad=0x101)
    yield "tcp short", tcp(src, dst)[:19]
    yield "tcp offset 2", tcp(src, dst, off=2)
    yield "tcp offset 15", tcp(src, dst, off=15)


def cases4():
    """(label, place, interface in, out, packets)"""
    for label, packets in transport4("10.1.0.2", "10.1.0.1", "input "):
        yield label, "input", 0, 0, packets
    for label, packets in transport4("10.1.0.2", "10.2.0.2", "forward "):
        yield label, "forward", 0, 1, packets
    for src, dst, place, out in (
            ("10.3.0.9", "10.1.0.1", "input", 0), ("10.3.0.9", "10.2.0.2", "forward", 1), ("10.6.0.9", "10.2.0.2", "forward", 1),
            ("10.4.0.9", "10.2.0.2", "forward", 1), ("10.5.0.9", "10.2.0.2", "forward", 1), ("10.1.0.9", "10.1.0.77", "input", 0),
            ("10.1.0.9", "10.2.0.1", "input", 0), ("172.16.0.9", "10.2.0.2", "forward", 1), ("172.16.0.9", "10.1.0.1", "input", 0),
            ("10.1.0.9", "10.1.0.255", "input", 0), ("10.1.0.9", "255.255.255.255", "input", 0), ("10.1.0.9", "224.0.0.1", "input", 0),
            ("10.1.0.9", "10.1.0.2", "forward", 0)):
        yield "%s to %s" % (src, dst), place, 0, out, [ipv4(src, dst, 17, udp(src, dst))]
        yield "%s to %s tcp" % (src, dst), place, 0, out, [ipv4(src, dst, 6, tcp(src, dst))]


def transport6(src, dst, tag):
    def one(label, proto, body, **more):
        return tag + label, [ipv6(src, dst, proto, body, **more)]
    yield one("udp", 17, udp(src, dst))
    yield one("udp 1184", 17, udp(src, dst, b"q" * 1184))
    yield one("udp 1185", 17, udp(src, dst, b"q" * 1185))
    yield one("udp 1400", 17, udp(src, dst, b"q" * 1400))
    yield one("udp class", 17, udp(src, dst), tos=0xb9)
    yield one("udp hops", 17, udp(src, dst), hops=255)
    yield one("udp without sum", 17, udp(src, dst, check=0))
    yield one("udp wrong sum", 17, udp(src, dst, check=0x1111))
    yield one("udp cut", 17, udp(src, dst)[:7])
    yield one("udp nothing", 17, b"")
    yield one("no next header", 59, b"")
    yield one("no next header, bytes", 59, b"12345678")
    for kind in (1, 2, 3, 4, 100, 127):
        yield one("error %d" % kind, 58, icmp6(src, dst, kind, body=b"\0\0\0\0" + ipv6(dst, src, 17, udp(dst, src))))
    for kind in (128, 129, 139, 140, 144, 200, 255):
        yield one("icmp %d" % kind, 58, icmp6(src, dst, kind))
    yield one("icmp wrong sum", 58, icmp6(src, dst, 128, bad=1))
    yield one("icmp cut", 58, icmp6(src, dst, 128)[:3])
    yield one("253", 253, b"some bytes that do not sum up")
    yield one("gre", 47, b"\0\0\x08\0" + b"g" * 20)
    yield one("gre with sum", 47, b"\x80\0\x08\0" + b"g" * 20)
    for proto in (33, 50, 132, 136):
        yield one("proto %d" % proto, proto, b"\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x08")
    for label, body in tcps(src, dst):
        yield one(label, 6, body)
    yield one("hop options udp", 0, b"\x11\0\1\4\0\0\0\0" + udp(src, dst))
    yield one("options udp", 60, b"\x11\0\1\4\0\0\0\0" + udp(src, dst))
    yield one("options tcp", 60, b"\x06\0\1\4\0\0\0\0" + tcp(src, dst))
    yield one("options icmp error", 60, b"\x3a\0\1\4\0\0\0\0" + icmp6(src, dst, 1))
    body = udp(src, dst, b"f" * 900)
    yield tag + "udp fragments", [ipv6(src, dst, 44, fragment(17, 0, 1) + body[:400]), ipv6(src, dst, 44, fragment(17, 400, 0) + body[400:])]
    body = tcp(src, dst, body=b"f" * 900)
    yield tag + "tcp fragments", [ipv6(src, dst, 44, fragment(6, 0, 1) + body[:400]), ipv6(src, dst, 44, fragment(6, 400, 0) + body[400:])]
    yield one("atomic fragment", 44, fragment(17, 0, 0) + udp(src, dst))


def cases6():
    for label, packets in transport6("2001:db8:1::2", "2001:db8:1::1", "input "):
        yield label, "input", 0, 0, packets
    for label, packets in transport6("2001:db8:1::2", "2001:db8:2::2", "forward "):
        yield label, "forward", 0, 1, packets
    for src, dst, place, out in (
            ("2001:db8:3::9", "2001:db8:1::1", "input", 0), ("2001:db8:3::9", "2001:db8:2::2", "forward", 1),
            ("2001:db8:4::9", "2001:db8:2::2", "forward", 1), ("2001:db8:5::9", "2001:db8:2::2", "forward", 1),
            ("2001:db8:1::9", "2001:db8:2::1", "input", 0), ("2001:db8:1::9", "2001:db8:1::", "input", 0), ("2001:db8:99::9", "2001:db8:2::2", "forward", 1),
            ("2001:db8:1::9", "ff02::1", "input", 0), ("::", "2001:db8:1::1", "input", 0), ("::", "ff02::1", "input", 0),
            ("fe80::2", "fe80::f0", "input", 0), ("fe80::2", "2001:db8:1::1", "input", 0), ("2001:db8:1::9", "fe80::f0", "input", 0),
            ("fe80::2", "2001:db8:2::1", "input", 0), ("2001:db8:1::9", "2001:db8:1::2", "forward", 0)):
        yield "%s to %s" % (src, dst), place, 0, out, [ipv6(src, dst, 17, udp(src, dst))]
        yield "%s to %s tcp" % (src, dst), place, 0, out, [ipv6(src, dst, 6, tcp(src, dst))]


# --- the kernel ---

class Wire:
    """The far ends of the firewall's interfaces."""

    def __init__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        with open("/proc/self/ns/net") as own, open("/run/netns/" + PEER) as there:
            if libc.setns(there.fileno(), 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
            self.ends = []
            for i in range(3):
                end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                end.bind(("p%d" % i, 0))
                self.ends.append(end)
            libc.setns(own.fileno(), 0x40000000)

    def put(self, i, frame):
        self.ends[i].send(frame)

    def answers(self, marker):
        """Everything that came back before the answer to the marker."""
        found, seen, deadline = [], False, time.monotonic() + 10
        while time.monotonic() < deadline:
            ready = select.select(self.ends, [], [], 0 if seen else 1)[0]
            if seen and not ready:
                return found
            for end in ready:
                frame, where = end.recvfrom(65536)
                if where[2] == socket.PACKET_OUTGOING:
                    continue
                seen = seen or marker in frame[14:]
                if marker not in frame[14:] and frame[12:14] in (b"\x08\0", b"\x86\xdd") and not is_talk(frame[14:]):
                    found.append(frame[14:])
        raise SystemExit("the packet that is always answered was not")


def is_talk(packet):
    """Neighbour discovery and the like, of the firewall's own accord."""
    return packet[0] >> 4 == 6 and packet[6] in (0, 58) and (packet[6] == 0 or packet[40] in range(130, 144))


def ethernet(i, packet, mac=None):
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\0"
    return bytes.fromhex((mac or MAC["fw"] % i).replace(":", "") + (MAC["peer"] % i).replace(":", "")) + kind + packet


def mac_of(packet):
    """The hardware address that a packet to many goes to."""
    dst = packet[24:40] if packet[0] >> 4 == 6 else packet[16:20]
    if dst[0] == 0xff and len(dst) == 16:
        return "33:33:" + ":".join("%02x" % b for b in dst[12:])
    if len(dst) == 4 and (dst == b"\xff" * 4 or dst[3] == 255):
        return "ff:ff:ff:ff:ff:ff"
    return "01:00:5e:%02x:%02x:%02x" % tuple(dst[1:]) if len(dst) == 4 and dst[0] == 224 else None


def marker_of(family, name):
    src, dst = ("10.1.0.2", "10.2.0.2") if family == 4 else ("2001:db8:1::2", "2001:db8:2::2")
    if name == "tcp-reset":
        body, seen = tcp(src, dst, sport=MARK), struct.pack("!HH", 80, MARK)
    else:
        body, seen = udp(src, dst, sport=MARK), struct.pack("!HH", MARK, 9)
    return ethernet(0, ipv4(src, dst, 6 if name == "tcp-reset" else 17, body) if family == 4 else
                    ipv6(src, dst, 6 if name == "tcp-reset" else 17, body)), seen


def of_kernel(wire, family, name, cases):
    program = ["ip", "netns", "exec", FW, "iptables-legacy" if family == 4 else "ip6tables-legacy"]
    must(*program, "-F")
    for chain in ("INPUT", "FORWARD"):
        must(*program, "-A", chain, *(["-p", "tcp"] if name == "tcp-reset" else []), "-j", "REJECT", "--reject-with", name)
        must(*program, "-A", chain, "-j", "DROP")
    frame, seen = marker_of(family, name)
    for case in cases:
        for one in case[5]:
            wire.put(case[2], one)
        wire.put(0, frame)
        yield wire.answers(seen)


def of_pinhole(family, name, cases):
    rules = []
    for chain in ("INPUT", "FORWARD"):
        rules.append("%s -A %s%s -j REJECT --reject-with %s" % ("iptables" if family == 4 else "ip6tables", chain,
                                                                " -p tcp" if name == "tcp-reset" else "", name))
        rules.append("%s -A %s -j DROP" % ("iptables" if family == 4 else "ip6tables", chain))
    lines = ["%s e%d e%d %s" % (place, i, out, frame.hex()) for _, place, i, out, _, frames in cases for frame in frames]
    with tempfile.NamedTemporaryFile("w", suffix=".policy") as policy:
        policy.write("\n".join(NET + rules) + "\n")
        policy.flush()
        said = subprocess.run([BUILD + "/tests/engine/test_answers", policy.name], check=True, capture_output=True, text=True,
                              input="\n".join(lines) + "\n").stdout.splitlines()
    for case in cases:
        yield said[len(case[5]) - 1].split()
        del said[:len(case[5])]


def completed(packet):
    """A TCP checksum that was left to the card is filled in."""
    if packet[0] >> 4 != 4 or packet[9] != 6 or len(packet) != 40:
        return packet
    head = packet[12:20] + struct.pack("!HH", 6, 20)
    if struct.unpack_from("!H", packet, 36)[0] == ~sum16(head) & 0xffff:
        packet = packet[:36] + struct.pack("!H", sum16(head + packet[20:36] + b"\0\0" + packet[38:])) + packet[38:]
    return packet


def comparable(packet):
    if packet[0] >> 4 == 4:
        return packet[:4] + b"\0\0" + packet[6:8] + b"\0" + packet[9:10] + b"\0\0" + packet[12:]
    return packet[:1] + bytes([packet[1] & 0xf0]) + b"\0\0" + packet[4:7] + b"\0" + packet[8:]


def compare(wire, family, name):
    """How many cases were answered, how many not, and the failures."""
    cases = [case + ([ethernet(case[2], packet, mac_of(packet)) for packet in case[4]],) for case in (cases4() if family == 4 else cases6())]
    cases += [("by %s: %s" % (mac, label), *rest, [ethernet(rest[1], packet, mac) for packet in rest[3]])
              for mac in ("ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01")
              for label, *rest, _ in cases if label in ("input udp", "forward udp", "input tcp syn")]
    answered, silent, failures = 0, 0, []
    for case, kernel, ours in zip(cases, of_kernel(wire, family, name, cases), of_pinhole(family, name, cases), strict=True):
        theirs = [comparable(completed(packet)).hex() for packet in kernel] or ["-"]
        for text, how in zip(ours, ("found", "told"), strict=True):
            mine = text if text == "-" else comparable(bytes.fromhex(text)).hex()
            if theirs != [mine]:
                failures.append("IPv%d %s: %s (%s):\n  kernel  %s\n  pinhole %s" % (family, name, case[0], how, " ".join(theirs), mine))
        answered += theirs != ["-"]
        silent += theirs == ["-"]
    return answered, silent, failures


def main():
    if os.geteuid() != 0:
        print("needs root and network namespaces\n0 passed, 0 failed, 1 skipped")
        return 0
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})     # one queue on the way: the marker comes last
    answered, silent, failures = 0, 0, []
    try:
        if not setup():
            print("no network namespace can be made here\n0 passed, 0 failed, 1 skipped")
            return 0
        wire = Wire()
        for family in (4, 6):
            for name in NAMES[family]:
                more = compare(wire, family, name)
                answered, silent, failures = answered + more[0], silent + more[1], failures + more[2]
    finally:
        run("ip", "netns", "del", FW)
        run("ip", "netns", "del", PEER)
    for text in failures:
        print(text)
    print("%d packets refused: %d answered by the kernel, %d not" % (answered + silent, answered, silent))
    if (answered, silent) != EXPECTED:
        failures.append("expected")
        print("there were %d answered and %d not when this was written" % EXPECTED)
    print("%d passed, %d failed, 0 skipped" % (2 * (answered + silent) - len(failures), len(failures)))
    return 1 if failures else 0


sys.exit(main())
