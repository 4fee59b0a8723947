/* Helpers that are known by name and read nothing yet: what they are called, which options their modules take, and what
 * they will be allowed to open. When one is written it leaves for a file of its own, with its declaration.
 *
 * Source: spec/tracking.md 7.2, 8.2 and 11.1; the degrees of freedom of each application helper. */
#include "helper/list.h"

/* Shorthands for the rows below: which end may be what. */
#define FROM_PEER .src = PH_MAY_PEER, .sport = PH_MAY_ANY
#define FROM_ANY .src = PH_MAY_ANY, .sport = PH_MAY_ANY
#define TO_PEER .dst = PH_MAY_PEER, .dport = PH_MAY_PAYLOAD
#define TO_PAYLOAD .dst = PH_MAY_PAYLOAD, .dport = PH_MAY_PAYLOAD
#define END { .ends = true }

#define WHEN(number, is) .option = (number) + 1, .value = (is)

/* H.323: three channels, one module, one set of options. */
enum { H323_TTL, H323_GK_ROUTED, H323_FORWARD };

static const struct ph_helper_option h323_option[] = {
	[H323_TTL] = { .name = "default_rrq_ttl", .value = 300, .min = 0, .max = UINT32_MAX,
		.what = "seconds a registration without timeToLive lives" },
	[H323_GK_ROUTED] = { .name = "gkrouted_only", .value = 1, .min = 0, .max = 1,
		.what = "only the gatekeeper may call" },
	[H323_FORWARD] = { .name = "callforward_filter", .value = 1, .min = 0, .max = 1, .is_bool = true,
		.what = "no forwarding to the caller's own side" },
	{ .name = NULL },
};

#define H323_MEDIA { FROM_PEER, TO_PEER, .protos = PH_CONTRACT_UDP }
#define H323_T120 { FROM_PEER, TO_PEER, .protos = PH_CONTRACT_TCP, .flags = PH_EXPECT_PERMANENT }
#define H323_CALL .protos = PH_CONTRACT_TCP, .flags = PH_EXPECT_PERMANENT, .child = &ph_helper_q931

static const struct ph_contract ras_contract[] = {
	{ .when = "gkrouted_only=1", WHEN(H323_GK_ROUTED, 1), FROM_PEER, TO_PEER, H323_CALL },
	{ .when = "gkrouted_only=0", WHEN(H323_GK_ROUTED, 0), FROM_ANY, TO_PEER, H323_CALL },
	{ FROM_PEER, TO_PAYLOAD, H323_CALL },
	{ FROM_PEER, TO_PAYLOAD, .protos = PH_CONTRACT_UDP, .child = &ph_helper_ras },
	END,
};

const struct ph_helper ph_helper_ras = {
	.name = "RAS", .module = "nf_conntrack_h323", .what = "H.323 gatekeeper (H.225.0 RAS)",
	.families = 3, .protos = PH_CONTRACT_UDP, .port = 1719,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_REMOVE) | PH_ACTS(PH_FIND_RETIME) |
	        PH_ACTS(PH_FIND_MASTER_TIMEOUT),
	.policy = { { 32, 240 } }, .option = h323_option, .contract = ras_contract,
};

static const struct ph_contract q931_contract[] = {
	{ FROM_PEER, TO_PEER, .protos = PH_CONTRACT_TCP, .child = &ph_helper_h245 },
	{ FROM_PEER, TO_PAYLOAD, .protos = PH_CONTRACT_TCP, .child = &ph_helper_q931 },
	H323_MEDIA,
	H323_T120,
	END,
};

const struct ph_helper ph_helper_q931 = {
	.name = "Q.931", .module = "nf_conntrack_h323", .what = "H.323 call signalling (Q.931, H.225.0)",
	.families = 3, .protos = PH_CONTRACT_TCP, .port = 1720,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 20, 240 } },
	.option = h323_option, .contract = q931_contract,
};

static const struct ph_contract h245_contract[] = {
	H323_MEDIA,
	H323_T120,
	END,
};

/* Reads TCP, but the reference registers the name for UDP (checked on 6.18): `-p udp` finds it, `-p tcp` does not. */
const struct ph_helper ph_helper_h245 = {
	.name = "H.245", .module = "nf_conntrack_h323", .what = "H.323 call control (H.245), a child of Q.931",
	.families = 3, .protos = PH_CONTRACT_UDP,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 18, 240 } },
	.option = h323_option, .contract = h245_contract,
};
