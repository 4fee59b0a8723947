#!/usr/bin/env python3
"""Makes a golden: sends a capture through this machine's kernel and writes down what it made of each packet.

  make_golden.py [--count N] [--local ADDRESS/LEN] [--helper-port HELPER=PORT[/PROTO]] [--no-default-helpers]
                 [--module MODULE.OPTION=VALUE] [--sysctl KEY=VALUE] [--rules FILE] CAPTURE [OUT]
  make_golden.py --like GOLDEN CAPTURE [OUT]      under the header of a golden that there is

Needs root, Linux 6.16, iptables-legacy and nft. Two network namespaces without names are made, and end with the program.
Records as in docs/output.md; of what goldens may say, `why` and `changed` are left out, which the header repeats under
"left_out".

Time cannot be stopped: a capture goes through as fast as it can, and timeouts are told as they were set, which is
certain while a run takes less than the two seconds after which UDP streams count as such. Longer ones get a warning.
"""
import argparse
import collections
import contextlib
import json
import os
import sys
import time

import firewall
import frames
import golden

CAP = 2000
LONG_RUN_S = 2.0
SLACK_S = 1.1           # two readings of one deadline, each in whole seconds, differ by less
LEFT_OUT = ["why", "changed"]
BUSY_S = 3
ROUND = (60, 30, 10, 5)
DIRECTION = {"left": "l", "right": "r", "own": "f"}


class Connections:
    """What is known of connections: numbers from 1 in the order in which they were set up, states, timeouts."""

    def __init__(self, known_timeouts):
        self.known_timeouts = known_timeouts
        self.count = 0
        self.number, self.by_tuple = {}, {}
        self.latest = {}
        self.timeout = {}       # number: (seconds as set, when)

    def meet(self, trace):
        """The number of the connection that a packet has right after tracking."""
        if "CONFIRMED" not in trace.status.split("|") or trace.id not in self.number:
            self.count += 1
            self.number[trace.id] = self.count
        return self.number[trace.id]

    def master(self, wanted):
        """The number of the connection with this tuple; one not confirmed yet is the latest."""
        return self.by_tuple.get(str(wanted), self.count)

    def learn(self, connection):
        """Notes what an event or an answer says, and returns the connection's number."""
        number = self.number.get(connection.id)
        self.latest[number] = connection
        self.by_tuple[str(connection.tuple)] = number
        return number

    def set_seconds(self, number, left):
        """The timeout as it was set, given what is left of it."""
        now = time.monotonic()
        if number in self.timeout:
            seconds, since = self.timeout[number]
            if abs(seconds - (now - since) - left) < SLACK_S:
                return seconds
        seconds = self.rounded(left)
        self.timeout[number] = (seconds, now)
        return seconds

    def rounded(self, left):
        """A timeout just set shows as itself or, as the clock ticks, as a second less; on a busy machine a little more."""
        for candidate in range(left, left + BUSY_S + 1):
            if candidate in self.known_timeouts:
                return candidate
        for unit in ROUND:
            for candidate in (left, left + 1):
                if candidate % unit == 0:
                    return candidate
        return left + 1


class Expectations:
    """Those alive, and their numbers from 1."""

    def __init__(self):
        self.number, self.made = {}, collections.Counter()
        self.alive = set()
        self.count = 0

    def record(self, event, n, connections):
        what = event.what
        if event.kind == "expect_new":
            self.count += 1
            self.number[what.id] = self.count
            self.alive.add(self.count)
            self.made[what.helper] += 1
        number = self.number[what.id]
        if event.kind == "expect_destroy":
            self.alive.discard(number)
        out = {"n": n, "event": event.kind, "expect": number, "helper": what.helper, "class": what.class_,
               "flags": what.flags}
        if event.kind == "expect_new":
            out["timeout"] = connections.rounded(what.timeout)
        out.update(master_ct=connections.master(what.master), master=what.master, tuple=what.tuple, mask=what.mask)
        return out


def fate_of(seen, packet, came_out):
    """Where a packet ended, from the last place that saw it."""
    if came_out:
        return "forwarded"
    if "raw" not in seen.places:
        return "fragment" if frames.is_fragment(packet) else "stack"
    if "raw-end" not in seen.places:
        return "rule"
    if seen.state is None:
        return "conntrack"
    if "postrouting" in seen.places:
        return "helper"
    if "input" in seen.places:
        return "local" if "delivered" in seen.places else "rule"
    return "rule" if "forward" in seen.places else "route"


