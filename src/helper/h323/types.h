/* The types of H.225.0, H.235 and H.245 as far as a firewall needs them: constant tables under the standards' own field
 * names, walked by decode.c. The tables follow H.225.0 version 8 and H.245 version 17.
 *
 * What is not needed is only stepped over, so it is only as exact as that takes. Zero is the safe value: a field without a type is
 * where decoding stops, a type without a kind cannot be decoded. */
#ifndef PH_HELPER_H323_TYPES_H
#define PH_HELPER_H323_TYPES_H

#include <pinhole/base.h>

enum ph_h323_kind {
	H323_REFUSED = 0,
	H323_BITS,              /* NULL and BOOLEAN: lo bits */
	H323_INT,               /* INTEGER (lo..hi) */
	H323_STRING,            /* lo to hi units of `unit` bits each; octets, characters, digits, bits */
	H323_STRING_ANY,        /* the same with a length that is not bounded; also INTEGER without bounds */
	H323_OID,
	H323_OPEN,              /* stepped over as a whole */
	H323_LIST,              /* SEQUENCE OF `field` */
	H323_SEQ,
	H323_CHOICE,
};

/* What a field means to a helper. Marks add up from the message down to the address: "fastStart, reverse, mediaChannel, IPv4". */
enum ph_h323_mark {
	/* Put down where they are met. */
	H323_IP4 = 1 << 0,              /* four octets of an address, the port behind them */
	H323_IP6 = 1 << 1,              /* sixteen */
	H323_NUMBER = 1 << 2,
	H323_FACT = 1 << 3,             /* that this alternative was chosen */
	H323_NOTED = H323_IP4 | H323_IP6 | H323_NUMBER | H323_FACT,
	/* Where it stood. */
	H323_H245_ADDRESS = 1 << 4,
	H323_ALTERNATIVE = 1 << 5,      /* alternativeAddress: where a call is forwarded to */
	H323_REASON = 1 << 6,           /* of a facility message */
	H323_FAST_START = 1 << 7,
	H323_TUNNELLED = 1 << 8,        /* h245Control */
	H323_CHANNEL = 1 << 9,          /* openLogicalChannel */
	H323_CHANNEL_ACK = 1 << 10,     /* openLogicalChannelAck */
	H323_FORWARD_ACK = 1 << 11,     /* forwardMultiplexAckParameters */
	H323_MEDIA = 1 << 12,           /* mediaChannel */
	H323_CONTROL = 1 << 13,         /* mediaControlChannel */
	H323_STACK = 1 << 14,           /* separateStack */
	H323_T120 = 1 << 15,            /* dataType data, application t120 */
	H323_RAS_ADDRESS = 1 << 16,
	H323_CALL_SIGNAL = 1 << 17,     /* callSignalAddress */
	H323_DEST_CALL_SIGNAL = 1 << 18,
	H323_TIME_TO_LIVE = 1 << 19,
	H323_NEEDED = 1 << 20,          /* on the way to one of these */
};

/* Messages that helpers act on. */
enum ph_h323_message {
	H323_NO_MESSAGE = 0,
	H323_SETUP, H323_CALL_PROCEEDING, H323_CONNECT, H323_ALERTING, H323_FACILITY, H323_PROGRESS,
	H323_GCF, H323_RRQ, H323_RCF, H323_URQ, H323_ACF, H323_LCF,
	H323_MESSAGES
};

struct ph_h323_type;

struct ph_h323_field {
	const char *name;
	const struct ph_h323_type *type;   /* NULL: stop here */
	uint32_t mark;                  /* set of enum ph_h323_mark; 0: stepped over */
	uint8_t message;                /* enum ph_h323_message: this alternative is that message */
	uint8_t addition;               /* which of the additions it is, from 0 */
	bool optional;
};

struct ph_h323_type {
	uint8_t kind;
	bool extensible;
	bool open_items;                /* LIST: each item is an octet string that holds it */
	uint8_t unit;
	uint8_t kept;                   /* LIST: items beyond these are stepped over; 0: all */
	uint8_t n_optional;             /* SEQ: presence bits, also those of fields behind a stop */
	uint8_t n_fields, n_added;
	uint32_t lo, hi;
	const struct ph_h323_field *field; /* the root's, or the one of a list */
	const struct ph_h323_field *added; /* of the additions those that are needed */
	/* Only for a decoder that does as Linux: */
	uint8_t known;                  /* how many additions it knows */
	uint8_t stop_before;            /* SEQ: stops in front of addition stop_before - 1; CHOICE: not 0: at all it knows. 0: at none */
};

/* Entry points. */
extern const struct ph_h323_type ph_h323_ras_message, ph_h323_user_information, ph_h323_control_message;

/* Shared between the files of tables. */
extern const struct ph_h323_type ph_h323_open_logical_channel, ph_h323_clear_token, ph_h323_crypto_h323_token;
extern const struct ph_h323_type ph_h323_transport_address, ph_h323_alias_address, ph_h323_non_standard_parameter;
extern const struct ph_h323_type ph_h323_vendor_identifier, ph_h323_endpoint_type, ph_h323_call_type;

#endif
