/* Runs the vector files of the helpers that keep little or no state (irc, tftp, amanda, sane, netbios-ns, snmp). Every packet
 * with the findings it must give, and cut at every byte with its end against an unreadable page.
 *
 *   case NAME [WORD...]          a new connection: ipv6, new (seen from one side only), OPTION=VALUE, from PORT, to ADDRESS,
 *                                port PORT (of the destination), net MASK (it is a broadcast of this host to such a network)
 *   C|S "PAYLOAD" FINDINGS       a packet of client or server, and what must be found, in order: accept (nothing), or
 *     expect PROTO FROM[/MASK][@SPORT]>TO:PORT [permanent] [goes-on] [refused-accept]
 *     timeout SECONDS            of this connection
 *     foreign, port              refused: the address, the port
 *     text "T", spot "T"         what the finding before it points at
 *
 * FROM, TO: C, S, any or an address. C is 10.77.1.2 or fd77:1::2, S is 10.77.2.2 or fd77:2::2. */
#include <stdio.h>
#include "helper/list.h"
#include "helper/registry.h"
#include "helper/vector_text.h"

#define WORD 64

/* One connection while its case is run. */
struct run {
	const struct ph_helper *helper;
	uint8_t family;
	bool not_established, is_broadcast;
	struct ph_addr net;
	uint32_t option[PH_HELPER_OPTIONS];
	struct ph_tuple tuple[PH_DIRS];
	_Alignas(8) uint8_t state[PH_HELPER_STATE];
};

static const struct {
	const struct ph_helper *helper;
	const char *path;
	size_t n_cases;
} files[] = {
	{ &ph_helper_irc, "tests/vectors/helper/irc.vec", 72 },
	{ &ph_helper_tftp, "tests/vectors/helper/tftp.vec", 19 },
	{ &ph_helper_amanda, "tests/vectors/helper/amanda.vec", 47 },
	{ &ph_helper_sane, "tests/vectors/helper/sane.vec", 27 },
	{ &ph_helper_netbios_ns, "tests/vectors/helper/netbios-ns.vec", 13 },
	{ &ph_helper_snmp, "tests/vectors/helper/snmp.vec", 11 },
};
#define N_FILES (sizeof(files) / sizeof(files[0]))

static struct ph_helper_out out;
static const char *at_path = "";
static size_t at_line;          /* of that file: told when a test fails */

static int tell_line(void **unused)
{
	(void)unused;
	print_message("last line read: %s:%zu\n", at_path, at_line);
	return 0;
}

static struct ph_addr addr_of(uint8_t family, const char *text)
{
	struct ph_addr addr;

	assert_true(ph_addr_parse(family, text, strlen(text), &addr));
	return addr;
}

static struct ph_addr named_addr(const struct run *run, const char *name)
{
	bool v6 = run->family == PH_IPV6;

	if (strcmp(name, "C") == 0)
		return addr_of(run->family, v6 ? "fd77:1::2" : "10.77.1.2");
	if (strcmp(name, "S") == 0)
		return addr_of(run->family, v6 ? "fd77:2::2" : "10.77.2.2");
	return addr_of(run->family, name);
}

static uint32_t number_of(const char *text)
{
	struct ph_cur c = ph_cur_of(text, strlen(text));
	uint32_t value = 0;

	assert_true(ph_cur_dec(&c, UINT32_MAX, &value));
	assert_int_equal(ph_cur_left(&c), 0);
	return value;
}

/* --- what the packet gives --- */

static bool broadcast_net(void *arg, struct ph_addr *mask)
{
	const struct run *run = arg;

	*mask = run->net;
	return run->is_broadcast;
}

static enum ph_help inspect(struct run *run, enum ph_dir dir, struct ph_cur payload)
{
	const struct ph_helper_world world = { .arg = run, .broadcast_net = broadcast_net };
	const struct ph_helper_in in = {
		.payload = payload, .dir = dir, .established = !run->not_established, .family = run->family,
		.helper = ph_helper_number(run->helper), .tuple = { run->tuple[0], run->tuple[1] },
		.option = run->option, .state = run->state, .world = &world,
	};
	enum ph_help verdict;

