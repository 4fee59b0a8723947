/* The inside of a policy, for the engine. See <pinhole/policy.h>. */
#ifndef PH_RULE_POLICY_H
#define PH_RULE_POLICY_H

#include <pinhole/policy.h>
#include "helper/registry.h"
#include "route/route.h"
#include "rule/ruleset.h"
#include "track/config.h"

struct ph_policy {
	struct ph_ruleset *rules[2];            /* IPv4, IPv6 */
	struct ph_route *route;
	struct ph_track_config track;
	struct ph_helper_options helpers;       /* what modprobe and module parameters said */
	struct ph_iface_sysctl *iface_sysctl;   /* rp_filter and friends per interface; by index, n of them */
	size_t n_iface_sysctl;
	struct ph_policy_load *load;            /* variables, warnings given once: only while loading */
	bool finished;
};

#endif
