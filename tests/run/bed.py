"""A test bed: hosts in network namespaces around a router, and the rules that are in force on it.

    client 10.20.0.2  -- eth0 router eth1 --  server 10.30.0.2         neighbour 10.40.0.2 -- eth2 (where asked for)
           fd00:20::2                                fd00:30::2                  fd00:40::2

The router is .1 of each network. Firewall() puts the same lines in force by the kernel's own Netfilter (mode "kernel") or by
`pinhole run` (mode "pinhole"). Everything is gone at the end of the `with` blocks, whatever happened in them.
"""
import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

MODES = ("kernel", "pinhole")
PINHOLE = os.path.abspath(os.environ.get("PINHOLE", "build/pinhole"))
HOSTS = {"client": 20, "server": 30, "neighbour": 40}       # a host that is not here gets no wire
DEVICE = {"client": "eth0", "server": "eth1", "neighbour": "eth2"}
TOOLS = ("ip", "iptables-legacy", "ip6tables-legacy", "iptables-legacy-save", "ip6tables-legacy-save", "conntrack")
READY_S = 20            # a daemon that has not started by then never will
NEW_NET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
SYSCTLS = {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/rp_filter": 0, "ipv4/conf/default/rp_filter": 0,
           "ipv6/conf/all/accept_dad": 0, "ipv6/conf/default/accept_dad": 0, "ipv6/conf/default/router_solicitations": 0,
           "ipv4/conf/all/send_redirects": 0, "ipv4/conf/default/send_redirects": 0, "ipv6/conf/all/accept_redirects": 0,
           "ipv6/conf/default/accept_redirects": 0}


class Broken(Exception):
    """The bed itself, or a control connection, did not work: never the expected outcome."""


class Blocked(Exception):
    """What a helper should have let through did not come through."""


def address(host, family, of="host"):
    return ("10.%d.0.%d" if family == 4 else "fd00:%d::%d") % (HOSTS[host], 1 if of == "router" else 2)


def network(host, family):
    return ("10.%d.0.0/24" if family == 4 else "fd00:%d::/64") % HOSTS[host]


def family_of(family):
    return socket.AF_INET if family == 4 else socket.AF_INET6


