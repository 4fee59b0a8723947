/* Pairs the two sights of a forwarded packet. See copies.h.
 *
 *   ring of the first sights of the last second, oldest first --- each in a hash chain by its key
 *   key = keyed hash of the content, mixed with interface and hop limit: whatever is in a chain under
 *         the key looked for is a partner, so that a flood of equal packets makes no long search
 */
#include "cmd/copies.h"

#include "cmd/cmd.h"

#include <pinhole/capture.h>
#include <pinhole/net.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY 262144u                /* first sights in one second; a power of two */
#define WITHIN_US 1000000u
#define HEAD 48u                        /* what is masked lies in the first 48 bytes; whole words of 8 */

struct entry {
	uint64_t key[2];
	uint64_t time_us;
	uint32_t next, prev;            /* in the chain; COPIES_NONE ends */
	bool chained, passed, turned;
};

struct copies {
	uint64_t secret[4];
	uint64_t forgotten;
	uint64_t first, end;            /* of the ring; entry i lives in slot i % CAPACITY */
	uint64_t ifaces;                /* set of those seen so far */
	uint32_t chain[CAPACITY];
	struct entry entry[CAPACITY];
};

struct copies *copies_new(void)
{
	struct copies *c = cmd_alloc(1, sizeof(*c));

	/* Without randomness a capture could be made to collide; the result is the same otherwise. */
	if (ph_random(c->secret, sizeof(c->secret)) != PH_OK)
		c->secret[0] = 1;
	for (size_t i = 0; i < CAPACITY; i++)
		c->chain[i] = COPIES_NONE;
	return c;
}

void copies_free(struct copies *copies)
{
	free(copies);
}

uint64_t copies_forgotten(const struct copies *copies)
{
	return copies->forgotten;
}

