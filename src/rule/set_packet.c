/* What packets ask of sets, and how they change them; see set.h. */
#include "rule/set.h"

#include <string.h>
#include "rule/match/headers.h"
#include "rule/match/link.h"

/* The clock of loaded timeouts starts with the first packet. */
static void start(struct ph_sets *sets, uint64_t now_ms)
{
	if (!sets->started)
		sets->start_ms = now_ms;
	sets->started = true;
}

static bool is_over(const struct ph_sets *sets, bool loaded, uint64_t expires_ms, uint64_t now_ms)
{
	if (!expires_ms)
		return false;
	return now_ms >= (loaded ? sets->start_ms + expires_ms : expires_ms);
}

static bool is_source(const struct ph_set_ask *ask, unsigned dim)
{
	return ask->src >> dim & 1;
}

/* Ports, or type and code. False: this packet shows none where its protocol has them. */
static bool read_port(const struct ph_pkt *pkt, bool source, struct ph_set_key *key)
{
	struct ph_cur l4 = ph_match_l4(pkt);
	uint16_t sport, dport;

	key->proto = pkt->l4_proto;
	switch (pkt->l4_proto) {
	case PH_PROTO_TCP:
	case PH_PROTO_UDP:
	case PH_PROTO_UDPLITE:
	case PH_PROTO_SCTP:
		if (pkt->frag_off || !ph_cur_u16(&l4, &sport) || !ph_cur_u16(&l4, &dport))
			return false;
		key->port = source ? sport : dport;
		return true;
	case PH_PROTO_ICMP:
	case PH_PROTO_ICMPV6:
		return !pkt->frag_off && ph_cur_u16(&l4, &key->port);
	default:
		return true;
	}
}

/* bitmap:port has one number for TCP and UDP. */
static bool read_bitmap_port(const struct ph_pkt *pkt, bool source, struct ph_set_key *key)
{
	if ((pkt->l4_proto != PH_PROTO_TCP && pkt->l4_proto != PH_PROTO_UDP) || !read_port(pkt, source, key))
		return false;
	key->proto = 0;
	return true;
}

static bool is_zero(const struct ph_addr *addr)
{
	static const struct ph_addr zero;

	return memcmp(addr, &zero, sizeof(zero)) == 0;
}

static bool in_bitmap(const struct ph_set *set, const struct ph_addr *addr)
{
	const struct ph_set_config *c = &set->config;

	return !c->type->bitmap || (memcmp(addr, &c->lo, sizeof(*addr)) >= 0 && memcmp(addr, &c->hi, sizeof(*addr)) <= 0);
}

static enum ph_match read_mac(const struct ph_rule_ctx *ctx, bool source, struct ph_set_key *key)
{
	static const uint8_t zero[6];
	enum ph_match there = ph_link_source(ctx, key->mac);

	if (there != PH_MATCH_YES)
		return there;
	if (!source) {
		/* Only an Ethernet header shows where the frame goes. */
		if (ctx->frame->link != PH_LINK_ETHERNET)
			return PH_MATCH_UNKNOWN;
		memcpy(key->mac, ctx->frame->data, sizeof(key->mac));
	}
	return ph_match_if(memcmp(key->mac, zero, sizeof(zero)) != 0);
}

static enum ph_match read_part(const struct ph_set *set, const struct ph_set_ask *ask, const struct ph_rule_ctx *ctx,
                               unsigned dim, struct ph_set_key *key)
{
	const struct ph_pkt *pkt = ctx->pkt;
	bool source = is_source(ask, dim);
	const struct ph_addr *addr = source ? &pkt->src : &pkt->dst;

	switch ((enum ph_set_part)set->config.type->part[dim]) {
	case PH_SET_IP:
		key->ip = *addr;
		if (!in_bitmap(set, addr))
			return PH_MATCH_NO;
		ph_set_cut(&key->ip, set->config.netmask);
		return ph_match_if(set->config.type->bitmap || !is_zero(&key->ip));
	case PH_SET_NET:
		key->ip = *addr;
		return PH_MATCH_YES;
	case PH_SET_IP2:
	case PH_SET_NET2:
		key->ip2 = *addr;
		return PH_MATCH_YES;
	case PH_SET_PORT:
		return ph_match_if(set->config.type->bitmap ? read_bitmap_port(pkt, source, key) : read_port(pkt, source, key));
	case PH_SET_IFACE:
		memcpy(key->iface, source ? ctx->in->name : ctx->out->name, sizeof(key->iface));
		return ph_match_if(key->iface[0] != '\0');
	case PH_SET_MAC:
		return read_mac(ctx, source, key);
	case PH_SET_NOTHING:
		break;
	}
	return PH_MATCH_NO;
}

