/* -j HMARK: a mark made of a hash over addresses and ports. The kernel's hash is not computed here: behind this target
 * the mark cannot be known. */
#include "rule/target/simple.h"

#include "rule/text/args.h"
#include "rule/text/word.h"

enum {
	SRC_PREFIX, DST_PREFIX, SPORT_MASK, DPORT_MASK, SPI_MASK, SPORT, DPORT, SPI, PROTO_MASK, RND, MOD, OFFSET, TUPLE,
	CT,                             /* no option of its own, only a word of a tuple */
};
#define OF_PORTS (PH_BIT(SPORT_MASK) | PH_BIT(DPORT_MASK))
#define HASHED (OF_PORTS | PH_BIT(SRC_PREFIX) | PH_BIT(DST_PREFIX) | PH_BIT(SPI_MASK) | PH_BIT(SPORT) | PH_BIT(DPORT) | \
                PH_BIT(SPI) | PH_BIT(PROTO_MASK))

struct target_hmark {
	uint32_t spi_mask, spi, rnd, mod, offset;
	uint16_t sport_mask, dport_mask, sport, dport, proto_mask;
	uint8_t src_prefix, dst_prefix;
	bool ct;                        /* of the connection, not of the packet */
};

/* What the words of a tuple stand for: the whole of the field. */
static const struct ph_name words[] = {
	{ "src", SRC_PREFIX }, { "dst", DST_PREFIX }, { "sport", SPORT_MASK }, { "dport", DPORT_MASK }, { "spi", SPI_MASK },
	{ "proto", PROTO_MASK }, { "ct", CT }, { NULL, 0 },
};

static void take_whole(struct target_hmark *t, uint32_t id, uint8_t family)
{
	uint8_t bits = family == PH_IPV4 ? 32 : 128;

	if (id == SRC_PREFIX)
		t->src_prefix = bits;
	else if (id == DST_PREFIX)
		t->dst_prefix = bits;
	else if (id == SPORT_MASK)
		t->sport_mask = 0xffff;
	else if (id == DPORT_MASK)
		t->dport_mask = 0xffff;
	else if (id == SPI_MASK)
		t->spi_mask = 0xffffffff;
	else if (id == PROTO_MASK)
		t->proto_mask = 0xffff;
	else
		t->ct = true;
}

static bool parse_tuple(struct ph_arg *arg)
{
	struct target_hmark *t = (void *)arg->part->data;
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	bool more = true;

	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		const struct ph_name *n = words;

		while (n->name && !ph_cur_is(&piece, n->name))
			n++;
		if (!n->name)
			return ph_arg_error(arg, "\"%.*s\" is not one of src dst sport dport spi proto ct", PH_CUR_SHOWN(&piece));
		take_whole(t, n->value, arg->family);
		if (n->value != CT)
			arg->part->given |= PH_BIT(n->value);
	}
	return true;
}

/* A length, or a mask without holes; one with holes counts as none, as iptables has it. */
static bool parse_prefix(struct ph_arg *arg)
{
	struct target_hmark *t = (void *)arg->part->data;
	uint32_t bits = arg->family == PH_IPV4 ? 32 : 128, len;
	struct ph_cur c = ph_word_cur(arg->word);
	struct ph_addr mask;

	if (!ph_cur_number(&c, bits, &len) || ph_cur_left(&c)) {
		if (!ph_addr_parse(arg->family, arg->word->text, arg->word->len, &mask))
			return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
		len = ph_mask_len(arg->family, &mask) < 0 ? bits : (uint32_t)ph_mask_len(arg->family, &mask);
	}
	*(arg->opt->id == SRC_PREFIX ? &t->src_prefix : &t->dst_prefix) = (uint8_t)len;
	return true;
}

static void print_src(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "%u", ((const struct target_hmark *)(const void *)part->data)->src_prefix);
}

static void print_dst(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	ph_put_format(w, "%u", ((const struct target_hmark *)(const void *)part->data)->dst_prefix);
}

static void print_tuple(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)part;
	(void)family;
	ph_put_text(w, "ct");
}

/* Each is printed in hexadecimal with all its digits. */
#define PRINT_HEX(member, format) \
	static void print_##member(const struct ph_part *part, uint8_t family, struct ph_writer *w) \
	{ \
		(void)family; \
		ph_put_format(w, format, ((const struct target_hmark *)(const void *)part->data)->member); \
	}

