/* -j CT: what connection tracking shall do with the packet's connection, if it is new. spec/tracking.md 9.4. */
#include "rule/ext.h"

#include "rule/text/word.h"

enum { NOTRACK, HELPER, TIMEOUT, CTEVENTS, EXPEVENTS, ZONE, ZONE_ORIG, ZONE_REPLY };
#define ZONES (PH_BIT(ZONE) | PH_BIT(ZONE_ORIG) | PH_BIT(ZONE_REPLY))

struct target_ct {
	struct ph_ct_template template_;
	char helper[PH_TARGET_NAME_SIZE], timeout[PH_TARGET_NAME_SIZE];
};

/* The event masks hold a bit for each name. */
static const struct ph_name events[] = {
	{ "new", 1 << 0 }, { "related", 1 << 1 }, { "destroy", 1 << 2 }, { "reply", 1 << 3 }, { "assured", 1 << 4 },
	{ "protoinfo", 1 << 5 }, { "helper", 1 << 6 }, { "mark", 1 << 7 }, { "natseqinfo", 1 << 8 }, { "secmark", 1 << 9 },
	{ NULL, 0 },
};
static const struct ph_name expevents[] = { { "new", 1 }, { NULL, 0 } };

static void init(void *data, uint8_t family)
{
	struct target_ct *t = data;

	(void)family;
	t->template_.helper = PH_HELPER_NONE;
	t->template_.events = 0xffff;
	t->template_.expevents = 0xff;
}

static bool parse_notrack(struct ph_arg *arg)
{
	((struct target_ct *)(void *)arg->part->data)->template_.notrack = true;
	return true;
}

static bool parse_zone(struct ph_arg *arg)
{
	struct ph_ct_template *t = &((struct target_ct *)(void *)arg->part->data)->template_;
	struct ph_cur c = ph_word_cur(arg->word), number = c;
	uint32_t zone = 0;

	if (arg->opt->id == ZONE_ORIG)
		t->zone_dir |= PH_ZONE_ORIG;
	else if (arg->opt->id == ZONE_REPLY)
		t->zone_dir |= PH_ZONE_REPLY;
	t->zone_from_mark = ph_cur_left(&c) == 4 && ph_cur_begins_nocase(&c, "mark");
	if (!t->zone_from_mark && (!ph_cur_number(&number, 65535, &zone) || ph_cur_left(&number)))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	t->zone = (uint16_t)zone;
	return true;
}

static void print_zone(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct ph_ct_template *t = &((const struct target_ct *)(const void *)part->data)->template_;

	(void)family;
	if (t->zone_from_mark)
		ph_put_text(w, "mark");
	else
		ph_put_format(w, "%u", t->zone);
}

/* One of the three spellings stands for what they say together. */
static void settle_zone(struct ph_part *part, struct ph_ct_template *t)
{
	uint32_t bit = t->zone_dir == PH_ZONE_ORIG ? PH_BIT(ZONE_ORIG) :
	               t->zone_dir == PH_ZONE_REPLY ? PH_BIT(ZONE_REPLY) : PH_BIT(ZONE);

	part->given &= ~ZONES;
	if (t->zone || t->zone_from_mark)
		part->given |= bit;
	if (!t->zone_dir)
		t->zone_dir = PH_ZONE_BOTH;
}

/* The names of the helpers that would do, or "none". */
static void list_helpers(const struct ph_check *c, const struct ph_helper_options *options, struct ph_writer *w)
{
	for (unsigned n = 1; n < 256; n++) {
		const struct ph_helper *helper = ph_helper_of((uint8_t)n);
		char name[16] = "";

		if (!helper)
			continue;
		if (ph_helper_find(options, ph_helper_name(options, (uint8_t)n, name), c->family, c->rule->proto) == n)
			ph_put_format(w, "%s%s", w->len ? " " : "", name);
	}
	if (!w->len)
		ph_put_text(w, "none");
}

