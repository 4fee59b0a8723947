/* Checksums: RFC 1071's sum, CRC32c, and whether a packet's own one is right. */
#include "net/packet.h"

#include <endian.h>

/* The last bytes, fewer than 8, as the low end of a word in the machine's memory order. */
static uint64_t last_word(const uint8_t *at, size_t len)
{
	uint8_t word[8] = { 0 };
	uint64_t value;

	for (size_t i = 0; i < len; i++)
		word[i] = at[i];
	memcpy(&value, word, sizeof(value));
	return value;
}

/* Adds 32-bit words into 64-bit sums, which have room for 2^32 of them: a packet has far fewer. The words are taken
 * in the machine's order, which only swaps the bytes of the folded sum (RFC 1071 2 B). */
uint64_t ph_sum_add(uint64_t sum, const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t low = 0, high = 0, word;
	uint32_t half;

	for (; len >= 8; len -= 8, at += 8) {
		memcpy(&word, at, 8);
		low += word & 0xffffffffu;
		high += word >> 32;
	}
	if (len >= 4) {
		memcpy(&half, at, 4);
		low += half;
		len -= 4;
		at += 4;
	}
	if (len > 0) {
		word = last_word(at, len);
		low += word & 0xffffffffu;
		high += word >> 32;
	}
	return sum + be16toh((uint16_t)~ph_sum_fold(low + high));
}

/* Each step halves the width; the second one of a width takes up the carry of the first. */
uint16_t ph_sum_fold(uint64_t sum)
{
	sum = (sum & 0xffffffffu) + (sum >> 32);
	sum = (sum & 0xffffffffu) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Both headers have the addresses side by side; a packet with an upper-layer header has all of them. */
uint64_t ph_pkt_sum_pseudo(const struct ph_pkt *pkt, uint8_t proto, uint32_t l4_len)
{
	uint64_t sum = (uint64_t)proto + l4_len;

	if (pkt->family == PH_IPV6)
		return ph_sum_add(sum, pkt->ip + 8, 32);
	return ph_sum_add(sum, pkt->ip + 12, 8);
}

/* The CRC of four bits each, polynomial 0x1edc6f41 read from its low end. */
uint32_t ph_crc32c(uint32_t crc, const void *data, size_t len)
{
	static const uint32_t nibble[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const uint8_t *at = data;

	crc = ~crc;
	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return ~crc;
}

/* A sum over the field as well is all ones when right; the pseudo header makes it never 0 by itself. */
static bool sum_ok(const struct ph_pkt *pkt, uint8_t proto, size_t covered)
{
	uint64_t sum = ph_pkt_sum_pseudo(pkt, proto, (uint32_t)ph_cur_left(&pkt->l4));

	return ph_sum_fold(ph_sum_add(sum, pkt->l4.at, covered)) == 0;
}

static bool tcp_ok(const struct ph_pkt *pkt)
{
	return sum_ok(pkt, PH_PROTO_TCP, ph_cur_left(&pkt->l4));
}

/* Reads the two words behind the ports: length or coverage, and checksum. */
static bool read_udp(const struct ph_pkt *pkt, uint16_t *len, uint16_t *sum)
{
	struct ph_cur c = pkt->l4;

	return ph_cur_skip(&c, 4) && ph_cur_u16(&c, len) && ph_cur_u16(&c, sum);
}

/* All bytes up to the end of the packet and their number are summed, whatever the UDP length says. */
static bool udp_ok(const struct ph_pkt *pkt)
{
	uint16_t len, sum;

	return read_udp(pkt, &len, &sum) && (sum == 0 || sum_ok(pkt, PH_PROTO_UDP, ph_cur_left(&pkt->l4)));
}

/* RFC 3828 3.1, except that the reference adds UDP's protocol number (spec/tracking.md 1.6). */
static bool udplite_ok(const struct ph_pkt *pkt)
{
	uint16_t coverage, sum;
	size_t covered;

	if (!read_udp(pkt, &coverage, &sum) || sum == 0)
		return false;
	covered = coverage ? coverage : ph_cur_left(&pkt->l4);
	return covered >= 8 && covered <= ph_cur_left(&pkt->l4) && sum_ok(pkt, PH_PROTO_UDP, covered);
}

/* There is no pseudo header. A message of zeros may carry either zero of ones' complement: 0 is as good as 0xffff. */
static bool icmp_ok(const struct ph_pkt *pkt)
{
	if (pkt->family != PH_IPV4)
		return true;
	return ph_sum_fold(ph_sum_add(0xffff, pkt->l4.at, ph_cur_left(&pkt->l4))) == 0;
}

static bool icmpv6_ok(const struct ph_pkt *pkt)
{
	return pkt->family != PH_IPV6 || sum_ok(pkt, PH_PROTO_ICMPV6, ph_cur_left(&pkt->l4));
}

/* RFC 9260 6.8: the CRC is taken with zeros in its own place, and sent low byte first. */
static bool sctp_ok(const struct ph_pkt *pkt)
{
	static const uint8_t zeros[4];
	struct ph_cur c = pkt->l4, header;
	uint8_t sent[4];
	uint32_t crc;

	if (!ph_cur_sub(&c, 8, &header) || !ph_cur_bytes(&c, sent, 4))
		return false;
	crc = ph_crc32c(0, header.at, 8);
	crc = ph_crc32c(crc, zeros, 4);
	crc = ph_crc32c(crc, c.at, ph_cur_left(&c));
	return crc == ((uint32_t)sent[3] << 24 | (uint32_t)sent[2] << 16 | (uint32_t)sent[1] << 8 | sent[0]);
}

bool ph_pkt_checksum_ok(const struct ph_pkt *pkt)
{
	if (!pkt->l4_complete)
		return false;
	switch (pkt->l4_proto) {
	case PH_PROTO_TCP: return tcp_ok(pkt);
	case PH_PROTO_UDP: return udp_ok(pkt);
	case PH_PROTO_UDPLITE: return udplite_ok(pkt);
	case PH_PROTO_ICMP: return icmp_ok(pkt);
	case PH_PROTO_ICMPV6: return icmpv6_ok(pkt);
	case PH_PROTO_SCTP: return sctp_ok(pkt);
	default: return true;
	}
}
