/* -m pkttype: whom the frame was addressed to. */
#include "rule/match/link.h"

enum { TYPE };

struct match_pkttype {
	uint8_t kind;           /* enum ph_link_kind */
};

static const struct ph_name names[] = {
	{ "unicast", PH_LINKED_HOST }, { "broadcast", PH_LINKED_BROADCAST }, { "multicast", PH_LINKED_MULTICAST },
	{ "otherhost", PH_LINKED_OTHERHOST }, { "host", PH_LINKED_HOST }, { "bcast", PH_LINKED_BROADCAST },
	{ "mcast", PH_LINKED_MULTICAST }, { NULL, 0 },
};

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_pkttype *m = (const void *)part->data;
	enum ph_link_kind kind = ph_link_kind(ctx);

	if (kind == PH_LINKED_UNKNOWN)
		return PH_MATCH_UNKNOWN;
	return ph_match_if((kind == m->kind) != ph_part_inverted(part, TYPE));
}

static const struct ph_opt options[] = {
	{ .name = "pkt-type", .what = "a packet type", .type = PH_ARG_ENUM,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT | PH_OPT_NOCASE, .id = TYPE, PH_OPT_FIELD(struct match_pkttype, kind),
	  .names = names },
};

const struct ph_ext ph_match_pkttype = {
	.name = "pkttype", .what = "whom the frame was addressed to", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_pkttype), PH_EXT_OPTIONS(options), .match = match,
};
