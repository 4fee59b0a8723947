/* Runs tests/vectors/helper/ftp.vec, whose head tells the format: every segment with the findings it must give; from
 * several sequence numbers, also across their wrap; and cut at every byte with its end against an unreadable page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "helper/list.h"
#include "helper/registry.h"
#include "helper/vector_text.h"

#define VECTORS "tests/vectors/helper/ftp.vec"
#define N_CASES 154
#define C4 "10.77.1.2"
#define S4 "10.77.2.2"
#define C6 "fd77:1::2"
#define S6 "fd77:2::2"

struct step {
	enum ph_dir dir;
	bool at_offset;
	uint32_t offset;
	struct text payload;
	char result[16];
	char from[PH_ADDR_TEXT], to[PH_ADDR_TEXT];
	uint32_t port;
	struct text text, spot;
};

/* One connection while its case is run. */
struct run {
	uint8_t family;
	bool not_established;
	uint32_t option[PH_HELPER_OPTIONS];
	struct ph_tuple tuple[PH_DIRS];
	uint32_t start[PH_DIRS], next[PH_DIRS];
	_Alignas(8) uint8_t state[PH_HELPER_STATE];
};

static struct ph_helper_out out;
static size_t at_line;          /* of the vector file: told when a test fails */

static int tell_line(void **unused)
{
	(void)unused;
	print_message("last line read: %s:%zu\n", VECTORS, at_line);
	return 0;
}

/* --- reading --- */

/* FROM>TO:PORT; an IPv6 address has colons of its own, so the port is behind the last one. */
static void take_expect(struct ph_cur *c, struct step *s)
{
	char *colon;
	struct ph_cur digits;

	take_word(c, ">", s->from, sizeof(s->from));
	assert_true(ph_cur_byte(c, '>'));
	take_word(c, " ", s->to, sizeof(s->to));
	colon = strrchr(s->to, ':');
	assert_non_null(colon);
	digits = ph_cur_of(colon + 1, strlen(colon + 1));
	assert_true(ph_cur_dec(&digits, UINT16_MAX, &s->port));
	*colon = '\0';
	skip_blanks(c);
}

static void read_step(struct ph_cur *c, struct step *s)
{
	*s = (struct step){ .dir = PH_ORIG };
	if (!take(c, "C")) {
		assert_true(take(c, "S"));
		s->dir = PH_REPLY;
	}
	if (ph_cur_byte(c, '@')) {
		assert_true(ph_cur_dec(c, UINT16_MAX, &s->offset));
		s->at_offset = true;
	}
	skip_blanks(c);
	take_text(c, &s->payload);
	take_word(c, " ", s->result, sizeof(s->result));
	skip_blanks(c);
	if (strcmp(s->result, "expect") == 0)
		take_expect(c, s);
	if (take(c, "text "))
		take_text(c, &s->text);
	if (take(c, "spot "))
		take_text(c, &s->spot);
	assert_int_equal(ph_cur_left(c), 0);
}

/* --- running --- */

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
		return addr_of(run->family, v6 ? C6 : C4);
	if (strcmp(name, "S") == 0)
		return addr_of(run->family, v6 ? S6 : S4);
	return addr_of(run->family, name);
}

static enum ph_help inspect(struct run *run, enum ph_dir dir, uint32_t seq, struct ph_cur payload)
{
	const struct ph_helper_in in = {
		.payload = payload, .seq = seq, .dir = dir, .established = !run->not_established, .family = run->family,
		.helper = ph_helper_number(&ph_helper_ftp), .tuple = { run->tuple[0], run->tuple[1] },
		.option = run->option, .state = run->state,
	};
	enum ph_help verdict;

	out.n = out.lost = 0;
	verdict = ph_helper_ftp.inspect(&in, &out);
	for (uint32_t i = 0; i < out.n; i++) {
		assert_null(ph_contract_broken(&ph_helper_ftp, &in, &out.found[i]));
		assert_true(out.found[i].at + out.found[i].len <= ph_cur_left(&payload));
		assert_true(out.found[i].spot_at + out.found[i].spot_len <= ph_cur_left(&payload));
	}
	assert_int_equal(out.lost, 0);
	return verdict;
}

static void say(struct run *run, enum ph_dir dir, const char *text)
{
	assert_int_equal(inspect(run, dir, run->next[dir], ph_cur_of(text, strlen(text))), PH_HELP_ACCEPT);
	assert_int_equal(out.n, 0);
	run->next[dir] += (uint32_t)strlen(text);
}

static void check_bytes(const struct text *want, const struct text *payload, uint32_t at, uint32_t len)
{
	if (!want->given)
		return;
	assert_int_equal(len, want->len);
	assert_memory_equal(payload->data + at, want->data, want->len);
}

