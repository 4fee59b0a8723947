/* Extensions that pinhole does not know; see foreign.h. The part of such a rule holds text: name, words, as printed. */
#include "rule/text/foreign.h"

#include <stdlib.h>
#include "rule/text/args.h"
#include "rule/text/word.h"

#define TEXT_MAX 2048           /* of one match or target */

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	(void)part;
	(void)ctx;
	return PH_MATCH_UNKNOWN;
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)part;
	(void)ctx;
	(void)ref;
	return PH_TARGET_UNKNOWN;
}

static void print(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, " -%c %s", part->ext->kind == PH_EXT_MATCH ? 'm' : 'j', (const char *)part->data);
}

static const struct ph_ext foreign_match = {
	.name = "(unknown match)", .what = "kept as it is", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY, .size = 8,
	.match = match, .print = print,
};
static const struct ph_ext foreign_target = {
	.name = "(unknown target)", .what = "kept as it is", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY, .size = 8,
	.touches = 0xff, .target = target, .print = print,
};

/* The text of the part grows by one word. Words that could not be read back as one stand in quotes. */
static bool grow(struct ph_command *cmd, struct ph_part **part, const struct ph_word *word)
{
	char *room = malloc(TEXT_MAX), *copy = malloc(word->len + 1);
	struct ph_part *bigger = NULL;
	size_t size = 0;
	struct ph_writer w;

	if (room && copy && ph_word_copy(word, copy, word->len + 1)) {
		ph_writer_init(&w, room, TEXT_MAX);
		ph_put_text(&w, (const char *)(*part)->data);
		if (w.len)
			ph_put_char(&w, ' ');
		if (word->len && ph_word_is_plain(word) && !word->quoted)
			ph_put_text(&w, copy);
		else
			ph_put_quoted(&w, copy);
		size = (sizeof(**part) + w.len + 1 + 7) / 8 * 8;
		if (!w.cut && !strchr(copy, '\n'))
			bigger = realloc(*part, size);
	}
	if (bigger) {
		memset(bigger->data, 0, size - sizeof(*bigger));
		memcpy(bigger->data, room, w.len);
		bigger->size = (uint32_t)size;
		*part = bigger;
	}
	free(room);
	free(copy);
	return bigger ? true : ph_command_error(cmd, word, "\"%.*s\": cannot be kept: too long, or not one line of text",
	                                        PH_WORD_SHOWN(word));
}

bool ph_foreign_begin(struct ph_command *cmd, enum ph_ext_kind kind, const struct ph_word *name)
{
	bool is_match = kind == PH_EXT_MATCH;

	if (!ph_command_add_part(cmd, is_match ? &foreign_match : &foreign_target, name))
		return false;
	cmd->foreign = true;
	ph_diags_add(cmd->load->diags, PH_WARNING, cmd->load->file, name->line, name->column,
	             "%.*s: no such %s is known here: the rule is kept as it is, and where it decides, the verdict is told as uncertain",
	             PH_WORD_SHOWN(name), is_match ? "match" : "target");
	return grow(cmd, &cmd->part[cmd->n_parts - 1].part, name);
}

void ph_foreign_maybe(struct ph_command *cmd, const struct ph_word *name)
{
	if (cmd->load->lenient)
		cmd->jump = name;
}

bool ph_foreign_takes(const struct ph_command *cmd)
{
	return cmd->foreign || cmd->jump;
}

bool ph_foreign_add(struct ph_command *cmd, const struct ph_word *word)
{
	static const struct ph_word negation = { .text = "!", .len = 1 };
	const struct ph_word *name = cmd->jump;
	struct ph_part **part;

	cmd->jump = NULL;
	if (name && !ph_foreign_begin(cmd, PH_EXT_TARGET, name))
		return false;
	if (name) {
		cmd->base->action = PH_ACT_TARGET;
		memset(cmd->base->chain, 0, sizeof(cmd->base->chain));
	}
	part = &cmd->part[cmd->n_parts - 1].part;
	if (cmd->invert && !grow(cmd, part, &negation))
		return false;
	cmd->invert = false;
	return grow(cmd, part, word);
}
