/* -j TOS: TOS of IPv4 (RFC 1349), traffic class of IPv6: tos = (tos & ~mask) ^ value. */
#include "rule/target/header.h"

#include "rule/text/word.h"

enum { SET, AND, OR, XOR };
#define ALL (PH_BIT(SET) | PH_BIT(AND) | PH_BIT(OR) | PH_BIT(XOR))

struct target_tos {
	uint8_t value, mask;
};

static const struct ph_name names[] = {
	{ "Minimize-Delay", 0x10 }, { "Maximize-Throughput", 0x08 }, { "Maximize-Reliability", 0x04 },
	{ "Minimize-Cost", 0x02 }, { "Normal-Service", 0x00 }, { NULL, 0 },
};

/* A name leaves the two upper bits alone. */
static bool parse_set(struct ph_arg *arg)
{
	struct target_tos *t = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t value, mask = 0xff;

	for (const struct ph_name *n = names; n->name; n++) {
		if (ph_cur_left(&c) == strlen(n->name) && ph_cur_begins_nocase(&c, n->name)) {
			*t = (struct target_tos){ (uint8_t)n->value, 0x3f };
			return true;
		}
	}
	if (!ph_cur_number(&c, 255, &value) || (ph_cur_byte(&c, '/') && !ph_cur_number(&c, 255, &mask)) || ph_cur_left(&c))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	*t = (struct target_tos){ (uint8_t)value, (uint8_t)mask };
	return true;
}

static void print_tos(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_tos *t = (const void *)part->data;

	(void)family;
	ph_put_format(w, "0x%02x/0x%02x", t->value, t->mask);
}

/* Every form is one of the general one, and printed so. */
static bool check(struct ph_check *c)
{
	struct target_tos *t = (void *)c->part->data;
	uint8_t v = t->value;

	if (!c->part->given)
		return ph_check_error(c, -1, "says nothing: give it --set-tos, --and-tos, --or-tos or --xor-tos");
	if (ph_part_has(c->part, AND))
		*t = (struct target_tos){ 0, (uint8_t)~v };
	else if (ph_part_has(c->part, OR))
		t->mask = v;
	c->part->given = PH_BIT(SET);
	return true;
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	const struct target_tos *t = (const void *)part->data;

	(void)ref;
	ph_change_tos(ctx, t->value, t->mask);
	return PH_TARGET_CONTINUE;
}

#define BITS(option, which) \
	{ .name = option, .what = "a number to 255", .type = PH_ARG_UINT, .id = which, .excludes = ALL & ~PH_BIT(which), \
	  PH_OPT_FIELD(struct target_tos, value), .max = 255 }

static const struct ph_opt options[] = {
	{ .name = "set-tos", .what = "VALUE or VALUE/MASK, numbers to 255, or Minimize-Delay, Maximize-Throughput, "
	  "Maximize-Reliability, Minimize-Cost, Normal-Service", .type = PH_ARG_CUSTOM, .id = SET,
	  .excludes = ALL & ~PH_BIT(SET), .parse = parse_set, .print = print_tos },
	BITS("and-tos", AND), BITS("or-tos", OR), BITS("xor-tos", XOR),
};

const struct ph_ext ph_target_tos = {
	.name = "TOS", .what = "change type of service, traffic class", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = PH_IN_MANGLE, .touches = PH_TOUCH_HEADER, .size = sizeof(struct target_tos), PH_EXT_OPTIONS(options),
	.check = check, PH_SAYS(PH_TARGET_CONTINUE), .target = target,
};
