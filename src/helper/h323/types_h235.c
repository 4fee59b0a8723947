/* H.235: the tokens that a progress message carries inside its root. See types.h. */
#include "helper/h323/notation.h"

static const struct ph_h323_type dh_set = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("halfkey", BIT_STRING(0, 2048)), FIELD("modSize", BIT_STRING(0, 2048)),
		FIELD("generator", BIT_STRING(0, 2048))),
};

static const struct ph_h323_type typed_certificate = {
	SEQUENCE, EXTENSIBLE,
	FIELDS(
		FIELD("type", OBJECT_IDENTIFIER), FIELD("certificate", OCTETS_ANY)),
};

static const struct ph_h323_type h235_non_standard_parameter = {
	SEQUENCE,
	FIELDS(
		FIELD("nonStandardIdentifier", OBJECT_IDENTIFIER), FIELD("data", OCTETS_ANY)),
};

const struct ph_h323_type ph_h323_clear_token = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(8), KNOWN(2),
	FIELDS(
		FIELD("tokenOID", OBJECT_IDENTIFIER), MAYBE("timeStamp", INTEGER(1, UINT32_MAX)),
		MAYBE("password", BMP(1, 128)), MAYBE("dhkey", &dh_set), MAYBE("challenge", OCTETS(8, 128)),
		MAYBE("random", INTEGER_ANY), MAYBE("certificate", &typed_certificate), MAYBE("generalID", BMP(1, 128)),
		MAYBE("nonStandard", &h235_non_standard_parameter)),
};

static const struct ph_h323_type params = {
	SEQUENCE, EXTENSIBLE, OPTIONAL(2), KNOWN(1),
	FIELDS(
		MAYBE("ranInt", INTEGER_ANY), MAYBE("iv8", OCTETS(8, 8))),
};

static const struct ph_h323_type hashed = {
	SEQUENCE,
	FIELDS(
		FIELD("algorithmOID", OBJECT_IDENTIFIER), FIELD("paramS", &params), FIELD("hash", BIT_STRING_ANY)),
};

static const struct ph_h323_type encrypted = {
	SEQUENCE,
	FIELDS(
		FIELD("algorithmOID", OBJECT_IDENTIFIER), FIELD("paramS", &params), FIELD("encryptedData", OCTETS_ANY)),
};

static const struct ph_h323_type signed_token = {
	SEQUENCE,
	FIELDS(
		FIELD("toBeSigned", OPEN_TYPE), FIELD("algorithmOID", OBJECT_IDENTIFIER), FIELD("paramS", &params),
		FIELD("signature", BIT_STRING_ANY)),
};

static const struct ph_h323_type crypto_encrypted_token = {
	SEQUENCE,
	FIELDS(
		FIELD("tokenOID", OBJECT_IDENTIFIER), FIELD("token", &encrypted)),
};

static const struct ph_h323_type crypto_signed_token = {
	SEQUENCE,
	FIELDS(
		FIELD("tokenOID", OBJECT_IDENTIFIER), FIELD("token", &signed_token)),
};

static const struct ph_h323_type crypto_hashed_token = {
	SEQUENCE,
	FIELDS(
		FIELD("tokenOID", OBJECT_IDENTIFIER), FIELD("hashedVals", &ph_h323_clear_token), FIELD("token", &hashed)),
};

static const struct ph_h323_type crypto_token = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("cryptoEncryptedToken", &crypto_encrypted_token),
		FIELD("cryptoSignedToken", &crypto_signed_token), FIELD("cryptoHashedToken", &crypto_hashed_token),
		FIELD("cryptoPwdEncr", &encrypted)),
};

static const struct ph_h323_type crypto_ep_pwd_hash = {
	SEQUENCE,
	FIELDS(
		FIELD("alias", &ph_h323_alias_address), FIELD("timeStamp", INTEGER(1, UINT32_MAX)), FIELD("token", &hashed)),
};

static const struct ph_h323_type crypto_gk_pwd_hash = {
	SEQUENCE,
	FIELDS(
		FIELD("gatekeeperId", BMP(1, 128)), FIELD("timeStamp", INTEGER(1, UINT32_MAX)), FIELD("token", &hashed)),
};

const struct ph_h323_type ph_h323_crypto_h323_token = {
	CHOICE, EXTENSIBLE,
	FIELDS(
		FIELD("cryptoEPPwdHash", &crypto_ep_pwd_hash), FIELD("cryptoGKPwdHash", &crypto_gk_pwd_hash),
		FIELD("cryptoEPPwdEncr", &encrypted), FIELD("cryptoGKPwdEncr", &encrypted),
		FIELD("cryptoEPCert", &signed_token), FIELD("cryptoGKCert", &signed_token),
		FIELD("cryptoFastStart", &signed_token), FIELD("nestedcryptoToken", &crypto_token)),
};
