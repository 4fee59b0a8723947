#!/usr/bin/env python3
"""What people read: the text of `pinhole replay` for a few captures, byte for byte.

  test_replay.py [--update] [CASE...]

A case is a folder: README (what it shows), captures (a path a line, from the repository root, or IFACE=path), rules
(the policy, or a line "use PATH"; its advice is not asked for), options (if any), expect.txt (what is printed). --update writes expect.txt anew;
read the change before you commit it.
"""
import difflib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TIME_LIMIT_S = 60


def words(case, name):
    path = os.path.join(HERE, case, name)
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return file.read().split()


def policy(case):
    """Path of the policy from the repository root: the case's own, or the one it uses."""
    first = words(case, "rules")[:2]
    return first[1] if first[:1] == ["use"] else os.path.relpath(os.path.join(HERE, case, "rules"), ROOT)


def run(case):
    """What the program prints on stdout, then its exit status."""
    command = [os.path.abspath(os.path.join(ROOT, os.environ.get("PINHOLE", "build/pinhole"))), "replay", "--no-advice", "-p", policy(case)]
    command += words(case, "options") + words(case, "captures")
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=TIME_LIMIT_S)
    return "%sexit status %d\n" % (done.stdout.decode("utf-8", "replace"), done.returncode)


def check(case, update):
    """True if the case prints what it should."""
    path = os.path.join(HERE, case, "expect.txt")
    got = run(case)
    if update:
        with open(path, "w") as out:
            out.write(got)
    want = ""
    if os.path.exists(path):
        with open(path) as file:
            want = file.read()
    if got == want:
        return True
    print("FAIL %s" % case)
    sys.stdout.writelines(difflib.unified_diff(want.splitlines(True), got.splitlines(True), "expect.txt", "printed"))
    return False


def main():
    update = "--update" in sys.argv
    cases = [name for name in sys.argv[1:] if name != "--update"]
    cases = cases or sorted(name for name in os.listdir(HERE) if os.path.isdir(os.path.join(HERE, name)) and name[0] not in "._")
    passed = sum(check(case, update) for case in cases)
    print("%d passed, %d failed" % (passed, len(cases) - passed))
    return 0 if passed == len(cases) > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
