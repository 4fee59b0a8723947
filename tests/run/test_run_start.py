#!/usr/bin/env python3
"""How `pinhole run` starts and ends: exit status, what it leaves behind, a second instance, what systemd is told.

  test_run_start.py [TEST...]

Needs root; finds pinhole in PINHOLE.
"""
import argparse
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback

import bed
from bed import PINHOLE, Blocked, Broken

OPEN = ["iptables -P FORWARD ACCEPT"]
WARM_S = 20
SO_RCVBUFFORCE = 33


class Host(bed.Bed):
    """A machine alone, on which pinhole is started."""

    def __init__(self, tag, hosts=()):
        super().__init__(tag, hosts)
        self.number = 0

    def policy(self, *lines):
        self.number += 1
        return self.write("policy-%d" % self.number, "\n".join(lines or OPEN) + "\n")

    def control(self, name="control"):
        return os.path.join(self.folder, name)

    def start(self, *options, control="control", policy=None, env=None):
        """Runs until it says so."""
        words = [PINHOLE, "run", "-p", policy or self.policy(), "--no-advice", "--control", self.control(control), *options]
        process = self.spawn("router", *words, env=env)
        process.said("^pinhole: running")
        return process

    def refuses(self, status, word, *options, policy=None, before=()):
        """It ends by itself, and says why."""
        done = self.run("router", *before, PINHOLE, "run", "-p", policy or self.policy(), "--no-advice", "--control", self.control(),
                        *options)
        if done.status != status or word not in done.text:
            raise Broken("%s: status %d, not %d, or not '%s' in: %s" % (options, done.status, status, word, done.text))

    def rules(self):
        return [line for family in ("", "6") for line in self.run("router", "ip%stables-legacy-save" % family).text.splitlines()
                if "PINHOLE" in line or "pinhole" in line]

    def pids(self):
        return subprocess.run(["ip", "netns", "pids", self.name("router")], capture_output=True, text=True, check=True).stdout.split()

    def nothing_left(self, *but):
        """No process, no rule, no file of ours but those named."""
        bed.until("no process is left: %s" % self.pids(), lambda: not self.pids())
        if self.rules():
            raise Broken("rules are left: %s" % self.rules())
        files = [name for name in os.listdir(self.folder) if not name.endswith(".log") and not name.startswith("policy") and
                 name not in but]
        if files:
            raise Broken("files are left: %s" % files)

    def ends(self, process, status=0, number=signal.SIGTERM):
        got = process.end(number)
        if got != status:
            raise Broken("ended with %s, not %d: %s" % (got, status, process.text()[-2000:]))

    def ask(self, *words, control="control"):
        done = self.run("router", PINHOLE, "ctl", "--control", self.control(control), *words)
        if done.status:
            raise Broken("ctl %s: %s" % (words, done.text))
        return done.text

    def counter(self, section, name):
        return json.loads(self.ask("stats", "--json"))[section][name]

    def keeper(self):
        for pid in self.pids():
            with open("/proc/%s/comm" % pid) as file:
                if file.read().strip() == "pinhole-keeper":
                    return int(pid)
        raise Broken("there is no keeper")


# --- the start ---

def test_start_that_fails_leaves_nothing():
    with Host("fail") as host:
        wrong = host.policy("iptables -A FORWARD --no-such-option")
        host.refuses(2, "no-such-option", "--install", policy=wrong)
        host.refuses(2, "cannot be opened", "--install", policy="/nowhere/policy")
        host.refuses(2, "there is no account", "--install", "--user", "no-such-account")
        host.refuses(2, "at most 64 queues", "--queue", "1:0")
        host.refuses(2, "needs root", "--install", before=("setpriv", "--reuid", "65534", "--clear-groups"))
        host.nothing_left()
        host.write("control", "no socket")
        host.refuses(2, "no socket", "--install")
        host.nothing_left("control")
    return "6 ways to fail"


def test_start_on_foreign_chain_is_refused_whole():
    with Host("chain") as host:
        host.run("router", "ip6tables-legacy", "-t", "mangle", "-N", "PINHOLE")
        host.run("router", "ip6tables-legacy", "-t", "mangle", "-A", "PINHOLE", "-j", "DROP")
        before = host.rules()
        host.refuses(2, "that are not pinhole's", "--install")
        if host.rules() != before:
            raise Broken("rules changed: %s" % host.rules())
        if host.pids() or os.path.exists(host.control()):
            raise Broken("a process or the socket is left")
    return "IPv4's went out again"