def until(what, condition, seconds=READY_S):
    """Polls until condition() is true, and returns what it said."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Broken("not within %g s: %s" % (seconds, what))
        time.sleep(0.005)


def missing(*programs):
    """A line that says why nothing can be tested here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    absent = [p for p in (*TOOLS, *programs) if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
    if absent:
        return "not installed: " + " ".join(absent)
    if subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode:
        return "no network namespace can be made here: not permitted"
    return None


@contextlib.contextmanager
def inside(name):
    """This thread, and what it opens, in a namespace."""
    back, there = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open("/run/netns/" + name, os.O_RDONLY)
    try:
        if LIBC.setns(there, NEW_NET):
            raise Broken("setns " + name)
        try:
            yield
        finally:
            if LIBC.setns(back, NEW_NET):
                os._exit(70)            # nothing may go on in the wrong network
    finally:
        os.close(there)
        os.close(back)


class Process:
    """A program of the bed; its output goes to a file."""

    def __init__(self, words, log, env=None, cwd=None):
        self.words, self.log = words, log
        with open(log, "wb") as out:
            self.child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, cwd=cwd,
                                          start_new_session=True)

    @property
    def pid(self):
        return self.child.pid

    def text(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def alive(self):
        return self.child.poll() is None

    def said(self, pattern, seconds=READY_S):
        """Waits for a line."""
        def look():
            if re.search(pattern, self.text(), re.M):
                return True
            if not self.alive():
                raise Broken("%s ended with status %s: %s" % (" ".join(self.words[4:7]), self.child.returncode,
                                                              self.text()[-2000:].strip()))
            return False
        until("%s says %r; it said: %s" % (self.words[4], pattern, self.text()[-500:]), look, seconds)

    def send(self, number):
        os.kill(self.pid, number)

    def end(self, number=signal.SIGTERM, seconds=10):
        """Its exit status, or None if it had to be killed. Whatever it started is killed with it."""
        status = None
        if self.alive():
            self.child.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self.child.wait(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.child.wait()
        return status


class Done:
    def __init__(self, status, text):
        self.status, self.text = status, text


class Bed:
    """Namespaces, processes, a temporary folder. tag: tells beds of one process apart."""

    def __init__(self, tag="", hosts=("client", "server")):
        self.prefix = "pht%d%s-" % (os.getpid(), tag)
        self.hosts, self.processes, self.sockets = hosts, [], []
        self.folder = None

    def name(self, host):
        return self.prefix + host

    # --- life ---

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))     # so that what was made is removed
        self.folder = tempfile.mkdtemp(prefix=self.prefix)
        os.chmod(self.folder, 0o755)
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        for host in ("router", *self.hosts):
            self.ip("netns", "add", self.name(host))
            with inside(self.name(host)):
                for path, value in SYSCTLS.items():
                    if host == "router" or "forward" not in path:
                        self.sysctl(path, value)
            self.ip("-n", self.name(host), "link", "set", "lo", "up")
        for host in self.hosts:
            if host in HOSTS:
                self.connect(host)

    def connect(self, host):
        router, device, name = self.name("router"), DEVICE[host], self.name(host)
        lines = ["link add %s netns %s type veth peer name eth0 netns %s" % (device, router, name)]
        self.batch(lines)
        for where, dev, of in ((router, device, "router"), (name, "eth0", "host")):
            self.batch(["addr add %s/24 brd + dev %s" % (address(host, 4, of), dev),
                        "addr add %s/64 dev %s nodad" % (address(host, 6, of), dev), "link set %s up" % dev], where)
        self.batch(["route add default via " + address(host, 4, "router"), "-6 route add default via " + address(host, 6, "router")], name)

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.end(signal.SIGKILL)
        for each in self.sockets:
            each.close()
        for host in ("router", *self.hosts):
            subprocess.run(["ip", "netns", "del", self.name(host)], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def ip(*words):
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Broken("ip %s: %s" % (" ".join(words), done.stderr.strip()))

    def batch(self, lines, name=None):
        for version in ("-4", "-6"):
            here = [line[3:] if line.startswith("-6 ") else line for line in lines
                    if line.startswith("-6 ") == (version == "-6")]
            if here:
                done = subprocess.run(["ip", *(("-n", name) if name else ()), *(() if version == "-4" else ("-6",)), "-batch", "-"],
                                      input="\n".join(here) + "\n", capture_output=True, text=True, check=False)
                if done.returncode:
                    raise Broken("ip -batch: %s\n%s" % (done.stderr.strip(), "\n".join(here)))

    @staticmethod
    def sysctl(path, value):
        with contextlib.suppress(FileNotFoundError), open("/proc/sys/net/" + path, "w") as out:
            out.write(str(value))

    # --- programs and sockets on a host ---

    def words(self, host, words):
        return ["ip", "netns", "exec", self.name(host), *words]

    def run(self, host, *words, seconds=20, env=None, cwd=None):
        """To its end; Blocked after so many seconds."""
        child = subprocess.Popen(self.words(host, words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 env={**os.environ, **(env or {})}, cwd=cwd, start_new_session=True)
        try:
            text, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            raise Blocked("%s: no end within %g s" % (words[0], seconds)) from None
        return Done(child.returncode, text.decode("utf-8", "replace"))

    def spawn(self, host, *words, env=None, cwd=None):
        log = os.path.join(self.folder, "%d-%s.log" % (len(self.processes), os.path.basename(words[0])))
        process = Process(self.words(host, words), log, {**os.environ, **(env or {})}, cwd)
        self.processes.append(process)
        return process

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def listening(self, host, kind, port, process):
        """Waits until somebody on the host has the port. kind: tcp or udp."""
        want = (":%04X" % port, "0A" if kind == "tcp" else "07")

        def look():
            if not process.alive():
                raise Broken("%s ended: %s" % (" ".join(process.words[4:6]), process.text()[-1000:].strip()))
            with inside(self.name(host)):
                rows = []
                for table in (kind, kind + "6"):
                    with open("/proc/thread-self/net/" + table) as file:
                        rows += [line.split() for line in file]
            return any(row[1].endswith(want[0]) and row[3] == want[1] for row in rows[0:] if len(row) > 3)
        until("%s on port %d" % (process.words[4], port), look)

    def socket(self, host, family, kind=socket.SOCK_STREAM, proto=0):
        with inside(self.name(host)):
            made = socket.socket(family, kind, proto)
        made.settimeout(5)
        return made

    def listen(self, host, family, port=0):
        """A listening TCP socket and its port."""
        made = self.socket(host, family_of(family))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address(host, family), port))
        made.listen(64)
        return made, made.getsockname()[1]

    def udp(self, host, family, port=0):
        made = self.socket(host, family_of(family), socket.SOCK_DGRAM)
        made.bind((address(host, family), port))
        return made, made.getsockname()[1]

    def tap(self, host):
        """Sees every packet that reaches the host."""
        with inside(self.name(host)):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            made.bind(("eth0", 3))
        made.setblocking(False)
        return made


