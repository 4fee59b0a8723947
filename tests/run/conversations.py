"""Both ends of a conversation, scripted: one function for each protocol that a helper reads. Each opens a new control connection through
the router, announces something in it, and then makes the connection that it announced.

A function takes an Ends. It raises bed.Blocked if what the helper should have opened is not open, and bed.Broken if anything else fails.
"""
import contextlib
import os
import random
import socket
import struct
import sys

import bed
from bed import Blocked, Broken

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "helper"))
import h323_per         # pylint: disable=wrong-import-position
from h323_per import ABSENT     # pylint: disable=wrong-import-position

CONTROL_S = 5           # for everything that needs no helper
FIRST_PORT, LAST_PORT = 10000, 30000    # of sound
PAYLOAD = bytes(range(256)) * 6


class Ends:
    """The addresses of the two sides, and the listening sockets of the server. limit: seconds that a pinhole gets."""

    def __init__(self, place, family, limit=5.0, number=2):
        self.bed, self.family, self.limit, self.number = place, family, limit, number
        self.port = FIRST_PORT
        self.kept, self.count, self.calls = {}, 0, 0
        self.short = []

    def address(self, host):
        if host == "router":
            return bed.address("client", self.family, "router")
        return bed.address(host, self.family)[:-1] + str(self.number)

    def server(self, port, host="server", kind=socket.SOCK_STREAM, proto=0):
        """A socket that outlives the conversation."""
        if (port, host, kind) not in self.kept:
            made = self.bed.socket(host, bed.family_of(self.family), kind, proto)
            made.settimeout(CONTROL_S)
            if kind == socket.SOCK_STREAM:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((self.address(host), port))
            if kind == socket.SOCK_STREAM:
                made.listen(64)
            self.kept[port, host, kind] = made
        return self.kept[port, host, kind]

    def make(self, host, kind=socket.SOCK_STREAM, port=0):
        made = self.bed.socket(host, bed.family_of(self.family), kind)
        self.short.append(made)
        made.bind((self.address(host), port))
        made.settimeout(CONTROL_S)
        return made

    def listen(self, host):
        made = self.make(host)
        made.listen(4)
        return made, made.getsockname()[1]

    def pair(self, host="server"):
        """Two UDP sockets of a host on an even port and the next. None comes again soon: what was announced and not used stays expected
        for minutes, and one port cannot be expected twice."""
        for _ in range(200):
            self.port = self.port + 2 if self.port < LAST_PORT else FIRST_PORT
            try:
                return self.make(host, socket.SOCK_DGRAM, self.port), self.make(host, socket.SOCK_DGRAM, self.port + 1), self.port
            except OSError:
                continue
        raise Broken("no two ports are free")

    def control(self, port):
        """A connection from the client to the server: both its ends."""
        near, listener = self.make("client"), self.server(port)
        near.connect((self.address("server"), port))
        far, _ = listener.accept()
        self.short.append(far)
        far.settimeout(CONTROL_S)
        for each in (near, far):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return near, far

    def connect(self, host, to, listener):
        """The announced connection, with data both ways."""
        near = self.make(host)
        near.settimeout(self.limit)
        try:
            near.connect((self.address(to), listener.getsockname()[1]))
        except (TimeoutError, ConnectionError, OSError) as error:
            raise Blocked("%s to %s port %d: %s" % (host, to, listener.getsockname()[1], error)) from error
        far, _ = listener.accept()
        self.short.append(far)
        far.settimeout(CONTROL_S)
        for a, b in ((near, far), (far, near)):
            say(a, PAYLOAD)
            hear(b, len(PAYLOAD))
        return near, far

    def datagram(self, sender, receiver, to, what=PAYLOAD[:172]):
        """One that needs the pinhole, and an answer. to: the host of the receiver."""
        receiver.settimeout(self.limit)
        sender.sendto(what, (self.address(to), receiver.getsockname()[1]))
        try:
            got, source = receiver.recvfrom(4096)
        except TimeoutError as error:
            raise Blocked("udp to %s port %d: nothing came" % (to, receiver.getsockname()[1])) from error
        if got != what:
            raise Broken("something else came")
        receiver.sendto(what[::-1], source)
        if sender.recv(4096) != what[::-1]:
            raise Broken("something else came back")

    def finish(self):
        for each in self.short:
            each.close()
        self.short.clear()

    def close(self):
        self.finish()
        for each in self.kept.values():
            each.close()


