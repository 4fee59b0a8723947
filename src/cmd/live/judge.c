/* One batch: receive, describe to the engine, process, give verdicts, flush. */
#include "cmd/live/judge.h"

#include "cmd/live/answers.h"
#include "cmd/live/control.h"
#include "cmd/live/held.h"
#include "cmd/log.h"

#include <stdlib.h>

#define BATCH 64
#define ROUNDS (JUDGE_MOST / BATCH)     /* before others get their turn */
#define LOOPBACK 1              /* the kernel's number of lo in every namespace */

struct judge {
	struct held *held;
	struct answers *answers;
	struct ph_queued queued[BATCH];
	struct ph_packet_in in[BATCH];
	struct ph_packet_out out[BATCH];
	const struct ph_queued *of[BATCH];      /* which of queued in[i] describes */
	size_t at, n;                           /* those at work in the engine, from in[at] on */
	struct cmd_text line;                   /* scratch */
};

struct judge *judge_new(size_t max_held)
{
	struct judge *judge = cmd_alloc(1, sizeof(*judge));

	judge->held = held_new(max_held);
	judge->answers = answers_new();
	return judge;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	held_free(judge->held);
	answers_free(judge->answers);
	cmd_text_free(&judge->line);
	free(judge);
}

size_t judge_held(const struct judge *judge)
{
	return held_count(judge->held);
}

static uint16_t iface_of(const struct live *live, uint32_t ifindex)
{
	int index = ifindex ? ph_topology_iface(ph_policy_topology(live->policy), ifindex) : -1;

	return index < 0 ? PH_IFACE_ROUTE : (uint16_t)index;
}

static void describe(const struct live *live, const struct ph_queued *q, struct ph_packet_in *in)
{
	static const enum ph_place places[] = {
		[PH_QUEUE_PREROUTING] = PH_PLACE_FIND, [PH_QUEUE_INPUT] = PH_PLACE_INPUT, [PH_QUEUE_FORWARD] = PH_PLACE_FORWARD,
		[PH_QUEUE_OUTPUT] = PH_PLACE_OUTPUT, [PH_QUEUE_POSTROUTING] = PH_PLACE_OUTPUT,
	};

	*in = (struct ph_packet_in){
		.frame = q->frame, .iface = iface_of(live, q->ifindex_in), .out_iface = iface_of(live, q->ifindex_out),
		.place = q->hook < sizeof(places) / sizeof(places[0]) ? places[q->hook] : PH_PLACE_FIND,
		.mark = q->mark, .vouched = q->vouched, .hop_taken = q->hook == PH_QUEUE_FORWARD,
		.looped = q->hook == PH_QUEUE_INPUT && q->ifindex_in == LOOPBACK,
		.has_owner = q->has_owner, .uid = q->uid, .gid = q->gid,
	};
}

static void verdict(struct live *live, uint16_t queue, uint32_t id, bool accept)
{
	live->counts.passed += accept;
	live->counts.dropped += !accept;
	ph_queues_verdict(live->queues, queue, id, accept, NULL);
}

/* The pieces of a datagram share its fate. */
static void release(struct judge *judge, struct live *live, uint64_t datagram, bool accept)
{
	struct held_piece piece;

	while (held_take(judge->held, datagram, &piece)) {
		live->counts.released += accept;
		live->counts.given_up += !accept;
		verdict(live, piece.queue, piece.id, accept);
	}
}

/* Pieces that came in the same call of the engine are told to wait, but not held yet. */
void judge_give_up(struct judge *judge, struct live *live, uint64_t datagram)
{
	for (size_t i = judge->at; i < judge->at + judge->n; i++) {
		struct ph_packet_out *out = &judge->out[i];

		if (out->verdict != PH_HELD || out->datagram != datagram)
			continue;
		out->verdict = PH_DROP;
		out->datagram = 0;
		live->counts.given_up++;
	}
	release(judge, live, datagram, false);
}

void judge_flush(struct live *live)
{
	(void)ph_queues_flush(live->queues);    /* what the kernel refused it counts */
}

