/* One command of an administrator on a policy that packets go through; see ph_policy_edit in <pinhole/policy.h>.
 *
 * Rules are edited on a copy of their tables (rule/change.h), settings are kept aside: what fails anywhere, be it the check
 * of the whole at the end, leaves everything as it was. */
#include "rule/change.h"
#include "rule/text/load.h"
#include "rule/text/word.h"

#include <stdlib.h>

static const char file[] = "command";

/* What rules say of the policy beside themselves. */
struct aside {
	bool counts, has_rules;
	unsigned nat_warned;
};

static enum ph_status edit_rules(struct ph_policy_load *load, const struct ph_shell_cmd *cmd, unsigned family)
{
	struct ph_policy *policy = load->policy;
	struct ph_ruleset *rules = policy->rules[family];
	const struct aside before = { load->rules.counts, policy->has_rules[family], load->rules.nat_warned };
	struct ph_change change;
	enum ph_status status;

	load->rules.wrote = false;
	if (!ph_change_begin(&change, rules))
		return PH_NO_MEMORY;
	status = ph_cmd_iptables(load, cmd, family);
	if (status == PH_OK && load->rules.wrote)
		status = ph_ruleset_finish(rules, &load->rules);
	if (status == PH_OK && load->rules.wrote) {
		ph_change_keep(&change);
		if (load->rules.counts)
			policy->track.acct = 1;
		return PH_OK;
	}
	ph_change_undo(&change);
	load->rules.counts = before.counts;
	load->rules.nat_warned = before.nat_warned;
	policy->has_rules[family] = before.has_rules;
	return status;
}

/* What sysctl and modprobe set. */
struct settings {
	struct ph_track_config track;
	struct ph_frag_sysctl frag;
	struct ph_helper_options helpers;
	struct ph_iface_sysctl *iface_sysctl;   /* owned */
	size_t n_iface_sysctl;
	bool forwarding_off[2];
};

static bool settings_save(const struct ph_policy_load *load, struct settings *s)
{
	const struct ph_policy *policy = load->policy;

	*s = (struct settings){
		.track = policy->track, .frag = policy->frag, .helpers = policy->helpers, .n_iface_sysctl = policy->n_iface_sysctl,
		.forwarding_off = { load->forwarding_off[0], load->forwarding_off[1] },
	};
	s->iface_sysctl = calloc(s->n_iface_sysctl + 1, sizeof(*s->iface_sysctl));
	if (!s->iface_sysctl)
		return false;
	if (s->n_iface_sysctl)
		memcpy(s->iface_sysctl, policy->iface_sysctl, s->n_iface_sysctl * sizeof(*s->iface_sysctl));
	return true;
}

static void settings_restore(struct ph_policy_load *load, struct settings *s)
{
	struct ph_policy *policy = load->policy;

	free(policy->iface_sysctl);
	policy->track = s->track;
	policy->frag = s->frag;
	policy->helpers = s->helpers;
	policy->iface_sysctl = s->iface_sysctl;
	policy->n_iface_sysctl = s->n_iface_sysctl;
	memcpy(load->forwarding_off, s->forwarding_off, sizeof(load->forwarding_off));
}

/* The number of the first rule of a chain that names a helper which the options no longer give that name; 0: none. */
static size_t orphan(const struct ph_policy *policy, uint8_t family, const struct ph_chain *chain)
{
	for (size_t k = 0; k < chain->n; k++)
		if (!ph_rule_helper_stands(chain->rule[k], family, &policy->helpers))
			return k + 1;
	return 0;
}

/* Rules keep the helper they name: ports= may add names, and change those that no rule has. */
static void check_table(struct ph_policy_load *load, const struct ph_word *at, const struct ph_ruleset *rules, enum ph_table which)
{
	const struct ph_rtable *table = &rules->table[which];

	for (size_t i = 0; i < table->n; i++) {
		size_t number = orphan(load->policy, rules->family, table->chain[i]);

		if (number)
			ph_load_error(load, at, "modprobe: rule %zu of chain %s in table %s assigns a helper that these options give another "
			              "name; delete the rule first, or reload the policy", number, table->chain[i]->name, ph_table_name[which]);
	}
}

static void check_helpers(struct ph_policy_load *load, const struct ph_word *at)
{
	for (unsigned family = 0; family < 2; family++)
		for (unsigned t = 0; t < PH_TABLES; t++)
			check_table(load, at, load->policy->rules[family], (enum ph_table)t);
}

