/* Random packets through random rule sets, by the evaluator and by a plain one: the second one reads the text of each rule
 * anew for each packet, word by word, and follows jumps by recursion. Verdict, deciding rule, mark and all counters must be
 * the same. Everything is drawn from a fixed seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "rule/rules.h"
#include "support.h"
#include "support/support.h"

enum { SETS = 500, PACKETS = 20, CHAINS = 5, RULES = 8, TEXT = 300 };

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof((list)[0]))]

/* --- rule sets --- */

struct plain_rule {
	char text[TEXT];
	uint64_t packets, bytes;
};

struct plain_chain {
	char name[16];
	struct plain_rule rule[RULES];
	int n;
	bool drops;
	uint64_t packets, bytes;
};

/* chain[0] is FORWARD; rules lead from lower to higher numbers only. */
struct plain {
	struct plain_chain chain[CHAINS];
};

static void add(char text[TEXT], const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list args;

	if (len && len < TEXT - 1)
		text[len++] = ' ';
	va_start(args, fmt);
	vsnprintf(text + len, TEXT - len, fmt, args);
	va_end(args);
}

static const char *maybe_not(void)
{
	return draw(4) == 0 ? "! " : "";
}

static void draw_header(char text[TEXT])
{
	static const char *const nets[] = { "10.0.0.0/8", "10.0.0.1", "10.0.0.0/30", "192.0.2.0/24", "0.0.0.0/1", "192.0.2.21", "0.0.0.1/0.0.0.1" };
	static const char *const ifaces[] = { "eth0", "eth+", "eth1", "ppp0", "+" };

	if (draw(3) == 0)
		add(text, "%s-s %s", maybe_not(), PICK(nets));
	if (draw(3) == 0)
		add(text, "%s-d %s", maybe_not(), PICK(nets));
	if (draw(5) == 0)
		add(text, "-i %s", PICK(ifaces));
	if (draw(5) == 0)
		add(text, "%s-o %s", maybe_not(), PICK(ifaces));
}

static void draw_ports(char text[TEXT])
{
	static const char *const ranges[] = { "21", "0:1023", "1024:65535", "53", "40000", ":100" };
	static const char *const lists[] = { "21,53", "1:30,40000", "80,443,1024:2000", "53" };

	if (draw(2))
		add(text, "%s--dport %s", maybe_not(), PICK(ranges));
	if (draw(3) == 0)
		add(text, "%s--sport %s", maybe_not(), PICK(ranges));
	if (draw(5) == 0)
		add(text, "-m multiport %s%s %s", maybe_not(), draw(2) ? "--dports" : "--ports", PICK(lists));
}

static void draw_proto(char text[TEXT])
{
	static const char *const flags[] = { "SYN,ACK SYN", "ALL ACK", "SYN,RST,ACK,FIN SYN", "RST RST", "ALL NONE" };
	static const char *const types[] = { "8", "0", "3/1", "3", "any" };

	switch (draw(5)) {
	case 0:
		add(text, "-p tcp");
		if (draw(3) == 0)
			add(text, "%s--tcp-flags %s", maybe_not(), PICK(flags));
		draw_ports(text);
		return;
	case 1:
		add(text, "-p udp");
		draw_ports(text);
		return;
	case 2:
		add(text, "-p icmp");
		if (draw(2))
			add(text, "%s--icmp-type %s", maybe_not(), PICK(types));
		return;
	case 3:
		add(text, "%s-p %s", maybe_not(), draw(2) ? "tcp" : "udp");
		return;
	default:
		return;
	}
}

static void draw_matches(char text[TEXT])
{
	static const char *const states[] = { "NEW", "ESTABLISHED", "NEW,RELATED", "INVALID", "ESTABLISHED,RELATED,UNTRACKED" };
	static const char *const marks[] = { "0", "1", "0x2/0x2", "0/0xff", "5" };
	static const char *const lengths[] = { "40", "0:60", "61:65535", "28:40" };

	if (draw(4) == 0)
		add(text, "-m conntrack %s--ctstate %s", maybe_not(), PICK(states));
	if (draw(6) == 0)
		add(text, "-m state %s--state %s", maybe_not(), PICK(states));
	if (draw(4) == 0)
		add(text, "-m mark %s--mark %s", maybe_not(), PICK(marks));
	if (draw(6) == 0)
		add(text, "-m length %s--length %s", maybe_not(), PICK(lengths));
	if (draw(8) == 0)
		add(text, "-m comment --comment \"any words\"");
}

