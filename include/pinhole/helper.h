/* The helpers pinhole knows: for listings. Constant data; any thread may read it. */
#ifndef PINHOLE_HELPER_H
#define PINHOLE_HELPER_H

#include <pinhole/policy.h>
#include <pinhole/track.h>

struct ph_helper_option_info {
	const char *name, *what;
	uint32_t value, default_value, min, max;
	bool is_bool;
	const char *word;               /* the value, where it is a word; NULL where it is a number */
};

/* One line of a contract: what an expectation of a class may be at most, as words ("peer", "any", "subnet", "payload", "fixed"). */
struct ph_contract_info {
	const char *when;               /* "loose=1", or "" for always */
	const char *class_name;         /* "-" where there is only one */
	const char *src, *sport, *dst, *dport, *proto;
	uint32_t max, timeout_s;        /* alive per connection and class; 0: no limit */
	uint8_t flags;                  /* PH_EXPECT_* it may carry */
	uint16_t min_dport;
	uint16_t fixed_sport;           /* with sport "fixed" */
	const char *child;              /* helper of the connection that comes, or NULL */
};

struct ph_helper_info {
	const char *name, *module, *what;
	bool ipv4, ipv6, tcp, udp;
	uint16_t port;
	size_t n_options, n_contracts, n_names;
	struct ph_helper_name_info {
		char name[16];          /* as rules say it: "irc", "irc-1" */
		uint16_t port;          /* that made the name; 0: none */
	} known_as[8];
	struct ph_helper_option_info option[8];
	struct ph_contract_info contract[16];
};

/* The i-th helper under a policy's options (NULL: defaults). False: no more. */
PH_API bool ph_helper_get(const struct ph_policy *policy, size_t i, struct ph_helper_info *out);

#endif