	out.n = out.lost = 0;
	verdict = run->helper->inspect(&in, &out);
	for (uint32_t i = 0; i < out.n; i++) {
		assert_null(ph_contract_broken(run->helper, &in, &out.found[i]));
		assert_true(out.found[i].at + out.found[i].len <= ph_cur_left(&payload));
		assert_true(out.found[i].spot_at + out.found[i].spot_len <= ph_cur_left(&payload));
	}
	assert_int_equal(out.lost, 0);
	assert_int_equal(verdict, PH_HELP_ACCEPT);
	return verdict;
}

/* --- what it must give --- */

static void check_source(const struct run *run, char *from, const struct ph_expect_want *want)
{
	struct ph_addr mask = { { 0 } }, addr = { { 0 } };
	char *sport = strchr(from, '@'), *slash = strchr(from, '/');

	if (sport)
		*sport++ = '\0';
	if (slash)
		*slash++ = '\0';
	if (strcmp(from, "any") != 0) {
		addr = named_addr(run, from);
		memset(mask.b, 0xff, run->family == PH_IPV4 ? 4 : 16);
	}
	if (slash)
		mask = addr_of(run->family, slash);
	assert_memory_equal(&want->tuple.src, &addr, sizeof(addr));
	assert_memory_equal(&want->mask_src, &mask, sizeof(mask));
	assert_int_equal(want->tuple.sport, sport ? number_of(sport) : 0);
	assert_int_equal(want->mask_sport, sport ? 0xffff : 0);
}

static void check_expect(const struct run *run, struct ph_cur *c, const struct ph_finding *f)
{
	char proto[WORD], from[WORD], to[WORD], *colon;
	struct ph_addr addr;

	take_word(c, " ", proto, sizeof(proto));
	skip_blanks(c);
	take_word(c, ">", from, sizeof(from));
	assert_true(ph_cur_byte(c, '>'));
	take_word(c, " ", to, sizeof(to));
	skip_blanks(c);
	colon = strrchr(to, ':');
	assert_non_null(colon);
	*colon++ = '\0';
	addr = named_addr(run, to);
	assert_int_equal(f->kind, PH_FIND_EXPECT);
	assert_int_equal(f->want.tuple.proto, strcmp(proto, "udp") == 0 ? PH_PROTO_UDP : PH_PROTO_TCP);
	assert_int_equal(f->want.tuple.family, run->family);
	check_source(run, from, &f->want);
	assert_memory_equal(&f->want.tuple.dst, &addr, sizeof(addr));
	assert_int_equal(f->want.tuple.dport, number_of(colon));
	assert_int_equal(f->want.class_, 0);
	assert_int_equal(f->want.child_helper, PH_HELPER_NONE);
	assert_int_equal(f->want.flags, take(c, "permanent") ? PH_EXPECT_PERMANENT : 0);
	skip_blanks(c);
	assert_int_equal(f->goes_on, take(c, "goes-on"));
	skip_blanks(c);
	assert_int_equal(f->if_refused, take(c, "refused-accept") ? PH_HELP_ACCEPT : PH_HELP_DROP);
	skip_blanks(c);
}

static void check_bytes(struct ph_cur *c, const struct text *payload, uint32_t at, uint32_t len)
{
	struct text want;

	take_text(c, &want);
	assert_int_equal(len, want.len);
	assert_memory_equal(payload->data + at, want.data, want.len);
}

/* The words of one finding, up to the next one or the end. */
static void check_finding(const struct run *run, struct ph_cur *c, const struct ph_finding *f, const struct text *payload)
{
	char word[WORD];

	take_word(c, " ", word, sizeof(word));
	skip_blanks(c);
	if (strcmp(word, "expect") == 0) {
		check_expect(run, c, f);
	} else if (strcmp(word, "timeout") == 0) {
		assert_int_equal(f->kind, PH_FIND_MASTER_TIMEOUT);
		take_word(c, " ", word, sizeof(word));
		skip_blanks(c);
		assert_int_equal(f->timeout_s, number_of(word));
	} else {
		assert_true(strcmp(word, "foreign") == 0 || strcmp(word, "port") == 0);
		assert_int_equal(f->kind, PH_FIND_REFUSED);
		assert_int_equal(f->refusal, strcmp(word, "port") == 0 ? PH_REFUSAL_PORT : PH_REFUSAL_ADDRESS);
	}
	if (take(c, "text "))
		check_bytes(c, payload, f->at, f->len);
	if (take(c, "spot "))
		check_bytes(c, payload, f->spot_at, f->spot_len);
}

