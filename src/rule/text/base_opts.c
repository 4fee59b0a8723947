/* The options every iptables command has; see command.h. */
#include "rule/text/command.h"

#include <stdlib.h>
#include "rule/text/foreign.h"
#include "rule/text/word.h"

#define NAMES 200       /* of matches or targets looked at for a near one */

/* -Z goes with -L and -S: shown, then zeroed. False: two commands. */
static bool joins(struct ph_command *cmd, char letter)
{
	if (letter == 'Z' ? !strchr("LS", cmd->op) : cmd->op != 'Z' || cmd->zero || !strchr("LS", letter))
		return false;
	if (cmd->zero)
		return false;
	cmd->zero = true;
	if (letter != 'Z')
		cmd->op = letter;
	return true;
}

/* The first time of an option that may come once. */
static bool once(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at, uint32_t bit)
{
	if (cmd->seen & bit)
		return ph_command_error(cmd, at, "--%s: given twice", opt->name);
	cmd->seen |= bit;
	return true;
}

static bool take_op(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                    const struct ph_word *value)
{
	/* What takes a second word, such as a rule number; -E and -P need it. */
	static const char second[] = "IDREPZLS";
	bool more = cmd->op != 0;

	if (more && !joins(cmd, opt->letter))
		return ph_command_error(cmd, at, "-%c: the command is already -%c; one command at a time", opt->letter, cmd->op);
	if (!more) {
		cmd->op = opt->letter;
		cmd->op_at = at;
	}
	if (value)
		cmd->chain = value;
	if (value && strchr(second, opt->letter))
		cmd->extra = ph_command_next(cmd);
	if (!cmd->extra && opt->letter == 'E')
		return ph_command_error(cmd, at, "-E: needs the old and the new name");
	if (!cmd->extra && opt->letter == 'P')
		return ph_command_error(cmd, at, "-P: needs a chain and a policy, ACCEPT or DROP");
	return true;
}

static size_t count_commas(const struct ph_word *value)
{
	size_t n = 0;

	for (size_t i = 0; i < value->len; i++)
		n += value->text[i] == ',';
	return n;
}

static bool take_addr(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                      const struct ph_word *value)
{
	bool is_src = opt->letter == 's', more = true, ok = true;
	struct ph_addr_list *list = is_src ? &cmd->src : &cmd->dst;
	uint8_t test = is_src ? PH_TEST_SRC : PH_TEST_DST;
	struct ph_cur rest = ph_word_cur(value), piece;

	if (!once(cmd, opt, at, is_src ? PH_SEEN_SRC : PH_SEEN_DST))
		return false;
	list->item = calloc(count_commas(value) + 1, sizeof(*list->item));
	if (!list->item)
		return ph_command_error(cmd, at, "--%s: no memory", opt->name);
	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		const char *wrong = ph_addr_test_parse(cmd->rules->family, piece, false, &list->item[list->n]);

		if (wrong)
			ok = ph_command_error(cmd, value, "--%s: \"%.*s\": %s", opt->name, PH_CUR_SHOWN(&piece), wrong);
		else
			list->n++;
	}
	if (cmd->invert && list->n > 1)
		return ph_command_error(cmd, value, "--%s: several addresses cannot be negated: write one rule for each", opt->name);
	cmd->base->tests |= test;
	if (cmd->invert)
		cmd->base->inverted |= test;
	return ok;
}

static bool take_proto(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                       const struct ph_word *value)
{
	struct ph_cur text = ph_word_cur(value);

	if (!once(cmd, opt, at, PH_SEEN_PROTO))
		return false;
	if (!ph_proto_parse(&text, &cmd->base->proto))
		return ph_command_error(cmd, value, "--%s: \"%.*s\" is not a protocol; give a name such as tcp or a number to 255",
		                        opt->name, PH_WORD_SHOWN(value));
	if (cmd->base->proto == 0) {
		if (cmd->invert)
			return ph_command_error(cmd, value, "--%s: not all protocols is none: the rule would never match", opt->name);
		return true;
	}
	cmd->base->tests |= PH_TEST_PROTO;
	if (cmd->invert)
		cmd->base->inverted |= PH_TEST_PROTO;
	return true;
}

