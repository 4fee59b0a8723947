/* irc: a client offers a file or a talk (DCC, inside CTCP), and its partner then connects to the client. No RFC; CTCP and DCC
 * are described in ircII's notes. Followed here is Linux 6.18: one offer a segment, which begins with PRIVMSG. */
#include "helper/helper.h"
#include "helper/list.h"

#define INSPECTED 4095          /* bytes of a segment that the reference looks at */
#define PRIVMSG_ROOM 11         /* bytes that a message has at least */
#define OFFER_ROOM 27           /* bytes from the blank in front of the text on that an offer has at least */
#define ARGUMENT_ROOM 12        /* bytes behind each character of the first argument */

#define CTCP_MARK '\1'          /* in front of "DCC" and behind it all */

enum { OPTION_MAX_DCC, OPTION_TIMEOUT };

/* What an offer says. */
struct offer {
	struct ph_addr addr;
	uint16_t port;
	const uint8_t *begins;          /* "DCC" */
	struct ph_cur spot;             /* address and port */
};

/* Exactly these characters. */
static bool take(struct ph_cur *c, const char *text)
{
	return ph_cur_word(c, text, strlen(text));
}

static bool is_space(uint8_t b)
{
	return b == ' ' || b == '\r' || b == '\n';
}

/* To where the text of a message begins: " :" wherever it is, also lines later. */
static bool find_text(struct ph_cur *c)
{
	while (ph_cur_left(c) >= OFFER_ROOM) {
		if (take(c, " :"))
			return true;
		if (!ph_cur_skip(c, 1))
			return false;
	}
	return false;
}

static bool take_verb(struct ph_cur *c)
{
	static const char *const verbs[] = { "SEND ", "CHAT ", "MOVE ", "TSEND ", "SCHAT " };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (take(c, verbs[i]))
			return true;
	return false;
}

/* To behind the verb of the first offer. An unknown verb is passed over; a text that is no DCC ends the search. */
static bool find_offer(struct ph_cur *c, struct offer *offer)
{
	uint8_t b;

	while (ph_cur_left(c) >= PRIVMSG_ROOM && ph_cur_peek(c, 0, &b) && is_space(b))
		if (!ph_cur_skip(c, 1))
			return false;
	if (ph_cur_left(c) < PRIVMSG_ROOM || !ph_cur_word_nocase(c, "PRIVMSG ", 8))
		return false;
	while (find_text(c)) {
		if (!ph_cur_byte(c, CTCP_MARK))
			return false;
		offer->begins = c->at;
		if (!take(c, "DCC "))
			return false;
		if (take_verb(c))
			return true;
	}
	return false;
}

/* Everything up to the first blank; quotes mean nothing. */
static bool skip_argument(struct ph_cur *c)
{
	uint8_t b;

	while (ph_cur_u8(c, &b)) {
		if (b == ' ')
			return true;
		if (ph_cur_left(c) < ARGUMENT_ROOM)
			return false;
	}
	return false;
}

/* Decimal digits, possibly none; modulo 2^32. */
static uint32_t read_number(struct ph_cur *c)
{
	uint32_t value = 0;
	uint8_t b;

	while (ph_cur_peek(c, 0, &b) && ph_is_digit(b) && ph_cur_skip(c, 1))
		value = value * 10 + (uint32_t)(b - '0');
	return value;
}