static void draw_target(char text[TEXT], int chain)
{
	static const char *const targets[] = { "-j ACCEPT", "-j DROP", "-j RETURN", "-j MARK --set-mark 1", "-j MARK --set-mark 2",
	                                       "-j MARK --or-mark 4", "-j MARK --and-mark 0xfe", "-j LOG", "" };
	int down = chain + 1 + (int)draw(CHAINS);

	if (down < CHAINS && draw(2))
		add(text, "-%c c%d", draw(4) ? 'j' : 'g', down);
	else
		add(text, "%s", PICK(targets));
}

static void draw_set(struct plain *p)
{
	memset(p, 0, sizeof(*p));
	for (int c = 0; c < CHAINS; c++) {
		struct plain_chain *chain = &p->chain[c];

		snprintf(chain->name, sizeof(chain->name), c ? "c%d" : "FORWARD", c);
		chain->n = (int)draw(RULES + 1);
		for (int i = 0; i < chain->n; i++) {
			draw_header(chain->rule[i].text);
			draw_proto(chain->rule[i].text);
			draw_matches(chain->rule[i].text);
			draw_target(chain->rule[i].text, c);
		}
	}
	p->chain[0].drops = draw(2);
}

/* --- packets --- */

struct drawn {
	struct packet packet;
	uint32_t src, dst;
	uint8_t proto, flags, type, code;
	uint16_t sport, dport;
	const char *in, *out, *state;
	uint32_t mark;
};

static uint32_t addr_of(const char *text)
{
	unsigned a, b, c, d;

	assert_int_equal(sscanf(text, "%u.%u.%u.%u", &a, &b, &c, &d), 4);
	return a << 24 | b << 16 | c << 8 | d;
}

static void draw_packet(struct drawn *d)
{
	static const char *const hosts[] = { "10.0.0.1", "10.0.0.2", "192.0.2.21", "192.0.2.22", "198.51.100.1" };
	static const uint8_t protos[] = { 6, 6, 17, 1 };
	static const uint8_t flags[] = { 2, 16, 18, 4, 17, 0 };
	static const uint16_t ports[] = { 21, 53, 80, 1023, 1024, 40000, 0 };
	static const char *const states[] = { "NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED" };
	static const uint8_t types[] = { 8, 0, 3 };
	static const char *const ifaces[] = { "eth0", "eth1" };
	struct packet_spec spec = { .src = PICK(hosts), .dst = PICK(hosts), .proto = PICK(protos) };

	*d = (struct drawn){ .src = addr_of(spec.src), .dst = addr_of(spec.dst), .proto = spec.proto, .in = PICK(ifaces),
	                     .out = PICK(ifaces), .state = PICK(states), .mark = draw(8) };
	if (spec.proto == 1) {
		d->type = spec.icmp_type = PICK(types);
		d->code = spec.icmp_code = (uint8_t)draw(2);
	} else {
		d->sport = spec.sport = PICK(ports);
		d->dport = spec.dport = PICK(ports);
	}
	if (spec.proto == 6)
		d->flags = spec.flags = PICK(flags);
	if (draw(2)) {
		spec.payload = "some bytes of payload";
		spec.payload_len = draw(21);
	}
	packet_build(&d->packet, &spec);
}

/* --- the plain evaluator --- */

enum result { FALLS_OUT = 0, TAKES, DROPS };

struct plain_walk {
	struct plain *set;
	struct drawn *packet;
	const char *chain;      /* of the rule that decided */
	int number;
};

