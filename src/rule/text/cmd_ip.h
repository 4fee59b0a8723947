/* What the files behind `ip link`, `ip addr`, `ip route` and the JSON of the last two share. Internal to rule/text. */
#ifndef PH_RULE_TEXT_CMD_IP_H
#define PH_RULE_TEXT_CMD_IP_H

#include "rule/text/load.h"

/* The words of one ip command that are still to be read. */
struct ph_ip_args {
	const struct ph_word *word;
	size_t n, at;
	uint8_t family;         /* -4, -6 or 0 */
};

/* An address with a prefix length as ip(8) writes it: 10.0.0.1/24, 10/8, 10.0.0.0/255.0.0.0, 2001:db8::/32, default. */
struct ph_ip_prefix {
	struct ph_addr addr;
	uint8_t family;         /* 0: "default", of either family */
	uint8_t len;            /* all bits where none is given */
};

PH_MUST_CHECK bool ph_ip_prefix(const char *text, size_t len, struct ph_ip_prefix *out);
/* A bare address of either family. */
PH_MUST_CHECK bool ph_ip_addr(const char *text, size_t len, uint8_t *family, struct ph_addr *out);

/* The next word, or NULL behind the last; _need complains then. */
const struct ph_word *ph_ip_next(struct ph_ip_args *args);
const struct ph_word *ph_ip_need(struct ph_policy_load *load, struct ph_ip_args *args);

/* Index of an interface, made if it is new; complains and returns PH_NO_IFACE if that cannot be a name. */
int ph_ip_iface(struct ph_policy_load *load, const struct ph_word *word);

/* Adds a route; complains at `at` if it is there already or leads nowhere. family 0: IPv4. via_given: hop.via counts; iface
 * may be PH_NO_IFACE then, and is looked up. metric_given: entry->metric counts. leg: of a route with several next hops,
 * instead of entry.hop (whose type counts); entry.more is set from them. */
struct ph_ip_route {
	struct ph_route_entry entry;
	bool via_given, metric_given;
	size_t n_legs;
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	bool leg_via_given[PH_ROUTE_LEGS];
	bool again;             /* the same route once more is fine */
};
void ph_ip_route_add(struct ph_policy_load *load, const struct ph_word *at, struct ph_ip_route *route);

/* Adds an address of an interface; complains at `at`. again: the same once more is fine. */
struct ph_ip_own {
	struct ph_ip_prefix prefix;
	int iface;
	struct ph_addr brd;
	bool has_brd, again;
};
void ph_ip_own_add(struct ph_policy_load *load, const struct ph_word *at, const struct ph_ip_own *own);

/* What a word such as "unreachable" means; PH_ROUTE_NONE for types that are not evaluated. False: no such type. */
PH_MUST_CHECK bool ph_ip_route_type(const char *name, enum ph_route_type *out);
/* main, 254 and so on. False: another table, which is not evaluated. */
PH_MUST_CHECK bool ph_ip_route_table(const char *name, enum ph_route_table *out);

/* ip route add|append|replace ...: args stand behind the verb. */
void ph_ip_route_command(struct ph_policy_load *load, struct ph_ip_args *args);

/* ip rule add|del ...: args stand behind the verb. Only the three rules that are always there are understood. */
void ph_ip_rule_command(struct ph_policy_load *load, struct ph_ip_args *args);
/* Is that one of the three? */
PH_MUST_CHECK bool ph_ip_rule_is_default(const char *table, uint32_t priority);
/* What is not evaluated: a complaint, or with --lenient a warning that ends in what is done instead. */
void ph_ip_not_evaluated(struct ph_policy_load *load, const struct ph_word *at, const char *what, const char *instead);

#endif
