"""SIP calls and registrations over UDP and TCP, nearly right, for kernel_helpers.py (see talks.py).

Texts are made in sip_text.py and sip_sdp.py. A talk is one or more scenes on one connection or several: registering, calling,
being called, one side's messages without sense, the same ports announced twice.
"""
import functools
import re

import sip_sdp
import sip_text
from payloads import mutated
from wire import ACK, PSH, SYN, TCP, UDP

RULES = {"sip": ((UDP, 5060, 6), (TCP, 5060, 6))}
BATCH = 60
CODES = (100, 180, 183, 183, 200, 200, 200, 200, 200, 202, 299, 300, 401, 199, 487, 486, 500, 603)

# Here the kernel reads two bytes behind the message, in what an earlier packet left in memory.
CUT_SHORT = re.compile(rb"transport=(t|tc|u|ud)$", re.I)


class Speaker:
    """A connection, and a writer for each of its sides."""

    def __init__(self, talk, connection):
        self.talk, self.rng, self.connection = talk, talk.rng, connection
        ends = {"C": connection.client, "S": connection.server}
        others = [host for host in (talk.client, talk.client2, talk.server, talk.server2) if host not in ends.values()]
        self.tcp = connection.proto == TCP
        self.writer = {side: sip_text.Writer(talk.rng, ends[side], ends["S" if side == "C" else "C"], others,
                                             self.tcp) for side in "CS"}
        self.port = {"C": connection.sport, "S": connection.dport}
        self.number = talk.rng.choice((1, 1, 7, 102, 4294967290))
        self.media = talk.rng.randrange(1024, 65000)
        self.home = None        # the port that is registered, if it is to be that

    def send(self, side, data):
        """TCP: perhaps in another cut than it was written."""
        if self.tcp and self.rng.random() < 0.08:
            at = self.rng.randrange(len(data) + 1)
            return self.put(side, data[:at]) + self.put(side, data[at:])
        if self.tcp and self.rng.random() < 0.05:
            data = self.rng.choice((b"\r\n\r\n", b"\r\n", b"\n", b"x", b"POST / HTTP/1.1\r\n\r\n")) + data
        if self.rng.random() < 0.05:
            data += self.rng.choice((b"\r\n", b"\r\n\r\n", b"\0", b"x", data, b"m=audio 4000\r\n"))
        return self.put(side, data)

    def put(self, side, data):
        data = data[:8000]
        if CUT_SHORT.search(data):
            data += b"x"
        return self.connection.say(side, data)

    def body(self, side, ports=None):
        if ports is None:
            first = self.media if self.rng.random() < 0.8 else self.rng.randrange(1024, 65536)
            ports = [first + 2 * i for i in range(self.rng.choice((1, 1, 1, 1, 2, 2, 3, 4, 5)))]
            if self.rng.random() < 0.05:
                ports = [ports[0]] * len(ports)
        return functools.partial(sip_sdp.description, self.writer[side], ports)

    def random_message(self, side):
        """Any message, whatever went before."""
        w, rng = self.writer[side], self.rng
        number = self.number + rng.choice((0, 0, 0, 1, -1))
        method = rng.choice(sip_text.METHODS + ("INVITE", "UPDATE", "INVITE"))
        if method == "REGISTER" and rng.random() < 0.7:
            return w.register(number, self.port[side], self.port[side])
        body = self.body(side) if rng.random() < 0.6 else ""
        if rng.random() < 0.4:
            return w.response(rng.choice(CODES), method, number, self.port[side], body)
        return w.request(method, number, self.port[side], body)


# --- scenes ---