static void check_expect(const struct run *run, const struct step *s, const struct ph_finding *f)
{
	struct ph_addr from = named_addr(run, s->from), to = named_addr(run, s->to), mask = { { 0 } };

	memset(mask.b, 0xff, run->family == PH_IPV4 ? 4 : 16);
	assert_int_equal(f->kind, PH_FIND_EXPECT);
	assert_int_equal(f->if_refused, PH_HELP_DROP);
	assert_memory_equal(&f->want.tuple.src, &from, sizeof(from));
	assert_memory_equal(&f->want.tuple.dst, &to, sizeof(to));
	assert_memory_equal(&f->want.mask_src, &mask, sizeof(mask));
	assert_int_equal(f->want.tuple.dport, s->port);
	assert_int_equal(f->want.tuple.sport, 0);
	assert_int_equal(f->want.mask_sport, 0);
	assert_int_equal(f->want.tuple.proto, PH_PROTO_TCP);
	assert_int_equal(f->want.tuple.family, run->family);
	assert_int_equal(f->want.flags, 0);
	assert_int_equal(f->want.class_, 0);
	assert_int_equal(f->want.child_helper, PH_HELPER_NONE);
	check_bytes(&s->spot, &s->payload, f->spot_at, f->spot_len);
}

static void check_step(const struct run *run, const struct step *s, enum ph_help verdict)
{
	static const struct {
		const char *result;
		enum ph_help verdict;
		uint32_t n;
		enum ph_refusal refusal;
	} results[] = {
		{ "accept", PH_HELP_ACCEPT, 0, PH_REFUSAL_NONE },
		{ "drop", PH_HELP_DROP, 1, PH_REFUSAL_PARTIAL },
		{ "foreign", PH_HELP_ACCEPT, 1, PH_REFUSAL_ADDRESS },
		{ "expect", PH_HELP_ACCEPT, 1, PH_REFUSAL_NONE },
	};
	size_t i = 0;

	while (strcmp(results[i].result, s->result) != 0)
		assert_true(++i < sizeof(results) / sizeof(results[0]));
	assert_int_equal(verdict, results[i].verdict);
	assert_int_equal(out.n, results[i].n);
	if (out.n == 0)
		return;
	assert_int_equal(out.found[0].refusal, results[i].refusal);
	check_bytes(&s->text, &s->payload, out.found[0].at, out.found[0].len);
	if (results[i].refusal != PH_REFUSAL_NONE)
		assert_int_equal(out.found[0].kind, PH_FIND_REFUSED);
	else
		check_expect(run, s, &out.found[0]);
}

/* Cutting a segment short may change what it means, never what it may ask for: inspect() checks that. */
static void visit_cut(void *arg, uint8_t *copy, size_t len)
{
	struct run run = *(struct run *)arg;

	for (int dir = 0; dir < PH_DIRS; dir++) {
		struct run again = run;

		(void)inspect(&again, (enum ph_dir)dir, run.next[dir], ph_cur_of(copy, len));
	}
}

static void run_step(struct run *run, const struct step *s, bool cut)
{
	uint32_t seq = s->at_offset ? run->start[s->dir] + s->offset : run->next[s->dir];
	uint8_t *copy = guarded(s->payload.data, s->payload.len);
	enum ph_help verdict;

	if (cut)
		each_cut(s->payload.data, s->payload.len, visit_cut, run);
	verdict = inspect(run, s->dir, seq, ph_cur_of(copy, s->payload.len));
	check_step(run, s, verdict);
	guarded_free(copy, s->payload.len);
	run->next[s->dir] = seq + (uint32_t)s->payload.len;
}

/* The words behind "case". */
static void start_case(struct run *run, struct ph_cur *c, uint32_t seq)
{
	char name[16];
	bool bare = false;

	*run = (struct run){ .family = PH_IPV4, .start = { seq, seq + 77 } };
	take_word(c, " ", name, sizeof(name));
	while (ph_cur_byte(c, ' ')) {
		char word[16];

		take_word(c, " ", word, sizeof(word));
		assert_true(strcmp(word, "ipv6") == 0 || strcmp(word, "loose") == 0 || strcmp(word, "bare") == 0);
		if (strcmp(word, "ipv6") == 0)
			run->family = PH_IPV6;
		else if (strcmp(word, "loose") == 0)
			run->option[0] = 1;
		else
			bare = true;
	}
	memcpy(run->next, run->start, sizeof(run->next));
	run->tuple[PH_ORIG] = (struct ph_tuple){
		.src = named_addr(run, "C"), .dst = named_addr(run, "S"), .sport = 40000, .dport = 21,
		.proto = PH_PROTO_TCP, .family = run->family,
	};
	assert_true(ph_tuple_invert(&run->tuple[PH_ORIG], &run->tuple[PH_REPLY]));
	if (!bare) {
		say(run, PH_REPLY, "220 hi\r\n");
		say(run, PH_ORIG, "USER a\r\n");
	}
}

