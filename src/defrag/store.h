/* Waiting fragments of one family, in blocks of one size from a store that never grows.
 *
 *   queue --link--> piece --link--> more --link--> more --link--> piece --link--> more      all blocks of a datagram, in
 *     |                                                              ^                      order of arrival: given back
 *     +-- last -------------------------------------------------> (end)                     in one go, read in one go
 *     |
 *     +-- lane[0..31] --> piece --next--> piece          in order of offset; a lane is 2048 bytes of the datagram, so
 *                                                        that no place is searched for in more than 2 x 256 steps
 *
 * Queues lie in a table under the keyed hash of what their fragments have in common, and in a list by age: they all have
 * the same time to live, so that the oldest is the first to go. */
#ifndef PH_DEFRAG_STORE_H
#define PH_DEFRAG_STORE_H

#include "defrag/piece.h"

#define PH_FRAG_NONE 0xffffffffu
#define PH_FRAG_BLOCK 256u
#define PH_FRAG_LANES 32u
#define PH_FRAG_LANE_BITS 11u           /* offsets are below 65536 */

/* A datagram to be. */
struct ph_frag_queue {
	uint32_t link, last, n_blocks;
	struct ph_frag_key key;
	uint64_t expires_ms;
	uint64_t number;                /* of the datagram */
	uint32_t older, newer;
	uint32_t bucket, bucket_next, bucket_prev;
	uint32_t first, tail;           /* pieces: of offset 0, of the highest offset */
	uint32_t len;                   /* of the datagram, as far as known: the highest end */
	uint32_t bytes;                 /* that are here */
	uint32_t source;                /* IPv4: whose it is */
	union {
		uint32_t source_count;  /* IPv4: what the source's counter was */
		struct {                /* IPv6, of the first piece: the header behind the fragment header, where its number belongs */
			uint16_t at;
			uint8_t proto;
		} next;
	};
	uint32_t lanes;                 /* set of those that hold a piece */
	uint32_t lane[PH_FRAG_LANES];
	uint16_t n_pieces;
	uint16_t longest, longest_df;   /* IPv4: the longest fragment; of those not to be cut again */
	uint8_t ecn;                    /* set of the ECN fields seen: bit 1 << field */
	bool has_last;
};
_Static_assert(sizeof(struct ph_frag_queue) <= PH_FRAG_BLOCK, "a queue is a block");

/* A fragment. Its bytes, the headers first if its offset is 0, go on in the blocks that follow. */
struct ph_frag_piece {
	uint32_t link, next;
	uint32_t offset, end;
	uint16_t head_len;
	bool starts_run;                /* did not come right behind the piece in front of it */
	uint8_t bytes[PH_FRAG_BLOCK - 19];      /* up to the end of the block */
};
_Static_assert(sizeof(struct ph_frag_piece) == PH_FRAG_BLOCK, "a piece begins a block");

struct ph_frag_store {
	uint8_t *blocks;
	uint32_t *buckets;
	uint32_t room, max;                     /* blocks: there are, may be taken */
	uint32_t used, fresh, free_head;        /* taken, never taken from here on, chain of free ones */
	uint32_t mask;                          /* of buckets */
	uint32_t oldest, newest;                /* queues */
	uint32_t n_queues;
	uint64_t timeout_ms;
};

/* False without memory. */
PH_MUST_CHECK bool ph_frag_store_init(struct ph_frag_store *store, const struct ph_defrag_limits *limits);
void ph_frag_store_fini(struct ph_frag_store *store);

/* Other limits: as many blocks as there are at most; what waits goes no later than the new time allows. */
void ph_frag_store_limit(struct ph_frag_store *store, const struct ph_defrag_limits *limits, uint64_t now_ms);

/* Is there room for a piece, and for a queue if new_queue? */
PH_MUST_CHECK bool ph_frag_store_has_room(const struct ph_frag_store *store, const struct ph_piece *piece, bool new_queue);

/* The queue with this key, or PH_FRAG_NONE. */
uint32_t ph_frag_store_find(const struct ph_frag_store *store, const struct ph_frag_key *key, uint64_t hash);
/* A new one, without pieces; there must be room. */
uint32_t ph_frag_store_open(struct ph_frag_store *store, const struct ph_frag_key *key, uint64_t hash, uint64_t now_ms);
/* Gives it back with its pieces. */
void ph_frag_store_close(struct ph_frag_store *store, uint32_t slot);
/* Gives its pieces back; it begins anew. */
void ph_frag_store_restart(struct ph_frag_store *store, uint32_t slot, uint64_t now_ms);

/* Copies a piece into the queue; there must be room, and it must fit between the others. Which piece it became. */
uint32_t ph_frag_store_add(struct ph_frag_store *store, uint32_t slot, const struct ph_piece *piece);
/* Copies all pieces to their places: headers of the first to out, data behind them. */
void ph_frag_store_read(const struct ph_frag_store *store, uint32_t slot, uint8_t *out);

static inline struct ph_frag_queue *ph_frag_queue_at(const struct ph_frag_store *store, uint32_t slot)
{
	return (struct ph_frag_queue *)(void *)(store->blocks + (size_t)slot * PH_FRAG_BLOCK);
}

static inline struct ph_frag_piece *ph_frag_piece_at(const struct ph_frag_store *store, uint32_t slot)
{
	return (struct ph_frag_piece *)(void *)(store->blocks + (size_t)slot * PH_FRAG_BLOCK);
}

#endif
