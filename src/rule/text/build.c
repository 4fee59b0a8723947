/* From what was read to rule records: checks of the whole, and the block of memory a record is. See command.h. */
#include "rule/text/command.h"

#include <stdlib.h>
#include "rule/text/args.h"
#include "rule/text/word.h"

struct ph_part *ph_command_add_part(struct ph_command *cmd, const struct ph_ext *ext, const struct ph_word *at)
{
	struct ph_draft_part *slot = &cmd->part[cmd->n_parts];

	cmd->foreign = false;
	cmd->jump = NULL;
	/* The last place is the target's. */
	if (cmd->n_parts == PH_RULE_MATCHES && ext->kind == PH_EXT_MATCH) {
		ph_command_error(cmd, at, "%s: more than %d matches in one rule", ext->name, PH_RULE_MATCHES);
		return NULL;
	}
	if (cmd->n_parts > PH_RULE_MATCHES)
		return NULL;
	slot->part = ph_part_new(ext, cmd->rules->family);
	if (!slot->part) {
		ph_command_error(cmd, at, "%s: no memory", ext->name);
		return NULL;
	}
	slot->at = at;
	cmd->n_parts++;
	return slot->part;
}

const char *ph_chain_name_wrong(const struct ph_word *name)
{
	static const char *const verdicts[] = { "ACCEPT", "DROP", "QUEUE", "RETURN" };

	if (name->len == 0)
		return "the name is empty";
	if (name->len > PH_CHAIN_NAME_MAX)
		return "the name is longer than 28 characters";
	if (name->text[0] == '-' || name->text[0] == '!')
		return "a name may not begin with - or !";
	if (!ph_word_is_plain(name))
		return "a name may not hold blanks or quotes";
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (ph_word_is(name, verdicts[i]))
			return "it is the name of a target";
	return NULL;
}

const char *ph_chain_name_taken(const struct ph_ruleset *rules, const struct ph_word *name)
{
	const char *wrong = ph_chain_name_wrong(name);

	if (!wrong && (ph_ext_find(PH_EXT_TARGET, rules->family, name->text, name->len) ||
	               ph_ext_foreign(PH_EXT_TARGET, name->text, name->len)))
		return "it is the name of a target";
	return wrong;
}

static bool refuse_hook(struct ph_rule_load *load, const struct ph_rule *rule, const struct ph_ext *ext, unsigned may,
                        const char *chain)
{
	char where[80];
	struct ph_writer w;

	ph_writer_init(&w, where, sizeof(where));
	for (int h = 0; h < PH_HOOKS; h++)
		if (may >> h & 1)
			ph_put_format(&w, " %s", ph_hook_name[h]);
	ph_diags_add(load->diags, PH_ERROR, rule->file, rule->line,
	             ext->kind == PH_EXT_TARGET ? rule->target_column : rule->column,
	             "%s: cannot stand in chain %s; only in%s and chains called from there", ext->name, chain, where);
	return false;
}

bool ph_rule_hooks_ok(struct ph_rule_load *load, const struct ph_rule *rule, const char *chain, unsigned hooks)
{
	bool ok = true;

	for (uint32_t at = ph_rule_first_part(); at < rule->size; at += ph_part_at_const(rule, at)->size) {
		const struct ph_ext *ext = ph_part_at_const(rule, at)->ext;

		unsigned may = ext->part_hooks ? ext->part_hooks(ph_part_at_const(rule, at)) : ext->hooks;

		if (may && (hooks & ~may))
			ok = refuse_hook(load, rule, ext, may, chain);
	}
	return ok;
}

static void check_parts(struct ph_command *cmd)
{
	const struct ph_part *all[PH_RULE_MATCHES + 1];

	for (size_t i = 0; i < cmd->n_parts; i++)
		all[i] = cmd->part[i].part;
	for (size_t i = 0; i < cmd->n_parts; i++) {
		struct ph_draft_part *p = &cmd->part[i];
		struct ph_check check = {
			.part = p->part, .at = p->at, .value = p->value, .family = cmd->rules->family, .table = cmd->table,
			.rule = cmd->base, .parts = all, .n_parts = cmd->n_parts, .load = cmd->load,
		};

		if (!ph_part_finish(&check))
			cmd->failed = true;
	}
}

