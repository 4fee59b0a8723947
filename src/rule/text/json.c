/* Topology of a real machine: what `ip -j addr`, `ip -j route`, `ip -6 -j route` and
 * `ip -j rule` print, one list after the other. */
#include <jansson.h>

#include "rule/text/cmd_ip.h"

/* A string of an object, or "" */
static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A complaint about a string has no place in the text: JSON does not keep it. */
static struct ph_word word_of(const char *text)
{
	return (struct ph_word){ .text = text, .len = strlen(text) };
}

static bool small_number(const json_t *object, const char *key, json_int_t max, json_int_t *out)
{
	const json_t *number = json_object_get(object, key);

	*out = json_integer_value(number);
	return json_is_integer(number) && *out >= 0 && *out <= max;
}

/* One of addr_info: local, prefixlen, perhaps broadcast and address (of the peer). */
static void load_addr(struct ph_policy_load *load, int iface, const json_t *info)
{
	struct ph_word local = word_of(string_of(info, "local")), peer = word_of(string_of(info, "address"));
	struct ph_word brd = word_of(string_of(info, "broadcast"));
	struct ph_ip_own own = { .iface = iface, .again = true };
	json_int_t len;
	uint8_t family;

	if (local.len == 0)
		return;         /* filtered by family, `ip` leaves an empty object */
	if (!ph_ip_addr(local.text, local.len, &own.prefix.family, &own.prefix.addr) ||
	    !small_number(info, "prefixlen", own.prefix.family == PH_IPV6 ? 128 : 32, &len) || len == 0) {
		ph_load_error(load, &local, "%.60s: not an address with its prefixlen", local.text);
		return;
	}
	own.prefix.len = (uint8_t)len;
	own.has_brd = own.prefix.family == PH_IPV4 && ph_ip_addr(brd.text, brd.len, &family, &own.brd) && family == PH_IPV4;
	if (peer.len > 0) {
		struct ph_ip_route route = { .again = true, .metric_given = true };

		own.prefix.len = own.prefix.family == PH_IPV6 ? 128 : 32;
		ph_ip_own_add(load, &local, &own);
		route.entry = (struct ph_route_entry){
			.prefix_len = (uint8_t)len, .hop = { .type = PH_ROUTE_UNICAST, .iface = iface },
		};
		if (ph_ip_addr(peer.text, peer.len, &route.entry.family, &route.entry.prefix) &&
		    route.entry.family == own.prefix.family)
			ph_ip_route_add(load, &peer, &route);
		return;
	}
	ph_ip_own_add(load, &local, &own);
}

static void load_link(struct ph_policy_load *load, const json_t *link)
{
	struct ph_word name = word_of(string_of(link, "ifname"));
	const json_t *infos = json_object_get(link, "addr_info");
	int iface = ph_ip_iface(load, &name);

	for (size_t i = 0; iface != PH_NO_IFACE && i < json_array_size(infos); i++)
		load_addr(load, iface, json_array_get(infos, i));
}

static bool has_flag(const json_t *object, const char *flag)
{
	const json_t *flags = json_object_get(object, "flags");

	for (size_t i = 0; i < json_array_size(flags); i++) {
		const char *text = json_string_value(json_array_get(flags, i));

		if (text && strcmp(text, flag) == 0)
			return true;
	}
	return false;
}

static void not_yet(struct ph_policy_load *load, const struct ph_word *at, const char *what, const char *taken)
{
	if (load->rules.lenient)
		ph_load_warn(load, at, "route to %.60s: %s; %s", at->text, what, taken);
	else
		ph_load_error(load, at, "route to %.60s: %s", at->text, what);
}

/* Gateway and interface of a route or of one of its nexthops. False: complained. */
static bool load_hop(struct ph_policy_load *load, const json_t *object, uint8_t *family_out, struct ph_route_hop *hop)
{
	struct ph_word dev = word_of(string_of(object, "dev")), gateway = word_of(string_of(object, "gateway"));
	uint8_t family;

	if (dev.len > 0)
		hop->iface = ph_ip_iface(load, &dev);
	if (gateway.len == 0)
		return false;
	if (!ph_ip_addr(gateway.text, gateway.len, &family, &hop->via)) {
		ph_load_error(load, &gateway, "%.60s: not an address", gateway.text);
		return false;
	}
	if (*family_out == 0)
		*family_out = family;
	return true;
}

static void load_legs(struct ph_policy_load *load, const struct ph_word *dst, const json_t *object, struct ph_ip_route *route)
{
	const json_t *hops = json_object_get(object, "nexthops");

	route->via_given = load_hop(load, object, &route->entry.family, &route->entry.hop);
	if (json_object_get(object, "via"))
		not_yet(load, dst, "a gateway of the other family is not evaluated yet", "its interface counts");
	for (size_t i = 0; i < json_array_size(hops); i++) {
		const json_t *hop = json_array_get(hops, i);
		size_t n = route->n_legs;

		if (has_flag(hop, "dead"))
			continue;
		if (n == PH_ROUTE_LEGS) {
			not_yet(load, dst, "it has more than 16 next hops", "the first ones count");
			return;
		}
		if (json_object_get(hop, "via"))
			not_yet(load, dst, "a gateway of the other family is not evaluated yet", "its interface counts");
		route->leg[n] = (struct ph_route_hop){ .iface = PH_NO_IFACE };
		route->leg_via_given[n] = load_hop(load, hop, &route->entry.family, &route->leg[n]);
		route->n_legs++;
	}
}

