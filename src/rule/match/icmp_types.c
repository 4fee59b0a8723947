/* Types and codes of ICMP; see icmp_types.h. */
#include "rule/match/icmp_types.h"

#include "rule/text/word.h"

static bool parse_numbers(struct ph_cur c, struct ph_icmp_test *out)
{
	uint32_t type, code;

	if (!ph_cur_number(&c, 255, &type))
		return false;
	*out = (struct ph_icmp_test){ (uint8_t)type, 0, 255, false };
	if (!ph_cur_left(&c))
		return true;
	if (!ph_cur_byte(&c, '/') || !ph_cur_number(&c, 255, &code) || ph_cur_left(&c))
		return false;
	out->lo = out->hi = (uint8_t)code;
	return true;
}

bool ph_icmp_test_parse(struct ph_arg *arg, const struct ph_icmp_name *names, struct ph_icmp_test *out)
{
	struct ph_cur c = ph_word_cur(arg->word);
	const struct ph_icmp_name *found = NULL;

	if (!ph_cur_left(&c))
		return ph_arg_error(arg, "may not be empty: give it %s", arg->opt->what);
	if (parse_numbers(c, out))
		return true;
	for (const struct ph_icmp_name *n = names; n->name; n++) {
		if (!ph_cur_begins_nocase(&c, n->name))
			continue;
		if (strlen(n->name) == ph_cur_left(&c)) {
			found = n;
			break;
		}
		if (found)
			return ph_arg_error(arg, "\"%.*s\" could be %s or %s: write more of it", PH_WORD_SHOWN(arg->word),
			                    found->name, n->name);
		found = n;
	}
	if (!found)
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	*out = (struct ph_icmp_test){ found->type, found->lo, found->hi, found->type == 255 };
	return true;
}

void ph_icmp_test_print(const struct ph_icmp_test *test, struct ph_writer *w)
{
	if (test->any) {
		ph_put_text(w, "any");
		return;
	}
	ph_put_format(w, "%u", test->type);
	if (test->lo == test->hi)
		ph_put_format(w, "/%u", test->lo);
}

enum ph_match ph_icmp_test_match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct ph_icmp_test *t = (const void *)part->data;
	const struct ph_pkt *pkt = ctx->pkt;
	bool hit;

	if (pkt->frag_off)
		return PH_MATCH_NO;
	if (ph_cur_left(&pkt->l4) < 8) {
		ctx->hotdrop = true;
		return PH_MATCH_NO;
	}
	/* Type 255 is any type and code of ICMP, even where a code was asked for; ICMPv6 knows no such type. */
	hit = t->any || (t->type == 255 && pkt->family == PH_IPV4) ||
	      (pkt->l4.at[0] == t->type && pkt->l4.at[1] >= t->lo && pkt->l4.at[1] <= t->hi);
	return ph_match_if(hit != ph_part_inverted(part, 0));
}
