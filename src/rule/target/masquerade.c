/* -j MASQUERADE: the address of the outgoing interface as source of a connection. Noted, not done; see nat.h. */
#include "rule/target/nat.h"

static const struct ph_opt options[] = {
	PH_NAT_PORTS_OPT, PH_NAT_FLAG("random", PH_NAT_RANDOM), PH_NAT_FLAG("random-fully", PH_NAT_RANDOM_FULLY),
};

const struct ph_ext ph_target_masquerade = {
	.name = "MASQUERADE", .what = "the outgoing interface's address as source", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .tables = PH_NAT_TABLE, .hooks = 1 << PH_HOOK_POSTROUTING,
	.size = sizeof(struct ph_nat_to), PH_EXT_OPTIONS(options),
	.answers = 1 << PH_TARGET_ACCEPT, .target = ph_nat_target,
};