/* The key of a packet, its networks not yet cut. */
static enum ph_match read_key(const struct ph_set *set, const struct ph_set_ask *ask, const struct ph_rule_ctx *ctx,
                              struct ph_set_key *key)
{
	enum ph_match result = PH_MATCH_YES;

	memset(key, 0, sizeof(*key));
	if (ask->n < set->config.type->n || !ph_set_fits(set, ctx->pkt->family))
		return PH_MATCH_NO;
	for (unsigned i = 0; i < set->config.type->n && result == PH_MATCH_YES; i++)
		result = read_part(set, ask, ctx, i, key);
	return result;
}

static bool compares(uint8_t op, uint64_t count, uint64_t with)
{
	switch ((enum ph_set_op)op) {
	case PH_SET_ANY:
		return true;
	case PH_SET_EQ:
		return count == with;
	case PH_SET_NE:
		return count != with;
	case PH_SET_LT:
		return count < with;
	case PH_SET_GT:
		return count > with;
	}
	return false;
}

/* Counts the packet, then compares. */
static bool counters_hold(const struct ph_set *set, const struct ph_set_ask *ask, struct ph_set_elem *elem, uint32_t len)
{
	if (!set->config.counters)
		return true;
	if (!ask->keep_counters) {
		elem->packets += elem->packets != UINT64_MAX;
		elem->bytes = elem->bytes > UINT64_MAX - len ? UINT64_MAX : elem->bytes + len;
	}
	return compares(ask->packets_op, elem->packets, ask->packets) && compares(ask->bytes_op, elem->bytes, ask->bytes);
}

static bool has_nets(const struct ph_set_type *type)
{
	return memchr(type->part, PH_SET_NET, type->n) || memchr(type->part, PH_SET_NET2, type->n);
}

/* One look. UNKNOWN: nothing found. */
static enum ph_match look(struct ph_set *set, const struct ph_set_ask *ask, const struct ph_set_key *key,
                          const struct ph_rule_ctx *ctx)
{
	struct ph_set_elem *elem = ph_set_find(set, key);

	if (!elem || is_over(set->sets, elem->loaded, elem->expires_ms, ctx->now_ms) ||
	    !counters_hold(set, ask, elem, ctx->pkt->len))
		return PH_MATCH_UNKNOWN;
	if (ask->return_nomatch && has_nets(set->config.type))
		return ph_match_if(elem->nomatch);
	return ph_match_if(!elem->nomatch);
}

/* The lengths of networks there are, longest first; the longest that holds the address decides. */
static enum ph_match look_at_nets(struct ph_set *set, const struct ph_set_ask *ask, const struct ph_set_key *key,
                                  const struct ph_rule_ctx *ctx)
{
	bool second = memchr(set->config.type->part, PH_SET_NET2, set->config.type->n) != NULL;
	const uint32_t *n = second ? set->n_cidr2 : set->n_cidr;

	for (unsigned len = 129; len-- > 0;) {
		struct ph_set_key cut = *key;
		enum ph_match result;

		if (!n[len])
			continue;
		ph_set_cut(second ? &cut.ip2 : &cut.ip, len);
		*(second ? &cut.cidr2 : &cut.cidr) = (uint8_t)len;
		result = look(set, ask, &cut, ctx);
		if (result != PH_MATCH_UNKNOWN)
			return result;
	}
	return PH_MATCH_NO;
}

