/* sip: a phone registers where it can be called, and calls name the ports of their media. RFC 3261, RFC 3264, RFC 4566.
 * Followed here is Linux 6.18 (spec of helpers 1): a datagram is one message, a TCP segment any number of whole ones.
 *
 *   sip.c          segments, messages, methods, registration
 *   sip/media.c    session descriptions
 *   sip/lex.c      words, header fields, addresses */
#include "helper/sip/message.h"
#include "helper/list.h"

#define SHORTEST 11             /* bytes of "SIP/2.0 200": less is no message */
#define VERSION "SIP/2.0 "
#define METHODS (sizeof(methods) / sizeof(methods[0]))

/* Lifetimes are multiplied by the timer's ticks a second in 32 bits (checked on 6.18: 250 of them). */
#define TICKS 250u

static uint32_t seconds(uint32_t asked)
{
	return asked * TICKS / TICKS;
}

/* --- what is reported --- */

/* Where in the payload, whose part this is. */
static uint32_t offset_in(const struct ph_helper_in *in, const uint8_t *at)
{
	return (uint32_t)(at - in->payload.at);
}

struct ph_finding *ph_sip_add(const struct ph_sip_message *message, enum ph_find_kind kind, struct ph_cur shown)
{
	struct ph_finding *f = ph_out_add(message->out, kind);
	struct ph_cur call;

	if (!f)
		return NULL;
	f->because = message->because;
	f->at = offset_in(message->in, shown.at);
	f->len = (uint32_t)ph_cur_left(&shown);
	if (ph_sip_first(message->text, PH_SIP_CALL_ID, &call)) {
		f->call_at = offset_in(message->in, call.at);
		f->call_len = (uint32_t)ph_cur_left(&call);
	}
	return f;
}

void ph_sip_refuse(const struct ph_sip_message *message, enum ph_refusal refusal, struct ph_cur shown)
{
	struct ph_finding *f = ph_sip_add(message, PH_FIND_REFUSED, shown);

	if (f)
		f->refusal = refusal;
}

/* A message that cannot be understood, where the reference then drops it. */
static enum ph_help broken(const struct ph_sip_message *message)
{
	ph_sip_refuse(message, PH_REFUSAL_PARTIAL, ph_sip_line(message->text));
	return PH_HELP_DROP;
}

/* The finding that was added last, if it is of this kind. */
static struct ph_finding *last_of(struct ph_helper_out *out, enum ph_find_kind kind)
{
	return out->n > 0 && out->found[out->n - 1].kind == kind ? &out->found[out->n - 1] : NULL;
}

/* Remembers a CSeq number, if all that was found before it is done. */
static enum ph_help remember(const struct ph_sip_message *message, uint8_t word)
{
	struct ph_finding *f = last_of(message->out, PH_FIND_STATE);

	/* Many small messages in a segment must not fill the list. */
	if (!f || f->word != word)
		f = ph_out_add(message->out, PH_FIND_STATE);
	if (!f)
		return PH_HELP_DROP;
	f->word = word;
	f->value = message->memory->cseq[word] = message->cseq;
	return PH_HELP_ACCEPT;
}

/* What cannot be closed for want of room does not pass. */
static enum ph_help close_classes(const struct ph_sip_message *message, uint8_t first, uint8_t last)
{
	struct ph_finding *f = ph_sip_add(message, PH_FIND_REMOVE, ph_sip_line(message->text));

	if (!f)
		return PH_HELP_DROP;
	f->want.class_ = first;
	f->last_class = last;
	return PH_HELP_ACCEPT;
}

static enum ph_help close_media(const struct ph_sip_message *message)
{
	/* Closed by an earlier message of the segment, and nothing opened since. */
	if (message->memory->media_closed)
		return PH_HELP_ACCEPT;
	message->memory->media_closed = true;
	return close_classes(message, PH_SIP_AUDIO, PH_SIP_IMAGE);
}

