/* What connection tracking tells the outside: tuples, states, and read-only views of connections and
 * expectations. The tables themselves stay inside the engine. */
#ifndef PINHOLE_TRACK_H
#define PINHOLE_TRACK_H

#include <pinhole/net.h>

enum ph_dir { PH_ORIG = 0, PH_REPLY = 1, PH_DIRS = 2 };

/* One direction's key. sport, dport: ports; ICMP: identifier, type << 8 | code; GRE version 1: call ids; others 0. */
struct ph_tuple {
	struct ph_addr src, dst;
	uint16_t sport, dport;
	uint8_t proto, family;
};

/* What -m conntrack --ctstate sees. PH_STATE_NONE: the packet did not reach connection tracking. */
enum ph_state {
	PH_STATE_NONE = 0, PH_STATE_NEW, PH_STATE_ESTABLISHED, PH_STATE_RELATED, PH_STATE_INVALID, PH_STATE_UNTRACKED,
};

/* "NEW", "ESTABLISHED", ... ; NULL for PH_STATE_NONE. */
PH_API const char *ph_state_name(enum ph_state state);

/* Status bits of a connection, under the numbers the kernel shows to user space. */
enum ph_conn_status {
	PH_CT_EXPECTED = 1 << 0, PH_CT_SEEN_REPLY = 1 << 1, PH_CT_ASSURED = 1 << 2, PH_CT_CONFIRMED = 1 << 3,
	PH_CT_SRC_NAT = 1 << 4, PH_CT_DST_NAT = 1 << 5, PH_CT_SEQ_ADJUST = 1 << 6, PH_CT_SRC_NAT_DONE = 1 << 7,
	PH_CT_DST_NAT_DONE = 1 << 8, PH_CT_DYING = 1 << 9, PH_CT_FIXED_TIMEOUT = 1 << 10, PH_CT_HELPER = 1 << 13,
};

/* "SEEN_REPLY|CONFIRMED|HELPER" into out; returns out. */
#define PH_STATUS_TEXT 160
PH_API const char *ph_conn_status_format(char out[PH_STATUS_TEXT], uint32_t status);

/* A connection as it is now. Strings are constants. */
struct ph_conn_info {
	uint64_t id;                    /* ordinal: every connection set up counts, from 1 */
	struct ph_tuple tuple[PH_DIRS];
	uint32_t status;                /* PH_CT_* */
	uint32_t mark;
	uint16_t zone;
	bool counted;                   /* packets, bytes and start_ms are kept (nf_conntrack_acct, nf_conntrack_timestamp) */
	uint64_t packets[PH_DIRS], bytes[PH_DIRS], start_ms;
	uint64_t timeout_s;             /* whole seconds left, rounded down; 0 when unconfirmed */
	const char *helper;             /* its own helper, or NULL */
	const char *proto_state;        /* TCP or SCTP state, or NULL */
	uint64_t master_id;             /* 0: has no master */
	struct ph_tuple master;
};

enum ph_expect_flag { PH_EXPECT_PERMANENT = 1, PH_EXPECT_INACTIVE = 2, PH_EXPECT_USERSPACE = 4 };

/* An expectation. mask: all ones or less in src and sport; the destination is always exact. */
struct ph_expect_info {
	uint64_t id;                    /* ordinal, from 1 */
	struct ph_tuple tuple;
	struct ph_addr mask_src;
	uint16_t mask_sport;
	uint8_t class_, flags;          /* PH_EXPECT_* */
	uint64_t timeout_s;             /* whole seconds left */
	uint64_t master_id;
	struct ph_tuple master;
	const char *helper;             /* of the master, at the time it was made */
	const char *child_helper;       /* bound to the connection that comes, or NULL */
};

