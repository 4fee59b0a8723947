/* H.245: what names a logical channel's addresses. See types.h. */
#include "helper/h323/notation.h"

static const struct ph_h323_type h245_h221_non_standard = {
	SEQUENCE,
	FIELDS(
		FIELD("t35CountryCode", INTEGER(0, 255)), FIELD("t35Extension", INTEGER(0, 255)),
		FIELD("manufacturerCode", INTEGER(0, 65535))),
};

static const struct ph_h323_type h245_non_standard_identifier = {
	CHOICE,
	FIELDS(
		FIELD("object", OBJECT_IDENTIFIER), FIELD("h221NonStandard", &h245_h221_non_standard)),
};

static const struct ph_h323_type h245_non_standard_parameter = {
	SEQUENCE,
	FIELDS(
		FIELD("nonStandardIdentifier", &h245_non_standard_identifier), FIELD("data", OCTETS_ANY)),
};

static const struct ph_h323_type h261_video_capability = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2), KNOWN(1),
	FIELDS(
		MAYBE("qcifMPI", INTEGER(1, 4)), MAYBE("cifMPI", INTEGER(1, 4)),
		FIELD("temporalSpatialTradeOffCapability", BOOLEANS(1)), FIELD("maxBitRate", INTEGER(1, 19200)),
		FIELD("stillImageTransmission", BOOLEANS(1))),
};

static const struct ph_h323_type h262_video_capability = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(6), KNOWN(1),
	FIELDS(
		FIELD("profileAndLevel-SPatML to profileAndLevel-HPatHL", BOOLEANS(11)),
		MAYBE("videoBitRate", INTEGER(0, 1073741823)), MAYBE("vbvBufferSize", INTEGER(0, 262143)),
		MAYBE("samplesPerLine", INTEGER(0, 16383)), MAYBE("linesPerFrame", INTEGER(0, 16383)),
		MAYBE("framesPerSecond", INTEGER(0, 15)), MAYBE("luminanceSampleRate", INTEGER(0, UINT32_MAX))),
};

static const struct ph_h323_type h263_video_capability = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(7), KNOWN(8),
	FIELDS(
		MAYBE("sqcifMPI", INTEGER(1, 32)), MAYBE("qcifMPI", INTEGER(1, 32)), MAYBE("cifMPI", INTEGER(1, 32)),
		MAYBE("cif4MPI", INTEGER(1, 32)), MAYBE("cif16MPI", INTEGER(1, 32)),
		FIELD("maxBitRate", INTEGER(1, 192400)),
		FIELD("unrestrictedVector to temporalSpatialTradeOffCapability", BOOLEANS(5)),
		MAYBE("hrd-B", INTEGER(0, 524287)), MAYBE("bppMaxKb", INTEGER(0, 65535))),
};

static const struct ph_h323_type is11172_video_capability = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(6), KNOWN(1),
	FIELDS(
		FIELD("constrainedBitstream", BOOLEANS(1)), MAYBE("videoBitRate", INTEGER(0, 1073741823)),
		MAYBE("vbvBufferSize", INTEGER(0, 262143)), MAYBE("samplesPerLine", INTEGER(0, 16383)),
		MAYBE("linesPerFrame", INTEGER(0, 16383)), MAYBE("pictureRate", INTEGER(0, 15)),
		MAYBE("luminanceSampleRate", INTEGER(0, UINT32_MAX))),
};

static const struct ph_h323_type video_capability = {
	CHOICE, EXTENSIBLE, KNOWN(2),
	FIELDS(
		FIELD("nonStandard", &h245_non_standard_parameter),
		FIELD("h261VideoCapability", &h261_video_capability),
		FIELD("h262VideoCapability", &h262_video_capability),
		FIELD("h263VideoCapability", &h263_video_capability),
		FIELD("is11172VideoCapability", &is11172_video_capability)),
};

static const struct ph_h323_type audio_g7231 = {
	SEQUENCE,
	FIELDS(
		FIELD("maxAl-sduAudioFrames", INTEGER(1, 256)), FIELD("silenceSuppression", BOOLEANS(1))),
};

static const struct ph_h323_type is11172_audio_capability = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("audioLayer1 to twoChannels", BOOLEANS(8)), FIELD("bitRate", INTEGER(1, 448))),
};

