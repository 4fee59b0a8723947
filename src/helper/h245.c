/* H.245: the call control channel of H.323, always the child of a call signalling connection. Each side names the addresses it
 * wants media at. Followed is Linux 6.18, decoder and all; h323/ has what the three H.323 helpers share. */
#include "helper/h323/h323.h"
#include "helper/list.h"

static void read_message(struct ph_h323_asking *ask, const struct ph_h323_said *said)
{
	ph_h323_open_control(ask, said->note, said->n);
}

static enum ph_help h245_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	const struct ph_h323_rules *rules = ph_h323_rules_of(in->profile);
	struct ph_h323_channel_state *state = in->state;
	struct ph_h323_tpkts segment = { .rest = in->payload, .remembered = &state->promised[in->dir] };
	struct ph_h323_asking ask = { .in = in, .out = out };
	struct ph_h323_said said;

	if (!in->established)
		return PH_HELP_ACCEPT;
	while (ph_h323_tpkt_next(&segment, &ask.message) && ph_h323_decode(rules, &ph_h323_control_message, ask.message, &said))
		read_message(&ask, &said);
	return PH_HELP_ACCEPT;
}

static const struct ph_contract h245_contract[] = {
	H323_MEDIA_ROW,
	H323_T120_ROW,
	{ .ends = true },
};

/* Reads TCP, but the reference registers the name for UDP (checked on 6.18): `-p udp` finds it, `-p tcp` does not. */
const struct ph_helper ph_helper_h245 = {
	.name = "H.245", .module = "nf_conntrack_h323", .what = "H.323 call control (H.245), a child of Q.931",
	.families = 3, .protos = PH_CONTRACT_UDP,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 18, 240 } },
	.option = ph_h323_option, .contract = h245_contract, .inspect = h245_inspect,
};
