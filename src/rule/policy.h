/* The inside of a policy, for the engine. See <pinhole/policy.h>. */
#ifndef PH_RULE_POLICY_H
#define PH_RULE_POLICY_H

#include <pinhole/policy.h>
#include "helper/registry.h"
#include "route/route.h"
#include "rule/ruleset.h"
#include "rule/set.h"
#include "track/config.h"

/* Keys of net.ipv4.conf.IFACE that matter to validating sources. */
enum ph_conf_key { PH_CONF_RP_FILTER = 0, PH_CONF_SRC_VALID_MARK, PH_CONF_ACCEPT_LOCAL, PH_CONF_ROUTE_LOCALNET, PH_CONF_KEYS };

/* Their values for one interface by name, or for "all" or "default": an interface without an entry of its own has the
 * values of "default". The larger of all's and the interface's own counts (spec/tracking.md 10.2). */
struct ph_iface_sysctl {
	struct ph_ifname iface;
	uint8_t value[PH_CONF_KEYS];
};

/* net.ipv4.ipfrag_*: seconds, bytes, a count. What IPv6 has instead is in struct ph_track_config. */
struct ph_frag_sysctl {
	uint32_t time, high_thresh, low_thresh, max_dist;       /* low_thresh: read and kept; Linux no longer uses it either */
};

struct ph_policy {
	struct ph_ruleset *rules[2];            /* IPv4, IPv6 */
	struct ph_route *route;                 /* what is asked: the topology's if there is one, else what texts said */
	struct ph_route *written;               /* what texts said; owned */
	struct ph_topology *topology;           /* of the running machine, owned; NULL: none */
	struct ph_sets *sets;                   /* of ipset */
	struct ph_track_config track;
	struct ph_frag_sysctl frag;
	struct ph_helper_options helpers;       /* what modprobe and module parameters said */
	struct ph_iface_sysctl *iface_sysctl;   /* rp_filter and friends, in the order they were first set */
	size_t n_iface_sysctl;
	struct ph_policy_load *load;            /* variables, warnings given once; see rule/text/load.h */
	bool has_rules[2];                      /* a text said something about that family's rules */
	bool finished;
};

/* What rules remember by name is traded between two finished policies, where both have it alike (rule/shared.h). */
void ph_policy_trade_memory(struct ph_policy *a, struct ph_policy *b);

/* The value in force on an interface, by name: the larger of all's and its own. */
uint8_t ph_policy_conf(const struct ph_policy *policy, const char *iface, enum ph_conf_key key);

#endif
