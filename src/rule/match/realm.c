/* -m realm: the realm of the route taken. Routes of a replay have none that could be known. */
#include "rule/match/names_masked.h"
#include "rule/match/unknown.h"

enum { REALM };
#define REALM_0 "cosmos"

struct match_realm {
	struct ph_masked realm;
};

static bool parse_realm(struct ph_arg *arg)
{
	struct match_realm *m = (void *)arg->part->data;

	return ph_named_masked_parse(arg, REALM_0, &m->realm);
}

static void print_realm(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_realm *m = (const void *)part->data;

	(void)family;
	ph_named_masked_print(&m->realm, REALM_0, w);
}

static const struct ph_opt options[] = {
	{ .name = "realm", .what = "VALUE, VALUE/MASK, or " REALM_0 " for 0", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT, .id = REALM, .parse = parse_realm, .print = print_realm },
};

const struct ph_ext ph_match_realm = {
	.name = "realm", .what = "realm of the route", .kind = PH_EXT_MATCH, .families = PH_FAMILY_4,
	.hooks = 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD | 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING,
	.size = sizeof(struct match_realm), PH_EXT_OPTIONS(options), .match = ph_match_unknown,
};
