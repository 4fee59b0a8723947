/* Any bytes as an administrator's commands on a small policy in use, a line each, words at blanks; packets go through in between.
 * A command that fails must leave what is printed, the settings and what rules remember as they were. */
#include <stdlib.h>

#include "rule/policy.h"
#include "rule/rules.h"
#include "rule/shared.h"

#define WORDS 64
#define LINES 40
#define ROOM (1 << 18)

struct picture {
	char text[ROOM];
	size_t len;
	struct ph_track_config track;
	struct ph_frag_sysctl frag;
	struct ph_helper_options helpers;
	size_t n_iface, n_shared;
	uint64_t remembered;            /* a sum over the memory that rules share */
};

static struct picture before, after;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void collect(void *arg, const char *text, size_t len)
{
	struct picture *p = arg;

	if (len > ROOM - p->len)
		len = ROOM - p->len;
	memcpy(p->text + p->len, text, len);
	p->len += len;
}

static void ignore(void *arg, const char *text, size_t len)
{
	(void)arg;
	(void)text;
	(void)len;
}

static void take(const struct ph_policy *policy, struct picture *p)
{
	p->len = p->n_shared = 0;
	p->remembered = 0;
	ph_policy_print(policy, PH_IPV4, true, (struct ph_sink){ collect, p });
	ph_policy_print(policy, PH_IPV6, true, (struct ph_sink){ collect, p });
	p->track = policy->track;
	p->frag = policy->frag;
	p->helpers = policy->helpers;
	p->n_iface = policy->n_iface_sysctl;
	for (unsigned f = 0; f < 2; f++) {
		for (const struct ph_shared *s = policy->rules[f]->shared; s; s = s->next) {
			size_t look = s->size < 4096 ? s->size : 4096;

			p->n_shared++;
			p->remembered += (uint64_t)(uintptr_t)s->data;
			for (size_t i = 0; i < look; i++)
				p->remembered = p->remembered * 31 + ((const uint8_t *)s->data)[i];
		}
	}
}

static void compare(void)
{
	if (before.len != after.len || memcmp(before.text, after.text, before.len) != 0 ||
	    memcmp(&before.track, &after.track, sizeof(before.track)) != 0 || memcmp(&before.frag, &after.frag, sizeof(before.frag)) != 0 ||
	    memcmp(&before.helpers, &after.helpers, sizeof(before.helpers)) != 0 || before.n_iface != after.n_iface ||
	    before.n_shared != after.n_shared || before.remembered != after.remembered)
		abort();
}

static void walk(struct ph_policy *policy, uint64_t now_ms)
{
	static const uint8_t ip[] = { 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0xae, 0xba, 10, 0, 0, 1, 192, 0, 2, 21,
	                              0x9c, 0x40, 0, 21, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0 };
	static const struct ph_ifname name = { "eth0" };
	enum ph_pkt_error bad;
	struct ph_rule_ref where;
	struct ph_pkt pkt;
	uint32_t mark = 0;

	bad = ph_pkt_parse(ip, sizeof(ip), &pkt);
	(void)bad;
	for (unsigned hook = 0; hook < PH_HOOKS; hook++) {
		for (unsigned table = 0; table < PH_TABLES; table++) {
			struct ph_rule_ctx ctx = {
				.pkt = &pkt, .view = &pkt, .in = &name, .out = &name, .mark = &mark, .hook = (enum ph_hook)hook, .now_ms = now_ms,
			};

			ph_ruleset_eval(policy->rules[0], (enum ph_table)table, &ctx, &where);
		}
	}
}

/* Runs a line, which is cut up. */
static void run(struct ph_policy *policy, char *line)
{
	struct ph_diags *diags = ph_diags_new();
	const char *word[WORDS];
	enum ph_status status;
	size_t n = 0;

	if (!diags)
		abort();
	for (char *at = line; *at && n < WORDS;) {
		word[n++] = at;
		at += strcspn(at, " ");
		while (*at == ' ')
			*at++ = '\0';
	}
	take(policy, &before);
	status = ph_policy_edit(policy, word, n, (struct ph_sink){ ignore, NULL }, diags);
	if ((status == PH_INVALID || status == PH_NOT_FOUND) != (ph_diags_errors(diags) > 0) || !policy->rules[0]->finished || !policy->rules[1]->finished)
		abort();
	if (status != PH_OK) {
		take(policy, &after);
		compare();
	}
	ph_diags_free(diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char base[] =
		"ip link add dev eth0\nmodprobe nf_conntrack_ftp ports=21,2121\nipset create s hash:ip\n"
		"iptables -t raw -A PREROUTING -p tcp --dport 2121 -j CT --helper ftp-2121\niptables -N a\niptables -A FORWARD -j a\n"
		"iptables -A a -m recent --name r --set\niptables -A FORWARD -m limit --limit 1/sec\niptables -A INPUT -m set --match-set s src\n";
	const struct ph_policy_source source = { .name = "base", .lenient = size > 0 && (data[0] & 1) };
	struct ph_policy *policy = ph_policy_new();
	struct ph_diags *diags = ph_diags_new();
	char *text = malloc(size + 1);
	unsigned lines = 0;

	if (!policy || !diags || !text)
		abort();
	if (ph_policy_load(policy, &source, base, strlen(base), diags) != PH_OK || ph_policy_finish(policy, diags) != PH_OK)
		abort();
	if (size > 1)
		memcpy(text, data + 1, size - 1);
	text[size > 1 ? size - 1 : 0] = '\0';
	for (char *at = text; *at && lines++ < LINES;) {
		size_t len = strcspn(at, "\n");
		bool last = !at[len];

		at[len] = '\0';
		run(policy, at);
		walk(policy, lines * 1000);
		at += last ? len : len + 1;
	}
	free(text);
	ph_diags_free(diags);
	ph_policy_free(policy);
	return 0;
}
