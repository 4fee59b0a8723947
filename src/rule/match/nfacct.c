/* -m nfacct: counts packets for an accounting object by name. Nothing is counted here; as there are no quotas either, it
 * always matches. */
#include "rule/ext.h"
#include "rule/text/args.h"

enum { NAME };

struct match_nfacct {
	char name[32];
};

/* Two blanks stand before the name, as the reference prints it. */
static void print_name(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_nfacct *m = (const void *)part->data;

	(void)family;
	ph_put_char(w, ' ');
	ph_put_quoted(w, m->name);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	(void)part;
	(void)ctx;
	return PH_MATCH_YES;
}

static const struct ph_opt options[] = {
	{ .name = "nfacct-name", .what = "a name", .type = PH_ARG_STRING, .flags = PH_OPT_NEEDED, .id = NAME,
	  PH_OPT_FIELD(struct match_nfacct, name), .min = 1, .max = 31, .print = print_name },
};

const struct ph_ext ph_match_nfacct = {
	.name = "nfacct", .what = "counts for an accounting object", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_nfacct), PH_EXT_OPTIONS(options), .match = match,
};
