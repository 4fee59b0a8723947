/* A helper that asks for more than it declares gets nothing, whatever its code does: the engine enforces the contract.
 * A rogue stands in for ftp, with ftp's declaration. link: -Wl,--wrap=ph_helper_of */
#include "engine/world.h"
#include "helper/registry.h"

static struct ph_helper rogue;
static struct ph_finding wish[4];
static unsigned n_wishes;
static enum ph_help its_verdict;

const struct ph_helper *__real_ph_helper_of(uint8_t number);
const struct ph_helper *__wrap_ph_helper_of(uint8_t number);

static enum ph_help ask(const struct ph_helper_in *in, struct ph_helper_out *out)
{
	for (unsigned i = 0; i < n_wishes && ph_cur_left(&in->payload) > 0; i++) {
		struct ph_finding *f = ph_out_add(out, wish[i].kind);

		*f = wish[i];
	}
	return its_verdict;
}

const struct ph_helper *__wrap_ph_helper_of(uint8_t number)
{
	const struct ph_helper *real = __real_ph_helper_of(number);

	if (!real || strcmp(real->name, "ftp") != 0)
		return real;
	rogue = *real;
	rogue.inspect = ask;
	return &rogue;
}

/* What ftp may open: server to the client's port. */
static struct ph_finding lawful(uint16_t port)
{
	struct ph_finding f = { .kind = PH_FIND_EXPECT, .if_refused = PH_HELP_ACCEPT };

	f.want.tuple = (struct ph_tuple){ .dport = port, .proto = PH_PROTO_TCP, .family = PH_IPV4 };
	assert_true(ph_addr_parse(PH_IPV4, SERVER, strlen(SERVER), &f.want.tuple.src));
	assert_true(ph_addr_parse(PH_IPV4, CLIENT, strlen(CLIENT), &f.want.tuple.dst));
	ph_want_from(&f.want, PH_IPV4, &f.want.tuple.src);
	return f;
}

static struct ph_packet_out run(struct world *w)
{
	its_verdict = PH_HELP_ACCEPT;
	world_open(w, TOPOLOGY FTP);
	w->seq[0] = 100;
	w->seq[1] = 5000;
	ftp_segment(w, false, 2, NULL);
	ftp_segment(w, true, 0x12, NULL);
	return ftp_segment(w, false, 0x18, "anything");
}

static void test_contract_lawful_wish_is_granted(void **state)
{
	struct world w;

	(void)state;
	wish[0] = lawful(5000);
	n_wishes = 1;
	assert_int_equal(run(&w).n_expects, 1);
	world_close(&w);
}

static void any_source(struct ph_finding *f) { f->want.mask_src = (struct ph_addr){ { 0 } }; f->want.tuple.src = f->want.mask_src; }
static void half_a_mask(struct ph_finding *f) { f->want.mask_src.b[3] = 0; f->want.tuple.src.b[3] = 0; }
static void other_source(struct ph_finding *f) { f->want.tuple.src.b[3] ^= 1; }
static void other_host(struct ph_finding *f) { f->want.tuple.dst.b[3] ^= 1; }
static void other_proto(struct ph_finding *f) { f->want.tuple.proto = PH_PROTO_UDP; }
static void other_family(struct ph_finding *f) { f->want.tuple.family = PH_IPV6; }
static void other_class(struct ph_finding *f) { f->want.class_ = 1; }
static void wild_class(struct ph_finding *f) { f->want.class_ = 200; }
static void permanent(struct ph_finding *f) { f->want.flags = PH_EXPECT_PERMANENT; }
static void child(struct ph_finding *f) { f->want.child_helper = 1; }
static void to_itself(struct ph_finding *f) { f->want.tuple.src = f->want.tuple.dst; }
static void key_map(struct ph_finding *f) { f->kind = PH_FIND_KEYMAP; }
static void teardown(struct ph_finding *f) { f->kind = PH_FIND_TEARDOWN; }
static void master_timeout(struct ph_finding *f) { f->kind = PH_FIND_MASTER_TIMEOUT; f->timeout_s = 1000000; }
static void unknown_kind(struct ph_finding *f) { f->kind = PH_FIND_KINDS; }

static void test_contract_unlawful_wishes_are_refused(void **state)
{
	static void (*const spoil[])(struct ph_finding *f) = {
		any_source, half_a_mask, other_source, other_host, other_proto, other_family, other_class, wild_class, permanent,
		child, to_itself, key_map, teardown, master_timeout, unknown_kind,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		struct ph_packet_out out;
		struct world w;

		wish[0] = lawful(5000);
		spoil[i](&wish[0]);
		n_wishes = 1;
		out = run(&w);
		if (out.n_expects != 0 || w.told[PH_EVENT_REFUSED] != 1 || w.cause != PH_CAUSE_CONTRACT)
			fail_msg("spoiled wish %zu was granted", i);
		assert_int_equal(out.fate, PH_FATE_FORWARDED);
		assert_int_equal(out.reason, PH_WHY_HELPER_CONTRACT);
		assert_true(out.timeout_s <= 432000);
		world_close(&w);
	}
}

static void test_contract_refusal_may_drop_the_packet(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	wish[0] = lawful(5000);
	any_source(&wish[0]);
	wish[0].if_refused = PH_HELP_DROP;
	wish[1] = lawful(5001);
	n_wishes = 2;
	out = run(&w);
	assert_int_equal(out.fate, PH_FATE_HELPER);
	assert_int_equal(out.reason, PH_WHY_HELPER_CONTRACT);
	/* and ends the list */
	assert_int_equal(out.n_expects, 0);
	world_close(&w);
}

static void test_contract_refusal_undoes_its_group(void **state)
{
	struct world w;

	(void)state;
	wish[0] = lawful(5000);
	wish[1] = lawful(5001);
	other_host(&wish[1]);
	wish[0].group = wish[1].group = 1;
	wish[2] = lawful(5002);
	n_wishes = 3;
	assert_int_equal(run(&w).n_expects, 1);
	assert_int_equal(w.expect.tuple.dport, 5002);
	world_close(&w);
}

static void test_contract_text_outside_the_payload_is_not_read(void **state)
{
	struct world w;

	(void)state;
	wish[0] = lawful(5000);
	wish[0].at = 3;
	wish[0].len = 0xffffffffu;
	n_wishes = 1;
	run(&w);
	assert_string_equal(w.text, "thing");
	world_close(&w);
	wish[0].at = 0xfffffff0u;
	run(&w);
	assert_string_equal(w.text, "");
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contract_lawful_wish_is_granted),
		cmocka_unit_test(test_contract_unlawful_wishes_are_refused),
		cmocka_unit_test(test_contract_refusal_may_drop_the_packet),
		cmocka_unit_test(test_contract_refusal_undoes_its_group),
		cmocka_unit_test(test_contract_text_outside_the_payload_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
