/* What a rule set asks of address translation that is not done: said once for each target. */
#include "rule/text/command.h"

static void warn(struct ph_rule_load *load, const struct ph_rule *rule)
{
	static const char *const kinds[] = { "DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP", "SNPT", "DNPT" };
	const char *name = ph_part_at_const(rule, rule->target_at)->ext->name;

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i], name) != 0 || (load->nat_warned >> i & 1))
			continue;
		load->nat_warned |= 1u << i;
		ph_diags_add(load->diags, PH_WARNING, rule->file, rule->line, rule->target_column,
		             "%s: is not applied yet: its rules are walked and counted, but packets keep their addresses and ports",
		             name);
	}
}

void ph_warn_nat(struct ph_rule_load *load, const struct ph_rtable *table)
{
	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < table->chain[i]->n; k++)
			if (table->chain[i]->rule[k]->action == PH_ACT_TARGET)
				warn(load, table->chain[i]->rule[k]);
}
