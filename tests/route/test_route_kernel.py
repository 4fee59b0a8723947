#!/usr/bin/env python3
"""Puts generated route tables to the real kernel: what `ip route get` says of an address, pinhole must say.

Needs root and network namespaces; skips, saying so, without them. The same `ip` commands go to a namespace and into a
policy: both must refuse the same ones. Then both are asked for addresses, freely and bound to an interface. Of several next
hops the kernel may take any; it must be one that pinhole knows. Random, but the same every time (--seed N).
"""
import argparse
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fib import agree, inside, of_kernel, run  # noqa: E402

NS = "phr-%d" % os.getpid()
BUILD = os.environ.get("BUILD", "build")
DEVS = ("va", "vb", "vc")
ROUTES, ADDRESSES = 90, 110
NET = {4: "10.%d.0.%d", 6: "2001:db8:%d::%d"}


def setup(rng):
    """Interfaces with addresses, made in the namespace; returns the commands, a policy's beginning."""
    if run("ip", "netns", "add", NS).returncode != 0:
        return None
    lines = []
    run("ip", "netns", "exec", NS, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
        "net.ipv6.conf.default.accept_dad=0")
    run("ip", "-n", NS, "link", "set", "lo", "up")
    for i, dev in enumerate(DEVS, 1):
        run("ip", "-n", NS, "link", "add", dev, "type", "veth", "peer", "name", dev + "p")
        for end in (dev, dev + "p"):
            run("ip", "-n", NS, "link", "set", end, "addrgenmode", "none")
            run("ip", "-n", NS, "link", "set", end, "up")
        lines += ["ip addr add %s/24 dev %s" % (NET[4] % (i, 1), dev), "ip -6 addr add %s/64 dev %s nodad" % (NET[6] % (i, 1), dev)]
    lines.append("ip addr add 10.2.0.200/32 dev vc")
    rng.shuffle(lines)
    for line in lines:
        if (done := run("ip", "-n", NS, *line.split()[1:])).returncode != 0:
            raise SystemExit("%s: %s" % (line, done.stderr))
    return ["ip addr add 127.0.0.1/8 dev lo", "ip -6 addr add ::1/128 dev lo"] + lines


def prefix(rng, family):
    """Few distinct bits, so that prefixes lie in each other."""
    if rng.random() < 0.05:
        return "default"
    if family == 4:
        length = rng.randint(10, 32)
        value = 10 << 24 | 1 << 22 | rng.getrandbits(22) & 0x218181
        value &= -1 << (32 - length)
        return "%d.%d.%d.%d/%d" % (*value.to_bytes(4, "big"), length)
    length = rng.choice((33, 40, 48, 49, 56, 64, 65, 80, 96, 127, 128))
    value = (0x20010db8 << 96 | 1 << 95 | rng.getrandbits(95) & 0x01008101_80018001_80000003) & -1 << (128 - length)
    return "%s/%d" % (":".join("%x" % (value >> (112 - 16 * i) & 0xffff) for i in range(8)), length)


def gateway(rng, family):
    i = rng.randint(1, len(DEVS))
    return "via %s%s" % (NET[family] % (i, rng.randint(2, 5)), rng.choice((" dev " + DEVS[i - 1], "")))


