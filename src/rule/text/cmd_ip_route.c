/* ip route add, append, replace: see ip-route(8). What the kernel refuses is refused; checked on Linux 6.18. */
#include "rule/text/cmd_ip.h"

#define DEFAULT_METRIC_V6 1024

static const struct {
	const char *name;
	enum ph_route_type type;        /* PH_ROUTE_NONE: not evaluated */
} types[] = {
	{ "unicast", PH_ROUTE_UNICAST },
	{ "local", PH_ROUTE_LOCAL },
	{ "broadcast", PH_ROUTE_BROADCAST },
	{ "blackhole", PH_ROUTE_BLACKHOLE },
	{ "unreachable", PH_ROUTE_UNREACHABLE },
	{ "prohibit", PH_ROUTE_PROHIBIT },
	{ "multicast", PH_ROUTE_MULTICAST },
	{ "anycast", PH_ROUTE_ANYCAST },
	{ "throw", PH_ROUTE_THROW },
	{ "nat", PH_ROUTE_NONE },
};

bool ph_ip_route_type(const char *name, enum ph_route_type *out)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(types[i].name, name) == 0) {
			*out = types[i].type;
			return true;
		}
	return false;
}

bool ph_ip_route_table(const char *name, enum ph_route_table *out)
{
	static const struct {
		const char *name, *number;
		enum ph_route_table table;
	} tables[] = {
		{ "main", "254", PH_ROUTE_TABLE_MAIN },
		{ "local", "255", PH_ROUTE_TABLE_LOCAL },
		{ "default", "253", PH_ROUTE_TABLE_DEFAULT },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (strcmp(name, tables[i].name) == 0 || strcmp(name, tables[i].number) == 0) {
			*out = tables[i].table;
			return true;
		}
	return false;
}

static bool leads_nowhere(enum ph_route_type type)
{
	return type == PH_ROUTE_BLACKHOLE || type == PH_ROUTE_UNREACHABLE || type == PH_ROUTE_PROHIBIT || type == PH_ROUTE_THROW;
}

/* The interface that leads to a gateway: it must be a neighbour. */
static bool find_gateway(struct ph_policy_load *load, const struct ph_word *at, uint8_t family, struct ph_route_hop *to)
{
	to->iface = ph_route_neighbour(load->policy->written, family, &to->via);
	if (to->iface != PH_NO_IFACE)
		return true;
	ph_load_error(load, at, "%.60s: its gateway is in no connected network; give the address of the interface first, or dev NAME",
	              at->text);
	return false;
}

/* Sees to it that a next hop has an interface. False: complained. */
static bool find_iface(struct ph_policy_load *load, const struct ph_word *at, uint8_t family, bool via_given,
                       struct ph_route_hop *hop)
{
	if (hop->iface != PH_NO_IFACE)
		return true;
	if (via_given)
		return find_gateway(load, at, family, hop);
	ph_load_error(load, at, "%.60s: leads nowhere; give via ADDRESS or dev NAME", at->text);
	return false;
}

/* Several next hops become those of the entry. False: complained. */
static bool find_legs(struct ph_policy_load *load, const struct ph_word *at, struct ph_ip_route *route)
{
	struct ph_route_entry *entry = &route->entry;

	for (size_t i = 0; i < route->n_legs; i++) {
		if (!find_iface(load, at, entry->family, route->leg_via_given[i], &route->leg[i]))
			return false;
		route->leg[i].type = entry->hop.type;
	}
	entry->hop = route->leg[0];
	entry->more = route->leg + 1;
	entry->n_more = route->n_legs - 1;
	return true;
}

void ph_ip_route_add(struct ph_policy_load *load, const struct ph_word *at, struct ph_ip_route *route)
{
	struct ph_route_entry *entry = &route->entry;
	enum ph_status status;

	if (entry->family == 0)
		entry->family = PH_IPV4;
	if (!route->metric_given)
		entry->metric = entry->family == PH_IPV6 ? DEFAULT_METRIC_V6 : 0;
	if (leads_nowhere(entry->hop.type)) {
		entry->hop.iface = PH_NO_IFACE;
	} else if (route->n_legs > 0) {
		if (!find_legs(load, at, route))
			return;
	} else if (!find_iface(load, at, entry->family, route->via_given, &entry->hop)) {
		return;
	}
	status = ph_route_add(load->policy->written, entry);
	if (status == PH_EXISTS && !route->again)
		ph_load_error(load, at, "%.60s: File exists: there is a route to it with the same metric", at->text);
	else if (status == PH_FULL)
		ph_load_error(load, at, "%.60s: too many routes, or more than %d next hops", at->text, PH_ROUTE_LEGS);
	else if (status != PH_OK && status != PH_EXISTS)
		ph_load_error(load, at, "%s", ph_status_text(status));
}

/* What was read so far of one command. */
struct reading {
	struct ph_policy_load *load;
	struct ph_ip_args *args;
	struct ph_ip_route route;
	const struct ph_word *prefix, *type, *table;    /* table: one that is not evaluated */
	bool bad;
};

static void fail(struct reading *r, const struct ph_word *at, const char *text)
{
	ph_load_error(r->load, at, "%.60s: %s", at->text, text);
	r->bad = true;
}

/* A gateway: of the route, or of one of its next hops. */
static void read_gateway(struct reading *r, const struct ph_word *word, struct ph_addr *via, bool *given)
{
	struct ph_route_entry *entry = &r->route.entry;
	uint8_t named = 0, family;

	if (strcmp(word->text, "inet") == 0 || strcmp(word->text, "inet6") == 0) {
		named = word->len == 4 ? PH_IPV4 : PH_IPV6;
		word = ph_ip_need(r->load, r->args);
		if (!word) {
			r->bad = true;
			return;
		}
	}
	if (!ph_ip_addr(word->text, word->len, &family, via) || (named != 0 && named != family)) {
		fail(r, word, "not an address");
		return;
	}
	*given = true;
	if (entry->family == 0)
		entry->family = family;
	else if (entry->family != family)
		fail(r, word, "a gateway of the other family is not evaluated yet");
}

static void read_via(struct reading *r, const struct ph_word *word)
{
	read_gateway(r, word, &r->route.entry.hop.via, &r->route.via_given);
}

static int read_iface(struct reading *r, const struct ph_word *word)
{
	int iface = ph_ip_iface(r->load, word);

	r->bad = r->bad || iface == PH_NO_IFACE;
	return iface;
}

static void read_dev(struct reading *r, const struct ph_word *word)
{
	r->route.entry.hop.iface = read_iface(r, word);
}

static void read_metric(struct reading *r, const struct ph_word *word)
{
	int64_t value;

	if (!ph_load_number(word->text, word->len, UINT32_MAX, &value) || value < 0) {
		fail(r, word, "not a metric; it is 0 to 4294967295");
		return;
	}
	r->route.entry.metric = (uint32_t)value;
	/* IPv6 reads 0 as "none given". */
	r->route.metric_given = value != 0 || r->route.entry.family != PH_IPV6;
}

static void read_table(struct reading *r, const struct ph_word *word)
{
	if (!ph_ip_route_table(word->text, &r->route.entry.table))
		r->table = word;
}

/* How many packets take a next hop: here all take the first. */
static void check_weight(struct reading *r, const struct ph_word *word)
{
	int64_t value;

	if (!ph_load_number(word->text, word->len, 256, &value) || value < 1)
		fail(r, word, "not a weight; it is 1 to 256");
}

/* What follows the word `nexthop`, up to the next one; returns that, or NULL at the end. */
static const struct ph_word *read_leg(struct reading *r, const struct ph_word *at)
{
	size_t i = r->route.n_legs++;
	struct ph_route_hop *leg = &r->route.leg[i];
	const struct ph_word *word, *value;

	*leg = (struct ph_route_hop){ .iface = PH_NO_IFACE };
	r->route.leg_via_given[i] = false;
	while ((word = ph_ip_next(r->args)) && strcmp(word->text, "nexthop") != 0) {
		bool via = strcmp(word->text, "via") == 0, dev = strcmp(word->text, "dev") == 0;

		if (strcmp(word->text, "onlink") == 0 || strcmp(word->text, "pervasive") == 0)
			continue;
		if (!via && !dev && strcmp(word->text, "weight") != 0) {
			fail(r, word, "not known of a next hop; write nexthop via ADDRESS dev NAME weight N");
			return NULL;
		}
		value = ph_ip_need(r->load, r->args);
		r->bad = r->bad || !value;
		if (value && via)
			read_gateway(r, value, &leg->via, &r->route.leg_via_given[i]);
		else if (value && dev)
			leg->iface = read_iface(r, value);
		else if (value)
			check_weight(r, value);
		if (r->bad)
			return NULL;
	}
	if (!r->route.leg_via_given[i] && (r->route.entry.family == PH_IPV6 || leg->iface == PH_NO_IFACE))
		fail(r, at, r->route.entry.family == PH_IPV6 ? "a next hop of IPv6 needs via ADDRESS" : "leads nowhere; give via ADDRESS or dev NAME");
	return r->bad ? NULL : word;
}

/* Next hops are the last words of a route. */
static void read_legs(struct reading *r, const struct ph_word *at)
{
	while (at) {
		if (r->route.n_legs == PH_ROUTE_LEGS) {
			fail(r, at, "a route has at most 16 next hops here");
			return;
		}
		at = read_leg(r, at);
	}
}

static void refuse(struct reading *r, const struct ph_word *word)
{
	fail(r, word - 1, "not evaluated; write the route without it");
}

/* Of how this machine's own connections use the route. mtu and others may be locked. */
static void read_nothing(struct reading *r, const struct ph_word *word)
{
	if (strcmp(word->text, "lock") == 0 && !ph_ip_need(r->load, r->args))
		r->bad = true;
}

static const struct {
	const char *name;
	void (*read)(struct reading *r, const struct ph_word *word);    /* NULL: no value follows */
} keywords[] = {
	{ "via", read_via },
	{ "dev", read_dev },
	{ "oif", read_dev },
	{ "metric", read_metric },
	{ "preference", read_metric },
	{ "priority", read_metric },
	{ "table", read_table },
	{ "nhid", refuse },
	{ "tos", refuse },
	{ "dsfield", refuse },
	{ "from", refuse },
	{ "encap", refuse },
	{ "proto", read_nothing },
	{ "protocol", read_nothing },
	{ "scope", read_nothing },
	{ "src", read_nothing },
	{ "mtu", read_nothing },
	{ "advmss", read_nothing },
	{ "initcwnd", read_nothing },
	{ "initrwnd", read_nothing },
	{ "hoplimit", read_nothing },
	{ "pref", read_nothing },
	{ "expires", read_nothing },
	{ "window", read_nothing },
	{ "rtt", read_nothing },
	{ "rttvar", read_nothing },
	{ "rto_min", read_nothing },
	{ "ssthresh", read_nothing },
	{ "cwnd", read_nothing },
	{ "reordering", read_nothing },
	{ "congctl", read_nothing },
	{ "features", read_nothing },
	{ "quickack", read_nothing },
	{ "realm", read_nothing },
	{ "realms", read_nothing },
	{ "fastopen_no_cookie", read_nothing },
	{ "ttl-propagate", read_nothing },
	{ "lock", NULL },
	{ "onlink", NULL },
};

/* The destination: the word that is no keyword. */
static void read_prefix(struct reading *r, const struct ph_word *word)
{
	struct ph_route_entry *entry = &r->route.entry;
	struct ph_ip_prefix prefix;

	if (r->prefix) {
		fail(r, word, "not known; write ip route add PREFIX via ADDRESS dev NAME metric N");
		return;
	}
	r->prefix = word;
	if (!ph_ip_prefix(word->text, word->len, &prefix)) {
		fail(r, word, "not a prefix, nor default");
		return;
	}
	if (prefix.family != 0 && entry->family != 0 && prefix.family != entry->family) {
		fail(r, word, entry->family == PH_IPV6 ? "not an IPv6 prefix" : "not an IPv4 prefix");
		return;
	}
	if (prefix.family != 0)
		entry->family = prefix.family;
	entry->prefix = prefix.addr;
	entry->prefix_len = prefix.len;
	/* The kernel clears them for IPv6 only. */
	for (unsigned bit = prefix.len; prefix.family == PH_IPV4 && bit < 32; bit++)
		if (prefix.addr.b[bit / 8] & 0x80u >> (bit % 8)) {
			fail(r, word, "the address has bits behind the prefix length; clear them");
			return;
		}
}

static void read_word(struct reading *r, const struct ph_word *word)
{
	enum ph_route_type type;

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		const struct ph_word *value;

		if (strcmp(word->text, keywords[i].name) != 0)
			continue;
		value = keywords[i].read ? ph_ip_need(r->load, r->args) : NULL;
		if (value)
			keywords[i].read(r, value);
		else if (keywords[i].read)
			r->bad = true;
		return;
	}
	if (strcmp(word->text, "nexthop") == 0) {
		read_legs(r, word);
	} else if (strcmp(word->text, "to") == 0) {
		return;
	} else if (!r->prefix && !r->type && ph_ip_route_type(word->text, &type)) {
		r->type = word;
		r->route.entry.hop.type = type;
		if (type == PH_ROUTE_NONE)
			fail(r, word, "routes of this type are not evaluated yet");
	} else {
		read_prefix(r, word);
	}
}

