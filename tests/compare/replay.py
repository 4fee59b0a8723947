"""Runs the program over captures and reads its records."""
import json
import os
import shutil
import subprocess
import tempfile

import golden

TIME_LIMIT_S = 300


class ReplayError(Exception):
    """The program did not do its work; the text says what it said."""


def records(pinhole, policy, captures, options=()):
    """The JSON records of `pinhole replay`. captures: path, or (interface, path) pairs; .gz is unpacked first."""
    with tempfile.TemporaryDirectory() as folder:
        rules = os.path.join(folder, "policy")
        with open(rules, "w") as out:
            out.write(policy)
        words = []
        for item in captures:
            iface, path = item if isinstance(item, tuple) else (None, item)
            if path.endswith(".gz"):
                plain = os.path.join(folder, os.path.basename(path)[:-len(".gz")])
                with golden.opened(path) as source, open(plain, "wb") as target:
                    shutil.copyfileobj(source, target)
                path = plain
            words.append("%s=%s" % (iface, path) if iface else path)
        return run([pinhole, "replay", "-p", rules, *options, "--json", "-", *words])


def run(words):
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=TIME_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReplayError(str(error)) from error
    complaints = done.stderr.decode("utf-8", "replace")
    # 1: the capture is damaged somewhere; what stands before the damage counts, the comparison shows what is missing.
    if done.returncode not in (0, 1):
        raise ReplayError("status %d\n%s" % (done.returncode, complaints[-4000:]))
    try:
        records = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    except ValueError as error:
        raise ReplayError("output is no JSON: %s\n%s" % (error, complaints[-4000:])) from error
    # Of this, the kernel says nothing.
    return [record for record in records if record.get("event") != "expect_update"]
