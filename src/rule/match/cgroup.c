/* -m cgroup: the control group of the local process. A replay has no processes: what a local one sends or receives cannot be
 * told; what is forwarded has none and does not match, negated or not. */
#include "rule/ext.h"

enum { PATH, CLASSID };

struct match_cgroup {
	uint32_t classid;
	char path[512];
};

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	(void)part;
	return ctx->hook == PH_HOOK_POSTROUTING && ctx->in->name[0] ? PH_MATCH_NO : PH_MATCH_UNKNOWN;
}

static bool check(struct ph_check *c)
{
	return c->part->given || ph_check_error(c, -1, "says nothing: give it --path or --cgroup");
}

static const struct ph_opt options[] = {
	{ .name = "path", .what = "a path below the root of control groups", .type = PH_ARG_STRING, .flags = PH_OPT_INVERT,
	  .id = PATH, PH_OPT_FIELD(struct match_cgroup, path), .max = 511, .excludes = PH_BIT(CLASSID) },
	{ .name = "cgroup", .what = "a class id", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = CLASSID,
	  PH_OPT_FIELD(struct match_cgroup, classid), .max = 0xffffffff, .excludes = PH_BIT(PATH) },
};

const struct ph_ext ph_match_cgroup = {
	.name = "cgroup", .what = "control group of the local process", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.hooks = 1 << PH_HOOK_INPUT | 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING,
	.size = sizeof(struct match_cgroup), PH_EXT_OPTIONS(options), .check = check, .match = match,
};
