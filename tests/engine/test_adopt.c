/* A running engine changes its policy: what goes on, what ends, what is told. With each allocation refused in turn.
 * link: -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc */
#include "engine/world.h"
#include "support/refuse.h"

#define RULES \
	"iptables -P FORWARD DROP\niptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n" \
	"iptables -A FORWARD -p tcp --dport 21 -j ACCEPT\n" \
	"iptables -A FORWARD -m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT\n"
#define PASSIVE "227 Entering Passive Mode (10,2,0,2,200,0)\r\n"
#define DATA_PORT 51200

static struct ph_policy *policy_of(const char *text)
{
	const struct ph_policy_source source = { .name = "next.policy", .lenient = true };
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *policy = ph_policy_new();

	if (ph_policy_load(policy, &source, text, strlen(text), diags) != PH_OK || ph_policy_finish(policy, diags) != PH_OK)
		fail_msg("%s", ph_diags_get(diags, 0)->text);
	ph_diags_free(diags);
	return policy;
}

/* Changes to another policy and frees the former one at once. Returns how many warnings there were; text: room for the last, or NULL. */
static size_t adopt(struct world *w, const char *text, char *warning)
{
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *next = policy_of(text);
	size_t n;

	assert_int_equal(ph_engine_adopt(w->engine, next, diags), PH_OK);
	ph_policy_free(w->policy);
	w->policy = next;
	n = ph_diags_count(diags);
	if (n && warning)
		snprintf(warning, 256, "%s", ph_diags_get(diags, n - 1)->text);
	ph_diags_free(diags);
	return n;
}

static void no_output(void *arg, const char *text, size_t len)
{
	(void)arg;
	(void)text;
	(void)len;
}

/* An administrator's command, and the engine told of it. Words at blanks. */
static void command(struct world *w, const char *line)
{
	const char *word[64];
	struct ph_diags *diags = ph_diags_new();
	char text[512], *save = NULL;
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *at = strtok_r(text, " ", &save); at; at = strtok_r(NULL, " ", &save))
		word[n++] = at;
	if (ph_policy_edit(w->policy, word, n, (struct ph_sink){ no_output, NULL }, diags) != PH_OK)
		fail_msg("%s: %s", line, ph_diags_get(diags, 0)->text);
	assert_int_equal(ph_engine_refresh(w->engine), PH_OK);
	ph_diags_free(diags);
}

static void passive(struct world *w)
{
	assert_int_equal(ftp_segment(w, false, 0x18, "PASV\r\n").fate, PH_FATE_FORWARDED);
	assert_int_equal(ftp_segment(w, true, 0x18, PASSIVE).n_expects, 1);
}

static struct ph_packet_out data_segment(struct world *w, bool back, uint8_t flags)
{
	const struct packet_spec spec = {
		.src = back ? SERVER : CLIENT, .dst = back ? CLIENT : SERVER, .sport = back ? DATA_PORT : 3333,
		.dport = back ? 3333 : DATA_PORT, .flags = flags, .seq = back ? (flags & 2 ? 900 : 901) : (flags & 2 ? 7 : 8),
		.ack = flags & 16 ? (back ? 8 : 901) : 0,
	};

	return send_spec(w, &spec);
}

static void data_open(struct world *w)
{
	assert_int_equal(data_segment(w, false, 2).state, PH_STATE_RELATED);
	assert_int_equal(data_segment(w, true, 0x12).fate, PH_FATE_FORWARDED);
	assert_int_equal(data_segment(w, false, 0x10).fate, PH_FATE_FORWARDED);
}

static void test_adopt_connections_of_ftp_go_on(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP RULES);
	ftp_open(&w);
	passive(&w);
	data_open(&w);
	passive(&w);
	assert_int_equal(adopt(&w, TOPOLOGY FTP RULES "iptables -A INPUT -j DROP\n", NULL), 0);
	out = data_segment(&w, true, 0x18);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.state, PH_STATE_ESTABLISHED);
	assert_string_equal(out.master_helper, "ftp");
	out = ftp_segment(&w, false, 0x18, "NOOP\r\n");
	assert_string_equal(out.own_helper, "ftp");
	assert_int_equal(out.n_expects, 1);
	/* What was expected before the change still comes in, by the new rules. */
	w.now_ms += 1000;
	out = data_syn(&w, CLIENT, SERVER, DATA_PORT);
	assert_int_equal(out.n_expects, 1);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	world_close(&w);
}

