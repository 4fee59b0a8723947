/* The verb explain: the last packets that did not pass, each with the rule as it reads, what the helper refused, and the expectation
 * it nearly met. */
#include "cmd/live/control.h"
#include "cmd/live/refusals.h"

#include "cmd/fields.h"

#include <string.h>

#define FIRST 10                /* so many without a number */
#define RULES 16                /* different rules whose text is looked up for one answer */
#define RULE_TEXT 400           /* bytes of a rule that are shown */

/* Rules that dropped packets, and what they say: found once for all packets that met them. */
struct found {
	const struct refusal *refusal;  /* one of them */
	struct cmd_text text;
};

struct why {
	struct request *r;
	struct cmd_text rules[2];       /* IPv4, IPv6: printed when first asked for */
	struct found found[RULES];
	size_t n_found;
};

static void take(void *arg, const char *text, size_t len)
{
	cmd_text_bytes(arg, text, len);
}

static bool begins(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(line, with, n) == 0;
}

/* The line of a rule in what iptables-save would print, without its -A CHAIN. */
static void find_line(struct cmd_text *out, const struct cmd_text *rules, const struct refusal *r)
{
	char table[REFUSAL_NAME + 2], append[REFUSAL_NAME + 8];
	const char *at = rules->at, *end = at + rules->len, *eol;
	uint32_t number = 0;
	bool here = false;

	snprintf(table, sizeof(table), "*%s", r->table);
	snprintf(append, sizeof(append), "-A %s ", r->chain);
	for (; at < end; at = eol + 1) {
		size_t len;

		eol = memchr(at, '\n', (size_t)(end - at));
		if (!eol)
			return;
		len = (size_t)(eol - at);
		if (*at == '*')
			here = len == strlen(table) && begins(at, len, table);
		if (!here || !begins(at, len, append) || ++number < r->number)
			continue;
		at += strlen(append);
		len -= strlen(append);
		cmd_text_bytes(out, at, len < RULE_TEXT ? len : RULE_TEXT);
		cmd_text_add(out, len > RULE_TEXT ? "..." : "");
		return;
	}
}

static bool same_rule(const struct refusal *a, const struct refusal *b)
{
	return a->family == b->family && a->number == b->number && strcmp(a->table, b->table) == 0 && strcmp(a->chain, b->chain) == 0;
}

/* NULL: no rule, or not the rules of now, or too many different ones. Terminated. */
static const char *rule_text(struct why *why, const struct refusal *r)
{
	struct live *live = why->r->live;
	struct cmd_text *rules = &why->rules[r->family == PH_IPV6];
	struct found *found = why->found;

	if (!r->table[0] || !r->number || !refusals_same_rules(live->refusals, live, r))
		return NULL;
	while (found < why->found + why->n_found && !same_rule(found->refusal, r))
		found++;
	if (found == why->found + RULES)
		return NULL;
	if (found == why->found + why->n_found) {
		why->n_found++;
		found->refusal = r;
		if (!rules->len)
			ph_policy_print(live->policy, r->family, false, (struct ph_sink){ .write = take, .arg = rules });
		if (rules->len)
			find_line(&found->text, rules, r);
		cmd_text_bytes(&found->text, "", 1);
	}
	return found->text.len > 1 ? found->text.at : NULL;
}

static void put_nearest(struct cmd_text *t, const struct refusal *r)
{
	struct nearest nearest = { .expect = r->expect, .differs = r->differs, .any = r->any };

	if (r->looked == NEAREST_NOT_ASKED)
		return;
	cmd_text_add(t, "    ");
	if (r->looked == NEAREST_TOO_MANY)
		cmd_text_add(t, "expectations were not looked at: too many packets at once");
	else
		cmd_text_nearest(t, &nearest);
	cmd_text_add(t, "\n");
}

static void put_one(struct why *why, struct cmd_text *t, const struct refusal *r)
{
	const char *rule = rule_text(why, r);

	if (why->r->json) {
		field_time(t, r->time_ms);
		field_str(t, "record", "refusal");
		field_refusal(t, r);
		if (rule)
			field_str(t, "rule_text", rule);
		cmd_text_add(t, "}\n");
		return;
	}
	cmd_text_format(t, "%llu ", (unsigned long long)r->n);
	put_time(t, r->time_ms);
	cmd_text_add(t, " ");
	put_refusal_line(t, r);
	cmd_text_add(t, "\n");
	if (rule) {
		cmd_text_add(t, "    ");
		cmd_text_name(t, rule);
		cmd_text_add(t, "\n");
	}
	if (r->cause != PH_CAUSE_NONE) {
		cmd_text_format(t, "    helper %s opened nothing: ", r->helper);
		cmd_text_quoted(t, r->text, r->text_len, REFUSAL_TEXT);
		cmd_text_format(t, ": %s\n", ph_cause_text(r->cause));
	}
	put_nearest(t, r);
}

static void answer(struct request *r, size_t n)
{
	const struct refusals *refusals = r->live->refusals;
	struct why why = { .r = r };
	struct cmd_text t = { .at = NULL };
	const struct refusal *refusal;

	for (size_t i = n; i-- > 0;) {
		refusal = refusals ? refusals_get(refusals, i) : NULL;
		if (refusal)
			put_one(&why, &t, refusal);
	}
	if (!t.len && !r->json)
		cmd_text_add(&t, "no packet was refused yet\n");
	reply_out(r->client, t.at, t.len);
	reply_exit(r->client, CMD_OK);
	for (size_t i = 0; i < why.n_found; i++)
		cmd_text_free(&why.found[i].text);
	cmd_text_free(&why.rules[0]);
	cmd_text_free(&why.rules[1]);
	cmd_text_free(&t);
}

static const char *set_number(void *arg, const struct verb_option *option, const char *value)
{
	size_t *n = arg;

	(void)option;
	*n = 0;
	for (const char *at = value; *at; at++) {
		if (*at < '0' || *at > '9' || *n > REFUSALS)
			*n = REFUSALS + 1;
		else
			*n = *n * 10 + (size_t)(*at - '0');
	}
	return *n >= 1 && *n <= REFUSALS ? NULL : "is no number from 1 to 256";
}

void verb_explain(struct request *r)
{
	static const struct verb_option none[] = { { NULL, 0, false } };
	size_t n = FIRST;

	if (request_options(r, none, set_number, &n))
		answer(r, n);
}
