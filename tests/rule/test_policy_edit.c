/* An administrator's commands on a policy in use: what they do, what they print, and that a failure leaves no trace, refused memory
 * included. With --commands it reads commands from standard input instead, for test_edit_kernel.py.
 * link: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rule/policy.h"
#include "rule/rules.h"
#include "rule/shared.h"
#include "support.h"
#include "support/refuse.h"

#define TEXT 65536

struct text {
	char at[TEXT];
	size_t len;
};

struct desk {
	struct ph_policy *policy;
	struct ph_diags *diags;
	struct text out, before, after;
};

static void collect(void *arg, const char *text, size_t len)
{
	struct text *t = arg;

	assert_true(t->len + len < TEXT);
	memcpy(t->at + t->len, text, len);
	t->len += len;
	t->at[t->len] = '\0';
}

static struct ph_sink into(struct text *t)
{
	t->len = 0;
	t->at[0] = '\0';
	return (struct ph_sink){ collect, t };
}

static void open_desk(struct desk *d, const char *policy, bool lenient)
{
	const struct ph_policy_source source = { .name = "test.policy", .lenient = lenient };

	d->diags = ph_diags_new();
	d->policy = ph_policy_new();
	assert_non_null(d->policy);
	if (ph_policy_load(d->policy, &source, policy, strlen(policy), d->diags) != PH_OK ||
	    ph_policy_finish(d->policy, d->diags) != PH_OK)
		fail_msg("%s", ph_diags_get(d->diags, 0)->text);
}

static void close_desk(struct desk *d)
{
	ph_policy_free(d->policy);
	ph_diags_free(d->diags);
	free(d);
}

static struct desk *desk(const char *policy)
{
	struct desk *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	open_desk(d, policy, false);
	return d;
}

/* Complaints are those of the latest command. */
static enum ph_status edit(struct desk *d, const char *line)
{
	char *buffer = malloc(2 * strlen(line) + 2), *at = buffer;
	struct ph_word word[TEST_WORDS];
	const char *words[TEST_WORDS];
	size_t n = test_split(line, buffer, word);
	enum ph_status status;
	char *texts = malloc(strlen(line) + TEST_WORDS + 1);

	assert_non_null(buffer);
	assert_non_null(texts);
	at = texts;
	for (size_t i = 0; i < n; i++) {
		memcpy(at, word[i].text, word[i].len);
		at[word[i].len] = '\0';
		words[i] = at;
		at += word[i].len + 1;
	}
	ph_diags_free(d->diags);
	d->diags = ph_diags_new();
	status = ph_policy_edit(d->policy, words, n, into(&d->out), d->diags);
	free(buffer);
	free(texts);
	return status;
}

/* All that a policy shows: rules with counters, and every setting. */
static void picture(struct desk *d, struct text *t)
{
	struct ph_policy *p = d->policy;
	struct ph_sink sink = into(t);
	char line[200];

	ph_policy_print(p, PH_IPV4, true, sink);
	ph_policy_print(p, PH_IPV6, true, sink);
	for (const struct ph_track_sysctl *s = ph_track_sysctls; s->name; s++) {
		uint32_t value = 0;

		memcpy(&value, (unsigned char *)&p->track + s->offset, s->read_only ? 0 : sizeof(value));
		snprintf(line, sizeof(line), "%s %u\n", s->name, value);
		collect(t, line, strlen(line));
	}
	for (size_t i = 0; i < p->n_iface_sysctl; i++) {
		snprintf(line, sizeof(line), "%s %u %u %u %u\n", p->iface_sysctl[i].iface.name, p->iface_sysctl[i].value[0],
		         p->iface_sysctl[i].value[1], p->iface_sysctl[i].value[2], p->iface_sysctl[i].value[3]);
		collect(t, line, strlen(line));
	}
	for (unsigned n = 1; n < 200; n++) {
		char name[16] = "";

		if (!ph_helper_of((uint8_t)n))
			continue;
		snprintf(line, sizeof(line), "%u %s\n", n, ph_helper_name(&p->helpers, (uint8_t)n, name));
		collect(t, line, strlen(line));
	}
	snprintf(line, sizeof(line), "%u %u %u %u %d %d\n", p->frag.time, p->frag.high_thresh, p->frag.low_thresh, p->frag.max_dist,
	         p->has_rules[0], p->has_rules[1]);
	collect(t, line, strlen(line));
}

