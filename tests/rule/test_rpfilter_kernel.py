#!/usr/bin/env python3
"""Random routes and random sources, before the real kernel and before pinhole: same answers of rpfilter, same fates by rp_filter.

A world is a network namespace without a name: three interfaces, addresses and routes drawn from a seed. Its packets come in
one after the other; counters of rules tell what the kernel thinks of each, and pinhole replays the same frames with the
same commands. Needs root; skips, saying so, without it. SEED=N draws others.
"""
import collections
import ctypes
import json
import os
import random
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

PINHOLE = os.environ.get("PINHOLE", "build/pinhole")
SEED = int(os.environ.get("SEED", "1"))
NEW_NET = 0x40000000
IFACES = ("i0", "i1", "i2")
WORLDS = {"rpfilter 4": (8, 32), "rpfilter 6": (8, 32), "rp_filter": (20, 20)}      # worlds, packets in each
LEAST = {"rpfilter 4": 200, "rpfilter 6": 200, "rp_filter": 300}
OPTIONS = [[word for bit, word in enumerate(("--loose", "--validmark", "--accept-local", "--invert")) if n >> bit & 1]
           for n in range(16)]
MARKER = {4: "198.51.100.99", 6: "2001:db8:99::99"}
LOCALS = {4: "10.%d.0.1", 6: "2001:db8:%d::1"}

Packet = collections.namedtuple("Packet", "iface src dst proto sport")


# --- worlds ---

