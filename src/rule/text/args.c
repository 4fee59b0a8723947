/* Reading options by their table entries; see args.h. Printing is in args_print.c. */
#include "rule/text/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "rule/text/word.h"

unsigned ph_opt_words(const struct ph_opt *opt)
{
	if (opt->type == PH_ARG_FLAG)
		return 0;
	return opt->words ? opt->words : 1;
}

bool ph_arg_error(const struct ph_arg *arg, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ph_diags_add(arg->load->diags, PH_ERROR, arg->load->file, arg->word->line, arg->word->column, "--%s: %s",
	             arg->opt->name, text);
	return false;
}

bool ph_check_error(const struct ph_check *check, int id, const char *fmt, ...)
{
	const struct ph_word *at = id >= 0 && check->value[id] ? check->value[id] : check->at;
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ph_diags_add(check->load->diags, PH_ERROR, check->load->file, at->line, at->column, "%s: %s",
	             check->part->ext->name, text);
	return false;
}

bool ph_bind_error(const struct ph_bind *bind, const char *fmt, ...)
{
	const struct ph_rule *rule = bind->rule;
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ph_diags_add(bind->load->diags, PH_ERROR, rule->file, rule->line, rule->column, "%s: %s", bind->part->ext->name, text);
	return false;
}

/* Says that the argument is not what the table asks for. */
static bool bad_value(const struct ph_arg *arg)
{
	return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
}

static void *field(const struct ph_arg *arg)
{
	return arg->part->data + arg->opt->offset;
}

static void store_uint(void *at, uint16_t size, uint32_t value)
{
	uint8_t v8 = (uint8_t)value;
	uint16_t v16 = (uint16_t)value;

	if (size == 1)
		memcpy(at, &v8, 1);
	else if (size == 2)
		memcpy(at, &v16, 2);
	else
		memcpy(at, &value, 4);
}

static bool parse_uint(const struct ph_arg *arg)
{
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t value;

	if (!ph_cur_number(&c, arg->opt->max, &value) || ph_cur_left(&c) || value < arg->opt->min)
		return bad_value(arg);
	store_uint(field(arg), arg->opt->size, value);
	return true;
}

/* One end of a range; nothing there: what. */
static bool range_end(const struct ph_arg *arg, const struct ph_cur *text, uint32_t nothing, uint32_t *out)
{
	struct ph_cur c = *text;
	uint16_t port;

	if (!ph_cur_left(&c)) {
		*out = nothing;
		return true;
	}
	if (arg->opt->type == PH_ARG_PORTS) {
		if (!ph_port_parse(&c, &port))
			return false;
		*out = port;
		return true;
	}
	return ph_cur_number(&c, arg->opt->max, out) && !ph_cur_left(&c) && *out >= arg->opt->min;
}

static bool parse_range(const struct ph_arg *arg)
{
	uint32_t max = arg->opt->type == PH_ARG_PORTS ? 65535 : arg->opt->max;
	struct ph_cur rest = ph_word_cur(arg->word), low = rest;
	uint32_t lo, hi;

	if (!ph_cur_left(&rest))
		return bad_value(arg);
	if (ph_cur_find(&rest, ':')) {
		low.end = rest.at;
		if (!ph_cur_skip(&rest, 1) || !range_end(arg, &low, arg->opt->min, &lo) || !range_end(arg, &rest, max, &hi))
			return bad_value(arg);
	} else {
		if (!range_end(arg, &low, 0, &lo))
			return bad_value(arg);
		hi = lo;
	}
	if (lo > hi)
		return ph_arg_error(arg, "%u:%u runs backwards: it would never match; write %u:%u", lo, hi, hi, lo);
	if (arg->opt->size == sizeof(struct ph_range16))
		*(struct ph_range16 *)field(arg) = (struct ph_range16){ (uint16_t)lo, (uint16_t)hi };
	else
		*(struct ph_range32 *)field(arg) = (struct ph_range32){ lo, hi };
	return true;
}

