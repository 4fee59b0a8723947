/* Longest prefix match; see lpm.h. */
#include "route/lpm.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROWS 16u
#define MAX_ROWS (1u << 28)

void ph_lpm_fini(struct ph_lpm *lpm)
{
	free(lpm->row);
	free(lpm->slot);
	*lpm = (struct ph_lpm){ 0 };
}

void ph_addr_cut(struct ph_addr *addr, unsigned len)
{
	unsigned byte = len / 8;

	if (byte >= sizeof(addr->b))
		return;
	addr->b[byte] &= (uint8_t)(0xff00u >> (len % 8));
	memset(addr->b + byte + 1, 0, sizeof(addr->b) - byte - 1);
}

/* Prefixes come from the administrator: the hash only has to spread them, nobody chooses them against us. */
static uint32_t hash(const struct ph_addr *prefix, unsigned len)
{
	uint64_t half[2];
	uint64_t h;

	memcpy(half, prefix->b, sizeof(half));
	h = (half[0] ^ (uint64_t)len * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 32 ^ half[1]) * 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(h >> 32 ^ h);
}

/* The slot where a prefix is, or the free one where it belongs. There always is a free one. */
static uint32_t *slot_of(const struct ph_lpm *lpm, const struct ph_addr *prefix, unsigned len)
{
	uint32_t mask = lpm->n_slots - 1;

	for (uint32_t at = hash(prefix, len) & mask;; at = (at + 1) & mask) {
		uint32_t *slot = &lpm->slot[at];
		const struct ph_lpm_row *row;

		if (*slot == 0)
			return slot;
		row = &lpm->row[*slot - 1];
		if (row->len == len && memcmp(&row->prefix, prefix, sizeof(*prefix)) == 0)
			return slot;
	}
}

static bool grow_slots(struct ph_lpm *lpm, uint32_t n_slots)
{
	struct ph_lpm bigger = *lpm;

	bigger.slot = calloc(n_slots, sizeof(*bigger.slot));
	bigger.n_slots = n_slots;
	if (!bigger.slot)
		return false;
	for (uint32_t i = 0; i < lpm->n_slots; i++) {
		const struct ph_lpm_row *row;

		if (lpm->slot[i] == 0)
			continue;
		row = &lpm->row[lpm->slot[i] - 1];
		*slot_of(&bigger, &row->prefix, row->len) = lpm->slot[i];
	}
	free(lpm->slot);
	*lpm = bigger;
	return true;
}

/* Room for one more row and its slot. */
static enum ph_status reserve(struct ph_lpm *lpm)
{
	uint32_t room = lpm->room ? lpm->room * 2 : FIRST_ROWS;
	uint32_t n_slots = lpm->n_slots ? lpm->n_slots : FIRST_ROWS * 2;
	struct ph_lpm_row *row;

	if (lpm->n_rows < lpm->room)
		return PH_OK;
	if (room > MAX_ROWS)
		return PH_FULL;
	while (n_slots < room * 2)
		n_slots *= 2;
	if (n_slots != lpm->n_slots && !grow_slots(lpm, n_slots))
		return PH_NO_MEMORY;
	row = realloc(lpm->row, room * sizeof(*row));
	if (!row)
		return PH_NO_MEMORY;
	lpm->row = row;
	lpm->room = room;
	return PH_OK;
}

/* Keeps the lengths sorted, longest first, each once. */
static void note_len(struct ph_lpm *lpm, uint8_t len)
{
	uint8_t at = 0;

	while (at < lpm->n_lens && lpm->lens[at] > len)
		at++;
	if (at < lpm->n_lens && lpm->lens[at] == len)
		return;
	memmove(&lpm->lens[at + 1], &lpm->lens[at], (size_t)(lpm->n_lens - at));
	lpm->lens[at] = len;
	lpm->n_lens++;
}

enum ph_status ph_lpm_add(struct ph_lpm *lpm, const struct ph_lpm_row *row, bool same_metric)
{
	enum ph_status status = reserve(lpm);
	struct ph_lpm_row *added;
	uint32_t *link;

	if (status != PH_OK)
		return status;
	link = slot_of(lpm, &row->prefix, row->len);
	while (*link != 0 && lpm->row[*link - 1].metric <= row->metric) {
		if (!same_metric && lpm->row[*link - 1].metric == row->metric)
			return PH_EXISTS;
		link = &lpm->row[*link - 1].next;
	}
	added = &lpm->row[lpm->n_rows];
	*added = *row;
	added->next = *link;
	*link = ++lpm->n_rows;
	note_len(lpm, row->len);
	return PH_OK;
}

const struct ph_lpm_row *ph_lpm_exact(const struct ph_lpm *lpm, const struct ph_addr *prefix, unsigned len)
{
	uint32_t at;

	if (lpm->n_slots == 0)
		return NULL;
	at = *slot_of(lpm, prefix, len);
	return at ? &lpm->row[at - 1] : NULL;
}

const struct ph_lpm_row *ph_lpm_next(const struct ph_lpm *lpm, const struct ph_lpm_row *row)
{
	return row->next ? &lpm->row[row->next - 1] : NULL;
}

const struct ph_lpm_row *ph_lpm_find_within(const struct ph_lpm *lpm, const struct ph_addr *addr, int max_len)
{
	struct ph_addr prefix = *addr;

	for (unsigned i = 0; i < lpm->n_lens; i++) {
		const struct ph_lpm_row *row;

		if (lpm->lens[i] > max_len)
			continue;
		ph_addr_cut(&prefix, lpm->lens[i]);
		row = ph_lpm_exact(lpm, &prefix, lpm->lens[i]);
		if (row)
			return row;
	}
	return NULL;
}

const struct ph_lpm_row *ph_lpm_find(const struct ph_lpm *lpm, const struct ph_addr *addr)
{
	return ph_lpm_find_within(lpm, addr, 128);
}
