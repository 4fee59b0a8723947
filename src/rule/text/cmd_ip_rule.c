/* ip rule: see ip-rule(8). The rules that every machine has are understood; what selects another table is refused. */
#include "rule/text/cmd_ip.h"

static const struct {
	const char *table, *number;
	uint32_t priority;
} defaults[] = {
	{ "local", "255", 0 },
	{ "main", "254", 32766 },
	{ "default", "253", 32767 },
};

bool ph_ip_rule_is_default(const char *table, uint32_t priority)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
		if (priority == defaults[i].priority &&
		    (strcmp(table, defaults[i].table) == 0 || strcmp(table, defaults[i].number) == 0))
			return true;
	return false;
}

void ph_ip_not_evaluated(struct ph_policy_load *load, const struct ph_word *at, const char *what, const char *instead)
{
	if (load->rules.lenient)
		ph_load_warn(load, at, "%.60s: %s; %s", at->text, what, instead);
	else
		ph_load_error(load, at, "%.60s: %s", at->text, what);
}

static bool is_one_of(const struct ph_word *word, const char *a, const char *b, const char *c)
{
	return strcmp(word->text, a) == 0 || strcmp(word->text, b) == 0 || strcmp(word->text, c) == 0;
}

static bool is_all(const struct ph_word *word)
{
	return word && is_one_of(word, "all", "any", "default");
}

/* Reads one selector or action. False: it is none of a rule for all packets. */
static bool read_word(struct ph_policy_load *load, struct ph_ip_args *args, const char **table, int64_t *priority)
{
	const struct ph_word *word = ph_ip_next(args), *value;

	if (strcmp(word->text, "from") == 0 || strcmp(word->text, "to") == 0)
		return is_all(ph_ip_next(args));
	if (strcmp(word->text, "lookup") != 0 && strcmp(word->text, "table") != 0 &&
	    !is_one_of(word, "pref", "priority", "preference"))
		return false;
	value = ph_ip_need(load, args);
	if (!value)
		return false;
	if (word->text[0] != 'p') {
		*table = value->text;
		return true;
	}
	return ph_load_number(value->text, value->len, UINT32_MAX, priority) && *priority >= 0;
}

void ph_ip_rule_command(struct ph_policy_load *load, struct ph_ip_args *args)
{
	const struct ph_word *verb = &args->word[args->at - 1], *word;
	const char *table = "";
	int64_t priority = -1;
	bool adds = verb->text[0] == 'a';

	while (args->at < args->n) {
		word = &args->word[args->at];
		if (!read_word(load, args, &table, &priority)) {
			ph_ip_not_evaluated(load, word, "policy routing is not evaluated: rules are those that every machine has "
			                    "(0 local, 32766 main, 32767 default); put the routes that count here into table main",
			                    "the rule has no effect");
			return;
		}
	}
	if (!adds || priority < 0 || !ph_ip_rule_is_default(table, (uint32_t)priority))
		ph_ip_not_evaluated(load, verb, "policy routing is not evaluated: rules are those that every machine has "
		                    "(0 local, 32766 main, 32767 default), and stay", "the rules stay as they are");
}