/* Does it say where to, and not twice? Else complains. */
static bool is_whole(const struct reading *r, const struct ph_word *verb)
{
	const struct ph_route_hop *hop = &r->route.entry.hop;
	bool alone = r->route.via_given || hop->iface != PH_NO_IFACE;

	if (!r->prefix)
		ph_load_error(r->load, verb, "ip route %.20s: no destination; write ip route add PREFIX via ADDRESS dev NAME", verb->text);
	else if (leads_nowhere(hop->type) && (alone || r->route.n_legs > 0))
		ph_load_error(r->load, r->type, "%s: such a route has no gateway and no device", r->type->text);
	else if (alone && r->route.n_legs > 0)
		ph_load_error(r->load, r->prefix, "%.60s: next hops beside via or dev; put them behind a nexthop of their own", r->prefix->text);
	else
		return true;
	return false;
}

static enum ph_route_how how_of(const struct ph_word *verb)
{
	if (verb->text[0] == 'r')
		return PH_ROUTE_REPLACE;
	return verb->len > 1 && verb->text[1] == 'p' ? PH_ROUTE_APPEND : PH_ROUTE_ADD;
}

void ph_ip_route_command(struct ph_policy_load *load, struct ph_ip_args *args)
{
	const struct ph_word *word, *verb = &args->word[args->at - 1];
	struct reading r = {
		.load = load, .args = args,
		.route.entry = { .family = args->family, .how = how_of(verb), .hop = { .type = PH_ROUTE_UNICAST, .iface = PH_NO_IFACE } },
	};

	while (!r.bad && (word = ph_ip_next(args)))
		read_word(&r, word);
	if (r.bad || !is_whole(&r, verb))
		return;
	if (!r.table && r.route.entry.family == PH_IPV6 && r.route.entry.table == PH_ROUTE_TABLE_DEFAULT)
		r.table = verb;
	if (r.table)
		ph_ip_not_evaluated(load, r.table, "only the tables local, main and (of IPv4) default are evaluated: policy routing is not there yet",
		                    "the route is left out");
	else
		ph_ip_route_add(load, r.prefix, &r.route);
}
