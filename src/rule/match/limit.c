/* -m limit: a token bucket, filled by the packets' own time.
 *
 * Credits are counted as the kernel counts them, 32 000 a second in 32 bits, because its overflow decides which rates
 * load: 3/day with the default burst does not. */
#include "rule/ext.h"

#include "rule/text/word.h"

enum { LIMIT, BURST };
#define SCALE 10000u            /* the interval between two packets is counted in 1/SCALE seconds */
#define CREDITS_PER_S 32000u
#define CREDITS_PER_MS 32u

struct match_limit {
	uint32_t interval, burst;
	/* State, not specification. */
	uint32_t cap, cost, credit;
	bool started;
	uint64_t last_ms;
};

static const struct {
	const char *unit, *shown;
	uint32_t factor;
} units[] = {
	{ "day", "day", 24 * 60 * 60 }, { "hour", "hour", 60 * 60 }, { "minute", "min", 60 }, { "second", "sec", 1 },
};
#define UNITS (sizeof(units) / sizeof(units[0]))

static void init(void *data, uint8_t family)
{
	struct match_limit *m = data;

	(void)family;
	m->interval = SCALE * 60 * 60 / 3;
	m->burst = 5;
}

static bool parse_limit(struct ph_arg *arg)
{
	struct match_limit *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t rate, factor = 0;

	if (!ph_cur_dec(&c, 0x7fffffff, &rate) || rate == 0)
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	if (!ph_cur_left(&c))
		factor = 1;
	else if (ph_cur_byte(&c, '/') && ph_cur_left(&c))
		for (size_t i = 0; i < UNITS; i++)
			if (ph_cur_begins_nocase(&c, units[i].unit))
				factor = units[i].factor;
	if (!factor)
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	m->interval = SCALE * factor / rate;
	if (rate / factor > SCALE || m->interval == 0)
		return ph_arg_error(arg, "\"%.*s\" is too fast: at most %u/second", PH_WORD_SHOWN(arg->word), SCALE);
	return true;
}

/* The interval is what is kept; the rate shown is the coarsest unit that does not lose too much. */
static void print_limit(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_limit *m = (const void *)part->data;
	size_t i = 1;

	(void)family;
	while (i < UNITS) {
		uint32_t unit = units[i].factor * SCALE;

		if (m->interval > unit || unit / m->interval < unit % m->interval)
			break;
		i++;
	}
	ph_put_format(w, "%u/%s", units[i - 1].factor * SCALE / m->interval, units[i - 1].shown);
}

static uint32_t credits_of(uint32_t intervals)
{
	if (intervals > 0xffffffffu / CREDITS_PER_S)
		return intervals / SCALE * CREDITS_PER_S;
	return intervals * CREDITS_PER_S / SCALE;
}

static bool check(struct ph_check *c)
{
	struct match_limit *m = (void *)c->part->data;

	m->cost = credits_of(m->interval);
	m->cap = credits_of(m->interval * m->burst);
	if (m->burst == 0 || m->cap < m->cost)
		return ph_check_error(c, LIMIT, "this rate with a burst of %u does not fit: the kernel counts in 32 bits; try a "
		                      "faster rate or another burst", m->burst);
	m->credit = m->cap;
	return true;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	struct match_limit *m = (void *)part->data;
	uint64_t credit = m->credit;

	if (m->started && ctx->now_ms > m->last_ms) {
		uint64_t passed_ms = ctx->now_ms - m->last_ms;

		credit = passed_ms > m->cap / CREDITS_PER_MS ? m->cap : credit + passed_ms * CREDITS_PER_MS;
		if (credit > m->cap)
			credit = m->cap;
	}
	if (!m->started || ctx->now_ms > m->last_ms)
		m->last_ms = ctx->now_ms;
	m->started = true;
	m->credit = (uint32_t)credit;
	if (m->credit < m->cost)
		return PH_MATCH_NO;
	m->credit -= m->cost;
	return PH_MATCH_YES;
}

static const struct ph_opt options[] = {
	{ .name = "limit", .what = "a rate such as 3/second, 10/minute, 5/hour or 24/day", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_ALWAYS, .id = LIMIT, .parse = parse_limit, .print = print_limit },
	{ .name = "limit-burst", .what = "a number to 10000", .type = PH_ARG_UINT, .flags = PH_OPT_DEFAULT, .id = BURST,
	  PH_OPT_FIELD(struct match_limit, burst), .max = 10000 },
};

const struct ph_ext ph_match_limit = {
	.name = "limit", .what = "at most so many packets in a time", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_limit), .compared = offsetof(struct match_limit, cap), PH_EXT_OPTIONS(options),
	.init = init, .check = check, .match = match,
};
