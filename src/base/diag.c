/* The collector of complaints made while loading; see <pinhole/base.h>. */
#include <pinhole/base.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ph_diags {
	struct ph_diag *list;
	size_t n, room;
	size_t n_errors;
};

struct ph_diags *ph_diags_new(void)
{
	return calloc(1, sizeof(struct ph_diags));
}

void ph_diags_free(struct ph_diags *diags)
{
	if (!diags)
		return;
	for (size_t i = 0; i < diags->n; i++) {
		free((char *)(uintptr_t)diags->list[i].file);
		free((char *)(uintptr_t)diags->list[i].text);
	}
	free(diags->list);
	free(diags);
}

size_t ph_diags_count(const struct ph_diags *diags)
{
	return diags->n;
}

size_t ph_diags_errors(const struct ph_diags *diags)
{
	return diags->n_errors;
}

const struct ph_diag *ph_diags_get(const struct ph_diags *diags, size_t i)
{
	return i < diags->n ? &diags->list[i] : NULL;
}

static bool grow(struct ph_diags *diags)
{
	size_t room = diags->room ? diags->room * 2 : 16;
	struct ph_diag *list;

	if (diags->n < diags->room)
		return true;
	list = realloc(diags->list, room * sizeof(*list));
	if (!list)
		return false;
	diags->list = list;
	diags->room = room;
	return true;
}

void ph_diags_add(struct ph_diags *diags, enum ph_severity severity, const char *file, unsigned line,
                  unsigned column, const char *fmt, ...)
{
	struct ph_diag d = { .severity = severity, .line = line, .column = column };
	char *text = NULL;
	va_list args;
	int n;

	if (severity == PH_ERROR)
		diags->n_errors++;
	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	d.text = text;
	d.file = file ? strdup(file) : NULL;
	if (grow(diags)) {
		diags->list[diags->n++] = d;
		return;
	}
	free(text);
	free((char *)(uintptr_t)d.file);
}
