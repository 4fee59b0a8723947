/* Fragments that wait. A place in an array for each, chained by hash of the datagram's number, which only counts up. */
#include "cmd/live/held.h"

#include "cmd/cmd.h"

#include <stdlib.h>

#define BUCKETS 1024            /* a power of two */
#define NONE 0                  /* places count from 1 */

struct place {
	struct held_piece piece;
	uint32_t next;
};

struct held {
	uint32_t bucket[BUCKETS];
	uint32_t spare;
	size_t n;
	struct place place[];
};

struct held *held_new(size_t max)
{
	struct held *held = cmd_alloc(1, sizeof(*held) + (max + 1) * sizeof(held->place[0]));

	for (size_t i = 1; i < max; i++)
		held->place[i].next = (uint32_t)i + 1;
	held->spare = max ? 1 : NONE;
	return held;
}

void held_free(struct held *held)
{
	free(held);
}

bool held_add(struct held *held, const struct held_piece *piece)
{
	uint32_t *bucket = &held->bucket[piece->datagram % BUCKETS], at = held->spare;

	if (at == NONE)
		return false;
	held->spare = held->place[at].next;
	held->place[at] = (struct place){ .piece = *piece, .next = *bucket };
	*bucket = at;
	held->n++;
	return true;
}

bool held_take(struct held *held, uint64_t datagram, struct held_piece *out)
{
	uint32_t *link = &held->bucket[datagram % BUCKETS], at;

	while (*link != NONE && held->place[*link].piece.datagram != datagram)
		link = &held->place[*link].next;
	at = *link;
	if (at == NONE)
		return false;
	*out = held->place[at].piece;
	*link = held->place[at].next;
	held->place[at].next = held->spare;
	held->spare = at;
	held->n--;
	return true;
}

size_t held_count(const struct held *held)
{
	return held->n;
}
