/* Lists of options in IPv6 headers; see opts6.h. */
#include "rule/match/opts6.h"

#include "rule/text/word.h"

/* iptables keeps the low eight bits of any number. */
static bool parse_number(struct ph_cur *c, uint8_t *out)
{
	uint64_t value;

	if (!ph_cur_number64(c, &value))
		return false;
	*out = (uint8_t)value;
	return true;
}

/* TYPE or TYPE:LENGTH; one byte of padding has no length. */
static bool parse_option(struct ph_cur c, uint8_t *type, uint8_t *len)
{
	*len = PH_OPTS6_ANY;
	if (!parse_number(&c, type))
		return false;
	if (ph_cur_byte(&c, ':') && (*type == 0 || !parse_number(&c, len)))
		return false;
	return !ph_cur_left(&c);
}

bool ph_opts6_parse(struct ph_arg *arg)
{
	struct ph_opts6 *m = (void *)arg->part->data;
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	bool more = true;

	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		if (m->n == PH_OPTS6_MAX)
			return ph_arg_error(arg, "more than %d options", PH_OPTS6_MAX);
		if (!parse_option(piece, &m->opt[m->n].type, &m->opt[m->n].len))
			return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
		m->n++;
	}
	return true;
}

void ph_opts6_print(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct ph_opts6 *m = (const void *)part->data;

	(void)family;
	for (unsigned i = 0; i < m->n; i++) {
		ph_put_format(w, "%s%u", i ? "," : "", m->opt[i].type);
		if (m->opt[i].len != PH_OPTS6_ANY)
			ph_put_format(w, ":%u", m->opt[i].len);
	}
}

/* The options named have to be the first ones of the header, in this order. */
static bool begins_with(struct ph_cur options, const struct ph_opts6 *m)
{
	uint8_t type, len;

	for (unsigned i = 0; i < m->n; i++) {
		if (!ph_cur_u8(&options, &type) || type != m->opt[i].type)
			return false;
		/* Type 0 is one byte of padding. */
		if (type == 0)
			continue;
		if (!ph_cur_u8(&options, &len) || (m->opt[i].len != PH_OPTS6_ANY && m->opt[i].len != len))
			return false;
		/* The last one may be longer than its header says. */
		if (!ph_cur_skip(&options, len))
			return i + 1 == m->n;
	}
	return true;
}

enum ph_match ph_opts6_match(const struct ph_part *part, struct ph_rule_ctx *ctx, uint8_t which)
{
	const struct ph_opts6 *m = (const void *)part->data;
	struct ph_cur header, options;
	enum ph_header6 found = ph_header6_find(ctx->pkt, which, &header);
	uint32_t len;

	if (found == PH_HEADER6_ABSENT)
		return PH_MATCH_NO;
	if (found == PH_HEADER6_BROKEN || !ph_header6_len(which, &header, &len) || !ph_cur_skip(&header, 2) ||
	    !ph_cur_sub(&header, len - 2, &options))
		return ph_match_unreadable(ctx);
	if (ph_part_has(part, PH_OPTS6_LEN) && (m->len == len) == ph_part_inverted(part, PH_OPTS6_LEN))
		return PH_MATCH_NO;
	return ph_match_if(begins_with(options, m));
}
