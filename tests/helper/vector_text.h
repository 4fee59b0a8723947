/* Reading the lines of a helper's vector file: words, and quoted texts with the escapes \r \n \0 to \7 \xHH \\ \". */
#ifndef TEST_HELPER_VECTOR_TEXT_H
#define TEST_HELPER_VECTOR_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/cursor.h"
#include "support/support.h"

#define BYTES 256

struct text {
	uint8_t data[BYTES];
	size_t len;
	bool given;
};

static inline bool take(struct ph_cur *c, const char *word)
{
	return ph_cur_word(c, word, strlen(word));
}

static inline void skip_blanks(struct ph_cur *c)
{
	while (ph_cur_byte(c, ' '))
		;
}

/* Up to the first character of stops, or the end. */
static inline void take_word(struct ph_cur *c, const char *stops, char *word, size_t size)
{
	size_t len = 0;
	uint8_t b;

	while (ph_cur_peek(c, 0, &b) && !strchr(stops, b)) {
		assert_true(len + 1 < size);
		word[len++] = (char)b;
		assert_true(ph_cur_skip(c, 1));
	}
	word[len] = '\0';
}

static inline uint8_t take_escape(struct ph_cur *c)
{
	char hex[3] = { 0 };
	uint8_t b = 0, value = 0;

	assert_true(ph_cur_u8(c, &b));
	if (b == 'r')
		return '\r';
	if (b == 'n')
		return '\n';
	if (b >= '0' && b <= '7')
		return (uint8_t)(b - '0');
	if (b != 'x') {
		assert_true(b == '\\' || b == '"');
		return b;
	}
	assert_true(ph_cur_bytes(c, hex, 2));
	assert_int_equal(hex_bytes(hex, &value, 1), 1);
	return value;
}

static inline void take_text(struct ph_cur *c, struct text *t)
{
	uint8_t b;

	*t = (struct text){ .given = true };
	assert_true(ph_cur_byte(c, '"'));
	while (ph_cur_u8(c, &b) && b != '"') {
		assert_true(t->len < BYTES);
		t->data[t->len++] = b == '\\' ? take_escape(c) : b;
	}
	skip_blanks(c);
}

#endif
