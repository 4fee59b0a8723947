/* What the subcommands share: complaints, loading policies, guessing at mistyped words. */
#include "cmd/cmd.h"
#include "cmd/text.h"

#include <errno.h>
#include <pinhole/capture.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLICY_MAX ((size_t)64 << 20)   /* bytes of one policy file */
#define WORD_MAX 32                     /* letters of a word that nearest looks at */

enum cmd_exit cmd_usage(const struct cmd_command *command)
{
	fprintf(stderr, "Try 'pinhole help %s'.\n", command->name);
	return CMD_REFUSED;
}

enum cmd_exit cmd_error(const char *fmt, ...)
{
	va_list args;

	fputs("pinhole: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return CMD_REFUSED;
}

enum cmd_exit cmd_finish(enum cmd_exit result)
{
	bool failed = fflush(stdout) != 0 || ferror(stdout);

	if (!failed)
		return result;
	cmd_error("standard output: %s", strerror(errno));
	return result == CMD_OK ? CMD_TROUBLE : result;
}

void cmd_no_memory(void)
{
	cmd_error("%s", ph_status_text(PH_NO_MEMORY));
	exit(CMD_TROUBLE);
}

void *cmd_alloc(size_t n, size_t size)
{
	void *at = calloc(n ? n : 1, size);

	if (!at)
		cmd_no_memory();
	return at;
}

/* Edit distance of two short words, by rows. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], la = strnlen(a, WORD_MAX), lb = strnlen(b, WORD_MAX), corner, keep, best;

	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			keep = row[j];
			best = corner + (a[i - 1] != b[j - 1]);
			best = keep + 1 < best ? keep + 1 : best;
			row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			corner = keep;
		}
	}
	return row[lb];
}

const char *cmd_nearest(const char *word, const char *(*next)(const void *arg, size_t i), const void *arg)
{
	size_t half = (strlen(word) + 1) / 2, best = half < 3 ? half : 3, d;
	const char *near = NULL, *candidate;

	for (size_t i = 0; (candidate = next(arg, i)); i++) {
		d = distance(word, candidate);
		if (d <= best && (!near || d < best)) {
			best = d;
			near = candidate;
		}
	}
	return near;
}

void cmd_diags_print(const struct ph_diags *diags, size_t from)
{
	const struct ph_diag *d;
	struct cmd_text t = { .at = NULL };

	for (size_t i = from; (d = ph_diags_get(diags, i)); i++)
		cmd_text_diag(&t, d);
	cmd_text_flush(&t, stderr);
	cmd_text_free(&t);
}

void cmd_diags_total(const struct ph_diags *diags)
{
	size_t errors = ph_diags_errors(diags), all = ph_diags_count(diags);
	size_t warnings = all > errors ? all - errors : 0;

	if (errors)
		fprintf(stderr, "%zu error%s", errors, errors == 1 ? "" : "s");
	if (warnings)
		fprintf(stderr, "%s%zu warning%s", errors ? ", " : "", warnings, warnings == 1 ? "" : "s");
	if (errors || warnings)
		fputc('\n', stderr);
}

static const char *file_name(const struct cmd_policy *from, size_t i)
{
	return strcmp(from->file[i], "-") == 0 ? "<stdin>" : from->file[i];
}

static char *read_one(const struct cmd_policy *from, size_t i, size_t *len, struct ph_diags *diags)
{
	int fd;

	if (!from->open)
		return ph_file_read(from->file[i], POLICY_MAX, len, diags);
	fd = from->open(from->arg, i, diags);
	return fd < 0 ? NULL : ph_fd_read(fd, file_name(from, i), POLICY_MAX, len, diags);
}

static enum ph_status load_one(struct ph_policy *policy, const struct cmd_policy *from, size_t i, struct ph_diags *diags)
{
	struct ph_policy_source source = {
		.name = file_name(from, i),
		.family = from->family,
		.lenient = from->lenient,
		.no_flush = from->no_flush,
	};
	enum ph_status status;
	size_t len;
	char *text;

	text = read_one(from, i, &len, diags);
	if (!text)
		return PH_IO;
	status = ph_policy_load(policy, &source, text, len, diags);
	free(text);
	return status;
}

/* After an error the policy is of no use any more, but the files that follow are still looked at, each on its own,
 * for being readable at all. */
static void try_rest(const struct cmd_policy *from, size_t i, struct ph_diags *diags)
{
	size_t len;

	for (; i < from->n; i++)
		free(read_one(from, i, &len, diags));
}

struct ph_policy *cmd_policy_read(const struct cmd_policy *from, struct ph_diags *diags)
{
	struct ph_policy *policy = ph_policy_new();
	enum ph_status status = policy ? PH_OK : PH_NO_MEMORY;
	size_t i = 0;

	while (i < from->n && status == PH_OK)
		status = load_one(policy, from, i++, diags);
	if (status == PH_OK)
		status = ph_policy_finish(policy, diags);
	else
		try_rest(from, i, diags);
	if (status == PH_OK && !from->no_advice)
		status = ph_policy_advise(policy, diags);
	if (status == PH_OK)
		return policy;
	if (ph_diags_errors(diags) == 0)
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "the policy cannot be loaded: %s", ph_status_text(status));
	ph_policy_free(policy);
	return NULL;
}

struct ph_policy *cmd_policy_load(const struct cmd_policy *from, struct ph_diags *diags)
{
	size_t shown = ph_diags_count(diags);
	struct ph_policy *policy = cmd_policy_read(from, diags);

	cmd_diags_print(diags, shown);
	return policy;
}
