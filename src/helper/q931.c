/* Q.931: the call signalling of H.323 (H.225.0). Its messages name the H.245 channel, the media of a fast start, H.245 messages
 * that came through the tunnel, and where a call is forwarded to. Followed is Linux 6.18; h323/ has what the three H.323 helpers
 * share. */
#include "helper/h323/h323.h"
#include "helper/list.h"
#include "helper/registry.h"

/* What findings of a message are called. */
struct names {
	const char *h245_address;
	struct ph_h323_channel_names fast;
};

#define NAMES(message) { \
	.h245_address = message ".h245Address", \
	.fast = { message ".fastStart.mediaChannel", message ".fastStart.mediaControlChannel", message ".fastStart.separateStack" } }

static const struct names names[H323_MESSAGES] = {
	[H323_SETUP] = NAMES("setup"),
	[H323_CALL_PROCEEDING] = NAMES("callProceeding"),
	[H323_CONNECT] = NAMES("connect"),
	[H323_ALERTING] = NAMES("alerting"),
	[H323_FACILITY] = NAMES("facility"),
	[H323_PROGRESS] = NAMES("progress"),
};

static void open_h245(struct ph_h323_asking *ask, const struct ph_h323_note *note, const char *because)
{
	struct ph_h323_place place;
	struct ph_finding *f;

	if (!ph_h323_place_of(ask, note, &place) || !ph_h323_is_own(ask, &place, because))
		return;
	f = ph_h323_expect(ask, &place, PH_PROTO_TCP, because);
	if (!f)
		return;
	ph_h323_to_own(ask, f);
	f->want.child_helper = ph_helper_number(&ph_helper_h245);
}

/* The peer shall call somebody else, who may be anywhere. With the filter, not where a router between the two does not see it. */
static void forward(struct ph_h323_asking *ask, const struct ph_h323_note *note)
{
	static const char because[] = "facility.alternativeAddress (callForwarded)";
	const struct ph_helper_in *in = ask->in;
	const struct ph_addr *peer = &in->tuple[!in->dir].src;
	struct ph_h323_place place;
	struct ph_finding *f;

	if (!ph_h323_place_of(ask, note, &place))
		return;
	if (place.port == 0) {
		f = ph_out_add(ask->out, PH_FIND_REFUSED);
		if (!f)
			return;
		f->refusal = PH_REFUSAL_PORT;
		f->because = because;
		f->spot_at = place.spot_at;
		f->spot_len = place.spot_len;
		return;
	}
	if (in->option[H323_OPTION_FORWARD_FILTER] && in->world->same_side(in->world->arg, in->family, &place.addr, peer))
		return;
	f = ph_h323_expect(ask, &place, PH_PROTO_TCP, because);
	if (f)
		f->want.child_helper = ph_helper_number(&ph_helper_q931);
}

/* How many notes from the first on are of the same channel. */
static uint32_t item_len(const struct ph_h323_note *note, uint32_t n)
{
	uint32_t len = 1;

	while (len < n && note[len].item == note[0].item)
		len++;
	return len;
}

/* In the order of the message. One that forwards the call says nothing else that counts, but for the tunnel. */
static void read_message(struct ph_h323_asking *ask, const struct ph_h323_said *said)
{
	const struct names *called = &names[said->message];
	bool forwards = false;
	uint32_t len;

	for (uint32_t i = 0; i < said->n; i++)
		forwards = forwards || (said->note[i].marks & H323_REASON && said->note[i].marks & H323_FACT);
	for (uint32_t i = 0; i < said->n; i += len) {
		const struct ph_h323_note *note = &said->note[i];

		len = note->item ? item_len(note, said->n - i) : 1;
		if (note->marks & H323_TUNNELLED)
			ph_h323_open_control(ask, note, len);
		else if (note->marks & H323_ALTERNATIVE && forwards)
			forward(ask, note);
		else if (note->marks & H323_H245_ADDRESS && !forwards)
			open_h245(ask, note, called->h245_address);
		else if (note->marks & H323_FAST_START && !forwards)
			ph_h323_open_channel(ask, note, len, &called->fast);
	}
}

static enum ph_help q931_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	const struct ph_h323_rules *rules = ph_h323_rules_of(in->profile);
	struct ph_h323_channel_state *state = in->state;
	struct ph_h323_tpkts segment = { .rest = in->payload, .remembered = &state->promised[in->dir] };
	struct ph_h323_asking ask = { .in = in, .out = out };
	enum ph_h323_q931 has;
	struct ph_cur tpkt;
	struct ph_h323_said said;

	if (!in->established)
		return PH_HELP_ACCEPT;
	while (ph_h323_tpkt_next(&segment, &tpkt)) {
		has = ph_h323_q931_read(rules, tpkt, &ask.message);
		if (has == H323_Q931_NONE)
			continue;
		if (has == H323_Q931_BROKEN || !ph_h323_decode(rules, &ph_h323_user_information, ask.message, &said))
			break;
		read_message(&ask, &said);
	}
	return PH_HELP_ACCEPT;
}

static const struct ph_contract q931_contract[] = {
	{ H323_FROM_PEER, H323_TO_PEER, .protos = PH_CONTRACT_TCP, .child = &ph_helper_h245 },
	{ H323_FROM_PEER, H323_TO_PAYLOAD, .protos = PH_CONTRACT_TCP, .child = &ph_helper_q931 },
	H323_MEDIA_ROW,
	H323_T120_ROW,
	{ .ends = true },
};

const struct ph_helper ph_helper_q931 = {
	.name = "Q.931", .module = "nf_conntrack_h323", .what = "H.323 call signalling (Q.931, H.225.0)",
	.families = 3, .protos = PH_CONTRACT_TCP, .port = 1720,
	.acts = PH_ACTS(PH_FIND_EXPECT), .policy = { { 20, 240 } },
	.option = ph_h323_option, .contract = q931_contract, .inspect = q931_inspect,
};
