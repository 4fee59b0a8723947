/* The bit cursor of aligned PER: every read at every offset against a naive one, at the end and beyond it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "helper/h323/per.h"

static const uint8_t octets[] = { 0xa5, 0x0f, 0x80, 0x01, 0xc3, 0x7e, 0xff, 0x00, 0x3c };
#define N_BITS (sizeof(octets) * 8)

static const struct ph_per_lengths standard = { .wants_two = false };

static struct ph_per per_of(const void *data, size_t len)
{
	return ph_per_of(ph_cur_of(data, len));
}

static uint32_t naive(uint32_t at, unsigned n)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < n; i++)
		value = value << 1 | (octets[(at + i) / 8] >> (7 - (at + i) % 8) & 1);
	return value;
}

static void test_per_bits_at_every_offset_are_those(void **unused)
{
	for (uint32_t at = 0; at <= N_BITS; at++) {
		for (unsigned n = 0; n <= 33; n++) {
			struct ph_per p = per_of(octets, sizeof(octets)), before;
			uint32_t value = 0x5a5a5a5a;

			assert_true(ph_per_skip(&p, at));
			before = p;
			if (n > 32 || at + n > N_BITS) {
				assert_false(ph_per_bits(&p, n, &value));
				assert_memory_equal(&p, &before, sizeof(p));
				assert_int_equal(value, 0x5a5a5a5a);
				continue;
			}
			assert_true(ph_per_bits(&p, n, &value));
			assert_int_equal(value, naive(at, n));
			assert_int_equal(p.at, at + n);
		}
	}
}

static void test_per_aligned_numbers_begin_at_the_next_octet(void **unused)
{
	for (uint32_t at = 0; at <= N_BITS; at++) {
		for (unsigned n = 0; n <= 5; n++) {
			struct ph_per p = per_of(octets, sizeof(octets)), before;
			uint32_t start = (at + 7) / 8, value;

			assert_true(ph_per_skip(&p, at));
			before = p;
			if (n < 1 || n > 4 || start + n > sizeof(octets)) {
				assert_false(ph_per_uint(&p, n, &value));
				assert_memory_equal(&p, &before, sizeof(p));
				continue;
			}
			assert_true(ph_per_uint(&p, n, &value));
			assert_int_equal(value, naive(start * 8, n * 8));
			assert_int_equal(p.at, (start + n) * 8);
		}
	}
}

static void test_per_skip_past_the_end_changes_nothing(void **unused)
{
	struct ph_per p = per_of(octets, 2);
	bool bit;

	assert_true(ph_per_skip(&p, 16));
	assert_false(ph_per_skip(&p, 1));
	assert_false(ph_per_skip(&p, UINT32_MAX));
	assert_false(ph_per_bool(&p, &bit));
	assert_int_equal(p.at, 16);
	assert_true(ph_per_skip(&p, 0));
	ph_per_align(&p);
	assert_int_equal(p.at, 16);
}

static void test_per_lengths_have_one_or_two_octets(void **unused)
{
	static const struct {
		uint8_t octets[3];
		uint8_t len;
		bool wants_two, long_as_is;
		int32_t value;          /* -1: refused */
		uint8_t used;
	} rows[] = {
		{ { 0x00 }, 1, false, false, 0, 1 },
		{ { 0x7f }, 1, false, false, 127, 1 },
		{ { 0x7f }, 1, true, false, -1, 0 },
		{ { 0x7f, 0x00 }, 2, true, false, 127, 1 },
		{ { 0x80, 0x80 }, 2, false, false, 128, 2 },
		{ { 0xbf, 0xff }, 2, false, false, 16383, 2 },
		{ { 0x80 }, 1, false, false, -1, 0 },
		{ { 0x80, 0x01 }, 2, false, false, 1, 2 },
		{ { 0xc1, 0x00 }, 2, false, false, -1, 0 },
		{ { 0xc1, 0x02 }, 2, false, true, 258, 2 },
		{ { 0 }, 0, false, false, -1, 0 },
		{ { 0 }, 0, true, true, -1, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_per_lengths how = { .wants_two = rows[i].wants_two, .long_as_is = rows[i].long_as_is };
		struct ph_per p = per_of(rows[i].octets, rows[i].len);
		uint32_t value = 0;

		assert_int_equal(ph_per_length(&p, how, &value), rows[i].value >= 0);
		assert_int_equal(p.at, rows[i].used * 8);
		if (rows[i].value >= 0)
			assert_int_equal(value, rows[i].value);
	}
}

/* X.691 10.5.7, with its four forms. Each is read three bits into the octets. */
static void test_per_numbers_have_the_width_of_their_range(void **unused)
{
	static const struct {
		uint32_t lo, hi;
		uint8_t octets[6];
		uint32_t value;
		uint8_t end;            /* bits, from the first */
	} rows[] = {
		{ 5, 5, { 0xff }, 5, 3 },
		{ 0, 1, { 0x10 }, 1, 4 },
		{ 0, 2, { 0x10 }, 2, 5 },
		{ 1, 4, { 0x18 }, 4, 5 },
		{ 1, 128, { 0x1f, 0xc0 }, 128, 10 },
		{ 0, 254, { 0x1f, 0xc0 }, 254, 11 },
		{ 0, 255, { 0xff, 0x07 }, 7, 16 },
		{ 1, 256, { 0xff, 0xff }, 256, 16 },
		{ 0, 256, { 0xff, 0x01, 0x02 }, 258, 24 },
		{ 0, 65535, { 0xff, 0xfe, 0xdc }, 0xfedc, 24 },
		{ 1, 65535, { 0xff, 0xff, 0xff }, 65536, 24 },
		{ 0, 65536, { 0x07, 0x09 }, 9, 16 },
		{ 1, 192400, { 0x0f, 0x01, 0x02 }, 0x103, 24 },
		{ 0, 0xffffffff, { 0x1f, 0x01, 0x02, 0x03, 0x04 }, 0x01020304, 40 },
		{ 1, 0xffffffff, { 0x1f, 0xff, 0xff, 0xff, 0xff }, 0, 40 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t len = 1; len <= sizeof(rows[i].octets); len++) {
			struct ph_per p = per_of(rows[i].octets, len);
			bool fits = rows[i].end <= len * 8;
			uint32_t value;

			assert_true(ph_per_skip(&p, 3));
			assert_int_equal(ph_per_int(&p, rows[i].lo, rows[i].hi, &value), fits);
			assert_int_equal(p.at, fits ? rows[i].end : 3);
			if (fits)
				assert_int_equal(value, rows[i].value);
		}
	}
}

static void test_per_nothing_holds_nothing(void **unused)
{
	struct ph_per p = per_of(octets, 0);
	uint32_t value;

	assert_int_equal(ph_per_left(&p), 0);
	assert_true(ph_per_bits(&p, 0, &value));
	assert_int_equal(value, 0);
	assert_false(ph_per_length(&p, standard, &value));
	assert_true(ph_per_int(&p, 7, 7, &value));
	assert_int_equal(value, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_per_bits_at_every_offset_are_those),
		cmocka_unit_test(test_per_aligned_numbers_begin_at_the_next_octet),
		cmocka_unit_test(test_per_skip_past_the_end_changes_nothing),
		cmocka_unit_test(test_per_lengths_have_one_or_two_octets),
		cmocka_unit_test(test_per_numbers_have_the_width_of_their_range),
		cmocka_unit_test(test_per_nothing_holds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
