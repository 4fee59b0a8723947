/* -m devgroup: groups of interfaces. Which interface is in which is not said anywhere in a replay. */
#include "rule/match/names_masked.h"
#include "rule/match/unknown.h"

enum { SRC, DST };
#define GROUP_0 "default"
#define BEHIND_ROUTING (1 << PH_HOOK_FORWARD | 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING)
#define COMING_IN (1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD)

/* By option id. */
struct match_devgroup {
	struct ph_masked group[2];
};

static bool parse_group(struct ph_arg *arg)
{
	struct match_devgroup *m = (void *)arg->part->data;

	return ph_named_masked_parse(arg, GROUP_0, &m->group[arg->opt->id]);
}

static void print_src(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_devgroup *m = (const void *)part->data;

	(void)family;
	ph_named_masked_print(&m->group[SRC], GROUP_0, w);
}

static void print_dst(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_devgroup *m = (const void *)part->data;

	(void)family;
	ph_named_masked_print(&m->group[DST], GROUP_0, w);
}

static bool check(struct ph_check *c)
{
	return c->part->given || ph_check_error(c, -1, "says nothing: give it --src-group or --dst-group");
}

static uint8_t part_hooks(const struct ph_part *part)
{
	uint8_t hooks = (1 << PH_HOOKS) - 1;

	if (ph_part_has(part, SRC))
		hooks &= COMING_IN;
	if (ph_part_has(part, DST))
		hooks &= BEHIND_ROUTING;
	return hooks;
}

#define GROUP(option, which, printer) \
	{ .name = option, .what = "VALUE, VALUE/MASK, or " GROUP_0 " for 0", .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT, \
	  .id = which, .parse = parse_group, .print = printer }

static const struct ph_opt options[] = { GROUP("src-group", SRC, print_src), GROUP("dst-group", DST, print_dst) };

const struct ph_ext ph_match_devgroup = {
	.name = "devgroup", .what = "group of an interface", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.part_hooks = part_hooks, .size = sizeof(struct match_devgroup), PH_EXT_OPTIONS(options), .check = check,
	.match = ph_match_unknown,
};
