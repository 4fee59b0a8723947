/* The engine looks at its policy: for the first time, after an edit, or at another one in its place. What may fail comes first and
 * changes nothing that anyone can see; then everything follows at once. */
#include "engine/walk.h"

#include <stdlib.h>

struct ph_defrag_config ph_engine_defrag_config(const struct ph_engine *engine, const struct ph_policy *policy)
{
	const struct ph_track_config *track = &policy->track;

	return (struct ph_defrag_config){
		.limits = { { policy->frag.time, policy->frag.high_thresh }, { track->frag6_timeout, track->frag6_high_thresh } },
		.max_distance = policy->frag.max_dist, .given_up = engine->config.on_given_up, .arg = engine->config.arg,
		.hash_key = { engine->config.hash_key[0], engine->config.hash_key[1] },
	};
}

/* The number under which these options know a helper by the name it had; PH_HELPER_NONE: they do not. */
static uint8_t number_now(const struct ph_engine *engine, uint8_t number, const struct ph_helper_options *options)
{
	struct ph_helper_name_info names[PH_HELPER_PORTS];
	uint8_t first = ph_helper_first(number);
	size_t n = ph_helper_names(options, first, names);

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i].name, engine->helper_name[number]) == 0)
			return (uint8_t)(first + i);
	return PH_HELPER_NONE;
}

/* Connections keep their helpers by name: the same name may have another number now. */
static void renumber(struct ph_engine *engine, const struct ph_helper_options *options)
{
	uint8_t map[PH_HELPER_NUMBERS] = { PH_HELPER_NONE };
	bool same = true;

	for (unsigned number = 1; number < PH_HELPER_NUMBERS; number++) {
		if (!ph_helper_of((uint8_t)number) || !engine->helper_name[number][0])
			continue;
		map[number] = number_now(engine, (uint8_t)number, options);
		same = same && map[number] == number;
	}
	if (!same)
		ph_track_renumber(engine->track, map);
}

/* Numbers that have a name; one that no option makes has none. */
static void name_helpers(struct ph_engine *engine, const struct ph_helper_options *options)
{
	memset(engine->helper_name, 0, sizeof(engine->helper_name));
	for (unsigned number = 1; number < PH_HELPER_NUMBERS; number++) {
		uint8_t first = ph_helper_first((uint8_t)number);
		struct ph_helper_name_info names[PH_HELPER_PORTS];

		if (!ph_helper_of((uint8_t)number) || number - first >= ph_helper_names(options, first, names))
			continue;
		(void)ph_helper_name(options, (uint8_t)number, engine->helper_name[number]);
		ph_helper_limits(options, (uint8_t)number, engine->limits[number]);
	}
}

/* From here on everything is as this policy says, which may be the one there was. PH_NO_MEMORY: nothing has changed. */
static enum ph_status follow(struct ph_engine *engine, struct ph_policy *policy)
{
	const struct ph_defrag_config defrag = ph_engine_defrag_config(engine, policy);
	size_t n = ph_route_iface_count(policy->route);
	struct ph_source_rule *sources = calloc(n + 1, sizeof(*sources));

	if (!sources)
		return PH_NO_MEMORY;
	if (!ph_defrag_prepare(engine->defrag, &defrag) || !ph_track_account(engine->track, &policy->track)) {
		free(sources);
		return PH_NO_MEMORY;
	}
	renumber(engine, &policy->helpers);
	name_helpers(engine, &policy->helpers);
	engine->policy = policy;
	ph_track_follow(engine->track, &policy->track);
	ph_defrag_limit(engine->defrag, &defrag, engine->now_ms);
	free(engine->sources);
	engine->sources = sources;
	engine->n_sources = n;
	ph_sources_read(engine);
	engine->has_topology = ph_policy_has_topology(policy);
	memset(engine->hop, 0, sizeof(engine->hop));
	ph_plan_make(engine);
	return PH_OK;
}

enum ph_status ph_engine_refresh(struct ph_engine *engine)
{
	return follow(engine, engine->policy);
}

static void warn_room(struct ph_diags *diags, const char *key, uint64_t wanted, uint64_t room)
{
	if (wanted > room)
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "%s: %llu are more than the tables of a running firewall have room for: %llu, "
		             "as it was started; a restart makes them larger", key, (unsigned long long)wanted, (unsigned long long)room);
}

/* Tables are made once, in the sizes that the first policy asked for. */
static void warn_sizes(const struct ph_engine *engine, const struct ph_policy *policy, struct ph_diags *diags)
{
	const struct ph_track_room wanted = ph_track_wanted(&policy->track), room = ph_track_room(engine->track);

	warn_room(diags, "nf_conntrack_max", wanted.conns, room.conns);
	warn_room(diags, "nf_conntrack_expect_max", wanted.expects, room.expects);
	warn_room(diags, "ipfrag_high_thresh", policy->frag.high_thresh, ph_defrag_room(engine->defrag, PH_IPV4));
	warn_room(diags, "nf_conntrack_frag6_high_thresh", policy->track.frag6_high_thresh, ph_defrag_room(engine->defrag, PH_IPV6));
}

enum ph_status ph_engine_adopt(struct ph_engine *engine, struct ph_policy *policy, struct ph_diags *diags)
{
	struct ph_policy *former = engine->policy;
	enum ph_status status = follow(engine, policy);

	if (status != PH_OK)
		return status;
	if (former != policy)
		ph_policy_trade_memory(former, policy);
	warn_sizes(engine, policy, diags);
	return PH_OK;
}
