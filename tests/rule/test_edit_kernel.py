#!/usr/bin/env python3
"""The same commands given to the kernel's iptables and to a policy in use: after each, `-S` prints the same.

A namespace has tables of its own; iptables-legacy and ip6tables-legacy edit them. test_policy_edit --commands takes the same commands
through ph_policy_edit. A written sequence first, then random ones from a fixed seed; exit codes are compared as done or not done, `-vS`
always, and of -L the columns (what matches and targets add to them is in other words, docs/editing.md). Needs root, namespaces and
iptables-legacy; skips, saying so, without them.
"""
import os
import random
import shlex
import shutil
import subprocess
import sys

NS = "ph-edit-%d" % os.getpid()
PROGRAM = os.path.join(os.environ.get("BUILD", "build"), "tests/rule/test_policy_edit")
SEQUENCES, LENGTH = 12, 40

# What -P -c sets, iptables-legacy 1.8.9 loses with the next command that changes the table: it stands last.
WRITTEN = """
-N a
-N b
-N a
-N INPUT
-N ACCEPT
-A INPUT -j a
-A a -j b
-A b -j a
-A a -g b
-A b -j b
-A nope -j ACCEPT
-A INPUT -j nope
-I INPUT 3 -j DROP
-I INPUT 2 -j DROP
-I INPUT 9 -j DROP
-I INPUT 0 -j DROP
-R INPUT 1 -j RETURN
-R INPUT 7 -j RETURN
-R INPUT -j RETURN
-C INPUT -j RETURN
-C INPUT -j LOG
-C nope -j LOG
-D INPUT -j LOG
-D INPUT -j DROP
-D INPUT 9
-D INPUT 0
-D nope 1
-A INPUT -p tcp --dport 21 -m conntrack --ctstate NEW,ESTABLISHED -c 3 99 -j ACCEPT
-A INPUT -p udp ! --sport 53 -i eth+ -m limit --limit 3/min -j LOG --log-prefix "a b" -c 1 2
-A OUTPUT -o eth0 -m mark --mark 0x1/0xff -m comment --comment "x 'y' z" -j REJECT
-A OUTPUT -i eth0
-A INPUT -o eth0
-A FORWARD -p tcp -m multiport --dports 1,2,3:5 -m recent --name q --set
-Z INPUT 1
-Z INPUT 77
-Z INPUT
-Z nope
-P INPUT DROP
-P INPUT NOPE
-P a DROP
-P INPUT
-P FORWARD DROP
-E a c
-E nope d
-E c b
-E INPUT d
-E c
-X b
-X c
-X INPUT
-X
-F b
-F nope
-F a
-F c
-X c
-F INPUT
-X
-F
-X
-X
-A INPUT -p tcp --dport 80 -p udp
-A INPUT --dport 80
-A INPUT -p tcp --dport 99999
-A INPUT -m nope
-A INPUT -j CT --notrack
-t nope -S
-t nat -P PREROUTING DROP
-t raw -A PREROUTING -p tcp --dport 21 -j CT --notrack
-t raw -A INPUT -j DROP
-t mangle -A POSTROUTING -j MARK --set-mark 7
-t mangle -A POSTROUTING -j MARK --set-mark x
-S nope
-L nope
-S INPUT 1
-S INPUT 99
-S INPUT 0
-L INPUT -Z
-Z -Z
-L -S
-A INPUT -A INPUT
-A
-F INPUT -p tcp
-D INPUT 1 -p tcp
-x
INPUT
-A INPUT -j ACCEPT -j DROP
-A INPUT -j INPUT
-A INPUT !
-A INPUT -p 300
-A INPUT -p 200
-A INPUT ! -p 200
-A INPUT -m connlimit --connlimit-above 2 -j DROP
-D INPUT -m connlimit --connlimit-above 2 -j DROP
-A INPUT -m statistic --mode nth --every 3 --packet 0
-N 1234567890123456789012345678
-N 12345678901234567890123456789
-N -x
-N !x
-N "a b"
-t mangle -N only-here
-A INPUT -j only-here
-t mangle -F
-t mangle -X only-here
-P FORWARD DROP -c 7 8
""".strip().splitlines()

V4 = ["-s 10.0.0.0/8", "! -s 192.0.2.1", "-d 198.51.100.0/24", "-s 10.0.0.1,10.0.0.2", "-d 1.2.3.4/255.0.255.0", "! -f", "-f", "-p icmp"]
V6 = ["-s 2001:db8::/32", "! -s fe80::1", "-d ff00::/8", "-s ::1,::2", "-p icmpv6", "-p ipv6-icmp -m icmp6 --icmpv6-type 128"]
PIECES = ["-p tcp", "-p udp", "! -p tcp", "-p tcp --dport 21", "-p udp --sport 53:60", "-i eth0", "! -o eth1", "-i ppp+", "-m mark --mark 3",
          "-m conntrack --ctstate RELATED", "-m limit --limit 2/sec --limit-burst 9", '-m comment --comment "two words"',
          "-m length --length 10:20", "-p tcp -m multiport --ports 1,5", "-m recent --name %s --rcheck --seconds 9", "-c 4 500"]
TARGETS = ["", "-j ACCEPT", "-j DROP", "-j RETURN", "-j a", "-j b", "-g c", "-j d", "-j LOG --log-level debug", "-j REJECT", "-j NOSUCH"]
CHAINS = ["INPUT", "FORWARD", "OUTPUT", "a", "b", "c", "d"]


