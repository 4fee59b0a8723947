/* Matches put to crafted packets: tests/vectors/rule/matches.pkt, whose answers are the kernel's (test_match_kernel.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rule/policy.h"
#include "rule/rules.h"
#include "support.h"
#include "support/support.h"

#define VECTORS "tests/vectors/rule/matches.pkt"
#define PACKETS 512

struct known {
	char name[32];
	uint8_t data[512];
	size_t len;
};

struct file {
	struct known packet[PACKETS];
	size_t n_packets;
	struct ph_policy *policy;       /* its sets: what lines of ipset made */
	struct ph_diags *diags;
	void (*rule)(struct file *f, char *line);
	unsigned n_tried, n_failed;
};

/* One rule at PREROUTING; every packet begins a connection where the table lies behind tracking. */
struct stage {
	struct test_rules t;
	enum ph_table table;
	struct ph_rule *rule;
};

static const struct known *known_packet(const struct file *f, const char *name)
{
	for (size_t i = 0; i < f->n_packets; i++)
		if (strcmp(f->packet[i].name, name) == 0)
			return &f->packet[i];
	fail_msg("no packet called %s", name);
	return NULL;
}

static void add_packet(struct file *f, char *line)
{
	struct known *k = &f->packet[f->n_packets++];
	char *name = strsep(&line, " ");

	assert_true(f->n_packets <= PACKETS && strlen(name) < sizeof(k->name));
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->len = hex_bytes(line, k->data, sizeof(k->data));
}

static uint64_t hits(const struct stage *s)
{
	return ((const struct ph_rule *)(const void *)s->t.rules->table[s->table].flat)->packets;
}

/* The frame: an Ethernet header, and the packet right up to an unreadable page. '-': no packet that reaches rules. */
static char answer(struct stage *s, const struct known *k)
{
	static const struct ph_ifname in = { "in" }, none;
	uint8_t header[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0x77, 1, 0x08, 0x00 }, frame[526];
	uint8_t *copy;
	struct ph_frame f = { .link = PH_LINK_ETHERNET };
	struct ph_conn conn = { .help = PH_NO_SLOT, .master = PH_NO_SLOT };
	uint64_t before = hits(s);
	struct ph_rule_ref where;
	struct ph_pkt pkt;
	uint32_t mark = 0;
	struct ph_rule_ctx ctx = { .pkt = &pkt, .frame = &f, .in = &in, .out = &none, .hook = PH_HOOK_PREROUTING,
	                           .mark = &mark };
	enum ph_rule_verdict verdict = PH_RULE_DROP;
	bool ok;

	if (k->data[0] >> 4 == 6)
		memcpy(header + 12, "\x86\xdd", 2);
	memcpy(frame, header, sizeof(header));
	memcpy(frame + sizeof(header), k->data, k->len);
	copy = guarded(frame, sizeof(header) + k->len);
	f.data = copy;
	f.len = f.wire_len = (uint32_t)(sizeof(header) + k->len);
	ok = ph_pkt_parse(copy + sizeof(header), (uint32_t)k->len, &pkt) == PH_PKT_OK;
	conn.tuple = (struct ph_tuple){ .src = pkt.src, .dst = pkt.dst, .proto = pkt.l4_proto, .family = pkt.family };
	if (s->table != PH_TABLE_RAW)
		ctx.conn = &conn;
	if (ok)
		verdict = ph_ruleset_eval(s->t.rules, s->table, &ctx, &where);
	guarded_free(copy, sizeof(header) + k->len);
	if (!ok)
		return '-';
	if (ctx.uncertain)
		return 'U';
	if (hits(s) > before)
		return verdict == PH_RULE_DROP ? 'X' : 'Y';
	return verdict == PH_RULE_DROP ? 'D' : 'N';
}

/* The packet as if it had been sent so short: its header says so. */
static void cut(const struct known *k, size_t len, struct known *out)
{
	struct packet p = { .len = len };

	memcpy(p.data, k->data, len);
	if (p.data[0] >> 4 == 6 && len >= 40) {
		p.data[4] = (uint8_t)((len - 40) >> 8);
		p.data[5] = (uint8_t)(len - 40);
	} else if (p.data[0] >> 4 == 4 && len >= 20) {
		p.data[2] = (uint8_t)(len >> 8);
		p.data[3] = (uint8_t)len;
		packet_fix_ip(&p);
	}
	*out = (struct known){ .len = len };
	memcpy(out->data, p.data, len);
}

/* A rule alone, before or behind tracking. verdict: what it does, or "". */
static struct stage *stage_new(const struct file *f, char *text, const char *verdict)
{
	char *family = strsep(&text, " "), *table = strsep(&text, " "), command[600];
	struct stage *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	assert_non_null(text);
	s->table = strcmp(table, "raw") == 0 ? PH_TABLE_RAW : PH_TABLE_MANGLE;
	test_rules_init(&s->t, family[0] == '6' ? PH_IPV6 : PH_IPV4);
	s->t.load.sets = f->policy->sets;
	snprintf(command, sizeof(command), "-t %s -A PREROUTING %s %s", table, text, verdict);
	if (test_command(&s->t, command) != PH_OK || ph_ruleset_finish(s->t.rules, &s->t.load) != PH_OK)
		fail_msg("%s: %s", text, test_diag(&s->t, 0, command, sizeof(command)));
	return s;
}

