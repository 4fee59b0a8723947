/* -j CLUSTERIP: several machines share an address, each takes its part of the senders and drops the rest. Which part is
 * whose changes while they run, so that no capture tells. */
#include "rule/target/simple.h"

#include "rule/text/word.h"

enum { NEW, HASHMODE, MAC, TOTAL, LOCAL, INIT };
#define REST (PH_BIT(HASHMODE) | PH_BIT(MAC) | PH_BIT(TOTAL) | PH_BIT(LOCAL))

struct target_clusterip {
	uint32_t init;
	uint8_t mode, total, local;
	uint8_t mac[6];
};

static const struct ph_name modes[] = {
	{ "sourceip", 0 }, { "sourceip-sourceport", 1 }, { "sourceip-sourceport-destport", 2 }, { NULL, 0 },
};

static bool hex_digit(struct ph_cur *c, unsigned *value)
{
	uint8_t b;

	if (!ph_cur_u8(c, &b))
		return false;
	b = ph_lower(b);
	if (!ph_is_digit(b) && (b < 'a' || b > 'f'))
		return false;
	*value = *value << 4 | ((unsigned)(ph_is_digit(b) ? b - '0' : b - 'a' + 10));
	return true;
}

static bool parse_mac(struct ph_arg *arg)
{
	struct target_clusterip *t = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);

	for (unsigned i = 0; i < 6; i++) {
		unsigned value = 0;

		if ((i && !ph_cur_byte(&c, ':')) || !hex_digit(&c, &value) || !hex_digit(&c, &value))
			return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
		t->mac[i] = (uint8_t)value;
	}
	if (ph_cur_left(&c) || !(t->mac[0] & 1))
		return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
	return true;
}

static void print_mac(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const uint8_t *mac = ((const struct target_clusterip *)(const void *)part->data)->mac;

	(void)family;
	ph_put_format(w, "%02X:%02X:%02X:%02X:%02X:%02X", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* The first rule of a cluster describes it, the others name nothing. */
static bool check(struct ph_check *c)
{
	const struct target_clusterip *t = (const void *)c->part->data;

	if (!c->part->given)
		return true;
	if (!ph_part_has(c->part, NEW) || (c->part->given & REST) != REST)
		return ph_check_error(c, -1, "give it all of --new, --hashmode, --clustermac, --total-nodes, --local-node, or nothing");
	if (t->local > t->total)
		return ph_check_error(c, LOCAL, "--local-node is not one of the %u nodes", (unsigned)t->total);
	c->part->given |= PH_BIT(INIT);
	return true;
}

#define NODE(option, which, member) \
	{ .name = option, .what = "a number to 16", .type = PH_ARG_UINT, .id = which, \
	  PH_OPT_FIELD(struct target_clusterip, member), .max = 16 }

static const struct ph_opt options[] = {
	{ .name = "new", .type = PH_ARG_FLAG, .id = NEW },
	{ .name = "hashmode", .what = "a mode", .type = PH_ARG_ENUM, .id = HASHMODE,
	  PH_OPT_FIELD(struct target_clusterip, mode), .names = modes },
	{ .name = "clustermac", .what = "a multicast MAC address such as 01:00:5E:00:01:02", .type = PH_ARG_CUSTOM, .id = MAC,
	  .parse = parse_mac, .print = print_mac },
	NODE("total-nodes", TOTAL, total), NODE("local-node", LOCAL, local),
	{ .name = "hash-init", .what = "a number of 32 bits", .type = PH_ARG_UINT, .id = INIT,
	  PH_OPT_FIELD(struct target_clusterip, init), .max = 0xffffffff },
};

const struct ph_ext ph_target_clusterip = {
	.name = "CLUSTERIP", .what = "share an address with other machines", .kind = PH_EXT_TARGET,
	.families = PH_FAMILY_4, .hooks = 1 << PH_HOOK_INPUT,
	.answers = 1 << PH_TARGET_CONTINUE | 1 << PH_TARGET_DROP, .size = sizeof(struct target_clusterip),
	PH_EXT_OPTIONS(options), .check = check, .target = ph_target_unknown,
};
