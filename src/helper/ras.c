/* RAS: what endpoints and gatekeepers of H.323 arrange with each other (H.225.0, clause 7.7 on): registrations, and to whom a
 * call may go. Followed is Linux 6.18; h323/ has what the three H.323 helpers share. */
#include "helper/h323/h323.h"
#include "helper/list.h"
#include "helper/registry.h"

#define GONE_SOON 30            /* seconds that a connection lives behind an unregistrationRequest */

struct ras_state {
	uint32_t lifetime;              /* seconds, of the registration; 0: none */
	uint32_t port[PH_DIRS];         /* call signalling, as the registrationRequest of that direction named it */
};

enum { WORD_LIFETIME, WORD_PORT };

_Static_assert(sizeof(struct ras_state) == (WORD_PORT + PH_DIRS) * sizeof(uint32_t), "each member is a word of the state");

/* The expectation of a registration is found again only where anybody may call, as in the reference. */
static uint32_t tag_of(enum ph_dir dir, uint32_t port)
{
	return (uint32_t)(dir + 1) << 16 | port;
}

static void set_word(struct ph_helper_out *out, unsigned word, uint32_t value)
{
	struct ph_finding *f = ph_out_add(out, PH_FIND_STATE);

	if (!f)
		return;
	f->word = (uint8_t)word;
	f->value = value;
}

static void set_timeout(struct ph_helper_out *out, uint32_t seconds)
{
	struct ph_finding *f = ph_out_add(out, PH_FIND_MASTER_TIMEOUT);

	if (f)
		f->timeout_s = seconds;
}

static const struct ph_h323_note *find(const struct ph_h323_said *said, uint32_t mark)
{
	for (uint32_t i = 0; i < said->n; i++)
		if (said->note[i].marks & mark)
			return &said->note[i];
	return NULL;
}

/* The gatekeeper answers from another address than it was asked at: there RAS goes on. A child never begins another. */
static void read_gatekeeper_confirm(struct ph_h323_asking *ask, const struct ph_h323_said *said)
{
	const struct ph_tuple *speaker = &ask->in->tuple[ask->in->dir];
	const struct ph_h323_note *note = find(said, H323_RAS_ADDRESS);
	struct ph_h323_place place;
	struct ph_finding *f;

	if (!note || !ph_h323_place_of(ask, note, &place) || ask->in->expected)
		return;
	if (ph_addr_equal(&place.addr, &speaker->src) && place.port == speaker->sport)
		return;
	f = ph_h323_expect(ask, &place, PH_PROTO_UDP, "gatekeeperConfirm.rasAddress");
	if (f)
		f->want.child_helper = ph_helper_number(&ph_helper_ras);
}

/* The first address of the speaker's own. Refusals are told only if there is none. */
static bool find_own(struct ph_h323_asking *ask, const struct ph_h323_said *said, struct ph_h323_place *place)
{
	static const char because[] = "registrationRequest.callSignalAddress";
	uint32_t before = ask->out->n;

	for (uint32_t i = 0; i < said->n; i++) {
		if (!(said->note[i].marks & H323_CALL_SIGNAL) || !ph_h323_place_of(ask, &said->note[i], place))
			continue;
		if (!ph_h323_is_own(ask, place, because))
			continue;
		ask->out->n = before;
		return true;
	}
	return false;
}

static void read_registration_request(struct ph_h323_asking *ask, const struct ph_h323_said *said)
{
	const struct ph_helper_in *in = ask->in;
	const struct ph_h323_note *lifetime = find(said, H323_TIME_TO_LIVE);
	struct ph_h323_place place;
	struct ph_finding *f;

	if (find_own(ask, said, &place)) {
		f = ph_h323_expect(ask, &place, PH_PROTO_TCP, "registrationRequest.callSignalAddress");
		if (!f)
			return;
		ph_h323_to_own(ask, f);
		f->want.flags = PH_EXPECT_PERMANENT;
		f->want.child_helper = ph_helper_number(&ph_helper_q931);
		if (!in->option[H323_OPTION_GK_ROUTED]) {
			f->want.tuple.src = f->want.mask_src = (struct ph_addr){ { 0 } };
			f->want.tag = tag_of(in->dir, place.port);
		}
		set_word(ask->out, WORD_PORT + in->dir, place.port);
	}
	set_word(ask->out, WORD_LIFETIME, lifetime ? lifetime->value : in->option[H323_OPTION_TTL]);
}

static void read_registration_confirm(struct ph_h323_asking *ask, const struct ph_h323_said *said)
{
	const struct ph_helper_in *in = ask->in;
	const struct ph_h323_note *lifetime = find(said, H323_TIME_TO_LIVE);
	struct ras_state *state = in->state;
	struct ph_finding *f;

	if (lifetime)
		state->lifetime = lifetime->value;
	if (state->lifetime == 0)
		return;
	set_timeout(ask->out, state->lifetime);
	f = ph_out_add(ask->out, PH_FIND_RETIME);
	if (!f)
		return;
	f->want.tag = tag_of(!in->dir, state->port[!in->dir]);
	f->timeout_s = state->lifetime;
}

