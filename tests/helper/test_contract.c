/* The contract is enforced: every helper, under every setting of its switches, with one finding outside each part of
 * its declaration. Written for no helper in particular: a new one is walked without a line here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "helper/list.h"
#include "helper/registry.h"

/* Addresses and ports of no connection in these tests. */
#define STRANGER_BYTE 0x63
#define STRANGER_PORT 777

static struct ph_addr addr4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct ph_addr){ { a, b, c, d } };
}

/* The querying host's network is 10.1.0.0/24. */
static bool net24(void *arg, struct ph_addr *mask)
{
	*mask = addr4(255, 255, 255, 0);
	return true;
}

static const struct ph_helper_world world = { .broadcast_net = net24 };

/* A connection behind translation on both sides, so that all four addresses differ. */
static void connection(const struct ph_helper *helper, struct ph_helper_in *in)
{
	*in = (struct ph_helper_in){ .established = true, .family = PH_IPV4, .world = &world };
	in->tuple[PH_ORIG] = (struct ph_tuple){
		.src = addr4(10, 1, 0, 2), .dst = addr4(10, 1, 0, 255), .sport = 40000, .dport = 21,
		.proto = helper->protos & PH_CONTRACT_TCP ? PH_PROTO_TCP : PH_PROTO_UDP, .family = PH_IPV4,
	};
	in->tuple[PH_REPLY] = (struct ph_tuple){
		.src = addr4(10, 2, 0, 2), .dst = addr4(192, 0, 2, 1), .sport = 2121, .dport = 50000,
		.proto = in->tuple[PH_ORIG].proto, .family = PH_IPV4,
	};
}

/* A finding that goes to the limit of a row. */
static struct ph_finding widest(const struct ph_contract *row, const struct ph_helper_in *in)
{
	const struct ph_tuple *end = &in->tuple[PH_REPLY];
	struct ph_finding f = { .kind = PH_FIND_EXPECT, .if_refused = PH_HELP_DROP };
	struct ph_expect_want *w = &f.want;

	w->class_ = row->class_;
	w->flags = row->flags;
	w->child_helper = row->child ? ph_helper_number(row->child) : PH_HELPER_NONE;
	w->tuple.family = in->family;
	w->tuple.proto = row->protos & PH_CONTRACT_TCP ? PH_PROTO_TCP : row->protos & PH_CONTRACT_UDP ? PH_PROTO_UDP :
	                 row->protos & PH_CONTRACT_GRE ? PH_PROTO_GRE : in->tuple[PH_ORIG].proto;
	if (row->src == PH_MAY_PEER)
		ph_want_from(w, in->family, &end->src);
	if (row->src == PH_MAY_SUBNET) {
		w->tuple.src = in->tuple[PH_ORIG].dst;
		(void)net24(NULL, &w->mask_src);
	}
	if (row->sport != PH_MAY_ANY)
		w->mask_sport = 0xffff;
	w->tuple.sport = row->sport == PH_MAY_FIXED ? row->fixed_sport : row->sport == PH_MAY_PAYLOAD ? STRANGER_PORT : 0;
	w->tuple.dst = row->dst == PH_MAY_PEER ? end->dst : addr4(STRANGER_BYTE, 1, 1, 1);
	w->tuple.dport = row->dport == PH_MAY_FIXED ? end->dport : row->min_dport;
	return f;
}

/* --- one step outside --- */

static void break_kind(struct ph_finding *f) { f->kind = PH_FIND_KINDS; }
static void break_class(struct ph_finding *f) { f->want.class_ = PH_EXPECT_CLASSES; }
static void break_family(struct ph_finding *f) { f->want.tuple.family = PH_IPV6; }
static void break_tail(struct ph_finding *f) { f->want.tuple.dst.b[15] = 1; }
static void break_proto(struct ph_finding *f) { f->want.tuple.proto = PH_PROTO_SCTP; }
static void break_no_proto(struct ph_finding *f) { f->want.tuple.proto = 0; }
static void break_src(struct ph_finding *f) { f->want.tuple.src.b[0] = STRANGER_BYTE; }
static void break_src_open(struct ph_finding *f) { f->want.mask_src = (struct ph_addr){ { 0 } }; }
static void break_src_bit(struct ph_finding *f) { f->want.mask_src.b[2] &= 0xfe; }
static void break_sport_open(struct ph_finding *f) { f->want.mask_sport = 0; }
static void break_sport_bit(struct ph_finding *f) { f->want.mask_sport = 0xfffe; }
static void break_sport(struct ph_finding *f) { f->want.tuple.sport = STRANGER_PORT + 1; }
static void break_dst(struct ph_finding *f) { f->want.tuple.dst.b[0] = STRANGER_BYTE; }
static void break_dst_to_itself(struct ph_finding *f) { f->want.tuple.dst = f->want.tuple.src; }
static void break_dst_other_end(struct ph_finding *f) { f->want.tuple.dst = addr4(10, 1, 0, 255); }
static void break_dport_low(struct ph_finding *f) { f->want.tuple.dport = (uint16_t)(f->want.tuple.dport - 1); }
static void break_flags(struct ph_finding *f) { f->want.flags |= PH_EXPECT_USERSPACE; }
static void break_permanent(struct ph_finding *f) { f->want.flags |= PH_EXPECT_PERMANENT; }
static void break_inactive(struct ph_finding *f) { f->want.flags |= PH_EXPECT_INACTIVE; }
static void break_child(struct ph_finding *f) { f->want.child_helper = ph_helper_number(&ph_helper_irc); }
static void break_no_child(struct ph_finding *f) { f->want.child_helper = 255; }

