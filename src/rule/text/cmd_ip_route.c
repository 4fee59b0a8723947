/* ip route add: see ip-route(8). What the kernel refuses is refused; checked on Linux 6.18. */
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
	{ "multicast", PH_ROUTE_NONE },
	{ "anycast", PH_ROUTE_NONE },
	{ "throw", PH_ROUTE_NONE },
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

static bool leads_nowhere(enum ph_route_type type)
{
	return type == PH_ROUTE_BLACKHOLE || type == PH_ROUTE_UNREACHABLE || type == PH_ROUTE_PROHIBIT;
}

/* The interface that leads to a gateway: it must be a neighbour. */
static bool find_gateway(struct ph_policy_load *load, const struct ph_word *at, struct ph_route_entry *entry)
{
	static const struct ph_addr zero;
	struct ph_route_hop hop;

	ph_route_lookup(load->policy->route, entry->family, &entry->hop.via, &hop);
	if (hop.type == PH_ROUTE_UNICAST && memcmp(&hop.via, &zero, sizeof(zero)) == 0) {
		entry->hop.iface = hop.iface;
		return true;
	}
	ph_load_error(load, at, "%.60s: its gateway is in no connected network; give the address of the interface first, or dev NAME",
	              at->text);
	return false;
}

void ph_ip_route_add(struct ph_policy_load *load, const struct ph_word *at, struct ph_ip_route *route)
{
	struct ph_route_entry *entry = &route->entry;
	enum ph_status status;

	if (entry->family == 0)
		entry->family = PH_IPV4;
	if (!route->metric_given)
		entry->metric = entry->family == PH_IPV6 && entry->hop.type != PH_ROUTE_LOCAL ? DEFAULT_METRIC_V6 : 0;
	if (leads_nowhere(entry->hop.type))
		entry->hop.iface = PH_NO_IFACE;
	else if (entry->hop.iface == PH_NO_IFACE && route->via_given) {
		if (!find_gateway(load, at, entry))
			return;
	} else if (entry->hop.iface == PH_NO_IFACE) {
		ph_load_error(load, at, "%.60s: leads nowhere; give via ADDRESS or dev NAME", at->text);
		return;
	}
	status = ph_route_add(load->policy->route, entry);
	if (status == PH_EXISTS && !route->again)
		ph_load_error(load, at, "%.60s: File exists: there is a route to it with the same metric", at->text);
	else if (status != PH_OK && status != PH_EXISTS)
		ph_load_error(load, at, "%s", ph_status_text(status));
}

/* What was read so far of one command. */
struct reading {
	struct ph_policy_load *load;
	struct ph_ip_args *args;
	struct ph_ip_route route;
	const struct ph_word *prefix, *type;
	bool bad;
};

static void fail(struct reading *r, const struct ph_word *at, const char *text)
{
	ph_load_error(r->load, at, "%.60s: %s", at->text, text);
	r->bad = true;
}

static void read_via(struct reading *r, const struct ph_word *word)
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
	if (!ph_ip_addr(word->text, word->len, &family, &entry->hop.via) || (named != 0 && named != family)) {
		fail(r, word, "not an address");
		return;
	}
	r->route.via_given = true;
	if (entry->family == 0)
		entry->family = family;
	else if (entry->family != family)
		fail(r, word, "a gateway of the other family is not evaluated yet");
}

static void read_dev(struct reading *r, const struct ph_word *word)
{
	r->route.entry.hop.iface = ph_ip_iface(r->load, word);
	if (r->route.entry.hop.iface == PH_NO_IFACE)
		r->bad = true;
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
	if (strcmp(word->text, "main") != 0 && strcmp(word->text, "254") != 0)
		fail(r, word, "only table main is evaluated: policy routing is not there yet");
}

static void read_multipath(struct reading *r, const struct ph_word *word)
{
	fail(r, word - 1, "routes with several next hops are not evaluated yet; write one of them with via and dev");
}

static void read_nothing(struct reading *r, const struct ph_word *word)
{
	(void)r;
	(void)word;
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
	{ "nexthop", read_multipath },
	{ "nhid", read_multipath },
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
	if (strcmp(word->text, "to") == 0) {
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

void ph_ip_route_command(struct ph_policy_load *load, struct ph_ip_args *args)
{
	struct reading r = {
		.load = load, .args = args,
		.route.entry = { .family = args->family, .hop = { .type = PH_ROUTE_UNICAST, .iface = PH_NO_IFACE } },
	};
	const struct ph_word *word, *add = &args->word[args->at - 1];

	while (!r.bad && (word = ph_ip_next(args)))
		read_word(&r, word);
	if (r.bad)
		return;
	if (!r.prefix)
		ph_load_error(load, add, "ip route add: no destination; write ip route add PREFIX via ADDRESS dev NAME");
	else if (leads_nowhere(r.route.entry.hop.type) && (r.route.via_given || r.route.entry.hop.iface != PH_NO_IFACE))
		ph_load_error(load, r.type, "%s: such a route has no gateway and no device", r.type->text);
	else
		ph_ip_route_add(load, r.prefix, &r.route);
}
