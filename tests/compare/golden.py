"""Goldens: what a kernel made of a capture, one JSON record a line. Reading them, their captures and their policies."""
import glob
import gzip
import json
import os

# Helpers of the recording machine: name, protocol, port, IPv6 too. Assigned by the CT target, in this order.
STANDARD_PORTS = (
    ("ftp", "tcp", 21, True), ("irc", "tcp", 6667, False), ("tftp", "udp", 69, True), ("amanda", "udp", 10080, True),
    ("sane", "tcp", 6566, True), ("netbios-ns", "udp", 137, False), ("snmp", "udp", 161, False),
    ("sip", "udp", 5060, True), ("sip", "tcp", 5060, True), ("pptp", "tcp", 1723, False), ("RAS", "udp", 1719, True),
    ("Q.931", "tcp", 1720, True),
)


def opened(path):
    """A file for reading bytes, unpacked if it ends in .gz."""
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")


def read(path):
    """The records of a golden, the header first."""
    with opened(path) as file:
        return [json.loads(line) for line in file]


def names(folder):
    """Every golden of a folder, sorted."""
    found = glob.glob(os.path.join(folder, "*.jsonl")) + glob.glob(os.path.join(folder, "*.jsonl.gz"))
    return sorted(os.path.basename(path) for path in found)


def capture_of(folder, name):
    """The capture a golden was made from: the longest file name before .pcap or .pcapng that the golden's begins with."""
    for ending in (".pcapng", ".pcap"):
        at = name.find(ending)
        while at >= 0:
            path = os.path.join(folder, name[:at] + ending)
            for candidate in (path, path + ".gz"):
                if os.path.exists(candidate):
                    return candidate
            at = name.find(ending, at + 1)
    raise FileNotFoundError("no capture for %s" % name)


def helper_rows(header):
    """The helper assignments in force: a golden's extra ports come first, for the first assignment stays."""
    extra = []
    for text in header.get("helper_ports", []):
        helper, _, where = text.partition("=")
        port, _, wanted = where.partition("/")
        extra += [(name, proto, int(port), ipv6) for name, proto, _, ipv6 in STANDARD_PORTS
                  if name == helper and wanted in ("", proto)]
    return extra + (list(STANDARD_PORTS) if header.get("default_helpers", True) else [])


def module_command(text):
    """'ftp.loose=1' as modprobe says it. Connection tracking itself is a module without a suffix."""
    module, _, option = text.partition(".")
    return "modprobe nf_conntrack_%s %s" % (module, option)


def policy(header):
    """The policy a golden was made under, as text: left addresses behind eth0, right ones behind eth1."""
    lines = ["ip link add eth0", "ip link add eth1"]
    lines += ["ip addr add %s dev eth0" % address for address in header.get("local", [])]
    for side, device in (("left", "eth0"), ("right", "eth1")):
        for address in header[side]:
            form = "ip -6 route add %s/128 dev %s" if ":" in address else "ip route add %s/32 dev %s"
            lines.append(form % (address, device))
    lines += ["sysctl -w %s" % text for text in header.get("sysctls", [])]
    lines += [module_command(text) for text in header.get("modules", [])]
    for command in ("iptables", "ip6tables"):
        for helper, proto, port, ipv6 in helper_rows(header):
            if command == "iptables" or ipv6:
                lines += ["%s -t raw -A %s -p %s --dport %d -j CT --helper %s" % (command, chain, proto, port, helper)
                          for chain in ("PREROUTING", "OUTPUT")]
    return "\n".join(lines + header.get("rules", [])) + "\n"