def route(rng, family, taken):
    """One command; taken: {(prefix, metric, table): leads to gateways only}."""
    where, metric = prefix(rng, family), rng.choice(("", "", " metric 1", " metric 2"))
    table = rng.choice(("", "", " table default", " table 254")) if family == 4 else ""
    kind = rng.choice(("gateway", "gateway", "legs", "dev", "throw", "blackhole", "unreachable", "prohibit", "local", "broadcast",
                       "anycast", "multicast"))
    verb = rng.choice(("add", "add", "add", "append", "replace"))
    if kind == "legs":
        hops = {gateway(rng, family).replace(" dev", "%dev").split("%")[0] for _ in range(rng.randint(2, 4))}
        words = "%s%s%s%s" % (where, metric, table, "".join(" nexthop " + h + rng.choice((" weight 3", "")) for h in sorted(hops)))
    elif kind == "gateway":
        words = "%s %s%s%s" % (where, gateway(rng, family), metric, table)
    elif kind == "dev":
        words = "%s dev %s%s%s" % (where, rng.choice(DEVS), metric, table)
    elif kind in ("throw", "blackhole", "unreachable", "prohibit"):
        words = "%s %s%s%s" % (kind, where, metric, table)
    else:
        # IPv6 asks the local table first: a short prefix there would hide the main one.
        while family == 6 and kind != "multicast" and not where.endswith(("/80", "/96", "/127", "/128")):
            where = prefix(rng, family)
        words = "%s %s dev %s%s" % (kind, where, rng.choice(DEVS), metric)
    # Of other IPv6 routes with one metric Linux takes turns.
    key, gateways = (where, metric, table), kind in ("legs", "gateway")
    if family == 6 and verb == "append" and (not gateways or taken.get(key) is False or kind == "legs"):
        verb = "add"
    taken.setdefault(key, gateways)
    if verb == "replace":
        if family == 6 and taken[key] != gateways:
            verb = "add"
        taken[key] = gateways
    return "ip %sroute %s %s" % ("-6 " if family == 6 else "", verb, words)


def question(rng, family, commands):
    """An address in or beside one of the routes, or near the own addresses."""
    if rng.random() < 0.15:
        return NET[family] % (rng.randint(1, len(DEVS)), rng.choice((0, 1, 2, 9, 200, 255)))
    text = next(w for w in rng.choice(commands).split()[2:] if "/" in w or w == "default")
    text = "10.99.0.0/8" if text == "default" and family == 4 else "2001:db8::/32" if text == "default" else text
    return inside(rng, family, text)


def compare(rng, family, start):
    commands, refused, taken = [], [], {}
    for _ in range(ROUTES):
        command = route(rng, family, taken)
        if run("ip", "-n", NS, *command.split()[1:]).returncode != 0:
            refused.append(len(start) + len(commands) + 1)
        commands.append(command)
    asked = [(question(rng, family, commands), "") for _ in range(ADDRESSES)]
    asked += [(question(rng, family, commands), rng.choice(DEVS)) for _ in range(ADDRESSES)]
    with tempfile.NamedTemporaryFile("w", suffix=".policy") as policy:
        policy.write("\n".join(start + commands) + "\n")
        policy.flush()
        out = subprocess.run([BUILD + "/tests/route/test_ask", policy.name], check=True, capture_output=True, text=True,
                             input="".join("%s %s\n" % q for q in asked)).stdout.splitlines()
    failures = []
    ours = [int(line.split()[1]) for line in out if line.startswith("refused")]
    for line in sorted(set(ours) ^ set(refused)):
        failures.append("%s: refused by %s only" % ((start + commands)[line - 1], "pinhole" if line in ours else "the kernel"))
    for (addr, dev), said in zip(asked, out[len(ours):], strict=True):
        kernel = of_kernel(NS, family, addr, dev)
        if not agree(kernel, said, dev, family):
            failures.append("%s %s: kernel %s, pinhole %s" % (addr, dev, kernel, said))
    kinds = sorted({line.split()[0] for line in out[len(ours):]})
    print("IPv%d: %d routes, %d refused, %d addresses, answers %s" % (family, len(commands), len(refused), len(asked), " ".join(kinds)))
    return len(commands) + len(asked), failures


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    rng = random.Random(parser.parse_args().seed)
    if os.geteuid() != 0:
        print("needs root and network namespaces\n0 passed, 0 failed, 1 skipped")
        return 0
    try:
        start = setup(rng)
        if start is None:
            print("no network namespace can be made here\n0 passed, 0 failed, 1 skipped")
            return 0
        total, failures = 0, []
        for family in (4, 6):
            n, bad = compare(rng, family, start)
            total += n
            failures += bad
    finally:
        run("ip", "netns", "del", NS)
    for text in failures:
        print(text)
    print("%d passed, %d failed, 0 skipped" % (total - len(failures), len(failures)))
    return 1 if failures else 0


sys.exit(main())
