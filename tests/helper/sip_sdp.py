"""Session descriptions, nearly right: the bodies of sip_text.py."""


def media_word(w):
    if w.odd(0.1):
        return w.one("application", "text", "Audio", "AUDIO", "audio1", "imag", "message", "audios", "vide", "", "audi\xe4",
                     "\xd7audio", "audio\xf7", "audio",  "images", " audio")
    return w.one("audio", "audio", "audio", "video", "image")


def media_port(w, port):
    if w.odd(0.04):
        return "0" * w.rng.randrange(3) + str(w.rng.randrange(1 << w.rng.randrange(8, 40)))
    if w.odd(0.15):
        return w.one("0", "%d/2" % port, "%d" % (port | 1), "1023", "1024", "65535", "65534", "65536", "70000", "99999999999",
                     "4294967295",
                     "4294967296", "4294971296", "1", "80", "0%d" % port, "000000%d" % port, "", "x", "-4000", "%dx" % port,
                     "65537", "00", "+5000",
                     "131072", "1022")
    return str(port)


def connection(w, host):
    """A c= line."""
    kind = "IN IP6 " if w.six else "IN IP4 "
    if w.odd(0.12):
        kind = w.one("IN IP4 ", "IN IP6 ", "in ip4 ", "IN IP4", "IN  IP4 ", "IN\tIP4 ", "IP4 ", "XX IP4 ", "IN IP4  ", "IN IP5 ",
                     "x IN IP4 ", "x IN IP6 ", "")
    name = w.one("C=", "c =", "c:", " c=", "c= ", "cc=", "c") if w.odd(0.06) else "c="
    text = w.spelled(host)
    if w.odd(0.06):
        text = w.one("[" + text + "]", text + "/127", text + "/127/3", text + " x", text + "x", text + "\t", text + ",", text + "@")
    return name + kind + text


def media(w, port):
    """An m= line and what belongs to it."""
    name = w.one("M=", "m =", "m:", " m=", "m= ", "mm=") if w.odd(0.05) else "m="
    gap = w.one("  ", "\t", "", " \t") if w.odd(0.05) else " "
    tail = w.one(" RTP/AVP 0", " RTP/AVP 0 8 101", " RTP/AVP 0", " udptl t38", "") if w.odd(0.3) else " RTP/AVP 0"
    out = [name + media_word(w) + gap + media_port(w, port) + tail]
    if w.rng.random() < 0.2:
        out.append(connection(w, w.who() if w.rng.random() < 0.8 else w.one(w.peer, *w.others)))
    if w.rng.random() < 0.3:
        out.append(w.one("a=sendrecv", "a=rtpmap:0 PCMU/8000", "a=inactive", "b=AS:64", "i=x", "a=rtcp:%d" % (port + 1)))
    if w.odd(0.05):
        out.append(connection(w, w.who()))
    return out


def description(w, ports):
    """The text of a description that offers these ports."""
    version = w.one("v=1", "v=", "v=x", "V=0", "v =0", "v=00", " v=0", "v:0", "v=0x", "v= 0", "x=0") if w.odd(0.08) else "v=0"
    lines = [version, "o=a 1 1 IN IP%d %s" % (6 if w.six else 4, w.me), "s=-"]
    if not w.odd(0.1):
        lines.append(connection(w, w.who()))
    lines.append("t=0 0")
    if w.odd(0.05):
        lines.insert(w.rng.randrange(len(lines)), connection(w, w.who()))
    for port in ports:
        lines += media(w, port)
    if w.odd(0.05):
        w.rng.shuffle(lines)
    while w.odd(0.05):
        lines.pop(w.rng.randrange(len(lines))) if lines else None
    if w.odd(0.03):
        lines += lines
    eol = w.one("\n", "\r", "\r\n", "\n\n") if w.odd(0.08) else w.eol
    last = w.one("", eol, eol + eol, eol[:1]) if w.odd(0.15) else eol
    return eol.join(lines) + last
