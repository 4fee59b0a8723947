"""What a kernel says over netfilter netlink: logged and traced packets, events, single connections.

Only what make_golden.py and tests/track/kernel_random.py need. Names and numbers: linux/netfilter/nfnetlink*.h.
"""
import collections
import ipaddress
import socket
import struct

NETFILTER = 12
REQUEST, ACK = 1, 4
EXCL_CREATE, DUMP = 0x600, 0x300
CTNETLINK, EXPECT, ULOG, TABLES = 1, 2, 4, 10
MSG_NEW, MSG_GET, MSG_DELETE, MSG_FLUSH, MSG_TRACE = 0, 1, 2, 2, 17
SOL_NETLINK, ADD_MEMBERSHIP = 270, 1
EVENT_GROUPS = (1, 2, 3, 4, 5, 6)
TRACE_GROUP = 9
SO_RCVBUFFORCE = 33

TCP_STATES = ("NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",
              "SYN_SENT2")
SCTP_STATES = ("NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD",
               "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT", "HEARTBEAT_ACKED")
STATUS = ("EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT", "SEQ_ADJUST", "SRC_NAT_DONE",
          "DST_NAT_DONE", "DYING", "FIXED_TIMEOUT", "TEMPLATE", "NAT_CLASH", "HELPER", "OFFLOAD", "HW_OFFLOAD")
DIRECTIONS = ("orig", "reply")

Connection = collections.namedtuple("Connection", "id tuple reply status state helper timeout master raw_tuple")
Expectation = collections.namedtuple("Expectation", "id tuple mask master helper class_ flags timeout")
Log = collections.namedtuple("Log", "prefix")
Trace = collections.namedtuple("Trace", "id direction status")     # id None: the packet has no connection
Event = collections.namedtuple("Event", "kind what")


def attributes(data):
    """{type: value} of a run of attributes."""
    out, at = {}, 0
    while at + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, at)
        if size < 4:
            break
        out[kind & 0x3fff] = data[at + 4:at + size]
        at += (size + 3) & ~3
    return out


def attribute(kind, value, nested=False):
    data = struct.pack("=HH", len(value) + 4, kind | (0x8000 if nested else 0)) + value
    return data + bytes(-len(data) % 4)


def number(data, size):
    return int.from_bytes(data[:size], "big")


PORTS = {2: ("sport", 2), 3: ("dport", 2)}
ICMP_FIELDS = {5: ("type", 1), 6: ("code", 1), 4: ("id", 2), 8: ("type", 1), 9: ("code", 1), 7: ("id", 2)}


def tuple_of(data):
    """A tuple in goldens' form."""
    parts = attributes(data)
    ip, proto = attributes(parts[1]), attributes(parts.get(2, b""))
    out = {"src": str(ipaddress.ip_address(ip.get(1) or ip[3])), "dst": str(ipaddress.ip_address(ip.get(2) or ip[4])),
           "proto": number(proto[1], 1) if 1 in proto else 0}
    for kind, (name, size) in {**PORTS, **ICMP_FIELDS}.items():
        if kind in proto:
            out[name] = number(proto[kind], size)
    return out


def state_of(data):
    """The name of a TCP or SCTP state, or None."""
    for kind, names in ((1, TCP_STATES), (3, SCTP_STATES)):
        inner = attributes(attributes(data).get(kind, b""))
        if 1 in inner:
            return names[number(inner[1], 1)]
    return None


def words_of(status):
    return "|".join(name for bit, name in enumerate(STATUS) if status >> bit & 1)


def text_of(data):
    return data.split(b"\0")[0].decode()


def connection_of(data):
    parts = attributes(data)
    return Connection(
        id=number(parts[12], 4) if 12 in parts else None, tuple=tuple_of(parts[1]),
        reply=tuple_of(parts[2]) if 2 in parts else None, status=words_of(number(parts.get(3, b""), 4)),
        state=state_of(parts.get(4, b"")), helper=text_of(attributes(parts[5])[1]) if 5 in parts else None,
        timeout=number(parts[7], 4) if 7 in parts else None, master=tuple_of(parts[14]) if 14 in parts else None,
        raw_tuple=parts[1])


def expectation_of(data):
    parts = attributes(data)
    return Expectation(
        id=number(parts[5], 4), master=tuple_of(parts[1]), tuple=tuple_of(parts[2]), mask=tuple_of(parts[3]),
        timeout=number(parts.get(4, b""), 4), helper=text_of(parts[6]) if 6 in parts else None,
        flags=number(parts.get(8, b""), 4), class_=number(parts.get(9, b""), 4))


