/* What a rule set is made of, and what of it no packet can reach: `pinhole check --stats`. */
#include "rule/text/stats.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "rule/ext.h"

#define LINE 512
#define KINDS 256               /* of matches and targets told apart */

struct use {
	const struct ph_ext *ext;
	size_t n;
};

struct stats {
	const struct ph_ruleset *rules;
	struct ph_sink sink;
	struct use use[KINDS];
	size_t n_uses;
	bool *reached;                  /* by chain of the table at work */
	bool *closed;                   /* the same: does no packet come out at its end? */
};

static void say(const struct stats *s, const char *fmt, ...) PH_PRINTF(2, 3);

static void say(const struct stats *s, const char *fmt, ...)
{
	char line[LINE];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (n > 0)
		s->sink.write(s->sink.arg, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

/* Does it take every packet that comes by? */
static bool asks_nothing(const struct ph_rule *rule)
{
	uint32_t at = ph_rule_first_part();

	for (unsigned i = 0; i < rule->n_matches; i++) {
		const struct ph_part *part = ph_part_at_const(rule, at);

		if (strcmp(part->ext->name, "comment") != 0)
			return false;
		at += part->size;
	}
	return rule->tests == 0;
}

/* Does nothing come back from it, to the next rule? closed: of the chain it leads to. */
static bool keeps(const struct stats *s, const struct ph_rule *rule)
{
	switch ((enum ph_action)rule->action) {
	case PH_ACT_ACCEPT:
	case PH_ACT_DROP:
	case PH_ACT_RETURN:
	case PH_ACT_GOTO:
		return true;
	case PH_ACT_JUMP:
		return s->closed[rule->to];
	case PH_ACT_TARGET: {
		uint8_t answers = ph_part_at_const(rule, rule->target_at)->ext->answers;

		return answers && !(answers & (1 << PH_TARGET_CONTINUE | 1 << PH_TARGET_UNKNOWN));
	}
	case PH_ACT_NONE:
	case PH_ACT_UNKNOWN:
		break;
	}
	return false;
}

/* The number of rules at the beginning of a chain that packets can come to. */
static size_t live_rules(const struct stats *s, const struct ph_chain *chain)
{
	for (size_t i = 0; i < chain->n; i++)
		if (asks_nothing(chain->rule[i]) && keeps(s, chain->rule[i]))
			return i + 1;
	return chain->n;
}

/* A chain is closed if its last live rule keeps everything, and no rule before it goes back. */
static bool is_closed(const struct stats *s, const struct ph_chain *chain)
{
	size_t live = live_rules(s, chain);
	const struct ph_rule *last = live ? chain->rule[live - 1] : NULL;

	if (!last || !asks_nothing(last) || !keeps(s, last))
		return false;
	for (size_t i = 0; i < live; i++) {
		const struct ph_rule *rule = chain->rule[i];

		if (rule->action == PH_ACT_RETURN || (rule->action == PH_ACT_GOTO && !s->closed[rule->to]))
			return false;
	}
	return true;
}

/* Each round closes at least one chain more, or reaches one more, so that both end. */
static void find_closed(struct stats *s, const struct ph_rtable *table)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < table->n; i++) {
			if (s->closed[i] || !is_closed(s, table->chain[i]))
				continue;
			s->closed[i] = again = true;
		}
	}
}

static bool reach_from(struct stats *s, const struct ph_chain *chain)
{
	size_t live = live_rules(s, chain);
	bool fresh = false;

	for (size_t i = 0; i < live; i++) {
		const struct ph_rule *rule = chain->rule[i];

		if ((rule->action != PH_ACT_JUMP && rule->action != PH_ACT_GOTO) || s->reached[rule->to])
			continue;
		s->reached[rule->to] = fresh = true;
	}
	return fresh;
}

static void find_reached(struct stats *s, const struct ph_rtable *table)
{
	bool again = true;

	for (size_t i = 0; i < table->n; i++)
		s->reached[i] = table->chain[i]->hook >= 0;
	while (again) {
		again = false;
		for (size_t i = 0; i < table->n; i++)
			again |= s->reached[i] && reach_from(s, table->chain[i]);
	}
}

