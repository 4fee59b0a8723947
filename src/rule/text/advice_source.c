/* Who looks at source addresses: for each interface, whether rp_filter or the rules of PREROUTING in raw and mangle drop any
 * packet for the address it comes from. A walk in the order of the rules, as a packet of that interface would go.
 *
 * Rules that ask for more than the interface and the source (a protocol, a destination, a state) do not count: what else
 * comes in is not checked by them. */
#include "rule/text/advice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/ext.h"
#include "rule/set.h"

#define NAMES_SIZE 160          /* of the interfaces that a warning names */

enum found { GO_ON = 0, CHECKED, OPEN };

struct step {
	uint32_t chain, rule;
	bool sourced;                   /* a source was asked for on the way here */
};

struct walk {
	const struct ph_rtable *table;
	bool all_routed;                /* there is a default route: loose checks drop next to nothing */
	const struct ph_ifname *iface;
	struct step *step;              /* one for each chain: jumps make no loops */
	uint8_t *seen;                  /* by chain, a bit for each value of `sourced` and `trusts` */
	size_t n;
	bool trusts;                    /* some sources were accepted before */
	bool excepts;                   /* something else was */
};

/* What a rule asks for beside the interface. */
struct asked {
	bool source, other;
};

/* rpfilter --invert holds for forged sources, rpfilter for the others. */
static bool rpfilter_fits(const struct ph_part *part, const struct ph_rule *rule, bool all_routed)
{
	bool invert = ph_advice_option(part, "invert");

	if (all_routed && ph_advice_option(part, "loose"))
		return false;
	if (rule->action == PH_ACT_DROP)
		return invert;
	return rule->action == PH_ACT_JUMP || rule->action == PH_ACT_GOTO || !invert;
}

/* All it looks for is of the source. What -m set keeps begins with what it asks. */
static bool set_of_sources(const struct ph_part *part)
{
	const struct ph_set_ask *ask = (const void *)part->data;

	return ask->src == (1u << ask->n) - 1;
}

static void ask_part(const struct ph_part *part, const struct ph_rule *rule, bool all_routed, struct asked *asked)
{
	const char *name = part->ext->name;

	if (strcmp(name, "comment") == 0)
		return;
	if (strcmp(name, "rpfilter") == 0 ? rpfilter_fits(part, rule, all_routed)
	    : strcmp(name, "iprange") == 0 ? ph_advice_option(part, "src-range") && !ph_advice_option(part, "dst-range")
	    : strcmp(name, "addrtype") == 0 ? ph_advice_option(part, "src-type") && !ph_advice_option(part, "dst-type")
	    : strcmp(name, "set") == 0 && set_of_sources(part))
		asked->source = true;
	else
		asked->other = true;
}

static struct asked ask(const struct ph_rule *rule, bool all_routed)
{
	static const struct ph_addr none;
	uint32_t at = ph_rule_first_part();
	struct asked asked = { .other = (rule->tests & (PH_TEST_DST | PH_TEST_OUT | PH_TEST_PROTO | PH_TEST_FRAG)) != 0 };

	asked.source = (rule->tests & PH_TEST_SRC) && memcmp(&rule->src.mask, &none, sizeof(none)) != 0;
	for (unsigned i = 0; i < rule->n_matches; i++) {
		const struct ph_part *part = ph_part_at_const(rule, at);

		ask_part(part, rule, all_routed, &asked);
		at += part->size;
	}
	return asked;
}

static bool is_for(const struct ph_rule *rule, const struct ph_ifname *iface)
{
	if (!(rule->tests & PH_TEST_IN))
		return true;
	return ph_iface_test_hits(iface, &rule->in) != ((rule->inverted & PH_TEST_IN) != 0);
}

/* Everything that is left is dropped. */
static enum found drop_rest(const struct walk *w)
{
	return w->excepts && !w->trusts ? OPEN : CHECKED;
}

static void enter(struct walk *w, uint32_t chain, bool sourced)
{
	uint8_t bit = (uint8_t)(1u << (sourced | (unsigned)w->trusts << 1));

	if (w->seen[chain] & bit)
		return;
	w->seen[chain] |= bit;
	w->step[w->n++] = (struct step){ .chain = chain, .sourced = sourced };
}

/* One rule, for a packet of the interface. */
static enum found look(struct walk *w, const struct ph_rule *rule)
{
	struct step *top = &w->step[w->n - 1];
	struct asked asked = ask(rule, w->all_routed);
	bool sourced = top->sourced || asked.source, certain = !asked.source && !asked.other;