static const struct ph_h323_type is13818_audio_capability = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("audioLayer1 to multilingual", BOOLEANS(20)), FIELD("bitRate", INTEGER(1, 1130))),
};

static const struct ph_h323_type audio_capability = {
	CHOICE, EXTENSIBLE, KNOWN(12),
	FIELDS(
		FIELD("nonStandard", &h245_non_standard_parameter), FIELD("g711Alaw64k", INTEGER(1, 256)),
		FIELD("g711Alaw56k", INTEGER(1, 256)), FIELD("g711Ulaw64k", INTEGER(1, 256)),
		FIELD("g711Ulaw56k", INTEGER(1, 256)), FIELD("g722-64k", INTEGER(1, 256)),
		FIELD("g722-56k", INTEGER(1, 256)), FIELD("g722-48k", INTEGER(1, 256)), FIELD("g7231", &audio_g7231),
		FIELD("g728", INTEGER(1, 256)), FIELD("g729", INTEGER(1, 256)), FIELD("g729AnnexA", INTEGER(1, 256)),
		FIELD("is11172AudioCapability", &is11172_audio_capability),
		FIELD("is13818AudioCapability", &is13818_audio_capability)),
};

static const struct ph_h323_type data_protocol_capability = {
	CHOICE, EXTENSIBLE, KNOWN(11),
	FIELDS(
		FIELD("nonStandard", &h245_non_standard_parameter), FIELD("v14buffered", NOTHING),
		FIELD("v42lapm", NOTHING), FIELD("hdlcFrameTunnelling", NOTHING), FIELD("h310SeparateVCStack", NOTHING),
		FIELD("h310SingleVCStack", NOTHING), FIELD("transparent", NOTHING)),
	ADDED(
		ADDITION(3, "separateLANStack", NOTHING, .mark = H323_FACT)),
};

static const struct ph_h323_type t84_restricted = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("qcif to digPhotoHighProg", BOOLEANS(19))),
};

static const struct ph_h323_type t84_profile = {
	CHOICE,
	FIELDS(
		FIELD("t84Unrestricted", NOTHING), FIELD("t84Restricted", &t84_restricted)),
};

static const struct ph_h323_type data_t84 = {
	SEQUENCE,
	FIELDS(
		FIELD("t84Protocol", &data_protocol_capability), FIELD("t84Profile", &t84_profile)),
};

static const struct ph_h323_type data_nlpid = {
	SEQUENCE,
	FIELDS(
		FIELD("nlpidProtocol", &data_protocol_capability), FIELD("nlpidData", OCTETS_ANY)),
};

static const struct ph_h323_type data_application = {
	CHOICE, EXTENSIBLE, KNOWN(6),
	FIELDS(
		FIELD("nonStandard", &h245_non_standard_parameter),
		FIELD("t120", &data_protocol_capability, .mark = H323_T120), FIELD("dsm-cc", &data_protocol_capability),
		FIELD("userData", &data_protocol_capability), FIELD("t84", &data_t84),
		FIELD("t434", &data_protocol_capability), FIELD("h224", &data_protocol_capability),
		FIELD("nlpid", &data_nlpid), FIELD("dsvdControl", NOTHING),
		FIELD("h222DataPartitioning", &data_protocol_capability)),
};

static const struct ph_h323_type data_application_capability = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("application", &data_application, .mark = H323_NEEDED),
		FIELD("maxBitRate", INTEGER(0, UINT32_MAX))),
};

static const struct ph_h323_type encryption_mode = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("nonStandard", &h245_non_standard_parameter), FIELD("h233Encryption", NOTHING)),
};

static const struct ph_h323_type data_type = {
	CHOICE, EXTENSIBLE, KNOWN(7),
	FIELDS(
		FIELD("nonStandard", &h245_non_standard_parameter), FIELD("nullData", NOTHING),
		FIELD("videoData", &video_capability), FIELD("audioData", &audio_capability),
		FIELD("data", &data_application_capability, .mark = H323_NEEDED),
		FIELD("encryptionData", &encryption_mode)),
};

