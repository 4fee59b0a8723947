#!/usr/bin/env python3
"""Real clients and servers through a firewall that drops by default and has the guide's rules: every transfer works, and with the one
line taken away that gives the control connection its helper, it does not.

  test_run_transfers.py [--mode kernel|pinhole] [PROGRAM...]

In each mode, kernel (Linux' own Netfilter has the rules) and pinhole (`pinhole run` has them), with each program: a bed of its own, two
at a time. Needs root and the programs; finds pinhole in PINHOLE.
"""
import argparse
import concurrent.futures
import sys
import time
import traceback

import bed
import programs
import rules
from bed import Blocked, Broken

CASES = 39              # so that none is lost unnoticed; each is tried with and without the helper
ALLOWED_S, REFUSED_S = 15, 1
WORKERS, AT_ONCE = 2, 4


def attempt(place, program, number, limit):
    """None if the transfer worked, Blocked if the data connection did not come about; another exception if neither can be said."""
    _, family, function, arguments = program.cases[number]
    try:
        function(programs.Case(place, family, limit, number), *arguments)
        return None
    except Blocked as why:
        return why


def judge(place, program, number, has_helper):
    """What is wrong with a case; None: nothing."""
    try:
        blocked = attempt(place, program, number, ALLOWED_S if has_helper else REFUSED_S)
    except Exception as error:          # pylint: disable=broad-except
        return "%s\n%s" % (error, "".join(traceback.format_exception(error)[-3:]) if not isinstance(error, Broken) else "")
    if has_helper:
        return None if blocked is None else "blocked: %s" % blocked
    return None if blocked is not None else "works without the helper"


def policies(helper):
    """(whether the helper is there, lines): they differ by the rules that assign it, and by nothing else."""
    lines = rules.policy([helper])
    less = rules.without_helper(lines)
    wanted = [line for line in lines if line not in less]
    assert wanted and all("-t raw" in line and "-j CT --helper" in line for line in wanted)
    return (True, lines), (False, less)


def run(mode, name):
    """[(title, what is wrong or None, seconds)] of a program's cases."""
    program, rows = programs.PROGRAMS[name], []
    title = "%s %s " % (mode, name) + "%s-v%d %s"
    try:
        with bed.Bed("%s%s" % (mode[0], name.replace("-", ""))) as place:
            program.serve(place)
            for has_helper, lines in policies(program.helper):
                words = "with-helper_works" if has_helper else "without-helper_fails"
                with bed.Firewall(place, mode, lines), concurrent.futures.ThreadPoolExecutor(program.at_once or AT_ONCE) as pool:
                    start = time.monotonic()
                    found = list(pool.map(lambda n, flag=has_helper: judge(place, program, n, flag), range(len(program.cases))))
                rows += [(title % (case[0], case[1], words), wrong, time.monotonic() - start) for case, wrong in
                         zip(program.cases, found)]
    except Exception as error:          # pylint: disable=broad-except
        rows = [row for row in rows if row[1]]
        rows += [(title % (case[0], case[1], "both"), "the bed: %s" % error, 0) for case in program.cases for _ in range(2)][len(rows):]
        if not isinstance(error, Broken):
            traceback.print_exc(file=sys.stdout)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=bed.MODES)
    parser.add_argument("program", nargs="*")
    options = parser.parse_args()
    names = options.program or list(programs.PROGRAMS)
    modes = [options.mode] if options.mode else bed.MODES
    why = bed.missing(*[p for name in names for p in programs.PROGRAMS[name].needs])
    if why:
        print("skipped: %s\n0 passed, 0 failed, 1 skipped" % why)
        return 0
    start, rows = time.monotonic(), []
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        jobs = [pool.submit(run, mode, name) for mode in modes for name in names]
        for job in jobs:
            rows += job.result()
    for title, wrong, _ in rows:
        print("%-4s %s%s" % ("FAIL" if wrong else "ok", title, ": " + wrong if wrong else ""))
    failed = sum(1 for _, wrong, _ in rows if wrong)
    want = 2 * len(modes) * (CASES if not options.program else sum(len(programs.PROGRAMS[name].cases) for name in names))
    if len(rows) != want:
        print("FAIL %d cases were to be tried, %d were" % (want, len(rows)))
        failed += 1
    print("%d cases, each with and without its helper, in %s: %.0f s" % (want // 2 // len(modes), " and ".join(modes),
                                                                        time.monotonic() - start))
    print("%d passed, %d failed, 0 skipped" % (len(rows) - min(failed, len(rows)), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
