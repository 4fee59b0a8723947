/* The list of matches and targets. To add one: its file, a line here. */
#include "rule/ext.h"

#include <string.h>

extern const struct ph_ext ph_match_ah4, ph_match_ah6, ph_match_bpf, ph_match_cgroup, ph_match_cluster,
	ph_match_connbytes, ph_match_connlabel, ph_match_cpu, ph_match_dccp, ph_match_devgroup, ph_match_dscp, ph_match_dst,
	ph_match_ecn, ph_match_esp, ph_match_eui64, ph_match_frag, ph_match_hbh, ph_match_ipcomp, ph_match_ipv6header,
	ph_match_length, ph_match_mh, ph_match_nfacct, ph_match_osf, ph_match_policy, ph_match_quota, ph_match_rateest,
	ph_match_realm, ph_match_socket, ph_match_srh, ph_match_tcpmss, ph_match_tos, ph_match_u32;
extern const struct ph_ext ph_match_addrtype, ph_match_connlimit, ph_match_hashlimit, ph_match_hl,
	ph_match_iprange, ph_match_mac, ph_match_owner, ph_match_physdev, ph_match_pkttype, ph_match_recent,
	ph_match_rt, ph_match_sctp, ph_match_set, ph_match_statistic, ph_match_string, ph_match_time, ph_match_ttl;
extern const struct ph_ext ph_match_comment, ph_match_connmark, ph_match_conntrack, ph_match_helper, ph_match_icmp,
	ph_match_icmp6, ph_match_limit, ph_match_mark, ph_match_multiport, ph_match_rpfilter, ph_match_state, ph_match_tcp,
	ph_match_udp;
extern const struct ph_ext ph_target_audit, ph_target_checksum, ph_target_classify, ph_target_clusterip,
	ph_target_connmark, ph_target_connsecmark, ph_target_ct, ph_target_dnat, ph_target_dnpt, ph_target_dscp, ph_target_ecn,
	ph_target_hl, ph_target_hmark, ph_target_idletimer, ph_target_led, ph_target_log, ph_target_mark,
	ph_target_masquerade, ph_target_netmap, ph_target_nflog, ph_target_nfqueue, ph_target_notrack,
	ph_target_rateest, ph_target_redirect, ph_target_reject, ph_target_secmark, ph_target_set, ph_target_snat,
	ph_target_snpt, ph_target_synproxy, ph_target_tcpmss, ph_target_tcpoptstrip, ph_target_tee, ph_target_tos, ph_target_tproxy,
	ph_target_trace, ph_target_ttl;

const struct ph_ext *const ph_exts[] = {
	&ph_match_ah4, &ph_match_ah6, &ph_match_bpf, &ph_match_cgroup, &ph_match_cluster, &ph_match_connbytes,
	&ph_match_connlabel, &ph_match_cpu, &ph_match_dccp, &ph_match_devgroup, &ph_match_dscp, &ph_match_dst,
	&ph_match_ecn, &ph_match_esp, &ph_match_eui64, &ph_match_frag, &ph_match_hbh, &ph_match_ipcomp,
	&ph_match_ipv6header, &ph_match_length, &ph_match_mh, &ph_match_nfacct, &ph_match_osf, &ph_match_policy,
	&ph_match_quota, &ph_match_rateest, &ph_match_realm, &ph_match_socket, &ph_match_srh, &ph_match_tcpmss,
	&ph_match_tos, &ph_match_u32,
	&ph_match_addrtype, &ph_match_connlimit, &ph_match_hashlimit, &ph_match_hl, &ph_match_iprange, &ph_match_mac,
	&ph_match_owner, &ph_match_physdev, &ph_match_pkttype, &ph_match_recent, &ph_match_rt, &ph_match_sctp, &ph_match_set,
	&ph_match_statistic, &ph_match_string, &ph_match_time, &ph_match_ttl,
	&ph_match_comment, &ph_match_connmark, &ph_match_conntrack, &ph_match_helper, &ph_match_icmp, &ph_match_icmp6,
	&ph_match_limit, &ph_match_mark, &ph_match_multiport, &ph_match_rpfilter, &ph_match_state, &ph_match_tcp,
	&ph_match_udp,
	&ph_target_audit, &ph_target_checksum, &ph_target_classify, &ph_target_clusterip, &ph_target_connmark,
	&ph_target_connsecmark, &ph_target_ct, &ph_target_dnat, &ph_target_dnpt, &ph_target_dscp, &ph_target_ecn, &ph_target_hl,
	&ph_target_hmark, &ph_target_idletimer, &ph_target_led, &ph_target_log, &ph_target_mark,
	&ph_target_masquerade, &ph_target_netmap, &ph_target_nflog, &ph_target_nfqueue, &ph_target_notrack,
	&ph_target_rateest, &ph_target_redirect, &ph_target_reject, &ph_target_secmark, &ph_target_set,
	&ph_target_snat, &ph_target_snpt, &ph_target_synproxy, &ph_target_tcpmss, &ph_target_tcpoptstrip, &ph_target_tee,
	&ph_target_tos, &ph_target_tproxy, &ph_target_trace, &ph_target_ttl,
	NULL,
};

/* What iptables has and pinhole has not: known so that the message can say so. */
static const char *const foreign_matches[] = {
	"ipvs", NULL,
};
static const char *const foreign_targets[] = { "QUEUE", "ULOG", NULL };

static bool same(const char *name, const char *text, size_t len)
{
	return name && strlen(name) == len && memcmp(name, text, len) == 0;
}

const struct ph_ext *ph_ext_find(enum ph_ext_kind kind, uint8_t family, const char *name, size_t len)
{
	unsigned bit = family == PH_IPV4 ? PH_FAMILY_4 : PH_FAMILY_6;

	for (const struct ph_ext *const *e = ph_exts; *e; e++) {
		if ((*e)->kind != kind || !((*e)->families & bit))
			continue;
		if (same((*e)->name, name, len) || same((*e)->spelling[0], name, len) || same((*e)->spelling[1], name, len))
			return *e;
	}
	return NULL;
}

const struct ph_ext *ph_ext_of_proto(uint8_t family, uint8_t proto)
{
	unsigned bit = family == PH_IPV4 ? PH_FAMILY_4 : PH_FAMILY_6;

	for (const struct ph_ext *const *e = ph_exts; *e; e++)
		if (((*e)->implied ? (*e)->proto : (*e)->implied_by) == proto && proto && ((*e)->families & bit))
			return *e;
	return NULL;
}

bool ph_ext_foreign(enum ph_ext_kind kind, const char *name, size_t len)
{
	for (const char *const *n = kind == PH_EXT_MATCH ? foreign_matches : foreign_targets; *n; n++)
		if (same(*n, name, len))
			return true;
	return false;
}
