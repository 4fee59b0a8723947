/* Fragments to datagrams: which fragment may join, what ends a queue, and the header of the whole; see defrag.h. */
#include "defrag/defrag.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <stdlib.h>

#include "defrag/fit.h"
#include "defrag/sources.h"

#define SWEEP 2u                        /* queues that one fragment may see out: more than the one it may open */
#define IPV6_HEADER 40u
#define MAX_LEN 65535u                  /* IPv4: of the packet; IPv6: of what follows the fixed header */

struct ph_defrag {
	struct ph_frag_store store[2];  /* IPv4, IPv6 */
	struct ph_frag_sources sources; /* IPv4 */
	uint32_t max_distance;
	uint64_t numbers;               /* of datagrams, given so far */
	void (*given_up)(void *arg, uint64_t number);
	void *arg;
	struct ph_frag_stats stats;
	uint8_t secret[XXH3_SECRET_SIZE_MIN];
	uint8_t whole[IPV6_HEADER + MAX_LEN];
};

static void count(uint64_t *counter, uint64_t n)
{
	*counter = *counter > UINT64_MAX - n ? UINT64_MAX : *counter + n;
}

struct ph_defrag *ph_defrag_new(const struct ph_defrag_config *config)
{
	struct ph_defrag *defrag = calloc(1, sizeof(*defrag));

	if (!defrag)
		return NULL;
	XXH3_generateSecret(defrag->secret, sizeof(defrag->secret), config->hash_key, sizeof(config->hash_key));
	defrag->max_distance = config->max_distance;
	defrag->given_up = config->given_up;
	defrag->arg = config->arg;
	if (ph_frag_store_init(&defrag->store[0], &config->limits[0]) &&
	    ph_frag_store_init(&defrag->store[1], &config->limits[1]) &&
	    ph_frag_sources_init(&defrag->sources, config->max_distance ? defrag->store[0].max : 0))
		return defrag;
	ph_defrag_free(defrag);
	return NULL;
}

bool ph_defrag_prepare(struct ph_defrag *defrag, const struct ph_defrag_config *config)
{
	struct ph_frag_sources sources;

	/* Without a distance to keep, sources were not counted so far. */
	if (!config->max_distance || defrag->sources.slab.max)
		return true;
	if (!ph_frag_sources_init(&sources, defrag->store[0].room)) {
		ph_frag_sources_fini(&sources);
		return false;
	}
	ph_frag_sources_fini(&defrag->sources);
	defrag->sources = sources;
	return true;
}

void ph_defrag_limit(struct ph_defrag *defrag, const struct ph_defrag_config *config, uint64_t now_ms)
{
	defrag->max_distance = config->max_distance;
	ph_frag_store_limit(&defrag->store[0], &config->limits[0], now_ms);
	ph_frag_store_limit(&defrag->store[1], &config->limits[1], now_ms);
}

size_t ph_defrag_room(const struct ph_defrag *defrag, uint8_t family)
{
	return (size_t)defrag->store[family == PH_IPV6].room * PH_FRAG_BLOCK + PH_FRAG_BLOCK - 1;
}

void ph_defrag_free(struct ph_defrag *defrag)
{
	if (!defrag)
		return;
	ph_frag_store_fini(&defrag->store[0]);
	ph_frag_store_fini(&defrag->store[1]);
	ph_frag_sources_fini(&defrag->sources);
	free(defrag);
}

static uint64_t hash_of(const struct ph_defrag *defrag, const void *data, size_t len)
{
	return XXH3_64bits_withSecret(data, len, defrag->secret, sizeof(defrag->secret));
}

static enum ph_defrag_answer discard(struct ph_defrag *defrag, enum ph_frag_cause cause)
{
	count(&defrag->stats.discarded[cause], 1);
	return PH_DEFRAG_DISCARDED;
}

/* The queue and its pieces are gone. */
static uint32_t close_queue(struct ph_defrag *defrag, struct ph_frag_store *store, uint32_t slot)
{
	const struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);
	uint32_t n = queue->n_pieces;

	ph_frag_source_put(&defrag->sources, queue->source);
	ph_frag_store_close(store, slot);
	defrag->stats.waiting -= n;
	return n;
}

static void discard_queue(struct ph_defrag *defrag, struct ph_frag_store *store, uint32_t slot, enum ph_frag_cause cause)
{
	count(&defrag->stats.discarded[cause], close_queue(defrag, store, slot));
}