static void expect_ok(struct desk *d, const char *line, const char *want)
{
	if (edit(d, line) != PH_OK)
		fail_msg("%s: %s", line, ph_diags_count(d->diags) ? ph_diags_get(d->diags, 0)->text : "no word");
	if (want)
		assert_string_equal(d->out.at, want);
}

/* It fails with this message, at this column, and without a trace. */
static void expect_no(struct desk *d, const char *line, const char *want)
{
	const struct ph_diag *diag;
	char text[600];
	enum ph_status status;

	picture(d, &d->before);
	status = edit(d, line);
	if (status != PH_INVALID && status != PH_NOT_FOUND)
		fail_msg("%s: was done", line);
	assert_true(ph_diags_errors(d->diags) > 0);
	diag = ph_diags_get(d->diags, 0);
	snprintf(text, sizeof(text), "%s:%u:%u: %s", diag->file ? diag->file : "", diag->line, diag->column, diag->text);
	if (strncmp(text, want, strlen(want)) != 0)
		fail_msg("%s: %s, wanted %s", line, text, want);
	picture(d, &d->after);
	assert_string_equal(d->after.at, d->before.at);
	assert_true(d->policy->rules[0]->finished && d->policy->rules[1]->finished);
}

static const struct ph_ifname eth0 = { "eth0" }, eth1 = { "eth1" };

/* A TCP SYN through FORWARD of filter, at a time. */
static enum ph_rule_verdict packet(struct desk *d, uint8_t last, uint64_t now_ms)
{
	uint8_t ip[] = { 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, last, 192, 0, 2, 21,
	                 0x9c, 0x40, 0, 21, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0 };
	struct ph_rule_ref where;
	struct ph_pkt pkt;
	uint32_t mark = 0, sum = 0;
	struct ph_rule_ctx ctx = {
		.pkt = &pkt, .view = &pkt, .in = &eth0, .out = &eth1, .mark = &mark, .hook = PH_HOOK_FORWARD, .now_ms = now_ms,
	};

	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	assert_int_equal(ph_pkt_parse(ip, sizeof(ip), &pkt), PH_PKT_OK);
	return ph_ruleset_eval(d->policy->rules[0], PH_TABLE_FILTER, &ctx, &where);
}

#define LOADED \
	"ip link add dev eth0\nip link add dev eth1\nmodprobe nf_conntrack_ftp ports=21,2121\n" \
	"iptables -t raw -A PREROUTING -p tcp --dport 2121 -j CT --helper ftp-2121\n" \
	"iptables -N in\niptables -A FORWARD -i eth0 -j in\niptables -A in -p tcp --dport 21 -j ACCEPT\n" \
	"ip6tables -A FORWARD -p tcp -j ACCEPT\nsysctl -w net.ipv4.conf.all.rp_filter=1\n"

