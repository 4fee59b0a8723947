/* The payloads of call vectors: named texts and bytes, put together, changed and cut. tests/helper/test_call_vectors.c has the
 * form. */
#ifndef TEST_HELPER_CALL_PAYLOAD_H
#define TEST_HELPER_CALL_PAYLOAD_H

#include <stdio.h>
#include <string.h>
#include "helper/vector_text.h"

#define PARTS 128
#define PAYLOAD 2048
#define WORD 96

struct payload {
	uint8_t data[PAYLOAD];
	size_t len;
};

struct part {
	char name[WORD];
	struct payload payload;
};

/* Every named payload of a file. */
static struct part parts[PARTS];
static size_t n_parts;

static inline uint32_t number_of(const char *text)
{
	struct ph_cur c = ph_cur_of(text, strlen(text));
	uint32_t value = 0;

	assert_true(ph_cur_dec(&c, UINT32_MAX, &value));
	assert_int_equal(ph_cur_left(&c), 0);
	return value;
}

/* The next word, with the blanks behind it; false at the end of the line. */
static inline bool next_word(struct ph_cur *c, char word[WORD])
{
	take_word(c, " ", word, WORD);
	skip_blanks(c);
	return word[0] != '\0';
}

static inline uint32_t next_number(struct ph_cur *c)
{
	char word[WORD];

	assert_true(next_word(c, word));
	return number_of(word);
}

static inline const struct part *part_named(const char *name)
{
	for (size_t i = n_parts; i-- > 0;)
		if (strcmp(parts[i].name, name) == 0)
			return &parts[i];
	fail_msg("no payload is called %s", name);
	return NULL;
}

static inline void append(struct payload *p, const void *data, size_t len)
{
	assert_true(p->len + len <= PAYLOAD);
	memcpy(p->data + p->len, data, len);
	p->len += len;
}

static inline size_t find_in(const struct payload *p, const void *what, size_t len)
{
	const uint8_t *hit = memmem(p->data, p->len, what, len);

	return hit ? (size_t)(hit - p->data) : SIZE_MAX;
}

static inline void replace(struct payload *p, const struct text *old, const struct text *new)
{
	struct payload copy = { .len = 0 };
	size_t at = find_in(p, old->data, old->len);

	if (at == SIZE_MAX)
		fail_msg("nothing to replace");
	append(&copy, p->data, at);
	append(&copy, new->data, new->len);
	append(&copy, p->data + at + old->len, p->len - at - old->len);
	*p = copy;
}

/* "Content-Length: @" becomes the length of what follows the empty line. */
static inline void fill_length(struct payload *p)
{
	struct text mark = { .len = 17, .data = "Content-Length: @" }, field = { .len = 0 };
	size_t empty = find_in(p, "\r\n\r\n", 4);

	if (find_in(p, mark.data, mark.len) == SIZE_MAX)
		return;
	assert_true(empty != SIZE_MAX);
	field.len = (size_t)snprintf((char *)field.data, sizeof(field.data), "Content-Length: %zu", p->len - empty - 4);
	replace(p, &mark, &field);
}

/* [A,B], [head], [body] */
static inline void slice(struct payload *p, const char *which)
{
	size_t empty = find_in(p, "\r\n\r\n", 4), begin = 0, end = p->len;
	char copy[WORD], *comma;

	if (strcmp(which, "head") == 0 || strcmp(which, "body") == 0) {
		assert_true(empty != SIZE_MAX);
		*(which[0] == 'h' ? &end : &begin) = empty + 4;
	} else {
		snprintf(copy, sizeof(copy), "%s", which);
		comma = strchr(copy, ',');
		assert_non_null(comma);
		*comma++ = '\0';
		begin = number_of(copy);
		end = *comma ? number_of(comma) : end;
	}
	assert_true(begin <= end && end <= p->len);
	memmove(p->data, p->data + begin, end - begin);
	p->len = end - begin;
}

static inline void take_part(struct ph_cur *c, struct payload *out)
{
	char name[WORD], which[WORD] = "";
	struct text old, new;
	struct payload p;

	take_word(c, " [", name, sizeof(name));
	if (ph_cur_byte(c, '[')) {
		take_word(c, "]", which, sizeof(which));
		assert_true(ph_cur_byte(c, ']'));
	}
	skip_blanks(c);
	p = part_named(name)->payload;
	while (ph_cur_left(c) > 0 && *c->at == '"') {
		take_text(c, &old);
		take_text(c, &new);
		replace(&p, &old, &new);
	}
	fill_length(&p);
	if (which[0])
		slice(&p, which);
	append(out, p.data, p.len);
}

static inline struct part *new_part(struct ph_cur *c)
{
	struct part *part = &parts[n_parts++];

	assert_true(n_parts <= PARTS);
	assert_true(next_word(c, part->name));
	part->payload.len = 0;
	return part;
}

static inline void add_hex(struct payload *p, struct ph_cur c)
{
	static const uint8_t zeros[PAYLOAD];
	char word[WORD * 3];

	for (skip_blanks(&c); ph_cur_left(&c) > 0; skip_blanks(&c)) {
		take_word(&c, " ", word, sizeof(word));
		if (word[0] == '+')
			append(p, zeros, number_of(word + 1));
		else
			p->len += hex_bytes(word, p->data + p->len, PAYLOAD - p->len);
	}
}

/* A line of a payload that goes over several. False: it is none. */
static inline bool payload_line(struct ph_cur line, struct part **text, struct part **bytes)
{
	if (*text) {
		if (ph_cur_left(&line) == 1 && *line.at == '.') {
			*text = NULL;
			return true;
		}
		append(&(*text)->payload, line.at, ph_cur_left(&line));
		append(&(*text)->payload, "\r\n", 2);
		return true;
	}
	if (*bytes && ph_cur_left(&line) > 0 && *line.at == ' ') {
		add_hex(&(*bytes)->payload, line);
		return true;
	}
	*bytes = NULL;
	if (take(&line, "text ")) {
		*text = new_part(&line);
	} else if (take(&line, "bytes ")) {
		*bytes = new_part(&line);
		add_hex(&(*bytes)->payload, line);
	} else {
		return false;
	}
	return true;
}

#endif
