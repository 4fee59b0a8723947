/* -m cluster: is it this node's turn? A hash of the connection's first source address says which node's it is: that of Bob
 * Jenkins (lookup3, public domain), started as Linux starts it, over the address as a little-endian machine reads it. */
#include "rule/ext.h"

enum { TOTAL, NODE, MASK, SEED };
#define START 0xdeadbeefu

struct match_cluster {
	uint32_t mask, total, seed;
	uint32_t node;          /* 0: not said */
};

static uint32_t rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

static void finish(uint32_t s[3])
{
	s[2] ^= s[1]; s[2] -= rotate(s[1], 14);
	s[0] ^= s[2]; s[0] -= rotate(s[2], 11);
	s[1] ^= s[0]; s[1] -= rotate(s[0], 25);
	s[2] ^= s[1]; s[2] -= rotate(s[1], 16);
	s[0] ^= s[2]; s[0] -= rotate(s[2], 4);
	s[1] ^= s[0]; s[1] -= rotate(s[0], 14);
	s[2] ^= s[1]; s[2] -= rotate(s[1], 24);
}

/* Of IPv6 addresses, too, only the first four bytes count: so it is in the kernel. */
static uint32_t hash(const struct ph_tuple *tuple, uint32_t seed)
{
	const uint8_t *b = tuple->src.b;
	uint32_t start = START + seed + 4, s[3] = { start, start, start };

	s[0] += (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
	finish(s);
	return s[2];
}

/* What was expected goes where its master goes. */
static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_cluster *m = (const void *)part->data;
	const struct ph_conn *conn = ctx->master ? ctx->master : ctx->conn;
	bool inverted = ph_part_inverted(part, MASK);
	uint32_t node;

	if (!ctx->conn)
		return PH_MATCH_NO;
	node = (uint32_t)((uint64_t)hash(&conn->tuple, m->seed) * m->total >> 32);
	return ph_match_if((m->mask >> node & 1) != inverted);
}

static bool check(struct ph_check *c)
{
	struct match_cluster *m = (void *)c->part->data;

	if (ph_part_has(c->part, NODE)) {
		if (m->node > m->total)
			return ph_check_error(c, NODE, "node %u of %u: there is no such node", m->node, m->total);
		m->mask = 1u << (m->node - 1);
		if (ph_part_inverted(c->part, NODE))
			c->part->inverted |= PH_BIT(MASK);
	} else if (!ph_part_has(c->part, MASK)) {
		return ph_check_error(c, -1, "--cluster-local-node or --cluster-local-nodemask is missing");
	}
	if ((uint64_t)m->mask >> m->total)
		return ph_check_error(c, MASK, "0x%x has bits above those of %u nodes", m->mask, m->total);
	c->part->given = PH_BIT(TOTAL) | PH_BIT(MASK) | PH_BIT(SEED);
	c->part->inverted &= PH_BIT(MASK);
	m->node = 0;
	return true;
}

static void print_mask(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_cluster *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "0x%08x", m->mask);
}

static void print_seed(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_cluster *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "0x%08x", m->seed);
}

static const struct ph_opt options[] = {
	{ .name = "cluster-local-nodemask", .what = "a set of nodes, a bit for each", .type = PH_ARG_UINT,
	  .flags = PH_OPT_INVERT, .id = MASK, PH_OPT_FIELD(struct match_cluster, mask), .min = 1, .max = 0xffffffff,
	  .excludes = PH_BIT(NODE), .print = print_mask },
	{ .name = "cluster-local-node", .what = "a number from 1 to 32", .type = PH_ARG_UINT,
	  .flags = PH_OPT_INVERT | PH_OPT_QUIET, .id = NODE, PH_OPT_FIELD(struct match_cluster, node), .min = 1, .max = 32,
	  .excludes = PH_BIT(MASK) },
	{ .name = "cluster-total-nodes", .what = "a number from 1 to 32", .type = PH_ARG_UINT, .flags = PH_OPT_NEEDED,
	  .id = TOTAL, PH_OPT_FIELD(struct match_cluster, total), .min = 1, .max = 32 },
	{ .name = "cluster-hash-seed", .what = "a number", .type = PH_ARG_UINT, .flags = PH_OPT_NEEDED, .id = SEED,
	  PH_OPT_FIELD(struct match_cluster, seed), .max = 0xffffffff, .print = print_seed },
};

const struct ph_ext ph_match_cluster = {
	.name = "cluster", .what = "this node's share of the connections", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_TRACK, .size = sizeof(struct match_cluster), PH_EXT_OPTIONS(options), .check = check,
	.match = match,
};
