/* -j NETMAP: one network's addresses in place of another's, host by host. Noted, not done; see nat.h. */
#include "rule/target/nat.h"

#include "rule/text/args.h"
#include "rule/text/word.h"

struct target_netmap {
	struct ph_addr_test to;
};

/* A mask with holes counts as no mask at all, as iptables has it. Unlike there, an address is written in full: it would
 * read "10/8" as 0.0.0.10/8. */
static bool parse_to(struct ph_arg *arg)
{
	struct target_netmap *t = (void *)arg->part->data;
	struct ph_cur address = ph_word_cur(arg->word), slash = address;
	const char *why = ph_addr_test_parse(arg->family, address, true, &t->to);

	if (ph_cur_find(&slash, '/'))
		address.end = slash.at;
	if (why || !ph_addr_parse(arg->family, (const char *)address.at, ph_cur_left(&address), &t->to.addr))
		return ph_arg_error(arg, "\"%.*s\": %s", PH_WORD_SHOWN(arg->word), why ? why : "the address is not complete");
	if (ph_mask_len(arg->family, &t->to.mask) < 0)
		memset(&t->to.mask, 0xff, arg->family == PH_IPV4 ? 4 : 16);
	for (size_t i = 0; i < sizeof(t->to.addr.b); i++)
		t->to.addr.b[i] &= t->to.mask.b[i];
	return true;
}

static void print_to(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_netmap *t = (const void *)part->data;
	char text[PH_ADDR_TEXT];

	ph_put_text(w, ph_addr_format(text, family, &t->to.addr));
	ph_put_mask(w, family, &t->to.mask);
}

static const struct ph_opt options[] = {
	{ .name = "to", .what = "ADDRESS[/MASK]", .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED, .id = PH_NAT_TO,
	  .parse = parse_to, .print = print_to },
};

const struct ph_ext ph_target_netmap = {
	.name = "NETMAP", .what = "another network for the address", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = PH_NAT_TABLE, .size = sizeof(struct target_netmap), PH_EXT_OPTIONS(options),
	.answers = 1 << PH_TARGET_ACCEPT, .target = ph_nat_target,
};
