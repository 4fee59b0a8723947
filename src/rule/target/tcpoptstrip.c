/* -j TCPOPTSTRIP: overwrites options of TCP. They are not rewritten here, so that matches which read them
 * cannot know them afterwards. */
#include "rule/target/header.h"

#include "rule/text/word.h"

enum { STRIP };
#define KIND_MSS 2

struct target_tcpoptstrip {
	uint32_t kinds[8];              /* a bit for each kind */
};

static const struct ph_name names[] = {
	{ "wscale", 3 }, { "mss", 2 }, { "sack-permitted", 4 }, { "sack", 5 }, { "timestamp", 8 }, { "md5", 19 }, { NULL, 0 },
};

static bool parse_kind(const struct ph_cur *text, uint32_t *kind)
{
	struct ph_cur c = *text;

	for (const struct ph_name *n = names; n->name; n++) {
		if (ph_cur_is(text, n->name)) {
			*kind = n->value;
			return true;
		}
	}
	return ph_cur_number(&c, 255, kind) && !ph_cur_left(&c) && *kind > 1;
}

static bool parse_strip(struct ph_arg *arg)
{
	struct target_tcpoptstrip *t = (void *)arg->part->data;
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	bool more = true;
	uint32_t kind;

	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		if (!parse_kind(&piece, &kind))
			return ph_arg_error(arg, "\"%.*s\" is neither a kind from 2 to 255 nor one of wscale mss sack-permitted sack "
			                    "timestamp md5", PH_CUR_SHOWN(&piece));
		if (t->kinds[kind / 32] >> kind % 32 & 1)
			return ph_arg_error(arg, "\"%.*s\" is given twice", PH_CUR_SHOWN(&piece));
		t->kinds[kind / 32] |= 1u << kind % 32;
	}
	return true;
}

static void print_strip(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_tcpoptstrip *t = (const void *)part->data;
	const char *separator = "";

	(void)family;
	for (unsigned kind = 0; kind < 256; kind++) {
		if (!(t->kinds[kind / 32] >> kind % 32 & 1))
			continue;
		ph_put_format(w, "%s%u", separator, kind);
		separator = ",";
	}
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	const struct target_tcpoptstrip *t = (const void *)part->data;

	(void)ref;
	if (ph_tcp_header_broken(ctx->pkt))
		return PH_TARGET_DROP;
	ctx->unsure |= PH_TOUCH_TCP;
	if (t->kinds[0] >> KIND_MSS & 1)
		ctx->unsure |= PH_TOUCH_MSS;
	return PH_TARGET_CONTINUE;
}

static const struct ph_opt options[] = {
	{ .name = "strip-options", .what = "a list of kinds and names", .type = PH_ARG_CUSTOM, .id = STRIP,
	  .parse = parse_strip, .print = print_strip },
};

const struct ph_ext ph_target_tcpoptstrip = {
	.name = "TCPOPTSTRIP", .what = "overwrite options of TCP", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.proto = PH_PROTO_TCP, .tables = PH_IN_MANGLE, .touches = PH_TOUCH_TCP | PH_TOUCH_MSS,
	.answers = 1 << PH_TARGET_CONTINUE | 1 << PH_TARGET_DROP, .size = sizeof(struct target_tcpoptstrip),
	PH_EXT_OPTIONS(options), .answers_now = ph_tcp_answers_now, .target = target,
};