def run(conversation, ends):
    """One conversation and its end."""
    ends.count += 1
    try:
        conversation(ends)
    except (TimeoutError, ConnectionError) as error:
        raise Broken("%s: %s" % (conversation.__name__, error)) from error
    finally:
        ends.finish()


def say(sock, data):
    sock.sendall(data if isinstance(data, bytes) else data.encode())


def hear(sock, size):
    """So many bytes."""
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise Broken("closed after %d bytes of %d" % (len(data), size))
        data += more
    return data


def line(sock):
    data = b""
    while not data.endswith(b"\n"):
        more = sock.recv(2048)
        if not more:
            raise Broken("closed")
        data += more
    return data


def tell(near, far, *lines):
    """Lines in turn, near's first, each read by the other."""
    for n, text in enumerate(lines):
        a, b = (near, far) if n % 2 == 0 else (far, near)
        say(a, text + "\r\n")
        line(b)


# --- ftp: RFC 959, RFC 2428 ---

def host_port(address, port):
    return "%s,%d,%d" % (address.replace(".", ","), port >> 8, port & 255)


def ftp_login(ends):
    near, far = ends.control(21)
    tell(far, near, "220 ready", "USER anonymous", "230 welcome")
    return near, far


def ftp_passive(ends):
    near, far = ftp_login(ends)
    listener, port = ends.listen("server")
    answer = "227 Entering Passive Mode (%s)." % host_port(ends.address("server"), port) if ends.family == 4 else \
        "229 Entering Extended Passive Mode (|||%d|)" % port
    tell(near, far, "PASV" if ends.family == 4 else "EPSV", answer)
    ends.connect("client", "server", listener)
    tell(near, far, "RETR a", "226 done", "QUIT", "221 bye")


def ftp_active(ends):
    near, far = ftp_login(ends)
    listener, port = ends.listen("client")
    tell(near, far, "PORT " + host_port(ends.address("client"), port) if ends.family == 4 else
         "EPRT |2|%s|%d|" % (ends.address("client"), port), "200 so be it", "RETR a", "150 comes")
    ends.connect("server", "client", listener)
    tell(far, near, "226 done", "QUIT", "221 bye")


# --- tftp: RFC 1350 ---

def tftp_get(ends):
    server = ends.server(69, kind=socket.SOCK_DGRAM)
    near, far = ends.make("client", socket.SOCK_DGRAM), ends.make("server", socket.SOCK_DGRAM)
    near.sendto(b"\0\1a\0octet\0", (ends.address("server"), 69))
    server.recvfrom(600)
    ends.datagram(far, near, "client", b"\0\3\0\1" + PAYLOAD[:300])


# --- irc: CTCP ---

def irc_dcc(ends):
    """The receiver, behind the server, connects to the one who offers."""
    near, far = ends.control(6667)
    tell(near, far, "NICK ann", ":irc 001 ann :welcome")
    listener, port = ends.listen("client")
    number = struct.unpack("!I", socket.inet_aton(ends.address("client")))[0]
    tell(near, far, "PRIVMSG bob :\x01DCC %s %d %d%s\x01" % (("SEND a.txt", number, port, " 1536") if ends.count % 2 else
                                                          ("CHAT chat", number, port, "")), "PING x")
    ends.connect("server", "client", listener)
    tell(near, far, "QUIT", "ERROR :closing")


# --- amanda ---

def amanda_backup(ends):
    server, near = ends.server(10080, kind=socket.SOCK_DGRAM), ends.make("client", socket.SOCK_DGRAM)
    listeners = [ends.listen("server") for _ in range(3)]
    near.sendto(b"Amanda 2.6 REQ HANDLE 000-0 SEQ 1\nSERVICE sendbackup\n", (ends.address("server"), 10080))
    _, source = server.recvfrom(2000)
    server.sendto(b"Amanda 2.6 REP HANDLE 000-0 SEQ 1\nCONNECT DATA %d MESG %d INDEX %d\nOPTIONS features=;\n" %
                  tuple(port for _, port in listeners), source)
    near.recv(2000)
    for listener, _ in listeners:
        ends.connect("client", "server", listener)


