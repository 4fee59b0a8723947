/* One IP packet, looked at once: what tracking, rules and helpers ask about it. Borrowed bytes, no state.
 * spec/tracking.md 1.5 and 1.6 say how the upper-layer header is found and what is checked. */
#ifndef PH_NET_PACKET_H
#define PH_NET_PACKET_H

#include <pinhole/net.h>
#include "base/cursor.h"

enum ph_tcp_flag {
	PH_TCP_FIN = 1, PH_TCP_SYN = 2, PH_TCP_RST = 4, PH_TCP_PSH = 8, PH_TCP_ACK = 16, PH_TCP_URG = 32,
	PH_TCP_ECE = 64, PH_TCP_CWR = 128,
};

enum ph_pkt_error {
	PH_PKT_OK = 0,
	PH_PKT_SHORT,           /* shorter than its header, or than the header says */
	PH_PKT_HEADER,          /* version, header length, total length below it, or header checksum wrong */
	PH_PKT_OPTIONS,         /* IPv6 hop-by-hop options that a router must not pass on */
};

/* family, addresses, lengths are always set (zero where the packet ends before them); l4 only where l4_found. */
struct ph_pkt {
	const uint8_t *ip;              /* the packet, cut to the length its header says */
	uint32_t len;
	struct ph_addr src, dst;
	uint8_t family, ttl, tos;       /* ttl: hop limit; tos: traffic class */
	uint8_t l4_proto;               /* IPv6: what stands behind the extension headers; where the chain
	                                 * ends early, the header it ends at (59, or the broken one) */
	bool is_frag;                   /* any fragment of a datagram in pieces; not an IPv6 "atomic" one (RFC 6946) */
	bool l4_found;                  /* an upper-layer header exists (not behind a later fragment, 59 or a broken chain) */
	uint16_t frag_off;              /* bytes; 0 in the first one */
	bool frag_more;
	bool source_routed;             /* IPv6: a routing header with segments left: dst is not where it ends */
	uint16_t ip_hdr_len;            /* up to the upper-layer header */
	struct ph_cur l4;               /* header and payload; may be empty */
	/* The rest only if the l4 header is complete (l4_complete). */
	bool l4_complete;
	uint16_t sport, dport;          /* TCP, UDP, UDP-Lite, SCTP: as soon as 4 bytes are there (has_ports) */
	bool has_ports;
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id;
	uint32_t seq, ack;
	uint16_t win;
	uint8_t tcp_flags, tcp_off;     /* tcp_off: bytes, as the header says, unchecked */
	struct ph_cur payload;          /* behind the l4 header; TCP: behind the options, empty when tcp_off is wrong */
};

/* Reads the packet at ip, len bytes present; more than the header says is cut off. PH_PKT_OK, or why Linux discards it
 * before any rule (RFC 1812 5.2.2, RFC 8200 4.2); then only family, addresses and lengths are set, as far as they
 * could be read. A packet that is OK may still have no upper-layer header. */
PH_MUST_CHECK enum ph_pkt_error ph_pkt_parse(const uint8_t *ip, uint32_t len, struct ph_pkt *pkt);

/* Reads a packet quoted in an ICMP error, of which len bytes are there: its lengths and checksums are not looked at
 * (spec/tracking.md 1.8). family: of the error. False: no upper-layer header to be found. */
PH_MUST_CHECK bool ph_pkt_parse_quoted(uint8_t family, const uint8_t *ip, uint32_t len, struct ph_pkt *pkt);

/* Whether the options of a hop-by-hop header let a router pass it on. header: all of it. *jumbo_len: payload length
 * of a jumbogram (RFC 2675), above 65535; 0 if it is none. */
PH_MUST_CHECK bool ph_pkt_hop_options_ok(const struct ph_cur *header, uint32_t *jumbo_len);

/* Whether Linux discards this IPv6 packet for its addresses when it comes in anywhere but on the loopback interface:
 * ::1 at either end, a multicast source, a multicast destination of interface-local or no scope (RFC 4291 2.5.3, 2.7). */
PH_MUST_CHECK bool ph_pkt_bad_address(const struct ph_pkt *pkt);

/* Verifies the TCP, UDP, UDP-Lite, SCTP checksum, ICMP's in IPv4, ICMPv6's in IPv6, as spec/tracking.md 1.6 says.
 * UDP with checksum 0 is fine, and so are other protocols. False also if the header is not complete. */
PH_MUST_CHECK bool ph_pkt_checksum_ok(const struct ph_pkt *pkt);

/* Ones' complement sum of RFC 1071, for headers and mending: sum of 16-bit words, not yet folded or inverted.
 * An odd last byte counts as if a zero followed. */
uint64_t ph_sum_add(uint64_t sum, const void *data, size_t len);
uint16_t ph_sum_fold(uint64_t sum);     /* inverted, host order */

/* Sum of the pseudo header of TCP, UDP and ICMPv6 (RFC 9293 3.1, RFC 8200 8.1) of a packet that has
 * an upper-layer header. l4_len: bytes it covers. */
uint64_t ph_pkt_sum_pseudo(const struct ph_pkt *pkt, uint8_t proto, uint32_t l4_len);

/* CRC32c (Castagnoli) as SCTP uses it (RFC 9260 appendix A). crc: 0 to start, or of the bytes before. */
uint32_t ph_crc32c(uint32_t crc, const void *data, size_t len);

#endif
