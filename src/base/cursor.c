/* The reads of a cursor that are too long for a header. */
#include "base/cursor.h"

bool ph_cur_dec(struct ph_cur *c, uint32_t max, uint32_t *out)
{
	const uint8_t *at = c->at;
	uint64_t value = 0;

	while (at < c->end && ph_is_digit(*at)) {
		value = value * 10 + (uint64_t)(*at - '0');
		if (value > max)
			return false;
		at++;
	}
	if (at == c->at)
		return false;
	c->at = at;
	*out = (uint32_t)value;
	return true;
}

bool ph_cur_word(struct ph_cur *c, const char *text, size_t len)
{
	if (ph_cur_left(c) < len || memcmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	return true;
}

bool ph_cur_word_nocase(struct ph_cur *c, const char *text, size_t len)
{
	if (ph_cur_left(c) < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (ph_lower(c->at[i]) != ph_lower((uint8_t)text[i]))
			return false;
	c->at += len;
	return true;
}

bool ph_cur_find(struct ph_cur *c, char want)
{
	const uint8_t *hit = NULL;

	if (c->at < c->end)
		hit = memchr(c->at, want, ph_cur_left(c));
	if (!hit)
		return false;
	c->at = hit;
	return true;
}