def trace_of(data):
    """The connection of a packet that a rule traced; Linux 6.16 and newer say it."""
    parts = attributes(data)
    if 18 not in parts:
        return Trace(None, None, "")
    return Trace(number(parts[18], 4), DIRECTIONS[number(parts[19], 1)], words_of(number(parts.get(20, b""), 4)))


def message_of(kind, flags, body):
    """A Log, a Trace or an Event, or None."""
    subsystem, kind = kind >> 8, kind & 0xff
    new = "new" if flags & EXCL_CREATE else "update"
    if subsystem == ULOG and kind == 0:
        return Log(text_of(attributes(body).get(10, b"")))
    if subsystem == TABLES and kind == MSG_TRACE:
        return trace_of(body)
    if subsystem == CTNETLINK and kind in (MSG_NEW, MSG_DELETE):
        return Event("ct_destroy" if kind == MSG_DELETE else "ct_" + new, connection_of(body))
    if subsystem == EXPECT and kind in (MSG_NEW, MSG_DELETE):
        return Event("expect_destroy" if kind == MSG_DELETE else "expect_new", expectation_of(body))
    return None


class Netlink:
    """A socket of the network namespace in which it is made."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
        self.socket.bind((0, 0))
        self.sequence = 0

    def send(self, kind, family, group, body, flags=REQUEST | ACK):
        self.sequence += 1
        data = struct.pack("!BBH", family, 0, group) + body
        self.socket.send(struct.pack("=IHHII", len(data) + 16, kind, flags, self.sequence, 0) + data)

    def messages(self, flags=0):
        """(type, flags, sequence, body after the netfilter header, error) of one datagram."""
        data = self.socket.recv(1 << 17, flags)
        at = 0
        while at + 16 <= len(data):
            size, kind, bits, sequence, _ = struct.unpack_from("=IHHII", data, at)
            error = -struct.unpack_from("=i", data, at + 16)[0] if kind == 2 else 0
            yield kind, bits, sequence, data[at + 20:at + size], error
            at += (size + 3) & ~3

    def acknowledged(self):
        """Waits for the answer to the last request. Raises OSError with its error."""
        while True:
            for kind, _, sequence, _, error in self.messages():
                if kind == 2 and sequence == self.sequence:
                    if error:
                        raise OSError(error, "netlink request refused")
                    return

    def listen(self, group):
        """Subscribes to the packets of an NFLOG group, to traced ones, and to every event."""
        self.send(ULOG << 8 | 1, 0, group, attribute(1, b"\x01"))
        self.acknowledged()
        self.send(ULOG << 8 | 1, 0, group, attribute(2, struct.pack("!IBx", 0, 1)) + attribute(5, struct.pack("!I", 1)))
        self.acknowledged()
        for events in EVENT_GROUPS + (TRACE_GROUP,):
            self.socket.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, events)

    def pending(self):
        """Every Log, Trace and Event that has come, in order."""
        out = []
        while True:
            try:
                found = [message_of(kind, flags, body) for kind, flags, _, body, _ in self.messages(socket.MSG_DONTWAIT)]
            except BlockingIOError:
                return out
            out += [message for message in found if message]

    def flush(self):
        """Ends every connection of the namespace."""
        self.send(CTNETLINK << 8 | MSG_FLUSH, 0, 0, b"")
        self.acknowledged()

    def connection(self, wanted):
        """The Connection with the id and tuple of `wanted` as it is now, or None."""
        family = socket.AF_INET6 if ":" in wanted.tuple["src"] else socket.AF_INET
        self.send(CTNETLINK << 8 | MSG_GET, family, 0, attribute(1, wanted.raw_tuple, True))
        found = None
        while True:
            for kind, _, sequence, body, error in self.messages():
                if sequence != self.sequence:
                    continue
                if kind == CTNETLINK << 8:
                    found = connection_of(body)
                elif kind == 2:
                    return found if found and found.id == wanted.id else None

    def expectations(self):
        """Every Expectation that the namespace has now."""
        self.send(EXPECT << 8 | MSG_GET, 0, 0, b"", REQUEST | DUMP)
        found = []
        while True:
            for kind, _, sequence, body, _ in self.messages():
                if sequence == self.sequence and kind == EXPECT << 8:
                    found.append(expectation_of(body))
                elif sequence == self.sequence and kind in (2, 3):
                    return found
