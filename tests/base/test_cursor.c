/* Cursors: every read before, at and past the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/cursor.h"
#include "support/support.h"

static const uint8_t bytes[] = { 0x81, 0x02, 0xff, 0x04, 0x05, 0x06, 0x07, 0x08 };

/* A cursor over the first len of bytes, which end at an unreadable page. */
static struct ph_cur guarded_cur(size_t len)
{
	return ph_cur_of(guarded(bytes, len), len);
}

static void free_cur(const struct ph_cur *c, size_t len)
{
	guarded_free((uint8_t *)(uintptr_t)(c->end - len), len);
}

/* One read of n bytes, in a way that all reads share. value: of the bytes, for those that have one. */
struct read_case {
	size_t n;
	bool (*read)(struct ph_cur *c, uint32_t *value);
	uint32_t value;
};

static bool read_u8(struct ph_cur *c, uint32_t *value)
{
	uint8_t v = 0xaa;
	bool ok = ph_cur_u8(c, &v);

	*value = ok ? v : v == 0xaa ? 0 : 1;
	return ok;
}

static bool read_u16(struct ph_cur *c, uint32_t *value)
{
	uint16_t v = 0xaaaa;
	bool ok = ph_cur_u16(c, &v);

	*value = ok ? v : v == 0xaaaa ? 0 : 1;
	return ok;
}

static bool read_u32(struct ph_cur *c, uint32_t *value)
{
	uint32_t v = 0xaaaaaaaa;
	bool ok = ph_cur_u32(c, &v);

	*value = ok ? v : v == 0xaaaaaaaa ? 0 : 1;
	return ok;
}

static bool read_bytes(struct ph_cur *c, uint32_t *value)
{
	uint8_t v[5] = { 0 };
	bool ok = ph_cur_bytes(c, v, sizeof(v));

	*value = (uint32_t)(v[0] << 8 | v[4]);
	return ok;
}

static bool read_sub(struct ph_cur *c, uint32_t *value)
{
	struct ph_cur part = { NULL, NULL };
	bool ok = ph_cur_sub(c, 3, &part);

	*value = ok ? (uint32_t)ph_cur_left(&part) : part.at ? 1 : 0;
	return ok;
}

static bool read_skip(struct ph_cur *c, uint32_t *value)
{
	*value = 0;
	return ph_cur_skip(c, 6);
}

static bool read_word(struct ph_cur *c, uint32_t *value)
{
	*value = 0;
	return ph_cur_word(c, "\x81\x02\xff", 3);
}

static const struct read_case cases[] = {
	{ 1, read_u8, 0x81 }, { 2, read_u16, 0x8102 }, { 4, read_u32, 0x8102ff04 }, { 5, read_bytes, 0x8105 },
	{ 3, read_sub, 3 }, { 6, read_skip, 0 }, { 3, read_word, 0 },
};

/* Too few bytes: false, nothing moved, nothing written. Enough: the value, and moved by just that much. */
static void test_cursor_read_at_each_length_checks(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t len = 0; len <= sizeof(bytes); len++) {
			struct ph_cur c = guarded_cur(len), before = c;
			uint32_t value;
			bool ok = cases[i].read(&c, &value);

			assert_int_equal(ok, len >= cases[i].n);
			assert_int_equal(value, ok ? cases[i].value : 0);
			assert_ptr_equal(c.at, before.at + (ok ? cases[i].n : 0));
			assert_ptr_equal(c.end, before.end);
			free_cur(&c, len);
		}
}

static void test_cursor_peek_at_end_is_refused(void **state)
{
	struct ph_cur c = guarded_cur(3);
	uint8_t b;

	assert_true(ph_cur_peek(&c, 2, &b));
	assert_int_equal(b, 0xff);
	assert_false(ph_cur_peek(&c, 3, &b));
	assert_false(ph_cur_peek(&c, SIZE_MAX, &b));
	assert_int_equal(ph_cur_left(&c), 3);
	free_cur(&c, 3);
}

static void test_cursor_huge_lengths_are_refused(void **state)
{
	struct ph_cur c = guarded_cur(3), part;

	assert_false(ph_cur_skip(&c, SIZE_MAX));
	assert_false(ph_cur_sub(&c, SIZE_MAX - 1, &part));
	assert_int_equal(ph_cur_left(&c), 3);
	free_cur(&c, 3);
}