static bool parse_masked(const struct ph_arg *arg)
{
	struct ph_cur c = ph_word_cur(arg->word);
	struct ph_masked m = { .mask = 0xffffffff };

	if (!ph_cur_number(&c, 0xffffffff, &m.value))
		return bad_value(arg);
	if (ph_cur_byte(&c, '/') && !ph_cur_number(&c, 0xffffffff, &m.mask))
		return bad_value(arg);
	if (ph_cur_left(&c))
		return bad_value(arg);
	*(struct ph_masked *)field(arg) = m;
	return true;
}

static bool parse_addr(const struct ph_arg *arg)
{
	const char *why = ph_addr_test_parse(arg->family, ph_word_cur(arg->word), true, field(arg));

	return why ? ph_arg_error(arg, "\"%.*s\": %s", PH_WORD_SHOWN(arg->word), why) : true;
}

static bool parse_proto(const struct ph_arg *arg)
{
	struct ph_cur c = ph_word_cur(arg->word);

	if (!ph_proto_parse(&c, field(arg)))
		return ph_arg_error(arg, "\"%.*s\" is not a protocol; give a name such as tcp or a number to 255",
		                    PH_WORD_SHOWN(arg->word));
	return true;
}

static bool same_name(const struct ph_opt *opt, const struct ph_cur *text, const char *name)
{
	if (opt->flags & PH_OPT_PREFIX)
		return ph_cur_left(text) > 0 && ph_cur_begins_nocase(text, name);
	if (opt->flags & PH_OPT_NOCASE)
		return ph_cur_left(text) == strlen(name) && ph_cur_begins_nocase(text, name);
	return ph_cur_is(text, name);
}

/* Complains about a name and lists those there are. */
static bool bad_name(const struct ph_arg *arg, const struct ph_cur *text)
{
	char list[300];
	struct ph_writer w;

	ph_writer_init(&w, list, sizeof(list));
	for (const struct ph_name *n = arg->opt->names; n->name; n++)
		ph_put_format(&w, "%s%s", w.len ? " " : "", n->name);
	return ph_arg_error(arg, "\"%.*s\" is not %s (%s)", PH_CUR_SHOWN(text), arg->opt->what, list);
}

static bool parse_names(const struct ph_arg *arg)
{
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	uint32_t value = 0;
	bool more = true;

	while (ph_cur_piece(&rest, arg->opt->type == PH_ARG_SET ? ',' : '\0', &more, &piece)) {
		const struct ph_name *n = arg->opt->names;

		while (n->name && !same_name(arg->opt, &piece, n->name))
			n++;
		if (!n->name)
			return bad_name(arg, &piece);
		value |= n->value;
	}
	store_uint(field(arg), arg->opt->size, value);
	return true;
}

static bool parse_string(const struct ph_arg *arg)
{
	size_t len = arg->word->len;
	char *at = field(arg);

	if (len < arg->opt->min)
		return ph_arg_error(arg, "may not be empty");
	if (len && memchr(arg->word->text, '\0', len))
		return ph_arg_error(arg, "a zero byte cannot be part of it");
	if (len && memchr(arg->word->text, '\n', len))
		return ph_arg_error(arg, "a line break cannot be part of it");
	if ((arg->opt->flags & PH_OPT_BARE) && !ph_word_is_plain(arg->word))
		return ph_arg_error(arg, "\"%.*s\": no name of these holds blanks or quotes", PH_WORD_SHOWN(arg->word));
	/* Longer ones are cut, as iptables cuts them. */
	if (len > arg->opt->max)
		len = arg->opt->max;
	memset(at, 0, arg->opt->size);
	if (len)
		memcpy(at, arg->word->text, len);
	return true;
}

static bool parse_value(struct ph_arg *arg)
{
	switch (arg->opt->type) {
	case PH_ARG_FLAG:
	case PH_ARG_CUSTOM:
		return true;
	case PH_ARG_UINT:
		return parse_uint(arg);
	case PH_ARG_RANGE:
	case PH_ARG_PORTS:
		return parse_range(arg);
	case PH_ARG_MASKED:
		return parse_masked(arg);
	case PH_ARG_ADDR:
		return parse_addr(arg);
	case PH_ARG_PROTO:
		return parse_proto(arg);
	case PH_ARG_ENUM:
	case PH_ARG_SET:
		return parse_names(arg);
	case PH_ARG_STRING:
		return parse_string(arg);
	}
	return false;
}