/* Nobody may know of a queue that no fragment waits in. */
static void tell_given_up(const struct ph_defrag *defrag, const struct ph_frag_queue *queue)
{
	if (defrag->given_up && queue->n_pieces > 0)
		defrag->given_up(defrag->arg, queue->number);
}

/* For another reason than the fragment at work, or by one that does not end with it. */
static void give_up(struct ph_defrag *defrag, struct ph_frag_store *store, uint32_t slot, enum ph_frag_cause cause)
{
	tell_given_up(defrag, ph_frag_queue_at(store, slot));
	discard_queue(defrag, store, slot, cause);
}

static bool is_over(const struct ph_frag_store *store, uint32_t slot, uint64_t now_ms)
{
	return slot != PH_FRAG_NONE && ph_frag_queue_at(store, slot)->expires_ms <= now_ms;
}

/* The oldest queues, if their time is up: at most n of them. */
static void sweep(struct ph_defrag *defrag, struct ph_frag_store *store, uint64_t now_ms, uint32_t n)
{
	for (; n > 0 && is_over(store, store->oldest, now_ms); n--)
		give_up(defrag, store, store->oldest, PH_FRAG_EXPIRED);
}

void ph_defrag_advance(struct ph_defrag *defrag, uint64_t now_ms)
{
	for (size_t i = 0; i < 2; i++)
		sweep(defrag, &defrag->store[i], now_ms, UINT32_MAX);
}

/* Each queue seen out gives at least one block back, and a fragment takes a few hundred at most. */
static bool make_room(struct ph_defrag *defrag, struct ph_frag_store *store, const struct ph_piece *piece, bool new_queue,
                      uint64_t now_ms)
{
	while (!ph_frag_store_has_room(store, piece, new_queue)) {
		if (!is_over(store, store->oldest, now_ms))
			return false;
		give_up(defrag, store, store->oldest, PH_FRAG_EXPIRED);
	}
	return true;
}

/* The queue of a piece, with room for it; PH_FRAG_NONE: there is no room. As in Linux a full store takes nothing: nobody
 * who waits has to go, and nobody who waits is served either. */
static uint32_t queue_of(struct ph_defrag *defrag, struct ph_frag_store *store, const struct ph_piece *piece,
                         uint64_t now_ms)
{
	uint64_t hash = hash_of(defrag, &piece->key, sizeof(piece->key));
	uint32_t slot = ph_frag_store_find(store, &piece->key, hash);
	struct ph_frag_queue *queue;

	if (is_over(store, slot, now_ms)) {
		give_up(defrag, store, slot, PH_FRAG_EXPIRED);
		slot = PH_FRAG_NONE;
	}
	if (!make_room(defrag, store, piece, slot == PH_FRAG_NONE, now_ms))
		return PH_FRAG_NONE;
	if (slot != PH_FRAG_NONE)
		return slot;
	slot = ph_frag_store_open(store, &piece->key, hash, now_ms);
	queue = ph_frag_queue_at(store, slot);
	queue->number = ++defrag->numbers;
	if (defrag->max_distance && store == &defrag->store[0])
		queue->source = ph_frag_source_get(&defrag->sources, &piece->key.src,
		                                   hash_of(defrag, &piece->key.src, sizeof(piece->key.src)));
	return slot;
}

/* A source that has sent many other fragments since the last one of this datagram has used the identification a second
 * time, or is about to: what waits is of an earlier datagram (ip-sysctl, ipfrag_max_dist). */
static void check_distance(struct ph_defrag *defrag, struct ph_frag_store *store, uint32_t slot, uint64_t now_ms)
{
	struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);
	uint32_t before = queue->source_count;

	if (queue->source == PH_SLAB_NONE || !defrag->max_distance)
		return;
	queue->source_count = ph_frag_source_count(&defrag->sources, queue->source);
	if (queue->n_pieces == 0 || queue->source_count - before <= defrag->max_distance)
		return;
	count(&defrag->stats.discarded[PH_FRAG_DISTANCE], queue->n_pieces);
	defrag->stats.waiting -= queue->n_pieces;
	tell_given_up(defrag, queue);
	ph_frag_store_restart(store, slot, now_ms);
	queue->number = ++defrag->numbers;
}

/* Does the piece agree with the others about where the datagram ends? What it says of that counts from here on. */
static bool agrees(struct ph_frag_queue *queue, const struct ph_piece *piece)
{
	if (!piece->more) {
		if (piece->end < queue->len || (queue->has_last && piece->end != queue->len))
			return false;
		queue->has_last = true;
	} else if (queue->has_last && piece->end > queue->len) {
		return false;
	}
	if (piece->end > queue->len)
		queue->len = piece->end;
	return true;
}

