/* Runs the vector files of sip, H.323 and pptp: packets through a whole engine, and what is expected after each of them. Then
 * every payload again, cut at every byte, through the helper alone, its end against an unreadable page.
 *
 *   text NAME                    lines up to one that is "."; each ends in CRLF; "Content-Length: @" gets its number
 *   bytes NAME HEX...            a payload; +N: N zero bytes; further lines begin with a blank
 *   case NAME [WORD...]          a new engine: udp, tcp, ipv6, from PORT (of the client), OPTION=VALUE
 *   > PART [+ PART...] [WORD]    the client sends that to the server; < the server to the client; >2, <2: on connection 2
 *     PART is NAME, NAME[A,B] (bytes A to B, or to the end), NAME[head] or NAME[body] (up to the empty line, behind it), and may be
 *     followed by "OLD" "NEW" pairs: the first OLD in it becomes NEW.
 *     WORD: drop (does not pass); new, established, related, invalid: its state; as gre: no control message but a GRE packet
 *   open N client|server [udp] PORT [from PORT] [WORD]   a connection to that port of the other side, with handshake if TCP
 *   = EXPECTATION; ...           all that are alive, oldest first, or none:
 *     PROTO FROM[:KEY]>TO:PORT [CLASS] [permanent] [inactive] [helper NAME] SECONDS
 *   master SECONDS               how long connection 1 lives
 *   gone                         connection 1 ends now (its time runs out, and that of nothing else)
 *   refused CAUSE                since the last such line or the beginning: address, clash, full, contract, port, call, malformed; or none
 *   because TEXT, call TEXT      what the last event of an expectation says of message and call
 *
 * FROM, TO: C, S, any or an address. C is 10.1.0.2 or 2001:db8:1::2, S is 10.2.0.2 or 2001:db8:2::2. Connection 1 goes to the
 * helper's port; TCP is opened before the first packet. tests/helper/call_vectors.py puts the same files to the kernel. */
#include "engine/world.h"
#include "helper/list.h"
#include "helper/registry.h"
#include "helper/alone.h"
#include "helper/call_payload.h"

#define CONNS 8
#define ALIVE 40
#define STEPS 32
#define POLICY 1024

static const struct file {
	const struct ph_helper *helper;
	const char *path;
	size_t n_cases;
	uint16_t client_port;
	uint8_t proto;
	const struct ph_helper *child;  /* of connection 2, if its payloads are to be cut, too */
} files[] = {
	{ &ph_helper_sip, "tests/vectors/helper/sip.vec", 138, 5060, PH_PROTO_UDP, NULL },
	{ &ph_helper_pptp, "tests/vectors/helper/pptp.vec", 49, 4000, PH_PROTO_TCP, NULL },
	{ &ph_helper_ras, "tests/vectors/helper/ras.vec", 48, 1719, PH_PROTO_UDP, NULL },
	{ &ph_helper_q931, "tests/vectors/helper/q931.vec", 72, 40000, PH_PROTO_TCP, NULL },
	{ &ph_helper_q931, "tests/vectors/helper/h245.vec", 17, 40000, PH_PROTO_TCP, &ph_helper_h245 },
};
#define N_FILES (sizeof(files) / sizeof(files[0]))

/* A connection of a case. from_server: the server opened it. */
struct conn {
	bool used, open, from_server;
	uint8_t proto;
	uint16_t port[2];               /* of client and server */
	uint32_t seq[2];
};

/* A control message of a case, for the second run. */
struct step {
	bool is_child;
	enum ph_dir dir;
	struct payload payload;
};

struct run {
	const struct file *file;
	struct world world;
	bool open, six;
	struct conn conn[CONNS];
	struct ph_expect_info alive[ALIVE];
	size_t n_alive;
	uint64_t master_s;
	char options[POLICY / 2];
	uint32_t option[PH_HELPER_OPTIONS];
	struct step step[STEPS];
	size_t n_steps;
};

static struct run run;
static const char *at_path = "";
static size_t at_line;

static int tell_line(void **unused)
{
	(void)unused;
	print_message("last line read: %s:%zu\n", at_path, at_line);
	return 0;
}

static const char *host(bool server)
{
	if (run.six)
		return server ? "2001:db8:2::2" : "2001:db8:1::2";
	return server ? SERVER : CLIENT;
}

