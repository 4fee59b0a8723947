/* What only the whole rule set can show: jumps to nowhere, loops, parts that may not stand where they can be reached. Then
 * the rules are laid out flat for eval.c. Everything here is iterative: chains may be nested as deep as people like. */
#include <stdlib.h>
#include "rule/text/command.h"
#include "rule/text/word.h"

void ph_ruleset_thaw(struct ph_ruleset *rules)
{
	rules->finished = false;
	for (unsigned t = 0; t < PH_TABLES; t++) {
		struct ph_rtable *table = &rules->table[t];

		if (!table->flat)
			continue;
		for (size_t i = 0; i < table->n; i++) {
			uint32_t at = table->chain[i]->flat_at;

			for (size_t k = 0; k < table->chain[i]->n; k++) {
				const struct ph_rule *from = (const void *)(table->flat + at);

				memcpy(table->chain[i]->rule[k], from, from->size);
				at += from->size;
			}
		}
		free(table->flat);
		table->flat = NULL;
	}
}

static bool leads_on(const struct ph_rule *rule)
{
	return rule->action == PH_ACT_JUMP || rule->action == PH_ACT_GOTO;
}

static void complain(struct ph_rule_load *load, const struct ph_rule *rule, const char *why, const char *near)
{
	ph_diags_add(load->diags, PH_ERROR, rule->file, rule->line, rule->target_column, "%s: %s%s%s", rule->chain, why,
	             near ? "; did you mean " : "", near ? near : "");
}

#define NAMES 200       /* of targets looked at for a near one */

/* A chain or target that a name that is neither may have meant. */
static const char *nearest_target(const struct ph_rtable *table, const char *name)
{
	const char *names[NAMES + 1] = { "ACCEPT", "DROP", "RETURN" }, *near;
	size_t n = 3;

	for (const struct ph_ext *const *e = ph_exts; *e && n < NAMES; e++)
		if ((*e)->kind == PH_EXT_TARGET)
			names[n++] = (*e)->name;
	names[n] = NULL;
	near = ph_nearest(names, name, strlen(name));

	for (size_t i = 0; i < table->n && !near; i++)
		if (table->chain[i]->hook < 0)
			near = ph_nearest((const char *const[]){ table->chain[i]->name, NULL }, name, strlen(name));
	return near;
}

/* Sets rule->to of everything that leads on. told: that nobody knows where to was said at an earlier finish. */
static bool resolve(struct ph_rule_load *load, struct ph_rtable *table, struct ph_rule *rule, bool told)
{
	const struct ph_chain *to = ph_chain_find(table, rule->chain);
	uint32_t i = 0;

	if (!to && rule->action == PH_ACT_JUMP && load->lenient) {
		rule->action = PH_ACT_UNKNOWN;
		if (told)
			return true;
		ph_diags_add(load->diags, PH_WARNING, rule->file, rule->line, rule->target_column,
		             "%s: no such target or chain is known here: where the rule decides, the verdict is told as uncertain",
		             rule->chain);
		return true;
	}
	if (!to) {
		complain(load, rule, "no such target, and this table has no chain of that name", nearest_target(table, rule->chain));
		return false;
	}
	if (to->hook >= 0) {
		complain(load, rule, "a built-in chain cannot be jumped to", NULL);
		return false;
	}
	while (table->chain[i] != to)
		i++;
	rule->to = i;
	return true;
}

static bool resolve_all(struct ph_rule_load *load, struct ph_rtable *table)
{
	bool ok = true;

	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < table->chain[i]->n; k++) {
			struct ph_rule *rule = table->chain[i]->rule[k];

			bool unknown = rule->action == PH_ACT_UNKNOWN;

			if (unknown)
				rule->action = PH_ACT_JUMP;
			if (leads_on(rule))
				ok &= resolve(load, table, rule, unknown);
		}
	return ok;
}

/* A walk through the chains, deepest first. */
struct step {
	uint32_t chain, rule;
};
enum colour { UNSEEN = 0, OPEN, DONE };

struct dive {
	struct ph_rule_load *load;
	struct ph_rtable *table;
	struct step *step;              /* one for each chain */
	uint8_t *colour;
	size_t n;
	bool ok;
};

/* Does no packet come to the rules behind it? What stands there makes no loop, for the kernel either (checked on 6.18). */
static bool ends_all(const struct ph_rule *rule)
{
	return !rule->tests && rule->n_matches == 0 &&
	       (rule->action == PH_ACT_ACCEPT || rule->action == PH_ACT_DROP || rule->action == PH_ACT_RETURN);
}

/* Goes on in the chain on top: down into the next one, or up when it has no more rules that lead on. */
static void dive_step(struct dive *d)
{
	struct step *top = &d->step[d->n - 1];
	struct ph_chain *chain = d->table->chain[top->chain];

	while (top->rule < chain->n) {
		const struct ph_rule *rule = chain->rule[top->rule++];

		if (ends_all(rule))
			break;
		if (!leads_on(rule))
			continue;
		if (d->colour[rule->to] == OPEN) {
			complain(d->load, rule, "this jump makes a loop", NULL);
			d->ok = false;
		} else if (d->colour[rule->to] == UNSEEN) {
			d->colour[rule->to] = OPEN;
			d->step[d->n++] = (struct step){ rule->to, 0 };
			return;
		} else if (chain->depth < d->table->chain[rule->to]->depth + 1) {
			chain->depth = d->table->chain[rule->to]->depth + 1;
		}
	}
	d->colour[top->chain] = DONE;
	d->n--;
	if (d->n) {
		struct ph_chain *above = d->table->chain[d->step[d->n - 1].chain];

		if (above->depth < chain->depth + 1)
			above->depth = chain->depth + 1;
	}
}

