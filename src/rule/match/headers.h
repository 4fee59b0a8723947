/* What matches share that read headers of their own: where they begin, and what a header that is cut short means. */
#ifndef PH_RULE_MATCH_HEADERS_H
#define PH_RULE_MATCH_HEADERS_H

#include "rule/ext.h"

/* Next header values of RFC 8200 and its kin. */
enum ph_ext_header {
	PH_EXT_HOP = 0, PH_EXT_ROUTING = 43, PH_EXT_FRAGMENT = 44, PH_EXT_AUTH = 51, PH_EXT_NONE = 59, PH_EXT_DEST = 60,
};

/* Everything behind the IP header (and extension headers), also of later fragments. */
static inline struct ph_cur ph_match_l4(const struct ph_pkt *pkt)
{
	struct ph_cur c = ph_cur_of(pkt->ip, pkt->len);

	if (!ph_cur_skip(&c, pkt->ip_hdr_len))
		c.at = c.end;
	return c;
}

/* The header a rule asks about is not all there: the packet is dropped, whatever the rule would do. */
static inline enum ph_match ph_match_unreadable(struct ph_rule_ctx *ctx)
{
	ctx->hotdrop = true;
	return PH_MATCH_NO;
}

static inline bool ph_range32_has(const struct ph_range32 *range, uint32_t value, bool inverted)
{
	return (value >= range->lo && value <= range->hi) != inverted;
}

enum ph_header6 { PH_HEADER6_ABSENT = 0, PH_HEADER6_FOUND, PH_HEADER6_BROKEN };

/* Looks for an extension header (enum ph_ext_header) in the chain of an IPv6 packet. FOUND: *out runs from it to the end of
 * the packet, at least 2 bytes. BROKEN: the chain ends in the middle of a header. Nothing is found behind the fragment
 * header of a later fragment. */
enum ph_header6 ph_header6_find(const struct ph_pkt *pkt, uint8_t which, struct ph_cur *out);

/* What stands behind the extension headers of a packet, be it there or not: a last header may say that it is longer than the
 * packet, and 59 is that nothing follows. False: the chain is broken, by a header that is cut within what has to be read
 * of it, or by a later fragment that begins with another extension header. */
PH_MUST_CHECK bool ph_header6_last(const struct ph_pkt *pkt, uint8_t *out);

/* Bytes of the extension header that begins at c, as it says itself. False: its first two bytes are not there. */
PH_MUST_CHECK bool ph_header6_len(uint8_t which, const struct ph_cur *c, uint32_t *len);

#endif