static struct ph_addr named_addr(const char *name)
{
	const char *text = strcmp(name, "C") == 0 ? host(false) : strcmp(name, "S") == 0 ? host(true) : name;
	struct ph_addr addr = { { 0 } };

	if (strcmp(name, "any") != 0)
		assert_true(ph_addr_parse(run.six ? PH_IPV6 : PH_IPV4, text, strlen(text), &addr));
	return addr;
}

/* --- the engine --- */

static void start_engine(void)
{
	static const char *const command[] = { "iptables", "ip6tables" };
	char policy[POLICY];
	int len = snprintf(policy, sizeof(policy), TOPOLOGY "modprobe %s%s\n", run.file->helper->module, run.options);

	for (int six = 0; six < (run.file->helper->families & 2 ? 2 : 1); six++)
		for (int tcp = 0; tcp < 2; tcp++)
			if (run.file->helper->protos & (tcp ? PH_CONTRACT_TCP : PH_CONTRACT_UDP))
				len += snprintf(policy + len, sizeof(policy) - (size_t)len,
				                "%s -t raw -A PREROUTING -p %s --dport %u -j CT --helper %s\n", command[six],
				                tcp ? "tcp" : "udp", run.file->helper->port, run.file->helper->name);
	assert_true(len > 0 && (size_t)len < sizeof(policy));
	world_open(&run.world, policy);
	run.open = true;
}

static void stop_engine(void)
{
	if (run.open)
		world_close(&run.world);
	run.open = false;
}

static struct ph_packet_out send_on_conn(struct conn *conn, bool server, uint8_t flags, const struct payload *p)
{
	const struct packet_spec spec = {
		.src = host(server), .dst = host(!server), .sport = conn->port[server], .dport = conn->port[!server], .proto = conn->proto,
		.flags = flags, .seq = conn->seq[server], .ack = flags & 16 ? conn->seq[!server] : 0,
		.payload = p->len ? p->data : NULL, .payload_len = p->len,
	};

	conn->seq[server] += (uint32_t)p->len + (flags & 2 ? 1 : 0);
	return send_spec(&run.world, &spec);
}

static void check_word(const char *word, const struct ph_packet_out *out)
{
	static const struct {
		const char *word;
		enum ph_state state;
	} states[] = {
		{ "new", PH_STATE_NEW }, { "established", PH_STATE_ESTABLISHED }, { "related", PH_STATE_RELATED },
		{ "invalid", PH_STATE_INVALID },
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(states[i].word, word) == 0) {
			assert_int_equal(out->state, states[i].state);
			return;
		}
	}
	assert_string_equal(word, "drop");
}

/* The words behind a packet. */
static void check_words(struct ph_cur *c, const struct ph_packet_out *out)
{
	char word[WORD];
	bool dropped = false;

	while (next_word(c, word)) {
		check_word(word, out);
		dropped |= strcmp(word, "drop") == 0;
	}
	assert_int_equal(out->fate, dropped ? PH_FATE_HELPER : PH_FATE_FORWARDED);
}

/* Opens a connection, and says what became of its first packet. */
static struct ph_packet_out open_conn(struct conn *conn)
{
	static const struct payload none = { .len = 0 };
	struct ph_packet_out first = { .fate = PH_FATE_FORWARDED };

	conn->open = true;
	if (conn->proto != PH_PROTO_TCP)
		return first;
	first = send_on_conn(conn, conn->from_server, 2, &none);
	assert_int_equal(send_on_conn(conn, !conn->from_server, 18, &none).fate, PH_FATE_FORWARDED);
	assert_int_equal(send_on_conn(conn, conn->from_server, 16, &none).fate, PH_FATE_FORWARDED);
	return first;
}

/* open N client|server [udp] PORT [from PORT] [WORD] */
static void open_line(struct ph_cur *c)
{
	uint32_t n = next_number(c), port;
	struct ph_packet_out out;
	char word[WORD];
	struct conn *conn;

	assert_true(n >= 1 && n < CONNS);
	conn = &run.conn[n];
	assert_true(next_word(c, word));
	*conn = (struct conn){ .used = true, .proto = PH_PROTO_TCP, .from_server = strcmp(word, "server") == 0, .seq = { 100, 5000 } };
	if (take(c, "udp "))
		conn->proto = PH_PROTO_UDP;
	port = next_number(c);
	conn->port[!conn->from_server] = (uint16_t)port;
	conn->port[conn->from_server] = (uint16_t)(take(c, "from ") ? next_number(c) : 41000 + n);
	out = open_conn(conn);
	check_words(c, &out);
}

