/* H.225.0: RAS messages. See types.h. */
#include "helper/h323/notation.h"

static const struct ph_h323_type gatekeeper_request = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(4),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)), FIELD("protocolIdentifier", OBJECT_IDENTIFIER),
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter), FIELD("rasAddress", &ph_h323_transport_address),
		STOP("the rest")),
};

static const struct ph_h323_type gatekeeper_confirm = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2), KNOWN(11), STOP_BEFORE(0),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)), FIELD("protocolIdentifier", OBJECT_IDENTIFIER),
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter), MAYBE("gatekeeperIdentifier", BMP(1, 128)),
		FIELD("rasAddress", &ph_h323_transport_address, .mark = H323_RAS_ADDRESS)),
};

static const struct ph_h323_type registration_request = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(3), KNOWN(27), STOP_BEFORE(2),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)), FIELD("protocolIdentifier", OBJECT_IDENTIFIER),
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter), FIELD("discoveryComplete", BOOLEANS(1)),
		FIELD("callSignalAddress", AT_MOST(10, &ph_h323_transport_address), .mark = H323_CALL_SIGNAL),
		FIELD("rasAddress", SEQUENCE_OF(&ph_h323_transport_address)), FIELD("terminalType", &ph_h323_endpoint_type),
		MAYBE("terminalAlias", SEQUENCE_OF(&ph_h323_alias_address)), MAYBE("gatekeeperIdentifier", BMP(1, 128)),
		FIELD("endpointVendor", &ph_h323_vendor_identifier)),
	ADDED(
		ADDITION(1, "timeToLive", INTEGER(1, UINT32_MAX), .mark = H323_TIME_TO_LIVE | H323_NUMBER)),
};

static const struct ph_h323_type registration_confirm = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(3), KNOWN(21), STOP_BEFORE(2),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)), FIELD("protocolIdentifier", OBJECT_IDENTIFIER),
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter),
		FIELD("callSignalAddress", SEQUENCE_OF(&ph_h323_transport_address)),
		MAYBE("terminalAlias", SEQUENCE_OF(&ph_h323_alias_address)), MAYBE("gatekeeperIdentifier", BMP(1, 128)),
		FIELD("endpointIdentifier", BMP(1, 128))),
	ADDED(
		ADDITION(1, "timeToLive", INTEGER(1, UINT32_MAX), .mark = H323_TIME_TO_LIVE | H323_NUMBER)),
};

static const struct ph_h323_type unregistration_request = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(3),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)),
		FIELD("callSignalAddress", SEQUENCE_OF(&ph_h323_transport_address)), STOP("the rest")),
};

static const struct ph_h323_type call_model = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("direct", NOTHING), FIELD("gatekeeperRouted", NOTHING)),
};

static const struct ph_h323_type admission_request = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(7),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)), FIELD("callType", &ph_h323_call_type),
		MAYBE("callModel", &call_model), FIELD("endpointIdentifier", BMP(1, 128)),
		MAYBE("destinationInfo", SEQUENCE_OF(&ph_h323_alias_address)),
		MAYBE("destCallSignalAddress", &ph_h323_transport_address),
		MAYBE("destExtraCallInfo", SEQUENCE_OF(&ph_h323_alias_address)),
		FIELD("srcInfo", SEQUENCE_OF(&ph_h323_alias_address)),
		MAYBE("srcCallSignalAddress", &ph_h323_transport_address), STOP("the rest")),
};

static const struct ph_h323_type admission_confirm = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)), FIELD("bandWidth", INTEGER(0, UINT32_MAX)),
		FIELD("callModel", &call_model),
		FIELD("destCallSignalAddress", &ph_h323_transport_address, .mark = H323_DEST_CALL_SIGNAL), STOP("the rest")),
};

static const struct ph_h323_type location_request = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)), MAYBE("endpointIdentifier", BMP(1, 128)),
		FIELD("destinationInfo", SEQUENCE_OF(&ph_h323_alias_address)),
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter), FIELD("replyAddress", &ph_h323_transport_address),
		STOP("the rest")),
};

static const struct ph_h323_type location_confirm = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1),
	FIELDS(
		FIELD("requestSeqNum", INTEGER(1, 65535)),
		FIELD("callSignalAddress", &ph_h323_transport_address, .mark = H323_CALL_SIGNAL),
		FIELD("rasAddress", &ph_h323_transport_address), STOP("the rest")),
};

static const struct ph_h323_type info_request_response = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(3),
	FIELDS(
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter), FIELD("requestSeqNum", INTEGER(1, 65535)),
		FIELD("endpointType", &ph_h323_endpoint_type), FIELD("endpointIdentifier", BMP(1, 128)),
		FIELD("rasAddress", &ph_h323_transport_address),
		FIELD("callSignalAddress", SEQUENCE_OF(&ph_h323_transport_address)), STOP("the rest")),
};

const struct ph_h323_type ph_h323_ras_message = {
	CHOICE, EXTENSIBLE, KNOWN(8),
	FIELDS(
		FIELD("gatekeeperRequest", &gatekeeper_request),
		FIELD("gatekeeperConfirm", &gatekeeper_confirm, .mark = H323_NEEDED, .message = H323_GCF),
		STOP("gatekeeperReject"),
		FIELD("registrationRequest", &registration_request, .mark = H323_NEEDED, .message = H323_RRQ),
		FIELD("registrationConfirm", &registration_confirm, .mark = H323_NEEDED, .message = H323_RCF),
		STOP("registrationReject"),
		FIELD("unregistrationRequest", &unregistration_request, .mark = H323_NEEDED, .message = H323_URQ),
		STOP("unregistrationConfirm"), STOP("unregistrationReject"),
		FIELD("admissionRequest", &admission_request),
		FIELD("admissionConfirm", &admission_confirm, .mark = H323_NEEDED, .message = H323_ACF),
		STOP("admissionReject"), STOP("bandwidthRequest"), STOP("bandwidthConfirm"), STOP("bandwidthReject"),
		STOP("disengageRequest"), STOP("disengageConfirm"), STOP("disengageReject"),
		FIELD("locationRequest", &location_request),
		FIELD("locationConfirm", &location_confirm, .mark = H323_NEEDED, .message = H323_LCF),
		STOP("locationReject"), STOP("infoRequest"), FIELD("infoRequestResponse", &info_request_response),
		STOP("nonStandardMessage"), STOP("unknownMessageResponse")),
};
