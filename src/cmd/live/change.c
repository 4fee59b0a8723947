/* Changes of a running firewall between two packets: a policy read anew, one command, another topology. */
#include "cmd/live/change.h"

#include "cmd/keeper.h"
#include "cmd/live/refusals.h"
#include "cmd/log.h"

#include <stdlib.h>

/* The topology is the machine's: it moves from policy to policy. */
static enum ph_status hand_over(struct live *live, struct ph_policy *next, struct ph_diags *diags)
{
	struct ph_topology *topology = ph_policy_take_topology(live->policy);
	enum ph_status status;

	if (ph_policy_has_topology(next))
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "what the policy says of interfaces, addresses and routes is not used: a "
		             "running firewall has those of its machine");
	status = topology ? ph_policy_set_topology(next, topology) : PH_NOT_FOUND;
	if (status == PH_OK && !live->options->policy.no_advice)
		status = ph_policy_advise(next, diags);
	if (status == PH_OK)
		status = ph_engine_adopt(live->engine, next, diags);
	if (status == PH_OK)
		return PH_OK;
	/* Back to what was. It had this topology before, so it fits. */
	if (ph_policy_topology(next))
		topology = ph_policy_take_topology(next);
	if (topology && ph_policy_set_topology(live->policy, topology) != PH_OK)
		ph_topology_free(topology);
	if (ph_engine_refresh(live->engine) != PH_OK)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "the former policy goes on without its memory of routes");
	return status;
}

static int open_kept(void *arg, size_t i, struct ph_diags *diags)
{
	int fd;

	return keeper_policy_open(arg, i, &fd, diags) == PH_OK ? fd : -1;
}

enum ph_status live_reload(struct live *live, struct ph_diags *diags)
{
	struct cmd_policy from = live->options->policy;
	struct ph_policy *next, *former = live->policy;
	enum ph_status status = PH_INVALID;

	from.no_advice = true;  /* that comes when the topology is known */
	from.open = open_kept;
	from.arg = live->keeper;
	next = cmd_policy_read(&from, diags);
	if (next)
		status = hand_over(live, next, diags);
	if (status == PH_OK) {
		live->policy = next;
		live->counts.reloads++;
		refusals_rules_changed(live->refusals);
		ph_policy_free(former);
		log_say(live->log, LOG_STATE, LOG_LEVEL_NOTICE, live_now_ms(live), "the policy was read anew");
		return PH_OK;
	}
	live->counts.reloads_failed++;
	log_say(live->log, LOG_STATE, LOG_LEVEL_ERROR, live_now_ms(live), "the policy was read and is not taken: all is as before");
	if (ph_diags_errors(diags) == 0)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "the policy is as before: %s", ph_status_text(status));
	ph_policy_free(next);
	return status;
}

enum ph_status live_edit(struct live *live, const char *const *word, size_t n, struct ph_sink out, struct ph_diags *diags)
{
	enum ph_status status = ph_policy_edit(live->policy, word, n, out, diags);

	if (status != PH_OK)
		return status;
	status = ph_engine_refresh(live->engine);
	if (status != PH_OK)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(status));
	return status;
}

enum ph_status live_topology(struct live *live, struct ph_topology *topology)
{
	enum ph_status status = ph_policy_set_topology(live->policy, topology);

	if (status != PH_OK) {
		ph_topology_free(topology);
		return status;
	}
	live->counts.topologies++;
	return ph_engine_refresh(live->engine);
}