/* One announcement behind the greeting, on a connection that the caller changed. */
static enum ph_help announce(struct run *run, enum ph_dir dir, const char *text)
{
	return inspect(run, dir, run->next[dir], ph_cur_of(text, strlen(text)));
}

static void start_plain(struct run *run)
{
	struct ph_cur name = ph_cur_of("plain", 5);

	start_case(run, &name, 0);
}

/* All cases, with this first sequence number of the client. Returns how many. */
static size_t run_file(uint32_t seq, bool cut)
{
	size_t len, n = 0, line_number = 0;
	uint8_t *file = file_bytes(VECTORS, &len);
	struct ph_cur c = ph_cur_of(file, len);
	static struct run run;

	while (ph_cur_left(&c) > 0) {
		struct ph_cur line = c;
		struct step step;

		assert_true(ph_cur_find(&c, '\n'));
		line.end = c.at;
		assert_true(ph_cur_skip(&c, 1));
		line_number++;
		if (ph_cur_left(&line) == 0 || *line.at == '#')
			continue;
		if (take(&line, "case ")) {
			start_case(&run, &line, seq);
			n++;
			continue;
		}
		at_line = line_number;
		read_step(&line, &step);
		run_step(&run, &step, cut);
	}
	free(file);
	return n;
}

static void test_ftp_vectors_give_their_findings(void **unused)
{
	(void)unused;
	assert_int_equal(run_file(0, false), N_CASES);
}

/* spec of helpers 3.5: the own address is the one before translation, the expected one the one after it. */
static void test_ftp_behind_translation_expects_the_translated_address(void **unused)
{
	static struct run run;
	struct ph_addr public_client = addr_of(PH_IPV4, "192.0.2.1"), server = addr_of(PH_IPV4, S4), client = addr_of(PH_IPV4, C4);
	struct ph_addr public_server = addr_of(PH_IPV4, "192.0.2.2");

	start_plain(&run);
	run.tuple[PH_REPLY].dst = public_client;
	run.tuple[PH_ORIG].dst = public_server;
	assert_int_equal(announce(&run, PH_ORIG, "PORT 10,77,1,2,4,1\r"), PH_HELP_ACCEPT);
	assert_int_equal(out.found[0].kind, PH_FIND_EXPECT);
	assert_memory_equal(&out.found[0].want.tuple.src, &server, sizeof(server));
	assert_memory_equal(&out.found[0].want.tuple.dst, &public_client, sizeof(public_client));
	assert_int_equal(announce(&run, PH_REPLY, "227 (10,77,2,2,4,1)"), PH_HELP_ACCEPT);
	assert_int_equal(out.found[0].kind, PH_FIND_EXPECT);
	assert_memory_equal(&out.found[0].want.tuple.src, &client, sizeof(client));
	assert_memory_equal(&out.found[0].want.tuple.dst, &public_server, sizeof(public_server));
	assert_int_equal(announce(&run, PH_ORIG, "PORT 192,0,2,1,4,1\r"), PH_HELP_ACCEPT);
	assert_int_equal(out.found[0].refusal, PH_REFUSAL_ADDRESS);
}

/* Before both sides were seen nothing is read, dropped or remembered. */
static void test_ftp_before_any_answer_reads_nothing(void **unused)
{
	static struct run run;

	start_plain(&run);
	run.not_established = true;
	assert_int_equal(announce(&run, PH_ORIG, "PORT 10,77,1,2,4,1\r\n"), PH_HELP_ACCEPT);
	assert_int_equal(announce(&run, PH_ORIG, "PO"), PH_HELP_ACCEPT);
	assert_int_equal(out.n, 0);
	run.not_established = false;
	assert_int_equal(announce(&run, PH_ORIG, "PO"), PH_HELP_DROP);
}

static void test_ftp_vectors_across_the_sequence_wrap_give_the_same(void **unused)
{
	static const uint32_t starts[] = { 0xfffffff8, 0xffffffff, 0xffffffe8, 0x7ffffff8, 1 };

	(void)unused;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		assert_int_equal(run_file(starts[i], false), N_CASES);
}

static void test_ftp_vectors_cut_anywhere_stay_within_bytes_and_contract(void **unused)
{
	(void)unused;
	assert_int_equal(run_file(1000, true), N_CASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ftp_behind_translation_expects_the_translated_address),
		cmocka_unit_test(test_ftp_before_any_answer_reads_nothing),
		cmocka_unit_test_teardown(test_ftp_vectors_give_their_findings, tell_line),
		cmocka_unit_test_teardown(test_ftp_vectors_across_the_sequence_wrap_give_the_same, tell_line),
		cmocka_unit_test_teardown(test_ftp_vectors_cut_anywhere_stay_within_bytes_and_contract, tell_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
