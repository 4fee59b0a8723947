#!/usr/bin/env python3
"""Loads every row of tests/vectors/rule/*.t with the real iptables-legacy in a namespace of its own.

What it prints must be what the row says (test_rows.c holds pinhole to the same rows). A fourth field, `1.8.9=...`, says
what the installed version does where it differs from 1.8.11; `unchecked`, that the reference cannot load it here. Skips
without root or iptables.
"""
import glob
import os
import shlex
import shutil
import subprocess
import sys

NAMESPACE = f"pinhole-rt-{os.getpid()}"
ROWS_MIN = 3000         # a file that is not found or not read any more shall not pass for success
PROGRAMS = {"4": "iptables-legacy", "6": "ip6tables-legacy"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def rows(path):
    """Yields (family, table, chain, fields) of each row."""
    family, table, chain = "4", "filter", "FORWARD"
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if not line or line[0] == "#" or line in ("lenient", "strict"):
                continue
            if line[0] == "%":
                family = line[1:]
            elif line[0] == "*":
                table = line[1:]
            elif line[0] == ":":
                chain = line[1:]
            elif line[0] == "+":
                run(*shlex.split(line[1:]))
            else:
                yield family, table, chain, line.split(";")


def reference(family, table, chain, rule):
    """What the real program makes of a rule: its printed rules, or "FAIL"."""
    program = PROGRAMS[family]
    run(program, "-t", table, "-F")
    done = run(program, "-t", table, "-A", chain, *shlex.split(rule))
    if done.returncode:
        return "FAIL"
    start = f"-A {chain}"
    saved = run(program + "-save", "-t", table).stdout.splitlines()
    return " | ".join(line[len(start):].lstrip() for line in saved if line.startswith(start))


def needs_ipset(path):
    with open(path, encoding="utf-8") as lines:
        return any(line.startswith("+ipset ") for line in lines)


def check(path):
    """Runs one file; returns how many rows passed and failed."""
    passed = failed = 0
    if needs_ipset(path) and not shutil.which("ipset"):
        print(f"{path}: skipped: ipset is not installed")
        return 0, 0
    for family, table, chain, fields in rows(path):
        rule, printed, result = fields[:3]
        want = "FAIL" if result == "FAIL" else printed
        if "unchecked" in fields[3:]:
            continue
        for field in fields[3:]:
            want = field.removeprefix("1.8.9=")
        got = reference(family, table, chain, rule)
        if got == (rule if want == "=" else want):
            passed += 1
            continue
        failed += 1
        print(f"{path}: %{family} *{table} {rule}: the row says {want}, the reference {got}")
    return passed, failed


def inside():
    """All files, in the namespace we are in by now."""
    totals = [0, 0]
    for path in sorted(glob.glob("tests/vectors/rule/*.t")):
        for i, n in enumerate(check(path)):
            totals[i] += n
    enough = sum(totals) >= ROWS_MIN
    if not enough:
        print(f"only {sum(totals)} rows were checked")
    print(f"{totals[0]} passed, {totals[1] + (not enough)} failed, 0 skipped")
    return 1 if totals[1] or not enough else 0


def main():
    if "--inside" in sys.argv:
        return inside()
    missing = [p for p in ("ip", *PROGRAMS.values()) if not shutil.which(p)]
    if os.geteuid() != 0 or missing:
        print("skipped:", "needs root" if os.geteuid() else "not installed: " + " ".join(missing))
        print("0 passed, 0 failed, 1 skipped")
        return 0
    if subprocess.run(["ip", "netns", "add", NAMESPACE], capture_output=True, check=False).returncode:
        print("skipped: no namespace can be made here\n0 passed, 0 failed, 1 skipped")
        return 0
    try:
        return subprocess.run(["ip", "netns", "exec", NAMESPACE, sys.executable, __file__, "--inside"], check=False).returncode
    finally:
        run("ip", "netns", "del", NAMESPACE)


if __name__ == "__main__":
    sys.exit(main())
