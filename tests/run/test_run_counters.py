#!/usr/bin/env python3
"""The kernel's counters are the judge: the same rules and the same packets, once by the kernel's own Netfilter and once by `pinhole run`;
afterwards every rule must have counted the same, in every table and chain. Rules and packets (traffic.py) are drawn at random from a seed.

  test_run_counters.py [SEED...] [KIND OF TRAFFIC...] [--self]

--self compares the kernel with itself: what differs then is the script's fault. Needs root; finds pinhole in PINHOLE.
"""
import random
import re
import sys
import traceback

import bed
from bed import Broken
from traffic import HERE, LO, MARK, THERE, Traffic, Wires

SEEDS = (1, 2, 3, 4)
ROUNDS = 120
TRIES = 3


# --- rules ---

TARGET = {"raw": ("PREROUTING", "OUTPUT"), "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"), "filter": ("INPUT", "FORWARD", "OUTPUT")}
IN, OUT = ("PREROUTING", "INPUT", "FORWARD"), ("FORWARD", "OUTPUT", "POSTROUTING")


def matches(family, table, chain):
    """What a rule there may ask, a list for each thing."""
    found = [["-p tcp", "-p udp", "-p tcp --tcp-flags SYN,ACK,RST,FIN SYN", "-p tcp --tcp-flags SYN,RST RST", "-p udp --dport 2000:3000",
              "-p tcp --dport 21", "-p tcp --sport 1024:", "-p icmp" if family == 4 else "-p icmpv6",
              "-p icmp --icmp-type 3" if family == 4 else "-p icmpv6 --icmpv6-type 1"],
             ["-m mark --mark 0x1/0x1", "-m mark --mark 0x2/0x2", "-m mark --mark 0"],
             ["-p tcp -m multiport --ports 21,80,2108", "-m dscp --dscp 0", "-m recent --rcheck --name seen --rsource", "-m recent --set --name seen --rsource",
              "-m u32 --u32 0=0:0xffffffff"],
             ["-m length --length :60", "-m length --length 61:"],
             ["-m ttl --ttl-lt 64", "-m ttl --ttl-eq 64", "-m ttl --ttl-gt 64"] if family == 4 else
             ["-m hl --hl-lt 64", "-m hl --hl-eq 64", "-m hl --hl-gt 64"],
             ["-m addrtype --dst-type " + kind for kind in ("LOCAL", "UNICAST", "MULTICAST")] + ["-m addrtype --src-type LOCAL"],
             ["-s " + a for a in (*HERE[family], *THERE[family], LO[family])] + ["-d " + a for a in (*HERE[family], *THERE[family], LO[family])]]
    if family == 4:
        found[4].append("-m addrtype --dst-type BROADCAST")
        found.append(["-m pkttype --pkt-type " + kind for kind in ("unicast", "broadcast", "multicast")] if chain in IN else ["-m ttl --ttl-eq 63"])
    if chain in IN:
        found.append(["-i eth0", "-i eth1", "-i lo", "! -i lo"])
    if chain in OUT:
        found.append(["-o eth0", "-o eth1", "-o lo", "! -o lo"])
    if chain in ("OUTPUT", "POSTROUTING"):
        # Not of a SYN that is answered (docs/matches.md).
        found.append(["-p %s -m owner --uid-owner 0" % p for p in ("udp", "tcp ! --tcp-flags SYN,ACK SYN,ACK", "tcp --tcp-flags RST RST")])
    if table != "raw":
        found += [["-m conntrack --ctorigdst " + THERE[family][1], "-m conntrack --ctreplsrc " + HERE[family][0], "-m conntrack --ctproto 17",
                   "-m conntrack --ctorigdstport 2000:2110"]]
        found += [["-m conntrack --ctstate " + s for s in ("NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED", "NEW,RELATED")]] * 3
        found += [["-m conntrack --ctstatus " + s for s in ("NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED")],
                  ["-m conntrack --ctdir ORIGINAL", "-m conntrack --ctdir REPLY"],
                  ["-m connmark --mark 0x10/0x10", "-m connmark --mark 0"], ["-m helper --helper ftp"]]
    return found