static void test_edit_every_verb_does_its_work(void **state)
{
	struct desk *d = desk("iptables -P FORWARD DROP\n");

	(void)state;
	expect_ok(d, "iptables -A FORWARD -p tcp --dport 21 -j ACCEPT", "");
	expect_ok(d, "/sbin/iptables -I FORWARD -s 10.0.0.0/8", "");
	expect_ok(d, "iptables-legacy -I FORWARD 2 -i eth0", "");
	expect_ok(d, "iptables-nft -N user", "");
	expect_ok(d, "iptables -w 5 -A FORWARD -j user", "");
	expect_ok(d, "iptables -S FORWARD", "-P FORWARD DROP\n-A FORWARD -s 10.0.0.0/8\n-A FORWARD -i eth0\n"
	          "-A FORWARD -p tcp -m tcp --dport 21 -j ACCEPT\n-A FORWARD -j user\n");
	expect_ok(d, "iptables -R FORWARD 1 -s 10.0.0.0/9 -c 3 4", "");
	expect_ok(d, "iptables -D FORWARD -i eth0", "");
	expect_ok(d, "iptables -E user person", "");
	expect_ok(d, "iptables -vS FORWARD", "-P FORWARD DROP -c 0 0\n-A FORWARD -s 10.0.0.0/9 -c 3 4\n"
	          "-A FORWARD -p tcp -m tcp --dport 21 -c 0 0 -j ACCEPT\n-A FORWARD -c 0 0 -j person\n");
	expect_ok(d, "iptables -D FORWARD 3", "");
	expect_ok(d, "iptables -X person", "");
	expect_ok(d, "iptables -P FORWARD ACCEPT", "");
	expect_ok(d, "iptables -C FORWARD -s 10.0.0.0/9", "");
	assert_int_equal(edit(d, "iptables -C FORWARD -s 10.0.0.0/10"), PH_EXISTS);
	assert_string_equal(ph_diags_get(d->diags, 0)->text, "Bad rule (does a matching rule exist in that chain?).");
	assert_int_equal(ph_diags_errors(d->diags), 0);
	expect_ok(d, "iptables -Z", "");
	expect_ok(d, "iptables -F", "");
	expect_ok(d, "iptables -X", "");
	expect_ok(d, "iptables -S", "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n");
	expect_ok(d, "ip6tables -A INPUT -s fe80::/10 -p icmpv6 -j ACCEPT", "");
	expect_ok(d, "ip6tables -S INPUT", "-P INPUT ACCEPT\n-A INPUT -s fe80::/10 -p ipv6-icmp -j ACCEPT\n");
	assert_true(ph_policy_has_rules(d->policy, PH_IPV6));
	close_desk(d);
}

/* iptables ends with 1 for these, with 2 for the others. */
static void test_edit_of_what_is_not_there_is_told_apart(void **state)
{
	static const char *const missing[] = {
		"-D FORWARD 5", "-D FORWARD -j ACCEPT", "-C none -j ACCEPT", "-A none -j ACCEPT", "-X none", "-F none", "-L none", "-S none",
		"-Z none", "-E none other", "-I FORWARD 9 -j ACCEPT", "-R FORWARD 9 -j ACCEPT",
	};
	static const char *const wrong[] = { "-A FORWARD -j none", "-A FORWARD --none", "-A FORWARD -p none", "-D FORWARD 0", "-R FORWARD" };
	struct desk *d = desk("iptables -A FORWARD -s 10.0.0.0/8\n");
	char line[80];

	(void)state;
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		snprintf(line, sizeof(line), "iptables %s", missing[i]);
		assert_int_equal(edit(d, line), PH_NOT_FOUND);
		assert_int_equal(ph_diags_errors(d->diags), 1);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(line, sizeof(line), "iptables %s", wrong[i]);
		assert_int_equal(edit(d, line), PH_INVALID);
	}
	expect_ok(d, "iptables -S FORWARD", "-P FORWARD ACCEPT\n-A FORWARD -s 10.0.0.0/8\n");
	close_desk(d);
}

