"""H.323 calls and registrations, nearly right, for kernel_helpers.py (see talks.py).

h323_per.py encodes, from the standards' types. A talk is a scene or two: a gatekeeper and what it arranges, or a call with its H.245
channel; where the kernel expects a connection that has a helper of its own, that connection is made and talked on.
"""
import ipaddress
import struct

import h323_per
from h323_per import ABSENT
from wire import TCP, UDP

RULES = {"RAS": ((UDP, 1719, 6),), "Q.931": ((TCP, 1720, 6),)}
LEAST = 0.1         # of a hundred payloads; of thousands it is a third
BATCH = 20      # 256 expectations at most run out within one packet, and these leave many
SIX = 0.3
CODES = {"setup": 5, "callProceeding": 2, "connect": 7, "alerting": 1, "facility": 0x62, "progress": 3, "information": 0x7B,
         "releaseComplete": 0x5A}
SILENT = ("information", "releaseComplete")
OTHERS = {"ras": ("gatekeeperReject", "registrationReject", "unregistrationConfirm", "bandwidthRequest", "unknownMessageResponse"),
          "request": ("terminalCapabilitySet", "masterSlaveDetermination", "closeLogicalChannel", "roundTripDelayRequest"),
          "response": ("terminalCapabilitySetAck", "masterSlaveDeterminationAck", "openLogicalChannelReject")}


