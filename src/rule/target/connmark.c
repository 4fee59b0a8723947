/* -j CONNMARK: change the connection's mark, or copy it from or to the packet. spec/tracking.md 9.6. */
#include "rule/ext.h"

enum { SET_XMARK, SAVE, RESTORE, NFMASK, CTMASK, LEFT, RIGHT, SET_MARK, AND, OR, XOR, MASK };
#define SETS (PH_BIT(SET_XMARK) | PH_BIT(SET_MARK) | PH_BIT(AND) | PH_BIT(OR) | PH_BIT(XOR))
#define MODES (SETS | PH_BIT(SAVE) | PH_BIT(RESTORE))

struct target_connmark {
	struct ph_masked mark;
	uint32_t nfmask, ctmask, mask;
	uint8_t shift;
	bool right;
};

static void init(void *data, uint8_t family)
{
	struct target_connmark *t = data;

	(void)family;
	t->nfmask = t->ctmask = 0xffffffff;
}

/* Every way to set is one of the general one; masks that play no part go. */
static void settle_set(struct ph_part *part, struct target_connmark *t)
{
	uint32_t v = t->mark.value;

	if (ph_part_has(part, SET_MARK))
		t->mark.mask |= v;
	else if (ph_part_has(part, AND))
		t->mark = (struct ph_masked){ 0, ~v };
	else if (ph_part_has(part, OR))
		t->mark.mask = v;
	else if (ph_part_has(part, XOR))
		t->mark.mask = 0;
	if (ph_part_has(part, MASK))
		t->mark.mask = t->mask;
	else if (ph_part_has(part, CTMASK))
		t->mark.mask = t->ctmask;
	t->nfmask = t->ctmask = 0xffffffff;
	part->given = PH_BIT(SET_XMARK) | (part->given & (PH_BIT(LEFT) | PH_BIT(RIGHT)));
}

static bool check(struct ph_check *c)
{
	struct target_connmark *t = (void *)c->part->data;
	struct ph_part *part = c->part;

	if (!(part->given & MODES))
		return ph_check_error(c, -1, "says not what to do: give it --set-mark, --save-mark, --restore-mark or another");
	if (part->given & SETS) {
		settle_set(part, t);
	} else {
		if (ph_part_has(part, MASK))
			t->nfmask = t->ctmask = t->mask;
		part->given |= PH_BIT(NFMASK) | PH_BIT(CTMASK);
	}
	t->mask = 0;
	part->given &= ~(PH_BIT(MASK) | PH_BIT(LEFT) | PH_BIT(RIGHT));
	if (t->shift)
		part->given |= t->right ? PH_BIT(RIGHT) : PH_BIT(LEFT);
	else
		t->right = false;
	return true;
}

static bool parse_left(struct ph_arg *arg)
{
	((struct target_connmark *)(void *)arg->part->data)->right = false;
	return true;
}

static bool parse_right(struct ph_arg *arg)
{
	((struct target_connmark *)(void *)arg->part->data)->right = true;
	return true;
}

static void print_xmark(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_connmark *t = (const void *)part->data;

	(void)family;
	ph_put_format(w, "0x%x/0x%x", t->mark.value, t->mark.mask);
}

static void print_nfmask(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "0x%x", ((const struct target_connmark *)(const void *)part->data)->nfmask);
}

static void print_ctmask(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "0x%x", ((const struct target_connmark *)(const void *)part->data)->ctmask);
}

static uint32_t shifted(const struct target_connmark *t, uint32_t v)
{
	return t->right ? v >> t->shift : v << t->shift;
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	const struct target_connmark *t = (const void *)part->data;
	struct ph_conn *conn = ctx->conn;
	uint32_t mark;

	(void)ref;
	if (!conn)
		return PH_TARGET_CONTINUE;
	if (ph_part_has(part, RESTORE)) {
		*ctx->mark = (*ctx->mark & ~t->nfmask) ^ shifted(t, conn->mark & t->ctmask);
		return PH_TARGET_CONTINUE;
	}
	if (ph_part_has(part, SAVE))
		mark = (conn->mark & ~t->ctmask) ^ shifted(t, *ctx->mark & t->nfmask);
	else
		mark = shifted(t, (conn->mark & ~t->mark.mask) ^ t->mark.value);
	if (mark != conn->mark) {
		conn->mark = mark;
		ctx->conn_mark_changed = true;
	}
	return PH_TARGET_CONTINUE;
}

#define WHAT_MASKED "VALUE or VALUE/MASK, numbers of 32 bits"
#define MASKED(option, which) \
	{ .name = option, .what = WHAT_MASKED, .type = PH_ARG_MASKED, .id = which, .excludes = MODES & ~PH_BIT(which), \
	  PH_OPT_FIELD(struct target_connmark, mark), .print = print_xmark }
#define BITS(option, which, member, others) \
	{ .name = option, .what = "a number of 32 bits", .type = PH_ARG_UINT, .id = which, .excludes = others, \
	  PH_OPT_FIELD(struct target_connmark, member), .max = 0xffffffff }
#define SHIFT(option, which, hook) \
	{ .name = option, .what = "a number of bits, 0 to 31", .type = PH_ARG_UINT, .id = which, \
	  PH_OPT_FIELD(struct target_connmark, shift), .max = 31, .parse = hook }

static const struct ph_opt options[] = {
	MASKED("set-xmark", SET_XMARK), MASKED("set-mark", SET_MARK),
	BITS("and-mark", AND, mark.value, MODES & ~PH_BIT(AND)), BITS("or-mark", OR, mark.value, MODES & ~PH_BIT(OR)),
	BITS("xor-mark", XOR, mark.value, MODES & ~PH_BIT(XOR)),
	{ .name = "save-mark", .type = PH_ARG_FLAG, .id = SAVE, .excludes = MODES & ~PH_BIT(SAVE) },
	{ .name = "restore-mark", .type = PH_ARG_FLAG, .id = RESTORE, .excludes = MODES & ~PH_BIT(RESTORE) },
	{ .name = "nfmask", .what = "a number of 32 bits", .type = PH_ARG_UINT, .id = NFMASK, .excludes = PH_BIT(MASK),
	  PH_OPT_FIELD(struct target_connmark, nfmask), .max = 0xffffffff, .print = print_nfmask },
	{ .name = "ctmask", .what = "a number of 32 bits", .type = PH_ARG_UINT, .id = CTMASK, .excludes = PH_BIT(MASK),
	  PH_OPT_FIELD(struct target_connmark, ctmask), .max = 0xffffffff, .print = print_ctmask },
	BITS("mask", MASK, mask, PH_BIT(NFMASK) | PH_BIT(CTMASK)),
	SHIFT("left-shift-mark", LEFT, parse_left), SHIFT("right-shift-mark", RIGHT, parse_right),
};

const struct ph_ext ph_target_connmark = {
	.name = "CONNMARK", .what = "change or copy the connection's mark", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .size = sizeof(struct target_connmark), PH_EXT_OPTIONS(options), .init = init,
	.touches = PH_TOUCH_MARK | PH_TOUCH_CONNMARK, .answers = 1 << PH_TARGET_CONTINUE, .check = check,
	.target = target,
};