class Recorder:
    """Sends frames one by one and turns what was seen into records."""

    def __init__(self, header, machine):
        self.header, self.machine = header, machine
        self.connections, self.expectations = Connections(known_timeouts()), Expectations()
        self.totals = {name: collections.Counter() for name in ("skipped", "states", "fates")}
        self.replayed = self.hairpin = 0
        self.untraced = []
        self.side = {address: side for side in ("left", "right") for address in header[side]}

    def places(self, packet):
        """(side the packet comes from, its direction in a golden's words)"""
        source, destination = frames.addresses(packet)
        # A source that nobody placed sends from across.
        across = "right" if self.side.get(destination) == "left" else "left"
        came = "own" if firewall.is_local(self.header, source) else self.side.get(source, across)
        goes = "f" if firewall.is_local(self.header, destination) else DIRECTION.get(self.side.get(destination), "x")
        return came, "%s2%s" % (DIRECTION[came], goes)

    def skip(self, n, why):
        self.totals["skipped"][why] += 1
        return [{"n": n, "skip": why}]

    def frame(self, n, packet, fixed):
        """The records of one frame that is sent."""
        came, direction = self.places(packet)
        self.machine.send(came, packet)
        seen = self.machine.seen()
        return self.records(n, packet, fixed, direction, seen)

    def records(self, n, packet, fixed, direction, seen):
        ends = frames.addresses(packet)
        out = [side for side, data in seen.out if frames.addresses(data) == ends]
        fate = fate_of(seen, packet, out)
        record = {"n": n, "dir": direction, "forwarded": fate == "forwarded", "fate": fate, "state": seen.state}
        has_connection = seen.trace is not None and seen.trace.id is not None
        if has_connection:
            record.update(ctdir=seen.trace.direction, ct=self.connections.meet(seen.trace), status=seen.trace.status)
        elif seen.state in firewall.STATES_OF_CONNECTIONS:
            self.untraced.append(n)         # the tracer refuses packets whose headers it cannot follow
        record["helper"] = seen.helper
        events = [self.event(event, n) for event in seen.events]
        if has_connection:
            record.update(self.after(record["ct"]))
        if self.expectations.alive:
            record["expects"] = len(self.expectations.alive)
        if len(out) > 1:
            record["frames"] = len(out)
        if fixed:
            record["fix"] = fixed
        self.count(record, direction)
        return [record] + events

    def count(self, record, direction):
        self.replayed += 1
        self.hairpin += direction in ("l2l", "r2r")
        self.totals["states"][record["state"] or "none"] += 1
        self.totals["fates"][record["fate"]] += 1

    def after(self, number):
        """What a packet line says of the connection as it is now; nothing if it was never confirmed or is gone."""
        known = self.connections.latest.get(number)
        now = self.machine.connection(known) if known else None
        if not now:
            return {}
        self.connections.learn(now)
        return {"ct_helper": now.helper, "pstate": now.state, "timeout": self.connections.set_seconds(number, now.timeout)}

    def event(self, event, n):
        if event.kind.startswith("expect_"):
            return self.expectations.record(event, n, self.connections)
        what = event.what
        if event.kind == "ct_destroy":
            return {"n": n, "event": event.kind, "ct": self.connections.number.get(what.id)}
        number = self.connections.learn(what)
        out = {"n": n, "event": event.kind, "ct": number}
        if event.kind == "ct_new":
            out.update(tuple=what.tuple, reply=what.reply)
        out.update(status=what.status, ct_helper=what.helper, pstate=what.state,
                   timeout=self.connections.set_seconds(number, what.timeout))
        if event.kind == "ct_new" and what.master:
            out.update(master_ct=self.connections.master(what.master), master=what.master)
        return out

    def summary(self, sent):
        totals = {name: dict(sorted(counter.items())) for name, counter in self.totals.items()}
        return {"event": "summary", "frames": sent, "replayed": self.replayed,
                "forwarded": totals["fates"].get("forwarded", 0), "hairpin": self.hairpin,
                "skipped": totals["skipped"], "states": totals["states"], "fates": totals["fates"],
                "expectations": dict(sorted(self.expectations.made.items())), "mismatches": 0}


