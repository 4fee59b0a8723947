"""Recorded scenarios: two captures of a firewall, its rules, and what its kernel said.

A folder holds scenarios in one of two forms: complete, as recorded (NAME.json with .expect.txt and .conntrack.txt
beside it), or trimmed to what tests compare (NAME.json alone, made by tools/import-data). Both load to the same dict:

  description, rules, sysctl, module_parameters, state_of_each_frame   as recorded
  frames                    {interface: number}
  not_forwarded             [[interface, frame], ...]; recorded on a single host: those that its INPUT dropped
  expectations              [[NEW or DESTROY, seconds, tuple, mask, class, helper, master], ...] in order
  connections               [[NEW, UPDATE or DESTROY, seconds, state, flags, original, reply, helper], ...] in order

A tuple is [protocol, source, destination, source port, destination port].
"""
import glob
import ipaddress
import json
import os
import re
import struct

KEPT = ("description", "software", "rules", "sysctl", "module_parameters", "state_of_each_frame")
ON_HOST = ("netbios-ns", "snmp")        # recorded on the host that asks; the others on a firewall
# What the firewall's interfaces made of their hardware addresses; the recordings' notes leave it out, its frames are there.
LINK_LOCAL = "ip -6 addr add fe80::aff:fe14:1/64 dev eth0\nip -6 addr add fe80::aff:fe1e:1/64 dev eth1\n"
EVENT = re.compile(r"^\[\s*[\d.]+\]\s*\[(\w+)\]\s+(.*)$")


# What stands in the place of ports: conntrack writes the call ids of GRE in hexadecimal.
PORTS = {"sport": "sport", "dport": "dport", "srckey": "sport", "dstkey": "dport"}


def pairs(text):
    """The key=value words of an event line, in order; a key may come twice."""
    words = (tuple(word.split("=", 1)) for word in text.split() if "=" in word)
    return [(PORTS.get(key, key), value) for key, value in words]


def expectation(line):
    """An expectation event as `conntrack -E expect` prints it."""
    kind, rest = EVENT.match(line).groups()
    words = pairs(rest)
    single = dict(words)
    sports = [int(value, 0) for key, value in words if key == "sport"]
    dports = [int(value, 0) for key, value in words if key == "dport"]
    proto = int(single["proto"])
    return [kind, int(rest.split()[0]),
            [proto, single["src"], single["dst"], sports[0], dports[0]],
            [single["mask-src"], single["mask-dst"], sports[1], dports[1]],
            int(single["class"]), single["helper"],
            [single["master-src"], single["master-dst"], sports[2], dports[2]]]


def connection(line):
    """A connection event as `conntrack -E` prints it."""
    kind, rest = EVENT.match(line).groups()
    words = rest.split()
    values = {key: [v for k, v in pairs(rest) if k == key] for key in ("src", "dst", "sport", "dport", "helper")}
    state = next((word for word in words[3:4] if "=" not in word), None)
    ports = [[int(value, 0) for value in values[key]] or [0, 0] for key in ("sport", "dport")]  # ICMP has none
    tuples = [[int(words[1]), values["src"][i], values["dst"][i], ports[0][i], ports[1][i]] for i in (0, 1)]
    flags = [word.strip("[]") for word in words if word.startswith("[")]
    return [kind, int(words[2]), state, flags, *tuples, values["helper"][0] if values["helper"] else None]