def registering(speaker):
    """A client registers, the registrar answers, once or some times; the calls that then come."""
    rng, client, server = speaker.rng, speaker.writer["C"], speaker.writer["S"]
    port = speaker.home or rng.choice((speaker.port["C"], speaker.port["C"], 5060, 5070, rng.randrange(1024, 65536)))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        speaker.number += rng.choice((0, 1, 1, 1))
        rows = speaker.talk.expected(speaker.send("C", client.register(speaker.number, port, speaker.port["C"])))
        if rng.random() < 0.2:
            speaker.send("S", server.registered(rng.choice((100, 180, 199)), speaker.number, [], 5060))
        number = speaker.number if rng.random() < 0.9 else speaker.number + rng.choice((1, -1))
        contacts = [(client.me, row.tuple.dport) for row in rows] or [(client.me, port)]
        if rng.random() < 0.2:
            contacts.insert(rng.randrange(2), (rng.choice([client.me, server.me] + client.others), rng.choice((port, 5060, 5070))))
        code = rng.choice((200,) * 8 + CODES)
        speaker.send("S", server.registered(code, number, contacts if rng.random() < 0.9 else [], 5060))
        if rng.random() < 0.15:
            port = rng.choice((5060, 5070, port + 1))
        if rng.random() < 0.4:
            called(speaker)


def called(speaker):
    """A connection to what is expected now; it has a helper of its own."""
    alive = list(speaker.talk.alive.values())
    if not alive:
        return
    row = speaker.rng.choice(alive)
    child = speaker.talk.follow(row, sport=speaker.rng.choice((5060, 5060, None)))
    if not child:
        return
    other = Speaker(speaker.talk, child)
    if row.class_ != 0:
        child.say("C", b"\x80\0rtp", counted=False)
    elif speaker.rng.random() < 0.4:
        other.send("C", other.writer["C"].register(other.number, child.sport, child.sport))
        calling(other)
    else:
        speaker.rng.choice((calling, calling, nonsense, registering))(other)


def calling(speaker):
    """An invitation, its answers, what follows until somebody hangs up."""
    rng = speaker.rng
    a, b = rng.choice(("CS", "CS", "SC"))
    one, two = speaker.writer[a], speaker.writer[b]
    speaker.number += 1
    speaker.send(a, one.request("INVITE", speaker.number, speaker.port[a], speaker.body(a) if rng.random() < 0.95 else ""))
    for _ in range(rng.choice((1, 1, 1, 2))):
        number = speaker.number if rng.random() < 0.9 else speaker.number - 1
        body = speaker.body(b, [7000 + 2 * rng.randrange(4)] if rng.random() < 0.5 else None) if rng.random() < 0.85 else ""
        speaker.send(b, two.response(rng.choice(CODES), "INVITE", number, speaker.port[b], body))
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        speaker.send(a, one.request(rng.choice(("UPDATE", "INVITE", "ACK", "PRACK")), speaker.number, speaker.port[a],
                                    speaker.body(a)))
    if rng.random() < 0.3:
        speaker.send(a, one.request("ACK", speaker.number, speaker.port[a], speaker.body(a) if rng.random() < 0.3 else ""))
    if rng.random() < 0.2:
        called(speaker)
    if rng.random() < 0.3:
        method = rng.choice(("UPDATE", "PRACK", "INVITE"))
        number = speaker.number + rng.choice((0, 1))
        speaker.send(b, two.request(method, number, speaker.port[b], speaker.body(b)))
        speaker.send(a, one.response(rng.choice(CODES), method, number, speaker.port[a],
                                     speaker.body(a) if rng.random() < 0.6 else ""))
    if rng.random() < 0.3:
        side = rng.choice("CS")
        speaker.send(side, speaker.writer[side].request(rng.choice(("BYE", "BYE", "CANCEL")), speaker.number + 1,
                                                        speaker.port[side]))


def nonsense(speaker):
    """Messages without connection, some to one segment."""
    for _ in range(speaker.rng.choice((1, 2, 3))):
        side = speaker.rng.choice("CCS")
        data = speaker.random_message(side)
        while speaker.rng.random() < (0.4 if speaker.tcp else 0.03):
            data += speaker.random_message(side)
        speaker.send(side, data)


def broken(speaker):
    """One good message, cut and changed everywhere."""
    side = speaker.rng.choice("CCS")
    whole = speaker.random_message(side)
    for _ in range(speaker.rng.choice((3, 5, 8))):
        if speaker.rng.random() < 0.3:
            speaker.put(side, whole[:speaker.rng.randrange(len(whole) + 1)])
        else:
            speaker.put(side, mutated(speaker.rng, whole, sip_text.ALPHABET))


