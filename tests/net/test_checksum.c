/* Checksums: known vectors, real packets, and what the reference takes (spec/tracking.md 1.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "net/packet.h"
#include "support/support.h"

#define SRC4 "192.0.2.1"
#define DST4 "198.51.100.2"
#define SRC6 "2001:db8::1"
#define DST6 "2001:db8::2"

static bool sum_ok(const struct packet *p)
{
	struct ph_pkt pkt;

	assert_int_equal(ph_pkt_parse(p->data, (uint32_t)p->len, &pkt), PH_PKT_OK);
	return ph_pkt_checksum_ok(&pkt);
}

/* RFC 1071 3: the sum of 00 01 f2 03 f4 f5 f6 f7 is ddf2. */
static void test_sum_of_rfc1071_example(void **state)
{
	static const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	assert_int_equal(ph_sum_fold(ph_sum_add(0, data, sizeof(data))), (uint16_t)~0xddf2u);
	assert_int_equal(ph_sum_fold(0), 0xffff);
}

static uint16_t naive(const uint8_t *at, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void test_sum_each_length_and_alignment_as_naive(void **state)
{
	uint8_t data[200];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 151 + 77);
	for (size_t at = 0; at < 9; at++)
		for (size_t len = 0; len + at <= 180; len++) {
			uint8_t *copy = guarded(data + at, len);

			assert_int_equal(ph_sum_fold(ph_sum_add(0, copy, len)), naive(data + at, len));
			guarded_free(copy, len);
		}
}

static void test_sum_in_parts_is_sum_of_the_whole(void **state)
{
	uint8_t ones[65536];

	memset(ones, 0xff, sizeof(ones));
	for (size_t cut = 0; cut < 64; cut += 2)
		assert_int_equal(ph_sum_fold(ph_sum_add(ph_sum_add(0x1234, ones, cut), ones + cut, sizeof(ones) - cut)),
		                 (uint16_t)~0x1234u);
}

/* RFC 3720 B.4, and the usual check value. */
static void test_crc32c_of_known_vectors(void **state)
{
	uint8_t data[32];

	assert_int_equal(ph_crc32c(0, "123456789", 9), 0xe3069283);
	memset(data, 0, sizeof(data));
	assert_int_equal(ph_crc32c(0, data, 32), 0x8a9136aa);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(ph_crc32c(0, data, 32), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		data[i] = i;
	assert_int_equal(ph_crc32c(0, data, 32), 0x46dd794e);
	assert_int_equal(ph_crc32c(ph_crc32c(0, data, 11), data + 11, 21), 0x46dd794e);
}

/* Packets that others sent: IPv4/UDP (TFTP), IPv6/ICMPv6 (RFC 8335 probe), IPv4/SCTP INIT. */
static const char *const real[] = {
	"4500002addb140004011d9bdc0a80102c0a80101 af87004500167108 000166696c6531006f6374657400",
	"600f260b001c3afffdfd5c41712dd05ad0dd22fffeac5c6bfdfd5c41712dd0aa022590fffea88686"
	"a0009844fb6100012000dcf40008030200000001000bad1e7fc0ffee",
	"4588004000010000ff84211f0aad300d585206860b5a189f00000000d3cccfc901000020dd68d33d00008000002000200629bea6"
	"0005000855cd346a80000004",
};

static void test_checksum_of_real_packets_is_right(void **state)
{
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		struct packet p;

		p.len = hex_bytes(real[i], p.data, sizeof(p.data));
		assert_true(sum_ok(&p));
	}
}

