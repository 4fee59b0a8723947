#!/usr/bin/env python3
"""What a verdict from user space costs: packets per second and round trips through a router, in one run.

  bench_queue.py [--rounds N] [--seconds N] [--pings N] [--only LETTERS] [--run TEXT]

Needs root; elsewhere it says so and measures nothing. $BUILD has the programs, $PINHOLE is pinhole; --run: options of pinhole run
besides policy, queue and control socket. The namespaces are removed at the end, also by SIGINT and SIGTERM.

Client, router and server are network namespaces joined by veth. The router has, in turn and in changing order:
  a  no rules
  b  the kernel's own path: raw CT --helper ftp, filter ESTABLISHED and RELATED
  c  NFQUEUE to queue_loop: a packet, a verdict, a system call each, as the example of libnetfilter_queue and most programs do it.
     It parses the message, looks at nothing and accepts: what any program pays that reads a queue this way. "of bare" compares with it
  d  NFQUEUE to queue_loop batched: up to 64 packets by one system call, one verdict message for all of them. The least a program can
     do; "of batch" compares with it
  e  NFQUEUE to pinhole run with the rules of b, tracking and helpers at work; its control socket is open, nobody asks
  f  the same with two queues
  g  NFQUEUE to test_queue_probe, which is the queue code of e with no engine behind it
  h  the same with two queues
Each round floods with small UDP packets of 16 flows from 8 addresses and counts what arrives at the server's interface while the
flood goes on, then plays ping-pong. Medians over the rounds. "us/packet" is the processor time of the program that reads the queue,
sending on included: other load on the machine moves it least. In a and b no program reads; the sender's own time carries all.

The bare loops have queue length, socket buffer, copy range and GSO of pinhole run, and ask the kernel for less (no owners of sockets).
All is one machine: the sender and the forwarding it causes take processor time from the reader, in every row the same.
"""
import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

PID = os.getpid()
CLIENT, ROUTER, SERVER = ("phb-%d-%s" % (PID, x) for x in "crs")
BUILD = os.environ.get("BUILD", "build")
PINHOLE = os.environ.get("PINHOLE", BUILD + "/pinhole")
LOOP, LOAD, PROBE = BUILD + "/bench/queue_loop", BUILD + "/bench/udp_load", BUILD + "/tests/io/test_queue_probe"
POLICY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "queue.policy")
SOURCES = ["10.8.1.%d" % (10 + i) for i in range(8)]
TARGET, FLOWS, PORT, ECHO_PORT = "10.8.2.2", 2, 4000, 4001
WARM_UP_S, START_LIMIT_S = 0.3, 20
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
KEYS = ("pps", "us", "median", "p99")


def run(*command, check=True):
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if check and done.returncode != 0:
        raise SystemExit("%s: %s" % (" ".join(command), done.stderr))
    return done


def ip(namespace, text):
    run("ip", "-n", namespace, *text.split())


def inside(namespace, text):
    return run("ip", "netns", "exec", namespace, *text.split()).stdout


def make_world():
    for name in (CLIENT, ROUTER, SERVER):
        run("ip", "netns", "add", name)
        ip(name, "link set lo up")
    inside(ROUTER, "sysctl -qw net.ipv4.ip_forward=1")
    for end, dev, net in ((CLIENT, "c", 1), (SERVER, "s", 2)):
        ip(ROUTER, "link add %s type veth peer name r netns %s" % (dev, end))
        ip(ROUTER, "addr add 10.8.%d.1/24 dev %s" % (net, dev))
        ip(ROUTER, "link set %s up" % dev)
        ip(end, "addr add 10.8.%d.2/24 dev r" % net)
        ip(end, "link set r up")
        ip(end, "route add default via 10.8.%d.1" % net)
    for source in SOURCES:
        ip(CLIENT, "addr add %s/24 dev r" % source)
    # Counted by the interface; nobody need read them.
    inside(SERVER, "iptables-legacy -t raw -A PREROUTING -p udp --dport %d -j DROP" % PORT)


def queue_rule(words):
    return ["-A FORWARD -j NFQUEUE " + words]


def kernel_rules():
    """The policy's own lines, for iptables-legacy."""
    with open(POLICY) as policy:
        return [line.split(None, 1)[1] for line in policy if line.startswith("iptables")]


MODES = {
    "a": ("no rules", list, []),
    "b": ("kernel conntrack and helper", kernel_rules, []),
    "c": ("bare loop", lambda: queue_rule("--queue-num 0"), [LOOP, "0"]),
    "d": ("bare loop, batched", lambda: queue_rule("--queue-num 0"), [LOOP, "0", "batched"]),
    "e": ("pinhole run", lambda: queue_rule("--queue-num 0"), [PINHOLE, "run", "-p", POLICY, "--queue", "0"]),
    "f": ("pinhole run, two queues", lambda: queue_rule("--queue-balance 0:1"), [PINHOLE, "run", "-p", POLICY, "--queue", "0:1"]),
    "g": ("queue code alone", lambda: queue_rule("--queue-num 0"), [PROBE, "0", "1", "quiet"]),
    "h": ("queue code alone, two queues", lambda: queue_rule("--queue-balance 0:1"), [PROBE, "0", "2", "quiet"]),
}


