/* IPv6 hop-by-hop options: the only part of a packet's options that every router reads before any rule does.
 * RFC 8200 4.2 and 4.3 say what an option is, RFC 2711 and 2675 what two of them mean; how much padding and how many
 * options are taken is the reference's (measured on Linux 6.18). */
#include "net/packet.h"

enum { OPT_PAD1 = 0, OPT_PADN = 1, OPT_ROUTER_ALERT = 5, OPT_JUMBO = 0xc2 };

#define PADDING_MAX 7u          /* bytes in a row: more are never needed to align to 8 */
#define OPTIONS_MAX 8u          /* net.ipv6.max_hbh_opts_number; padding is not counted */
#define OPT_ACTION 0xc0u        /* an unknown option says in these bits what to do: 0 is to pass it over */

/* What was read so far. */
struct hop_options {
	uint32_t n, padding;
	uint32_t jumbo_len;
};

static bool read_padding(struct hop_options *o, struct ph_cur body, uint32_t len)
{
	uint8_t b;

	o->padding += len;
	if (o->padding > PADDING_MAX)
		return false;
	while (ph_cur_u8(&body, &b))
		if (b != 0)
			return false;
	return true;
}

/* offset: of the option in the header; the header itself begins on a multiple of 4. */
static bool read_option(struct hop_options *o, uint8_t type, struct ph_cur body, size_t offset)
{
	size_t len = ph_cur_left(&body);

	o->padding = 0;
	if (++o->n > OPTIONS_MAX)
		return false;
	switch (type) {
	case OPT_ROUTER_ALERT:
		return len == 2;
	case OPT_JUMBO:
		return len == 4 && offset % 4 == 2 && ph_cur_u32(&body, &o->jumbo_len) && o->jumbo_len > UINT16_MAX;
	default:
		return (type & OPT_ACTION) == 0;
	}
}

/* One option, padding or other. start: the header's first byte. */
static bool read_any(struct hop_options *o, struct ph_cur *c, const uint8_t *start)
{
	size_t offset = (size_t)(c->at - start);
	struct ph_cur body = { c->end, c->end };
	uint8_t type, len;

	if (!ph_cur_u8(c, &type))
		return false;
	if (type == OPT_PAD1)
		return read_padding(o, body, 1);
	if (!ph_cur_u8(c, &len) || !ph_cur_sub(c, len, &body))
		return false;
	if (type == OPT_PADN)
		return read_padding(o, body, len + 2u);
	return read_option(o, type, body, offset);
}

bool ph_pkt_hop_options_ok(const struct ph_cur *header, uint32_t *jumbo_len)
{
	struct hop_options o = { 0 };
	struct ph_cur c = *header;

	if (!ph_cur_skip(&c, 2))
		return false;
	while (ph_cur_left(&c) > 0)
		if (!read_any(&o, &c, header->at))
			return false;
	*jumbo_len = o.jumbo_len;
	return true;
}