/* --- running --- */

/* Cutting a packet short may change what it means, never what it may ask for: inspect() checks that. */
static void visit_cut(void *arg, uint8_t *copy, size_t len)
{
	for (int dir = 0; dir < PH_DIRS; dir++) {
		struct run again = *(struct run *)arg;

		(void)inspect(&again, (enum ph_dir)dir, ph_cur_of(copy, len));
	}
}

static void run_step(struct run *run, struct ph_cur *c, bool cut)
{
	enum ph_dir dir = *c->at == 'S' ? PH_REPLY : PH_ORIG;
	struct text payload;
	uint8_t *copy;
	uint32_t n = 0;

	assert_true(take(c, dir == PH_ORIG ? "C " : "S "));
	take_text(c, &payload);
	copy = guarded(payload.data, payload.len);
	if (cut)
		each_cut(payload.data, payload.len, visit_cut, run);
	(void)inspect(run, dir, ph_cur_of(copy, payload.len));
	if (take(c, "accept"))
		assert_int_equal(ph_cur_left(c), 0);
	for (; ph_cur_left(c) > 0; n++) {
		assert_true(n < out.n);
		check_finding(run, c, &out.found[n], &payload);
	}
	assert_int_equal(out.n, n);
	guarded_free(copy, payload.len);
}

static void set_option(struct run *run, const char *name, const char *value)
{
	size_t i = 0;

	while (strcmp(run->helper->option[i].name, name) != 0)
		assert_non_null(run->helper->option[++i].name);
	run->option[i] = number_of(value);
}

/* One word behind the name of a case. */
static void case_word(struct run *run, struct ph_cur *c)
{
	char word[WORD], value[WORD] = "", *is;

	take_word(c, " ", word, sizeof(word));
	is = strchr(word, '=');
	if (strcmp(word, "ipv6") == 0) {
		run->family = PH_IPV6;
	} else if (strcmp(word, "new") == 0) {
		run->not_established = true;
	} else if (is) {
		*is = '\0';
		set_option(run, word, is + 1);
	} else {
		assert_true(ph_cur_byte(c, ' '));
		take_word(c, " ", value, sizeof(value));
		if (strcmp(word, "from") == 0)
			run->tuple[PH_ORIG].sport = (uint16_t)number_of(value);
		else if (strcmp(word, "port") == 0)
			run->tuple[PH_ORIG].dport = (uint16_t)number_of(value);
		else if (strcmp(word, "to") == 0)
			run->tuple[PH_ORIG].dst = addr_of(PH_IPV4, value);
		else if (strcmp(word, "net") == 0 && (run->is_broadcast = true))
			run->net = addr_of(PH_IPV4, value);
		else
			fail_msg("no word of a case: %s", word);
	}
}

/* The words behind "case". */
static void start_case(struct run *run, const struct ph_helper *helper, struct ph_cur *c)
{
	struct ph_tuple *asked = &run->tuple[PH_ORIG];
	static const struct ph_addr none;
	char name[WORD];

	*run = (struct run){ .helper = helper, .family = PH_IPV4 };
	for (size_t i = 0; helper->option && helper->option[i].name; i++)
		run->option[i] = helper->option[i].value;
	asked->sport = 40000;
	asked->dport = helper->port;
	take_word(c, " ", name, sizeof(name));
	while (ph_cur_byte(c, ' '))
		case_word(run, c);
	asked->family = run->family;
	asked->proto = helper->protos & PH_CONTRACT_TCP ? PH_PROTO_TCP : PH_PROTO_UDP;
	asked->src = named_addr(run, "C");
	if (ph_addr_equal(&asked->dst, &none))
		asked->dst = named_addr(run, "S");
	assert_true(ph_tuple_invert(asked, &run->tuple[PH_REPLY]));
}

