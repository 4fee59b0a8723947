/* The tracker: connections, expectations, their limits and their ends. spec/tracking.md gives the behaviour.
 *
 * One caller at a time. Nothing here allocates after ph_track_new. Times are milliseconds of the caller's clock and may
 * not run backwards; with a clock that stands still nothing ever expires.
 *
 * A packet's way: ph_track_packet (PREROUTING or OUTPUT) finds or makes its connection; ph_track_confirm (after all rules) puts a new
 * connection into the table; ph_track_done, always, lets go of it: a connection that was not confirmed is gone then. */
#ifndef PH_TRACK_TRACK_H
#define PH_TRACK_TRACK_H

#include "net/packet.h"
#include "track/conn.h"

struct ph_track;

/* An expectation in the table. */
struct ph_expect {
	struct ph_tuple tuple;
	struct ph_addr mask_src;
	uint16_t mask_sport;
	uint16_t zone;
	struct ph_wheel_node timer;
	uint64_t expires_ms;
	uint64_t id;
	uint32_t tag;
	uint32_t master;                        /* slot of its connection */
	uint32_t bucket_next, bucket_prev;      /* same destination hash, newest first */
	uint32_t master_next, master_prev;      /* same master, newest first */
	uint32_t bucket;
	uint8_t class_, flags, child_helper;
	uint8_t helper;                         /* of the master when it was made */
	bool ends_inverse;
};

/* Who wants to know. Each may be NULL. expect and conn are good during the call; child: the connection that used it.
 * ending: a confirmed connection with a helper ends, and its expectations are about to; whoever hears it may tear down calls. */
struct ph_track_hooks {
	void (*conn)(void *arg, enum ph_event_kind kind, enum ph_cause cause, const struct ph_conn *conn);
	void (*expect)(void *arg, enum ph_event_kind kind, enum ph_cause cause, const struct ph_expect *expect,
	               const struct ph_conn *child);
	void (*ending)(void *arg, struct ph_conn *conn);
	void *arg;
};

/* What a connection carried, kept once nf_conntrack_acct or nf_conntrack_timestamp has asked for it. Bytes are those of IP
 * packets. Saturating. */
struct ph_conn_acct {
	uint64_t packets[PH_DIRS], bytes[PH_DIRS];
	uint64_t start_ms;                      /* when it was confirmed */
};

struct ph_track_stats {
	uint64_t conns, conns_peak, expects;
	uint64_t conns_created, conns_confirmed;
	uint64_t expects_created, expects_used, expects_refused;
	uint64_t early_drops, table_full, insert_failed;
};

/* config: borrowed, read at every packet (so that a sysctl acts at once). NULL without memory. */
struct ph_track *ph_track_new(const struct ph_track_config *config, const uint64_t hash_key[2], uint64_t now_ms,
                              const struct ph_track_hooks *hooks);
void ph_track_free(struct ph_track *t);

/* Between two packets: makes room for what acct and timestamp of a configuration ask for and nobody asked for before. False: no memory,
 * and nothing has changed. */
PH_MUST_CHECK bool ph_track_account(struct ph_track *t, const struct ph_track_config *config);
/* Follows another configuration from now on, borrowed in the place of the former one. The tables keep their sizes. */
void ph_track_follow(struct ph_track *t, const struct ph_track_config *config);
/* How many connections and expectations the tables have room for, whatever the configuration says. */
struct ph_track_room {
	uint32_t conns, expects;
};
struct ph_track_room ph_track_room(const struct ph_track *t);
/* How many a configuration asks for, within what can be had. */
struct ph_track_room ph_track_wanted(const struct ph_track_config *config);

/* Gives every helper's number of connections and expectations another meaning: map[old] is the new one. What maps to PH_HELPER_NONE
 * is taken off its connection, whose expectations and keys end (told as PH_CAUSE_REMOVED), or is no longer given to a child. */
void ph_track_renumber(struct ph_track *t, const uint8_t map[256]);

/* What a packet is looked up by. */
struct ph_track_key {
	struct ph_tuple tuple;
	uint32_t hash;
	bool set;
};