static struct ph_packet_out send_gre(bool server, const struct payload *p)
{
	struct packet_spec spec = {
		.src = host(server), .dst = host(!server), .proto = PH_PROTO_GRE, .payload = p->data, .payload_len = p->len, .bare = true,
	};

	return send_spec(&run.world, &spec);
}

/* > PART + PART ... WORD... */
static void packet_line(struct ph_cur *c, bool server)
{
	struct payload p = { .len = 0 };
	struct ph_packet_out out;
	struct conn *conn;
	char word[WORD];

	take_word(c, " ", word, sizeof(word));
	skip_blanks(c);
	conn = &run.conn[word[0] ? number_of(word) : 1];
	do {
		skip_blanks(c);
		take_part(c, &p);
	} while (ph_cur_byte(c, '+'));
	if (take(c, "as gre")) {
		skip_blanks(c);
		out = send_gre(server, &p);
	} else {
		assert_true(conn->used);
		if (!conn->open)
			(void)open_conn(conn);
		if ((conn == &run.conn[1] || (conn == &run.conn[2] && run.file->child)) && run.n_steps < STEPS)
			run.step[run.n_steps++] = (struct step){
				.is_child = conn != &run.conn[1], .dir = server ? PH_REPLY : PH_ORIG, .payload = p,
			};
		out = send_on_conn(conn, server, 24, &p);
	}
	check_words(c, &out);
}

/* --- what must be there --- */

static void keep_expect(void *arg, const struct ph_expect_info *x)
{
	struct run *r = arg;

	assert_true(r->n_alive < ALIVE);
	r->alive[r->n_alive++] = *x;
}

static void check_words_of_expect(struct ph_cur *c, const struct ph_expect_info *x)
{
	const char *class_name = run.file->helper->class_name[x->class_], *child = "";
	uint8_t flags = 0;
	char word[WORD];

	while (ph_cur_left(c) > 0 && !ph_is_digit(*c->at)) {
		assert_true(next_word(c, word));
		if (strcmp(word, "permanent") == 0) {
			flags |= PH_EXPECT_PERMANENT;
		} else if (strcmp(word, "inactive") == 0) {
			flags |= PH_EXPECT_INACTIVE;
		} else if (strcmp(word, "helper") == 0) {
			assert_true(next_word(c, word));
			assert_string_equal(x->child_helper ? x->child_helper : "none", word);
			child = NULL;
		} else {
			assert_string_equal(word, class_name);
			class_name = NULL;
		}
	}
	assert_true(!class_name);
	assert_true(!child || !x->child_helper);
	assert_int_equal(x->flags, flags);
	assert_int_equal(x->timeout_s, next_number(c));
}

/* FROM[:KEY]: the key only of GRE; of IPv6 an address may hold colons. */
static void check_from(char *from, const struct ph_expect_info *x)
{
	char *key = x->tuple.proto == PH_PROTO_GRE ? strrchr(from, ':') : NULL;
	struct ph_addr addr, mask = { { 0 } };

	if (key)
		*key++ = '\0';
	addr = named_addr(from);
	if (strcmp(from, "any") != 0)
		memset(mask.b, 0xff, run.six ? 16 : 4);
	assert_memory_equal(&x->tuple.src, &addr, sizeof(addr));
	assert_memory_equal(&x->mask_src, &mask, sizeof(mask));
	assert_int_equal(x->mask_sport, key ? 0xffff : 0);
	assert_int_equal(x->tuple.sport, key ? number_of(key) : 0);
}

