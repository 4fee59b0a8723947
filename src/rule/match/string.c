/* -m string: bytes anywhere in the packet, counted from the IP header. Both algorithms find the same. */
#include "rule/ext.h"

#include <string.h>
#include "rule/text/word.h"

enum { STRING, HEX, ALGO, FROM, TO, ICASE };
#define PATTERN_MAX 128

struct match_string {
	uint8_t pattern[PATTERN_MAX], n;
	uint8_t algo;
	uint16_t from, to;
};

static const struct ph_name algos[] = { { "bm", 0 }, { "kmp", 1 }, { NULL, 0 } };

static void init(void *data, uint8_t family)
{
	struct match_string *m = data;

	(void)family;
	m->to = 65535;
}

static bool add(struct ph_arg *arg, uint8_t byte)
{
	struct match_string *m = (void *)arg->part->data;

	if (m->n == PATTERN_MAX)
		return ph_arg_error(arg, "longer than %d bytes", PATTERN_MAX);
	m->pattern[m->n++] = byte;
	return true;
}

static bool parse_string(struct ph_arg *arg)
{
	struct ph_cur c = ph_word_cur(arg->word);
	uint8_t b;

	if (!ph_cur_left(&c))
		return ph_arg_error(arg, "may not be empty");
	while (ph_cur_u8(&c, &b))
		if (!add(arg, b))
			return false;
	return true;
}

static int hex_digit(uint8_t b)
{
	b = ph_lower(b);
	return ph_is_digit(b) ? b - '0' : b >= 'a' && b <= 'f' ? b - 'a' + 10 : -1;
}

/* Pairs of digits, a blank may follow each; up to the closing bar, which must be there. */
static bool parse_block(struct ph_arg *arg, struct ph_cur *c)
{
	bool any = false;
	uint8_t high, low;

	while (ph_cur_byte(c, ' '))
		;
	while (!any || !ph_cur_byte(c, '|')) {
		if (!ph_cur_u8(c, &high) || !ph_cur_u8(c, &low) || hex_digit(high) < 0 || hex_digit(low) < 0)
			return ph_arg_error(arg, "\"%.*s\": between the bars stand pairs of hexadecimal digits, as in |0d 0a|",
			                    PH_WORD_SHOWN(arg->word));
		if (!add(arg, (uint8_t)(hex_digit(high) << 4 | hex_digit(low))))
			return false;
		any = true;
		if (ph_cur_byte(c, ' '))
			continue;
	}
	return true;
}

/* Bytes as they are, a backslash before one that means itself, and blocks between bars; a bar at the very end opens nothing,
 * and what follows a block means itself. */
static bool parse_hex(struct ph_arg *arg)
{
	struct ph_cur c = ph_word_cur(arg->word);
	uint8_t b;

	if (!ph_cur_left(&c))
		return ph_arg_error(arg, "may not be empty");
	while (ph_cur_u8(&c, &b)) {
		if (b == '|') {
			if (!ph_cur_left(&c))
				break;
			if (!parse_block(arg, &c))
				return false;
			if (!ph_cur_u8(&c, &b))
				break;
		} else if (b == '\\' && !ph_cur_u8(&c, &b)) {
			return ph_arg_error(arg, "\"%.*s\": nothing follows the backslash", PH_WORD_SHOWN(arg->word));
		}
		if (!add(arg, b))
			return false;
	}
	return ((const struct match_string *)(const void *)arg->part->data)->n > 0 || ph_arg_error(arg, "may not be empty");
}

static void print_string(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_string *m = (const void *)part->data;

	(void)family;
	ph_put_char(w, '"');
	for (unsigned i = 0; i < m->n; i++) {
		if (m->pattern[i] == '"' || m->pattern[i] == '\\')
			ph_put_char(w, '\\');
		ph_put_char(w, (char)m->pattern[i]);
	}
	ph_put_char(w, '"');
}

static void print_hex(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_string *m = (const void *)part->data;

	(void)family;
	ph_put_text(w, "\"|");
	for (unsigned i = 0; i < m->n; i++)
		ph_put_format(w, "%02x", m->pattern[i]);
	ph_put_text(w, "|\"");
}

/* Printed as text if it is text, however it was given. */
static void choose_form(struct ph_part *part)
{
	const struct match_string *m = (const void *)part->data;
	bool text = true, inverted = part->inverted != 0;

	for (unsigned i = 0; i < m->n; i++)
		text = text && m->pattern[i] >= ' ' && m->pattern[i] < 127;
	part->given = (part->given & ~(PH_BIT(STRING) | PH_BIT(HEX))) | (text ? PH_BIT(STRING) : PH_BIT(HEX));
	part->inverted = inverted ? part->given & (PH_BIT(STRING) | PH_BIT(HEX)) : 0;
}

static bool check(struct ph_check *c)
{
	const struct match_string *m = (const void *)c->part->data;

	if (!(c->part->given & (PH_BIT(STRING) | PH_BIT(HEX))))
		return ph_check_error(c, -1, "says nothing: give it --string or --hex-string");
	if (m->from > m->to)
		return ph_check_error(c, FROM, "--from %u is behind --to %u", m->from, m->to);
	choose_form(c->part);
	return true;
}

static bool same_nocase(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ph_lower(a[i]) != ph_lower(b[i]))
			return false;
	return true;
}

/* All of the pattern lies from --from on and before --to. */
static bool found(const struct ph_part *part, const struct ph_pkt *pkt)
{
	const struct match_string *m = (const void *)part->data;
	size_t end = pkt->len < m->to ? pkt->len : m->to;

	if (m->from >= end || end - m->from < m->n)
		return false;
	if (!ph_part_has(part, ICASE))
		return memmem(pkt->ip + m->from, end - m->from, m->pattern, m->n) != NULL;
	for (size_t i = m->from; i + m->n <= end; i++)
		if (same_nocase(pkt->ip + i, m->pattern, m->n))
			return true;
	return false;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	return ph_match_if(found(part, ctx->pkt) != (part->inverted != 0));
}

static const struct ph_opt options[] = {
	{ .name = "string", .what = "1 to 128 bytes", .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT, .id = STRING,
	  .excludes = PH_BIT(HEX), .parse = parse_string, .print = print_string },
	{ .name = "hex-string", .what = "1 to 128 bytes, some in hexadecimal as in |0d0a|", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_INVERT, .id = HEX, .excludes = PH_BIT(STRING), .parse = parse_hex, .print = print_hex },
	{ .name = "algo", .what = "an algorithm", .type = PH_ARG_ENUM, .flags = PH_OPT_NEEDED, .id = ALGO,
	  PH_OPT_FIELD(struct match_string, algo), .names = algos },
	{ .name = "from", .what = "a number to 65535", .type = PH_ARG_UINT, .flags = PH_OPT_DEFAULT, .id = FROM,
	  PH_OPT_FIELD(struct match_string, from), .max = 65535 },
	{ .name = "to", .what = "a number to 65535", .type = PH_ARG_UINT, .flags = PH_OPT_DEFAULT, .id = TO,
	  PH_OPT_FIELD(struct match_string, to), .max = 65535 },
	{ .name = "icase", .type = PH_ARG_FLAG, .id = ICASE },
};

const struct ph_ext ph_match_string = {
	.name = "string", .what = "bytes anywhere in the packet", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_string), PH_EXT_OPTIONS(options), .init = init, .check = check, .match = match,
};
