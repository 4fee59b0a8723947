"""Parameters of the kernel's helpers, which are the whole machine's: set for a while, and nobody else sets them meanwhile.

Whoever asks the kernel holds a lock (flock) on the folder of each module's parameters, shared if he takes them as they are.
"""
import contextlib
import fcntl
import os
import sys

FOLDER = "/sys/module/nf_conntrack_%s/parameters"
MODULES = ("sip", "h323")


def module_of(option):
    """The module that has it: "sip" of nf_conntrack_sip."""
    for name in MODULES:
        if os.path.exists(os.path.join(FOLDER % name, option)):
            return name
    sys.exit("%s: no parameter of nf_conntrack_sip or nf_conntrack_h323" % option)


def policy(options):
    """The same for pinhole. options: ["NAME=VALUE", ...]"""
    return ["modprobe nf_conntrack_%s %s" % (module_of(word.split("=")[0]), word) for word in options]


def exchanged(path, value):
    """Writes a parameter, returns what it was."""
    with open(path) as file:
        before = file.read().strip()
    with open(path, "w") as file:
        file.write(value)
    return before


@contextlib.contextmanager
def held(options):
    """The parameters are as options say inside, as they were before afterwards."""
    ours = {module_of(word.split("=")[0]) for word in options}
    with contextlib.ExitStack() as stack:
        for name in MODULES:
            if not os.path.exists(FOLDER % name):
                continue
            folder = os.open(FOLDER % name, os.O_RDONLY)
            stack.callback(os.close, folder)
            fcntl.flock(folder, fcntl.LOCK_EX if name in ours else fcntl.LOCK_SH)
        for word in options:
            option, value = word.split("=", 1)
            path = os.path.join(FOLDER % module_of(option), option)
            stack.callback(exchanged, path, exchanged(path, value))
        yield
