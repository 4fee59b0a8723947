/* -j MARK: change the packet's mark: mark = (mark & ~mask) ^ value. */
#include "rule/ext.h"

enum { SET_XMARK, SET_MARK, AND, OR, XOR };
#define ALL (PH_BIT(SET_XMARK) | PH_BIT(SET_MARK) | PH_BIT(AND) | PH_BIT(OR) | PH_BIT(XOR))

struct target_mark {
	struct ph_masked mark;
};

/* Every form is one of the general one, and printed so. */
static bool check(struct ph_check *c)
{
	struct target_mark *t = (void *)c->part->data;
	uint32_t v = t->mark.value;

	if (!c->part->given)
		return ph_check_error(c, -1, "says nothing: give it --set-mark, --set-xmark, --and-mark, --or-mark or --xor-mark");
	if (ph_part_has(c->part, SET_MARK))
		t->mark.mask |= v;
	else if (ph_part_has(c->part, AND))
		t->mark = (struct ph_masked){ 0, ~v };
	else if (ph_part_has(c->part, OR))
		t->mark.mask = v;
	else if (ph_part_has(c->part, XOR))
		t->mark.mask = 0;
	c->part->given = PH_BIT(SET_XMARK);
	return true;
}

static void print_xmark(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_mark *t = (const void *)part->data;

	(void)family;
	ph_put_format(w, "0x%x/0x%x", t->mark.value, t->mark.mask);
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	const struct target_mark *t = (const void *)part->data;

	(void)ref;
	*ctx->mark = (*ctx->mark & ~t->mark.mask) ^ t->mark.value;
	return PH_TARGET_CONTINUE;
}

#define MASKED(option, which) \
	{ .name = option, .what = "VALUE or VALUE/MASK, numbers of 32 bits", .type = PH_ARG_MASKED, .id = which, \
	  .excludes = ALL & ~PH_BIT(which), PH_OPT_FIELD(struct target_mark, mark), .print = print_xmark }
#define BITS(option, which) \
	{ .name = option, .what = "a number of 32 bits", .type = PH_ARG_UINT, .id = which, .excludes = ALL & ~PH_BIT(which), \
	  PH_OPT_FIELD(struct target_mark, mark.value), .max = 0xffffffff }

static const struct ph_opt options[] = {
	MASKED("set-xmark", SET_XMARK), MASKED("set-mark", SET_MARK), BITS("and-mark", AND), BITS("or-mark", OR),
	BITS("xor-mark", XOR),
};

const struct ph_ext ph_target_mark = {
	.name = "MARK", .what = "change the packet's mark", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.size = sizeof(struct target_mark), PH_EXT_OPTIONS(options), .touches = PH_TOUCH_MARK,
	.answers = 1 << PH_TARGET_CONTINUE, .check = check, .target = target,
};
