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

/* The frame: an Ethernet header, and the packet right up to an unreadable page. */
static char answer(struct stage *s, const struct known *k)
{
	static const struct ph_ifname in = { "in" }, none;
	uint8_t header[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0x77, 1, 0x08, 0x00 }, frame[526];
	uint8_t *copy;
	struct ph_frame f = { .link = PH_LINK_ETHERNET };
	struct ph_conn conn = { .help = PH_NO_SLOT, .master = PH_NO_SLOT };
	uint64_t before = ((struct ph_rule *)(void *)s->t.rules->table[s->table].flat)->packets, now;
	struct ph_rule_ref where;
	struct ph_pkt pkt;
	uint32_t mark = 0;
	struct ph_rule_ctx ctx = { .pkt = &pkt, .frame = &f, .in = &in, .out = &none, .hook = PH_HOOK_PREROUTING,
	                           .mark = &mark };
	enum ph_rule_verdict verdict;

	if (k->data[0] >> 4 == 6)
		memcpy(header + 12, "\x86\xdd", 2);
	memcpy(frame, header, sizeof(header));
	memcpy(frame + sizeof(header), k->data, k->len);
	copy = guarded(frame, sizeof(header) + k->len);
	f.data = copy;
	f.len = f.wire_len = (uint32_t)(sizeof(header) + k->len);
	assert_int_equal(ph_pkt_parse(copy + sizeof(header), (uint32_t)k->len, &pkt), PH_PKT_OK);
	conn.tuple = (struct ph_tuple){ .src = pkt.src, .dst = pkt.dst, .proto = pkt.l4_proto, .family = pkt.family };
	if (s->table != PH_TABLE_RAW)
		ctx.conn = &conn;
	verdict = ph_ruleset_eval(s->t.rules, s->table, &ctx, &where);
	now = ((struct ph_rule *)(void *)s->t.rules->table[s->table].flat)->packets;
	guarded_free(copy, sizeof(header) + k->len);
	if (ctx.uncertain)
		return 'U';
	if (now > before)
		return verdict == PH_RULE_DROP ? 'X' : 'Y';
	return verdict == PH_RULE_DROP ? 'D' : 'N';
}

static void try_rule(struct file *f, char *line)
{
	char *conditions = strsep(&line, ";"), *family = strsep(&conditions, " "), *table = strsep(&conditions, " "), *item;
	struct stage *s = calloc(1, sizeof(*s));
	char command[600];

	assert_non_null(s);
	assert_non_null(conditions);
	s->table = strcmp(table, "raw") == 0 ? PH_TABLE_RAW : PH_TABLE_MANGLE;
	test_rules_init(&s->t, family[0] == '6' ? PH_IPV6 : PH_IPV4);
	s->t.load.sets = f->policy->sets;
	snprintf(command, sizeof(command), "-t %s -A PREROUTING %s", table, conditions);
	if (test_command(&s->t, command) != PH_OK || ph_ruleset_finish(s->t.rules, &s->t.load) != PH_OK)
		fail_msg("%s: %s", conditions, test_diag(&s->t, 0, command, sizeof(command)));
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
	test_rules_fini(&s->t);
	free(s);
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

	if (strcmp(what, "packet") == 0)
		add_packet(arg, rest);
	else if (strcmp(what, "ipset") == 0)
		make_set(arg, rest);
	else
		try_rule(arg, rest);
}

static void test_match_crafted_packets_as_the_kernel(void **state)
{
	struct file *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->policy = ph_policy_new();
	f->diags = ph_diags_new();
	assert_non_null(f->policy);
	assert_non_null(f->diags);
	vector_lines(VECTORS, each_line, f);
	print_message("%u rules and packets\n", f->n_tried);
	assert_true(f->n_tried > 4000);
	assert_int_equal(f->n_failed, 0);
	ph_policy_free(f->policy);
	ph_diags_free(f->diags);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_match_crafted_packets_as_the_kernel) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
