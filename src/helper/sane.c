/* sane: the answer to START names the port from which the scanned picture is fetched (SANE network protocol 4, NET_START).
 * Followed is Linux 6.18, which takes a segment for a message. */
#include "helper/helper.h"
#include "helper/list.h"

#define REQUEST_LEN 8           /* opcode and handle; a segment of another length is not looked at */
#define NET_START 7

/* All zero at first. */
struct sane_state {
	bool started;           /* START was asked and not yet answered */
};
_Static_assert(sizeof(struct sane_state) <= PH_HELPER_STATE, "fits what the engine lends");

static void read_request(struct ph_cur c, struct sane_state *state)
{
	uint32_t opcode;

	if (ph_cur_left(&c) == REQUEST_LEN && ph_cur_u32(&c, &opcode))
		state->started = opcode == NET_START;
}

/* Status, port as a word of 32 bits. */
static bool read_reply(struct ph_cur *c, uint16_t *port)
{
	uint32_t status;
	uint16_t high;

	return ph_cur_u32(c, &status) && ph_cur_u16(c, &high) && ph_cur_u16(c, port) && status == 0 && high == 0;
}

/* An acknowledgement without data is no answer yet. */
static enum ph_help sane_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	const struct ph_tuple *asked = &in->tuple[PH_ORIG];
	struct sane_state *state = in->state;
	struct ph_cur c = in->payload;
	struct ph_finding *f;
	uint16_t port;

	if (!in->established || ph_cur_left(&c) == 0)
		return PH_HELP_ACCEPT;
	if (in->dir == PH_ORIG) {
		read_request(c, state);
		return PH_HELP_ACCEPT;
	}
	if (!state->started)
		return PH_HELP_ACCEPT;
	state->started = false;
	if (!read_reply(&c, &port))
		return PH_HELP_ACCEPT;
	f = ph_out_add(out, PH_FIND_EXPECT);
	if (!f)
		return PH_HELP_DROP;
	f->if_refused = PH_HELP_DROP;
	f->len = (uint32_t)(c.at - in->payload.at);
	f->spot_len = sizeof(port);
	f->spot_at = f->len - f->spot_len;
	f->want.tuple.family = in->family;
	f->want.tuple.proto = PH_PROTO_TCP;
	f->want.tuple.dst = asked->dst;
	f->want.tuple.dport = port;
	ph_want_from(&f->want, in->family, &asked->src);
	return PH_HELP_ACCEPT;
}

/* Bytes of a bool that is neither may not even be read as one. */
static bool sane_state_ok(const void *state)
{
	uint8_t started;

	memcpy(&started, state, sizeof(started));
	return started <= 1;
}
_Static_assert(sizeof(struct sane_state) == 1, "the byte looked at is all of it");

static const struct ph_contract sane_contract[] = {
	{ .src = PH_MAY_PEER, .sport = PH_MAY_ANY, .dst = PH_MAY_PEER, .dport = PH_MAY_PAYLOAD, .protos = PH_CONTRACT_TCP },
	{ .ends = true },
};

const struct ph_helper ph_helper_sane = {
	.name = "sane", .module = "nf_conntrack_sane", .what = "SANE network scanning",
	.families = 3, .protos = PH_CONTRACT_TCP, .port = 6566, .has_ports = true, .port_names = true,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 1, 300 } },
	.contract = sane_contract, .inspect = sane_inspect, .state_ok = sane_state_ok,
};
