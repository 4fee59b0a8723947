/* -m owner: whose socket a packet comes from. A replay knows no sockets: what the firewall itself sends cannot be judged. A kernel that
 * asks for a verdict tells the owner of a program's socket. What is forwarded has no socket, so that only negated options hold. */
#include "rule/ext.h"

#include "rule/text/word.h"

enum { SOCKET, UID, GID, SUPPL };

struct match_owner {
	struct ph_range32 uid, gid;
};

/* Users and groups that have these numbers on every Debian system (base-passwd), so that loading looks nothing up. */
static const struct ph_name users[] = {
	{ "root", 0 }, { "daemon", 1 }, { "bin", 2 }, { "sys", 3 }, { "sync", 4 }, { "games", 5 }, { "man", 6 }, { "lp", 7 },
	{ "mail", 8 }, { "news", 9 }, { "uucp", 10 }, { "proxy", 13 }, { "www-data", 33 }, { "backup", 34 }, { "list", 38 },
	{ "irc", 39 }, { "nobody", 65534 }, { NULL, 0 },
};
static const struct ph_name groups[] = {
	{ "root", 0 }, { "daemon", 1 }, { "bin", 2 }, { "sys", 3 }, { "adm", 4 }, { "tty", 5 }, { "disk", 6 }, { "lp", 7 },
	{ "mail", 8 }, { "news", 9 }, { "uucp", 10 }, { "man", 12 }, { "proxy", 13 }, { "kmem", 15 }, { "dialout", 20 },
	{ "fax", 21 }, { "voice", 22 }, { "cdrom", 24 }, { "floppy", 25 }, { "tape", 26 }, { "sudo", 27 }, { "audio", 29 },
	{ "dip", 30 }, { "www-data", 33 }, { "backup", 34 }, { "operator", 37 }, { "list", 38 }, { "irc", 39 }, { "src", 40 },
	{ "shadow", 42 }, { "utmp", 43 }, { "video", 44 }, { "sasl", 45 }, { "plugdev", 46 }, { "staff", 50 }, { "games", 60 },
	{ "users", 100 }, { "nogroup", 65534 }, { NULL, 0 },
};

static bool find_name(const struct ph_name *names, const struct ph_cur *text, struct ph_range32 *range)
{
	while (names->name && !ph_cur_is(text, names->name))
		names++;
	range->lo = range->hi = names->value;
	return names->name != NULL;
}

/* 0xffffffff is nobody's number. */
static bool parse_ids(struct ph_arg *arg)
{
	struct match_owner *m = (void *)arg->part->data;
	struct ph_range32 *range = arg->opt->id == UID ? &m->uid : &m->gid;
	struct ph_cur c = ph_word_cur(arg->word);

	if (find_name(arg->opt->id == UID ? users : groups, &c, range))
		return true;
	if (ph_cur_number(&c, 0xfffffffe, &range->lo)) {
		range->hi = range->lo;
		if ((!ph_cur_byte(&c, '-') || ph_cur_number(&c, 0xfffffffe, &range->hi)) && !ph_cur_left(&c))
			return range->lo <= range->hi ? true : ph_arg_error(arg, "%u-%u runs backwards", range->lo, range->hi);
	}
	return ph_arg_error(arg, "\"%.*s\" is not %s (only names that every Debian system has are known)",
	                    PH_WORD_SHOWN(arg->word), arg->opt->what);
}

static bool parse_suppl(struct ph_arg *arg)
{
	return ph_part_has(arg->part, GID) ? true : ph_arg_error(arg, "needs --gid-owner before it");
}

static void put_ids(const struct ph_range32 *range, struct ph_writer *w)
{
	ph_put_format(w, "%u", range->lo);
	if (range->hi != range->lo)
		ph_put_format(w, "-%u", range->hi);
}

static void print_uid(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_ids(&((const struct match_owner *)(const void *)part->data)->uid, w);
}

static void print_gid(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_ids(&((const struct match_owner *)(const void *)part->data)->gid, w);
}

static bool check(struct ph_check *c)
{
	return c->part->given ? true : ph_check_error(c, -1, "says nothing: give it --uid-owner, --gid-owner or --socket-exists");
}

static bool in_range(const struct ph_range32 *range, uint32_t id)
{
	return id >= range->lo && id <= range->hi;
}

/* Of a group that is not the process's own nobody tells whether it is among the further ones. */
static enum ph_match match_gid(const struct ph_part *part, const struct ph_range32 *range, uint32_t gid)
{
	if (in_range(range, gid))
		return ph_match_if(!ph_part_inverted(part, GID));
	return ph_part_has(part, SUPPL) ? PH_MATCH_UNKNOWN : ph_match_if(ph_part_inverted(part, GID));
}

static enum ph_match match_known(const struct ph_part *part, const struct ph_rule_ctx *ctx)
{
	const struct match_owner *m = (const void *)part->data;

	if (ph_part_has(part, SOCKET) && ph_part_inverted(part, SOCKET))
		return PH_MATCH_NO;
	if (ph_part_has(part, UID) && in_range(&m->uid, ctx->uid) == ph_part_inverted(part, UID))
		return PH_MATCH_NO;
	return ph_part_has(part, GID) ? match_gid(part, &m->gid, ctx->gid) : PH_MATCH_YES;
}

/* Only negated options hold of what no program sent. The kernel's own sockets are sockets, though, and it tells of none. */
static enum ph_match match_no_program(const struct ph_part *part)
{
	uint32_t ids = part->given & (PH_BIT(UID) | PH_BIT(GID));

	if ((part->inverted & ids) != ids)
		return PH_MATCH_NO;
	return ph_part_has(part, SOCKET) ? PH_MATCH_UNKNOWN : PH_MATCH_YES;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	uint32_t asked = part->given & ~PH_BIT(SUPPL);

	if (ctx->in->name[0])
		return ph_match_if((part->inverted & asked) == asked);
	switch (ctx->owner) {
	case PH_OWNER_UNKNOWN: break;
	case PH_OWNER_NO_PROGRAM: return match_no_program(part);
	case PH_OWNER_KNOWN: return match_known(part, ctx);
	}
	return PH_MATCH_UNKNOWN;
}

#define IDS(option, which, thing, printer) \
	{ .name = option, .what = thing, .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT, .id = which, .parse = parse_ids, \
	  .print = printer }

static const struct ph_opt options[] = {
	{ .name = "socket-exists", .type = PH_ARG_FLAG, .flags = PH_OPT_INVERT, .id = SOCKET },
	IDS("uid-owner", UID, "a user's number or a range of them such as 1000-1999", print_uid),
	IDS("gid-owner", GID, "a group's number or a range of them such as 1000-1999", print_gid),
	{ .name = "suppl-groups", .type = PH_ARG_FLAG, .id = SUPPL, .parse = parse_suppl },
};

const struct ph_ext ph_match_owner = {
	.name = "owner", .what = "whose socket a packet comes from", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.hooks = 1 << PH_HOOK_OUTPUT | 1 << PH_HOOK_POSTROUTING, .size = sizeof(struct match_owner), PH_EXT_OPTIONS(options),
	.check = check, .match = match,
};
