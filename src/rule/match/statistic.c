/* -m statistic: every nth packet, or packets by chance.
 *
 * Chance is a generator of its own for each rule (xorshift64*, Vigna 2014), seeded by the rule's place: the same rules and
 * packets give the same answers in every run, and over many packets the share that was asked for. */
#include "rule/shared.h"

#include "rule/text/word.h"

enum { MODE, PROBABILITY, EVERY, PACKET };
enum { RANDOM, NTH };
#define WHOLE 0x80000000u       /* a probability of 1 */

struct match_statistic {
	uint32_t mode, probability, every, packet;
	/* State, not specification. */
	uint32_t count;
	uint64_t chance;
};

static const struct ph_name modes[] = { { "random", RANDOM }, { "nth", NTH }, { NULL, 0 } };

/* Digits of a base with perhaps a point among them. More of them than can matter are read and left out. */
static bool parse_digits(struct ph_cur *c, unsigned base, double *out)
{
	uint64_t value = 0, limit = UINT64_C(1) << 58;
	bool any = false, point = false;
	double unit = 1;
	uint8_t b;

	for (; ph_cur_peek(c, 0, &b); c->at++) {
		unsigned digit = ph_is_digit(b) ? (unsigned)(b - '0') : base == 16 ? (unsigned)(ph_lower(b) - 'a') + 10u : 99u;

		if (b == '.' && !point) {
			point = true;
			continue;
		}
		if (digit >= base)
			break;
		any = true;
		if (value >= limit)
			continue;
		value = value * base + digit;
		if (point)
			unit *= base;
	}
	*out = (double)value / unit;
	return any;
}

/* As C writes numbers: 0.05, .5, 5e-2, 0x0.8. */
static bool parse_real(struct ph_cur *c, double *out)
{
	uint32_t exponent = 0;
	bool minus;

	if (ph_cur_word_nocase(c, "0x", 2))
		return parse_digits(c, 16, out);
	if (!parse_digits(c, 10, out))
		return false;
	if (!ph_cur_word_nocase(c, "e", 1))
		return true;
	minus = ph_cur_byte(c, '-');
	if ((!minus && ph_cur_byte(c, '+') && !ph_cur_left(c)) || !ph_cur_dec(c, 400, &exponent))
		return false;
	for (; exponent > 0; exponent--)
		*out = minus ? *out / 10 : *out * 10;
	return true;
}

/* To the nearest of 2^31 steps. */
static bool parse_probability(struct ph_arg *arg)
{
	struct match_statistic *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	double value;

	if (!parse_real(&c, &value) || ph_cur_left(&c) || value > 1)
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	m->probability = (uint32_t)(value * WHOLE + 0.5);
	return true;
}

static void print_probability(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_statistic *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "%.11f", (double)m->probability / WHOLE);
}

static bool check(struct ph_check *c)
{
	struct match_statistic *m = (void *)c->part->data;

	if (m->mode == RANDOM) {
		if (!ph_part_has(c->part, PROBABILITY))
			return ph_check_error(c, MODE, "mode random needs --probability");
		return true;
	}
	if (!ph_part_has(c->part, EVERY) || !ph_part_has(c->part, PACKET))
		return ph_check_error(c, MODE, "mode nth needs --every and --packet");
	if (m->packet >= m->every)
		return ph_check_error(c, PACKET, "--packet must be smaller than --every: 0 to %u", m->every - 1);
	m->count = m->every - 1 - m->packet;
	return true;
}

static bool bind(struct ph_bind *b)
{
	struct match_statistic *m = (void *)b->part->data;

	if (!m->chance)
		m->chance = ph_bind_seed(b) | 1;
	return true;
}

static uint32_t next_chance(struct match_statistic *m)
{
	m->chance ^= m->chance >> 12;
	m->chance ^= m->chance << 25;
	m->chance ^= m->chance >> 27;
	return (uint32_t)(m->chance * 0x2545f4914f6cdd1du >> 33);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	struct match_statistic *m = (void *)part->data;

	(void)ctx;
	if (m->mode == RANDOM)
		return ph_match_if((next_chance(m) < m->probability) != ph_part_inverted(part, PROBABILITY));
	/* The packet with which the count comes round matches: the first time that of number --packet, counted from 0. */
	m->count = m->count + 1 >= m->every ? 0 : m->count + 1;
	return ph_match_if((m->count == 0) != ph_part_inverted(part, EVERY));
}

static const struct ph_opt options[] = {
	{ .name = "mode", .what = "a mode", .type = PH_ARG_ENUM, .flags = PH_OPT_NEEDED, .id = MODE,
	  PH_OPT_FIELD(struct match_statistic, mode), .names = modes },
	{ .name = "probability", .what = "a number from 0 to 1", .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT,
	  .id = PROBABILITY, .excludes = PH_BIT(EVERY) | PH_BIT(PACKET), .parse = parse_probability,
	  .print = print_probability },
	{ .name = "every", .what = "a number from 1", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = EVERY,
	  PH_OPT_FIELD(struct match_statistic, every), .min = 1, .max = 0xffffffff, .excludes = PH_BIT(PROBABILITY) },
	{ .name = "packet", .what = "a number below that of --every", .type = PH_ARG_UINT, .id = PACKET,
	  PH_OPT_FIELD(struct match_statistic, packet), .max = 0xffffffff, .excludes = PH_BIT(PROBABILITY) },
};

const struct ph_ext ph_match_statistic = {
	.name = "statistic", .what = "every nth packet, or packets by chance", .kind = PH_EXT_MATCH,
	.families = PH_FAMILY_ANY, .size = sizeof(struct match_statistic),
	.compared = offsetof(struct match_statistic, count), PH_EXT_OPTIONS(options), .check = check, .bind = bind,
	.match = match,
};
