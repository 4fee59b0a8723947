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

/* irc: DCC offers (CTCP). Anybody may be the partner, so the source is open. */
enum { IRC_MAX_DCC, IRC_TIMEOUT };

static const struct ph_helper_option irc_option[] = {
	[IRC_MAX_DCC] = { .name = "max_dcc_channels", .value = 8, .min = 1, .max = 255,
		.what = "offers alive per connection" },
	[IRC_TIMEOUT] = { .name = "dcc_timeout", .value = 300, .min = 0, .max = UINT32_MAX,
		.what = "seconds an offer stays open" },
	{ .name = NULL },
};

static const struct ph_contract irc_contract[] = {
	{ FROM_ANY, TO_PEER, .protos = PH_CONTRACT_TCP },
	END,
};

static void irc_limits(const uint32_t *option, struct ph_expect_policy policy[PH_EXPECT_CLASSES])
{
	policy[0] = (struct ph_expect_policy){ .max = (uint16_t)option[IRC_MAX_DCC], .timeout_s = option[IRC_TIMEOUT] };
}

const struct ph_helper ph_helper_irc = {
	.name = "irc", .module = "nf_conntrack_irc", .what = "IRC DCC (CTCP)",
	.families = 1, .protos = PH_CONTRACT_TCP, .port = 6667, .has_ports = true,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 8, 300 } }, .limits = irc_limits,
	.option = irc_option, .contract = irc_contract,
};

/* tftp: the answer comes from a port of the server's choice to the port that asked. */
static const struct ph_contract tftp_contract[] = {
	{ FROM_PEER, .dst = PH_MAY_PEER, .dport = PH_MAY_FIXED, .protos = PH_CONTRACT_UDP },
	END,
};

const struct ph_helper ph_helper_tftp = {
	.name = "tftp", .module = "nf_conntrack_tftp", .what = "TFTP (RFC 1350)",
	.families = 3, .protos = PH_CONTRACT_UDP, .port = 69, .has_ports = true,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 1, 300 } }, .contract = tftp_contract,
};

/* amanda: the client machine's REP names ports for the backup server. */
static const char *const amanda_algos[] = { "kmp", "bm", "fsm", NULL };

static const struct ph_helper_option amanda_option[] = {
	{ .name = "master_timeout", .value = 300, .min = 0, .max = UINT32_MAX,
		.what = "seconds the connection lives after a reply" },
	{ .name = "ts_algo", .value = 0, .min = 0, .max = 2, .word = amanda_algos,
		.what = "text search, of no effect here" },
	{ .name = NULL },
};

static const struct ph_contract peer_tcp_contract[] = {
	{ FROM_PEER, TO_PEER, .protos = PH_CONTRACT_TCP },
	END,
};

const struct ph_helper ph_helper_amanda = {
	.name = "amanda", .module = "nf_conntrack_amanda", .what = "Amanda backup (REP packets)",
	.families = 3, .protos = PH_CONTRACT_UDP, .port = 10080,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_MASTER_TIMEOUT), .policy = { { 4, 180 } },
	.option = amanda_option, .contract = peer_tcp_contract,
};

/* sane: the reply to START names the data port. */
const struct ph_helper ph_helper_sane = {
	.name = "sane", .module = "nf_conntrack_sane", .what = "SANE network scanning",
	.families = 3, .protos = PH_CONTRACT_TCP, .port = 6566, .has_ports = true, .port_names = true,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 1, 300 } }, .contract = peer_tcp_contract,
};

/* netbios-ns and snmp: whoever of the network answers a broadcast of this host, for a few seconds. */
static const struct ph_helper_option netbios_option[] = {
	{ .name = "timeout", .value = 3, .min = 0, .max = UINT32_MAX, .what = "seconds answers are awaited" },
	{ .name = NULL },
};

static const struct ph_helper_option snmp_option[] = {
	{ .name = "timeout", .value = 30, .min = 0, .max = UINT32_MAX, .what = "seconds answers are awaited" },
	{ .name = NULL },
};

static void broadcast_limits(const uint32_t *option, struct ph_expect_policy policy[PH_EXPECT_CLASSES])
{
	policy[0] = (struct ph_expect_policy){ .max = 1, .timeout_s = option[0] };
}

static const struct ph_contract netbios_contract[] = {
	{ .src = PH_MAY_SUBNET, .sport = PH_MAY_FIXED, .fixed_sport = 137, .dst = PH_MAY_PEER, .dport = PH_MAY_FIXED,
	  .protos = PH_CONTRACT_UDP, .flags = PH_EXPECT_PERMANENT },
	END,
};

static const struct ph_contract snmp_contract[] = {
	{ .src = PH_MAY_SUBNET, .sport = PH_MAY_FIXED, .fixed_sport = 161, .dst = PH_MAY_PEER, .dport = PH_MAY_FIXED,
	  .protos = PH_CONTRACT_UDP, .flags = PH_EXPECT_PERMANENT },
	END,
};

const struct ph_helper ph_helper_netbios_ns = {
	.name = "netbios-ns", .module = "nf_conntrack_netbios_ns", .what = "NetBIOS name broadcasts (RFC 1002)",
	.families = 1, .protos = PH_CONTRACT_UDP, .port = 137,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_MASTER_TIMEOUT), .policy = { { 1, 3 } },
	.limits = broadcast_limits,
	.option = netbios_option, .contract = netbios_contract,
};

