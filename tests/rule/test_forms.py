#!/usr/bin/env python3
"""Ways of writing rules: tests/vectors/rule/forms.vec, by pinhole and by the real programs.

pinhole check -c prints what a case says, or complains at the places it says. Where iptables-legacy and namespaces are at
hand, the installed program does the same, unless the case says why not (counters too; -p by the names 1.8.11 prints).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

VECTORS = "tests/vectors/rule/forms.vec"
NS = "ph-forms-%d" % os.getpid()
PINHOLE = os.environ.get("PINHOLE", "build/pinhole")
PROGRAM = {"4": "iptables-legacy", "6": "ip6tables-legacy"}
NUMBERED = {"gre": "47", "ospf": "89"}


def run(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True)


def read_cases():
    """[{family, kind, name, text, printed, complaints, alone}]"""
    cases, head = [], ""
    with open(VECTORS, encoding="utf-8", newline="") as lines:
        for line in lines:
            if not cases and not line.startswith("@ "):
                head += line
            elif line.startswith("@ "):
                _, family, kind, name = line.rstrip("\n").split(" ", 3)
                cases.append({"family": family, "kind": kind, "name": name, "text": "", "printed": [], "complaints": [], "alone": None})
            elif line.startswith("> "):
                cases[-1]["printed"].append(line[2:].rstrip("\n"))
            elif line.startswith("! "):
                cases[-1]["complaints"].append(line[2:].rstrip("\n"))
            elif line.startswith("& "):
                cases[-1]["alone"] = line[2:].rstrip("\n")
            else:
                cases[-1]["text"] += line
    return head, cases


def write_cases(head, cases):
    with open(VECTORS, "w", encoding="utf-8", newline="") as out:
        out.write(head)
        for c in cases:
            out.write(f"@ {c['family']} {c['kind']} {c['name']}\n{c['text']}")
            out.writelines(f"> {line}\n" for line in c["printed"])
            out.writelines(f"! {line}\n" for line in c["complaints"])
            if c["alone"]:
                out.write(f"& {c['alone']}\n")


def by_pinhole(case, folder):
    """(what is printed, what is complained about)"""
    path = os.path.join(folder, "rules")
    with open(path, "w", newline="") as out:
        out.write(case["text"])
    done = run(PINHOLE, "check", "-c", "-" + case["family"], path)
    if done.returncode == 0:
        return [line for line in done.stdout.splitlines() if line[0] != "#"], []
    errors = re.findall(r"^[^:\n]*:(\d+:\d+: error: .*)", done.stderr, re.M)
    return [], [error.replace(": error", "", 1) for error in errors]


def tables(lines):
    """The lines by table, since tables are printed in another order."""
    found, table = {}, None
    for line in lines:
        if line.startswith("*"):
            table = found.setdefault(line, [])
        elif line != "COMMIT":
            table.append(re.sub(r"-p (gre|ospf)\b", lambda m: "-p " + NUMBERED[m[1]], line))
    return found


def by_reference(case):
    """What the real program prints, or None if it refuses."""
    run("ip", "netns", "del", NS)
    run("ip", "netns", "add", NS)
    program = PROGRAM[case["family"]]
    enter = ("ip", "netns", "exec", NS)
    if case["kind"] == "save":
        done = run(*enter, program + "-restore", "-c", text=case["text"])
    else:
        done = run(*enter, "sh", "-e", "-c", re.sub(r"^ip6?tables ", program + " ", case["text"], flags=re.M))
    if done.returncode:
        return None
    saved = run(*enter, program + "-save", "-c").stdout.splitlines()
    return [line for line in saved if line[0] != "#"]


def check_reference(case):
    """What differs, or None."""
    got = by_reference(case)
    want = None if case["complaints"] else tables(case["printed"])
    if (got if got is None else tables(got)) == want:
        return None if not case["alone"] else "does the same by now: take the & line out"
    return None if case["alone"] else "does not do that: " + ("refused" if got is None else "\n".join(got))


def main():
    head, cases = read_cases()
    passed = failed = 0
    reference = os.geteuid() == 0 and all(shutil.which(p) for p in PROGRAM.values()) and run("ip", "netns", "add", NS).returncode == 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            printed, complaints = by_pinhole(case, folder)
            if "--update" in sys.argv:
                case["printed"], case["complaints"] = printed, complaints
            problem = None
            if printed != case["printed"] or complaints != case["complaints"]:
                problem = "pinhole: " + "\n".join(printed + complaints)
            elif reference and check_reference(case):
                problem = "the reference " + check_reference(case)
            if problem:
                print(f"{case['name']}: {problem}")
            passed, failed = passed + (not problem), failed + bool(problem)
    run("ip", "netns", "del", NS)
    if "--update" in sys.argv:
        write_cases(head, cases)
    if not reference:
        print("the reference was not asked: it needs root, namespaces and iptables-legacy")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
