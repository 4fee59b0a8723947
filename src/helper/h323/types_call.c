/* H.225.0: call signalling, the user-user element of Q.931. See types.h. */
#include "helper/h323/notation.h"

static const struct ph_h323_type conference_goal = {
	CHOICE, EXTENSIBLE, KNOWN(2),
	FIELDS(
		FIELD("create", NOTHING), FIELD("join", NOTHING), FIELD("invite", NOTHING)),
};

static const struct ph_h323_type q954_details = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("conferenceCalling to threePartyService", BOOLEANS(2))),
};

static const struct ph_h323_type qseries_options = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("q932Full to q957Full", BOOLEANS(7)), FIELD("q954Info", &q954_details)),
};

static const struct ph_h323_type setup = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(7), KNOWN(28), STOP_BEFORE(9),
	FIELDS(
		FIELD("protocolIdentifier", OBJECT_IDENTIFIER),
		MAYBE("h245Address", &ph_h323_transport_address, .mark = H323_H245_ADDRESS),
		MAYBE("sourceAddress", SEQUENCE_OF(&ph_h323_alias_address)), FIELD("sourceInfo", &ph_h323_endpoint_type),
		MAYBE("destinationAddress", SEQUENCE_OF(&ph_h323_alias_address)),
		MAYBE("destCallSignalAddress", &ph_h323_transport_address),
		MAYBE("destExtraCallInfo", SEQUENCE_OF(&ph_h323_alias_address)),
		MAYBE("destExtraCRV", SEQUENCE_OF(INTEGER(0, 65535))), FIELD("activeMC", BOOLEANS(1)),
		FIELD("conferenceID", OCTETS(16, 16)), FIELD("conferenceGoal", &conference_goal),
		MAYBE("callServices", &qseries_options), FIELD("callType", &ph_h323_call_type)),
	ADDED(
		ADDITION(0, "sourceCallSignalAddress", &ph_h323_transport_address, .mark = H323_NEEDED),
		ADDITION(6, "fastStart", AT_MOST_OPEN(30, &ph_h323_open_logical_channel, H323_NEEDED), .mark = H323_FAST_START | H323_CHANNEL)),
};

static const struct ph_h323_type call_proceeding = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(9),
	FIELDS(
		FIELD("protocolIdentifier", OBJECT_IDENTIFIER), FIELD("destinationInfo", &ph_h323_endpoint_type),
		MAYBE("h245Address", &ph_h323_transport_address, .mark = H323_H245_ADDRESS)),
	ADDED(
		ADDITION(4, "fastStart", AT_MOST_OPEN(30, &ph_h323_open_logical_channel, H323_NEEDED), .mark = H323_FAST_START | H323_CHANNEL)),
};

static const struct ph_h323_type connect = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(15),
	FIELDS(
		FIELD("protocolIdentifier", OBJECT_IDENTIFIER),
		MAYBE("h245Address", &ph_h323_transport_address, .mark = H323_H245_ADDRESS),
		FIELD("destinationInfo", &ph_h323_endpoint_type), FIELD("conferenceID", OCTETS(16, 16))),
	ADDED(
		ADDITION(4, "fastStart", AT_MOST_OPEN(30, &ph_h323_open_logical_channel, H323_NEEDED), .mark = H323_FAST_START | H323_CHANNEL)),
};

static const struct ph_h323_type alerting = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(14),
	FIELDS(
		FIELD("protocolIdentifier", OBJECT_IDENTIFIER), FIELD("destinationInfo", &ph_h323_endpoint_type),
		MAYBE("h245Address", &ph_h323_transport_address, .mark = H323_H245_ADDRESS)),
	ADDED(
		ADDITION(4, "fastStart", AT_MOST_OPEN(30, &ph_h323_open_logical_channel, H323_NEEDED), .mark = H323_FAST_START | H323_CHANNEL)),
};

static const struct ph_h323_type information = {
	SEQUENCE, EXTENSIBLE, KNOWN(6),
	FIELDS(
		FIELD("protocolIdentifier", OBJECT_IDENTIFIER)),
};

static const struct ph_h323_type release_complete_reason = {
	CHOICE, EXTENSIBLE, KNOWN(13),
	FIELDS(
		FIELD("noBandwidth", NOTHING), FIELD("gatekeeperResources", NOTHING),
		FIELD("unreachableDestination", NOTHING), FIELD("destinationRejection", NOTHING),
		FIELD("invalidRevision", NOTHING), FIELD("noPermission", NOTHING),
		FIELD("unreachableGatekeeper", NOTHING), FIELD("gatewayResources", NOTHING),
		FIELD("badFormatAddress", NOTHING), FIELD("adaptiveBusy", NOTHING), FIELD("inConf", NOTHING),
		FIELD("undefinedReason", NOTHING)),
};

