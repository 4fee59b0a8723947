#!/usr/bin/env python3
"""Loads every row of tests/vectors/rule/*.t with the real iptables-legacy in a namespace of its own.

What it prints must be what the row says (test_rows.c holds pinhole to the same rows). A fourth field, `1.8.9=...`, says
what the installed version does where it differs from 1.8.11; `unchecked`, that the reference cannot load it here. Prints
`N passed, N failed`. Skips without root or iptables.
"""
import glob
import os
import shlex
import shutil
import subprocess
import sys

NAMESPACE = f"pinhole-rt-{os.getpid()}"
PROGRAMS = {"4": "iptables-legacy", "6": "ip6tables-legacy"}


def in_namespace(*command, text=None):
    return subprocess.run(["ip", "netns", "exec", NAMESPACE, *command], input=text, capture_output=True, text=True)


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
                in_namespace(*shlex.split(line[1:]))
            else:
                yield family, table, chain, line.split(";")


def reference(family, table, chain, rule):
    """What the real program makes of a rule: its printed rules, or "FAIL"."""
    program = PROGRAMS[family]
    in_namespace(program, "-t", table, "-F")
    done = in_namespace(program, "-t", table, "-A", chain, *shlex.split(rule))
    if done.returncode:
        return "FAIL"
    start = f"-A {chain}"
    saved = in_namespace(program + "-save", "-t", table).stdout.splitlines()
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


def main():
    missing = [p for p in ("ip", *PROGRAMS.values()) if not shutil.which(p)]
    if os.geteuid() != 0 or missing:
        print("roundtrip: skipped:", "needs root" if os.geteuid() else "not installed: " + " ".join(missing))
        return 0
    if subprocess.run(["ip", "netns", "add", NAMESPACE], capture_output=True, check=False).returncode:
        print("roundtrip: skipped: no namespace can be made here")
        return 0
    totals = [0, 0]
    try:
        for path in sorted(glob.glob("tests/vectors/rule/*.t")):
            for i, n in enumerate(check(path)):
                totals[i] += n
    finally:
        subprocess.run(["ip", "netns", "del", NAMESPACE], capture_output=True, check=False)
    print(f"{totals[0]} passed, {totals[1]} failed")
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