/* Why a packet is INVALID, was ignored by tracking, or was dropped by a helper or for its source. One name a reason; each has a counter. */
enum ph_reason {
	PH_WHY_NONE = 0,
	PH_WHY_NO_L4,                   /* no upper-layer header: fragment, 59, broken chain */
	PH_WHY_SHORT, PH_WHY_CHECKSUM, PH_WHY_TUPLE, PH_WHY_NO_INVERSE,
	PH_WHY_ICMP_TYPE, PH_WHY_ICMP_NEW, PH_WHY_ICMP_EMBEDDED, PH_WHY_ICMP_NO_CONN, PH_WHY_ICMP_DST, PH_WHY_ICMP_REDIRECT,
	PH_WHY_UDP_LENGTH, PH_WHY_TCP_OFFSET, PH_WHY_TCP_FLAGS, PH_WHY_TCP_NEW, PH_WHY_TCP_STATE,
	PH_WHY_TCP_SEQ_ABOVE, PH_WHY_TCP_ACK_ABOVE, PH_WHY_TCP_RST,
	PH_WHY_TCP_IGNORED,             /* accepted, nothing changed */
	PH_WHY_TCP_OLD,                 /* accepted, nothing changed: below the window or slightly above it */
	PH_WHY_SCTP_CHUNKS, PH_WHY_SCTP_NEW, PH_WHY_SCTP_TAG, PH_WHY_SCTP_STATE,
	PH_WHY_TABLE_FULL, PH_WHY_CLASH, PH_WHY_DYING,
	PH_WHY_HELPER_PARTIAL,          /* a command cut short or malformed */
	PH_WHY_HELPER_EXPECT,           /* its expectation was refused */
	PH_WHY_HELPER_CONTRACT,         /* it asked for more than it declared */
	PH_WHY_HELPER_VERDICT,          /* any other drop of a helper */
	PH_WHY_RP_FILTER,               /* its source lies elsewhere, says rp_filter */
	PH_WHY_LOCAL_SOURCE,            /* its source is the firewall's own address, or nobody's */
	PH_WHY_COUNT
};
PH_API const char *ph_reason_name(enum ph_reason reason);       /* short-with-hyphens */
PH_API const char *ph_reason_text(enum ph_reason reason);       /* a phrase for people */

enum ph_event_kind {
	PH_EVENT_CONN_NEW, PH_EVENT_CONN_UPDATE, PH_EVENT_CONN_DESTROY,
	PH_EVENT_EXPECT_NEW, PH_EVENT_EXPECT_DESTROY,
	PH_EVENT_EXPECT_UPDATE, /* made active, or given a new lifetime (the reference is silent then) */
	PH_EVENT_REFUSED,       /* a helper found something and nothing was opened: why says it */
	PH_EVENT_LOG,           /* LOG or NFLOG of a rule */
};

/* Why a connection or an expectation ended, or a finding was refused. */
enum ph_cause {
	PH_CAUSE_NONE = 0,
	PH_CAUSE_USED,          /* expectation: the connection came */
	PH_CAUSE_EXPIRED, PH_CAUSE_REPLACED, PH_CAUSE_EVICTED, PH_CAUSE_MASTER_GONE, PH_CAUSE_REMOVED,
	PH_CAUSE_CLOSED,        /* connection: RST before any reply, or reopened */
	PH_CAUSE_ADDRESS,       /* refused: the announced address is not the speaker's */
	PH_CAUSE_CLASH,         /* refused: another connection expects the same */
	PH_CAUSE_FULL,          /* refused: the table is full */
	PH_CAUSE_CONTRACT,      /* refused: outside the helper's contract */
	PH_CAUSE_PORT,          /* refused: a port that the helper may not open */
	PH_CAUSE_CALL,          /* refused: another call of the same connection holds the keys */
	PH_CAUSE_COVERED,       /* expectation: a connection used that of the other way, and is answered here */
	PH_CAUSE_MALFORMED,     /* refused: the text cannot be read; the packet was dropped */
};
PH_API const char *ph_cause_text(enum ph_cause cause);

#endif
