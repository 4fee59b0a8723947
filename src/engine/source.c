/* Is the source of an IPv4 packet plausible where it came in? The part of Linux's input routing decision that rp_filter,
 * accept_local and route_localnet rule: behind all of PREROUTING, so that the packet was tracked. spec/tracking.md 10.2.
 *
 * src_valid_mark changes nothing: there is no policy routing that a mark could choose by. */
#include "engine/walk.h"

void ph_sources_read(struct ph_engine *engine)
{
	const struct ph_policy *policy = engine->policy;

	for (size_t i = 0; i < engine->n_sources; i++) {
		const char *name = ph_route_iface_name(policy->route, i)->name;

		engine->sources[i] = (struct ph_source_rule){
			.rp_filter = ph_policy_conf(policy, name, PH_CONF_RP_FILTER),
			.accept_local = ph_policy_conf(policy, name, PH_CONF_ACCEPT_LOCAL) != 0,
			.route_localnet = ph_policy_conf(policy, name, PH_CONF_ROUTE_LOCALNET) != 0,
		};
	}
}

static struct ph_source_rule rule_of(const struct ph_walk *walk)
{
	const struct ph_engine *engine = walk->engine;
	int iface = walk->iface_in;

	return iface >= 0 && (size_t)iface < engine->n_sources ? engine->sources[iface] : (struct ph_source_rule){ 0 };
}

bool ph_source_localnet(const struct ph_walk *walk)
{
	return rule_of(walk).route_localnet;
}

struct ph_reverse_in ph_source_question(const struct ph_walk *walk, int out)
{
	const struct ph_source_rule rule = rule_of(walk);

	return (struct ph_reverse_in){
		.family = PH_IPV4, .src = &walk->pkt.src, .dst = &walk->pkt.dst, .iface = walk->iface_in,
		.strict = rule.rp_filter == 1, .loose = rule.rp_filter == 2, .accept_local = rule.accept_local,
		.hairpin = out == walk->iface_in,
	};
}

bool ph_source_valid(struct ph_walk *walk, int out)
{
	const struct ph_reverse_in in = ph_source_question(walk, out);

	if (in.iface == PH_NO_IFACE)
		return true;
	ph_reverse_filter(walk->engine->policy->route, &in, &walk->reverse);
	walk->source_asked = true;
	if (ph_reverse_holds(walk->reverse.why))
		return true;
	walk->out->reason = walk->reverse.why == PH_REVERSE_OWN || walk->reverse.why == PH_REVERSE_NO_HOST ? PH_WHY_LOCAL_SOURCE :
	                    PH_WHY_RP_FILTER;
	return false;
}
