/* Connections of the other protocols, ICMP errors, zones, limits and the index; spec/tracking.md 1 to 4, 6. */
#include "track/harness.h"
#include "track/table.h"

static int setup(void **state)
{
	static struct bench b;

	bench_init(&b);
	b.config.max = 512;
	bench_start(&b);
	*state = &b;
	return 0;
}

static int teardown(void **state)
{
	bench_stop(*state);
	return 0;
}

static struct packet_spec udp(bool back, uint16_t sport)
{
	return (struct packet_spec){
		.src = back ? SERVER : CLIENT, .dst = back ? CLIENT : SERVER, .proto = PH_PROTO_UDP,
		.sport = back ? 53 : sport, .dport = back ? sport : 53, .payload = "x",
	};
}

static struct seen send_udp(struct bench *b, bool back, uint16_t sport)
{
	const struct packet_spec spec = udp(back, sport);

	return run_spec(b, &spec);
}

static void test_udp_unanswered_never_assured(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 10; i++) {
		struct seen seen = send_udp(b, false, 4000);

		assert_int_equal(seen.state, PH_STATE_NEW);
		assert_int_equal(seen.left_s, 30);
		assert_false(seen.conn.status & PH_CT_ASSURED);
		b->now_ms += 1000;
	}
}

static void test_udp_stream_needs_two_seconds(void **state)
{
	struct bench *b = *state;
	struct seen seen;

	send_udp(b, false, 4000);
	seen = send_udp(b, true, 4000);
	assert_int_equal(seen.state, PH_STATE_ESTABLISHED);
	assert_int_equal(seen.left_s, 30);
	b->now_ms += 2000;
	seen = send_udp(b, false, 4000);
	assert_int_equal(seen.left_s, 30);
	assert_false(seen.conn.status & PH_CT_ASSURED);
	b->now_ms += 1;
	seen = send_udp(b, true, 4000);
	assert_int_equal(seen.left_s, 120);
	assert_true(seen.conn.status & PH_CT_ASSURED);
}

static void test_udp_late_first_reply_is_no_stream_yet(void **state)
{
	struct bench *b = *state;

	send_udp(b, false, 4000);
	b->now_ms += 5000;
	assert_int_equal(send_udp(b, true, 4000).left_s, 30);
	assert_int_equal(send_udp(b, true, 4000).left_s, 120);
}

static void test_udp_expired_entry_is_never_matched(void **state)
{
	struct bench *b = *state;

	send_udp(b, false, 4000);
	b->now_ms += 30000;
	assert_int_equal(send_udp(b, true, 4000).state, PH_STATE_NEW);
	assert_int_equal(b->event[1].kind, PH_EVENT_CONN_DESTROY);
	assert_int_equal(b->event[1].cause, PH_CAUSE_EXPIRED);
}

static void test_udp_bad_length_or_checksum_is_invalid(void **state)
{
	struct bench *b = *state;
	struct packet_spec spec = udp(false, 4000);
	struct packet p;

	packet_build(&p, &spec);
	p.data[26] ^= 0x55;
	assert_int_equal(run_packet(b, &p, NULL).reason, PH_WHY_CHECKSUM);
	packet_build(&p, &spec);
	p.data[25] = 7;
	assert_int_equal(run_packet(b, &p, NULL).reason, PH_WHY_UDP_LENGTH);
	p.data[25] = 200;
	assert_int_equal(run_packet(b, &p, NULL).reason, PH_WHY_UDP_LENGTH);
	/* a wrong checksum counts for nothing when told so */
	b->config.checksum = 0;
	packet_build(&p, &spec);
	p.data[26] ^= 0x55;
	assert_int_equal(run_packet(b, &p, NULL).state, PH_STATE_NEW);
}

