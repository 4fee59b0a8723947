/* Longest prefix match; see lpm.h. */
#include "route/lpm.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROWS 16u
#define FIRST_SLOTS 32u
#define MAX_ROWS (1u << 28)
#define MAX_LEVELS 8
#define MAX_PROBES 4

/* Where prefixes are noted: each at the longest of these that is no longer than itself. Steps are at most 32, the bits of
 * a filter word; short where real tables have most of their prefixes. */
static const struct {
	uint8_t n;
	uint8_t bits[MAX_LEVELS];
} levels[] = {
	{ 4, { 0, 8, 16, 20 } },
	{ 8, { 0, 16, 24, 32, 40, 48, 65, 97 } },
};

/* An address as two numbers, for masks. */
struct key {
	uint64_t hi, lo;
};

static uint32_t word_at(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static struct key key_of(const struct ph_lpm *lpm, const struct ph_addr *addr)
{
	if (lpm->family == PH_IPV4)
		return (struct key){ .hi = (uint64_t)word_at(addr->b) << 32 };
	return (struct key){
		.hi = (uint64_t)word_at(addr->b) << 32 | word_at(addr->b + 4),
		.lo = (uint64_t)word_at(addr->b + 8) << 32 | word_at(addr->b + 12),
	};
}

static struct key key_of_row(const struct ph_lpm *lpm, const struct ph_lpm_row *row)
{
	if (lpm->family == PH_IPV4)
		return (struct key){ .hi = (uint64_t)row->prefix[0] << 32 };
	return (struct key){
		.hi = (uint64_t)row->prefix[0] << 32 | row->prefix[1], .lo = (uint64_t)row->prefix[2] << 32 | row->prefix[3],
	};
}

static struct key cut(struct key key, unsigned len)
{
	if (len == 0)
		return (struct key){ 0 };
	if (len <= 64)
		return (struct key){ .hi = key.hi & UINT64_MAX << (64 - len) };
	key.lo &= UINT64_MAX << (128 - len);
	return key;
}

/* Prefixes come from the administrator: the hash only has to spread them, nobody chooses them against us. */
static uint64_t hash(struct key key, unsigned len)
{
	uint64_t h = (key.hi ^ (uint64_t)len * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;

	h = (h ^ h >> 32 ^ key.lo) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 32;
}

void ph_lpm_init(struct ph_lpm *lpm, uint8_t family)
{
	*lpm = (struct ph_lpm){ .family = family };
	lpm->row_size = (uint8_t)(sizeof(struct ph_lpm_row) + (family == PH_IPV6 ? 16 : 4));
}

void ph_lpm_fini(struct ph_lpm *lpm)
{
	free(lpm->row);
	free(lpm->slot);
	free(lpm->filter);
	ph_lpm_init(lpm, lpm->family);
}

enum ph_status ph_lpm_trim(struct ph_lpm *lpm)
{
	uint8_t *row;

	if (lpm->n_rows == 0)
		return PH_OK;
	row = realloc(lpm->row, (size_t)lpm->n_rows * lpm->row_size);
	if (!row)
		return PH_NO_MEMORY;
	lpm->row = row;
	lpm->room = lpm->n_rows;
	return PH_OK;
}

void ph_addr_cut(struct ph_addr *addr, unsigned len)
{
	unsigned byte = len / 8;

	if (byte >= sizeof(addr->b))
		return;
	addr->b[byte] &= (uint8_t)(0xff00u >> (len % 8));
	memset(addr->b + byte + 1, 0, sizeof(addr->b) - byte - 1);
}

static struct ph_lpm_row *row_at(const struct ph_lpm *lpm, uint32_t index)
{
	return (struct ph_lpm_row *)(void *)(lpm->row + (size_t)index * lpm->row_size);
}

static bool is_prefix(const struct ph_lpm *lpm, const struct ph_lpm_row *row, struct key prefix, unsigned len)
{
	struct key have = key_of_row(lpm, row);

	return row->len == len && have.hi == prefix.hi && have.lo == prefix.lo;
}

/* The slot where a prefix is, or the free one where it belongs. There always is a free one. */
static struct ph_lpm_slot *slot_at(const struct ph_lpm *lpm, uint64_t h, struct key prefix, unsigned len)
{
	uint32_t mask = lpm->n_slots - 1, tag = (uint32_t)(h >> 32);

	for (uint32_t at = (uint32_t)h & mask;; at = (at + 1) & mask) {
		struct ph_lpm_slot *slot = &lpm->slot[at];

		if (slot->row == 0 || (slot->tag == tag && is_prefix(lpm, row_at(lpm, slot->row - 1), prefix, len)))
			return slot;
	}
}

static struct ph_lpm_slot *slot_of(const struct ph_lpm *lpm, struct key prefix, unsigned len)
{
	return slot_at(lpm, hash(prefix, len), prefix, len);
}

static uint32_t *filter_of(const struct ph_lpm *lpm, struct key key, unsigned bits)
{
	return &lpm->filter[(uint32_t)hash(cut(key, bits), bits) & (lpm->n_slots / 2 - 1)];
}

static void note(struct ph_lpm *lpm, struct key prefix, unsigned len)
{
	const uint8_t *bits = levels[lpm->family == PH_IPV6].bits;
	unsigned level = levels[lpm->family == PH_IPV6].n - 1u;

	while (bits[level] > len)
		level--;
	*filter_of(lpm, prefix, bits[level]) |= 1u << (len - bits[level]);
	lpm->levels |= (uint8_t)(1u << level);
}

static bool grow_slots(struct ph_lpm *lpm, uint32_t n_slots)
{
	struct ph_lpm bigger = *lpm;

	bigger.n_slots = n_slots;
	bigger.slot = calloc(n_slots, sizeof(*bigger.slot));
	bigger.filter = calloc(n_slots / 2, sizeof(*bigger.filter));
	if (!bigger.slot || !bigger.filter) {
		free(bigger.slot);
		free(bigger.filter);
		return false;
	}
	for (uint32_t i = 0; i < lpm->n_slots; i++) {
		const struct ph_lpm_row *row;
		struct key prefix;

		if (lpm->slot[i].row == 0)
			continue;
		row = row_at(lpm, lpm->slot[i].row - 1);
		prefix = key_of_row(lpm, row);
		*slot_of(&bigger, prefix, row->len) = lpm->slot[i];
		note(&bigger, prefix, row->len);
	}
	free(lpm->slot);
	free(lpm->filter);
	*lpm = bigger;
	return true;
}

/* Room for one more row and its slot. */
static enum ph_status reserve(struct ph_lpm *lpm)
{
	uint32_t room = lpm->room < FIRST_ROWS ? FIRST_ROWS : lpm->room + lpm->room / 2;
	uint8_t *row;

	if (lpm->n_rows >= lpm->n_slots / 4 * 3 && !grow_slots(lpm, lpm->n_slots ? lpm->n_slots * 2 : FIRST_SLOTS))
		return PH_NO_MEMORY;
	if (lpm->n_rows < lpm->room)
		return PH_OK;
	if (room > MAX_ROWS)
		return PH_FULL;
	row = realloc(lpm->row, (size_t)room * lpm->row_size);
	if (!row)
		return PH_NO_MEMORY;
	lpm->row = row;
	lpm->room = room;
	return PH_OK;
}

static void set_prefix(const struct ph_lpm *lpm, struct ph_lpm_row *row, struct key prefix)
{
	row->prefix[0] = (uint32_t)(prefix.hi >> 32);
	if (lpm->family == PH_IPV4)
		return;
	row->prefix[1] = (uint32_t)prefix.hi;
	row->prefix[2] = (uint32_t)(prefix.lo >> 32);
	row->prefix[3] = (uint32_t)prefix.lo;
}

/* Below 0: a comes before b; 0: they stand side by side. */
static int order(const struct ph_lpm_row *a, const struct ph_lpm_row *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->metric == b->metric ? 0 : a->metric < b->metric ? -1 : 1;
}

/* The link of the newest row, if one of that prefix belongs behind it; else NULL. */
static uint32_t *link_of_newest(const struct ph_lpm *lpm, struct key prefix, const struct ph_lpm_row *row)
{
	struct ph_lpm_row *newest = lpm->n_rows > 0 ? row_at(lpm, lpm->n_rows - 1) : NULL;

	if (!newest || !is_prefix(lpm, newest, prefix, row->len) || order(newest, row) > 0)
		return NULL;
	return newest->next == 0 || order(row_at(lpm, newest->next - 1), row) > 0 ? &newest->next : NULL;
}

enum ph_status ph_lpm_add(struct ph_lpm *lpm, const struct ph_addr *prefix, const struct ph_lpm_row *row, bool same_metric)
{
	struct key key = cut(key_of(lpm, prefix), row->len);
	enum ph_status status = reserve(lpm);
	struct ph_lpm_slot *slot;
	struct ph_lpm_row *added;
	uint32_t *link;

	if (status != PH_OK)
		return status;
	slot = slot_of(lpm, key, row->len);
	link = same_metric ? link_of_newest(lpm, key, row) : NULL;
	if (!link)
		link = &slot->row;
	while (*link != 0 && order(row_at(lpm, *link - 1), row) <= 0) {
		if (!same_metric && order(row_at(lpm, *link - 1), row) == 0)
			return PH_EXISTS;
		link = &row_at(lpm, *link - 1)->next;
	}
	added = row_at(lpm, lpm->n_rows);
	*added = *row;
	set_prefix(lpm, added, key);
	added->next = *link;
	*link = ++lpm->n_rows;
	slot->tag = (uint32_t)(hash(key, row->len) >> 32);
	note(lpm, key, row->len);
	return PH_OK;
}

void ph_lpm_redirect(struct ph_lpm *lpm, const struct ph_lpm_row *row, uint8_t type, uint32_t hops)
{
	struct ph_lpm_row *own = row_at(lpm, (uint32_t)((size_t)((const uint8_t *)row - lpm->row) / lpm->row_size));

	own->type = type;
	own->hops = hops;
}

const struct ph_lpm_row *ph_lpm_exact(const struct ph_lpm *lpm, const struct ph_addr *prefix, unsigned len)
{
	uint32_t at = lpm->n_slots ? slot_of(lpm, cut(key_of(lpm, prefix), len), len)->row : 0;

	return at ? row_at(lpm, at - 1) : NULL;
}

const struct ph_lpm_row *ph_lpm_next(const struct ph_lpm *lpm, const struct ph_lpm_row *row)
{
	return row->next ? row_at(lpm, row->next - 1) : NULL;
}

/* Prefixes of an address that may be there, longest first: their slots are fetched together, then looked at. */
struct probes {
	struct key key;                 /* the address */
	unsigned n;
	uint64_t hash[MAX_PROBES];
	uint8_t len[MAX_PROBES];
};

/* The first that is there, or NULL; none is left. */
static const struct ph_lpm_row *first_of(const struct ph_lpm *lpm, struct probes *p)
{
	unsigned n = p->n;

	p->n = 0;
	for (unsigned i = 0; i < n; i++) {
		uint32_t at = slot_at(lpm, p->hash[i], cut(p->key, p->len[i]), p->len[i])->row;

		if (at)
			return row_at(lpm, at - 1);
	}
	return NULL;
}

/* Notes the lengths that one word of the filter names. A row: there were too many, and it is among the first. */
static const struct ph_lpm_row *gather(const struct ph_lpm *lpm, struct probes *p, uint32_t lens, unsigned bits, int max_len)
{
	while (lens != 0) {
		unsigned bit = 31u - (unsigned)__builtin_clz(lens), len = bits + bit;
		const struct ph_lpm_row *row;

		lens ^= 1u << bit;
		if ((int)len > max_len)
			continue;
		p->hash[p->n] = hash(cut(p->key, len), len);
		p->len[p->n] = (uint8_t)len;
		__builtin_prefetch(&lpm->slot[(uint32_t)p->hash[p->n++] & (lpm->n_slots - 1)]);
		if (p->n == MAX_PROBES && (row = first_of(lpm, p)))
			return row;
	}
	return NULL;
}

const struct ph_lpm_row *ph_lpm_find_within(const struct ph_lpm *lpm, const struct ph_addr *addr, int max_len)
{
	const uint8_t *bits = levels[lpm->family == PH_IPV6].bits;
	struct probes p = { .key = key_of(lpm, addr) };
	uint32_t lens[MAX_LEVELS] = { 0 };
	unsigned used = lpm->levels;

	for (unsigned left = used; left != 0; left &= left - 1) {
		unsigned level = (unsigned)__builtin_ctz(left);

		lens[level] = *filter_of(lpm, p.key, bits[level]);
	}
	while (used != 0) {
		unsigned level = 31u - (unsigned)__builtin_clz(used);
		const struct ph_lpm_row *row = gather(lpm, &p, lens[level], bits[level], max_len);

		if (row)
			return row;
		used ^= 1u << level;
	}
	return first_of(lpm, &p);
}

const struct ph_lpm_row *ph_lpm_find(const struct ph_lpm *lpm, const struct ph_addr *addr)
{
	return ph_lpm_find_within(lpm, addr, 128);
}