static uint64_t rotate(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

/* SipHash-2-4 (Aumasson, Bernstein 2012). */
struct sip {
	uint64_t v[4];
};

static void sip_round(struct sip *s)
{
	s->v[0] += s->v[1];
	s->v[2] += s->v[3];
	s->v[1] = rotate(s->v[1], 13) ^ s->v[0];
	s->v[3] = rotate(s->v[3], 16) ^ s->v[2];
	s->v[0] = rotate(s->v[0], 32);
	s->v[2] += s->v[1];
	s->v[0] += s->v[3];
	s->v[1] = rotate(s->v[1], 17) ^ s->v[2];
	s->v[3] = rotate(s->v[3], 21) ^ s->v[0];
	s->v[2] = rotate(s->v[2], 32);
}

static void sip_word(struct sip *s, uint64_t word)
{
	s->v[3] ^= word;
	sip_round(s);
	sip_round(s);
	s->v[0] ^= word;
}

/* Whole words, and a last one filled up with zeros. */
static void sip_bytes(struct sip *s, const uint8_t *at, size_t len)
{
	uint64_t word;

	for (; len >= 8; at += 8, len -= 8) {
		memcpy(&word, at, 8);
		sip_word(s, word);
	}
	word = 0;
	memcpy(&word, at, len);
	sip_word(s, word);
}

static void sip_start(struct sip *s, const uint64_t key[2])
{
	s->v[0] = key[0] ^ 0x736f6d6570736575u;
	s->v[1] = key[1] ^ 0x646f72616e646f6du;
	s->v[2] = key[0] ^ 0x6c7967656e657261u;
	s->v[3] = key[1] ^ 0x7465646279746573u;
}

static uint64_t sip_end(struct sip *s)
{
	s->v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(s);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

/* What a router changes, zeroed: hop limit, IPv4 header checksum, and the identification of an IPv6 fragment, which is
 * a new one when the datagram was put together and cut again. */
static void mask_head(uint8_t head[HEAD], uint8_t family)
{
	if (family == PH_IPV4) {
		head[8] = 0;
		head[10] = head[11] = 0;
		return;
	}
	head[7] = 0;
	if (head[6] == 44)
		memset(head + 44, 0, 4);
}

/* The length that the IP header says, at most what is there: a frame may be padded. */
static uint32_t packet_len(const struct copies_sight *sight)
{
	uint32_t said = sight->family == PH_IPV4 ? (uint32_t)sight->ip[2] << 8 | sight->ip[3] :
	                40u + ((uint32_t)sight->ip[4] << 8 | sight->ip[5]);

	return said >= 20 && said < sight->len ? said : sight->len;
}

struct content {
	uint64_t hash[2];
	uint8_t ttl;
};

static bool content_of(const struct copies *c, const struct copies_sight *sight, struct content *out)
{
	uint8_t head[HEAD] = { 0 };
	uint32_t len, n;
	struct sip s;

	if (sight->len < (sight->family == PH_IPV4 ? 20u : 40u))
		return false;
	len = packet_len(sight);
	n = len < HEAD ? len : HEAD;
	memcpy(head, sight->ip, n);
	out->ttl = sight->ip[sight->family == PH_IPV4 ? 8 : 7];
	mask_head(head, sight->family);
	for (int i = 0; i < 2; i++) {
		sip_start(&s, &c->secret[i * 2]);
		sip_word(&s, len);
		sip_bytes(&s, head, HEAD);
		sip_bytes(&s, sight->ip + n, len - n);
		out->hash[i] = sip_end(&s);
	}
	return true;
}

static void key_of(const struct content *content, uint16_t iface, uint8_t ttl, uint64_t key[2])
{
	key[0] = content->hash[0] ^ ((uint64_t)iface << 8 | ttl) * 0x9e3779b97f4a7c15u;
	key[1] = content->hash[1] ^ ((uint64_t)iface << 8 | ttl);
}

static void unchain(struct copies *c, uint32_t slot)
{
	struct entry *e = &c->entry[slot];

	if (!e->chained)
		return;
	if (e->prev == COPIES_NONE)
		c->chain[e->key[0] % CAPACITY] = e->next;
	else
		c->entry[e->prev].next = e->next;
	if (e->next != COPIES_NONE)
		c->entry[e->next].prev = e->prev;
	e->chained = false;
}

static void expire(struct copies *c, uint64_t now_us)
{
	const struct entry *e;

	for (; c->first < c->end; c->first++) {
		e = &c->entry[c->first % CAPACITY];
		/* Already paired ones go whatever their age. */
		if (e->chained && e->time_us + WITHIN_US >= now_us)
			return;
		unchain(c, (uint32_t)(c->first % CAPACITY));
	}
}

static uint32_t remember(struct copies *c, const uint64_t key[2], uint64_t time_us)
{
	uint32_t slot = (uint32_t)(c->end % CAPACITY), *chain;
	struct entry *e = &c->entry[slot];

	if (c->end - c->first == CAPACITY) {
		c->forgotten += e->chained;
		unchain(c, slot);
		c->first++;
	}
	c->end++;
	chain = &c->chain[key[0] % CAPACITY];
	*e = (struct entry){ .key = { key[0], key[1] }, .time_us = time_us, .next = *chain, .prev = COPIES_NONE, .chained = true };
	if (*chain != COPIES_NONE)
		c->entry[*chain].prev = slot;
	*chain = slot;
	return slot;
}

/* The ring still holds older ones where one of a later time stands before them. */
static bool is_near(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= WITHIN_US;
}

static uint32_t find(const struct copies *c, const uint64_t key[2], uint64_t now_us)
{
	uint32_t slot = c->chain[key[0] % CAPACITY];

	while (slot != COPIES_NONE && (memcmp(c->entry[slot].key, key, sizeof(c->entry[slot].key)) != 0 ||
	                               !is_near(c->entry[slot].time_us, now_us)))
		slot = c->entry[slot].next;
	return slot;
}

/* The partner on another interface: what the firewall lowered by one first, then what it did not. */
static uint32_t partner(const struct copies *c, const struct content *content, const struct copies_sight *sight)
{
	uint64_t key[2];
	uint32_t slot;

	for (uint16_t iface = 0; iface < COPIES_IFACES; iface++) {
		if (iface == sight->iface || !(c->ifaces >> iface & 1))
			continue;
		for (unsigned lower = 2; lower-- > 0;) {
			if (content->ttl + lower > 255)
				continue;
			key_of(content, iface, (uint8_t)(content->ttl + lower), key);
			slot = find(c, key, sight->time_us);
			if (slot != COPIES_NONE)
				return slot;
		}
	}
	if (content->ttl == 255)
		return COPIES_NONE;
	/* What left by the interface it came in by is seen there twice. */
	key_of(content, sight->iface, (uint8_t)(content->ttl + 1), key);
	slot = find(c, key, sight->time_us);
	return slot != COPIES_NONE && c->entry[slot].turned ? slot : COPIES_NONE;
}

bool copies_seen(struct copies *copies, const struct copies_sight *sight, uint32_t *handle, bool *passed)
{
	struct content content;
	uint64_t key[2];
	uint32_t slot;

	*handle = COPIES_NONE;
	*passed = false;
	expire(copies, sight->time_us);
	if (sight->iface >= COPIES_IFACES || !content_of(copies, sight, &content))
		return false;
	slot = partner(copies, &content, sight);
	if (slot != COPIES_NONE) {
		*passed = copies->entry[slot].passed;
		unchain(copies, slot);
		return true;
	}
	copies->ifaces |= (uint64_t)1 << sight->iface;
	key_of(&content, sight->iface, content.ttl, key);
	*handle = remember(copies, key, sight->time_us);
	return false;
}

void copies_note(struct copies *copies, uint32_t handle, bool passed, bool turned)
{
	if (handle == COPIES_NONE)
		return;
	copies->entry[handle].passed = passed;
	copies->entry[handle].turned = passed && turned;
}