/* RFC 3168 5.3: a mark on one fragment is a mark on the datagram, unless others say that it does not know ECN. */
static bool join_ecn(uint8_t seen, uint8_t *mark)
{
	enum { NOT_ECT = 1 << 0, CE = 1 << 3 };

	*mark = seen & CE ? 3 : 0;
	return seen == NOT_ECT || !(seen & NOT_ECT);
}

static void set_u16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void finish_ipv4(uint8_t *ip, const struct ph_frag_queue *queue, uint8_t ecn, size_t head_len)
{
	ip[1] |= ecn;
	set_u16(ip + 2, (uint32_t)head_len + queue->len);
	/* "Don't fragment" lives on if it was on the longest. */
	set_u16(ip + 6, queue->longest_df == queue->longest ? 0x4000 : 0);
	set_u16(ip + 10, 0);
	set_u16(ip + 10, ph_sum_fold(ph_sum_add(0, ip, head_len)));
}

static void finish_ipv6(uint8_t *ip, const struct ph_frag_queue *queue, uint8_t ecn, size_t head_len)
{
	ip[1] |= (uint8_t)(ecn << 4);
	set_u16(ip + 4, (uint32_t)(head_len - IPV6_HEADER) + queue->len);
	ip[queue->next.at] = queue->next.proto;
}

/* Everything is there. */
static enum ph_defrag_answer finish(struct ph_defrag *defrag, struct ph_frag_store *store, uint32_t slot,
                                    struct ph_datagram *out)
{
	const struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);
	bool is_v4 = store == &defrag->store[0];
	size_t head_len = ph_frag_piece_at(store, queue->first)->head_len;
	size_t len = head_len + queue->len;
	uint8_t ecn;

	if (!join_ecn(queue->ecn, &ecn)) {
		discard_queue(defrag, store, slot, PH_FRAG_ECN);
		return PH_DEFRAG_DISCARDED;
	}
	if (len > (is_v4 ? MAX_LEN : IPV6_HEADER + MAX_LEN)) {
		discard_queue(defrag, store, slot, PH_FRAG_TOO_LONG);
		return PH_DEFRAG_DISCARDED;
	}
	ph_frag_store_read(store, slot, defrag->whole);
	if (is_v4)
		finish_ipv4(defrag->whole, queue, ecn, head_len);
	else
		finish_ipv6(defrag->whole, queue, ecn, head_len);
	out->ip = defrag->whole;
	out->len = (uint32_t)len;
	out->n_fragments = queue->n_pieces;
	count(&defrag->stats.datagrams, 1);
	count(&defrag->stats.joined, close_queue(defrag, store, slot));
	return PH_DEFRAG_WHOLE;
}

/* What the queue remembers of a piece besides its bytes. */
static void note(struct ph_frag_queue *queue, const struct ph_piece *piece, uint32_t added)
{
	uint16_t len = (uint16_t)(ph_cur_left(&piece->head) + piece->end - piece->offset);      /* asked of IPv4 only */

	queue->n_pieces++;
	queue->bytes += piece->end - piece->offset;
	queue->ecn |= (uint8_t)(1u << (piece->tos & 3));
	if (len > queue->longest)
		queue->longest = len;
	if (piece->dont_fragment && len > queue->longest_df)
		queue->longest_df = len;
	if (piece->offset == 0)
		queue->first = added;
}

static enum ph_defrag_answer add(struct ph_defrag *defrag, struct ph_frag_store *store, uint32_t slot,
                                 const struct ph_piece *piece, struct ph_datagram *out)
{
	struct ph_frag_queue *queue = ph_frag_queue_at(store, slot);
	uint32_t before, added;

	switch (ph_frag_fit(store, queue, piece, &before)) {
	case PH_FIT_OVERLAP:
		discard_queue(defrag, store, slot, PH_FRAG_OVERLAP);
		return discard(defrag, PH_FRAG_OVERLAP);
	case PH_FIT_REPEATED:
		out->number = 0;
		return discard(defrag, PH_FRAG_REPEATED);
	case PH_FIT_FREE:
		break;
	}
	added = ph_frag_store_add(store, slot, piece);
	ph_frag_fit_in(store, queue, added, before);
	note(queue, piece, added);
	if (piece->offset == 0 && store == &defrag->store[1]) {
		queue->next.at = piece->next_at;
		queue->next.proto = piece->next;
	}
	defrag->stats.waiting++;
	if (queue->first == PH_FRAG_NONE || !queue->has_last || queue->bytes != queue->len)
		return PH_DEFRAG_HELD;
	return finish(defrag, store, slot, out);
}

