/* -j NFQUEUE: a program behind a queue decides; without one the packet is dropped, or with --queue-bypass accepted. Which
 * of these, no capture tells. */
#include "rule/target/simple.h"

#include "rule/text/word.h"

enum { NUM, BALANCE, BYPASS, FANOUT };
#define LAST_BALANCED 65534

struct target_nfqueue {
	uint16_t first, last;
};

/* FIRST:LAST, where either may be left away. */
static bool parse_balance(struct ph_arg *arg)
{
	struct target_nfqueue *t = (void *)arg->part->data;
	struct ph_cur low = ph_word_cur(arg->word), high = low;
	uint32_t lo = 0, hi = LAST_BALANCED;

	if (!ph_cur_find(&high, ':'))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	low.end = high.at;
	if (!ph_cur_skip(&high, 1) || (ph_cur_left(&low) && (!ph_cur_number(&low, LAST_BALANCED, &lo) || ph_cur_left(&low))) ||
	    (ph_cur_left(&high) && (!ph_cur_number(&high, LAST_BALANCED, &hi) || ph_cur_left(&high))))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	if (lo >= hi)
		return ph_arg_error(arg, "%u:%u is no range: the first queue must be the smaller one", lo, hi);
	*t = (struct target_nfqueue){ (uint16_t)lo, (uint16_t)hi };
	return true;
}

static void print_balance(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_nfqueue *t = (const void *)part->data;

	(void)family;
	ph_put_format(w, "%u:%u", t->first, t->last);
}

static bool check(struct ph_check *c)
{
	if (ph_part_has(c->part, FANOUT) && !ph_part_has(c->part, BALANCE))
		return ph_check_error(c, FANOUT, "--queue-cpu-fanout needs --queue-balance");
	if (!ph_part_has(c->part, BALANCE))
		c->part->given |= PH_BIT(NUM);
	return true;
}

static const struct ph_opt options[] = {
	{ .name = "queue-num", .what = "a number to 65535", .type = PH_ARG_UINT, .id = NUM, .excludes = PH_BIT(BALANCE),
	  PH_OPT_FIELD(struct target_nfqueue, first), .max = 65535 },
	{ .name = "queue-balance", .what = "a range such as 0:3, to 65534", .type = PH_ARG_CUSTOM, .id = BALANCE,
	  .excludes = PH_BIT(NUM), .parse = parse_balance, .print = print_balance },
	{ .name = "queue-bypass", .type = PH_ARG_FLAG, .id = BYPASS },
	{ .name = "queue-cpu-fanout", .type = PH_ARG_FLAG, .id = FANOUT },
};

const struct ph_ext ph_target_nfqueue = {
	.name = "NFQUEUE", .what = "let a program decide", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_MARK, .answers = 1 << PH_TARGET_ACCEPT | 1 << PH_TARGET_DROP,
	.size = sizeof(struct target_nfqueue), PH_EXT_OPTIONS(options), .check = check, .target = ph_target_unknown,
};