static bool in_net(uint32_t addr, const char *net)
{
	char text[40], *mask;
	uint32_t bits = 0xffffffff;

	snprintf(text, sizeof(text), "%s", net);
	mask = strchr(text, '/');
	if (mask) {
		*mask++ = '\0';
		bits = strchr(mask, '.') ? addr_of(mask) : atoi(mask) ? 0xffffffff << (32 - atoi(mask)) : 0;
	}
	return (addr & bits) == (addr_of(text) & bits);
}

static bool is_iface(const char *name, const char *pattern)
{
	size_t len = strlen(pattern);

	return pattern[len - 1] == '+' ? strncmp(name, pattern, len - 1) == 0 : strcmp(name, pattern) == 0;
}

static bool in_range(unsigned value, const char *range)
{
	const char *colon = strchr(range, ':');
	unsigned lo = (unsigned)atoi(range), hi = colon ? 65535 : lo;

	if (colon && colon[1])
		hi = (unsigned)atoi(colon + 1);
	return value >= lo && value <= hi;
}

static bool in_list(unsigned value, const char *list)
{
	char text[80], *rest = text, *piece;

	snprintf(text, sizeof(text), "%s", list);
	while ((piece = strsep(&rest, ",")))
		if (in_range(value, piece))
			return true;
	return false;
}

static bool named_in(const char *name, const char *list)
{
	char text[80], *rest = text, *piece;

	snprintf(text, sizeof(text), "%s", list);
	while ((piece = strsep(&rest, ",")))
		if (strcmp(piece, name) == 0)
			return true;
	return false;
}

static unsigned flag_bits(const char *list)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };
	unsigned bits = strcmp(list, "ALL") == 0 ? 0x3f : 0;

	for (unsigned i = 0; i < 6; i++)
		if (named_in(names[i], list))
			bits |= 1u << i;
	return bits;
}

static bool is_type(const struct drawn *p, const char *want)
{
	const char *slash = strchr(want, '/');

	if (strcmp(want, "any") == 0)
		return true;
	return p->type == atoi(want) && (!slash || p->code == atoi(slash + 1));
}

static bool is_mark(uint32_t mark, const char *want)
{
	char *end;
	uint32_t value = (uint32_t)strtoul(want, &end, 0), mask = *end ? (uint32_t)strtoul(end + 1, NULL, 0) : 0xffffffff;

	return (mark & mask) == value;
}

static unsigned proto_of(const char *name)
{
	return strcmp(name, "tcp") == 0 ? 6 : strcmp(name, "udp") == 0 ? 17 : 1;
}

/* One test of a rule: its name and argument; second: of --tcp-flags. */
static bool test_holds(const struct drawn *p, const char *name, const char *arg, const char *second)
{
	if (strcmp(name, "-s") == 0)
		return in_net(p->src, arg);
	if (strcmp(name, "-d") == 0)
		return in_net(p->dst, arg);
	if (strcmp(name, "-i") == 0)
		return is_iface(p->in, arg);
	if (strcmp(name, "-o") == 0)
		return is_iface(p->out, arg);
	if (strcmp(name, "-p") == 0)
		return p->proto == proto_of(arg);
	if (strcmp(name, "--sport") == 0)
		return in_range(p->sport, arg);
	if (strcmp(name, "--dport") == 0)
		return in_range(p->dport, arg);
	if (strcmp(name, "--dports") == 0)
		return in_list(p->dport, arg);
	if (strcmp(name, "--ports") == 0)
		return in_list(p->dport, arg) || in_list(p->sport, arg);
	if (strcmp(name, "--tcp-flags") == 0)
		return (p->flags & flag_bits(arg)) == flag_bits(second);
	if (strcmp(name, "--icmp-type") == 0)
		return is_type(p, arg);
	if (strcmp(name, "--ctstate") == 0 || strcmp(name, "--state") == 0)
		return named_in(p->state, arg);
	if (strcmp(name, "--mark") == 0)
		return is_mark(p->mark, arg);
	if (strcmp(name, "--length") == 0)
		return in_range((unsigned)p->packet.len, arg);
	fail_msg("the plain evaluator does not know %s", name);
	return false;
}

static enum result walk_chain(struct plain_walk *w, int c);