static bool check_helper(struct ph_check *c, struct target_ct *t)
{
	struct ph_helper_options defaults;
	const struct ph_helper_options *options = c->load->helpers;
	const char *proto = ph_proto_print_name(c->rule->proto);
	char known[300];
	struct ph_writer w;

	if (!(c->rule->tests & PH_TEST_PROTO) || (c->rule->inverted & PH_TEST_PROTO))
		return ph_check_error(c, HELPER, "--helper needs -p in the same rule, not negated: add -p tcp or -p udp");
	if (strlen(t->helper) >= 16)
		return ph_check_error(c, HELPER, "\"%s\" is too long: a helper's name has at most 15 characters", t->helper);
	if (!options) {
		ph_helper_options_init(&defaults);
		options = &defaults;
	}
	t->template_.helper = ph_helper_find(options, t->helper, c->family, c->rule->proto);
	if (t->template_.helper != PH_HELPER_NONE)
		return true;
	ph_writer_init(&w, known, sizeof(known));
	list_helpers(c, options, &w);
	return ph_check_error(c, HELPER, "no helper \"%s\" for %s over IPv%u; there are: %s", t->helper,
	                      proto ? proto : "that protocol", (unsigned)c->family, known);
}

static bool check_timeout(struct ph_check *c, const struct target_ct *t)
{
	const struct ph_word *at = c->value[TIMEOUT];

	if (!c->load->lenient)
		return ph_check_error(c, TIMEOUT, "no timeout policy \"%s\": policies are not there yet; leave --timeout away or "
		                      "load with --lenient to ignore it", t->timeout);
	ph_diags_add(c->load->diags, PH_WARNING, c->load->file, at->line, at->column,
	             "CT: timeout policy \"%s\" is ignored: policies are not there yet", t->timeout);
	return true;
}

static bool check(struct ph_check *c)
{
	struct target_ct *t = (void *)c->part->data;

	settle_zone(c->part, &t->template_);
	if (t->template_.notrack)
		return true;
	if (t->helper[0] && !check_helper(c, t))
		return false;
	return !t->timeout[0] || check_timeout(c, t);
}

/* The first rule that says something wins; the walk goes on. */
static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	const struct target_ct *t = (const void *)part->data;

	(void)ref;
	if (ctx->conn || ctx->template_ || ctx->untracked)
		return PH_TARGET_CONTINUE;
	if (t->template_.notrack)
		ctx->untracked = true;
	else
		ctx->template_ = &t->template_;
	return PH_TARGET_CONTINUE;
}

#define ZONE_OPT(option, which) \
	{ .name = option, .what = "a zone from 0 to 65535, or mark", .type = PH_ARG_CUSTOM, .id = which, .parse = parse_zone, \
	  .print = print_zone }

static const struct ph_opt options[] = {
	{ .name = "notrack", .type = PH_ARG_FLAG, .id = NOTRACK, .parse = parse_notrack },
	{ .name = "helper", .what = "a helper's name such as ftp", .type = PH_ARG_STRING,
	  .flags = PH_OPT_DEFAULT | PH_OPT_BARE, .id = HELPER, PH_OPT_FIELD(struct target_ct, helper), .max = 31 },
	{ .name = "timeout", .what = "the name of a timeout policy", .type = PH_ARG_STRING,
	  .flags = PH_OPT_DEFAULT | PH_OPT_BARE, .id = TIMEOUT, PH_OPT_FIELD(struct target_ct, timeout), .max = 31 },
	{ .name = "ctevents", .what = "an event", .type = PH_ARG_SET, .id = CTEVENTS,
	  PH_OPT_FIELD(struct target_ct, template_.events), .names = events },
	{ .name = "expevents", .what = "an event", .type = PH_ARG_SET, .id = EXPEVENTS,
	  PH_OPT_FIELD(struct target_ct, template_.expevents), .names = expevents },
	ZONE_OPT("zone", ZONE), ZONE_OPT("zone-orig", ZONE_ORIG), ZONE_OPT("zone-reply", ZONE_REPLY),
};

const struct ph_ext ph_target_ct = {
	.name = "CT", .what = "how connection tracking treats a new connection", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_ANY, .tables = 1 << PH_TABLE_RAW, .hooks = 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_OUTPUT,
	.size = sizeof(struct target_ct), PH_EXT_OPTIONS(options), .touches = PH_TOUCH_TRACK,
	.answers = 1 << PH_TARGET_CONTINUE, .init = init, .check = check, .target = target,
};

bool ph_rule_helper_stands(const struct ph_rule *rule, uint8_t family, const struct ph_helper_options *helpers)
{
	const struct ph_part *part = rule->target_at ? ph_part_at_const(rule, rule->target_at) : NULL;
	const struct target_ct *t;

	if (!part || part->ext != &ph_target_ct)
		return true;
	t = (const void *)part->data;
	return t->template_.helper == PH_HELPER_NONE ||
	       ph_helper_find(helpers, t->helper, family, rule->proto) == t->template_.helper;
}
