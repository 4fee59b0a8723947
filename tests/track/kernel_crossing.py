#!/usr/bin/env python3
"""Two FINs cross in a firewall with two processors: what do the kernel's events say?

  kernel_crossing.py [CONNECTIONS]

Reproduces the row event-read-late of docs/differences.md. By hand, as root, on a machine with two processors. Each of
two processes, on a processor of its own, sends the FIN of one side of the same connection at the same moment. One packet
after the other gives the events FIN_WAIT, LAST_ACK. Crossing ones give LAST_ACK twice, or once: an event says what the
connection is when the event is written, not what the packet made of it, and changes not yet told share one event. No
reader is involved: these are the kernel's messages, unchanged.
"""
import collections
import contextlib
import mmap
import os
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../compare"))
import firewall  # noqa: E402
import netlink  # noqa: E402
import talk_tcp  # noqa: E402
import two  # noqa: E402

ISN = (1000, 50000)
START, DONE = 0, 64             # where the two processes tell each other a connection's number; a cache line each
SETTLE_S = 0.0003               # until both packets are through


def frame(side, packet):
    device = dict(firewall.SIDES)[side]
    return bytes.fromhex((firewall.MAC[device] + firewall.MAC[side]).replace(":", "")) + b"\x08\x00" + packet


def packet(port, *words):
    return talk_tcp.packet(talk_tcp.segment(*words), ISN, port)


def number(memory, at):
    return struct.unpack_from("=Q", memory, at)[0]


def server(machine, memory, ports, processor):
    """Sends the server's FIN of each connection when told; never returns."""
    os.sched_setaffinity(0, {processor})
    frames = [frame("right", packet(port, True, "FA", 1, 1)) for port in ports]
    for n, data in enumerate(frames, 1):
        while number(memory, START) != n:
            pass
        machine.taps["right"].send(data)
        struct.pack_into("=Q", memory, DONE, n)
    os._exit(0)


def close(machine, memory, n, port):
    """Opens a connection, has both sides close it at once, and returns the states that events told of then."""
    for side, words in (("left", (False, "S", 0)), ("right", (True, "SA", 0, 1)), ("left", (False, "A", 1, 1))):
        machine.send(side, packet(port, *words))
    machine.netlink.pending()
    data = frame("left", packet(port, False, "FA", 1, 1))
    struct.pack_into("=Q", memory, START, n)
    for _ in range(n % 40):     # not always at the same distance
        pass
    machine.taps["left"].send(data)
    while number(memory, DONE) != n:
        pass
    time.sleep(SETTLE_S)
    return tuple(event.what.state for event in machine.netlink.pending() if isinstance(event, netlink.Event))


def empty(taps):
    for tap in taps:
        with contextlib.suppress(BlockingIOError):
            while True:
                tap.recv(1 << 16, firewall.socket.MSG_DONTWAIT)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    processors = os.sched_getaffinity(0)
    if os.geteuid() != 0 or len(processors) < 2:
        sys.exit("kernel_crossing: needs root and two processors")
    machine = firewall.Firewall({"default_helpers": False, "left": [talk_tcp.CLIENT], "right": [talk_tcp.SERVER]})
    memory = mmap.mmap(-1, mmap.PAGESIZE)
    ports = range(two.PORT_MIN, two.PORT_MIN + count)
    os.sched_setaffinity(0, processors)
    child = os.fork()
    if child == 0:
        server(machine, memory, ports, max(processors))
    os.sched_setaffinity(0, {min(processors)})
    told = collections.Counter()
    for n, port in enumerate(ports, 1):
        told[close(machine, memory, n, port)] += 1
        empty([*machine.taps.values(), *machine.own.values()])
    os.waitpid(child, 0)
    for states, times in told.most_common():
        print("%5d times: %s" % (times, ", ".join(states)))


if __name__ == "__main__":
    main()
