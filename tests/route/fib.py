"""What the kernel of a namespace says of where addresses lead, and whether an answer of ours agrees with it."""
import ipaddress
import json
import subprocess

ERRORS = {"Network is unreachable": "none", "No route to host": "unreachable", "Permission denied": "prohibit",
          "Invalid argument": "blackhole"}


def run(*command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def of_kernel(namespace, family, addr, dev):
    """(type, set of (dev, via)) as `ip route get` says; bound to an interface unless dev is empty."""
    bound = ["oif", dev] if dev else []
    match = ["fibmatch"] if dev and family == 4 else []
    done = run("ip", "-n", namespace, "-%d" % family, "-j", "route", "get", *match, addr, *bound)
    if done.returncode != 0:
        return next((kind for text, kind in ERRORS.items() if text in done.stderr), done.stderr), set()
    data = json.loads(done.stdout)[0]
    kind = data.get("type", "unicast")
    if family == 6 and not addr.startswith("ff"):
        kind = {"anycast": "local", "broadcast": "unicast", "multicast": "unicast"}.get(kind, kind)
    hops = [hop for hop in data.get("nexthops", [data]) if "dead" not in hop.get("flags", [])]
    return kind, {(hop.get("dev", "-"), hop.get("gateway", "-")) for hop in hops}


def agree(kernel, ours, dev, family):
    """ours: "TYPE DEV VIA DEV VIA ..."."""
    words = ours.split()
    hops = set(zip(words[1::2], words[2::2]))
    # Bound to an interface, IPv4 has one error for all that leads nowhere.
    if dev and family == 4 and kernel[0] in ERRORS.values() and words[0] in ERRORS.values():
        return True
    if kernel[0] != words[0]:
        return False
    if words[0] == "unicast" and dev and family == 4:
        return hops <= kernel[1]
    if words[0] == "unicast" and dev:
        # Linux takes any of several gateways behind one interface.
        return {name for name, _ in hops} == {name for name, _ in kernel[1]}
    return words[0] != "unicast" or kernel[1] <= hops


def inside(rng, family, text):
    """An address in a prefix, or near it."""
    net = ipaddress.ip_network(text, strict=False)
    size = net.max_prefixlen
    value = int(net.network_address) | (rng.getrandbits(size) >> net.prefixlen if net.prefixlen < size else 0)
    if rng.random() < 0.2:
        value ^= 1 << rng.randint(0, 20 if family == 4 else 90)
    return str(type(net.network_address)(value))