static void test_adopt_expectation_lets_its_child_in_afterwards(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP RULES);
	ftp_open(&w);
	passive(&w);
	adopt(&w, TOPOLOGY FTP RULES, NULL);
	out = data_syn(&w, CLIENT, SERVER, DATA_PORT);
	assert_int_equal(out.state, PH_STATE_RELATED);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_int_equal(out.n_expects, 0);
	world_close(&w);
}

static void test_adopt_rules_that_say_otherwise_act_at_once(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP RULES);
	ftp_open(&w);
	passive(&w);
	adopt(&w, TOPOLOGY "iptables -A FORWARD -p tcp --dport 51200 -j DROP\n", NULL);
	out = data_syn(&w, CLIENT, SERVER, DATA_PORT);
	assert_int_equal(out.fate, PH_FATE_RULE);
	assert_string_equal(out.rule.file, "next.policy");
	assert_int_equal(ftp_segment(&w, false, 0x18, "NOOP\r\n").fate, PH_FATE_FORWARDED);
	world_close(&w);
}

#define ON_2121(name) "iptables -t raw -A PREROUTING -p tcp --dport 21 -j CT --helper " name "\n"
#define RULES_2121 "iptables -A FORWARD -m conntrack --ctstate RELATED -m helper ! --helper ftp-2121 -j DROP\n"

static void test_adopt_helper_with_another_number_keeps_its_name(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "modprobe nf_conntrack_ftp ports=21,2121\n" ON_2121("ftp-2121") RULES_2121);
	ftp_open(&w);
	passive(&w);
	adopt(&w, TOPOLOGY "modprobe nf_conntrack_ftp ports=1000,1001,2121,21\n" ON_2121("ftp-2121") RULES_2121, NULL);
	assert_int_equal(w.told[PH_EVENT_EXPECT_DESTROY], 0);
	out = data_syn(&w, CLIENT, SERVER, DATA_PORT);
	assert_int_equal(out.fate, PH_FATE_FORWARDED);
	assert_string_equal(out.master_helper, "ftp-2121");
	out = ftp_segment(&w, false, 0x18, "PASV\r\n");
	assert_string_equal(out.own_helper, "ftp-2121");
	assert_int_equal(ftp_segment(&w, true, 0x18, PASSIVE).n_expects, 1);
	assert_string_equal(w.expect.helper, "ftp-2121");
	world_close(&w);
}

static void test_adopt_helper_that_is_gone_leaves_its_connection(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "modprobe nf_conntrack_ftp ports=21,2121\n" ON_2121("ftp-2121"));
	ftp_open(&w);
	passive(&w);
	adopt(&w, TOPOLOGY FTP, NULL);
	assert_int_equal(w.told[PH_EVENT_EXPECT_DESTROY], 1);
	assert_int_equal(w.cause, PH_CAUSE_REMOVED);
	out = data_syn(&w, CLIENT, SERVER, DATA_PORT);
	assert_int_equal(out.state, PH_STATE_NEW);
	out = ftp_segment(&w, false, 0x18, "PASV\r\n");
	assert_int_equal(out.state, PH_STATE_ESTABLISHED);
	assert_null(out.own_helper);
	out = ftp_segment(&w, true, 0x18, PASSIVE);
	assert_int_equal(out.n_expects, 0);
	assert_int_equal(w.told[PH_EVENT_CONN_DESTROY], 0);
	world_close(&w);
}

static void test_adopt_child_of_a_master_that_lost_its_helper_goes_on(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "modprobe nf_conntrack_ftp ports=2121\n" ON_2121("ftp-2121"));
	ftp_open(&w);
	passive(&w);
	data_open(&w);
	adopt(&w, TOPOLOGY FTP, NULL);
	out = data_segment(&w, true, 0x18);
	assert_int_equal(out.state, PH_STATE_ESTABLISHED);
	assert_null(out.master_helper);
	world_close(&w);
}

static enum ph_fate syn_of(struct world *w, const char *src, uint16_t sport)
{
	return send_on(w, &(struct packet_spec){ .src = src, .dst = SERVER, .sport = sport, .dport = 80, .flags = 2 }, 0).fate;
}