def packed(speaker):
    """Many messages in one segment or datagram: clean ones, a bad one among them."""
    side = speaker.rng.choice("CCS")
    w, rng, data = speaker.writer[side], speaker.rng, b""
    for _ in range(rng.choice((2, 3, 4, 6, 9))):
        if rng.random() < 0.4:
            data += w.bare(speaker.number + rng.choice((0, 0, 1)), rng.choice(sip_text.METHODS[:7]), rng.random() < 0.95)
        else:
            data += speaker.random_message(side)
    speaker.put(side, data)
    if rng.random() < 0.5:
        other = "S" if side == "C" else "C"
        speaker.put(other, speaker.writer[other].bare(speaker.number, rng.choice(sip_text.METHODS[:6])))


def addressing(speaker):
    """Any address, where a description may have one."""
    side = speaker.rng.choice("CS")
    w = speaker.writer[side]
    for _ in range(speaker.rng.choice((2, 4))):
        w.begin()
        w.wild = 0
        body = sip_sdp.description(w, [speaker.media])
        body = body.replace(" " + w.me + w.eol + "t=", " " + (w.any_v6() if w.six else w.any_v4()) + w.eol + "t=")
        speaker.number += 1
        speaker.put(side, w.whole(w.head(w.request_line("INVITE"), speaker.number, "INVITE", 5060), body))


def listing(speaker):
    """A registration, and answers that list much."""
    rng, port = speaker.rng, speaker.rng.choice((5060, 5070))
    me = speaker.writer["C"]
    speaker.number += 1
    text = "REGISTER x SIP/2.0\r\nCSeq: %d REGISTER\r\nExpires: 70\r\nContact: sip:%s:%d\r\nl: 0\r\n\r\n" % (
        speaker.number, me.in_uri(me.me), port)
    speaker.put("C", text.encode())
    for _ in range(rng.choice((1, 2, 3))):
        speaker.put("S", speaker.writer["S"].listed(speaker.number, port))
        if rng.random() < 0.3:
            called(speaker)


def ending(speaker):
    """Messages that end in the middle of what counts."""
    rng, side = speaker.rng, speaker.rng.choice("CS")
    w = speaker.writer[side]
    for _ in range(rng.choice((2, 4))):
        speaker.number += 1
        if rng.random() < 0.5:
            uri = "sip:a@%s:5060;transport=%s;expires=5" % (w.in_uri(w.me), "tcp" if speaker.tcp else "udp")
            text = "REGISTER x\r\nl:%d\r\nExpires: 9\r\nCSeq: %d REGISTER\r\nContact: %s<%s>;expires=70\r\n\r\n" % (
                rng.choice((0, 0, 3)), speaker.number, rng.choice(("", "", "<sip:host>, ")), uri)
            cut = rng.randrange(70)
        else:
            w.begin()
            w.wild = 0
            text = "%s x\r\nl:0\r\nCSeq: %d INVITE\r\n\r\n%s" % (
                rng.choice(("INVITE", "SIP/2.0 200")), speaker.number, sip_sdp.description(w, [speaker.media]))
            cut = rng.randrange(90)
        speaker.put(side, text.encode()[:len(text) - cut] if cut else text.encode())
    short = rng.choice(("SIP/2.0 200", "INVITE a\r\n\r\n", "SIP/2.0 4", "ACK a\r\nCSeq:1", "SIP/2.0 0\r\n")) + rng.choice(("", "",
        " ", "\r\n"))
    speaker.put(side, short.encode()[:rng.randrange(8, 14)])


def refused(speaker):
    """A call that is dropped, and what is remembered of it."""
    rng, w = speaker.rng, speaker.writer["C"]
    first = speaker.number
    speaker.put("C", w.bare(first, "CANCEL"))
    for method, number, port in (("INVITE", first, speaker.media), ("INVITE", first + 1, rng.choice((speaker.media, 80, 70000, 0))),
                                 ("UPDATE", first + 2, speaker.media + 2)):
        body = "v=0\r\nc=IN IP%d %s\r\nm=audio %d x\r\n" % (6 if w.six else 4, rng.choice((w.me, w.me, w.me, "host")), port)
        text = "%s x\r\nCSeq: %d %s\r\nl: %d\r\n\r\n%s" % (method, number, method, len(body), body)
        speaker.put("C", text.encode())
    for _ in range(2):
        text = "SIP/2.0 %d x\r\nCSeq: %d %s\r\nl: 0\r\n\r\n" % (rng.choice((299, 300, 486, 99, 99999)), first + rng.choice((0, 1,
            2)),
                                                              rng.choice(("INVITE", "UPDATE", "PRACK", "ACK")))
        speaker.put("S", text.encode())
    speaker.number += 3


