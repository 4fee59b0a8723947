/* Tables, chains and rules while they are being built; see rules.h. Walking them is eval.c, checking the whole finish.c. */
#include "rule/ruleset.h"

#include <stdlib.h>
#include <string.h>
#include "rule/shared.h"
#include "rule/text/args.h"

const char *const ph_table_name[PH_TABLES] = { "raw", "mangle", "nat", "filter", "security" };
const char *const ph_hook_name[PH_HOOKS] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING" };

#define LOCAL (1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD | 1 << PH_HOOK_OUTPUT)

const uint8_t ph_table_hooks[PH_TABLES] = {
	[PH_TABLE_RAW] = 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_OUTPUT,
	[PH_TABLE_MANGLE] = 1 << PH_HOOK_PREROUTING | LOCAL | 1 << PH_HOOK_POSTROUTING,
	[PH_TABLE_NAT] = 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_INPUT | 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING,
	[PH_TABLE_FILTER] = LOCAL,
	[PH_TABLE_SECURITY] = LOCAL,
};

struct ph_ruleset *ph_ruleset_new(uint8_t family)
{
	struct ph_ruleset *rules = calloc(1, sizeof(*rules));

	if (rules)
		rules->family = family;
	return rules;
}

void ph_chain_free(struct ph_chain *chain)
{
	ph_chain_flush(chain);
	free(chain->rule);
	free(chain);
}

void ph_tables_free(struct ph_rtable table[PH_TABLES])
{
	for (unsigned t = 0; t < PH_TABLES; t++) {
		for (size_t i = 0; i < table[t].n; i++)
			ph_chain_free(table[t].chain[i]);
		free(table[t].chain);
		free(table[t].flat);
	}
}

void ph_ruleset_free(struct ph_ruleset *rules)
{
	if (!rules)
		return;
	ph_tables_free(rules->table);
	while (rules->files) {
		struct ph_file_name *next = rules->files->next;

		free(rules->files);
		rules->files = next;
	}
	ph_shared_free_all(rules->shared);
	free(rules->stack);
	free(rules->explored);
	free(rules);
}

bool ph_ruleset_touched(const struct ph_ruleset *rules)
{
	for (unsigned t = 0; t < PH_TABLES; t++)
		if (rules->table[t].touched)
			return true;
	return false;
}

const char *ph_ruleset_file(struct ph_ruleset *rules, const char *file)
{
	struct ph_file_name *f;
	size_t size;

	if (!file)
		return NULL;
	for (f = rules->files; f; f = f->next)
		if (strcmp(f->text, file) == 0)
			return f->text;
	size = strlen(file) + 1;
	f = malloc(sizeof(*f) + size);
	if (!f)
		return NULL;
	memcpy(f->text, file, size);
	f->next = rules->files;
	rules->files = f;
	return f->text;
}

/* Built-in chains in hook order, the others behind them by name. */
static bool stands_before(const struct ph_chain *a, const struct ph_chain *b)
{
	if (a->hook >= 0 || b->hook >= 0)
		return a->hook >= 0 && (b->hook < 0 || a->hook < b->hook);
	return strcmp(a->name, b->name) < 0;
}

static void put_in_order(struct ph_rtable *table, struct ph_chain *chain)
{
	size_t at = table->n;

	while (at > 0 && stands_before(chain, table->chain[at - 1]))
		at--;
	memmove(&table->chain[at + 1], &table->chain[at], (table->n - at) * sizeof(table->chain[0]));
	table->chain[at] = chain;
	table->n++;
}

static void take_out(struct ph_rtable *table, const struct ph_chain *chain)
{
	size_t at = 0;

	while (table->chain[at] != chain)
		at++;
	table->n--;
	memmove(&table->chain[at], &table->chain[at + 1], (table->n - at) * sizeof(table->chain[0]));
}

static bool add_chain(struct ph_rtable *table, const char *name, int hook)
{
	struct ph_chain *chain;

	if (table->n == table->room) {
		size_t room = table->room ? table->room * 2 : 8;
		struct ph_chain **list = realloc(table->chain, room * sizeof(struct ph_chain *));

		if (!list)
			return false;
		table->chain = list;
		table->room = room;
	}
	chain = calloc(1, sizeof(*chain));
	if (!chain)
		return false;
	memcpy(chain->name, name, strlen(name));
	chain->hook = hook;
	if (hook >= 0)
		table->hook[hook] = chain;
	put_in_order(table, chain);
	return true;
}

bool ph_ruleset_touch(struct ph_ruleset *rules, enum ph_table table)
{
	struct ph_rtable *t = &rules->table[table];

	ph_ruleset_thaw(rules);
	for (int h = 0; h < PH_HOOKS; h++)
		if ((ph_table_hooks[table] >> h & 1) && !t->hook[h] && !add_chain(t, ph_hook_name[h], h))
			return false;
	t->touched = true;
	return true;
}