static void test_edit_list_has_the_columns_of_iptables(void **state)
{
	struct desk *d = desk("iptables -N foo\niptables -P FORWARD DROP -c 5 123456\n"
	                      "iptables -A INPUT -c 3 100 -s 10.0.0.0/8 -p tcp --dport 21 -j foo\n"
	                      "iptables -A INPUT -c 1234567 123456789012 ! -p udp -f -i eth0 -g foo\n"
	                      "iptables -A FORWARD ! -f ! -i a+ ! -o longlonglong -p 200 -d 1.2.3.4/255.0.255.0 ! -s 1.1.1.1\n"
	                      "iptables -A FORWARD -j LOG --log-prefix \"x y\"\n");

	(void)state;
	expect_ok(d, "iptables -nvL INPUT --line-numbers",
	          "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n"
	          "num   pkts bytes target     prot opt in     out     source               destination         \n"
	          "1        3   100 foo        6    --  *      *       10.0.0.0/8           0.0.0.0/0            -m tcp --dport 21\n"
	          "2    1235K  123G foo       !17   -f  eth0   *       0.0.0.0/0            0.0.0.0/0           [goto] \n");
	expect_ok(d, "iptables -vxL FORWARD",
	          "Chain FORWARD (policy DROP 5 packets, 123456 bytes)\n"
	          "    pkts      bytes target     prot opt in     out     source               destination         \n"
	          "       0        0            200  !f  !a+    !longlonglong !1.1.1.1              1.0.3.0/255.0.255.0 \n"
	          "       0        0 LOG        all  --  *      *       0.0.0.0/0            0.0.0.0/0            --log-prefix \"x y\"\n");
	expect_ok(d, "iptables -L INPUT 1", "foo        tcp  --  10.0.0.0/8           0.0.0.0/0            -m tcp --dport 21\n");
	expect_ok(d, "iptables -nL foo", "Chain foo (2 references)\n"
	          "target     prot opt source               destination         \n");
	expect_ok(d, "iptables -t mangle -L",
	          "Chain PREROUTING (policy ACCEPT)\ntarget     prot opt source               destination         \n\n"
	          "Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination         \n\n"
	          "Chain FORWARD (policy ACCEPT)\ntarget     prot opt source               destination         \n\n"
	          "Chain OUTPUT (policy ACCEPT)\ntarget     prot opt source               destination         \n\n"
	          "Chain POSTROUTING (policy ACCEPT)\ntarget     prot opt source               destination         \n");
	assert_false(d->policy->rules[0]->table[PH_TABLE_MANGLE].touched);
	expect_ok(d, "iptables -S INPUT 9", "");
	close_desk(d);
}

static void test_edit_zero_beside_a_listing_shows_first(void **state)
{
	struct desk *d = desk("iptables -A FORWARD -c 3 100 -s 10.0.0.0/8\niptables -A FORWARD -c 1 2\n");

	(void)state;
	expect_ok(d, "iptables -vS FORWARD -Z", "-P FORWARD ACCEPT -c 0 0\n-A FORWARD -s 10.0.0.0/8 -c 3 100\n-A FORWARD -c 1 2\n");
	expect_ok(d, "iptables -v -Z -S FORWARD", "-P FORWARD ACCEPT -c 0 0\n-A FORWARD -s 10.0.0.0/8 -c 0 0\n-A FORWARD -c 0 0\n");
	expect_no(d, "iptables -L -S", "command:1:13: -S: the command is already -L");
	expect_no(d, "iptables -Z -Z", "command:1:13: -Z: the command is already -Z");
	close_desk(d);
}