static enum ph_match test_one(struct ph_set *set, const struct ph_set_ask *ask, const struct ph_rule_ctx *ctx)
{
	struct ph_set_key key;
	enum ph_match result = read_key(set, ask, ctx, &key);

	if (result != PH_MATCH_YES)
		return result;
	if (has_nets(set->config.type))
		return look_at_nets(set, ask, &key, ctx);
	result = look(set, ask, &key, ctx);
	return result == PH_MATCH_UNKNOWN ? PH_MATCH_NO : result;
}

enum ph_match ph_set_test(struct ph_set *set, const struct ph_set_ask *ask, const struct ph_rule_ctx *ctx)
{
	enum ph_match result = PH_MATCH_NO;
	struct ph_set_ask sub = *ask;

	start(set->sets, ctx->now_ms);
	if (!set->config.type->list)
		return test_one(set, ask, ctx);
	sub.keep_counters = ask->keep_counters || ask->keep_subcounters;
	for (size_t i = 0; i < set->n_members; i++) {
		const struct ph_set_member *m = &set->member[i];
		enum ph_match one;

		if (is_over(set->sets, m->loaded, m->expires_ms, ctx->now_ms))
			continue;
		one = test_one(m->set, &sub, ctx);
		if (one == PH_MATCH_YES)
			return one;
		if (one == PH_MATCH_UNKNOWN)
			result = one;
	}
	return result;
}

/* The element a packet stands for: networks as long as addresses are. */
static bool whole_key(const struct ph_set *set, const struct ph_set_ask *ask, const struct ph_rule_ctx *ctx,
                      struct ph_set_key *key)
{
	uint8_t full = ctx->pkt->family == PH_IPV4 ? 32 : 128;

	if (read_key(set, ask, ctx, key) != PH_MATCH_YES)
		return false;
	if (memchr(set->config.type->part, PH_SET_NET, set->config.type->n))
		key->cidr = full;
	if (memchr(set->config.type->part, PH_SET_NET2, set->config.type->n))
		key->cidr2 = full;
	return true;
}

static void add_one(struct ph_set *set, const struct ph_set_ask *ask, uint32_t timeout_s, bool again,
                    const struct ph_rule_ctx *ctx)
{
	struct ph_set_elem elem = { .expires_ms = 0 }, *there;

	if (!whole_key(set, ask, ctx, &elem.key))
		return;
	if (timeout_s == PH_SET_TIMEOUT_DEFAULT)
		timeout_s = set->config.timeout_s;
	if (set->config.timeouts && timeout_s)
		elem.expires_ms = ctx->now_ms + (uint64_t)timeout_s * 1000;
	there = ph_set_find(set, &elem.key);
	if (there && is_over(set->sets, there->loaded, there->expires_ms, ctx->now_ms)) {
		(void)ph_set_remove(set, &elem.key);
		there = NULL;
	}
	if (there && again) {
		there->expires_ms = elem.expires_ms;
		there->loaded = false;
	}
	/* A full set takes no more: the packet goes on. */
	if (!there)
		(void)ph_set_insert(set, &elem, false);
}

void ph_set_add_packet(struct ph_set *set, const struct ph_set_ask *ask, uint32_t timeout_s, bool again,
                       const struct ph_rule_ctx *ctx)
{
	start(set->sets, ctx->now_ms);
	if (!set->config.type->list)
		add_one(set, ask, timeout_s, again, ctx);
	else if (set->n_members)
		add_one(set->member[0].set, ask, timeout_s, again, ctx);
}

void ph_set_del_packet(struct ph_set *set, const struct ph_set_ask *ask, const struct ph_rule_ctx *ctx)
{
	struct ph_set_key key;

	start(set->sets, ctx->now_ms);
	for (size_t i = 0; i < set->n_members; i++)
		if (whole_key(set->member[i].set, ask, ctx, &key) && ph_set_remove(set->member[i].set, &key))
			return;
	if (!set->config.type->list && whole_key(set, ask, ctx, &key))
		(void)ph_set_remove(set, &key);
}