static void check_expect(struct ph_cur c, const struct ph_expect_info *x)
{
	char proto[WORD], from[WORD], to[WORD], *port;
	struct ph_addr addr;

	assert_true(next_word(&c, proto));
	take_word(&c, ">", from, sizeof(from));
	assert_true(ph_cur_byte(&c, '>') && next_word(&c, to));
	port = strrchr(to, ':');
	assert_non_null(port);
	*port++ = '\0';
	addr = named_addr(to);
	assert_int_equal(x->tuple.proto, strcmp(proto, "gre") == 0 ? PH_PROTO_GRE : strcmp(proto, "udp") == 0 ? PH_PROTO_UDP : PH_PROTO_TCP);
	assert_int_equal(x->tuple.family, run.six ? PH_IPV6 : PH_IPV4);
	check_from(from, x);
	assert_memory_equal(&x->tuple.dst, &addr, sizeof(addr));
	assert_int_equal(x->tuple.dport, number_of(port));
	check_words_of_expect(&c, x);
}

/* = E; E; ... */
static void alive_line(struct ph_cur *c)
{
	size_t n = 0;

	run.n_alive = 0;
	(void)ph_engine_each_expect(run.world.engine, keep_expect, &run);
	if (take(c, "none"))
		assert_int_equal(ph_cur_left(c), 0);
	while (ph_cur_left(c) > 0) {
		struct ph_cur one = *c;

		if (ph_cur_find(c, ';')) {
			one.end = c->at;
			c->at++;
		} else {
			c->at = c->end;
		}
		skip_blanks(c);
		assert_true(n < run.n_alive);
		check_expect(one, &run.alive[n++]);
	}
	assert_int_equal(run.n_alive, n);
}

static void keep_master(void *arg, const struct ph_conn_info *conn)
{
	struct run *r = arg;

	if (conn->id == 1)
		r->master_s = conn->timeout_s;
}

static void refused_line(struct ph_cur *c)
{
	static const char *const names[] = {
		[PH_CAUSE_ADDRESS] = "address", [PH_CAUSE_CLASH] = "clash", [PH_CAUSE_FULL] = "full", [PH_CAUSE_CONTRACT] = "contract",
		[PH_CAUSE_PORT] = "port", [PH_CAUSE_MALFORMED] = "malformed", [PH_CAUSE_CALL] = "call",
	};
	char word[WORD];

	assert_true(next_word(c, word));
	if (strcmp(word, "none") == 0) {
		assert_int_equal(run.world.told[PH_EVENT_REFUSED], 0);
		return;
	}
	assert_int_not_equal(run.world.told[PH_EVENT_REFUSED], 0);
	assert_non_null(names[run.world.refused]);
	assert_string_equal(names[run.world.refused], word);
	run.world.told[PH_EVENT_REFUSED] = 0;
}

static void check_rest(struct ph_cur *c, const char *got)
{
	assert_int_equal(strlen(got), ph_cur_left(c));
	assert_memory_equal(got, c->at, strlen(got));
}

/* The master's time runs out; what it opened must not last longer. */
static void end_master(void)
{
	run.master_s = 0;
	(void)ph_engine_each_conn(run.world.engine, keep_master, &run);
	run.world.now_ms += (run.master_s + 2) * 1000;
	ph_engine_advance(run.world.engine, run.world.now_ms);
}

static bool check_line(struct ph_cur *c)
{
	if (take(c, "= ")) {
		alive_line(c);
	} else if (take(c, "master ")) {
		run.master_s = 0;
		(void)ph_engine_each_conn(run.world.engine, keep_master, &run);
		assert_int_equal(run.master_s, next_number(c));
	} else if (take(c, "refused ")) {
		refused_line(c);
	} else if (take(c, "because ")) {
		check_rest(c, run.world.because);
	} else if (take(c, "call ")) {
		check_rest(c, run.world.call);
	} else {
		return false;
	}
	return true;
}

/* --- the second run: every payload cut --- */

/* Those of connection 1, or of its child. */
static void cut_each(const struct ph_helper *helper, const struct conn *conn, bool child)
{
	struct alone a = {
		.helper = helper, .option = run.option,
		.in = { .established = true, .family = run.six ? PH_IPV6 : PH_IPV4 },
	};
	struct ph_tuple *asked = &a.in.tuple[PH_ORIG];

	a.in.helper = ph_helper_number(helper);
	*asked = (struct ph_tuple){
		.src = named_addr("C"), .dst = named_addr("S"), .sport = conn->port[0], .dport = conn->port[1],
		.proto = conn->proto, .family = a.in.family,
	};
	assert_true(ph_tuple_invert(asked, &a.in.tuple[PH_REPLY]));
	for (size_t i = 0; i < run.n_steps; i++) {
		const struct step *step = &run.step[i];

		if (step->is_child != child)
			continue;
		each_cut(step->payload.data, step->payload.len, visit_cut, &a);
		inspect_alone(&a, ph_cur_of(step->payload.data, step->payload.len), step->dir);
	}
}

