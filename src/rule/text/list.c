/* What -S and -L print. -S is as iptables prints it. -L has iptables' columns; behind them stand matches and targets in the
 * words of -S, and addresses and ports are numbers whether or not -n is given: nothing here asks for names. */
#include "rule/text/args.h"
#include "rule/text/command.h"
#include "rule/text/word.h"

#include <inttypes.h>

#define LINE_SIZE 8192

struct lister {
	const struct ph_listing *list;
	struct ph_sink sink;
	struct ph_writer w;             /* the line being made */
};

static void hand_over(struct lister *l)
{
	l->sink.write(l->sink.arg, l->w.at, l->w.len);
	l->w.len = 0;
}

static void end_line(struct lister *l)
{
	ph_put_char(&l->w, '\n');
	hand_over(l);
}

/* Calls put for each rule that is to be listed. */
static void each_rule(struct lister *l, const struct ph_chain *chain,
                      void (*put)(struct lister *l, const struct ph_chain *chain, const struct ph_rule *rule, size_t number))
{
	const struct ph_listing *list = l->list;

	for (size_t k = 0; k < chain->n; k++)
		if (!list->number || list->number == k + 1)
			put(l, chain, chain->rule[k], k + 1);
}

/* --- -S --- */

static void put_chain(struct lister *l, const struct ph_chain *chain)
{
	if (chain->hook < 0)
		ph_put_format(&l->w, "-N %s", chain->name);
	else
		ph_put_format(&l->w, "-P %s %s", chain->name, chain->policy_drop ? "DROP" : "ACCEPT");
	if (chain->hook >= 0 && (l->list->show & PH_SHOW_COUNTERS))
		ph_put_format(&l->w, " -c %" PRIu64 " %" PRIu64, chain->packets, chain->bytes);
	end_line(l);
}

static void put_specification(struct lister *l, const struct ph_chain *chain, const struct ph_rule *rule, size_t number)
{
	uint8_t family = l->list->rules->family;
	uint32_t at = ph_rule_first_part();

	(void)number;
	ph_put_format(&l->w, "-A %s", chain->name);
	ph_rule_print_tests(rule, family, &l->w);
	for (unsigned i = 0; i < rule->n_matches; i++) {
		ph_part_print(ph_part_at_const(rule, at), family, &l->w);
		at += ph_part_at_const(rule, at)->size;
		/* Many long comments make a line longer than the buffer. */
		if (l->w.len > LINE_SIZE / 2)
			hand_over(l);
	}
	if (l->list->show & PH_SHOW_COUNTERS)
		ph_put_format(&l->w, " -c %" PRIu64 " %" PRIu64, rule->packets, rule->bytes);
	ph_rule_print_target(rule, family, &l->w);
	end_line(l);
}

void ph_list_specifications(const struct ph_listing *list, struct ph_sink sink)
{
	struct lister l = { .list = list, .sink = sink };
	const struct ph_rtable *table = list->table;
	char line[LINE_SIZE];

	ph_writer_init(&l.w, line, sizeof(line));
	for (size_t i = 0; i < table->n && !list->number; i++)
		if (!list->chain || table->chain[i] == list->chain)
			put_chain(&l, table->chain[i]);
	for (size_t i = 0; i < table->n; i++)
		if (!list->chain || table->chain[i] == list->chain)
			each_rule(&l, table->chain[i], put_specification);
}

/* --- -L --- */

/* Thousands and more are rounded unless -x asks for all digits. width: of columns, 0 for text. */
static void put_count(struct lister *l, uint64_t n, bool column)
{
	static const char units[] = "KMGT";
	int exact = column ? 8 : 0, digits = column ? 5 : 0, rounded = column ? 4 : 0;
	size_t unit = 0;

	if (l->list->show & PH_SHOW_EXACT) {
		ph_put_format(&l->w, "%*" PRIu64 " ", exact, n);
		return;
	}
	if (n <= 99999) {
		ph_put_format(&l->w, "%*" PRIu64 " ", digits, n);
		return;
	}
	for (n = n / 1000 + (n % 1000 >= 500); n > 9999 && units[unit + 1]; n = n / 1000 + (n % 1000 >= 500))
		unit++;
	ph_put_format(&l->w, "%*" PRIu64 "%c ", rounded, n, units[unit]);
}

/* How many rules of the table lead to the chain. */
static size_t references(const struct ph_rtable *table, const struct ph_chain *to)
{
	size_t n = 0;

	for (size_t i = 0; i < table->n; i++)
		for (size_t k = 0; k < table->chain[i]->n; k++)
			n += ph_rule_leads_to(table->chain[i]->rule[k], to->name);
	return n;
}

static void put_header(struct lister *l, const struct ph_chain *chain)
{
	uint8_t show = l->list->show;

	ph_put_format(&l->w, "Chain %s (", chain->name);
	if (chain->hook < 0) {
		ph_put_format(&l->w, "%zu references", references(l->list->table, chain));
	} else {
		ph_put_format(&l->w, "policy %s", chain->policy_drop ? "DROP" : "ACCEPT");
		if (show & PH_SHOW_COUNTERS) {
			ph_put_char(&l->w, ' ');
			put_count(l, chain->packets, false);
			ph_put_text(&l->w, "packets, ");
			put_count(l, chain->bytes, false);
			ph_put_text(&l->w, "bytes");
		}
	}
	ph_put_text(&l->w, ")\n");
	if (show & PH_SHOW_NUMBERS)
		ph_put_text(&l->w, "num  ");
	if (show & PH_SHOW_COUNTERS)
		ph_put_text(&l->w, show & PH_SHOW_EXACT ? "    pkts      bytes " : " pkts bytes ");
	ph_put_text(&l->w, "target     prot opt");
	if (show & PH_SHOW_COUNTERS)
		ph_put_text(&l->w, " in     out    ");
	ph_put_format(&l->w, " %-19s  %-19s ", "source", "destination");
	end_line(l);
}

