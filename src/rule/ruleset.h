/* Rule sets and their evaluation: what the engine asks of this room.
 *
 * A rule set holds one family's tables (raw, mangle, nat, filter, security). It is built by rule/text, owned by the
 * policy, and read by the engine, which changes only counters and the state of matches such as limit. */
#ifndef PH_RULE_RULESET_H
#define PH_RULE_RULESET_H

#include <pinhole/policy.h>
#include "net/packet.h"
#include "route/route.h"
#include "track/conn.h"

enum ph_hook { PH_HOOK_PREROUTING = 0, PH_HOOK_INPUT, PH_HOOK_FORWARD, PH_HOOK_OUTPUT, PH_HOOK_POSTROUTING, PH_HOOKS };
enum ph_table { PH_TABLE_RAW = 0, PH_TABLE_MANGLE, PH_TABLE_NAT, PH_TABLE_FILTER, PH_TABLE_SECURITY, PH_TABLES };

/* Whose socket a packet comes from. NO_PROGRAM: none, or one that the kernel made for itself. */
enum ph_owner { PH_OWNER_UNKNOWN = 0, PH_OWNER_NO_PROGRAM, PH_OWNER_KNOWN };

struct ph_ruleset;
struct ph_part;
struct ph_track;

/* What -j CT leaves on a packet for connection tracking. Part of the rule. */
struct ph_ct_template {
	uint8_t helper;                 /* number in the registry, or PH_HELPER_NONE */
	uint8_t zone_dir;               /* enum ph_zone_dir */
	bool zone_from_mark;            /* zone = low 16 bits of the packet's mark */
	bool notrack;
	uint16_t zone;
	uint16_t events;                /* mask of ctevents; 0xffff = all */
	uint8_t expevents;
};

/* One packet at one hook. The engine fills it; matches read it, targets change what is marked so. */
struct ph_rule_ctx {
	const struct ph_pkt *pkt;
	struct ph_pkt *view;                    /* the same, for targets that change a header: TTL, TOS; NULL: they change nothing */
	const struct ph_frame *frame;
	const struct ph_ifname *in, *out;       /* never NULL: the empty name where there is none */
	uint64_t now_ms;                        /* never runs backwards */
	uint64_t day_ms;                        /* the time of day, which is set now and then */
	const struct ph_route *route;           /* of the firewall; NULL: nobody knows any */
	const struct ph_track *track;           /* the table of connections, or NULL */
	struct ph_conn *conn;                   /* NULL: INVALID, UNTRACKED, or not tracked yet */
	const struct ph_conn *master;           /* of conn, or NULL */
	const char *master_helper;              /* name of the master's helper, or NULL */
	enum ph_state state;                    /* PH_STATE_NONE in raw PREROUTING, which rules see as INVALID */
	enum ph_dir dir;
	enum ph_hook hook;
	enum ph_owner owner;                    /* of what the firewall itself sends */
	uint32_t uid, gid;                      /* of KNOWN */
	uint32_t *mark;                         /* changed by MARK, CONNMARK --restore-mark */
	bool untracked;                         /* set by NOTRACK, CT --notrack */
	const struct ph_ct_template *template_; /* set by CT */
	bool hotdrop;                           /* set by a match that cannot read its header: the packet is dropped */
	bool conn_mark_changed;                 /* set by CONNMARK */
	bool mss_set;                           /* set by TCPMSS: a SYN offers mss now */
	uint16_t mss;
	const char *reject;                     /* set by REJECT */
	const struct ph_part *nat;              /* set by DNAT, SNAT ...: the target that would translate */
	uint8_t unsure;                         /* PH_TOUCH_*: what an uncertain rule may have changed */
	bool uncertain;                         /* set where the verdict cannot be known: this is the one without the rule below */
	struct ph_rule_ref uncertain_rule;      /* the first rule on which it depends */
	/* Called for LOG and NFLOG; NULL: nobody listens. */
	void (*log)(void *arg, const struct ph_rule_ref *rule, const char *prefix);
	/* Called for each rule tried, and for the policy if it decides; NULL: nobody listens. */
	void (*trial)(void *arg, const struct ph_rule_trial *trial);
	void *log_arg;                          /* of both */
};

enum ph_rule_verdict { PH_RULE_DROP = 0, PH_RULE_ACCEPT };

/* An empty rule set of a family (PH_IPV4, PH_IPV6): no table touched, all policies ACCEPT. NULL without memory. */
struct ph_ruleset *ph_ruleset_new(uint8_t family);
void ph_ruleset_free(struct ph_ruleset *rules);

/* True if any table was touched: the policy says something about this family's rules. */
bool ph_ruleset_touched(const struct ph_ruleset *rules);

/* Walks the built-in chain of a table at ctx->hook. A table without such a chain, or never touched, accepts.
 * Matches and targets that cannot know (see ext.h) count as not there; if the verdict may be another one because of them,
 * ctx->uncertain is set. Rules that may or may not match are not counted.
 * where: the rule or policy that decided; set on PH_RULE_DROP only. Counts packets and bytes. */
enum ph_rule_verdict ph_ruleset_eval(struct ph_ruleset *rules, enum ph_table table, struct ph_rule_ctx *ctx, struct ph_rule_ref *where);

/* True if that table was touched and has a chain at that hook, which counts packets even without rules: the engine skips the
 * others. */
bool ph_ruleset_hooked(const struct ph_ruleset *rules, enum ph_table table, enum ph_hook hook);

#endif
