/* Commands of a shell text; see shell.h. POSIX.1-2017, Shell Command Language, 2.4, 2.7, 2.9, 2.10. */
#include "rule/text/shell.h"

#include <stdlib.h>

#include "rule/text/shell_word.h"

/* Reserved words where a command may begin, and what they open (1) or close (-1). */
struct keyword {
	const char *name;
	int depth;
};

static const struct keyword keywords[] = {
	{ "if", 1 },
	{ "while", 1 },
	{ "until", 1 },
	{ "for", 1 },
	{ "case", 1 },
	{ "select", 1 },
	{ "{", 1 },
	{ "then", 0 },
	{ "else", 0 },
	{ "elif", 0 },
	{ "do", 0 },
	{ "fi", -1 },
	{ "done", -1 },
	{ "esac", -1 },
	{ "}", -1 },
};

bool ph_shell_init(struct ph_shell *sh, const struct ph_rule_load *load, const char *text, size_t len, struct ph_vars *vars)
{
	*sh = (struct ph_shell){
		.in = ph_cur_of(text, len), .line = 1, .column = 1, .file = load->file, .vars = vars, .diags = load->diags,
	};
	sh->bytes = malloc(PH_SHELL_BYTES);
	sh->word = malloc(PH_SHELL_WORDS * sizeof(*sh->word));
	if (sh->bytes && sh->word)
		return true;
	ph_shell_fini(sh);
	return false;
}

void ph_shell_fini(struct ph_shell *sh)
{
	free(sh->bytes);
	free(sh->word);
	sh->bytes = NULL;
	sh->word = NULL;
}

static const struct keyword *keyword_of(const struct ph_word *word)
{
	if (word->quoted)
		return NULL;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
		if (strcmp(keywords[i].name, word->text) == 0)
			return &keywords[i];
	return NULL;
}

/* If the first word of a command is a reserved one: complains about the outermost, and takes it away, as another
 * command may begin behind it. */
static void keyword(struct ph_shell *sh)
{
	const struct ph_word *word = &sh->word[0];
	const struct keyword *k = keyword_of(word);

	if (k && sh->depth == 0) {
		if (!sh->defining)
			ph_shell_error(sh, word->line, word->column,
			               "%s: loops, conditionals and functions are not run here; " PH_SHELL_ADVICE, k->name);
		sh->opened = *word;
		sh->opened.text = k->name;
	}
	sh->defining = false;
	if (!k)
		return;
	if (k->depth > 0 || sh->depth > 0)
		sh->depth = (unsigned)((int)sh->depth + k->depth);
	sh->n_words = 0;
}

/* NAME= at the cursor: an assignment if it stands where one may. Returns the length of NAME. */
static size_t assignment_name(const struct ph_shell *sh)
{
	const char *at = (const char *)sh->in.at;
	size_t left = ph_cur_left(&sh->in), len = ph_var_name_len(at, left);

	return len > 0 && len < left && at[len] == '=' ? len : 0;
}

/* Does `export NAME=...` or the like stand before? Their values are not split either. */
static bool is_declaring(const struct ph_shell *sh)
{
	const char *first = sh->n_words > 0 ? sh->word[0].text : "";

	return strcmp(first, "export") == 0 || strcmp(first, "readonly") == 0;
}

static void no_memory(struct ph_shell *sh)
{
	ph_diags_add(sh->diags, PH_ERROR, sh->file, sh->line, sh->column, "out of memory");
}

/* A word, or an assignment at the head of the command. */
static bool read_word(struct ph_shell *sh)
{
	size_t name_len = assignment_name(sh);
	const char *name = (const char *)sh->in.at;
	bool head = name_len > 0 && sh->n_words == sh->n_assign && !sh->has_target;
	bool good = ph_shell_word(sh, !head && !(name_len > 0 && is_declaring(sh)));

	if (head && good)
		sh->n_assign++;
	/* Its uses would be complained about as undefined: once is enough. */
	if (name_len > 0 && (sh->broken || sh->depth > 0) && ph_vars_set(sh->vars, name, name_len, NULL, 0) == PH_NO_MEMORY)
		no_memory(sh);
	if (good && sh->n_words == 1 && sh->n_assign == 0)
		keyword(sh);
	return good;
}

/* Is the word before the `>` a descriptor number? `echo 1>FILE` writes an empty line. */
static bool has_number(const struct ph_shell *sh)
{
	const struct ph_word *word;

	if (sh->n_words == 0 || !ph_is_digit(sh->in.at[-1]))
		return false;
	word = &sh->word[sh->n_words - 1];
	return strspn(word->text, "0123456789") == word->len;
}

/* At `>`: takes it, `>>` too, and the file's name. */
static void redirect(struct ph_shell *sh)
{
	unsigned line = sh->line, column = sh->column;
	size_t before = sh->n_words;
	bool numbered = has_number(sh);

	ph_shell_take(sh);
	if (ph_shell_peek(sh) == '>')
		ph_shell_take(sh);
	ph_shell_skip_blanks(sh);
	if (!numbered && !sh->has_target && ph_shell_word(sh, false) && sh->n_words == before + 1) {
		sh->target = sh->word[before];
		sh->has_target = true;
		sh->n_words = before;
		return;
	}
	if (!sh->broken)
		ph_shell_error(sh, line, column, ">: only `echo VALUE > /proc/sys/...` is understood; " PH_SHELL_ADVICE);
	ph_shell_skip_line(sh);
}

