/* -j TEE: a copy of the packet goes to another machine; the packet itself goes on. A replay sends no copies. */
#include "rule/target/simple.h"

#include "rule/text/word.h"

enum { GATEWAY, OIF };

struct target_tee {
	struct ph_addr gateway;
	char oif[16];
};

static bool parse_gateway(struct ph_arg *arg)
{
	struct target_tee *t = (void *)arg->part->data;
	static const struct ph_addr nobody;

	if (!ph_addr_parse(arg->family, arg->word->text, arg->word->len, &t->gateway))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return memcmp(&t->gateway, &nobody, sizeof(nobody)) != 0 || ph_arg_error(arg, "nobody has this address");
}

static void print_gateway(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	char text[PH_ADDR_TEXT];

	ph_put_text(w, ph_addr_format(text, family, &((const struct target_tee *)(const void *)part->data)->gateway));
}

static const struct ph_opt options[] = {
	{ .name = "gateway", .what = "an address of this family (names are not looked up)", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_NEEDED, .id = GATEWAY, .parse = parse_gateway, .print = print_gateway },
	{ .name = "oif", .what = "an interface", .type = PH_ARG_STRING, .flags = PH_OPT_BARE | PH_OPT_DEFAULT, .id = OIF,
	  PH_OPT_FIELD(struct target_tee, oif), .max = 15 },
};

const struct ph_ext ph_target_tee = {
	.name = "TEE", .what = "send a copy to another machine", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.size = sizeof(struct target_tee), PH_EXT_OPTIONS(options), PH_SAYS(PH_TARGET_CONTINUE),
	.target = ph_target_continue,
};
