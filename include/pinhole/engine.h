/* The engine: frames in, verdicts and events out.
 *
 * It does no I/O, asks no clock, takes no lock, and allocates nothing per packet. One engine serves one thread.
 * Life: policy loaded and finished -> ph_engine_new (borrows it) -> ph_engine_process ... -> ph_engine_free -> policy freed. */
#ifndef PINHOLE_ENGINE_H
#define PINHOLE_ENGINE_H

#include <pinhole/defrag.h>
#include <pinhole/net.h>
#include <pinhole/policy.h>
#include <pinhole/track.h>

struct ph_engine;

enum ph_verdict { PH_DROP = 0, PH_ACCEPT, PH_HELD, PH_SKIPPED };

/* Why a frame was not a packet for the firewall. */
enum ph_skip { PH_SKIP_NONE = 0, PH_SKIP_NOT_IP, PH_SKIP_TRUNCATED, PH_SKIP_SHORT, PH_SKIP_UNPLACED };

/* Where a packet ended. */
enum ph_fate {
	PH_FATE_NOT_SENT = 0,   /* skipped, see ph_skip */
	PH_FATE_FORWARDED,
	PH_FATE_LOCAL,          /* delivered to the firewall itself */
	PH_FATE_SENT,           /* sent by the firewall itself */
	PH_FATE_FRAGMENT,       /* held (verdict PH_HELD) or discarded (PH_DROP) by defragmentation */
	PH_FATE_RULE,           /* dropped by a rule or a chain's policy */
	PH_FATE_ROUTE,          /* no route, or a martian address */
	PH_FATE_TTL,            /* hop limit used up here */
	PH_FATE_HELPER,         /* dropped by a helper, or at confirmation */
	PH_FATE_CONNTRACK,      /* dropped by connection tracking: table full */
	PH_FATE_STACK,          /* discarded before PREROUTING: bad header */
	PH_FATE_COUNT
};

PH_API const char *ph_fate_name(enum ph_fate fate);             /* as in the kernel reference */
PH_API const char *ph_skip_name(enum ph_skip skip);

#define PH_IFACE_ROUTE 0xffff   /* the interface the route to the source leads to */

/* Where the caller's kernel has the packet. FIND: nobody knows, addresses and routes decide, as in a replay. */
enum ph_place { PH_PLACE_FIND = 0, PH_PLACE_INPUT, PH_PLACE_FORWARD, PH_PLACE_OUTPUT };

/* One packet for the engine. Zero says nothing, but for iface. */
struct ph_packet_in {
	struct ph_frame frame;
	uint16_t iface;                 /* index in the policy, or PH_IFACE_ROUTE; of OUTPUT not looked at */
	bool explain;                   /* tell on_trace about it */
	bool keep_ttl;                  /* do not drop a forwarded packet whose hop limit is used up here */
	enum ph_place place;
	uint16_t out_iface;             /* FORWARD and OUTPUT: by which it leaves, or PH_IFACE_ROUTE */
	uint32_t mark;                  /* it comes with */
	bool vouched;                   /* its checksums were verified, or are not filled in yet: they do not count here */
	bool hop_taken;                 /* its hop limit has been lowered already: PREROUTING sees one more */
	bool looped;                    /* came back by the loopback interface: was tracked on its way out */
	bool has_owner;                 /* OUTPUT: uid and gid of the socket that sent it are known */
	uint32_t uid, gid;
};

#define PH_ANSWERS 16           /* who asks for answers hands over at most so many packets at once */

/* What became of it. Names of helpers, here and in events and listings, are good until ph_engine_refresh or ph_engine_adopt. */
struct ph_packet_out {
	enum ph_verdict verdict;
	enum ph_fate fate;
	enum ph_skip skip;
	enum ph_state state;
	enum ph_reason reason;
	uint8_t family, proto;
	enum ph_dir dir;                /* with a connection */
	int in, out;                    /* interface indices; -1: none (the firewall itself, or no route) */
	bool has_conn;                  /* conn_* and helper names are set */
	bool confirmed;                 /* the connection is (by now) in the table: own_helper, proto_state, timeout_s count */
	uint64_t conn_id;
	uint32_t status;                /* as rules saw it right after tracking */
	const char *master_helper;      /* what -m helper compares with, or NULL */
	const char *own_helper, *proto_state;
	uint64_t timeout_s;
	uint32_t n_expects;             /* live expectations after the packet, of all connections */
	uint32_t mark;
	uint32_t n_fragments;           /* of the datagram that went on in its place; 0: it did so itself */
	struct ph_rule_ref rule;        /* that dropped it */
	const char *reject;             /* what REJECT or SYNPROXY answered, e.g. "icmp-port-unreachable"; NULL: nothing */
	/* Of a REJECT, with ph_engine_config.answers: the IP packet to send, after its own walk through OUTPUT and POSTROUTING; good
	 * until the next call of the engine, of the last PH_ANSWERS of a call. NULL: none is due (RFC 1122 3.2.2, RFC 4443 2.4), it cannot be sent (no route back, no address to send it from),
	 * or the firewall's own rules dropped it. Identification and flow label are 0: the sending kernel may fill them in. How many
	 * errors a second go out (RFC 4443 2.4 f) is the caller's to limit. */
	const uint8_t *answer;
	uint32_t answer_len;
	/* Fragments: number of their datagram, from 1 and never given twice, with PH_HELD and with the verdict that ends the waiting. A verdict
	 * that comes with a number is that of all pieces held under it, which may be let go with it or dropped; one that comes with 0 is of
	 * this packet alone (also that of a fragment which is discarded while the others go on waiting). See on_given_up. */
	uint64_t datagram;
	/* Whether it passes depends on something a replay cannot know, such as a socket's owner. The verdict above is the one
	 * if the matches that cannot know do not match; the first rule on which it depends is this one. */
	bool uncertain;
	struct ph_rule_ref uncertain_rule;
};

