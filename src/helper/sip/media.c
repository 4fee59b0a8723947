/* Session descriptions: the media of a call, a pair of RTP and RTCP each. spec of helpers 1.7; RFC 4566 5.7, 5.14. */
#include "helper/address.h"
#include "helper/sip/message.h"

#define MEDIA_MAX 3             /* that are used of one description */
#define PORT_MIN 1024

static const struct {
	const char *word;
	uint8_t class_;
} kinds[] = {
	{ "audio ", PH_SIP_AUDIO },
	{ "video ", PH_SIP_VIDEO },
	{ "image ", PH_SIP_IMAGE },
};

/* One used media line. */
struct media {
	struct ph_cur line;             /* for people */
	struct ph_cur spot;             /* the port */
	struct ph_addr addr;
	uint32_t port;                  /* as it stands there */
	uint8_t class_;
};

/* Takes letters, a blank and the digits behind it off: what a media line needs to count as one. */
static bool take_media(struct ph_cur *c, struct ph_cur *token)
{
	struct ph_cur at = *c;

	while (ph_cur_left(&at) > 0 && ph_sip_is_letter(*at.at))
		at.at++;
	if (!ph_cur_byte(&at, ' '))
		return false;
	while (ph_cur_left(&at) > 0 && ph_is_digit(*at.at))
		at.at++;
	*token = (struct ph_cur){ c->at, at.at };
	c->at = at.at;
	return true;
}

/* The address of the first c= line from here to the next media line. */
static bool find_address(struct ph_cur from, uint8_t family, struct ph_addr *addr)
{
	return ph_sdp_line(&from, 'c', 'm') && ph_sdp_search(&from, family == PH_IPV4 ? "IN IP4 " : "IN IP6 ") &&
	       ph_text_addr(&from, family, addr);
}

/* RTP on the even port and RTCP on the odd one above it; both or none. */
static enum ph_help expect_pair(const struct ph_sip_message *message, const struct media *media, struct ph_expect_want *want)
{
	/* Not that of the pair in front. */
	uint8_t group = (uint8_t)(1 + message->out->n % UINT8_MAX);

	message->memory->media_closed = false;

	for (uint16_t i = 0; i < 2; i++) {
		struct ph_finding *f = ph_sip_add(message, PH_FIND_EXPECT, media->line);

		if (!f)
			return PH_HELP_DROP;
		want->tuple.dport = (uint16_t)((media->port & ~1u) + i);
		f->group = group;
		f->if_refused = PH_HELP_DROP;
		f->spot_at = (uint32_t)(media->spot.at - message->in->payload.at);
		f->spot_len = (uint32_t)ph_cur_left(&media->spot);
		f->want = *want;
	}
	return PH_HELP_ACCEPT;
}

static enum ph_help expect_media(const struct ph_sip_message *message, const struct media *media)
{
	const struct ph_helper_in *in = message->in;
	const struct ph_addr *speaker = &in->tuple[in->dir].src, *peer = &in->tuple[!in->dir].src;
	struct ph_expect_want want = { .class_ = media->class_, .any_master = true };

	want.tuple = (struct ph_tuple){ .dst = media->addr, .dport = (uint16_t)media->port, .proto = PH_PROTO_UDP, .family = in->family };
	if (in->option[PH_SIP_DIRECT_MEDIA]) {
		if (!ph_addr_equal(&media->addr, speaker)) {
			ph_sip_refuse(message, PH_REFUSAL_ADDRESS, media->line);
			return PH_HELP_ACCEPT;
		}
		ph_want_from(&want, in->family, peer);
	} else if (in->option[PH_SIP_EXTERNAL_MEDIA] && in->world->leaves_here(in->world->arg, in->family, &media->addr)) {
		return PH_HELP_ACCEPT;
	}
	/* Another connection carries the same call and has opened the way. */
	if (in->world->held_elsewhere(in->world->arg, &want))
		return PH_HELP_ACCEPT;
	return expect_pair(message, media, &want);
}

/* Is the media line of a kind that is followed, and not on hold (port 0; RFC 3264 8.4)? */
static bool read_line(struct ph_cur token, struct media *media)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!ph_cur_word(&token, kinds[i].word, strlen(kinds[i].word)))
			continue;
		media->class_ = kinds[i].class_;
		media->spot = token;
		return ph_sip_number(&token, &media->port) && media->port != 0;
	}
	return false;
}

/* A media line that counts. */
static enum ph_help use_line(const struct ph_sip_message *message, struct media *media, const struct ph_addr *session)
{
	struct ph_cur behind = { media->spot.at, message->text.end };
	enum ph_refusal refusal = PH_REFUSAL_NONE;

	if (media->port < PORT_MIN || media->port > UINT16_MAX)
		refusal = PH_REFUSAL_PORT;
	else if (!find_address(behind, message->in->family, &media->addr)) {
		if (session)
			media->addr = *session;
		else
			refusal = PH_REFUSAL_PARTIAL;
	}
	if (refusal == PH_REFUSAL_NONE)
		return expect_media(message, media);
	ph_sip_refuse(message, refusal, media->line);
	return PH_HELP_DROP;
}

enum ph_help ph_sip_read_media(const struct ph_sip_message *message)
{
	struct ph_cur c = message->text, token;
	enum ph_help verdict = PH_HELP_ACCEPT;
	struct ph_addr session;
	bool has_session;

	if (!ph_sdp_line(&c, 'v', 0) || ph_cur_left(&c) == 0 || !ph_is_digit(*c.at))
		return PH_HELP_ACCEPT;
	has_session = find_address(c, message->in->family, &session);
	for (unsigned used = 0; used < MEDIA_MAX && verdict == PH_HELP_ACCEPT && ph_sdp_line(&c, 'm', 0);) {
		struct media media = { .line = ph_sip_line((struct ph_cur){ c.at - 2, c.end }) };

		/* A line that is none ends the description, as in the reference. */
		if (!take_media(&c, &token))
			break;
		if (!read_line(token, &media))
			continue;
		used++;
		verdict = use_line(message, &media, has_session ? &session : NULL);
	}
	return verdict;
}
