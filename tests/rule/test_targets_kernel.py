#!/usr/bin/env python3
"""Targets, the same frames through the real kernel and through pinhole: what later rules see of a changed header, what is
dropped, what table nat counts. Frames and namespaces are those of test_rules_kernel.py, and so is when it skips."""
import os
import shutil
import subprocess
import sys

import test_rules_kernel as base

# What the firewall itself has to say about a hop limit used up is no frame of ours.
SILENT = "*raw\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j DROP\nCOMMIT\n"

RULES = """
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 80 -j TOS --set-tos 0x10/0x3f
-A PREROUTING -p udp -j DSCP --set-dscp 0x2e
-A PREROUTING -p udp -m udp --dport 53 -j TOS --or-tos 0x03
-A PREROUTING -p icmp -j TOS --xor-tos 0xff
-A PREROUTING -s 192.0.2.9/32 -p udp -j TTL --ttl-inc 200
-A PREROUTING -s 192.0.2.77/32 -p udp -j TTL --ttl-dec 38
-A PREROUTING -p tcp -m tcp --dport 23 -j TTL --ttl-set 1
-A PREROUTING -m ttl --ttl-lt 2
-A PREROUTING -m ttl --ttl-eq 255
-A PREROUTING -m tos --tos 0x10/0x3f
-A PREROUTING -m dscp --dscp 0x2e
-A PREROUTING -m ecn --ecn-ip-ect 3
-A PREROUTING -p tcp -m tcp --dport 443 -j ECN --ecn-ip-ect 1
-A PREROUTING -m ecn --ecn-ip-ect 1
-A PREROUTING -p tcp -j TCPOPTSTRIP --strip-options timestamp
-A PREROUTING -j CHECKSUM --checksum-fill
-A FORWARD -m ttl --ttl-gt 200
-A FORWARD -m ttl --ttl-lt 30
-A FORWARD -p tcp -m tcp --dport 21 -j TTL --ttl-set 255
-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1:65535 -j TCPMSS --set-mss 1000
-A FORWARD -j CLASSIFY --set-class 0001:0002
-A FORWARD -j CONNSECMARK --save
-A POSTROUTING -m ttl --ttl-eq 255
-A POSTROUTING -m tos --tos 0x10/0x3f
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:in - [0:0]
-A PREROUTING -s 203.0.113.9/32 -j ACCEPT
-A PREROUTING -j in
-A PREROUTING -p tcp -m tcp --dport 80
-A in -p icmp -j RETURN
-A in -p udp -m udp --dport 123 -j ACCEPT
-A in -m state --state NEW
-A POSTROUTING -p udp
-A POSTROUTING -p tcp -j ACCEPT
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -s 203.0.113.9/32 -j ACCEPT
-A FORWARD -p icmp -j IDLETIMER --timeout 100 --label pinhole
-A FORWARD -j RATEEST --rateest-name pinhole --rateest-interval 250.0ms --rateest-ewmalog 500.0ms
COMMIT
"""


def kernel(doors):
    """What came of the frames, and the counters behind them."""
    base.inside("iptables-legacy-restore", text=SILENT + RULES)
    log = base.through_the_kernel(doors)
    tables = ("mangle", "nat", "filter")
    return log, "".join(base.inside("iptables-legacy-save", "-c", "-t", table).stdout for table in tables)


def main():
    missing = [p for p in ("ip", "iptables-legacy", "iptables-legacy-restore") if not shutil.which(p)]
    if os.geteuid() != 0 or missing:
        print("targets_kernel: skipped:", "needs root" if os.geteuid() else "not installed: " + " ".join(missing))
        return 0
    try:
        log, saved = kernel(base.setup())
    except subprocess.CalledProcessError as error:
        print("targets_kernel: skipped: no namespaces here, or a target is missing:", error.stderr.strip())
        return 0
    finally:
        base.teardown()
    passed, failed = base.compare(log, RULES, saved)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
