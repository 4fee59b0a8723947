"""SIP messages and session descriptions, nearly right: the text half of talk_sip.py.

A Writer makes the messages of one side of a connection. Each message is clean, has an oddity or two, or is full of them; where a
thing may be odd, odd() says whether it is in this message.
"""
import functools
import ipaddress

from payloads import mutated

METHODS = ("INVITE", "UPDATE", "ACK", "PRACK", "BYE", "REGISTER", "CANCEL", "OPTIONS", "INFO", "MESSAGE", "SUBSCRIBE", "NOTIFY")
ALPHABET = b"\r\n\r\n\r\n  \t::,;<>@[]0123456789sipmcvSIP=/\0\x80\xaa\xb5\xc0\xe4\xd7\xf7\xffABCabcl"
ODD_PORTS = ("", ":", ":80", ":1023", ":1024", ":65535", ":65536", ":70000", ":99999", ":100000", ":5060", ":05060", ":005060",
             ":0", ": 5060", " :5060", ":5060x", ":50 60", ":-1", ":4294967296", ":4294972356", "::5060", ":1", ":5061")


JUNK = ("g", "a", ".", ":", "/24", "%1", "]", " ", "-", "\t", "\xe4", "\0", ",", ";", ":5060", "::", "G1", "_")


class Writer:
    def __init__(self, rng, me, peer, others, tcp):
        self.rng, self.me, self.peer, self.others, self.tcp = rng, me, peer, others, tcp
        self.six = ":" in me
        self.call = "%x@%s" % (rng.randrange(1 << 32), me)
        self.wild = 0

    def begin(self):
        """A message begins: how odd will it be?"""
        self.wild = self.rng.choice((0, 0, 0, 0.4, 0.4, 0.4, 1, 1, 4))
        self.eol = "\r\n"
        if self.odd(0.12):
            self.eol = self.rng.choice(("\n", "\r", "\n", "\r\r\n", "\n\r", "\r\n\n"))

    def odd(self, p):
        return self.rng.random() < p * self.wild

    def one(self, *choices):
        return self.rng.choice(choices)

    # --- words ---

    def case(self, word):
        if self.odd(0.06):
            return self.one(word.lower(), word.upper(), word.swapcase(), word.title(), word[:-1], word + "X", " " + word)
        return word

    def gap(self):
        return self.one("  ", "\t", "", " \t ", "\r\n ", "\n\t", "   ", "\r\n") if self.odd(0.04) else " "

    def number(self, value):
        if self.odd(0.06):
            return self.one("0%d" % value, "%d" % (value + (1 << 32)), "4294967295", "4294967296", "-%d" % value, "x", "", "0",
                            "%dx" % value, "0x%x" % value, " %d" % value, "9" * 20, "+%d" % value, str(self.rng.randrange(1 << 33)),
                            str(self.rng.randrange(1 << self.rng.randrange(1, 40))), "4294967", "4294968")
        return str(value)

    # --- addresses ---

    def any_v4(self):
        """What looks like an address: numbers with dots, and something else now and then."""
        number = functools.partial(self.rng.choice, (0, 1, 10, 78, 127, 192, 224, 254, 255))
        parts = [str(number()) for _ in range(self.one(4, 4, 4, 4, 4, 3, 5))]
        if self.rng.random() < 0.3:
            at = self.rng.randrange(len(parts))
            parts[at] = self.one("256", "999", "1000", "0%s", "00%s", "000%s", "%s0", "", "x", "0x1", "+%s", "-%s", "4294967296",
                                 "%sa", "a").replace("%s", parts[at])
        return ".".join(parts) + (self.one(*JUNK) if self.rng.random() < 0.3 else "")

    def any_v6(self):
        """The same with colons."""
        part = functools.partial(self.rng.choice, ("0", "1", "fd78", "EFFF", "00", "0001", "a", "2001", "db8", "0", "0") + ("12345",
            "00001"))
        parts = [part() for _ in range(self.one(8, 8, 7, 6, 9, 1, 2, 3, 4, 5))]
        text = ":".join(parts)
        for _ in range(self.one(0, 1, 1, 1, 2) if len(parts) < 8 else self.one(0, 0, 1)):
            spots = [i for i, b in enumerate(text) if b == ":"] + [0, len(text)]
            at = self.rng.choice(spots)
            text = text[:at] + self.one("::", "::", ":", ":::") + text[at + (text[at:at + 1] == ":"):]
        if self.rng.random() < 0.25:
            text += self.one(":", "", "::") + self.any_v4()
        return text + (self.one(*JUNK) if self.rng.random() < 0.25 else "")

    def odd_v4(self, text):
        if self.rng.random() < 0.3:
            return self.any_v4()
        parts = text.split(".")
        return self.one(".".join("%03d" % int(p) for p in parts), text + "g", text + "a", text + ".", text + ".1",
                        ".".join(parts[:3]),
                        "0" + text, "0.0.0.0", "127.0.0.1", "255.255.255.255", "host.example", "256." + ".".join(parts[1:]),
                        text.replace(".", "..", 1), " " + text, "[" + text + "]", "::1", "%s.%s.%s.00000%s" % tuple(parts),
                        text + "%1", text + "-", text + "F", text + "_", text + ":", "0x0a." + ".".join(parts[1:]), "localhost",
                        "%s.%s.%s.4294967297" % tuple(parts[:3]), "1" + text, text[:-1])

    def odd_v6(self, text):
        a = ipaddress.IPv6Address(text)
        full = a.exploded
        tail = "%s:%d.%d.%d.%d" % (":".join(full.split(":")[:6]), *a.packed[12:])
        if self.rng.random() < 0.4:
            return self.any_v6()
        return self.one(full, full.upper(), text.upper(), tail, tail + ".1", text.replace("::", ":0::"), text.replace("::",
            ":0:0:0:0:0:0:"),
                        text.replace("::", ":::"), text + "%eth0", text + "/64", text + ":", ":" + text, text + "::", "::", "::1",
                        "::ffff:10.78.1.2", "10.78.1.2", "host.example", full + ":0", full[:-5], "0" + text, text + "g",
                        text + "z1",
                        text.replace("::", "::0000"), text.replace("::", "::00000"), tail.replace(".", ".0", 1), " " + text,
                        text[:-1], text + ".", text.replace("::", "::0:"))

    def spelled(self, text):
        if self.six and self.odd(0.12):
            return self.odd_v6(text)
        if not self.six and self.odd(0.06):
            return self.odd_v4(text)
        return text

    def who(self):
        """Mostly the speaker itself."""
        return self.one(self.peer, *self.others) if self.odd(0.06) else self.me

    def host(self):
        return self.spelled(self.who())

    def odd_port(self):
        if self.rng.random() < 0.3:
            return ":" + "0" * self.rng.randrange(3) + str(self.rng.randrange(1 << self.rng.randrange(8, 20))) + self.one("", "",
                *JUNK)
        return self.one(*ODD_PORTS)

    def in_uri(self, text):
        if not self.six:
            return text
        return self.one(text, "[" + text, text + "]", "[ " + text + "]", "[" + text + " ]", "[[" + text + "]]") \
            if self.odd(0.08) else "[" + text + "]"

    def uri(self, port, user="a", host=None):
        scheme = self.one("sips:", "SIP:", "Sip:", "tel:", "sip", "sip: ", "xsip:", "sip:sip:", "sips:x@sip:",
                          "\r\n sip:", "x\r\n sip:", "\r\n xsip:", "\r\n\t sip:") if self.odd(0.06) else "sip:"
        user = self.one("", "@", user + "@@", user + "@x@", user + ":pw@", user + "%40@", "sip:x@", user + ";p=1@", " @", "a b@") \
            if self.odd(0.08) else user + "@"
        tail = self.odd_port() if self.odd(0.1) else "" if self.rng.random() < 0.15 else ":%d" % port
        return scheme + user + self.in_uri(self.spelled(host) if host else self.host()) + tail

    def parameters(self):
        """Of a URI or of a contact: transport, expires and others."""
        out = ""
        if self.rng.random() < 0.15 or self.odd(0.1):
            right, wrong = ("tcp", "udp") if self.tcp else ("udp", "tcp")
            value = self.one(right.upper(), wrong, wrong.upper(), "tls", "", " " + right, right + "x", "sctp", right[:2],
                             "\t" + right) \
                if self.odd(0.25) else right
            out += self.one(";", ";", ";", " ;", "; ", "?", "", "x") + self.case("transport=") + value if self.odd(0.3) else \
                ";transport=" + value
        if self.odd(0.1):
            out += self.one(";lr", ";user=phone", ";ob", "?a=b", ";q=0.5", ";+sip.instance=\"<urn:x>\"", ";reg-id=1",
                            ";maddr=1.2.3.4")
        return out

    def expires(self):
        value = self.one(300, 60, 3600, 1, 7200, 0 if self.rng.random() < 0.2 else 120)
        how = self.one(";\r\n ", "\r\n ;", ";\r\n x", ";", " ;", "; ", "", "x", ",", ";x") if self.odd(0.08) else ";"
        name = self.one("Expires=", "EXPIRES=", "expires =", "expires= ", "expire=", "expires", "xexpires=", "expires:") \
            if self.odd(0.08) else "expires="
        return how + name + self.number(value)

    def contact(self, port, host=None, expires=None):
        """One entry. expires: whether it has the parameter; by chance if None."""
        uri = self.uri(port, host=host) + self.parameters()
        if self.odd(0.05):
            out = self.one(uri, "<" + uri, uri + ">", '"sip:x@1.2.3.4" <%s>' % uri, "Bob <%s>" % uri, '"a, b" <%s>' % uri, "*",
                           "<>", "< %s >" % uri)
        else:
            out = "<" + uri + ">"
        if self.rng.random() < 0.3 if expires is None else expires:
            out += self.expires()
        if self.odd(0.05):
            out += self.one(";q=0.1", ";expires=5", ";transport=tcp", ";transport=udp", " ", "@10.78.1.2", "<sip:x@10.78.1.2>")
        return out

    def contacts(self, port, expires=None):
        """The value of a Contact header: a list now and then, in which the right one is anywhere."""
        right = [self.contact(port, expires=expires)]
        while self.rng.random() < 0.12:
            other = self.contact(self.one(port, 5060, 5070), self.one(self.me, self.peer, *self.others), expires)
            right.insert(self.rng.randrange(len(right) + 1), other)
        return (self.one(",", " , ", ",\r\n ", ",,", ";", "\r\n ,", "\r\n x,") if self.odd(0.2) else ", ").join(right)

    # --- headers ---

    def header(self, name, value, compact=None):
        if compact and self.rng.random() < 0.12:
            name = self.one(compact, compact.upper())
        colon = self.one(" :", "\t: ", " \t :\t ", ":", ":\r\n ", ":  ", " \r\n : ", ":\n\t", "=", "", ";", ": \r\n\r\n ",
                         ":\r\n") \
            if self.odd(0.08) else ": "
        if self.odd(0.05):
            at = self.rng.randrange(len(value) + 1)
            value = value[:at] + self.one("\r\n ", "\n ", "\r ", "\r\n\t", "\r\n  ", "\r\n \r\n ", "\r\n\r\n ") + value[at:]
        return self.case(name) + colon + value

    def cseq(self, number, method):
        if self.odd(0.1):
            method = self.one(method.lower(), method + "X", " " + method, "\t" + method, self.one(*METHODS), "", method[:3],
                              ";" + method,
                              "\r\n " + method)
        sep = self.one("  ", "\t", "", "\r\n ", ",", "/") if self.odd(0.06) else " "
        return self.header("CSeq", self.number(number) + sep + method)

    def via(self, port):
        proto = "TCP" if self.tcp else "UDP"
        if self.odd(0.1):
            proto = self.one("TCP", "UDP", "TLS", "udp", "UDP ", "")
        tail = self.odd_port() if self.odd(0.12) else ":%d" % port
        return self.header("Via", "SIP/2.0/" + proto + self.gap() + self.in_uri(self.host()) + tail +
                           self.one(";branch=z9hG4bK1", ";branch=z9hG4bK1;rport", ""), "v")

    def decoys(self):
        """Headers that hide others or look like them."""
        return self.one("Contact-Foo: bar", "Contacts: <sip:a@%s>" % self.me, "m=audio 4000 RTP/AVP 0", "Max-Forwards: 70",
                        "Mx: y", "m:", "c=IN IP4 %s" % self.me, "m\xe4: x", "m\xd7: x", "m\xaa:<sip:a@x>", "M \xe4", "L\xc0: 3",
                        "l\xf7: 5", "Expires-Later: 7", "CSeqX: 5 INVITE", "CSeq-A: 4 REGISTER", " folded", "\tfolded",
                        "Content-LengthX: 5", "l: 0", "l=7", "Content-Length: 1", "v=0", "X-sip:1@2", "k: path", "Contact",
                        "Expires", "e: gzip",
                        "Contact: *", "Contact: <sip:h@host.example>", "Content-Type: text/plain", "x" * self.rng.randrange(200))

    def head(self, start, number, method, port, extra=()):
        """Start line and headers; in another order, doubled or missing now and then."""
        lines = [self.via(port), "From: <sip:a@%s>;tag=1" % self.in_uri(self.me), "To: <sip:b@%s>" % self.in_uri(self.peer),
                 self.header("Call-ID", self.call, "i"), self.cseq(number, method), *extra]
        if self.odd(0.06):
            self.rng.shuffle(lines)
        if self.odd(0.06):
            lines.insert(self.rng.randrange(len(lines) + 1), lines[self.rng.randrange(len(lines))])
        while self.odd(0.06):
            lines.insert(self.rng.randrange(len(lines) + 1), self.decoys())
        while lines and self.odd(0.04):
            lines.pop(self.rng.randrange(len(lines)))
        if self.odd(0.03):
            lines.insert(0, self.one("", " ", "\t", ""))
        return [start] + lines

    def length(self, body):
        """Content-Length, or none."""
        size = len(body)
        if self.odd(0.15):
            value = self.one(size - 1, size + 1, size - 3, size + 20, 0, 1, -1, 1 << 32, (1 << 32) + size, (1 << 32) - 1, 999999,
                             size * 2, (1 << 64) + size,
                             size // 2)
            text = self.one(str(value), str(value), str(value), "0%d" % size, "%dx" % size, "x", "", "%d %d" % (size, size),
                            "+%d" % size)
        else:
            text = str(size)
        if self.odd(0.06) or not self.tcp and self.rng.random() < 0.1:
            return []
        return [self.header("Content-Length", text, "l")]

    def whole(self, lines, body=""):
        """The bytes of a message."""
        if self.odd(0.04):
            return self.eol.join(lines + self.length(body)).encode("latin-1") + body.encode("latin-1")
        at = self.one(len(lines), len(lines), len(lines), 1)
        lines = lines[:at] + self.length(body) + lines[at:]
        text = self.eol.join(lines) + self.eol * 2 + body
        if self.odd(0.03):
            text = text.rstrip("\r\n")
        data = text.encode("latin-1")
        if self.odd(0.08):
            data = mutated(self.rng, data, ALPHABET)
        if self.odd(0.03):
            data = data[:self.rng.randrange(len(data) + 1)]
        if self.odd(0.04):
            data += self.one(b"m", b"m=", b"v", b"v=", b"\r\nm", b"\r\nm=", b"\r\nv=0", b"c", b"c=", b"l", b"CSeq",
                             b"Contact: sip:", b"Contact: sip:a@", b"m:",
                             b"\r\nm=audio 4000", b"\r\nm=a", b"\r\nm=audio ", b"\r\n ", b"\r",
                             b"\r\nContact: <sip:%s:5070" % self.in_uri(self.me).encode(),
                             b"\r\nContact: <sip:%s" % self.in_uri(self.me).encode(),
                             b"\r\nm: sip:%s:5070;" % self.in_uri(self.me).encode(), b"\r\nExpires: 5", b"\r\nExpires:",
                             b"\r\nCSeq: 1 INVITE")
        return data

    # --- messages ---

    def request_line(self, method):
        if self.odd(0.12):
            gap = self.one("  ", "\t", "", " \r\n", " ")
            target = self.one("\xe4", "\xd7", "\xb5", "a", "tel:+49123", "1sip:x", "sip:" + self.peer, "x", "", "*", "<sip:a>",
                              "sip:b@host.example", "Sip:b", "[::1]")
            return self.one(method, method.lower(), method + "X", method[:-1], " " + method, method.title()) + gap + target + \
                self.one(" SIP/2.0", "", " SIP/1.0", " HTTP/1.1")
        return method + " sip:b@" + self.in_uri(self.peer) + " SIP/2.0"

    def status_line(self, code):
        if self.odd(0.12):
            return self.one("SIP/2.0 0 x", "SIP/2.0 20000 x", "SIP/2.0 4294967296 x", "SIP/2.0 4294967295", "SIP/2.0 ",
                            "SIP/2.0  %d OK" % code,
                            "sip/2.0 %d OK" % code, "SIP/2.0\t%d OK" % code, "SIP/1.0 %d OK" % code, "SIP/2.0 %dOK" % code,
                            "SIP/2.0 0%d OK" % code,
                            "SIP/2.0 99 OK", "SIP/2.0 1 OK", "SIP/2.0 2", "SIP/2.0 19 x", "SIP/2.0 %d" % (code + (1 << 32)),
                            "SIP/2.0 x",
                            "SIP/2.0 300 x", "SIP/2.0 299 x", "SIP/2.0 -200 OK", "SIP/2.0 100 x", "SIP/2.0 99999999999999999999 x",
                            "SIP/2.0")
        return "SIP/2.0 %d OK" % code

    def register(self, number, port, sport):
        self.begin()
        extra = [self.header("Contact", self.contacts(port), "m")] if not self.odd(0.04) else []
        if self.rng.random() < 0.7:
            extra.append(self.header("Expires", self.number(self.one(600, 3600, 60, 0 if self.rng.random() < 0.1 else 90))))
        if self.odd(0.06):
            extra.append(self.header("Contact", self.contacts(self.one(port, 5070, 6000)), "m"))
        return self.whole(self.head(self.request_line("REGISTER"), number, "REGISTER", sport, extra))

    def entry(self, port):
        """One of a registrar's list: the right one, or nearly."""
        uri = "<sip:a@%s%s%s>" % (self.in_uri(self.one(self.peer, self.peer, self.peer, self.me, "host")),
                                  self.one("", ":%d" % port, ":%d" % port, ":%d" % port, ":70000", ":5070"),
                                  self.one("", "", ";transport=udp", ";transport=tcp"))
        return uri + self.one("", "", ";expires=0", ";expires=9", ";expires=400", ";expires=x", ";q=1", ";expires=1;expires=0")

    def listed(self, number, port):
        """The answer with a long list of contacts."""
        self.begin()
        self.wild = 0
        entries = [self.entry(port) for _ in range(self.one(1, 2, 3, 4))]
        value = entries[0] + "".join(self.one(",", ", ", ",\r\n ", "\r\n ,", ",x\r\n ", "\r\nContact: ", "\r\nm:",
                                              ",\r\n\t ") + entry for entry in entries[1:])
        extra = ["Contact: " + value] + ["Expires: %d" % self.one(0, 500)] * self.one(0, 1)
        self.rng.shuffle(extra)
        return self.whole(self.head("SIP/2.0 200 OK", number, "REGISTER", port, extra))

    def registered(self, code, number, contacts, sport):
        """The registrar's answer. contacts: [(host, port), ...] of the client."""
        self.begin()
        extra = []
        entries = [self.contact(port, host, self.rng.random() < 0.75) for host, port in contacts]
        if self.odd(0.1):
            entries.insert(self.rng.randrange(len(entries) + 1), self.contact(self.one(5060, 5070), self.one(self.peer, self.me,
                *self.others), True))
        if entries and self.rng.random() < 0.2:
            extra = [self.header("Contact", entry, "m") for entry in entries]
        elif entries:
            extra = [self.header("Contact", (self.one(",", ",\r\n ", " ,", ";", "") if self.odd(0.15) else ", ").join(entries),
                                 "m")]
        if self.rng.random() < 0.3:
            extra.insert(self.rng.randrange(len(extra) + 1), self.header("Expires", self.number(self.one(77, 900, 0, 20))))
        return self.whole(self.head(self.status_line(code), number, "REGISTER", sport, extra))

    def bare(self, number, method, length=True):
        """As little as is understood."""
        self.wild = 0
        self.eol = "\r\n"
        start = self.one("%s x" % method, "SIP/2.0 200", "SIP/2.0 1", "SIP/2.0 ", "SIP/2.0 4", "%s " % method, "SIP/2.0 486",
                         "sip/2.0 200 ok")
        lines = [start, "CSeq:%d %s" % (number, method)]
        if self.rng.random() < 0.3:
            lines = [lines[0], "m:sip:%s" % self.in_uri(self.me), "expires:9", lines[1]]
        return ("\r\n".join(lines + ["l:0"] * length) + "\r\n\r\n").encode()

    def request(self, method, number, sport, body=""):
        self.begin()
        return self.with_body(self.request_line(method), method, number, sport, body)

    def response(self, code, method, number, sport, body=""):
        self.begin()
        return self.with_body(self.status_line(code), method, number, sport, body)

    def with_body(self, start, method, number, sport, body):
        """body: made when the message has begun, if it is a function."""
        extra = [self.header("Contact", self.contacts(sport), "m")] if self.rng.random() < 0.5 else []
        if body:
            body = body()
            extra.append(self.one("Content-Type: application/sdp", "c: application/sdp", "Content-Type: text/plain"))
        return self.whole(self.head(start, number, method, sport, extra), body or "")
