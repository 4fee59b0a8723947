/* Bytes and words of a command; see shell_word.h. POSIX.1-2017, Shell Command Language, 2.2, 2.3, 2.6.2, 2.6.5. */
#include "rule/text/shell_word.h"

#include <stdarg.h>
#include <stdio.h>

/* One word while it is read. A variable's blanks may end it and begin the next one, at the same place in the text. */
struct field {
	size_t start;           /* in sh->bytes */
	unsigned line, column;
	bool begun, quoted;
	bool split;
};

void ph_shell_error(struct ph_shell *sh, unsigned line, unsigned column, const char *fmt, ...)
{
	char text[512];
	va_list args;

	sh->broken = true;
	if (sh->depth > 0)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ph_diags_add(sh->diags, PH_ERROR, sh->file, line, column, "%s", text);
}

void ph_shell_take(struct ph_shell *sh)
{
	if (*sh->in.at++ == '\n') {
		sh->line++;
		sh->column = 1;
	} else {
		sh->column++;
	}
}

/* The byte here as it stands, or -1. */
static int raw(const struct ph_shell *sh)
{
	uint8_t b;

	return ph_cur_peek(&sh->in, 0, &b) ? b : -1;
}

/* At a newline, or the carriage return before one? Files come from all kinds of editors. */
static size_t line_end(const struct ph_cur *in, size_t ahead)
{
	uint8_t b;

	if (ph_cur_peek(in, ahead, &b) && b == '\n')
		return 1;
	return ph_cur_peek(in, ahead, &b) && b == '\r' && ph_cur_peek(in, ahead + 1, &b) && b == '\n' ? 2 : 0;
}

int ph_shell_peek(struct ph_shell *sh)
{
	size_t n;

	while (raw(sh) == '\\' && (n = line_end(&sh->in, 1)) > 0)
		for (n++; n > 0; n--)
			ph_shell_take(sh);
	return raw(sh);
}

void ph_shell_skip_line(struct ph_shell *sh)
{
	int c;

	while ((c = ph_shell_peek(sh)) != -1 && c != '\n')
		ph_shell_take(sh);
}

void ph_shell_skip_blanks(struct ph_shell *sh)
{
	int c;

	while ((c = ph_shell_peek(sh)) == ' ' || c == '\t' || (c == '\r' && line_end(&sh->in, 0)))
		ph_shell_take(sh);
	if (c != '#')
		return;
	while ((c = raw(sh)) != -1 && c != '\n')        /* a comment cannot be continued */
		ph_shell_take(sh);
}

static void put(struct ph_shell *sh, struct field *f, char c)
{
	f->begun = true;
	if (sh->n_bytes + 2 > PH_SHELL_BYTES) {
		if (!sh->broken)
			ph_shell_error(sh, f->line, f->column, "the command has more than %u bytes with its variables filled in",
			               PH_SHELL_BYTES);
		return;
	}
	sh->bytes[sh->n_bytes++] = c;
}

