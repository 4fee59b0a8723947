/* Packets that wait for a verdict, of one queue or several. See <pinhole/queue.h>; the parts are in nfq.h. */
#include "base/count.h"
#include "io/nfq.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define QUEUES_MOST 64
#define QUEUE_LEN 8192
#define SOCKET_BYTES_LEAST (8u << 20)
#define PACKET_BYTES 2048       /* what a packet of ordinary size takes of the receive buffer, about */

struct ph_queues {
	struct ph_nfq *queue;                   /* owned */
	size_t n;
	size_t turn;                            /* which is asked first */
	int table_fd;                           /* owned; -1: none */
	struct ph_nfq_bell bell;                /* of several queues; owned */
};

/* Fills in what was left to us. */
static struct ph_queues_config settled(const struct ph_queues_config *config)
{
	struct ph_queues_config c = *config;

	if (c.queue_len == 0)
		c.queue_len = QUEUE_LEN;
	/* The kernel's own limit shall be what is reached first: it says how many packets it dropped. */
	if (c.socket_bytes == 0)
		c.socket_bytes = c.queue_len < UINT32_MAX / PACKET_BYTES ? c.queue_len * PACKET_BYTES : UINT32_MAX;
	if (config->socket_bytes == 0 && c.socket_bytes < SOCKET_BYTES_LEAST)
		c.socket_bytes = SOCKET_BYTES_LEAST;
	return c;
}

static bool numbers_good(const struct ph_queues_config *config, struct ph_diags *diags)
{
	if (config->n >= 1 && config->n <= QUEUES_MOST && config->first + config->n - 1 <= UINT16_MAX)
		return true;
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%u queues from number %u on: there may be 1 to %d, the last number is %d", config->n,
	             config->first, QUEUES_MOST, UINT16_MAX);
	return false;
}

static bool open_all(struct ph_queues *queues, const struct ph_queues_config *config, struct ph_diags *diags)
{
	bool several = config->n > 1;

	queues->table_fd = ph_nfq_table_open();
	queues->bell.fd = several ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
	queues->queue = calloc(config->n, sizeof(*queues->queue));
	if (!queues->queue || (several && queues->bell.fd < 0)) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
		return false;
	}
	for (; queues->n < config->n; queues->n++) {
		struct ph_nfq *q = &queues->queue[queues->n];

		q->number = (uint16_t)(config->first + queues->n);
		q->bell = several ? &queues->bell : NULL;
		if (!ph_nfq_blocks_new(q, several ? PH_NFQ_BLOCKS : 1) || !ph_nfq_verdicts_new(&q->verdicts, config->queue_len))
			ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "queue %u: %s", q->number, ph_status_text(PH_NO_MEMORY));
		else if (ph_nfq_bind(q, config, queues->table_fd, diags))
			continue;
		/* Half made; counted, so that it is taken down with the others. */
		queues->n++;
		return false;
	}
	return true;
}

struct ph_queues *ph_queues_open(const struct ph_queues_config *config, struct ph_diags *diags)
{
	struct ph_queues_config c = settled(config);
	struct ph_queues *queues;

	if (!numbers_good(config, diags))
		return NULL;
	queues = calloc(1, sizeof(*queues));
	if (!queues) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
		return NULL;
	}
	if (open_all(queues, &c, diags))
		return queues;
	ph_queues_close(queues);
	return NULL;
}

void ph_queues_close(struct ph_queues *queues)
{
	if (!queues)
		return;
	for (size_t i = 0; i < queues->n; i++) {
		ph_nfq_thread_stop(&queues->queue[i]);
		ph_nfq_unbind(&queues->queue[i]);
		ph_nfq_blocks_free(&queues->queue[i]);
		ph_nfq_verdicts_free(&queues->queue[i].verdicts);
	}
	free(queues->queue);
	if (queues->bell.fd >= 0)
		close(queues->bell.fd);
	if (queues->table_fd >= 0)
		close(queues->table_fd);
	free(queues);
}

enum ph_status ph_queues_start(struct ph_queues *queues)
{
	enum ph_status status = PH_OK;

	for (size_t i = 0; queues->n > 1 && i < queues->n && status == PH_OK; i++)
		if (!queues->queue[i].running)
			status = ph_nfq_thread_start(&queues->queue[i]);
	return status;
}

