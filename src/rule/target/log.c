/* -j LOG: tell about the packet and go on. */
#include "rule/ext.h"

#include "rule/text/word.h"

enum { PREFIX, LEVEL, SEQUENCE, TCP_OPTIONS, IP_OPTIONS, UID, MACDECODE };

struct target_log {
	char prefix[30];
	uint8_t level;
};

static const struct {
	const char *name;
	uint8_t level;
} levels[] = {
	{ "emerg", 0 }, { "panic", 0 }, { "alert", 1 }, { "crit", 2 }, { "error", 3 }, { "warning", 4 }, { "notice", 5 },
	{ "info", 6 }, { "debug", 7 },
};

static void init(void *data, uint8_t family)
{
	struct target_log *t = data;

	(void)family;
	t->level = 4;
}

static bool parse_level(struct ph_arg *arg)
{
	struct target_log *t = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word), digits = c;
	uint32_t number;

	if (ph_cur_number(&digits, 7, &number) && !ph_cur_left(&digits)) {
		t->level = (uint8_t)number;
		return true;
	}
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (ph_cur_is(&c, levels[i].name)) {
			t->level = levels[i].level;
			return true;
		}
	}
	return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
}

static void print_level(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "%u", ((const struct target_log *)(const void *)part->data)->level);
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	if (ctx->log)
		ctx->log(ctx->log_arg, ref, ((const struct target_log *)(const void *)part->data)->prefix);
	return PH_TARGET_CONTINUE;
}

static const struct ph_opt options[] = {
	{ .name = "log-prefix", .what = "1 to 29 characters", .type = PH_ARG_STRING, .id = PREFIX,
	  PH_OPT_FIELD(struct target_log, prefix), .min = 1, .max = 29 },
	{ .name = "log-level", .what = "0 to 7, or emerg alert crit error warning notice info debug", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_DEFAULT, .id = LEVEL, PH_OPT_FIELD(struct target_log, level), .parse = parse_level,
	  .print = print_level },
	{ .name = "log-tcp-sequence", .type = PH_ARG_FLAG, .id = SEQUENCE },
	{ .name = "log-tcp-options", .type = PH_ARG_FLAG, .id = TCP_OPTIONS },
	{ .name = "log-ip-options", .type = PH_ARG_FLAG, .id = IP_OPTIONS },
	{ .name = "log-uid", .type = PH_ARG_FLAG, .id = UID },
	{ .name = "log-macdecode", .type = PH_ARG_FLAG, .id = MACDECODE },
};

const struct ph_ext ph_target_log = {
	.name = "LOG", .what = "tell about the packet and go on", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.size = sizeof(struct target_log), PH_EXT_OPTIONS(options), .answers = 1 << PH_TARGET_CONTINUE, .init = init, .target = target,
};
