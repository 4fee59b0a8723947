/* -m rateest: rates that RATEEST has estimated. Nothing is estimated in a replay. */
#include "rule/match/unknown.h"
#include "rule/text/args.h"
#include "rule/text/word.h"

enum { DELTA, ONE, FIRST, SECOND, LESS, GREATER, EQUAL, BPS1, PPS1, BPS, PPS };
#define IN_BYTES (PH_BIT(BPS1) | PH_BIT(BPS))
#define IN_PACKETS (PH_BIT(PPS1) | PH_BIT(PPS))

/* Rates in bytes and packets a second, of the first estimator and of what it is held against. */
struct match_rateest {
	uint8_t mode;                   /* option id */
	bool negated;
	uint32_t bps[2], pps[2];
	char first[16], second[16];
};

static const struct {
	const char *name;
	double bits;
} units[] = {
	{ "bit", 1 }, { "kibit", 1024. }, { "kbit", 1000. }, { "mibit", 1024. * 1024 }, { "mbit", 1000000. },
	{ "gibit", 1024. * 1024 * 1024 }, { "gbit", 1e9 }, { "tibit", 1024. * 1024 * 1024 * 1024 }, { "tbit", 1e12 },
	{ "bps", 8 }, { "kibps", 8 * 1024. }, { "kbps", 8000. }, { "mibps", 8 * 1024. * 1024 }, { "mbps", 8e6 },
	{ "gibps", 8 * 1024. * 1024 * 1024 }, { "gbps", 8e9 }, { "tibps", 8 * 1024. * 1024 * 1024 * 1024 }, { "tbps", 8e12 },
};

/* Decimal digits with an optional fraction. False: no digit. */
static bool take_decimal(struct ph_cur *c, double *out)
{
	double value = 0, unit = 1;
	bool any = false, point = false;
	uint8_t b;

	while (ph_cur_peek(c, 0, &b) && (ph_is_digit(b) || (b == '.' && !point)) && ph_cur_skip(c, 1)) {
		if (b == '.') {
			point = true;
			continue;
		}
		any = true;
		value = value * 10 + (b - '0');
		if (point)
			unit *= 10;
	}
	*out = value / unit;
	return any;
}

/* Without a unit: bits. */
static bool take_rate(struct ph_cur c, uint32_t *out)
{
	double value, bytes, bits = 0;

	if (!take_decimal(&c, &value))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ph_cur_left(&c) == strlen(units[i].name) && ph_cur_begins_nocase(&c, units[i].name))
			bits = units[i].bits;
	if (!ph_cur_left(&c))
		bits = 1;
	/* Kept in 32 bits of bytes; printed, the largest is rounded up. */
	bytes = value * bits / 8;
	if (bits == 0 || bytes > 4295000000.)
		return false;
	*out = bytes < 4294967295. ? (uint32_t)bytes : 0xffffffff;
	return true;
}

