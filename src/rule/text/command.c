/* The walk over a command's words: which option each is, and which words are its arguments. See command.h.
 *
 * Options are found as getopt_long finds them: by their whole name or an unambiguous beginning, first among those of every
 * command, then among the matches and the target loaded so far, the latest first. */
#include "rule/text/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "rule/text/args.h"
#include "rule/text/foreign.h"
#include "rule/text/word.h"

/* What a long option's name may mean. */
struct candidate {
	const struct ph_base_opt *base;
	struct ph_draft_part *part;
	const struct ph_opt *opt;
};

bool ph_command_error(struct ph_command *cmd, const struct ph_word *at, const char *fmt, ...)
{
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ph_diags_add(cmd->load->diags, PH_ERROR, cmd->load->file, at ? at->line : 0, at ? at->column : 0, "%s", text);
	cmd->failed = true;
	return false;
}

const struct ph_word *ph_command_next(struct ph_command *cmd)
{
	const struct ph_word *w = &cmd->words[cmd->at];

	if (cmd->at >= cmd->n || (w->len && (w->text[0] == '-' || w->text[0] == '!')))
		return NULL;
	cmd->at++;
	return w;
}

/* The rest of a word from `from` on, as a word of its own. */
static const struct ph_word *glue(struct ph_command *cmd, const struct ph_word *word, size_t from)
{
	struct ph_word *g = &cmd->glued[cmd->n_glued];

	cmd->n_glued += 2;
	*g = *word;
	g->text += from;
	g->len -= from;
	g->column += (unsigned)from;
	return g;
}

/* "-d ! ADDRESS", as it was written before 2010. */
static bool old_negation(struct ph_command *cmd, const char *option)
{
	const struct ph_word *mark = &cmd->words[cmd->at];
	struct ph_word next = { .text = "..." , .len = 3 };

	if (cmd->at + 1 < cmd->n)
		next = cmd->words[cmd->at + 1];
	return ph_command_error(cmd, mark, "--%s ! %.*s: the ! stands before the option today: write ! --%s %.*s", option,
	                        PH_WORD_SHOWN(&next), option, PH_WORD_SHOWN(&next));
}

static bool take_base(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                      const struct ph_word *value)
{
	bool ok;

	if (cmd->invert && !opt->invertible)
		return ph_command_error(cmd, at, "!: --%s cannot be negated", opt->name);
	if (opt->argument == 1 && !value) {
		if (cmd->at >= cmd->n)
			return ph_command_error(cmd, at, "--%s: needs an argument", opt->name);
		if (opt->invertible && ph_word_is(&cmd->words[cmd->at], "!"))
			return old_negation(cmd, opt->name);
		value = &cmd->words[cmd->at++];
	} else if (opt->argument == 2 && !value) {
		value = ph_command_next(cmd);
	}
	ok = opt->take(cmd, opt, at, value);
	cmd->invert = false;
	if (!ok)
		cmd->failed = true;
	return true;
}

/* Where the words of an extension's option are: behind it, or the first glued to it. NULL: it complained. */
static const struct ph_word *option_words(struct ph_command *cmd, const struct ph_opt *opt, const struct ph_word *at,
                                          const struct ph_word *value)
{
	unsigned want = ph_opt_words(opt);
	struct ph_word *pair;
	const struct ph_word *w;

	if (want == 0)
		return at;
	if ((opt->flags & PH_OPT_OPTIONAL) && !value) {
		w = ph_command_next(cmd);
		return w ? w : at;
	}
	if (!value && (opt->flags & PH_OPT_INVERT) && cmd->at < cmd->n && ph_word_is(&cmd->words[cmd->at], "!")) {
		old_negation(cmd, opt->name);
		return NULL;
	}
	if (!value) {
		if (cmd->n - cmd->at >= want) {
			w = &cmd->words[cmd->at];
			cmd->at += want;
			return w;
		}
	} else if (want == 1) {
		return value;
	} else if (cmd->at < cmd->n) {
		pair = &cmd->glued[cmd->n_glued];
		cmd->n_glued += 2;
		pair[0] = *value;
		pair[1] = cmd->words[cmd->at++];
		return pair;
	}
	ph_command_error(cmd, at, "--%s: needs %s", opt->name, opt->what);
	return NULL;
}

static bool take_part(struct ph_command *cmd, const struct candidate *c, const struct ph_word *at,
                      const struct ph_word *value)
{
	struct ph_arg arg = {
		.opt = c->opt, .part = c->part->part, .family = cmd->rules->family, .rule = cmd->base, .load = cmd->load,
		.inverted = cmd->invert,
	};

	if (value && ph_opt_words(c->opt) == 0)
		return ph_command_error(cmd, at, "--%s: takes no argument", c->opt->name);
	arg.word = option_words(cmd, c->opt, at, value);
	if (!arg.word)
		return false;
	arg.bare = arg.word == at;
	if (!c->part->value[c->opt->id])
		c->part->value[c->opt->id] = arg.word;
	if (!ph_arg_parse(&arg))
		cmd->failed = true;
	cmd->invert = false;
	return true;
}

