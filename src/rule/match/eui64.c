/* -m eui64: the lower half of an IPv6 source address was made from the frame's source address. RFC 4291 appendix A.
 * Frames that are not Ethernet do not match. */
#include "rule/ext.h"

#include <string.h>

#define ETHERNET_HEADER 14u
#define ETHERTYPE_IPV6 0x86dd

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct ph_frame *frame = ctx->frame;
	struct ph_cur c;
	uint8_t mac[6], id[8];
	uint16_t type;

	(void)part;
	if (!frame || frame->link != PH_LINK_ETHERNET)
		return PH_MATCH_NO;
	c = ph_cur_of(frame->data, frame->len);
	if (!ph_cur_skip(&c, 6) || !ph_cur_bytes(&c, mac, sizeof(mac)) || !ph_cur_u16(&c, &type))
		return PH_MATCH_NO;
	/* A tag in between is taken off before rules see the packet. */
	while (type == 0x8100 || type == 0x88a8)
		if (!ph_cur_skip(&c, 2) || !ph_cur_u16(&c, &type))
			return PH_MATCH_NO;
	if (type != ETHERTYPE_IPV6)
		return PH_MATCH_NO;
	memcpy(id, mac, 3);
	id[0] ^= 2;
	id[3] = 0xff;
	id[4] = 0xfe;
	memcpy(id + 5, mac + 3, 3);
	return ph_match_if(memcmp(id, ctx->pkt->src.b + 8, sizeof(id)) == 0);
}

const struct ph_ext ph_match_eui64 = {
	.name = "eui64", .what = "source address made from the MAC address", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.hooks = 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD, .match = match,
};