/* When a row forbids it. */
static bool always(const struct ph_contract *row) { return true; }
static bool src_fixed(const struct ph_contract *row) { return row->src == PH_MAY_PEER || row->src == PH_MAY_SUBNET; }
static bool src_masked(const struct ph_contract *row) { return row->src != PH_MAY_ANY; }
static bool sport_fixed(const struct ph_contract *row) { return row->sport == PH_MAY_FIXED; }
static bool sport_masked(const struct ph_contract *row) { return row->sport != PH_MAY_ANY; }
static bool dst_fixed(const struct ph_contract *row) { return row->dst == PH_MAY_PEER; }
static bool ends_bound(const struct ph_contract *row) { return row->dst == PH_MAY_PEER && row->src != PH_MAY_ANY; }
static bool dport_bound(const struct ph_contract *row) { return row->dport == PH_MAY_FIXED || row->min_dport > 0; }
static bool not_permanent(const struct ph_contract *row) { return !(row->flags & PH_EXPECT_PERMANENT); }
static bool not_inactive(const struct ph_contract *row) { return !(row->flags & PH_EXPECT_INACTIVE); }

static const struct {
	const char *part;
	void (*do_it)(struct ph_finding *f);
	bool (*forbidden)(const struct ph_contract *row);
} breaks[] = {
	{ "kind of finding", break_kind, always },
	{ "class", break_class, always },
	{ "family", break_family, always },
	{ "family", break_tail, always },
	{ "protocol", break_proto, always },
	{ "protocol", break_no_proto, always },
	{ "source address", break_src, src_fixed },
	{ "source address", break_src_open, src_masked },
	{ "source address", break_src_bit, src_masked },
	{ "source port", break_sport_open, sport_masked },
	{ "source port", break_sport_bit, sport_masked },
	{ "source port", break_sport, sport_fixed },
	{ "destination address", break_dst, dst_fixed },
	{ "destination address", break_dst_to_itself, dst_fixed },
	{ "destination address", break_dst_other_end, ends_bound },
	{ "destination port", break_dport_low, dport_bound },
	{ "flags", break_flags, always },
	{ "flags", break_permanent, not_permanent },
	{ "flags", break_inactive, not_inactive },
	{ "child helper", break_child, always },
	{ "child helper", break_no_child, always },
};
#define N_BREAKS (sizeof(breaks) / sizeof(breaks[0]))

static bool row_holds(const struct ph_contract *row, const uint32_t *option)
{
	return row->option == 0 || option[row->option - 1] == row->value;
}

/* Another row of the same class may allow what this one forbids. */
static bool all_rows_forbid(const struct ph_helper *helper, size_t i, const struct ph_contract *mine, const uint32_t *option)
{
	for (const struct ph_contract *row = helper->contract; !row->ends; row++)
		if (row_holds(row, option) && row->class_ == mine->class_ && !breaks[i].forbidden(row))
			return false;
	return true;
}

static size_t walk_row(const struct ph_helper *helper, const struct ph_contract *row, struct ph_helper_in *in)
{
	const struct ph_finding good = widest(row, in);
	size_t refused = 0;

	if (ph_contract_broken(helper, in, &good))
		fail_msg("%s: the declaration refuses its own limit: %s", helper->name, ph_contract_broken(helper, in, &good));
	for (size_t i = 0; i < N_BREAKS; i++) {
		struct ph_finding bad = good;

		if (!all_rows_forbid(helper, i, row, in->option))
			continue;
		breaks[i].do_it(&bad);
		if (!ph_contract_broken(helper, in, &bad))
			fail_msg("%s: %s (%zu) is not held to its declaration", helper->name, breaks[i].part, i);
		refused++;
	}
	return refused;
}

