/* Verdicts to messages: a run of packets with the same verdict becomes one message where that is right.
 *
 * NFQNL_MSG_VERDICT_BATCH speaks of every packet of its queue up to an id. It is right, therefore, when each packet up to there either has
 * its verdict already or belongs to the run. Packets come in order of id, verdicts are sent in that order, so it is enough that no packet
 * of an earlier receive is left waiting, none in this round before the run, and none that nobody knows of (q->blind).
 *
 *   round     ids of the last receive with what was said of them; becomes messages at the flush
 *   waiting   ids of earlier receives that have no verdict yet; theirs are messages of their own, put down when they are given */
#include "base/count.h"
#include "io/nfq.h"

#include <errno.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_MOST 64         /* header 16, nfgenmsg 4, verdict 12, mark 8 */
#define SEND_TRIES 3

bool ph_nfq_verdicts_new(struct ph_nfq_verdicts *v, uint32_t queue_len)
{
	v->size = (size_t)queue_len + PH_NFQ_ROUND;
	v->round = calloc(PH_NFQ_ROUND, sizeof(*v->round));
	v->waiting = calloc(v->size, sizeof(*v->waiting));
	v->out = malloc(PH_NFQ_OUT);
	return v->round && v->waiting && v->out;
}

void ph_nfq_verdicts_free(struct ph_nfq_verdicts *v)
{
	free(v->round);
	free(v->waiting);
	free(v->out);
}

/* Ids go round; b lies less than half of the circle behind a. */
static bool is_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* --- messages --- */

static void send_out(struct ph_nfq *q)
{
	struct ph_nfq_verdicts *v = &q->verdicts;
	ssize_t sent = -1;

	if (v->out_len == 0)
		return;
	/* Only for want of memory does the kernel take none of it. */
	for (int i = 0; i < SEND_TRIES && sent < 0; i++)
		sent = mnl_socket_sendto(q->socket, v->out, v->out_len);
	if (sent < 0) {
		ph_count(&v->lost, v->n_out);
		v->failed = true;
		atomic_store(&q->blind, true);
	}
	v->out_len = v->n_out = 0;
}

/* covers: how many packets the message speaks for. */
static void put(struct ph_nfq *q, const struct ph_nfq_given *last, size_t covers)
{
	struct ph_nfq_verdicts *v = &q->verdicts;
	struct nlmsghdr *message;

	if (PH_NFQ_OUT - v->out_len < MESSAGE_MOST)
		send_out(q);
	message = nfq_nlmsg_put((char *)v->out + v->out_len, covers > 1 ? NFQNL_MSG_VERDICT_BATCH : NFQNL_MSG_VERDICT, q->number);
	nfq_nlmsg_verdict_put(message, (int)last->id, last->accept ? NF_ACCEPT : NF_DROP);
	if (last->has_mark)
		nfq_nlmsg_verdict_put_mark(message, last->mark);
	v->out_len += message->nlmsg_len;         /* all attributes are multiples of four */
	v->n_out += covers;
	ph_count(&v->messages, 1);
}

void ph_nfq_discard(struct ph_nfq *q, uint32_t id)
{
	char text[MESSAGE_MOST] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *message = nfq_nlmsg_put(text, NFQNL_MSG_VERDICT, q->number);

	nfq_nlmsg_verdict_put(message, (int)id, NF_DROP);
	/* Then it waits on, and a run must not let it pass. */
	if (mnl_socket_sendto(q->socket, message, message->nlmsg_len) < 0)
		atomic_store(&q->blind, true);
}

/* --- packets left waiting --- */

static void wait_squeeze(struct ph_nfq_verdicts *v)
{
	size_t kept = 0;

	for (size_t i = v->first; i < v->end; i++)
		if (!v->waiting[i].gone)
			v->waiting[kept++] = v->waiting[i];
	v->first = 0;
	v->end = kept;
}

static void wait_add(struct ph_nfq *q, uint32_t id)
{
	struct ph_nfq_verdicts *v = &q->verdicts;

	if (v->end == v->size)
		wait_squeeze(v);
	/* More than the kernel lets wait: it has dropped some by itself (an interface went down), but which? */
	if (v->end == v->size) {
		atomic_store(&q->blind, true);
		return;
	}
	v->waiting[v->end++] = (struct ph_nfq_waiting){ .id = id };
	v->n_waiting++;
}

static void wait_remove(struct ph_nfq_verdicts *v, uint32_t id)
{
	size_t low = v->first, high = v->end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_before(v->waiting[middle].id, id))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == v->end || v->waiting[low].id != id || v->waiting[low].gone)
		return;
	v->waiting[low].gone = true;
	v->n_waiting--;
	while (v->first < v->end && v->waiting[v->first].gone)
		v->first++;
	if (v->first == v->end)
		v->first = v->end = 0;
}

/* --- verdicts --- */

void ph_nfq_handed(struct ph_nfq_verdicts *v, uint32_t id)
{
	v->round[v->n_round++] = (struct ph_nfq_given){ .id = id };
}

/* Mostly verdicts come in the order of the packets. */
static struct ph_nfq_given *round_find(struct ph_nfq_verdicts *v, uint32_t id)
{
	size_t i = v->at;

	if (i < v->n_round && v->round[i].id == id)
		goto found;
	for (i = 0; i < v->n_round; i++)
		if (v->round[i].id == id)
			goto found;
	return NULL;
found:
	v->at = i + 1;
	return &v->round[i];
}

void ph_nfq_verdict(struct ph_nfq *q, uint32_t id, bool accept, const uint32_t *mark)
{
	struct ph_nfq_verdicts *v = &q->verdicts;
	struct ph_nfq_given *given = round_find(v, id);
	/* What is dropped needs no mark. */
	struct ph_nfq_given said = { .id = id, .mark = accept && mark ? *mark : 0, .judged = true, .accept = accept,
		                     .has_mark = accept && mark };

	if (given) {
		*given = said;
	} else {
		wait_remove(v, id);
		put(q, &said, 1);
	}
	ph_count(accept ? &v->accepted : &v->dropped, 1);
}

static size_t run_of(const struct ph_nfq_verdicts *v, size_t from)
{
	const struct ph_nfq_given *first = &v->round[from];
	size_t i = from + 1;

	while (i < v->n_round && v->round[i].judged && v->round[i].accept == first->accept && v->round[i].has_mark == first->has_mark &&
	       v->round[i].mark == first->mark)
		i++;
	return i - from;
}

static void put_run(struct ph_nfq *q, size_t from, size_t n)
{
	struct ph_nfq_verdicts *v = &q->verdicts;

	if (v->n_waiting == 0 && !atomic_load(&q->blind)) {
		put(q, &v->round[from + n - 1], n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		put(q, &v->round[from + i], 1);
}

enum ph_status ph_nfq_flush(struct ph_nfq *q)
{
	struct ph_nfq_verdicts *v = &q->verdicts;
	size_t n;
	bool failed;

	for (size_t i = 0; i < v->n_round; i += n) {
		n = 1;
		if (!v->round[i].judged) {
			wait_add(q, v->round[i].id);
		} else {
			n = run_of(v, i);
			put_run(q, i, n);
		}
	}
	v->n_round = v->at = 0;
	send_out(q);
	failed = v->failed;
	v->failed = false;
	return failed ? PH_IO : PH_OK;
}