def test_start_policy_by_descriptor_is_read():
    """A shell's <(...), standard input by both names, a name relative to where it was started."""
    with Host("pipe") as host:
        host.policy(*OPEN)
        for name in ("/dev/fd/9", "-", "/dev/stdin"):
            line = "cd %s && exec 9<policy-1 <policy-1 && exec %s run -p %s --no-advice --install --control control" % (
                host.folder, PINHOLE, name)
            process = host.spawn("router", "bash", "-c", line)
            process.said("^pinhole: running")
            process.send(signal.SIGHUP)
            process.said("as before")
            host.ends(process)
            host.nothing_left()
        process = host.spawn("router", "bash", "-c", "cd %s && exec %s run -p policy-1 --no-advice --control control" % (host.folder, PINHOLE))
        process.said("^pinhole: running")
        process.send(signal.SIGHUP)
        process.said("was read anew")
        host.ends(process)
        host.nothing_left()
    return "a descriptor, standard input, a relative name"


def test_start_with_closed_descriptors_works():
    with Host("closed") as host:
        policy = host.policy()
        for closed in ("0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"):
            process = host.spawn("router", "sh", "-c", 'exec "$@" ' + closed, "sh", PINHOLE, "run", "-p", policy, "--no-advice", "--install",
                                 "--control", host.control())
            bed.until("the socket answers", lambda: host.run("router", PINHOLE, "ctl", "--control", host.control(), "stats").status == 0)
            bed.until("its rules are there", host.rules)
            host.ends(process)
            host.nothing_left()
    return "0, 1, 2, all"


def test_start_state_that_cannot_be_read_begins_anew():
    with Host("garbage") as host:
        host.write("state", "no state at all")
        host.ends(host.start("--install", "--state", host.folder + "/state"))
        process = host.start("--install", "--state", host.folder + "/state")
        process.said("connections and 0 expectations are back")
        host.ends(process)
        host.nothing_left("state")
    return "and is replaced at the end"


def test_policy_routing_that_comes_later_is_told():
    with Host("rule") as host:
        process = host.start("--install")
        if "policy routing" in process.text():
            raise Broken("it says so without any: " + process.text())
        host.ip("-n", host.name("router"), "rule", "add", "from", "10.9.9.9", "lookup", "99")
        process.said("warning: this machine has rules of policy routing")
        host.ends(process)
        host.nothing_left()
    return "ip rule add"


# --- a second instance ---

def test_second_instance_on_the_same_things_is_refused():
    with Host("second") as host:
        first = host.start("--install")
        before = host.rules()
        host.refuses(2, "is taken", "--install")
        host.refuses(2, "another pinhole answers", "--install", "--queue", "1")
        if host.rules() != before:
            raise Broken("rules changed: %s" % host.rules())
        host.ask("stats")
        host.ends(first)
        host.nothing_left()
    return "queue, control socket"


def test_end_of_replaced_instance_leaves_rules_of_the_other():
    """A change of the queue without a gap: the new instance takes the rules over, the former one ends."""
    with Host("over") as host:
        first = host.start("--install")
        second = host.start("--install", "--queue", "1:2", control="other")
        rules = host.rules()
        if not any("--queue-balance 1:2" in line for line in rules) or any("--queue-num 0" in line for line in rules):
            raise Broken("not taken over: %s" % rules)
        host.ends(first)
        if host.rules() != rules:
            raise Broken("the end of the former instance changed the rules: %s" % host.rules())
        host.ends(second)
        host.nothing_left()
    return "rules of the second stay until it ends"


# --- the end ---

def test_end_by_either_signal_leaves_nothing():
    with Host("end") as host:
        for number in (signal.SIGTERM, signal.SIGINT):
            process = host.start("--install")
            if not host.rules():
                raise Broken("no rules")
            host.ends(process, 0, number)
            host.nothing_left()
    return "SIGTERM, SIGINT"


