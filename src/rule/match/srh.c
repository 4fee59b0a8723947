/* -m srh: IPv6's segment routing header. RFC 8754 2. */
#include "rule/match/headers.h"
#include "rule/text/args.h"

enum { NEXT, LEN_EQ, LEN_GT, LEN_LT, LEFT_EQ, LEFT_GT, LEFT_LT, LAST_EQ, LAST_GT, LAST_LT, TAG, PSID, NSID, LSID };
#define ROUTING_TYPE 4
#define SRH_FIXED 8u
#define SID 16u

/* Of eq, gt and lt of one field the last value given counts for all, as in iptables. sid: previous, next, last. */
struct match_srh {
	uint8_t next, len, left, last;
	uint16_t tag;
	struct ph_addr_test sid[3];
};

struct srh {
	uint8_t next, len, left, last;
	uint16_t tag;
	struct ph_cur segments;
};

/* False: no such header, one of another type, or one that is cut or contradicts itself. */
static bool read_srh(const struct ph_pkt *pkt, struct srh *out)
{
	struct ph_cur all, c;
	uint8_t type, tag[2];
	uint32_t len;

	if (ph_header6_find(pkt, PH_EXT_ROUTING, &all) != PH_HEADER6_FOUND || !ph_header6_len(PH_EXT_ROUTING, &all, &len) ||
	    !ph_cur_sub(&all, len, &c))
		return false;
	if (!ph_cur_u8(&c, &out->next) || !ph_cur_u8(&c, &out->len) || !ph_cur_u8(&c, &type) || !ph_cur_u8(&c, &out->left) ||
	    !ph_cur_u8(&c, &out->last) || !ph_cur_skip(&c, 1) || !ph_cur_bytes(&c, tag, sizeof(tag)))
		return false;
	/* The kernel compares the bytes as they lie there: on little-endian machines, and here, 16 is the tag 0x1000. */
	out->tag = (uint16_t)(tag[1] << 8 | tag[0]);
	/* Segments may lie behind the end that the header gives: they are read from the packet. */
	out->segments = ph_cur_of(c.at, ph_cur_left(&c) + ph_cur_left(&all));
	return type == ROUTING_TYPE && out->left <= out->last;
}

static bool number_hit(const struct ph_part *part, unsigned id, bool holds)
{
	return !ph_part_has(part, id) || holds != ph_part_inverted(part, id);
}

/* Three options that compare one field. */
static bool compared(const struct ph_part *part, unsigned id, uint8_t value, uint8_t with)
{
	return number_hit(part, id, value == with) && number_hit(part, id + 1, value > with) &&
	       number_hit(part, id + 2, value < with);
}

/* id: PSID, NSID, LSID; index: of the segment. */
static bool segment_hit(const struct ph_part *part, unsigned id, const struct srh *srh, unsigned index)
{
	const struct match_srh *m = (const void *)part->data;
	const struct ph_addr_test *t = &m->sid[id - PSID];
	struct ph_cur c = srh->segments;
	struct ph_addr addr;
	bool same = true;

	if (!ph_cur_skip(&c, index * SID) || !ph_cur_bytes(&c, addr.b, sizeof(addr.b)))
		return false;
	for (size_t i = 0; i < sizeof(addr.b); i++)
		same = same && ((addr.b[i] ^ t->addr.b[i]) & t->mask.b[i]) == 0;
	return same != ph_part_inverted(part, id);
}

static bool segments_hit(const struct ph_part *part, const struct srh *srh)
{
	if (ph_part_has(part, PSID) && (srh->left == srh->last || !segment_hit(part, PSID, srh, srh->left + 1u)))
		return false;
	if (ph_part_has(part, NSID) && (srh->left == 0 || !segment_hit(part, NSID, srh, srh->left - 1u)))
		return false;
	return !ph_part_has(part, LSID) || segment_hit(part, LSID, srh, 0);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_srh *m = (const void *)part->data;
	struct srh srh;

	if (!read_srh(ctx->pkt, &srh))
		return PH_MATCH_NO;
	return ph_match_if(number_hit(part, NEXT, srh.next == m->next) && compared(part, LEN_EQ, srh.len, m->len) &&
	                   compared(part, LEFT_EQ, srh.left, m->left) && compared(part, LAST_EQ, srh.last, m->last) &&
	                   number_hit(part, TAG, srh.tag == m->tag) && segments_hit(part, &srh));
}

static void print_sid(const struct ph_addr_test *t, uint8_t family, struct ph_writer *w)
{
	char text[PH_ADDR_TEXT];

	ph_put_text(w, ph_addr_format(text, family, &t->addr));
	ph_put_mask(w, family, &t->mask);
}

static void print_psid(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	print_sid(&((const struct match_srh *)(const void *)part->data)->sid[0], family, w);
}

static void print_nsid(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	print_sid(&((const struct match_srh *)(const void *)part->data)->sid[1], family, w);
}

static void print_lsid(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	print_sid(&((const struct match_srh *)(const void *)part->data)->sid[2], family, w);
}

#define NUMBER(option, which, field, most) \
	{ .name = option, .what = "a number to " #most, .type = PH_ARG_UINT, .flags = PH_OPT_INVERT, .id = which, \
	  PH_OPT_FIELD(struct match_srh, field), .max = most }
#define SEGMENT(option, which, printer) \
	{ .name = option, .what = "ADDRESS or ADDRESS/MASK", .type = PH_ARG_ADDR, .flags = PH_OPT_INVERT, .id = which, \
	  PH_OPT_FIELD(struct match_srh, sid[(which) - PSID]), .print = printer }

static const struct ph_opt options[] = {
	NUMBER("srh-next-hdr", NEXT, next, 255),
	NUMBER("srh-hdr-len-eq", LEN_EQ, len, 255), NUMBER("srh-hdr-len-gt", LEN_GT, len, 255),
	NUMBER("srh-hdr-len-lt", LEN_LT, len, 255),
	NUMBER("srh-segs-left-eq", LEFT_EQ, left, 255), NUMBER("srh-segs-left-gt", LEFT_GT, left, 255),
	NUMBER("srh-segs-left-lt", LEFT_LT, left, 255),
	NUMBER("srh-last-entry-eq", LAST_EQ, last, 255), NUMBER("srh-last-entry-gt", LAST_GT, last, 255),
	NUMBER("srh-last-entry-lt", LAST_LT, last, 255),
	NUMBER("srh-tag", TAG, tag, 65535),
	SEGMENT("srh-psid", PSID, print_psid), SEGMENT("srh-nsid", NSID, print_nsid), SEGMENT("srh-lsid", LSID, print_lsid),
};

const struct ph_ext ph_match_srh = {
	.name = "srh", .what = "segment routing header", .kind = PH_EXT_MATCH, .families = PH_FAMILY_6,
	.size = sizeof(struct match_srh), PH_EXT_OPTIONS(options), .match = match,
};
