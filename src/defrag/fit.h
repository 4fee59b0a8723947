/* Where a piece fits between those that wait already. */
#ifndef PH_DEFRAG_FIT_H
#define PH_DEFRAG_FIT_H

#include "defrag/store.h"

enum ph_frag_fit {
	PH_FIT_OVERLAP = 0,     /* covers a part of another */
	PH_FIT_REPEATED,        /* all its bytes are there, in pieces that came one right after the other in order; the bytes
	                         * are not compared: the first to come counts */
	PH_FIT_FREE,
};

/* Looks for the place; *before: the piece in front of it or PH_FRAG_NONE, set with PH_FIT_FREE. */
PH_MUST_CHECK enum ph_frag_fit ph_frag_fit(const struct ph_frag_store *store, const struct ph_frag_queue *queue,
                                           const struct ph_piece *piece, uint32_t *before);
/* Puts a stored piece into the order. */
void ph_frag_fit_in(const struct ph_frag_store *store, struct ph_frag_queue *queue, uint32_t added, uint32_t before);

#endif
