/* Sending what REJECT answers, no faster than a kernel would, and knowing it again: an answer leaves by the machine's own OUTPUT hook and
 * so comes to the queue, but its rules it has passed already. */
#ifndef PH_CMD_LIVE_ANSWERS_H
#define PH_CMD_LIVE_ANSWERS_H

#include <pinhole/queue.h>

struct answers;

/* Never NULL. */
struct answers *answers_new(void);
void answers_free(struct answers *answers);
/* An IP packet, and where what it answers came in: addresses of one link mean nothing without. */
struct answer {
	const uint8_t *ip;
	uint32_t len, ifindex;
};
/* Sends it. False: there were too many errors in the last second, or the kernel refused. */
bool answers_send(struct answers *answers, struct ph_sender *sender, const struct answer *answer, uint64_t now_ms);
/* Is this packet, about to leave, one that was sent? Then it is forgotten. */
bool answers_know(struct answers *answers, const uint8_t *ip, uint32_t len);

#endif
