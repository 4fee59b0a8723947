"""Frames of captures, read and mended for sending: pcap and pcapng, link headers, lengths, TTLs, checksums.

Written on purpose without a look at pinhole's own readers: two programs that agree are worth more than one.
"""
import ipaddress
import struct

IPV4, IPV6 = 0x0800, 0x86dd
VLAN_TYPES = {0x8100, 0x88a8, 0x9100}
ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
IPV6_FRAGMENT = 44
EXTENSIONS = {0: "options", 43: "routing", IPV6_FRAGMENT: "fragment", 51: "auth", 60: "options", 135: "options"}
TTL_MIN, TTL_RAISED = 2, 64     # a packet with less would die in the firewall


class Skip(Exception):
    """A frame that is not sent; the text says why, as goldens do."""


# --- files ---

def pcap_frames(data):
    """(link type, captured bytes, whether the capture cut it) of each record of a pcap file."""
    order = ">" if data[:4] in (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d") else "<"
    snap, link = struct.unpack_from(order + "II", data, 16)
    at = 24
    while at + 16 <= len(data):
        length, full = struct.unpack_from(order + "II", data, at + 8)
        frame = data[at + 16:at + 16 + min(length, snap or length)]
        yield link & 0xffff, frame, len(frame) < full
        at += 16 + length


def pcapng_frames(data):
    """(link type, captured bytes, whether the capture cut it) of each packet block of a pcapng file."""
    order, links, at = "<", [], 0
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12:
            return
        if kind == 1:
            links.append(struct.unpack_from(order + "H", data, at + 8)[0])
        elif kind == 6:
            interface, _, _, length, full = struct.unpack_from(order + "IIIII", data, at + 8)
            yield links[interface], data[at + 28:at + 28 + length], length < full
        elif kind == 3:
            full = struct.unpack_from(order + "I", data, at + 8)[0]
            yield links[0], data[at + 12:at + 12 + min(full, size - 16)], full > size - 16
        at += size


def frames_of(data):
    return pcapng_frames(data) if data[:4] == b"\x0a\x0d\x0d\x0a" else pcap_frames(data)


# --- link layers ---

def ethernet_like(kind_at):
    """A header whose two bytes at kind_at are an Ethernet type and end it; VLAN tags may follow."""
    def payload(frame):
        at = kind_at
        while len(frame) >= at + 2 and struct.unpack_from("!H", frame, at)[0] in VLAN_TYPES:
            at += 4
        kind = struct.unpack_from("!H", frame, at)[0] if len(frame) >= at + 2 else 0
        return frame[at + 2:] if kind in (IPV4, IPV6) else None
    return payload


def sll2(frame):
    return frame[20:] if len(frame) >= 20 and struct.unpack_from("!H", frame)[0] in (IPV4, IPV6) else None


def ppp(frame):
    frame = frame[2:] if frame[:2] == b"\xff\x03" else frame
    return frame[2:] if frame[:2] in (b"\x00\x21", b"\x00\x57") else None


LINKS = {1: ethernet_like(12), 113: ethernet_like(14), 276: sll2, 0: lambda frame: frame[4:], 108: lambda frame: frame[4:],
         9: ppp, 50: ppp, 104: ethernet_like(2), 12: bytes, 14: bytes, 101: bytes, 228: bytes, 229: bytes}


def packet_of(link, frame):
    """The IP packet in a frame, with whatever follows it. Raises Skip."""
    payload = LINKS[link](frame) if link in LINKS else None
    if not payload or payload[0] >> 4 not in (4, 6):
        raise Skip("not-ip")
    return payload


# --- packets ---

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def addresses(packet):
    """(source, destination) as text."""
    parts = (packet[12:16], packet[16:20]) if packet[0] >> 4 == 4 else (packet[8:24], packet[24:40])
    return tuple(str(ipaddress.ip_address(part)) for part in parts)


def upper_layer(packet):
    """(protocol, offset, is a fragment, is its destination elsewhere); protocol None: a header is cut."""
    if packet[0] >> 4 == 4:
        fragment = struct.unpack_from("!H", packet, 6)[0] & 0x3fff
        return packet[9], (packet[0] & 15) * 4, fragment != 0, False
    proto, at, fragment, elsewhere = packet[6], 40, False, False
    while proto in EXTENSIONS:
        kind = EXTENSIONS[proto]
        if len(packet) < at + 8:
            return None, at, fragment, elsewhere
        fragment |= kind == "fragment"
        elsewhere |= kind == "routing" and packet[at + 3] != 0
        size = {"fragment": 8, "auth": (packet[at + 1] + 2) * 4}.get(kind, (packet[at + 1] + 1) * 8)
        proto, at = packet[at], at + size
    return proto, at, fragment, elsewhere


def is_fragment(packet):
    return upper_layer(packet)[2]


def with_length(packet, cut):
    """(the packet without what follows it, what was mended, whether all of it is there). Raises Skip."""
    field, extra = (2, 0) if packet[0] >> 4 == 4 else (4, 40)
    if len(packet) < (extra or 20):
        raise Skip("short")
    length, there = struct.unpack_from("!H", packet, field)[0], len(packet) - extra
    # No length: an offloaded packet, unless a jumbo option or the header's own end says otherwise.
    if length == 0 and not cut and 0 < there <= 0xffff and (extra == 0 or packet[6] not in (0, 59)):
        return packet[:field] + struct.pack("!H", there) + packet[field + 2:], ["len"], True
    if length > there and cut:
        raise Skip("truncated")
    return packet[:max(length + extra, 20)], [], length <= there


def with_ttl(packet):
    at = 8 if packet[0] >> 4 == 4 else 7
    if packet[at] >= TTL_MIN or has_no_side(addresses(packet)[1]):
        return packet, []
    return packet[:at] + bytes([TTL_RAISED]) + packet[at + 1:], ["ttl"]


def with_ip_checksum(packet):
    """The IPv4 header with its checksum right."""
    size = (packet[0] & 15) * 4
    if packet[0] >> 4 != 4 or size < 20 or size > len(packet):
        return packet
    return packet[:10] + struct.pack("!H", checksum(packet[:10] + b"\0\0" + packet[12:size])) + packet[12:]


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def pseudo_header(packet, proto, length):
    if packet[0] >> 4 == 4:
        return packet[12:20] + struct.pack("!BBH", 0, proto, length)
    return packet[8:40] + struct.pack("!II", length, proto)


CHECKSUM_AT = {ICMP: 2, TCP: 16, UDP: 6, ICMPV6: 2, SCTP: 8}
HEADER_MIN = {ICMP: 4, TCP: 20, UDP: 8, ICMPV6: 4, SCTP: 12}


def right_checksum(packet, proto, body):
    """The checksum field that body, without one, should have; None: it has none, or cannot be said."""
    field = CHECKSUM_AT[proto]
    empty = body[:field] + (b"\0\0\0\0" if proto == SCTP else b"\0\0")
    empty += body[len(empty):]
    if proto == SCTP:
        return struct.pack("<I", crc32c(empty))
    if proto == UDP:
        length = struct.unpack_from("!H", body, 4)[0]
        if body[6:8] == b"\0\0" or length > len(body) or length < 8:
            return None
        empty = empty[:length]
    pseudo = b"" if proto == ICMP else pseudo_header(packet, proto, len(empty))
    value = checksum(pseudo + empty)
    return struct.pack("!H", 0xffff if proto == UDP and value == 0 else value)


def with_upper_checksum(packet):
    proto, at, fragment, elsewhere = upper_layer(packet)
    expected = ICMP if packet[0] >> 4 == 4 else ICMPV6
    if proto not in CHECKSUM_AT or fragment or elsewhere or (proto in (ICMP, ICMPV6) and proto != expected):
        return packet, []
    body = packet[at:]
    right = right_checksum(packet, proto, body) if len(body) >= HEADER_MIN[proto] else None
    start = CHECKSUM_AT[proto]
    if right is None or body[start:start + len(right)] == right:
        return packet, []
    return packet[:at] + body[:start] + right + body[start + len(right):], ["l4sum"]


def mend(packet, cut):
    """(packet ready to be sent, what was mended in goldens' words). cut: the capture has not all of it. Raises Skip."""
    packet, fixed, whole = with_length(packet, cut)
    if not whole:
        return packet, fixed
    packet, ttl = with_ttl(packet)
    fixed += ttl
    right = with_ip_checksum(packet)
    # A header mended elsewhere gets its sum anew without a word; only a wrong one is told of.
    if right != packet and not fixed:
        fixed.append("ipsum")
    packet, upper = with_upper_checksum(right)
    return packet, fixed + upper


def prepared(data, count):
    """[(packet, what was mended) or the reason why a frame is not sent] of a capture's first frames."""
    out = []
    for link, frame, cut in frames_of(data):
        if len(out) == count:
            break
        try:
            out.append(mend(packet_of(link, frame), cut))
        except Skip as skip:
            out.append(str(skip))
    return out


# --- sides ---

def has_no_side(text):
    """Addresses that no route leads to: multicast, the broadcast address, none at all."""
    address = ipaddress.ip_address(text)
    return (address.is_multicast or address.is_unspecified or text == "255.255.255.255" or
            (address.version == 6 and (address.is_link_local or address.is_loopback)))


def sides(packets, local=()):
    """[left, right] for headers. Who is seen first sends from the left; the peer of somebody placed goes to the other
    side. local: addresses with prefix lengths of the firewall on eth0; their networks are on the left."""
    interfaces = [ipaddress.ip_interface(text) for text in local]
    place, alone = {}, []
    for source, destination in map(addresses, packets):
        known = [one for one in (source, destination) if not has_no_side(one)]
        known = [one for one in known if all(one != str(interface.ip) for interface in interfaces)]
        for one in known:
            if any(ipaddress.ip_address(one) in interface.network for interface in interfaces):
                place.setdefault(one, 0)
        if len(known) < 2:
            alone += known
            continue
        for one, other in (known, reversed(known)):
            place.setdefault(one, 1 - place[other] if other in place else 0)
    for one in alone:
        place.setdefault(one, 0)
    return [[one for one in place if place[one] == side] for side in (0, 1)]
