/* What a helper is: payload bytes in, a verdict and an ordered list of findings out.
 *
 * A helper never touches a table, keeps no state but the bytes the engine lends it for one connection, and asks the
 * world only through the questions of struct ph_helper_world. The engine checks every finding against the helper's
 * declared contract before it acts on it. One thread at a time per call; all helpers are reentrant.
 *
 * After inspect() returned, whatever its verdict, the engine acts on the findings in their order:
 *  - one that breaks the contract, or that the tables refuse, is refused; with it its whole group, and what the group
 *    had already made is undone (what it evicted is not brought back);
 *  - a refusal with if_refused PH_HELP_DROP drops the packet and ends the list, unless goes_on is set;
 *  - any other refusal changes nothing for the packet, and the list goes on behind the group.
 * What inspect() wrote to the state stays, whatever is refused; what may be remembered only if all before it was
 * done is a PH_FIND_STATE. docs/helper-interface.md walks SIP, H.323 and PPTP through this. */
#ifndef PH_HELPER_HELPER_H
#define PH_HELPER_HELPER_H

#include "base/cursor.h"
#include "track/expect.h"
#include "track/tuple.h"

#define PH_HELPER_OPTIONS 8     /* options of one module, without ports */
#define PH_HELPER_PORTS 8
#define PH_HELPER_STATE 96      /* bytes of private state of one connection */
#define PH_FINDINGS 1024        /* of one packet; further ones are refused and counted */

enum ph_help {
	PH_HELP_DROP = 0,       /* the packet goes no further */
	PH_HELP_ACCEPT,
	PH_HELP_MORE,           /* accepted; what was begun goes on in later bytes (profile strict) */
};

enum ph_find_kind {
	PH_FIND_EXPECT,         /* open: want, lifetime of its class */
	PH_FIND_REMOVE,         /* close this connection's expectations: of class want.class_ and those up to last_class, and with
	                         * want.tag if not 0; the newest first */
	PH_FIND_ACTIVATE,       /* clear INACTIVE on those of class want.class_ with want.tag, not 0, and give them timeout_s */
	PH_FIND_RETIME,         /* give those timeout_s */
	PH_FIND_MASTER_TIMEOUT, /* this connection lives timeout_s from now */
	PH_FIND_KEYMAP,         /* GRE: want.tuple is what the direction `dir` will look like; one to the same call again is no refusal */
	PH_FIND_TEARDOWN,       /* GRE: the key map of `dir` goes, and the connection with want.tuple or else its expectation, whoever's */
	PH_FIND_REFUSED,        /* nothing to open, but somebody will ask why: refusal says it */
	PH_FIND_STATE,          /* set 32-bit word number `word` of the state to `value` */
	PH_FIND_KINDS
};
#define PH_ACTS(kind) (1u << (kind))

/* Why a helper itself refuses (PH_FIND_REFUSED) or drops. */
enum ph_refusal {
	PH_REFUSAL_NONE = 0,
	PH_REFUSAL_ADDRESS,     /* the announced address is not the speaker's */
	PH_REFUSAL_PARTIAL,     /* a message that is cut short or malformed where it must not be */
	PH_REFUSAL_PORT,        /* port 0, or one that this helper may not open */
};

struct ph_finding {
	enum ph_find_kind kind;
	uint8_t group;                  /* not 0: stands or falls with its neighbours of the same group */
	enum ph_dir dir;                /* KEYMAP, TEARDOWN */
	enum ph_help if_refused;        /* verdict for the packet when an EXPECT cannot be added */
	bool goes_on;                   /* with if_refused DROP: a refusal does not end the list */
	uint8_t last_class;             /* REMOVE: 0: only want.class_ */
	enum ph_refusal refusal;        /* REFUSED */
	uint8_t word;                   /* STATE */
	uint32_t value;                 /* STATE */
	uint32_t timeout_s;
	uint32_t at, len;               /* the text that asked, in the payload: for people */
	uint32_t spot_at, spot_len;     /* in it, where address and port stand: for NAT; 0, 0: nowhere */
	const char *because;            /* the message and field that asked: "INVITE", "setup.h245Address". A constant, or NULL */
	uint32_t call_at, call_len;     /* in the payload, the name of the call (SIP's Call-ID); 0, 0: it has none */
	struct ph_expect_want want;
};

struct ph_helper_out {
	struct ph_finding found[PH_FINDINGS];
	uint32_t n;
	uint32_t lost;                  /* did not fit */
};

/* Questions a helper may ask; the engine answers from its tables without changing anything. */
struct ph_helper_world {
	void *arg;
	/* Does another connection of the same helper and protocol hold an expectation, in class_, that would also meet what this one
	 * is for? (SIP media) */
	bool (*held_elsewhere)(void *arg, const struct ph_expect_want *want);
	/* Does this connection hold one with this destination and protocol, in class_? As before this packet. (SIP, 2xx to
	 * REGISTER) */
	bool (*held_here)(void *arg, const struct ph_expect_want *want);
	/* Do both addresses leave by the same next hop and interface? False without a route. (H.323 forwarding) */
	bool (*same_side)(void *arg, uint8_t family, const struct ph_addr *a, const struct ph_addr *b);
	/* Does the route to this address leave by the interface that this packet leaves by? False without one. (SIP external
	 * media) */
	bool (*leaves_here)(void *arg, uint8_t family, const struct ph_addr *addr);
	/* For a broadcast sent by this host itself: the network of the interface it leaves by. False otherwise. (NetBIOS, SNMP) */
	bool (*broadcast_net)(void *arg, struct ph_addr *mask);
};

