#!/usr/bin/env python3
"""Asks the real kernel and pinhole about random conversations, packet by packet, and shows where they differ.

  kernel_random.py [KIND]... [--pinhole PROGRAM] [--seed N] [--connections N] [--length N] [--kinds N]
                   [--sysctl KEY=VALUE]...

Not part of make check: run it by hand, as root, after changes of src/track or src/defrag; a few seconds for the default of
300 conversations of 15 packets. Same seed, same packets. KIND: what to talk (talk_KIND.py says how), tcp unless told.

Of each kind of difference the first is made as short as it gets, and printed with what the kernel says, TCP in the form
of tests/vectors/track/tcp.vec. Ends with status 1 if there is any.
"""
import argparse
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../compare"))
import talk_bytes  # noqa: E402
import talk_fragments  # noqa: E402
import talk_icmp  # noqa: E402
import talk_sctp  # noqa: E402
import talk_tcp  # noqa: E402
import two  # noqa: E402

TALKS = {"tcp": talk_tcp.Talk, "sctp": talk_sctp.Talk, "fragments": talk_fragments.Talk, "icmp": talk_icmp.Talk,
         "bytes": talk_bytes.Talk}


def arguments():
    parser = argparse.ArgumentParser(description="random conversations through the kernel and through pinhole")
    parser.add_argument("kinds_of_talk", metavar="KIND", nargs="*", default=["tcp"], help=", ".join(TALKS))
    parser.add_argument("--pinhole", default=os.environ.get("PINHOLE", "build/pinhole"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=300)
    parser.add_argument("--length", type=int, default=15, help="packets of a conversation")
    parser.add_argument("--kinds", type=int, default=20, help="differences shown at most")
    parser.add_argument("--sysctl", action="append", default=[])
    return parser.parse_args()


def main():
    options = arguments()
    if os.geteuid() != 0:
        sys.exit("kernel_random: the kernel is asked only by root")
    unknown = set(options.kinds_of_talk) - set(TALKS)
    if unknown:
        sys.exit("kernel_random: %s: not one of %s" % (", ".join(unknown), ", ".join(TALKS)))
    both, differ = two.Two(options.pinhole, options.sysctl), 0
    for kind in options.kinds_of_talk:
        rng = random.Random(options.seed)
        print("=== %s, seed %d" % (kind, options.seed))
        differ += two.compare(both, [TALKS[kind](rng, options.length) for _ in range(options.connections)], options.kinds)
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
