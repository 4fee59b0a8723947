/* The rows of tests/vectors/rule/NAME.t: one rule each, what it prints, whether it loads.
 *
 *   %4 | %6        family of the rows that follow
 *   *table         table
 *   :CHAIN         chain the rules are appended to
 *   lenient | strict  what cannot be honoured yet loads with a warning, or not (the default)
 *   rule;=;OK                      prints as it was written
 *   rule;printed | printed;OK      prints so (several addresses make several rules)
 *   rule;=;FAIL                    does not load, and something is said about it
 *   ...;1.8.9=FAIL                 what the installed reference does instead (test_roundtrip.py); spec/rule-language.md
 *   ...;unchecked                  the reference would need something that its namespace has not
 *   +command       run before the reference loads what follows; to pinhole, if it is one of ipset
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <glob.h>

#include "rule/policy.h"
#include "support.h"

#define LINE 4096

struct rows {
	uint8_t family;
	bool lenient;
	char table[32], chain[32];
	unsigned n_failed, n_rows;
	struct ph_policy *policy;       /* its sets: what `+ipset` lines made */
	struct ph_diags *diags;
};

/* A command that rows need first. What others than ipset make is for the real programs only. */
static void prepare(struct rows *r, const char *command)
{
	const struct ph_policy_source source = { .name = "rows" };

	if (strncmp(command, "ipset ", 6) == 0)
		assert_int_equal(ph_policy_load(r->policy, &source, command, strlen(command), r->diags), PH_OK);
}

/* The printed rules of the table, without "-A CHAIN ", with " | " between. */
static void printed_rules(struct test_rules *t, const struct rows *r, char out[LINE])
{
	char start[64];
	const char *at = test_print(t, false);
	size_t len = 0;

	snprintf(start, sizeof(start), "\n-A %s", r->chain);
	out[0] = '\0';
	while ((at = strstr(at, start))) {
		const char *end;

		at += strlen(start);
		at += *at == ' ';
		end = strchr(at, '\n');
		len += (size_t)snprintf(out + len, LINE - len, "%s%.*s", len ? " | " : "", (int)(end - at), at);
	}
}

static bool row_ok(const struct rows *r, const char *rule, const char *want, bool want_ok, char got[LINE])
{
	struct test_rules *t = malloc(sizeof(*t));
	char command[LINE];
	bool ok;

	assert_non_null(t);
	test_rules_init(t, r->family);
	t->load.lenient = r->lenient;
	t->load.sets = r->policy->sets;
	snprintf(command, sizeof(command), "-t %s -A %s %s", r->table, r->chain, rule);
	ok = test_command(t, command) == PH_OK && ph_ruleset_finish(t->rules, &t->load) == PH_OK;
	if (ok)
		printed_rules(t, r, got);
	else
		test_diag(t, 0, got, LINE);
	/* What fails must say why, and what loads must not complain. */
	if (ok != want_ok || (ph_diags_errors(t->load.diags) > 0) == ok)
		want = "?";
	else if (!ok)
		want = got;
	test_rules_fini(t);
	free(t);
	return strcmp(got, want) == 0;
}

static void run_row(struct rows *r, char *line)
{
	char got[LINE], *rest = line;
	const char *rule = strsep(&rest, ";"), *want = strsep(&rest, ";"), *result = strsep(&rest, ";");

	assert_non_null(result);
	r->n_rows++;
	if (row_ok(r, rule, strcmp(want, "=") == 0 ? rule : want, strcmp(result, "OK") == 0, got))
		return;
	r->n_failed++;
	print_error("%%%u *%s %s: wanted %s %s, got %s\n", r->family, r->table, rule, result, want, got);
}

static void test_rows_of_file_print_or_fail_as_written(void **state)
{
	struct rows r = { .family = PH_IPV4, .table = "filter", .chain = "FORWARD" };
	FILE *f = fopen(*state, "r");
	char line[LINE];

	assert_non_null(f);
	r.policy = ph_policy_new();
	r.diags = ph_diags_new();
	assert_non_null(r.policy);
	assert_non_null(r.diags);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (line[0] == '+')
			prepare(&r, line + 1);
		else if (line[0] == '%')
			r.family = line[1] == '6' ? PH_IPV6 : PH_IPV4;
		else if (line[0] == '*')
			snprintf(r.table, sizeof(r.table), "%.31s", line + 1);
		else if (line[0] == ':')
			snprintf(r.chain, sizeof(r.chain), "%.31s", line + 1);
		else if (strcmp(line, "lenient") == 0 || strcmp(line, "strict") == 0)
			r.lenient = line[0] == 'l';
		else
			run_row(&r, line);
	}
	fclose(f);
	ph_policy_free(r.policy);
	ph_diags_free(r.diags);
	assert_true(r.n_rows > 0);
	assert_int_equal(r.n_failed, 0);
}

int main(void)
{
	struct CMUnitTest *tests;
	glob_t files;
	int failed;

	if (glob("tests/vectors/rule/*.t", 0, NULL, &files) != 0) {
		fprintf(stderr, "tests/vectors/rule: not found; run from the repository's root\n");
		return 1;
	}
	tests = calloc(files.gl_pathc, sizeof(*tests));
	if (!tests)
		return 1;
	for (size_t i = 0; i < files.gl_pathc; i++)
		tests[i] = (struct CMUnitTest){ .name = files.gl_pathv[i], .initial_state = files.gl_pathv[i],
		                                .test_func = test_rows_of_file_print_or_fail_as_written };
	failed = _cmocka_run_group_tests("rule rows", tests, files.gl_pathc, NULL, NULL);
	free(tests);
	globfree(&files);
	return failed;
}