def datagrams(path):
    """"udp S:P > D:P" of each frame of a pcap file of Ethernet; what is no UDP over IPv4 without options is ""."""
    with open(path, "rb") as file:
        data = file.read()
    order, at, out = "<" if data[:2] == b"\xd4\xc3" else ">", 24, []
    while at < len(data):
        size = struct.unpack_from(order + "I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        at += 16 + size
        if frame[12:15] == b"\x08\0\x45" and frame[23] == 17:
            src, dst, sport, dport = *(ipaddress.ip_address(frame[i:i + 4]) for i in (26, 30)), *struct.unpack_from("!HH", frame, 34)
            out.append("udp %s:%d > %s:%d" % (src, sport, dst, dport))
        else:
            out.append("")
    return out


def stopped_by_input(folder, name, full):
    """[[interface, frame], ...] that INPUT dropped, of a scenario recorded on one interface of a host: what its rules logged,
    in order. The host's own broadcasts come back to it without being on the wire again; they are left out."""
    out, own = [], re.compile(r"> \S+\.255:")
    for iface, states in full["state_of_each_frame"].items():
        frames = datagrams(os.path.join(folder, "%s.%s.pcap" % (name, iface)))
        for row in full.get("other_kernel_logs", []):
            packet, letter = row["packet"].split(" len ")[0], row["prefix"].rpartition("-")[2][0]
            if row["hook"] != "INPUT" or (packet.startswith("udp 10.50.0.2:") and own.search(packet)):
                continue
            n = next(n for n, frame in enumerate(frames) if frame == packet and states[n] == letter)
            frames[n] = None
            out.append([iface, n + 1])
    return out


def trim(folder, name):
    """The dict of a scenario recorded in full."""
    def lines(suffix):
        with open(os.path.join(folder, name + suffix)) as file:
            return [line for line in file if line.strip()]

    with open(os.path.join(folder, name + ".json")) as file:
        full = json.load(file)
    out = {key: full[key] for key in KEPT}
    out["frames"] = {iface: len(states) for iface, states in full["state_of_each_frame"].items()}
    if "not_forwarded" in full["packets"]:
        out["not_forwarded"] = [[row["interface"], row["frame"]] for row in full["packets"]["not_forwarded"]]
    else:
        out["not_forwarded"] = stopped_by_input(folder, name, full)
    out["expectations"] = [expectation(line) for line in lines(".expect.txt")]
    out["connections"] = [connection(line) for line in lines(".conntrack.txt")]
    return out


def load(folder, name):
    if os.path.exists(os.path.join(folder, name + ".expect.txt")):
        return trim(folder, name)
    with open(os.path.join(folder, name + ".json")) as file:
        return json.load(file)


def names(folder):
    """Every scenario of a folder, sorted."""
    return sorted(os.path.basename(path)[:-len(".json")] for path in glob.glob(os.path.join(folder, "*.json")))


def capture(folder, name, iface):
    """The file of one interface; tests/data has some of them packed."""
    path = os.path.join(folder, "%s.%s.pcap" % (name, iface))
    return path if os.path.exists(path) else path + ".gz"


def topology_file(folder, name):
    """(name of the file among the complete recordings, name among tests/data) with a scenario's topology."""
    protocol = os.path.basename(os.path.normpath(folder))
    if protocol in ON_HOST:
        return "topology-lan.policy", "topology.policy"
    if protocol == "antispoof" and not name.startswith("ftp-"):
        return "topology-antispoof.policy", "topology-antispoof.policy"
    return "topology.policy", "topology.policy"


def topology(folder, name):
    """Addresses and routes of the machine on which a scenario was recorded, as policy text."""
    complete, own = topology_file(folder, name)
    own = os.path.join(folder, own)
    if os.path.exists(own):
        with open(own) as file:
            return file.read()
    with open(os.path.join(os.path.dirname(os.path.normpath(folder)), complete)) as file:
        return file.read() + (LINK_LOCAL if complete == "topology-antispoof.policy" else "")


def policy(scenario, topology):
    """The policy text of a scenario; topology: text of the firewall's addresses and routes."""
    lines = [topology.rstrip("\n")]
    lines += ["sysctl -w %s=%s" % item for item in sorted(scenario["sysctl"].items())]
    for key, value in sorted(scenario["module_parameters"].items()):
        module, option = key.split(".")
        lines.append("modprobe %s %s=%s" % (module, option, {"N": "0", "Y": "1"}.get(value, value)))
    return "\n".join(lines + scenario["rules"]) + "\n"
