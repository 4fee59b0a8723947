/* ftp: PORT, EPRT, 227 and 229 announce where a data connection will go to (RFC 959, RFC 2428).
 *
 * The words are read in ftp_grammar.c. Here is the rest of what Linux 6.18 does: which segments are looked at (those
 * that begin right behind a remembered newline), whose address may be announced, and which segments are dropped. */
#include "helper/helper.h"
#include "helper/ftp_grammar.h"
#include "helper/list.h"

#define NEWLINES 2

/* Sequence numbers right behind the last newlines of each direction. All zero at first: nothing remembered. */
struct ftp_state {
	uint32_t behind[PH_DIRS][NEWLINES];
	uint8_t n[PH_DIRS];
};
_Static_assert(sizeof(struct ftp_state) <= PH_HELPER_STATE, "fits what the engine lends");

enum { OPTION_LOOSE };

static bool is_later(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

static bool newline_known(const struct ftp_state *state, enum ph_dir dir, uint32_t seq)
{
	for (uint8_t i = 0; i < state->n[dir]; i++)
		if (state->behind[dir][i] == seq)
			return true;
	return false;
}

/* Two are kept, for segments that overtake each other; a new one displaces the older. */
static void newline_remember(struct ftp_state *state, enum ph_dir dir, uint32_t seq)
{
	uint32_t *behind = state->behind[dir];
	unsigned older;

	if (newline_known(state, dir, seq))
		return;
	if (state->n[dir] < NEWLINES) {
		behind[state->n[dir]++] = seq;
		return;
	}
	older = is_later(behind[1], behind[0]) ? 0 : 1;
	if (is_later(seq, behind[older]))
		behind[older] = seq;
}

/* Bytes from the start up to the first line end at or behind `from`. */
static uint32_t line_len(struct ph_cur payload, const uint8_t *from)
{
	const uint8_t *at = from;

	while (at < payload.end && *at != '\r' && *at != '\n')
		at++;
	return (uint32_t)(at - payload.at);
}

/* The finding that says why nothing is opened, with the line up to its end at or behind `from`. */
static enum ph_help refuse(const struct ph_helper_in *in, struct ph_helper_out *out, enum ph_refusal refusal,
                           const uint8_t *from)
{
	struct ph_finding *f = ph_out_add(out, PH_FIND_REFUSED);

	if (f) {
		f->refusal = refusal;
		f->len = line_len(in->payload, from);
	}
	return refusal == PH_REFUSAL_PARTIAL ? PH_HELP_DROP : PH_HELP_ACCEPT;
}

/* The speaker's peer may connect to the announced port of the speaker, or with loose=1 to whom the speaker names. The
 * speaker's own address becomes the one its peer knows it by, which differs behind address translation. */
static enum ph_help announce(const struct ph_helper_in *in, const struct ph_ftp_host *host, struct ph_helper_out *out)
{
	const struct ph_tuple *said = &in->tuple[in->dir];
	const struct ph_tuple *answer = &in->tuple[in->dir == PH_ORIG ? PH_REPLY : PH_ORIG];
	bool own = ph_addr_equal(&host->addr, &said->src);
	struct ph_finding *f;

	if (!own && !in->option[OPTION_LOOSE])
		return refuse(in, out, PH_REFUSAL_ADDRESS, host->spot.end);
	f = ph_out_add(out, PH_FIND_EXPECT);
	if (!f)
		return PH_HELP_DROP;
	f->if_refused = PH_HELP_DROP;
	f->len = line_len(in->payload, host->spot.end);
	f->spot_at = (uint32_t)(host->spot.at - in->payload.at);
	f->spot_len = (uint32_t)ph_cur_left(&host->spot);
	f->want.tuple.family = in->family;
	f->want.tuple.proto = PH_PROTO_TCP;
	f->want.tuple.dst = own ? answer->dst : host->addr;
	f->want.tuple.dport = host->port;
	ph_want_from(&f->want, in->family, &answer->src);
	return PH_HELP_ACCEPT;
}

/* Looks at a segment that begins where a line does. */
static enum ph_help read_line(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	struct ph_ftp_host host = { .addr = in->tuple[in->dir].src };

	switch (ph_ftp_read(&ph_ftp_kernel, in->dir, in->family, in->payload, &host)) {
	case PH_FTP_NOTHING:
		return PH_HELP_ACCEPT;
	case PH_FTP_HOST:
		return announce(in, &host, out);
	case PH_FTP_CUT:
	case PH_FTP_BROKEN:
		break;
	}
	return refuse(in, out, PH_REFUSAL_PARTIAL, in->payload.at);
}

/* The newline is remembered whatever becomes of an expectation, also when the engine drops the packet because it could
 * not be added (checked on 6.18); only what is dropped as cut or malformed leaves no trace. */
static enum ph_help ftp_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	struct ftp_state *state = in->state;
	size_t len = ph_cur_left(&in->payload);
	enum ph_help verdict = PH_HELP_ACCEPT;

	if (!in->established || len == 0)
		return PH_HELP_ACCEPT;
	if (newline_known(state, in->dir, in->seq))
		verdict = read_line(in, out);
	if (verdict == PH_HELP_ACCEPT && in->payload.end[-1] == '\n')
		newline_remember(state, in->dir, in->seq + (uint32_t)len);
	return verdict;
}

static bool ftp_state_ok(const void *bytes)
{
	const struct ftp_state *state = bytes;

	return state->n[PH_ORIG] <= NEWLINES && state->n[PH_REPLY] <= NEWLINES;
}

static const struct ph_helper_option ftp_option[] = {
	[OPTION_LOOSE] = { .name = "loose", .value = 0, .max = 1, .is_bool = true, .what = "the announced address may be any" },
	{ .name = NULL },
};

#define FTP_ROW .src = PH_MAY_PEER, .sport = PH_MAY_ANY, .dport = PH_MAY_PAYLOAD, .protos = PH_CONTRACT_TCP

static const struct ph_contract ftp_contract[] = {
	{ .when = "loose=0", .option = OPTION_LOOSE + 1, .value = 0, FTP_ROW, .dst = PH_MAY_PEER },
	{ .when = "loose=1", .option = OPTION_LOOSE + 1, .value = 1, FTP_ROW, .dst = PH_MAY_PAYLOAD },
	{ .ends = true },
};

const struct ph_helper ph_helper_ftp = {
	.name = "ftp", .module = "nf_conntrack_ftp", .what = "FTP data connections (RFC 959, RFC 2428)",
	.families = 3, .protos = PH_CONTRACT_TCP, .port = 21, .has_ports = true, .port_names = true,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 1, 300 } },
	.option = ftp_option, .contract = ftp_contract, .inspect = ftp_inspect, .state_ok = ftp_state_ok,
};