static void cut_all(void)
{
	cut_each(run.file->helper, &run.conn[1], false);
	if (run.file->child && run.conn[2].used)
		cut_each(run.file->child, &run.conn[2], true);
}

/* --- running --- */

static void set_option(const char *word)
{
	const struct ph_helper_option *o = run.file->helper->option;
	const char *value = strchr(word, '=') + 1;
	size_t i = 0, len = strlen(run.options);

	while (strlen(o[i].name) != (size_t)(value - 1 - word) || strncmp(o[i].name, word, strlen(o[i].name)) != 0)
		assert_non_null(o[++i].name);
	run.option[i] = number_of(value);
	snprintf(run.options + len, sizeof(run.options) - len, " %s", word);
}

static void end_case(bool cut)
{
	if (!run.open)
		return;
	stop_engine();
	if (cut)
		cut_all();
}

static void start_case(struct ph_cur *c)
{
	struct conn *conn = &run.conn[1];
	char word[WORD];

	memset(run.conn, 0, sizeof(run.conn));
	run.six = false;
	run.options[0] = '\0';
	run.n_steps = 0;
	for (size_t i = 0; run.file->helper->option && run.file->helper->option[i].name; i++)
		run.option[i] = run.file->helper->option[i].value;
	*conn = (struct conn){ .used = true, .proto = run.file->proto, .seq = { 100, 5000 } };
	conn->port[0] = run.file->client_port;
	conn->port[1] = run.file->helper->port;
	assert_true(next_word(c, word));
	while (next_word(c, word)) {
		if (strcmp(word, "ipv6") == 0)
			run.six = true;
		else if (strcmp(word, "tcp") == 0 || strcmp(word, "udp") == 0)
			conn->proto = word[0] == 't' ? PH_PROTO_TCP : PH_PROTO_UDP;
		else if (strcmp(word, "from") == 0)
			conn->port[0] = (uint16_t)next_number(c);
		else
			set_option(word);
	}
	start_engine();
}

static bool do_line(struct ph_cur *c)
{
	if (take(c, ">"))
		packet_line(c, false);
	else if (take(c, "<"))
		packet_line(c, true);
	else if (take(c, "open "))
		open_line(c);
	else if (take(c, "gone"))
		end_master();
	else
		return check_line(c);
	return true;
}

static size_t run_file(const struct file *file, bool cut)
{
	struct part *text = NULL, *bytes = NULL;
	size_t len, n = 0;
	uint8_t *data = file_bytes(file->path, &len);
	struct ph_cur c = ph_cur_of(data, len);

	at_path = file->path;
	memset(&run, 0, sizeof(run));
	n_parts = 0;
	run.file = file;
	for (at_line = 1; ph_cur_left(&c) > 0; at_line++) {
		struct ph_cur line = c;

		assert_true(ph_cur_find(&c, '\n'));
		line.end = c.at++;
		if (payload_line(line, &text, &bytes) || ph_cur_left(&line) == 0 || *line.at == '#')
			continue;
		if (take(&line, "case ")) {
			end_case(cut);
			start_case(&line);
			n++;
		} else if (!run.open || !do_line(&line)) {
			fail_msg("this line means nothing");
		}
	}
	end_case(cut);
	free(data);
	return n;
}

static void test_call_vectors_open_what_they_say(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < N_FILES; i++)
		assert_int_equal(run_file(&files[i], false), files[i].n_cases);
}

static void test_call_vectors_cut_anywhere_stay_within_bytes_and_contract(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < N_FILES; i++) {
		cuts = 0;
		assert_int_equal(run_file(&files[i], true), files[i].n_cases);
		assert_true(cuts > 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_call_vectors_open_what_they_say, tell_line),
		cmocka_unit_test_teardown(test_call_vectors_cut_anywhere_stay_within_bytes_and_contract, tell_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