enum ph_changed { PH_CHANGED_REPLY = 1, PH_CHANGED_ASSURED = 2, PH_CHANGED_PROTO_STATE = 4, PH_CHANGED_MARK = 8 };

/* Something happened. Valid only during the callback. text: the bytes of the packet that asked (expectations and refusals), call:
 * those that name the call it belongs to (SIP's Call-ID); not terminated, may hold anything. because: the message and field that
 * asked, "INVITE", a constant; NULL where there is but one or it was no message. conn: the connection concerned (for expectations: the child that used it, if any). */
struct ph_event {
	enum ph_event_kind kind;
	enum ph_cause cause;
	uint64_t time_ms;
	const struct ph_conn_info *conn;
	unsigned changed;               /* CONN_UPDATE: PH_CHANGED_* */
	const struct ph_expect_info *expect;
	const uint8_t *text;
	uint32_t text_len;
	const uint8_t *call;
	uint32_t call_len;
	const char *because;
	const char *helper;             /* REFUSED: whose finding */
	struct ph_rule_ref rule;        /* LOG */
	const char *prefix;             /* LOG */
	const struct ph_packet_in *packet;      /* at work, or answered, as it was given to ph_engine_process; NULL: a timer ran out */
};

enum ph_trace_kind {
	PH_TRACE_STEP = 0,      /* a step begins: hook and step */
	PH_TRACE_RULE,          /* in it, a rule or policy was tried */
	PH_TRACE_DONE,          /* the step has ended */
};

/* One moment on a packet's way, for people who want to know why. Valid during the callback. */
struct ph_trace {
	enum ph_trace_kind kind;
	const char *hook;                       /* "PREROUTING" ... */
	const char *step;                       /* a table's name, or "defrag", "track", "route", "helper", "confirm" */
	const struct ph_packet_out *so_far;     /* what is known of the packet now */
	const struct ph_rule_trial *trial;      /* RULE */
	bool stopped;                           /* DONE: the packet's way ends here */
	const char *note;                       /* DONE: what the step found, such as where the route to the source leads; or NULL */
};

/* Everything has a default of zero. */
struct ph_engine_config {
	uint64_t hash_key[2];           /* random in a live firewall */
	bool frozen_clock;              /* time stands still: no timer runs out */
	bool answers;                   /* make the packets that REJECT sends */
	void (*on_event)(void *arg, const struct ph_event *event);      /* may be NULL; must not call the engine */
	void (*on_trace)(void *arg, const struct ph_trace *trace);      /* of packets with explain; the same goes for it */
	/* The datagram of held fragments will never be whole: its time is over, or others came in between. They are to be dropped. From within
	 * ph_engine_process and ph_engine_advance; may be NULL; must not call the engine. Not called when the engine is freed. */
	void (*on_given_up)(void *arg, uint64_t datagram);
	void *arg;
};

/* Counters since the start. Saturating. */
struct ph_engine_stats {
	uint64_t packets, bytes;
	uint64_t conns, conns_peak, expects;            /* alive now, most ever, alive now */
	uint64_t conns_created, conns_confirmed;
	uint64_t expects_created, expects_used, expects_refused;
	uint64_t early_drops, table_full, insert_failed;
	uint64_t findings_lost;         /* of helpers, for want of room */
	uint64_t reasons[PH_WHY_COUNT];
	struct ph_frag_stats fragments;
};

