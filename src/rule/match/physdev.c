/* -m physdev: ports of a bridge. Nothing here is bridged: a packet has no port of one, so that only negated options hold. */
#include "rule/ext.h"

#include "rule/text/word.h"

enum { IS_IN, IN, IS_OUT, OUT, BRIDGED };

struct match_physdev {
	char in[PH_IFNAME_SIZE], out[PH_IFNAME_SIZE];
};

static bool parse_name(struct ph_arg *arg)
{
	struct match_physdev *m = (void *)arg->part->data;

	if (arg->word->len == 0 || !ph_word_is_plain(arg->word) ||
	    !ph_word_copy(arg->word, arg->opt->id == IN ? m->in : m->out, PH_IFNAME_SIZE))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

static void print_in(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_text(w, ((const struct match_physdev *)(const void *)part->data)->in);
}

static void print_out(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_text(w, ((const struct match_physdev *)(const void *)part->data)->out);
}

static bool check(struct ph_check *c)
{
	return c->part->given ? true : ph_check_error(c, -1, "says nothing: give it at least one option, such as --physdev-in");
}

/* What leaves by a port is known in OUTPUT only of packets that are being bridged. */
static uint8_t part_hooks(const struct ph_part *part)
{
	bool bridged = ph_part_has(part, BRIDGED) && !ph_part_inverted(part, BRIDGED);

	if (bridged || !(part->given & (PH_BIT(OUT) | PH_BIT(IS_OUT))))
		return 0;
	return (1 << PH_HOOKS) - 1 - (1 << PH_HOOK_OUTPUT);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	(void)ctx;
	return ph_match_if((part->given & ~part->inverted) == 0);
}

#define NAME(option, which, printer) \
	{ .name = option, .what = "an interface name of 1 to 15 characters, perhaps with + behind it", .type = PH_ARG_CUSTOM, \
	  .flags = PH_OPT_INVERT, .id = which, .parse = parse_name, .print = printer }

static const struct ph_opt options[] = {
	{ .name = "physdev-is-in", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = IS_IN },
	NAME("physdev-in", IN, print_in),
	{ .name = "physdev-is-out", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = IS_OUT },
	NAME("physdev-out", OUT, print_out),
	{ .name = "physdev-is-bridged", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = BRIDGED },
};

const struct ph_ext ph_match_physdev = {
	.name = "physdev", .what = "ports of a bridge", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_physdev), PH_EXT_OPTIONS(options), .check = check, .part_hooks = part_hooks,
	.match = match,
};
