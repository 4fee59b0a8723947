/* The contract: what a helper may ask for at most, checked against what it asks for. The engine calls this for every
 * finding, so that a helper that was led astray by the bytes it reads opens nothing it has not declared. */
#include "helper/helper.h"
#include "helper/registry.h"

struct ph_finding *ph_out_add(struct ph_helper_out *out, enum ph_find_kind kind)
{
	struct ph_finding *f;

	if (out->n >= PH_FINDINGS) {
		out->lost++;
		return NULL;
	}
	f = &out->found[out->n++];
	*f = (struct ph_finding){ .kind = kind };
	return f;
}

/* A row, a wish and where it was found. */
struct check {
	const struct ph_contract *row;
	const struct ph_helper_in *in;
	const struct ph_finding *f;
	const struct ph_expect_want *want;
};

static size_t addr_len(uint8_t family)
{
	return family == PH_IPV4 ? 4 : 16;
}

/* a and b agree in the bits of mask. */
static bool equal_under(const struct ph_addr *a, const struct ph_addr *b, const struct ph_addr *mask)
{
	for (size_t i = 0; i < sizeof(mask->b); i++)
		if ((a->b[i] ^ b->b[i]) & mask->b[i])
			return false;
	return true;
}

/* Every bit of narrow is also in mask. */
static bool covers(const struct ph_addr *mask, const struct ph_addr *narrow)
{
	for (size_t i = 0; i < sizeof(mask->b); i++)
		if (narrow->b[i] & ~mask->b[i])
			return false;
	return true;
}

/* The mask leaves nothing of an address open. */
static bool mask_is_full(const struct ph_addr *mask, uint8_t family)
{
	for (size_t i = 0; i < addr_len(family); i++)
		if (mask->b[i] != 0xff)
			return false;
	return true;
}

/* Tuples are compared as bytes: what lies behind a short address must be zero. */
static bool addr_is_clean(const struct ph_addr *addr, uint8_t family)
{
	for (size_t i = addr_len(family); i < sizeof(addr->b); i++)
		if (addr->b[i] != 0)
			return false;
	return true;
}

static bool class_fits(const struct check *c)
{
	return c->want->class_ == c->row->class_ || c->f->kind != PH_FIND_EXPECT;
}

static bool family_fits(const struct check *c)
{
	const struct ph_tuple *t = &c->want->tuple;

	return t->family == c->in->family && addr_is_clean(&t->src, t->family) && addr_is_clean(&t->dst, t->family);
}

static bool proto_fits(const struct check *c)
{
	uint8_t proto = c->want->tuple.proto;

	return (proto == PH_PROTO_TCP && c->row->protos & PH_CONTRACT_TCP) ||
	       (proto == PH_PROTO_UDP && c->row->protos & PH_CONTRACT_UDP) ||
	       (proto == PH_PROTO_GRE && c->row->protos & PH_CONTRACT_GRE) ||
	       (proto == c->in->tuple[PH_ORIG].proto && c->row->protos & PH_CONTRACT_SAME);
}

/* A key map and a teardown name one tuple; they have no mask. */
static bool src_is_exact(const struct check *c)
{
	return c->f->kind != PH_FIND_EXPECT || mask_is_full(&c->want->mask_src, c->in->family);
}

static bool src_in_subnet(const struct check *c)
{
	const struct ph_helper_world *world = c->in->world;
	struct ph_addr net;

	return world && world->broadcast_net && world->broadcast_net(world->arg, &net) &&
	       covers(&c->want->mask_src, &net) &&
	       equal_under(&c->want->tuple.src, &c->in->tuple[PH_ORIG].dst, &net);
}

static bool src_fits(const struct check *c)
{
	const struct ph_addr *src = &c->want->tuple.src;

	switch (c->row->src) {
	case PH_MAY_PEER:
		return src_is_exact(c) && (ph_addr_equal(src, &c->in->tuple[PH_ORIG].src) ||
		                           ph_addr_equal(src, &c->in->tuple[PH_REPLY].src));
	case PH_MAY_ANY:
		return true;
	case PH_MAY_SUBNET:
		return src_in_subnet(c);
	case PH_MAY_PAYLOAD:
		return src_is_exact(c);
	case PH_MAY_NOT:
	case PH_MAY_FIXED:
	case PH_MAY_COUNT:
		break;
	}
	return false;
}

static bool sport_fits(const struct check *c)
{
	bool exact = c->f->kind != PH_FIND_EXPECT || c->want->mask_sport == 0xffff;

	switch (c->row->sport) {
	case PH_MAY_ANY:
		return true;
	case PH_MAY_PAYLOAD:
		return exact;
	case PH_MAY_FIXED:
		return exact && c->want->tuple.sport == c->row->fixed_sport;
	case PH_MAY_NOT:
	case PH_MAY_PEER:
	case PH_MAY_SUBNET:
	case PH_MAY_COUNT:
		break;
	}
	return false;
}

/* The destination is one of the connection's, and a fixed source is the other end of the same tuple: a helper opens
 * the way between the two ends, never from one end to itself. Answers to a broadcast go to the one who asked. */
static bool dst_is_peer(const struct check *c)
{
	const struct ph_tuple *t = &c->want->tuple;

	for (int dir = c->row->src == PH_MAY_SUBNET ? PH_REPLY : PH_ORIG; dir < PH_DIRS; dir++) {
		const struct ph_tuple *own = &c->in->tuple[dir];

		if (ph_addr_equal(&t->dst, &own->dst) &&
		    (c->row->src != PH_MAY_PEER || ph_addr_equal(&t->src, &own->src)))
			return true;
	}
	return false;
}