def test_end_rules_kept_printed_removed():
    with Host("keep") as host:
        process = host.start("--install")
        installed = host.rules()
        host.ends(process)
        host.ends(host.start("--install", "--keep-rules"))
        if host.rules() != installed:
            raise Broken("--keep-rules: %s" % host.rules())
        for _ in range(2):
            done = host.run("router", PINHOLE, "run", "--remove-rules")
            if done.status or done.text:
                raise Broken("--remove-rules: %d %s" % (done.status, done.text))
            host.nothing_left()
        text = host.run("router", PINHOLE, "run", "--print-rules", "--queue", "0").text
        done = host.run("router", "sh", "-ec", text)
        if done.status or host.rules() != installed:
            raise Broken("--print-rules: %s\n%s" % (text, host.rules()))
        host.run("router", PINHOLE, "run", "--remove-rules")
        host.nothing_left()
        host.refuses(2, "--keep-rules", "--keep-rules")
    return "the same rules three ways"


def test_end_without_keeper_is_a_failure():
    with Host("keeper") as host:
        process = host.start("--install")
        rules = host.rules()
        os.kill(host.keeper(), signal.SIGKILL)
        process.said("the keeper is gone")
        if process.child.wait(10) != 1 or host.rules() != rules:
            raise Broken("status %s, rules %s" % (process.child.returncode, host.rules()))
        host.ends(host.start("--install"))
        host.nothing_left()
    return "status 1, rules stay, the next start cleans up"


def test_end_state_that_cannot_be_saved_is_told_at_start():
    with Host("state") as host:
        process = host.start("--state", host.folder + "/none/state")
        process.said("none/state.*cannot be saved")
        host.ends(process, 1)
        process = host.start("--state", host.folder + "/state")
        if "cannot be saved" in process.text():
            raise Broken(process.text())
        host.ends(process)
        host.nothing_left("state")
        info = os.stat(host.folder + "/state")
        if info.st_mode & 0o777 != 0o600 or info.st_uid != 0:
            raise Broken("the state is not root's alone")
    return "a folder that is not there"


