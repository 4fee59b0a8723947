/* What each command does to the rule set; see command.h. Nothing changes before everything was checked. */
#include "rule/text/command.h"

#include <stdlib.h>
#include "rule/text/word.h"

/* One command being done. */
struct edit {
	struct ph_command *cmd;
	struct ph_rtable *table;
	struct ph_chain *chain;         /* NULL: none was named */
	char name[PH_TARGET_NAME_SIZE]; /* of the chain */
	uint32_t number;                /* rule number, 0: none was given */
	struct ph_rule **rule;          /* one for each pair of addresses; owned until a chain takes them */
	size_t n;
};

static enum ph_status fail(struct edit *e, const struct ph_word *at, const char *why)
{
	ph_command_error(e->cmd, at, "-%c %.*s: %s", e->cmd->op, PH_WORD_SHOWN(at), why);
	return PH_INVALID;
}

/* A good command that speaks of what is not there. */
static enum ph_status missing(struct edit *e, const struct ph_word *at, const char *why)
{
	(void)fail(e, at, why);
	return PH_NOT_FOUND;
}

/* Puts the rules into the chain from index at on; each one before the last, as iptables inserts them, or behind it. */
static enum ph_status put_rules(struct edit *e, size_t at, bool forward)
{
	if (e->chain->hook >= 0)
		for (size_t i = 0; i < e->n; i++)
			if (!ph_rule_hooks_ok(e->cmd->load, e->rule[i], e->chain->name, 1u << e->chain->hook))
				return PH_INVALID;
	for (size_t i = 0; i < e->n; i++) {
		if (!ph_chain_insert(e->chain, forward ? at + i : at, e->rule[i]))
			return PH_NO_MEMORY;
		e->rule[i] = NULL;
	}
	return PH_OK;
}

static enum ph_status op_append(struct edit *e)
{
	return put_rules(e, e->chain->n, true);
}

static enum ph_status op_insert(struct edit *e)
{
	size_t at = e->number ? e->number - 1 : 0;

	if (at > e->chain->n)
		return missing(e, e->cmd->extra, "the number is beyond the end of the chain");
	return put_rules(e, at, false);
}

static enum ph_status op_replace(struct edit *e)
{
	size_t at = e->number - 1;
	enum ph_status status;

	if (!e->number)
		return fail(e, e->cmd->chain, "needs the number of the rule to replace");
	if (e->n != 1)
		return fail(e, e->cmd->chain, "several addresses make several rules; one is replaced by one");
	if (at >= e->chain->n)
		return missing(e, e->cmd->extra, "the chain has no such rule");
	status = put_rules(e, at, true);
	if (status == PH_OK)
		ph_chain_remove(e->chain, at + 1);
	return status;
}

static enum ph_status op_delete(struct edit *e)
{
	if (e->cmd->extra) {
		if (e->number > e->chain->n)
			return missing(e, e->cmd->extra, "the chain has no such rule");
		ph_chain_remove(e->chain, e->number - 1);
		return PH_OK;
	}
	for (size_t i = 0; i < e->n; i++)
		if (ph_chain_find_rule(e->chain, e->rule[i]) == e->chain->n)
			return missing(e, e->cmd->chain, "the chain has no such rule");
	for (size_t i = 0; i < e->n; i++) {
		size_t at = ph_chain_find_rule(e->chain, e->rule[i]);

		if (at < e->chain->n)
			ph_chain_remove(e->chain, at);
	}
	return PH_OK;
}

/* The question of a script: no is an answer, not an error. In a policy that is being loaded nobody hears it. */
static enum ph_status op_check(struct edit *e)
{
	const struct ph_rule_load *load = e->cmd->load;
	size_t i = 0;

	while (i < e->n && ph_chain_find_rule(e->chain, e->rule[i]) < e->chain->n)
		i++;
	if (i == e->n)
		return PH_OK;
	if (!load->listing)
		return missing(e, e->cmd->chain, "the chain has no such rule");
	ph_diags_add(load->diags, PH_WARNING, load->file, e->cmd->chain->line, e->cmd->chain->column,
	             "Bad rule (does a matching rule exist in that chain?).");
	return PH_EXISTS;
}

static enum ph_status op_flush(struct edit *e)
{
	for (size_t i = 0; i < e->table->n; i++)
		if (!e->chain || e->table->chain[i] == e->chain)
			ph_chain_flush(e->table->chain[i]);
	return PH_OK;
}