# --- sane ---

def sane_scan(ends):
    near, far = ends.control(6566)
    listener, port = ends.listen("server")
    say(near, struct.pack("!II", 7, 0))                 # SANE_NET_START of handle 0
    hear(far, 8)
    say(far, struct.pack("!IIII", 0, port, 0x1234, 0))  # good, the port, byte order, no resource
    hear(near, 16)
    ends.connect("client", "server", listener)
    say(near, struct.pack("!I", 10))                    # SANE_NET_EXIT
    hear(far, 4)


# --- sip: RFC 3261, RFC 4566 ---

def bracketed(ends, host):
    return ends.address(host) if ends.family == 4 else "[%s]" % ends.address(host)


def sdp(ends, host, port):
    where = "IN IP%d %s" % (ends.family, ends.address(host))
    return "v=0\r\no=x 1 1 %s\r\ns=-\r\nc=%s\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n" % (where, where, port)


def sip_text(ends, start, transport, method, body=""):
    return "\r\n".join((
        start, "Via: SIP/2.0/%s %s:%d;branch=z9hG4bK%d" % (transport, bracketed(ends, "client"), ends.sip_port, ends.count),
        "From: <sip:ann@%s>;tag=a%d" % (bracketed(ends, "client"), ends.count), "To: <sip:bob@%s>;tag=b" % bracketed(ends, "server"),
        "Call-ID: %d.%d@%s" % (ends.count, ends.sip_port, ends.address("client")), "CSeq: 1 " + method,
        "Contact: <sip:%s:%d>" % (bracketed(ends, "client" if " SIP/2.0" in start else "server"),
                                  ends.sip_port if " SIP/2.0" in start else 5060), "Max-Forwards: 70",
        *(("Content-Type: application/sdp",) if body else ()), "Content-Length: %d" % len(body), "", body)).encode()


def sip_call(ends, transport="UDP"):
    near, far = (ends.make("client", socket.SOCK_DGRAM), ends.server(5060, kind=socket.SOCK_DGRAM)) if transport == "UDP" else \
        ends.control(5060)
    if transport == "UDP":
        near.connect((ends.address("server"), 5060))
    ends.sip_port = near.getsockname()[1]
    caller, caller_rtcp, caller_port = ends.pair("client")
    called, called_rtcp, called_port = ends.pair("server")
    to = "sip:bob@%s SIP/2.0" % bracketed(ends, "server")
    source = []

    def ask(method, body=""):
        near.send(sip_text(ends, method + " " + to, transport, method, body))
        source[:] = [far.recvfrom(4096)[1]]

    def answer(status, method, body=""):
        data = sip_text(ends, "SIP/2.0 " + status, transport, method, body)
        if transport == "UDP":
            far.sendto(data, source[0])
        else:
            far.send(data)
        near.recv(4096)

    ask("INVITE", sdp(ends, "client", caller_port))
    answer("200 OK", "INVITE", sdp(ends, "server", called_port))
    ask("ACK")
    # The called speaks first, the caller's report goes first: each opens a pinhole of its own.
    ends.datagram(called, caller, "client")
    ends.datagram(caller_rtcp, called_rtcp, "server", b"\x80\xc9\0\1abcd")
    ask("BYE")
    answer("200 OK", "BYE")


def sip_call_tcp(ends):
    sip_call(ends, "TCP")


# --- h323: H.225.0, H.245 ---

def q931(name, plan):
    """A TPKT with the message of call signalling."""
    code = {"setup": 5, "connect": 7, "releaseComplete": 0x5A}[name]
    user = {"h323-uu-pdu": {"h323-message-body": (name, plan), "h245Control": ABSENT, "nonStandardData": ABSENT}, "user-data": ABSENT}
    data = h323_per.Encoder(random.Random(1), full=0, wild=0).message("H323-UserInformation", user)
    return tpkt(b"\x08\x02\0\1" + bytes((code,)) + b"\x7e" + struct.pack("!H", len(data) + 1) + b"\x05" + data)


def h245(plan):
    return tpkt(h323_per.Encoder(random.Random(1), full=0, wild=0).message("MultimediaSystemControlMessage", plan))


def tpkt(data):
    return b"\x03\0" + struct.pack("!H", len(data) + 4) + data