def flood(host, stop):
    """Packets to itself, as fast as they go."""
    with host.socket("router", socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", 9))
        while not stop():
            for _ in range(64):
                with contextlib.suppress(OSError):
                    out.send(b"x")


def test_end_under_flood_comes():
    """With --keep-rules packets go on coming."""
    with Host("flood") as host:
        process = host.start("--install", "--keep-rules")
        floods = []
        for _ in range(2):
            pid = os.fork()
            if pid == 0:
                with contextlib.suppress(BaseException):
                    flood(host, lambda: False)
                os._exit(0)
            floods.append(pid)
        try:
            bed.until("packets are judged", lambda: host.counter("queues", "packets") > 1000)
            host.ends(process)
        finally:
            for pid in floods:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        host.run("router", PINHOLE, "run", "--remove-rules")
        host.nothing_left()
    return "ended"


# --- systemd ---

class Manager:
    """What systemd hears."""

    def __init__(self, host):
        self.path = os.path.join(host.folder, "policy-notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        os.chmod(self.path, 0o777)
        self.socket.settimeout(WARM_S)

    def hear(self, word):
        end = time.monotonic() + WARM_S
        while time.monotonic() < end:
            text = self.socket.recv(4096).decode()
            if word in text:
                return text
        raise Broken("systemd was not told " + word)


def test_systemd_is_told_in_time():
    with Host("notify") as host:
        os.chmod(host.folder, 0o777)
        manager = Manager(host)
        env = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"}
        process = host.start("--install", env=env)
        manager.hear("READY=1")
        if not host.rules():
            raise Broken("ready before the rules are there")
        start = time.monotonic()
        for _ in range(30):
            manager.hear("WATCHDOG=1")
        if time.monotonic() - start > WARM_S:
            raise Broken("30 signs of life took %.0f s; systemd waits 0.4 s for one" % (time.monotonic() - start))
        process.send(signal.SIGHUP)
        manager.hear("RELOADING=1")
        manager.hear("READY=1")
        process.send(signal.SIGTERM)
        manager.hear("STOPPING=1")
        host.ends(process)
        host.nothing_left()
    return "READY, WATCHDOG, RELOADING, STOPPING"


# --- fragments that wait in the kernel ---

def fragment(number, offset, more, payload=b"\0" * 16):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number, more << 13 | offset, 64, 17, 0,
                       socket.inet_aton("10.20.0.2"), socket.inet_aton("10.30.0.2")) + payload


def test_fragments_given_up_in_their_batch_do_not_wait_for_ever():
    """All in one batch: the fragments of others make what waits of a datagram an earlier one's, whose pieces nobody gets."""
    with Host("frag", ("client", "server")) as host:
        process = host.start("--install", policy=host.policy("sysctl net.ipv4.ipfrag_time=1", "sysctl net.ipv4.ipfrag_max_dist=1"))
        wire = host.socket("client", socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        process.send(signal.SIGSTOP)
        for number in (1, 2, 3, 4):
            wire.sendto(fragment(number, 0, 1), ("10.30.0.2", 0))
        wire.sendto(fragment(1, 4, 1), ("10.30.0.2", 0))
        with bed.inside(host.name("router")):
            def waiting():
                with open("/proc/thread-self/net/netfilter/nfnetlink_queue") as file:
                    return sum(int(line.split()[2]) for line in file)
            bed.until("five fragments wait", lambda: waiting() >= 5)
        process.send(signal.SIGCONT)
        bed.until("none waits in the engine", lambda: host.counter("fragments", "seen") >= 5 and host.counter("fragments", "waiting") == 0)
        bed.until("none waits in the kernel", lambda: host.counter("queues", "waiting") == 0, 5)
        wire.close()
        host.ends(process)
        host.nothing_left()
    return "none left"


# --- answers ---

def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def syn(port):
    ends = socket.inet_aton("10.20.0.2") + socket.inet_aton("10.30.0.2")
    head = struct.pack("!HHIIBBH", port, 80, 7, 0, 0x50, 2, 1000)
    return struct.pack("!BBHHHBBH", 0x45, 0, 40, port, 0, 64, 6, 0) + ends + head + struct.pack(
        "!HH", checksum(ends + struct.pack("!HH", 6, 20) + head + bytes(4)), 0)


def test_answers_many_at_once_are_known_again():
    """Each leaves by OUTPUT, where it would be a reset of no connection."""
    with Host("answer", ("client", "server")) as host:
        process = host.start("--install", policy=host.policy(
            "iptables -P OUTPUT DROP", "iptables -A OUTPUT -m conntrack ! --ctstate INVALID -j ACCEPT", "iptables -P FORWARD DROP",
            "iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset"))
        tap = host.tap("client")
        tap.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        wire = host.socket("client", socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        process.send(signal.SIGSTOP)
        for port in range(1000, 1200):
            wire.sendto(syn(port), ("10.30.0.2", 0))
        process.send(signal.SIGCONT)
        bed.until("all are answered", lambda: host.counter("verdicts", "answers") + host.counter("verdicts", "answers_failed") >= 200)
        seen = [0]

        def resets():
            with contextlib.suppress(BlockingIOError):
                while True:
                    frame = tap.recv(2000)
                    seen[0] += len(frame) >= 54 and frame[12:14] == b"\x08\0" and frame[23] == 6 and frame[47] == 0x14
            return seen[0] == host.counter("verdicts", "answers")
        bed.until("every answer that was sent arrives", resets, 5)
        tap.close()
        wire.close()
        host.ends(process)
        host.nothing_left()
    return "%d resets" % seen[0]


TESTS = [test for name, test in sorted(globals().items()) if name.startswith("test_")]
N_TESTS = 16


def attempt(name):
    """(what it found, what is wrong or None)"""
    try:
        return globals()[name](), None
    except (Broken, Blocked) as error:
        return "", str(error)
    except Exception:                   # pylint: disable=broad-except
        return "", traceback.format_exc()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test", nargs="*")
    names = parser.parse_args().test or [test.__name__ for test in TESTS]
    why = bed.missing("setpriv", "bash")
    if why:
        print("skipped: %s\n0 passed, 0 failed, 1 skipped" % why)
        return 0
    failed = 0 if len(TESTS) == N_TESTS else 1
    for name in names:
        found, wrong = attempt(name)
        print("%-4s %s: %s" % ("FAIL" if wrong else "ok", name, wrong or found), flush=True)
        failed += wrong is not None
    print("%d passed, %d failed, 0 skipped" % (len(names) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