struct ph_chain *ph_chain_find(const struct ph_rtable *table, const char *name)
{
	size_t low = 0, high = table->n;

	while (low < table->n && table->chain[low]->hook >= 0) {
		if (strcmp(table->chain[low]->name, name) == 0)
			return table->chain[low];
		low++;
	}
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = strcmp(name, table->chain[mid]->name);

		if (d == 0)
			return table->chain[mid];
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

enum ph_status ph_chain_new(struct ph_ruleset *rules, enum ph_table table, const char *name)
{
	struct ph_rtable *t = &rules->table[table];

	ph_ruleset_thaw(rules);
	if (ph_chain_find(t, name))
		return PH_EXISTS;
	return add_chain(t, name, -1) ? PH_OK : PH_NO_MEMORY;
}

bool ph_rule_leads_to(const struct ph_rule *rule, const char *name)
{
	return (rule->action == PH_ACT_JUMP || rule->action == PH_ACT_GOTO) && strcmp(rule->chain, name) == 0;
}

bool ph_chain_used(const struct ph_rtable *table, const char *name)
{
	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < table->chain[i]->n; k++)
			if (ph_rule_leads_to(table->chain[i]->rule[k], name))
				return true;
	return false;
}

enum ph_status ph_chain_delete(struct ph_ruleset *rules, enum ph_table table, const char *name)
{
	struct ph_rtable *t = &rules->table[table];
	struct ph_chain *chain = ph_chain_find(t, name);

	ph_ruleset_thaw(rules);
	if (!chain)
		return PH_NOT_FOUND;
	if (chain->hook >= 0)
		return PH_INVALID;
	if (chain->n)
		return PH_BUSY;
	if (ph_chain_used(t, name))
		return PH_EXISTS;
	take_out(t, chain);
	ph_chain_free(chain);
	return PH_OK;
}

enum ph_status ph_chain_rename(struct ph_ruleset *rules, enum ph_table table, const char *from, const char *to)
{
	struct ph_rtable *t = &rules->table[table];
	struct ph_chain *chain = ph_chain_find(t, from);

	ph_ruleset_thaw(rules);
	if (!chain)
		return PH_NOT_FOUND;
	if (chain->hook >= 0)
		return PH_INVALID;
	if (ph_chain_find(t, to))
		return PH_EXISTS;
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->chain[i]->n; k++) {
			struct ph_rule *rule = t->chain[i]->rule[k];

			if (!ph_rule_leads_to(rule, from))
				continue;
			memset(rule->chain, 0, sizeof(rule->chain));
			memcpy(rule->chain, to, strlen(to));
		}
	}
	take_out(t, chain);
	memset(chain->name, 0, sizeof(chain->name));
	memcpy(chain->name, to, strlen(to));
	put_in_order(t, chain);
	return PH_OK;
}

void ph_chain_flush(struct ph_chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		free(chain->rule[i]);
	chain->n = 0;
}

bool ph_chain_insert(struct ph_chain *chain, size_t at, struct ph_rule *rule)
{
	if (chain->n == chain->room) {
		size_t room = chain->room ? chain->room * 2 : 16;
		struct ph_rule **list = realloc(chain->rule, room * sizeof(struct ph_rule *));

		if (!list)
			return false;
		chain->rule = list;
		chain->room = room;
	}
	memmove(&chain->rule[at + 1], &chain->rule[at], (chain->n - at) * sizeof(chain->rule[0]));
	chain->rule[at] = rule;
	chain->n++;
	return true;
}

void ph_chain_remove(struct ph_chain *chain, size_t at)
{
	free(chain->rule[at]);
	chain->n--;
	memmove(&chain->rule[at], &chain->rule[at + 1], (chain->n - at) * sizeof(chain->rule[0]));
}

static bool same_rule(const struct ph_rule *a, const struct ph_rule *b)
{
	uint32_t at = ph_rule_first_part();

	if (a->size != b->size || a->tests != b->tests || a->inverted != b->inverted || a->proto != b->proto ||
	    a->action != b->action || a->target_at != b->target_at || a->n_matches != b->n_matches ||
	    strcmp(a->chain, b->chain) != 0)
		return false;
	if (memcmp(&a->src, &b->src, sizeof(a->src)) != 0 || memcmp(&a->dst, &b->dst, sizeof(a->dst)) != 0 ||
	    memcmp(&a->in, &b->in, sizeof(a->in)) != 0 || memcmp(&a->out, &b->out, sizeof(a->out)) != 0)
		return false;
	while (at < a->size) {
		const struct ph_part *pa = ph_part_at_const(a, at), *pb = ph_part_at_const(b, at);

		if (pa->size != pb->size || !ph_part_equal(pa, pb))
			return false;
		at += pa->size;
	}
	return true;
}

size_t ph_chain_find_rule(const struct ph_chain *chain, const struct ph_rule *rule)
{
	for (size_t i = 0; i < chain->n; i++)
		if (same_rule(chain->rule[i], rule))
			return i;
	return chain->n;
}
