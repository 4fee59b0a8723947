/* -m iprange: ranges of addresses that no prefix describes. */
#include "rule/ext.h"

#include "rule/text/word.h"

enum { SRC, DST };

struct match_iprange {
	struct {
		struct ph_addr lo, hi;
	} range[2];             /* source, destination */
};

static bool parse_end(const struct ph_arg *arg, struct ph_cur text, struct ph_addr *out)
{
	struct ph_addr_test test;

	if (!ph_cur_left(&text) || memchr(text.at, '/', ph_cur_left(&text)) ||
	    ph_addr_test_parse(arg->family, text, true, &test))
		return false;
	*out = test.addr;
	return true;
}

static bool parse_range(struct ph_arg *arg)
{
	struct match_iprange *m = (void *)arg->part->data;
	struct ph_cur high = ph_word_cur(arg->word), low = high;

	if (ph_cur_find(&high, '-')) {
		low.end = high.at;
		high.at++;
	} else {
		high = low;
	}
	if (!parse_end(arg, low, &m->range[arg->opt->id].lo) || !parse_end(arg, high, &m->range[arg->opt->id].hi))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

static void put_range(const struct ph_part *part, uint8_t family, struct ph_writer *w, unsigned which)
{
	const struct match_iprange *m = (const void *)part->data;
	char lo[PH_ADDR_TEXT], hi[PH_ADDR_TEXT];

	ph_put_format(w, "%s-%s", ph_addr_format(lo, family, &m->range[which].lo),
	              ph_addr_format(hi, family, &m->range[which].hi));
}

static void print_src(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	put_range(part, family, w, SRC);
}

static void print_dst(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	put_range(part, family, w, DST);
}

static bool check(struct ph_check *c)
{
	return c->part->given ? true : ph_check_error(c, -1, "says nothing: give it --src-range or --dst-range");
}

/* Bytes in network order compare as numbers do. A range that runs backwards holds nothing. */
static bool in_range(const struct match_iprange *m, unsigned which, const struct ph_addr *addr)
{
	return memcmp(addr, &m->range[which].lo, sizeof(*addr)) >= 0 && memcmp(addr, &m->range[which].hi, sizeof(*addr)) <= 0;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_iprange *m = (const void *)part->data;

	if (ph_part_has(part, SRC) && in_range(m, SRC, &ctx->pkt->src) == ph_part_inverted(part, SRC))
		return PH_MATCH_NO;
	return ph_match_if(!ph_part_has(part, DST) || in_range(m, DST, &ctx->pkt->dst) != ph_part_inverted(part, DST));
}

static const struct ph_opt options[] = {
	{ .name = "src-range", .what = "ADDRESS or ADDRESS-ADDRESS", .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT, .id = SRC,
	  .parse = parse_range, .print = print_src },
	{ .name = "dst-range", .what = "ADDRESS or ADDRESS-ADDRESS", .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT, .id = DST,
	  .parse = parse_range, .print = print_dst },
};

const struct ph_ext ph_match_iprange = {
	.name = "iprange", .what = "ranges of addresses", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_iprange), PH_EXT_OPTIONS(options), .check = check, .match = match,
};