class World:
    """Commands that pinhole and the kernel both read, and the packets that are sent."""

    def __init__(self, kind, number):
        self.kind, self.family = kind, 6 if kind.endswith("6") else 4
        self.draw = random.Random("%d %s %d" % (SEED, kind, number))
        self.net, self.sysctl, self.table = [], [], "mangle" if number % 2 else "raw"
        self.bare = number % 5 == 4             # one interface has no address
        self.local_route = number % 4 == 3      # a local route made by hand
        (self.make_v4 if self.family == 4 else self.make_v6)()
        if kind == "rp_filter":
            self.make_sysctls()
        self.packets = [self.packet(1000 + i % 2, n) for i, n in enumerate(range(WORLDS[kind][1]))]

    def add(self, text):
        self.net.append("ip %s" % text)

    def route(self, prefix, gateways, metric):
        kind = self.draw.choice(["via", "via", "via", "dev", "blackhole", "unreachable", "prohibit"])
        tail = " metric %d" % metric if metric else ""
        version = "-6 " if self.family == 6 else ""
        if kind in ("via", "dev"):
            iface = self.draw.randrange(3)
            via = "via %s " % gateways[iface] if kind == "via" and gateways[iface] else ""
            self.add("%sroute add %s %sdev i%d%s" % (version, prefix, via, iface, tail))
        else:
            self.add("%sroute add %s %s%s" % (version, kind, prefix, tail))

    def make_v4(self):
        gateways = [None] * 3
        for i in range(3):
            if i == 2 and self.bare:
                continue
            length = self.draw.choice([24, 24, 25, 16, 30, 31, 32])
            self.add("addr add 10.%d.0.1/%d dev i%d" % (i, length, i))
            gateways[i] = "10.%d.0.2" % i if length < 31 else "10.%d.0.0" % i if length == 31 else None
        if self.draw.random() < 0.4:
            self.add("addr add 10.0.0.77/16 dev i1")            # the network of another interface, once more
        for prefix in self.draw.sample(["10.50.0.0/16", "10.50.1.0/24", "10.50.1.128/25", "10.60.0.0/16", "10.1.0.9/32",
                                        "10.50.1.7/32", "172.16.0.0/12", "224.0.0.0/4", "10.0.0.0/8"], 6):
            self.route(prefix, gateways, 0)
        if self.draw.random() < 0.5:
            self.route("10.60.0.0/16", gateways, 50)
        if self.local_route:
            self.add("route add local 10.99.0.0/16 dev i0")
        if self.draw.random() < 0.7:
            self.route("default", gateways, self.draw.choice([0, 10]))
        if self.draw.random() < 0.3:
            self.route("default", gateways, 20)

    def make_v6(self):
        for i in range(3):
            self.add("-6 addr add fe80::a%d/64 dev i%d" % (i, i))
            if i < 2 or not self.bare:
                self.add("-6 addr add 2001:db8:%d::1/%d dev i%d" % (i, self.draw.choice([64, 64, 96, 127, 128]), i))
        gateways = ["fe80::2"] * 3
        for prefix in self.draw.sample(["2001:db8:50::/48", "2001:db8:50:1::/64", "2001:db8:50:1::7/128", "2001:db8:60::/48",
                                        "2001:db8:1::9/128", "2001:db8::/32", "fc00::/7"], 5):
            self.route(prefix, gateways, self.draw.choice([0, 5]))
        for metric in (50, 60):
            if self.draw.random() < 0.6:
                self.route("2001:db8:60::/48", gateways, metric)
        for metric, chance in ((10, 0.6), (20, 0.4), (30, 0.3)):
            if self.draw.random() < chance:
                self.route("default", gateways, metric)

    def make_sysctls(self):
        self.sysctl = [("all", "rp_filter", self.draw.choice([0, 0, 1, 2])), ("all", "accept_local", int(self.draw.random() < 0.2)),
                       ("all", "src_valid_mark", int(self.draw.random() < 0.3)), ("all", "route_localnet", int(self.draw.random() < 0.1))]
        for iface in IFACES:
            self.sysctl += [(iface, "rp_filter", self.draw.randrange(3)), (iface, "accept_local", int(self.draw.random() < 0.3)),
                            (iface, "src_valid_mark", int(self.draw.random() < 0.3)),
                            (iface, "route_localnet", int(self.draw.random() < 0.2))]

    def packet(self, sport, number):
        """One packet; its number tells it from the others."""
        pick, net = self.draw.choice, self.draw.randrange(3)
        iface = pick(IFACES)
        if self.kind != "rp_filter" and self.draw.random() < 0.05:
            return Packet("lo", pick(["127.0.0.1", "127.9.9.9"]) if self.family == 4 else "2001:db8:50::8",
                          "127.0.0.1" if self.family == 4 else "2001:db8:1::2", 17, sport)
        if self.family == 6:
            src = pick(["2001:db8:%d::%x" % (net, pick([0, 1, 2, 9, 0x77])), "2001:db8:%d::2" % net, "2001:db8:50:1::7", "2001:db8:50:1::8",
                        "2001:db8:50::1", "2001:db8:60::1", "2001:db8:60::2", "2001:db8:70::1", "2a00:1:2::3", "fd00::5", "::", "fe80::99", "fe80::a%d" % net,
                        "fe80::", "fe80:1::5", "ff02::5", "::1"])
            dst = pick(["2001:db8:%d::2" % self.draw.randrange(3), "2001:db8:%d::1" % self.draw.randrange(3), "ff02::1", "ff02::9",
                        "2001:db8:50::5", "2a00:9::9"])
            return Packet(iface, src, dst, 17, sport)
        if self.draw.random() < 0.08:
            dhcp = pick([("0.0.0.0", "255.255.255.255", 17), ("0.0.0.0", "224.0.0.1", 2), ("0.0.0.0", "224.0.0.22", 2),
                         ("0.0.0.0", "10.0.0.2", 17), ("0.0.0.0", "0.0.0.0", 17), ("10.0.0.9", "0.0.0.0", 17), ("0.0.0.0", "10.1.0.255", 17),
                         ("127.0.0.1", "255.255.255.255", 17), ("127.5.5.5", "255.255.255.255", 17), ("0.0.0.0", "239.1.1.1", 17), ("0.0.0.0", "224.0.0.1", 17)])
            return Packet(iface, *dhcp, sport)
        src = pick(["10.%d.0.%d" % (net, pick([0, 1, 2, 3, 9, 77, 127, 255])), "10.%d.0.2" % net, "10.%d.255.255" % net, "10.50.1.7",
                    "10.50.1.8", "10.50.1.200", "10.50.2.1", "10.60.0.1", "172.16.3.3", "203.0.113.5", "198.18.0.1", "10.99.1.1",
                    "127.0.0.1", "127.5.5.5", "224.0.0.5", "239.1.1.1", "255.255.255.255", "0.1.2.3", "240.1.1.1", "169.254.7.7"])
        dst = pick(["10.%d.0.%d" % (self.draw.randrange(3), pick([1, 2, 2, 3, 255])), "10.50.2.9", "203.0.113.99", "255.255.255.255", "224.0.0.1",
                    "224.0.0.9", "10.99.2.2"])
        return Packet(iface, src, dst, 17, sport)

    def rules(self):
        """(iptables command, arguments) in order; the first is the marker's."""
        program = "iptables" if self.family == 4 else "ip6tables"
        yield program, "-t raw -A PREROUTING -s %s -j DROP" % MARKER[self.family]
        if self.kind == "rp_filter":
            yield program, "-t mangle -A PREROUTING -p udp --sport 1001 -j MARK --set-mark 7"
            yield program, "-t mangle -A INPUT -i i+"
            yield program, "-t mangle -A FORWARD -i i+"
            return
        if self.table == "mangle":
            yield program, "-t mangle -A PREROUTING -p udp --sport 1001 -j MARK --set-mark 7"
        for n, options in enumerate(OPTIONS):
            yield program, "-t %s -A PREROUTING -m rpfilter %s -m comment --comment c%d" % (self.table, " ".join(options), n)


