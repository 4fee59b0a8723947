"""Vector files put to the kernel by kernel_helpers.py: is what they say what Netfilter does?"""
import os
import re

import talks
from wire import HERE, TCP, UDP

NAMES = ("irc", "tftp", "amanda", "sane")
ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)")
NAMED = {False: {"C": "10.77.1.2", "S": "10.77.2.2", "any": "0.0.0.0"}, True: {"C": "fd77:1::2", "S": "fd77:2::2", "any": "::"}}


def unescaped(match):
    what = match[1]
    if what[0] == "x":
        return chr(int(what[1:], 16))
    return chr(int(what)) if what.isdigit() else {"r": "\r", "n": "\n"}.get(what, what)


def vector_cases(name):
    """[(name, words, [(side, payload, [expected tuple, ...]), ...]), ...]"""
    cases = []
    with open(os.path.join(HERE, "../vectors/helper/%s.vec" % name)) as file:
        for line in file:
            if line.startswith("case "):
                words = line.split()
                cases.append((words[1], words[2:], []))
            step = re.match(r'([CS]) "((?:[^"\\]|\\.)*)" (.*)', line)
            if step:
                wants = re.findall(r"expect (tcp|udp) (\S+)>(\S+):(\d+)", step[3])
                payload = ESCAPE.sub(unescaped, step[2]).encode("latin-1")
                cases[-1][2].append((step[1], payload, wants))
    return cases


def wanted(named, wants):
    return [({"tcp": TCP, "udp": UDP}[proto], named.get(src, src), named.get(dst, dst), 0, int(port))
            for proto, src, dst, port in wants]


def first_otherwise(asked, name, words, steps):
    """The first step that the kernel takes otherwise, or None. Both ends have the addresses that the payloads name."""
    six = "ipv6" in words
    (proto, port, _), = talks.HELPERS[name]
    sport = int(words[words.index("from") + 1]) if "from" in words else 40000
    talk = talks.vector_talk(asked, name, six)
    connection = talk.connect(port, proto, sport)
    for i, (side, payload, wants) in enumerate(steps):
        if proto == UDP and side == "S" and i == 0:
            connection.say("C", b"\0\3")
        found = [row.tuple for row in talk.expected(connection.say(side, payload))]
        if found != wanted(NAMED[six], wants):
            return side, payload, found
    return None


def check(asked, name):
    """(cases that agree, cases that do not); those about options, other ports and packets before an answer are passed over."""
    good = bad = 0
    for case, words, steps in vector_cases(name):
        if "new" in words or "port" in words or any("=" in word for word in words):
            continue
        asked.forget()
        wrong = first_otherwise(asked, name, words, steps)
        if wrong:
            print("%s: case %s: %s" % (name, case, wrong))
        good += not wrong
        bad += bool(wrong)
    print("%s: %d cases of the vector file agree with the kernel, %d do not" % (name, good, bad))
    return good, bad
