/* The record of one connection. Owned by the table (track.c); everyone else borrows it until the next call into
 * the table. Fields are read by rules and the engine; only this room writes them, but for `mark`.
 *
 *   index slot --> record: tuple of the original direction, protocol state, timer, master, helper slot
 *                  the reply tuple is the inverse of the original
 *
 * Life: created unconfirmed (found by nobody) -> confirmed at the last hook -> dead (out of the index, record kept
 * while children refer to it) -> slot reused. */
#ifndef PH_TRACK_CONN_H
#define PH_TRACK_CONN_H

#include "base/wheel.h"
#include "track/config.h"
#include "track/expect.h"
#include "track/tuple.h"

#define PH_NO_SLOT 0xffffffffu

/* Which directions a zone counts for; the other one lives in zone 0. */
enum ph_zone_dir { PH_ZONE_ORIG = 1, PH_ZONE_REPLY = 2, PH_ZONE_BOTH = 3 };

struct ph_tcp_track {
	struct {
		uint32_t end, maxend, maxwin, maxack;
	} side[PH_DIRS];                        /* spec/tracking.md 5.4 */
	uint32_t last_seq, last_ack, last_end;
	uint16_t last_win;
	uint8_t scale[PH_DIRS], flags[PH_DIRS];
	uint8_t state, last_kind, last_dir, retrans, last_scale, last_flags;
};

struct ph_sctp_track {
	uint32_t tag[PH_DIRS];                  /* that a packet of the direction must carry; 0: not known */
	uint8_t state, last_dir;
	bool init[PH_DIRS];                     /* an INIT came from there */
	bool tag_failed;                        /* a HEARTBEAT with another tag waits for its answer */
};

struct ph_conn {
	struct ph_tuple tuple;                  /* original direction */
	uint16_t zone;
	struct ph_wheel_node timer;
	uint64_t expires_ms;                    /* absolute; relative while unconfirmed */
	union {
		struct ph_tcp_track tcp;
		struct ph_sctp_track sctp;
		uint64_t udp_stream_ms;         /* from then on it may become a stream */
		struct {
			uint32_t timeout, stream_timeout;       /* seconds, fixed when it began */
		} gre;
	} l4;
	uint64_t id;
	uint32_t mark;
	uint32_t master;                        /* slot, or PH_NO_SLOT; holds a reference */
	uint32_t refs;                          /* children; the table itself holds one while alive */
	uint32_t help;                          /* slot of struct ph_conn_help, or PH_NO_SLOT */
	uint32_t filed_s;                       /* second (of the table's clock) at which the wheel will look at it */
	uint16_t status;                        /* PH_CT_* */
	uint8_t zone_dir;
	uint8_t helper;                         /* number, or PH_HELPER_NONE */
	uint8_t pending;                        /* PH_PENDING_*: changes nobody was told of yet */
};

/* Same bits as PH_CHANGED_* of the public header. */
enum ph_pending { PH_PENDING_REPLY = 1, PH_PENDING_ASSURED = 2, PH_PENDING_PROTO = 4, PH_PENDING_MARK = 8 };

/* What belongs to a connection with a helper, or with expectations. */
struct ph_conn_help {
	_Alignas(8) uint8_t state[PH_CONN_HELP_STATE];  /* the helper's own bytes */
	uint32_t expects;                       /* newest first; slot or PH_NO_SLOT */
	uint32_t keymap[PH_DIRS];               /* GRE calls; slot or PH_NO_SLOT */
	uint16_t n_expects[PH_EXPECT_CLASSES];
};

static inline uint16_t ph_conn_zone(const struct ph_conn *c, enum ph_dir dir)
{
	return c->zone_dir & (dir == PH_ORIG ? PH_ZONE_ORIG : PH_ZONE_REPLY) ? c->zone : 0;
}

/* The tuple of a direction, made on the spot for the reply. */
static inline void ph_conn_tuple(const struct ph_conn *c, enum ph_dir dir, struct ph_tuple *out)
{
	if (dir == PH_ORIG || !ph_tuple_invert(&c->tuple, out))
		*out = c->tuple;
}

#endif
