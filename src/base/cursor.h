/* A bounded view of bytes that somebody else wrote. Copy it to look ahead, pass its address to consume.
 *
 * Every read checks; one that does not fit returns false and changes nothing. The bytes are borrowed.
 * Text reads (dec, byte, word) and binary reads (u8, u16, u32) may be mixed. */
#ifndef PH_BASE_CURSOR_H
#define PH_BASE_CURSOR_H

#include <pinhole/base.h>
#include <string.h>

struct ph_cur {
	const uint8_t *at, *end;
};

/* What a parser that may be fed in pieces answers. Nothing is acted on before OK. */
enum ph_parse { PH_PARSE_BAD = 0, PH_PARSE_OK, PH_PARSE_MORE };

static inline struct ph_cur ph_cur_of(const void *data, size_t len)
{
	const uint8_t *at = data;

	return (struct ph_cur){ at, at + len };
}

static inline size_t ph_cur_left(const struct ph_cur *c)
{
	return (size_t)(c->end - c->at);
}

PH_MUST_CHECK static inline bool ph_cur_skip(struct ph_cur *c, size_t n)
{
	if (ph_cur_left(c) < n)
		return false;
	c->at += n;
	return true;
}

PH_MUST_CHECK static inline bool ph_cur_u8(struct ph_cur *c, uint8_t *out)
{
	if (ph_cur_left(c) < 1)
		return false;
	*out = *c->at++;
	return true;
}

PH_MUST_CHECK static inline bool ph_cur_u16(struct ph_cur *c, uint16_t *out)
{
	if (ph_cur_left(c) < 2)
		return false;
	*out = (uint16_t)(c->at[0] << 8 | c->at[1]);
	c->at += 2;
	return true;
}

PH_MUST_CHECK static inline bool ph_cur_u32(struct ph_cur *c, uint32_t *out)
{
	if (ph_cur_left(c) < 4)
		return false;
	*out = (uint32_t)c->at[0] << 24 | (uint32_t)c->at[1] << 16 | (uint32_t)c->at[2] << 8 | c->at[3];
	c->at += 4;
	return true;
}

/* The next n bytes, copied out. */
PH_MUST_CHECK static inline bool ph_cur_bytes(struct ph_cur *c, void *out, size_t n)
{
	if (ph_cur_left(c) < n)
		return false;
	memcpy(out, c->at, n);
	c->at += n;
	return true;
}

/* Splits n bytes off into a cursor of their own; out is not c. */
PH_MUST_CHECK static inline bool ph_cur_sub(struct ph_cur *c, size_t n, struct ph_cur *out)
{
	if (ph_cur_left(c) < n)
		return false;
	*out = (struct ph_cur){ c->at, c->at + n };
	c->at += n;
	return true;
}

/* Looks at the byte `ahead` bytes on without consuming. */
PH_MUST_CHECK static inline bool ph_cur_peek(const struct ph_cur *c, size_t ahead, uint8_t *out)
{
	if (ph_cur_left(c) <= ahead)
		return false;
	*out = c->at[ahead];
	return true;
}

/* One given byte. */
PH_MUST_CHECK static inline bool ph_cur_byte(struct ph_cur *c, char want)
{
	if (ph_cur_left(c) < 1 || *c->at != (uint8_t)want)
		return false;
	c->at++;
	return true;
}

/* Decimal digits, at least one, value at most max; consumes all digits that follow, or nothing. */
PH_MUST_CHECK bool ph_cur_dec(struct ph_cur *c, uint32_t max, uint32_t *out);

/* Exactly these bytes; _nocase: ASCII letters in either case. len bytes of text. */
PH_MUST_CHECK bool ph_cur_word(struct ph_cur *c, const char *text, size_t len);
PH_MUST_CHECK bool ph_cur_word_nocase(struct ph_cur *c, const char *text, size_t len);

/* Moves to the first such byte (which stays unread); false and nothing moved if there is none. */
PH_MUST_CHECK bool ph_cur_find(struct ph_cur *c, char want);

static inline bool ph_is_digit(uint8_t b)
{
	return b >= '0' && b <= '9';
}

static inline uint8_t ph_lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b | 0x20) : b;
}

#endif