/* The argument may be left away: 0. */
static bool parse_bps(struct ph_arg *arg)
{
	struct match_rateest *m = (void *)arg->part->data;

	if (!arg->bare && !take_rate(ph_word_cur(arg->word), &m->bps[arg->opt->id == BPS]))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

static bool parse_pps(struct ph_arg *arg)
{
	struct match_rateest *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);

	if (!arg->bare && (!ph_cur_number(&c, 0xffffffff, &m->pps[arg->opt->id == PPS]) || ph_cur_left(&c)))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

/* Of several the last one counts, negated if any was. */
static bool parse_mode(struct ph_arg *arg)
{
	struct match_rateest *m = (void *)arg->part->data;

	m->mode = arg->opt->id;
	m->negated |= arg->inverted;
	return true;
}

/* What would not be printed is not kept: so equal rules are equal. */
static bool check(struct ph_check *c)
{
	struct match_rateest *m = (void *)c->part->data;
	uint32_t given = c->part->given;
	bool two = given >> SECOND & 1, delta = given >> DELTA & 1;

	if (!(given & (PH_BIT(ONE) | PH_BIT(FIRST))))
		return ph_check_error(c, -1, "which estimator? Give it --rateest or --rateest1");
	if (!m->mode)
		return ph_check_error(c, -1, "how to compare? Give it --rateest-lt, --rateest-gt or --rateest-eq");
	if (!(given & (IN_BYTES | IN_PACKETS)))
		return ph_check_error(c, -1, "in bytes or in packets? Give it --rateest-bps or --rateest-pps");
	if (!delta)
		m->bps[0] = m->pps[0] = 0;
	if (!delta && two)
		m->bps[1] = m->pps[1] = 0;
	c->part->given = PH_BIT(two ? FIRST : ONE) | (delta ? PH_BIT(DELTA) : 0) | (two ? PH_BIT(SECOND) : 0);
	c->part->given |= (given & IN_BYTES ? PH_BIT(BPS) : 0) | (given & IN_PACKETS ? PH_BIT(PPS) : 0);
	c->part->inverted = 0;
	return true;
}

static void print_rate(uint32_t bytes, struct ph_writer *w)
{
	double bits = 8. * bytes;

	if (bits >= 1e9)
		ph_put_format(w, " %.0fMbit", bits / 1e6);
	else if (bits >= 1e6)
		ph_put_format(w, " %.0fKbit", bits / 1e3);
	else
		ph_put_format(w, " %.0fbit", bits);
}

/* One comparison: the first rate, how, the second. How is said once: iptables says it again behind --rateest-pps, and then
 * refuses to read it. */
static void print_compared(const struct ph_part *part, bool in_bytes, struct ph_writer *w)
{
	static const char *const modes[] = { [LESS] = "lt", [GREATER] = "gt", [EQUAL] = "eq" };
	const struct match_rateest *m = (const void *)part->data;
	const uint32_t *rate = in_bytes ? m->bps : m->pps;
	bool delta = ph_part_has(part, DELTA);
	char unit = in_bytes ? 'b' : 'p';

	for (unsigned i = delta ? 0 : 1; i < 2; i++) {
		if (i == 1 && (in_bytes || !ph_part_has(part, BPS)))
			ph_put_format(w, "%s --rateest-%s", m->negated ? " !" : "", modes[m->mode]);
		ph_put_format(w, " --rateest-%cps", unit);
		if (delta)
			ph_put_char(w, i ? '2' : '1');
		else if (ph_part_has(part, SECOND))
			return;
		if (in_bytes)
			print_rate(rate[i], w);
		else
			ph_put_format(w, " %u", rate[i]);
	}
}

/* The first estimator's name and all that stands behind it. */
static void print_all(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_rateest *m = (const void *)part->data;

	(void)family;
	ph_put_text(w, m->first);
	if (ph_part_has(part, BPS))
		print_compared(part, true, w);
	if (ph_part_has(part, PPS))
		print_compared(part, false, w);
	if (ph_part_has(part, SECOND))
		ph_put_format(w, " --rateest2 %s", m->second);
}

#define NAME(option, which, field, more, printer) \
	{ .name = option, .what = "the name of an estimator", .type = PH_ARG_STRING, .flags = PH_OPT_BARE | (more), \
	  .id = which, PH_OPT_FIELD(struct match_rateest, field), .min = 1, .max = 15, .print = printer, \
	  .excludes = which == SECOND ? 0 : (PH_BIT(ONE) | PH_BIT(FIRST)) & ~PH_BIT(which) }
#define MODE(option, which) \
	{ .name = option, .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT | PH_OPT_QUIET, .id = which, .parse = parse_mode }
#define RATE(option, which, more) \
	{ .name = option, .what = "a rate such as 250kbit", .type = PH_ARG_CUSTOM, \
	  .flags = PH_OPT_OPTIONAL | PH_OPT_QUIET | (more), .id = which, .parse = parse_bps }
#define COUNT(option, which, more) \
	{ .name = option, .what = "a number", .type = PH_ARG_CUSTOM, .flags = PH_OPT_OPTIONAL | PH_OPT_QUIET | (more), \
	  .id = which, .parse = parse_pps }

static const struct ph_opt options[] = {
	{ .name = "rateest-delta", .type = PH_ARG_FLAG, .id = DELTA },
	NAME("rateest", ONE, first, 0, print_all), NAME("rateest1", FIRST, first, 0, print_all),
	NAME("rateest2", SECOND, second, PH_OPT_QUIET, NULL),
	MODE("rateest-lt", LESS), MODE("rateest-gt", GREATER), MODE("rateest-eq", EQUAL),
	RATE("rateest-bps1", BPS1, 0), RATE("rateest-bps2", BPS, 0), RATE("rateest-bps", BPS, PH_OPT_SPELLING),
	COUNT("rateest-pps1", PPS1, 0), COUNT("rateest-pps2", PPS, 0), COUNT("rateest-pps", PPS, PH_OPT_SPELLING),
};

const struct ph_ext ph_match_rateest = {
	.name = "rateest", .what = "estimated rates", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_rateest), PH_EXT_OPTIONS(options), .check = check, .match = ph_match_unknown,
};
