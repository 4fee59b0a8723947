"""A firewall made of this machine's kernel: two network namespaces without names that end with this process.

    outside                    firewall
    left   ---- veth ----  eth0        eth0 and eth1 forward to each other as the header of a golden says
    right  ---- veth ----  eth1

Everything happens on one processor, so that packets, logs and events keep their order. Needs root.
"""
import collections
import contextlib
import ctypes
import ipaddress
import os
import re
import select
import socket
import subprocess

import frames
import golden
import netlink

NEW_NET = 0x40000000
MAC = {"left": "02:00:00:00:01:00", "right": "02:00:00:00:01:01", "eth0": "02:00:00:00:00:00", "eth1": "02:00:00:00:00:01"}
SIDES = (("left", "eth0"), ("right", "eth1"))
MARKER = b"\x88\xb5"            # Ethernet type for local experiments
MTU = 65535
GROUP = 5
WAIT_S = 5
OUTGOING = 4                    # packet type of what a packet socket's own machine sent
ALL = 3
HDRINCL = {socket.AF_INET: (socket.IPPROTO_IP, 3), socket.AF_INET6: (socket.IPPROTO_IPV6, 36)}
OWN = 1                         # firewall mark of packets sent for the firewall itself
RELEASE_MIN = (6, 16)           # traces say which connection a packet has
STATES_OF_CONNECTIONS = ("NEW", "ESTABLISHED", "RELATED")
STATES = STATES_OF_CONNECTIONS + ("INVALID", "UNTRACKED")

SETTINGS = """
net/ipv4/ip_forward=1 net/ipv6/conf/all/forwarding=1 net/netfilter/nf_conntrack_checksum=1
net/ipv6/conf/default/dad_transmits=0 net/ipv6/conf/default/accept_ra=0 net/ipv6/conf/default/addr_gen_mode=1
net/ipv4/conf/all/rp_filter=0 net/ipv4/conf/default/rp_filter=0 net/ipv4/conf/all/route_localnet=1
net/ipv4/conf/default/route_localnet=1 net/ipv4/conf/all/send_redirects=0 net/ipv4/conf/default/send_redirects=0
net/ipv4/conf/all/accept_local=1
""".split()

# Connections of packets are seen by tracing, between tracking and the mangle table.
TRACING = """
table inet golden {
	chain prerouting { type filter hook prerouting priority -160; meta nftrace set 1; }
	chain output { type filter hook output priority -160; meta nftrace set 1; }
}
"""
HELPERS = sorted({row[0] for row in golden.STANDARD_PORTS} | {"H.245"})

# What was observed of one frame: places that logged it, state, helper as -m helper compares it, netlink.Trace or None,
# events in order, [(side, packet)] that came out.
Seen = collections.namedtuple("Seen", "places state helper trace events out")

libc = ctypes.CDLL(None, use_errno=True)


