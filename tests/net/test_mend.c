/* Mending: what is wrong becomes right, what is right or cannot be judged stays as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "net/packet.h"
#include "support/support.h"

#define ALL (PH_MEND_LENGTH | PH_MEND_TTL | PH_MEND_IPSUM | PH_MEND_L4SUM)
#define SRC4 "192.0.2.1"
#define DST4 "198.51.100.2"
#define SRC6 "2001:db8::1"
#define DST6 "2001:db8::2"

static unsigned mend(struct packet *p, unsigned what)
{
	return ph_packet_mend(p->data, (uint32_t)p->len, (uint32_t)p->len, what);
}

static void build(struct packet *p, bool six, uint8_t proto)
{
	packet_build(p, &(struct packet_spec){ .src = six ? SRC6 : SRC4, .dst = six ? DST6 : DST4, .proto = proto,
	                                       .sport = 40000, .dport = 21, .icmp_type = 8, .payload = "some text" });
}

/* Whether both packets are the same to the last byte. */
static bool same(const struct packet *a, const struct packet *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void test_mend_right_packets_are_left_alone(void **state)
{
	static const uint8_t protos[] = { 6, 17, 1, 58, 136, 47 };

	for (size_t i = 0; i < 2 * sizeof(protos); i++) {
		struct packet p, before;

		build(&p, i % 2, protos[i / 2]);
		before = p;
		assert_int_equal(mend(&p, ALL), 0);
		assert_true(same(&p, &before));
	}
}

/* A wrong checksum becomes the one that the builder, which shares no code, had put there. */
static void test_mend_l4_checksum_is_made_right(void **state)
{
	static const struct {
		uint8_t proto;
		bool six;
		size_t at;
	} rows[] = { { 6, false, 36 }, { 17, false, 26 }, { 1, false, 22 }, { 6, true, 56 }, { 17, true, 46 }, { 58, true, 42 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p, right;

		build(&p, rows[i].six, rows[i].proto);
		right = p;
		p.data[rows[i].at] ^= 0x5a;
		assert_int_equal(mend(&p, ALL & ~(unsigned)PH_MEND_L4SUM), 0);
		assert_int_equal(mend(&p, ALL), PH_MEND_L4SUM);
		assert_true(same(&p, &right));
	}
}

static void test_mend_sctp_crc_is_made_right(void **state)
{
	static const char init[] = "4588004000010000ff84211f0aad300d585206860b5a189f00000000d3cccfc901000020dd68d33d0000"
	                           "8000002000200629bea60005000855cd346a80000004";
	struct packet p, right;

	p.len = hex_bytes(init, p.data, sizeof(p.data));
	right = p;
	memset(p.data + 28, 0, 4);
	assert_int_equal(mend(&p, ALL), PH_MEND_L4SUM);
	assert_true(same(&p, &right));
}

static void test_mend_ipv4_header_checksum_is_made_right(void **state)
{
	struct packet p, right;

	build(&p, false, 6);
	right = p;
	memset(p.data + 10, 0, 2);
	assert_int_equal(mend(&p, ALL & ~(unsigned)PH_MEND_IPSUM), 0);
	assert_int_equal(mend(&p, ALL), PH_MEND_IPSUM);
	assert_true(same(&p, &right));
}

static void test_mend_ttl_keeps_the_header_checksum_right(void **state)
{
	for (int ttl = 0; ttl < 3; ttl++) {
		struct packet p;
		struct ph_pkt pkt;

		build(&p, false, 17);
		p.data[8] = (uint8_t)ttl;
		packet_fix_ip(&p);
		assert_int_equal(mend(&p, PH_MEND_TTL), ttl < 2 ? PH_MEND_TTL : 0);
		assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len, &pkt), PH_PKT_OK);
		assert_int_equal(pkt.ttl, ttl < 2 ? 64 : ttl);
		build(&p, true, 17);
		p.data[7] = (uint8_t)ttl;
		assert_int_equal(mend(&p, ALL), ttl < 2 ? PH_MEND_TTL : 0);
		assert_int_equal(p.data[7], ttl < 2 ? 64 : ttl);
	}
}

