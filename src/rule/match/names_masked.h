/* VALUE[/MASK] where the usual value also has a name: realms and device groups. */
#ifndef PH_RULE_MATCH_NAMES_MASKED_H
#define PH_RULE_MATCH_NAMES_MASKED_H

#include "rule/ext.h"
#include "rule/text/word.h"

/* name: of value 0, the one that iproute2 installs. Other names stand in files of the machine. */
static inline bool ph_named_masked_parse(struct ph_arg *arg, const char *name, struct ph_masked *out)
{
	struct ph_cur c = ph_word_cur(arg->word);
	struct ph_masked m = { .mask = 0xffffffff };

	if (!ph_word_is(arg->word, name) &&
	    (!ph_cur_number(&c, 0xffffffff, &m.value) ||
	     (ph_cur_byte(&c, '/') && !ph_cur_number(&c, 0xffffffff, &m.mask)) || ph_cur_left(&c)))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	*out = m;
	return true;
}

static inline void ph_named_masked_print(const struct ph_masked *m, const char *name, struct ph_writer *w)
{
	if (m->mask != 0xffffffff)
		ph_put_format(w, "0x%x/0x%x", m->value, m->mask);
	else if (m->value == 0)
		ph_put_text(w, name);
	else
		ph_put_format(w, "0x%x", m->value);
}

#endif