static void test_dropped_packet_leaves_no_connection(void **state)
{
	struct bench *b = *state;
	const struct send_options drop = { .drop = true };
	struct packet_spec spec = udp(false, 4000);
	struct ph_track_stats stats;
	struct packet p;

	packet_build(&p, &spec);
	assert_int_equal(run_packet(b, &p, &drop).state, PH_STATE_NEW);
	ph_track_stats(b->track, &stats);
	assert_int_equal(stats.conns, 0);
	assert_int_equal(b->n_events, 0);
	assert_int_equal(run_packet(b, &p, NULL).state, PH_STATE_NEW);
}

static struct seen send_icmp(struct bench *b, bool back, uint8_t type, uint16_t id)
{
	const struct packet_spec spec = {
		.src = back ? SERVER : CLIENT, .dst = back ? CLIENT : SERVER, .proto = PH_PROTO_ICMP, .icmp_type = type, .icmp_id = id,
	};

	return run_spec(b, &spec);
}

static void test_icmp_echo_and_its_reply(void **state)
{
	struct bench *b = *state;

	assert_int_equal(send_icmp(b, true, 0, 7).state, PH_STATE_INVALID);     /* nobody asked */
	assert_int_equal(send_icmp(b, false, 8, 7).state, PH_STATE_NEW);
	assert_int_equal(send_icmp(b, true, 0, 7).state, PH_STATE_ESTABLISHED);
	assert_int_equal(send_icmp(b, true, 0, 7).state, PH_STATE_ESTABLISHED);
	assert_int_equal(send_icmp(b, false, 8, 7).state, PH_STATE_ESTABLISHED);
	assert_int_equal(send_icmp(b, true, 0, 8).state, PH_STATE_INVALID);
	/* the other side's question with the same id is another connection */
	assert_int_equal(send_icmp(b, true, 8, 7).state, PH_STATE_NEW);
	assert_int_equal(send_icmp(b, false, 19, 1).reason, PH_WHY_ICMP_TYPE);
	assert_int_equal(send_icmp(b, false, 9, 1).reason, PH_WHY_NO_INVERSE);
}

/* An ICMP error about the packet p, from src to dst. */
static struct seen send_error(struct bench *b, const char *src, const char *dst, const struct packet *about, size_t quoted)
{
	struct packet_spec spec = { .src = src, .dst = dst, .proto = PH_PROTO_ICMP, .icmp_type = 3, .icmp_code = 3 };

	spec.payload = about->data;
	spec.payload_len = quoted;
	return run_spec(b, &spec);
}

static void test_icmp_error_belongs_to_its_connection(void **state)
{
	struct bench *b = *state;
	struct packet_spec spec = udp(false, 4000);
	struct packet p;
	struct seen seen;

	packet_build(&p, &spec);
	assert_int_equal(send_error(b, SERVER, CLIENT, &p, p.len).reason, PH_WHY_ICMP_NO_CONN);
	run_packet(b, &p, NULL);
	b->now_ms += 5000;
	seen = send_error(b, "203.0.113.1", CLIENT, &p, 28);
	assert_int_equal(seen.state, PH_STATE_RELATED);
	assert_int_equal(seen.dir, PH_REPLY);
	assert_int_equal(seen.left_s, 25);      /* not refreshed */
	assert_false(seen.conn.status & PH_CT_SEEN_REPLY);
	assert_int_equal(send_error(b, SERVER, "203.0.113.1", &p, 28).reason, PH_WHY_ICMP_DST);
	assert_int_equal(send_error(b, SERVER, CLIENT, &p, 23).reason, PH_WHY_ICMP_EMBEDDED);
	assert_int_equal(send_error(b, SERVER, CLIENT, &p, 24).state, PH_STATE_RELATED);
}