/* All cases of a file. Returns how many. */
static size_t run_file(const char *path, const struct ph_helper *helper, bool cut)
{
	size_t len, n = 0;
	uint8_t *file = file_bytes(path, &len);
	struct ph_cur c = ph_cur_of(file, len);
	static struct run run;

	at_path = path;
	for (at_line = 1; ph_cur_left(&c) > 0; at_line++) {
		struct ph_cur line = c;

		assert_true(ph_cur_find(&c, '\n'));
		line.end = c.at;
		assert_true(ph_cur_skip(&c, 1));
		if (ph_cur_left(&line) == 0 || *line.at == '#')
			continue;
		if (take(&line, "case ")) {
			start_case(&run, helper, &line);
			n++;
			continue;
		}
		run_step(&run, &line, cut);
	}
	free(file);
	return n;
}

static void test_helper_vectors_give_their_findings(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < N_FILES; i++)
		assert_int_equal(run_file(files[i].path, files[i].helper, false), files[i].n_cases);
}

static void test_helper_vectors_cut_anywhere_stay_within_bytes_and_contract(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < N_FILES; i++)
		assert_int_equal(run_file(files[i].path, files[i].helper, true), files[i].n_cases);
}

/* The reference looks at 4095 bytes of a segment: the line end must be the last of them. */
static void test_irc_offer_is_read_up_to_byte_4095(void **unused)
{
	static const char words[] = ":\1DCC SEND f 172818690 5000 1\1\n";
	static uint8_t segment[8192];
	struct ph_cur name = ph_cur_of("long", 4);
	static struct run run;

	(void)unused;
	for (size_t end = 4090; end < 4100; end++) {
		size_t begin = end - (sizeof(words) - 1);

		memset(segment, 'b', sizeof(segment));
		memcpy(segment, "PRIVMSG ", 8);
		segment[begin - 1] = ' ';
		memcpy(segment + begin, words, sizeof(words) - 1);
		start_case(&run, &ph_helper_irc, &name);
		(void)inspect(&run, PH_ORIG, ph_cur_of(segment, sizeof(segment)));
		assert_int_equal(out.n, end <= 4095);
	}
}

/* spec of helpers 4.4: the client may announce the address it has, or the one the world knows; the latter is expected. */
static void test_irc_behind_translation_expects_the_translated_address(void **unused)
{
	static const char own[] = "PRIVMSG b :\1DCC SEND f 172818690 5000 1\1\r\n";
	static const char known[] = "PRIVMSG b :\1DCC SEND f 3221225985 5000 1\1\r\n";
	struct ph_addr public_client = addr_of(PH_IPV4, "192.0.2.1");
	struct ph_cur name = ph_cur_of("nat", 3);
	static struct run run;

	(void)unused;
	start_case(&run, &ph_helper_irc, &name);
	run.tuple[PH_REPLY].dst = public_client;
	(void)inspect(&run, PH_ORIG, ph_cur_of(own, sizeof(own) - 1));
	assert_int_equal(out.found[0].kind, PH_FIND_EXPECT);
	assert_memory_equal(&out.found[0].want.tuple.dst, &public_client, sizeof(public_client));
	(void)inspect(&run, PH_ORIG, ph_cur_of(known, sizeof(known) - 1));
	assert_int_equal(out.found[0].kind, PH_FIND_EXPECT);
	assert_memory_equal(&out.found[0].want.tuple.dst, &public_client, sizeof(public_client));
}

/* Without an engine that can answer, nothing is a broadcast. */
static void test_broadcast_without_a_world_opens_nothing(void **unused)
{
	const struct ph_helper_in in = { .dir = PH_ORIG, .family = PH_IPV4 };

	(void)unused;
	out.n = 0;
	assert_int_equal(ph_helper_netbios_ns.inspect(&in, &out), PH_HELP_ACCEPT);
	assert_int_equal(ph_helper_snmp.inspect(&in, &out), PH_HELP_ACCEPT);
	assert_int_equal(out.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_helper_vectors_give_their_findings, tell_line),
		cmocka_unit_test_teardown(test_helper_vectors_cut_anywhere_stay_within_bytes_and_contract, tell_line),
		cmocka_unit_test(test_irc_offer_is_read_up_to_byte_4095),
		cmocka_unit_test(test_irc_behind_translation_expects_the_translated_address),
		cmocka_unit_test(test_broadcast_without_a_world_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
