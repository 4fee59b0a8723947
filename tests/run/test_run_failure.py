#!/usr/bin/env python3
"""What becomes of traffic when `pinhole run` is killed, ended, given another policy, or the machine's network changes under it.

  test_run_failure.py [TEST...]

Needs root; finds pinhole in PINHOLE.
"""
import argparse
import concurrent.futures
import fcntl
import os
import signal
import socket
import sys
import time
import traceback

import bed
import conversations
import rules
from bed import Blocked, Broken
from herd import Herd

PORT, EXTRA, NEVER = 7000, 7001, 7002   # always open; open by the second policy; never open
REFUSED_S, ALLOWED_S = 0.4, 10
TRANSFERS, RELOADS = 1000, 6
WORKERS = 2
GOING_ROUND = 4000              # packets
SO_RCVBUFFORCE = 33
WAITING = 6000                  # packets, more than the readers of four queues have room for


def policy(extra=False, families=(4,)):
    """The herd's connections are taken up again by either side: after a kill nothing is known of them."""
    lines = bed.base(families)
    for family in families:
        program = "iptables" if family == 4 else "ip6tables"
        for what in ("--dport %d" % PORT, "--sport %d" % PORT, *(("--dport %d" % EXTRA,) if extra else ())):
            lines.append("%s -A FORWARD -p tcp %s -m conntrack --ctstate NEW -j ACCEPT" % (program, what))
    return lines


def passes(place, port, limit=REFUSED_S, source="client"):
    """Whether a new connection to the server's port comes about."""
    with conversations.ends_of(place, 4, limit) as ends:
        try:
            listener = ends.server(port)
        except OSError:                 # the herd has it
            listener = None
        near = ends.bed.socket(source, bed.family_of(4))
        ends.short.append(near)
        near.settimeout(limit)
        try:
            near.connect((ends.address("server"), port))
        except (TimeoutError, OSError):
            return False
        if listener is not None:
            listener.accept()[0].close()
        return True


def comes_to(what, condition):
    bed.until(what, condition, ALLOWED_S)


def rules_of(place):
    """Everything about the queue in force on the router, both families, without counters and comments."""
    found = []
    for family in ("", "6"):
        text = place.run("router", "ip%stables-legacy-save" % family, "-t", "mangle").text
        found.append([line for line in text.splitlines() if line.startswith("-A") or line.startswith(":") and line.split()[1] == "-"])
    return found


def one_set(place):
    """Exactly one rule with the queue in each family, each hook leads there once, and nothing else is there."""
    for found in rules_of(place):
        if sum("-j NFQUEUE" in line for line in found) != 1:
            raise Broken("not one set of rules: %s" % found)
        if sorted(line.split()[1] for line in found if line.startswith("-A") and "NFQUEUE" not in line) != ["FORWARD", "INPUT", "OUTPUT"]:
            raise Broken("the hooks do not lead to the queue once each: %s" % found)


# --- killed ---

