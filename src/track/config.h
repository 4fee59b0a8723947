/* What sysctls and module parameters say about tracking. Filled by the policy, read by the engine.
 * Names are the kernel's, without the prefix "net.netfilter.nf_conntrack_"; spec/tracking.md 11. */
#ifndef PH_TRACK_CONFIG_H
#define PH_TRACK_CONFIG_H

#include <pinhole/base.h>

enum ph_tcp_state {
	PH_TCP_NONE = 0, PH_TCP_SYN_SENT, PH_TCP_SYN_RECV, PH_TCP_ESTABLISHED, PH_TCP_FIN_WAIT, PH_TCP_CLOSE_WAIT,
	PH_TCP_LAST_ACK, PH_TCP_TIME_WAIT, PH_TCP_CLOSE, PH_TCP_SYN_SENT2, PH_TCP_STATES
};

/* Seconds, counts and switches. */
struct ph_track_config {
	uint32_t max;                   /* connections; 0 = the table's own size */
	uint32_t expect_max;
	uint32_t checksum, acct, timestamp, events, log_invalid, helper;
	uint32_t tcp_timeout[PH_TCP_STATES];
	uint32_t tcp_timeout_max_retrans, tcp_timeout_unacknowledged;
	uint32_t tcp_loose, tcp_be_liberal, tcp_ignore_invalid_rst, tcp_max_retrans;
	uint32_t udp_timeout, udp_timeout_stream, icmp_timeout, icmpv6_timeout, generic_timeout;
	uint32_t gre_timeout, gre_timeout_stream;
	uint32_t sctp_timeout[8];       /* closed, cookie_wait, cookie_echoed, established, shutdown_sent, _recd, _ack_sent, heartbeat_sent */
	uint32_t frag6_timeout, frag6_low_thresh, frag6_high_thresh;
	uint32_t buckets;               /* read and kept; our index has its own size */
};

/* The defaults of Linux 6.18. */
void ph_track_config_init(struct ph_track_config *config);

/* One sysctl: the key behind "net.netfilter." (such as "nf_conntrack_tcp_loose"), its bounds. */
struct ph_track_sysctl {
	const char *name;
	uint32_t offset;                /* of a uint32_t in struct ph_track_config */
	uint32_t max;                   /* largest value taken */
	bool read_only;
};

/* The table, ended by a NULL name. */
extern const struct ph_track_sysctl ph_track_sysctls[];

/* PH_OK; PH_NOT_FOUND: no such key; PH_INVALID: value out of bounds or read-only. */
enum ph_status ph_track_config_set(struct ph_track_config *config, const char *name, uint64_t value);

#endif
