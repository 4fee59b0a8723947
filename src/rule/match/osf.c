/* -m osf: which system sent a SYN, by a database of fingerprints that is not part of a policy. */
#include "rule/match/unknown.h"

enum { GENRE, TTL, LOG };

struct match_osf {
	char genre[32];
	uint8_t ttl, log;
};

static const struct ph_opt options[] = {
	{ .name = "genre", .what = "a system's name such as Linux", .type = PH_ARG_STRING,
	  .flags = PH_OPT_NEEDED | PH_OPT_INVERT | PH_OPT_BARE, .id = GENRE, PH_OPT_FIELD(struct match_osf, genre), .min = 1,
	  .max = 31 },
	{ .name = "ttl", .what = "0, 1 or 2", .type = PH_ARG_UINT, .id = TTL, PH_OPT_FIELD(struct match_osf, ttl), .max = 2 },
	{ .name = "log", .what = "0, 1 or 2", .type = PH_ARG_UINT, .id = LOG, PH_OPT_FIELD(struct match_osf, log), .max = 2 },
};

const struct ph_ext ph_match_osf = {
	.name = "osf", .what = "operating system of the sender", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.proto = PH_PROTO_TCP, .hooks = 1 << PH_HOOK_PREROUTING | 1 << PH_HOOK_INPUT | 1 << PH_HOOK_FORWARD,
	.size = sizeof(struct match_osf), PH_EXT_OPTIONS(options), .match = ph_match_unknown,
};