static enum ph_help close_contact(const struct ph_sip_message *message)
{
	return close_classes(message, PH_SIP_SIGNALLING, PH_SIP_SIGNALLING);
}

/* --- calls --- */

static enum ph_help invited(const struct ph_sip_message *message)
{
	enum ph_help verdict = close_media(message);

	if (verdict == PH_HELP_ACCEPT)
		verdict = ph_sip_read_media(message);
	return verdict == PH_HELP_ACCEPT ? remember(message, PH_SIP_INVITE_CSEQ) : verdict;
}

/* To INVITE, UPDATE or PRACK. */
static enum ph_help call_answered(const struct ph_sip_message *message)
{
	if (message->code >= 100 && message->code <= 299)
		return ph_sip_read_media(message);
	return message->cseq == message->memory->cseq[PH_SIP_INVITE_CSEQ] ? close_media(message) : PH_HELP_ACCEPT;
}

/* --- registration --- */

/* A contact, the message it stands in, and what its parameters say. */
struct contact {
	const struct ph_sip_message *message;
	struct ph_sip_contacts all;
	struct ph_sip_contact one;
	uint32_t lifetime_s;            /* its own, or that of the message */
};

/* Expires: of the message; 0 without. */
static uint32_t expires_of(const struct ph_sip_message *message)
{
	struct ph_cur value;
	uint32_t number = 0;

	if (!ph_sip_first(message->text, PH_SIP_EXPIRES, &value) || !ph_sip_number(&value, &number))
		return 0;
	return number;
}

/* The entry, for people. */
static struct ph_cur shown(const struct contact *contact)
{
	return ph_sip_line((struct ph_cur){ contact->one.begin, contact->message->text.end });
}

/* Is the transport that an entry names, if it names one, that of this connection? */
static bool same_transport(struct contact *contact)
{
	uint8_t proto = contact->message->in->tuple[PH_ORIG].proto;
	struct ph_cur word;

	if (!ph_sip_parameter(&contact->all, "transport=", &word))
		return true;
	return ph_cur_word_nocase(&word, proto == PH_PROTO_TCP ? "TCP" : "UDP", 3);
}

/* False: there is a parameter "expires=", but no number in it. */
static bool read_lifetime(struct contact *contact)
{
	struct ph_cur word;

	return !ph_sip_parameter(&contact->all, "expires=", &word) || ph_sip_number(&word, &contact->lifetime_s);
}

/* What a registered contact will be called at. */
static struct ph_expect_want call_to(const struct contact *contact)
{
	const struct ph_helper_in *in = contact->message->in;
	struct ph_expect_want want = { .class_ = PH_SIP_SIGNALLING, .child_helper = in->helper, .tag = contact->one.port };

	want.tuple = (struct ph_tuple){
		.dst = contact->one.addr, .dport = contact->one.port, .proto = in->tuple[PH_ORIG].proto, .family = in->family,
	};
	want.flags = PH_EXPECT_PERMANENT | PH_EXPECT_INACTIVE;
	if (in->option[PH_SIP_DIRECT_SIGNALLING])
		ph_want_from(&want, in->family, &in->tuple[!in->dir].src);
	return want;
}

static enum ph_help expect_calls(const struct contact *contact)
{
	struct ph_finding *f = ph_sip_add(contact->message, PH_FIND_EXPECT, shown(contact));

	if (!f)
		return PH_HELP_DROP;
	f->if_refused = PH_HELP_DROP;
	f->spot_at = offset_in(contact->message->in, contact->one.text.at);
	f->spot_len = (uint32_t)ph_cur_left(&contact->one.text);
	f->want = call_to(contact);
	return remember(contact->message, PH_SIP_REGISTER_CSEQ);
}

/* RFC 3261 10.2. The way is opened when the registrar agrees. */
static enum ph_help registering(const struct ph_sip_message *message)
{
	const struct ph_helper_in *in = message->in;
	struct contact contact = {
		.message = message, .all = ph_sip_contacts_of(message->text, in->family), .lifetime_s = expires_of(message),
	};