static void test_edit_failures_leave_no_trace(void **state)
{
	struct desk *d = desk(LOADED);

	(void)state;
	expect_no(d, "iptables -A nope -j ACCEPT", "command:1:13: -A nope: table filter has no such chain");
	expect_no(d, "iptables -t mangle -A PREROUTING -p xyz", "command:1:37: --protocol: \"xyz\" is not a protocol");
	expect_no(d, "iptables -A FORWARD -j nope", "command:1:24: nope: no such target");
	expect_no(d, "iptables -A in -j in", "command:1:19: in: this jump makes a loop");
	expect_no(d, "iptables -A FORWARD -m set --match-set s src", "command:1:10: set: there is no set s");
	expect_no(d, "iptables -A in -m recent --rcheck --hitcount x", "command:1:46: --hitcount");
	expect_no(d, "iptables -D FORWARD 9", "command:1:21: -D 9: the chain has no such rule");
	expect_no(d, "iptables -D FORWARD -s 1.1.1.1", "command:1:13: -D FORWARD: the chain has no such rule");
	expect_no(d, "iptables -I FORWARD 9", "command:1:21: -I 9: the number is beyond the end of the chain");
	expect_no(d, "iptables -R FORWARD 9", "command:1:21: -R 9: the chain has no such rule");
	expect_no(d, "iptables -X in", "command:1:13: -X in: the chain still has rules");
	expect_no(d, "iptables -X", "command:1:10: -X in: the chain still has rules");
	expect_no(d, "iptables -N in", "command:1:13: -N in: the chain is already there");
	expect_no(d, "iptables -E in FORWARD", "command:1:16: -E FORWARD: a chain of that name");
	expect_no(d, "iptables -P in DROP", "command:1:13: -P in: only built-in chains");
	expect_no(d, "iptables -F nope", "command:1:13: -F nope: table filter has no such chain");
	expect_no(d, "iptables -Z nope", "command:1:13: -Z nope: table filter has no such chain");
	expect_no(d, "iptables -S nope", "command:1:13: -S nope: table filter has no such chain");
	expect_no(d, "iptables", "command:0:0: iptables: no command");
	expect_no(d, "ip6tables -A FORWARD -s 10.0.0.1", "command:1:25: --source");
	expect_no(d, "iptables-save", "command:1:1: iptables-save: not a command that changes a policy");
	expect_no(d, "ip addr add 10.0.0.1/8 dev eth0", "command:1:1: ip: addresses and routes are not edited");
	expect_no(d, "ipset add s 10.0.0.1", "command:1:1: ipset: sets are not edited");
	expect_no(d, "rm -rf x", "command:1:1: rm: not a command that changes a policy");
	expect_no(d, "", "command:1:1: no command");
	expect_no(d, "sysctl -w net.netfilter.nf_conntrack_max=x", "command:1:11: nf_conntrack_max: \"x\" is not a number");
	expect_no(d, "sysctl -w net.netfilter.nf_conntrack_udp_timeout=7 net.netfilter.nope=1", "command:1:52: net.netfilter.nope");
	expect_no(d, "sysctl -w net.ipv4.conf.eth7.rp_filter=1 net.ipv4.conf.eth8.rp_filter=9", "command:1:42: rp_filter: 9");
	expect_no(d, "sysctl -w net.ipv4.ipfrag_time", "command:1:11: net.ipv4.ipfrag_time: no value");
	expect_no(d, "sysctl net.ipv4.nope", "command:1:8: net.ipv4.nope: no such key");
	expect_no(d, "sysctl net.ipv4.ipfrag_time=9 net.ipv4.nope", "command:1:31: net.ipv4.nope: no such key");
	expect_no(d, "sysctl -p", "command:1:8: sysctl -p: only");
	expect_no(d, "modprobe nf_conntrack_ftp ports=1,x", "command:1:27: nf_conntrack_ftp: ports: \"1,x\"");
	expect_no(d, "modprobe nf_conntrack_ftp loose=1 nope=1", "command:1:35: nf_conntrack_ftp: this module has no option");
	expect_no(d, "modprobe nf_conntrack_ftp ports=21", "command:1:1: modprobe: rule 1 of chain PREROUTING in table raw assigns");
	expect_no(d, "modprobe nf_conntrack_ftp ports=2121,21", "command:1:1: modprobe: rule 1 of chain PREROUTING in table raw assigns");
	expect_no(d, "modprobe -r nf_conntrack_ftp", "command:1:10: modprobe -r");
	close_desk(d);
}

static void test_edit_before_the_finish_is_refused(void **state)
{
	const char *const words[] = { "iptables", "-S" };
	struct desk *d = calloc(1, sizeof(*d));

	(void)state;
	d->policy = ph_policy_new();
	d->diags = ph_diags_new();
	assert_int_equal(ph_policy_edit(d->policy, words, 2, into(&d->out), d->diags), PH_INVALID);
	assert_string_equal(ph_diags_get(d->diags, 0)->text, "the policy is not finished yet; this is for one in use");
	close_desk(d);
}