def h225_at(ends, host, port):
    what = {"ip": socket.inet_pton(bed.family_of(ends.family), ends.address(host)), "port": port}
    return ("ipAddress" if ends.family == 4 else "ip6Address", what)


def h245_at(ends, host, port):
    what = {"network": socket.inet_pton(bed.family_of(ends.family), ends.address(host)), "tsapIdentifier": port}
    return ("unicastAddress", ("iPAddress" if ends.family == 4 else "iP6Address", what))


def h323_channel(ends, near, far, hosts):
    """near opens a channel to send sound; far says where to. Then sound goes there, and a report comes back."""
    sender, sender_rtcp, sender_port = ends.pair(hosts[0])
    receiver, _, port = ends.pair(hosts[1])
    one = {"dataType": ("audioData", None), "multiplexParameters": ("h2250LogicalChannelParameters", {
        "mediaChannel": ABSENT, "mediaControlChannel": h245_at(ends, hosts[0], sender_port + 1)})}
    say(near, h245(("request", ("openLogicalChannel", {"forwardLogicalChannelParameters": one, "reverseLogicalChannelParameters": ABSENT,
                                                       "separateStack": ABSENT}))))
    far.recv(4096)
    say(far, h245(("response", ("openLogicalChannelAck", {
        "reverseLogicalChannelParameters": ABSENT, "separateStack": ABSENT, "forwardMultiplexAckParameters": (
            "h2250LogicalChannelAckParameters", {"mediaChannel": h245_at(ends, hosts[1], port),
                                                 "mediaControlChannel": h245_at(ends, hosts[1], port + 1)})}))))
    near.recv(4096)
    ends.datagram(sender, receiver, hosts[1])
    other = ends.make(hosts[1], socket.SOCK_DGRAM)
    ends.datagram(other, sender_rtcp, hosts[0], b"\x81\xc9\0\7abcd")


def h323_call(ends):
    near, far = ends.control(1720)
    listener, port = ends.listen("server")
    nothing = {"h245Address": ABSENT, "fastStart": ABSENT}
    say(near, q931("setup", nothing))
    far.recv(4096)
    say(far, q931("connect", {**nothing, "h245Address": h225_at(ends, "server", port)}))
    near.recv(4096)
    near245 = ends.make("client")
    near245.settimeout(ends.limit)
    try:
        near245.connect((ends.address("server"), port))
    except TimeoutError as error:
        raise Blocked("H.245: nobody answered") from error
    far245, _ = listener.accept()
    ends.short.append(far245)
    far245.settimeout(CONTROL_S)
    h323_channel(ends, near245, far245, ("client", "server"))
    h323_channel(ends, far245, near245, ("server", "client"))
    say(near, q931("releaseComplete", {}))
    far.recv(4096)


def ras(name, plan):
    return h323_per.Encoder(random.Random(1), full=0, wild=0).message("RasMessage", (name, plan))


def h323_registered_call(ends):
    """The client registers with a gatekeeper, which then has a call for it."""
    gatekeeper, near = ends.server(1719, kind=socket.SOCK_DGRAM), ends.make("client", socket.SOCK_DGRAM)
    listener, port = ends.listen("client")
    near.sendto(ras("registrationRequest", {"callSignalAddress": [h225_at(ends, "client", port)], "timeToLive": ABSENT}),
                (ends.address("server"), 1719))
    _, source = gatekeeper.recvfrom(2000)
    gatekeeper.sendto(ras("registrationConfirm", {"timeToLive": ABSENT}), source)
    near.recv(2000)
    ends.connect("server", "client", listener)
    near.sendto(ras("unregistrationRequest", {}), (ends.address("server"), 1719))       # forgets the port, which may come again
    gatekeeper.recvfrom(2000)
    gatekeeper.sendto(ras("unregistrationConfirm", {}), source)
    near.recv(2000)


# --- pptp: RFC 2637 ---

SIZES = {1: 144, 2: 144, 7: 156, 8: 20, 12: 4, 13: 136, 3: 4, 4: 4}
GRE = 47


def pptp_message(kind, body):
    size = SIZES[kind]
    return struct.pack("!HHIHH", 12 + size, 1, 0x1A2B3C4D, kind, 0) + (body + bytes(size))[:size]


