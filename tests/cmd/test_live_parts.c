/* Parts of the control socket that take more to reach from outside than they do: dates, texts of many expectations, networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cmd/live/control.h"
#include "cmd/live/refusals.h"

static void assert_time(uint64_t ms, const char *want)
{
	struct cmd_text t = { .at = NULL };

	put_time(&t, ms);
	cmd_text_bytes(&t, "", 1);
	assert_string_equal(t.at, want);
	cmd_text_free(&t);
}

static void test_time_of_leap_and_common_years_is_right(void **state)
{
	assert_time(0, "1970-01-01T00:00:00.000Z");
	assert_time(951782399999, "2000-02-28T23:59:59.999Z");
	assert_time(951782400000, "2000-02-29T00:00:00.000Z");
	assert_time(951868800000, "2000-03-01T00:00:00.000Z");
	assert_time(1735689599000, "2024-12-31T23:59:59.000Z");
	assert_time(1763842503123, "2025-11-22T20:15:03.123Z");
	assert_time(4107542400000, "2100-03-01T00:00:00.000Z");
	assert_time(13574563200000, "2400-02-29T00:00:00.000Z");
}

static void tell(struct texts *texts, enum ph_event_kind kind, uint64_t id)
{
	const struct ph_expect_info expect = { .id = id };
	char text[24];
	int len = snprintf(text, sizeof(text), "text %llu", (unsigned long long)id);

	texts_event(texts, &(struct ph_event){ .kind = kind, .expect = &expect, .text = (const uint8_t *)text, .text_len = (uint32_t)len });
}

static void assert_text(const struct texts *texts, uint64_t id)
{
	const struct text *text = texts_find(texts, id);
	char want[24];
	int len = snprintf(want, sizeof(want), "text %llu", (unsigned long long)id);

	assert_non_null(text);
	assert_int_equal(text->len, len);
	assert_memory_equal(text->bytes, want, (size_t)len);
}

static void test_texts_of_thousands_alive_are_kept(void **state)
{
	struct texts *texts = texts_new();

	for (uint64_t id = 1; id <= 4096; id++)
		tell(texts, PH_EVENT_EXPECT_NEW, id);
	for (uint64_t id = 1; id <= 4096; id++)
		assert_text(texts, id);
	for (uint64_t id = 1; id <= 4096; id += 2)
		tell(texts, PH_EVENT_EXPECT_DESTROY, id);
	for (uint64_t id = 1; id <= 4096; id++)
		assert_int_equal(texts_find(texts, id) != NULL, id % 2 == 0);
	texts_free(texts);
}

static void test_texts_of_too_many_lose_the_oldest(void **state)
{
	struct texts *texts = texts_new();

	for (uint64_t id = 1; id <= 100000; id++)
		tell(texts, PH_EVENT_EXPECT_NEW, id);
	for (uint64_t id = 100000 - 4096; id <= 100000; id++)
		assert_text(texts, id);
	assert_null(texts_find(texts, 1));
	texts_free(texts);
}

static void test_text_longer_than_its_room_is_cut(void **state)
{
	const struct ph_expect_info expect = { .id = 7 };
	uint8_t bytes[300];
	struct texts *texts = texts_new();
	struct cmd_text t = { .at = NULL };

	memset(bytes, 0x1b, sizeof(bytes));
	texts_event(texts, &(struct ph_event){
		.kind = PH_EVENT_EXPECT_NEW, .expect = &expect, .text = bytes, .text_len = sizeof(bytes), .call = bytes, .call_len = sizeof(bytes),
		.because = "INVITE",
	});
	put_asked(&t, texts_find(texts, 7));
	cmd_text_bytes(&t, "", 1);
	assert_memory_equal(t.at, "INVITE of call \"\\x1b\\x1b", 23);
	assert_string_equal(t.at + t.len - 9, "\\x1b\"...");
	assert_null(memchr(t.at, 0x1b, t.len));
	cmd_text_free(&t);
	texts_free(texts);
}

static const char *set(struct conn_filter *f, const char *name, const char *value)
{
	for (const struct verb_option *option = filter_options; option->name; option++)
		if (strcmp(option->name, name) == 0)
			return filter_set(f, option, value);
	return "no such option";
}

static bool takes(const char *net, const char *addr)
{
	struct ph_conn_info conn = { .tuple = { { .proto = PH_PROTO_TCP, .family = strchr(addr, ':') ? PH_IPV6 : PH_IPV4 } } };
	struct conn_filter f = { .has_proto = false };

	assert_true(ph_addr_parse(conn.tuple[0].family, addr, strlen(addr), &conn.tuple[0].src));
	assert_null(set(&f, "src", net));
	return filter_takes(&f, &conn);
}

static void test_filter_networks_compare_bits(void **state)
{
	assert_true(takes("10.0.0.0/9", "10.127.255.255"));
	assert_false(takes("10.0.0.0/9", "10.128.0.0"));
	assert_true(takes("10.0.0.1", "10.0.0.1"));
	assert_false(takes("10.0.0.1", "10.0.0.2"));
	assert_true(takes("0.0.0.0/0", "255.255.255.255"));
	assert_false(takes("0.0.0.0/0", "::1"));
	assert_true(takes("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(takes("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(takes("2001:db8::1/128", "2001:db8::1"));
}

static void test_filter_ports_of_protocols_without_any_match_nothing(void **state)
{
	struct ph_conn_info conn = { .tuple = { { .proto = PH_PROTO_ICMP, .family = PH_IPV4, .sport = 7, .dport = 2048 } } };
	struct conn_filter f = { .has_proto = false };

	assert_null(set(&f, "dport", "2048"));
	assert_false(filter_takes(&f, &conn));
	conn.tuple[0].proto = PH_PROTO_UDP;
	assert_true(filter_takes(&f, &conn));
}

/* The next packet may lie where the former lay, be as long and come in the same millisecond. */
static void test_refusal_takes_no_finding_of_a_packet_that_passed(void **state)
{
	const uint8_t bytes[40] = { 0x45 };
	struct ph_queued queued = { .frame = { .data = bytes, .len = sizeof(bytes), .link = PH_LINK_RAW, .time_ms = 5 } };
	const struct ph_packet_in in = { .frame = queued.frame };
	const struct ph_event event = { .kind = PH_EVENT_REFUSED, .packet = &in, .cause = PH_CAUSE_ADDRESS, .helper = "ftp" };
	const struct ph_packet_out out = { .in = -1, .out = -1, .verdict = PH_DROP };
	struct refusals *refusals = refusals_new();
	struct live live = { .packet = &queued };

	assert_non_null(refusals);
	refusals_heard(refusals, &event);
	refusals_add(refusals, &live, &out);
	assert_int_equal(refusals_get(refusals, 0)->cause, PH_CAUSE_ADDRESS);
	refusals_heard(refusals, &event);
	refusals_settled(refusals);
	refusals_add(refusals, &live, &out);
	assert_int_equal(refusals_get(refusals, 0)->cause, PH_CAUSE_NONE);
	refusals_free(refusals);
}