static void read_unregistration_request(struct ph_h323_asking *ask, const struct ph_h323_said *said)
{
	(void)said;
	(void)ph_out_add(ask->out, PH_FIND_REMOVE);
	for (unsigned dir = 0; dir < PH_DIRS; dir++)
		set_word(ask->out, WORD_PORT + dir, 0);
	set_timeout(ask->out, GONE_SOON);
}

/* The asking side may call whom the answer names. */
static void open_call(struct ph_h323_asking *ask, const struct ph_h323_place *place, const char *because)
{
	struct ph_finding *f = ph_h323_expect(ask, place, PH_PROTO_TCP, because);

	if (!f)
		return;
	f->want.flags = PH_EXPECT_PERMANENT;
	f->want.child_helper = ph_helper_number(&ph_helper_q931);
}

static void read_admission_confirm(struct ph_h323_asking *ask, const struct ph_h323_said *said)
{
	const struct ph_h323_note *note = find(said, H323_DEST_CALL_SIGNAL);
	struct ph_h323_place place;

	/* An answer to the side that is called names that side itself. */
	if (note && ph_h323_place_of(ask, note, &place) && !ph_addr_equal(&place.addr, &ask->in->tuple[ask->in->dir].dst))
		open_call(ask, &place, "admissionConfirm.destCallSignalAddress");
}

static void read_location_confirm(struct ph_h323_asking *ask, const struct ph_h323_said *said)
{
	const struct ph_h323_note *note = find(said, H323_CALL_SIGNAL);
	struct ph_h323_place place;

	if (note && ph_h323_place_of(ask, note, &place))
		open_call(ask, &place, "locationConfirm.callSignalAddress");
}

typedef void reader(struct ph_h323_asking *ask, const struct ph_h323_said *said);

static reader *const readers[H323_MESSAGES] = {
	[H323_GCF] = read_gatekeeper_confirm,
	[H323_RRQ] = read_registration_request,
	[H323_RCF] = read_registration_confirm,
	[H323_URQ] = read_unregistration_request,
	[H323_ACF] = read_admission_confirm,
	[H323_LCF] = read_location_confirm,
};

static enum ph_help ras_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	struct ph_h323_asking ask = { .in = in, .out = out, .message = in->payload };
	struct ph_h323_said said;

	if (ph_h323_decode(ph_h323_rules_of(in->profile), &ph_h323_ras_message, in->payload, &said) && readers[said.message])
		readers[said.message](&ask, &said);
	return PH_HELP_ACCEPT;
}

/* A port makes a tag together with its direction: more bits would name the other one's. */
static bool ras_state_ok(const void *bytes)
{
	const struct ras_state *state = bytes;

	return state->port[PH_ORIG] <= UINT16_MAX && state->port[PH_REPLY] <= UINT16_MAX;
}

static const struct ph_contract ras_contract[] = {
	{ .when = "gkrouted_only=1", .option = H323_OPTION_GK_ROUTED + 1, .value = 1, H323_FROM_PEER, H323_TO_PEER,
	  .protos = PH_CONTRACT_TCP, .flags = PH_EXPECT_PERMANENT, .child = &ph_helper_q931 },
	{ .when = "gkrouted_only=0", .option = H323_OPTION_GK_ROUTED + 1, .value = 0, H323_FROM_ANY, H323_TO_PEER,
	  .protos = PH_CONTRACT_TCP, .flags = PH_EXPECT_PERMANENT, .child = &ph_helper_q931 },
	{ H323_FROM_PEER, H323_TO_PAYLOAD, .protos = PH_CONTRACT_TCP, .flags = PH_EXPECT_PERMANENT, .child = &ph_helper_q931 },
	{ H323_FROM_PEER, H323_TO_PAYLOAD, .protos = PH_CONTRACT_UDP, .child = &ph_helper_ras },
	{ .ends = true },
};

const struct ph_helper ph_helper_ras = {
	.name = "RAS", .module = "nf_conntrack_h323", .what = "H.323 gatekeeper (H.225.0 RAS)",
	.families = 3, .protos = PH_CONTRACT_UDP, .port = 1719,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_REMOVE) | PH_ACTS(PH_FIND_RETIME) |
	        PH_ACTS(PH_FIND_MASTER_TIMEOUT),
	.policy = { { 32, 240 } }, .option = ph_h323_option, .contract = ras_contract, .inspect = ras_inspect,
	.state_ok = ras_state_ok,
};