int ph_queues_fd(const struct ph_queues *queues)
{
	return queues->n > 1 ? queues->bell.fd : queues->queue[0].fd;
}

/* --- packets --- */

/* Of one queue, at most n. */
static size_t take(struct ph_queues *queues, size_t index, struct ph_queued *out, size_t n)
{
	struct ph_nfq *q = &queues->queue[index];
	size_t got = 0;

	while (got < n && q->verdicts.n_round < PH_NFQ_ROUND) {
		struct ph_nfq_block *block = q->open;

		if (!block && !(block = q->open = ph_nfq_block_get(q, n - got)))
			break;
		out[got] = block->packet[block->next++];
		out[got].queue = (uint16_t)index;
		ph_nfq_handed(&q->verdicts, out[got++].id);
		if (block->next == block->n) {
			q->done[q->n_done++] = block;
			q->open = NULL;
		}
	}
	return got;
}

static size_t take_all(struct ph_queues *queues, struct ph_queued *out, size_t n)
{
	size_t got = 0;

	for (size_t i = 0; i < queues->n && got < n; i++)
		got += take(queues, (queues->turn + i) % queues->n, out + got, n - got);
	queues->turn = (queues->turn + 1) % queues->n;
	return got;
}

size_t ph_queues_receive(struct ph_queues *queues, struct ph_queued *out, size_t n)
{
	eventfd_t rung;
	size_t got;

	/* What the last receive's caller has not flushed; and its blocks come back. */
	(void)!ph_queues_flush(queues);
	got = take_all(queues, out, n);
	if (got > 0 || n == 0 || queues->n == 1)
		return got;
	/* See nfq_read.c: whoever rings from here on is seen now, or rings again. */
	(void)!eventfd_read(queues->bell.fd, &rung);
	(void)atomic_exchange_explicit(&queues->bell.signalled, false, memory_order_acq_rel);
	got = take_all(queues, out, n);
	if (got > 0)
		ph_nfq_ring_bell(&queues->bell);
	return got;
}

void ph_queues_verdict(struct ph_queues *queues, uint16_t queue, uint32_t id, bool accept, const uint32_t *mark)
{
	if (queue < queues->n)
		ph_nfq_verdict(&queues->queue[queue], id, accept, mark);
}

enum ph_status ph_queues_flush(struct ph_queues *queues)
{
	enum ph_status status = PH_OK;

	for (size_t i = 0; i < queues->n; i++) {
		struct ph_nfq *q = &queues->queue[i];

		if (ph_nfq_flush(q) != PH_OK)
			status = PH_IO;
		while (q->n_done > 0)
			ph_nfq_block_put(q, q->done[--q->n_done]);
	}
	return status;
}

/* --- counters --- */

static void add_queue(struct ph_nfq *q, int table_fd, struct ph_queues_stats *out)
{
	const struct ph_nfq_verdicts *v = &q->verdicts;
	struct ph_nfq_row row;

	ph_count(&out->packets, atomic_load_explicit(&q->counts.packets, memory_order_relaxed));
	ph_count(&out->bytes, atomic_load_explicit(&q->counts.bytes, memory_order_relaxed));
	ph_count(&out->cut, atomic_load_explicit(&q->counts.cut, memory_order_relaxed));
	ph_count(&out->overruns, atomic_load_explicit(&q->counts.overruns, memory_order_relaxed));
	ph_count(&out->malformed, atomic_load_explicit(&q->counts.malformed, memory_order_relaxed));
	ph_count(&out->refused, atomic_load_explicit(&q->counts.refused, memory_order_relaxed));
	ph_count(&out->refused, v->lost);
	ph_count(&out->accepted, v->accepted);
	ph_count(&out->dropped, v->dropped);
	ph_count(&out->messages, v->messages);
	if (!ph_nfq_table_find(table_fd, q->number, &row))
		return;
	ph_count(&out->waiting, row.waiting);
	ph_count(&out->kernel_dropped, row.kernel_dropped);
	ph_count(&out->user_dropped, row.user_dropped);
}

void ph_queues_stats(struct ph_queues *queues, struct ph_queues_stats *out)
{
	*out = (struct ph_queues_stats){ 0 };
	for (size_t i = 0; i < queues->n; i++)
		add_queue(&queues->queue[i], queues->table_fd, out);
}
