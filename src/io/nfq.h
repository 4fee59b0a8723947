/* The inside of ph_queues: one queue, its socket, its reader and its verdicts. See <pinhole/queue.h>.
 *
 *   nfq_open.c     socket, binding, what the kernel says of it
 *   nfq_message.c  one message of the kernel to one packet; pure, any thread
 *   nfq_read.c     blocks of messages, filled by the caller (one queue) or by a thread of the queue (several)
 *   nfq_verdict.c  verdicts to messages
 *   queue.c        the public face
 *
 * A block is in one place at a time: free -> being filled by the reader -> full -> handed out -> (flush) -> free. Only the two rings
 * between reader and consumer, and what is marked atomic, are touched by both. */
#ifndef PH_IO_NFQ_H
#define PH_IO_NFQ_H

#include <pinhole/queue.h>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>

/* --- one message --- */

enum ph_nfq_kind {
	PH_NFQ_BAD = 0,         /* cannot be read */
	PH_NFQ_UNREAD,          /* a packet that cannot be read; its id is known */
	PH_NFQ_PACKET,
	PH_NFQ_REFUSED,         /* the kernel did not take a verdict */
	PH_NFQ_NOTHING,         /* an acknowledgement and the like */
};

/* Reads a datagram of the queue of that number: len bytes, which the packet's Ethernet header may be written into. out: all of it for
 * PACKET (the frame lies in the message), id alone for UNREAD. */
enum ph_nfq_kind ph_nfq_parse(uint8_t *message, size_t len, uint16_t number, struct ph_queued *out);

/* --- blocks --- */

#define PH_NFQ_BATCH 64         /* messages of a block */
#define PH_NFQ_BLOCKS 4         /* of a queue with a thread; a power of two */
/* A slot holds the largest message: an attribute of 64 KiB and the others. The odd end keeps the beginnings of slots, the only part of
 * them that small packets touch, from sharing a set of the processor's cache. */
#define PH_NFQ_SLOT (65536 + 4096 + 320)

struct ph_nfq_block {
	uint8_t *slots;                         /* mapped; owned */
	size_t n, next;                         /* packets in it, handed out */
	struct ph_queued packet[PH_NFQ_BATCH];
	struct mmsghdr header[PH_NFQ_BATCH];
	struct iovec piece[PH_NFQ_BATCH];
	struct sockaddr_nl from[PH_NFQ_BATCH];
};

/* One producer, one consumer; never full, as there are no more blocks than places. */
struct ph_nfq_ring {
	struct ph_nfq_block *slot[PH_NFQ_BLOCKS];
	_Atomic uint32_t head, tail;            /* taken, put */
};

/* Written by the reader only. Saturating. */
struct ph_nfq_counts {
	_Atomic uint64_t packets, bytes, cut, overruns, malformed, refused;
};

/* How readers tell the consumer: one for all queues. signalled: fd was written since the consumer last found nothing. */
struct ph_nfq_bell {
	int fd;
	atomic_bool signalled;
};

/* --- verdicts --- */

#define PH_NFQ_ROUND 256        /* packets of one queue in one receive, at most */
#define PH_NFQ_OUT 16384        /* bytes of verdict messages in one system call, at most */

/* A packet handed out by the last receive, and what was said of it. */
struct ph_nfq_given {
	uint32_t id, mark;
	bool judged, accept, has_mark;
};

/* A packet of an earlier receive that was left waiting. gone: has its verdict by now. */
struct ph_nfq_waiting {
	uint32_t id;
	bool gone;
};

struct ph_nfq_verdicts {
	struct ph_nfq_given *round;             /* owned; in order of id */
	size_t n_round, at;                     /* at: where the next verdict is expected */
	struct ph_nfq_waiting *waiting;         /* owned; in order of id, from first to end */
	size_t first, end, size;
	size_t n_waiting;                       /* without the gone */
	uint8_t *out;                           /* owned; PH_NFQ_OUT bytes */
	size_t out_len, n_out;                  /* bytes, verdicts in them */
	bool failed;                            /* since the last flush */
	uint64_t accepted, dropped, messages, lost;
};

struct ph_nfq {
	struct mnl_socket *socket;              /* owned */
	int fd;                                 /* the socket's */
	uint16_t number;
	/* A packet may wait that nobody knows of: no message may speak for a run of packets any more. */
	atomic_bool blind;
	struct ph_nfq_counts counts;
	struct ph_nfq_verdicts verdicts;
	struct ph_nfq_block *block;             /* owned; n_blocks */
	size_t n_blocks;
	struct ph_nfq_ring free, full;
	/* Of the consumer: the block being handed out, and those that are until the flush. */
	struct ph_nfq_block *open, *done[PH_NFQ_BLOCKS];
	size_t n_done;
	/* Of a queue with a thread. */
	struct ph_nfq_bell *bell;               /* guest; outlives the thread */
	pthread_t thread;
	bool running;
	atomic_bool stop;
	int stop_fd;
	sem_t n_free;
};

/* nfq_open.c. False after a complaint in diags; what was made is for ph_nfq_fini in either case. */
PH_MUST_CHECK bool ph_nfq_bind(struct ph_nfq *q, const struct ph_queues_config *config, int table_fd, struct ph_diags *diags);
void ph_nfq_unbind(struct ph_nfq *q);
/* The kernel's list of queues, or -1: nothing will be known from it. */
int ph_nfq_table_open(void);

struct ph_nfq_row {
	uint32_t port, waiting, kernel_dropped, user_dropped;
};
/* False: there is no such queue. */
PH_MUST_CHECK bool ph_nfq_table_find(int table_fd, uint16_t number, struct ph_nfq_row *out);

/* nfq_read.c. blocks: how many. */
PH_MUST_CHECK bool ph_nfq_blocks_new(struct ph_nfq *q, size_t blocks);
void ph_nfq_blocks_free(struct ph_nfq *q);
PH_MUST_CHECK enum ph_status ph_nfq_thread_start(struct ph_nfq *q);
void ph_nfq_thread_stop(struct ph_nfq *q);
/* A block of at least one and, without a thread, at most `most` packets; NULL: none wait. */
struct ph_nfq_block *ph_nfq_block_get(struct ph_nfq *q, size_t most);
/* Back to the reader. */
void ph_nfq_block_put(struct ph_nfq *q, struct ph_nfq_block *block);
/* Makes bell->fd readable. */
void ph_nfq_ring_bell(struct ph_nfq_bell *bell);

/* nfq_verdict.c. queue_len: as many may be left waiting. */
PH_MUST_CHECK bool ph_nfq_verdicts_new(struct ph_nfq_verdicts *v, uint32_t queue_len);
void ph_nfq_verdicts_free(struct ph_nfq_verdicts *v);
/* A packet was handed out; at most PH_NFQ_ROUND between two flushes. */
void ph_nfq_handed(struct ph_nfq_verdicts *v, uint32_t id);
void ph_nfq_verdict(struct ph_nfq *q, uint32_t id, bool accept, const uint32_t *mark);
enum ph_status ph_nfq_flush(struct ph_nfq *q);
/* Of a packet that nobody was shown; sent at once. Any thread. */
void ph_nfq_discard(struct ph_nfq *q, uint32_t id);

#endif
