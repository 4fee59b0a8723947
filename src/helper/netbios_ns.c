/* netbios-ns: a host asks its network for a name, and whoever has it answers (RFC 1002 4.2.12, 4.2.13). */
#include "helper/broadcast.h"
#include "helper/list.h"

#define PORT 137

static enum ph_help netbios_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	return ph_broadcast_inspect(in, PORT, out);
}

static const struct ph_helper_option netbios_option[] = {
	[PH_BROADCAST_TIMEOUT] = { .name = "timeout", .value = 3, .min = 0, .max = UINT32_MAX,
		.what = "seconds answers are awaited" },
	{ .name = NULL },
};

static const struct ph_contract netbios_contract[] = {
	{ .src = PH_MAY_SUBNET, .sport = PH_MAY_FIXED, .fixed_sport = PORT, .dst = PH_MAY_PEER, .dport = PH_MAY_FIXED,
	  .protos = PH_CONTRACT_UDP, .flags = PH_EXPECT_PERMANENT },
	{ .ends = true },
};

const struct ph_helper ph_helper_netbios_ns = {
	.name = "netbios-ns", .module = "nf_conntrack_netbios_ns", .what = "NetBIOS name broadcasts (RFC 1002)",
	.families = 1, .protos = PH_CONTRACT_UDP, .port = PORT,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_MASTER_TIMEOUT), .policy = { { 1, 3 } },
	.limits = ph_broadcast_limits,
	.option = netbios_option, .contract = netbios_contract, .inspect = netbios_inspect,
};