	if (in->expected || !ph_sip_next_contact(&contact.all, &contact.one))
		return PH_HELP_ACCEPT;
	if (!ph_addr_equal(&contact.one.addr, &in->tuple[in->dir].src)) {
		ph_sip_refuse(message, PH_REFUSAL_ADDRESS, shown(&contact));
		return PH_HELP_ACCEPT;
	}
	if (!same_transport(&contact))
		return PH_HELP_ACCEPT;
	if (!read_lifetime(&contact))
		return broken(message);
	if (contact.all.work == 0)
		return PH_HELP_ACCEPT;
	/* Lifetime 0 ends a registration: what is open is closed when the registrar agrees. */
	if (contact.lifetime_s == 0)
		return remember(message, PH_SIP_REGISTER_CSEQ);
	return expect_calls(&contact);
}

/* The registrar's word on one contact that is this phone's. */
static enum ph_help activate(const struct contact *contact)
{
	struct ph_finding *f = ph_sip_add(contact->message, PH_FIND_ACTIVATE, shown(contact));

	if (!f)
		return PH_HELP_DROP;
	f->want.class_ = PH_SIP_SIGNALLING;
	f->want.tag = contact->one.port;
	f->timeout_s = seconds(contact->lifetime_s);
	return PH_HELP_ACCEPT;
}

/* The registrar lists all contacts it holds: is one that was asked for here among them? */
static enum ph_help registered(const struct ph_sip_message *message)
{
	const struct ph_helper_in *in = message->in;
	const uint32_t lifetime_s = expires_of(message);
	struct contact contact = { .message = message, .all = ph_sip_contacts_of(message->text, in->family) };

	while (ph_sip_next_contact(&contact.all, &contact.one)) {
		const struct ph_expect_want want = call_to(&contact);

		contact.lifetime_s = lifetime_s;
		if (!ph_addr_equal(&contact.one.addr, &in->tuple[in->dir].dst) || !same_transport(&contact))
			continue;
		if (!read_lifetime(&contact))
			return broken(message);
		if (contact.lifetime_s == 0 || contact.all.work == 0)
			break;
		if (in->world->held_here(in->world->arg, &want))
			return activate(&contact);
	}
	return close_contact(message);
}

static enum ph_help register_answered(const struct ph_sip_message *message)
{
	if (message->cseq != message->memory->cseq[PH_SIP_REGISTER_CSEQ] || (message->code >= 100 && message->code <= 199))
		return PH_HELP_ACCEPT;
	return message->code >= 200 && message->code <= 299 ? registered(message) : close_contact(message);
}

/* --- messages --- */

/* What is followed. Requests and responses of other methods pass unread. */
static const struct {
	const char *name, *answer;      /* of a request, and of responses to it, for people */
	enum ph_help (*request)(const struct ph_sip_message *message);
	enum ph_help (*response)(const struct ph_sip_message *message);
} methods[] = {
	{ "INVITE", "answer to INVITE", invited, call_answered },
	{ "UPDATE", "answer to UPDATE", ph_sip_read_media, call_answered },
	{ "ACK", NULL, ph_sip_read_media, NULL },
	{ "PRACK", "answer to PRACK", ph_sip_read_media, call_answered },
	{ "BYE", NULL, close_media, NULL },
	{ "REGISTER", "answer to REGISTER", registering, register_answered },
};

/* CSeq (RFC 3261 20.16): its number, and the text from one byte behind it on. */
static bool read_cseq(struct ph_sip_message *message, struct ph_cur *method)
{
	struct ph_cur value;

	if (!ph_sip_first(message->text, PH_SIP_CSEQ, &value))
		return false;
	*method = (struct ph_cur){ value.end, message->text.end };
	if (!ph_cur_skip(method, 1))
		method->at = method->end;
	return ph_sip_number(&value, &message->cseq);
}