def rules_set(lines):
    for table in ("raw", "filter"):
        inside(ROUTER, "iptables-legacy -t %s -F" % table)
    inside(ROUTER, "iptables-legacy -P FORWARD ACCEPT")
    for line in lines:
        inside(ROUTER, "iptables-legacy " + line)


def start(namespace, command, log=subprocess.DEVNULL):
    """A program in a namespace; its process is the program's own, as `ip` execs it."""
    return subprocess.Popen(["ip", "netns", "exec", namespace, *command], stdin=subprocess.PIPE, stdout=log, stderr=log)


def end(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdin.close()


def queues_bound():
    return len(inside(ROUTER, "cat /proc/self/net/netfilter/nfnetlink_queue").splitlines())


def reader_start(mode, options, log):
    """The program that reads the queues, once it has bound them; None where none does."""
    _, rules, command = MODES[mode]
    command = command + (["--control", os.path.join(options.folder, "control"), *options.run.split()] if mode in "ef" else [])
    rules_set(rules())
    if not command:
        return None
    process = start(ROUTER, command, log)
    limit = time.monotonic() + START_LIMIT_S
    while queues_bound() < (2 if mode in "fh" else 1):
        if process.poll() is not None or time.monotonic() > limit:
            end(process)
            log.seek(0)
            raise SystemExit("%s did not start: %s" % (" ".join(command), log.read().decode()))
        time.sleep(0.02)
    return process


def arrived():
    return int(inside(SERVER, "cat /sys/class/net/r/statistics/rx_packets"))


def cpu_s(process):
    """Processor time so far, of all its threads."""
    if not process:
        return 0.0
    with open("/proc/%d/stat" % process.pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def flood(reader, seconds):
    """(packets per second, microseconds of the reader's processor time per packet)"""
    sender = start(CLIENT, [LOAD, "flood", TARGET, str(PORT), str(FLOWS), *SOURCES])
    try:
        time.sleep(WARM_UP_S)
        before, n, t = cpu_s(reader), arrived(), time.monotonic()
        time.sleep(seconds)
        took, n, used = time.monotonic() - t, arrived() - n, cpu_s(reader) - before
    finally:
        end(sender)
    return n / took, used * 1e6 / n if reader and n else 0.0


def measure(mode, options):
    with tempfile.TemporaryFile() as log:
        reader = reader_start(mode, options, log)
        try:
            pps, us = flood(reader, options.seconds)
            echo = start(SERVER, [LOAD, "echo", str(ECHO_PORT)])
            try:
                said = inside(CLIENT, "%s ping %s %d %d" % (LOAD, TARGET, ECHO_PORT, options.pings)).split()
            finally:
                end(echo)
        finally:
            if reader:
                end(reader)
    return {"pps": pps, "us": us, "median": float(said[0]), "p99": float(said[1])}


def has_run():
    return "usage" in run(PINHOLE, "run", "--help", check=False).stdout.lower() if os.path.exists(PINHOLE) else False


def table(results):
    base = {mode: statistics.median(r["pps"] for r in results[mode]) for mode in results}
    print("%-30s %9s %9s %9s %9s %10s %9s %9s" % ("", "packets/s", "of bare", "of batch", "of kernel", "us/packet", "RTT us", "p99 us"))
    for mode in sorted(results):
        m = {key: statistics.median(r[key] for r in results[mode]) for key in KEYS}
        ratios = ["%8.0f%%" % (100 * m["pps"] / base[x]) if base.get(x) else "%9s" % "-" for x in "cdb"]
        us = "%10.2f" % m["us"] if m["us"] else "%10s" % "-"
        print("%s %-28s %9.0f %s %s %9.1f %9.1f" % (mode, MODES[mode][0], m["pps"], " ".join(ratios), us, m["median"], m["p99"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--pings", type=int, default=5000)
    parser.add_argument("--only", default="abcdefgh")
    parser.add_argument("--run", default="--quiet --no-advice")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: bench_queue.py needs root and network namespaces")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    modes = [m for m in options.only if m in MODES]
    if not has_run():
        print("%s has no `run`: left out" % PINHOLE, file=sys.stderr)
        modes = [m for m in modes if m not in "ef"]
    results = {mode: [] for mode in modes}
    with tempfile.TemporaryDirectory() as options.folder:
        try:
            make_world()
            for number in range(options.rounds):
                # Forwards and backwards in turn, beginning with another each time: slow drifts hit all alike.
                turn = modes[number % len(modes):] + modes[:number % len(modes)]
                for mode in turn if number % 2 == 0 else turn[::-1]:
                    results[mode].append(measure(mode, options))
        finally:
            for name in (CLIENT, ROUTER, SERVER):
                run("ip", "netns", "del", name, check=False)
    print("%s, %d cores, Linux %s; %d rounds of %g s and %d round trips, medians" % (
        time.strftime("%Y-%m-%d"), os.cpu_count(), os.uname().release, options.rounds, options.seconds, options.pings))
    table(results)
    return 0


sys.exit(main())
