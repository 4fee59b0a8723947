/* -j TPROXY: hands the packet to a socket of the firewall. Where there is one the packet is accepted, with its mark
 * changed; where there is none it is dropped. No capture tells. */
#include "rule/target/simple.h"

#include "rule/text/word.h"

enum { ON_PORT, ON_IP, MARK };

struct target_tproxy {
	struct ph_addr on_ip;
	struct ph_masked mark;
	uint16_t on_port;
};

static bool parse_port(struct ph_arg *arg)
{
	struct ph_cur c = ph_word_cur(arg->word);

	if (!ph_port_parse(&c, &((struct target_tproxy *)(void *)arg->part->data)->on_port))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

static void print_port(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "%u", ((const struct target_tproxy *)(const void *)part->data)->on_port);
}

static bool parse_ip(struct ph_arg *arg)
{
	struct target_tproxy *t = (void *)arg->part->data;

	if (!ph_addr_parse(arg->family, arg->word->text, arg->word->len, &t->on_ip))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

static void print_ip(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	char text[PH_ADDR_TEXT];

	ph_put_text(w, ph_addr_format(text, family, &((const struct target_tproxy *)(const void *)part->data)->on_ip));
}

static void print_mark(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct target_tproxy *t = (const void *)part->data;

	(void)family;
	ph_put_format(w, "0x%x/0x%x", t->mark.value, t->mark.mask);
}

static bool check(struct ph_check *c)
{
	return ph_check_proto(c, PH_PROTO_TCP) || ph_check_proto(c, PH_PROTO_UDP) ||
	       ph_check_error(c, -1, "needs -p tcp or -p udp in the same rule, not negated");
}

static const struct ph_opt options[] = {
	{ .name = "on-port", .what = "a port; 0 is the packet's own", .type = PH_ARG_CUSTOM, .flags = PH_OPT_NEEDED,
	  .id = ON_PORT, .parse = parse_port, .print = print_port },
	{ .name = "on-ip", .what = "an address of this family", .type = PH_ARG_CUSTOM, .flags = PH_OPT_ALWAYS, .id = ON_IP,
	  .parse = parse_ip, .print = print_ip },
	{ .name = "tproxy-mark", .what = "VALUE or VALUE/MASK, numbers of 32 bits", .type = PH_ARG_MASKED,
	  .flags = PH_OPT_ALWAYS, .id = MARK, PH_OPT_FIELD(struct target_tproxy, mark), .print = print_mark },
};

const struct ph_ext ph_target_tproxy = {
	.name = "TPROXY", .what = "hand the packet to a socket here", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = PH_IN_MANGLE, .hooks = 1 << PH_HOOK_PREROUTING, .touches = PH_TOUCH_MARK,
	.answers = 1 << PH_TARGET_ACCEPT | 1 << PH_TARGET_DROP, .size = sizeof(struct target_tproxy),
	PH_EXT_OPTIONS(options), .check = check, .target = ph_target_unknown,
};