static bool take_iface(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                       const struct ph_word *value)
{
	bool in = opt->letter == 'i';
	struct ph_iface_test *test = in ? &cmd->base->in : &cmd->base->out;
	uint8_t bit = in ? PH_TEST_IN : PH_TEST_OUT;
	size_t compared;

	if (!once(cmd, opt, at, in ? PH_SEEN_IN : PH_SEEN_OUT))
		return false;
	if (!value->len)
		return ph_command_error(cmd, value, "--%s: the name is empty; leave the option away for all interfaces", opt->name);
	if (!ph_word_is_plain(value))
		return ph_command_error(cmd, value, "--%s: \"%.*s\": no interface can have blanks or quotes in its name", opt->name,
		                        PH_WORD_SHOWN(value));
	if (!ph_word_copy(value, test->name.name, sizeof(test->name.name)))
		return ph_command_error(cmd, value, "--%s: \"%.*s\" is too long: interface names have at most 15 characters",
		                        opt->name, PH_WORD_SHOWN(value));
	/* "eth+": what follows does not matter; otherwise the terminator counts as well. */
	compared = value->text[value->len - 1] == '+' ? value->len - 1 : value->len + 1;
	memset(test->mask.name, 0xff, compared);
	if (compared == 0 && !cmd->invert) {
		memset(test, 0, sizeof(*test));
		return true;
	}
	cmd->base->tests |= bit;
	if (cmd->invert)
		cmd->base->inverted |= bit;
	return true;
}

static bool take_frag(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                      const struct ph_word *value)
{
	(void)value;
	if (!once(cmd, opt, at, PH_SEEN_FRAG))
		return false;
	if (cmd->rules->family == PH_IPV6)
		return ph_command_error(cmd, at, "-f: not for IPv6, where fragments have a header of their own");
	cmd->base->tests |= PH_TEST_FRAG;
	if (cmd->invert)
		cmd->base->inverted |= PH_TEST_FRAG;
	return true;
}

/* Up to three names like this one: "; did you mean a, b?". */
static void put_near(struct ph_writer *w, enum ph_ext_kind kind, uint8_t family, const struct ph_word *value)
{
	uint8_t bit = family == PH_IPV4 ? PH_FAMILY_4 : PH_FAMILY_6;
	const char *names[NAMES + 1], *near;
	size_t n = 0, shown = 0;

	for (const struct ph_ext *const *e = ph_exts; *e && n < NAMES; e++)
		if ((*e)->kind == kind && ((*e)->families & bit))
			names[n++] = (*e)->name;
	names[n] = NULL;
	while (shown < 3 && (near = ph_nearest(names, value->text, value->len))) {
		size_t i = 0;

		ph_put_format(w, "%s%s", shown++ ? ", " : "; did you mean ", near);
		while (names[i] != near)
			i++;
		names[i] = names[--n];
		names[n] = NULL;
	}
	if (shown)
		ph_put_char(w, '?');
}

/* What does the work today of a target that is gone; NULL: nothing known of that. */
static const char *successor(const struct ph_word *name)
{
	static const char *const gone[][2] = { { "ULOG", "NFLOG" }, { "QUEUE", "NFQUEUE" } };

	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (ph_word_is(name, gone[i][0]))
			return gone[i][1];
	return NULL;
}

/* What is not there, and what it may have been meant for. */
static bool unknown_ext(struct ph_command *cmd, enum ph_ext_kind kind, const struct ph_word *value)
{
	const char *what = kind == PH_EXT_MATCH ? "match" : "target";
	char near[200];
	struct ph_writer w;

	if (kind == PH_EXT_TARGET && successor(value))
		return ph_command_error(cmd, value, "%.*s: this target is gone; %s does its work today", PH_WORD_SHOWN(value),
		                        successor(value));
	if (ph_ext_foreign(kind, value->text, value->len))
		return ph_command_error(cmd, value, "%.*s: this %s is not there yet; with --lenient the rule is kept and its outcome "
		                        "told as uncertain", PH_WORD_SHOWN(value), what);
	ph_writer_init(&w, near, sizeof(near));
	put_near(&w, kind, cmd->rules->family, value);
	return ph_command_error(cmd, value, "%.*s: no such %s over IPv%u%s", PH_WORD_SHOWN(value), what,
	                        (unsigned)cmd->rules->family, near);
}