/* Does a request of this method stand here: the word, one blank, a letter? */
static bool is_request(struct ph_cur text, const char *method)
{
	uint8_t b;

	return ph_cur_word_nocase(&text, method, strlen(method)) && ph_cur_byte(&text, ' ') && ph_cur_u8(&text, &b) &&
	       ph_sip_is_letter(b);
}

static enum ph_help read_request(struct ph_sip_message *message)
{
	struct ph_cur unused;

	for (size_t i = 0; i < METHODS; i++) {
		if (!is_request(message->text, methods[i].name))
			continue;
		message->because = methods[i].name;
		return read_cseq(message, &unused) ? methods[i].request(message) : broken(message);
	}
	return PH_HELP_ACCEPT;
}

/* code: the text behind the version. */
static enum ph_help read_response(struct ph_sip_message *message, struct ph_cur code)
{
	struct ph_cur method;

	message->because = "response";
	if (!ph_sip_number(&code, &message->code) || message->code == 0 || !read_cseq(message, &method))
		return broken(message);
	for (size_t i = 0; i < METHODS; i++) {
		struct ph_cur word = method;

		if (!methods[i].response || !ph_cur_word_nocase(&word, methods[i].name, strlen(methods[i].name)))
			continue;
		message->because = methods[i].answer;
		return methods[i].response(message);
	}
	return PH_HELP_ACCEPT;
}

static enum ph_help read_message(const struct ph_helper_in *in, struct ph_cur text, struct ph_sip_memory *memory,
                                 struct ph_helper_out *out)
{
	struct ph_sip_message message = { .in = in, .out = out, .text = text, .memory = memory };
	struct ph_cur c = text;

	if (ph_cur_word_nocase(&c, VERSION, sizeof(VERSION) - 1))
		return ph_cur_left(&text) < SHORTEST ? PH_HELP_ACCEPT : read_response(&message, c);
	return read_request(&message);
}

/* --- segments --- */

/* To behind the empty line that ends the header (RFC 3261 7). */
static bool skip_header(struct ph_cur *c)
{
	while (ph_cur_find(c, '\r')) {
		if (ph_cur_word(c, "\r\n\r\n", 4))
			return true;
		c->at++;
	}
	return false;
}

/* Takes the message at the beginning of a segment off, as Content-Length says (RFC 3261 18.3). */
static bool take_message(struct ph_cur *segment, struct ph_cur *message)
{
	struct ph_cur length, body;
	uint32_t len;

	if (!ph_sip_first(*segment, PH_SIP_CONTENT_LENGTH, &length) || !ph_sip_number(&length, &len))
		return false;
	body = (struct ph_cur){ length.end, segment->end };
	if (!skip_header(&body) || !ph_cur_skip(&body, len))
		return false;
	*message = (struct ph_cur){ segment->at, body.at };
	segment->at = body.at;
	return true;
}

static enum ph_help read_segment(const struct ph_helper_in *in, struct ph_sip_memory *memory,
                                 struct ph_helper_out *out)
{
	enum ph_help verdict = PH_HELP_ACCEPT;
	struct ph_cur segment = in->payload, message;

	while (verdict == PH_HELP_ACCEPT && take_message(&segment, &message))
		verdict = read_message(in, message, memory, out);
	return verdict;
}

static enum ph_help sip_inspect(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	bool is_tcp = in->tuple[PH_ORIG].proto == PH_PROTO_TCP;
	struct ph_sip_memory memory = { .media_closed = false };
	struct ph_finding *f;

	if (ph_cur_left(&in->payload) == 0 || (is_tcp && !in->established))
		return PH_HELP_ACCEPT;
	memcpy(memory.cseq, in->state, sizeof(memory.cseq));
	f = ph_out_add(out, PH_FIND_MASTER_TIMEOUT);
	if (f)
		f->timeout_s = seconds(in->option[PH_SIP_TIMEOUT]);
	if (ph_cur_left(&in->payload) < SHORTEST)
		return PH_HELP_ACCEPT;
	return is_tcp ? read_segment(in, &memory, out) : read_message(in, in->payload, &memory, out);
}