/* -i and -o where packets have no such interface. By name, as iptables does it. */
static void check_ifaces(struct ph_command *cmd)
{
	if ((cmd->seen & PH_SEEN_IN) && (ph_word_is(cmd->chain, "OUTPUT") || ph_word_is(cmd->chain, "POSTROUTING")))
		ph_command_error(cmd, cmd->op_at, "-i: packets in %.*s did not come in by an interface", PH_WORD_SHOWN(cmd->chain));
	if ((cmd->seen & PH_SEEN_OUT) && (ph_word_is(cmd->chain, "INPUT") || ph_word_is(cmd->chain, "PREROUTING")))
		ph_command_error(cmd, cmd->op_at, "-o: packets in %.*s do not go out by an interface yet", PH_WORD_SHOWN(cmd->chain));
}

/* Typed commands run one after the other: a chain they lead to is there already, or the command fails. */
static void check_jump(struct ph_command *cmd)
{
	const struct ph_rule *rule = cmd->base;
	struct ph_word at = *cmd->op_at;

	if (cmd->restoring || (rule->action != PH_ACT_JUMP && rule->action != PH_ACT_GOTO))
		return;
	if (ph_chain_find(&cmd->rules->table[cmd->table], rule->chain))
		return;
	if (cmd->load->lenient && rule->action == PH_ACT_JUMP)
		return;
	at.column = rule->target_column;
	ph_command_error(cmd, &at, "%s: no such target, and table %s has no chain of that name (yet); make it first: -N %s",
	                 rule->chain, ph_table_name[cmd->table], rule->chain);
}

bool ph_command_check(struct ph_command *cmd)
{
	bool with_rule = cmd->op && strchr("ACDIR", cmd->op);
	bool by_number = cmd->op == 'D' && cmd->extra;

	if (!cmd->op)
		return ph_command_error(cmd, &cmd->words[0], "no command: give it one such as -A CHAIN");
	if ((!with_rule || by_number) && (cmd->seen & PH_SEEN_RULE))
		return ph_command_error(cmd, cmd->op_at, "-%c: takes no options that describe a rule", cmd->op);
	if ((cmd->seen & PH_SEEN_COUNTERS) && !strchr("AIRP", cmd->op))
		return ph_command_error(cmd, cmd->op_at, "-%c: sets no counters", cmd->op);
	if ((cmd->seen & PH_SEEN_LISTING) && !strchr("LS", cmd->op))
		return ph_command_error(cmd, cmd->op_at, "-%c: lists nothing: -n, -x and --line-numbers have no meaning", cmd->op);
	if (cmd->op == 'P' && cmd->table == PH_TABLE_NAT && ph_word_is(cmd->extra, "DROP"))
		return ph_command_error(cmd, cmd->extra, "-P %.*s DROP: table nat says where packets go, not whether; drop in table "
		                        "filter", PH_WORD_SHOWN(cmd->chain));
	if (!with_rule || by_number)
		return true;
	if (cmd->table == PH_TABLE_NAT && cmd->base->action == PH_ACT_DROP)
		return ph_command_error(cmd, cmd->op_at, "DROP: table nat says where packets go, not whether; drop in table filter");
	check_parts(cmd);
	check_ifaces(cmd);
	check_jump(cmd);
	return !cmd->failed;
}

/* Behind a mask of zero everything matches, which is the same as not asking. */
static bool asks_nothing(const struct ph_addr_test *test)
{
	static const struct ph_addr_test zero;

	return memcmp(test, &zero, sizeof(zero)) == 0;
}

static uint32_t copy_part(struct ph_rule *rule, uint32_t at, const struct ph_part *part)
{
	memcpy((unsigned char *)rule + at, part, part->size);
	return at + part->size;
}

struct ph_rule *ph_command_build(const struct ph_command *cmd, const struct ph_addr_test *src,
                                 const struct ph_addr_test *dst)
{
	uint32_t size = ph_rule_first_part(), at = size;
	const struct ph_part *target = NULL;
	struct ph_rule *rule;

	for (size_t i = 0; i < cmd->n_parts; i++)
		size += cmd->part[i].part->size;
	rule = calloc(1, size);
	if (!rule)
		return NULL;
	memcpy(rule, cmd->base, sizeof(*rule));
	rule->size = size;
	rule->src = *src;
	rule->dst = *dst;
	if (asks_nothing(src) && !(rule->inverted & PH_TEST_SRC))
		rule->tests &= (uint8_t)~PH_TEST_SRC;
	if (asks_nothing(dst) && !(rule->inverted & PH_TEST_DST))
		rule->tests &= (uint8_t)~PH_TEST_DST;
	for (size_t i = 0; i < cmd->n_parts; i++) {
		if (cmd->part[i].part->ext->kind == PH_EXT_TARGET) {
			target = cmd->part[i].part;
			continue;
		}
		at = copy_part(rule, at, cmd->part[i].part);
		rule->n_matches++;
	}
	if (target) {
		rule->target_at = at;
		copy_part(rule, at, target);
	}
	return rule;
}