static const struct ph_h323_type release_complete = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(9),
	FIELDS(
		FIELD("protocolIdentifier", OBJECT_IDENTIFIER), MAYBE("reason", &release_complete_reason)),
};

static const struct ph_h323_type facility_reason = {
	CHOICE, EXTENSIBLE, KNOWN(7),
	FIELDS(
		FIELD("routeCallToGatekeeper", NOTHING), FIELD("callForwarded", NOTHING, .mark = H323_FACT),
		FIELD("routeCallToMC", NOTHING), FIELD("undefinedReason", NOTHING)),
};

static const struct ph_h323_type facility = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(3), KNOWN(16),
	FIELDS(
		FIELD("protocolIdentifier", OBJECT_IDENTIFIER),
		MAYBE("alternativeAddress", &ph_h323_transport_address, .mark = H323_ALTERNATIVE),
		MAYBE("alternativeAliasAddress", SEQUENCE_OF(&ph_h323_alias_address)),
		MAYBE("conferenceID", OCTETS(16, 16)), FIELD("reason", &facility_reason, .mark = H323_REASON)),
	ADDED(
		ADDITION(6, "h245Address", &ph_h323_transport_address, .mark = H323_H245_ADDRESS),
		ADDITION(7, "fastStart", AT_MOST_OPEN(30, &ph_h323_open_logical_channel, H323_NEEDED), .mark = H323_FAST_START | H323_CHANNEL)),
};

static const struct ph_h323_type call_identifier = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("guid", OCTETS(16, 16))),
};

static const struct ph_h323_type security_service_mode = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("nonStandard", &ph_h323_non_standard_parameter), FIELD("none", NOTHING), FIELD("default", NOTHING)),
};

static const struct ph_h323_type security_capabilities = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1),
	FIELDS(
		MAYBE("nonStandard", &ph_h323_non_standard_parameter), FIELD("encryption", &security_service_mode),
		FIELD("authenticaton", &security_service_mode), FIELD("integrity", &security_service_mode)),
};

static const struct ph_h323_type h245_security = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("nonStandard", &ph_h323_non_standard_parameter), FIELD("noSecurity", NOTHING),
		FIELD("tls", &security_capabilities), FIELD("ipsec", &security_capabilities)),
};

static const struct ph_h323_type progress = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(5), KNOWN(3),
	FIELDS(
		FIELD("protocolIdentifier", OBJECT_IDENTIFIER), FIELD("destinationInfo", &ph_h323_endpoint_type),
		MAYBE("h245Address", &ph_h323_transport_address, .mark = H323_H245_ADDRESS),
		FIELD("callIdentifier", &call_identifier), MAYBE("h245SecurityMode", &h245_security),
		MAYBE("tokens", SEQUENCE_OF(&ph_h323_clear_token)),
		MAYBE("cryptoTokens", SEQUENCE_OF(&ph_h323_crypto_h323_token)),
		MAYBE("fastStart", AT_MOST_OPEN(30, &ph_h323_open_logical_channel, H323_NEEDED), .mark = H323_FAST_START | H323_CHANNEL)),
};

static const struct ph_h323_type ph_h323_message_body = {
	CHOICE, EXTENSIBLE, KNOWN(6),
	FIELDS(
		FIELD("setup", &setup, .mark = H323_NEEDED, .message = H323_SETUP),
		FIELD("callProceeding", &call_proceeding, .mark = H323_NEEDED, .message = H323_CALL_PROCEEDING),
		FIELD("connect", &connect, .mark = H323_NEEDED, .message = H323_CONNECT),
		FIELD("alerting", &alerting, .mark = H323_NEEDED, .message = H323_ALERTING),
		FIELD("information", &information), FIELD("releaseComplete", &release_complete),
		FIELD("facility", &facility, .mark = H323_NEEDED, .message = H323_FACILITY)),
	ADDED(
		ADDITION(0, "progress", &progress, .mark = H323_NEEDED, .message = H323_PROGRESS)),
};

static const struct ph_h323_type ph_h323_uu_pdu = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(9), STOP_BEFORE(3),
	FIELDS(
		FIELD("h323-message-body", &ph_h323_message_body, .mark = H323_NEEDED),
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter)),
	ADDED(
		ADDITION(2, "h245Control", AT_MOST_OPEN(4, &ph_h323_control_message, H323_NEEDED), .mark = H323_TUNNELLED)),
};

const struct ph_h323_type ph_h323_user_information = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1),
	FIELDS(
		FIELD("h323-uu-pdu", &ph_h323_uu_pdu, .mark = H323_NEEDED), STOP("the rest")),
};