static bool same_option(const struct candidate *a, const struct candidate *b)
{
	if (a->base || b->base)
		return a->base && b->base && a->base->letter == b->base->letter;
	return a->part == b->part && a->opt->id == b->opt->id;
}

enum found { NOTHING, ONE, SEVERAL, EXACT };

/* Looks at one name; false when it was the very one that is meant. */
static bool consider(const char *name, const struct ph_cur *text, const struct candidate *c, struct candidate *best,
                     enum found *found)
{
	size_t len = ph_cur_left(text);

	if (strncmp(name, (const char *)text->at, len) != 0)
		return true;
	if (strlen(name) == len) {
		*best = *c;
		*found = EXACT;
		return false;
	}
	if (*found == NOTHING) {
		*best = *c;
		*found = ONE;
	} else if (!same_option(best, c)) {
		*found = SEVERAL;
	}
	return true;
}

static enum found find_long(struct ph_command *cmd, const struct ph_cur *text, struct candidate *best)
{
	enum found found = NOTHING;

	for (const struct ph_base_opt *b = ph_base_opts; b->name; b++)
		if (!consider(b->name, text, &(struct candidate){ .base = b }, best, &found))
			return found;
	for (size_t i = cmd->n_parts; i-- > 0;) {
		struct ph_draft_part *part = &cmd->part[i];
		const struct ph_ext *ext = part->part->ext;

		for (unsigned k = 0; k < ext->n_options; k++) {
			struct candidate c = { .part = part, .opt = &ext->options[k] };

			if (!consider(c.opt->name, text, &c, best, &found))
				return found;
		}
	}
	return found;
}

/* -p tcp --dport 80: the option brings its match along. False: there is none to bring. */
static bool load_implied(struct ph_command *cmd, const struct ph_word *at)
{
	const struct ph_ext *ext;

	if (!(cmd->seen & PH_SEEN_PROTO) || cmd->implied)
		return false;
	ext = ph_ext_of_proto(cmd->rules->family, cmd->base->proto);
	if (!ext)
		return false;
	for (size_t i = 0; i < cmd->n_parts; i++)
		if (cmd->part[i].part->ext == ext)
			return false;
	cmd->implied = true;
	return ph_command_add_part(cmd, ext, at) != NULL;
}

/* Has -p's own match an option of exactly this name? */
static bool implied_has(const struct ph_command *cmd, const struct ph_cur *text)
{
	const struct ph_ext *ext = NULL;

	if (cmd->seen & PH_SEEN_PROTO)
		ext = ph_ext_of_proto(cmd->rules->family, cmd->base->proto);
	for (unsigned i = 0; ext && i < ext->n_options; i++)
		if (ph_cur_is(text, ext->options[i].name))
			return true;
	return false;
}

/* The nearest option there is, for the message. */
static const char *nearest_option(const struct ph_command *cmd, const struct ph_cur *text)
{
	const char *names[256];
	size_t n = 0;

	for (size_t i = 0; i < cmd->n_parts; i++) {
		const struct ph_ext *ext = cmd->part[i].part->ext;

		for (unsigned k = 0; k < ext->n_options && n < 200; k++)
			names[n++] = ext->options[k].name;
	}
	for (const struct ph_base_opt *b = ph_base_opts; b->name && n < 255; b++)
		names[n++] = b->name;
	names[n] = NULL;
	return ph_nearest(names, (const char *)text->at, ph_cur_left(text));
}

static bool unknown_long(struct ph_command *cmd, const struct ph_word *at, const struct ph_cur *text, enum found found)
{
	const char *near = nearest_option(cmd, text);

	if (found == SEVERAL)
		return ph_command_error(cmd, at, "--%.*s: could be several options; write more of it", PH_CUR_SHOWN(text));
	if (near)
		return ph_command_error(cmd, at, "--%.*s: no such option here; did you mean --%s?", PH_CUR_SHOWN(text), near);
	return ph_command_error(cmd, at, "--%.*s: no such option here; matches are loaded by -m NAME, or by -p before their "
	                        "options", PH_CUR_SHOWN(text));
}

