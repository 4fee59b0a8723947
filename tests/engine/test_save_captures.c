/* Saving and restoring changes nothing: every capture of tests/data goes through two engines, one of which is replaced between every
 * two packets by one that restores what the last one saved. Verdicts, connections, timeouts and events must be the same.
 *
 *   test_save_captures [FOLDER]     also writes the longest state of each capture to FOLDER, as seeds for fuzz/fuzz_state.c */
#include <glob.h>

#include <pinhole/capture.h>
#include "engine/state.h"

#define EVENTS 8192
#define FIELD(w, ...) ((w)->len += (size_t)snprintf((w)->text + (w)->len, sizeof((w)->text) - (w)->len, __VA_ARGS__))

/* What one packet did, in words. */
struct log {
	char text[EVENTS];
	size_t len;
};

struct side {
	struct ph_policy *policy;
	struct ph_engine *engine;
	struct log log;
};

static const char *word(const char *text)
{
	return text ? text : "-";
}

static void log_tuple(struct log *log, const struct ph_tuple *t)
{
	for (size_t i = 0; i < sizeof(t->src.b); i++)
		FIELD(log, "%02x%02x", t->src.b[i], t->dst.b[i]);
	FIELD(log, ":%u:%u:%u:%u ", t->sport, t->dport, t->proto, t->family);
}

static void log_event(void *arg, const struct ph_event *e)
{
	struct log *log = &((struct side *)arg)->log;

	FIELD(log, "event %d %d %u %s ", e->kind, e->cause, e->changed, word(e->helper));
	if (e->conn) {
		const struct ph_conn_info *c = e->conn;

		FIELD(log, "conn %llu %x %x %llu %s %s master %llu %llu %llu %llu ", (unsigned long long)c->id, c->status, c->mark,
		      (unsigned long long)c->timeout_s, word(c->helper), word(c->proto_state), (unsigned long long)c->master_id,
		      (unsigned long long)c->packets[0], (unsigned long long)c->bytes[1], (unsigned long long)c->start_ms);
		log_tuple(log, &c->tuple[PH_ORIG]);
	}
	if (e->expect) {
		const struct ph_expect_info *x = e->expect;

		FIELD(log, "expect %llu %u %u %llu %llu %s %s ", (unsigned long long)x->id, x->class_, x->flags,
		      (unsigned long long)x->timeout_s, (unsigned long long)x->master_id, word(x->helper), word(x->child_helper));
		log_tuple(log, &x->tuple);
	}
	FIELD(log, "\n");
	assert_true(log->len < sizeof(log->text));
}

static void log_out(struct log *log, const struct ph_packet_out *o)
{
	FIELD(log, "out %d %d %d %d %d %d %d %d ", o->verdict, o->fate, o->skip, o->state, o->reason, o->dir, o->in, o->out);
	FIELD(log, "%d %d %llu %x %s %s %s %llu %u %x\n", o->has_conn, o->confirmed, (unsigned long long)o->conn_id, o->status,
	      word(o->master_helper), word(o->own_helper), word(o->proto_state), (unsigned long long)o->timeout_s, o->n_expects, o->mark);
	assert_true(log->len < sizeof(log->text));
}

static void load(struct ph_policy *policy, const char *name, const char *text, size_t len)
{
	const struct ph_policy_source source = { .name = name, .lenient = true };
	struct ph_diags *diags = ph_diags_new();

	if (ph_policy_load(policy, &source, text, len, diags) != PH_OK)
		fail_msg("%s: %s", name, ph_diags_get(diags, 0)->text);
	ph_diags_free(diags);
}

static void make_engine(struct side *side)
{
	const struct ph_engine_config config = { .on_event = log_event, .arg = side };

	side->engine = ph_engine_new(side->policy, &config);
	assert_non_null(side->engine);
}

/* The firewall of the capture's scenario, with every helper at work. */
static void side_open(struct side *side, const char *capture)
{
	static const char rules[] =
		"sysctl -w net.netfilter.nf_conntrack_helper=1 net.netfilter.nf_conntrack_acct=1 net.netfilter.nf_conntrack_max=128\n"
		"iptables -t mangle -A FORWARD -p tcp -j CONNMARK --set-mark 7\n"
		"iptables -t raw -A PREROUTING -p udp --sport 1024:2047 -j CT --zone 5\n";
	struct ph_diags *diags = ph_diags_new();
	char path[512];
	uint8_t *text;
	size_t len;

	memset(side, 0, sizeof(*side));
	side->policy = ph_policy_new();
	snprintf(path, sizeof(path), "%.*s/topology.policy", (int)(strrchr(capture, '/') - capture), capture);
	text = file_bytes(path, &len);
	load(side->policy, path, (const char *)text, len);
	free(text);
	load(side->policy, "rules", rules, sizeof(rules) - 1);
	assert_int_equal(ph_policy_finish(side->policy, diags), PH_OK);
	ph_diags_free(diags);
	make_engine(side);
}