/* Raising the time to live must not heal a damaged header. */
static void test_mend_ttl_leaves_a_wrong_header_checksum_wrong(void **state)
{
	struct packet p;
	struct ph_pkt pkt;

	build(&p, false, 17);
	p.data[8] = 1;
	packet_fix_ip(&p);
	p.data[11] ^= 1;
	assert_int_equal(mend(&p, PH_MEND_TTL | PH_MEND_L4SUM), PH_MEND_TTL);
	assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len, &pkt), PH_PKT_HEADER);
	assert_int_equal(mend(&p, ALL), PH_MEND_IPSUM);
	assert_int_equal(ph_pkt_parse(p.data, (uint32_t)p.len, &pkt), PH_PKT_OK);
}

static void test_mend_ttl_of_what_stays_on_the_link_is_kept(void **state)
{
	static const struct {
		const char *src, *dst;
		unsigned done;
	} rows[] = {
		{ SRC4, "224.0.0.5", 0 }, { SRC4, "239.255.255.250", 0 }, { SRC4, "255.255.255.255", 0 },
		{ SRC4, "223.255.255.255", PH_MEND_TTL }, { SRC4, "240.0.0.1", PH_MEND_TTL }, { SRC4, "169.254.1.1", PH_MEND_TTL },
		{ SRC6, "ff02::16", 0 }, { SRC6, "fe80::1", 0 }, { SRC6, "febf::1", 0 }, { SRC6, "fec0::1", PH_MEND_TTL },
		{ SRC6, "fd00::1", PH_MEND_TTL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p;

		packet_build(&p, &(struct packet_spec){ .src = rows[i].src, .dst = rows[i].dst, .proto = 17, .ttl = 1 });
		assert_int_equal(mend(&p, ALL), rows[i].done);
	}
}

static void test_mend_length_0_is_that_on_the_wire(void **state)
{
	struct packet p, right;

	build(&p, false, 6);
	right = p;
	memset(p.data + 2, 0, 2);
	assert_int_equal(mend(&p, ALL & ~(unsigned)PH_MEND_LENGTH), 0);
	packet_fix_ip(&p);
	assert_int_equal(mend(&p, ALL), PH_MEND_LENGTH);
	assert_true(same(&p, &right));
	build(&p, true, 6);
	right = p;
	memset(p.data + 4, 0, 2);
	assert_int_equal(mend(&p, ALL), PH_MEND_LENGTH);
	assert_true(same(&p, &right));
}

/* As a card gets it to cut up: no length, checksums half done. */
static void test_mend_offloaded_packet_is_whole_again(void **state)
{
	struct packet p, right;

	build(&p, false, 6);
	right = p;
	memset(p.data + 2, 0, 2);
	memset(p.data + 10, 0, 2);
	memset(p.data + 36, 0x11, 2);
	assert_int_equal(mend(&p, ALL), PH_MEND_LENGTH | PH_MEND_IPSUM | PH_MEND_L4SUM);
	assert_true(same(&p, &right));
}

static void test_mend_length_of_cut_capture_is_unknown(void **state)
{
	struct packet p, before;

	build(&p, false, 6);
	memset(p.data + 2, 0, 2);
	before = p;
	assert_int_equal(ph_packet_mend(p.data, (uint32_t)p.len, (uint32_t)p.len + 1, ALL), 0);
	assert_int_equal(ph_packet_mend(p.data, (uint32_t)p.len, 19, ALL), 0);
	assert_int_equal(ph_packet_mend(p.data, (uint32_t)p.len, UINT32_MAX, ALL), 0);
	assert_true(same(&p, &before));
}

/* RFC 2675: hop-by-hop options may hold the length; no next header needs none. */
static void test_mend_ipv6_length_0_may_be_meant(void **state)
{
	struct packet p;

	packet_raw(&p, SRC6, DST6, 0, "\73\0\1\4\0\0\0\0", 8);
	memset(p.data + 4, 0, 2);
	assert_int_equal(mend(&p, ALL), 0);
	packet_raw(&p, SRC6, DST6, 59, "\0\0\0\0\0\0", 6);
	memset(p.data + 4, 0, 2);
	assert_int_equal(mend(&p, ALL), 0);
	packet_raw(&p, SRC6, DST6, 6, NULL, 0);
	assert_int_equal(mend(&p, ALL), 0);
}

static void test_mend_length_beyond_16_bits_is_left(void **state)
{
	static uint8_t big[70000] = { 0x45, [8] = 64, [9] = 6 };

	assert_int_equal(ph_packet_mend(big, sizeof(big), sizeof(big), PH_MEND_LENGTH), 0);
	assert_int_equal(ph_packet_mend(big, sizeof(big), 65536, PH_MEND_LENGTH), 0);
	assert_int_equal(ph_packet_mend(big, sizeof(big), 65535, PH_MEND_LENGTH), PH_MEND_LENGTH);
}

static void test_mend_fragments_keep_their_checksums(void **state)
{
	static const uint8_t first[8] = { 17, 0, 0, 1, 0, 0, 0, 9 }, atomic[8] = { 17, 0, 0, 0, 0, 0, 0, 9 };
	struct packet p;

	build(&p, false, 17);
	p.data[6] = 0x20;
	p.data[26] ^= 1;
	packet_fix_ip(&p);
	assert_int_equal(mend(&p, ALL), 0);
	build(&p, true, 17);
	p.data[46] ^= 1;
	packet_insert(&p, 40, first, sizeof(first));
	p.data[6] = 44;
	assert_int_equal(mend(&p, ALL), 0);
	memcpy(p.data + 40, atomic, sizeof(atomic));
	assert_int_equal(mend(&p, ALL), PH_MEND_L4SUM);
}

static void test_mend_behind_routing_header_in_use_is_left(void **state)
{
	static const uint8_t routing[24] = { 17, 2, 0, 1 };
	struct packet p;

	build(&p, true, 17);
	p.data[46] ^= 1;
	packet_insert(&p, 40, routing, sizeof(routing));
	p.data[6] = 43;
	assert_int_equal(mend(&p, ALL), 0);
	p.data[43] = 0;
	assert_int_equal(mend(&p, ALL), PH_MEND_L4SUM);
}

static void test_mend_udp_without_checksum_is_left(void **state)
{
	struct packet p;

	build(&p, false, 17);
	memset(p.data + 26, 0, 2);
	assert_int_equal(mend(&p, ALL), 0);
}

/* Source port chosen so that the sum comes out as 0, which would mean "none". */
static void test_mend_udp_checksum_of_0_is_sent_as_ffff(void **state)
{
	struct packet p;
	uint16_t sum;

	build(&p, false, 17);
	sum = (uint16_t)(p.data[26] << 8 | p.data[27]);
	sum = (uint16_t)(sum + 40000 + (sum + 40000 > 0xffff));
	p.data[20] = (uint8_t)(sum >> 8);
	p.data[21] = (uint8_t)sum;
	p.data[26] = 0x12;
	assert_int_equal(mend(&p, ALL), PH_MEND_L4SUM);
	assert_int_equal(p.data[26], 0xff);
	assert_int_equal(p.data[27], 0xff);
	assert_int_equal(mend(&p, ALL), 0);
}

static void test_mend_udp_checksum_covers_the_udp_length(void **state)
{
	struct packet p, right;

	build(&p, false, 17);
	packet_insert(&p, p.len, "tail", 4);
	right = p;
	assert_int_equal(mend(&p, ALL), 0);
	p.data[27] ^= 3;
	assert_int_equal(mend(&p, ALL), PH_MEND_L4SUM);
	assert_true(same(&p, &right));
}

static void test_mend_udp_of_wrong_length_is_left(void **state)
{
	static const uint8_t lengths[] = { 0, 7, 18, 255 };

	for (size_t i = 0; i < sizeof(lengths); i++) {
		struct packet p;

		build(&p, false, 17);
		p.data[25] = lengths[i];
		assert_int_equal(mend(&p, ALL), 0);
	}
}

static void test_mend_malformed_packets_are_left_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = { { 0, 0x55 }, { 0, 0x65 }, { 0, 0x44 }, { 0, 0x4f }, { 3, 19 }, { 2, 1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p, before;

		build(&p, false, 17);
		p.data[rows[i].at] = rows[i].value;
		p.data[8] = 1;
		before = p;
		assert_int_equal(mend(&p, ALL), 0);
		assert_true(same(&p, &before));
	}
}

static void visit_cut(void *arg, uint8_t *ip, size_t len)
{
	const struct packet *whole = arg;
	unsigned done = ph_packet_mend(ip, (uint32_t)len, (uint32_t)whole->len, ALL);

	assert_int_equal(done, len < whole->len ? 0 : PH_MEND_TTL | PH_MEND_IPSUM | PH_MEND_L4SUM);
}

static void visit_cut_ipv6(void *arg, uint8_t *ip, size_t len)
{
	const struct packet *whole = arg;
	unsigned done = ph_packet_mend(ip, (uint32_t)len, (uint32_t)whole->len, ALL);

	assert_int_equal(done, len < whole->len ? 0 : PH_MEND_TTL | PH_MEND_L4SUM);
}

static void test_mend_cut_at_every_byte_is_left_alone(void **state)
{
	struct packet p;

	build(&p, false, 6);
	p.data[8] = 1;
	p.data[36] ^= 1;
	each_cut(p.data, p.len, visit_cut, &p);
	build(&p, true, 58);
	p.data[7] = 1;
	p.data[42] ^= 1;
	each_cut(p.data, p.len, visit_cut_ipv6, &p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mend_right_packets_are_left_alone),
		cmocka_unit_test(test_mend_l4_checksum_is_made_right),
		cmocka_unit_test(test_mend_sctp_crc_is_made_right),
		cmocka_unit_test(test_mend_ipv4_header_checksum_is_made_right),
		cmocka_unit_test(test_mend_ttl_keeps_the_header_checksum_right),
		cmocka_unit_test(test_mend_ttl_leaves_a_wrong_header_checksum_wrong),
		cmocka_unit_test(test_mend_ttl_of_what_stays_on_the_link_is_kept),
		cmocka_unit_test(test_mend_length_0_is_that_on_the_wire),
		cmocka_unit_test(test_mend_offloaded_packet_is_whole_again),
		cmocka_unit_test(test_mend_length_of_cut_capture_is_unknown),
		cmocka_unit_test(test_mend_ipv6_length_0_may_be_meant),
		cmocka_unit_test(test_mend_length_beyond_16_bits_is_left),
		cmocka_unit_test(test_mend_fragments_keep_their_checksums),
		cmocka_unit_test(test_mend_behind_routing_header_in_use_is_left),
		cmocka_unit_test(test_mend_udp_without_checksum_is_left),
		cmocka_unit_test(test_mend_udp_checksum_of_0_is_sent_as_ffff),
		cmocka_unit_test(test_mend_udp_checksum_covers_the_udp_length),
		cmocka_unit_test(test_mend_udp_of_wrong_length_is_left),
		cmocka_unit_test(test_mend_malformed_packets_are_left_alone),
		cmocka_unit_test(test_mend_cut_at_every_byte_is_left_alone),
	};

	return cmocka_run_group_tests_name("net/mend", tests, NULL, NULL);
}
