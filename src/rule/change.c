/* Edits that are done whole or not at all; see change.h. */
#include "rule/change.h"

#include <stdlib.h>
#include <string.h>
#include "rule/shared.h"

static struct ph_chain *copy_chain(const struct ph_rtable *table, const struct ph_chain *from)
{
	struct ph_chain *chain = malloc(sizeof(*chain));
	uint32_t at = from->flat_at;

	if (!chain)
		return NULL;
	*chain = *from;
	chain->n = 0;
	chain->room = from->n + 1;
	chain->rule = calloc(chain->room, sizeof(struct ph_rule *));
	for (size_t k = 0; chain->rule && k < from->n; k++) {
		/* The flat form has the counters. */
		const struct ph_rule *rule = table->flat ? (const void *)(table->flat + at) : from->rule[k];
		struct ph_rule *copy = malloc(rule->size);

		if (!copy) {
			ph_chain_free(chain);
			return NULL;
		}
		memcpy(copy, rule, rule->size);
		chain->rule[chain->n++] = copy;
		at += rule->size;
	}
	if (chain->rule)
		return chain;
	free(chain);
	return NULL;
}

static bool copy_table(const struct ph_rtable *from, struct ph_rtable *to)
{
	*to = (struct ph_rtable){ .touched = from->touched, .room = from->n + 1 };
	to->chain = calloc(to->room, sizeof(struct ph_chain *));
	for (size_t i = 0; to->chain && i < from->n; i++) {
		struct ph_chain *chain = copy_chain(from, from->chain[i]);

		if (!chain)
			return false;
		to->chain[to->n++] = chain;
		if (chain->hook >= 0)
			to->hook[chain->hook] = chain;
	}
	return to->chain != NULL;
}

bool ph_change_begin(struct ph_change *change, struct ph_ruleset *rules)
{
	struct ph_rtable copy[PH_TABLES];

	memset(copy, 0, sizeof(copy));
	for (unsigned t = 0; t < PH_TABLES; t++) {
		if (copy_table(&rules->table[t], &copy[t]))
			continue;
		ph_tables_free(copy);
		return false;
	}
	change->rules = rules;
	memcpy(change->table, rules->table, sizeof(copy));
	memcpy(rules->table, copy, sizeof(copy));
	change->stack = rules->stack;
	change->explored = rules->explored;
	change->finished = rules->finished;
	rules->stack = NULL;
	rules->explored = NULL;
	rules->finished = false;
	ph_shared_begin(rules);
	return true;
}

void ph_change_keep(struct ph_change *change)
{
	ph_shared_keep(change->rules);
	ph_tables_free(change->table);
	free(change->stack);
	free(change->explored);
}

void ph_change_undo(struct ph_change *change)
{
	struct ph_ruleset *rules = change->rules;

	ph_shared_undo(rules);
	ph_tables_free(rules->table);
	free(rules->stack);
	free(rules->explored);
	memcpy(rules->table, change->table, sizeof(rules->table));
	rules->stack = change->stack;
	rules->explored = change->explored;
	rules->finished = change->finished;
}