def known_timeouts():
    """Every timeout of this kernel's settings, in seconds."""
    folder, values = "/proc/sys/net/netfilter", set()
    for name in os.listdir(folder):
        if "timeout" in name:
            with open(os.path.join(folder, name)) as file:
                values.update(int(word) for word in file.read().split() if word.isdigit())
    return values


@contextlib.contextmanager
def module_options(options):
    """Sets options of helper modules, which are the whole machine's, and puts them back."""
    before = []
    try:
        for text in options:
            module, _, rest = text.partition(".")
            option, _, value = rest.partition("=")
            path = "/sys/module/nf_conntrack_%s/parameters/%s" % (module, option)
            with open(path) as file:
                before.append((path, file.read()))
            firewall.write(path, value)
        yield
    finally:
        for path, value in reversed(before):
            firewall.write(path, value)


def make(header, packets):
    """The records of a golden, the header first."""
    started = time.monotonic()
    with module_options(header.get("modules", [])):
        recorder = Recorder(header, firewall.Firewall(header))
        records = [header]
        started = time.monotonic()
        for n, item in enumerate(packets, 1):
            records += recorder.skip(n, item) if isinstance(item, str) else recorder.frame(n, *item)
    took = time.monotonic() - started
    if took > LONG_RUN_S:
        print("make_golden: the clock ran for %.1f seconds: timeouts and UDP streams may show it" % took, file=sys.stderr)
    if recorder.untraced:
        print("make_golden: this kernel does not say ctdir, ct and status of frames %s" % recorder.untraced,
              file=sys.stderr)
    return records + [recorder.summary(len(packets))]


def new_header(options, capture, packets, capped):
    """A golden's header; keys only where they say something. options.rules: lines."""
    sent = [item[0] for item in packets if not isinstance(item, str)]
    left, right = frames.sides(sent, options.local)
    head = {"oracle": 1, "kernel": os.uname().release, "capture": os.path.basename(capture).removesuffix(".gz"),
            "frames": len(packets), "capped": capped, "fix": {"checksums": True, "ttl": True, "length": True},
            "default_helpers": not options.no_default_helpers}
    optional = {"helper_ports": options.helper_port, "modules": options.module, "sysctls": options.sysctl,
                "rules": options.rules, "local": options.local}
    head.update({key: value for key, value in optional.items() if value})
    return {**head, "left": left, "right": right, "left_out": LEFT_OUT}


def arguments():
    parser = argparse.ArgumentParser(description="sends a capture through this machine's kernel and writes a golden")
    parser.add_argument("--like", help="take addresses, rules and options from this golden")
    parser.add_argument("--count", type=int, default=CAP, help="frames at most")
    parser.add_argument("--no-default-helpers", action="store_true")
    for name in ("local", "helper-port", "module", "sysctl"):
        parser.add_argument("--" + name, action="append", default=[])
    parser.add_argument("--rules", help="file of iptables and ip6tables commands")
    parser.add_argument("capture")
    parser.add_argument("out", nargs="?")
    options = parser.parse_args()
    with open(options.rules or os.devnull) as file:
        options.rules = [line for line in file.read().splitlines() if line.strip()]
    return options


def main():
    options = arguments()
    if os.geteuid() != 0:
        sys.exit("make_golden: only root may make network namespaces")
    if firewall.release() < firewall.RELEASE_MIN:
        sys.exit("make_golden: only Linux %d.%d and newer tells which connection a packet has" % firewall.RELEASE_MIN)
    with golden.opened(options.capture) as file:
        data = file.read()
    if options.like:
        header = {**golden.read(options.like)[0], "kernel": os.uname().release, "left_out": LEFT_OUT}
        packets = frames.prepared(data, header["frames"])
    else:
        packets = frames.prepared(data, options.count)
        capped = len(frames.prepared(data, options.count + 1)) > options.count
        header = new_header(options, options.capture, packets, capped)
    text = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in make(header, packets))
    with open(options.out, "w") if options.out else contextlib.nullcontext(sys.stdout) as out:
        out.write(text)


if __name__ == "__main__":
    main()
