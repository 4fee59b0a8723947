/* -m policy: what IPsec did to a packet, or will do. In a replay nothing: `--pol none` matches, `--pol ipsec` does not,
 * whatever its elements say. */
#include "rule/text/args.h"
#include "rule/text/word.h"

enum { DIR, POL, STRICT, REQID, SPI, PROTO, MODE, TUNNEL_DST, TUNNEL_SRC, NEXT };
enum { IN = 1, OUT };
enum { IPSEC, NONE };
enum { TRANSPORT = 1, TUNNEL };
#define ELEMENTS 4

/* given, inverted: bits by option id. */
struct element {
	uint16_t given, inverted;
	uint8_t proto, mode;
	uint32_t reqid, spi;
	struct ph_addr_test tunnel_dst, tunnel_src;
};

struct match_policy {
	uint8_t dir, pol, n;            /* n: elements begun but the first */
	struct element element[ELEMENTS];
};

static const struct ph_name dirs[] = { { "in", IN }, { "out", OUT }, { NULL, 0 } };
static const struct ph_name policies[] = { { "ipsec", IPSEC }, { "none", NONE }, { NULL, 0 } };
static const struct ph_name modes[] = { { "transport", TRANSPORT }, { "tunnel", TUNNEL }, { NULL, 0 } };
static const struct ph_name protos[] = {
	{ "esp", 50 }, { "50", 50 }, { "ipsec-esp", 50 }, { "ah", 51 }, { "51", 51 }, { "ipsec-ah", 51 }, { "ipcomp", 108 },
	{ "108", 108 }, { NULL, 0 },
};

static bool named(const struct ph_arg *arg, const struct ph_name *names, uint8_t *out)
{
	for (; names->name; names++)
		if (ph_word_is(arg->word, names->name)) {
			*out = (uint8_t)names->value;
			return true;
		}
	return false;
}

static bool number(const struct ph_arg *arg, uint32_t *out)
{
	struct ph_cur c = ph_word_cur(arg->word);

	return ph_cur_number(&c, 0xffffffff, out) && !ph_cur_left(&c);
}

static bool address(const struct ph_arg *arg, struct ph_addr_test *out)
{
	return ph_addr_test_parse(arg->family, ph_word_cur(arg->word), true, out) == NULL;
}

static bool read_field(const struct ph_arg *arg, struct element *e)
{
	switch (arg->opt->id) {
	case REQID: return number(arg, &e->reqid);
	case SPI: return number(arg, &e->spi);
	case PROTO: return named(arg, protos, &e->proto);
	case MODE: return named(arg, modes, &e->mode);
	case TUNNEL_DST: return address(arg, &e->tunnel_dst);
	default: return address(arg, &e->tunnel_src);
	}
}

/* One field of the element at work. */
static bool parse_field(struct ph_arg *arg)
{
	struct match_policy *m = (void *)arg->part->data;
	struct element *e = &m->element[m->n];

	if (e->given >> arg->opt->id & 1)
		return ph_arg_error(arg, "given twice for one element; --next begins another");
	if (!read_field(arg, e))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	e->given |= (uint16_t)PH_BIT(arg->opt->id);
	if (arg->inverted)
		e->inverted |= (uint16_t)PH_BIT(arg->opt->id);
	return true;
}

static bool parse_next(struct ph_arg *arg)
{
	struct match_policy *m = (void *)arg->part->data;

	if (m->n + 1 == ELEMENTS)
		return ph_arg_error(arg, "more than %d elements", ELEMENTS);
	m->n++;
	return true;
}

static bool check_element(struct ph_check *c, const struct element *e, unsigned i)
{
	if (ph_part_has(c->part, STRICT) && !e->given)
		return ph_check_error(c, STRICT, "element %u of an exact policy says nothing: give it --reqid, --spi, --proto, "
		                      "--mode, --tunnel-src or --tunnel-dst", i + 1);
	/* As iptables has it, "! transport" is good enough. */
	if ((e->given & (PH_BIT(TUNNEL_SRC) | PH_BIT(TUNNEL_DST))) &&
	    (e->mode == TUNNEL) == ((e->inverted >> MODE & 1) != 0))
		return ph_check_error(c, -1, "--tunnel-src and --tunnel-dst need --mode tunnel beside them");
	return true;
}