class Ours:
    def __init__(self):
        self.process = subprocess.Popen([PROGRAM, "--commands"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, verb, command):
        """(status, what it printed, its complaints)"""
        self.process.stdin.write("%s %s\n" % (verb, command))
        self.process.stdin.flush()
        out, complaints = [], []
        for line in self.process.stdout:
            if line.startswith("=> "):
                return int(line[3:]), "".join(out), complaints
            (complaints if line.startswith("! ") else out).append(line)
        raise RuntimeError("the program died of: " + command)


def theirs(verb, command):
    done = subprocess.run(["ip", "netns", "exec", NS, verb + "-legacy"] + shlex.split(command), capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


class Check:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good and self.failed < 15:
            print("FAIL %s" % what)


def columns_agree(own, kernel):
    """Line for line the same, up to where an extension speaks."""
    own, kernel = own.splitlines(), kernel.splitlines()
    if len(own) != len(kernel):
        return False
    for ours_, theirs_ in zip(own, kernel):
        cut = min([i for i in (ours_.find(" -m "), ours_.find(" --log"), ours_.find(" --reject"), ours_.find(" --set"),
                               ours_.find(" --notrack")) if i >= 0] or [len(ours_)])
        if cut == len(ours_) and ours_ != theirs_ or not theirs_.startswith(ours_[:cut]):
            return False
    return True


def step(check, ours, verb, command):
    status, _, complaints = ours.run(verb, command)
    code, _, _ = theirs(verb, command)
    # Neither a failure nor a done deed: -C that finds nothing.
    check.that((status == 0) == (code == 0), "%s %s: status %d, %s, the kernel's code %d" % (verb, command, status, complaints, code))
    for table in ("filter", "mangle", "raw") if "-t" in command else ("filter",):
        listing = "-t %s -vS" % table
        own, kernel = ours.run(verb, listing)[1], theirs(verb, listing)[1]
        check.that(own == kernel, "%s %s: %s\n--- here\n%s--- kernel\n%s" % (verb, command, listing, own, kernel))


def lists(check, ours, verb):
    for listing in ("-nL", "-nvL --line-numbers", "-nvxL", "-nL INPUT", "-t mangle -nL", "-nvL INPUT 1"):
        own, kernel = ours.run(verb, listing)[1], theirs(verb, listing)[1]
        check.that(columns_agree(own, kernel), "%s %s\n--- here\n%s--- kernel\n%s" % (verb, listing, own, kernel))


def draw_rule(rng, verb):
    pieces = rng.sample(PIECES + (V4 if verb == "iptables" else V6), rng.choice((0, 1, 1, 2, 2, 3)))
    return " ".join([p % "seen" if "%s" in p else p for p in pieces] + [rng.choice(TARGETS)]).strip()


def draw(rng, verb):
    chain, other, number = rng.choice(CHAINS), rng.choice(CHAINS), rng.randint(1, 5)
    kind = rng.choice("AAAAAAAIIRDDCNNNXEFPZ")
    rule = draw_rule(rng, verb)
    if kind in "AC":
        return "-%s %s %s" % (kind, chain, rule)
    if kind in "IR":
        return "-%s %s %d %s" % (kind, chain, number, rule)
    if kind == "D":
        return "-D %s %s" % (chain, number if rng.random() < .6 else rule)
    if kind == "E":
        return "-E %s %s" % (chain, other)
    if kind == "P":
        return "-P %s %s" % (chain, rng.choice(("ACCEPT", "DROP")))
    if kind == "Z":
        return "-Z %s" % rng.choice(("", chain, "%s %d" % (chain, number)))
    if kind in "XF" and rng.random() < .1:
        return "-" + kind
    return "-%s %s" % (kind, chain)


def sequence(check, verb, commands):
    ours = Ours()
    for table in ("raw", "mangle", "nat", "filter"):
        for clear in ("-F", "-X", "-Z"):
            theirs(verb, "-t %s %s" % (table, clear))
    for chain in ("INPUT", "FORWARD", "OUTPUT"):
        theirs(verb, "-P %s ACCEPT -c 0 0" % chain)
    for i, command in enumerate(commands):
        step(check, ours, verb, command)
        if i % 10 == 9:
            lists(check, ours, verb)
    lists(check, ours, verb)
    ours.process.stdin.close()
    ours.process.wait()


def main():
    if os.geteuid() != 0 or not shutil.which("iptables-legacy") or not shutil.which("ip"):
        print("needs root, ip and iptables-legacy")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    if subprocess.run(["ip", "netns", "add", NS], capture_output=True).returncode:
        print("no namespace could be made")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    check, n = Check(), 0
    try:
        for verb in ("iptables", "ip6tables"):
            sequence(check, verb, WRITTEN)
            n += len(WRITTEN)
            for seed in range(SEQUENCES):
                rng = random.Random(800 + seed)
                commands = ["-N a", "-N b", "-N c"] + [draw(rng, verb) for _ in range(LENGTH)]
                sequence(check, verb, commands)
                n += len(commands)
    finally:
        subprocess.run(["ip", "netns", "del", NS], capture_output=True)
    check.that(n == 2 * (len(WRITTEN) + SEQUENCES * (LENGTH + 3)), "%d commands were given" % n)
    print("%d passed, %d failed" % (check.passed, check.failed))
    return check.failed != 0


if __name__ == "__main__":
    sys.exit(main())