static void side_close(struct side *side)
{
	ph_engine_free(side->engine);
	ph_policy_free(side->policy);
}

static void side_run(struct side *side, const struct ph_packet_in *in)
{
	struct ph_packet_out out;

	side->log.len = 0;
	ph_engine_process(side->engine, in, &out, 1);
	log_out(&side->log, &out);
}

static void replace_engine(struct side *side, struct state_bytes *state, uint64_t now_ms)
{
	struct ph_restored done;

	state_save(state, side->engine, now_ms);
	ph_engine_free(side->engine);
	make_engine(side);
	assert_int_equal(state_restore(side->engine, now_ms, state->bytes, state->len, &done), PH_OK);
	assert_int_equal(done.lost, 0);
}

/* Packed ones through gzip. *pipe: to be closed by pclose, or NULL. */
static struct ph_capture *open_capture(const char *path, FILE **pipe, struct ph_diags *diags)
{
	char text[512];

	*pipe = NULL;
	if (strcmp(path + strlen(path) - 3, ".gz") != 0)
		return ph_capture_open(path, diags);
	snprintf(text, sizeof(text), "gzip -dc %s", path);
	*pipe = popen(text, "r");
	assert_non_null(*pipe);
	snprintf(text, sizeof(text), "/dev/fd/%d", fileno(*pipe));
	return ph_capture_open(text, diags);
}

static size_t n_packets, n_expects;

/* --- seeds --- */

#define HEAD_AND_NAMES (48 + 255 * 16)
#define SUM_LEN 8

static const char *seed_folder;         /* NULL: none are wanted */

static void keep_longest(struct state_bytes *longest, const struct state_bytes *state)
{
	if (!seed_folder || state->len <= longest->len)
		return;
	longest->len = 0;
	state_write(longest, (const char *)state->bytes, state->len);
}

static void write_seed(const char *capture, const struct state_bytes *state)
{
	static const char payload[] = "227 Entering Passive Mode (10,30,0,2,200,1)\r\n";
	size_t len = state->len - HEAD_AND_NAMES - SUM_LEN;
	const char *name = strrchr(capture, '/') + 1;
	char path[512];
	FILE *out;

	if (!seed_folder || state->len < HEAD_AND_NAMES + SUM_LEN || len > UINT16_MAX)
		return;
	snprintf(path, sizeof(path), "%s/%.*s", seed_folder, (int)strcspn(name, "."), name);
	out = fopen(path, "wb");
	assert_non_null(out);
	fprintf(out, "%c%c%c", 0, (int)(len & 0xff), (int)(len >> 8));
	fwrite(state->bytes + HEAD_AND_NAMES, 1, len, out);
	fwrite(payload, 1, sizeof(payload) - 1, out);
	assert_int_equal(fclose(out), 0);
}

/* --- captures --- */

static void run_capture(const char *path, struct state_bytes *state)
{
	struct ph_diags *diags = ph_diags_new();
	FILE *pipe;
	struct ph_capture *capture = open_capture(path, &pipe, diags);
	struct state_bytes longest = { 0 };
	struct side whole, cut;
	struct ph_capture_frame frame;
	const char *error;

	assert_non_null(capture);
	side_open(&whole, path);
	side_open(&cut, path);
	while (ph_capture_next(capture, &frame, &error) == PH_OK) {
		const struct ph_packet_in in = { .frame = frame.frame, .iface = PH_IFACE_ROUTE };
		struct ph_engine_stats stats;

		side_run(&whole, &in);
		side_run(&cut, &in);
		if (strcmp(whole.log.text, cut.log.text) != 0)
			fail_msg("%s, packet %llu\nwhole:\n%s\ncut:\n%s", path, (unsigned long long)frame.number, whole.log.text, cut.log.text);
		/* Pieces of datagrams are not saved. */
		ph_engine_stats(whole.engine, &stats);
		if (stats.fragments.waiting > 0)
			continue;
		replace_engine(&cut, state, cut.engine->now_ms);
		keep_longest(&longest, state);
		n_packets++;
		n_expects += stats.expects > 0;
	}
	write_seed(path, &longest);
	free(longest.bytes);
	side_close(&whole);
	side_close(&cut);
	ph_capture_close(capture);
	if (pipe)
		assert_int_equal(pclose(pipe), 0);
	ph_diags_free(diags);
}

static void test_save_between_any_two_packets_changes_nothing(void **unused)
{
	struct state_bytes state = { 0 };
	glob_t found;

	assert_int_equal(glob("tests/data/captures/*/*.eth[01].pcap*", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		run_capture(found.gl_pathv[i], &state);
	globfree(&found);
	free(state.bytes);
	print_message("%zu restarts, %zu with expectations\n", n_packets, n_expects);
	assert_true(n_packets > 1000 && n_expects > 200);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save_between_any_two_packets_changes_nothing),
	};

	if (argc > 1)
		seed_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
