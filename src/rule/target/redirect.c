/* -j REDIRECT: the firewall itself as destination of a connection. Noted, not done; see nat.h. */
#include "rule/target/nat.h"

static const struct ph_opt options[] = { PH_NAT_PORTS_OPT, PH_NAT_FLAG("random", PH_NAT_RANDOM) };

const struct ph_ext ph_target_redirect = {
	.name = "REDIRECT", .what = "the firewall itself as destination", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = PH_NAT_TABLE, .hooks = PH_NAT_DST_HOOKS, .size = sizeof(struct ph_nat_to), PH_EXT_OPTIONS(options),
	.answers = 1 << PH_TARGET_ACCEPT, .target = ph_nat_target,
};