# --- rules ---

def is_helper(line):
    return "-j CT --helper" in line


def base(families=(4, 6)):
    """Nothing passes but what belongs to a connection, and neighbour discovery."""
    lines = []
    for program in ["iptables"] * (4 in families) + ["ip6tables"] * (6 in families):
        lines += ["%s -P INPUT DROP" % program, "%s -P FORWARD DROP" % program,
                  "%s -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT" % program,
                  "%s -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT" % program]
    return lines + ["ip6tables -A INPUT -p icmpv6 -j ACCEPT"] * (6 in families)


class Firewall:
    """Lines of a policy in force on the router of a bed."""

    def __init__(self, bed, mode, lines, options=()):
        self.bed, self.mode, self.lines, self.options = bed, mode, lines, options
        self.process = None
        self.policy = os.path.join(bed.folder, "pinhole-%d.policy" % time.monotonic_ns())
        self.control = os.path.join(bed.folder, "control")

    def __enter__(self):
        if self.mode == "kernel":
            self.load_kernel()
        else:
            self.load_pinhole()
        return self

    def load_kernel(self):
        script = "".join(re.sub(r"^(ip6?tables) ", r"\1-legacy -w ", line) + "\n" for line in self.lines)
        done = self.bed.run("router", "sh", "-ec", script)
        if done.status:
            raise Broken("the kernel refuses the rules: " + done.text)

    def write(self, lines=None):
        with open(self.policy, "w") as out:
            out.write("\n".join(self.lines if lines is None else lines) + "\n")

    def load_pinhole(self):
        self.write()
        self.start()

    def start(self):
        self.process = self.bed.spawn("router", PINHOLE, "run", "-p", self.policy, "--queue", "0", "--install", "--no-advice",
                                      "--control", self.control, *self.options)
        self.process.said("^pinhole: running")

    def left(self):
        """Rules with the queue target on the router."""
        return [line for family in ("", "6") for line in
                self.bed.run("router", "ip%stables-legacy-save" % family).text.splitlines() if "NFQUEUE" in line]

    def __exit__(self, kind, *_):
        if self.mode == "kernel":
            script = "".join("%s-legacy -w -P %s ACCEPT\n" % (p, c) for p in ("iptables", "ip6tables") for c in ("INPUT", "FORWARD")) + \
                "".join("%s-legacy -w -t %s -F\n" % (p, t) for p in ("iptables", "ip6tables") for t in ("filter", "raw"))
            self.bed.run("router", "sh", "-c", script)
            self.bed.run("router", "conntrack", "-F")
            return
        if self.process is None:
            return
        status = self.process.end()
        if kind is None and status != 0:
            raise Broken("pinhole run ended with status %s: %s" % (status, self.process.text()[-3000:]))
        if kind is None and self.left():
            raise Broken("pinhole run left rules behind: %s" % self.left())