def killed(how):
    """Under load; then it is started again."""
    with bed.Bed("kill" + how) as place, bed.Firewall(place, "pinhole", policy(), ("--on-failure", how)) as wall, \
            Herd(place, 50, PORT) as herd:
        herd.advance(3)
        if passes(place, NEVER):
            raise Broken("a port is open that the policy closes")
        before = rules_of(place)
        one_set(place)
        wall.process.send(signal.SIGKILL)
        wall.process.child.wait()
        if how == "open":
            herd.advance(3)
            comes_to("new connections pass", lambda: passes(place, NEVER))
        else:
            if passes(place, PORT) or passes(place, NEVER):
                raise Broken("a connection passes")
            still = herd.total()
            if passes(place, PORT) or herd.total() != still:
                raise Broken("data pass")
        if rules_of(place) != before:
            raise Broken("the rules changed by a kill: %s" % rules_of(place))
        start = time.monotonic()
        wall.start()
        took = time.monotonic() - start
        one_set(place)
        if rules_of(place) != before:
            raise Broken("other rules after the restart: %s" % rules_of(place))
        herd.advance(3)
        if passes(place, NEVER) or not passes(place, PORT, ALLOWED_S):
            raise Broken("the policy is not in force after the restart")
        moved = herd.finish()
    return "ready again after %.0f ms; %d connections moved %d kB" % (took * 1000, herd.n, moved // 1024)


def test_kill_under_load_fail_open_passes():
    return killed("open")


def test_kill_under_load_fail_closed_drops():
    return killed("closed")


def test_sigterm_under_load_removes_rules():
    with bed.Bed("term") as place, bed.Firewall(place, "pinhole", policy()) as wall, Herd(place, 50, PORT) as herd:
        herd.advance(3)
        one_set(place)
        status = wall.process.end()
        if status != 0:
            raise Broken("ended with status %s: %s" % (status, wall.process.text()[-2000:]))
        if any(rules_of(place)):
            raise Broken("rules are left: %s" % rules_of(place))
        herd.advance(3)                 # nothing stands in the way any more
        if not passes(place, NEVER, ALLOWED_S):
            raise Broken("a connection does not pass without rules")
        herd.finish()
    return "no rule left"


def test_sigterm_judges_what_waits_in_all_queues():
    lines = bed.base((4,)) + ["iptables -A FORWARD -p udp -j ACCEPT"]
    with bed.Bed("last") as place, bed.Firewall(place, "pinhole", lines, ("--queue", "0:3")) as wall:
        place.batch(["addr add 10.20.0.%d/24 dev eth0" % (10 + i) for i in range(8)], place.name("client"))
        far, port = place.udp("server", 4)
        far.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        place.sockets.append(far)
        near = []
        for i in range(8):
            near.append(place.socket("client", bed.family_of(4), socket.SOCK_DGRAM))
            near[-1].bind(("10.20.0.%d" % (10 + i), 0))
        place.sockets += near
        for each in near:               # so that the addresses are known
            each.sendto(b"first", (bed.address("server", 4), port))
            far.recv(100)
        wall.process.send(signal.SIGSTOP)
        for i in range(WAITING):
            near[i % 8].sendto(b"waits", (bed.address("server", 4), port))
        wall.process.send(signal.SIGTERM)
        wall.process.send(signal.SIGCONT)
        status = wall.process.end()
        if status != 0:
            raise Broken("ended with status %s" % status)
        far.settimeout(ALLOWED_S)
        for i in range(WAITING):
            try:
                far.recv(100)
            except TimeoutError:
                raise Broken("%d of %d packets came" % (i, WAITING)) from None
    return "%d packets passed" % WAITING


def test_sigterm_while_iptables_is_locked_goes_on_judging():
    lines = bed.base((4,)) + ["iptables -A FORWARD -p udp -j ACCEPT"]
    with bed.Bed("lock") as place, bed.Firewall(place, "pinhole", lines) as wall:
        far, port = place.udp("server", 4)
        near = place.socket("client", bed.family_of(4), socket.SOCK_DGRAM)
        place.sockets += [far, near]
        with open("/run/xtables.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            wall.process.send(signal.SIGTERM)
            for i in range(100):
                near.sendto(b"%d" % i, (bed.address("server", 4), port))
                far.recv(100)
            if not wall.process.alive():
                raise Broken("the rules were removed without the lock")
        status = wall.process.end()
        if status != 0:
            raise Broken("ended with status %s" % status)
    return "100 packets passed"


def test_sigterm_in_a_flood_with_rules_that_stay_ends():
    """Packets that go round between router and client for ever: no batch is ever the last."""
    lines = bed.base((4,)) + ["iptables -A FORWARD -p udp -j ACCEPT"]
    with bed.Bed("flood") as place, bed.Firewall(place, "pinhole", lines, ("--keep-rules",)) as wall:
        with bed.inside(place.name("client")):
            place.sysctl("ipv4/ip_forward", 1)
        place.run("client", "iptables-legacy", "-t", "mangle", "-A", "PREROUTING", "-p", "udp", "-j", "TTL", "--ttl-set", "64")
        place.batch(["route add 10.99.0.0/24 via 10.20.0.2"], place.name("router"))
        near = place.socket("server", bed.family_of(4), socket.SOCK_DGRAM)
        for i in range(GOING_ROUND):
            near.sendto(b"round", ("10.99.0.1", 4000 + i % 8))
        near.close()
        status = wall.process.end()
        place.run("router", "iptables-legacy", "-t", "mangle", "-F")
        place.run("router", "ip6tables-legacy", "-t", "mangle", "-F")
    if status != 0:
        raise Broken("ended with status %s" % status)
    return "ended with %d packets going round" % GOING_ROUND


def test_restart_with_state_keeps_announced_data():
    """A passive port announced to the first instance is open in the second, and the control connection goes on."""
    with bed.Bed("state") as place:
        options = ("--state", os.path.join(place.folder, "state"))
        os.chmod(place.folder, 0o777)
        with conversations.ends_of(place, 4, ALLOWED_S) as ends, bed.Firewall(place, "pinhole", rules.policy(["ftp"]), options) as wall:
            near, far = conversations.ftp_login(ends)
            listener, port = ends.listen("server")
            conversations.tell(near, far, "PASV", "227 Entering Passive Mode (%s)." % conversations.host_port(ends.address("server"), port))
            if wall.process.end() != 0:
                raise Broken("it did not end well: " + wall.process.text()[-2000:])
            wall.start()
            conversations.tell(near, far, "NOOP", "200 yes")
            ends.connect("client", "server", listener)
            ends.limit = REFUSED_S
            other, _ = ends.listen("server")
            try:
                ends.connect("client", "server", other)
            except Blocked:
                return "the data connection came about after the restart"
            raise Broken("a port is open that nobody announced")


# --- another policy ---

def switch(place, wall, extra):
    """Another policy, and waits until it is in force."""
    wall.write(policy(extra))
    wall.process.send(signal.SIGHUP)
    comes_to("the reload", lambda: passes(place, EXTRA) == extra)


def test_reload_under_load_keeps_1000_transfers():
    with bed.Bed("reload") as place, bed.Firewall(place, "pinhole", policy()) as wall, Herd(place, TRANSFERS, PORT) as herd:
        herd.advance(2)
        first = herd.total()
        for n in range(RELOADS):
            extra = n % 2 == 0
            switch(place, wall, extra)
            herd.advance(1)             # every one of them goes on under this policy, too
        herd.advance(2)
        moved = herd.finish()
        last = herd.total()
        if len(herd.ended) != TRANSFERS:
            raise Broken("%d of %d ended well" % (len(herd.ended), TRANSFERS))
    return "%d transfers over %d reloads, %d MB, %d rounds before, %d from then on" % (TRANSFERS, RELOADS, moved >> 20, first, last - first)


def test_reload_broken_policy_changes_nothing():
    with bed.Bed("broken") as place, bed.Firewall(place, "pinhole", policy()) as wall, Herd(place, 20, PORT) as herd:
        herd.advance(2)
        wall.write(policy(extra=True) + ["iptables -A FORWARD --no-such-option -j ACCEPT"])
        wall.process.send(signal.SIGHUP)
        wall.process.said("no-such-option")
        wall.process.said("former policy|not changed|as before")
        herd.advance(2)
        if passes(place, EXTRA) or passes(place, NEVER):
            raise Broken("half of the broken policy is in force")
        switch(place, wall, True)
        herd.advance(2)
        herd.finish()
    return "said so, and took the mended one"


# --- the machine's network changes ---

GUEST4, GUEST6, BEHIND = "10.50.0.2", "fd00:50::2", "10.60.0.2"


def guest_policy():
    """Whatever comes from where it belongs may connect."""
    lines = bed.base()
    for program in ("iptables", "ip6tables"):
        lines += ["%s -t raw -A PREROUTING -m rpfilter --invert -j DROP" % program,
                  "%s -A FORWARD -p tcp --dport %d -m conntrack --ctstate NEW -j ACCEPT" % (program, PORT)]
    return lines


def from_guest(place, address, limit=REFUSED_S):
    family = 6 if ":" in address else 4
    with conversations.ends_of(place, family, limit) as ends:
        listener, near = ends.server(PORT), place.socket("guest", bed.family_of(family))
        ends.short.append(near)
        near.bind((address, 0))
        near.settimeout(limit)
        try:
            near.connect((ends.address("server"), PORT))
        except (TimeoutError, OSError):
            return False
        listener.accept()[0].close()
        return True


def plug_in(place):
    """A new interface of the router, without an address there; the guest has all that it needs, and its packets reach the router."""
    router, guest = place.name("router"), place.name("guest")
    place.batch(["link add eth3 netns %s address 02:00:00:00:03:01 type veth peer name eth0 netns %s" % (router, guest)])
    place.batch(["link set eth3 up"], router)
    place.batch(["addr add %s/24 dev eth0" % GUEST4, "addr add %s/64 dev eth0 nodad" % GUEST6, "addr add %s/32 dev lo" % BEHIND,
                 "link set eth0 up", "route add default via 10.50.0.1", "-6 route add default via fd00:50::1",
                 "neigh replace 10.50.0.1 lladdr 02:00:00:00:03:01 dev eth0 nud permanent",
                 "-6 neigh replace fd00:50::1 lladdr 02:00:00:00:03:01 dev eth0 nud permanent"], guest)


def test_network_changes_rpfilter_follows():
    with bed.Bed("net", ("client", "server", "guest")) as place, bed.Firewall(place, "pinhole", guest_policy()):
        router = place.name("router")
        plug_in(place)
        steps = (("an interface without addresses", [], ()),
                 ("its IPv4 address", ["addr add 10.50.0.1/24 dev eth3"], (GUEST4,)),
                 ("its IPv6 address", ["addr add fd00:50::1/64 dev eth3 nodad"], (GUEST4, GUEST6)),
                 ("a route behind it", ["route add 10.60.0.0/24 via 10.50.0.2"], (GUEST4, GUEST6, BEHIND)),
                 ("the route elsewhere", ["route replace 10.60.0.0/24 via 10.20.0.2"], (GUEST4, GUEST6)),
                 ("the IPv4 address gone", ["addr del 10.50.0.1/24 dev eth3"], (GUEST6,)))
        for what, commands, open_from in steps:
            if commands:
                place.batch(commands, router)
            for source in (GUEST4, GUEST6, BEHIND):
                comes_to("%s: %s %s" % (what, source, "passes" if source in open_from else "is refused"),
                         lambda source=source, want=source in open_from: from_guest(place, source) == want)
    return "%d changes followed" % (len(steps) - 1)


TESTS = [test for name, test in sorted(globals().items()) if name.startswith("test_")]
N_TESTS = 10


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
    why = bed.missing()
    if why:
        print("skipped: %s\n0 passed, 0 failed, 1 skipped" % why)
        return 0
    start, failed = time.monotonic(), 0 if len(TESTS) == N_TESTS else 1
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        for name, (found, wrong) in zip(names, pool.map(attempt, names)):
            print("%-4s %s: %s" % ("FAIL" if wrong else "ok", name, wrong or found))
            failed += wrong is not None
    print("%.0f s" % (time.monotonic() - start))
    print("%d passed, %d failed, 0 skipped" % (len(names) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
