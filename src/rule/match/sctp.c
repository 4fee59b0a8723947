/* -m sctp: ports and chunk types of SCTP. RFC 9260 3; chunk types of RFC 3758, 4820, 5061, 6525, 8260. */
#include "rule/match/ports.h"
#include "rule/text/word.h"

enum { SPORT, DPORT, CHUNKS };
enum { MATCH_ALL, MATCH_ANY, MATCH_ONLY };

/* Chunk types that have a letter for each of their flags. */
#define FLAG_TYPES 3

struct chunk_flags {
	uint8_t mask, value;
};

struct match_sctp {
	struct ph_range16 sport, dport;
	uint8_t how;
	uint8_t chunk[32];      /* a bit for each type */
	struct chunk_flags flags[FLAG_TYPES];
};

static const struct chunk_type {
	const char *name;
	uint8_t type;
} types[] = {
	{ "DATA", 0 }, { "INIT", 1 }, { "INIT_ACK", 2 }, { "SACK", 3 }, { "HEARTBEAT", 4 }, { "HEARTBEAT_ACK", 5 },
	{ "ABORT", 6 }, { "SHUTDOWN", 7 }, { "SHUTDOWN_ACK", 8 }, { "ERROR", 9 }, { "COOKIE_ECHO", 10 }, { "COOKIE_ACK", 11 },
	{ "ECN_ECNE", 12 }, { "ECN_CWR", 13 }, { "SHUTDOWN_COMPLETE", 14 }, { "I_DATA", 64 }, { "ASCONF_ACK", 128 },
	{ "RE_CONFIG", 130 }, { "PAD", 132 }, { "FORWARD_TSN", 192 }, { "ASCONF", 193 }, { "I_FORWARD_TSN", 194 },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

/* Letters of the flags from the highest bit to the lowest; '-' is none. */
static const struct {
	uint8_t type;
	char letters[9];
} flag_types[FLAG_TYPES] = { { 0, "----IUBE" }, { 6, "-------T" }, { 14, "-------T" } };

/* I_DATA takes the letters of DATA, and iptables forgets them. */
#define I_DATA 64

static int flag_slot(uint8_t type)
{
	for (int i = 0; i < FLAG_TYPES; i++)
		if (flag_types[i].type == type)
			return i;
	return -1;
}

static bool has_type(const struct match_sctp *m, uint8_t type)
{
	return m->chunk[type / 8] >> (type % 8) & 1;
}

static bool parse_flags(struct ph_arg *arg, const struct chunk_type *type, struct ph_cur text)
{
	struct match_sctp *m = (void *)arg->part->data;
	int slot = flag_slot(type->type == I_DATA ? 0 : type->type);
	uint8_t b;

	while (ph_cur_u8(&text, &b)) {
		const char *letters = slot < 0 ? "" : flag_types[slot].letters;
		unsigned i = 0;

		while (letters[i] && (letters[i] == '-' || ph_lower((uint8_t)letters[i]) != ph_lower(b)))
			i++;
		if (!letters[i])
			return ph_arg_error(arg, "chunk type %s has no flag \"%c\"", type->name, b > ' ' && b < 127 ? b : '?');
		if (type->type == I_DATA)
			continue;
		m->flags[slot].mask |= (uint8_t)(0x80 >> i);
		if (letters[i] == (char)b)
			m->flags[slot].value |= (uint8_t)(0x80 >> i);
	}
	return true;
}

static bool parse_chunk(struct ph_arg *arg, struct ph_cur text)
{
	struct match_sctp *m = (void *)arg->part->data;
	struct ph_cur name = text;
	size_t i = 0;

	if (ph_cur_find(&text, ':'))
		name.end = text.at++;
	else
		text.at = text.end;
	while (i < TYPES && !(ph_cur_left(&name) == strlen(types[i].name) && ph_cur_begins_nocase(&name, types[i].name)))
		i++;
	if (i == TYPES)
		return ph_arg_error(arg, "\"%.*s\" is not a chunk type such as DATA, INIT or ABORT", PH_CUR_SHOWN(&name));
	m->chunk[types[i].type / 8] |= (uint8_t)(1 << types[i].type % 8);
	return parse_flags(arg, &types[i], text);
}

static bool parse_chunks(struct ph_arg *arg)
{
	static const char *const hows[] = { "all", "any", "only" };
	struct match_sctp *m = (void *)arg->part->data;
	struct ph_cur how = ph_word_cur(&arg->word[0]), rest = ph_word_cur(&arg->word[1]), piece;
	bool more = true;

	while (m->how < 3 && !(ph_cur_left(&how) == strlen(hows[m->how]) && ph_cur_begins_nocase(&how, hows[m->how])))
		m->how++;
	if (m->how == 3)
		return ph_arg_error(arg, "\"%.*s\" is not all, any or only", PH_WORD_SHOWN(&arg->word[0]));
	if (ph_cur_left(&rest) == 3 && ph_cur_begins_nocase(&rest, "ALL")) {
		memset(m->chunk, 0xff, sizeof(m->chunk));
		return true;
	}
	if (ph_cur_left(&rest) == 4 && ph_cur_begins_nocase(&rest, "NONE"))
		return true;
	while (ph_cur_piece(&rest, ',', &more, &piece))
		if (ph_cur_left(&piece) && !parse_chunk(arg, piece))
			return false;
	return true;
}

static void print_flags(const struct chunk_flags *flags, const char *letters, struct ph_writer *w)
{
	if (flags->mask)
		ph_put_char(w, ':');
	for (unsigned i = 0; letters[i]; i++)
		if (flags->mask >> (7 - i) & 1)
			ph_put_char(w, flags->value >> (7 - i) & 1 ? letters[i] : (char)ph_lower((uint8_t)letters[i]));
}

static void print_chunks(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	static const char *const hows[] = { "all ", "any ", "only " };
	static const uint8_t none[32];
	const struct match_sctp *m = (const void *)part->data;
	bool any = false;

	(void)family;
	ph_put_text(w, hows[m->how]);
	/* 255 is the number of no chunk that could be named: all were meant. */
	if (has_type(m, 255) || memcmp(m->chunk, none, sizeof(none)) == 0) {
		ph_put_text(w, has_type(m, 255) ? "ALL" : "NONE");
		return;
	}
	for (size_t i = 0; i < TYPES; i++) {
		int slot = flag_slot(types[i].type);

		if (!has_type(m, types[i].type))
			continue;
		ph_put_format(w, "%s%s", any ? "," : "", types[i].name);
		any = true;
		if (slot >= 0)
			print_flags(&m->flags[slot], flag_types[slot].letters, w);
	}
}

/* What the chunks of a packet add up to. */
struct seen {
	uint8_t chunk[32];      /* types met that are asked for, with the flags that are asked for */
	bool any, foreign;      /* one that is asked for; one that is not */
};

static bool flags_fit(const struct match_sctp *m, uint8_t type, uint8_t flags)
{
	int slot = flag_slot(type);

	return slot < 0 || (flags & m->flags[slot].mask) == m->flags[slot].value;
}

static void look_at(const struct match_sctp *m, uint8_t type, uint8_t flags, struct seen *seen)
{
	if (!has_type(m, type) || !flags_fit(m, type, flags)) {
		seen->foreign = true;
		return;
	}
	seen->any = true;
	seen->chunk[type / 8] |= (uint8_t)(1 << type % 8);
}

/* Does what was seen decide already? */
static bool decided(const struct match_sctp *m, const struct seen *seen)
{
	return (m->how == MATCH_ANY && seen->any) || (m->how == MATCH_ONLY && seen->foreign);
}

/* False: the chunks cannot be read. There is at least one; they begin at multiples of four. */
static bool walk_chunks(const struct match_sctp *m, struct ph_cur c, struct seen *seen)
{
	do {
		uint8_t type, flags;
		uint16_t len;
		size_t rest;

		if (!ph_cur_u8(&c, &type) || !ph_cur_u8(&c, &flags) || !ph_cur_u16(&c, &len) || len == 0)
			return false;
		look_at(m, type, flags, seen);
		if (decided(m, seen))
			return true;
		rest = (size_t)((len + 3) / 4 * 4 - 4);
		if (!ph_cur_skip(&c, rest))
			return true;
	} while (ph_cur_left(&c));
	return true;
}

static bool chunks_match(const struct match_sctp *m, const struct seen *seen)
{
	bool whole = memcmp(m->chunk, seen->chunk, sizeof(m->chunk)) == 0;

	if (m->how == MATCH_ANY)
		return seen->any;
	return m->how == MATCH_ALL ? whole : !seen->foreign;
}

/* Where they cannot be read the packet is dropped; negated, that counts as a match. */
static bool match_chunks(const struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_sctp *m = (const void *)part->data;
	struct ph_cur c = ctx->pkt->l4;
	struct seen seen = { .any = false };
	bool hit = false;

	if (!ph_cur_skip(&c, 12) || !walk_chunks(m, c, &seen))
		ctx->hotdrop = true;
	else
		hit = chunks_match(m, &seen);
	return hit != ph_part_inverted(part, CHUNKS);
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_sctp *m = (const void *)part->data;
	const struct ph_pkt *pkt = ctx->pkt;

	if (pkt->frag_off)
		return PH_MATCH_NO;
	if (ph_cur_left(&pkt->l4) < 12) {
		ctx->hotdrop = true;
		return PH_MATCH_NO;
	}
	if (ph_part_has(part, SPORT) && !ph_range16_has(&m->sport, pkt->sport, ph_part_inverted(part, SPORT)))
		return PH_MATCH_NO;
	if (ph_part_has(part, DPORT) && !ph_range16_has(&m->dport, pkt->dport, ph_part_inverted(part, DPORT)))
		return PH_MATCH_NO;
	return ph_match_if(!ph_part_has(part, CHUNKS) || match_chunks(part, ctx));
}

#define PORT(option, which, member, more) \
	{ .name = option, .what = "a port or a range of ports, numbers to 65535", .type = PH_ARG_RANGE, .flags = PH_OPT_INVERT | (more), \
	  .id = which, PH_OPT_FIELD(struct match_sctp, member), .max = 65535 }

static const struct ph_opt options[] = {
	PORT("sport", SPORT, sport, 0), PORT("source-port", SPORT, sport, PH_OPT_SPELLING),
	PORT("dport", DPORT, dport, 0), PORT("destination-port", DPORT, dport, PH_OPT_SPELLING),
	{ .name = "chunk-types", .what = "all, any or only, and a list of chunk types", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_INVERT, .id = CHUNKS, .words = 2, .parse = parse_chunks, .print = print_chunks },
};

const struct ph_ext ph_match_sctp = {
	.name = "sctp", .what = "ports and chunks of SCTP", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.proto = PH_PROTO_SCTP, .implied = true, .size = sizeof(struct match_sctp), PH_EXT_OPTIONS(options), .match = match,
};
