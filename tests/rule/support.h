/* What the tests of the rule language share: words out of a line, loading, printing into a buffer. */
#ifndef PH_TESTS_RULE_SUPPORT_H
#define PH_TESTS_RULE_SUPPORT_H

#include "rule/text/iptables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_WORDS 128

struct test_rules {
	struct ph_ruleset *rules;
	struct ph_rule_load load;
	struct ph_helper_options helpers;
	char text[65536];               /* what was printed last */
	size_t len;
};

static inline void test_rules_init(struct test_rules *t, uint8_t family)
{
	memset(t, 0, sizeof(*t));
	ph_helper_options_init(&t->helpers);
	t->rules = ph_ruleset_new(family);
	t->load = (struct ph_rule_load){ .file = "test", .diags = ph_diags_new(), .helpers = &t->helpers };
	if (!t->rules || !t->load.diags)
		abort();
}

static inline void test_rules_fini(struct test_rules *t)
{
	ph_ruleset_free(t->rules);
	ph_diags_free(t->load.diags);
}

/* Cuts a line at blanks, with double and single quotes and backslashes. buffer: as long as the line. */
static inline size_t test_split(const char *line, char *buffer, struct ph_word word[TEST_WORDS])
{
	const char *at = line;
	size_t n = 0;
	char quote;

	for (;;) {
		while (*at == ' ')
			at++;
		if (!*at || n == TEST_WORDS)
			return n;
		word[n] = (struct ph_word){ .text = buffer, .line = 1, .column = (unsigned)(at - line) + 1 };
		quote = 0;
		for (; *at && (quote || *at != ' '); at++) {
			if (*at == '\\' && at[1])
				*buffer++ = *++at;
			else if (quote ? *at == quote : *at == '"' || *at == '\'')
				quote = quote ? 0 : *at;
			else
				*buffer++ = *at;
		}
		word[n].len = (size_t)(buffer - word[n].text);
		n++;
	}
}

static inline enum ph_status test_command(struct test_rules *t, const char *line)
{
	struct ph_word word[TEST_WORDS];
	char *buffer = malloc(strlen(line) + 1);
	enum ph_status status;

	if (!buffer)
		abort();
	status = ph_iptables_command(t->rules, &t->load, word, test_split(line, buffer, word));
	free(buffer);
	return status;
}

/* Loads the lines given, ended by NULL. */
static inline void test_load(struct test_rules *t, ...)
{
	const char *line;
	va_list args;

	va_start(args, t);
	while ((line = va_arg(args, const char *))) {
		if (test_command(t, line) != PH_OK)
			fail_msg("%s: %s", line, ph_diags_get(t->load.diags, 0)->text);
	}
	va_end(args);
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_OK);
}

static inline void test_collect(void *arg, const char *text, size_t len)
{
	struct test_rules *t = arg;

	if (len > sizeof(t->text) - 1 - t->len)
		abort();
	memcpy(t->text + t->len, text, len);
	t->len += len;
	t->text[t->len] = '\0';
}

static inline const char *test_print(struct test_rules *t, bool counters)
{
	t->len = 0;
	t->text[0] = '\0';
	ph_ruleset_print(t->rules, counters, (struct ph_sink){ test_collect, t });
	return t->text;
}

/* The i-th complaint as "line:column: text" into out. */
static inline const char *test_diag(const struct test_rules *t, size_t i, char *out, size_t size)
{
	const struct ph_diag *d = ph_diags_get(t->load.diags, i);

	if (d)
		snprintf(out, size, "%u:%u: %s", d->line, d->column, d->text);
	else
		snprintf(out, size, "none");
	return out;
}

#endif
