/* The policy: one text after the other is read into it, then it is finished and the engine borrows it.
 * Commands are read by rule/text/shell.c and run through rule/text/cmd_table.c. */
#include "rule/policy.h"

#include <pinhole/helper.h>
#include <stdlib.h>

#include "rule/shared.h"
#include "rule/text/iptables.h"
#include "rule/text/load.h"
#include "rule/text/stats.h"
#include "rule/topology.h"

static const char default_in[] = "in0", default_out[] = "out0";

static struct ph_policy_load *load_new(struct ph_policy *policy)
{
	struct ph_policy_load *load = calloc(1, sizeof(*load));

	if (!load)
		return NULL;
	load->policy = policy;
	load->rules.helpers = &policy->helpers;
	load->rules.sets = policy->sets;
	return load;
}

struct ph_policy *ph_policy_new(void)
{
	struct ph_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->rules[0] = ph_ruleset_new(PH_IPV4);
	policy->rules[1] = ph_ruleset_new(PH_IPV6);
	policy->written = policy->route = ph_route_new();
	policy->sets = ph_sets_new();
	policy->load = load_new(policy);
	ph_track_config_init(&policy->track);
	policy->frag = (struct ph_frag_sysctl){ .time = 30, .high_thresh = 4 << 20, .low_thresh = 3 << 20, .max_dist = 64 };
	ph_helper_options_init(&policy->helpers);
	if (policy->rules[0] && policy->rules[1] && policy->route && policy->sets && policy->load)
		return policy;
	ph_policy_free(policy);
	return NULL;
}

void ph_policy_free(struct ph_policy *policy)
{
	if (!policy)
		return;
	if (policy->load)
		ph_vars_fini(&policy->load->vars);
	free(policy->load);
	free(policy->iface_sysctl);
	ph_topology_free(policy->topology);
	ph_route_free(policy->written);
	ph_sets_free(policy->sets);
	if (policy->rules[0])
		ph_ruleset_free(policy->rules[0]);
	if (policy->rules[1])
		ph_ruleset_free(policy->rules[1]);
	free(policy);
}

static void load_commands(struct ph_policy_load *load, const char *text, size_t len)
{
	struct ph_shell shell;
	struct ph_shell_cmd cmd;

	if (!ph_shell_init(&shell, &load->rules, text, len, &load->vars)) {
		ph_diags_add(load->rules.diags, PH_ERROR, load->rules.file, 0, 0, "out of memory");
		return;
	}
	while (ph_shell_next(&shell, &cmd))
		ph_command_run(load, &cmd);
	ph_shell_fini(&shell);
}

static void load_save(struct ph_policy_load *load, uint8_t given, const char *text, size_t len)
{
	bool mixed;
	uint8_t family = ph_detect_family(load->rules.file, given, text, len, &mixed);
	unsigned index = family == PH_IPV6;
	size_t errors = ph_diags_errors(load->rules.diags);
	struct ph_word nowhere = { .text = "" };

	if (family == 0) {
		ph_diags_add(load->rules.diags, PH_ERROR, load->rules.file, 1, 1,
		             mixed ? "this save file holds rules of both families; split it into one file for each"
		                   : "this save file does not say whether it is of iptables or ip6tables; give -4 or -6, "
		                     "or a file name that ends in .v4 or .v6");
		return;
	}
	load->policy->has_rules[index] = true;
	ph_load_status(load, &nowhere, ph_iptables_restore(load->policy->rules[index], &load->rules, text, len), errors);
}

/* Text has no NUL: from here on a word that ends in one can be handed around as a string. */
static bool is_text(struct ph_policy_load *load, const char *text, size_t len)
{
	const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;
	unsigned line = 1;

	if (!nul)
		return true;
	for (const char *at = text; at < nul; at++)
		line += *at == '\n';
	ph_diags_add(load->rules.diags, PH_ERROR, load->rules.file, line, 0, "this is not text: it holds a zero byte");
	return false;
}

enum ph_status ph_policy_load(struct ph_policy *policy, const struct ph_policy_source *source, const char *text, size_t len,
                              struct ph_diags *diags)
{
	struct ph_policy_load *load = policy->load;
	size_t errors = ph_diags_errors(diags);

