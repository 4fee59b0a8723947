/* The rows of tests/vectors/rule/NAME.t hold every option of every match and target that can be written, and each one that
 * can be negated also negated. Derived from the option tables: a new option without a row fails here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <glob.h>

#include "rule/ext.h"

#define LINE 4096
#define ROWS_MIN 400

struct rows {
	char **rule;            /* that load: as written, then as printed */
	size_t n, room, all;
};

static void keep(struct rows *r, const char *line)
{
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 1024;
		r->rule = realloc(r->rule, r->room * sizeof(*r->rule));
		assert_non_null(r->rule);
	}
	r->rule[r->n] = strdup(line);
	assert_non_null(r->rule[r->n]);
	r->n++;
}

static void read_rows(struct rows *r, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[LINE];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || !strchr(line, ';'))
			continue;
		r->all++;
		if (strstr(line, ";OK"))
			keep(r, line);
	}
	fclose(f);
}

/* Is `what` there as words of its own? */
static bool has_words(const char *line, const char *what)
{
	size_t len = strlen(what);

	for (const char *at = strstr(line, what); at; at = strstr(at + 1, what))
		if ((at == line || strchr(" ;", at[-1])) && (at[len] == '\0' || strchr(" ;=", at[len])))
			return true;
	return false;
}

static bool is_of(const char *row, const struct ph_ext *ext)
{
	const char *const names[] = { ext->name, ext->spelling[0], ext->spelling[1] };
	char text[64];

	for (size_t i = 0; i < 3; i++) {
		if (!names[i])
			continue;
		snprintf(text, sizeof(text), "-%c %s", ext->kind == PH_EXT_MATCH ? 'm' : 'j', names[i]);
		if (has_words(row, text))
			return true;
	}
	return false;
}

/* Is there a row of this extension that holds these words? */
static bool found(const struct rows *r, const struct ph_ext *ext, const char *words)
{
	for (size_t i = 0; i < r->n; i++)
		if (is_of(r->rule[i], ext) && (!words || has_words(r->rule[i], words)))
			return true;
	return false;
}

static unsigned missing_of(const struct rows *r, const struct ph_ext *ext)
{
	unsigned missing = 0;
	char words[80];

	if (!found(r, ext, NULL)) {
		print_error("%s: no row\n", ext->name);
		return 1;
	}
	for (unsigned i = 0; i < ext->n_options; i++) {
		const struct ph_opt *o = &ext->options[i];

		snprintf(words, sizeof(words), "--%s", o->name);
		if (!found(r, ext, words)) {
			print_error("%s: no row with %s\n", ext->name, words);
			missing++;
		}
		snprintf(words, sizeof(words), "! --%s", o->name);
		if ((o->flags & PH_OPT_INVERT) && !(o->flags & PH_OPT_SPELLING) && !found(r, ext, words)) {
			print_error("%s: no row with %s\n", ext->name, words);
			missing++;
		}
	}
	return missing;
}

static void test_rows_cover_every_option_of_every_extension(void **state)
{
	struct rows r = { .n = 0 };
	unsigned missing = 0;
	glob_t files;

	assert_int_equal(glob("tests/vectors/rule/*.t", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		read_rows(&r, files.gl_pathv[i]);
	globfree(&files);
	for (const struct ph_ext *const *e = ph_exts; *e; e++)
		missing += missing_of(&r, *e);
	for (size_t i = 0; i < r.n; i++)
		free(r.rule[i]);
	free(r.rule);
	assert_int_equal(missing, 0);
	assert_true(r.all >= ROWS_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows_cover_every_option_of_every_extension) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
