/* Addresses, frames and the mending of captured packets: the bytes of ONE packet.
 *
 * Nothing here keeps state between calls; any thread may call. Ports and lengths are in host order,
 * addresses stay bytes. */
#ifndef PINHOLE_NET_H
#define PINHOLE_NET_H

#include <pinhole/base.h>

enum { PH_IPV4 = 4, PH_IPV6 = 6 };

enum ph_proto {
	PH_PROTO_ICMP = 1, PH_PROTO_IGMP = 2, PH_PROTO_IPIP = 4, PH_PROTO_TCP = 6, PH_PROTO_UDP = 17,
	PH_PROTO_IPV6 = 41, PH_PROTO_GRE = 47, PH_PROTO_ESP = 50, PH_PROTO_AH = 51, PH_PROTO_ICMPV6 = 58,
	PH_PROTO_SCTP = 132, PH_PROTO_UDPLITE = 136,
};

/* An IPv4 address fills the first four bytes, the rest is zero. */
struct ph_addr {
	uint8_t b[16];
};

#define PH_ADDR_TEXT 46         /* room for any address as text, with its terminator */

/* Writes the usual text form; returns out. */
PH_API const char *ph_addr_format(char out[PH_ADDR_TEXT], uint8_t family, const struct ph_addr *addr);

/* Reads the usual text form of a family. text need not be terminated. False: not such an address, *out unchanged. */
PH_API PH_MUST_CHECK bool ph_addr_parse(uint8_t family, const char *text, size_t len, struct ph_addr *out);

/* How the frames of a capture begin. */
enum ph_link {
	PH_LINK_NONE = 0,       /* not one of those below: nothing can be read */
	PH_LINK_ETHERNET, PH_LINK_RAW, PH_LINK_NULL, PH_LINK_LOOP, PH_LINK_SLL, PH_LINK_SLL2, PH_LINK_PPP,
	PH_LINK_CHDLC,
};

/* One frame as a door hands it over. data: borrowed, len bytes of the wire_len that were on the wire. */
struct ph_frame {
	const uint8_t *data;
	uint32_t len, wire_len;
	enum ph_link link;
	uint64_t time_ms;       /* of any fixed epoch; may not matter to a frozen clock */
};

/* Finds the IP packet in a frame, behind Ethernet (with 802.1Q and 802.1ad tags), cooked, raw, loopback PPP or
 * Cisco HDLC headers.
 * family, at, len: set when true (len = bytes present after the link header, padding included). vlan: outermost
 * tag's id or -1. False: no IP in it. */
struct ph_l3 {
	uint32_t at, len;
	uint8_t family;
	int32_t vlan;
	int32_t ifindex;        /* cooked v2 says it; -1 otherwise */
};
PH_API PH_MUST_CHECK bool ph_frame_l3(const struct ph_frame *frame, struct ph_l3 *out);

/* What a line about one packet says of it, for people; the engine decides on its own reading. Zero where a field does
 * not apply. */
struct ph_brief {
	struct ph_addr src, dst;
	uint32_t len;                   /* as the IP header says, at most what is there */
	uint32_t payload_len;           /* behind the upper-layer header, if that is complete */
	uint16_t sport, dport;
	uint16_t frag_off;              /* bytes */
	uint8_t family, proto;
	uint8_t tcp_flags;              /* bit 0 FIN, 1 SYN, 2 RST, 3 PSH, 4 ACK, 5 URG, 6 ECE, 7 CWR */
	uint8_t icmp_type, icmp_code;
	bool has_ports, has_flags, has_icmp, is_frag;
	bool has_call;                  /* GRE of PPTP */
	uint16_t call;                  /* its receiver's */
};

/* ip: a packet, len bytes present. False: no IP header that can be read, *out is all zero. */
PH_API PH_MUST_CHECK bool ph_packet_brief(const uint8_t *ip, uint32_t len, struct ph_brief *out);

/* What a capture taken on a host with offloading, or away from the firewall, gets wrong. */
enum ph_mend {
	PH_MEND_LENGTH = 1,     /* IP length 0 of a packet handed to the card in one piece */
	PH_MEND_TTL = 2,        /* hop limit 0 or 1, to 64: used up where the capture was taken, not here; not of
	                         * packets that no router passes on (multicast, broadcast, IPv6 link-local) */
	PH_MEND_IPSUM = 4,      /* IPv4 header checksum */
	PH_MEND_L4SUM = 8,      /* TCP, UDP, ICMP, ICMPv6, SCTP checksum; not of fragments, not UDP without one */
};

/* Mends in place what was asked and is wrong. ip: the packet, len bytes. wire_len: its length on the wire, which fills
 * in a length of 0 if all of it is here. Returns the set of PH_MEND_* that changed something. Packets that are
 * malformed or not all here are left alone, and so are upper-layer checksums of fragments, behind a routing header
 * with segments left, and of a header that is cut short. A header checksum that is right stays right, a wrong one
 * wrong, unless PH_MEND_IPSUM is asked for. */
PH_API unsigned ph_packet_mend(uint8_t *ip, uint32_t len, uint32_t wire_len, unsigned what);

#endif