def checked(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def release():
    """(major, minor) of the running kernel."""
    return tuple(int(number) for number in re.match(r"(\d+)\.(\d+)", os.uname().release).groups())


def new_namespace():
    """Enters a new network namespace and returns a descriptor of it."""
    checked(libc.unshare(NEW_NET))
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def run(words, text=None):
    done = subprocess.run(words, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise OSError("%s: %s" % (" ".join(words), done.stdout.strip()))
    return done.stdout


def write(path, value):
    with open(path, "w") as out:
        out.write(value)


def logged(chain, prefix, match=""):
    return "-A %s%s -j NFLOG --nflog-group %d --nflog-prefix %s --nflog-threshold 1" % (chain, match, GROUP, prefix)


def rules_before(header, command):
    """The raw table for iptables-restore: what arrives is logged, helpers are assigned."""
    lines = ["*raw", logged("PREROUTING", "raw"), "-A OUTPUT -m mark ! --mark %d -j DROP" % OWN, logged("OUTPUT", "raw")]
    for helper, proto, port, ipv6 in golden.helper_rows(header):
        if command == "iptables" or ipv6:
            lines += ["-A %s -p %s --dport %d -j CT --helper %s" % (chain, proto, port, helper)
                      for chain in ("PREROUTING", "OUTPUT")]
    return "\n".join(lines + ["COMMIT", ""])


def rules_after():
    """What is logged after the golden's own rules, and the state of each packet."""
    lines = ["*raw", logged("PREROUTING", "raw-end"), logged("OUTPUT", "raw-end"), "COMMIT", "*mangle"]
    for chain in ("PREROUTING", "OUTPUT"):
        lines += [logged(chain, "state:" + state, " -m conntrack --ctstate " + state) for state in STATES]
        lines += [logged(chain, "helper:" + helper, " -m helper --helper " + helper) for helper in HELPERS]
    lines += [logged("INPUT", "input"), logged("FORWARD", "forward"), logged("POSTROUTING", "postrouting"), "COMMIT",
              "*security", logged("INPUT", "delivered"), "COMMIT", ""]
    return "\n".join(lines)


class Firewall:
    """The two namespaces, and the sockets that send frames in and see what comes of them."""

    def __init__(self, header):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.outside = new_namespace()
        write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1")
        self.inside = new_namespace()
        self.interfaces(header)
        self.policy(header)
        self.netlink, self.ask = netlink.Netlink(), netlink.Netlink()
        self.netlink.listen(GROUP)
        self.own = {device: self.tap(device) for _, device in SIDES}
        with self.there(self.outside):
            self.taps = {side: self.tap(side) for side, _ in SIDES}
        self.count = 0

    @contextlib.contextmanager
    def there(self, namespace):
        """Work in another of the namespaces."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        checked(libc.setns(namespace, NEW_NET))
        try:
            yield
        finally:
            checked(libc.setns(before, NEW_NET))
            os.close(before)

    def interfaces(self, header):
        for setting in SETTINGS:
            path, _, value = setting.partition("=")
            write("/proc/sys/" + path, value)
        place = "/proc/%d/fd/%d" % (os.getpid(), self.outside)
        lines = []
        for side, device in SIDES:
            lines += ["link add %s address %s mtu %d type veth peer name %s address %s mtu %d netns %s" % (
                device, MAC[device], MTU, side, MAC[side], MTU, place), "link set %s up" % device]
        lines += ["addr add %s dev eth0 broadcast +" % text if "." in text else "addr add %s dev eth0" % text
                  for text in header.get("local", [])]
        run(["ip", "-batch", "-"], "\n".join(lines) + "\n")
        with self.there(self.outside):
            run(["ip", "-batch", "-"], "".join("link set %s up\n" % side for side, _ in SIDES))
        lines = []
        for side, device in SIDES:
            for address in header[side]:
                size = 128 if ":" in address else 32
                lines.append("route add %s/%d dev %s" % (address, size, device))
                lines.append("neigh add %s lladdr %s dev %s nud permanent" % (address, MAC[side], device))
        run(["ip", "-batch", "-"], "\n".join(lines) + "\n")

    def policy(self, header):
        for text in header.get("sysctls", []):
            key, _, value = text.partition("=")
            write("/proc/sys/" + key.strip().replace(".", "/"), value.strip())
        for command in ("iptables", "ip6tables"):
            run([command + "-legacy-restore", "-n"], rules_before(header, command))
        own = [re.sub(r"^(ip6?tables)\b(?!-)", r"\1-legacy", line) for line in header.get("rules", [])]
        run(["sh", "-e"], "\n".join(own) + "\n")
        for command in ("iptables", "ip6tables"):
            run([command + "-legacy-restore", "-n"], rules_after())
        run(["nft", "-f", "-"], TRACING)

    def tap(self, device):
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
        tap.setsockopt(socket.SOL_SOCKET, netlink.SO_RCVBUFFORCE, 1 << 23)
        tap.bind((device, ALL))
        return tap

    def marker(self, sender, receiver):
        """Sends a frame of no protocol and returns what the receiver got before it came."""
        self.count += 1
        frame = bytes(12) + MARKER + self.count.to_bytes(4, "big") + bytes(42)
        sender.send(frame)
        got = []
        while True:
            if not select.select([receiver], [], [], WAIT_S)[0]:
                raise OSError("a frame got lost on the way")
            data, where = receiver.recvfrom(1 << 17)
            if where[2] == OUTGOING:
                continue
            if data[12:14] == MARKER and data[14:18] == frame[14:18]:
                return got
            got.append(data)

    def send(self, side, packet):
        """Sends a packet into the firewall from a side, 'left' or 'right', or 'own' for one of its own making."""
        if side == "own":
            self.send_own(packet)
            return
        device = dict(SIDES)[side]
        kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
        self.taps[side].send(bytes.fromhex((MAC[device] + MAC[side]).replace(":", "")) + kind + packet)

    def send_own(self, packet):
        family = socket.AF_INET if packet[0] >> 4 == 4 else socket.AF_INET6
        with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            raw.setsockopt(*HDRINCL[family], 1)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, OWN)
            raw.sendto(packet, (frames.addresses(packet)[1], 0))

    def seen(self):
        """What came of the packets sent since the last call: a marker follows them in, then one follows them out."""
        self.marker(self.taps["left"], self.own["eth0"])
        out = []
        for side, device in SIDES:
            for frame in self.marker(self.own[device], self.taps[side]):
                if frame[12:14] in (b"\x08\x00", b"\x86\xdd"):
                    out.append((side, frame[14:]))
        self.drain()
        messages = self.netlink.pending()
        logs = [message.prefix for message in messages if isinstance(message, netlink.Log)]
        traces = [message for message in messages if isinstance(message, netlink.Trace)]
        said = {}
        for prefix in logs:
            kind, _, value = prefix.partition(":")
            said.setdefault(kind, value)
        return Seen(set(logs), said.get("state"), said.get("helper"), traces[0] if traces else None,
                    [message for message in messages if isinstance(message, netlink.Event)], out)

    def drain(self):
        """Empties the firewall's own packet sockets, which see everything."""
        for tap in self.own.values():
            with contextlib.suppress(BlockingIOError):
                while True:
                    tap.recv(1 << 17, socket.MSG_DONTWAIT)

    def connection(self, wanted):
        return self.ask.connection(wanted)

    def flush(self):
        self.ask.flush()
        self.netlink.pending()


def is_local(header, text):
    return any(str(ipaddress.ip_interface(own).ip) == text for own in header.get("local", []))
