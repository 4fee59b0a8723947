/* -m rpfilter: would the way back to the source leave by the interface the packet came in? Read and printed here; its
 * decision (spec/tracking.md 10.1) is not made yet: the answer is unknown. */
#include "rule/ext.h"

enum { LOOSE, VALIDMARK, ACCEPT_LOCAL, INVERT };

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	(void)part;
	(void)ctx;
	return PH_MATCH_UNKNOWN;
}

static const struct ph_opt options[] = {
	{ .name = "loose", .type = PH_ARG_FLAG, .id = LOOSE },
	{ .name = "validmark", .type = PH_ARG_FLAG, .id = VALIDMARK },
	{ .name = "accept-local", .type = PH_ARG_FLAG, .id = ACCEPT_LOCAL },
	{ .name = "invert", .type = PH_ARG_FLAG, .id = INVERT },
};

const struct ph_ext ph_match_rpfilter = {
	.name = "rpfilter", .what = "reverse path of the source", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.unwritten = true, .tables = 1 << PH_TABLE_RAW | 1 << PH_TABLE_MANGLE, .hooks = 1 << PH_HOOK_PREROUTING,
	PH_EXT_OPTIONS(options), .match = match,
};
