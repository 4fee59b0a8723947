/* Prefixes that SNPT and DNPT translate; see npt.h. */
#include "rule/target/npt.h"

#include "rule/text/args.h"
#include "rule/text/word.h"

bool ph_npt_parse(struct ph_arg *arg)
{
	struct ph_addr_test *prefix = &((struct ph_target_npt *)(void *)arg->part->data)->prefix[arg->opt->id];
	const char *why = ph_addr_test_parse(arg->family, ph_word_cur(arg->word), true, prefix);
	int len = why ? 0 : ph_mask_len(arg->family, &prefix->mask);

	if (why)
		return ph_arg_error(arg, "\"%.*s\": %s", PH_WORD_SHOWN(arg->word), why);
	if (len < 0 || len > PH_NPT_MAX)
		return ph_arg_error(arg, "\"%.*s\": a prefix has at most %d bits", PH_WORD_SHOWN(arg->word), PH_NPT_MAX);
	for (size_t i = 0; i < sizeof(prefix->addr.b); i++)
		if (prefix->addr.b[i] & ~prefix->mask.b[i])
			return ph_arg_error(arg, "\"%.*s\": behind the prefix all bits are zero", PH_WORD_SHOWN(arg->word));
	return true;
}

static void put_prefix(const struct ph_part *part, unsigned which, uint8_t family, struct ph_writer *w)
{
	const struct ph_addr_test *prefix = &((const struct ph_target_npt *)(const void *)part->data)->prefix[which];
	char text[PH_ADDR_TEXT];

	ph_put_text(w, ph_addr_format(text, family, &prefix->addr));
	ph_put_mask(w, family, &prefix->mask);
}

void ph_npt_print_src(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	put_prefix(part, PH_NPT_SRC, family, w);
}

void ph_npt_print_dst(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	put_prefix(part, PH_NPT_DST, family, w);
}