/* At `<<`. Notes which line ends a here-document, so that its text is not read as commands. */
static void here_document(struct ph_shell *sh)
{
	size_t before = sh->n_words;
	const struct ph_word *word = &sh->word[before];

	ph_shell_take(sh);
	ph_shell_take(sh);
	if (ph_shell_peek(sh) == '-')
		ph_shell_take(sh);
	ph_shell_skip_blanks(sh);
	if (ph_shell_word(sh, false) && sh->n_words == before + 1 && word->len < sizeof(sh->here))
		memcpy(sh->here, word->text, word->len + 1);
	sh->n_words = before;
}

/* Skips the lines of a here-document. Called behind the newline that ends its command's line. */
static void skip_here(struct ph_shell *sh)
{
	while (ph_cur_left(&sh->in) > 0) {
		struct ph_cur line = sh->in, end = sh->in;

		if (!ph_cur_find(&end, '\n'))
			end.at = end.end;
		line.end = end.at;
		while (ph_cur_byte(&line, '\t'))
			;
		while (sh->in.at < end.at)
			ph_shell_take(sh);
		if (ph_cur_left(&sh->in) > 0)
			ph_shell_take(sh);
		if (ph_cur_left(&line) == strlen(sh->here) && memcmp(line.at, sh->here, ph_cur_left(&line)) == 0)
			break;
	}
	sh->here[0] = '\0';
}

/* At an operator that a policy has no use for. */
static void foreign_operator(struct ph_shell *sh, int c)
{
	uint8_t next = 0;
	bool doubled = ph_cur_peek(&sh->in, 1, &next) && next == c;
	const char *advice = c == '<' ? "input does not come from elsewhere; load that file by itself"
	                              : "only `;` and `&&` between commands are understood; " PH_SHELL_ADVICE;

	if (c == '(' && sh->n_words == 1 && next == ')') {
		ph_shell_error(sh, sh->word[0].line, sh->word[0].column,
		               "%s(): functions are not run here; " PH_SHELL_ADVICE, sh->word[0].text);
		sh->defining = sh->depth == 0;
		sh->n_words = 0;
		ph_shell_take(sh);
		ph_shell_take(sh);
		return;
	}
	ph_shell_error(sh, sh->line, sh->column, "%c%s: %s", c, doubled && c != '(' ? (char[]){ (char)c, 0 } : "", advice);
	if (c == '<' && doubled)
		here_document(sh);
	ph_shell_skip_line(sh);
}

/* In something already complained about, all operators only part commands. */
static void skip_operator(struct ph_shell *sh)
{
	uint8_t next;

	if (ph_cur_peek(&sh->in, 0, &next) && next == '<' && ph_cur_peek(&sh->in, 1, &next) && next == '<')
		here_document(sh);
	else
		ph_shell_take(sh);
}

/* Takes what ends a command, if it stands here. */
static bool separator(struct ph_shell *sh, int c)
{
	uint8_t next;

	if (c == '\n' || c == ';') {
		ph_shell_take(sh);
		if (c == '\n' && sh->here[0])
			skip_here(sh);
		return true;
	}
	if (c == '&' && ph_cur_peek(&sh->in, 1, &next) && next == '&') {
		ph_shell_take(sh);
		ph_shell_take(sh);
		return true;
	}
	if (sh->depth > 0 && strchr("&|<>()", c)) {
		skip_operator(sh);
		return true;
	}
	return false;
}

/* Reads up to the end of one command. False: end of the text. */
static bool read_command(struct ph_shell *sh)
{
	sh->n_bytes = sh->n_words = sh->n_assign = 0;
	sh->has_target = sh->broken = false;
	for (;;) {
		int c;

		ph_shell_skip_blanks(sh);
		c = ph_shell_peek(sh);
		if (c == -1)
			return sh->n_words > 0;
		if (separator(sh, c))
			return true;
		if (c == '>')
			redirect(sh);
		else if (strchr("&|<()", c))
			foreign_operator(sh, c);
		else if (!read_word(sh))
			sh->broken = true;
	}
}

/* NAME=value words with no command behind them. */
static void assign(struct ph_shell *sh)
{
	for (size_t i = 0; i < sh->n_assign; i++) {
		const struct ph_word *word = &sh->word[i];
		size_t name_len = ph_var_name_len(word->text, word->len);
		enum ph_status status = ph_vars_set(sh->vars, word->text, name_len, word->text + name_len + 1,
		                                    word->len - name_len - 1);

		if (status != PH_OK)
			ph_shell_error(sh, word->line, word->column, "%.*s: %s", (int)(name_len < 80 ? name_len : 80), word->text,
			               status == PH_FULL ? "too many variables" : "out of memory");
	}
}

/* A loop that never ends hid everything behind it. */
static void complain_open(struct ph_shell *sh)
{
	if (sh->depth == 0)
		return;
	sh->depth = 0;
	ph_shell_error(sh, sh->opened.line, sh->opened.column, "%s: is never closed, so that nothing behind it was read",
	               sh->opened.text);
}

bool ph_shell_next(struct ph_shell *sh, struct ph_shell_cmd *cmd)
{
	while (read_command(sh)) {
		if (sh->depth > 0 || sh->broken)
			continue;
		if (sh->n_assign == sh->n_words && sh->has_target) {
			ph_shell_error(sh, sh->target.line, sh->target.column, "> %.80s: nothing is written to it; use echo VALUE",
			               sh->target.text);
			continue;
		}
		if (sh->n_assign == sh->n_words) {
			assign(sh);
			continue;
		}
		cmd->word = sh->word + sh->n_assign;
		cmd->n = sh->n_words - sh->n_assign;
		cmd->redirect = sh->has_target ? &sh->target : NULL;
		return true;
	}
	complain_open(sh);
	return false;
}
