/* A running firewall: what run.c, the control socket and the listings share. One thread, the engine's; readers of queues stay in io. */
#ifndef PH_CMD_LIVE_H
#define PH_CMD_LIVE_H

#include "cmd/cmd.h"
#include "cmd/text.h"

#include <pinhole/engine.h>
#include <pinhole/queue.h>
#include <pinhole/topology.h>

struct control;
struct refusals;
struct keeper;
struct log;

/* What else the command can do, instead of running. */
enum live_only { LIVE_RUN = 0, LIVE_PRINT_RULES, LIVE_REMOVE_RULES };

struct live_options {
	enum live_only only;
	struct cmd_policy policy;
	uint16_t queue, n_queues;
	uint32_t copy_range, queue_len;
	bool fail_open;                 /* --on-failure open */
	bool install, keep_rules;
	const char *control;            /* path of the socket; NULL: none */
	const char *state;              /* file of saved connections; NULL: none */
	const char *user;               /* account to become; NULL: the default */
	bool quiet;                     /* LOG lines and events are not logged */
};

struct live_counts {
	uint64_t passed, dropped;       /* verdicts given */
	uint64_t unread;                /* frames the engine could not judge: cut short, no IP */
	uint64_t answers, answers_failed;
	uint64_t held, released, given_up;      /* fragments that waited; let go with their datagram; dropped for its sake */
	uint64_t reloads, reloads_failed, topologies;
};

struct live {
	const struct live_options *options;
	struct ph_policy *policy;
	struct ph_engine *engine;
	struct ph_queues *queues;
	struct ph_netwatch *net;
	struct ph_sender *sender;
	struct control *control;        /* NULL without */
	struct refusals *refusals;
	struct keeper *keeper;
	struct log *log;
	struct live_counts counts;
	uint64_t start_wall_ms, start_ms;       /* both clocks when it began; the engine's time is wall_ms + what has passed since */
	/* The packet at work; NULL: none. */
	const struct ph_queued *packet;
};

/* The time the engine lives in, now. */
uint64_t live_now_ms(const struct live *live);

/* change.c: loads the policy files anew and changes to them; established connections stay. Complaints are left in diags. */
enum ph_status live_reload(struct live *live, struct ph_diags *diags);
/* One command on the running policy; see ph_policy_edit. */
enum ph_status live_edit(struct live *live, const char *const *word, size_t n, struct ph_sink out, struct ph_diags *diags);

/* --- control.c: the socket, its clients and their requests --- */

/* NULL after a complaint in diags. Replaces a socket that nobody answers on; refuses one that somebody does. */
struct control *control_open(const char *path, struct ph_diags *diags);
/* Closes it and removes the socket's file if that is still possible. */
void control_close(struct control *control);
/* An epoll descriptor that is readable when there is something to do. */
int control_fd(const struct control *control);
/* Does it: accepts, reads, answers, without blocking and with bounded work. */
void control_serve(struct control *control, struct live *live);
/* During ph_engine_process: for those who follow events. */
void control_event(struct control *control, const struct live *live, const struct ph_event *event);

/* --- refusals.c: the last packets that did not pass, and why --- */

#define REFUSALS 256
struct refusals *refusals_new(void);
void refusals_free(struct refusals *refusals);
/* After the engine dropped live->packet. Looks for the nearest expectation, a bounded number of times a second. */
void refusals_add(struct refusals *refusals, const struct live *live, const struct ph_packet_out *out);
/* All packets so far have their verdict: what helpers refused in those that passed belongs to no other packet. */
void refusals_settled(struct refusals *refusals);

#endif
