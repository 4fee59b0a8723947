/* The expectation that a packet met, or nearly met. See nearest.h. */
#include "cmd/nearest.h"

#include <string.h>

static bool masked_equal(const struct ph_addr *a, const struct ph_addr *b, const struct ph_addr *mask)
{
	for (size_t i = 0; i < sizeof(a->b); i++)
		if ((a->b[i] ^ b->b[i]) & mask->b[i])
			return false;
	return true;
}

/* The fields of an expectation that the packet does not have. The sender's call is in no packet of GRE. */
static unsigned differences(const struct ph_brief *b, const struct ph_expect_info *e)
{
	uint16_t dport = b->has_call ? b->call : b->dport;
	unsigned fields = 0;

	if (!masked_equal(&b->src, &e->tuple.src, &e->mask_src))
		fields |= NEAREST_SRC;
	if (((b->sport ^ e->tuple.sport) & e->mask_sport) && !b->has_call)
		fields |= NEAREST_SPORT;
	if (memcmp(&b->dst, &e->tuple.dst, sizeof(b->dst)) != 0)
		fields |= NEAREST_DST;
	if (dport != e->tuple.dport)
		fields |= NEAREST_DPORT;
	if (b->proto != e->tuple.proto)
		fields |= NEAREST_PROTO;
	return fields;
}

void nearest_look(void *arg, const struct ph_expect_info *e)
{
	struct nearest *x = arg;
	unsigned fields;

	if (e->tuple.family != x->brief->family)
		return;
	fields = differences(x->brief, e);
	if (x->any && __builtin_popcount(fields) >= __builtin_popcount(x->differs))
		return;
	x->any = true;
	x->differs = fields;
	x->expect = *e;
}

static void put_fields(struct cmd_text *t, unsigned fields, bool calls)
{
	const char *const names[] = {
		"source address", calls ? "sender's call" : "source port", "destination address",
		calls ? "receiver's call" : "destination port", "protocol",
	};
	const char *before = "; not the ";

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(fields >> i & 1))
			continue;
		cmd_text_format(t, "%s%s", before, names[i]);
		before = ", the ";
	}
}

void cmd_text_nearest(struct cmd_text *t, const struct nearest *x)
{
	const struct ph_expect_info *e = &x->expect;
	static const uint8_t nothing[16];

	if (!x->any) {
		cmd_text_add(t, "no expectation is open");
		return;
	}
	cmd_text_format(t, "%s expectation %llu of connection %llu", x->differs ? "nearest, not matched:" : "matches",
	                (unsigned long long)e->id, (unsigned long long)e->master_id);
	if (e->helper)
		cmd_text_format(t, " (%s)", e->helper);
	cmd_text_add(t, ": ");
	cmd_text_tuple(t, &e->tuple);
	if (memcmp(e->mask_src.b, nothing, sizeof(nothing)) == 0)
		cmd_text_add(t, ", any source");
	else if (!e->mask_sport)
		cmd_text_add(t, ", any source port");
	if (e->flags & PH_EXPECT_INACTIVE)
		cmd_text_add(t, ", not active yet");
	put_fields(t, x->differs, e->tuple.proto == PH_PROTO_GRE);
}
