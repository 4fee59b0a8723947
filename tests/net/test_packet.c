/* IPv4 headers, upper-layer headers, packets quoted in ICMP errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "net/packet.h"
#include "support/support.h"

#define SRC "192.0.2.1"
#define DST "198.51.100.2"

static const struct packet_spec tcp_spec = {
	.src = SRC, .dst = DST, .sport = 40000, .dport = 21, .seq = 0x01020304, .ack = 0xa0b0c0d0, .win = 4711,
	.flags = PH_TCP_PSH | PH_TCP_ACK, .options = "01010101", .payload = "USER me\r\n",
};

static enum ph_pkt_error parse(const struct packet *p, struct ph_pkt *pkt)
{
	return ph_pkt_parse(p->data, (uint32_t)p->len, pkt);
}

static bool payload_is(const struct ph_pkt *pkt, const char *text)
{
	size_t len = strlen(text);

	return ph_cur_left(&pkt->payload) == len && memcmp(pkt->payload.at, text, len) == 0;
}

static void test_packet_tcp_all_fields_read(void **state)
{
	struct packet p;
	struct ph_pkt pkt;
	char text[PH_ADDR_TEXT];

	packet_build(&p, &tcp_spec);
	p.data[1] = 0x10;
	packet_fix_ip(&p);
	assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.family, PH_IPV4);
	assert_int_equal(pkt.ttl, 64);
	assert_int_equal(pkt.tos, 0x10);
	assert_int_equal(pkt.len, p.len);
	assert_string_equal(ph_addr_format(text, PH_IPV4, &pkt.src), SRC);
	assert_string_equal(ph_addr_format(text, PH_IPV4, &pkt.dst), DST);
	assert_true(pkt.l4_found && pkt.l4_complete && pkt.has_ports);
	assert_false(pkt.is_frag);
	assert_int_equal(pkt.l4_proto, PH_PROTO_TCP);
	assert_int_equal(pkt.ip_hdr_len, 20);
	assert_int_equal(pkt.sport, 40000);
	assert_int_equal(pkt.dport, 21);
	assert_int_equal(pkt.seq, 0x01020304);
	assert_int_equal(pkt.ack, 0xa0b0c0d0);
	assert_int_equal(pkt.win, 4711);
	assert_int_equal(pkt.tcp_flags, PH_TCP_PSH | PH_TCP_ACK);
	assert_int_equal(pkt.tcp_off, 24);
	assert_true(payload_is(&pkt, "USER me\r\n"));
}

static void test_packet_tcp_offset_decides_payload(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	for (unsigned words = 0; words < 16; words++) {
		size_t left;

		packet_build(&p, &tcp_spec);
		p.data[32] = (uint8_t)(words << 4);
		assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
		assert_true(pkt.l4_complete);
		assert_int_equal(pkt.tcp_off, words * 4);
		left = p.len - 20;
		left = words >= 5 && words * 4 <= left ? left - words * 4 : 0;
		assert_int_equal(ph_cur_left(&pkt.payload), left);
	}
}

/* Helpers of the reference read what the IP packet holds (checked on 6.18). */
static void test_packet_udp_length_does_not_hide_payload(void **state)
{
	static const uint16_t lens[] = { 13, 12, 8, 7, 0, 14, 65535 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct packet p;
		struct ph_pkt pkt;

		packet_build(&p, &(struct packet_spec){ .src = SRC, .dst = DST, .proto = 17, .payload = "hello" });
		p.data[24] = (uint8_t)(lens[i] >> 8);
		p.data[25] = (uint8_t)lens[i];
		assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
		assert_true(payload_is(&pkt, "hello"));
		assert_int_equal(ph_cur_left(&pkt.l4), 13);
	}
}

static void test_packet_icmp_fields_read(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	packet_build(&p, &(struct packet_spec){ .src = SRC, .dst = DST, .proto = 1, .icmp_type = 8, .icmp_code = 3,
	                                        .icmp_id = 0x1234, .payload = "ping" });
	assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
	assert_true(pkt.l4_complete);
	assert_false(pkt.has_ports);
	assert_int_equal(pkt.icmp_type, 8);
	assert_int_equal(pkt.icmp_code, 3);
	assert_int_equal(pkt.icmp_id, 0x1234);
	assert_true(payload_is(&pkt, "ping"));
	packet_build(&p, &(struct packet_spec){ .src = "fe80::1", .dst = "ff02::1", .proto = 58, .icmp_type = 128, .icmp_id = 7 });
	assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.icmp_type, 128);
	assert_int_equal(pkt.icmp_id, 7);
}

