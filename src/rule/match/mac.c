/* -m mac: the sender's Ethernet address. */
#include "rule/match/link.h"
#include "rule/text/word.h"

enum { SOURCE };

struct match_mac {
	uint8_t source[6];
};

/* One or two hexadecimal digits each, or none for 0, with colons between. */
static bool parse_source(struct ph_arg *arg)
{
	struct match_mac *m = (void *)arg->part->data;
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	bool more = true, ok = true;
	unsigned n = 0;

	while (ok && ph_cur_piece(&rest, ':', &more, &piece)) {
		ok = n < 6 && ph_cur_left(&piece) <= 2 && (n < 5 || ph_cur_left(&piece) > 0);
		if (!ok)
			break;
		for (; piece.at < piece.end && ok; piece.at++) {
			uint8_t b = ph_lower(*piece.at);

			ok = ph_is_digit(b) || (b >= 'a' && b <= 'f');
			m->source[n] = (uint8_t)(m->source[n] << 4 | (ph_is_digit(b) ? b - '0' : b - 'a' + 10));
		}
		n++;
	}
	if (!ok || n != 6)
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

static void print_source(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_mac *m = (const void *)part->data;

	(void)family;
	for (unsigned i = 0; i < 6; i++)
		ph_put_format(w, "%s%02x", i ? ":" : "", m->source[i]);
}

/* A packet without an Ethernet address does not match, negated or not. */
static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_mac *m = (const void *)part->data;
	uint8_t source[6];
	enum ph_match there = ph_link_source(ctx, source);

	if (there != PH_MATCH_YES)
		return there;
	return ph_match_if((memcmp(source, m->source, 6) == 0) != ph_part_inverted(part, SOURCE));
}

static const struct ph_opt options[] = {
	{ .name = "mac-source", .what = "an Ethernet address such as 00:11:22:aa:bb:cc", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = SOURCE, .parse = parse_source, .print = print_source },
};

const struct ph_ext ph_match_mac = {
	.name = "mac", .what = "the sender's Ethernet address", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.hooks = 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD,
	.size = sizeof(struct match_mac), PH_EXT_OPTIONS(options), .match = match,
};