#define RECENT "iptables -A FORWARD -m recent --name s --rcheck --seconds 60 -j DROP\niptables -A FORWARD -m recent --name s --set\n"
#define HASH(rate) \
	"iptables -A FORWARD -m hashlimit --hashlimit-above " rate "/hour --hashlimit-burst 1 --hashlimit-mode srcip " \
	"--hashlimit-name h -j DROP\n"

static void test_adopt_lists_by_name_are_kept(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY RECENT);
	assert_int_equal(syn_of(&w, CLIENT, 1), PH_FATE_FORWARDED);
	adopt(&w, TOPOLOGY "iptables -A INPUT -j DROP\niptables -A FORWARD -s 10.9.9.9\n" RECENT, NULL);
	assert_int_equal(syn_of(&w, CLIENT, 2), PH_FATE_RULE);
	assert_int_equal(syn_of(&w, "10.1.0.9", 2), PH_FATE_FORWARDED);
	/* Another size begins anew. */
	adopt(&w, TOPOLOGY "iptables -A FORWARD -m recent --name s --rcheck --hitcount 2 -j DROP\n" RECENT, NULL);
	assert_int_equal(syn_of(&w, CLIENT, 3), PH_FATE_FORWARDED);
	world_close(&w);
}

static void test_adopt_hashlimit_goes_on_unless_its_rate_changed(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY HASH("1"));
	assert_int_equal(syn_of(&w, CLIENT, 1), PH_FATE_FORWARDED);
	adopt(&w, TOPOLOGY HASH("1"), NULL);
	assert_int_equal(syn_of(&w, CLIENT, 2), PH_FATE_RULE);
	adopt(&w, TOPOLOGY HASH("2"), NULL);
	assert_int_equal(syn_of(&w, CLIENT, 3), PH_FATE_FORWARDED);
	assert_int_equal(syn_of(&w, CLIENT, 4), PH_FATE_RULE);
	w.now_ms += 1801 * 1000;
	assert_int_equal(syn_of(&w, CLIENT, 5), PH_FATE_FORWARDED);
	world_close(&w);
}

static struct ph_engine_stats stats(struct world *w)
{
	struct ph_engine_stats s;

	ph_engine_stats(w->engine, &s);
	return s;
}

static void test_adopt_smaller_maximum_holds_for_new_connections(void **state)
{
	char warning[256] = "";
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "sysctl -w net.netfilter.nf_conntrack_max=4\n");
	for (uint16_t i = 1; i <= 4; i++)
		assert_int_equal(syn_of(&w, CLIENT, i), PH_FATE_FORWARDED);
	assert_int_equal(adopt(&w, TOPOLOGY "sysctl -w net.netfilter.nf_conntrack_max=2\n", NULL), 0);
	assert_int_equal(stats(&w).conns, 4);
	assert_int_equal(syn_of(&w, CLIENT, 5), PH_FATE_FORWARDED);     /* in the place of one that nobody answered */
	assert_int_equal(stats(&w).early_drops, 1);
	assert_int_equal(stats(&w).conns, 4);
	assert_int_equal(adopt(&w, TOPOLOGY "sysctl -w net.netfilter.nf_conntrack_max=400\n", warning), 1);
	assert_non_null(strstr(warning, "nf_conntrack_max: 400 are more than the tables of a running firewall have room for: 4"));
	for (uint16_t i = 6; i <= 20; i++)
		assert_int_equal(syn_of(&w, CLIENT, i), PH_FATE_FORWARDED);
	assert_int_equal(stats(&w).conns, 4);
	world_close(&w);
}

struct seen {
	struct ph_conn_info info[4];
	size_t n;
};

static void see(void *arg, const struct ph_conn_info *info)
{
	struct seen *s = arg;

	if (s->n < 4)
		s->info[s->n++] = *info;
}

static void test_adopt_accounting_begins_when_it_is_asked_for(void **state)
{
	struct seen seen = { .n = 0 };
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP);
	ftp_open(&w);
	assert_int_equal(ph_engine_each_conn(w.engine, see, &seen), 1);
	assert_false(seen.info[0].counted);
	w.now_ms += 5000;
	ph_engine_advance(w.engine, w.now_ms);
	adopt(&w, TOPOLOGY FTP "sysctl -w net.netfilter.nf_conntrack_acct=1\n", NULL);
	ftp_segment(&w, false, 0x18, "NOOP\r\n");
	seen.n = 0;
	assert_int_equal(ph_engine_each_conn(w.engine, see, &seen), 1);
	assert_true(seen.info[0].counted);
	assert_int_equal(seen.info[0].packets[PH_ORIG], 1);
	assert_int_equal(seen.info[0].packets[PH_REPLY], 0);
	assert_int_equal(seen.info[0].start_ms, 6000);
	world_close(&w);
}