/* All settings of the options that rows depend on, as bits. */
static void each_setting(const struct ph_helper *helper, size_t *rows, size_t *refused)
{
	size_t n = 0;

	while (helper->option && helper->option[n].name)
		n++;
	for (unsigned bits = 0; bits < 1u << n; bits++) {
		uint32_t option[PH_HELPER_OPTIONS] = { 0 };
		struct ph_helper_in in;

		for (size_t k = 0; k < n; k++)
			option[k] = bits >> k & 1;
		connection(helper, &in);
		in.option = option;
		for (const struct ph_contract *row = helper->contract; !row->ends; row++) {
			if (!row_holds(row, option))
				continue;
			*refused += walk_row(helper, row, &in);
			++*rows;
		}
	}
}

static void test_contract_any_part_outside_any_declaration_is_refused(void **unused)
{
	size_t helpers = 0, rows = 0, refused = 0;

	for (const struct ph_helper *const *h = ph_helpers; *h; h++, helpers++) {
		size_t before = rows;

		assert_non_null((*h)->contract);
		each_setting(*h, &rows, &refused);
		assert_true(rows > before);
	}
	print_message("%zu helpers, %zu rows under all settings, %zu findings refused\n", helpers, rows, refused);
	assert_int_equal(helpers, 12);
	assert_true(refused > 10 * rows);
}

/* What the row says in words is what it says in numbers. */
static void test_contract_conditions_read_as_they_hold(void **unused)
{
	for (const struct ph_helper *const *h = ph_helpers; *h; h++)
		for (const struct ph_contract *row = (*h)->contract; !row->ends; row++) {
			char want[64] = "";

			assert_int_equal(row->option == 0, row->when == NULL);
			if (row->option)
				snprintf(want, sizeof(want), "%s=%u", (*h)->option[row->option - 1].name, row->value);
			assert_string_equal(row->when ? row->when : "", want);
			assert_true((*h)->policy[row->class_].timeout_s > 0);
		}
}

static const char *ask_ftp(uint32_t loose, void (*change)(struct ph_finding *f))
{
	struct ph_helper_in in;
	struct ph_finding f;

	connection(&ph_helper_ftp, &in);
	in.option = &loose;
	f = widest(&ph_helper_ftp.contract[0], &in);
	if (change)
		change(&f);
	return ph_contract_broken(&ph_helper_ftp, &in, &f);
}

static void test_contract_broken_part_is_named(void **unused)
{
	assert_null(ask_ftp(0, NULL));
	assert_null(ask_ftp(1, NULL));
	for (size_t i = 0; i < N_BREAKS; i++)
		if (breaks[i].forbidden(&ph_helper_ftp.contract[0]))
			assert_string_equal(ask_ftp(0, breaks[i].do_it), breaks[i].part);
	assert_null(ask_ftp(1, break_dst));
	assert_string_equal(ask_ftp(1, break_src), "source address");
	assert_string_equal(ask_ftp(2, NULL), "class");
}

static void test_contract_kinds_not_declared_are_refused(void **unused)
{
	static const enum ph_find_kind kinds[] = {
		PH_FIND_REMOVE, PH_FIND_ACTIVATE, PH_FIND_RETIME, PH_FIND_MASTER_TIMEOUT, PH_FIND_KEYMAP, PH_FIND_TEARDOWN,
	};
	uint32_t loose = 1;
	struct ph_helper_in in;

	connection(&ph_helper_ftp, &in);
	in.option = &loose;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct ph_finding f = widest(&ph_helper_ftp.contract[1], &in);

		f.kind = kinds[i];
		assert_string_equal(ph_contract_broken(&ph_helper_ftp, &in, &f), "kind of finding");
	}
}

/* A class that the helper does not have must not reach a table, whatever is done with it. */
static void test_contract_classes_not_declared_are_refused(void **unused)
{
	static const enum ph_find_kind kinds[] = { PH_FIND_EXPECT, PH_FIND_REMOVE, PH_FIND_ACTIVATE };
	uint32_t option[PH_HELPER_OPTIONS] = { 0, 1, 1, 0 };
	struct ph_helper_in in;

	connection(&ph_helper_sip, &in);
	in.option = option;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct ph_finding f = widest(&ph_helper_sip.contract[0], &in);

		f.kind = kinds[i];
		f.want.tag = 5060;
		assert_null(ph_contract_broken(&ph_helper_sip, &in, &f));
		f.want.class_ = PH_EXPECT_CLASSES;
		assert_string_equal(ph_contract_broken(&ph_helper_sip, &in, &f), "class");
		f.want.class_ = 0;
		f.last_class = PH_EXPECT_CLASSES;
		assert_string_equal(ph_contract_broken(&ph_helper_sip, &in, &f), "class");
	}
}

