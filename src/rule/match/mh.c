/* -m mh: message types of the mobility header. RFC 6275 6.1. */
#include "rule/match/headers.h"
#include "rule/text/word.h"

enum { TYPE };
#define PROTO_MH 135
#define NO_NEXT_HEADER 59

struct match_mh {
	uint8_t lo, hi;
};

static const struct ph_name names[] = {
	{ "binding-refresh-request", 0 }, { "brr", 0 }, { "home-test-init", 1 }, { "hoti", 1 }, { "careof-test-init", 2 },
	{ "coti", 2 }, { "home-test", 3 }, { "hot", 3 }, { "careof-test", 4 }, { "cot", 4 }, { "binding-update", 5 },
	{ "bu", 5 }, { "binding-acknowledgement", 6 }, { "ba", 6 }, { "binding-error", 7 }, { "be", 7 }, { NULL, 0 },
};

static void init(void *data, uint8_t family)
{
	struct match_mh *m = data;

	(void)family;
	m->hi = 255;
}

/* A number, a name, or the beginning of one: then the first that begins so. */
static bool parse_one(struct ph_cur c, uint8_t nothing, uint8_t *out)
{
	const struct ph_name *first = NULL;
	uint32_t number;

	if (!ph_cur_left(&c)) {
		*out = nothing;
		return true;
	}
	for (const struct ph_name *n = names; n->name; n++) {
		if (!ph_cur_begins_nocase(&c, n->name))
			continue;
		if (!first || strlen(n->name) == ph_cur_left(&c))
			first = n;
		if (strlen(n->name) == ph_cur_left(&c))
			break;
	}
	if (first) {
		*out = (uint8_t)first->value;
		return true;
	}
	if (!ph_cur_number(&c, 255, &number) || ph_cur_left(&c))
		return false;
	*out = (uint8_t)number;
	return true;
}

static bool parse_type(struct ph_arg *arg)
{
	struct match_mh *m = (void *)arg->part->data;
	struct ph_cur high = ph_word_cur(arg->word), low = high;
	bool range = ph_cur_find(&high, ':'), ok;

	if (range) {
		low.end = high.at;
		ok = ph_cur_skip(&high, 1) && parse_one(low, 0, &m->lo) && parse_one(high, 255, &m->hi);
	} else {
		ok = parse_one(low, 0, &m->lo);
		m->hi = m->lo;
	}
	if (!ok)
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	if (m->lo > m->hi)
		return ph_arg_error(arg, "%u:%u runs backwards: it would never match", m->lo, m->hi);
	return true;
}

static void print_type(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_mh *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "%u", m->lo);
	if (m->hi != m->lo)
		ph_put_format(w, ":%u", m->hi);
}

/* All types is as good as not asking. */
static bool check(struct ph_check *c)
{
	const struct match_mh *m = (const void *)c->part->data;

	if (m->lo == 0 && m->hi == 255 && !ph_part_inverted(c->part, TYPE))
		c->part->given &= ~PH_BIT(TYPE);
	return true;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_mh *m = (const void *)part->data;
	struct ph_cur header = ph_match_l4(ctx->pkt);
	uint8_t next, type;

	if (ctx->pkt->frag_off)
		return PH_MATCH_NO;
	/* Nothing may follow a mobility header. */
	if (ph_cur_left(&header) < 6 || !ph_cur_peek(&header, 0, &next) || !ph_cur_peek(&header, 2, &type) ||
	    next != NO_NEXT_HEADER)
		return ph_match_unreadable(ctx);
	return ph_match_if((type >= m->lo && type <= m->hi) != ph_part_inverted(part, TYPE));
}

static const struct ph_opt options[] = {
	{ .name = "mh-type", .what = "a type such as 5 or binding-update, or a range of them", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_INVERT, .id = TYPE, .parse = parse_type, .print = print_type },
};

const struct ph_ext ph_match_mh = {
	.name = "mh", .what = "types of the mobility header", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.proto = PROTO_MH, .implied = true, .size = sizeof(struct match_mh), PH_EXT_OPTIONS(options), .init = init,
	.check = check, .match = match,
};
