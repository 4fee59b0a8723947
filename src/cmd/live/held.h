/* Fragments that wait in a kernel queue until their datagram is whole. */
#ifndef PH_CMD_LIVE_HELD_H
#define PH_CMD_LIVE_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct held;

/* A packet without a verdict: index of its queue, and its number there. */
struct held_piece {
	uint64_t datagram;
	uint32_t id;
	uint16_t queue;
};

/* Room for max pieces. Never NULL. */
struct held *held_new(size_t max);
void held_free(struct held *held);
/* False: there is no room. */
bool held_add(struct held *held, const struct held_piece *piece);
/* Forgets one piece of a datagram and gives it. False: there is none. */
bool held_take(struct held *held, uint64_t datagram, struct held_piece *out);
/* How many wait. */
size_t held_count(const struct held *held);

#endif
