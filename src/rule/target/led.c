/* -j LED: a light blinks. */
#include "rule/target/simple.h"

#include "rule/text/word.h"

enum { TRIGGER, DELAY, BLINK };
#define FOR_EVER 0xffffffff

struct target_led {
	char trigger[17];
	uint32_t delay_ms;
};

static bool parse_delay(struct ph_arg *arg)
{
	struct target_led *t = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);

	if (ph_cur_left(&c) && ph_cur_begins_nocase(&c, "inf") && ph_cur_left(&c) == 3) {
		t->delay_ms = FOR_EVER;
		return true;
	}
	if (!ph_cur_number(&c, 0x7fffffff, &t->delay_ms) || ph_cur_left(&c))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

static void print_delay(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	uint32_t delay_ms = ((const struct target_led *)(const void *)part->data)->delay_ms;

	(void)family;
	if (delay_ms == FOR_EVER)
		ph_put_text(w, "inf");
	else
		ph_put_format(w, "%u", delay_ms);
}

/* Always in quotes. */
static void print_trigger(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_char(w, '"');
	for (const char *at = ((const struct target_led *)(const void *)part->data)->trigger; *at; at++) {
		if (*at == '"' || *at == '\\')
			ph_put_char(w, '\\');
		ph_put_char(w, *at);
	}
	ph_put_char(w, '"');
}

static const struct ph_opt options[] = {
	{ .name = "led-trigger-id", .what = "a name", .type = PH_ARG_STRING, .flags = PH_OPT_NEEDED, .id = TRIGGER,
	  PH_OPT_FIELD(struct target_led, trigger), .max = 16, .print = print_trigger },
	{ .name = "led-delay", .what = "a number of milliseconds, or inf", .type = PH_ARG_CUSTOM, .flags = PH_OPT_DEFAULT,
	  .id = DELAY, PH_OPT_FIELD(struct target_led, delay_ms), .parse = parse_delay, .print = print_delay },
	{ .name = "led-always-blink", .type = PH_ARG_FLAG, .id = BLINK },
};

const struct ph_ext ph_target_led = {
	.name = "LED", .what = "blink a light", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.size = sizeof(struct target_led), PH_EXT_OPTIONS(options), PH_SAYS(PH_TARGET_CONTINUE),
	.target = ph_target_continue,
};