static bool take_match(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                       const struct ph_word *value)
{
	const struct ph_ext *ext = ph_ext_find(PH_EXT_MATCH, cmd->rules->family, value->text, value->len);

	(void)opt;
	(void)at;
	cmd->seen |= PH_SEEN_MATCH;
	if (!ext && cmd->load->lenient && value->len && !memchr("-!", value->text[0], 2) && ph_word_is_plain(value))
		return ph_foreign_begin(cmd, PH_EXT_MATCH, value);
	if (!ext) {
		unknown_ext(cmd, PH_EXT_MATCH, value);
		/* Its options cannot be told from others: the rest of the command would only be more complaints. */
		cmd->at = cmd->n;
		return false;
	}
	return ph_command_add_part(cmd, ext, value) != NULL;
}

static enum ph_action verdict_of(const struct ph_word *name)
{
	static const struct {
		const char *name;
		enum ph_action action;
	} verdicts[] = { { "ACCEPT", PH_ACT_ACCEPT }, { "DROP", PH_ACT_DROP }, { "RETURN", PH_ACT_RETURN } };

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		if (ph_word_is(name, verdicts[i].name))
			return verdicts[i].action;
	return PH_ACT_NONE;
}

/* A save file may have named a chain like a target. */
static bool names_chain(const struct ph_command *cmd, const struct ph_word *name)
{
	char text[PH_TARGET_NAME_SIZE];

	return ph_word_copy(name, text, sizeof(text)) && ph_chain_find(&cmd->rules->table[cmd->table], text);
}

/* -j and -g. What is neither verdict nor target is a chain; whether it exists is seen later. */
static bool take_jump(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                      const struct ph_word *value)
{
	const struct ph_ext *ext = NULL;
	bool chain = names_chain(cmd, value);

	if (!once(cmd, opt, at, PH_SEEN_JUMP))
		return false;
	cmd->base->target_column = value->column;
	if (!value->len)
		return ph_command_error(cmd, value, "--%s: the name is empty", opt->name);
	if (opt->letter == 'j' && !chain) {
		cmd->base->action = (uint8_t)verdict_of(value);
		if (cmd->base->action != PH_ACT_NONE)
			return true;
		ext = ph_ext_find(PH_EXT_TARGET, cmd->rules->family, value->text, value->len);
	}
	if (ext) {
		cmd->base->action = PH_ACT_TARGET;
		return ph_command_add_part(cmd, ext, value) != NULL;
	}
	if (opt->letter == 'j' && !chain && !cmd->load->lenient && ph_ext_foreign(PH_EXT_TARGET, value->text, value->len)) {
		unknown_ext(cmd, PH_EXT_TARGET, value);
		cmd->at = cmd->n;
		return false;
	}
	cmd->base->action = opt->letter == 'j' ? (uint8_t)PH_ACT_JUMP : (uint8_t)PH_ACT_GOTO;
	if (!ph_word_is_plain(value))
		return ph_command_error(cmd, value, "--%s: \"%.*s\": names of chains hold no blanks or quotes", opt->name,
		                        PH_WORD_SHOWN(value));
	if (value->len > PH_CHAIN_NAME_MAX || !ph_word_copy(value, cmd->base->chain, sizeof(cmd->base->chain)))
		return ph_command_error(cmd, value, "--%s: \"%.*s\" is too long: names of chains have at most %d characters",
		                        opt->name, PH_WORD_SHOWN(value), PH_CHAIN_NAME_MAX);
	if (opt->letter == 'j')
		ph_foreign_maybe(cmd, value);
	return true;
}

static bool take_table(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                       const struct ph_word *value)
{
	if (cmd->restoring)
		return ph_command_error(cmd, at, "-t: the table is that of the *TABLE line above; leave it away");
	for (unsigned t = 0; t < PH_TABLES; t++) {
		if (ph_word_is(value, ph_table_name[t])) {
			cmd->table = (enum ph_table)t;
			return true;
		}
	}
	return ph_command_error(cmd, value, "--%s: \"%.*s\" is not a table (raw mangle nat filter security)",
	                        opt->name, PH_WORD_SHOWN(value));
}

