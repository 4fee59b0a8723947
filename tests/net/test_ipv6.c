/* IPv6 headers and extension headers, from tests/vectors/net/ipv6.vec. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "net/packet.h"
#include "support/support.h"

#define SRC "2001:db8::1"
#define DST "2001:db8::2"

struct vector {
	const char *name;
	struct packet packet;
	enum ph_pkt_error error;
	uint8_t proto;
	unsigned long l4_at;            /* 0: none */
	bool complete, frag, more, routed;
};

static enum ph_pkt_error error_of(const char *word)
{
	if (strcmp(word, "ok") == 0)
		return PH_PKT_OK;
	if (strcmp(word, "short") == 0)
		return PH_PKT_SHORT;
	assert_string_equal(word, "options");
	return PH_PKT_OPTIONS;
}

static void read_vector(char *line, struct vector *v)
{
	uint8_t body[256], first;
	const char *flags;
	size_t len;

	v->name = vector_column(&line);
	first = (uint8_t)strtoul(vector_column(&line), NULL, 10);
	len = hex_bytes(vector_column(&line), body, sizeof(body));
	packet_raw(&v->packet, SRC, DST, first, body, len);
	if (strstr(v->name, "payload 0"))
		memset(v->packet.data + 4, 0, 2);
	v->error = error_of(vector_column(&line));
	v->proto = (uint8_t)strtoul(vector_column(&line), NULL, 10);
	v->l4_at = strtoul(vector_column(&line), NULL, 10);
	flags = vector_column(&line);
	v->complete = strstr(flags, "complete");
	v->frag = strstr(flags, "frag");
	v->more = strstr(flags, "more");
	v->routed = strstr(flags, "routed");
}

/* Reads a line and hands it to the check, which arg points to. */
static void visit_line(void *arg, char *line)
{
	void (**check)(const struct vector *v) = arg;
	struct vector v;

	read_vector(line, &v);
	(*check)(&v);
}

static void each_vector(void (*check)(const struct vector *v))
{
	assert_true(vector_lines("tests/vectors/net/ipv6.vec", visit_line, &check) > 60);
}

#define EXPECT(v, what) \
	do { \
		if (!(what)) \
			fail_msg("%s: not so: %s", (v)->name, #what); \
	} while (0)

static void check_vector(const struct vector *v)
{
	uint8_t *ip = guarded(v->packet.data, v->packet.len);
	struct ph_pkt pkt;

	EXPECT(v, ph_pkt_parse(ip, (uint32_t)v->packet.len, &pkt) == v->error);
	EXPECT(v, pkt.family == PH_IPV6);
	EXPECT(v, pkt.l4_proto == v->proto);
	EXPECT(v, pkt.l4_found == (v->l4_at != 0));
	EXPECT(v, pkt.l4_complete == v->complete);
	EXPECT(v, pkt.is_frag == v->frag);
	EXPECT(v, pkt.frag_more == v->more);
	EXPECT(v, pkt.source_routed == v->routed);
	if (v->l4_at) {
		EXPECT(v, pkt.ip_hdr_len == v->l4_at);
		EXPECT(v, pkt.l4.at == ip + v->l4_at);
		EXPECT(v, pkt.l4.end == ip + pkt.len);
	}
	if (v->complete && pkt.l4_proto == PH_PROTO_UDP)
		EXPECT(v, pkt.sport == 1000 && pkt.dport == 9);
	guarded_free(ip, v->packet.len);
}

static void test_ipv6_chain_each_vector_as_said(void **state)
{
	each_vector(check_vector);
}

/* Cut short it is never OK but where its payload length is 0; whatever it says lies inside. */
static void visit_cut(void *arg, uint8_t *ip, size_t len)
{
	const struct vector *v = arg;
	struct ph_pkt pkt;
	enum ph_pkt_error error = ph_pkt_parse(ip, (uint32_t)len, &pkt);

	if (len < v->packet.len && !strstr(v->name, "payload 0"))
		EXPECT(v, error == PH_PKT_SHORT);
	EXPECT(v, pkt.l4.at >= ip && pkt.l4.at <= pkt.l4.end && pkt.l4.end <= ip + len);
	EXPECT(v, pkt.payload.at >= pkt.l4.at && pkt.payload.end <= ip + len);
	EXPECT(v, !ph_pkt_checksum_ok(&pkt) || pkt.l4_complete);
	if (ph_pkt_parse_quoted(PH_IPV6, ip, (uint32_t)len, &pkt))
		EXPECT(v, pkt.l4.at > ip && pkt.l4.end == ip + len);
	(void)ph_packet_mend(ip, (uint32_t)len, (uint32_t)len, 15);
}

static void check_cuts(const struct vector *v)
{
	each_cut(v->packet.data, v->packet.len, visit_cut, (void *)(uintptr_t)v);
}

static void test_ipv6_chain_cut_at_every_byte_stays_inside(void **state)
{
	each_vector(check_cuts);
}

static void test_ipv6_header_fields_read(void **state)
{
	struct packet p;
	struct ph_pkt pkt;
	char text[PH_ADDR_TEXT];

	packet_build(&p, &(struct packet_spec){ .src = SRC, .dst = DST, .proto = 17, .sport = 5, .dport = 53, .ttl = 3 });
	p.data[0] = 0x6a;
	p.data[1] = 0xb1;
	assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.tos, 0xab);
	assert_int_equal(pkt.ttl, 3);
	assert_string_equal(ph_addr_format(text, PH_IPV6, &pkt.src), SRC);
	assert_string_equal(ph_addr_format(text, PH_IPV6, &pkt.dst), DST);
}

