/* Blocks, queues and the bytes in them; see store.h. */
#include "defrag/store.h"

#include <stdlib.h>

/* What follows the first block of a piece. */
struct more {
	uint32_t link;
	uint8_t bytes[PH_FRAG_BLOCK - sizeof(uint32_t)];
};

static struct more *more_at(const struct ph_frag_store *store, uint32_t slot)
{
	return (struct more *)(void *)(store->blocks + (size_t)slot * PH_FRAG_BLOCK);
}

bool ph_frag_store_init(struct ph_frag_store *store, const struct ph_defrag_limits *limits)
{
	uint32_t max = limits->memory / PH_FRAG_BLOCK, buckets = 64;

	while (buckets < max / 2)
		buckets *= 2;
	*store = (struct ph_frag_store){
		.room = max, .max = max, .mask = buckets - 1, .free_head = PH_FRAG_NONE, .oldest = PH_FRAG_NONE, .newest = PH_FRAG_NONE,
		.timeout_ms = (uint64_t)limits->timeout_s * 1000,
	};
	/* Large zeroed areas come straight from the system: pages nobody touches are never made. */
	store->blocks = calloc(max ? max : 1, PH_FRAG_BLOCK);
	store->buckets = calloc(buckets, sizeof(*store->buckets));
	return store->blocks && store->buckets;
}

void ph_frag_store_fini(struct ph_frag_store *store)
{
	free(store->blocks);
	free(store->buckets);
	store->blocks = NULL;
	store->buckets = NULL;
}

void ph_frag_store_limit(struct ph_frag_store *store, const struct ph_defrag_limits *limits, uint64_t now_ms)
{
	uint32_t max = limits->memory / PH_FRAG_BLOCK;
	uint64_t latest;

	store->max = max < store->room ? max : store->room;
	store->timeout_ms = (uint64_t)limits->timeout_s * 1000;
	latest = now_ms + store->timeout_ms;
	/* The oldest is to stay the first to go. */
	for (uint32_t slot = store->oldest; slot != PH_FRAG_NONE; slot = ph_frag_queue_at(store, slot)->newer)
		if (ph_frag_queue_at(store, slot)->expires_ms > latest)
			ph_frag_queue_at(store, slot)->expires_ms = latest;
}

/* How many blocks a piece takes. */
static size_t piece_blocks(const struct ph_piece *piece)
{
	size_t len = piece->end - piece->offset + (piece->offset == 0 ? ph_cur_left(&piece->head) : 0);
	const size_t first = sizeof(((struct ph_frag_piece *)0)->bytes), rest = sizeof(((struct more *)0)->bytes);

	return len <= first ? 1 : 1 + (len - first + rest - 1) / rest;
}

bool ph_frag_store_has_room(const struct ph_frag_store *store, const struct ph_piece *piece, bool new_queue)
{
	return store->max > store->used && store->max - store->used >= piece_blocks(piece) + new_queue;
}

/* One block; there must be one. */
static uint32_t take(struct ph_frag_store *store)
{
	uint32_t slot = store->free_head;

	store->used++;
	if (slot == PH_FRAG_NONE)
		return store->fresh++;
	store->free_head = more_at(store, slot)->link;
	return slot;
}

/* A chain of n blocks. */
static void give(struct ph_frag_store *store, uint32_t first, uint32_t last, uint32_t n)
{
	more_at(store, last)->link = store->free_head;
	store->free_head = first;
	store->used -= n;
}

/* Buckets hold the slot plus one, so that zero is an empty one. */
static void bucket_add(struct ph_frag_store *store, uint32_t slot)
{
	struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);
	uint32_t head = store->buckets[queue->bucket];

	queue->bucket_prev = PH_FRAG_NONE;
	queue->bucket_next = head ? head - 1 : PH_FRAG_NONE;
	if (head)
		ph_frag_queue_at(store, head - 1)->bucket_prev = slot;
	store->buckets[queue->bucket] = slot + 1;
}

static void bucket_remove(struct ph_frag_store *store, const struct ph_frag_queue *queue)
{
	uint32_t next = queue->bucket_next;

	if (queue->bucket_prev == PH_FRAG_NONE)
		store->buckets[queue->bucket] = next == PH_FRAG_NONE ? 0 : next + 1;
	else
		ph_frag_queue_at(store, queue->bucket_prev)->bucket_next = next;
	if (next != PH_FRAG_NONE)
		ph_frag_queue_at(store, next)->bucket_prev = queue->bucket_prev;
}

static void age_add(struct ph_frag_store *store, uint32_t slot, uint64_t now_ms)
{
	struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);

	queue->expires_ms = now_ms + store->timeout_ms;
	queue->newer = PH_FRAG_NONE;
	queue->older = store->newest;
	if (store->newest == PH_FRAG_NONE)
		store->oldest = slot;
	else
		ph_frag_queue_at(store, store->newest)->newer = slot;
	store->newest = slot;
}

static void age_remove(struct ph_frag_store *store, const struct ph_frag_queue *queue)
{
	if (queue->older == PH_FRAG_NONE)
		store->oldest = queue->newer;
	else
		ph_frag_queue_at(store, queue->older)->newer = queue->newer;
	if (queue->newer == PH_FRAG_NONE)
		store->newest = queue->older;
	else
		ph_frag_queue_at(store, queue->newer)->older = queue->older;
}