class Writer:
    """What one side of a connection says."""

    def __init__(self, talk, own, peer):
        self.talk, self.rng = talk, talk.rng
        self.own, self.peer = own, peer
        self.per = h323_per.Encoder(talk.rng, full=self.rng.choice((0, 0.1, 0.4, 0.8)), wild=self.rng.choice((0, 0, 0, 0, 0.005, 0.03, 0.1)))

    def address(self, own=0.85):
        """Mostly its own."""
        others = (self.peer, self.talk.client2, self.talk.server2, "127.0.0.1" if not self.talk.six else "::1")
        return self.own if self.rng.random() < own else self.rng.choice(others)

    def port(self):
        return self.rng.choice((self.rng.randrange(1024, 65536),) * 12 + (self.rng.randrange(1024), 0, 1, 65535))

    def transport(self, own=0.85, port=None):
        """TransportAddress of H.225.0."""
        if self.rng.random() < 0.04:
            return None
        address = ipaddress.ip_address(self.address(own))
        if self.rng.random() < 0.02:
            address = ipaddress.ip_address("2001:db8::1" if address.version == 4 else "192.0.2.1")
        what = {"ip": address.packed, "port": self.port() if port is None else port}
        return ("ipAddress" if address.version == 4 else "ip6Address", what)

    def h245_transport(self):
        """The one of H.245."""
        if self.rng.random() < 0.04:
            return None
        address = ipaddress.ip_address(self.address())
        name = "iPAddress" if address.version == 4 else "iP6Address"
        what = {"network": address.packed, "tsapIdentifier": self.port()}
        if self.rng.random() < 0.02:
            return ("multicastAddress", (name, what))
        return ("unicastAddress", (name, what))

    def maybe(self, chance, make):
        return make() if self.rng.random() < chance else ABSENT

    # --- H.245 ---

    def h2250(self):
        return {"mediaChannel": self.maybe(0.5, self.h245_transport), "mediaControlChannel": self.maybe(0.8, self.h245_transport)}

    def mux(self, names=("h222LogicalChannelParameters", "h223LogicalChannelParameters", "v76LogicalChannelParameters")):
        if self.rng.random() < 0.1:
            return (self.rng.choice(names), None)
        return ("h2250LogicalChannelParameters", self.h2250())

    def stack(self):
        return {"networkAddress": ("localAreaAddress", self.h245_transport())} if self.rng.random() < 0.95 else None

    def data_type(self):
        roll = self.rng.random()
        if roll < 0.3:
            return ("audioData", None)
        if roll < 0.6:
            t120 = ("separateLANStack", None) if self.rng.random() < 0.8 else None
            return ("data", {"application": ("t120" if self.rng.random() < 0.9 else "userData", t120)})
        return None

    def channel(self):
        """OpenLogicalChannel."""
        plan = {"forwardLogicalChannelParameters": {"dataType": self.data_type(), "multiplexParameters": self.mux()}}
        if self.rng.random() < 0.4:
            names = ("h223LogicalChannelParameters", "v76LogicalChannelParameters")
            plan["reverseLogicalChannelParameters"] = {"multiplexParameters": self.maybe(0.9, lambda: self.mux(names))}
        else:
            plan["reverseLogicalChannelParameters"] = ABSENT
        plan["separateStack"] = self.maybe(0.4, self.stack)
        return plan

    def ack(self):
        """OpenLogicalChannelAck."""
        plan = {"reverseLogicalChannelParameters": ABSENT}
        if self.rng.random() < 0.5:
            names = ("h222LogicalChannelParameters",)
            plan["reverseLogicalChannelParameters"] = {"multiplexParameters": self.maybe(0.9, lambda: self.mux(names))}
        if self.rng.random() < 0.6:
            plan["forwardMultiplexAckParameters"] = ("h2250LogicalChannelAckParameters", self.h2250())
        plan["separateStack"] = self.maybe(0.3, self.stack)
        return plan

    def control(self):
        """MultimediaSystemControlMessage, a plan."""
        roll = self.rng.random()
        if roll < 0.45:
            return ("request", ("openLogicalChannel", self.channel()))
        if roll < 0.9:
            return ("response", ("openLogicalChannelAck", self.ack()))
        if roll < 0.98:
            kind = self.rng.choice(("request", "response"))
            return (kind, (self.rng.choice(OTHERS[kind]), None))
        return (self.rng.choice(("command", "indication")), None)

    # --- H.225.0 ---

    def fast_start(self):
        count = self.rng.choice((1, 1, 2, 3, 4)) if self.rng.random() < 0.97 else self.rng.randrange(28, 34)
        return [("OLC", self.channel() if self.rng.random() < 0.97 else None) for _ in range(count)]

    def tunnel(self):
        return [("MultimediaSystemControlMessage", self.control()) for _ in range(self.rng.choice((0, 1, 1, 1, 2, 4, 6)))]

    def uuie(self, name):
        plan = {}
        if name in SILENT:
            return plan
        plan["h245Address"] = self.maybe(0.6, self.transport)
        plan["fastStart"] = self.maybe(0.35, self.fast_start)
        if name == "facility":
            plan["reason"] = (self.rng.choice(("callForwarded", "callForwarded", "routeCallToMC", "undefinedReason", "4")), None)
            plan["alternativeAddress"] = self.maybe(0.8, lambda: self.transport(0.2))
        if name == "setup":
            plan["sourceCallSignalAddress"] = self.maybe(0.3, self.transport)
        if self.rng.random() < 0.3:
            plan["others"] = 0
        return plan

    def signalling(self):
        """The octets of a Q.931 message."""
        name = self.rng.choice(("setup", "callProceeding", "connect", "alerting", "facility", "progress") * 3 + SILENT)
        body = (name, self.uuie(name)) if self.rng.random() < 0.97 else (str(self.rng.randrange(8)), None)
        pdu = {"h323-message-body": body, "h245Control": self.maybe(0.35, self.tunnel), "nonStandardData": ABSENT}
        if self.rng.random() < 0.05:
            pdu.pop("nonStandardData")
        user = {"h323-uu-pdu": pdu, "user-data": ABSENT}
        if self.rng.random() < 0.05:
            user.pop("user-data")
        return self.q931(CODES.get(name, 0x62), changed(self.rng, self.per.message("H323-UserInformation", user)))

    def q931(self, code, user):
        rng, out = self.rng, b"\x08"
        reference = self.per.noise(rng.choice((2, 2, 2, 0, 1, 5)))
        out += bytes((len(reference),)) + reference + bytes((code,))
        if rng.random() < 0.05:
            out += rng.choice((b"\xa1", b"\x96", b"\x80", b"\xa1\xa1"))
        for _ in range(rng.choice((0, 0, 1, 2))):
            data = self.per.noise(rng.choice((0, 1, 3, 10)))
            out += bytes((rng.choice((0x04, 0x28, 0x6C, 0x70, 0x1C, 0x7F, 0xA1 if rng.random() < 0.1 else 0x08)), len(data))) + data
        length = len(user) + 1 + (rng.choice((-1, 1, 0)) if rng.random() < 0.03 else 0)
        out += b"\x7e" + struct.pack("!H", length) + rng.choice((b"\x05", b"\x05", b"\0")) + user
        return out + (self.per.noise(rng.choice((1, 4))) if rng.random() < 0.05 else b"")

    # --- RAS ---

    def registration(self):
        addresses = [self.transport(0.8) for _ in range(self.rng.choice((1, 1, 1, 2, 3)))]
        if self.rng.random() < 0.05:
            addresses = [self.transport(0.02) for _ in range(self.rng.randrange(8, 12))] + addresses
        return {"callSignalAddress": addresses, "timeToLive": self.maybe(0.5, self.seconds)}

    def seconds(self):
        return self.rng.choice((60, 300, 900, 1, 3600, self.rng.randrange(1, 100000)))

    def ras(self, port):
        """port: of the packet's source."""
        rng = self.rng
        name, plan = rng.choice((
            ("gatekeeperConfirm", {"rasAddress": self.transport(0.9, port if rng.random() < 0.1 else None)}),
            ("registrationRequest", self.registration()), ("registrationRequest", self.registration()),
            ("registrationConfirm", {"timeToLive": self.maybe(0.6, self.seconds)}),
            ("admissionConfirm", {"destCallSignalAddress": self.transport(0.4)}),
            ("locationConfirm", {"callSignalAddress": self.transport(0.4)}),
            (rng.choice(("unregistrationRequest", "gatekeeperRequest", "admissionRequest", "locationRequest", "infoRequestResponse") +
                        OTHERS["ras"]), None)))
        return changed(rng, self.per.message("RasMessage", (name, plan)))