PRINT_HEX(sport_mask, "0x%04x")
PRINT_HEX(dport_mask, "0x%04x")
PRINT_HEX(sport, "0x%04x")
PRINT_HEX(dport, "0x%04x")
PRINT_HEX(proto_mask, "0x%02x")
PRINT_HEX(spi_mask, "0x%08x")
PRINT_HEX(spi, "0x%08x")
PRINT_HEX(rnd, "0x%08x")

static bool check(struct ph_check *c)
{
	const struct target_hmark *t = (const void *)c->part->data;
	uint32_t given = c->part->given;

	if (!(given & HASHED) && !t->ct)
		return ph_check_error(c, -1, "nothing to make a mark of: give it --hmark-tuple");
	if ((given & PH_BIT(SPI_MASK)) && (given & OF_PORTS))
		return ph_check_error(c, -1, "--hmark-spi-mask does not go with masks of ports: a packet has one or the other");
	if ((given & PH_BIT(SPI)) && (given & (PH_BIT(SPORT) | PH_BIT(DPORT))))
		return ph_check_error(c, -1, "--hmark-spi does not go with ports: a packet has one or the other");
	if (!t->ct)
		c->part->given &= ~PH_BIT(TUPLE);
	return true;
}

static enum ph_target_verdict target(const struct ph_part *part, struct ph_rule_ctx *ctx, const struct ph_rule_ref *ref)
{
	(void)part;
	(void)ref;
	ctx->unsure |= PH_TOUCH_MARK;
	return PH_TARGET_CONTINUE;
}

#define NUMBER(option, which, member, most) \
	{ .name = option, .what = "a number to " #most, .type = PH_ARG_UINT, .id = which, \
	  PH_OPT_FIELD(struct target_hmark, member), .max = most, .print = print_##member }
#define PREFIX(option, which, hook) \
	{ .name = option, .what = "the length of a prefix, or a mask", .type = PH_ARG_CUSTOM, .id = which, \
	  .parse = parse_prefix, .print = hook }

static const struct ph_opt options[] = {
	PREFIX("hmark-src-prefix", SRC_PREFIX, print_src), PREFIX("hmark-dst-prefix", DST_PREFIX, print_dst),
	NUMBER("hmark-sport-mask", SPORT_MASK, sport_mask, 0xffff), NUMBER("hmark-dport-mask", DPORT_MASK, dport_mask, 0xffff),
	NUMBER("hmark-spi-mask", SPI_MASK, spi_mask, 0xffffffff), NUMBER("hmark-sport", SPORT, sport, 0xffff),
	NUMBER("hmark-dport", DPORT, dport, 0xffff), NUMBER("hmark-spi", SPI, spi, 0xffffffff),
	NUMBER("hmark-proto-mask", PROTO_MASK, proto_mask, 0xffff),
	{ .name = "hmark-rnd", .what = "a number of 32 bits", .type = PH_ARG_UINT, .flags = PH_OPT_NEEDED, .id = RND,
	  PH_OPT_FIELD(struct target_hmark, rnd), .max = 0xffffffff, .print = print_rnd },
	{ .name = "hmark-mod", .what = "a number of 32 bits, not 0", .type = PH_ARG_UINT, .flags = PH_OPT_NEEDED, .id = MOD,
	  PH_OPT_FIELD(struct target_hmark, mod), .min = 1, .max = 0xffffffff },
	{ .name = "hmark-offset", .what = "a number of 32 bits", .type = PH_ARG_UINT, .id = OFFSET,
	  PH_OPT_FIELD(struct target_hmark, offset), .max = 0xffffffff },
	{ .name = "hmark-tuple", .what = "a list of src dst sport dport spi proto ct", .type = PH_ARG_CUSTOM, .id = TUPLE,
	  .parse = parse_tuple, .print = print_tuple },
};

const struct ph_ext ph_target_hmark = {
	.name = "HMARK", .what = "a mark made of a hash", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.touches = PH_TOUCH_MARK, .size = sizeof(struct target_hmark), PH_EXT_OPTIONS(options), .check = check,
	PH_SAYS(PH_TARGET_CONTINUE), .target = target,
};