	load->rules.file = source->name;
	load->rules.diags = diags;
	load->rules.lenient = source->lenient;
	load->rules.no_flush = source->no_flush;
	if (policy->finished)
		ph_diags_add(diags, PH_ERROR, source->name, 0, 0, "the policy is finished; texts come before");
	else if (is_text(load, text, len))
		switch (ph_detect_form(text, len)) {
		case PH_FORM_COMMANDS:
			load_commands(load, text, len);
			break;
		case PH_FORM_SAVE:
			load_save(load, source->family, text, len);
			break;
		case PH_FORM_JSON:
			ph_load_json(load, text, len, source->family);
			break;
		case PH_FORM_IPSET:
			ph_load_ipset(load, text, len);
			break;
		}
	load->rules.file = NULL;
	load->rules.diags = NULL;
	return ph_diags_errors(diags) == errors ? PH_OK : PH_INVALID;
}

/* With no word about the network, everything goes from one interface to another. */
static bool default_ifaces(struct ph_policy *policy)
{
	if (ph_route_configured(policy->written))
		return true;
	return ph_route_iface_add(policy->written, default_in) != PH_NO_IFACE &&
	       ph_route_iface_add(policy->written, default_out) != PH_NO_IFACE;
}

enum ph_status ph_policy_finish(struct ph_policy *policy, struct ph_diags *diags)
{
	static const char *const forward_keys[2] = { "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding" };
	struct ph_policy_load *load = policy->load;
	size_t errors = ph_diags_errors(diags), before;
	struct ph_word nowhere = { .text = "" };

	if (policy->finished)
		return PH_OK;
	load->rules.diags = diags;
	for (unsigned f = 0; f < 2; f++) {
		before = ph_diags_errors(diags);
		ph_load_status(load, &nowhere, ph_ruleset_finish(policy->rules[f], &load->rules), before);
		if (load->forwarding_off[f])
			ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "%s=0 is the last word on it: a machine set up so forwards "
			             "nothing; here packets are forwarded nevertheless", forward_keys[f]);
	}
	if (load->rules.counts)
		policy->track.acct = 1;
	if (!default_ifaces(policy) || ph_route_finish(policy->written) != PH_OK)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "out of memory");
	load->rules.diags = NULL;
	policy->finished = true;
	return ph_diags_errors(diags) == errors ? PH_OK : PH_INVALID;
}

void ph_policy_print(const struct ph_policy *policy, uint8_t family, bool counters, struct ph_sink sink)
{
	ph_ruleset_print(policy->rules[family == PH_IPV6], counters, sink);
}

enum ph_status ph_policy_stats(const struct ph_policy *policy, uint8_t family, struct ph_sink sink)
{
	return ph_ruleset_stats(policy->rules[family == PH_IPV6], sink) ? PH_OK : PH_NO_MEMORY;
}

bool ph_policy_has_rules(const struct ph_policy *policy, uint8_t family)
{
	return policy->has_rules[family == PH_IPV6];
}

size_t ph_policy_iface_count(const struct ph_policy *policy)
{
	return ph_route_iface_count(policy->route);
}

const char *ph_policy_iface_name(const struct ph_policy *policy, size_t index)
{
	const struct ph_ifname *name = ph_route_iface_name(policy->route, index);

	return name ? name->name : NULL;
}

int ph_policy_iface_find(const struct ph_policy *policy, const char *name)
{
	return ph_route_iface_find(policy->route, name);
}

int ph_policy_iface_add(struct ph_policy *policy, const char *name)
{
	return ph_route_iface_add(policy->route, name);
}

bool ph_policy_has_topology(const struct ph_policy *policy)
{
	return ph_route_configured(policy->route);
}

void ph_policy_trade_memory(struct ph_policy *a, struct ph_policy *b)
{
	for (unsigned f = 0; f < 2; f++)
		ph_shared_trade(a->rules[f], b->rules[f]);
}

uint8_t ph_policy_conf(const struct ph_policy *policy, const char *iface, enum ph_conf_key key)
{
	uint8_t all = 0, own = 0, fallback = 0;
	bool has_own = false;

	for (size_t i = 0; i < policy->n_iface_sysctl; i++) {
		const struct ph_iface_sysctl *entry = &policy->iface_sysctl[i];

		if (strcmp(entry->iface.name, "all") == 0)
			all = entry->value[key];
		else if (strcmp(entry->iface.name, "default") == 0)
			fallback = entry->value[key];
		if (strcmp(entry->iface.name, iface) == 0) {
			own = entry->value[key];
			has_own = true;
		}
	}
	if (!has_own)
		own = fallback;
	return all > own ? all : own;
}

bool ph_helper_get(const struct ph_policy *policy, size_t i, struct ph_helper_info *out)
{
	struct ph_helper_options defaults;

	if (policy)
		return ph_helper_describe(&policy->helpers, i, out);
	ph_helper_options_init(&defaults);
	return ph_helper_describe(&defaults, i, out);
}
