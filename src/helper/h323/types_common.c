/* H.225.0: what RAS and call signalling have in common. See types.h. */
#include "helper/h323/notation.h"

static const struct ph_h323_type h221_non_standard = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("t35CountryCode", INTEGER(0, 255)), FIELD("t35Extension", INTEGER(0, 255)),
		FIELD("manufacturerCode", INTEGER(0, 65535))),
};

static const struct ph_h323_type non_standard_identifier = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("object", OBJECT_IDENTIFIER), FIELD("h221NonStandard", &h221_non_standard)),
};

const struct ph_h323_type ph_h323_non_standard_parameter = {
	SEQUENCE,
	FIELDS(
		FIELD("nonStandardIdentifier", &non_standard_identifier), FIELD("data", OCTETS_ANY)),
};

static const struct ph_h323_type transport_address_ip4 = {
	SEQUENCE,
	FIELDS(
		FIELD("ip", OCTETS(4, 4), .mark = H323_IP4), FIELD("port", INTEGER(0, 65535))),
};

static const struct ph_h323_type transport_address_routing = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("strict", NOTHING), FIELD("loose", NOTHING)),
};

static const struct ph_h323_type transport_address_ip_source_route = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("ip", OCTETS(4, 4)), FIELD("port", INTEGER(0, 65535)), FIELD("route", SEQUENCE_OF(OCTETS(4, 4))),
		FIELD("routing", &transport_address_routing)),
};

static const struct ph_h323_type transport_address_ipx = {
	SEQUENCE,
	FIELDS(
		FIELD("node", OCTETS(6, 6)), FIELD("netnum", OCTETS(4, 4)), FIELD("port", OCTETS(2, 2))),
};

static const struct ph_h323_type transport_address_ip6 = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("ip", OCTETS(16, 16), .mark = H323_IP6), FIELD("port", INTEGER(0, 65535))),
};

const struct ph_h323_type ph_h323_transport_address = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("ipAddress", &transport_address_ip4, .mark = H323_NEEDED),
		FIELD("ipSourceRoute", &transport_address_ip_source_route), FIELD("ipxAddress", &transport_address_ipx),
		FIELD("ip6Address", &transport_address_ip6, .mark = H323_NEEDED), FIELD("netBios", OCTETS(16, 16)),
		FIELD("nsap", OCTETS(1, 20)), FIELD("nonStandardAddress", &ph_h323_non_standard_parameter)),
};

const struct ph_h323_type ph_h323_vendor_identifier = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2),
	FIELDS(
		FIELD("vendor", &h221_non_standard), MAYBE("productId", OCTETS(1, 256)),
		MAYBE("versionId", OCTETS(1, 256))),
};

static const struct ph_h323_type gatekeeper_info = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1),
	FIELDS(
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter)),
};

static const struct ph_h323_type protocol_caps = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(2),
	FIELDS(
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter)),
};

static const struct ph_h323_type supported_protocols = {
	CHOICE, EXTENSIBLE, KNOWN(3),
	FIELDS(
		FIELD("nonStandardData", &ph_h323_non_standard_parameter), FIELD("h310", &protocol_caps),
		FIELD("h320", &protocol_caps), FIELD("h321", &protocol_caps), FIELD("h322", &protocol_caps),
		FIELD("h323", &protocol_caps), FIELD("h324", &protocol_caps), FIELD("voice", &protocol_caps),
		FIELD("t120-only", &protocol_caps)),
};

static const struct ph_h323_type gateway_info = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2),
	FIELDS(
		MAYBE("protocol", SEQUENCE_OF(&supported_protocols)),
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter)),
};

static const struct ph_h323_type mcu_info = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(1),
	FIELDS(
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter)),
};

static const struct ph_h323_type terminal_info = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1),
	FIELDS(
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter)),
};

const struct ph_h323_type ph_h323_endpoint_type = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(6), KNOWN(2),
	FIELDS(
		MAYBE("nonStandardData", &ph_h323_non_standard_parameter), MAYBE("vendor", &ph_h323_vendor_identifier),
		MAYBE("gatekeeper", &gatekeeper_info), MAYBE("gateway", &gateway_info), MAYBE("mcu", &mcu_info),
		MAYBE("terminal", &terminal_info), FIELD("mc to undefinedNode", BOOLEANS(2))),
};

const struct ph_h323_type ph_h323_alias_address = {
	CHOICE, EXTENSIBLE, KNOWN(6),
	FIELDS(
		FIELD("dialedDigits", DIGITS(1, 128)), FIELD("h323-ID", BMP(1, 256))),
};

const struct ph_h323_type ph_h323_call_type = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("pointToPoint", NOTHING), FIELD("oneToN", NOTHING), FIELD("nToOne", NOTHING),
		FIELD("nToN", NOTHING)),
};
