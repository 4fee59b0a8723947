/* -m socket: is there a socket for this packet? A replay has none to look at. */
#include "rule/ext.h"

enum { TRANSPARENT, NOWILDCARD, RESTORE };

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	/* A socket that is there may hand its mark on. */
	if (ph_part_has(part, RESTORE))
		ctx->unsure |= PH_TOUCH_MARK;
	return PH_MATCH_UNKNOWN;
}

static const struct ph_opt options[] = {
	{ .name = "transparent", .type = PH_ARG_FLAG, .id = TRANSPARENT },
	{ .name = "nowildcard", .type = PH_ARG_FLAG, .id = NOWILDCARD },
	{ .name = "restore-skmark", .type = PH_ARG_FLAG, .id = RESTORE },
};

const struct ph_ext ph_match_socket = {
	.name = "socket", .what = "there is a socket for the packet", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.hooks = 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_INPUT, PH_EXT_OPTIONS(options), .match = match,
};