/* What -j or -g and the three words behind it do. *go_on: the next rule is tried. */
static enum result do_target(struct plain_walk *w, char *const word[4], bool *go_on)
{
	const char *op = word[0], *name = word[1], *option = word[2], *value = word[3];
	uint32_t *mark = &w->packet->mark;
	enum result result;

	*go_on = false;
	if (strcmp(name, "ACCEPT") == 0)
		return TAKES;
	if (strcmp(name, "DROP") == 0)
		return DROPS;
	if (strcmp(name, "RETURN") == 0)
		return FALLS_OUT;
	if (name[0] == 'c') {
		result = walk_chain(w, name[1] - '0');
		*go_on = result == FALLS_OUT && op[1] == 'j';
		return result;
	}
	*go_on = true;
	if (strcmp(name, "MARK") != 0)
		return FALLS_OUT;
	if (strcmp(option, "--set-mark") == 0)
		*mark = (uint32_t)strtoul(value, NULL, 0);
	else if (strcmp(option, "--or-mark") == 0)
		*mark |= (uint32_t)strtoul(value, NULL, 0);
	else
		*mark &= (uint32_t)strtoul(value, NULL, 0);
	return FALLS_OUT;
}

static enum result do_rule(struct plain_walk *w, int c, int i, bool *go_on)
{
	struct plain_chain *chain = &w->set->chain[c];
	struct plain_rule *rule = &chain->rule[i];
	char text[TEXT], *rest = text, *words[64];
	bool inverted = false;
	int n = 0;

	*go_on = true;
	snprintf(text, sizeof(text), "%s", rule->text);
	while (n < 60 && (words[n] = strsep(&rest, " ")))
		n += words[n][0] != '\0';
	words[n] = words[n + 1] = words[n + 2] = words[n + 3] = "";
	for (int k = 0; k < n; k++) {
		if (words[k][0] == '!') {
			inverted = true;
			continue;
		}
		if (strcmp(words[k], "-j") == 0 || strcmp(words[k], "-g") == 0)
			break;
		if (strcmp(words[k], "-m") == 0) {
			k++;
			continue;
		}
		if (strcmp(words[k], "--comment") == 0) {
			k += 2;
			continue;
		}
		if (test_holds(w->packet, words[k], words[k + 1], words[k + 2]) == inverted)
			return FALLS_OUT;
		k += strcmp(words[k], "--tcp-flags") == 0 ? 2 : 1;
		inverted = false;
	}
	rule->packets++;
	rule->bytes += w->packet->packet.len;
	for (int k = 0; k < n; k++) {
		if (strcmp(words[k], "-j") != 0 && strcmp(words[k], "-g") != 0)
			continue;
		w->chain = chain->name;
		w->number = i + 1;
		return do_target(w, words + k, go_on);
	}
	return FALLS_OUT;
}

static enum result walk_chain(struct plain_walk *w, int c)
{
	enum result result;
	bool go_on;

	for (int i = 0; i < w->set->chain[c].n; i++) {
		result = do_rule(w, c, i, &go_on);
		if (!go_on)
			return result;
	}
	return FALLS_OUT;
}

static bool plain_accepts(struct plain_walk *w)
{
	struct plain_chain *base = &w->set->chain[0];
	enum result result = walk_chain(w, 0);

	if (result != FALLS_OUT)
		return result == TAKES;
	base->packets++;
	base->bytes += w->packet->packet.len;
	w->chain = base->name;
	w->number = 0;
	return !base->drops;
}

/* --- both --- */

static void load(struct test_rules *t, const struct plain *p)
{
	char line[TEXT + 40];

	if (p->chain[0].drops)
		assert_int_equal(test_command(t, "-P FORWARD DROP"), PH_OK);
	for (int c = 1; c < CHAINS; c++) {
		snprintf(line, sizeof(line), "-N c%d", c);
		assert_int_equal(test_command(t, line), PH_OK);
	}
	for (int c = 0; c < CHAINS; c++)
		for (int i = 0; i < p->chain[c].n; i++) {
			snprintf(line, sizeof(line), "-A %s %s", p->chain[c].name, p->chain[c].rule[i].text);
			if (test_command(t, line) != PH_OK)
				fail_msg("%s: %s", line, ph_diags_get(t->load.diags, 0)->text);
		}
	assert_int_equal(ph_ruleset_finish(t->rules, &t->load), PH_OK);
}

