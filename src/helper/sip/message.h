/* One SIP message while it is read, and what its parts report. Neighbours: helper/sip.c, which reads messages, and
 * helper/sip/media.c, which reads session descriptions. */
#ifndef PH_HELPER_SIP_MESSAGE_H
#define PH_HELPER_SIP_MESSAGE_H

#include "helper/helper.h"
#include "helper/sip/lex.h"

enum { PH_SIP_SIGNALLING, PH_SIP_AUDIO, PH_SIP_VIDEO, PH_SIP_IMAGE };
enum { PH_SIP_TIMEOUT, PH_SIP_DIRECT_SIGNALLING, PH_SIP_DIRECT_MEDIA, PH_SIP_EXTERNAL_MEDIA };

/* What a connection's state holds, by word: the CSeq numbers of the last INVITE and REGISTER, any. */
enum { PH_SIP_INVITE_CSEQ, PH_SIP_REGISTER_CSEQ, PH_SIP_WORDS };

/* The state as it will be once the findings so far were acted on. */
struct ph_sip_memory {
	uint32_t cseq[PH_SIP_WORDS];
	bool media_closed;              /* by this packet, and nothing opened since */
};

struct ph_sip_message {
	const struct ph_helper_in *in;
	struct ph_helper_out *out;
	struct ph_cur text;             /* this message alone */
	uint32_t cseq;
	uint32_t code;                  /* of a response */
	const char *because;            /* for people */
	struct ph_sip_memory *memory;
};

/* Adds a finding with the message's name and Call-ID; shown: the words that asked. NULL when there is no room. */
struct ph_finding *ph_sip_add(const struct ph_sip_message *message, enum ph_find_kind kind, struct ph_cur shown);

/* Says why nothing was opened; the verdict is the caller's. */
void ph_sip_refuse(const struct ph_sip_message *message, enum ph_refusal refusal, struct ph_cur shown);

/* Reads a session description anywhere in the message and asks for the media it names (RFC 4566, RFC 3264).
 * DROP: it cannot be understood. */
enum ph_help ph_sip_read_media(const struct ph_sip_message *message);

#endif