static const struct ph_h323_type h222_parameters = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(3),
	FIELDS(
		FIELD("resourceID", INTEGER(0, 65535)), FIELD("subChannelID", INTEGER(0, 8191)),
		MAYBE("pcr-pid", INTEGER(0, 8191)), MAYBE("programDescriptors", OCTETS_ANY),
		MAYBE("streamDescriptors", OCTETS_ANY)),
};

static const struct ph_h323_type h223_al3 = {
	SEQUENCE,
	FIELDS(
		FIELD("controlFieldOctets", INTEGER(0, 2)), FIELD("sendBufferSize", INTEGER(0, 16777215))),
};

static const struct ph_h323_type h223_adaptation_layer = {
	CHOICE, EXTENSIBLE, KNOWN(3),
	FIELDS(
		FIELD("nonStandard", &h245_non_standard_parameter), FIELD("al1Framed", NOTHING),
		FIELD("al1NotFramed", NOTHING), FIELD("al2WithoutSequenceNumbers", NOTHING),
		FIELD("al2WithSequenceNumbers", NOTHING), FIELD("al3", &h223_al3)),
};

static const struct ph_h323_type h223_parameters = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("adaptationLayerType", &h223_adaptation_layer), FIELD("segmentableFlag", BOOLEANS(1))),
};

static const struct ph_h323_type crc_length = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("crc8bit", NOTHING), FIELD("crc16bit", NOTHING), FIELD("crc32bit", NOTHING)),
};

static const struct ph_h323_type v76_hdlc_parameters = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("crcLength", &crc_length), FIELD("n401", INTEGER(1, 4095)),
		FIELD("loopbackTestProcedure", BOOLEANS(1))),
};

static const struct ph_h323_type v76_suspend_resume = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("noSuspendResume", NOTHING), FIELD("suspendResumewAddress", NOTHING),
		FIELD("suspendResumewoAddress", NOTHING)),
};

static const struct ph_h323_type v76_erm_recovery = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("rej", NOTHING), FIELD("sREJ", NOTHING), FIELD("mSREJ", NOTHING)),
};

static const struct ph_h323_type v76_erm = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("windowSize", INTEGER(1, 127)), FIELD("recovery", &v76_erm_recovery)),
};

static const struct ph_h323_type v76_mode = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("eRM", &v76_erm), FIELD("uNERM", NOTHING)),
};

static const struct ph_h323_type v75_parameters = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("audioHeaderPresent", BOOLEANS(1))),
};

static const struct ph_h323_type v76_parameters = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("hdlcParameters", &v76_hdlc_parameters), FIELD("suspendResume", &v76_suspend_resume),
		FIELD("uIH", BOOLEANS(1)), FIELD("mode", &v76_mode), FIELD("v75Parameters", &v75_parameters)),
};

static const struct ph_h323_type unicast_ip_address = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("network", OCTETS(4, 4), .mark = H323_IP4), FIELD("tsapIdentifier", INTEGER(0, 65535))),
};

static const struct ph_h323_type unicast_ipx_address = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("node", OCTETS(6, 6)), FIELD("netnum", OCTETS(4, 4)), FIELD("tsapIdentifier", OCTETS(2, 2))),
};

static const struct ph_h323_type unicast_ip6_address = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("network", OCTETS(16, 16), .mark = H323_IP6), FIELD("tsapIdentifier", INTEGER(0, 65535))),
};

static const struct ph_h323_type unicast_routing = {
	CHOICE,
	FIELDS(
		FIELD("strict", NOTHING), FIELD("loose", NOTHING)),
};

static const struct ph_h323_type unicast_ip_source_route = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("routing", &unicast_routing), FIELD("network", OCTETS(4, 4)),
		FIELD("tsapIdentifier", INTEGER(0, 65535)), FIELD("route", SEQUENCE_OF(OCTETS(4, 4)))),
};

static const struct ph_h323_type unicast_address = {
	CHOICE, EXTENSIBLE, KNOWN(2),
	FIELDS(
		FIELD("iPAddress", &unicast_ip_address, .mark = H323_NEEDED), FIELD("iPXAddress", &unicast_ipx_address),
		FIELD("iP6Address", &unicast_ip6_address, .mark = H323_NEEDED), FIELD("netBios", OCTETS(16, 16)),
		FIELD("iPSourceRouteAddress", &unicast_ip_source_route)),
};