	switch ((enum ph_action)rule->action) {
	case PH_ACT_DROP:
		if (!asked.other)
			return sourced ? CHECKED : drop_rest(w);
		break;
	case PH_ACT_ACCEPT:
	case PH_ACT_RETURN:
		if (certain && !top->sourced && rule->action == PH_ACT_ACCEPT)
			return OPEN;
		w->trusts |= sourced;
		w->excepts |= !sourced && asked.other;
		if (certain)
			top->rule = UINT32_MAX;
		break;
	case PH_ACT_JUMP:
	case PH_ACT_GOTO:
		if (certain && rule->action == PH_ACT_GOTO)
			top->rule = UINT32_MAX;
		if (!asked.other)
			enter(w, rule->to, sourced);
		break;
	case PH_ACT_NONE:
	case PH_ACT_TARGET:
	case PH_ACT_UNKNOWN:
		break;
	}
	return GO_ON;
}

static enum found walk_table(struct walk *w)
{
	const struct ph_chain *chain;
	enum found found = GO_ON;

	while (w->n > 0 && found == GO_ON) {
		struct step *top = &w->step[w->n - 1];

		chain = w->table->chain[top->chain];
		if (top->rule < chain->n) {
			const struct ph_rule *rule = chain->rule[top->rule++];

			if (is_for(rule, w->iface))
				found = look(w, rule);
			continue;
		}
		if (chain->hook >= 0 && chain->policy_drop)
			found = drop_rest(w);
		w->n--;
	}
	return found;
}

/* Of one table. PH_NO_MEMORY, or PH_OK with *checked set if it is so. */
static enum ph_status look_in(const struct ph_ruleset *rules, enum ph_table which, const struct ph_ifname *iface, bool all_routed,
                             bool *checked)
{
	struct walk w = { .table = &rules->table[which], .iface = iface, .all_routed = all_routed };
	const struct ph_rtable *table = w.table;

	w.step = calloc(table->n + 1, sizeof(*w.step));
	w.seen = calloc(table->n + 1, sizeof(*w.seen));
	if (w.step && w.seen) {
		for (uint32_t i = 0; i < table->n; i++)
			if (table->chain[i]->hook == PH_HOOK_PREROUTING)
				enter(&w, i, false);
		*checked |= walk_table(&w) == CHECKED;
	}
	free(w.step);
	free(w.seen);
	return w.step && w.seen ? PH_OK : PH_NO_MEMORY;
}

/* Adds a name to a list of them; behind a list that is full, three dots. False: it is full, no more will be named. */
static bool add_name(char list[NAMES_SIZE], const char *name)
{
	size_t len = strlen(list);
	bool fits = len + strlen(name) + sizeof(", , ...") <= NAMES_SIZE;

	if (fits)
		snprintf(list + len, NAMES_SIZE - len, "%s%s", len ? ", " : "", name);
	else
		snprintf(list + len, NAMES_SIZE - len, ", ...");
	return fits;
}

/* Does a default route cover all that nothing else does? */
static bool has_default_route(const struct ph_route *route, uint8_t family)
{
	static const struct ph_addr zero;
	struct ph_route_back back;

	return ph_route_back(route, family, &zero, PH_NO_IFACE, &back) && back.prefix_len == 0 && back.leg[0].type == PH_ROUTE_UNICAST;
}

enum ph_status ph_advise_sources(const struct ph_policy *policy, uint8_t family, struct ph_diags *diags)
{
	bool is_v6 = family == PH_IPV6;
	const struct ph_ruleset *rules = policy->rules[is_v6];
	char open[NAMES_SIZE] = "";
	bool all_routed = has_default_route(policy->route, family);

	if (!ph_route_configured(policy->route) || (!policy->has_rules[is_v6] && !ph_route_has_family(policy->route, family)))
		return PH_OK;
	for (size_t i = 0; i < ph_route_iface_count(policy->route); i++) {
		const struct ph_ifname *iface = ph_route_iface_name(policy->route, i);
		int64_t mode = is_v6 ? 0 : ph_policy_conf(policy, iface->name, PH_CONF_RP_FILTER);
		bool checked = mode == 1 || (mode == 2 && !all_routed);

		if (strcmp(iface->name, "lo") == 0)
			continue;
		if ((!checked && look_in(rules, PH_TABLE_RAW, iface, all_routed, &checked) != PH_OK) ||
		    (!checked && look_in(rules, PH_TABLE_MANGLE, iface, all_routed, &checked) != PH_OK))
			return PH_NO_MEMORY;
		if (!checked && !add_name(open, iface->name))
			break;
	}
	if (open[0])
		ph_diags_add(diags, PH_WARNING, NULL, 0, 0, "IPv%d: packets with forged source addresses may come in by %s: nothing there "
		             "drops by source; add %s -t raw -A PREROUTING -m rpfilter --invert -j DROP%s", is_v6 ? 6 : 4, open,
		             is_v6 ? "ip6tables" : "iptables", is_v6 ? "" : ", or set net.ipv4.conf.all.rp_filter=1");
	return PH_OK;
}