static void test_edit_settings_are_set_and_shown(void **state)
{
	struct desk *d = desk(LOADED);

	(void)state;
	expect_ok(d, "sysctl net.netfilter.nf_conntrack_udp_timeout", "net.netfilter.nf_conntrack_udp_timeout = 30\n");
	expect_ok(d, "sysctl -w net.netfilter.nf_conntrack_udp_timeout=7", "net.netfilter.nf_conntrack_udp_timeout = 7\n");
	expect_ok(d, "/sbin/sysctl -n net/netfilter/nf_conntrack_udp_timeout", "7\n");
	expect_ok(d, "sysctl net.nf_conntrack_max=1000", "net.nf_conntrack_max = 1000\n");
	expect_ok(d, "sysctl net.netfilter.nf_conntrack_max net.ipv4.netfilter.ip_conntrack_max",
	          "net.netfilter.nf_conntrack_max = 1000\nnet.ipv4.netfilter.ip_conntrack_max = 1000\n");
	expect_ok(d, "sysctl -q -w net.ipv4.ipfrag_time=9", "");
	expect_ok(d, "sysctl net.ipv4.ipfrag_time net.ipv4.ipfrag_max_dist", "net.ipv4.ipfrag_time = 9\nnet.ipv4.ipfrag_max_dist = 64\n");
	expect_ok(d, "sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.eth0.rp_filter net.ipv4.conf.nope.rp_filter",
	          "net.ipv4.conf.all.rp_filter = 1\nnet.ipv4.conf.eth0.rp_filter = 0\nnet.ipv4.conf.nope.rp_filter = 0\n");
	expect_ok(d, "sysctl -w net.ipv4.conf.eth0/5.rp_filter=2", "net.ipv4.conf.eth0/5.rp_filter = 2\n");
	expect_ok(d, "sysctl -n net/ipv4/conf/eth0.5/rp_filter", "2\n");
	expect_ok(d, "sysctl -w net.ipv4.ip_forward=0", "net.ipv4.ip_forward = 0\n");
	expect_ok(d, "sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding", "net.ipv4.ip_forward = 0\nnet.ipv6.conf.all.forwarding = 1\n");
	expect_ok(d, "modprobe nf_conntrack_ftp ports=21,2121,2122 loose=1", "");
	expect_ok(d, "iptables -t raw -A PREROUTING -p tcp --dport 2122 -j CT --helper ftp-2122", "");
	for (const struct ph_track_sysctl *s = ph_track_sysctls; s->name; s++) {
		char line[120];

		snprintf(line, sizeof(line), "sysctl net.netfilter.%s", s->name);
		assert_int_equal(edit(d, line), s->read_only ? PH_INVALID : PH_OK);
	}
	close_desk(d);
}

static uint64_t packets_of(struct desk *d, const char *rule)
{
	const char *at;

	edit(d, "iptables -vS FORWARD");
	at = strstr(d->out.at, rule);
	assert_non_null(at);
	return strtoull(strstr(at, " -c ") + 4, NULL, 10);
}

static void test_edit_leaves_other_rules_their_counters_and_state(void **state)
{
	struct desk *d = desk("iptables -P FORWARD DROP\niptables -A FORWARD -m recent --name seen --set\n"
	                      "iptables -A FORWARD -s 10.0.0.1 -m limit --limit 1/hour --limit-burst 2 -j ACCEPT\n"
	                      "iptables -A FORWARD -s 10.0.0.2 -m quota --quota 80 -j ACCEPT\n"
	                      "iptables -A FORWARD -s 10.0.0.3 -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 "
	                      "--hashlimit-mode srcip --hashlimit-name h -j ACCEPT\n"
	                      "iptables -A FORWARD -s 10.0.0.4 -m statistic --mode nth --every 3 --packet 2 -j ACCEPT\n");

	(void)state;
	for (uint8_t last = 1; last <= 4; last++)
		assert_int_equal(packet(d, last, 1000), last == 4 ? PH_RULE_DROP : PH_RULE_ACCEPT);
	expect_ok(d, "iptables -I FORWARD -s 10.9.9.9", "");
	expect_no(d, "iptables -A FORWARD -j nope", "command:1:24");
	expect_ok(d, "iptables -A FORWARD -s 10.0.0.5 -m recent --name seen --rcheck -j ACCEPT", "");
	for (uint8_t last = 1; last <= 4; last++)
		assert_int_equal(packet(d, last, 1001), last == 4 ? PH_RULE_DROP : PH_RULE_ACCEPT);
	expect_ok(d, "iptables -N other", "");
	for (uint8_t last = 1; last <= 4; last++)
		assert_int_equal(packet(d, last, 1002), last == 4 ? PH_RULE_ACCEPT : PH_RULE_DROP);
	assert_int_equal(packet(d, 5, 1003), PH_RULE_ACCEPT);
	assert_int_equal((int)packets_of(d, "--set"), 13);
	assert_int_equal((int)packets_of(d, "-s 10.0.0.2/32"), 2);
	close_desk(d);
}

