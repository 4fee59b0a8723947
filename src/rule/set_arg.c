/* Sets named by rules; see set.h. */
#include "rule/set.h"

#include "rule/text/word.h"

bool ph_set_arg(struct ph_arg *arg, char *name, struct ph_set_ask *ask)
{
	struct ph_cur rest = ph_word_cur(&arg->word[1]), piece;
	bool more = true;

	if (arg->word->len == 0 || !ph_word_is_plain(arg->word) || !ph_word_copy(arg->word, name, PH_SET_NAME_SIZE))
		return ph_arg_error(arg, "\"%.*s\" is not the name of a set: 1 to 31 characters", PH_WORD_SHOWN(arg->word));
	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		bool source = ph_cur_word(&piece, "src", 3);

		if (!source && !ph_cur_word(&piece, "dst", 3))
			return ph_arg_error(arg, "\"%.*s\" is not a list of src and dst", PH_WORD_SHOWN(&arg->word[1]));
		if (ask->n == PH_SET_DIMS)
			return ph_arg_error(arg, "more than %d of src and dst", PH_SET_DIMS);
		ask->src |= (uint8_t)(source << ask->n);
		ask->n++;
	}
	return true;
}

void ph_set_arg_print(const char *name, const struct ph_set_ask *ask, struct ph_writer *w)
{
	ph_put_format(w, "%s ", name);
	for (unsigned i = 0; i < ask->n; i++)
		ph_put_format(w, "%s%s", i ? "," : "", ask->src >> i & 1 ? "src" : "dst");
}

struct ph_set *ph_set_bind(const struct ph_bind *bind, const char *name)
{
	struct ph_set *set = ph_sets_find(bind->load->sets, name);

	if (!set) {
		ph_bind_error(bind, "there is no set %s; make it by `ipset create %s ...`, or give what `ipset save` prints as a "
		              "policy", name, name);
		return NULL;
	}
	if (!ph_set_fits(set, bind->rules->family)) {
		ph_bind_error(bind, "set %s holds IPv%u: it cannot be asked by rules of IPv%u", name, (unsigned)set->config.family,
		              (unsigned)bind->rules->family);
		return NULL;
	}
	return set;
}