/* NULL without memory. policy: borrowed, counters in it are changed; one engine at a time. */
PH_API struct ph_engine *ph_engine_new(struct ph_policy *policy, const struct ph_engine_config *config);
PH_API void ph_engine_free(struct ph_engine *engine);

/* The policy was edited (ph_policy_edit) or got another topology (ph_policy_set_topology): the engine looks at it anew. Connections and
 * expectations stay. PH_OK; PH_NO_MEMORY: the engine goes on with what it knew, such as which tables to ask and the names of helpers,
 * and with rules and limits of time as they are now; to be called again. */
PH_API PH_MUST_CHECK enum ph_status ph_engine_refresh(struct ph_engine *engine);

/* Changes to another policy between two packets; connections and expectations stay, with their helpers under the same names: a helper
 * without its name is taken off, which ends what it expected (told as events). What rules remember by name (recent, hashlimit) goes
 * along where both have it alike. policy: finished; borrowed from now on, the former one is the caller's again. Warnings say what a running engine cannot follow (a larger nf_conntrack_max than there is room for).
 * PH_OK; PH_NO_MEMORY: nothing has changed. */
PH_API PH_MUST_CHECK enum ph_status ph_engine_adopt(struct ph_engine *engine, struct ph_policy *policy, struct ph_diags *diags);

/* Writes connections and expectations in a form of this version, with a checksum: protocol and helper state, marks, zones, accounting,
 * masters that are over but have living children. wall_ms: the time of day, for what has passed until they are restored. Not in it:
 * fragments of datagrams that are not whole, counters, and what rules remember (recent, hashlimit, sets). sink is called with bytes, not
 * text. PH_OK, PH_NO_MEMORY. */
PH_API PH_MUST_CHECK enum ph_status ph_engine_save(const struct ph_engine *engine, uint64_t wall_ms, struct ph_sink sink);

/* What is to be restored. */
struct ph_saved {
	const uint8_t *bytes;           /* may hold anything; borrowed */
	size_t len;
	uint64_t wall_ms;               /* the time of day now */
};

struct ph_restored {
	uint64_t conns, expects;        /* that are alive again */
	/* Connections, expectations and key map entries whose time is over; that could not be taken (no room, unknown helper, more than the
	 * helper may open under this policy). */
	uint64_t late, lost;
};
/* Reads them back into an engine that has seen no packet. Ids and their order go on; nobody is told of what is restored, nor of what is
 * late or lost. Helpers go by name; a connection whose helper is unknown comes back without one. What passed between save and restore
 * counts, unless the time of day ran backwards. An engine without a time (ph_engine_advance) takes wall_ms for it. PH_OK; PH_INVALID: damaged or of another version, a diagnostic says so; PH_BUSY: the engine has connections; PH_NO_MEMORY.
 * Unless PH_OK the engine is as it was, and out is not written. */
PH_API PH_MUST_CHECK enum ph_status ph_engine_restore(struct ph_engine *engine, const struct ph_saved *saved,
                                                      struct ph_restored *out, struct ph_diags *diags);

/* Runs n packets in order; out[i] belongs to in[i]. Time must not run backwards (an earlier time counts as the latest one). */
PH_API void ph_engine_process(struct ph_engine *engine, const struct ph_packet_in *in, struct ph_packet_out *out, size_t n);

/* Lets timers run out up to now_ms without a packet. */
PH_API void ph_engine_advance(struct ph_engine *engine, uint64_t now_ms);

/* By how much the time of day is ahead of the time of packets (behind: negative), for -m time; 0 at first. A clock that is set moves the
 * one, never the other, on which timers run. */
PH_API void ph_engine_set_day(struct ph_engine *engine, int64_t ahead_ms);

PH_API void ph_engine_stats(const struct ph_engine *engine, struct ph_engine_stats *out);

/* The connections and expectations alive now, in order of creation. Returns how many were given; none without memory. */
PH_API size_t ph_engine_each_expect(const struct ph_engine *engine, void (*each)(void *arg, const struct ph_expect_info *), void *arg);
PH_API size_t ph_engine_each_conn(const struct ph_engine *engine, void (*each)(void *arg, const struct ph_conn_info *), void *arg);

/* The same in pieces, for a caller whose packets must not wait: by place in the table, so many places at a time. from: 0 at first, then
 * what the last call returned; 0: that was all. What begins or ends between two calls may be given or not, nothing is given twice.
 * Allocates nothing. */
PH_API uint32_t ph_engine_expects_from(const struct ph_engine *engine, uint32_t from, uint32_t places,
                                       void (*each)(void *arg, const struct ph_expect_info *), void *arg);
PH_API uint32_t ph_engine_conns_from(const struct ph_engine *engine, uint32_t from, uint32_t places,
                                     void (*each)(void *arg, const struct ph_conn_info *), void *arg);

#endif
