/* Who may use what helpers announce: rules that accept RELATED. Neighbours: advice_source.c, rule/finish.c, which has seen to
 * it that jumps make no loops.
 *
 * What the rules on the way to a chain ask for is a set of facts. First each chain collects the sets with which packets may
 * come to it, a bit for each of the 16; then each rule that accepts is looked at once. */
#include "rule/text/advice.h"

#include <stdlib.h>
#include <string.h>

#include "rule/ext.h"
#include "rule/match/states.h"

enum fact { RELATED = 1, HELPER = 2, LIMITED = 4, IS_ICMP = 8, FACT_SETS = 16 };

#define FILTER_HOOKS (1u << PH_HOOK_INPUT | 1u << PH_HOOK_FORWARD | 1u << PH_HOOK_OUTPUT)

/* What one rule asks for. */
struct asked {
	uint8_t facts;
	bool never;                     /* RELATED is not among the states it asks for */
};

const struct ph_opt *ph_advice_option(const struct ph_part *part, const char *name)
{
	for (unsigned i = 0; i < part->ext->n_options; i++)
		if (strcmp(part->ext->options[i].name, name) == 0)
			return ph_part_has(part, part->ext->options[i].id) ? &part->ext->options[i] : NULL;
	return NULL;
}

static bool is_one_of(const char *name, const char *const *list)
{
	while (*list && strcmp(*list, name) != 0)
		list++;
	return *list != NULL;
}

/* Does it ask for an address, an interface or a port? */
static bool limits(const struct ph_part *part)
{
	static const char *const matches[] = { "addrtype", "devgroup", "iprange", "mac", "multiport", "physdev", "set", NULL };
	static const char *const options[] = { "dport", "sport", "ctorigsrc", "ctorigdst", "ctreplsrc", "ctrepldst", "ctorigsrcport",
	                                       "ctorigdstport", "ctreplsrcport", "ctrepldstport", NULL };

	if (is_one_of(part->ext->name, matches))
		return true;
	for (size_t i = 0; options[i]; i++)
		if (ph_advice_option(part, options[i]))
			return true;
	return false;
}

static void ask_state(const struct ph_part *part, struct asked *asked)
{
	bool is_state = strcmp(part->ext->name, "state") == 0;
	const struct ph_opt *opt = ph_advice_option(part, is_state ? "state" : "ctstate");
	uint8_t states;

	if (!opt)
		return;
	states = part->data[opt->offset];
	if (ph_part_inverted(part, opt->id))
		asked->never |= (states & PH_RULE_RELATED) != 0;
	else if (!(states & PH_RULE_RELATED))
		asked->never = true;
	/* Negated, it allows RELATED by not naming it: that says nothing where it allows NEW as well. */
	if (!ph_part_inverted(part, opt->id) || (states & PH_RULE_NEW))
		asked->facts |= RELATED;
}

static void ask_part(const struct ph_part *part, struct asked *asked)
{
	const struct ph_opt *helper;

	if (strcmp(part->ext->name, "state") == 0 || strcmp(part->ext->name, "conntrack") == 0)
		ask_state(part, asked);
	if (strcmp(part->ext->name, "helper") == 0 && (helper = ph_advice_option(part, "helper")) && !ph_part_inverted(part, helper->id))
		asked->facts |= HELPER;
	if (limits(part))
		asked->facts |= LIMITED;
}

static bool is_any(const struct ph_addr_test *test)
{
	static const struct ph_addr none;

	return memcmp(&test->mask, &none, sizeof(none)) == 0;
}

/* Exactly "lo", not "lo+". */
static bool is_loopback(const struct ph_iface_test *test)
{
	return strcmp(test->name.name, "lo") == 0 && (uint8_t)test->mask.name[2] == 0xff;
}

static struct asked ask(const struct ph_rule *rule, uint8_t family)
{
	uint8_t icmp = family == PH_IPV6 ? PH_PROTO_ICMPV6 : PH_PROTO_ICMP;
	uint32_t at = ph_rule_first_part();
	struct asked asked = { 0 };

	if ((rule->tests & PH_TEST_PROTO) && rule->proto == icmp && !(rule->inverted & PH_TEST_PROTO))
		asked.facts |= IS_ICMP;
	if ((rule->tests & (PH_TEST_IN | PH_TEST_OUT)) || ((rule->tests & PH_TEST_SRC) && !is_any(&rule->src)) ||
	    ((rule->tests & PH_TEST_DST) && !is_any(&rule->dst)))
		asked.facts |= LIMITED;
	/* What the machine says to itself. */
	if ((rule->tests & PH_TEST_IN) && !(rule->inverted & PH_TEST_IN) && is_loopback(&rule->in))
		asked.never = true;
	for (unsigned i = 0; i < rule->n_matches; i++) {
		const struct ph_part *part = ph_part_at_const(rule, at);

		ask_part(part, &asked);
		at += part->size;
	}
	return asked;
}

