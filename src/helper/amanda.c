/* amanda: the machine that is backed up answers with ports, to which the backup server then connects. No RFC. Followed is Linux
 * 6.18, which takes the first CONNECT of the packet up to the end of its line. */
#include "helper/helper.h"
#include "helper/list.h"

#define PORT_DIGITS 5           /* as many bytes behind a keyword are looked at */

enum { OPTION_MASTER_TIMEOUT };

/* To behind the first occurrence of a text. False: none; c is at its end then or stays. */
static bool pass(struct ph_cur *c, const char *text)
{
	size_t len = strlen(text);

	while (ph_cur_find(c, text[0])) {
		if (ph_cur_word(c, text, len))
			return true;
		if (!ph_cur_skip(c, 1))
			return false;
	}
	return false;
}

/* The digits at the start, possibly none; modulo 2^16. */
static uint16_t read_port(struct ph_cur *c)
{
	uint32_t value = 0;
	uint8_t b;

	for (unsigned i = 0; i < PORT_DIGITS && ph_cur_peek(c, 0, &b) && ph_is_digit(b) && ph_cur_skip(c, 1); i++)
		value = value * 10 + (uint32_t)(b - '0');
	return (uint16_t)value;
}

static uint32_t offset(const struct ph_helper_in *in, const uint8_t *at)
{
	return (uint32_t)(at - in->payload.at);
}

/* The finding for a keyword whose number stands at spot. Each stands for itself: one that is refused drops the packet and
 * leaves the others. No digits at all is how it says that it has no such port: "INDEX -1". */
static bool add_port(const struct ph_helper_in *in, struct ph_cur line, struct ph_cur spot, uint16_t port,
                     struct ph_helper_out *out)
{
	const struct ph_tuple *asked = &in->tuple[PH_ORIG];
	struct ph_finding *f = ph_out_add(out, port ? PH_FIND_EXPECT : PH_FIND_REFUSED);

	if (!f)
		return false;
	f->at = offset(in, line.at);
	f->len = (uint32_t)ph_cur_left(&line);
	f->spot_at = offset(in, spot.at);
	f->spot_len = (uint32_t)ph_cur_left(&spot);
	if (!port) {
		f->refusal = PH_REFUSAL_PORT;
		return true;
	}
	f->if_refused = PH_HELP_DROP;
	f->goes_on = true;
	f->want.tuple.family = in->family;
	f->want.tuple.proto = PH_PROTO_TCP;
	f->want.tuple.dst = asked->dst;
	f->want.tuple.dport = port;
	ph_want_from(&f->want, in->family, &asked->src);
	return true;
}

/* line: from CONNECT to its end; items: the part behind that word. A number that is 0, or none, ends it. */
static enum ph_help read_line(const struct ph_helper_in *in, struct ph_cur line, struct ph_cur items,
                              struct ph_helper_out *out)
{
	static const char *const keywords[] = { "DATA ", "MESG ", "INDEX ", "STATE " };

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		struct ph_cur c = items, spot;
		uint16_t port;

		if (!pass(&c, keywords[i]))
			continue;
		spot.at = c.at;
		port = read_port(&c);
		spot.end = c.at;
		if (ph_cur_left(&spot) > 0 && !add_port(in, line, spot, port, out))
			return PH_HELP_DROP;
		if (port == 0)
			break;
	}
	return PH_HELP_ACCEPT;
}

/* The timeout of the connection is set by every packet of that side, also by one that says nothing. */
static enum ph_help amanda_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	static const char connect[] = "CONNECT ";
	struct ph_cur c = in->payload, line, items;
	struct ph_finding *f;

	if (in->dir != PH_REPLY)
		return PH_HELP_ACCEPT;
	f = ph_out_add(out, PH_FIND_MASTER_TIMEOUT);
	if (f)
		f->timeout_s = in->option[OPTION_MASTER_TIMEOUT];
	if (!pass(&c, connect))
		return PH_HELP_ACCEPT;
	line.at = c.at - strlen(connect);
	items = c;
	if (!ph_cur_find(&c, '\n'))
		return PH_HELP_ACCEPT;
	line.end = items.end = c.at;
	return read_line(in, line, items, out);
}

static const char *const algorithms[] = { "kmp", "bm", "fsm", NULL };

static const struct ph_helper_option amanda_option[] = {
	[OPTION_MASTER_TIMEOUT] = { .name = "master_timeout", .value = 300, .min = 0, .max = UINT32_MAX,
		.what = "seconds the connection lives after a reply" },
	{ .name = "ts_algo", .value = 0, .min = 0, .max = 2, .word = algorithms,
		.what = "text search, of no effect here" },
	{ .name = NULL },
};

static const struct ph_contract amanda_contract[] = {
	{ .src = PH_MAY_PEER, .sport = PH_MAY_ANY, .dst = PH_MAY_PEER, .dport = PH_MAY_PAYLOAD, .protos = PH_CONTRACT_TCP },
	{ .ends = true },
};

const struct ph_helper ph_helper_amanda = {
	.name = "amanda", .module = "nf_conntrack_amanda", .what = "Amanda backup (REP packets)",
	.families = 3, .protos = PH_CONTRACT_UDP, .port = 10080,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_MASTER_TIMEOUT), .policy = { { 4, 180 } },
	.option = amanda_option, .contract = amanda_contract, .inspect = amanda_inspect,
};