enum ph_profile { PH_PROFILE_KERNEL = 0, PH_PROFILE_STRICT };

struct ph_helper_in {
	struct ph_cur payload;          /* behind the upper-layer header; may be empty */
	uint32_t seq;                   /* TCP: as in the header, also of a SYN with data (checked on 6.18) */
	enum ph_dir dir;
	bool established;               /* traffic was seen both ways before or with this packet */
	bool expected;                  /* this connection was itself expected */
	uint8_t family;
	uint8_t helper;                 /* the number of this helper: for expectations of the same kind */
	enum ph_profile profile;
	struct ph_tuple tuple[PH_DIRS];
	const uint32_t *option;         /* values, in the order of ph_helper.option */
	void *state;                    /* PH_HELPER_STATE bytes, zero at first, aligned to 8 */
	const struct ph_helper_world *world;
};

/* What a part of an expected tuple may be at most; narrower is fine. Zero refuses. */
enum ph_may {
	PH_MAY_NOT = 0,
	PH_MAY_PEER,            /* an address of this connection: a source of one of its tuples as source, a destination as
	                         * destination; where both must be, of the same tuple */
	PH_MAY_ANY,             /* unspecified (sources only) */
	PH_MAY_SUBNET,          /* the network that the query was broadcast to (source address only) */
	PH_MAY_PAYLOAD,         /* one value, whatever the message says */
	PH_MAY_FIXED,           /* source port: fixed_sport; destination port: the client's, as the server sees it */
	PH_MAY_COUNT
};

enum {
	PH_CONTRACT_TCP = 1, PH_CONTRACT_UDP = 2, PH_CONTRACT_GRE = 4,
	PH_CONTRACT_SAME = 8,   /* that of this connection */
};

/* One row of a contract: at most this, when option `option` (index + 1; 0: always) has value `value`.
 * An expectation keeps the contract if it stays within one row of its class. */
struct ph_contract {
	const char *when;       /* the condition as people write it, "loose=1"; NULL: always */
	uint8_t option, value;
	uint8_t class_;
	enum ph_may src, sport, dst, dport;
	uint8_t protos;                         /* set of PH_CONTRACT_* */
	uint8_t flags;                          /* PH_EXPECT_* it may set */
	uint16_t fixed_sport;                   /* with PH_MAY_FIXED in sport */
	uint16_t min_dport;                     /* with PH_MAY_PAYLOAD in dport */
	const struct ph_helper *child;          /* the helper it may bind to the connection that comes, or NULL */
	bool ends;              /* closes the table */
};

struct ph_helper_option {
	const char *name;
	uint32_t value, min, max;       /* default and bounds */
	bool is_bool;                   /* takes Y, N, 1, 0 */
	const char *const *word;        /* takes one of these words, its value is the index; ended by NULL. NULL: a number */
	const char *what;               /* for people */
};

/* A helper. One constant per application protocol and name. */
struct ph_helper {
	const char *name;               /* as -m helper and CT --helper know it */
	const char *module;             /* "nf_conntrack_ftp": what modprobe loads */
	const char *what;               /* protocol and RFC, for people */
	uint8_t families;               /* 1: IPv4, 2: IPv6, 3: both */
	uint8_t protos;                 /* PH_CONTRACT_TCP, PH_CONTRACT_UDP, or both */
	uint16_t port;                  /* default; 0: none (a child only) */
	bool has_ports;                 /* the module takes ports= */
	bool port_names;                /* further names are name-PORT; false: name-INDEX */
	uint16_t acts;                  /* kinds of findings it may give, set of PH_ACTS(); REFUSED and STATE need no leave */
	const char *class_name[PH_EXPECT_CLASSES];      /* NULL where there is only one */
	struct ph_expect_policy policy[PH_EXPECT_CLASSES];      /* timeout_s 0: no such class */
	/* The class limits under these option values; NULL: policy[] as it stands. */
	void (*limits)(const uint32_t *option, struct ph_expect_policy policy[PH_EXPECT_CLASSES]);
	const struct ph_helper_option *option;          /* ended by a NULL name, or NULL */
	const struct ph_contract *contract;             /* ended by .ends */
	/* Reads one packet of a connection that has the helper. */
	enum ph_help (*inspect)(const struct ph_helper_in *in, struct ph_helper_out *out);
	/* NULL, or: the connection ends, however it does; which tuples are torn down with it (as by TEARDOWN), one for each direction
	 * of its own. in: without packet and world. */
	void (*ended)(const struct ph_helper_in *in, struct ph_tuple torn[PH_DIRS]);
	/* NULL: it keeps none, or may find any bytes there. Otherwise: can these PH_HELPER_STATE bytes, aligned to 8, be its state? Asked
	 * of what was saved, before inspect() sees it. */
	bool (*state_ok)(const void *state);
};

/* Adds a finding of a kind, zeroed, and returns it to be filled in; NULL (counted) when there is no room. */
struct ph_finding *ph_out_add(struct ph_helper_out *out, enum ph_find_kind kind);

/* The source of an expectation: this address and no other. */
static inline void ph_want_from(struct ph_expect_want *want, uint8_t family, const struct ph_addr *addr)
{
	want->tuple.src = *addr;
	want->mask_src = (struct ph_addr){ { 0 } };
	memset(want->mask_src.b, 0xff, family == PH_IPV4 ? 4 : 16);
}

/* May this helper, under these option values, ask for that? in: the packet and connection it was found in.
 * NULL: yes. Otherwise the name of the first part that is outside ("source address", ...), of the row that fits best. */
const char *ph_contract_broken(const struct ph_helper *helper, const struct ph_helper_in *in,
                               const struct ph_finding *finding);

#endif
