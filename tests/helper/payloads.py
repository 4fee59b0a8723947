"""Random and mutated talks for kernel_helpers.py: what clients and servers of six protocols say, nearly.

A talk is [(side, payload), ...]; side "C" or "S", or for netbios-ns and snmp "B": a packet of the asking host itself, whose
payload is (address, port, payload), and "A": an answer to it, (address, port).
"""
import ipaddress
import struct

START = b"\0\0\0\x07"


def mutated(rng, data, alphabet):
    """One or two small changes."""
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(data) + 1)
        some = bytes(rng.choice(alphabet) for _ in range(rng.choice((1, 1, 1, 2, 5))))
        end = at + rng.choice((0, 1, 1, 2, 6))
        how = rng.randrange(4)
        if how == 0:
            data = data[:at] + some + data[at:]
        elif how == 1:
            data = data[:at] + data[end:]
        elif how == 2:
            data = data[:at] + some + data[end:]
        else:
            data = data[:at] + data[rng.randrange(len(data) + 1):]
    return data


def port_text(rng):
    return rng.choice((str(rng.randrange(65536)), str(rng.randrange(1024, 65536)), str(rng.randrange(1024)), "0",
                       str(65536 + rng.randrange(70000)), "0%d" % rng.randrange(65536), "", "x", "4294967297"))


# --- irc ---

def irc_address(rng, client, server):
    number = int(ipaddress.ip_address(client))
    if rng.random() < 0.85:
        return str(number)
    return rng.choice((str(number + (rng.randrange(1, 9) << 32)), "00%d" % number, str(number + 1), client, hex(number), "0", "",
                       str(int(ipaddress.ip_address(server))), "-%d" % number, "%dx" % number, "2130706433"))


def irc_offer(rng, client, server):
    verb = rng.choice(("SEND", "CHAT", "MOVE", "TSEND", "SCHAT", "SEND", "CHAT") * 2 + ("RESUME", "send", "XMIT"))
    name = rng.choice(("f.txt", "chat", "a", "") * 3 + ('"my_file"', '"my file"', "f" * rng.randrange(40), "SCHAT"))
    port = str(rng.randrange(1, 65536)) if rng.random() < 0.8 else port_text(rng)
    gap = rng.choice((" ",) * 8 + ("  ", "    ", "\t"))
    tail = rng.choice((" 123\x01\r\n", "\x01\r\n", " 123\x01\n", "\n") * 3 +
                      ("\r\n", " 1\x01", "abc\r\n", " 77\r", "\x01\n\nQUIT\r\n"))
    return "DCC %s %s %s%s%s%s" % (verb, name, irc_address(rng, client, server), gap, port, tail)


def irc_line(rng, client, server):
    before = rng.choice(("",) * 12 + ("\r\n  ", "\n", "  ", "PING x\r\n", ":me ", "PRIVMSG x hi\r\n"))
    word = rng.choice(("PRIVMSG ",) * 12 + ("privmsg ", "PrivMsg ", "NOTICE ", "PRIVMSG\t"))
    target = rng.choice(("bob", "b", "#channel", "", "a,b", "b\r\nX"))
    text = rng.choice((" :\x01",) * 16 + (" :hi \x01", " \x01", " : \x01", ":\x01"))
    return before + word + target + text + irc_offer(rng, client, server)


def irc_size(rng, client, server):
    """An offer whose line feed is near byte 4095."""
    offer = " :\x01DCC SEND f %d %d\n" % (int(ipaddress.ip_address(client)), rng.randrange(1024, 65536))
    room = rng.randrange(4085, 4105) - len("PRIVMSG ") - len(offer)
    return "PRIVMSG " + "b" * room + offer + "x" * rng.choice((0, 1, 50))


def irc(rng, client, server, sport):
    out = []
    for _ in range(rng.randrange(1, 4)):
        text = irc_size(rng, client, server) if rng.random() < 0.03 else irc_line(rng, client, server)
        if rng.random() < 0.1:
            text += irc_line(rng, client, server)
        data = text.encode("latin-1")
        if rng.random() < 0.2:
            data = mutated(rng, data, b" :\x01\r\nDC0159SP\t")
        out.append(("S" if rng.random() < 0.05 else "C", data))
    return out


# --- tftp ---