static enum ph_status op_zero(struct edit *e)
{
	if (e->cmd->extra && e->number > e->chain->n)
		return missing(e, e->cmd->extra, "the chain has no such rule");
	for (size_t i = 0; i < e->table->n; i++) {
		struct ph_chain *chain = e->table->chain[i];

		if (e->chain && chain != e->chain)
			continue;
		if (!e->cmd->extra)
			chain->packets = chain->bytes = 0;
		for (size_t k = 0; k < chain->n; k++)
			if (!e->cmd->extra || k + 1 == e->number)
				chain->rule[k]->packets = chain->rule[k]->bytes = 0;
	}
	return PH_OK;
}

static enum ph_status op_new(struct edit *e)
{
	const char *wrong = ph_chain_name_taken(e->cmd->rules, e->cmd->chain);
	enum ph_status status;

	if (wrong)
		return fail(e, e->cmd->chain, wrong);
	status = ph_chain_new(e->cmd->rules, e->cmd->table, e->name);
	return status == PH_EXISTS ? fail(e, e->cmd->chain, "the chain is already there") : status;
}

static enum ph_status delete_one(struct edit *e, const char *name, const struct ph_word *at)
{
	switch (ph_chain_delete(e->cmd->rules, e->cmd->table, name)) {
	case PH_OK:
		return PH_OK;
	case PH_BUSY:
		ph_command_error(e->cmd, at, "-X %s: the chain still has rules; empty it first: -F %s", name, name);
		break;
	case PH_EXISTS:
		ph_command_error(e->cmd, at, "-X %s: rules still lead to it", name);
		break;
	case PH_INVALID:
		ph_command_error(e->cmd, at, "-X %s: it is built in", name);
		break;
	case PH_NOT_FOUND:
	case PH_FULL:
	case PH_NO_MEMORY:
	case PH_IO:
	case PH_END:
		ph_command_error(e->cmd, at, "-X %s: no such chain in table %s", name, ph_table_name[e->cmd->table]);
		return PH_NOT_FOUND;
	}
	return PH_INVALID;
}

static enum ph_status op_remove(struct edit *e)
{
	size_t i = 0;

	if (e->cmd->chain)
		return delete_one(e, e->name, e->cmd->chain);
	/* All that people made; the first that cannot go ends it. */
	while (i < e->table->n) {
		if (e->table->chain[i]->hook >= 0)
			i++;
		else if (delete_one(e, e->table->chain[i]->name, e->cmd->op_at) != PH_OK)
			return PH_INVALID;
	}
	return PH_OK;
}

static enum ph_status op_rename(struct edit *e)
{
	const char *wrong = ph_chain_name_taken(e->cmd->rules, e->cmd->extra);
	char name[PH_TARGET_NAME_SIZE];

	if (wrong || !ph_word_copy(e->cmd->extra, name, sizeof(name)))
		return fail(e, e->cmd->extra, wrong ? wrong : "the name is too long");
	switch (ph_chain_rename(e->cmd->rules, e->cmd->table, e->name, name)) {
	case PH_OK:
		return PH_OK;
	case PH_EXISTS:
		return fail(e, e->cmd->extra, "a chain of that name is already there");
	case PH_INVALID:
		return fail(e, e->cmd->chain, "built-in chains keep their names");
	case PH_BUSY:
	case PH_NOT_FOUND:
	case PH_FULL:
	case PH_NO_MEMORY:
	case PH_IO:
	case PH_END:
		break;
	}
	return missing(e, e->cmd->chain, "no such chain in this table");
}

static enum ph_status op_policy(struct edit *e)
{
	const struct ph_word *policy = e->cmd->extra;
	bool drop = ph_word_is(policy, "DROP");

	if (!e->chain || e->chain->hook < 0)
		return fail(e, e->cmd->chain, "only built-in chains have a policy, and this table has no such one");
	if (!drop && !ph_word_is(policy, "ACCEPT"))
		return fail(e, policy, "a policy is ACCEPT or DROP");
	e->chain->policy_drop = drop;
	if (e->cmd->seen & PH_SEEN_COUNTERS) {
		e->chain->packets = e->cmd->base->packets;
		e->chain->bytes = e->cmd->base->bytes;
	}
	return PH_OK;
}

