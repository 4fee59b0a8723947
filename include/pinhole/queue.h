/* Packets that a Linux kernel hands over for a verdict (NFQUEUE), and the sending of answers. These functions do I/O; the engine never
 * calls them.
 *
 * One queue: no thread of its own, ph_queues_receive reads its socket. Several: a reader thread each, which parses messages into blocks
 * of its own and passes them on through a ring of one producer and one consumer; all calls below are of one thread, the consumer.
 *
 *   kernel queue N   -> reader -> ring \
 *   kernel queue N+1 -> reader -> ring  > ph_queues_receive -> engine -> ph_queues_verdict -> ph_queues_flush -> kernel */
#ifndef PINHOLE_QUEUE_H
#define PINHOLE_QUEUE_H

#include <pinhole/net.h>

struct ph_queues;

struct ph_queues_config {
	uint16_t first;                 /* number of the first queue, */
	uint16_t n;                     /* and how many from there on; 1 to 64 */
	bool fail_open;                 /* what the kernel cannot queue passes; otherwise it is dropped */
	uint32_t copy_range;            /* bytes of each packet; 0: all (65535) */
	uint32_t queue_len;             /* packets that wait in the kernel, each queue; 0: default */
	uint32_t socket_bytes;          /* of the receive buffer, each queue; 0: default */
};

/* The hooks under the kernel's numbers (NF_INET_*). */
enum ph_queue_hook { PH_QUEUE_PREROUTING = 0, PH_QUEUE_INPUT, PH_QUEUE_FORWARD, PH_QUEUE_OUTPUT, PH_QUEUE_POSTROUTING };

/* A packet that waits. frame: good until the next flush, also of a packet left waiting; an Ethernet header is put before it where the
 * kernel says from which hardware address it came, else it is raw. frame.time_ms is the caller's to set. */
struct ph_queued {
	struct ph_frame frame;
	uint32_t id;                    /* in its queue */
	uint16_t queue;                 /* index, from 0 */
	uint8_t hook;                   /* enum ph_queue_hook */
	bool vouched;                   /* checksums verified by the machine, or not filled in yet */
	bool gso;                       /* several segments in one */
	bool has_owner;
	uint32_t uid, gid;
	uint32_t ifindex_in, ifindex_out;       /* 0: none */
	uint32_t mark;
};

/* NULL: the reason was added to diags (no permission, another program has the queue). */
PH_API struct ph_queues *ph_queues_open(const struct ph_queues_config *config, struct ph_diags *diags);
PH_API void ph_queues_close(struct ph_queues *queues);
/* Starts the readers, if there are several queues; before that nothing is received from them. PH_OK or PH_NO_MEMORY, PH_IO. */
PH_API PH_MUST_CHECK enum ph_status ph_queues_start(struct ph_queues *queues);
/* Readable while packets wait; now and then without one. To be watched level-triggered. */
PH_API int ph_queues_fd(const struct ph_queues *queues);

/* Takes up to n packets that wait, without blocking (of one queue at most 64, of several 256 each). Returns how many. All of the last
 * call must have a verdict, and be flushed, or be left waiting (a fragment that is held), before the next call. */
PH_API size_t ph_queues_receive(struct ph_queues *queues, struct ph_queued *out, size_t n);

/* The verdict on one packet, sent with the next flush at the latest. mark: set on the packet, NULL leaves it. It may be given in any
 * order, also for a packet of an earlier receive that was left waiting. */
PH_API void ph_queues_verdict(struct ph_queues *queues, uint16_t queue, uint32_t id, bool accept, const uint32_t *mark);
/* PH_OK; PH_IO: the kernel refused some (counted). */
PH_API enum ph_status ph_queues_flush(struct ph_queues *queues);

/* Counters since the start, of all queues together. Saturating. */
struct ph_queues_stats {
	uint64_t packets, bytes, cut;           /* received; cut: longer than the copy range */
	uint64_t accepted, dropped;             /* verdicts */
	uint64_t messages;                      /* verdict messages sent, each for one packet or a run */
	uint64_t overruns;                      /* times the socket's buffer was full */
	uint64_t malformed;                     /* messages that could not be read */
	uint64_t refused;                       /* verdicts the kernel did not take */
	uint64_t kernel_dropped, user_dropped;  /* as /proc/net/netfilter/nfnetlink_queue has them: queue full, socket full */
	uint64_t waiting;                       /* in the kernel, now */
};
PH_API void ph_queues_stats(struct ph_queues *queues, struct ph_queues_stats *out);

/* --- answers --- */

struct ph_sender;

/* Raw sockets of both families. NULL: the reason was added to diags. */
PH_API struct ph_sender *ph_sender_open(struct ph_diags *diags);
PH_API void ph_sender_close(struct ph_sender *sender);
/* Sends one IP packet as it is. ifindex: by which it leaves, looked at for IPv6 link-local destinations only, which need one; 0: none.
 * False: the kernel refused. Never blocks. */
PH_API bool ph_sender_send(struct ph_sender *sender, const uint8_t *ip, uint32_t len, uint32_t ifindex);

/* --- time --- */

/* Milliseconds of the clock that never jumps and goes on during suspend, and of the time of day. */
PH_API uint64_t ph_clock_ms(void);
PH_API uint64_t ph_wall_ms(void);
#define PH_WALL_TEXT 40
/* Time of day in UTC, "2026-11-22T20:15:03.123Z". Returns out. */
PH_API const char *ph_wall_format(char out[PH_WALL_TEXT], uint64_t wall_ms);

#endif