static bool take_long(struct ph_command *cmd, const struct ph_word *word)
{
	struct ph_cur text = ph_word_cur(word), rest;
	const struct ph_word *value = NULL;
	struct candidate c;
	enum found found;

	text.at += 2;
	rest = text;
	if (ph_cur_find(&rest, '=')) {
		value = glue(cmd, word, word->len - ph_cur_left(&rest) + 1);
		text.end = rest.at;
	}
	found = find_long(cmd, &text, &c);
	/* What nobody knows may have any option; only whole names are ours then. */
	if (found != EXACT && ph_foreign_takes(cmd) && !implied_has(cmd, &text))
		return ph_foreign_add(cmd, word);
	if ((found == NOTHING || found == SEVERAL) && load_implied(cmd, word))
		found = find_long(cmd, &text, &c);
	if (found == NOTHING || found == SEVERAL)
		return unknown_long(cmd, word, &text, found);
	if (!c.base)
		return take_part(cmd, &c, word, value);
	if (value && c.base->argument == 0)
		return ph_command_error(cmd, word, "--%s: takes no argument", c.base->name);
	return take_base(cmd, c.base, word, value);
}

static const struct ph_base_opt *find_letter(char letter)
{
	for (const struct ph_base_opt *b = ph_base_opts; b->name; b++)
		if (b->letter == letter)
			return b;
	return NULL;
}

/* One word of short options; the rest of it may be the argument of one. */
static bool take_short(struct ph_command *cmd, const struct ph_word *word)
{
	for (size_t i = 1; i < word->len; i++) {
		const struct ph_base_opt *opt = find_letter(word->text[i]);
		bool last = i + 1 == word->len;

		if (!opt && i == 1 && ph_foreign_takes(cmd))
			return ph_foreign_add(cmd, word);
		if (!opt)
			return ph_command_error(cmd, word, "-%c: no such option", word->text[i] > ' ' && word->text[i] < 127 ?
			                        word->text[i] : '?');
		if (opt->argument && !last)
			return take_base(cmd, opt, word, glue(cmd, word, i + 1));
		if (!take_base(cmd, opt, word, NULL))
			return false;
	}
	return true;
}

static bool take_word(struct ph_command *cmd)
{
	const struct ph_word *word = &cmd->words[cmd->at++];

	if (ph_word_is(word, "!")) {
		if (cmd->invert)
			return ph_command_error(cmd, word, "!: twice; once negates");
		cmd->invert = true;
		return true;
	}
	if (word->len > 2 && word->text[0] == '-' && word->text[1] == '-')
		return take_long(cmd, word);
	if (word->len > 1 && word->text[0] == '-' && word->text[1] != '-')
		return take_short(cmd, word);
	if (cmd->foreign)
		return ph_foreign_add(cmd, word);
	return ph_command_error(cmd, word, "\"%.*s\": not an option; what has blanks needs quotes, and `!` stands before the "
	                        "option it negates", PH_WORD_SHOWN(word));
}

bool ph_command_read(struct ph_command *cmd)
{
	while (cmd->at < cmd->n)
		if (!take_word(cmd))
			return false;
	if (cmd->invert)
		return ph_command_error(cmd, &cmd->words[cmd->n - 1], "!: nothing to negate follows");
	return !cmd->failed;
}

void ph_command_fini(struct ph_command *cmd)
{
	for (size_t i = 0; i < cmd->n_parts; i++)
		free(cmd->part[i].part);
	free(cmd->src.item);
	free(cmd->dst.item);
	free(cmd->base);
	free(cmd->glued);
}

static enum ph_status run(struct ph_command *cmd, const struct ph_command_env *env)
{
	cmd->base->line = cmd->words[0].line;
	cmd->base->column = cmd->words[0].column;
	cmd->base->packets = env->packets;
	cmd->base->bytes = env->bytes;
	cmd->base->file = ph_ruleset_file(cmd->rules, cmd->load->file);
	if (!ph_command_read(cmd))
		return PH_INVALID;
	if (!ph_command_check(cmd))
		return PH_INVALID;
	return ph_command_apply(cmd);
}

enum ph_status ph_rule_command_run(const struct ph_command_env *env, const struct ph_word *words, size_t n)
{
	struct ph_command *cmd;
	enum ph_status status = PH_NO_MEMORY;

	cmd = calloc(1, sizeof(*cmd));
	if (!cmd)
		return PH_NO_MEMORY;
	cmd->rules = env->rules;
	cmd->load = env->load;
	cmd->words = words;
	cmd->n = n;
	cmd->restoring = env->restoring;
	cmd->table = env->table;
	cmd->glued = calloc(n + 1, 2 * sizeof(*cmd->glued));
	cmd->base = calloc(1, sizeof(*cmd->base));
	if (cmd->glued && cmd->base)
		status = run(cmd, env);
	ph_command_fini(cmd);
	free(cmd);
	return status;
}

enum ph_status ph_iptables_command(struct ph_ruleset *rules, struct ph_rule_load *load, const struct ph_word *words, size_t n)
{
	struct ph_command_env env = { .rules = rules, .load = load, .table = PH_TABLE_FILTER };

	if (n == 0) {
		ph_diags_add(load->diags, PH_ERROR, load->file, 0, 0, "iptables: no command: give it one such as -A CHAIN");
		return PH_INVALID;
	}
	return ph_rule_command_run(&env, words, n);
}
