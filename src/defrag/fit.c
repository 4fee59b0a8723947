/* The pieces of a queue in order of offset; see fit.h and the picture in store.h. */
#include "defrag/fit.h"

static uint32_t lane_of(uint32_t offset)
{
	return offset >> PH_FRAG_LANE_BITS;
}

/* The last piece of a lane that begins at or before offset, or PH_FRAG_NONE. */
static uint32_t last_in_lane(const struct ph_frag_store *store, const struct ph_frag_queue *queue, uint32_t lane,
                             uint32_t offset)
{
	uint32_t found = PH_FRAG_NONE, at = queue->lanes >> lane & 1 ? queue->lane[lane] : PH_FRAG_NONE;

	while (at != PH_FRAG_NONE && ph_frag_piece_at(store, at)->offset <= offset) {
		found = at;
		at = ph_frag_piece_at(store, at)->next;
	}
	return found;
}

/* The last piece that begins at or before offset, or PH_FRAG_NONE. */
static uint32_t at_or_before(const struct ph_frag_store *store, const struct ph_frag_queue *queue, uint32_t offset)
{
	uint32_t lane = lane_of(offset), lower, found;

	if (queue->tail != PH_FRAG_NONE && ph_frag_piece_at(store, queue->tail)->offset <= offset)
		return queue->tail;     /* in order, as most come */
	found = last_in_lane(store, queue, lane, offset);
	lower = queue->lanes & ((1u << lane) - 1);
	if (found != PH_FRAG_NONE || lower == 0)
		return found;
	return last_in_lane(store, queue, 31u - (uint32_t)__builtin_clz(lower), offset);
}

/* The piece behind another one, or the first of all (at: PH_FRAG_NONE); PH_FRAG_NONE: there is none. */
static uint32_t behind(const struct ph_frag_store *store, const struct ph_frag_queue *queue, uint32_t at)
{
	uint32_t higher = queue->lanes;

	if (at != PH_FRAG_NONE) {
		const struct ph_frag_piece *piece = ph_frag_piece_at(store, at);

		if (piece->next != PH_FRAG_NONE)
			return piece->next;
		higher &= ~1u << lane_of(piece->offset);
	}
	return higher ? queue->lane[__builtin_ctz(higher)] : PH_FRAG_NONE;
}

/* Do the pieces from `at` on cover everything up to end, each one having come right behind the one before? */
static bool covers(const struct ph_frag_store *store, const struct ph_frag_queue *queue, uint32_t at, uint32_t end)
{
	while (ph_frag_piece_at(store, at)->end < end) {
		at = behind(store, queue, at);
		if (at == PH_FRAG_NONE || ph_frag_piece_at(store, at)->starts_run)
			return false;
	}
	return true;
}

enum ph_frag_fit ph_frag_fit(const struct ph_frag_store *store, const struct ph_frag_queue *queue,
                             const struct ph_piece *piece, uint32_t *before)
{
	uint32_t front = at_or_before(store, queue, piece->offset), next;

	if (front != PH_FRAG_NONE && ph_frag_piece_at(store, front)->end > piece->offset)
		return covers(store, queue, front, piece->end) ? PH_FIT_REPEATED : PH_FIT_OVERLAP;
	next = behind(store, queue, front);
	if (next != PH_FRAG_NONE && ph_frag_piece_at(store, next)->offset < piece->end)
		return PH_FIT_OVERLAP;
	*before = front;
	return PH_FIT_FREE;
}

void ph_frag_fit_in(const struct ph_frag_store *store, struct ph_frag_queue *queue, uint32_t added, uint32_t before)
{
	struct ph_frag_piece *piece = ph_frag_piece_at(store, added), *front = NULL;
	uint32_t lane = lane_of(piece->offset);
	bool is_last = before == queue->tail;   /* also of a queue without pieces */

	if (before != PH_FRAG_NONE)
		front = ph_frag_piece_at(store, before);
	piece->starts_run = !is_last || !front || front->end != piece->offset;
	if (front && lane_of(front->offset) == lane) {
		piece->next = front->next;
		front->next = added;
	} else {
		piece->next = queue->lanes >> lane & 1 ? queue->lane[lane] : PH_FRAG_NONE;
		queue->lane[lane] = added;
		queue->lanes |= 1u << lane;
	}
	if (is_last)
		queue->tail = added;
}
