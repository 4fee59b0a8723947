/* What REJECT sends: to whom, from where, and its own way out. The packet itself is made in net/reject.c.
 *
 * As in Linux an answer belongs to the connection of the packet it is about and is RELATED, also a reset; the answer to a packet without
 * connection is tracked like any packet of the firewall's own. */
#include "engine/walk.h"

#include "rule/match/link.h"

/* Addresses of everybody and of groups are not answered from, nor what a card received for many. */
static bool is_for_one(const struct ph_walk *walk, struct ph_reject answer)
{
	enum ph_link_kind kind = ph_link_kind(&walk->rule);

	if (walk->pkt.family == PH_IPV4 && ph_walk_to_many(walk))
		return false;
	return answer.kind == PH_REJECT_RESET || kind == PH_LINKED_HOST || kind == PH_LINKED_UNKNOWN;
}

/* The way back to the sender. False: there is none. */
static bool way_back(const struct ph_walk *walk, struct ph_route_hop *hop)
{
	const struct ph_addr *src = &walk->pkt.src;

	*hop = (struct ph_route_hop){ .type = PH_ROUTE_UNICAST, .iface = walk->iface_in };
	if (!walk->engine->has_topology || (walk->pkt.family == PH_IPV6 && !walk->local_out && src->b[0] == 0xfe && (src->b[1] & 0xc0) == 0x80))
		return true;
	*hop = ph_engine_hop(walk->engine, walk->pkt.family, src);
	return hop->type == PH_ROUTE_UNICAST || hop->type == PH_ROUTE_LOCAL;
}

/* Who says it: whom the packet was for, if that is the firewall; else its address on the way back, of IPv6 where the packet came in. */
static bool find_from(const struct ph_walk *walk, const struct ph_route_hop *back, struct ph_addr *from)
{
	const struct ph_pkt *pkt = &walk->pkt;
	struct ph_route_hop hop = *back;

	*from = pkt->dst;
	if (walk->local_in || ph_engine_hop(walk->engine, pkt->family, &pkt->dst).type == PH_ROUTE_LOCAL)
		return true;
	*from = pkt->src;
	if (back->type == PH_ROUTE_LOCAL)
		return true;
	if (pkt->family == PH_IPV6 && !walk->local_out)
		hop.iface = walk->iface_in;
	return ph_route_source(walk->engine->policy->route, pkt->family, &hop, &pkt->src, from);
}

/* Its own way out. */
static bool leaves(struct ph_walk *walk, const struct ph_route_hop *back, const uint8_t *answer, size_t len)
{
	const struct ph_engine *engine = walk->engine;
	int out_iface = back->type == PH_ROUTE_LOCAL ? ph_route_iface_find(engine->policy->route, "lo") : back->iface;
	const struct ph_packet_in in = {
		.frame = { .data = answer, .len = (uint32_t)len, .wire_len = (uint32_t)len, .link = PH_LINK_RAW,
		           .time_ms = walk->in->frame.time_ms },
		.place = PH_PLACE_OUTPUT, .out_iface = out_iface == PH_NO_IFACE ? PH_IFACE_ROUTE : (uint16_t)out_iface, .vouched = true,
	};
	struct ph_packet_out out;

	ph_engine_send(walk, &in, &out);
	return out.fate == PH_FATE_SENT;
}

void ph_walk_answer(struct ph_walk *walk)
{
	const struct ph_reject answer = ph_reject_named(walk->pkt.family, walk->out->reject);
	uint8_t *made = walk->engine->answer[walk->engine->n_answers % PH_ANSWERS];
	struct ph_route_hop back;
	struct ph_addr from = walk->pkt.dst;
	size_t len;

	if (!ph_reject_due(&walk->pkt, answer, walk->in->vouched) || !is_for_one(walk, answer) || !way_back(walk, &back))
		return;
	if (answer.kind == PH_REJECT_UNREACHABLE && !find_from(walk, &back, &from))
		return;
	if (answer.kind == PH_REJECT_RESET)
		ph_track_reset(walk->engine->track, &walk->io);
	len = ph_reject_write(&walk->pkt, answer, &from, made);
	if (!leaves(walk, &back, made, len))
		return;
	walk->engine->n_answers++;
	walk->out->answer = made;
	walk->out->answer_len = (uint32_t)len;
}
