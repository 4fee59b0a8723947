/* -m u32: numbers of four bytes anywhere in the packet, by a small language: `6&0xff=1&&0>>22&0x3c@0>>24=0`. A test reads
 * four bytes at a place, works on them, and asks whether the result is in a list of ranges. */
#include "rule/ext.h"
#include "rule/text/word.h"

enum { U32 };
#define PARTS 10        /* tests in one rule, numbers in a location, ranges in a value */

enum operator { READ, AND, LEFT, RIGHT, AT };

struct location {
	uint32_t number;
	uint8_t op;             /* enum operator; the first one is READ */
};

struct u32_test {
	uint8_t n_numbers, n_ranges;
	struct location location[PARTS];
	struct ph_range32 range[PARTS];
};

struct match_u32 {
	uint8_t n;
	struct u32_test test[PARTS];
};

static const struct {
	const char *text;
	enum operator op;
} operators[] = { { "&", AND }, { "<<", LEFT }, { ">>", RIGHT }, { "@", AT } };
#define OPERATORS (sizeof(operators) / sizeof(operators[0]))

static void skip_blanks(struct ph_cur *c)
{
	while (ph_cur_byte(c, ' ') || ph_cur_byte(c, '\t') || ph_cur_byte(c, '\n'))
		;
}

static bool take(struct ph_cur *c, const char *text)
{
	skip_blanks(c);
	return ph_cur_word(c, text, strlen(text));
}

static bool take_number(struct ph_cur *c, uint32_t *out)
{
	skip_blanks(c);
	return ph_cur_number(c, 0xffffffff, out);
}

/* What is wrong, or NULL. */
static const char *take_location(struct ph_cur *c, struct u32_test *t)
{
	enum operator op = READ;

	for (;;) {
		struct location *l = &t->location[t->n_numbers];
		size_t i = 0;

		if (t->n_numbers == PARTS)
			return "more than 9 operators before a =";
		if (!take_number(c, &l->number))
			return "a number is missing, or longer than 32 bits";
		if ((op == LEFT || op == RIGHT) && l->number > 31)
			return "shifts by more than 31 bits";
		l->op = (uint8_t)op;
		t->n_numbers++;
		if (take(c, "="))
			return NULL;
		while (i < OPERATORS && !take(c, operators[i].text))
			i++;
		if (i == OPERATORS)
			return "one of & << >> @ = is missing";
		op = operators[i].op;
	}
}

static const char *take_value(struct ph_cur *c, struct u32_test *t)
{
	do {
		struct ph_range32 *r = &t->range[t->n_ranges];

		if (t->n_ranges == PARTS)
			return "more than 10 ranges behind a =";
		if (!take_number(c, &r->lo))
			return "a number is missing, or longer than 32 bits";
		r->hi = r->lo;
		if (take(c, ":") && !take_number(c, &r->hi))
			return "a number is missing, or longer than 32 bits";
		t->n_ranges++;
	} while (take(c, ","));
	return NULL;
}

static bool parse_u32(struct ph_arg *arg)
{
	struct match_u32 *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	const char *wrong;

	do {
		struct u32_test *t = &m->test[m->n];

		if (m->n == PARTS)
			return ph_arg_error(arg, "more than %d tests", PARTS);
		wrong = take_location(&c, t);
		if (!wrong)
			wrong = take_value(&c, t);
		if (wrong)
			return ph_arg_error(arg, "at \"%.*s\": %s", PH_CUR_SHOWN(&c), wrong);
		m->n++;
	} while (take(&c, "&&"));
	skip_blanks(&c);
	return !ph_cur_left(&c) || ph_arg_error(arg, "at \"%.*s\": neither , nor &&", PH_CUR_SHOWN(&c));
}

static void print_test(const struct u32_test *t, struct ph_writer *w)
{
	for (unsigned i = 0; i < t->n_numbers; i++) {
		for (size_t k = 0; k < OPERATORS; k++)
			if (operators[k].op == t->location[i].op)
				ph_put_text(w, operators[k].text);
		ph_put_format(w, "0x%x", t->location[i].number);
	}
	ph_put_char(w, '=');
	for (unsigned i = 0; i < t->n_ranges; i++) {
		ph_put_format(w, "%s0x%x", i ? "," : "", t->range[i].lo);
		if (t->range[i].hi != t->range[i].lo)
			ph_put_format(w, ":0x%x", t->range[i].hi);
	}
}

static void print_u32(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_u32 *m = (const void *)part->data;

	(void)family;
	ph_put_char(w, '"');
	for (unsigned i = 0; i < m->n; i++) {
		if (i)
			ph_put_text(w, "&&");
		print_test(&m->test[i], w);
	}
	ph_put_char(w, '"');
}

/* A byte of the packet, where targets may have changed its TOS and TTL (RFC 791 3.1, RFC 8200 3). */
static uint8_t byte_at(const struct ph_pkt *pkt, uint32_t at)
{
	uint8_t b = pkt->ip[at];

	if (pkt->family == PH_IPV4)
		return at == 1 ? pkt->tos : at == 8 ? pkt->ttl : b;
	if (at == 0)
		return (uint8_t)((b & 0xf0) | pkt->tos >> 4);
	if (at == 1)
		return (uint8_t)(pkt->tos << 4 | (b & 0x0f));
	return at == 7 ? pkt->ttl : b;
}

/* Four bytes at base + offset. False: they are not all in the packet. */
static bool read_at(const struct ph_pkt *pkt, uint32_t base, uint32_t offset, uint32_t *out)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);

	if (!ph_cur_skip(&c, base) || !ph_cur_skip(&c, offset) || ph_cur_left(&c) < 4)
		return false;
	*out = 0;
	for (uint32_t i = 0; i < 4; i++)
		*out = *out << 8 | byte_at(pkt, base + offset + i);
	return true;
}

static bool test_holds(const struct u32_test *t, const struct ph_pkt *pkt)
{
	uint32_t base = 0, value = 0;

	for (unsigned i = 0; i < t->n_numbers; i++) {
		uint32_t number = t->location[i].number;

		switch ((enum operator)t->location[i].op) {
		case AND:
			value &= number;
			continue;
		case LEFT:
			value <<= number;
			continue;
		case RIGHT:
			value >>= number;
			continue;
		case AT:
			if (value > pkt->len - base)
				return false;
			base += value;
			break;
		case READ:
			break;
		}
		if (!read_at(pkt, base, number, &value))
			return false;
	}
	for (unsigned i = 0; i < t->n_ranges; i++)
		if (value >= t->range[i].lo && value <= t->range[i].hi)
			return true;
	return false;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_u32 *m = (const void *)part->data;
	bool hit = true;

	for (unsigned i = 0; i < m->n && hit; i++)
		hit = test_holds(&m->test[i], ctx->pkt);
	return ph_match_if(hit != ph_part_inverted(part, U32));
}

static const struct ph_opt options[] = {
	{ .name = "u32", .what = "tests such as 6&0xff=1", .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED | PH_OPT_INVERT,
	  .id = U32, .parse = parse_u32, .print = print_u32 },
};

const struct ph_ext ph_match_u32 = {
	.name = "u32", .what = "bytes anywhere in the packet", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_HEADER, .size = sizeof(struct match_u32), PH_EXT_OPTIONS(options), .match = match,
};