static void stage_free(struct stage *s)
{
	test_rules_fini(&s->t);
	free(s);
}

static void try_rule(struct file *f, char *line)
{
	char *conditions = strsep(&line, ";"), *item;
	struct stage *s = stage_new(f, conditions, "");

	while ((item = strsep(&line, " "))) {
		char *name = strsep(&item, ":"), got;

		if (!*name)
			continue;
		got = answer(s, known_packet(f, name));
		f->n_tried++;
		if (got == *item)
			continue;
		f->n_failed++;
		print_error("%s: %s is %c, should be %s\n", conditions, name, got, item);
	}
	stage_free(s);
}

/* Whatever it answers: nothing is read behind the end. */
static void try_rule_on_pieces(struct file *f, char *line)
{
	char *conditions = strsep(&line, ";"), *item;
	struct stage *s = stage_new(f, conditions, "");
	struct known shorter;

	while ((item = strsep(&line, " "))) {
		char *name = strsep(&item, ":");
		const struct known *k = *name ? known_packet(f, name) : NULL;

		for (size_t len = 1; k && len < k->len; len++) {
			cut(k, len, &shorter);
			f->n_tried += answer(s, &shorter) != '-';
		}
	}
	stage_free(s);
}

static void make_set(struct file *f, const char *command)
{
	const struct ph_policy_source source = { .name = VECTORS };
	char line[300];
	int len = snprintf(line, sizeof(line), "ipset %s\n", command);

	assert_int_equal(ph_policy_load(f->policy, &source, line, (size_t)len, f->diags), PH_OK);
}

static void each_line(void *arg, char *line)
{
	char *rest = line, *what = strsep(&rest, " ");
	struct file *f = arg;

	if (strcmp(what, "packet") == 0)
		add_packet(f, rest);
	else if (strcmp(what, "ipset") == 0)
		make_set(f, rest);
	else
		f->rule(f, rest);
}

static int setup(void **state)
{
	struct file *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->policy = ph_policy_new();
	f->diags = ph_diags_new();
	*state = f;
	return f->policy && f->diags ? 0 : -1;
}

static int teardown(void **state)
{
	struct file *f = *state;

	ph_policy_free(f->policy);
	ph_diags_free(f->diags);
	free(f);
	return 0;
}

static void test_match_crafted_packets_as_the_kernel(void **state)
{
	struct file *f = *state;

	f->rule = try_rule;
	vector_lines(VECTORS, each_line, f);
	print_message("%u rules and packets\n", f->n_tried);
	assert_true(f->n_tried > 4000);
	assert_int_equal(f->n_failed, 0);
}

static void test_match_packets_cut_at_every_byte_stay_inside(void **state)
{
	struct file *f = *state;

	f->rule = try_rule_on_pieces;
	vector_lines(VECTORS, each_line, f);
	assert_true(f->n_tried > 50000);
}

/* What a rule in front of -j DROP says of a UDP packet. */
static char of_udp(const struct file *f, const char *text)
{
	struct known udp = { .len = 0 };
	struct packet p;
	struct stage *s;
	char copy[300], got;

	packet_build(&p, &(struct packet_spec){ .src = "10.0.0.1", .dst = "10.0.0.2", .proto = 17, .sport = 1, .dport = 2 });
	udp.len = p.len;
	memcpy(udp.data, p.data, p.len);
	snprintf(copy, sizeof(copy), "%s", text);
	s = stage_new(f, copy, "-j DROP");
	got = answer(s, &udp);
	/* What is not certain is not counted. */
	assert_int_equal(hits(s), got == 'X');
	stage_free(s);
	return got;
}

/* Negated or not. */
static void test_match_of_what_no_capture_says_is_uncertain(void **state)
{
	static const char *const rules[] = {
		"4 raw -m cpu --cpu 0", "4 raw -m cpu ! --cpu 0", "4 raw -m devgroup --src-group 1", "4 raw -m socket",
		"4 raw -m bpf --bytecode \"1,6 0 0 1\"", "4 raw -m rateest --rateest a --rateest-lt --rateest-bps 8bit",
		"4 mangle -m connbytes --connbytes 1 --connbytes-mode packets --connbytes-dir both",
		"4 mangle -m connlabel --label 3", "4 mangle -m connlabel ! --label 3",
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (of_udp(*state, rules[i]) != 'U')
			fail_msg("%s", rules[i]);
}

static void test_match_of_connections_without_one_is_certain(void **state)
{
	assert_int_equal(of_udp(*state, "4 raw -m connbytes ! --connbytes 1 --connbytes-mode bytes --connbytes-dir both"), 'N');
	assert_int_equal(of_udp(*state, "4 raw -m connlabel --label 3"), 'N');
	assert_int_equal(of_udp(*state, "4 raw -m connlabel ! --label 3"), 'X');
	assert_int_equal(of_udp(*state, "4 raw -m nfacct --nfacct-name a"), 'X');
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_match_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(crafted_packets_as_the_kernel),
		TEST(packets_cut_at_every_byte_stay_inside),
		TEST(of_what_no_capture_says_is_uncertain),
		TEST(of_connections_without_one_is_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