static enum ph_status op_list(struct edit *e)
{
	const struct ph_listing list = {
		.rules = e->cmd->rules, .table = e->table, .chain = e->chain, .number = e->cmd->extra ? e->number : 0,
		.show = e->cmd->show,
	};

	if (e->cmd->load->listing && e->cmd->op == 'S')
		ph_list_specifications(&list, *e->cmd->load->listing);
	else if (e->cmd->load->listing)
		ph_list_columns(&list, *e->cmd->load->listing);
	return e->cmd->zero ? op_zero(e) : PH_OK;
}

enum need { MAY_NAME, NAMED, NEW };

static const struct op {
	char letter;
	enum need chain;                /* NAMED: it must be there; NEW: op looks itself */
	bool rules, number;             /* it is about rules; its extra word is a rule number */
	enum ph_status (*run)(struct edit *e);
} ops[] = {
	{ 'A', NAMED, true, false, op_append }, { 'I', NAMED, true, true, op_insert }, { 'R', NAMED, true, true, op_replace },
	{ 'D', NAMED, true, true, op_delete }, { 'C', NAMED, true, false, op_check }, { 'F', MAY_NAME, false, false, op_flush },
	{ 'Z', MAY_NAME, false, true, op_zero }, { 'N', NEW, false, false, op_new }, { 'X', NEW, false, false, op_remove },
	{ 'E', NEW, false, false, op_rename }, { 'P', NEW, false, false, op_policy }, { 'L', MAY_NAME, false, true, op_list },
	{ 'S', MAY_NAME, false, true, op_list },
};

/* The addresses of one side: those given, or the one that asks nothing. */
static size_t addresses(const struct ph_addr_list *list)
{
	return list->n ? list->n : 1;
}

static bool build_rules(struct edit *e)
{
	static const struct ph_addr_test any;
	const struct ph_addr_list *src = &e->cmd->src, *dst = &e->cmd->dst;
	size_t want = addresses(src) * addresses(dst);

	e->rule = calloc(want, sizeof(struct ph_rule *));
	if (!e->rule)
		return false;
	for (size_t s = 0; s < addresses(src); s++) {
		for (size_t d = 0; d < addresses(dst); d++) {
			struct ph_rule *rule = ph_command_build(e->cmd, src->n ? &src->item[s] : &any, dst->n ? &dst->item[d] : &any);

			if (!rule)
				return false;
			e->rule[e->n++] = rule;
		}
	}
	return true;
}

static enum ph_status read_number(struct edit *e)
{
	struct ph_cur text = ph_word_cur(e->cmd->extra);

	if (!ph_cur_number(&text, 0x7fffffff, &e->number) || ph_cur_left(&text) || e->number == 0)
		return fail(e, e->cmd->extra, "not a rule number: they count from 1");
	return PH_OK;
}

static enum ph_status prepare(struct edit *e, const struct op *op)
{
	const struct ph_word *chain = e->cmd->chain;

	if (chain && chain->len > PH_CHAIN_NAME_MAX)
		return fail(e, chain, "names of chains have at most 28 characters");
	if (chain && !ph_word_copy(chain, e->name, sizeof(e->name)))
		return fail(e, chain, "not a chain's name");
	if (chain)
		e->chain = ph_chain_find(e->table, e->name);
	if (chain && op->chain != NEW && !e->chain) {
		ph_command_error(e->cmd, chain, "-%c %s: table %s has no such chain; make it first: -N %s", op->letter, e->name,
		                 ph_table_name[e->cmd->table], e->name);
		return PH_NOT_FOUND;
	}
	if (e->cmd->extra && op->number && read_number(e) != PH_OK)
		return PH_INVALID;
	if (op->rules && !(op->letter == 'D' && e->cmd->extra) && !build_rules(e))
		return PH_NO_MEMORY;
	return PH_OK;
}

enum ph_status ph_command_apply(struct ph_command *cmd)
{
	struct edit e = { .cmd = cmd, .table = &cmd->rules->table[cmd->table] };
	const struct op *op = ops;
	enum ph_status status;

	while (op->letter != cmd->op)
		op++;
	if (!ph_ruleset_touch(cmd->rules, cmd->table))
		return PH_NO_MEMORY;
	cmd->load->wrote = cmd->zero || !strchr("CLS", cmd->op);
	status = prepare(&e, op);
	if (status == PH_OK)
		status = op->run(&e);
	for (size_t i = 0; i < e.n; i++)
		free(e.rule[i]);
	free(e.rule);
	return status;
}