/* Ends the word if one was begun; another may follow in the same field. */
static void finish(struct ph_shell *sh, struct field *f)
{
	if (!f->begun)
		return;
	if (sh->n_words == PH_SHELL_WORDS) {
		if (!sh->broken)
			ph_shell_error(sh, f->line, f->column, "the command has more than %d words", PH_SHELL_WORDS);
		return;
	}
	sh->word[sh->n_words++] = (struct ph_word){
		.text = sh->bytes + f->start, .len = sh->n_bytes - f->start,
		.line = f->line, .column = f->column, .quoted = f->quoted,
	};
	sh->bytes[sh->n_bytes] = '\0';          /* put() keeps a byte free */
	if (sh->n_bytes + 2 <= PH_SHELL_BYTES)
		sh->n_bytes++;
	f->start = sh->n_bytes;
	f->begun = f->quoted = false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* A variable's value, split at blanks where the shell would. */
static void put_value(struct ph_shell *sh, struct field *f, const char *value, bool quoted)
{
	for (; *value; value++) {
		if (!quoted && f->split && is_blank(*value))
			finish(sh, f);
		else
			put(sh, f, *value);
	}
}

/* In A=1 B=$A the second assignment sees the first, although nothing is set before the command is read to its end. */
static const char *pending_value(const struct ph_shell *sh, const struct field *f, const char *name, size_t len)
{
	if (f->split || sh->n_words != sh->n_assign)
		return NULL;
	for (size_t i = sh->n_assign; i-- > 0;) {
		const struct ph_word *word = &sh->word[i];

		if (word->len > len && word->text[len] == '=' && memcmp(word->text, name, len) == 0)
			return word->text + len + 1;
	}
	return NULL;
}

static void expand(struct ph_shell *sh, struct field *f, const char *name, size_t len, bool quoted)
{
	const struct ph_var *var = ph_vars_find(sh->vars, name, len);
	const char *pending = pending_value(sh, f, name, len);

	if (sh->depth > 0)
		return;
	if (pending) {
		put_value(sh, f, pending, quoted);
		return;
	}
	if (var && var->value) {
		put_value(sh, f, var->value, quoted);
		return;
	}
	sh->broken = true;
	if (!var)
		ph_shell_error(sh, sh->line, sh->column, "$%.*s: undefined variable; write %.*s=VALUE on a line before",
		               (int)(len < 80 ? len : 80), name, (int)(len < 80 ? len : 80), name);
}

static void take_n(struct ph_shell *sh, size_t n)
{
	while (n-- > 0)
		ph_shell_take(sh);
}

/* Inside a loop that was complained about, one byte is as good as another. */
static bool pass(struct ph_shell *sh, struct field *f)
{
	put(sh, f, (char)*sh->in.at);
	ph_shell_take(sh);
	return true;
}

/* A line end may stand in the middle of a name ($NA\ ME): a shell would read on, and no person means it. */
static bool name_goes_on(struct ph_cur after)
{
	bool continued = false;
	uint8_t b;

	while (ph_cur_peek(&after, 0, &b) && b == '\\' && line_end(&after, 1) > 0) {
		after.at += 1 + line_end(&after, 1);
		continued = true;
	}
	return continued && ph_cur_peek(&after, 0, &b) && (strchr("{(0123456789@*#?$!-", b) || ph_var_name_len((const char *)&b, 1));
}

/* At `$`. False: cannot go on with this line. */
static bool dollar(struct ph_shell *sh, struct field *f, bool quoted)
{
	const char *at = (const char *)sh->in.at + 1;
	size_t left = ph_cur_left(&sh->in) - 1;
	bool brace = left > 0 && *at == '{';
	size_t len = brace ? ph_var_name_len(at + 1, left - 1) : ph_var_name_len(at, left);

	if (!brace && name_goes_on(ph_cur_of(at + len, left - len))) {
		ph_shell_error(sh, sh->line, sh->column, "$%.*s: the line ends within the name; write ${NAME}", (int)(len < 80 ? len : 80), at);
		return false;
	}
	if (len > 0 && !brace) {
		expand(sh, f, at, len, quoted);
		take_n(sh, len + 1);
		return true;
	}
	if (len > 0 && left > len + 1 && at[len + 1] == '}') {
		expand(sh, f, at + 1, len, quoted);
		take_n(sh, len + 3);
		return true;
	}
	if (sh->depth > 0)
		return pass(sh, f);
	if (brace) {
		ph_shell_error(sh, sh->line, sh->column, "${...}: only ${NAME} can be filled in here; " PH_SHELL_ADVICE);
		return false;
	}
	if (left > 0 && *at == '(') {
		ph_shell_error(sh, sh->line, sh->column, "$(...): commands are not run here; " PH_SHELL_ADVICE);
		return false;
	}
	if (left > 0 && strchr("0123456789@*#?$!-", *at)) {
		ph_shell_error(sh, sh->line, sh->column, "$%c: is known only while a script runs; " PH_SHELL_ADVICE, *at);
		take_n(sh, 2);
		return true;
	}
	return pass(sh, f);
}

static bool backquote(struct ph_shell *sh, struct field *f)
{
	if (sh->depth > 0)
		return pass(sh, f);
	ph_shell_error(sh, sh->line, sh->column, "`...`: commands are not run here; " PH_SHELL_ADVICE);
	return false;
}

/* Is there an end to the quote at the cursor? One without would swallow the rest of the text: only its line is given up. */
static bool closed(struct ph_shell *sh, uint8_t quote)
{
	struct ph_cur c = sh->in;
	uint8_t b;

	if (!ph_cur_skip(&c, 1))
		return false;
	while (ph_cur_u8(&c, &b)) {
		if (b == quote)
			return true;
		if (b == '\\' && quote == '"' && !ph_cur_skip(&c, 1))
			break;
	}
	ph_shell_error(sh, sh->line, sh->column, "%c: this quote is not closed", quote);
	return false;
}

/* Everything up to the next ' is taken as it stands. */
static bool single_quoted(struct ph_shell *sh, struct field *f)
{
	if (!closed(sh, '\''))
		return false;
	f->begun = f->quoted = true;
	ph_shell_take(sh);
	while (raw(sh) != '\'')
		(void)pass(sh, f);
	ph_shell_take(sh);
	return true;
}

/* In double quotes a backslash means something only before $ ` " \ and a line end. */
static void quoted_backslash(struct ph_shell *sh, struct field *f)
{
	uint8_t next;

	if (ph_cur_peek(&sh->in, 1, &next) && strchr("$`\"\\", next))
		ph_shell_take(sh);
	put(sh, f, (char)*sh->in.at);
	ph_shell_take(sh);
}

static bool double_quoted(struct ph_shell *sh, struct field *f)
{
	int c;

	if (!closed(sh, '"'))
		return false;
	f->begun = f->quoted = true;
	ph_shell_take(sh);
	while ((c = ph_shell_peek(sh)) != '"' && c != -1) {
		if (c == '\\')
			quoted_backslash(sh, f);
		else if (!(c == '$' ? dollar(sh, f, true) : c == '`' ? backquote(sh, f) : pass(sh, f)))
			return false;
	}
	if (c == '"')
		ph_shell_take(sh);
	return true;
}

/* One piece of a word, beginning with c. */
static bool piece(struct ph_shell *sh, struct field *f, int c)
{
	switch (c) {
	case '\'':
		return single_quoted(sh, f);
	case '"':
		return double_quoted(sh, f);
	case '`':
		return backquote(sh, f);
	case '$':
		return dollar(sh, f, false);
	case '\\':
		ph_shell_take(sh);
		f->quoted = true;
		if (raw(sh) == -1)
			return true;
		break;
	}
	return pass(sh, f);
}

bool ph_shell_word(struct ph_shell *sh, bool split)
{
	struct field f = { .start = sh->n_bytes, .line = sh->line, .column = sh->column, .split = split };
	int c;

	while ((c = ph_shell_peek(sh)) != -1 && !strchr(" \t\n;&|<>()", c) && !(c == '\r' && line_end(&sh->in, 0))) {
		if (!piece(sh, &f, c)) {
			ph_shell_skip_line(sh);
			return false;
		}
	}
	finish(sh, &f);
	return true;
}
