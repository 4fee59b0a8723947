#!/usr/bin/env python3
"""Goldens made afresh on this machine's kernel equal the stored ones, record by record.

A difference on another kernel than the stored goldens' is worth knowing: that kernel tracks differently. Only root can
run this. Goldens with module options are not made here: such options are the whole machine's (run make_golden.py by
hand for them).
"""
import argparse
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import compare_golden  # noqa: E402
import firewall  # noqa: E402
import frames  # noqa: E402
import golden  # noqa: E402
import make_golden  # noqa: E402

GOLDENS = os.path.join(HERE, "../data/golden")
TIME_LIMIT_S = 50
NAMES = """
crafted__ftp-port.pcap crafted__ftp-eprt.pcap crafted__ftp-control-reset.pcap crafted__ftp-two-ports.pcap
crafted__ftp-port-split.pcap crafted__amanda6.pcap crafted__sane.pcap crafted__snmp.pcap.192.168.7.1_24
packets__tcp_refuseconnection.pcapng packets__tcp_teardown.pcapng packets__icmp_traceroute.pcapng
packets__icmp_traceroute.pcapng.rules_stateful.sh packets__ip_frag_source.pcapng packets__ipv6_fragments.pcapng
packets__wrongdissector.pcapng suricata-verify__bug-3616-smtp__input.pcap suricata-verify__dns__bug-1158__input.pcap
suricata-verify__decode-too-small__test.pcap suricata-verify__tcp-fastopen-03__tfo.pcap
suricata-verify__sctp-keywords-prefilter__input.pcap suricata-verify__detect-ftp__ftp-mode-02__input.pcap
suricata-verify__ipv6-evasion__ipv6-malformed-fragments-10__frag-10.pcap tcpdump__icmp-cksum-oobr-3.pcapng
tcpdump__dccp_options-oobr.pcap tcpdump__nhrp.pcapng tcpdump__pptp.pcap.rules_stateful.sh tcpdump__tftp.pcap
""".split()
# Sides that the stored goldens' maker chose otherwise: the order of an address, or who is left and who is right.
OWN_SIDES = {"crafted__snmp.pcap.192.168.7.1_24", "crafted__netbios-ns.pcap.192.168.7.1_24",
             "suricata-verify__output-eve-ftp-data__input.pcap"}


def why_not():
    """Why this machine cannot make goldens, or None."""
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    if firewall.release() < firewall.RELEASE_MIN:
        return "Linux %d.%d or newer says which connection a packet has" % firewall.RELEASE_MIN
    return None


def made(name):
    """The records of a golden made now; in a process of its own, with which its namespaces end."""
    capture = golden.capture_of(GOLDENS, name)
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
        subprocess.run([sys.executable, os.path.join(HERE, "make_golden.py"), "--like",
                        os.path.join(GOLDENS, name + ".jsonl.gz"), capture, out.name], check=True, timeout=TIME_LIMIT_S)
        return golden.read(out.name)


def differences(name, kernel, ours):
    comparison = compare_golden.Comparison()
    found = ["frame %d %s %s: stored %s, now %s" % (d.n, d.record, d.field, d.kernel, d.ours)
             for d in comparison.golden(name, kernel, ours)]
    return found, comparison.records


@unittest.skipIf(why_not(), why_not())
class Afresh(unittest.TestCase):
    maxDiff = None

    def test_goldens_made_now_equal_the_stored_ones(self):
        for name in NAMES:
            with self.subTest(golden=name):
                stored = golden.read(os.path.join(GOLDENS, name + ".jsonl.gz"))
                found, records = differences(name, stored, made(name))
                self.assertEqual(found, [])
                self.assertGreaterEqual(records, len(stored) - 1)

    def test_no_namespace_and_no_interface_is_left(self):
        def there():
            named = os.listdir("/run/netns") if os.path.isdir("/run/netns") else []
            return sorted(named), sorted(os.listdir("/sys/class/net"))
        before = there()
        made(NAMES[0])
        self.assertEqual(there(), before)


class Preparing(unittest.TestCase):
    """What needs no kernel: reading captures, mending, choosing sides. Every stored golden says how it was done."""

    def test_headers_made_from_captures_equal_the_stored_ones(self):
        for name in golden.names(GOLDENS):
            stem = name.removesuffix(".jsonl.gz")
            if stem in OWN_SIDES:
                continue
            with self.subTest(golden=name):
                stored, capture = golden.read(os.path.join(GOLDENS, name))[0], golden.capture_of(GOLDENS, name)
                with golden.opened(capture) as file:
                    packets = frames.prepared(file.read(), make_golden.CAP)
                options = argparse.Namespace(
                    rules=stored.get("rules"), local=stored.get("local", []), helper_port=stored.get("helper_ports"),
                    module=stored.get("modules"), sysctl=stored.get("sysctls"), no_default_helpers=False)
                now = make_golden.new_header(options, stored["capture"], packets, stored["capped"])
                del now["left_out"]
                self.assertEqual({**now, "kernel": stored["kernel"]}, stored)

    def test_frames_are_skipped_and_mended_as_the_stored_goldens_say(self):
        for name in golden.names(GOLDENS):
            with self.subTest(golden=name):
                header, *records = golden.read(os.path.join(GOLDENS, name))
                lines = [record for record in records if "n" in record and "event" not in record]
                with golden.opened(golden.capture_of(GOLDENS, name)) as file:
                    items = frames.prepared(file.read(), header["frames"])
                stored = [record.get("skip", record.get("fix", [])) for record in lines]
                self.assertEqual([item if isinstance(item, str) else item[1] for item in items], stored)


if __name__ == "__main__":
    unittest.main()
