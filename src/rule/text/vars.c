/* Shell variables; see vars.h. */
#include "rule/text/vars.h"

#include <stdlib.h>
#include <string.h>

void ph_vars_fini(struct ph_vars *vars)
{
	for (size_t i = 0; i < vars->n; i++) {
		free(vars->list[i].name);
		free(vars->list[i].value);
	}
	free(vars->list);
	*vars = (struct ph_vars){ 0 };
}

static bool is_name_byte(char c, bool first)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
		return true;
	return !first && c >= '0' && c <= '9';
}

size_t ph_var_name_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && is_name_byte(text[n], n == 0))
		n++;
	return n;
}

const struct ph_var *ph_vars_find(const struct ph_vars *vars, const char *name, size_t name_len)
{
	for (size_t i = 0; i < vars->n; i++)
		if (strlen(vars->list[i].name) == name_len && memcmp(vars->list[i].name, name, name_len) == 0)
			return &vars->list[i];
	return NULL;
}

/* A new variable without a value, at the end of the list. */
static enum ph_status add(struct ph_vars *vars, const char *name, size_t name_len, struct ph_var **out)
{
	size_t room = vars->room ? vars->room * 2 : 16;
	struct ph_var *list;

	if (vars->n == PH_VARS_MAX)
		return PH_FULL;
	if (vars->n == vars->room) {
		list = realloc(vars->list, room * sizeof(*list));
		if (!list)
			return PH_NO_MEMORY;
		vars->list = list;
		vars->room = room;
	}
	vars->list[vars->n] = (struct ph_var){ .name = strndup(name, name_len) };
	if (!vars->list[vars->n].name)
		return PH_NO_MEMORY;
	*out = &vars->list[vars->n++];
	return PH_OK;
}

enum ph_status ph_vars_set(struct ph_vars *vars, const char *name, size_t name_len, const char *value, size_t len)
{
	const struct ph_var *found = ph_vars_find(vars, name, name_len);
	struct ph_var *var;
	char *copy = NULL;
	enum ph_status status;

	if (found) {
		var = &vars->list[found - vars->list];
	} else {
		status = add(vars, name, name_len, &var);
		if (status != PH_OK)
			return status;
	}
	if (value) {
		copy = strndup(value, len);
		if (!copy)
			return PH_NO_MEMORY;
	}
	free(var->value);
	var->value = copy;
	return PH_OK;
}