/* One packet. The caller fills the first part, zero where it says nothing; ph_track_packet the second. */
struct ph_track_io {
	const struct ph_pkt *pkt;
	uint64_t now_ms;
	bool verify;                            /* checksums count here: arrived by an interface */
	uint8_t zone_dir;                       /* of the template, with zone */
	uint16_t zone;
	uint8_t helper;                         /* for a new connection that nobody expected */
	struct ph_track_key key;                /* set by ph_track_look_ahead, or left alone */

	struct ph_conn *conn;                   /* NULL: INVALID or UNTRACKED */
	enum ph_state state;
	enum ph_dir dir;
	enum ph_reason reason;
	bool quiet;                             /* accepted, but nothing was refreshed, and nothing is counted */
	bool icmp_error;                        /* RELATED because of what it reports: helpers do not see it */
};

/* For a batch: computes the key of a packet that will come to ph_track_packet soon, and fetches the memory that it will need. First
 * _look_ahead for all of them, then _look_closer; both only read. */
void ph_track_look_ahead(const struct ph_track *t, struct ph_track_io *io);
void ph_track_look_closer(const struct ph_track *t, const struct ph_track_io *io);

/* False: the packet must be dropped (table full); otherwise io->state says what rules see. */
PH_MUST_CHECK bool ph_track_packet(struct ph_track *t, struct ph_track_io *io);

/* After all rules and the helper: a new connection enters the table, what changed is told. False: drop the packet. */
PH_MUST_CHECK bool ph_track_confirm(struct ph_track *t, struct ph_track_io *io);

/* Always last, whatever became of the packet. */
void ph_track_done(struct ph_track *t, struct ph_track_io *io);

/* An error about the packet of `about`, which has a connection: io belongs to it, RELATED and in the other direction, whether or not it is
 * confirmed. To be let go by ph_track_done like any other. */
void ph_track_attach(const struct ph_track_io *about, struct ph_track_io *io);

/* A reset answers a packet, without having come from the other side: its TCP connection is closed (Linux since 6.3). */
void ph_track_reset(struct ph_track *t, const struct ph_track_io *io);

/* What tracking found of a packet, to be found again when the packet comes back: the loopback interface keeps a packet's connection. */
struct ph_track_pass {
	uint64_t conn_id;                       /* 0: none */
	uint64_t kept;                          /* the connection has ended, or never begins: kept for this packet, for a while */
	uint32_t slot;
	enum ph_state state;
	enum ph_dir dir;
	bool icmp_error;
};
struct ph_track_pass ph_track_pass(struct ph_track *t, const struct ph_track_io *io);
/* Gives a packet that came back what it had, without counting or refreshing anything: it is not tracked a second time. That holds for a
 * packet that ended its connection, too, as for the error about one that was refused. False: it had no connection, or that ended since:
 * it is tracked as if it came from elsewhere. */
PH_MUST_CHECK bool ph_track_rejoin(const struct ph_track *t, const struct ph_track_pass *pass, struct ph_track_io *io);

/* Lets timers run out, at most a few hundred at once: what is late is found to be over when it is looked up, and its end is told
 * by later calls. */
void ph_track_advance(struct ph_track *t, uint64_t now_ms);
/* Ends all that is late. */
void ph_track_settle(struct ph_track *t);

/* A new lifetime, in seconds, unless it is fixed. */
void ph_conn_refresh(struct ph_track *t, struct ph_conn *conn, uint64_t timeout_s, uint64_t now_ms);
/* Takes it out of the table now; expectations it made go too. It stays readable while children or the packet hold it. */
void ph_conn_kill(struct ph_track *t, struct ph_conn *conn, enum ph_cause cause);

/* The living connection with that tuple in either direction, or NULL. zone: of that direction. */
const struct ph_conn *ph_track_find(const struct ph_track *t, const struct ph_tuple *tuple, uint16_t zone);
/* The connection that expected this one, or NULL. */
const struct ph_conn *ph_conn_master(const struct ph_track *t, const struct ph_conn *conn);
/* What belongs to its helper, or NULL. */
struct ph_conn_help *ph_conn_help(const struct ph_track *t, const struct ph_conn *conn);
/* What it carried so far, the packet at work included; NULL when nobody asked for it. */
const struct ph_conn_acct *ph_conn_acct(const struct ph_track *t, const struct ph_conn *conn);
/* "ESTABLISHED" and so on for TCP and SCTP; NULL for the others. */
const char *ph_conn_proto_state(const struct ph_conn *conn);