/* Name, address, port. What follows them is not looked at, but a line end must. */
static bool read_offer(struct ph_cur *c, struct offer *offer)
{
	struct ph_cur line_end;
	uint32_t number;

	if (!skip_argument(c))
		return false;
	line_end = *c;
	if (!ph_cur_find(&line_end, '\n'))
		return false;
	offer->spot.at = c->at;
	number = read_number(c);
	offer->addr = (struct ph_addr){
		{ (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number }
	};
	while (ph_cur_byte(c, ' '))
		;
	offer->port = (uint16_t)read_number(c);
	offer->spot.end = c->at;
	return true;
}

/* The words of the offer, without the mark behind them. */
static void show_text(const struct ph_helper_in *in, const struct offer *offer, struct ph_finding *f)
{
	const uint8_t *end = offer->spot.end;

	while (end < in->payload.end && *end != CTCP_MARK && *end != '\r' && *end != '\n')
		end++;
	f->at = (uint32_t)(offer->begins - in->payload.at);
	f->len = (uint32_t)(end - offer->begins);
	f->spot_at = (uint32_t)(offer->spot.at - in->payload.at);
	f->spot_len = (uint32_t)ph_cur_left(&offer->spot);
}

static enum ph_help refuse(const struct ph_helper_in *in, const struct offer *offer, enum ph_refusal refusal,
                           struct ph_helper_out *out)
{
	struct ph_finding *f = ph_out_add(out, PH_FIND_REFUSED);

	if (f) {
		f->refusal = refusal;
		show_text(in, offer, f);
	}
	return PH_HELP_ACCEPT;
}

/* Anybody may connect to the client, under the address by which the world knows it. */
static enum ph_help expect_partner(const struct ph_helper_in *in, const struct offer *offer, struct ph_helper_out *out)
{
	const struct ph_addr *client = &in->tuple[PH_ORIG].src, *known_as = &in->tuple[PH_REPLY].dst;
	struct ph_finding *f;

	if (!ph_addr_equal(&offer->addr, client) && !ph_addr_equal(&offer->addr, known_as))
		return refuse(in, offer, PH_REFUSAL_ADDRESS, out);
	if (offer->port == 0)
		return refuse(in, offer, PH_REFUSAL_PORT, out);
	f = ph_out_add(out, PH_FIND_EXPECT);
	if (!f)
		return PH_HELP_DROP;
	f->if_refused = PH_HELP_DROP;
	show_text(in, offer, f);
	f->want.tuple.family = in->family;
	f->want.tuple.proto = PH_PROTO_TCP;
	f->want.tuple.dst = *known_as;
	f->want.tuple.dport = offer->port;
	return PH_HELP_ACCEPT;
}

static enum ph_help irc_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	struct ph_cur c = in->payload;
	struct offer offer;

	if (in->dir != PH_ORIG || !in->established)
		return PH_HELP_ACCEPT;
	if (ph_cur_left(&c) > INSPECTED)
		c.end = c.at + INSPECTED;
	if (!find_offer(&c, &offer) || !read_offer(&c, &offer))
		return PH_HELP_ACCEPT;
	return expect_partner(in, &offer, out);
}

static const struct ph_helper_option irc_option[] = {
	[OPTION_MAX_DCC] = { .name = "max_dcc_channels", .value = 8, .min = 1, .max = 255,
		.what = "offers alive per connection" },
	[OPTION_TIMEOUT] = { .name = "dcc_timeout", .value = 300, .min = 0, .max = UINT32_MAX,
		.what = "seconds an offer stays open" },
	{ .name = NULL },
};

/* The only helper whose pinholes are open to any address: the partner is not known. */
static const struct ph_contract irc_contract[] = {
	{ .src = PH_MAY_ANY, .sport = PH_MAY_ANY, .dst = PH_MAY_PEER, .dport = PH_MAY_PAYLOAD, .protos = PH_CONTRACT_TCP },
	{ .ends = true },
};

static void irc_limits(const uint32_t *option, struct ph_expect_policy policy[PH_EXPECT_CLASSES])
{
	policy[0] = (struct ph_expect_policy){ .max = (uint16_t)option[OPTION_MAX_DCC], .timeout_s = option[OPTION_TIMEOUT] };
}

const struct ph_helper ph_helper_irc = {
	.name = "irc", .module = "nf_conntrack_irc", .what = "IRC DCC (CTCP)",
	.families = 1, .protos = PH_CONTRACT_TCP, .port = 6667, .has_ports = true,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 8, 300 } }, .limits = irc_limits,
	.option = irc_option, .contract = irc_contract, .inspect = irc_inspect,
};
