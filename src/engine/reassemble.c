/* The step at priority -400: fragments wait, and their datagram goes on in the place of the one that completed it.
 * spec/tracking.md 1.3, 1.4. */
#include "engine/walk.h"

static enum ph_step keep(struct ph_walk *walk, enum ph_verdict verdict)
{
	walk->out->fate = PH_FATE_FRAGMENT;
	walk->out->verdict = verdict;
	return PH_STEP_STOP;
}

enum ph_step ph_walk_defrag(struct ph_walk *walk)
{
	const struct ph_defrag_place place = {
		.user = walk->hook, .iface = walk->iface_in, .now_ms = walk->engine->now_ms,
	};
	struct ph_datagram whole;
	enum ph_defrag_answer answer;
	uint8_t family = walk->pkt.family;

	if (!ph_defrag_concerns(&walk->pkt))
		return PH_STEP_NEXT;
	answer = ph_defrag_put(walk->engine->defrag, &walk->pkt, &place, &whole);
	walk->out->datagram = whole.number;
	switch (answer) {
	case PH_DEFRAG_DISCARDED:
		return keep(walk, PH_DROP);
	case PH_DEFRAG_HELD:
		return keep(walk, PH_HELD);
	case PH_DEFRAG_PASS:
		return PH_STEP_NEXT;
	case PH_DEFRAG_WHOLE:
		break;
	}
	/* What the stack checks in headers it has checked in each piece. There may be no upper-layer header all the same. */
	(void)!ph_pkt_parse_quoted(family, whole.ip, whole.len, &walk->pkt);
	ph_walk_raise_hop(walk);
	walk->out->proto = walk->pkt.l4_proto;
	walk->out->n_fragments = whole.n_fragments;
	return PH_STEP_NEXT;
}