# --- packets ---

def ip_packet(packet, number):
    body = struct.pack("!HHHH", packet.sport, 2000 + number, 12, 0) + b"ping"
    if ":" in packet.src:
        return struct.pack("!IHBB", 0x60000000, len(body), packet.proto, 64) + socket.inet_pton(socket.AF_INET6, packet.src) + \
            socket.inet_pton(socket.AF_INET6, packet.dst) + body
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), number + 1, 0, 64, packet.proto, 0, socket.inet_aton(packet.src),
                       socket.inet_aton(packet.dst))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + head[12:] + body


def framed(iface, data):
    mac = bytes(6) if iface == "lo" else bytes.fromhex("0200000000" "0" + iface[1])
    return mac + bytes.fromhex("02000000aa01") + (b"\x86\xdd" if data[0] >> 4 == 6 else b"\x08\x00") + data


# --- the kernel ---

def run(*command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(command), done.stderr.strip()))
    return done.stdout


def set_value(path, value):
    with open("/proc/sys/net/" + path, "w") as out:
        out.write(str(value))


def prepare(world):
    """The namespace we are in becomes the world. Returns {interface: socket that sends into it}."""
    for name, value in (("ipv6/conf/default/addr_gen_mode", 1), ("ipv6/conf/default/accept_dad", 0), ("ipv6/conf/all/forwarding", 1),
                        ("ipv4/ip_forward", 1), ("ipv4/conf/all/rp_filter", 0), ("ipv4/conf/default/rp_filter", 0),
                        ("ipv4/conf/all/send_redirects", 1), ("ipv4/conf/default/send_redirects", 1),
                        ("ipv4/conf/all/log_martians", 0), ("ipv4/conf/default/log_martians", 0)):
        set_value(name, value)
    links = ["link set lo up"]
    for i, name in enumerate(IFACES):
        links += ["link add o%d type veth peer name %s address 02:00:00:00:00:0%d" % (i, name, i), "link set %s arp off up" % name,
                  "link set o%d arp off up" % i]
    run("ip", "-batch", "-", text="\n".join(links) + "\n")
    run("ip", "-%d" % world.family, "-batch", "-", text="\n".join(re.sub("^ip (-6 )?", "", line) for line in world.net) + "\n")
    for iface, key, value in world.sysctl:
        set_value("ipv4/conf/%s/%s" % (iface, key), value)
    program = "iptables-legacy" if world.family == 4 else "ip6tables-legacy"
    run(program, "-P", "OUTPUT", "DROP")            # no answers, which might come back as broadcasts
    for _, rule in world.rules():
        run(program, *rule.split())
    doors = {}
    for iface in (*IFACES, "lo"):
        doors[iface] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        doors[iface].bind(("o" + iface[1] if iface != "lo" else "lo", 0))
    return doors


def counters(world, table):
    program = "iptables-legacy-save" if world.family == 4 else "ip6tables-legacy-save"
    return [int(n) for n in re.findall(r"^\[(\d+):\d+\] -A ", run(program, "-c", "-t", table), re.M)]


def settle(world, doors, markers):
    """Waits until what was sent is through: a marker behind it was counted."""
    marker = Packet("i0", MARKER[world.family], LOCALS[world.family] % 0, 17, 999)
    doors["i0"].send(framed("i0", ip_packet(marker, 900)))
    for _ in range(500):
        now = counters(world, "raw")
        if now[0] == markers:
            return now
    raise RuntimeError("a packet did not come through")


def ask_kernel(world):
    """An answer for each packet: the options that matched, or where it went."""
    doors, answers = prepare(world), []
    table = world.table if world.kind != "rp_filter" else "mangle"
    raw, before = settle(world, doors, 1), counters(world, table)
    for n, packet in enumerate(world.packets):
        doors[packet.iface].send(framed(packet.iface, ip_packet(packet, n)))
        raw = settle(world, doors, n + 2)
        now = raw if table == "raw" else counters(world, table)
        hits = [b - a for a, b in zip(before, now)]
        before = now
        if world.kind == "rp_filter":
            answers.append("local" if hits[1] else "forwarded" if hits[2] else "dropped")
        else:
            answers.append([k for k, hit in enumerate(hits[-16:]) if hit])
    return answers


