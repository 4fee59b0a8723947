/* Large rule sets: how long one of 50 000 rules takes to load and how much memory it needs, and what a packet costs that has
 * to walk past 50 and past 5 000 rules. The program fails if loading takes more than a second or more than 100 MB. */
#include <pinhole/engine.h>

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RULES = 50000, CHAINS = 200, LINE = 200, PACKETS = 200000, SECONDS_MAX = 1, MEGABYTES_MAX = 100 };

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double megabytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return (double)(info.uordblks + info.hblkhd) / 1e6;
}

/* A rule as they stand in the files of large firewalls; none matches the packets sent below. */
static int put_rule(char *at, const char *chain, unsigned i)
{
	static const char *const forms[] = {
		"-A %s -s 10.%u.%u.%u/32 -p tcp -m tcp --dport %u -j ACCEPT\n",
		"-A %s -s 10.%u.%u.%u/32 -p tcp -m multiport --dports 80,443,%u -m comment --comment \"a remark of some words\" -j ACCEPT\n",
		"-A %s -d 10.%u.%u.%u/32 -i eth1 -p udp -m udp --dport %u -m conntrack --ctstate NEW -j ACCEPT\n",
		"-A %s -s 10.%u.%u.%u/32 -p tcp -m tcp --sport %u -m state --state RELATED,ESTABLISHED -j DROP\n",
	};
	const char *form = forms[i % 4];

	return snprintf(at, LINE, form, chain, i >> 16 & 255, i >> 8 & 255, i & 255, 1 + i % 60000);
}

/* n rules, spread over chains that FORWARD jumps to. Freed by the caller. */
static char *make_file(unsigned n, unsigned chains, size_t *len)
{
	char *text = malloc((size_t)n * LINE + (size_t)chains * 2 * LINE + 1000), *at = text, chain[16];

	if (!text)
		exit(1);
	at += sprintf(at, "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n");
	for (unsigned c = 0; c < chains; c++)
		at += sprintf(at, ":chain%u - [0:0]\n", c);
	for (unsigned c = 0; c < chains; c++)
		at += sprintf(at, "-A FORWARD -j chain%u\n", c);
	for (unsigned i = 0; i < n; i++) {
		snprintf(chain, sizeof(chain), "chain%u", (unsigned)((unsigned long)i * chains / n));
		at += put_rule(at, chain, i);
	}
	at += sprintf(at, "COMMIT\n");
	*len = (size_t)(at - text);
	return text;
}

static struct ph_policy *load(const char *text, size_t len)
{
	struct ph_policy_source source = { .name = "rules.v4", .family = PH_IPV4 };
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *policy = ph_policy_new();

	if (!diags || !policy || ph_policy_load(policy, &source, text, len, diags) != PH_OK || ph_policy_finish(policy, diags) != PH_OK) {
		fprintf(stderr, "%s\n", diags && ph_diags_count(diags) ? ph_diags_get(diags, 0)->text : "no memory");
		exit(1);
	}
	ph_diags_free(diags);
	return policy;
}

/* A UDP packet, and UDP goes by most rules only after a look at its addresses. */
static double ns_per_packet(unsigned rules, unsigned packets)
{
	static uint8_t frame[60] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0x8e, 0x9a, 192, 0, 2, 1, 198, 51, 100, 1, 0x30, 0x39, 0, 9, 0, 8, 0, 0,
	};
	struct ph_packet_in in = {
		.frame = { .data = frame, .len = sizeof(frame), .wire_len = sizeof(frame), .link = PH_LINK_ETHERNET }, .iface = 0,
	};
	struct ph_packet_out out;
	size_t len;
	char *text = make_file(rules, 1, &len);
	struct ph_policy *policy = load(text, len);
	struct ph_engine_config config = { .frozen_clock = true };
	struct ph_engine *engine = ph_engine_new(policy, &config);
	double start;

	free(text);
	if (!engine)
		exit(1);
	ph_engine_process(engine, &in, &out, 1);
	if (out.fate != PH_FATE_FORWARDED) {
		fprintf(stderr, "the packet was not forwarded: %s\n", ph_fate_name(out.fate));
		exit(1);
	}
	start = now_s();
	for (unsigned i = 0; i < packets; i++)
		ph_engine_process(engine, &in, &out, 1);
	start = (now_s() - start) * 1e9 / packets;
	ph_engine_free(engine);
	ph_policy_free(policy);
	return start;
}

int main(void)
{
	double before, took, used, few, many;
	struct ph_policy *policy;
	size_t len;
	char *text = make_file(RULES, CHAINS, &len);

	before = megabytes();
	took = now_s();
	policy = load(text, len);
	took = now_s() - took;
	used = megabytes() - before;
	printf("%d rules in %d chains, %.1f MB of text: loaded in %.2f s, %.1f MB\n", RULES, CHAINS, (double)len / 1e6, took, used);
	ph_policy_free(policy);
	free(text);
	few = ns_per_packet(50, PACKETS);
	many = ns_per_packet(5000, PACKETS / 50);
	printf("a packet past 50 rules: %.0f ns; past 5000 rules: %.0f ns; a rule: %.2f ns\n", few, many, (many - few) / 4950);
	return took > SECONDS_MAX || used > MEGABYTES_MAX;
}