static void test_icmpv6_link_talk_is_untracked(void **state)
{
	struct bench *b = *state;
	static const uint8_t untracked[] = { 130, 131, 132, 133, 134, 135, 136, 143, 151, 152 };
	struct packet_spec spec = { .src = "2001:db8::1", .dst = "2001:db8::2", .proto = PH_PROTO_ICMPV6 };
	struct packet p;

	for (size_t i = 0; i < sizeof(untracked); i++) {
		spec.icmp_type = untracked[i];
		assert_int_equal(run_spec(b, &spec).state, PH_STATE_UNTRACKED);
	}
	packet_build(&p, &spec);
	p.data[42] ^= 1;
	assert_int_equal(run_packet(b, &p, NULL).reason, PH_WHY_CHECKSUM);
	spec.icmp_type = 153;
	assert_int_equal(run_spec(b, &spec).state, PH_STATE_INVALID);
	spec.icmp_type = 137;
	assert_int_equal(run_spec(b, &spec).reason, PH_WHY_ICMP_REDIRECT);
	spec.icmp_type = 128;
	assert_int_equal(run_spec(b, &spec).state, PH_STATE_NEW);
}

static void test_generic_is_one_connection_per_pair(void **state)
{
	struct bench *b = *state;
	struct packet p;
	struct seen seen;

	packet_raw(&p, CLIENT, SERVER, PH_PROTO_ESP, "\0\0\0\1rest", 8);
	assert_int_equal(run_packet(b, &p, NULL).left_s, 600);
	packet_raw(&p, CLIENT, SERVER, PH_PROTO_ESP, "\0\0\0\2rest", 8);
	seen = run_packet(b, &p, NULL);
	assert_int_equal(seen.state, PH_STATE_NEW);
	assert_int_equal(seen.conn.id, 1);
	packet_raw(&p, SERVER, CLIENT, PH_PROTO_ESP, "\0\0\0\3rest", 8);
	assert_int_equal(run_packet(b, &p, NULL).state, PH_STATE_ESTABLISHED);
}

static void test_gre_version_one_needs_ppp(void **state)
{
	struct bench *b = *state;
	struct packet p;

	packet_raw(&p, CLIENT, SERVER, PH_PROTO_GRE, "\0\0\x08\0data", 8);
	assert_int_equal(run_packet(b, &p, NULL).left_s, 30);
	packet_raw(&p, CLIENT, SERVER, PH_PROTO_GRE, "\x30\1\x08\0\0\0\0\5", 8);
	assert_int_equal(run_packet(b, &p, NULL).reason, PH_WHY_TUPLE);
	packet_raw(&p, CLIENT, SERVER, PH_PROTO_GRE, "\x30\1\x88\x0b\0\0\0\5", 8);
	assert_int_equal(run_packet(b, &p, NULL).conn.tuple.dport, 5);
	/* no key map: the way back is another connection */
	packet_raw(&p, SERVER, CLIENT, PH_PROTO_GRE, "\x30\1\x88\x0b\0\0\0\5", 8);
	assert_int_equal(run_packet(b, &p, NULL).state, PH_STATE_NEW);
}

static void test_zone_of_one_direction_is_found_without_it(void **state)
{
	struct bench *b = *state;
	struct packet_spec spec = udp(false, 4000), back = udp(true, 4000);
	struct send_options both = { .zone = 5 }, orig = { .zone = 5, .zone_dir = PH_ZONE_ORIG };
	struct packet p, r;

	packet_build(&p, &spec);
	packet_build(&r, &back);
	assert_int_equal(run_packet(b, &p, &both).state, PH_STATE_NEW);
	assert_int_equal(run_packet(b, &r, NULL).state, PH_STATE_NEW);
	assert_int_equal(run_packet(b, &r, &both).state, PH_STATE_ESTABLISHED);

	spec.sport = back.dport = 4001;
	packet_build(&p, &spec);
	packet_build(&r, &back);
	assert_int_equal(run_packet(b, &p, &orig).state, PH_STATE_NEW);
	assert_int_equal(run_packet(b, &r, NULL).state, PH_STATE_ESTABLISHED);
}