/* The target's name, and behind it what follows " -j NAME" in -S. */
static const char *target_of(const struct ph_rule *rule, uint8_t family, char *text, size_t size, const char **more)
{
	struct ph_writer w;
	char *end;

	ph_writer_init(&w, text, size);
	ph_rule_print_target(rule, family, &w);
	*more = "";
	if (w.len < 4)
		return "";
	end = strchr(text + 4, ' ');
	if (end) {
		*end = '\0';
		*more = end + 1;
	}
	return text + 4;
}

static void put_proto(struct lister *l, const struct ph_rule *rule)
{
	uint8_t proto = rule->tests & PH_TEST_PROTO ? rule->proto : 0;
	const char *name = proto ? ph_proto_print_name(proto) : "all";

	ph_put_char(&l->w, rule->inverted & PH_TEST_PROTO ? '!' : ' ');
	if (name && !(l->list->show & PH_SHOW_NUMERIC))
		ph_put_format(&l->w, "%-4s ", name);
	else
		ph_put_format(&l->w, "%-4u ", proto);
}

static void put_iface(struct lister *l, const struct ph_rule *rule, enum ph_test test)
{
	const struct ph_iface_test *t = test == PH_TEST_IN ? &rule->in : &rule->out;

	char text[PH_IFNAME_SIZE + 1];
	struct ph_writer w;

	ph_writer_init(&w, text, sizeof(text));
	ph_put_text(&w, rule->inverted & test ? "!" : "");
	ph_put_text(&w, rule->tests & test ? t->name.name : "*");
	ph_put_format(&l->w, " %-6s", text);
}

static void put_addr(struct lister *l, const struct ph_rule *rule, enum ph_test test)
{
	const struct ph_addr_test *t = test == PH_TEST_SRC ? &rule->src : &rule->dst;
	uint8_t family = l->list->rules->family;
	char text[PH_ADDR_TEXT + 64], addr[PH_ADDR_TEXT];
	struct ph_writer w;

	ph_writer_init(&w, text, sizeof(text));
	ph_put_text(&w, ph_addr_format(addr, family, &t->addr));
	if (ph_mask_len(family, &t->mask) != (family == PH_IPV4 ? 32 : 128))
		ph_put_mask(&w, family, &t->mask);
	ph_put_format(&l->w, "%c%-19s ", rule->inverted & test ? '!' : ' ', text);
}

static void put_columns(struct lister *l, const struct ph_chain *chain, const struct ph_rule *rule, size_t number)
{
	uint8_t family = l->list->rules->family, show = l->list->show;
	uint32_t at = ph_rule_first_part();
	char text[LINE_SIZE];
	const char *more, *target = target_of(rule, family, text, sizeof(text), &more);

	(void)chain;
	if (show & PH_SHOW_NUMBERS)
		ph_put_format(&l->w, "%-4zu ", number);
	if (show & PH_SHOW_COUNTERS) {
		put_count(l, rule->packets, true);
		put_count(l, rule->bytes, true);
	}
	ph_put_format(&l->w, "%-9s ", target);
	put_proto(l, rule);
	ph_put_format(&l->w, "%c%c ", rule->inverted & PH_TEST_FRAG ? '!' : '-', rule->tests & PH_TEST_FRAG ? 'f' : '-');
	if (show & PH_SHOW_COUNTERS) {
		put_iface(l, rule, PH_TEST_IN);
		put_iface(l, rule, PH_TEST_OUT);
		ph_put_char(&l->w, ' ');
	}
	put_addr(l, rule, PH_TEST_SRC);
	put_addr(l, rule, PH_TEST_DST);
	if (rule->action == PH_ACT_GOTO)
		ph_put_text(&l->w, "[goto] ");
	for (unsigned i = 0; i < rule->n_matches; i++) {
		ph_part_print(ph_part_at_const(rule, at), family, &l->w);
		at += ph_part_at_const(rule, at)->size;
		if (l->w.len > LINE_SIZE / 2)
			hand_over(l);
	}
	if (*more)
		ph_put_char(&l->w, ' ');
	hand_over(l);
	l->sink.write(l->sink.arg, more, strlen(more));
	end_line(l);
}

void ph_list_columns(const struct ph_listing *list, struct ph_sink sink)
{
	struct lister l = { .list = list, .sink = sink };
	const struct ph_rtable *table = list->table;
	char line[LINE_SIZE];
	bool first = true;

	ph_writer_init(&l.w, line, sizeof(line));
	for (size_t i = 0; i < table->n; i++) {
		if (list->chain && table->chain[i] != list->chain)
			continue;
		if (!first)
			end_line(&l);
		first = false;
		if (!list->number)
			put_header(&l, table->chain[i]);
		each_rule(&l, table->chain[i], put_columns);
	}
}
