#!/usr/bin/env python3
"""Follows a real kernel's interfaces, addresses and routes: pinhole must find what `ip route get` finds, and notice what changes.

Needs root and network namespaces; skips, saying so, without them. A namespace is filled at random, but the same every time (--seed N);
tests/io/test_netwatch probe reads it over rtnetlink and is asked the same questions as the kernel: where addresses lead, freely and
bound to an interface, whether rp_filter lets sources pass, which broadcast addresses and interface numbers there are. Then one thing
after the other is changed: it must say "changed" for those that matter and for no other, and be right again after reading anew.
"""
import argparse
import ipaddress
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../route"))
from fib import agree, inside, of_kernel, run  # noqa: E402

NS = "phn-%d" % os.getpid()
BUILD = os.environ.get("BUILD", "build")
DEVS = ("va", "vb", "vc", "fifteen-letters")
NET = {4: "10.%d.0.%d", 6: "2001:db8:%d::%d"}
KINDS = ("anycast", "blackhole", "broadcast", "local", "multicast", "none", "prohibit", "unicast", "unreachable", "reverse no", "reverse yes")
CHECKS = 3301           # of any seed
ROUTES, ADDRESSES, AGAIN, SOURCES, PATIENCE_S = 100, 150, 14, 120, 20

# What is done to the machine behind the random part, and whether it matters to where packets go.
CHANGES = [
    ("link set va mtu 1400", False),
    ("link set vb txqueuelen 77", False),
    ("link set vb alias other", False),
    ("neigh add 10.1.0.77 lladdr 02:00:00:00:00:01 dev va", False),
    ("-6 addr change 2001:db8:1::1/64 dev va valid_lft 5000 preferred_lft 4000", False),
    ("-6 addr change 2001:db8:1::1/64 dev va valid_lft 6000 preferred_lft 5000", False),
    ("route add 10.77.0.0/16 dev va table 100", False),
    ("-6 route add 2001:db8:77::/48 dev va table 1000", False),
    ("nexthop add id 1 via 10.1.0.5 dev va", False),
    ("nexthop add id 2 via 10.2.0.5 dev vb", False),
    ("nexthop add id 3 group 1/2", False),
    ("nexthop add id 4 via 2001:db8:1::5 dev va", False),
    ("route add 10.78.0.0/16 nhid 1", True),
    ("route add 10.79.0.0/16 nhid 3", True),
    ("-6 route add 2001:db8:78::/48 nhid 4", True),
    ("nexthop replace id 1 via 10.3.0.9 dev vc", True),
    ("nexthop del id 2", True),
    ("route add 10.80.0.0/16 via inet6 fe80::9 dev vb", True),
    ("route change 10.80.0.0/16 via 10.1.0.9 dev va", True),
    ("route del 10.80.0.0/16", True),
    ("addr add 10.1.0.201/24 brd 10.1.0.199 dev va", True),
    ("addr del 10.1.0.201/24 dev va", True),
    ("route del broadcast 10.2.0.255 dev vb table local", True),
    ("-6 addr add 2001:db8:1::7/64 dev va nodad", True),
    ("-6 addr del 2001:db8:1::7/64 dev va", True),
    ("link set vb down", True),
    ("link set vb up", True),
    ("link set vap down", True),
    ("link set vap up", True),
    ("link set vc down", True),
    ("link set vc name vd", True),
    ("link set vd name vc", True),
    ("link set vc up", True),
    ("link del vc", True),
    ("link add vc type veth peer name vcp", True),
    ("addr add 10.3.0.1/24 dev vc", True),
    ("link set vc up", True),
    ("link set vcp up", True),
    ("route add 10.81.0.0/16 tos 0x10 dev va", True),
    ("route flush table main", True),
    ("-6 route flush table main", True),
    ("addr flush dev va", True),
    # Behind the flushes: from its first rule on the kernel searches IPv4's local table before main, for good, and nobody can see it.
    ("rule add fwmark 1 lookup 100", True),
    ("rule del fwmark 1 lookup 100", True),
]


def ip(line):
    return run("ip", "-n", NS, *line.split())


def sysctl(*settings):
    run("ip", "netns", "exec", NS, "sysctl", "-qw", *settings)


