/* -m tos: TOS of IPv4 (RFC 1349), traffic class of IPv6. */
#include "rule/text/word.h"
#include "rule/ext.h"

enum { TOS };

struct match_tos {
	uint8_t value, mask;
};

/* A name leaves the two bits of ECN open. */
static const struct ph_name names[] = {
	{ "Minimize-Delay", 0x10 }, { "Maximize-Throughput", 0x08 }, { "Maximize-Reliability", 0x04 },
	{ "Minimize-Cost", 0x02 }, { "Normal-Service", 0x00 }, { NULL, 0 },
};

static bool parse_tos(struct ph_arg *arg)
{
	struct match_tos *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t value, mask = 0xff;

	for (const struct ph_name *n = names; n->name; n++)
		if (ph_cur_left(&c) == strlen(n->name) && ph_cur_begins_nocase(&c, n->name)) {
			*m = (struct match_tos){ (uint8_t)n->value, 0x3f };
			return true;
		}
	if (!ph_cur_number(&c, 0xff, &value) || (ph_cur_byte(&c, '/') && !ph_cur_number(&c, 0xff, &mask)) || ph_cur_left(&c))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	*m = (struct match_tos){ (uint8_t)value, (uint8_t)mask };
	return true;
}

static void print_tos(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_tos *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "0x%02x/0x%02x", m->value, m->mask);
}

/* Bits of the value outside the mask can never match. */
static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_tos *m = (const void *)part->data;

	return ph_match_if(((ctx->pkt->tos & m->mask) == m->value) != ph_part_inverted(part, TOS));
}

static const struct ph_opt options[] = {
	{ .name = "tos", .what = "VALUE or VALUE/MASK, numbers to 255, or Minimize-Delay, Maximize-Throughput, "
	  "Maximize-Reliability, Minimize-Cost, Normal-Service", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = TOS, .parse = parse_tos, .print = print_tos },
};

const struct ph_ext ph_match_tos = {
	.name = "tos", .what = "type of service, traffic class", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_HEADER, .size = sizeof(struct match_tos), PH_EXT_OPTIONS(options), .match = match,
};
