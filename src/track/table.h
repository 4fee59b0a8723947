/* The inside of the tracker, shared by the files of this room only. */
#ifndef PH_TRACK_TABLE_H
#define PH_TRACK_TABLE_H

#include "base/count.h"
#include "base/slab.h"
#include "track/index.h"
#include "track/track.h"

#define PH_EXPECT_BUCKETS 1024
#define PH_KEYMAP_BUCKETS 256

#define PH_KEPT 64              /* connections without a future that packets on their way still belong to */

/* What one direction of a PPTP call looks like. */
struct ph_keymap {
	struct ph_tuple tuple;
	uint32_t next, prev, bucket;
};

struct ph_track {
	const struct ph_track_config *config;
	struct ph_track_hooks hooks;
	struct ph_slab conns, helps, expects, keymaps;
	struct ph_conn_acct *acct;              /* by slot of the connection, or NULL: nobody asked */
	struct ph_index index;
	struct ph_wheel *conn_wheel, *expect_wheel;
	uint64_t start_ms, now_ms;              /* now_ms: of the call at work */
	uint64_t next_tick_ms;                  /* before that no wheel needs to turn, */
	bool behind;                            /* unless more was due than one call may do */
	uint64_t next_conn_id, next_expect_id;
	uint32_t drop_hand;                     /* where early drop looked last */
	uint32_t n_one_sided;                   /* connections in the table whose zone counts for one direction only */
	uint32_t kept[PH_KEPT];                 /* the last of them in a ring, each with a reference */
	uint64_t n_kept, n_let_go;              /* ever */
	uint32_t expect_bucket[PH_EXPECT_BUCKETS], keymap_bucket[PH_KEYMAP_BUCKETS];
	struct ph_track_stats stats;
};

/* What a protocol says of a packet of a connection. */
enum ph_l4_verdict {
	PH_L4_INVALID = 0,      /* io->reason says why; the packet loses the connection */
	PH_L4_ACCEPT,
	PH_L4_REPEAT,           /* the connection was ended by a reopening packet: look again */
};

/* State and timeout. A connection without PH_CT_CONFIRMED whose l4 is untouched is new. */
typedef enum ph_l4_verdict ph_l4_packet(struct ph_track *t, struct ph_conn *conn, struct ph_track_io *io);

ph_l4_packet ph_tcp_packet, ph_udp_packet, ph_udplite_packet, ph_icmp_packet, ph_gre_packet, ph_generic_packet,
	ph_sctp_packet;
/* Names of states as the kernel shows them. */
const char *ph_tcp_state_name(uint8_t state);
const char *ph_sctp_state_name(uint8_t state);

/* spec/tracking.md 1.7 and 1.8. */
enum ph_icmp_kind { PH_ICMP_PLAIN, PH_ICMP_SETTLED };
/* Looks at an ICMP or ICMPv6 packet before its tuple: SETTLED when io holds the answer (untracked, related or invalid). */
enum ph_icmp_kind ph_icmp_early(struct ph_track *t, struct ph_track_io *io);

/* The tuple of a packet; spec/tracking.md 2.1. False: none, *why says why not. */
PH_MUST_CHECK bool ph_tuple_from_packet(const struct ph_track *t, const struct ph_pkt *pkt, struct ph_tuple *out,
                                        enum ph_reason *why);

/* The zone a packet asks for in that direction, by its template; the same of a connection: ph_conn_zone. */
static inline uint16_t ph_track_io_zone(const struct ph_track_io *io, enum ph_dir dir)
{
	return io->zone_dir & (dir == PH_ORIG ? PH_ZONE_ORIG : PH_ZONE_REPLY) ? io->zone : 0;
}

/* Finds a living connection and the direction of the tuple it has. zone: by direction. */
struct ph_conn *ph_conn_lookup(struct ph_track *t, const struct ph_tuple *tuple, const uint16_t zone[PH_DIRS],
                               enum ph_dir *dir);
/* A new, unconfirmed one with a reference for the packet; its expectation is used up. NULL: the table is full. */
struct ph_conn *ph_conn_create(struct ph_track *t, const struct ph_tuple *tuple, const struct ph_track_io *io);
/* The same, its hash known. */
struct ph_conn *ph_conn_find(struct ph_track *t, const struct ph_track_key *key, const uint16_t zone[PH_DIRS],
                             enum ph_dir *dir);
