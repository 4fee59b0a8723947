/* From notes to findings, for all three channels; see h323.h. */
#include "helper/h323/h323.h"

const struct ph_helper_option ph_h323_option[] = {
	[H323_OPTION_TTL] = { .name = "default_rrq_ttl", .value = 300, .min = 0, .max = UINT32_MAX,
		.what = "seconds a registration without timeToLive lives" },
	[H323_OPTION_GK_ROUTED] = { .name = "gkrouted_only", .value = 1, .min = 0, .max = 1,
		.what = "only the gatekeeper may call" },
	[H323_OPTION_FORWARD_FILTER] = { .name = "callforward_filter", .value = 1, .min = 0, .max = 1, .is_bool = true,
		.what = "no forwarding to the caller's own side" },
	{ .name = NULL },
};

const struct ph_h323_rules *ph_h323_rules_of(enum ph_profile profile)
{
	return profile == PH_PROFILE_STRICT ? &ph_h323_rules_standard : &ph_h323_rules_kernel;
}

bool ph_h323_place_of(const struct ph_h323_asking *ask, const struct ph_h323_note *note, struct ph_h323_place *place)
{
	uint32_t len = note->marks & H323_IP6 ? 16 : 4;
	uint8_t family = note->marks & H323_IP6 ? PH_IPV6 : PH_IPV4;
	struct ph_cur c = ask->message;

	if (!(note->marks & (H323_IP4 | H323_IP6)) || family != ask->in->family)
		return false;
	*place = (struct ph_h323_place){ .spot_at = (uint32_t)(c.at - ask->in->payload.at) + note->value, .spot_len = len + 2 };
	return ph_cur_skip(&c, note->value) && ph_cur_bytes(&c, place->addr.b, len) && ph_cur_u16(&c, &place->port);
}

static void fill(struct ph_finding *f, const struct ph_h323_place *place, const char *because)
{
	f->spot_at = place->spot_at;
	f->spot_len = place->spot_len;
	f->because = because;
}

struct ph_finding *ph_h323_expect(struct ph_h323_asking *ask, const struct ph_h323_place *place, uint8_t proto, const char *because)
{
	const struct ph_helper_in *in = ask->in;
	struct ph_finding *f = ph_out_add(ask->out, PH_FIND_EXPECT);

	if (!f)
		return NULL;
	fill(f, place, because);
	f->if_refused = PH_HELP_DROP;
	f->want.tuple.family = in->family;
	f->want.tuple.proto = proto;
	f->want.tuple.dst = place->addr;
	f->want.tuple.dport = place->port;
	ph_want_from(&f->want, in->family, &in->tuple[!in->dir].src);
	return f;
}

void ph_h323_to_own(const struct ph_h323_asking *ask, struct ph_finding *f)
{
	f->want.tuple.dst = ask->in->tuple[!ask->in->dir].dst;
}

bool ph_h323_is_own(struct ph_h323_asking *ask, const struct ph_h323_place *place, const char *because)
{
	bool own = ph_addr_equal(&place->addr, &ask->in->tuple[ask->in->dir].src);
	struct ph_finding *f;

	if (own && place->port != 0)
		return true;
	f = ph_out_add(ask->out, PH_FIND_REFUSED);
	if (f) {
		fill(f, place, because);
		f->refusal = own ? PH_REFUSAL_PORT : PH_REFUSAL_ADDRESS;
	}
	return false;
}

/* RTP on the even port and RTCP on the odd one, whichever of the two was named. They stand or fall together. */
static void open_media(struct ph_h323_asking *ask, const struct ph_h323_place *place, const char *because)
{
	struct ph_finding *f;

	if (ask->out->n + 2 > PH_FINDINGS) {
		ask->out->lost += 2;
		return;
	}
	ask->group = (uint8_t)(ask->group % UINT8_MAX + 1);
	for (unsigned odd = 0; odd < 2; odd++) {
		f = ph_h323_expect(ask, place, PH_PROTO_UDP, because);
		if (!f)
			return;
		ph_h323_to_own(ask, f);
		f->group = ask->group;
		f->want.tuple.dport = (uint16_t)((place->port & ~1u) | odd);
	}
}

static void open_stack(struct ph_h323_asking *ask, const struct ph_h323_place *place, const char *because)
{
	struct ph_finding *f = ph_h323_expect(ask, place, PH_PROTO_TCP, because);

	if (!f)
		return;
	ph_h323_to_own(ask, f);
	f->want.flags = PH_EXPECT_PERMANENT;
}

static bool says(const struct ph_h323_note *note, uint32_t n, uint32_t marks)
{
	for (uint32_t i = 0; i < n; i++)
		if ((note[i].marks & marks) == marks)
			return true;
	return false;
}

void ph_h323_open_channel(struct ph_h323_asking *ask, const struct ph_h323_note *note, uint32_t n,
                          const struct ph_h323_channel_names *names)
{
	struct ph_h323_place place;
	const char *because;

	for (uint32_t i = 0; i < n; i++) {
		because = note[i].marks & H323_MEDIA ? names->media : names->control;
		if (note[i].marks & (H323_MEDIA | H323_CONTROL) && ph_h323_place_of(ask, &note[i], &place) &&
		    ph_h323_is_own(ask, &place, because))
			open_media(ask, &place, because);
	}
	/* The answer does not say what runs in the channel, and is not asked. */
	if (!says(note, n, H323_T120 | H323_FACT) && !says(note, n, H323_CHANNEL_ACK))
		return;
	for (uint32_t i = 0; i < n; i++)
		if (note[i].marks & H323_STACK && ph_h323_place_of(ask, &note[i], &place) && ph_h323_is_own(ask, &place, names->stack))
			open_stack(ask, &place, names->stack);
}

#define CHANNEL_NAMES(message) { message ".mediaChannel", message ".mediaControlChannel", message ".separateStack" }

void ph_h323_open_control(struct ph_h323_asking *ask, const struct ph_h323_note *note, uint32_t n)
{
	static const struct ph_h323_channel_names request = CHANNEL_NAMES("openLogicalChannel");
	static const struct ph_h323_channel_names ack = CHANNEL_NAMES("openLogicalChannelAck");

	ph_h323_open_channel(ask, note, n, says(note, n, H323_CHANNEL_ACK) ? &ack : &request);
}
