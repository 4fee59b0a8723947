/* Link-layer headers; see link.h. Ethernet: IEEE 802.3. Cooked headers: as libpcap describes LINKTYPE_LINUX_SLL (packet type,
 * ARPHRD type, address length, eight bytes of address) and LINKTYPE_LINUX_SLL2 (type of the header at 8). */
#include "rule/match/link.h"

#include <string.h>

#define ARPHRD_ETHER 1
#define SLL_OUTGOING 4

/* What a cooked header holds, wherever it holds it. */
struct cooked {
	uint16_t kind, hardware, address_len;
	uint8_t address[6];
};

static bool read_cooked(const struct ph_frame *frame, struct cooked *out)
{
	struct ph_cur c = ph_cur_of(frame->data, frame->len);
	uint8_t kind, len;

	if (frame->link == PH_LINK_SLL)
		return ph_cur_u16(&c, &out->kind) && ph_cur_u16(&c, &out->hardware) && ph_cur_u16(&c, &out->address_len) &&
		       ph_cur_bytes(&c, out->address, sizeof(out->address));
	if (frame->link != PH_LINK_SLL2 || !ph_cur_skip(&c, 8) || !ph_cur_u16(&c, &out->hardware) || !ph_cur_u8(&c, &kind) ||
	    !ph_cur_u8(&c, &len) || !ph_cur_bytes(&c, out->address, sizeof(out->address)))
		return false;
	out->kind = kind;
	out->address_len = len;
	return true;
}

static bool is_ip_multicast(const struct ph_pkt *pkt)
{
	return pkt->family == PH_IPV4 ? pkt->dst.b[0] >= 0xe0 : pkt->dst.b[0] == 0xff;
}

/* As hosts that keep to RFC 1122 3.3.6 frame it. */
static enum ph_link_kind kind_by_address(const struct ph_rule_ctx *ctx)
{
	const struct ph_pkt *pkt = ctx->pkt;
	struct ph_route_hop hop = { .type = PH_ROUTE_NONE };

	if (is_ip_multicast(pkt))
		return pkt->family == PH_IPV4 && pkt->dst.b[0] == 0xff ? PH_LINKED_BROADCAST : PH_LINKED_MULTICAST;
	if (ctx->route)
		ph_route_lookup(ctx->route, pkt->family, &pkt->dst, &hop);
	return hop.type == PH_ROUTE_BROADCAST ? PH_LINKED_BROADCAST : PH_LINKED_HOST;
}

static enum ph_link_kind ethernet_kind(const struct ph_rule_ctx *ctx)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, not_said[6];
	const struct ph_frame *frame = ctx->frame;

	if (frame->len < 6)
		return PH_LINKED_UNKNOWN;
	/* A live kernel tells the sender's address only. */
	if (memcmp(frame->data, not_said, 6) == 0)
		return kind_by_address(ctx);
	if (memcmp(frame->data, all, 6) == 0)
		return PH_LINKED_BROADCAST;
	/* A frame for somebody else's card is not handed to IP: what came as far as here was for this host. */
	return frame->data[0] & 1 ? PH_LINKED_MULTICAST : PH_LINKED_HOST;
}

enum ph_link_kind ph_link_kind(const struct ph_rule_ctx *ctx)
{
	static const enum ph_link_kind kinds[] = {
		PH_LINKED_HOST, PH_LINKED_BROADCAST, PH_LINKED_MULTICAST, PH_LINKED_OTHERHOST,
	};
	const struct ph_frame *frame = ctx->frame;
	struct cooked cooked;

	/* What the host itself sends has not been on a wire yet. */
	if (!ctx->in->name[0])
		return PH_LINKED_HOST;
	if (!frame)
		return PH_LINKED_UNKNOWN;
	switch (frame->link) {
	case PH_LINK_ETHERNET:
		return ethernet_kind(ctx);
	case PH_LINK_SLL:
	case PH_LINK_SLL2:
		if (!read_cooked(frame, &cooked) || cooked.kind >= sizeof(kinds) / sizeof(kinds[0]))
			return PH_LINKED_UNKNOWN;
		return kinds[cooked.kind];
	case PH_LINK_PPP:
	case PH_LINK_CHDLC:
		return PH_LINKED_HOST;
	case PH_LINK_NONE:
	case PH_LINK_RAW:
	case PH_LINK_NULL:
	case PH_LINK_LOOP:
		break;
	}
	return is_ip_multicast(ctx->pkt) ? PH_LINKED_UNKNOWN : kind_by_address(ctx);
}

enum ph_match ph_link_source(const struct ph_rule_ctx *ctx, uint8_t out[6])
{
	const struct ph_frame *frame = ctx->frame;
	struct cooked cooked;

	if (!ctx->in->name[0])
		return PH_MATCH_NO;
	if (!frame || frame->link == PH_LINK_NONE || frame->link == PH_LINK_RAW)
		return PH_MATCH_UNKNOWN;
	if (frame->link == PH_LINK_ETHERNET) {
		if (frame->len < 12)
			return PH_MATCH_UNKNOWN;
		memcpy(out, frame->data + 6, 6);
		return PH_MATCH_YES;
	}
	if (frame->link != PH_LINK_SLL && frame->link != PH_LINK_SLL2)
		return PH_MATCH_NO;
	/* Of a frame that went out, a cooked header has the sending card's address, not the one it came from. */
	if (!read_cooked(frame, &cooked) || cooked.kind == SLL_OUTGOING)
		return PH_MATCH_UNKNOWN;
	if (cooked.hardware != ARPHRD_ETHER || cooked.address_len != 6)
		return PH_MATCH_NO;
	memcpy(out, cooked.address, 6);
	return PH_MATCH_YES;
}