static void test_table_full_drops_the_unanswered_first(void **state)
{
	struct bench *b = *state;
	struct ph_track_stats stats;
	struct seen seen;

	bench_stop(b);
	b->config.max = 64;
	bench_start(b);
	for (uint16_t i = 0; i < 64; i++) {
		send_udp(b, false, (uint16_t)(4000 + i));
		b->n_events = 0;
	}
	for (uint16_t i = 0; i < 200; i++) {
		seen = send_udp(b, false, (uint16_t)(5000 + i));
		assert_false(seen.dropped);
		b->n_events = 0;
	}
	ph_track_stats(b->track, &stats);
	assert_int_equal(stats.conns, 64);
	assert_int_equal(stats.early_drops, 200);
	assert_int_equal(stats.table_full, 0);
}

static void test_table_full_of_assured_drops_the_packet(void **state)
{
	struct bench *b = *state;

	bench_stop(b);
	b->config.max = 8;
	b->config.udp_timeout = 600;
	bench_start(b);
	for (uint16_t i = 0; i < 8; i++) {
		send_udp(b, false, (uint16_t)(4000 + i));
		send_udp(b, true, (uint16_t)(4000 + i));
	}
	b->now_ms += 2001;
	for (uint16_t i = 0; i < 8; i++)
		assert_true(send_udp(b, false, (uint16_t)(4000 + i)).conn.status & PH_CT_ASSURED);
	b->n_events = 0;
	assert_true(send_udp(b, false, 5000).dropped);
	assert_int_equal(b->n_events, 0);
	assert_int_equal(send_udp(b, true, 4003).state, PH_STATE_ESTABLISHED);
}

static void test_land_packet_answers_itself(void **state)
{
	struct bench *b = *state;
	const struct packet_spec spec = {
		.src = CLIENT, .dst = CLIENT, .proto = PH_PROTO_UDP, .sport = 9, .dport = 9, .payload = "x",
	};

	assert_int_equal(run_spec(b, &spec).state, PH_STATE_NEW);
	assert_int_not_equal(run_spec(b, &spec).state, PH_STATE_INVALID);
}

static void test_accounting_counts_what_is_accepted(void **state)
{
	struct bench *b = *state;
	struct packet_spec spec = udp(false, 4000);
	const struct ph_conn_acct *acct;
	struct packet p;
	struct seen seen;

	bench_stop(b);
	b->config.acct = 1;
	bench_start(b);
	seen = send_udp(b, false, 4000);
	send_udp(b, true, 4000);
	send_udp(b, true, 4000);
	packet_build(&p, &spec);
	p.data[26] ^= 0x55;             /* INVALID: not its connection's */
	run_packet(b, &p, NULL);
	acct = ph_conn_acct(b->track, seen.live);
	assert_int_equal(acct->packets[PH_ORIG], 1);
	assert_int_equal(acct->packets[PH_REPLY], 2);
	assert_int_equal(acct->bytes[PH_ORIG], 29);
	assert_int_equal(acct->bytes[PH_REPLY], 58);
	assert_int_equal(acct->start_ms, b->now_ms);
}

static void test_accounting_not_asked_for_is_not_kept(void **state)
{
	struct bench *b = *state;

	assert_null(ph_conn_acct(b->track, send_udp(b, false, 4000).live));
}

static void test_flood_of_a_million_syns_stays_in_bounds(void **state)
{
	struct bench *b = *state;
	struct packet_spec spec = { .dst = SERVER, .dport = 80, .flags = 2, .src = CLIENT };
	struct ph_track_stats stats;
	struct packet p;
	uint32_t n_dropped = 0;

	bench_stop(b);
	b->config.max = 4096;
	bench_start(b);
	/* Half of the table: answered and alive. */
	for (uint16_t i = 0; i < 2048; i++) {
		send_udp(b, false, (uint16_t)(4000 + i));
		send_udp(b, true, (uint16_t)(4000 + i));
		b->n_events = 0;
	}
	b->now_ms += 2001;
	for (uint16_t i = 0; i < 2048; i++) {
		send_udp(b, false, (uint16_t)(4000 + i));
		b->n_events = 0;
	}
	packet_build(&p, &spec);
	for (uint32_t i = 0; i < 1000000; i++) {
		p.data[12] = (uint8_t)(i >> 16 | 0x80);
		p.data[13] = (uint8_t)(i >> 8);
		p.data[14] = (uint8_t)i;
		packet_fix_ip(&p);
		packet_fix_l4(&p, 20, PH_PROTO_TCP);
		n_dropped += run_packet(b, &p, NULL).dropped;
		b->n_events = 0;
	}
	ph_track_stats(b->track, &stats);
	assert_true(stats.conns <= 4096);
	assert_int_equal(n_dropped, stats.table_full);
	for (uint16_t i = 0; i < 2048; i++)
		assert_int_equal(send_udp(b, true, (uint16_t)(4000 + i)).state, PH_STATE_ESTABLISHED);
}