static bool dst_fits(const struct check *c)
{
	switch (c->row->dst) {
	case PH_MAY_PEER:
		return dst_is_peer(c);
	case PH_MAY_PAYLOAD:
		return true;
	case PH_MAY_NOT:
	case PH_MAY_ANY:
	case PH_MAY_SUBNET:
	case PH_MAY_FIXED:
	case PH_MAY_COUNT:
		break;
	}
	return false;
}

static bool dport_fits(const struct check *c)
{
	uint16_t dport = c->want->tuple.dport;

	switch (c->row->dport) {
	case PH_MAY_PAYLOAD:
		return dport >= c->row->min_dport;
	case PH_MAY_FIXED:
		return dport == c->in->tuple[PH_REPLY].dport;
	case PH_MAY_NOT:
	case PH_MAY_PEER:
	case PH_MAY_ANY:
	case PH_MAY_SUBNET:
	case PH_MAY_COUNT:
		break;
	}
	return false;
}

static bool flags_fit(const struct check *c)
{
	return (c->want->flags & ~c->row->flags) == 0;
}

static bool child_fits(const struct check *c)
{
	return c->want->child_helper == PH_HELPER_NONE ||
	       (c->row->child && ph_helper_of(c->want->child_helper) == c->row->child);
}

/* In the order in which they are reported. */
static const struct {
	const char *name;
	bool (*fits)(const struct check *c);
} parts[] = {
	{ "class", class_fits },
	{ "family", family_fits },
	{ "protocol", proto_fits },
	{ "source address", src_fits },
	{ "source port", sport_fits },
	{ "destination address", dst_fits },
	{ "destination port", dport_fits },
	{ "flags", flags_fit },
	{ "child helper", child_fits },
};
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

/* Does a row hold under these options? */
static bool row_holds(const struct ph_contract *row, const uint32_t *option)
{
	return row->option == 0 || (option && option[row->option - 1] == row->value);
}

/* For wishes with a tuple. The row that keeps most parts gives the answer. */
static const char *tuple_broken(const struct ph_helper *helper, const struct check *asked)
{
	struct check c = *asked;
	size_t best = 0;

	if (!helper->contract)
		return "class";
	for (c.row = helper->contract; !c.row->ends; c.row++) {
		size_t kept = 0;

		if (!row_holds(c.row, c.in->option))
			continue;
		while (kept < N_PARTS && parts[kept].fits(&c))
			kept++;
		if (kept == N_PARTS)
			return NULL;
		if (kept > best)
			best = kept;
	}
	return parts[best].name;
}

/* What a kind of finding is held to. Zero: nobody may give it. */
enum {
	HELD_TO_NOTHING = 1,    /* it changes nothing outside the helper */
	HELD_TO_ACTS = 2,       /* the helper declares the kind */
	HELD_TO_CLASS = 4,      /* it names one of the helper's classes */
	HELD_TO_TUPLE = 8,      /* its tuple keeps a row */
	HELD_TO_DIR = 16,
	HELD_TO_WORD = 32,      /* it stays in the state */
	HELD_TO_TAG = 64,       /* it names which of the connection's expectations */
};

static const uint8_t held_to[PH_FIND_KINDS] = {
	[PH_FIND_EXPECT] = HELD_TO_ACTS | HELD_TO_CLASS | HELD_TO_TUPLE,
	[PH_FIND_REMOVE] = HELD_TO_ACTS | HELD_TO_CLASS,
	[PH_FIND_ACTIVATE] = HELD_TO_ACTS | HELD_TO_CLASS | HELD_TO_TAG,
	[PH_FIND_RETIME] = HELD_TO_ACTS | HELD_TO_CLASS | HELD_TO_TAG,
	[PH_FIND_MASTER_TIMEOUT] = HELD_TO_ACTS,
	[PH_FIND_KEYMAP] = HELD_TO_ACTS | HELD_TO_DIR | HELD_TO_TUPLE,
	[PH_FIND_TEARDOWN] = HELD_TO_ACTS | HELD_TO_DIR | HELD_TO_TUPLE,
	[PH_FIND_REFUSED] = HELD_TO_NOTHING,
	[PH_FIND_STATE] = HELD_TO_WORD,
};

static bool class_exists(const struct ph_helper *helper, uint8_t class_)
{
	return class_ < PH_EXPECT_CLASSES && helper->policy[class_].timeout_s != 0;
}

const char *ph_contract_broken(const struct ph_helper *helper, const struct ph_helper_in *in,
                               const struct ph_finding *finding)
{
	const struct check c = { .in = in, .f = finding, .want = &finding->want };
	unsigned held = finding->kind < PH_FIND_KINDS ? held_to[finding->kind] : 0;

	if (held == 0 || (held & HELD_TO_ACTS && !(helper->acts & PH_ACTS(finding->kind))))
		return "kind of finding";
	if (held & HELD_TO_WORD && finding->word >= PH_HELPER_STATE / sizeof(uint32_t))
		return "state word";
	if (held & HELD_TO_CLASS &&
	    (!class_exists(helper, finding->want.class_) || (finding->last_class && !class_exists(helper, finding->last_class))))
		return "class";
	if (held & HELD_TO_TAG && finding->want.tag == 0)
		return "tag";
	/* It ends an expectation, perhaps another connection's: only for who may do that anyway. */
	if (finding->want.ends_inverse && !(helper->acts & PH_ACTS(PH_FIND_TEARDOWN)))
		return "inverse";
	if (held & HELD_TO_DIR && finding->dir >= PH_DIRS)
		return "direction";
	return held & HELD_TO_TUPLE ? tuple_broken(helper, &c) : NULL;
}
