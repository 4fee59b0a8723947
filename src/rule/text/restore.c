/* Save files: `*table`, `:chain policy [packets:bytes]`, rules, `COMMIT`. As iptables-restore reads them, but all errors of
 * the file are found. */
#include "rule/text/command.h"

#include <stdlib.h>
#include "rule/text/word.h"

#define LINE_WORDS 1024

struct restore {
	struct ph_ruleset *rules;
	struct ph_rule_load *load;
	unsigned line;
	bool in_table, skipping;        /* between *table and COMMIT; of a table that is not applied */
	enum ph_table table;
	unsigned table_line;
	bool failed;
	struct ph_word *word;           /* LINE_WORDS of them */
	size_t n;
	char *text;                     /* the words' characters, as long as the longest line */
};

static void complain(struct restore *r, unsigned column, const char *what)
{
	ph_diags_add(r->load->diags, PH_ERROR, r->load->file, r->line, column, "%s", what);
	r->failed = true;
}

/* Copies one word without its quotes to *out and moves *out on. Inside double quotes a backslash takes the next byte as it
 * is; a word that begins with a single quote ends at the next one. The end of a quote ends the word. False: it is missing. */
static bool take_word(struct ph_cur *c, char **out, bool *quoted)
{
	uint8_t quote = 0, b;

	if (ph_cur_byte(c, '\''))
		quote = '\'';
	while (ph_cur_u8(c, &b)) {
		if (quote ? b == quote : b == ' ' || b == '\t') {
			*quoted |= quote != 0;
			return true;
		}
		if (!quote && b == '"') {
			quote = b;
			continue;
		}
		if (quote == '"' && b == '\\' && !ph_cur_u8(c, &b))
			return false;
		*(*out)++ = (char)b;
	}
	return quote == 0;
}

/* Cuts a line into words. False: it complained. */
static bool split(struct restore *r, struct ph_cur c)
{
	const uint8_t *start = c.at;
	char *out = r->text;

	r->n = 0;
	for (;;) {
		struct ph_word *w = &r->word[r->n];
		uint8_t b;

		while (ph_cur_peek(&c, 0, &b) && (b == ' ' || b == '\t'))
			c.at++;
		if (!ph_cur_left(&c))
			return true;
		if (r->n == LINE_WORDS) {
			complain(r, 1, "line: more than 1024 words");
			return false;
		}
		*w = (struct ph_word){ .text = out, .line = r->line, .column = (unsigned)(c.at - start) + 1 };
		if (!take_word(&c, &out, &w->quoted)) {
			complain(r, w->column, "quote: it is not closed on this line");
			return false;
		}
		w->len = (size_t)(out - w->text);
		r->n++;
	}
}

/* "[packets:bytes]" */
static bool parse_counters(const struct ph_word *word, uint64_t *packets, uint64_t *bytes)
{
	struct ph_cur c = ph_word_cur(word);
	uint64_t value[2] = { 0, 0 };

	if (!ph_cur_byte(&c, '['))
		return false;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t b;

		if (!ph_cur_peek(&c, 0, &b) || !ph_is_digit(b))
			return false;
		while (ph_cur_peek(&c, 0, &b) && ph_is_digit(b)) {
			if (value[i] > (UINT64_MAX - (uint64_t)(b - '0')) / 10)
				return false;
			value[i] = value[i] * 10 + (uint64_t)(b - '0');
			c.at++;
		}
		if (!ph_cur_byte(&c, i ? ']' : ':'))
			return false;
	}
	*packets = value[0];
	*bytes = value[1];
	return ph_cur_left(&c) == 0;
}

/* Everything of the table goes, but not the policies: those are set by the lines that follow. */
static void empty_table(struct restore *r)
{
	struct ph_rtable *t = &r->rules->table[r->table];
	bool had_rules = false;
	size_t i = 0;

	for (size_t k = 0; k < t->n; k++) {
		had_rules |= t->chain[k]->n > 0;
		ph_chain_flush(t->chain[k]);
	}
	while (i < t->n) {
		if (t->chain[i]->hook >= 0)
			i++;
		else if (ph_chain_delete(r->rules, r->table, t->chain[i]->name) != PH_OK)
			return;
	}
	if (had_rules)
		ph_diags_add(r->load->diags, PH_WARNING, r->load->file, r->line, 1,
		             "*%s: a save file replaces the table: the rules loaded before are gone", ph_table_name[r->table]);
}

static void begin_table(struct restore *r)
{
	struct ph_word name = r->word[0];

	name.text++;
	name.len--;
	if (r->in_table)
		complain(r, 1, "COMMIT: missing before this table");
	r->in_table = true;
	r->skipping = true;
	r->table_line = r->line;
	for (unsigned t = 0; t < PH_TABLES; t++) {
		if (!ph_word_is(&name, ph_table_name[t]))
			continue;
		r->table = (enum ph_table)t;
		r->skipping = false;
		if (!ph_ruleset_touch(r->rules, r->table))
			complain(r, 1, "memory: none left");
		else if (!r->load->no_flush)
			empty_table(r);
		return;
	}
	ph_diags_add(r->load->diags, PH_ERROR, r->load->file, r->line, 1,
	             "*%.*s: no such table (raw mangle nat filter security)", PH_WORD_SHOWN(&name));
	r->failed = true;
}

