/* Packets that the firewall sends to itself. Linux keeps a packet's connection on its way through the loopback interface, so that it is
 * not tracked again when it comes in; here it is a new frame, and known by its first bytes. A few thousand may be on their way at once.
 * One that is forgotten is tracked like any other, as a repetition of itself. */
#include "engine/walk.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define KNOWN_BY 96u            /* bytes: headers, with checksums of the rest */

/* Of an answer that was made here the kernel fills in the identification. */
static uint64_t hash_of(const struct ph_walk *walk)
{
	size_t len = walk->pkt.len < KNOWN_BY ? walk->pkt.len : KNOWN_BY;
	uint8_t bytes[KNOWN_BY];

	memcpy(bytes, walk->pkt.ip, len);
	if (walk->pkt.family == PH_IPV4) {
		memset(bytes + 4, 0, 2);
		memset(bytes + 10, 0, 2);
	} else {
		memset(bytes + 1, 0, 3);
	}
	return XXH3_64bits_withSeed(bytes, len, walk->engine->config.hash_key[0]) | 1;
}

static struct ph_loop *place_of(struct ph_engine *engine, uint64_t hash)
{
	return &engine->loop[(hash >> 32) % PH_LOOPS];
}

void ph_loop_note(const struct ph_walk *walk)
{
	static const struct ph_ifname loopback = { "lo" };
	struct ph_engine *engine = walk->engine;
	uint64_t hash;

	if (walk->in->place != PH_PLACE_OUTPUT)
		return;
	/* A host hears what it sends to many as well. */
	if (memcmp(walk->rule.out, &loopback, sizeof(loopback)) != 0 && !ph_walk_to_many(walk))
		return;
	hash = hash_of(walk);
	*place_of(engine, hash) = (struct ph_loop){ hash, ph_track_pass(engine->track, &walk->io) };
}

void ph_loop_attach(struct ph_walk *walk)
{
	uint64_t hash = hash_of(walk);
	const struct ph_loop *loop = place_of(walk->engine, hash);

	if (loop->hash != hash || !ph_track_rejoin(walk->engine->track, &loop->pass, &walk->io))
		return;
	walk->attached = true;
	ph_walk_show(walk);
}
