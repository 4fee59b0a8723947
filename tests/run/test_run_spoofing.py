#!/usr/bin/env python3
"""A host that is not the FTP server answers PASV or EPSV in the server's name, inside a live control connection, and so has the helper open
a port of the server. Then the client's host connects to that port. What the guide's anti-spoofing rules (5 to 7) make of it, by the
kernel's own Netfilter and by `pinhole run`, side by side in one table.

The forger stands in a third network, in the client's, or in the server's. In the last no rule of the router can tell it from the server.
Needs root; finds pinhole in PINHOLE.
"""
import argparse
import concurrent.futures
import contextlib
import socket
import struct
import sys
import time
import traceback

import bed
import conversations
import rules
from bed import Blocked, Broken

PORT = 3306             # the server's own, nobody else's business
OTHER = 3307            # never announced
RPFILTER = ["{ip} -A PREROUTING -t raw -m rpfilter --invert -j DROP"]
LOOSE = ["{ip} -A PREROUTING -t raw -m rpfilter --loose --invert -j DROP"]
MANUAL = ["{ip} -A PREROUTING -t raw -i %s ! -s {%s} -j DROP" % (bed.DEVICE[host], host) for host in bed.HOSTS]
# name: (families, lines before the helper's rules, whether a forger in another network gets in)
GUARDS = {
    "none": ((4, 6), [], True),
    "rpfilter": ((4, 6), RPFILTER, False),
    "rpfilter-loose": ((4, 6), LOOSE, True),
    "raw-rules": ((4, 6), MANUAL, False),
    "rp_filter=1": ((4,), ["sysctl -w net.ipv4.conf.all.rp_filter=1"], False),
    "rp_filter=2": ((4,), ["sysctl -w net.ipv4.conf.all.rp_filter=2"], True),
}
FORGERS = ("neighbour", "client", "server")
CASES = [(family, forger, guard) for family in (4, 6) for guard in GUARDS if family in GUARDS[guard][0] for forger in FORGERS]
N_CASES = 30
OPEN_S, REFUSED_S = 5, 0.5      # how long is waited where something should come, and where nothing should
WORKERS = 4             # they mostly wait


def wanted(forger, guard):
    return "open" if forger == "server" or GUARDS[guard][2] else "refused"


def policy(family, guard):
    words = {"ip": "iptables" if family == 4 else "ip6tables", **{host: bed.network(host, family) for host in bed.HOSTS}}
    lines = [line.format(**words) for line in GUARDS[guard][1]]
    if family == 6 and guard == "raw-rules":
        lines.insert(0, "ip6tables -A PREROUTING -t raw -s fe80::/64 -j ACCEPT")
    return bed.base((family,)) + lines + rules.of("ftp", family)


# --- the forger ---

def total(data):
    data += b"\0" * (len(data) & 1)
    value = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while value >> 16:
        value = (value & 0xffff) + (value >> 16)
    return ~value & 0xffff


def segment(family, ports, numbers, payload):
    """An IP packet from the server to the client."""
    ends = b"".join(socket.inet_pton(bed.family_of(family), bed.address(host, family)) for host in ("server", "client"))
    tcp = struct.pack("!HHIIBBHHH", *ports, *numbers, 0x50, 0x18, 500, 0, 0)
    length = len(tcp) + len(payload)
    pseudo = ends + (struct.pack("!BBH", 0, 6, length) if family == 4 else struct.pack("!IHBB", length, 0, 0, 6))
    tcp = tcp[:16] + struct.pack("!H", total(pseudo + tcp + payload)) + tcp[18:] + payload
    if family == 6:
        return struct.pack("!IHBB", 0x60000000, length, 6, 64) + ends + tcp
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 1, 0x4000, 64, 6, 0)
    return head[:10] + struct.pack("!H", total(head + ends)) + ends + tcp


def forge(place, forger, family, packet):
    """Sends it to the router from the forger's network."""
    with bed.inside(place.name("router")):
        router = hardware(bed.DEVICE[forger])
    with bed.inside(place.name(forger)):
        own = hardware("eth0")
        door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        door.bind(("eth0", 0))
    with door:
        door.send(router + own + (b"\x08\0" if family == 4 else b"\x86\xdd") + packet)