const struct ph_helper ph_helper_snmp = {
	.name = "snmp", .module = "nf_conntrack_snmp", .what = "SNMP broadcasts (RFC 1157)",
	.families = 1, .protos = PH_CONTRACT_UDP, .port = 161,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_MASTER_TIMEOUT), .policy = { { 1, 30 } },
	.limits = broadcast_limits,
	.option = snmp_option, .contract = snmp_contract,
};

/* sip: class 0 is the registered contact, 1 to 3 are the media of a call. */
enum { SIP_SIGNALLING, SIP_AUDIO, SIP_VIDEO, SIP_IMAGE };
enum { SIP_TIMEOUT, SIP_DIRECT_SIGNALLING, SIP_DIRECT_MEDIA, SIP_EXTERNAL_MEDIA };

static const struct ph_helper_option sip_option[] = {
	[SIP_TIMEOUT] = { .name = "sip_timeout", .value = 3600, .min = 0, .max = UINT32_MAX,
		.what = "seconds the connection lives after a message" },
	[SIP_DIRECT_SIGNALLING] = { .name = "sip_direct_signalling", .value = 1, .min = 0, .max = 1,
		.what = "only the registrar may call" },
	[SIP_DIRECT_MEDIA] = { .name = "sip_direct_media", .value = 1, .min = 0, .max = 1,
		.what = "media only between the ends of the signalling" },
	[SIP_EXTERNAL_MEDIA] = { .name = "sip_external_media", .value = 0, .min = 0, .max = 1,
		.what = "no expectation for media that stays outside" },
	{ .name = NULL },
};

#define SIP_CONTACT .class_ = SIP_SIGNALLING, TO_PEER, .min_dport = 1024, .protos = PH_CONTRACT_SAME, \
	.flags = PH_EXPECT_PERMANENT | PH_EXPECT_INACTIVE, .child = &ph_helper_sip
#define SIP_MEDIA(c) .class_ = (c), .min_dport = 1024, .protos = PH_CONTRACT_UDP
#define WHEN(number, is) .option = (number) + 1, .value = (is)

static const struct ph_contract sip_contract[] = {
	{ .when = "sip_direct_signalling=1", WHEN(SIP_DIRECT_SIGNALLING, 1), FROM_PEER, SIP_CONTACT },
	{ .when = "sip_direct_signalling=0", WHEN(SIP_DIRECT_SIGNALLING, 0), FROM_ANY, SIP_CONTACT },
	{ .when = "sip_direct_media=1", WHEN(SIP_DIRECT_MEDIA, 1), FROM_PEER, TO_PEER, SIP_MEDIA(SIP_AUDIO) },
	{ .when = "sip_direct_media=1", WHEN(SIP_DIRECT_MEDIA, 1), FROM_PEER, TO_PEER, SIP_MEDIA(SIP_VIDEO) },
	{ .when = "sip_direct_media=1", WHEN(SIP_DIRECT_MEDIA, 1), FROM_PEER, TO_PEER, SIP_MEDIA(SIP_IMAGE) },
	{ .when = "sip_direct_media=0", WHEN(SIP_DIRECT_MEDIA, 0), FROM_ANY, TO_PAYLOAD, SIP_MEDIA(SIP_AUDIO) },
	{ .when = "sip_direct_media=0", WHEN(SIP_DIRECT_MEDIA, 0), FROM_ANY, TO_PAYLOAD, SIP_MEDIA(SIP_VIDEO) },
	{ .when = "sip_direct_media=0", WHEN(SIP_DIRECT_MEDIA, 0), FROM_ANY, TO_PAYLOAD, SIP_MEDIA(SIP_IMAGE) },
	END,
};

const struct ph_helper ph_helper_sip = {
	.name = "sip", .module = "nf_conntrack_sip", .what = "SIP and SDP (RFC 3261, RFC 4566)",
	.families = 3, .protos = PH_CONTRACT_UDP | PH_CONTRACT_TCP, .port = 5060, .has_ports = true,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_REMOVE) | PH_ACTS(PH_FIND_ACTIVATE) |
	        PH_ACTS(PH_FIND_MASTER_TIMEOUT),
	.class_name = { "signalling", "audio", "video", "image" },
	.policy = { { 1, 180 }, { 4, 180 }, { 4, 180 }, { 2, 180 } },
	.option = sip_option, .contract = sip_contract,
};

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

/* pptp: GRE both ways, call ids in the place of ports. */
static const struct ph_contract pptp_contract[] = {
	{ .src = PH_MAY_PEER, .sport = PH_MAY_PAYLOAD, TO_PEER, .protos = PH_CONTRACT_GRE },
	END,
};

const struct ph_helper ph_helper_pptp = {
	.name = "pptp", .module = "nf_conntrack_pptp", .what = "PPTP (RFC 2637)",
	.families = 1, .protos = PH_CONTRACT_TCP, .port = 1723,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_KEYMAP) | PH_ACTS(PH_FIND_TEARDOWN),
	.policy = { { 2, 300 } }, .contract = pptp_contract,
};
