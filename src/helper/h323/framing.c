/* TPKT and Q.931, see framing.h. */
#include "helper/h323/framing.h"

#define TPKT_HEADER 4
#define TPKT_VERSION 0x0300             /* version 3, an octet that is reserved */

#define Q931_PROTOCOL 0x08
#define Q931_USER_USER 0x7e
#define Q931_SINGLE_OCTET 0x80          /* elements that have no length */

/* What a header promised: the message begins with the segment and is as long as it said. */
static bool take_promised(struct ph_h323_tpkts *t, struct ph_cur *message)
{
	uint32_t promised = *t->remembered;

	*t->remembered = 0;
	return promised > 0 && ph_cur_sub(&t->rest, promised, message);
}

bool ph_h323_tpkt_next(struct ph_h323_tpkts *t, struct ph_cur *message)
{
	struct ph_cur ahead = t->rest;
	bool first = !t->begun;
	uint16_t version, len;

	t->begun = true;
	if (ph_cur_left(&ahead) == 0) {         /* also a bare acknowledgement (checked on 6.18) */
		*t->remembered = 0;
		return false;
	}
	if (!ph_cur_u16(&ahead, &version) || !ph_cur_u16(&ahead, &len) || version != TPKT_VERSION)
		return first && take_promised(t, message);
	*t->remembered = 0;
	if (len < TPKT_HEADER || (!first && ph_cur_left(&ahead) == 0))
		return false;
	if (!ph_cur_sub(&ahead, (size_t)len - TPKT_HEADER, message)) {
		if (first && ph_cur_left(&ahead) == 0)
			*t->remembered = (uint32_t)len - TPKT_HEADER;
		return false;
	}
	t->rest = ahead;
	return true;
}

/* Behind the discriminator: call reference and message type. */
static bool skip_header(struct ph_cur *c)
{
	uint8_t protocol, reference_len, next;

	if (!ph_cur_u8(c, &protocol) || protocol != Q931_PROTOCOL || !ph_cur_u8(c, &reference_len) ||
	    !ph_cur_skip(c, reference_len) || !ph_cur_skip(c, 1))
		return false;
	/* Here an element of one octet is known as such under either rule. */
	return !ph_cur_peek(c, 0, &next) || !(next & Q931_SINGLE_OCTET) || ph_cur_skip(c, 1);
}

enum ph_h323_q931 ph_h323_q931_read(const struct ph_h323_rules *rules, struct ph_cur message, struct ph_cur *user)
{
	struct ph_cur c = message;
	uint8_t id, len;
	uint16_t user_len;

	if (!skip_header(&c))
		return H323_Q931_BROKEN;
	while (ph_cur_u8(&c, &id)) {
		if (id == Q931_USER_USER) {
			/* The protocol discriminator of the element is not looked at. */
			if (!ph_cur_u16(&c, &user_len) || !ph_cur_sub(&c, user_len, user) || !ph_cur_skip(user, 1) ||
			    ph_cur_left(user) == 0)
				return H323_Q931_BROKEN;
			return H323_Q931_FOUND;
		}
		if (id & Q931_SINGLE_OCTET && !rules->single_octets_have_length)
			continue;
		if (!ph_cur_u8(&c, &len) || !ph_cur_skip(&c, len))
			return H323_Q931_BROKEN;
	}
	return rules->none_is_broken ? H323_Q931_BROKEN : H323_Q931_NONE;
}