def pptp_exchange(near, far, kind, body, answer):
    say(near, pptp_message(kind, body))
    if far is not None:
        hear(far, 12 + SIZES[kind])
        say(far, pptp_message(kind + 1, answer))
    return hear(near, 12 + SIZES[kind + 1])


def gre(call, payload):
    """Enhanced GRE with key and sequence number, for the end that chose the call id."""
    return struct.pack("!BBHHHI", 0x30, 0x01, 0x880B, len(payload), call, 1) + payload


def gre_packet(ends, sender, receiver, to, call):
    """Through the pinhole, from host to host."""
    payload = b"\xff\x03\xc0\x21" + struct.pack("!I", ends.count) + bytes(8)
    want = gre(call, payload)
    sender.sendto(want, (ends.address(to), 0))
    receiver.settimeout(ends.limit)
    try:
        while not receiver.recv(4096).endswith(want):
            pass
    except TimeoutError as error:
        raise Blocked("gre to %s: nothing came" % to) from error


def pptp_tunnel(ends, near, far):
    """near: the client's control connection; far: None if a program is at the other end."""
    raw = [ends.server(0, host, socket.SOCK_RAW, GRE) for host in ("client", "server")]
    # Ids come again after 2048 calls; those of both sides and of other addresses differ.
    ends.calls += 1
    own = (ends.number << 12 | ends.calls & 0x7FF) & 0xFFFF
    pptp_exchange(near, far, 1, struct.pack("!HHII", 0x0100, 0, 1, 1), struct.pack("!HBB", 0x0100, 1, 0))
    answer = pptp_exchange(near, far, 7, struct.pack("!HHIIII", own, 1, 300, 10000000, 3, 3), struct.pack("!HHB", own | 0x800, own, 1))
    peers = struct.unpack("!H", answer[12:14])[0]
    gre_packet(ends, raw[0], raw[1], "server", peers)
    gre_packet(ends, raw[1], raw[0], "client", own)
    say(near, pptp_message(12, struct.pack("!H", own)))
    if far is not None:
        hear(far, 16)
        say(far, pptp_message(13, struct.pack("!HB", peers, 4)))
        hear(near, 148)


def pptp_call(ends):
    pptp_tunnel(ends, *ends.control(1723))


# --- netbios-ns, snmp: the router asks everybody ---

def broadcast(ends, port):
    asking = ends.make("router", socket.SOCK_DGRAM)
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    everybody = ends.address("client").rsplit(".", 1)[0] + ".255"
    if (port, "everybody") not in ends.kept:
        made = ends.bed.socket("client", socket.AF_INET, socket.SOCK_DGRAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((everybody, port))
        ends.kept[port, "everybody"] = made
    listening, answering = ends.kept[port, "everybody"], ends.server(port, "client", socket.SOCK_DGRAM)
    question = b"%d %d" % (ends.number, ends.count)
    asking.sendto(question, (everybody, port))
    while True:                 # others may ask, too
        got, source = listening.recvfrom(600)
        if got == question:
            break
    answering.sendto(b"answer " + question, source)
    asking.settimeout(ends.limit)
    try:
        asking.recv(600)
    except TimeoutError as error:
        raise Blocked("answer to a broadcast: nothing came") from error


def netbios_question(ends):
    broadcast(ends, 137)


def snmp_question(ends):
    broadcast(ends, 161)


# name: (helper, function)
ALL = {
    "ftp-passive": ("ftp", ftp_passive), "ftp-active": ("ftp", ftp_active), "tftp-get": ("tftp", tftp_get), "irc-dcc": ("irc", irc_dcc),
    "amanda-backup": ("amanda", amanda_backup), "sane-scan": ("sane", sane_scan), "sip-call": ("sip", sip_call),
    "sip-call-tcp": ("sip", sip_call_tcp), "h323-call": ("h323", h323_call), "h323-registered": ("h323", h323_registered_call),
    "pptp-call": ("pptp", pptp_call), "netbios-question": ("netbios-ns", netbios_question), "snmp-question": ("snmp", snmp_question),
}


@contextlib.contextmanager
def ends_of(place, family, limit, number=2):
    ends = Ends(place, family, limit, number)
    try:
        yield ends
    finally:
        ends.close()
