/* Save files and commands of either family, read, finished, printed, read back, and walked by a packet.
 *
 * The first byte chooses: bit 0 the family, bit 1 lenient, bit 2 without flushing, bit 3 commands instead of a save file.
 * What was printed must load again and print the same, unless an unknown extension was kept. */
#include "rule/text/iptables.h"

#include <stdlib.h>
#include <string.h>

#define PRINT_MAX (1 << 20)
#define WORDS 256

struct text {
	char at[PRINT_MAX];
	size_t len;
	bool cut;
};

static struct text first, second;

static void collect(void *arg, const char *text, size_t len)
{
	struct text *t = arg;

	if (len > sizeof(t->at) - t->len) {
		t->cut = true;
		return;
	}
	memcpy(t->at + t->len, text, len);
	t->len += len;
}

static void print_into(const struct ph_ruleset *rules, struct text *t)
{
	t->len = 0;
	t->cut = false;
	ph_ruleset_print(rules, true, (struct ph_sink){ collect, t });
}

/* A line each; words at blanks. */
static enum ph_status run_commands(struct ph_ruleset *rules, struct ph_rule_load *load, const char *at, size_t len)
{
	const char *end = at + len;
	enum ph_status worst = PH_OK;
	unsigned line = 1;

	while (at < end) {
		struct ph_word word[WORDS];
		size_t n = 0;

		for (; at < end && *at != '\n'; at++) {
			const char *start = at;

			while (at < end && *at != ' ' && *at != '\n')
				at++;
			if (n < WORDS)
				word[n++] = (struct ph_word){ .text = start, .len = (size_t)(at - start), .line = line, .column = 1 };
			if (at == end || *at == '\n')
				break;
		}
		at++;
		line++;
		if (n && ph_iptables_command(rules, load, word, n) != PH_OK)
			worst = PH_INVALID;
	}
	return worst;
}

static void walk(struct ph_ruleset *rules, uint8_t family)
{
	static const uint8_t v4[] = { 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 192, 0, 2, 21,
	                              0x9c, 0x40, 0, 21, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0 };
	static const uint8_t v6[60] = { 0x60, 0, 0, 0, 0, 20, 6, 64, [40] = 0x9c, 0x40, 0, 21, [52] = 0x50, 2 };
	static const struct ph_ifname name = { "eth0" };
	struct ph_pkt pkt;
	struct ph_rule_ref where;
	uint32_t mark = 0;
	enum ph_pkt_error bad = family == PH_IPV4 ? ph_pkt_parse(v4, sizeof(v4), &pkt) : ph_pkt_parse(v6, sizeof(v6), &pkt);

	(void)bad;
	for (unsigned hook = 0; hook < PH_HOOKS; hook++) {
		for (unsigned table = 0; table < PH_TABLES; table++) {
			struct ph_rule_ctx ctx = { .pkt = &pkt, .view = &pkt, .in = &name, .out = &name, .mark = &mark, .hook = (enum ph_hook)hook };

			ph_ruleset_eval(rules, (enum ph_table)table, &ctx, &where);
		}
	}
}

static void read_back(const struct ph_rule_load *load, uint8_t family)
{
	struct ph_ruleset *rules = ph_ruleset_new(family);
	struct ph_rule_load again = { .file = "again", .diags = ph_diags_new(), .lenient = load->lenient };

	if (!rules || !again.diags)
		abort();
	if (ph_iptables_restore(rules, &again, first.at, first.len) != PH_OK || ph_ruleset_finish(rules, &again) != PH_OK)
		abort();
	print_into(rules, &second);
	if (!second.cut && (first.len != second.len || memcmp(first.at, second.at, first.len) != 0))
		abort();
	ph_ruleset_free(rules);
	ph_diags_free(again.diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_rule_load load = { .file = "fuzz", .diags = ph_diags_new() };
	struct ph_ruleset *rules;
	enum ph_status status;
	uint8_t family;

	if (!load.diags || size == 0) {
		ph_diags_free(load.diags);
		return 0;
	}
	family = data[0] & 1 ? PH_IPV6 : PH_IPV4;
	load.lenient = data[0] & 2;
	load.no_flush = data[0] & 4;
	rules = ph_ruleset_new(family);
	if (!rules)
		abort();
	if (data[0] & 8)
		status = run_commands(rules, &load, (const char *)data + 1, size - 1);
	else
		status = ph_iptables_restore(rules, &load, (const char *)data + 1, size - 1);
	if (status != PH_OK && ph_diags_errors(load.diags) == 0)
		abort();
	if (ph_ruleset_finish(rules, &load) == PH_OK) {
		walk(rules, family);
		print_into(rules, &first);
		/* The words of an extension nobody knows end where those of a known one begin, and printing moves -p to the front: a
		 * rule with such words may not read back. */
		if (!first.cut && !(load.lenient && ph_diags_count(load.diags) > 0))
			read_back(&load, family);
	}
	ph_ruleset_free(rules);
	ph_diags_free(load.diags);
	return 0;
}
