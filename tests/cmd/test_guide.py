#!/usr/bin/env python3
"""docs/guide.md cannot go stale: its policies are the files it names, its transcripts are what the program prints now.

  test_guide.py [--update]

On the page, a fenced block behind a line "<!-- FILE -->" is that file; a block "console" holds commands ("$ pinhole ...", continued
behind a backslash) and what each prints, standard error first. --update writes both anew; read the change before you commit it.
PINHOLE names the program.
"""
import difflib
import json
import os
import re
import shlex
import subprocess
import sys

import guide_frames

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs/guide.md")
VECTORS = os.path.join(ROOT, "tests/vectors/policy/guide.vec")
# The guide itself, where somebody keeps it beside the repository.
GUIDE = os.path.join(ROOT, os.environ.get("REFERENCE", "../shared"), "guide/snippets.md")
PINHOLE = os.path.abspath(os.path.join(ROOT, os.environ.get("PINHOLE", "build/pinhole")))
TIME_LIMIT_S = 60
N_POLICIES, N_TRANSCRIPTS = 27, 41
# In vectors and guide: a row that is no command of the guide but a variation of the test.
NOT_OF_THE_GUIDE = {"echo 1 > /proc/sys/net/netfilter/nf_conntrack_helper"}

# The guide's table of degrees of freedom, in the words of `pinhole helpers`: from address, from port, to address, to port, protocol; then
# where to find the row: helpers, and what must be true of an entry.
TABLE = {
    "amanda": ("peer any peer payload TCP", "amanda", None),
    "ftp, loose=0": ("peer any payload payload TCP", "ftp", lambda e: e["when"] == "loose=0"),
    "ftp, loose=1": ("any any payload payload TCP", "ftp", lambda e: e["when"] == "loose=1"),
    "h323": ("peer any peer payload UDP", "Q.931 H.245", lambda e: e["child"] in (None, "H.245")),
    "h323 q931": ("peer any payload payload UDP", "RAS Q.931", lambda e: e["child"] in ("Q.931", "RAS")),
    "irc": ("any any peer payload TCP", "irc", None),
    "netbios_ns": ("subnet fixed peer fixed UDP", "netbios-ns", None),
    "pptp": ("peer payload peer payload GRE", "pptp", None),
    "sane": ("peer any peer payload TCP", "sane", None),
    "sip rtp_rtcp, sip_direct_media=1": ("peer any peer payload UDP", "sip", lambda e: e["when"] == "sip_direct_media=1"),
    "sip rtp_rtcp, sip_direct_media=0": ("any any payload payload UDP", "sip", lambda e: e["when"] == "sip_direct_media=0"),
    "sip signalling, sip_direct_signalling=1": ("peer any peer payload payload", "sip",
                                                lambda e: e["when"] == "sip_direct_signalling=1"),
    "sip signalling, sip_direct_signalling=0": ("any any payload payload payload", "sip",
                                                lambda e: e["when"] == "sip_direct_signalling=0"),
    "tftp": ("peer any peer fixed UDP", "tftp", None),
}
CELLS = {"from address": "src", "from port": "sport", "to address": "dst", "to port": "dport", "protocol": "proto"}