static const struct ph_h323_type multicast_ip_address = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("network", OCTETS(4, 4)), FIELD("tsapIdentifier", INTEGER(0, 65535))),
};

static const struct ph_h323_type multicast_ip6_address = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("network", OCTETS(16, 16)), FIELD("tsapIdentifier", INTEGER(0, 65535))),
};

static const struct ph_h323_type multicast_address = {
	CHOICE, EXTENSIBLE, KNOWN(2),
	FIELDS(
		FIELD("iPAddress", &multicast_ip_address), FIELD("iP6Address", &multicast_ip6_address)),
};

static const struct ph_h323_type h245_transport_address = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("unicastAddress", &unicast_address, .mark = H323_NEEDED),
		FIELD("multicastAddress", &multicast_address)),
};

static const struct ph_h323_type h2250_parameters = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(10),
	FIELDS(
		MAYBE("nonStandard", SEQUENCE_OF(&h245_non_standard_parameter)), FIELD("sessionID", INTEGER(0, 255)),
		MAYBE("associatedSessionID", INTEGER(1, 255)),
		MAYBE("mediaChannel", &h245_transport_address, .mark = H323_MEDIA),
		MAYBE("mediaGuaranteedDelivery", BOOLEANS(1)),
		MAYBE("mediaControlChannel", &h245_transport_address, .mark = H323_CONTROL), STOP("the rest")),
};

static const struct ph_h323_type forward_multiplex_parameters = {
	CHOICE, EXTENSIBLE, KNOWN(2),
	FIELDS(
		FIELD("h222LogicalChannelParameters", &h222_parameters),
		FIELD("h223LogicalChannelParameters", &h223_parameters),
		FIELD("v76LogicalChannelParameters", &v76_parameters)),
	ADDED(
		ADDITION(0, "h2250LogicalChannelParameters", &h2250_parameters, .mark = H323_NEEDED)),
};

static const struct ph_h323_type forward_parameters = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(2),
	FIELDS(
		MAYBE("portNumber", INTEGER(0, 65535)), FIELD("dataType", &data_type, .mark = H323_NEEDED),
		FIELD("multiplexParameters", &forward_multiplex_parameters, .mark = H323_NEEDED)),
};

static const struct ph_h323_type reverse_multiplex_parameters = {
	CHOICE, EXTENSIBLE, KNOWN(1),
	FIELDS(
		FIELD("h223LogicalChannelParameters", &h223_parameters),
		FIELD("v76LogicalChannelParameters", &v76_parameters)),
	ADDED(
		ADDITION(0, "h2250LogicalChannelParameters", &h2250_parameters, .mark = H323_NEEDED)),
};

static const struct ph_h323_type reverse_parameters = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(2),
	FIELDS(
		FIELD("dataType", &data_type),
		MAYBE("multiplexParameters", &reverse_multiplex_parameters, .mark = H323_NEEDED)),
};

static const struct ph_h323_type distribution = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("unicast", NOTHING), FIELD("multicast", NOTHING)),
};

static const struct ph_h323_type q2931_address_address = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("internationalNumber", DIGITS(1, 16)), FIELD("nsapAddress", OCTETS(1, 20))),
};

static const struct ph_h323_type q2931_address = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1),
	FIELDS(
		FIELD("address", &q2931_address_address), MAYBE("subaddress", OCTETS(1, 20))),
};

static const struct ph_h323_type network_address = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("q2931Address", &q2931_address), FIELD("e164Address", DIGITS(1, 128)),
		FIELD("localAreaAddress", &h245_transport_address, .mark = H323_NEEDED)),
};

static const struct ph_h323_type network_access_parameters = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2), KNOWN(1),
	FIELDS(
		MAYBE("distribution", &distribution), FIELD("networkAddress", &network_address, .mark = H323_NEEDED),
		FIELD("associateConference", BOOLEANS(1)), MAYBE("externalReference", OCTETS(1, 255))),
};

const struct ph_h323_type ph_h323_open_logical_channel = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(3), STOP_BEFORE(1),
	FIELDS(
		FIELD("forwardLogicalChannelNumber", INTEGER(1, 65535)),
		FIELD("forwardLogicalChannelParameters", &forward_parameters, .mark = H323_NEEDED),
		MAYBE("reverseLogicalChannelParameters", &reverse_parameters, .mark = H323_NEEDED)),
	ADDED(
		ADDITION(0, "separateStack", &network_access_parameters, .mark = H323_STACK)),
};

