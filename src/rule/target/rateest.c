/* -j RATEEST: counts the packet in an estimate that -m rateest reads, which cannot know it here.
 *
 * The kernel samples every 250 ms times a power of two, and averages with a weight of one in a power of two; what is
 * printed are these, not the times given. */
#include "rule/target/simple.h"

#include "rule/text/word.h"

enum { NAME, INTERVAL, EWMA };
#define FIRST_US 250000u

struct target_rateest {
	char name[16];
	uint8_t interval;               /* FIRST_US << interval */
	uint8_t weight;                 /* printed: interval << weight */
	/* As given: what the two come from. */
	uint32_t interval_us, ewma_us;
};

static const struct {
	const char *name;
	uint32_t us;
} units[] = {
	{ "s", 1000000 }, { "sec", 1000000 }, { "secs", 1000000 }, { "ms", 1000 }, { "msec", 1000 }, { "msecs", 1000 },
	{ "us", 1 }, { "usec", 1 }, { "usecs", 1 },
};

/* Digits behind the point, as millionths. */
static uint32_t fraction(struct ph_cur *c)
{
	uint32_t value = 0, place = 100000;
	uint8_t b;

	while (ph_cur_peek(c, 0, &b) && ph_is_digit(b)) {
		value += place * (uint32_t)(b - '0');
		place /= 10;
		c->at++;
	}
	return value;
}

/* A time; without a unit in microseconds. */
static bool parse_us(const struct ph_cur *text, uint32_t *out)
{
	struct ph_cur c = *text;
	uint32_t whole, part = 0, unit = 1;
	uint64_t us;

	if (!ph_cur_dec(&c, 0x7fffffff, &whole))
		return false;
	if (ph_cur_byte(&c, '.'))
		part = fraction(&c);
	if (ph_cur_left(&c)) {
		unit = 0;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (ph_cur_left(&c) == strlen(units[i].name) && ph_cur_begins_nocase(&c, units[i].name))
				unit = units[i].us;
	}
	us = (uint64_t)whole * unit + (uint64_t)part * unit / 1000000;
	*out = (uint32_t)us;
	return unit && us <= UINT32_MAX;
}

static bool parse_time(struct ph_arg *arg)
{
	struct target_rateest *t = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);

	if (!parse_us(&c, arg->opt->id == INTERVAL ? &t->interval_us : &t->ewma_us))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

/* 1 / -ln(1 - 2^-n): so many samples until a weight of one in 2^n has let a value fade to 1/e. */
static double samples(unsigned n)
{
	double x = 1.0 / (double)(1u << n), power = x, sum = 0;

	for (unsigned k = 1; k <= 60; k++) {
		sum += power / k;
		power *= x;
	}
	return 1.0 / sum;
}

static bool check(struct ph_check *c)
{
	struct target_rateest *t = (void *)c->part->data;
	unsigned n = 1;

	while (t->interval < 6 && t->interval_us > FIRST_US << t->interval)
		t->interval++;
	if (t->interval == 6)
		return ph_check_error(c, INTERVAL, "the interval is longer than 8s");
	while (n < 31 && samples(n) * t->interval_us <= t->ewma_us)
		n++;
	/* Times have 32 bits, those printed as well. */
	if (n == 1 || n == 31 || !t->interval_us || (uint64_t)FIRST_US << t->interval << (n - 1) > UINT32_MAX)
		return ph_check_error(c, EWMA, "--rateest-interval and --rateest-ewmalog do not fit: give the second at least half "
		                      "as much again as the first, and at most an hour");
	t->weight = (uint8_t)(n - 1);
	t->interval_us = t->ewma_us = 0;
	return true;
}

static void put_us(uint64_t us, struct ph_writer *w)
{
	if (us >= 1000000)
		ph_put_format(w, "%u.0s", (unsigned)(us / 1000000));
	else
		ph_put_format(w, "%u.0ms", (unsigned)(us / 1000));
}

static void print_interval(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_us((uint64_t)FIRST_US << ((const struct target_rateest *)(const void *)part->data)->interval, w);
}

static void print_ewma(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_rateest *t = (const void *)part->data;

	(void)family;
	put_us((uint64_t)FIRST_US << t->interval << t->weight, w);
}

#define TIME(option, which, hook) \
	{ .name = option, .what = "a time such as 250ms or 2s", .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED, .id = which, \
	  .parse = parse_time, .print = hook }

static const struct ph_opt options[] = {
	{ .name = "rateest-name", .what = "a name", .type = PH_ARG_STRING, .flags = PH_OPT_NEEDED | PH_OPT_BARE, .id = NAME,
	  PH_OPT_FIELD(struct target_rateest, name), .min = 1, .max = 15 },
	TIME("rateest-interval", INTERVAL, print_interval), TIME("rateest-ewmalog", EWMA, print_ewma),
};

const struct ph_ext ph_target_rateest = {
	.name = "RATEEST", .what = "count the packet in a rate", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.size = sizeof(struct target_rateest), PH_EXT_OPTIONS(options), .check = check, PH_SAYS(PH_TARGET_CONTINUE),
	.target = ph_target_continue,
};
