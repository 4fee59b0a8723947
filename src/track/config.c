/* Sysctls of connection tracking: names, defaults and bounds as on Linux 6.18; see config.h. */
#include "track/config.h"

#include <stddef.h>
#include <string.h>

/* Timeouts are kept in clock ticks by the kernel: INT_MAX of them, 250 a second. */
#define MAX_SECONDS (INT32_MAX / 250)
#define MAX_INT INT32_MAX

/* Of a machine with more than 4 GiB. */
#define DEFAULT_BUCKETS 262144u
#define DEFAULT_EXPECT_MAX (DEFAULT_BUCKETS / 256 * 4)

#define FIELD(f) .offset = offsetof(struct ph_track_config, f)
#define TIMEOUT(key, f) { .name = "nf_conntrack_" key, FIELD(f), .max = MAX_SECONDS }
#define UPTO(key, f, most) { .name = "nf_conntrack_" key, FIELD(f), .max = most }

const struct ph_track_sysctl ph_track_sysctls[] = {
	UPTO("max", max, MAX_INT),
	UPTO("expect_max", expect_max, MAX_INT),
	UPTO("buckets", buckets, MAX_INT),
	UPTO("checksum", checksum, 1),
	UPTO("acct", acct, 1),
	UPTO("timestamp", timestamp, 1),
	UPTO("events", events, 2),
	UPTO("log_invalid", log_invalid, 255),
	UPTO("helper", helper, 1),              /* gone since Linux 6.0; the guide's */
	UPTO("tcp_loose", tcp_loose, 1),
	UPTO("tcp_be_liberal", tcp_be_liberal, 1),
	UPTO("tcp_ignore_invalid_rst", tcp_ignore_invalid_rst, 1),
	UPTO("tcp_max_retrans", tcp_max_retrans, 255),
	TIMEOUT("tcp_timeout_syn_sent", tcp_timeout[PH_TCP_SYN_SENT]),
	TIMEOUT("tcp_timeout_syn_recv", tcp_timeout[PH_TCP_SYN_RECV]),
	TIMEOUT("tcp_timeout_established", tcp_timeout[PH_TCP_ESTABLISHED]),
	TIMEOUT("tcp_timeout_fin_wait", tcp_timeout[PH_TCP_FIN_WAIT]),
	TIMEOUT("tcp_timeout_close_wait", tcp_timeout[PH_TCP_CLOSE_WAIT]),
	TIMEOUT("tcp_timeout_last_ack", tcp_timeout[PH_TCP_LAST_ACK]),
	TIMEOUT("tcp_timeout_time_wait", tcp_timeout[PH_TCP_TIME_WAIT]),
	TIMEOUT("tcp_timeout_close", tcp_timeout[PH_TCP_CLOSE]),
	TIMEOUT("tcp_timeout_max_retrans", tcp_timeout_max_retrans),
	TIMEOUT("tcp_timeout_unacknowledged", tcp_timeout_unacknowledged),
	TIMEOUT("udp_timeout", udp_timeout),
	TIMEOUT("udp_timeout_stream", udp_timeout_stream),
	TIMEOUT("icmp_timeout", icmp_timeout),
	TIMEOUT("icmpv6_timeout", icmpv6_timeout),
	TIMEOUT("generic_timeout", generic_timeout),
	TIMEOUT("gre_timeout", gre_timeout),
	TIMEOUT("gre_timeout_stream", gre_timeout_stream),
	TIMEOUT("sctp_timeout_closed", sctp_timeout[0]),
	TIMEOUT("sctp_timeout_cookie_wait", sctp_timeout[1]),
	TIMEOUT("sctp_timeout_cookie_echoed", sctp_timeout[2]),
	TIMEOUT("sctp_timeout_established", sctp_timeout[3]),
	TIMEOUT("sctp_timeout_shutdown_sent", sctp_timeout[4]),
	TIMEOUT("sctp_timeout_shutdown_recd", sctp_timeout[5]),
	TIMEOUT("sctp_timeout_shutdown_ack_sent", sctp_timeout[6]),
	TIMEOUT("sctp_timeout_heartbeat_sent", sctp_timeout[7]),
	TIMEOUT("frag6_timeout", frag6_timeout),
	UPTO("frag6_low_thresh", frag6_low_thresh, MAX_INT),
	UPTO("frag6_high_thresh", frag6_high_thresh, MAX_INT),
	{ .name = "nf_conntrack_count", .read_only = true },
	{ .name = NULL }
};

void ph_track_config_init(struct ph_track_config *config)
{
	*config = (struct ph_track_config){
		.max = DEFAULT_BUCKETS,
		.expect_max = DEFAULT_EXPECT_MAX,
		.buckets = DEFAULT_BUCKETS,
		.checksum = 1,
		.events = 2,
		.tcp_timeout = {
			[PH_TCP_SYN_SENT] = 120,
			[PH_TCP_SYN_RECV] = 60,
			[PH_TCP_ESTABLISHED] = 432000,
			[PH_TCP_FIN_WAIT] = 120,
			[PH_TCP_CLOSE_WAIT] = 60,
			[PH_TCP_LAST_ACK] = 30,
			[PH_TCP_TIME_WAIT] = 120,
			[PH_TCP_CLOSE] = 10,
			[PH_TCP_SYN_SENT2] = 120,       /* has no key of its own, and does not follow SYN_SENT's */
		},
		.tcp_timeout_max_retrans = 300,
		.tcp_timeout_unacknowledged = 300,
		.tcp_loose = 1,
		.tcp_max_retrans = 3,
		.udp_timeout = 30,
		.udp_timeout_stream = 120,
		.icmp_timeout = 30,
		.icmpv6_timeout = 30,
		.generic_timeout = 600,
		.gre_timeout = 30,
		.gre_timeout_stream = 180,
		.sctp_timeout = { 10, 3, 3, 210, 3, 3, 3, 30 },
		.frag6_timeout = 60,
		.frag6_low_thresh = 3145728,
		.frag6_high_thresh = 4194304,
	};
}

enum ph_status ph_track_config_set(struct ph_track_config *config, const char *name, uint64_t value)
{
	const struct ph_track_sysctl *s = ph_track_sysctls;
	uint32_t word;

	while (s->name && strcmp(s->name, name) != 0)
		s++;
	if (!s->name)
		return PH_NOT_FOUND;
	if (s->read_only || value > s->max)
		return PH_INVALID;
	word = (uint32_t)value;
	memcpy((unsigned char *)config + s->offset, &word, sizeof(word));
	return PH_OK;
}