static size_t memories(const struct desk *d)
{
	size_t n = 0;

	for (const struct ph_shared *s = d->policy->rules[0]->shared; s; s = s->next)
		n++;
	return n;
}

static void test_edit_list_that_no_rule_names_is_forgotten(void **state)
{
	struct desk *d = desk("iptables -P FORWARD DROP\niptables -A FORWARD -m recent --name a --set\n");

	(void)state;
	packet(d, 1, 1000);
	assert_int_equal(memories(d), 1);
	for (unsigned i = 0; i < 20; i++) {
		expect_ok(d, "iptables -A INPUT -m connlimit --connlimit-above 2 -j DROP", "");
		assert_int_equal(memories(d), 2);
		expect_ok(d, "iptables -Z", "");
		assert_int_equal(memories(d), 2);
		expect_ok(d, "iptables -D INPUT 1", "");
		assert_int_equal(memories(d), 1);
	}
	expect_ok(d, "iptables -F", "");
	assert_int_equal(memories(d), 0);
	expect_ok(d, "iptables -A FORWARD -m recent --name a --rcheck -j ACCEPT", "");
	assert_int_equal(packet(d, 1, 1001), PH_RULE_DROP);
	close_desk(d);
}

/* A longer history of a list begins anew; if the command fails after all, the old one is still there. */
static void test_edit_failed_growth_of_a_list_is_taken_back(void **state)
{
	struct desk *d = desk("iptables -P FORWARD DROP\niptables -N in\niptables -A FORWARD -m recent --name a --rcheck -j ACCEPT\n"
	                      "iptables -A FORWARD -m recent --name a --set\niptables -A FORWARD -j in\n");

	(void)state;
	assert_int_equal(packet(d, 1, 1000), PH_RULE_DROP);
	expect_no(d, "iptables -A in -m recent --name a --rcheck --hitcount 9 -j in", "command:1:60: in: this jump makes a loop");
	expect_no(d, "iptables -A in -m recent --name b --rcheck --hitcount 9 -j in", "command:1:60: in: this jump makes a loop");
	assert_int_equal(memories(d), 1);
	assert_int_equal(packet(d, 1, 1001), PH_RULE_ACCEPT);
	expect_ok(d, "iptables -A in -m recent --name a --rcheck --hitcount 9", "");
	assert_int_equal(packet(d, 1, 1002), PH_RULE_DROP);
	close_desk(d);
}

static void test_edit_lenient_policy_is_edited_without_being_scolded_again(void **state)
{
	struct desk *d = calloc(1, sizeof(*d));

	(void)state;
	open_desk(d, "iptables -A FORWARD -j NOSUCH\niptables -A FORWARD -m nosuch --x y -j DROP\n", true);
	assert_true(ph_diags_count(d->diags) > 0);
	expect_ok(d, "iptables -A FORWARD -s 10.0.0.1 -j ACCEPT", "");
	assert_int_equal(ph_diags_count(d->diags), 0);
	expect_no(d, "iptables -A FORWARD -p xyz", "command:1:24");
	close_desk(d);
}