/* Elements say nothing of packets that have no policy, and are not kept then. */
static bool check(struct ph_check *c)
{
	static const struct element nothing;
	struct match_policy *m = (void *)c->part->data;

	if (ph_part_has(c->part, NEXT) && !ph_part_has(c->part, STRICT))
		return ph_check_error(c, NEXT, "--next needs --strict");
	if (m->pol == NONE && ph_part_has(c->part, STRICT))
		return ph_check_error(c, STRICT, "--strict asks for a policy, --pol none for none");
	for (unsigned i = 0; m->pol == IPSEC && i <= m->n; i++)
		if (!check_element(c, &m->element[i], i))
			return false;
	if (m->pol == NONE)
		m->element[0] = nothing;
	c->part->given &= PH_BIT(DIR) | PH_BIT(POL) | PH_BIT(STRICT);
	c->part->inverted = 0;
	return true;
}

static const char *name_of(const struct ph_name *names, uint32_t value)
{
	while (names->name && names->value != value)
		names++;
	return names->name ? names->name : "?";
}

static void print_tunnel(const struct ph_addr_test *t, uint8_t family, struct ph_writer *w)
{
	char text[PH_ADDR_TEXT];

	ph_put_text(w, ph_addr_format(text, family, &t->addr));
	if (ph_mask_len(family, &t->mask) != (family == PH_IPV4 ? 32 : 128))
		ph_put_mask(w, family, &t->mask);
}

static void print_field(const struct element *e, unsigned id, uint8_t family, struct ph_writer *w)
{
	static const char *const options[] = {
		[REQID] = "reqid", [SPI] = "spi", [PROTO] = "proto", [MODE] = "mode", [TUNNEL_DST] = "tunnel-dst",
		[TUNNEL_SRC] = "tunnel-src",
	};

	ph_put_format(w, "%s --%s ", e->inverted >> id & 1 ? " !" : "", options[id]);
	switch (id) {
	case REQID:
		ph_put_format(w, "%u", e->reqid);
		return;
	case SPI:
		ph_put_format(w, "0x%x", e->spi);
		return;
	case PROTO:
		ph_put_text(w, name_of(protos, e->proto));
		return;
	case MODE:
		ph_put_text(w, name_of(modes, e->mode));
		return;
	default:
		print_tunnel(id == TUNNEL_DST ? &e->tunnel_dst : &e->tunnel_src, family, w);
	}
}

/* --pol and all that stands behind it. */
static void print_policy(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_policy *m = (const void *)part->data;

	ph_put_text(w, name_of(policies, m->pol));
	if (ph_part_has(part, STRICT))
		ph_put_text(w, " --strict");
	for (unsigned i = 0; i <= m->n; i++) {
		if (i)
			ph_put_text(w, " --next");
		for (unsigned id = REQID; id <= TUNNEL_SRC; id++)
			if (m->element[i].given >> id & 1)
				print_field(&m->element[i], id, family, w);
	}
}

static uint8_t part_hooks(const struct ph_part *part)
{
	const struct match_policy *m = (const void *)part->data;

	if (m->dir == IN)
		return 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD;
	return 1 << PH_HOOK_FORWARD | 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_policy *m = (const void *)part->data;

	(void)ctx;
	return ph_match_if(m->pol == NONE);
}

#define FIELD(option, which, text) \
	{ .name = option, .what = text, .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT | PH_OPT_REPEAT | PH_OPT_QUIET, \
	  .id = which, .parse = parse_field }

static const struct ph_opt options[] = {
	{ .name = "dir", .what = "a direction", .type = PH_ARG_ENUM, .flags = PH_OPT_NEEDED, .id = DIR,
	  PH_OPT_FIELD(struct match_policy, dir), .names = dirs },
	{ .name = "pol", .what = "a policy", .type = PH_ARG_ENUM, .flags = PH_OPT_ALWAYS, .id = POL,
	  PH_OPT_FIELD(struct match_policy, pol), .names = policies, .print = print_policy },
	{ .name = "strict", .type = PH_ARG_FLAG, .flags = PH_OPT_QUIET, .id = STRICT },
	FIELD("reqid", REQID, "a number"), FIELD("spi", SPI, "a number"), FIELD("proto", PROTO, "esp, ah or ipcomp"),
	FIELD("mode", MODE, "transport or tunnel"), FIELD("tunnel-dst", TUNNEL_DST, "ADDRESS or ADDRESS/MASK"),
	FIELD("tunnel-src", TUNNEL_SRC, "ADDRESS or ADDRESS/MASK"),
	{ .name = "next", .type = PH_ARG_FLAG, .flags = PH_OPT_QUIET | PH_OPT_REPEAT, .id = NEXT, .parse = parse_next },
};

const struct ph_ext ph_match_policy = {
	.name = "policy", .what = "IPsec policy", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY, .part_hooks = part_hooks,
	.size = sizeof(struct match_policy), PH_EXT_OPTIONS(options), .check = check, .match = match,
};