static void new_chain(struct restore *r, const struct ph_word *name, const char *text)
{
	const char *wrong = ph_chain_name_wrong(name);

	if (wrong) {
		ph_diags_add(r->load->diags, PH_ERROR, r->load->file, r->line, name->column, ":%.*s: %s", PH_WORD_SHOWN(name), wrong);
		r->failed = true;
	} else if (ph_chain_new(r->rules, r->table, text) == PH_NO_MEMORY) {
		complain(r, name->column, "memory: none left");
	}
}

/* ":INPUT DROP [1:2]", ":mine - [0:0]". Without flushing, a chain that is there is emptied. */
static void chain_line(struct restore *r)
{
	struct ph_word name = r->word[0];
	const struct ph_word *policy = r->n > 1 ? &r->word[1] : NULL;
	char text[PH_TARGET_NAME_SIZE] = "";
	struct ph_chain *chain;
	uint64_t packets = 0, bytes = 0;

	name.text++;
	name.len--;
	name.column++;
	if (!policy)
		return complain(r, 1, ":CHAIN: needs a policy: ACCEPT, DROP, or - for a chain of one's own");
	if (r->n > 2 && !parse_counters(&r->word[2], &packets, &bytes))
		return complain(r, r->word[2].column, ":CHAIN: the counters are not [packets:bytes]");
	chain = ph_word_copy(&name, text, sizeof(text)) ? ph_chain_find(&r->rules->table[r->table], text) : NULL;
	if (!chain && ph_word_is(policy, "-"))
		return new_chain(r, &name, text);
	if (!chain)
		return complain(r, name.column, ":CHAIN: the table has no built-in chain of that name; a chain of one's own has "
		                "the policy -");
	if (ph_word_is(policy, "-")) {
		if (chain->hook < 0 && !r->load->no_flush)
			return complain(r, name.column, ":CHAIN: declared twice");
		if (chain->hook < 0)
			ph_chain_flush(chain);
		return;
	}
	if (chain->hook < 0 || (!ph_word_is(policy, "ACCEPT") && !ph_word_is(policy, "DROP")))
		return complain(r, policy->column, ":CHAIN: a built-in chain's policy is ACCEPT or DROP, that of others is -");
	chain->policy_drop = ph_word_is(policy, "DROP");
	chain->packets = packets;
	chain->bytes = bytes;
}

/* -4 and -6 before a rule: it counts for that family only. True: not for this one. */
static bool other_family(struct restore *r)
{
	const char *other = r->rules->family == PH_IPV4 ? "-6" : "-4";
	const char *long_other = r->rules->family == PH_IPV4 ? "--ipv6" : "--ipv4";

	for (size_t i = 0; i < r->n; i++)
		if (!r->word[i].quoted && (ph_word_is(&r->word[i], other) || ph_word_is(&r->word[i], long_other)))
			return true;
	return false;
}

static void rule_line(struct restore *r)
{
	struct ph_command_env env = { .rules = r->rules, .load = r->load, .restoring = true, .table = r->table };
	size_t first = 0;

	if (r->word[0].len && r->word[0].text[0] == '[') {
		if (!parse_counters(&r->word[0], &env.packets, &env.bytes) || r->n == 1)
			return complain(r, 1, "counters: not [packets:bytes] before a rule");
		first = 1;
	}
	if (other_family(r))
		return;
	if (ph_rule_command_run(&env, r->word + first, r->n - first) != PH_OK)
		r->failed = true;
}

static void take_line(struct restore *r, struct ph_cur line)
{
	uint8_t first;

	if (ph_cur_left(&line) && line.end[-1] == '\r')
		line.end--;
	if (!ph_cur_peek(&line, 0, &first) || first == '#')
		return;
	if (r->in_table && r->skipping && first != '*' && !ph_cur_is(&line, "COMMIT"))
		return;
	if (!split(r, line) || r->n == 0)
		return;
	if (first == '*')
		return begin_table(r);
	if (!r->in_table)
		return complain(r, 1, "line: before any *table line");
	if (ph_word_is(&r->word[0], "COMMIT")) {
		r->in_table = false;
		return;
	}
	if (r->skipping)
		return;
	if (first == ':')
		return chain_line(r);
	rule_line(r);
}

static size_t longest_line(struct ph_cur c)
{
	size_t longest = 0;
	bool more = true;
	struct ph_cur line;

	while (ph_cur_piece(&c, '\n', &more, &line))
		if (ph_cur_left(&line) > longest)
			longest = ph_cur_left(&line);
	return longest;
}

enum ph_status ph_iptables_restore(struct ph_ruleset *rules, struct ph_rule_load *load, const char *text, size_t len)
{
	struct restore r = { .rules = rules, .load = load };
	struct ph_cur c = ph_cur_of(text, len), line;
	bool more = true;

	ph_ruleset_thaw(rules);
	r.word = calloc(LINE_WORDS, sizeof(*r.word));
	r.text = malloc(longest_line(c) + 1);
	if (!r.word || !r.text) {
		free(r.word);
		free(r.text);
		return PH_NO_MEMORY;
	}
	while (ph_cur_piece(&c, '\n', &more, &line)) {
		r.line++;
		take_line(&r, line);
	}
	if (r.in_table) {
		r.line = r.table_line;
		complain(&r, 1, "COMMIT: missing at the end of this table: the file seems to be cut short");
	}
	free(r.word);
	free(r.text);
	return r.failed ? PH_INVALID : PH_OK;
}