uint32_t ph_conn_slot(const struct ph_track *t, const struct ph_conn *conn);
static inline struct ph_conn *ph_conn_at(const struct ph_track *t, uint32_t slot)
{
	return ph_slab_at(&t->conns, slot);
}
/* Ends those whose time is over, at most budget of them. False: there are more. */
PH_MUST_CHECK bool ph_conn_expire(struct ph_track *t, uint64_t now_ms, size_t budget);
PH_MUST_CHECK bool ph_expect_expire(struct ph_track *t, uint64_t now_ms, size_t budget);
/* Accounting of a packet that its protocol accepted. */
void ph_conn_count(struct ph_track *t, const struct ph_conn *conn, const struct ph_track_io *io);
/* Lets go of what is kept for packets on their way. False: that was nothing. */
bool ph_track_let_go(struct ph_track *t);
void ph_conn_hold(struct ph_conn *conn);
void ph_conn_release(struct ph_track *t, struct ph_conn *conn);
/* A saved one again: a copy of from, whose times and master are set, without a helper; nobody is told. With PH_CT_DYING it is only some
 * children's master, and the caller holds its reference. The slot, or PH_NO_SLOT: no room, or its tuple is taken. */
PH_MUST_CHECK uint32_t ph_conn_restore(struct ph_track *t, const struct ph_conn *from);
/* Lends it room for a helper's state. False: none left. */
PH_MUST_CHECK bool ph_conn_help_take(struct ph_track *t, struct ph_conn *conn);

/* If a new connection's tuple meets an expectation, gives it what that holds for it (EXPECTED, master and its mark, helper)
 * and takes the expectation out of the table unless it is permanent; spec/tracking.md 7.4. */
PH_MUST_CHECK bool ph_expect_use(struct ph_track *t, const struct ph_tuple *tuple, struct ph_conn *child);
/* A saved one again, under the next id; nobody is told. master: has a helper. False: no room, or it overlaps another. */
PH_MUST_CHECK bool ph_expect_restore(struct ph_track *t, const struct ph_conn *master, const struct ph_expect_want *want,
                                     const struct ph_expect_policy *policy, uint64_t left_ms);
void ph_expect_remove_all(struct ph_track *t, struct ph_conn *master, enum ph_cause cause);

/* The newest expectation of whichever connection in a zone that a packet of this tuple would meet ends. False: there is none. */
bool ph_expect_remove_tuple(struct ph_track *t, uint16_t zone, const struct ph_tuple *tuple, enum ph_cause cause);

/* keymap.c. The key of the sender of a GRE packet that shows this tuple; 0: not known. */
uint16_t ph_keymap_key(const struct ph_track *t, const struct ph_tuple *shown);
void ph_keymap_init(struct ph_track *t);
/* A connection is over: its key map goes, and that of the call it was. */
void ph_keymap_end(struct ph_track *t, struct ph_conn *conn);

/* tcp.c and tcp_window.c. */
struct ph_tcp_segment {
	uint32_t seq, end, ack, sack;
	uint32_t win;                   /* as it stands in the header */
	uint8_t kind;                   /* enum ph_tcp_kind */
	uint8_t flags;                  /* of the header */
	struct ph_cur options;
};
enum ph_tcp_kind { PH_TCP_KIND_SYN = 0, PH_TCP_KIND_SYNACK, PH_TCP_KIND_FIN, PH_TCP_KIND_ACK, PH_TCP_KIND_RST, PH_TCP_KIND_NONE, PH_TCP_KINDS };
enum ph_tcp_side_flag {
	PH_TCP_SIDE_SCALE = 1, PH_TCP_SIDE_SACK = 2, PH_TCP_SIDE_CLOSE_INIT = 4, PH_TCP_SIDE_LIBERAL = 8,
	PH_TCP_SIDE_UNACKED = 16, PH_TCP_SIDE_MAXACK = 32, PH_TCP_SIDE_CHALLENGE = 64, PH_TCP_SIDE_SIMULTANEOUS = 128,
};
enum ph_tcp_fit { PH_TCP_FIT_INVALID = 0, PH_TCP_FIT_IGNORE, PH_TCP_FIT_OK };

void ph_tcp_segment_read(const struct ph_pkt *pkt, struct ph_tcp_segment *seg);
/* The options of a SYN: scale and flags of a side. Without any options nothing changes. */
void ph_tcp_options(const struct ph_tcp_segment *seg, uint8_t *scale, uint8_t *flags);
/* Window check and update of both sides; spec/tracking.md 5.4. */
enum ph_tcp_fit ph_tcp_window(const struct ph_track_config *config, struct ph_tcp_track *tcp, enum ph_dir dir,
                              struct ph_tcp_segment *seg, enum ph_reason *why);
/* Is a after / before b, modulo 2^32? */
static inline bool ph_seq_after(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) < 0;
}
static inline bool ph_seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