BLOCK = re.compile(r"(?:^<!-- (?P<file>[\w./-]+) -->\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.S | re.M)
COMMAND = re.compile(r"^(?:iptables|ip6tables|modprobe|echo) .*$", re.M)


def read(path):
    with open(path) as file:
        return file.read()


def answer(command):
    """What a command of the page prints, run from the root of the repository."""
    words = shlex.split(command.replace("\\\n", " "))
    assert words[0] == "pinhole", command
    done = subprocess.run([PINHOLE] + words[1:], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=TIME_LIMIT_S)
    assert done.returncode in (0, 2), "%s: status %d" % (command, done.returncode)
    return (done.stderr + done.stdout).decode()


def commands(transcript):
    """The commands of a transcript, each with the lines it continues on."""
    return re.findall(r"^\$ ((?:.*\\\n)*.*)$", transcript, re.M)


def anew(match):
    """A block as it should be."""
    body = match["body"]
    if match["file"]:
        body = read(os.path.join(ROOT, match["file"]))
    elif match["kind"] == "console":
        body = "\n".join("$ %s\n%s" % (command, answer(command)) for command in commands(body))
    start = match.start("body") - match.start()
    return match[0][:start] + body + "```"


def of_the_guide(text):
    return [line for line in COMMAND.findall(text) if line not in NOT_OF_THE_GUIDE]


def fenced(text):
    return "\n".join(match["body"] for match in BLOCK.finditer(text) if match["kind"] == "sh")


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print("FAIL %s" % what)

    def transcripts(self, page):
        n = 0
        for match in BLOCK.finditer(page):
            want = anew(match)
            name = match["file"] or (commands(match["body"]) + [""])[0]
            n += len(commands(match["body"])) if match["kind"] == "console" else 0
            if match["file"] or match["kind"] == "console":
                self.check(match[0] == want, "%s: not as the page has it" % name)
                sys.stdout.writelines(line + "\n" for line in difflib.unified_diff(match[0].splitlines(), want.splitlines(), "page",
                                                                                   "now", lineterm="", n=1))
        self.check(n == N_TRANSCRIPTS, "%d transcripts, not %d" % (n, N_TRANSCRIPTS))

    def policies(self, page):
        """Each file is on the page, as what it is and in a command that loads it."""
        shown = [match["file"] for match in BLOCK.finditer(page) if match["file"]]
        loaded = set(re.findall(r"docs/guide/[\w.-]+\.policy", "\n".join(commands(page))))
        there = sorted("docs/guide/" + name for name in os.listdir(os.path.join(ROOT, "docs/guide")) if name.endswith(".policy"))
        self.check(sorted(shown) == there, "shown: %s" % ", ".join(sorted(set(shown) ^ set(there))))
        self.check(loaded == set(there), "loaded by commands: %s" % ", ".join(sorted(loaded ^ set(there))))
        self.check(len(there) == N_POLICIES, "%d policies, not %d" % (len(there), N_POLICIES))

    def guide(self, page):
        """No command of the guide is missing. ftp-0 and the like: variables may be given beside it."""
        on_page = set(of_the_guide(fenced(page)))
        sources = {VECTORS: re.sub(r"^[@#].*\n", "", read(VECTORS), flags=re.M)}
        if os.path.exists(GUIDE):
            sources[GUIDE] = fenced(read(GUIDE))
        for path, text in sources.items():
            wanted = of_the_guide(text)
            self.check(len(wanted) > 25, "%s: only %d commands" % (path, len(wanted)))
            for line in wanted:
                self.check(line in on_page, "%s: not on the page: %s" % (os.path.basename(path), line))

    def table(self, page):
        """The cells that the page says differ from the guide's table are those that do."""
        helpers = {row["helper"]: row["may_open"] for row in map(json.loads, answer("pinhole helpers --json -").splitlines())}
        differ = set()
        for name, (cells, where, fits) in TABLE.items():
            entries = [e for helper in where.split() for e in helpers[helper] if not fits or fits(e)]
            self.check(entries, "%s: nothing like it" % name)
            for (cell, key), said in zip(CELLS.items(), cells.split()):
                found = " or ".join(sorted({e[key] for e in entries}))
                if found != said:
                    differ.add((name, cell, said, found))
        rows = [tuple(row.strip("| ").split(" | ")[:4]) for row in re.findall(r"^\| .* \|$", page, re.M)]
        told = set(row for row in rows if row[0] in TABLE)
        self.check(told == differ, "table: %s" % sorted(told ^ differ))

    def captures(self):
        folder = os.path.join(ROOT, "docs/guide")
        wanted = guide_frames.files()
        self.check(sorted(wanted) == sorted(name for name in os.listdir(folder) if name.endswith(".pcap")), "names of captures")
        for name, content in wanted.items():
            with open(os.path.join(folder, name), "rb") as file:
                self.check(file.read() == content, "%s: not what guide_frames.py makes" % name)


def main():
    page, checks = read(PAGE), Checks()
    if "--update" in sys.argv:
        page = BLOCK.sub(anew, page)
        with open(PAGE, "w") as out:
            out.write(page)
    checks.transcripts(page)
    checks.policies(page)
    checks.guide(page)
    checks.table(page)
    checks.captures()
    print("%d passed, %d failed" % (checks.passed, checks.failed))
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
