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
	PH_PKT_HEADER,          /* version, header length or header checksum wrong: the stack discards it */
};

/* family, addresses, lengths are always set; l4 only where l4_found. */
struct ph_pkt {
	const uint8_t *ip;              /* the packet, cut to the length its header says */
	uint32_t len;
	struct ph_addr src, dst;
	uint8_t family, ttl, tos;       /* ttl: hop limit; tos: traffic class */
	uint8_t l4_proto;               /* IPv6: what stands behind the extension headers */
	bool is_frag;                   /* any fragment of a datagram in pieces */
	bool l4_found;                  /* an upper-layer header exists (not behind a later fragment, 59 or a broken chain) */
	uint16_t frag_off;              /* bytes; 0 in the first one */
	bool frag_more;
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

/* Reads the packet at ip, len bytes present. PH_PKT_OK or what is wrong; *pkt is set as far as it could be read. */
PH_MUST_CHECK enum ph_pkt_error ph_pkt_parse(const uint8_t *ip, uint32_t len, struct ph_pkt *pkt);

/* Verifies the TCP, UDP, UDP-Lite, ICMP, ICMPv6 or SCTP checksum over pkt->l4. UDP with checksum 0 is fine; other protocols are fine. */
PH_MUST_CHECK bool ph_pkt_checksum_ok(const struct ph_pkt *pkt);

/* Ones' complement sum of RFC 1071, for headers and mending: sum of 16-bit words, not yet folded or inverted. */
uint64_t ph_sum_add(uint64_t sum, const void *data, size_t len);
uint16_t ph_sum_fold(uint64_t sum);     /* inverted, host order */

#endif
