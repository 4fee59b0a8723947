/* -j CLASSIFY: the packet's class for queueing, always in hexadecimal. No rule reads it. */
#include "rule/target/simple.h"

#include "rule/text/word.h"

enum { CLASS };

struct target_classify {
	uint16_t major, minor;
};

/* One to sixteen hexadecimal digits, of which the last four count. */
static bool parse_half(const struct ph_cur *text, uint16_t *out)
{
	unsigned value = 0;

	if (!ph_cur_left(text) || ph_cur_left(text) > 16)
		return false;
	for (const uint8_t *at = text->at; at < text->end; at++) {
		uint8_t b = ph_lower(*at);

		if (!ph_is_digit(b) && (b < 'a' || b > 'f'))
			return false;
		value = (value << 4 | ((unsigned)(ph_is_digit(b) ? b - '0' : b - 'a' + 10))) & 0xffff;
	}
	*out = (uint16_t)value;
	return true;
}

static bool parse_class(struct ph_arg *arg)
{
	struct target_classify *t = (void *)arg->part->data;
	struct ph_cur major = ph_word_cur(arg->word), minor = major;

	if (ph_cur_find(&minor, ':')) {
		major.end = minor.at;
		if (ph_cur_skip(&minor, 1) && parse_half(&major, &t->major) && parse_half(&minor, &t->minor))
			return true;
	}
	return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
}

static void print_class(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_classify *t = (const void *)part->data;

	(void)family;
	ph_put_format(w, "%04x:%04x", t->major, t->minor);
}

static const struct ph_opt options[] = {
	{ .name = "set-class", .what = "MAJOR:MINOR, two numbers in hexadecimal", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_NEEDED, .id = CLASS, .parse = parse_class, .print = print_class },
};

const struct ph_ext ph_target_classify = {
	.name = "CLASSIFY", .what = "set the class for queueing", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.hooks = 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_FORWARD | 1 << PH_HOOK_POSTROUTING,
	.size = sizeof(struct target_classify), PH_EXT_OPTIONS(options), PH_SAYS(PH_TARGET_CONTINUE),
	.target = ph_target_continue,
};