/* Without a tag, all of the class would be meant: what is opened is woken one by one. */
static void test_contract_waking_without_a_tag_is_refused(void **unused)
{
	struct ph_finding f = { .kind = PH_FIND_ACTIVATE, .want = { .tag = 5060 } };
	struct ph_helper_in in;

	connection(&ph_helper_sip, &in);
	assert_null(ph_contract_broken(&ph_helper_sip, &in, &f));
	f.want.tag = 0;
	assert_string_equal(ph_contract_broken(&ph_helper_sip, &in, &f), "tag");
}

/* An expectation that ends others when it is used is pptp's alone. */
static void test_contract_ending_the_inverse_needs_leave_to_tear_down(void **unused)
{
	uint32_t loose = 0;
	struct ph_helper_in in;
	struct ph_finding f;

	connection(&ph_helper_ftp, &in);
	in.option = &loose;
	f = widest(&ph_helper_ftp.contract[0], &in);
	assert_null(ph_contract_broken(&ph_helper_ftp, &in, &f));
	f.want.ends_inverse = true;
	assert_string_equal(ph_contract_broken(&ph_helper_ftp, &in, &f), "inverse");
	connection(&ph_helper_pptp, &in);
	f = widest(&ph_helper_pptp.contract[0], &in);
	f.want.ends_inverse = true;
	assert_null(ph_contract_broken(&ph_helper_pptp, &in, &f));
}

static void test_contract_state_words_stay_in_the_state(void **unused)
{
	struct ph_helper_in in;
	struct ph_finding f = { .kind = PH_FIND_STATE, .word = PH_HELPER_STATE / 4 - 1 };

	connection(&ph_helper_ftp, &in);
	assert_null(ph_contract_broken(&ph_helper_ftp, &in, &f));
	f.word++;
	assert_non_null(ph_contract_broken(&ph_helper_ftp, &in, &f));
}

/* PPTP's key map and teardown name one tuple: it must be the connection's own, and GRE. */
static void test_contract_key_map_of_strangers_is_refused(void **unused)
{
	struct ph_helper_in in;
	struct ph_finding f = { .kind = PH_FIND_KEYMAP, .dir = PH_REPLY };

	connection(&ph_helper_pptp, &in);
	f.want.tuple = in.tuple[PH_REPLY];
	f.want.tuple.proto = PH_PROTO_GRE;
	assert_null(ph_contract_broken(&ph_helper_pptp, &in, &f));
	f.kind = PH_FIND_TEARDOWN;
	assert_null(ph_contract_broken(&ph_helper_pptp, &in, &f));
	f.want.tuple.dst = addr4(STRANGER_BYTE, 0, 0, 1);
	assert_string_equal(ph_contract_broken(&ph_helper_pptp, &in, &f), "destination address");
	f.want.tuple = in.tuple[PH_REPLY];
	assert_string_equal(ph_contract_broken(&ph_helper_pptp, &in, &f), "protocol");
}

static void test_contract_subnet_without_a_broadcast_is_refused(void **unused)
{
	struct ph_helper_in in;
	struct ph_finding f;

	connection(&ph_helper_snmp, &in);
	f = widest(ph_helper_snmp.contract, &in);
	assert_null(ph_contract_broken(&ph_helper_snmp, &in, &f));
	in.world = NULL;
	assert_string_equal(ph_contract_broken(&ph_helper_snmp, &in, &f), "source address");
}

static void test_findings_without_room_are_counted(void **unused)
{
	static struct ph_helper_out out;

	for (size_t i = 0; i < PH_FINDINGS; i++)
		assert_ptr_equal(ph_out_add(&out, PH_FIND_EXPECT), &out.found[i]);
	assert_null(ph_out_add(&out, PH_FIND_EXPECT));
	assert_int_equal(out.n, PH_FINDINGS);
	assert_int_equal(out.lost, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract_any_part_outside_any_declaration_is_refused),
		cmocka_unit_test(test_contract_conditions_read_as_they_hold),
		cmocka_unit_test(test_contract_broken_part_is_named),
		cmocka_unit_test(test_contract_kinds_not_declared_are_refused),
		cmocka_unit_test(test_contract_classes_not_declared_are_refused),
		cmocka_unit_test(test_contract_waking_without_a_tag_is_refused),
		cmocka_unit_test(test_contract_ending_the_inverse_needs_leave_to_tear_down),
		cmocka_unit_test(test_contract_state_words_stay_in_the_state),
		cmocka_unit_test(test_contract_key_map_of_strangers_is_refused),
		cmocka_unit_test(test_contract_subnet_without_a_broadcast_is_refused),
		cmocka_unit_test(test_findings_without_room_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