def in_own_namespace(world):
    """ask_kernel in a child that has a network of its own, which ends with it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(NEW_NET) != 0:
                raise RuntimeError("no namespace can be made here")
            answers = json.dumps(ask_kernel(world))
            code = 0
        except Exception as error:              # pylint: disable=broad-except
            answers = json.dumps(str(error))
        with os.fdopen(writer, "w") as out:
            out.write(answers)
        os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as text:
        answers = json.load(text)
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError(answers)
    return answers


# --- pinhole ---

def write_capture(path, world, iface):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for n, packet in enumerate(world.packets):
            if packet.iface == iface:
                data = framed(iface, ip_packet(packet, n))
                out.write(struct.pack("<IIII", 1000 + n, 0, len(data), len(data)) + data)


def policy(world, lo):
    lines = ["ip link add %s" % name for name in (*IFACES, *lo)] + world.net
    if world.family == 4 and lo:
        lines.append("ip addr add 127.0.0.1/8 dev lo")
    lines += ["sysctl -w net.ipv4.conf.%s.%s=%d" % row for row in world.sysctl]
    for program, rule in world.rules():
        label = re.search("-m comment --comment (c[0-9]+)", rule)
        lines.append("%s %s%s" % (program, rule, " -j NFLOG --nflog-prefix %s" % label[1] if label else ""))
    return "\n".join(lines) + "\n"


def ask_pinhole(world):
    """As ask_kernel; None where a packet was taken for the firewall's own, which no frame tells apart."""
    lo = ("lo",) if any(packet.iface == "lo" for packet in world.packets) else ()
    order = {}
    for n, packet in enumerate(world.packets):
        order.setdefault(packet.iface, []).append(n)
    answers = [None] * len(world.packets)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "world.policy")
        with open(path, "w") as out:
            out.write(policy(world, lo))
        for iface in order:
            write_capture(os.path.join(folder, iface + ".pcap"), world, iface)
        text = run(PINHOLE, "replay", "-p", path, "--json", "-", *["%s=%s" % (i, os.path.join(folder, i + ".pcap")) for i in order])
    for line in text.splitlines():
        record = json.loads(line)
        if "fate" not in record:
            continue
        iface = record.get("file", next(iter(order)) + ".pcap").split(".")[0]
        n = order[iface][record["n"] - 1]
        if record["dir"].startswith("f"):
            continue
        if world.kind == "rp_filter":
            answers[n] = record["fate"] if record["fate"] in ("local", "forwarded") else "dropped"
        else:
            answers[n] = [int(entry["prefix"][1:]) for entry in record.get("log", [])]
    return answers


def compare(kind):
    """(compared, left out, lines about differences, answers seen) of one kind."""
    compared, left_out, wrong, seen = 0, 0, [], collections.Counter()
    for number in range(WORLDS[kind][0]):
        world = World(kind, number)
        kernel, ours = in_own_namespace(world), ask_pinhole(world)
        for packet, want, got in zip(world.packets, kernel, ours):
            if got is None:
                left_out += 1
                continue
            compared += 1
            seen[str(want)] += 1
            if want != got:
                wrong.append("%s world %d: %s > %s proto %d on %s: kernel %s, pinhole %s" % (kind, number, packet.src, packet.dst,
                             packet.proto, packet.iface, want, got))
    return compared, left_out, wrong, seen


def main():
    missing = [p for p in ("ip", "iptables-legacy", "ip6tables-legacy") if not shutil.which(p)]
    if os.geteuid() != 0 or missing:
        print("skipped:", "needs root" if os.geteuid() else "not installed: " + " ".join(missing))
        print("0 passed, 0 failed, 1 skipped")
        return 0
    passed = failed = 0
    for kind in WORLDS:
        try:
            compared, left_out, wrong, seen = compare(kind)
        except RuntimeError as error:
            if "namespace" not in str(error):
                raise
            print("skipped: %s\n0 passed, 0 failed, 1 skipped" % error)
            return 0
        print("%s: %d pairs compared in %d worlds, %d answers, %d left out" % (kind, compared, WORLDS[kind][0], len(seen), left_out))
        print("".join("    %s\n" % line for line in wrong[:20]), end="")
        if compared < LEAST[kind] or left_out * 6 > compared or len(seen) < 3:
            wrong.append("too little was compared")
            print("    too little was compared")
        passed += compared - len(wrong)
        failed += len(wrong)
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