/* The index against a plain array, under random additions and removals. */
static void test_index_random_operations_agree_with_array(void **state)
{
	enum { N = 300 };
	const uint64_t key[2] = { 3, 4 };
	static uint32_t hash[N];
	static bool in[N];
	struct ph_index index;
	uint32_t seed = 12345;

	(void)state;
	assert_true(ph_index_init(&index, N, key));
	for (unsigned i = 0; i < N; i++)
		hash[i] = i % 3 ? i * 2654435761u : 7;  /* many share a home */
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i;

		seed = seed * 1664525u + 1013904223u;
		i = (seed >> 8) % N;
		if (in[i])
			ph_index_remove(&index, hash[i], i);
		else
			ph_index_add(&index, hash[i], i);
		in[i] = !in[i];
		i = (seed >> 16) % N;
		if (step % 16 == 0) {
			uint32_t at = hash[i] & index.mask, record;
			bool found = false;

			while ((record = ph_index_next(&index, hash[i], &at)) != PH_SLAB_NONE)
				found = found || record == i;
			assert_int_equal(found, in[i]);
		}
	}
	ph_index_fini(&index);
}

static void test_index_hash_same_for_both_directions(void **state)
{
	struct bench *b = *state;
	struct ph_tuple tuple = { .sport = 1000, .dport = 53, .proto = PH_PROTO_UDP, .family = PH_IPV4 }, back;

	tuple.src.b[0] = 10;
	tuple.dst.b[0] = 11;
	assert_true(ph_tuple_invert(&tuple, &back));
	assert_int_equal(ph_index_hash(&b->track->index, &tuple), ph_index_hash(&b->track->index, &back));
	tuple.proto = PH_PROTO_ICMP;
	tuple.dport = 8 << 8;
	assert_true(ph_tuple_invert(&tuple, &back));
	assert_int_equal(ph_index_hash(&b->track->index, &tuple), ph_index_hash(&b->track->index, &back));
}

#define TRACK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRACK_TEST(test_udp_unanswered_never_assured),
		TRACK_TEST(test_udp_stream_needs_two_seconds),
		TRACK_TEST(test_udp_late_first_reply_is_no_stream_yet),
		TRACK_TEST(test_udp_expired_entry_is_never_matched),
		TRACK_TEST(test_udp_bad_length_or_checksum_is_invalid),
		TRACK_TEST(test_dropped_packet_leaves_no_connection),
		TRACK_TEST(test_icmp_echo_and_its_reply),
		TRACK_TEST(test_icmp_error_belongs_to_its_connection),
		TRACK_TEST(test_icmpv6_link_talk_is_untracked),
		TRACK_TEST(test_generic_is_one_connection_per_pair),
		TRACK_TEST(test_gre_version_one_needs_ppp),
		TRACK_TEST(test_zone_of_one_direction_is_found_without_it),
		TRACK_TEST(test_table_full_drops_the_unanswered_first),
		TRACK_TEST(test_table_full_of_assured_drops_the_packet),
		TRACK_TEST(test_land_packet_answers_itself),
		TRACK_TEST(test_accounting_counts_what_is_accepted),
		TRACK_TEST(test_accounting_not_asked_for_is_not_kept),
		TRACK_TEST(test_flood_of_a_million_syns_stays_in_bounds),
		TRACK_TEST(test_index_random_operations_agree_with_array),
		TRACK_TEST(test_index_hash_same_for_both_directions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
