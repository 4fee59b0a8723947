/* Sets of ipset: addresses, networks, ports and so on by name, asked by -m set, changed by -j SET. Made while a policy is
 * loaded, owned by it, shared by both families. A packet allocates nothing: what a set may grow to is laid out when rules
 * that add to it are bound.
 *
 *   struct ph_sets -> struct ph_set -> elements by hash of their key
 *                                      (of networks, one look for each prefix length there is)
 *
 * A timeout that was loaded begins with the first packet that asks any set. */
#ifndef PH_RULE_SET_H
#define PH_RULE_SET_H

#include "rule/ext.h"

#define PH_SET_NAME_SIZE 32
#define PH_SET_DIMS 6           /* src/dst flags of one rule */

enum ph_set_part {
	PH_SET_NOTHING = 0, PH_SET_IP, PH_SET_NET, PH_SET_PORT, PH_SET_IFACE, PH_SET_MAC, PH_SET_IP2, PH_SET_NET2,
};

struct ph_set_type {
	const char *name, *old;         /* old: ipset 4's name, or NULL */
	uint8_t n, part[3];
	bool bitmap, list;
	bool any_net;                   /* holds networks of length 0 */
};
extern const struct ph_set_type ph_set_types[];        /* ended by a NULL name */

/* What an element is found by: everything its type does not have is zero, addresses are cut to their prefix lengths. */
struct ph_set_key {
	struct ph_addr ip, ip2;
	char iface[PH_IFNAME_SIZE];
	uint8_t mac[6];
	uint16_t port;
	uint8_t proto, cidr, cidr2;
	uint8_t physdev;
};
_Static_assert(sizeof(struct ph_set_key) == 60, "keys are compared and hashed as bytes: no padding");

struct ph_set_elem {
	struct ph_set_key key;
	uint32_t next;
	bool nomatch;
	bool loaded;                    /* expires_ms counts from the first packet */
	uint64_t expires_ms;            /* 0: never */
	uint64_t packets, bytes;
};

/* One set of a list. */
struct ph_set_member {
	struct ph_set *set;
	bool loaded;
	uint64_t expires_ms;
};

struct ph_set_config {
	const struct ph_set_type *type;
	uint8_t family;                 /* 0: of both (ports, lists, MAC addresses) */
	uint8_t netmask;                /* of addresses; 32 or 128: all of them */
	bool counters, timeouts;
	uint32_t timeout_s;             /* of elements that say none; 0: for ever */
	uint32_t maxelem;
	struct ph_addr lo, hi;          /* bitmap: the range */
	uint16_t port_lo, port_hi;
};

struct ph_set {
	struct ph_set *next;
	struct ph_sets *sets;
	char name[PH_SET_NAME_SIZE];
	struct ph_set_config config;
	struct ph_set_elem *elem;       /* owned; places count from 1 */
	uint32_t *bucket;               /* owned */
	uint32_t n, used, room, spare;  /* in the set; places ever used; places; the first that is free again */
	uint32_t mask;                  /* buckets - 1 */
	uint32_t n_cidr[129], n_cidr2[129];     /* networks of each length */
	struct ph_set_member *member;   /* owned: of a list, in order */
	size_t n_members;
	unsigned refs;                  /* lists it is in */
};

struct ph_sets {
	struct ph_set *first;           /* owned */
	bool started;
	uint64_t start_ms;              /* of the first packet */
};

struct ph_sets *ph_sets_new(void);
void ph_sets_free(struct ph_sets *sets);
struct ph_set *ph_sets_find(const struct ph_sets *sets, const char *name);

/* While loading. PH_OK, PH_EXISTS, PH_NO_MEMORY. name: shorter than PH_SET_NAME_SIZE. */
enum ph_status ph_set_create(struct ph_sets *sets, const char *name, const struct ph_set_config *config);
void ph_set_destroy(struct ph_set *set);
void ph_set_flush(struct ph_set *set);
/* Trades what two sets hold. */
void ph_set_swap(struct ph_set *a, struct ph_set *b);
/* Lays a set out for as many elements as it may hold, 1048576 at most. False: no memory. */
PH_MUST_CHECK bool ph_set_reserve(struct ph_set *set);
/* PH_OK, PH_EXISTS, PH_FULL (maxelem), PH_NO_MEMORY; with grow false nothing is allocated. */
enum ph_status ph_set_insert(struct ph_set *set, const struct ph_set_elem *elem, bool grow);
struct ph_set_elem *ph_set_find(const struct ph_set *set, const struct ph_set_key *key);
/* False: it is not there. */
bool ph_set_remove(struct ph_set *set, const struct ph_set_key *key);
/* Cuts an address to its first len bits. */
void ph_set_cut(struct ph_addr *addr, unsigned len);
PH_MUST_CHECK bool ph_set_member_add(struct ph_set *list, struct ph_set *member, size_t at, uint32_t timeout_s);

/* A comparison of a counter. */
enum ph_set_op { PH_SET_ANY = 0, PH_SET_EQ, PH_SET_NE, PH_SET_LT, PH_SET_GT };

/* What a rule asks. src: bit i, is dimension i the source's? */
struct ph_set_ask {
	uint8_t n, src;
	bool return_nomatch, keep_counters, keep_subcounters;
	uint8_t packets_op, bytes_op;   /* enum ph_set_op */
	uint64_t packets, bytes;
};

/* Packets. ask: all flags. */
enum ph_match ph_set_test(struct ph_set *set, const struct ph_set_ask *ask, const struct ph_rule_ctx *ctx);

#define PH_SET_TIMEOUT_DEFAULT 0xffffffffu
/* -j SET. again: an element that is there gets its timeout anew. */
void ph_set_add_packet(struct ph_set *set, const struct ph_set_ask *ask, uint32_t timeout_s, bool again,
                       const struct ph_rule_ctx *ctx);
void ph_set_del_packet(struct ph_set *set, const struct ph_set_ask *ask, const struct ph_rule_ctx *ctx);

/* What -m set and -j SET say of a set: its name and the sides, in two words. name: PH_SET_NAME_SIZE bytes. False: it
 * complained. */
PH_MUST_CHECK bool ph_set_arg(struct ph_arg *arg, char *name, struct ph_set_ask *ask);
void ph_set_arg_print(const char *name, const struct ph_set_ask *ask, struct ph_writer *w);
/* The set of that name, of the rule's family. NULL: it complained. */
struct ph_set *ph_set_bind(const struct ph_bind *bind, const char *name);

/* Does the set hold anything of that family (PH_IPV4, PH_IPV6)? */
static inline bool ph_set_fits(const struct ph_set *set, uint8_t family)
{
	return set->config.family == 0 || set->config.family == family;
}

#endif