/* What a follower was told is taken out of its buffer, as if it read at once. */
static bool is_told(struct control *control)
{
	struct client *client = &control->client[0];
	bool told = client->out.len > 0;

	client->out.len = 0;
	return told;
}

static void test_events_of_a_flood_are_bounded_and_spare_other_kinds(void **state)
{
	const struct ph_event event = { .kind = PH_EVENT_REFUSED, .cause = PH_CAUSE_ADDRESS, .time_ms = 1999 };
	struct refusal refusal = { .time_ms = 1000 };
	static struct control control = { .epoll = -1, .follows = FOLLOW_DROPS | FOLLOW_REFUSED };
	struct live live = { .control = &control };

	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		control.client[i].fd = -1;
	control.client[0] = (struct client){ .fd = 0, .follows = control.follows };
	for (int i = 0; i < CONTROL_EVENTS + 5; i++) {
		control_refusal(&control, &refusal);
		assert_int_equal(is_told(&control), i < CONTROL_EVENTS);
	}
	assert_int_equal(control.client[0].lost, 5);
	control_event(&control, &live, &event);
	assert_true(is_told(&control));
	assert_int_equal(control.client[0].lost, 0);
	refusal.time_ms = 2000;
	control_refusal(&control, &refusal);
	assert_true(is_told(&control));
	assert_int_equal(control.lost, 5);
	cmd_text_free(&control.client[0].out);
	cmd_text_free(&control.event);
	cmd_text_free(&control.line[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_of_leap_and_common_years_is_right),
		cmocka_unit_test(test_texts_of_thousands_alive_are_kept),
		cmocka_unit_test(test_texts_of_too_many_lose_the_oldest),
		cmocka_unit_test(test_text_longer_than_its_room_is_cut),
		cmocka_unit_test(test_refusal_takes_no_finding_of_a_packet_that_passed),
		cmocka_unit_test(test_events_of_a_flood_are_bounded_and_spare_other_kinds),
		cmocka_unit_test(test_filter_networks_compare_bits),
		cmocka_unit_test(test_filter_ports_of_protocols_without_any_match_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
