/* The inside of the engine: one packet on its way, and what the files of this room call in each other. */
#ifndef PH_ENGINE_WALK_H
#define PH_ENGINE_WALK_H

#include <pinhole/engine.h>
#include "base/count.h"
#include "defrag/defrag.h"
#include "helper/registry.h"
#include "net/reject.h"
#include "route/reverse.h"
#include "rule/policy.h"
#include "track/track.h"

#define PH_HELPER_NUMBERS 256

#define PH_HOP_CACHE 1024

#define PH_LOOPS 4096           /* packets on their way through the loopback interface that are remembered */

/* What a packet was on its way out, for when it comes back by the loopback interface. */
struct ph_loop {
	uint64_t hash;                  /* of its first bytes; 0: empty */
	struct ph_track_pass pass;
};

struct ph_walk;

/* Where an address leads, as found last: routes stand still until the engine looks at its policy anew. */
struct ph_hop_memo {
	struct ph_addr addr;
	uint8_t family;                 /* 0: empty */
	struct ph_route_hop hop;
};

/* How the sources of what comes in by an interface are validated: sysctls, all and its own taken together. */
struct ph_source_rule {
	uint8_t rp_filter;
	bool accept_local, route_localnet;
};

enum ph_step { PH_STEP_STOP = 0, PH_STEP_NEXT };

#define PH_PLAN_STEPS 8
struct ph_plan {
	enum ph_step (*run[PH_PLAN_STEPS])(struct ph_walk *walk);
	const char *name[PH_PLAN_STEPS];
	size_t n;
};

struct ph_engine {
	struct ph_policy *policy;               /* guest: outlives the engine, or is given up for another (adopt.c) */
	struct ph_engine_config config;
	struct ph_defrag *defrag;
	struct ph_track *track;
	uint64_t now_ms;
	int64_t day_ahead_ms;                   /* of the time of day, before now_ms */
	bool started;                           /* a first packet has set the clock */
	bool has_topology;
	struct ph_plan plan[2][PH_HOOKS];       /* IPv4, IPv6: the steps of path.c that this policy needs */
	char helper_name[PH_HELPER_NUMBERS][16];
	struct ph_expect_policy limits[PH_HELPER_NUMBERS][PH_EXPECT_CLASSES];
	struct ph_helper_out found;             /* of the packet at work */
	struct ph_source_rule *sources;         /* IPv4, by interface */
	size_t n_sources;
	struct ph_hop_memo hop[PH_HOP_CACHE];   /* by hash of the address */
	struct ph_walk *walk;                   /* the packet at work, or NULL */
	struct ph_loop loop[PH_LOOPS];          /* by hash */
	uint8_t answer[PH_ANSWERS][PH_REJECT_MAX];
	size_t n_answers;                       /* made by now */
	struct ph_engine_stats stats;
};

/* One packet on its way through the hooks. Lives on the stack of ph_engine_process. */
struct ph_walk {
	struct ph_engine *engine;
	const struct ph_packet_in *in;
	struct ph_packet_out *out;
	struct ph_pkt pkt;
	enum ph_pkt_error error;
	struct ph_track_io io;                  /* from here on zero at first */
	struct ph_rule_ctx rule;
	enum ph_hook hook;
	int iface_in, iface_out;
	bool local_out;                         /* sent by the firewall itself */
	bool local_in;                          /* for the firewall itself */
	bool source_asked;                      /* reverse is set */
	bool attached;                          /* came with its connection, or without for good: it is not tracked here */
	bool looped;                            /* the firewall sent it itself, and hears it */
	bool hop_raised;                        /* a hop that was taken already was given back for PREROUTING */
	struct ph_reverse_out reverse;          /* what rp_filter found */
	const char *tracing;                    /* name of the step being told about; NULL: nobody listens */
	const struct ph_walk *cause;            /* of an answer: the packet that is answered */
	const struct ph_finding *finding;       /* what the engine acts on right now: its text goes into events */
};