/* Each bit from the upper-layer header on. */
static void test_checksum_after_any_bit_flip_is_wrong(void **state)
{
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		struct packet p;

		p.len = hex_bytes(real[i], p.data, sizeof(p.data));
		for (size_t bit = (p.data[0] >> 4 == 6 ? 40 : 20) * 8; bit < p.len * 8; bit++) {
			p.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_false(sum_ok(&p));
			p.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void test_checksum_of_built_packets_is_right(void **state)
{
	static const uint8_t protos4[] = { 6, 17, 136, 1, 47, 50 }, protos6[] = { 6, 17, 136, 58, 47, 50 };

	for (size_t len = 0; len < 70; len++)
		for (size_t i = 0; i < 12; i++) {
			struct packet p;
			bool six = i >= 6;

			packet_build(&p, &(struct packet_spec){
				.src = six ? SRC6 : SRC4, .dst = six ? DST6 : DST4, .proto = six ? protos6[i - 6] : protos4[i],
				.sport = (uint16_t)(len * 900), .dport = 21, .icmp_type = 8, .payload_len = len,
				.payload = "0123456789012345678901234567890123456789012345678901234567890123456789" });
			assert_true(sum_ok(&p));
		}
}

static void test_checksum_udp_without_one_is_fine(void **state)
{
	struct packet p;

	packet_build(&p, &(struct packet_spec){ .src = SRC4, .dst = DST4, .proto = 17, .payload = "x" });
	memset(p.data + 26, 0, 2);
	assert_true(sum_ok(&p));
	packet_build(&p, &(struct packet_spec){ .src = SRC6, .dst = DST6, .proto = 17, .payload = "x" });
	memset(p.data + 46, 0, 2);
	assert_true(sum_ok(&p));
}

/* Measured on Linux 6.18: bytes behind the UDP length count as well, and so does their number. */
static void test_checksum_udp_covers_bytes_behind_its_length(void **state)
{
	struct packet p;

	packet_build(&p, &(struct packet_spec){ .src = SRC4, .dst = DST4, .proto = 17, .payload = "datagram" });
	packet_insert(&p, p.len, "tail", 4);
	assert_false(sum_ok(&p));
	packet_fix_l4(&p, 20, 17);
	assert_true(sum_ok(&p));
}

static void test_checksum_udplite_covers_what_it_says(void **state)
{
	struct packet p;

	packet_build(&p, &(struct packet_spec){ .src = SRC4, .dst = DST4, .proto = 136, .payload = "0123456789" });
	assert_true(sum_ok(&p));
	p.data[25] = 0;
	packet_fix_l4(&p, 20, 136);
	assert_true(sum_ok(&p));
	p.data[25] = 7;
	packet_fix_l4(&p, 20, 136);
	assert_false(sum_ok(&p));
	p.data[25] = 19;
	packet_fix_l4(&p, 20, 136);
	assert_false(sum_ok(&p));
	p.data[25] = 18;
	memset(p.data + 26, 0, 2);
	assert_false(sum_ok(&p));
}

static void test_checksum_udplite_of_part_ignores_the_rest(void **state)
{
	struct packet p;

	/* Coverage 8: sum of the pseudo header with 18 bytes in all, the ports, 8, and nothing else. */
	packet_build(&p, &(struct packet_spec){ .src = SRC4, .dst = DST4, .proto = 136, .payload = "\0\0\0\0\0\0\0\0\0\0",
	                                        .payload_len = 10 });
	p.data[25] = 8;
	packet_fix_l4(&p, 20, 136);
	assert_true(sum_ok(&p));
	p.data[37] = 0x55;
	assert_true(sum_ok(&p));
	p.data[21] ^= 1;
	assert_false(sum_ok(&p));
}

/* RFC 3828 3.1: the header must be covered, even if the sum over less came out right. */
static void test_checksum_udplite_of_part_of_its_header_is_wrong(void **state)
{
	struct packet p;

	packet_build(&p, &(struct packet_spec){ .src = SRC4, .dst = DST4, .proto = 136, .payload = "ab" });
	p.data[25] = 4;
	for (unsigned port = 0; port <= UINT16_MAX; port++) {
		p.data[20] = (uint8_t)(port >> 8);
		p.data[21] = (uint8_t)port;
		assert_false(sum_ok(&p));
	}
}

/* RFC 3828 3.1 has protocol 136 in the pseudo header; Linux 6.18 wants 17. */
static void test_checksum_udplite_as_rfc3828_is_wrong(void **state)
{
	struct packet p;

	packet_build(&p, &(struct packet_spec){ .src = SRC4, .dst = DST4, .proto = 136, .sport = 1, .payload = "ab" });
	p.data[27] = (uint8_t)(p.data[27] - (136 - 17));
	if (p.data[27] > 0xff - (136 - 17))
		p.data[26]--;
	assert_false(sum_ok(&p));
}

/* Measured on Linux 6.18: either zero of ones' complement passes. */
static void test_checksum_icmp_of_zeros_has_two_forms(void **state)
{
	struct packet p;

	packet_raw(&p, SRC4, DST4, 1, "\0\0\0\0\0\0\0\0", 8);
	assert_true(sum_ok(&p));
	memset(p.data + 22, 0xff, 2);
	assert_true(sum_ok(&p));
	p.data[23] = 0xfe;
	assert_false(sum_ok(&p));
}

static void test_checksum_icmp_in_the_other_family_is_not_looked_at(void **state)
{
	struct packet p;

	packet_raw(&p, SRC6, DST6, 1, "\10\0\1\1\0\0\0\0", 8);
	assert_true(sum_ok(&p));
	packet_raw(&p, SRC4, DST4, 58, "\200\0\1\1\0\0\0\0", 8);
	assert_true(sum_ok(&p));
}

static void test_checksum_behind_a_routing_header_uses_the_address_in_place(void **state)
{
	static const uint8_t routing[24] = { 17, 2, 0, 1 };
	struct packet p;

	packet_build(&p, &(struct packet_spec){ .src = SRC6, .dst = DST6, .proto = 17, .payload = "x" });
	packet_insert(&p, 40, routing, sizeof(routing));
	p.data[6] = 43;
	assert_true(sum_ok(&p));
}

static void test_checksum_of_incomplete_header_is_wrong(void **state)
{
	struct packet p;

	packet_raw(&p, SRC4, DST4, 6, "0123456789", 10);
	assert_false(sum_ok(&p));
	packet_raw(&p, SRC4, DST4, 17, "0123", 4);
	assert_false(sum_ok(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum_of_rfc1071_example),
		cmocka_unit_test(test_sum_each_length_and_alignment_as_naive),
		cmocka_unit_test(test_sum_in_parts_is_sum_of_the_whole),
		cmocka_unit_test(test_crc32c_of_known_vectors),
		cmocka_unit_test(test_checksum_of_real_packets_is_right),
		cmocka_unit_test(test_checksum_after_any_bit_flip_is_wrong),
		cmocka_unit_test(test_checksum_of_built_packets_is_right),
		cmocka_unit_test(test_checksum_udp_without_one_is_fine),
		cmocka_unit_test(test_checksum_udp_covers_bytes_behind_its_length),
		cmocka_unit_test(test_checksum_udplite_covers_what_it_says),
		cmocka_unit_test(test_checksum_udplite_of_part_ignores_the_rest),
		cmocka_unit_test(test_checksum_udplite_of_part_of_its_header_is_wrong),
		cmocka_unit_test(test_checksum_udplite_as_rfc3828_is_wrong),
		cmocka_unit_test(test_checksum_icmp_of_zeros_has_two_forms),
		cmocka_unit_test(test_checksum_icmp_in_the_other_family_is_not_looked_at),
		cmocka_unit_test(test_checksum_behind_a_routing_header_uses_the_address_in_place),
		cmocka_unit_test(test_checksum_of_incomplete_header_is_wrong),
	};

	return cmocka_run_group_tests_name("net/checksum", tests, NULL, NULL);
}
