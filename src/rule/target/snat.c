/* -j SNAT: another source for a connection. Noted, not done; see nat.h. */
#include "rule/target/nat.h"

static const struct ph_opt options[] = {
	{ .name = "to-source", .what = "ADDRESS[-ADDRESS][:PORT[-PORT]]", .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED,
	  .id = PH_NAT_TO, .parse = ph_nat_parse_to, .print = ph_nat_print_to },
	PH_NAT_FLAG("random", PH_NAT_RANDOM), PH_NAT_FLAG("random-fully", PH_NAT_RANDOM_FULLY),
	PH_NAT_FLAG("persistent", PH_NAT_PERSISTENT),
};

const struct ph_ext ph_target_snat = {
	.name = "SNAT", .what = "another source for the connection", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = PH_NAT_TABLE, .hooks = PH_NAT_SRC_HOOKS, .size = sizeof(struct ph_nat_to), PH_EXT_OPTIONS(options),
	.answers = 1 << PH_TARGET_ACCEPT, .target = ph_nat_target,
};