def hardware(device):
    """The hardware address of an interface of this thread's namespace."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as probe:
        probe.bind((device, 0))
        return probe.getsockname()[4]


def next_numbers(tap, family, port):
    """The server's next sequence number and what it acknowledges, as one sees them who is on the path."""
    numbers = [0, 0]
    while True:
        try:
            frame, _ = tap.recvfrom(4096)
        except BlockingIOError:
            return numbers
        if frame[12:14] != (b"\x08\0" if family == 4 else b"\x86\xdd") or frame[23 if family == 4 else 20] != 6:
            continue
        tcp = frame[34 if family == 4 else 54:]
        end = struct.unpack("!H", frame[16:18])[0] - 20 if family == 4 else struct.unpack("!H", frame[18:20])[0]
        sport, dport, seq = struct.unpack("!HHI", tcp[:8])
        length = end - (tcp[12] >> 4) * 4 + (tcp[13] & 3 != 0)
        if sorted((sport, dport)) == sorted((21, port)) and length:
            numbers[sport != 21] = seq + length & 0xffffffff


# --- a case ---

def attack(place, family, forger, limit):
    """open or refused: what the connection to the port met with that only the forger announced."""
    with conversations.ends_of(place, family, limit) as ends, contextlib.closing(place.tap("client")) as tap:
        near, far = conversations.ftp_login(ends)
        conversations.tell(near, far, "NOOP", "200 yes")
        port = near.getsockname()[1]
        numbers = next_numbers(tap, family, port)
        answer = b"227 Entering Passive Mode (%s).\r\n" % conversations.host_port(ends.address("server"), PORT).encode() \
            if family == 4 else b"229 Entering Extended Passive Mode (|||%d|)\r\n" % PORT
        forge(place, forger, family, segment(family, (21, port), numbers, answer))
        near.settimeout(limit)
        try:
            arrived = conversations.line(near) == answer
        except TimeoutError:
            arrived = False
        result = probe(ends, PORT)
        ends.limit = REFUSED_S
        if probe(ends, OTHER) != "refused":
            raise Broken("a port is open that nobody announced")
        if arrived != (result == "open"):
            raise Broken("the answer %s, yet the port is %s" % ("arrived" if arrived else "did not arrive", result))
        return result


def probe(ends, port):
    listener = ends.server(port)
    try:
        ends.connect("client", "server", listener)
        return "open"
    except Blocked:
        return "refused"


def result_of(mode, number):
    family, forger, guard = CASES[number]
    try:
        with bed.Bed("%s%d" % (mode[0], number), tuple(bed.HOSTS)) as place, bed.Firewall(place, mode, policy(family, guard)):
            return attack(place, family, forger, OPEN_S if wanted(forger, guard) == "open" else REFUSED_S)
    except Exception as error:          # pylint: disable=broad-except
        return "broken: %s" % error + ("" if isinstance(error, (Broken, TimeoutError)) else "\n" + traceback.format_exc())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=bed.MODES)
    options = parser.parse_args()
    modes = [options.mode] if options.mode else bed.MODES
    why = bed.missing()
    if why:
        print("skipped: %s\n0 passed, 0 failed, 1 skipped" % why)
        return 0
    start = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        jobs = {(mode, number): pool.submit(result_of, mode, number) for mode in modes for number in range(len(CASES))}
        found = {key: job.result() for key, job in jobs.items()}
    passed, failed = 0, abs(len(CASES) - N_CASES)
    print("%-6s %-16s %-10s %s expected" % ("answer", "anti-spoofing", "forger", " ".join("%-8s" % mode for mode in modes)))
    for number, (family, forger, guard) in enumerate(CASES):
        row, want = [found[mode, number] for mode in modes], wanted(forger, guard)
        bad = [one for one in row if one != want]
        passed, failed = passed + len(row) - len(bad), failed + len(bad)
        cells = " ".join("%-8s" % one for one in row)
        print("%-6s %-16s %-10s %s %s%s" % ("227 v4" if family == 4 else "229 v6", guard, forger, cells, want, "   FAIL" if bad else ""))
    print("%d forged answers in %s: %.0f s" % (len(CASES), " and ".join(modes), time.monotonic() - start))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