static enum ph_status edit_settings(struct ph_policy_load *load, const struct ph_shell_cmd *cmd,
                                    void (*run)(struct ph_policy_load *load, const struct ph_shell_cmd *cmd))
{
	size_t errors = ph_diags_errors(load->rules.diags);
	struct settings before;

	if (!settings_save(load, &before))
		return PH_NO_MEMORY;
	run(load, cmd);
	if (ph_diags_errors(load->rules.diags) == errors)
		check_helpers(load, &cmd->word[0]);
	if (ph_diags_errors(load->rules.diags) == errors) {
		free(before.iface_sysctl);
		return PH_OK;
	}
	settings_restore(load, &before);
	return PH_INVALID;
}

static enum ph_status edit_sysctl(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	return edit_settings(load, cmd, ph_cmd_sysctl);
}

static enum ph_status edit_modprobe(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	return edit_settings(load, cmd, ph_cmd_modprobe);
}

static enum ph_status refuse_ip(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	ph_load_error(load, &cmd->word[0], "%.20s: addresses and routes are not edited by command: those of a machine come from its "
	              "kernel, others from the policy's texts", cmd->word[0].text);
	return PH_INVALID;
}

static enum ph_status refuse_ipset(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	ph_load_error(load, &cmd->word[0], "ipset: sets are not edited by command yet; change them in the policy's texts and reload");
	return PH_INVALID;
}

static const struct verb {
	const char *name;
	enum ph_status (*run)(struct ph_policy_load *load, const struct ph_shell_cmd *cmd);
} verbs[] = {
	{ "sysctl", edit_sysctl }, { "modprobe", edit_modprobe }, { "ip", refuse_ip }, { "ipset", refuse_ipset },
};

static enum ph_status run(struct ph_policy_load *load, const struct ph_shell_cmd *cmd)
{
	const char *name = ph_command_name(cmd->word[0].text);
	int family = ph_command_family(name);

	if (family >= 0)
		return edit_rules(load, cmd, (unsigned)family);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return verbs[i].run(load, cmd);
	ph_load_error(load, &cmd->word[0], "%.80s: not a command that changes a policy; these do: iptables, ip6tables, sysctl, modprobe",
	              cmd->word[0].text);
	return PH_INVALID;
}

/* Words with their places in the line that they make with a blank between them. */
static struct ph_word *words_of(const char *const *text, size_t n)
{
	struct ph_word *word = calloc(n, sizeof(*word));
	unsigned column = 1;

	for (size_t i = 0; word && i < n; i++) {
		word[i] = (struct ph_word){ .text = text[i], .len = strlen(text[i]), .line = 1, .column = column };
		column += (unsigned)word[i].len + 1;
	}
	return word;
}

static const char *why_not(const struct ph_policy *policy, const char *const *word, size_t n)
{
	size_t bytes = 0;

	if (!policy->finished)
		return "the policy is not finished yet; this is for one in use";
	if (n == 0 || !word[0][0])
		return "no command: begin with iptables, ip6tables, sysctl or modprobe";
	for (size_t i = 0; i < n && i <= PH_SHELL_WORDS; i++)
		bytes += strlen(word[i]);
	return n > PH_SHELL_WORDS || bytes > PH_SHELL_BYTES ? "the command is too long" : NULL;
}

enum ph_status ph_policy_edit(struct ph_policy *policy, const char *const *word, size_t n, struct ph_sink out,
                              struct ph_diags *diags)
{
	struct ph_policy_load *load = policy->load;
	const char *wrong = why_not(policy, word, n);
	size_t errors = ph_diags_errors(diags);
	struct ph_shell_cmd cmd = { .n = n };
	enum ph_status status = PH_NO_MEMORY;
	struct ph_word *words;

	if (wrong) {
		ph_diags_add(diags, PH_ERROR, file, 1, 1, "%s", wrong);
		return PH_INVALID;
	}
	words = words_of(word, n);
	cmd.word = words;
	load->rules.file = file;
	load->rules.diags = diags;
	load->rules.listing = &out;
	if (words)
		status = run(load, &cmd);
	/* A failure that nobody complained about is a lack of memory. */
	if (status != PH_OK && status != PH_EXISTS && ph_diags_errors(diags) == errors)
		ph_diags_add(diags, PH_ERROR, file, 1, 1, "out of memory");
	load->rules.listing = NULL;
	load->rules.diags = NULL;
	load->rules.file = NULL;
	free(words);
	return status == PH_OK || status == PH_EXISTS || status == PH_NOT_FOUND ? status : PH_INVALID;
}
