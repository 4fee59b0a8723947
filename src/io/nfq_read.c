/* Reading a queue: blocks of messages, and the thread that fills them where there are several queues.
 *
 * A thread waits for a free block (n_free counts them), then for packets, fills the block, puts it into the ring `full`, rings the bell.
 * The bell is written only if the consumer has found nothing since it was written last: a busy consumer costs no system call. Both sides
 * exchange the flag, so that of two who come together one sees what the other has done before: the reader that finds it set has put its
 * block before the consumer clears it and looks once more. */
#include "io/nfq.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of a thread's own counter, that others read. */
static void tally(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, now > UINT64_MAX - n ? UINT64_MAX : now + n, memory_order_relaxed);
}

/* --- blocks --- */

static void ring_put(struct ph_nfq_ring *ring, struct ph_nfq_block *block)
{
	uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	ring->slot[tail % PH_NFQ_BLOCKS] = block;
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

static struct ph_nfq_block *ring_take(struct ph_nfq_ring *ring)
{
	uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	struct ph_nfq_block *block;

	if (head == atomic_load_explicit(&ring->tail, memory_order_acquire))
		return NULL;
	block = ring->slot[head % PH_NFQ_BLOCKS];
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return block;
}

static bool block_init(struct ph_nfq_block *block)
{
	/* Pages that no packet touches cost nothing. */
	void *slots = mmap(NULL, (size_t)PH_NFQ_BATCH * PH_NFQ_SLOT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
	                   0);

	if (slots == MAP_FAILED)
		return false;
	block->slots = slots;
	for (size_t i = 0; i < PH_NFQ_BATCH; i++) {
		block->piece[i] = (struct iovec){ .iov_base = block->slots + i * PH_NFQ_SLOT, .iov_len = PH_NFQ_SLOT };
		block->header[i].msg_hdr = (struct msghdr){
			.msg_name = &block->from[i], .msg_namelen = sizeof(block->from[i]), .msg_iov = &block->piece[i], .msg_iovlen = 1,
		};
	}
	return true;
}

bool ph_nfq_blocks_new(struct ph_nfq *q, size_t blocks)
{
	q->block = calloc(blocks, sizeof(*q->block));
	if (!q->block)
		return false;
	for (; q->n_blocks < blocks; q->n_blocks++) {
		if (!block_init(&q->block[q->n_blocks]))
			return false;
		ring_put(&q->free, &q->block[q->n_blocks]);
	}
	return true;
}

void ph_nfq_blocks_free(struct ph_nfq *q)
{
	for (size_t i = 0; i < q->n_blocks; i++)
		munmap(q->block[i].slots, (size_t)PH_NFQ_BATCH * PH_NFQ_SLOT);
	free(q->block);
	q->block = NULL;
	q->n_blocks = 0;
}

/* --- messages --- */

static void take_message(struct ph_nfq *q, struct ph_nfq_block *block, size_t i)
{
	struct msghdr *header = &block->header[i].msg_hdr;
	struct ph_queued *packet = &block->packet[block->n];
	/* What another program sent is none of the kernel's. */
	bool foreign = header->msg_namelen != sizeof(block->from[i]) || block->from[i].nl_pid != 0;
	enum ph_nfq_kind kind = PH_NFQ_BAD;

	header->msg_namelen = sizeof(block->from[i]);
	if (!foreign && (header->msg_flags & MSG_TRUNC) == 0)
		kind = ph_nfq_parse(block->piece[i].iov_base, block->header[i].msg_len, q->number, packet);
	switch (kind) {
	case PH_NFQ_PACKET:
		block->n++;
		tally(&q->counts.packets, 1);
		tally(&q->counts.bytes, packet->frame.wire_len);
		tally(&q->counts.cut, packet->frame.wire_len > packet->frame.len);
		return;
	case PH_NFQ_UNREAD:
		ph_nfq_discard(q, packet->id);
		tally(&q->counts.malformed, 1);
		return;
	case PH_NFQ_BAD:
		if (!foreign)
			atomic_store(&q->blind, true);
		tally(&q->counts.malformed, 1);
		return;
	case PH_NFQ_REFUSED:
		tally(&q->counts.refused, 1);
		return;
	case PH_NFQ_NOTHING:
		return;
	}
}

/* Reads what waits, at most n messages. False: nothing did. */
static bool fill(struct ph_nfq *q, struct ph_nfq_block *block, size_t n)
{
	int got = recvmmsg(q->fd, block->header, (unsigned)n, MSG_DONTWAIT, NULL);

	/* An overrun is reported once, before what was not lost. */
	while (got < 0 && (errno == ENOBUFS || errno == EINTR)) {
		tally(&q->counts.overruns, errno == ENOBUFS);
		got = recvmmsg(q->fd, block->header, (unsigned)n, MSG_DONTWAIT, NULL);
	}
	block->n = block->next = 0;
	for (int i = 0; i < got; i++)
		take_message(q, block, (size_t)i);
	return got > 0;
}

/* --- the thread --- */

void ph_nfq_ring_bell(struct ph_nfq_bell *bell)
{
	/* An eventfd that is full already is readable, too. */
	if (!atomic_exchange_explicit(&bell->signalled, true, memory_order_acq_rel))
		(void)!eventfd_write(bell->fd, 1);
}

static void wait_for_packets(struct ph_nfq *q)
{
	struct pollfd fds[2] = { { .fd = q->fd, .events = POLLIN }, { .fd = q->stop_fd, .events = POLLIN } };

	(void)!poll(fds, 2, -1);
}

static struct ph_nfq_block *wait_for_block(struct ph_nfq *q)
{
	while (sem_wait(&q->n_free) != 0)
		;
	return ring_take(&q->free);
}

static void *reader(void *arg)
{
	struct ph_nfq *q = arg;
	struct ph_nfq_block *block = wait_for_block(q);

	while (!atomic_load(&q->stop)) {
		if (!fill(q, block, PH_NFQ_BATCH)) {
			wait_for_packets(q);
		} else if (block->n > 0) {
			ring_put(&q->full, block);
			ph_nfq_ring_bell(q->bell);
			block = wait_for_block(q);
		}
	}
	return NULL;
}

enum ph_status ph_nfq_thread_start(struct ph_nfq *q)
{
	sigset_t all, before;
	int error;

	q->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->stop_fd < 0)
		return PH_IO;
	if (sem_init(&q->n_free, 0, (unsigned)q->n_blocks) != 0)
		goto close_fd;
	/* Signals are for the caller's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&q->thread, NULL, reader, q);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		goto destroy;
	q->running = true;
	(void)pthread_setname_np(q->thread, "queue-reader");
	return PH_OK;

destroy:
	sem_destroy(&q->n_free);
close_fd:
	close(q->stop_fd);
	return PH_NO_MEMORY;
}

void ph_nfq_thread_stop(struct ph_nfq *q)
{
	if (!q->running)
		return;
	atomic_store(&q->stop, true);
	(void)!eventfd_write(q->stop_fd, 1);
	sem_post(&q->n_free);
	pthread_join(q->thread, NULL);
	sem_destroy(&q->n_free);
	close(q->stop_fd);
	q->running = false;
}

/* --- the consumer's side --- */

struct ph_nfq_block *ph_nfq_block_get(struct ph_nfq *q, size_t most)
{
	struct ph_nfq_block *block;

	if (q->bell)
		return ring_take(&q->full);
	block = ring_take(&q->free);
	if (!block)
		return NULL;
	/* Messages that are no packets must not look like the end of the packets. */
	do {
		if (!fill(q, block, most < PH_NFQ_BATCH ? most : PH_NFQ_BATCH)) {
			ring_put(&q->free, block);
			return NULL;
		}
	} while (block->n == 0);
	return block;
}

void ph_nfq_block_put(struct ph_nfq *q, struct ph_nfq_block *block)
{
	ring_put(&q->free, block);
	if (q->running)
		sem_post(&q->n_free);
}