def tftp(rng, client, server, sport):
    out = []
    for _ in range(rng.randrange(1, 4)):
        opcode = rng.choice((1, 2) * 5 + (0, 3, 4, 5, 6, 256, 257, rng.randrange(65536)))
        body = rng.choice((b"file\0octet\0", b"", b"f", b"\0\0", b"a" * rng.randrange(300), b"f\0netascii\0blksize\x001428\0"))
        data = struct.pack("!H", opcode) + body
        if rng.random() < 0.3:
            data = mutated(rng, data, b"\0\1\2\3f")
        out.append(("S" if rng.random() < 0.2 else "C", data))
    return out


# --- amanda ---

def amanda_line(rng):
    words = [rng.choice(("CONNECT", "CONNECT", "CONNECT", "CONNECT", "CONNECT", "CONNECT", "connect", "XXCONNECT", "CONNEC"))]
    for _ in range(rng.choice((0, 1, 2, 3, 3, 4, 4))):
        key = rng.choice(("DATA", "MESG", "INDEX", "STATE", "DATA", "MESG", "XDATA", "data", "ABCD"))
        port = str(rng.randrange(1, 65536)) if rng.random() < 0.75 else port_text(rng) + rng.choice(("", "-1", "x"))
        words.append(key + rng.choice((" ", " ", " ", " ", " ", "  ", "")) + port)
    return " ".join(words) + rng.choice(("\n", "\n", "\n", "\n", "\r\n", "", " \n"))


def amanda(rng, client, server, sport):
    out = [("C", b"Amanda 2.4 REQ HANDLE 000-0 SEQ 1\n")]
    for _ in range(rng.randrange(1, 4)):
        head = rng.choice(("Amanda 2.4 REP HANDLE 000-0 SEQ 1\n", "", "Amanda 2.4 ACK HANDLE 000-0 SEQ 1\n", "x"))
        text = head + amanda_line(rng) + rng.choice(("", "OPTIONS ;\n", amanda_line(rng)))
        data = text.encode("latin-1")
        if rng.random() < 0.3:
            data = mutated(rng, data, b" \nCDATMESGINDX0123456789")
        out.append(("C" if rng.random() < 0.05 else "S", data))
    return out


# --- sane ---

def sane(rng, client, server, sport):
    out = []
    for _ in range(rng.randrange(1, 4)):
        request = rng.choice((START,) * 12 + (b"\0\0\0\x06", b"\x07\0\0\0")) + bytes(4)
        port = struct.pack("!H", rng.randrange(65536))
        reply = rng.choice((bytes(6),) * 12 + (b"\0\0\0\7\0\0", b"\0\0\0\0\0\1")) + port
        reply += rng.choice((b"\0\0\x12\x34\0\0\0\0", b"", b"x"))
        if rng.random() < 0.07:
            request = mutated(rng, request, b"\0\7x")
        if rng.random() < 0.07:
            reply = mutated(rng, reply, b"\0\7x")
        out.append(("C", request))
        if rng.random() < 0.07:
            out.append(("C", rng.choice((b"", b"xxx", bytes(8), START + bytes(4)))))
        if rng.random() < 0.1:
            out.append(("S", rng.choice((b"", b"", b"\0", reply))))
        out.append(("S", reply))
    if rng.random() < 0.05:
        out = [("S" if side == "C" else "C", data) for side, data in out]
    return out


# --- netbios-ns, snmp ---

def broadcast(rng, client, server, sport):
    """Questions of the host, to its broadcast addresses and elsewhere, and answers from everywhere."""
    out = []
    for _ in range(rng.randrange(1, 4)):
        to = rng.choice(("10.77.1.255",) * 6 + ("10.77.2.127",) * 2 +
                        ("10.77.1.2", "255.255.255.255", "10.77.1.254", "10.77.2.3"))
        port = rng.choice((137, 137, 161, 161, 138, rng.randrange(1, 65536)))
        out.append(("B", (to, port, bytes(rng.randrange(256) for _ in range(rng.randrange(60))))))
        for _ in range(rng.choice((0, 0, 1, 2))):
            out.append(("A", (rng.choice(("10.77.1.7", "10.77.1.77", "10.77.1.200", "10.78.0.9")), rng.choice((137, 161, 138)))))
    return out


TALK = {"irc": irc, "tftp": tftp, "amanda": amanda, "sane": sane, "netbios-ns": broadcast, "snmp": broadcast}