static void hold(struct judge *judge, struct live *live, const struct ph_queued *q, const struct ph_packet_out *out)
{
	const struct held_piece piece = { .datagram = out->datagram, .id = q->id, .queue = q->queue };

	if (held_add(judge->held, &piece)) {
		live->counts.held++;
		return;
	}
	live->counts.given_up++;
	verdict(live, q->queue, q->id, false);
}

static void answer(struct judge *judge, struct live *live, const struct ph_packet_out *out, const struct ph_queued *q)
{
	const struct answer a = { .ip = out->answer, .len = out->answer_len, .ifindex = q->ifindex_in };

	if (answers_send(judge->answers, live->sender, &a, q->frame.time_ms))
		live->counts.answers++;
	else
		live->counts.answers_failed++;
}

static void settle(struct judge *judge, struct live *live, size_t i)
{
	const struct ph_packet_out *out = &judge->out[i];
	const struct ph_queued *q = judge->of[i];
	bool accept = out->verdict == PH_ACCEPT;

	if (out->verdict == PH_HELD) {
		hold(judge, live, q, out);
		return;
	}
	if (out->verdict == PH_SKIPPED) {
		live->counts.unread++;
		accept = live->options->fail_open;
	}
	if (out->datagram)
		release(judge, live, out->datagram, accept);
	if (accept) {
		live->counts.passed++;
		ph_queues_verdict(live->queues, q->queue, q->id, true, out->mark != q->mark ? &out->mark : NULL);
		return;
	}
	verdict(live, q->queue, q->id, false);
	if (out->answer)
		answer(judge, live, out, q);
	live->packet = q;
	refusals_add(live->refusals, live, out);
	live->packet = NULL;
}

/* Is it an answer of ours on its way out? Then it has passed. */
static bool is_own(struct judge *judge, struct live *live, const struct ph_queued *q)
{
	struct ph_l3 l3;

	if (q->hook != PH_QUEUE_OUTPUT || !ph_frame_l3(&q->frame, &l3) ||
	    !answers_know(judge->answers, q->frame.data + l3.at, l3.len))
		return false;
	verdict(live, q->queue, q->id, true);
	return true;
}

static void judge_some(struct judge *judge, struct live *live, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++)
		judge->out[i].datagram = 0;     /* of the batch before */
	judge->at = at;
	judge->n = n;
	ph_engine_process(live->engine, judge->in + at, judge->out + at, n);
	judge->n = 0;
	for (size_t i = at; i < at + n; i++)
		settle(judge, live, i);
}

static size_t one_batch(struct judge *judge, struct live *live)
{
	size_t got = ph_queues_receive(live->queues, judge->queued, BATCH), n = 0;
	uint64_t now_ms = live_now_ms(live);

	for (size_t i = 0; i < got; i++) {
		struct ph_queued *q = &judge->queued[i];

		q->frame.time_ms = now_ms;
		if (is_own(judge, live, q))
			continue;
		describe(live, q, &judge->in[n]);
		judge->of[n++] = q;
	}
	for (size_t at = 0; at < n; at += PH_ANSWERS)
		judge_some(judge, live, at, n - at < PH_ANSWERS ? n - at : PH_ANSWERS);
	refusals_settled(live->refusals);
	if (got)
		judge_flush(live);
	return got;
}

bool judge_serve(struct judge *judge, struct live *live)
{
	for (unsigned round = 0; round < ROUNDS; round++)
		if (one_batch(judge, live) < BATCH)
			return false;
	return true;
}

/* As the kernel's log has it, but never more than its reader takes. */
static void log_packet(struct judge *judge, struct live *live, const struct ph_event *event)
{
	judge->line.len = 0;
	put_log_line(&judge->line, live, event);
	log_say(live->log, LOG_PACKET, LOG_LEVEL_NOTICE, event->time_ms, "%.*s", (int)judge->line.len, judge->line.at);
}

void judge_event(struct judge *judge, struct live *live, const struct ph_event *event)
{
	if (event->kind == PH_EVENT_LOG && !live->options->quiet)
		log_packet(judge, live, event);
	if (live->control)
		control_event(live->control, live, event);
}