def settle():
    """Until the kernel has done what it does later: carriers, IPv6 addresses."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        waiting = ip("-6 addr show tentative").stdout
        links = {link["ifname"]: link for link in json.loads(ip("-j link").stdout)}
        for link in links.values():
            peer = links.get(link.get("link"))
            if peer and (link["operstate"] == "UP") != ("UP" in link["flags"] and "UP" in peer["flags"]):
                waiting += "carrier of " + link["ifname"]
        if not waiting:
            return
    raise SystemExit("the namespace does not come to rest: " + waiting)


def setup(rng):
    """Interfaces with addresses of all kinds."""
    if run("ip", "netns", "add", NS).returncode != 0:
        return False
    sysctl("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv6.conf.default.accept_dad=0",
           "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.all.rp_filter=0", "net.ipv6.conf.all.keep_addr_on_down=1")
    lines = []
    for i, dev in enumerate(DEVS, 1):
        peer = "vfp" if len(dev) > 2 else dev + "p"
        ip("link add %s type veth peer name %s" % (dev, peer))
        for end in (dev, peer):
            ip("link set %s addrgenmode %s" % (end, "eui64" if dev == "va" else "none"))
            ip("link set %s up" % end)
        lines += ["addr add %s/24 dev %s" % (NET[4] % (i, 1), dev), "-6 addr add %s/64 dev %s nodad" % (NET[6] % (i, 1), dev)]
    ip("link set lo up")
    lines += ["addr add 10.2.0.200/32 dev vc", "addr add 10.1.0.9/32 dev vb", "addr add 10.20.0.1/31 dev va", "addr add 10.20.1.1/30 brd + dev va",
              "addr add 10.21.0.1 peer 10.21.0.2/32 dev vb", "addr add 10.22.0.1 peer 10.22.0.2/24 dev vb",
              "addr add 10.23.0.1/24 brd 10.23.0.200 dev vc noprefixroute", "addr add 10.24.0.1/25 brd + dev vc",
              "addr add 10.24.0.3/25 brd + dev vc", "addr add 10.25.0.1/24 dev lo", "addr add 10.26.0.1/24 brd + dev fifteen-letters metric 7",
              "-6 addr add 2001:db8:20::1/127 dev va nodad", "-6 addr add 2001:db8:21::1/128 dev vb nodad",
              "-6 addr add 2001:db8:22::1/64 dev vb nodad noprefixroute", "-6 addr add 2001:db8:23::1 peer 2001:db8:23::2/128 dev vc nodad",
              "-6 addr add 2001:db8:24::1/126 dev vc nodad", "-6 addr add 2001:db8:25::1/64 dev lo",
              "-6 addr add 2001:db8:26::1/64 dev fifteen-letters nodad metric 9"]
    lines += ["addr add %s/24 dev %s" % (NET[4] % (i, rng.randint(30, 60)), dev) for i, dev in enumerate(DEVS, 1)]
    rng.shuffle(lines)
    for line in lines:
        if (done := ip(line)).returncode != 0:
            raise SystemExit("%s: %s" % (line, done.stderr))
    settle()
    return True


def prefix(rng, family):
    """Few distinct bits, so that prefixes lie in each other."""
    if rng.random() < 0.06:
        return "default"
    if family == 4:
        length = rng.randint(10, 32)
        value = (10 << 24 | 1 << 22 | rng.getrandbits(22) & 0x218181) & -1 << (32 - length)
        return "%s/%d" % (ipaddress.IPv4Address(value), length)
    length = rng.choice((33, 40, 48, 49, 56, 64, 65, 80, 96, 127, 128))
    value = (0x20010db8 << 96 | 1 << 95 | rng.getrandbits(95) & 0x01008101_80018001_80000003) & -1 << (128 - length)
    return "%s/%d" % (ipaddress.IPv6Address(value), length)


def gateway(rng, family):
    i = rng.randint(1, len(DEVS))
    return "via %s dev %s" % (NET[family] % (i, rng.randint(2, 5)), DEVS[i - 1])


def route(rng, family):
    where, metric = prefix(rng, family), rng.choice(("", "", " metric 1", " metric 2"))
    table = rng.choice(("", "", " table default", " table 254", " table 300")) if family == 4 else rng.choice(("", "", " table 300"))
    kind = rng.choice(("gateway", "gateway", "legs", "dev", "throw", "blackhole", "unreachable", "prohibit", "local", "broadcast",
                       "anycast", "multicast", "other"))
    verb = rng.choice(("add", "append", "replace")) if family == 4 else "add"
    if kind == "legs":
        words = where + metric + table + "".join(
            " nexthop %s weight %d" % (gateway(rng, family), rng.randint(1, 3)) for _ in range(rng.randint(2, 5)))
    elif kind == "gateway":
        words = "%s %s%s%s" % (where, gateway(rng, family), metric, table)
    elif kind == "other" and family == 4:
        words = "%s via inet6 fe80::%d dev %s%s%s" % (where, rng.randint(1, 9), rng.choice(DEVS), metric, table)
    elif kind in ("dev", "other"):
        words = "%s dev %s%s%s" % (where, rng.choice(DEVS), metric, table)
    elif kind in ("throw", "blackhole", "unreachable", "prohibit"):
        words = "%s %s%s%s" % (kind, where, metric, table)
    else:
        # IPv6 asks the local table first: a short prefix there would hide the main one.
        while family == 6 and kind != "multicast" and not where.endswith(("/80", "/96", "/127", "/128")):
            where = prefix(rng, family)
        words = "%s %s dev %s%s" % (kind, where, rng.choice(DEVS), metric)
    return "%sroute %s %s" % ("-6 " if family == 6 else "", verb, words)


def question(rng, family, routes):
    """An address in or beside one of the routes, or near the own addresses."""
    if not routes[family] or rng.random() < 0.3:
        subnet = rng.choice((1, 2, 3, 4, 20, 21, 22, 23, 24, 25, 26, 78, 79, 80, 81))
        return NET[family] % (subnet, rng.choice((0, 1, 2, 3, 9, 127, 199, 200, 255)))
    text = next(w for w in rng.choice(routes[family]).split()[2:] if "/" in w or w == "default")
    text = "10.99.0.0/8" if text == "default" and family == 4 else "2001:db8::/32" if text == "default" else text
    return inside(rng, family, text)


class Probe:
    """The probe program inside the namespace."""

    def __init__(self):
        self.process = subprocess.Popen(["ip", "netns", "exec", NS, BUILD + "/tests/io/test_netwatch", "probe"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("the probe has ended at: " + line)
        return answer.strip()

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


class Tally:
    def __init__(self):
        self.passed, self.failures, self.kinds, self.when = 0, [], {}, "at first"

    def check(self, good, text):
        self.passed += bool(good)
        if not good:
            self.failures.append(self.when + ": " + text)


def compare(rng, probe, tally, routes, n):
    up = [d["ifname"] for d in json.loads(ip("-j link").stdout) if "UP" in d["flags"] and d["ifname"] in DEVS]
    for family in (4, 6):
        for i in range(n):
            addr, dev = question(rng, family, routes), rng.choice(up) if i % 2 else ""
            kernel, ours = of_kernel(NS, family, addr, dev), probe.ask("get %s %s" % (addr, dev))
            tally.kinds[ours.split()[0]] = tally.kinds.get(ours.split()[0], 0) + 1
            tally.check(agree(kernel, ours, dev, family), "%s %s: kernel %s, pinhole %s" % (addr, dev, kernel, ours))


def compare_sources(rng, probe, tally, routes):
    """rp_filter 1, 2 and 0, by asking the kernel where a packet from there would go."""
    asked = [(question(rng, 4, routes), rng.choice(DEVS)) for _ in range(SOURCES)]
    for column, value in enumerate((1, 2, 0)):
        sysctl("net.ipv4.conf.all.rp_filter=%d" % value)
        for addr, dev in asked:
            done = ip("route get 10.1.0.1 from %s iif %s" % (addr, dev))
            kernel = "yes" if done.returncode == 0 else "no"
            ours = probe.ask("reverse %s %s" % (addr, dev)).split()[column]
            tally.kinds["reverse " + ours] = tally.kinds.get("reverse " + ours, 0) + 1
            tally.check(kernel == ours, "rp_filter %d, %s by %s: kernel %s %s, pinhole %s" % (value, addr, dev, kernel, done.stderr.strip(), ours))
    sysctl("net.ipv4.conf.all.rp_filter=0")


def compare_links(probe, tally):
    """Numbers of interfaces and, of primary addresses, netmasks of broadcast addresses."""
    for link in json.loads(ip("-j addr").stdout):
        ours = probe.ask("iface %d" % link["ifindex"])
        tally.check(ours == link["ifname"], "interface %d is %s, pinhole %s" % (link["ifindex"], link["ifname"], ours))
        first = {}
        for a in link["addr_info"]:
            if a["family"] == "inet" and "broadcast" in a and not a.get("secondary"):
                first.setdefault(a["broadcast"], str(ipaddress.ip_network("0.0.0.0/%d" % a["prefixlen"]).netmask))
        for addr in sorted(set(first) | {"10.2.0.255", "10.23.0.255"}):
            ours = probe.ask("mask %s %s" % (addr, link["ifname"]))
            tally.check(ours == first.get(addr, "-"), "mask of %s on %s: %s, pinhole %s" % (addr, link["ifname"], first.get(addr), ours))


def read_anew(probe):
    """(links, addresses, routes, left out, other rules)"""
    for _ in range(50):
        numbers = probe.ask("dump").split()
        if probe.ask("poll") == "same":
            return [int(n) for n in numbers]
    raise SystemExit("there is always something new")


def change(rng, probe, tally, routes):
    for line, matters in CHANGES:
        tally.when, done = line, ip(line)
        if done.returncode != 0:
            raise SystemExit("%s: %s" % (line, done.stderr))
        end = time.monotonic() + PATIENCE_S
        said = probe.ask("poll")
        while matters and said == "same" and time.monotonic() < end:
            said = probe.ask("poll")
        tally.check(said == ("changed" if matters else "same"), "it says " + said)
        if matters:
            settle()
            numbers = read_anew(probe)
            tally.check(numbers[4] == (line == "rule add fwmark 1 lookup 100"), "other rules: %d" % numbers[4])
            compare(rng, probe, tally, routes, AGAIN)
            compare_links(probe, tally)


def overrun(probe, tally):
    """Routes of a table that nobody asks are nothing new, unless there are so many that it cannot know what it missed."""
    for n, said in ((500, "same"), (30000, "changed")):
        tally.when = "%d routes of another table" % n
        batch = "".join("route replace 10.200.%d.%d/32 dev vb table 100\n" % (i // 250 % 250, i % 250) for i in range(n))
        subprocess.run(["ip", "-n", NS, "-batch", "-"], input=batch, text=True, check=True, capture_output=True)
        tally.check(probe.ask("poll") == said, "it does not say " + said)
    read_anew(probe)
    tally.check(probe.ask("poll") == "same", "it does not come to rest")


def explore(rng, tally):
    probe = Probe()
    routes = {4: [], 6: []}
    # Before anything is added by hand: local routes of that kind make rp_filter=0 look closer.
    read_anew(probe)
    compare(rng, probe, tally, routes, ADDRESSES // 3)
    compare_sources(rng, probe, tally, routes)
    for family in (4, 6):
        while len(routes[family]) < ROUTES:
            line = route(rng, family)
            if ip(line).returncode == 0:
                routes[family].append(line)
    tally.check(probe.ask("poll") == "changed", "addresses and routes were made, and nothing is new")
    links, addrs, n_routes, left_out, other = read_anew(probe)
    tally.check(links == 1 + 2 * len(DEVS) and addrs > 30 and n_routes > 2 * ROUTES and left_out > 10 and other == 0,
                "%d links, %d addresses, %d routes, %d left out" % (links, addrs, n_routes, left_out))
    compare(rng, probe, tally, routes, ADDRESSES)
    compare_links(probe, tally)
    compare_sources(rng, probe, tally, routes)
    # Without carrier; the setting that makes routes without carrier dead counts from the next change of a carrier on.
    for value in (0, 1):
        tally.when = "without carrier, ignore_routes_with_linkdown=%d" % value
        sysctl(*("net.ipv%d.conf.all.ignore_routes_with_linkdown=%d" % (family, value) for family in (4, 6)))
        for verb, n in (("down", ADDRESSES // 3), ("up", 0)):
            for dev in ("vbp", "vc"):
                ip("link set %s %s" % (dev, verb))
            settle()
            read_anew(probe)
            compare(rng, probe, tally, routes, n)
    sysctl("net.ipv4.conf.all.ignore_routes_with_linkdown=0", "net.ipv6.conf.all.ignore_routes_with_linkdown=0")
    change(rng, probe, tally, routes)
    overrun(probe, tally)
    tally.check(probe.close() == 0, "the probe ends badly")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    rng = random.Random(parser.parse_args().seed)
    if os.geteuid() != 0:
        print("needs root and network namespaces\n0 passed, 0 failed, 1 skipped")
        return 0
    tally = Tally()
    try:
        if not setup(rng):
            print("no network namespace can be made here\n0 passed, 0 failed, 1 skipped")
            return 0
        explore(rng, tally)
    finally:
        run("ip", "netns", "del", NS)
    for kind in KINDS:
        tally.check(tally.kinds.get(kind, 0) >= 10, "too few answers are " + kind)
    tally.check(tally.passed + len(tally.failures) == CHECKS, "%d things were checked" % (tally.passed + len(tally.failures)))
    for text in tally.failures:
        print(text)
    print(" ".join("%s: %d" % item for item in sorted(tally.kinds.items())))
    print("%d passed, %d failed, 0 skipped" % (tally.passed, len(tally.failures)))
    return 1 if tally.failures else 0


sys.exit(main())
