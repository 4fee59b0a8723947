/* -m set: is the packet in a set of ipset? */
#include "rule/set.h"

#include "rule/text/args.h"
#include "rule/text/word.h"

enum {
	MATCH_SET, RETURN_NOMATCH, UPDATE, UPDATE_SUB, PACKETS_EQ, PACKETS_LT, PACKETS_GT, BYTES_EQ, BYTES_LT, BYTES_GT,
};
#define PACKETS (PH_BIT(PACKETS_EQ) | PH_BIT(PACKETS_LT) | PH_BIT(PACKETS_GT))
#define BYTES (PH_BIT(BYTES_EQ) | PH_BIT(BYTES_LT) | PH_BIT(BYTES_GT))

struct match_set {
	struct ph_set_ask ask;
	char name[PH_SET_NAME_SIZE];
	/* Found, not specified. */
	struct ph_set *set;
};

static bool parse_set(struct ph_arg *arg)
{
	struct match_set *m = (void *)arg->part->data;

	return ph_set_arg(arg, m->name, &m->ask);
}

static void print_set(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_set *m = (const void *)part->data;

	(void)family;
	ph_set_arg_print(m->name, &m->ask, w);
}

static bool parse_counter(struct ph_arg *arg)
{
	struct match_set *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	bool packets = PH_BIT(arg->opt->id) & PACKETS;
	unsigned which = (unsigned)arg->opt->id - (packets ? (unsigned)PACKETS_EQ : (unsigned)BYTES_EQ);
	uint64_t value = 0;
	uint8_t b;

	if (!ph_cur_left(&c))
		return ph_arg_error(arg, "\"\" is not a number");
	while (ph_cur_u8(&c, &b)) {
		if (!ph_is_digit(b) || value > (UINT64_MAX - (uint64_t)(b - '0')) / 10)
			return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
		value = value * 10 + (uint64_t)(b - '0');
	}
	*(packets ? &m->ask.packets : &m->ask.bytes) = value;
	*(packets ? &m->ask.packets_op : &m->ask.bytes_op) =
		(uint8_t)(which ? which == 1 ? PH_SET_LT : PH_SET_GT : arg->inverted ? PH_SET_NE : PH_SET_EQ);
	return true;
}

static void print_packets(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "%llu", (unsigned long long)((const struct match_set *)(const void *)part->data)->ask.packets);
}

static void print_bytes(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "%llu", (unsigned long long)((const struct match_set *)(const void *)part->data)->ask.bytes);
}

/* Counting is what happens anyway: only not counting is printed. */
static bool check(struct ph_check *c)
{
	struct match_set *m = (void *)c->part->data;

	c->part->given &= ~((PH_BIT(UPDATE) | PH_BIT(UPDATE_SUB)) & ~c->part->inverted);
	m->ask.return_nomatch = ph_part_has(c->part, RETURN_NOMATCH);
	m->ask.keep_counters = ph_part_has(c->part, UPDATE);
	m->ask.keep_subcounters = ph_part_has(c->part, UPDATE_SUB);
	return true;
}

static bool bind(struct ph_bind *b)
{
	struct match_set *m = (void *)b->part->data;

	m->set = ph_set_bind(b, m->name);
	return m->set != NULL;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_set *m = (const void *)part->data;
	enum ph_match result = ph_set_test(m->set, &m->ask, ctx);

	if (result == PH_MATCH_UNKNOWN)
		return result;
	return ph_match_if((result == PH_MATCH_YES) != ph_part_inverted(part, MATCH_SET));
}

#define COUNTER(option, which, others, printer, more) \
	{ .name = option, .what = "a number", .type = PH_ARG_CUSTOM, .flags = more, .id = which, \
	  .excludes = (others) & ~PH_BIT(which), .parse = parse_counter, .print = printer }
#define SET_WHAT "the name of a set and up to 6 of src and dst, with commas between"

static const struct ph_opt options[] = {
	{ .name = "match-set", .what = SET_WHAT, .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED | PH_OPT_INVERT,
	  .id = MATCH_SET, .words = 2, .parse = parse_set, .print = print_set },
	{ .name = "set", .what = SET_WHAT, .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT | PH_OPT_SPELLING, .id = MATCH_SET,
	  .words = 2, .parse = parse_set },
	{ .name = "return-nomatch", .type = PH_ARG_FLAG, .id = RETURN_NOMATCH },
	{ .name = "update-counters", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = UPDATE },
	{ .name = "update-subcounters", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = UPDATE_SUB },
	COUNTER("packets-eq", PACKETS_EQ, PACKETS, print_packets, PH_OPT_INVERT),
	COUNTER("packets-lt", PACKETS_LT, PACKETS, print_packets, 0),
	COUNTER("packets-gt", PACKETS_GT, PACKETS, print_packets, 0),
	COUNTER("bytes-eq", BYTES_EQ, BYTES, print_bytes, PH_OPT_INVERT), COUNTER("bytes-lt", BYTES_LT, BYTES, print_bytes, 0),
	COUNTER("bytes-gt", BYTES_GT, BYTES, print_bytes, 0),
};

const struct ph_ext ph_match_set = {
	.name = "set", .what = "is the packet in a set of ipset", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_SET, .found = true, .size = sizeof(struct match_set), .compared = offsetof(struct match_set, set),
	PH_EXT_OPTIONS(options), .check = check, .bind = bind, .match = match,
};