static enum ph_state state_of(const char *name)
{
	for (int i = 1; i <= PH_STATE_UNTRACKED; i++)
		if (strcmp(ph_state_name((enum ph_state)i), name) == 0)
			return (enum ph_state)i;
	fail_msg("%s: no state", name);
	return PH_STATE_NONE;
}

static void both(struct test_rules *t, struct plain *p, unsigned set)
{
	struct plain_walk walk = { .set = p };
	struct ph_ifname in = { "" }, out = { "" };
	struct ph_rule_ref where = { .number = 0 };
	struct drawn d;
	struct ph_pkt pkt;
	uint32_t mark;
	struct ph_rule_ctx ctx = { .pkt = &pkt, .in = &in, .out = &out, .hook = PH_HOOK_FORWARD, .mark = &mark };
	bool want, got;

	draw_packet(&d);
	mark = d.mark;
	walk.packet = &d;
	ctx.state = state_of(d.state);
	memcpy(in.name, d.in, 4);
	memcpy(out.name, d.out, 4);
	assert_int_equal(ph_pkt_parse(d.packet.data, (uint32_t)d.packet.len, &pkt), PH_PKT_OK);
	got = ph_ruleset_eval(t->rules, PH_TABLE_FILTER, &ctx, &where) == PH_RULE_ACCEPT;
	want = plain_accepts(&walk);
	if (got != want || mark != d.mark || ctx.uncertain)
		fail_msg("set %u: verdict %d, wanted %d; mark %u, wanted %u\n%s", set, got, want, mark, d.mark, test_print(t, false));
	if (!got && (strcmp(where.chain, walk.chain) != 0 || (int)where.number != walk.number))
		fail_msg("set %u: %s %u decided, wanted %s %d", set, where.chain, where.number, walk.chain, walk.number);
}

/* Counters as they are printed. */
static void assert_counters(struct test_rules *t, const struct plain *p, unsigned set)
{
	const char *text = test_print(t, true);
	char want[80];

	for (int c = 0; c < CHAINS; c++) {
		snprintf(want, sizeof(want), "] -A %s", p->chain[c].name);
		text = test_print(t, true);
		for (int i = 0; i < p->chain[c].n; i++) {
			unsigned long long packets = 0, bytes = 0;
			const char *line;

			text = strstr(text, want);
			assert_non_null(text);
			for (line = text; *line != '['; line--)
				;
			assert_int_equal(sscanf(line, "[%llu:%llu]", &packets, &bytes), 2);
			if (packets != p->chain[c].rule[i].packets || bytes != p->chain[c].rule[i].bytes)
				fail_msg("set %u: %s rule %d counted %llu, wanted %llu", set, p->chain[c].name, i + 1, packets,
				         (unsigned long long)p->chain[c].rule[i].packets);
			text++;
		}
	}
	snprintf(want, sizeof(want), ":FORWARD %s [%llu:%llu]", p->chain[0].drops ? "DROP" : "ACCEPT",
	         (unsigned long long)p->chain[0].packets, (unsigned long long)p->chain[0].bytes);
	if (!strstr(test_print(t, true), want))
		fail_msg("set %u: policy counters are not %s", set, want);
}

static void test_reference_random_packets_fare_as_in_the_plain_evaluator(void **state)
{
	static struct plain p;

	seed = 20220101;
	for (unsigned set = 0; set < SETS; set++) {
		struct test_rules *t = malloc(sizeof(*t));

		assert_non_null(t);
		test_rules_init(t, PH_IPV4);
		draw_set(&p);
		load(t, &p);
		for (unsigned i = 0; i < PACKETS; i++)
			both(t, &p, set);
		assert_counters(t, &p, set);
		test_rules_fini(t);
		free(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_reference_random_packets_fare_as_in_the_plain_evaluator) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