/* Loops that packets can reach, and how deep jumps go: *depth grows to it. PH_OK, PH_INVALID, PH_NO_MEMORY. */
static enum ph_status find_loops(struct ph_rule_load *load, struct ph_rtable *table, uint32_t *depth)
{
	struct dive d = { .load = load, .table = table, .ok = true };

	d.step = calloc(table->n + 1, sizeof(*d.step));
	d.colour = calloc(table->n + 1, 1);
	if (!d.step || !d.colour) {
		free(d.step);
		free(d.colour);
		return PH_NO_MEMORY;
	}
	for (size_t i = 0; i < table->n; i++)
		table->chain[i]->depth = 0;
	for (uint32_t i = 0; i < table->n && table->chain[i]->hook >= 0; i++) {
		d.colour[i] = OPEN;
		d.step[d.n++] = (struct step){ i, 0 };
		while (d.n)
			dive_step(&d);
		if (*depth < table->chain[i]->depth)
			*depth = table->chain[i]->depth;
	}
	free(d.step);
	free(d.colour);
	return d.ok ? PH_OK : PH_INVALID;
}

/* Hands the hooks a chain can be reached from to those it leads to. True: something was new. */
static bool hand_on(struct ph_rtable *table, const struct ph_chain *chain)
{
	bool fresh = false;

	for (size_t k = 0; k < chain->n; k++) {
		const struct ph_rule *rule = chain->rule[k];
		struct ph_chain *to;

		if (!leads_on(rule))
			continue;
		to = table->chain[rule->to];
		fresh |= (chain->from & ~to->from) != 0;
		to->from |= chain->from;
	}
	return fresh;
}

/* Each round gives at least one chain one more hook, so that this ends. */
static bool check_hooks(struct ph_rule_load *load, struct ph_rtable *table)
{
	bool again = true, ok = true;

	for (size_t i = 0; i < table->n; i++)
		table->chain[i]->from = (uint8_t)(table->chain[i]->hook >= 0 ? 1u << table->chain[i]->hook : 0u);
	while (again) {
		again = false;
		for (size_t i = 0; i < table->n; i++)
			again |= hand_on(table, table->chain[i]);
	}
	for (size_t i = 0; i < table->n; i++) {
		const struct ph_chain *chain = table->chain[i];

		for (size_t k = 0; k < chain->n && chain->from; k++)
			ok &= ph_rule_hooks_ok(load, chain->rule[k], chain->name, chain->from);
	}
	return ok;
}

static bool bind_rule(struct ph_bind *bind, struct ph_rule *rule)
{
	bool ok = true;

	bind->rule = rule;
	bind->place = 0;
	for (uint32_t at = ph_rule_first_part(); at < rule->size; at += bind->part->size) {
		bind->part = ph_part_at(rule, at);
		bind->place++;
		if (bind->part->ext->bind)
			ok &= bind->part->ext->bind(bind);
	}
	return ok;
}

/* Parts find what they share. */
static bool bind_all(struct ph_ruleset *rules, struct ph_rule_load *load, enum ph_table which)
{
	const struct ph_rtable *table = &rules->table[which];
	struct ph_bind bind = { .rules = rules, .load = load, .table = which };
	bool ok = true;

	for (size_t i = 0; i < table->n; i++) {
		bind.chain = table->chain[i]->name;
		for (size_t k = 0; k < table->chain[i]->n; k++) {
			bind.number = (uint32_t)k + 1;
			ok &= bind_rule(&bind, table->chain[i]->rule[k]);
		}
	}
	return ok;
}

static bool lay_flat(struct ph_rtable *table)
{
	size_t size = 0;

	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < table->chain[i]->n; k++)
			size += table->chain[i]->rule[k]->size;
	if (size > UINT32_MAX)
		return false;
	table->flat = malloc(size ? size : 1);
	if (!table->flat)
		return false;
	size = 0;
	for (size_t i = 0; i < table->n; i++) {
		table->chain[i]->flat_at = (uint32_t)size;
		for (size_t k = 0; k < table->chain[i]->n; k++) {
			memcpy(table->flat + size, table->chain[i]->rule[k], table->chain[i]->rule[k]->size);
			size += table->chain[i]->rule[k]->size;
		}
	}
	return true;
}

/* What walks need; made once, so that no packet allocates. */
static bool make_stacks(struct ph_ruleset *rules, uint32_t depth)
{
	free(rules->stack);
	free(rules->explored);
	rules->stack = calloc((size_t)depth + 1, sizeof(*rules->stack));
	rules->explored = calloc((size_t)depth + 2, sizeof(*rules->explored));
	return rules->stack && rules->explored;
}

enum ph_status ph_ruleset_finish(struct ph_ruleset *rules, struct ph_rule_load *load)
{
	uint32_t depth = 0;
	bool ok = true;

	ph_ruleset_thaw(rules);
	for (unsigned t = 0; t < PH_TABLES; t++) {
		struct ph_rtable *table = &rules->table[t];
		enum ph_status status;

		if (!table->touched)
			continue;
		if (!resolve_all(load, table)) {
			ok = false;
			continue;
		}
		status = find_loops(load, table, &depth);
		if (status == PH_NO_MEMORY)
			return status;
		ok &= status == PH_OK;
		ok &= check_hooks(load, table);
		ok &= bind_all(rules, load, (enum ph_table)t);
		ph_warn_nat(load, table);
	}
	if (!ok)
		return PH_INVALID;
	if (!make_stacks(rules, depth))
		return PH_NO_MEMORY;
	for (unsigned t = 0; t < PH_TABLES; t++)
		if (rules->table[t].touched && !lay_flat(&rules->table[t]))
			return PH_NO_MEMORY;
	rules->finished = true;
	return PH_OK;
}