def counting(rng, family, table, chain):
    """Rules without a target."""
    lists = matches(family, table, chain)
    wanted = [[one] for each in lists for one in each]
    wanted += [[rng.choice(each) for each in rng.sample(lists, 2)] for _ in range(14)]
    return [" ".join(sorted(set(each))) for each in wanted if not clash(each)]


def clash(words):
    """iptables takes an option once."""
    options = [w for each in words for w in each.split() if w.startswith("-") and w != "-m"]
    modules = [each.split()[1] for each in words if each.startswith("-m ")]
    return len(set(options)) < len(options) or len(set(modules)) < len(modules)


def acting(family, strict):
    """What changes something: (table, chain, rule)."""
    net, reject = "tcp-reset", "icmp-port-unreachable" if family == 4 else "icmp6-port-unreachable"
    rules = [("raw", c, "-p udp --dport 2100 -j CT --notrack") for c in TARGET["raw"]]
    rules += [("raw", c, "-p udp --dport 2101 -j CT --zone 5") for c in TARGET["raw"]]
    rules += [("raw", c, "-p tcp --dport 21 -j CT --helper ftp") for c in TARGET["raw"]]
    rules += [("raw", c, "-p udp --dport 2102 -j DROP") for c in TARGET["raw"]]
    rules += [("mangle", "PREROUTING", "-i eth0 -j MARK --set-xmark 0x1/0x1"), ("mangle", "OUTPUT", "-p udp --dport 2103 -j MARK --set-xmark 0x2/0x2"),
              ("mangle", "FORWARD", "-p udp --dport 2103 -j MARK --set-xmark 0x2/0x2"),
              ("mangle", "INPUT", "-p udp --dport 2103 -j CONNMARK --set-xmark 0x10/0x10"),
              ("mangle", "POSTROUTING", "-p udp --dport 2103 -j CONNMARK --set-xmark 0x10/0x10"),
              ("mangle", "PREROUTING", "-m connmark --mark 0x10/0x10 -j CONNMARK --restore-mark --nfmask 0x10 --ctmask 0x10"),
              ("mangle", "OUTPUT", "-m connmark --mark 0x10/0x10 -j CONNMARK --restore-mark --nfmask 0x10 --ctmask 0x10"),
              ("mangle", "FORWARD", "-p udp --dport 2104 -j DROP")]
    if strict:
        rules += [("filter", "OUTPUT", "-m conntrack --ctstate RELATED -j DROP"), ("filter", "INPUT", "-m conntrack --ctstate INVALID -j DROP")]
    for chain in TARGET["filter"]:
        rules += [("filter", chain, "-p udp --dport 2105 -j DROP"), ("filter", chain, "-p udp --dport 2106 -j REJECT --reject-with " + reject),
                  ("filter", chain, "-p tcp --dport 2107 -j REJECT --reject-with " + net),
                  ("filter", chain, "-p tcp --dport 2108 --tcp-flags PSH PSH -j REJECT --reject-with " + net),
                  ("filter", chain, "-p udp --sport 2109 -m conntrack --ctdir REPLY -j REJECT --reject-with " + reject)]
    return rules


def policy(rng):
    lines, names, strict = [], {}, rng.randrange(2)
    for family in (4, 6):
        program = "iptables" if family == 4 else "ip6tables"
        for table, chains in TARGET.items():
            for chain in chains:
                begin = "%s -t %s -A %s " % (program, table, chain)
                lines.append(begin + ("-p udp --sport %d -j ACCEPT" % MARK if family == 4 else "-p icmpv6 --icmpv6-type 143 -j ACCEPT"))
                if chain == "POSTROUTING":      # the kernel's copy of what it sends to many passes it as well (docs/differences.md)
                    lines += ["%s-m addrtype --dst-type %s -j ACCEPT" % (begin, kind) for kind in ("BROADCAST", "MULTICAST")[family == 6:]]
                first = counting(rng, family, table, chain)
                acts = [r for t, c, r in acting(family, strict) if (t, c) == (table, chain)]
                for rule in [""] + first + acts + counting(rng, family, table, chain)[-14:]:
                    name = "r%d" % len(names)
                    names[name] = begin + rule
                    lines.append("%s%s%s" % (begin, "-m comment --comment " + name + " ", rule))
    return lines, names