static const char *option_name(const struct ph_ext *ext, unsigned id)
{
	for (unsigned i = 0; i < ext->n_options; i++)
		if (ext->options[i].id == id)
			return ext->options[i].name;
	return "?";
}

bool ph_arg_parse(struct ph_arg *arg)
{
	struct ph_part *part = arg->part;
	uint32_t bit = PH_BIT(arg->opt->id);
	uint32_t clash = arg->opt->excludes & part->given;

	if ((part->given & bit) && !(arg->opt->flags & PH_OPT_REPEAT))
		return ph_arg_error(arg, "given twice; %s takes it once", part->ext->name);
	if (clash)
		return ph_arg_error(arg, "cannot stand beside --%s",
		                    option_name(part->ext, (unsigned)__builtin_ctz(clash)));
	if (arg->inverted && !(arg->opt->flags & PH_OPT_INVERT))
		return ph_arg_error(arg, "cannot be negated with !");
	part->given |= bit;
	if (arg->inverted)
		part->inverted |= bit;
	return parse_value(arg) && (!arg->opt->parse || arg->opt->parse(arg));
}

struct ph_part *ph_part_new(const struct ph_ext *ext, uint8_t family)
{
	size_t size = (sizeof(struct ph_part) + ext->size + 7) / 8 * 8;
	struct ph_part *part = calloc(1, size);

	if (!part)
		return NULL;
	part->ext = ext;
	part->size = (uint32_t)size;
	if (ext->init)
		ext->init(part->data, family);
	return part;
}

bool ph_part_equal(const struct ph_part *a, const struct ph_part *b)
{
	size_t n = a->ext->compared ? a->ext->compared : a->ext->size;

	/* Text of one's own length, where the table has no fields. */
	if (a->ext->print)
		return a->ext == b->ext && a->size == b->size && memcmp(a->data, b->data, a->size - sizeof(*a)) == 0;
	return a->ext == b->ext && a->given == b->given && a->inverted == b->inverted &&
	       memcmp(a->data, b->data, n) == 0;
}

/* What equals the default is as if it had not been given; what is always shown counts as given. */
static bool normalise(struct ph_part *part, uint8_t family)
{
	struct ph_part *fresh = ph_part_new(part->ext, family);

	if (!fresh)
		return false;
	for (unsigned i = 0; i < part->ext->n_options; i++) {
		const struct ph_opt *o = &part->ext->options[i];

		if (o->flags & PH_OPT_ALWAYS)
			part->given |= PH_BIT(o->id);
		else if ((o->flags & PH_OPT_DEFAULT) && !ph_part_inverted(part, o->id) &&
		         memcmp(part->data + o->offset, fresh->data + o->offset, o->size) == 0)
			part->given &= ~PH_BIT(o->id);
	}
	free(fresh);
	return true;
}

bool ph_part_finish(struct ph_check *check)
{
	const struct ph_ext *ext = check->part->ext;

	for (unsigned i = 0; i < ext->n_options; i++) {
		const struct ph_opt *o = &ext->options[i];

		if ((o->flags & PH_OPT_NEEDED) && !ph_part_has(check->part, o->id))
			return ph_check_error(check, -1, "--%s is missing: give it %s", o->name, o->what);
	}
	if (ext->proto && (!(check->rule->tests & PH_TEST_PROTO) || (check->rule->inverted & PH_TEST_PROTO) ||
	                   check->rule->proto != ext->proto))
		return ph_check_error(check, -1, "needs -p %s in the same rule, not negated", ph_proto_print_name(ext->proto));
	if (ext->tables && !(ext->tables >> check->table & 1))
		return ph_check_error(check, -1, "cannot stand in table %s", ph_table_name[check->table]);
	if (ext->check && !ext->check(check))
		return false;
	return normalise(check->part, check->family);
}
