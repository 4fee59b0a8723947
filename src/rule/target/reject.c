/* -j REJECT: drop and answer. The answer itself is made by the engine from the name set here.
 * RFC 792, RFC 1812, RFC 4443 */
#include "rule/ext.h"

#include "rule/text/word.h"

enum { WITH };

struct target_reject {
	uint8_t with;           /* index in the family's table */
};

/* In iptables' order: the beginning of a name means the first that begins so. short_: the older spelling. */
struct answer {
	const char *name, *short_;
};

static const struct answer answers4[] = {
	{ "icmp-net-unreachable", "net-unreach" }, { "icmp-host-unreachable", "host-unreach" },
	{ "icmp-proto-unreachable", "proto-unreach" }, { "icmp-port-unreachable", "port-unreach" },
	{ "icmp-net-prohibited", "net-prohib" }, { "icmp-host-prohibited", "host-prohib" }, { "tcp-reset", "tcp-rst" },
	{ "icmp-admin-prohibited", "admin-prohib" }, { NULL, NULL },
};

static const struct answer answers6[] = {
	{ "icmp6-no-route", "no-route" }, { "icmp6-adm-prohibited", "adm-prohibited" },
	{ "icmp6-addr-unreachable", "addr-unreach" }, { "icmp6-port-unreachable", "port-unreach" }, { "tcp-reset", "tcp-rst" },
	{ "icmp6-policy-fail", "policy-fail" }, { "icmp6-reject-route", "reject-route" }, { NULL, NULL },
};

static const struct answer *answers(uint8_t family)
{
	return family == PH_IPV4 ? answers4 : answers6;
}

static void init(void *data, uint8_t family)
{
	struct target_reject *t = data;

	(void)family;
	t->with = 3;            /* port unreachable in both tables */
}

static bool parse_with(struct ph_arg *arg)
{
	struct target_reject *t = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	const struct answer *list = answers(arg->family);
	char known[300];
	struct ph_writer w;

	for (uint8_t i = 0; list[i].name; i++) {
		if (ph_cur_begins_nocase(&c, list[i].name) || ph_cur_begins_nocase(&c, list[i].short_)) {
			t->with = i;
			return true;
		}
	}
	ph_writer_init(&w, known, sizeof(known));
	for (const struct answer *a = list; a->name; a++)
		ph_put_format(&w, "%s%s", w.len ? " " : "", a->name);
	return ph_arg_error(arg, "\"%.*s\" is no answer IPv%u has (%s)", PH_WORD_SHOWN(arg->word), (unsigned)arg->family, known);
}

static void print_with(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_reject *t = (const void *)part->data;

	ph_put_text(w, answers(family)[t->with].name);
}

static bool is_reset(const struct target_reject *t, uint8_t family)
{
	return t->with == (family == PH_IPV4 ? 6 : 4);
}

static bool check(struct ph_check *c)
{
	const struct target_reject *t = (const void *)c->part->data;

	if (is_reset(t, c->family) && (!(c->rule->tests & PH_TEST_PROTO) || (c->rule->inverted & PH_TEST_PROTO) ||
	                               c->rule->proto != PH_PROTO_TCP))
		return ph_check_error(c, WITH, "tcp-reset needs -p tcp in the same rule, not negated");
	return true;
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	const struct target_reject *t = (const void *)part->data;

	(void)ref;
	ctx->reject = answers(ctx->pkt->family)[t->with].name;
	return PH_TARGET_DROP;
}

static const struct ph_opt options[] = {
	{ .name = "reject-with", .what = "an answer", .type = PH_ARG_CUSTOM, .flags = PH_OPT_ALWAYS, .id = WITH,
	  .parse = parse_with, .print = print_with },
};

const struct ph_ext ph_target_reject = {
	.name = "REJECT", .what = "drop and tell the sender", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = 1 << PH_TABLE_FILTER, .hooks = 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD | 1 << PH_HOOK_OUTPUT,
	.size = sizeof(struct target_reject), PH_EXT_OPTIONS(options), .answers = 1 << PH_TARGET_DROP,
	.init = init, .check = check, .target = target,
};