/* The chains that have sets to hand on, as a ring: each is in it at most once. */
struct pending {
	uint32_t *ring;
	bool *waits;                    /* by chain */
	size_t room, first, n;
};

static void put(struct pending *p, uint32_t chain)
{
	if (p->waits[chain])
		return;
	p->waits[chain] = true;
	p->ring[(p->first + p->n++) % p->room] = chain;
}

/* Hands the fact sets of a chain to those it leads to. */
static void hand_on(const struct ph_ruleset *rules, uint16_t *sets, uint32_t from, struct pending *pending)
{
	const struct ph_chain *chain = rules->table[PH_TABLE_FILTER].chain[from];

	for (size_t k = 0; k < chain->n; k++) {
		const struct ph_rule *rule = chain->rule[k];
		struct asked asked;

		if (rule->action != PH_ACT_JUMP && rule->action != PH_ACT_GOTO)
			continue;
		asked = ask(rule, rules->family);
		for (unsigned set = 0; set < FACT_SETS && !asked.never; set++) {
			uint16_t bit = (uint16_t)(1u << (set | asked.facts));

			if (!(sets[from] >> set & 1) || (sets[rule->to] & bit))
				continue;
			sets[rule->to] |= bit;
			put(pending, rule->to);
		}
	}
}

/* A chain is looked at again only when a set came to it that was not there: at most once for each set. */
static void hand_on_all(const struct ph_ruleset *rules, uint16_t *sets, struct pending *pending)
{
	const struct ph_rtable *table = &rules->table[PH_TABLE_FILTER];

	for (uint32_t i = 0; i < table->n; i++) {
		sets[i] = table->chain[i]->hook >= 0 && (FILTER_HOOKS >> table->chain[i]->hook & 1);
		if (sets[i])
			put(pending, i);
	}
	while (pending->n > 0) {
		uint32_t chain = pending->ring[pending->first];

		pending->first = (pending->first + 1) % pending->room;
		pending->n--;
		pending->waits[chain] = false;
		hand_on(rules, sets, chain, pending);
	}
}

/* One rule that accepts; sets: with which packets come to its chain. */
static void judge(const struct ph_rule *rule, const char *chain, uint16_t sets, uint8_t family, struct ph_diags *diags)
{
	struct asked asked = ask(rule, family);
	bool helpless = false, wide = false;

	for (unsigned set = 0; set < FACT_SETS && !asked.never; set++) {
		unsigned facts = set | asked.facts;

		if (!(sets >> set & 1) || !(facts & RELATED) || (facts & IS_ICMP))
			continue;
		helpless |= !(facts & HELPER);
		wide |= (facts & HELPER) && !(facts & LIMITED);
	}
	if (helpless)
		ph_diags_add(diags, PH_WARNING, rule->file, rule->line, rule->column,
		             "%s: RELATED is accepted without -m helper: what any helper was told to expect may pass; write a rule "
		             "for each helper with -m helper --helper NAME, and one with -p %s for errors", chain,
		             family == PH_IPV6 ? "ipv6-icmp" : "icmp");
	if (wide)
		ph_diags_add(diags, PH_WARNING, rule->file, rule->line, rule->column,
		             "%s: RELATED is accepted from any address to any address and port that the helper names; "
		             "limit it with -s, -d, -i, -o or --dport", chain);
}

enum ph_status ph_advise_related(const struct ph_ruleset *rules, struct ph_diags *diags)
{
	const struct ph_rtable *table = &rules->table[PH_TABLE_FILTER];
	struct pending pending = { .room = table->n + 1 };
	uint16_t *sets = calloc(table->n + 1, sizeof(*sets));
	bool enough;

	pending.ring = calloc(pending.room, sizeof(*pending.ring));
	pending.waits = calloc(pending.room, sizeof(*pending.waits));
	enough = sets && pending.ring && pending.waits;
	if (enough)
		hand_on_all(rules, sets, &pending);
	for (size_t i = 0; enough && i < table->n; i++)
		for (size_t k = 0; k < table->chain[i]->n && sets[i]; k++)
			if (table->chain[i]->rule[k]->action == PH_ACT_ACCEPT)
				judge(table->chain[i]->rule[k], table->chain[i]->name, sets[i], rules->family, diags);
	free(pending.ring);
	free(pending.waits);
	free(sets);
	return enough ? PH_OK : PH_NO_MEMORY;
}

enum ph_status ph_policy_advise(const struct ph_policy *policy, struct ph_diags *diags)
{
	static const uint8_t families[] = { PH_IPV4, PH_IPV6 };
	enum ph_status status = PH_OK;

	for (unsigned f = 0; f < 2 && status == PH_OK; f++) {
		status = ph_advise_related(policy->rules[f], diags);
		if (status == PH_OK)
			status = ph_advise_sources(policy, families[f], diags);
	}
	return status;
}