/* IPv4: whoever contradicts takes the datagram with him. */
static enum ph_defrag_answer put_ipv4(struct ph_defrag *defrag, uint32_t slot, struct ph_piece *piece,
                                      struct ph_datagram *out)
{
	struct ph_frag_store *store = &defrag->store[0];

	out->number = ph_frag_queue_at(store, slot)->number;
	/* RFC 791 3.2: all but the last are a multiple of 8; what is more is cut off. */
	if (piece->more)
		piece->end &= ~7u;
	if (agrees(ph_frag_queue_at(store, slot), piece) && piece->end > piece->offset)
		return add(defrag, store, slot, piece, out);
	discard_queue(defrag, store, slot, PH_FRAG_MALFORMED);
	return discard(defrag, PH_FRAG_MALFORMED);
}

/* IPv6: whoever contradicts is discarded alone, but for lengths that RFC 8200 4.5 forbids. */
static enum ph_defrag_answer put_ipv6(struct ph_defrag *defrag, uint32_t slot, const struct ph_piece *piece,
                                      struct ph_datagram *out)
{
	struct ph_frag_store *store = &defrag->store[1];

	if (piece->end > MAX_LEN)
		return discard(defrag, PH_FRAG_TOO_LONG);
	if (piece->more && piece->end % 8 != 0) {
		give_up(defrag, store, slot, PH_FRAG_MALFORMED);
		count(&defrag->stats.passed, 1);
		return PH_DEFRAG_PASS;
	}
	if (!agrees(ph_frag_queue_at(store, slot), piece) || piece->end == piece->offset)
		return discard(defrag, PH_FRAG_MALFORMED);
	out->number = ph_frag_queue_at(store, slot)->number;
	return add(defrag, store, slot, piece, out);
}

enum ph_defrag_answer ph_defrag_put(struct ph_defrag *defrag, const struct ph_pkt *pkt, const struct ph_defrag_place *place,
                                    struct ph_datagram *out)
{
	struct ph_frag_store *store = &defrag->store[pkt->family == PH_IPV6];
	struct ph_piece piece;
	uint32_t slot;

	*out = (struct ph_datagram){ .number = 0 };
	if (!ph_piece_read(pkt, place, &piece))
		return PH_DEFRAG_PASS;
	count(&defrag->stats.seen, 1);
	sweep(defrag, store, place->now_ms, SWEEP);
	if (piece.lacks_upper) {
		count(&defrag->stats.passed, 1);
		return PH_DEFRAG_PASS;
	}
	if (piece.is_cut)
		return discard(defrag, PH_FRAG_MALFORMED);
	slot = queue_of(defrag, store, &piece, place->now_ms);
	if (slot == PH_FRAG_NONE)
		return discard(defrag, PH_FRAG_FULL);
	if (pkt->family == PH_IPV6)
		return put_ipv6(defrag, slot, &piece, out);
	check_distance(defrag, store, slot, place->now_ms);
	return put_ipv4(defrag, slot, &piece, out);
}

void ph_defrag_stats(const struct ph_defrag *defrag, uint64_t now_ms, struct ph_frag_stats *out)
{
	*out = defrag->stats;
	for (size_t i = 0; i < 2; i++) {
		const struct ph_frag_store *store = &defrag->store[i];

		for (uint32_t at = store->oldest; is_over(store, at, now_ms); at = ph_frag_queue_at(store, at)->newer) {
			count(&out->discarded[PH_FRAG_EXPIRED], ph_frag_queue_at(store, at)->n_pieces);
			out->waiting -= ph_frag_queue_at(store, at)->n_pieces;
		}
	}
}

size_t ph_defrag_memory(const struct ph_defrag *defrag, uint8_t family)
{
	return (size_t)defrag->store[family == PH_IPV6].used * PH_FRAG_BLOCK;
}

const char *ph_frag_cause_text(enum ph_frag_cause cause)
{
	switch (cause) {
	case PH_FRAG_REPEATED: return "repeated";
	case PH_FRAG_OVERLAP: return "overlapping";
	case PH_FRAG_MALFORMED: return "malformed";
	case PH_FRAG_TOO_LONG: return "of datagrams too long";
	case PH_FRAG_ECN: return "of datagrams marked for ECN in part";
	case PH_FRAG_DISTANCE: return "too many others in between";
	case PH_FRAG_EXPIRED: return "never completed";
	case PH_FRAG_FULL: return "no room";
	case PH_FRAG_CAUSES: break;
	}
	return "unknown";
}