/* --- declaration --- */

static const struct ph_helper_option sip_option[] = {
	[PH_SIP_TIMEOUT] = { .name = "sip_timeout", .value = 3600, .min = 0, .max = UINT32_MAX,
		.what = "seconds the connection lives after a message" },
	[PH_SIP_DIRECT_SIGNALLING] = { .name = "sip_direct_signalling", .value = 1, .min = 0, .max = 1,
		.what = "only the registrar may call" },
	[PH_SIP_DIRECT_MEDIA] = { .name = "sip_direct_media", .value = 1, .min = 0, .max = 1,
		.what = "media only between the ends of the signalling" },
	[PH_SIP_EXTERNAL_MEDIA] = { .name = "sip_external_media", .value = 0, .min = 0, .max = 1,
		.what = "no expectation for media that stays outside" },
	{ .name = NULL },
};

#define FROM_PEER .src = PH_MAY_PEER, .sport = PH_MAY_ANY
#define FROM_ANY .src = PH_MAY_ANY, .sport = PH_MAY_ANY
#define TO_PEER .dst = PH_MAY_PEER, .dport = PH_MAY_PAYLOAD
#define TO_PAYLOAD .dst = PH_MAY_PAYLOAD, .dport = PH_MAY_PAYLOAD
#define WHEN(number, is) .option = (number) + 1, .value = (is)

#define CONTACT .class_ = PH_SIP_SIGNALLING, TO_PEER, .min_dport = 1024, .protos = PH_CONTRACT_SAME, \
	.flags = PH_EXPECT_PERMANENT | PH_EXPECT_INACTIVE, .child = &ph_helper_sip
#define MEDIA(c) .class_ = (c), .min_dport = 1024, .protos = PH_CONTRACT_UDP
#define DIRECT .when = "sip_direct_media=1", WHEN(PH_SIP_DIRECT_MEDIA, 1), FROM_PEER, TO_PEER
#define OPEN .when = "sip_direct_media=0", WHEN(PH_SIP_DIRECT_MEDIA, 0), FROM_ANY, TO_PAYLOAD

static const struct ph_contract sip_contract[] = {
	{ .when = "sip_direct_signalling=1", WHEN(PH_SIP_DIRECT_SIGNALLING, 1), FROM_PEER, CONTACT },
	{ .when = "sip_direct_signalling=0", WHEN(PH_SIP_DIRECT_SIGNALLING, 0), FROM_ANY, CONTACT },
	{ DIRECT, MEDIA(PH_SIP_AUDIO) },
	{ DIRECT, MEDIA(PH_SIP_VIDEO) },
	{ DIRECT, MEDIA(PH_SIP_IMAGE) },
	{ OPEN, MEDIA(PH_SIP_AUDIO) },
	{ OPEN, MEDIA(PH_SIP_VIDEO) },
	{ OPEN, MEDIA(PH_SIP_IMAGE) },
	{ .ends = true },
};

const struct ph_helper ph_helper_sip = {
	.name = "sip", .module = "nf_conntrack_sip", .what = "SIP and SDP (RFC 3261, RFC 4566)",
	.families = 3, .protos = PH_CONTRACT_UDP | PH_CONTRACT_TCP, .port = 5060, .has_ports = true,
	.acts = PH_ACTS(PH_FIND_EXPECT) | PH_ACTS(PH_FIND_REMOVE) | PH_ACTS(PH_FIND_ACTIVATE) |
	        PH_ACTS(PH_FIND_MASTER_TIMEOUT),
	.class_name = { "signalling", "audio", "video", "image" },
	.policy = { { 1, 180 }, { 4, 180 }, { 4, 180 }, { 2, 180 } },
	.option = sip_option, .contract = sip_contract, .inspect = sip_inspect,
};
