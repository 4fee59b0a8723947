/* Shell variables of a policy: NAME=value. Owned by the loader, kept over all texts of one policy. */
#ifndef PH_RULE_TEXT_VARS_H
#define PH_RULE_TEXT_VARS_H

#include <pinhole/base.h>

#define PH_VARS_MAX 4096

struct ph_var {
	char *name, *value;     /* owned; value NULL: its assignment was refused, and said so */
};

struct ph_vars {
	struct ph_var *list;
	size_t n, room;
};

void ph_vars_fini(struct ph_vars *vars);

/* How many bytes at text (len present) are a name: a letter or _, then letters, digits, _. 0: none. */
size_t ph_var_name_len(const char *text, size_t len);

/* name, value: not terminated, copied. value NULL: the variable exists but cannot be known.
 * PH_OK; PH_FULL: PH_VARS_MAX of them; PH_NO_MEMORY. */
enum ph_status ph_vars_set(struct ph_vars *vars, const char *name, size_t name_len, const char *value, size_t len);

/* NULL: undefined. */
const struct ph_var *ph_vars_find(const struct ph_vars *vars, const char *name, size_t name_len);

#endif