def offer(speaker, side, port, word="audio"):
    """A plain one."""
    w = speaker.writer[side]
    body = "v=0\r\nc=IN IP%d %s\r\nm=%s %d x\r\n" % (6 if w.six else 4, w.me, word, port)
    speaker.number += 1
    text = "%s x\r\nCSeq: %d INVITE\r\nl: %d\r\n\r\n%s" % (speaker.rng.choice(("INVITE", "UPDATE", "ACK")), speaker.number,
                                                           len(body), body)
    return speaker.talk.expected(speaker.put(side, text.encode()))


def pairing(speaker):
    """Two calls with ports in common, one of which may be used up."""
    talk, rng = speaker.talk, speaker.rng
    side, word = rng.choice("CCS"), rng.choice(("audio", "video", "image"))
    rows = offer(speaker, side, speaker.media, word)
    used = talk.follow(rng.choice(rows)) if rows and rng.random() < 0.7 else None
    if used:
        used.say("C", b"rtp", counted=False)
    other = Speaker(talk, talk.connect(5060, rng.choice((speaker.connection.proto, TCP, UDP)), server=rng.choice((talk.server,
        talk.server, talk.server2))))
    for _ in range(rng.choice((1, 2))):
        offer(other, side, (speaker.media & ~1) + rng.randrange(2), rng.choice((word, word, "audio")))
    if rng.random() < 0.5:
        offer(speaker, side, speaker.media, word)


def clashing(speaker):
    """The same ports once more: of the same client on another connection, by another client, to another server."""
    talk, rng = speaker.talk, speaker.rng
    how = rng.randrange(4)
    client = talk.client2 if how == 0 else talk.client
    server = talk.server2 if how == 1 else talk.server
    other = Speaker(talk, talk.connect(5060, speaker.connection.proto if how != 3 else TCP + UDP - speaker.connection.proto,
                                       client=client,
                                       server=server))
    other.media = speaker.media
    if rng.random() < 0.7:
        other.home = speaker.home = rng.choice((5060, 5070))
    kind = rng.choice((calling, registering))
    kind(speaker)
    if rng.random() < 0.4:
        called(speaker)
    if rng.random() < 0.3:
        other.media += 1
    kind(other)
    if rng.random() < 0.5:
        rng.choice((calling, nonsense, registering))(speaker)


SCENES = (registering, registering, calling, calling, calling, nonsense, broken, clashing, clashing,
          packed, addressing, listing, ending, refused, pairing)


def start(talk):
    """The first connection; data before TCP is established, now and then."""
    rng = talk.rng
    sport = rng.choice((None, None, 5060, 5061))
    if rng.random() < 0.6:
        return Speaker(talk, talk.connect(5060, UDP, sport=sport))
    speaker = Speaker(talk, talk.connect(5060, TCP, sport=sport, open=False))
    early = speaker.writer["C"].request("INVITE", 1, 5060, speaker.body("C"))
    how = rng.random()
    if how < 0.03:
        speaker.connection.say("C", early, SYN)
    elif how < 0.06:
        speaker.connection.say("C", b"", SYN)
        speaker.connection.say("C", early)
    elif how < 0.08:
        speaker.connection.say("C", b"", SYN)
        speaker.connection.say("S", early, SYN | ACK)
    elif how < 0.1:
        speaker.connection.say("C", early, PSH | ACK)       # picked up in the middle
    else:
        speaker.connection.open()
    return speaker


def run(talk):
    speaker = start(talk)
    for _ in range(talk.rng.choice((1, 1, 2))):
        talk.rng.choice(SCENES)(speaker)
