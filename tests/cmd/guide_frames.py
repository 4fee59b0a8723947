#!/usr/bin/env python3
"""The small captures of docs/guide: what comes in by eth0 and eth1 of a firewall, same bytes every time.

  guide_frames.py FOLDER       writes them there
"""
import os
import socket
import struct
import sys

import frames

CLIENT, SERVER = "10.20.0.2", "10.30.0.2"
CLIENT6, SERVER6 = "2001:db8:20::2", "2001:db8:30::2"


def ipv6(src, dst, proto, body, hops=64):
    source, dest = socket.inet_pton(socket.AF_INET6, src), socket.inet_pton(socket.AF_INET6, dst)
    at = {6: 16, 17: 6, 58: 2}[proto]
    total = frames.checksum(source + dest + struct.pack("!II", len(body), proto) + body)
    body = body[:at] + struct.pack("!H", total) + body[at + 2:]
    return struct.pack("!IHBB", 6 << 28, len(body), proto, hops) + source + dest + body


def tcp(src, dst, flags, seq=1, ack=0, payload=b""):
    """As frames.tcp, of either family."""
    if ":" not in src[0]:
        return frames.tcp(src, dst, flags, seq, ack, payload)
    bits = sum({"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}[letter] for letter in flags)
    return ipv6(src[0], dst[0], 6, struct.pack("!HHIIBBHHH", src[1], dst[1], seq, ack, 0x50, bits, 65535, 0, 0) + payload)


def udp(src, dst, payload=b"x"):
    if ":" not in src[0]:
        return frames.udp(src, dst, payload)
    return ipv6(src[0], dst[0], 17, struct.pack("!HHHH", src[1], dst[1], 8 + len(payload), 0) + payload)


class Talk:
    """A TCP conversation, told as (interface, packet): the client's side comes in by client_iface."""

    def __init__(self, client, server, client_iface="eth0"):
        self.ends = client, server
        self.iface = client_iface, "eth1" if client_iface == "eth0" else "eth0"
        self.next = [1000, 5000]
        self.out = []
        for who, flags in (0, "S"), (1, "SA"), (0, "A"):
            self.send(who, flags)

    def send(self, who, flags, payload=b"", iface=None):
        """who: 0 the client, 1 the server. iface: where a forged one comes in."""
        ack = self.next[1 - who] if "A" in flags else 0
        packet = tcp(self.ends[who], self.ends[1 - who], flags, self.next[who], ack, payload)
        self.next[who] += len(payload) + ("S" in flags)
        self.out.append((iface or self.iface[who], packet))

    def say(self, who, line, iface=None):
        self.send(who, "PA", line.encode() + b"\r\n", iface)

    def login(self):
        self.say(1, "220 ready")
        self.say(0, "USER guest")
        self.say(1, "230 welcome")
        return self


def passive(client, server, port, client_iface="eth0"):
    """An FTP control connection that asks for a passive transfer, and the first packet of it."""
    talk = Talk((client, 40000), (server, port), client_iface).login()
    talk.say(0, "PASV")
    talk.say(1, "227 Entering Passive Mode (%s,117,48)" % server.replace(".", ","))
    talk.out.append((talk.iface[0], tcp((client, 40001), (server, 30000), "S")))
    return talk.out


def forged_reply(client, server, line):
    """The server's announcement comes in by the client's interface; then the announced port is tried."""
    talk = Talk((client, 40000), (server, 21)).login()
    talk.say(0, "NOOP")
    talk.say(1, line, iface="eth0")
    talk.out.append(("eth0", tcp((client, 40001), (server, 3306), "S")))
    return talk.out


def sources(outside, inside, target):
    """Datagrams to one target, by where they come in and where they say they are from."""
    out = [("eth0", udp((src, 4000), (target[0], 5000))) for src in outside]
    return out + [("eth1", udp((src, 4000), (target[1], 5000))) for src in inside]


def sources4():
    return sources(["198.51.100.7", "10.30.0.9", "10.40.0.9"], ["10.30.0.2", "10.40.0.2", "10.20.0.9", "203.0.113.9"],
                   ("10.30.0.2", "10.20.0.2"))


def sources6():
    out = sources(["2001:db8:ffff::7", "2001:db8:30::9", "2001:db8:40::9"],
                  ["2001:db8:30::2", "2001:db8:40::2", "2001:db8:20::9", "2001:db8:ffff::9"], (SERVER6, CLIENT6))
    wanted = socket.inet_pton(socket.AF_INET6, "2001:db8:30::5")
    solicit = struct.pack("!BBHI", 135, 0, 0, 0) + wanted
    out.append(("eth1", ipv6("::", "ff02::1:ff00:5", 58, solicit, 255)))
    out.append(("eth1", ipv6("fe80::5", "ff02::1:ff00:1", 58, solicit[:8] + socket.inet_pton(socket.AF_INET6, "2001:db8:30::1"), 255)))
    return out


def sip(start, headers, body=()):
    text = "\r\n".join(body) + ("\r\n" if body else "")
    lines = [start, "Via: SIP/2.0/UDP 10.20.0.2:5060;branch=z9", *headers]
    lines += ["Content-Type: application/sdp"] if body else []
    return ("\r\n".join(lines + ["Content-Length: %d" % len(text), "", ""]) + text).encode()


def sip_third_parties():
    """A client registers; somebody who is not the registrar calls it; then it calls, and wants the sound sent to another host."""
    phone, proxy = (CLIENT, 5060), (SERVER, 5060)
    who = ["From: <sip:alice@10.30.0.2>;tag=1", "To: <sip:alice@10.30.0.2>", "Call-ID: register@10.20.0.2", "CSeq: 1 REGISTER"]
    contact = "Contact: <sip:alice@10.20.0.2:5070>"
    call = ["From: <sip:alice@10.30.0.2>;tag=2", "To: <sip:bob@10.30.0.2>", "Call-ID: call@10.20.0.2", "CSeq: 1 INVITE",
            "Contact: <sip:alice@10.20.0.2:5060>"]
    sound = ["v=0", "o=alice 1 1 IN IP4 10.20.0.2", "s=-", "c=IN IP4 10.20.0.3", "t=0 0", "m=audio 4000 RTP/AVP 0"]
    stranger = ["From: <sip:eve@10.30.0.3>;tag=3", "To: <sip:alice@10.20.0.2>", "Call-ID: call@10.30.0.3", "CSeq: 1 INVITE"]
    return [("eth0", udp(phone, proxy, sip("REGISTER sip:10.30.0.2 SIP/2.0", who + [contact, "Expires: 600"]))),
            ("eth1", udp(proxy, phone, sip("SIP/2.0 200 OK", who + [contact + ";expires=600"]))),
            ("eth1", udp(("10.30.0.3", 5060), (CLIENT, 5070), sip("INVITE sip:alice@10.20.0.2:5070 SIP/2.0", stranger))),
            ("eth0", udp(phone, proxy, sip("INVITE sip:bob@10.30.0.2 SIP/2.0", call, sound))),
            ("eth1", udp((SERVER, 6000), ("10.20.0.3", 4000), b"\x80\0" + bytes(10)))]


def sip_call():
    """A call both of whose ends send sound; then the server sends some from another port."""
    phone, server = (CLIENT, 5060), (SERVER, 5060)
    call = ["From: <sip:alice@10.30.0.2>;tag=2", "To: <sip:bob@10.30.0.2>", "Call-ID: call@10.20.0.2", "CSeq: 1 INVITE"]
    rtp = b"\x80\0" + bytes(10)

    def sound(address, port):
        return ["v=0", "o=- 1 1 IN IP4 " + address, "s=-", "c=IN IP4 " + address, "t=0 0", "m=audio %d RTP/AVP 0" % port]

    return [("eth0", udp(phone, server, sip("INVITE sip:bob@10.30.0.2 SIP/2.0", call + ["Contact: <sip:alice@10.20.0.2:5060>"],
                                            sound(CLIENT, 4000)))),
            ("eth1", udp(server, phone, sip("SIP/2.0 200 OK", call + ["Contact: <sip:bob@10.30.0.2:5060>"], sound(SERVER, 6000)))),
            ("eth0", udp((CLIENT, 4000), (SERVER, 6000), rtp)),
            ("eth1", udp((SERVER, 6000), (CLIENT, 4000), rtp)),
            ("eth1", udp((SERVER, 6002), (CLIENT, 4000), rtp))]


CAPTURES = {
    "port2121": passive(CLIENT, "1.2.3.4", 2121),
    "older": passive(CLIENT, "2.3.4.5", 21),
    "outward": passive("10.30.0.5", "198.51.100.21", 21, "eth1"),
    "forged-227": forged_reply(CLIENT, SERVER, "227 Entering Passive Mode (10,30,0,2,12,234)"),
    "forged-229": forged_reply(CLIENT6, SERVER6, "229 Entering Extended Passive Mode (|||3306|)"),
    "sources4": sources4(),
    "sources6": sources6(),
    "sip": sip_third_parties(),
    "sip-call": sip_call(),
}


def files():
    """Name and content of each capture file: NAME.eth0.pcap and NAME.eth1.pcap."""
    out = {}
    for name, packets in CAPTURES.items():
        for iface in "eth0", "eth1":
            out["%s.%s.pcap" % (name, iface)] = frames.pcap([(i / 100, packet) for i, (where, packet) in enumerate(packets)
                                                             if where == iface])
    return out


if __name__ == "__main__":
    for file_name, content in files().items():
        with open(os.path.join(sys.argv[1], file_name), "wb") as file:
            file.write(content)
