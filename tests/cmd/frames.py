"""Captures made by hand, for tests of the program."""
import socket
import struct


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def ipv4(src, dst, proto, body, ttl=64, ident=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, 0, ttl, proto, 0, socket.inet_aton(src),
                       socket.inet_aton(dst))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def tcp(src, dst, flags, seq=1, ack=0, payload=b"", ttl=64, ident=0):
    """src, dst: (address, port). flags: letters of S F R P A."""
    bits = sum({"F": 1, "S": 2, "R": 4, "P": 8, "A": 16}[letter] for letter in flags)
    body = struct.pack("!HHIIBBHHH", src[1], dst[1], seq, ack, 0x50, bits, 65535, 0, 0) + payload
    pseudo = socket.inet_aton(src[0]) + socket.inet_aton(dst[0]) + struct.pack("!HH", 6, len(body))
    body = body[:16] + struct.pack("!H", checksum(pseudo + body)) + body[18:]
    return ipv4(src[0], dst[0], 6, body, ttl, ident)


def udp(src, dst, payload=b"", ttl=64, ident=0):
    body = struct.pack("!HHHH", src[1], dst[1], 8 + len(payload), 0) + payload
    return ipv4(src[0], dst[0], 17, body, ttl, ident)


def pcap(frames, link=101):
    """frames: (seconds, packet) pairs."""
    out = struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, link)
    for when, data in frames:
        out += struct.pack("<IIII", int(when), round(when % 1 * 1e6), len(data), len(data)) + data
    return out


def block(kind, body):
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def pcapng(names, frames, link=1):
    """frames: (index of the interface, seconds, IP packet) triples. Ethernet, for libpcap 1.10 refuses a second
    interface of link type 101."""
    out = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    for name in names:
        text = name.encode()
        option = struct.pack("<HH", 2, len(text)) + text + b"\0" * (-len(text) % 4) + b"\0\0\0\0"
        out += block(1, struct.pack("<HHI", link, 0, 65535) + option)
    for iface, when, packet in frames:
        data = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + packet
        micros = round(when * 1e6)
        out += block(6, struct.pack("<IIIII", iface, micros >> 32, micros & 0xffffffff, len(data), len(data)) + data)
    return out


def ftp_session(client=("10.20.0.2", 40000)):
    """Packets of an active FTP session, with sequence numbers that fit: (seconds, from client, packet)."""
    server, data = ("10.30.0.2", 21), ("10.20.0.2", 51210)
    asked = b"PORT 10,20,0,2,200,10\r\n"
    steps = [
        (True, dict(flags="S", seq=1)), (False, dict(flags="SA", seq=501, ack=2)), (True, dict(flags="A", seq=2, ack=502)),
        (False, dict(flags="PA", seq=502, ack=2, payload=b"220 ready\r\n")), (True, dict(flags="A", seq=2, ack=513)),
        (True, dict(flags="PA", seq=2, ack=513, payload=b"USER a\r\n")), (False, dict(flags="A", seq=513, ack=10)),
        (True, dict(flags="PA", seq=10, ack=513, payload=asked)), (False, dict(flags="A", seq=513, ack=33)),
    ]
    out = [(i / 100, mine, tcp(client if mine else server, server if mine else client, **spec))
           for i, (mine, spec) in enumerate(steps)]
    out.append((0.2, False, tcp((server[0], 20), data, "S", seq=900)))
    out.append((0.21, True, tcp(data, (server[0], 20), "SA", seq=700, ack=901)))
    out.append((0.22, False, tcp((server[0], 20), data, "A", seq=901, ack=701)))
    return out


def lower(packet):
    """The packet as a router lets it out: one hop less, header checksum right."""
    head = packet[:8] + bytes([packet[8] - 1]) + packet[9:10] + b"\0\0" + packet[12:20]
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + packet[20:]


def two_sides(session, delay=0.0001):
    """The captures of both interfaces of a firewall that forwards everything: eth0 with the client, eth1."""
    sides = {"eth0": [], "eth1": []}
    for when, mine, packet in session:
        sides["eth0" if mine else "eth1"].append((when, packet))
        sides["eth1" if mine else "eth0"].append((when + delay, lower(packet)))
    return {name: sorted(frames, key=lambda frame: frame[0]) for name, frames in sides.items()}
