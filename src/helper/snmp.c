/* snmp: a host asks all agents of its network at once (RFC 1157 4), as printer searches do. */
#include "helper/broadcast.h"
#include "helper/list.h"

#define PORT 161

static enum ph_help snmp_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	return ph_broadcast_inspect(in, PORT, out);
}

static const struct ph_helper_option snmp_option[] = {
	[PH_BROADCAST_TIMEOUT] = { .name = "timeout", .value = 30, .min = 0, .max = UINT32_MAX,
		.what = "seconds answers are awaited" },
	{ .name = NULL },
};

static const struct ph_contract snmp_contract[] = {
	{ .src = PH_MAY_SUBNET, .sport = PH_MAY_FIXED, .fixed_sport = PORT, .dst = PH_MAY_PEER, .dport = PH_MAY_FIXED,
	  .protos = PH_CONTRACT_UDP, .flags = PH_EXPECT_PERMANENT },
	{ .ends = true },
};

const struct ph_helper ph_helper_snmp = {
	.name = "snmp", .module = "nf_conntrack_snmp", .what = "SNMP broadcasts (RFC 1157)",
	.families = 1, .protos = PH_CONTRACT_UDP, .port = PORT,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_MASTER_TIMEOUT), .policy = { { 1, 30 } },
	.limits = ph_broadcast_limits,
	.option = snmp_option, .contract = snmp_contract, .inspect = snmp_inspect,
};