static void test_cursor_byte_other_is_refused(void **state)
{
	struct ph_cur c = ph_cur_of("ab", 2);

	assert_false(ph_cur_byte(&c, 'b'));
	assert_true(ph_cur_byte(&c, 'a'));
	assert_true(ph_cur_byte(&c, 'b'));
	assert_false(ph_cur_byte(&c, '\0'));
}

static void test_cursor_number_within_its_maximum(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		uint32_t max;
		bool ok;
		uint32_t value;
		size_t used;
	} rows[] = {
		{ "0", 1, 255, true, 0, 1 }, { "255", 3, 255, true, 255, 3 }, { "256", 3, 255, false, 0, 0 },
		{ "65558", 5, 65535, false, 0, 0 }, { "65535,", 6, 65535, true, 65535, 5 },
		{ "4294967295", 10, UINT32_MAX, true, UINT32_MAX, 10 }, { "4294967296", 10, UINT32_MAX, false, 0, 0 },
		{ "18446744073709551616", 20, UINT32_MAX, false, 0, 0 }, { "0007x", 5, 7, true, 7, 4 },
		{ "", 0, 9, false, 0, 0 }, { "x", 1, 9, false, 0, 0 }, { "-1", 2, 9, false, 0, 0 },
		{ " 1", 2, 9, false, 0, 0 }, { "+1", 2, 9, false, 0, 0 }, { "12", 1, 9, true, 1, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *copy = guarded(rows[i].text, rows[i].len);
		struct ph_cur c = ph_cur_of(copy, rows[i].len);
		uint32_t value = 0;

		assert_int_equal(ph_cur_dec(&c, rows[i].max, &value), rows[i].ok);
		assert_int_equal(value, rows[i].value);
		assert_ptr_equal(c.at, copy + rows[i].used);
		guarded_free(copy, rows[i].len);
	}
}

static void test_cursor_number_of_zeros_without_end_is_read(void **state)
{
	char zeros[5000];
	struct ph_cur c = ph_cur_of(zeros, sizeof(zeros));
	uint32_t value = 1;

	memset(zeros, '0', sizeof(zeros));
	assert_true(ph_cur_dec(&c, 0, &value));
	assert_int_equal(value, 0);
	assert_int_equal(ph_cur_left(&c), 0);
}

static void test_cursor_word_in_either_case(void **state)
{
	struct ph_cur c = ph_cur_of("pOrT 1", 6), same = c;

	assert_false(ph_cur_word(&c, "PORT", 4));
	assert_true(ph_cur_word_nocase(&c, "PORT", 4));
	assert_int_equal(ph_cur_left(&c), 2);
	assert_false(ph_cur_word_nocase(&c, " 12", 3));
	assert_true(ph_cur_word_nocase(&same, "port 1", 6));
	assert_true(ph_cur_word_nocase(&same, "", 0));
}

/* '@' and '`', '[' and '{' differ in the same bit as letters do. */
static void test_cursor_word_case_of_no_letter_counts(void **state)
{
	struct ph_cur c = ph_cur_of("@[", 2);

	assert_false(ph_cur_word_nocase(&c, "`", 1));
	assert_true(ph_cur_skip(&c, 1));
	assert_false(ph_cur_word_nocase(&c, "{", 1));
}

static void test_cursor_find_leaves_the_byte_unread(void **state)
{
	struct ph_cur c = guarded_cur(5), before = c;

	assert_true(ph_cur_find(&c, '\x04'));
	assert_ptr_equal(c.at, before.at + 3);
	assert_true(ph_cur_find(&c, '\x04'));
	assert_false(ph_cur_find(&c, '\x06'));
	assert_ptr_equal(c.at, before.at + 3);
	assert_true(ph_cur_skip(&c, 2));
	assert_false(ph_cur_find(&c, '\x05'));
	free_cur(&c, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor_read_at_each_length_checks),
		cmocka_unit_test(test_cursor_peek_at_end_is_refused),
		cmocka_unit_test(test_cursor_huge_lengths_are_refused),
		cmocka_unit_test(test_cursor_byte_other_is_refused),
		cmocka_unit_test(test_cursor_number_within_its_maximum),
		cmocka_unit_test(test_cursor_number_of_zeros_without_end_is_read),
		cmocka_unit_test(test_cursor_word_in_either_case),
		cmocka_unit_test(test_cursor_word_case_of_no_letter_counts),
		cmocka_unit_test(test_cursor_find_leaves_the_byte_unread),
	};

	return cmocka_run_group_tests_name("base/cursor", tests, NULL, NULL);
}