def changed(rng, data):
    """Now and then with small changes."""
    if rng.random() < 0.8:
        return data
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(data)) if data else 0
        how = rng.randrange(5)
        if how < 2:
            data = data[:at] + bytes((data[at] ^ 1 << rng.randrange(8),)) + data[at + 1:] if data else data
        elif how == 2:
            data = data[:at] + bytes((rng.randrange(256),)) + data[at + rng.randrange(2):]
        elif how == 3:
            data = data[:at]
        else:
            data = data[:at] + data[at + rng.choice((1, 2, 4)):]
    return data


class Speaker:
    """A connection, and a writer for each of its sides."""

    def __init__(self, talk, connection, depth=0):
        self.talk, self.rng, self.connection, self.depth = talk, talk.rng, connection, depth
        self.writer = {"C": Writer(talk, connection.client, connection.server), "S": Writer(talk, connection.server, connection.client)}

    def say(self, side, data):
        return self.met(self.connection.say(side, data[:8000]))

    def met(self, events):
        """Goes on where something with a helper is expected, and knocks elsewhere now and then."""
        rows = self.talk.expected(events)
        for row in self.rng.sample(rows, min(len(rows), 2)):
            if self.depth < 2 and self.rng.random() < (0.7 if self.connection.helper == "Q.931" else 0.25):
                self.child(row)
        return events

    def child(self, row):
        if row.tuple.proto == UDP and self.connection.helper != "RAS":
            if self.rng.random() < 0.1:
                knock = self.talk.follow(row, open=False)
                if knock:
                    knock.say("C", b"\x80\0", counted=False)
            return
        talk, ends = self.talk, {row.tuple.src, row.tuple.dst}
        if not ends & {talk.client, talk.client2} or not ends <= {talk.client, talk.client2, talk.server, talk.server2}:
            return      # not this talk's hosts alone, or one that is nowhere
        child = self.talk.follow(row)
        if child is None:
            return
        if child.proto == UDP:
            Speaker(self.talk, child, self.depth + 1).ras(2)
        elif child.helper in ("H.245", "Q.931"):
            Speaker(self.talk, child, self.depth + 1).stream(child.helper, self.rng.randrange(1, 5))

    def ras(self, count):
        for _ in range(count):
            side = self.rng.choice("CS")
            port = self.connection.sport if side == "C" else self.connection.dport
            self.say(side, self.writer[side].ras(port))

    def tpkt(self, side, helper):
        writer, rng = self.writer[side], self.rng
        if helper == "Q.931":
            data = writer.signalling()
        else:
            data = changed(rng, writer.per.message("MultimediaSystemControlMessage", writer.control()))
        length = len(data) + 4 + (rng.choice((-1, 1, -5, 300)) if rng.random() < 0.02 else 0)
        head = b"\x03\0" if rng.random() < 0.99 else rng.choice((b"\x03\x01", b"\x02\0", b""))
        return head + struct.pack("!H", max(0, length)) + data

    def stream(self, helper, count):
        for _ in range(count):
            side, roll = self.rng.choice("CS"), self.rng.random()
            data = self.tpkt(side, helper)
            if roll < 0.08:
                data += self.tpkt(side, helper)
            if roll < 0.03:
                data += self.rng.choice((b"\x03\0\0\x04", b"x", b"", self.tpkt(side, helper)))
            if 0.08 < roll < 0.2:
                at = self.rng.choice((4, 4, 4, 2, 10, self.rng.randrange(len(data) + 1)))
                self.say(side, data[:at])
                if self.rng.random() < 0.3:     # what was said meanwhile is acknowledged
                    self.say(self.rng.choice("CS"), b"")
                data = data[at:] + (self.tpkt(side, helper) if self.rng.random() < 0.2 else b"")
            self.say(side, data)


def run(talk):
    # Now and then more than a connection may expect at a time.
    many = talk.rng.randrange(20, 50) if talk.rng.random() < 0.02 else 0
    if talk.rng.random() < 0.4:
        Speaker(talk, talk.connect(1719, UDP)).ras(many or talk.rng.randrange(2, 7))
    else:
        Speaker(talk, talk.connect(1720)).stream("Q.931", many or talk.rng.randrange(1, 6))