static void test_adopt_timeouts_are_those_of_the_new_policy(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP);
	ftp_open(&w);
	adopt(&w, TOPOLOGY FTP "sysctl -w net.netfilter.nf_conntrack_tcp_timeout_established=77\n", NULL);
	out = ftp_segment(&w, false, 0x18, "NOOP\r\n");
	assert_int_equal(out.timeout_s, 77);
	world_close(&w);
}

/* A first fragment of UDP, 16 bytes of payload and more to come; the rest. */
static struct ph_packet_out fragment(struct world *w, bool rest, uint16_t id)
{
	uint8_t ip[40] = { 0x45, 0, 0, 40, (uint8_t)(id >> 8), (uint8_t)id, rest ? 0 : 0x20, rest ? 2 : 0, 64, 17, 0, 0, 10, 1, 0, 2, 10, 2, 0, 2,
	                   0x12, 0x34, 0, 53, 0, 36 };
	struct ph_packet_in in = { .iface = PH_IFACE_ROUTE };
	struct ph_packet_out out;
	uint32_t sum = 0;

	ip[3] = rest ? 40 : 36;
	if (rest)
		memset(ip + 20, 0, 20);
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	in.frame = (struct ph_frame){ .data = ip, .len = ip[3], .wire_len = ip[3], .link = PH_LINK_RAW, .time_ms = w->now_ms };
	ph_engine_process(w->engine, &in, &out, 1);
	return out;
}

static void test_adopt_waiting_fragments_meet_theirs(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP "sysctl -w net.ipv4.ipfrag_max_dist=0\n");
	assert_int_equal(fragment(&w, false, 1).verdict, PH_HELD);
	adopt(&w, TOPOLOGY FTP, NULL);
	out = fragment(&w, true, 1);
	assert_int_equal(out.verdict, PH_ACCEPT);
	assert_int_equal(out.n_fragments, 2);
	/* A shorter time counts for those that wait, too. */
	assert_int_equal(fragment(&w, false, 2).verdict, PH_HELD);
	adopt(&w, TOPOLOGY FTP "sysctl -w net.ipv4.ipfrag_time=2\n", NULL);
	w.now_ms += 2001;
	assert_int_equal(fragment(&w, true, 2).verdict, PH_HELD);
	adopt(&w, TOPOLOGY FTP "sysctl -w net.ipv4.ipfrag_low_thresh=0 net.ipv4.ipfrag_high_thresh=0\n", NULL);
	assert_int_equal(fragment(&w, false, 3).verdict, PH_DROP);
	world_close(&w);
}

static void test_refresh_after_edits_follows_them(void **state)
{
	struct ph_packet_out out;
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "modprobe nf_conntrack_ftp ports=21,2121\n" FTP);
	ftp_open(&w);
	passive(&w);
	data_open(&w);
	command(&w, "iptables -P FORWARD DROP");
	assert_int_equal(data_segment(&w, true, 0x18).fate, PH_FATE_RULE);
	command(&w, "iptables -A FORWARD -m helper --helper ftp -j ACCEPT");
	assert_int_equal(data_segment(&w, true, 0x18).fate, PH_FATE_FORWARDED);
	command(&w, "iptables -A FORWARD -p tcp --dport 21 -j ACCEPT");
	command(&w, "iptables -A FORWARD -p tcp --sport 21 -j ACCEPT");
	/* A rule holds ftp where it is; the other name moves. */
	command(&w, "modprobe nf_conntrack_ftp ports=21,3000,2121");
	command(&w, "iptables -t mangle -A PREROUTING -m ttl --ttl-lt 5 -j DROP");
	out = ftp_segment(&w, false, 0x18, "PASV\r\n");
	assert_string_equal(out.own_helper, "ftp");
	assert_int_equal(ftp_segment(&w, true, 0x18, PASSIVE).n_expects, 1);
	command(&w, "sysctl -w net.netfilter.nf_conntrack_acct=1");
	command(&w, "sysctl -w net.ipv4.conf.all.rp_filter=1");
	assert_int_equal(send_on(&w, &(struct packet_spec){ .src = "10.2.0.9", .dst = SERVER, .sport = 1, .dport = 2, .flags = 2 }, 0).reason,
	                 PH_WHY_RP_FILTER);
	world_close(&w);
}