uint32_t ph_frag_store_find(const struct ph_frag_store *store, const struct ph_frag_key *key, uint64_t hash)
{
	uint32_t head = store->buckets[hash & store->mask], slot = head ? head - 1 : PH_FRAG_NONE;

	while (slot != PH_FRAG_NONE) {
		const struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);

		if (memcmp(&queue->key, key, sizeof(*key)) == 0)
			break;
		slot = queue->bucket_next;
	}
	return slot;
}

uint32_t ph_frag_store_open(struct ph_frag_store *store, const struct ph_frag_key *key, uint64_t hash, uint64_t now_ms)
{
	uint32_t slot = take(store);
	struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);

	*queue = (struct ph_frag_queue){
		.link = PH_FRAG_NONE, .last = slot, .key = *key, .bucket = (uint32_t)hash & store->mask, .n_blocks = 1,
		.first = PH_FRAG_NONE, .tail = PH_FRAG_NONE, .source = PH_FRAG_NONE,
	};
	bucket_add(store, slot);
	age_add(store, slot, now_ms);
	store->n_queues++;
	return slot;
}

void ph_frag_store_close(struct ph_frag_store *store, uint32_t slot)
{
	const struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);

	bucket_remove(store, queue);
	age_remove(store, queue);
	store->n_queues--;
	give(store, slot, queue->last, queue->n_blocks);
}

void ph_frag_store_restart(struct ph_frag_store *store, uint32_t slot, uint64_t now_ms)
{
	struct ph_frag_queue *queue = ph_frag_queue_at(store, slot), fresh = *queue;

	if (queue->n_blocks > 1)
		give(store, queue->link, queue->last, queue->n_blocks - 1);
	age_remove(store, queue);
	*queue = (struct ph_frag_queue){
		.link = PH_FRAG_NONE, .last = slot, .key = fresh.key, .n_blocks = 1, .bucket = fresh.bucket,
		.bucket_next = fresh.bucket_next, .bucket_prev = fresh.bucket_prev, .first = PH_FRAG_NONE,
		.tail = PH_FRAG_NONE, .source = fresh.source, .source_count = fresh.source_count,
	};
	age_add(store, slot, now_ms);
}

/* One more block at the end of the queue's chain. */
static uint32_t extend(struct ph_frag_store *store, uint32_t slot)
{
	struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);
	uint32_t block = take(store);

	more_at(store, queue->last)->link = block;
	more_at(store, block)->link = PH_FRAG_NONE;
	queue->last = block;
	queue->n_blocks++;
	return block;
}

/* Where bytes go to or come from within a chain of blocks. */
struct spot {
	uint32_t block;
	uint8_t *at;
	size_t left;
};

static struct spot piece_spot(const struct ph_frag_store *store, uint32_t slot)
{
	struct ph_frag_piece *piece = ph_frag_piece_at(store, slot);

	return (struct spot){ slot, piece->bytes, sizeof(piece->bytes) };
}

static struct spot more_spot(const struct ph_frag_store *store, uint32_t slot)
{
	struct more *more = more_at(store, slot);

	return (struct spot){ slot, more->bytes, sizeof(more->bytes) };
}

static void put_bytes(struct ph_frag_store *store, uint32_t slot, struct spot *spot, struct ph_cur c)
{
	while (ph_cur_left(&c) > 0) {
		size_t n;

		if (spot->left == 0)
			*spot = more_spot(store, extend(store, slot));
		n = ph_cur_left(&c) < spot->left ? ph_cur_left(&c) : spot->left;
		memcpy(spot->at, c.at, n);
		c.at += n;
		spot->at += n;
		spot->left -= n;
	}
}

static void get_bytes(const struct ph_frag_store *store, struct spot *spot, uint8_t *out, size_t len)
{
	while (len > 0) {
		size_t n;

		if (spot->left == 0)
			*spot = more_spot(store, more_at(store, spot->block)->link);
		n = len < spot->left ? len : spot->left;
		memcpy(out, spot->at, n);
		out += n;
		len -= n;
		spot->at += n;
		spot->left -= n;
	}
}

uint32_t ph_frag_store_add(struct ph_frag_store *store, uint32_t slot, const struct ph_piece *from)
{
	uint32_t made = extend(store, slot);
	struct ph_frag_piece *piece = ph_frag_piece_at(store, made);
	struct spot spot = piece_spot(store, made);

	*piece = (struct ph_frag_piece){ .link = PH_FRAG_NONE, .next = PH_FRAG_NONE, .offset = from->offset, .end = from->end };
	if (from->offset == 0) {
		piece->head_len = (uint16_t)ph_cur_left(&from->head);
		put_bytes(store, slot, &spot, from->head);
	}
	put_bytes(store, slot, &spot, ph_cur_of(from->data.at, from->end - from->offset));
	return made;
}

void ph_frag_store_read(const struct ph_frag_store *store, uint32_t slot, uint8_t *out)
{
	const struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);
	uint8_t *data = out + ph_frag_piece_at(store, queue->first)->head_len;
	uint32_t block = queue->link;

	while (block != PH_FRAG_NONE) {
		const struct ph_frag_piece *piece = ph_frag_piece_at(store, block);
		struct spot spot = piece_spot(store, block);

		get_bytes(store, &spot, out, piece->head_len);
		get_bytes(store, &spot, data + piece->offset, piece->end - piece->offset);
		block = more_at(store, spot.block)->link;
	}
}