static void test_edit_connbytes_turns_accounting_on_if_it_stays(void **state)
{
	struct desk *d = desk("iptables -N in\niptables -A FORWARD -j in\n");

	(void)state;
	expect_no(d, "iptables -A in -m connbytes --connbytes 1 --connbytes-mode packets --connbytes-dir both -j in", "command:1:92");
	assert_int_equal(d->policy->track.acct, 0);
	expect_ok(d, "iptables -A in -m connbytes --connbytes 1 --connbytes-mode packets --connbytes-dir both", "");
	assert_int_equal(d->policy->track.acct, 1);
	close_desk(d);
}

static void test_edit_refused_memory_is_an_error_without_a_trace(void **state)
{
	static const char *const lines[] = {
		"iptables -A in -m recent --name b --set -s 10.0.0.0/8,10.9.0.0/16 -j LOG --log-prefix x",
		"iptables -t mangle -A PREROUTING -m hashlimit --hashlimit-upto 1/hour --hashlimit-name q -j ACCEPT",
		"iptables -I in -m recent --name a --rcheck --hitcount 5 -j ACCEPT", "iptables -N x", "iptables -D in 1", "iptables -F",
		"iptables -S", "iptables -L -v", "sysctl -w net.ipv4.conf.eth9.rp_filter=1", "modprobe nf_conntrack_ftp loose=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (long n = 0;; n++) {
			struct desk *d = desk(LOADED "iptables -A FORWARD -m recent --name a --set\n");
			enum ph_status status;

			packet(d, 1, 1000);
			expect_ok(d, "iptables -N warm", "");
			expect_ok(d, "iptables -X warm", "");
			picture(d, &d->before);
			allocations = -3;       /* those of this test itself */
			refuse_at = n;
			status = edit(d, lines[i]);
			refuse_at = -1;
			if (status == PH_INVALID) {
				assert_true(ph_diags_errors(d->diags) > 0);
				picture(d, &d->after);
				assert_string_equal(d->after.at, d->before.at);
				assert_int_equal(memories(d), 1);
			}
			assert_true(d->policy->rules[0]->finished);
			packet(d, 1, 1001);
			close_desk(d);
			if (status == PH_OK && allocations < n)
				break;
			assert_true(n < 300);
		}
	}
}

/* --- for test_edit_kernel.py --- */

/* A command a line; its output, its complaints behind "! ", and "=> STATUS". */
static int serve(void)
{
	struct desk *d = desk("");
	char line[4096];

	while (fgets(line, sizeof(line), stdin)) {
		enum ph_status status;

		line[strcspn(line, "\n")] = '\0';
		status = edit(d, line);
		fputs(d->out.at, stdout);
		for (size_t i = 0; i < ph_diags_count(d->diags); i++)
			printf("! %s\n", ph_diags_get(d->diags, i)->text);
		printf("=> %d\n", (int)status);
		fflush(stdout);
	}
	close_desk(d);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edit_every_verb_does_its_work),
		cmocka_unit_test(test_edit_of_what_is_not_there_is_told_apart),
		cmocka_unit_test(test_edit_list_has_the_columns_of_iptables),
		cmocka_unit_test(test_edit_zero_beside_a_listing_shows_first),
		cmocka_unit_test(test_edit_failures_leave_no_trace),
		cmocka_unit_test(test_edit_before_the_finish_is_refused),
		cmocka_unit_test(test_edit_settings_are_set_and_shown),
		cmocka_unit_test(test_edit_leaves_other_rules_their_counters_and_state),
		cmocka_unit_test(test_edit_list_that_no_rule_names_is_forgotten),
		cmocka_unit_test(test_edit_failed_growth_of_a_list_is_taken_back),
		cmocka_unit_test(test_edit_lenient_policy_is_edited_without_being_scolded_again),
		cmocka_unit_test(test_edit_connbytes_turns_accounting_on_if_it_stays),
		cmocka_unit_test(test_edit_refused_memory_is_an_error_without_a_trace),
	};

	if (argc > 1 && strcmp(argv[1], "--commands") == 0)
		return serve();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