/* The helper of a connection whose rule is gone may lose its name: it goes then. */
static void test_refresh_helper_without_a_name_leaves_its_connection(void **state)
{
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY "modprobe nf_conntrack_ftp ports=21,2121\n" ON_2121("ftp-2121"));
	ftp_open(&w);
	passive(&w);
	command(&w, "iptables -t raw -F");
	command(&w, "modprobe nf_conntrack_ftp ports=21");
	assert_int_equal(w.told[PH_EVENT_EXPECT_DESTROY], 1);
	assert_null(ftp_segment(&w, false, 0x18, "PASV\r\n").own_helper);
	world_close(&w);
}

static void test_adopt_without_memory_changes_nothing(void **state)
{
	static const char next_text[] = TOPOLOGY "modprobe nf_conntrack_ftp ports=2121\n" ON_2121("ftp-2121")
		"iptables -P FORWARD DROP\nsysctl -w net.netfilter.nf_conntrack_acct=1 net.ipv4.ipfrag_max_dist=5\n";
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *next = policy_of(next_text);
	struct seen seen = { .n = 0 };
	struct world w;
	long n = 0;

	(void)state;
	world_open(&w, TOPOLOGY FTP "sysctl -w net.ipv4.ipfrag_max_dist=0\n");
	ftp_open(&w);
	passive(&w);
	for (;; n++) {
		enum ph_status status;

		allocations = 0;
		refuse_at = n;
		status = ph_engine_adopt(w.engine, next, diags);
		refuse_at = -1;
		if (status == PH_OK)
			break;
		assert_int_equal(status, PH_NO_MEMORY);
		assert_string_equal(ftp_segment(&w, false, 0x18, "NOOP\r\n").own_helper, "ftp");
		seen.n = 0;
		ph_engine_each_conn(w.engine, see, &seen);
		assert_false(seen.info[0].counted);
		assert_int_equal(ph_diags_count(diags), 0);
	}
	assert_true(n >= 3);
	assert_int_equal(w.told[PH_EVENT_EXPECT_DESTROY], 1);
	ph_policy_free(w.policy);
	w.policy = next;
	assert_int_equal(ftp_segment(&w, false, 0x18, "NOOP\r\n").fate, PH_FATE_RULE);
	ph_diags_free(diags);
	world_close(&w);
}

static void test_adopt_the_same_policy_is_a_refresh(void **state)
{
	struct ph_diags *diags = ph_diags_new();
	struct world w;

	(void)state;
	world_open(&w, TOPOLOGY FTP RECENT);
	assert_int_equal(ph_engine_adopt(w.engine, w.policy, diags), PH_OK);
	assert_int_equal(ph_diags_count(diags), 0);
	ph_diags_free(diags);
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adopt_connections_of_ftp_go_on),
		cmocka_unit_test(test_adopt_expectation_lets_its_child_in_afterwards),
		cmocka_unit_test(test_adopt_rules_that_say_otherwise_act_at_once),
		cmocka_unit_test(test_adopt_helper_with_another_number_keeps_its_name),
		cmocka_unit_test(test_adopt_helper_that_is_gone_leaves_its_connection),
		cmocka_unit_test(test_adopt_child_of_a_master_that_lost_its_helper_goes_on),
		cmocka_unit_test(test_adopt_lists_by_name_are_kept),
		cmocka_unit_test(test_adopt_hashlimit_goes_on_unless_its_rate_changed),
		cmocka_unit_test(test_adopt_smaller_maximum_holds_for_new_connections),
		cmocka_unit_test(test_adopt_accounting_begins_when_it_is_asked_for),
		cmocka_unit_test(test_adopt_timeouts_are_those_of_the_new_policy),
		cmocka_unit_test(test_adopt_waiting_fragments_meet_theirs),
		cmocka_unit_test(test_refresh_after_edits_follows_them),
		cmocka_unit_test(test_refresh_helper_without_a_name_leaves_its_connection),
		cmocka_unit_test(test_adopt_without_memory_changes_nothing),
		cmocka_unit_test(test_adopt_the_same_policy_is_a_refresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
