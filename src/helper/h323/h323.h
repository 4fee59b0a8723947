/* What the helpers RAS, Q.931 and H.245 share: the options of their module, and how what a message said becomes findings. */
#ifndef PH_HELPER_H323_H323_H
#define PH_HELPER_H323_H323_H

#include "helper/h323/framing.h"
#include "helper/helper.h"

/* In the order of ph_h323_option. */
enum { H323_OPTION_TTL, H323_OPTION_GK_ROUTED, H323_OPTION_FORWARD_FILTER };
extern const struct ph_helper_option ph_h323_option[];

/* Rows of contracts. RTP and RTCP; T.120. */
#define H323_FROM_PEER .src = PH_MAY_PEER, .sport = PH_MAY_ANY
#define H323_FROM_ANY .src = PH_MAY_ANY, .sport = PH_MAY_ANY
#define H323_TO_PEER .dst = PH_MAY_PEER, .dport = PH_MAY_PAYLOAD
#define H323_TO_PAYLOAD .dst = PH_MAY_PAYLOAD, .dport = PH_MAY_PAYLOAD
#define H323_MEDIA_ROW { H323_FROM_PEER, H323_TO_PEER, .protos = PH_CONTRACT_UDP }
#define H323_T120_ROW { H323_FROM_PEER, H323_TO_PEER, .protos = PH_CONTRACT_TCP, .flags = PH_EXPECT_PERMANENT }

/* The connection's state on the two TCP channels. */
struct ph_h323_channel_state {
	uint32_t promised[PH_DIRS];     /* framing.h: lengths of messages whose headers came alone; any number may stand there */
};

/* One message at work. */
struct ph_h323_asking {
	const struct ph_helper_in *in;
	struct ph_helper_out *out;
	struct ph_cur message;          /* in in->payload; addresses are found from its first octet */
	uint8_t group;                  /* the last one used */
};

/* An address that a message names, of the connection's family. */
struct ph_h323_place {
	struct ph_addr addr;
	uint16_t port;
	uint32_t spot_at, spot_len;     /* in the payload */
};

/* What the octets of a note hold. False: an address of the other family, or none. */
PH_MUST_CHECK bool ph_h323_place_of(const struct ph_h323_asking *ask, const struct ph_h323_note *note,
                                    struct ph_h323_place *place);

/* The rules of a profile. */
const struct ph_h323_rules *ph_h323_rules_of(enum ph_profile profile);

/* Adds an EXPECT: the peer, from any port, may come to where place says. NULL: no room, which is counted. */
struct ph_finding *ph_h323_expect(struct ph_h323_asking *ask, const struct ph_h323_place *place, uint8_t proto, const char *because);

/* Is it the speaker's own address, with a port? Otherwise a REFUSED is added, which changes nothing. */
PH_MUST_CHECK bool ph_h323_is_own(struct ph_h323_asking *ask, const struct ph_h323_place *place, const char *because);

/* A speaker's own address in a finding is written as the peer sees it. */
void ph_h323_to_own(const struct ph_h323_asking *ask, struct ph_finding *f);

/* Names for findings about the addresses of a channel. */
struct ph_h323_channel_names {
	const char *media, *control, *stack;
};

/* All that a channel opens: note[0] to note[n - 1] are of one item. */
void ph_h323_open_channel(struct ph_h323_asking *ask, const struct ph_h323_note *note, uint32_t n,
                          const struct ph_h323_channel_names *names);

/* The same for an H.245 message by itself, or in a tunnel: the names are its own. */
void ph_h323_open_control(struct ph_h323_asking *ask, const struct ph_h323_note *note, uint32_t n);

#endif