static bool parse_count(struct ph_cur text, uint64_t *out)
{
	uint64_t value = 0;

	if (!ph_cur_left(&text))
		return false;
	for (; text.at < text.end; text.at++) {
		uint64_t digit = (uint64_t)(*text.at - '0');

		if (!ph_is_digit(*text.at) || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

/* -c PACKETS BYTES, or PACKETS,BYTES. */
static bool take_counters(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                          const struct ph_word *value)
{
	struct ph_cur packets = ph_word_cur(value), bytes = packets;
	const struct ph_word *second;

	if (!once(cmd, opt, at, PH_SEEN_COUNTERS))
		return false;
	if (ph_cur_find(&bytes, ',')) {
		packets.end = bytes.at;
		if (!ph_cur_skip(&bytes, 1))
			return false;
	} else {
		second = ph_command_next(cmd);
		if (!second)
			return ph_command_error(cmd, at, "--%s: needs two numbers: packets and bytes", opt->name);
		bytes = ph_word_cur(second);
	}
	if (!parse_count(packets, &cmd->base->packets) || !parse_count(bytes, &cmd->base->bytes))
		return ph_command_error(cmd, value, "--%s: needs two numbers: packets and bytes", opt->name);
	return true;
}

/* How to list, whether to wait: nothing a rule set keeps. */
static bool take_manner(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                         const struct ph_word *value)
{
	static const char listing[] = "nx0";
	static const struct {
		char letter;
		uint8_t show;
	} shows[] = { { 'v', PH_SHOW_COUNTERS }, { 'n', PH_SHOW_NUMERIC }, { 'x', PH_SHOW_EXACT }, { '0', PH_SHOW_NUMBERS } };

	(void)at;
	(void)value;
	if (strchr(listing, opt->letter))
		cmd->seen |= PH_SEEN_LISTING;
	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++)
		if (shows[i].letter == opt->letter)
			cmd->show |= shows[i].show;
	return true;
}

static bool take_family(struct ph_command *cmd, const struct ph_base_opt *opt, const struct ph_word *at,
                        const struct ph_word *value)
{
	(void)value;
	if (cmd->rules->family == (opt->letter == '4' ? PH_IPV4 : PH_IPV6))
		return true;
	return ph_command_error(cmd, at, "-%c: this is the command of IPv%u", opt->letter, (unsigned)cmd->rules->family);
}

const struct ph_base_opt ph_base_opts[] = {
	{ "append", 'A', 1, false, take_op }, { "delete", 'D', 1, false, take_op }, { "check", 'C', 1, false, take_op },
	{ "insert", 'I', 1, false, take_op }, { "replace", 'R', 1, false, take_op }, { "list", 'L', 2, false, take_op },
	{ "list-rules", 'S', 2, false, take_op }, { "flush", 'F', 2, false, take_op }, { "zero", 'Z', 2, false, take_op },
	{ "new-chain", 'N', 1, false, take_op }, { "delete-chain", 'X', 2, false, take_op },
	{ "rename-chain", 'E', 1, false, take_op }, { "policy", 'P', 1, false, take_op },
	{ "source", 's', 1, true, take_addr }, { "src", 's', 1, true, take_addr },
	{ "destination", 'd', 1, true, take_addr }, { "dst", 'd', 1, true, take_addr },
	{ "protocol", 'p', 1, true, take_proto }, { "in-interface", 'i', 1, true, take_iface },
	{ "out-interface", 'o', 1, true, take_iface }, { "fragments", 'f', 0, true, take_frag },
	{ "jump", 'j', 1, false, take_jump }, { "goto", 'g', 1, false, take_jump }, { "match", 'm', 1, false, take_match },
	{ "table", 't', 1, false, take_table }, { "set-counters", 'c', 1, false, take_counters },
	{ "wait", 'w', 2, false, take_manner }, { "wait-interval", 'W', 2, false, take_manner },
	{ "verbose", 'v', 0, false, take_manner }, { "numeric", 'n', 0, false, take_manner },
	{ "exact", 'x', 0, false, take_manner }, { "line-numbers", '0', 0, false, take_manner },
	{ "modprobe", 'M', 1, false, take_manner }, { "ipv4", '4', 0, false, take_family },
	{ "ipv6", '6', 0, false, take_family },
	{ NULL, 0, 0, false, NULL },
};