static void count_use(struct stats *s, const struct ph_ext *ext)
{
	size_t i = 0;

	while (i < s->n_uses && s->use[i].ext != ext)
		i++;
	if (i == KINDS)
		return;
	s->use[i].ext = ext;
	s->use[i].n++;
	s->n_uses += i == s->n_uses;
}

static void count_uses(struct stats *s, const struct ph_rtable *table)
{
	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < table->chain[i]->n; k++) {
			const struct ph_rule *rule = table->chain[i]->rule[k];

			for (uint32_t at = ph_rule_first_part(); at < rule->size; at += ph_part_at_const(rule, at)->size)
				count_use(s, ph_part_at_const(rule, at)->ext);
		}
}

static void put_where(const struct stats *s, const char *table, const struct ph_chain *chain, size_t i)
{
	const struct ph_rule *rule = chain->rule[i];

	say(s, "  unreachable  %s %s rule %zu", table, chain->name, i + 1);
	if (rule->file)
		say(s, " (%s:%u)", rule->file, rule->line);
}

static void put_unreachable(const struct stats *s, const struct ph_rtable *table, const char *name)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct ph_chain *chain = table->chain[i];
		size_t live = live_rules(s, chain);

		if (!s->reached[i]) {
			say(s, "  unreachable  %s chain %s, %zu rule%s: nothing leads to it\n", name, chain->name, chain->n,
			    chain->n == 1 ? "" : "s");
			continue;
		}
		if (live == chain->n)
			continue;
		put_where(s, name, chain, live);
		if (chain->n - live > 1)
			say(s, " and the %zu after it", chain->n - live - 1);
		say(s, ": rule %zu takes every packet\n", live);
	}
}

/* False: no memory. */
static bool one_table(struct stats *s, enum ph_table which)
{
	const struct ph_rtable *table = &s->rules->table[which];
	size_t own = 0, n_rules = 0;

	s->reached = calloc(table->n + 1, sizeof(*s->reached));
	s->closed = calloc(table->n + 1, sizeof(*s->closed));
	if (s->reached && s->closed) {
		for (size_t i = 0; i < table->n; i++) {
			own += table->chain[i]->hook < 0;
			n_rules += table->chain[i]->n;
		}
		say(s, "  table        %s: %zu rule%s in %zu built-in and %zu other chains\n", ph_table_name[which], n_rules,
		    n_rules == 1 ? "" : "s", table->n - own, own);
		count_uses(s, table);
		find_closed(s, table);
		find_reached(s, table);
		put_unreachable(s, table, ph_table_name[which]);
	}
	free(s->reached);
	free(s->closed);
	return s->reached && s->closed;
}

static int by_use(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->ext->kind != y->ext->kind)
		return x->ext->kind < y->ext->kind ? -1 : 1;
	return x->n != y->n ? x->n > y->n ? -1 : 1 : strcmp(x->ext->name, y->ext->name);
}

bool ph_ruleset_stats(const struct ph_ruleset *rules, struct ph_sink sink)
{
	struct stats *s = calloc(1, sizeof(*s));
	bool ok = s != NULL;

	if (!ok)
		return false;
	s->rules = rules;
	s->sink = sink;
	say(s, "IPv%u\n", rules->family == PH_IPV4 ? 4 : 6);
	for (unsigned t = 0; t < PH_TABLES && ok; t++)
		if (rules->table[t].touched)
			ok = one_table(s, (enum ph_table)t);
	qsort(s->use, s->n_uses, sizeof(s->use[0]), by_use);
	for (size_t i = 0; i < s->n_uses; i++)
		say(s, "  %-12s %s: %zu\n", s->use[i].ext->kind == PH_EXT_MATCH ? "match" : "target", s->use[i].ext->name, s->use[i].n);
	free(s);
	return ok;
}