/* adopt.c: what a policy says of reassembly. */
struct ph_defrag_config ph_engine_defrag_config(const struct ph_engine *engine, const struct ph_policy *policy);
/* path.c: which steps this policy needs. */
void ph_plan_make(struct ph_engine *engine);
/* path.c: what rules and the caller see of the connection from here on. */
void ph_walk_show(struct ph_walk *walk);
/* path.c: from the first hook to the last. */
void ph_walk_run(struct ph_walk *walk);
/* reassemble.c: fragments wait for their datagram to be whole. */
enum ph_step ph_walk_defrag(struct ph_walk *walk);
/* place.c: which interfaces, and is it for us; false: out->skip says why it cannot be placed. */
PH_MUST_CHECK bool ph_walk_place(struct ph_walk *walk);
/* place.c: ph_route_lookup, remembered. */
struct ph_route_hop ph_engine_hop(struct ph_engine *engine, uint8_t family, const struct ph_addr *addr);
/* place.c: the routing decision behind PREROUTING. */
enum ph_step ph_walk_route(struct ph_walk *walk);
/* place.c: PREROUTING sees the hop limit as it was before the hop that was taken. After each reading of the packet. */
void ph_walk_raise_hop(struct ph_walk *walk);
/* place.c: is it to a group or to everybody on a link? */
bool ph_walk_to_many(const struct ph_walk *walk);
/* place.c: did it come in by the loopback interface? */
bool ph_walk_from_loopback(const struct ph_walk *walk);
/* place.c: where a packet would have gone that does not get as far. */
void ph_walk_aim(struct ph_walk *walk);
/* source.c: fills sources from the policy's sysctls. */
void ph_sources_read(struct ph_engine *engine);
/* source.c: may an IPv4 packet have this source, where it came in? out: interface it is forwarded to, or PH_NO_IFACE. False:
 * walk->out->reason says why not. */
PH_MUST_CHECK bool ph_source_valid(struct ph_walk *walk, int out);
/* source.c: may loopback addresses come in by the interface (route_localnet)? */
bool ph_source_localnet(const struct ph_walk *walk);
/* source.c: the question about a source, as it was put. */
struct ph_reverse_in ph_source_question(const struct ph_walk *walk, int out);
/* loop.c: remembers a packet that leaves by the loopback interface; gives one that came back its connection. */
void ph_loop_note(const struct ph_walk *walk);
void ph_loop_attach(struct ph_walk *walk);
/* answer.c: makes what REJECT promised, and sends it through OUTPUT and POSTROUTING. */
void ph_walk_answer(struct ph_walk *walk);
/* engine.c: runs a packet of the firewall's own. cause: the packet whose connection it belongs to, if that has one. */
void ph_engine_send(struct ph_walk *cause, const struct ph_packet_in *in, struct ph_packet_out *out);
/* help.c: runs the connection's helper and acts on what it found. */
enum ph_step ph_walk_help(struct ph_walk *walk);
/* help.c: what a helper is given of a connection, without a packet. */
struct ph_helper_in ph_helper_about(const struct ph_engine *engine, const struct ph_conn *conn, struct ph_conn_help *help);
/* help.c: a connection with a helper ends; takes along what the helper names. */
void ph_engine_ending(void *engine, struct ph_conn *conn);

/* events.c: tells the caller. */
void ph_tell_conn(void *engine, enum ph_event_kind kind, enum ph_cause cause, const struct ph_conn *conn);
void ph_tell_expect(void *engine, enum ph_event_kind kind, enum ph_cause cause, const struct ph_expect *expect,
                    const struct ph_conn *child);
void ph_tell_refused(struct ph_engine *engine, enum ph_cause cause, const struct ph_conn *conn);
void ph_tell_trial(void *engine, const struct ph_rule_trial *trial);
void ph_tell_step(struct ph_walk *walk, enum ph_trace_kind kind, bool stopped);
void ph_tell_log(void *engine, const struct ph_rule_ref *rule, const char *prefix);
void ph_conn_describe(const struct ph_engine *engine, const struct ph_conn *conn, struct ph_conn_info *out);
void ph_expect_describe(const struct ph_engine *engine, const struct ph_expect *expect, struct ph_expect_info *out);
/* The name under which a helper is registered, or NULL for none. Good until the engine looks at its policy anew. */
const char *ph_engine_helper_name(const struct ph_engine *engine, uint8_t number);

#endif
