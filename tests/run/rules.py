"""The guide's rules for each helper: the control connection, its helper, and what that helper may open (guide, 2 and 3).

{ip}: the command of the family; {C}, {S}: the client's and the server's addresses or networks; {B}: the broadcast address of the client's
network, whose questions the router itself asks.
"""
import bed

RELATED = "{ip} -A FORWARD -m conntrack --ctstate RELATED -m helper --helper "
IN = "{ip} -A INPUT -i eth0 -m conntrack --ctstate RELATED -m helper --helper "
BOTH = (("{C}", "{S}"), ("{S}", "{C}"))


def control(helper, proto, port):
    """A connection of the client to the server, and the helper that reads it."""
    return ["{ip} -t raw -A PREROUTING -p %s --dport %d -s {C} -d {S} -j CT --helper %s" % (proto, port, helper),
            "{ip} -A FORWARD -p %s --dport %d -s {C} -d {S} -m conntrack --ctstate NEW -j ACCEPT" % (proto, port)]


def related(helper, what, ways=BOTH):
    return [RELATED + "%s -s %s -d %s %s -j ACCEPT" % (helper, source, destination, what) for source, destination in ways]


def asked(helper, port):
    """Broadcasts of the router, and the answers to them."""
    return ["{ip} -t raw -A OUTPUT -o eth0 -p udp --dport %d -d {B} -j CT --helper %s" % (port, helper),
            IN + "%s -s {C} -p udp --sport %d -j ACCEPT" % (helper, port)]


TCP, UDP = "-p tcp --dport 1024:", "-p udp --dport 1024:"
TABLE = {
    "ftp": control("ftp", "tcp", 21) + related("ftp", TCP),
    "tftp": control("tftp", "udp", 69) + related("tftp", UDP, BOTH[1:]),
    "irc": control("irc", "tcp", 6667) + related("irc", TCP, BOTH[1:]),
    "amanda": control("amanda", "udp", 10080) + related("amanda", TCP, BOTH[:1]),
    "sane": control("sane", "tcp", 6566) + related("sane", TCP, BOTH[:1]),
    "sip": control("sip", "udp", 5060) + control("sip", "tcp", 5060) + related("sip", UDP),
    "h323": control("Q.931", "tcp", 1720) + related("Q.931", TCP, BOTH[:1]) + related("Q.931", UDP) + related("H.245", UDP) +
            control("RAS", "udp", 1719) + related("RAS", TCP, BOTH[1:]),
    "pptp": control("pptp", "tcp", 1723) + related("pptp", "-p gre"),
    "netbios-ns": asked("netbios-ns", 137),
    "snmp": asked("snmp", 161),
}
# Linux has these helpers for IPv4 alone.
ONLY_4 = ("irc", "pptp", "netbios-ns", "snmp")


def families(helper):
    return (4,) if helper in ONLY_4 else (4, 6)


def of(helper, family, whole_network=False):
    """Lines for one helper. whole_network: for every host of the two networks, not only for the two."""
    place = bed.network if whole_network or helper in ("netbios-ns", "snmp") else bed.address
    words = {"ip": "iptables" if family == 4 else "ip6tables", "C": place("client", family), "S": place("server", family),
             "B": bed.address("client", 4).rsplit(".", 1)[0] + ".255"}
    return [line.format(**words) for line in TABLE[helper]]


def policy(helpers, whole_network=False):
    """Default drop and the rules of these helpers, in every family that they have."""
    used = [family for family in (4, 6) if any(family in families(helper) for helper in helpers)]
    return bed.base(used) + [line for helper in helpers for family in families(helper) for line in of(helper, family, whole_network)]


def without_helper(lines):
    return [line for line in lines if not bed.is_helper(line)]
