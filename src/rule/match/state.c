/* -m state: the older form of -m conntrack --ctstate. */
#include "rule/match/states.h"

enum { STATE };

struct match_state {
	uint8_t states;
};

const struct ph_name ph_state_names[] = {
	{ "INVALID", PH_RULE_INVALID }, { "NEW", PH_RULE_NEW }, { "RELATED", PH_RULE_RELATED },
	{ "ESTABLISHED", PH_RULE_ESTABLISHED }, { "UNTRACKED", PH_RULE_UNTRACKED }, { NULL, 0 },
};

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_state *m = (const void *)part->data;

	return ph_match_if(((m->states & ph_rule_state(ctx)) != 0) != ph_part_inverted(part, STATE));
}

static const struct ph_opt options[] = {
	{ .name = "state", .what = "a state", .type = PH_ARG_SET, .flags = PH_OPT_NEEDED | PH_OPT_INVERT | PH_OPT_PREFIX,
	  .id = STATE, PH_OPT_FIELD(struct match_state, states), .names = ph_state_names },
};

const struct ph_ext ph_match_state = {
	.name = "state", .what = "the packet's state", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_state), PH_EXT_OPTIONS(options), .touches = PH_TOUCH_TRACK,
	.match = match,
};