class Firewall(bed.Firewall):
    """The kernel gets these many rules in one go."""

    def load_kernel(self):
        for program in ("iptables", "ip6tables"):
            mine = [line.split(" ", 3)[2:] for line in self.lines if line.startswith(program + " ")]
            text = "".join("*%s\n%sCOMMIT\n" % (table, "".join(rule + "\n" for t, rule in mine if t == table)) for table in TARGET)
            done = self.bed.run("router", program + "-legacy-restore", self.bed.write(program, text))
            if done.status:
                raise Broken("the kernel refuses the rules: " + done.text)


def disturb(firewall):
    """Commands that change nothing of what is compared: counters, memory of rules and connections stay."""
    for words in ("iptables -I FORWARD -s 192.0.2.1 -j DROP", "iptables -D FORWARD 1", "ip6tables -t raw -N idle", "ip6tables -t raw -X idle",
                  "modprobe nf_conntrack_ftp ports=21,2121"):
        done = firewall.bed.run("router", bed.PINHOLE, "ctl", "--control", firewall.control, *words.split())
        if done.status:
            raise Broken(done.text)


def counters(firewall):
    found = {}
    for program in ("iptables", "ip6tables"):
        for table in TARGET:
            if firewall.mode == "kernel":
                words = (program + "-legacy", "-t", table, "-v", "-S")
            else:
                words = (bed.PINHOLE, "ctl", "--control", firewall.control, program, "-t", table, "-v", "-S")
            done = firewall.bed.run("router", *words)
            if done.status:
                raise Broken(done.text)
            for line in done.text.splitlines():
                name, count = re.search(r"--comment (r\d+)\b", line), re.search(r" -c (\d+) (\d+)", line)
                if name and count:
                    found[name.group(1)] = (int(count.group(1)), int(count.group(2)))
    return found


KINDS = [name for name in vars(Traffic) if re.match("(forward|input|output|lo)_", name) and name != "lo_address"]


def play(mode, seed, kinds):
    """Counters after the whole play."""
    lines, names = policy(random.Random(seed))
    with Wires("%s%d" % (mode[0], seed)) as place:
        with Firewall(place, mode, lines) as firewall:
            traffic = Traffic(place, seed)
            place.settle()
            for i in range(ROUNDS):
                if i % 30 == 10 and mode == "pinhole":
                    disturb(firewall)
                traffic.one(kinds)
            found = counters(firewall)
            if set(found) != set(names):
                raise Broken("rules without counters: %s" % sorted(set(names) - set(found))[:5])
            return found, names


def compare(seed, kinds, modes):
    """What differs each time: on a busy machine a packet may be later than its markers."""
    for _ in range(TRIES):
        found = compare_once(seed, kinds, modes)
        if not found[0]:
            break
    return found


def compare_once(seed, kinds, modes):
    (a, names), (b, _) = (play(mode, seed, kinds) for mode in modes)
    return ["%s: %s %s, %s %s" % (names[n], modes[0], a[n], modes[1], b[n]) for n in names if a[n] != b[n]], sum(any(c) for c in a.values()), len(names)


def main():
    why = bed.missing("sysctl")
    if why:
        print("skipped: " + why)
        print("0 passed, 0 failed, 1 skipped")
        return 0
    modes = ("kernel", "kernel") if "--self" in sys.argv else ("kernel", "pinhole")
    kinds = [k for k in KINDS if k in sys.argv] or KINDS
    passed = failed = 0
    for seed in [int(word) for word in sys.argv[1:] if word.isdigit()] or SEEDS:
        try:
            wrong, used, n = compare(seed, kinds, modes)
        except Exception:
            traceback.print_exc()
            wrong, used, n = ["no comparison"], 0, 0
        print("seed %d: %d of %d rules counted" % (seed, used, n))
        for line in wrong[:40]:
            print("    " + line)
        passed, failed = passed + (not wrong), failed + bool(wrong)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
