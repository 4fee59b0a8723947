/* -m dst: IPv6's destination options. RFC 8200 4.6. */
#include "rule/match/opts6.h"

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	return ph_opts6_match(part, ctx, PH_EXT_DEST);
}

static const struct ph_opt options[] = { PH_OPTS6_OPTIONS("dst") };

const struct ph_ext ph_match_dst = {
	.name = "dst", .what = "IPv6 destination options", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.size = sizeof(struct ph_opts6), PH_EXT_OPTIONS(options), .match = match,
};