static void test_ipv6_padding_behind_is_cut_off(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	packet_build(&p, &(struct packet_spec){ .src = SRC, .dst = DST, .proto = 17, .payload = "hi" });
	assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len + 6, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.len, p.len);
	assert_int_equal(ph_cur_left(&pkt.payload), 2);
}

static void test_ipv6_longer_than_present_is_short(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	packet_build(&p, &(struct packet_spec){ .src = SRC, .dst = DST, .proto = 17, .payload = "hi" });
	assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len - 1, &pkt), PH_PKT_SHORT);
	assert_int_equal(pkt.src.b[0], 0x20);
	assert_false(pkt.l4_found);
}

static void test_ipv6_many_extensions_are_walked(void **state)
{
	static const uint8_t option[8] = { 60, 0, 1, 4 };
	struct packet p;
	struct ph_pkt pkt;

	packet_build(&p, &(struct packet_spec){ .src = SRC, .dst = DST, .proto = 17, .sport = 7 });
	for (int i = 0; i < 150; i++)
		packet_insert(&p, 40, option, sizeof(option));
	p.data[40 + 149 * 8] = 17;
	p.data[6] = 60;
	assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.ip_hdr_len, 40 + 150 * 8);
	assert_int_equal(pkt.sport, 7);
}

static void test_ipv6_jumbogram_is_cut_to_its_length(void **state)
{
	static const uint8_t start[8] = { 17, 0, 0xc2, 4, 0, 1, 0, 8 }, udp[8] = { 0, 7, 0, 9 };
	uint8_t *ip = calloc(1, 66000);
	struct packet p;
	struct ph_pkt pkt;

	assert_non_null(ip);
	packet_raw(&p, SRC, DST, 0, start, sizeof(start));
	memcpy(ip, p.data, p.len);
	memset(ip + 4, 0, 2);
	memcpy(ip + 48, udp, sizeof(udp));
	assert_int_equal(ph_pkt_parse(ip, 66000, &pkt), PH_PKT_OK);
	assert_int_equal(pkt.len, 40 + 0x10008);
	assert_int_equal(pkt.dport, 9);
	assert_int_equal(ph_pkt_parse(ip, 40 + 0x10007, &pkt), PH_PKT_SHORT);
	free(ip);
}

/* A chain that goes on past 65535 bytes leads nowhere, whatever stands at its end. */
static void test_ipv6_chain_beyond_64k_in_jumbogram_has_no_l4(void **state)
{
	static const uint8_t start[8] = { 60, 0, 0xc2, 4, 0, 1, 0x10, 0 };
	uint32_t len = 40 + 0x11000;
	uint8_t *ip = calloc(1, len);
	struct packet p;
	struct ph_pkt pkt;

	assert_non_null(ip);
	packet_raw(&p, SRC, DST, 0, start, sizeof(start));
	memcpy(ip, p.data, p.len);
	memset(ip + 4, 0, 2);
	for (uint32_t at = 48; at < len - 16; at += 8)
		ip[at] = 60;
	ip[len - 16] = 17;
	assert_int_equal(ph_pkt_parse(ip, len, &pkt), PH_PKT_OK);
	assert_false(pkt.l4_found);
	free(ip);
}

static void test_ipv6_address_of_no_wire_is_bad(void **state)
{
	static const struct {
		const char *src, *dst;
		bool bad;
	} rows[] = {
		{ "2001:db8::1", "2001:db8::2", false }, { "::1", "2001:db8::2", true }, { "2001:db8::1", "::1", true },
		{ "ff0e::1", "2001:db8::2", true }, { "::", "ff02::1", false }, { "fe80::1", "ff00::1", true },
		{ "fe80::1", "ff01::1", true }, { "fe80::1", "ff11::1", true }, { "fe80::1", "ff02::1", false },
		{ "fe80::1", "ff0e::1", false }, { "::ffff:10.0.0.1", "2001:db8::2", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p;
		struct ph_pkt pkt;

		packet_raw(&p, rows[i].src, rows[i].dst, 59, NULL, 0);
		assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len, &pkt), PH_PKT_OK);
		assert_int_equal(ph_pkt_bad_address(&pkt), rows[i].bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv6_chain_each_vector_as_said),
		cmocka_unit_test(test_ipv6_chain_cut_at_every_byte_stays_inside),
		cmocka_unit_test(test_ipv6_header_fields_read),
		cmocka_unit_test(test_ipv6_padding_behind_is_cut_off),
		cmocka_unit_test(test_ipv6_longer_than_present_is_short),
		cmocka_unit_test(test_ipv6_many_extensions_are_walked),
		cmocka_unit_test(test_ipv6_jumbogram_is_cut_to_its_length),
		cmocka_unit_test(test_ipv6_chain_beyond_64k_in_jumbogram_has_no_l4),
		cmocka_unit_test(test_ipv6_address_of_no_wire_is_bad),
	};

	return cmocka_run_group_tests_name("net/ipv6", tests, NULL, NULL);
}
