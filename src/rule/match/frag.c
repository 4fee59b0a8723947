/* -m frag: IPv6's fragment header (RFC 8200 4.5). Where connections are tracked, datagrams are whole before any rule
 * sees them. */
#include "rule/match/headers.h"

enum { ID, LEN, RES, FIRST, MORE, LAST };

struct match_frag {
	struct ph_range32 id;
	uint32_t len;           /* kept and printed; the header's length never varies, and nobody looks at it */
};

static void init(void *data, uint8_t family)
{
	struct match_frag *m = data;

	(void)family;
	m->id.hi = 0xffffffff;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_frag *m = (const void *)part->data;
	struct ph_cur header;
	enum ph_header6 found = ph_header6_find(ctx->pkt, PH_EXT_FRAGMENT, &header);
	uint8_t next, reserved;
	uint16_t offset;
	uint32_t id;

	if (found == PH_HEADER6_ABSENT)
		return PH_MATCH_NO;
	if (found == PH_HEADER6_BROKEN || !ph_cur_u8(&header, &next) || !ph_cur_u8(&header, &reserved) ||
	    !ph_cur_u16(&header, &offset) || !ph_cur_u32(&header, &id))
		return ph_match_unreadable(ctx);
	if (!ph_range32_has(&m->id, id, ph_part_inverted(part, ID)))
		return PH_MATCH_NO;
	if (ph_part_has(part, RES) && (reserved || (offset & 6)))
		return PH_MATCH_NO;
	if (ph_part_has(part, FIRST) && offset >> 3)
		return PH_MATCH_NO;
	if (ph_part_has(part, MORE) && !(offset & 1))
		return PH_MATCH_NO;
	return ph_match_if(!ph_part_has(part, LAST) || !(offset & 1));
}

static const struct ph_opt options[] = {
	{ .name = "fragid", .what = "an identification or a range of them", .type = PH_ARG_RANGE,
	  .flags = PH_OPT_INVERT | PH_OPT_DEFAULT, .id = ID, PH_OPT_FIELD(struct match_frag, id), .max = 0xffffffff },
	{ .name = "fraglen", .what = "bytes of the whole header", .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = LEN,
	  PH_OPT_FIELD(struct match_frag, len), .max = 0xffffffff },
	{ .name = "fragres", .type = PH_ARG_FLAG, .id = RES },
	{ .name = "fragfirst", .type = PH_ARG_FLAG, .id = FIRST },
	{ .name = "fragmore", .type = PH_ARG_FLAG, .id = MORE, .excludes = PH_BIT(LAST) },
	{ .name = "fraglast", .type = PH_ARG_FLAG, .id = LAST, .excludes = PH_BIT(MORE) },
};

const struct ph_ext ph_match_frag = {
	.name = "frag", .what = "IPv6 fragment header", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.size = sizeof(struct match_frag), PH_EXT_OPTIONS(options), .init = init, .match = match,
};