/* Does the route belong to what is evaluated? */
static bool of_interest(struct ph_policy_load *load, const struct ph_word *dst, const json_t *object, struct ph_route_entry *entry)
{
	const char *name = string_of(object, "type"), *table = string_of(object, "table");

	if (has_flag(object, "dead"))
		return false;
	if (table[0] && (!ph_ip_route_table(table, &entry->table) ||
	                 (entry->table == PH_ROUTE_TABLE_DEFAULT && (entry->family == PH_IPV6 || json_object_get(object, "pref"))))) {
		not_yet(load, dst, "only the tables local, main and (of IPv4) default are evaluated", "it is left out");
		return false;
	}
	if (name[0] && (!ph_ip_route_type(name, &entry->hop.type) || entry->hop.type == PH_ROUTE_NONE)) {
		not_yet(load, dst, "routes of this type are not evaluated yet", "it is left out");
		return false;
	}
	return true;
}

static void load_route(struct ph_policy_load *load, const json_t *object, uint8_t family)
{
	struct ph_word dst = word_of(string_of(object, "dst"));
	struct ph_ip_route route = { .again = true };
	struct ph_ip_prefix prefix;
	json_int_t metric;

	if (!ph_ip_prefix(dst.text, dst.len, &prefix)) {
		ph_load_error(load, &dst, "%.60s: not a prefix, nor default", dst.text);
		return;
	}
	route.entry = (struct ph_route_entry){
		.family = prefix.family, .prefix_len = prefix.len, .prefix = prefix.addr, .how = PH_ROUTE_BEHIND,
		.hop = { .type = PH_ROUTE_UNICAST, .iface = PH_NO_IFACE },
	};
	if (!of_interest(load, &dst, object, &route.entry))
		return;
	load_legs(load, &dst, object, &route);
	if (route.n_legs == 0 && json_array_size(json_object_get(object, "nexthops")) > 0)
		return;         /* all are dead */
	/* A default route without a gateway: only IPv6 routes have a "pref". */
	if (route.entry.family == 0)
		route.entry.family = json_object_get(object, "pref") ? PH_IPV6 : family;
	route.metric_given = small_number(object, "metric", UINT32_MAX, &metric);
	if (route.metric_given)
		route.entry.metric = (uint32_t)metric;
	ph_ip_route_add(load, &dst, &route);
}

/* What `ip -j rule` prints: the rules that every machine has are nothing new. */
static void load_rule(struct ph_policy_load *load, const json_t *object)
{
	struct ph_word table = word_of(string_of(object, "table"));
	json_int_t priority;

	if (!small_number(object, "priority", UINT32_MAX, &priority) || json_object_size(object) != 3 ||
	    strcmp(string_of(object, "src"), "all") != 0 || !ph_ip_rule_is_default(table.text, (uint32_t)priority))
		ph_ip_not_evaluated(load, &table, "a rule leads there; policy routing is not evaluated: rules are those that every "
		                    "machine has (0 local, 32766 main, 32767 default)", "the rule has no effect");
}

static void load_list(struct ph_policy_load *load, const json_t *list, uint8_t family)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *object = json_array_get(list, i);
		struct ph_word none = word_of("");

		if (json_object_get(object, "ifname"))
			load_link(load, object);
		else if (json_object_get(object, "dst"))
			load_route(load, object, family);
		else if (json_object_get(object, "priority"))
			load_rule(load, object);
		else if (!json_is_object(object) || json_object_size(object) > 0)
			ph_load_error(load, &none, "entry %zu: neither an interface nor a route; only the JSON of "
			              "ip -j addr, ip -j route and ip -6 -j route is understood", i + 1);
	}
}

static unsigned count_lines(const char *text, size_t len)
{
	unsigned n = 0;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

void ph_load_json(struct ph_policy_load *load, const char *text, size_t len, uint8_t family)
{
	size_t at = 0;

	while (at < len) {
		json_error_t error;
		json_t *list;

		if (strchr(" \t\r\n", text[at])) {
			at++;
			continue;
		}
		list = json_loadb(text + at, len - at, JSON_DISABLE_EOF_CHECK, &error);
		if (!list) {
			struct ph_word here = { .text = "", .line = count_lines(text, at) + (unsigned)(error.line > 0 ? error.line : 0),
			                        .column = (unsigned)(error.column > 0 ? error.column : 0) };

			ph_load_error(load, &here, "JSON: %s", error.text);
			return;
		}
		load_list(load, list, family);
		json_decref(list);
		at += (size_t)(error.position > 0 ? error.position : 1);
	}
}