/* Adds an expectation of a connection (which must have a helper). policy: limits of its class. In the order of spec/tracking.md 7.3:
 * PH_OK (a former equal one was replaced, the oldest of a full class evicted); PH_EXISTS: an equal one of another class or, with any_master,
 * of another connection; PH_BUSY: an overlapping one of another connection or class; PH_FULL: table full; PH_INVALID: no helper. */
enum ph_status ph_expect_add(struct ph_track *t, struct ph_conn *master, const struct ph_expect_want *want,
                             const struct ph_expect_policy *policy, uint64_t now_ms);

/* Ends those of the classes first to last with a tag (0: any), the newest first. Returns how many. */
size_t ph_expect_remove(struct ph_track *t, struct ph_conn *master, uint8_t first, uint8_t last, uint32_t tag);
/* Gives those of a class with a tag a new lifetime from the latest time on. Returns how many. */
size_t ph_expect_retime(struct ph_track *t, struct ph_conn *master, uint8_t class_, uint32_t tag, uint64_t timeout_s);
/* Clears INACTIVE on those of a class with a tag. */
void ph_expect_activate(struct ph_track *t, struct ph_conn *master, uint8_t class_, uint32_t tag);
/* Ends the one of this connection that was made from `want`, if it is there: an opening taken back. */
bool ph_expect_remove_like(struct ph_track *t, struct ph_conn *master, const struct ph_expect_want *want);
/* Does this connection hold one with that destination, family and protocol, in want's class? */
bool ph_expect_held_here(const struct ph_track *t, const struct ph_conn *master, const struct ph_expect_want *want);
/* Is there an equal one of the same class and helper whose master is another connection? */
bool ph_expect_held_elsewhere(const struct ph_track *t, const struct ph_conn *master, const struct ph_expect_want *want);

/* GRE (spec/tracking.md 2.4): a direction of a call that this connection controls looks like tuple, both call ids in it. PH_OK, also
 * when the entry there differs in the source's key only, which stays; PH_EXISTS: another entry has its place; PH_FULL;
 * PH_INVALID: no helper, or no GRE. */
enum ph_status ph_keymap_add(struct ph_track *t, struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple);
/* The entry of a direction goes, if there is one. */
void ph_keymap_remove(struct ph_track *t, struct ph_conn *master, enum ph_dir dir);
/* And with it the connection that has this tuple, or if there is none the expectation that it would meet: also those of other
 * masters, in the zone of this one (checked on 6.18). */
void ph_keymap_teardown(struct ph_track *t, struct ph_conn *master, enum ph_dir dir, const struct ph_tuple *tuple,
                        enum ph_cause cause);

/* How many expectations are alive. */
uint64_t ph_track_expects(const struct ph_track *t);
void ph_track_stats(const struct ph_track *t, struct ph_track_stats *out);

/* All that are alive, by slot. */
void ph_track_each_conn(const struct ph_track *t, void (*each)(void *arg, const struct ph_conn *conn), void *arg);
void ph_track_each_expect(const struct ph_track *t, void (*each)(void *arg, const struct ph_expect *expect), void *arg);
/* The same of so many slots, from one on. The slot to go on with, 0: that was the last one. */
uint32_t ph_track_conns_from(const struct ph_track *t, uint32_t from, uint32_t slots,
                             void (*each)(void *arg, const struct ph_conn *conn), void *arg);
uint32_t ph_track_expects_from(const struct ph_track *t, uint32_t from, uint32_t slots,
                               void (*each)(void *arg, const struct ph_expect *expect), void *arg);
/* The master of an expectation. Never NULL. */
const struct ph_conn *ph_expect_master(const struct ph_track *t, const struct ph_expect *expect);

#endif
