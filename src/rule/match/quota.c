/* -m quota: matches until so many bytes have come by. A packet that does not fit uses up what is left. */
#include "rule/ext.h"
#include "rule/text/word.h"

enum { QUOTA };

struct match_quota {
	uint64_t bytes;
	/* State, not specification. */
	uint64_t left;
};

static bool parse_quota(struct ph_arg *arg)
{
	struct match_quota *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);

	if (!ph_cur_number64(&c, &m->bytes) || ph_cur_left(&c))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	m->left = m->bytes;
	return true;
}

static void print_quota(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_quota *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "%llu", (unsigned long long)m->bytes);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	struct match_quota *m = (void *)part->data;
	bool inverted = ph_part_inverted(part, QUOTA);

	if (m->left < ctx->pkt->len) {
		m->left = 0;
		return ph_match_if(inverted);
	}
	m->left -= ctx->pkt->len;
	return ph_match_if(!inverted);
}

static const struct ph_opt options[] = {
	{ .name = "quota", .what = "a number of bytes", .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED | PH_OPT_INVERT,
	  .id = QUOTA, .parse = parse_quota, .print = print_quota },
};

const struct ph_ext ph_match_quota = {
	.name = "quota", .what = "until so many bytes have passed", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_quota), .compared = offsetof(struct match_quota, left), PH_EXT_OPTIONS(options),
	.match = match,
};