static const struct ph_h323_type request_message = {
	CHOICE, EXTENSIBLE, KNOWN(4), STOP_BEFORE(0),
	FIELDS(
		STOP("nonStandard"), STOP("masterSlaveDetermination"), STOP("terminalCapabilitySet"),
		FIELD("openLogicalChannel", &ph_h323_open_logical_channel, .mark = H323_CHANNEL),
		STOP("closeLogicalChannel"), STOP("requestChannelClose"), STOP("multiplexEntrySend"),
		STOP("requestMultiplexEntry"), STOP("requestMode"), STOP("roundTripDelayRequest"),
		STOP("maintenanceLoopRequest")),
};

static const struct ph_h323_type ack_reverse_multiplex_parameters = {
	CHOICE, EXTENSIBLE, KNOWN(1),
	FIELDS(
		FIELD("h222LogicalChannelParameters", &h222_parameters)),
	ADDED(
		ADDITION(0, "h2250LogicalChannelParameters", &h2250_parameters, .mark = H323_NEEDED)),
};

static const struct ph_h323_type ack_reverse_parameters = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2), KNOWN(1),
	FIELDS(
		FIELD("reverseLogicalChannelNumber", INTEGER(1, 65535)), MAYBE("portNumber", INTEGER(0, 65535)),
		MAYBE("multiplexParameters", &ack_reverse_multiplex_parameters, .mark = H323_NEEDED)),
};

static const struct ph_h323_type h2250_ack_parameters = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(5), KNOWN(2),
	FIELDS(
		MAYBE("nonStandard", SEQUENCE_OF(&h245_non_standard_parameter)), MAYBE("sessionID", INTEGER(1, 255)),
		MAYBE("mediaChannel", &h245_transport_address, .mark = H323_MEDIA),
		MAYBE("mediaControlChannel", &h245_transport_address, .mark = H323_CONTROL),
		MAYBE("dynamicRTPPayloadType", INTEGER(96, 127))),
};

static const struct ph_h323_type forward_multiplex_ack_parameters = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("h2250LogicalChannelAckParameters", &h2250_ack_parameters, .mark = H323_NEEDED)),
};

static const struct ph_h323_type open_logical_channel_ack = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(1), KNOWN(5), STOP_BEFORE(2),
	FIELDS(
		FIELD("forwardLogicalChannelNumber", INTEGER(1, 65535)),
		MAYBE("reverseLogicalChannelParameters", &ack_reverse_parameters, .mark = H323_NEEDED)),
	ADDED(
		ADDITION(0, "separateStack", &network_access_parameters, .mark = H323_STACK),
		ADDITION(1, "forwardMultiplexAckParameters", &forward_multiplex_ack_parameters, .mark = H323_FORWARD_ACK)),
};

static const struct ph_h323_type response_message = {
	CHOICE, EXTENSIBLE, KNOWN(5), STOP_BEFORE(0),
	FIELDS(
		STOP("nonStandard"), STOP("masterSlaveDeterminationAck"), STOP("masterSlaveDeterminationReject"),
		STOP("terminalCapabilitySetAck"), STOP("terminalCapabilitySetReject"),
		FIELD("openLogicalChannelAck", &open_logical_channel_ack, .mark = H323_CHANNEL_ACK),
		STOP("openLogicalChannelReject"), STOP("closeLogicalChannelAck"), STOP("requestChannelCloseAck"),
		STOP("requestChannelCloseReject"), STOP("multiplexEntrySendAck"), STOP("multiplexEntrySendReject"),
		STOP("requestMultiplexEntryAck"), STOP("requestMultiplexEntryReject"), STOP("requestModeAck"),
		STOP("requestModeReject"), STOP("roundTripDelayResponse"), STOP("maintenanceLoopAck"),
		STOP("maintenanceLoopReject")),
};

const struct ph_h323_type ph_h323_control_message = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("request", &request_message, .mark = H323_NEEDED),
		FIELD("response", &response_message, .mark = H323_NEEDED), STOP("command"), STOP("indication")),
};