/* How many bytes make a header, and from how many on there are ports. */
static void test_packet_short_l4_header_is_not_complete(void **state)
{
	static const struct {
		uint8_t proto;
		size_t complete, ports;
	} rows[] = {
		{ PH_PROTO_TCP, 20, 4 }, { PH_PROTO_UDP, 8, 4 }, { PH_PROTO_UDPLITE, 8, 4 }, { PH_PROTO_SCTP, 12, 4 },
		{ PH_PROTO_ICMP, 8, 99 }, { PH_PROTO_ICMPV6, 8, 99 }, { PH_PROTO_GRE, 0, 99 }, { 33, 0, 99 }, { 50, 0, 99 },
		{ PH_PROTO_AH, 0, 99 }, { 0, 0, 99 }, { 43, 0, 99 }, { 44, 0, 99 }, { 59, 0, 99 }, { 60, 0, 99 }, { 255, 0, 99 },
	};
	static const uint8_t body[24] = { 1, 2, 3, 4 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t len = 0; len <= sizeof(body); len++) {
			struct packet p;
			struct ph_pkt pkt;

			packet_raw(&p, SRC, DST, rows[i].proto, body, len);
			assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
			assert_true(pkt.l4_found);
			assert_int_equal(pkt.l4_proto, rows[i].proto);
			assert_int_equal(pkt.l4_complete, len >= rows[i].complete);
			assert_int_equal(pkt.has_ports, len >= rows[i].ports);
			assert_int_equal(pkt.sport, len >= rows[i].ports ? 0x0102 : 0);
			assert_int_equal(pkt.dport, len >= rows[i].ports ? 0x0304 : 0);
		}
}

static void test_packet_ipv4_options_are_skipped(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	for (unsigned words = 1; words <= 10; words++) {
		packet_build(&p, &tcp_spec);
		packet_insert(&p, 20, NULL, words * 4);
		p.data[0] = (uint8_t)(0x45 + words);
		packet_fix_ip(&p);
		assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
		assert_int_equal(pkt.ip_hdr_len, 20 + words * 4);
		assert_int_equal(pkt.dport, 21);
		assert_true(ph_pkt_checksum_ok(&pkt));
	}
}

static void test_packet_ipv4_header_filling_the_packet_has_empty_l4(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	packet_raw(&p, SRC, DST, 6, "\0\0\0\0", 4);
	p.data[0] = 0x46;
	packet_fix_ip(&p);
	assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
	assert_true(pkt.l4_found);
	assert_int_equal(ph_cur_left(&pkt.l4), 0);
}

/* Byte `at` becomes `value`; fix: the header checksum is made right again. */
static void test_packet_ipv4_bad_header_is_discarded(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		bool fix;
		enum ph_pkt_error error;
	} rows[] = {
		{ 0, 0x55, true, PH_PKT_HEADER }, { 0, 0x05, true, PH_PKT_HEADER }, { 0, 0x44, true, PH_PKT_HEADER },
		{ 0, 0x40, true, PH_PKT_HEADER }, { 0, 0x4f, true, PH_PKT_SHORT }, { 10, 0xff, false, PH_PKT_HEADER },
		{ 8, 63, false, PH_PKT_HEADER }, { 3, 19, true, PH_PKT_HEADER }, { 3, 0, true, PH_PKT_HEADER },
		{ 3, 20, true, PH_PKT_OK }, { 3, 33, true, PH_PKT_SHORT }, { 3, 31, true, PH_PKT_OK },
		{ 2, 1, true, PH_PKT_SHORT }, { 6, 0x80, true, PH_PKT_OK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p;
		struct ph_pkt pkt;

		packet_build(&p, &(struct packet_spec){ .src = SRC, .dst = DST, .proto = 17, .payload = "1234" });
		assert_int_equal(p.len, 32);
		p.data[rows[i].at] = rows[i].value;
		if (rows[i].fix && p.data[0] != 0x4f)
			packet_fix_ip(&p);
		assert_int_equal(parse(&p, &pkt), rows[i].error);
		assert_true(rows[i].error == PH_PKT_OK || !pkt.l4_found);
	}
}

static void test_packet_ipv4_fragments_are_told(void **state)
{
	static const struct {
		uint8_t high, low;
		bool frag, more, l4;
		uint16_t offset;
	} rows[] = {
		{ 0x00, 0x00, false, false, true, 0 }, { 0x40, 0x00, false, false, true, 0 }, { 0x20, 0x00, true, true, true, 0 },
		{ 0x00, 0x01, true, false, false, 8 }, { 0x20, 0xb9, true, true, false, 1480 }, { 0x1f, 0xff, true, false, false, 65528 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p;
		struct ph_pkt pkt;

		packet_build(&p, &tcp_spec);
		p.data[6] = rows[i].high;
		p.data[7] = rows[i].low;
		packet_fix_ip(&p);
		assert_int_equal(parse(&p, &pkt), PH_PKT_OK);
		assert_int_equal(pkt.is_frag, rows[i].frag);
		assert_int_equal(pkt.frag_more, rows[i].more);
		assert_int_equal(pkt.frag_off, rows[i].offset);
		assert_int_equal(pkt.l4_found, rows[i].l4);
		assert_int_equal(pkt.l4_proto, PH_PROTO_TCP);
	}
}

static void test_packet_ethernet_padding_is_cut_off(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	packet_build(&p, &(struct packet_spec){ .src = SRC, .dst = DST, .flags = PH_TCP_SYN });
	assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len + 6, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.len, p.len);
	assert_int_equal(ph_cur_left(&pkt.payload), 0);
	assert_true(ph_pkt_checksum_ok(&pkt));
}

static void visit_cut(void *arg, uint8_t *ip, size_t len)
{
	const struct packet *whole = arg;
	struct ph_pkt pkt;

	assert_int_equal(ph_pkt_parse(ip, (uint32_t)len, &pkt), len < whole->len ? PH_PKT_SHORT : PH_PKT_OK);
	assert_true(pkt.payload.at >= pkt.l4.at && pkt.payload.end <= ip + len);
	assert_int_equal(ph_pkt_parse_quoted(PH_IPV4, ip, (uint32_t)len, &pkt), len >= pkt.ip_hdr_len && len >= 20);
	assert_int_equal(pkt.has_ports, pkt.l4_found && pkt.l4_proto == PH_PROTO_TCP && len >= pkt.ip_hdr_len + 4u);
	assert_true(pkt.payload.at >= pkt.l4.at && pkt.payload.end <= ip + len);
}

static void test_packet_cut_at_every_byte_is_short(void **state)
{
	static const struct packet_spec icmp = { .src = SRC, .dst = DST, .proto = 1, .icmp_type = 8, .payload = "ping" };
	struct packet p;

	packet_build(&p, &tcp_spec);
	each_cut(p.data, p.len, visit_cut, &p);
	packet_insert(&p, 20, NULL, 8);
	p.data[0] = 0x47;
	packet_fix_ip(&p);
	each_cut(p.data, p.len, visit_cut, &p);
	packet_build(&p, &icmp);
	each_cut(p.data, p.len, visit_cut, &p);
}

/* What an ICMP error quotes is cut, and its checksum may be anything. */
static void test_packet_quoted_is_read_without_its_lengths(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	packet_build(&p, &tcp_spec);
	p.data[10] ^= 0x55;
	p.data[3] = 1;
	assert_true(ph_pkt_parse_quoted(PH_IPV4, p.data, 28, &pkt));
	assert_int_equal(pkt.sport, 40000);
	assert_false(pkt.l4_complete);
	assert_int_equal(pkt.len, 28);
	p.data[7] = 1;
	assert_false(ph_pkt_parse_quoted(PH_IPV4, p.data, 28, &pkt));
	p.data[7] = 0;
	p.data[0] = 0x48;
	assert_false(ph_pkt_parse_quoted(PH_IPV4, p.data, 28, &pkt));
}

static void test_packet_empty_or_of_other_version_is_refused(void **state)
{
	static const uint8_t five[40] = { 0x50 };
	struct ph_pkt pkt;

	assert_int_equal(ph_pkt_parse(five, 0, &pkt), PH_PKT_SHORT);
	assert_int_equal(ph_pkt_parse(five, sizeof(five), &pkt), PH_PKT_HEADER);
	assert_int_equal(pkt.family, 0);
	assert_int_equal(pkt.len, sizeof(five));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_tcp_all_fields_read),
		cmocka_unit_test(test_packet_tcp_offset_decides_payload),
		cmocka_unit_test(test_packet_udp_length_does_not_hide_payload),
		cmocka_unit_test(test_packet_icmp_fields_read),
		cmocka_unit_test(test_packet_short_l4_header_is_not_complete),
		cmocka_unit_test(test_packet_ipv4_options_are_skipped),
		cmocka_unit_test(test_packet_ipv4_header_filling_the_packet_has_empty_l4),
		cmocka_unit_test(test_packet_ipv4_bad_header_is_discarded),
		cmocka_unit_test(test_packet_ipv4_fragments_are_told),
		cmocka_unit_test(test_packet_ethernet_padding_is_cut_off),
		cmocka_unit_test(test_packet_cut_at_every_byte_is_short),
		cmocka_unit_test(test_packet_quoted_is_read_without_its_lengths),
		cmocka_unit_test(test_packet_empty_or_of_other_version_is_refused),
	};

	return cmocka_run_group_tests_name("net/packet", tests, NULL, NULL);
}
