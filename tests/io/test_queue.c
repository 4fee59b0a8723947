/* Messages of the kernel's queue: what is read of them, and that nothing is believed. */
#include "io/nfq.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/queue_message.h"
#include "support/support.h"

#define QUEUE 300

static const uint8_t payload[] = { 0x45, 0, 0, 20, 0, 1, 0, 0, 64, 59, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2 };

/* Everything that is read, as the kernel orders it. */
static void whole(struct message *m)
{
	message_packet(m, AF_INET, QUEUE);
	message_header(m, 0xfffffffe, 0x0800, PH_QUEUE_FORWARD);
	message_number(m, NFQA_IFINDEX_INDEV, 7);
	message_number(m, NFQA_IFINDEX_PHYSINDEV, 17);
	message_number(m, NFQA_IFINDEX_OUTDEV, 8);
	message_number(m, NFQA_IFINDEX_PHYSOUTDEV, 18);
	message_number(m, NFQA_MARK, 0x80000001);
	message_hwaddr(m, 6);
	message_attr(m, NFQA_TIMESTAMP, "0123456789abcdef", 16);
	message_number(m, NFQA_UID, 1000);
	message_number(m, NFQA_GID, 100);
	message_number(m, NFQA_CAP_LEN, 1500);
	message_number(m, NFQA_SKB_INFO, NFQA_SKB_CSUM_NOTVERIFIED | NFQA_SKB_GSO);
	message_attr(m, NFQA_PAYLOAD, payload, sizeof(payload));
}

/* A packet with these attributes alone. */
static void with(struct message *m, uint16_t type, uint32_t value)
{
	message_packet(m, AF_INET, QUEUE);
	message_header(m, 5, 0x0800, PH_QUEUE_INPUT);
	message_number(m, type, value);
	message_attr(m, NFQA_PAYLOAD, payload, sizeof(payload));
}

static enum ph_nfq_kind parse(struct message *m, struct ph_queued *out)
{
	return ph_nfq_parse(m->at, m->len, QUEUE, out);
}

static void test_packet_with_everything_is_read(void **state)
{
	static const uint8_t ethernet[] = { 0, 0, 0, 0, 0, 0, 2, 4, 6, 8, 10, 12, 8, 0 };
	struct ph_queued q;
	struct message m;

	whole(&m);
	assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
	assert_int_equal(q.id, 0xfffffffe);
	assert_int_equal(q.hook, PH_QUEUE_FORWARD);
	assert_int_equal(q.ifindex_in, 7);
	assert_int_equal(q.ifindex_out, 8);
	assert_int_equal(q.mark, 0x80000001);
	assert_true(q.has_owner);
	assert_int_equal(q.uid, 1000);
	assert_int_equal(q.gid, 100);
	assert_true(q.gso);
	assert_false(q.vouched);
	assert_int_equal(q.frame.link, PH_LINK_ETHERNET);
	assert_int_equal(q.frame.len, sizeof(ethernet) + sizeof(payload));
	assert_int_equal(q.frame.wire_len, sizeof(ethernet) + 1500);
	assert_memory_equal(q.frame.data, ethernet, sizeof(ethernet));
	assert_memory_equal(q.frame.data + sizeof(ethernet), payload, sizeof(payload));
}

static void test_packet_with_nothing_but_payload_is_read(void **state)
{
	struct ph_queued q;
	struct message m;

	message_packet(&m, AF_INET6, QUEUE);
	message_header(&m, 1, 0x86dd, PH_QUEUE_OUTPUT);
	message_attr(&m, NFQA_PAYLOAD, payload, 1);
	assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
	assert_int_equal(q.frame.link, PH_LINK_RAW);
	assert_int_equal(q.frame.len, 1);
	assert_int_equal(q.frame.wire_len, 1);
	assert_int_equal(q.frame.data[0], 0x45);
	assert_int_equal(q.mark | q.ifindex_in | q.ifindex_out | q.uid | q.gid, 0);
	assert_false(q.has_owner || q.gso);
	assert_true(q.vouched);
}

static void test_packet_hardware_address_gives_an_ethernet_type_by_family(void **state)
{
	static const struct { uint8_t family; uint16_t protocol, want; } rows[] = {
		{ AF_INET, 0x0800, 0x0800 }, { AF_INET, 0x8100, 0x0800 }, { AF_INET6, 0x86dd, 0x86dd },
		{ AF_INET6, 0x8864, 0x86dd }, { AF_BRIDGE, 0x0806, 0x0806 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_queued q;
		struct message m;

		message_packet(&m, rows[i].family, QUEUE);
		message_hwaddr(&m, 6);
		message_header(&m, 5, rows[i].protocol, PH_QUEUE_INPUT);
		message_attr(&m, NFQA_PAYLOAD, payload, sizeof(payload));
		assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
		assert_int_equal(q.frame.link, PH_LINK_ETHERNET);
		assert_int_equal(q.frame.data[12] << 8 | q.frame.data[13], rows[i].want);
		assert_int_equal(q.frame.data[6], 2);
		assert_memory_equal(q.frame.data + 14, payload, sizeof(payload));
	}
}

static void test_packet_hardware_address_of_another_length_stays_raw(void **state)
{
	static const uint16_t lengths[] = { 0, 1, 5, 7, 8, 20, 0x0600, 0xffff };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct ph_queued q;
		struct message m;

		message_packet(&m, AF_INET, QUEUE);
		message_header(&m, 5, 0x0800, PH_QUEUE_INPUT);
		message_hwaddr(&m, lengths[i]);
		message_attr(&m, NFQA_PAYLOAD, payload, sizeof(payload));
		assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
		assert_int_equal(q.frame.link, PH_LINK_RAW);
	}
}

/* The Ethernet header is written over what stood before, and that must have been read. */
static void test_packet_payload_first_loses_nothing(void **state)
{
	struct ph_queued q;
	struct message m;

	message_packet(&m, AF_INET, QUEUE);
	message_attr(&m, NFQA_PAYLOAD, payload, sizeof(payload));
	message_hwaddr(&m, 6);
	message_header(&m, 99, 0x0800, PH_QUEUE_FORWARD);
	message_number(&m, NFQA_MARK, 3);
	assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
	assert_ptr_equal(q.frame.data, m.at + 24 - 14);
	assert_int_equal(q.id, 99);
	assert_int_equal(q.mark, 3);
	assert_int_equal(q.frame.data[6], 2);
}

static void test_packet_checksum_flags_say_who_vouches(void **state)
{
	static const struct { uint32_t info; bool vouched, gso; } rows[] = {
		{ 0, true, false }, { 1, true, false }, { 2, true, true }, { 3, true, true }, { 4, false, false }, { 5, true, false },
		{ 6, false, true }, { 7, true, true }, { 0xfffffff8, true, false }, { 0xffffffff, true, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_queued q;
		struct message m;

		with(&m, NFQA_SKB_INFO, rows[i].info);
		assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
		assert_int_equal(q.vouched, rows[i].vouched);
		assert_int_equal(q.gso, rows[i].gso);
	}
}

static void test_packet_length_claimed_is_at_least_what_is_there(void **state)
{
	static const struct { uint32_t claim, want; } rows[] = {
		{ 0, 20 }, { 1, 20 }, { 20, 20 }, { 21, 21 }, { 65535, 65535 }, { 0x7ffffffe, 0x7ffffffe }, { 0x7fffffff, 20 },
		{ 0xffffffff, 20 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_queued q;
		struct message m;

		with(&m, NFQA_CAP_LEN, rows[i].claim);
		assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
		assert_int_equal(q.frame.wire_len, rows[i].want);
	}
}

static void test_packet_owner_by_half_is_none(void **state)
{
	struct ph_queued q;
	struct message m;

	with(&m, NFQA_UID, 1000);
	assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
	assert_false(q.has_owner);
	with(&m, NFQA_GID, 1000);
	assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
	assert_false(q.has_owner);
}

static void test_packet_unknown_attributes_are_passed_over(void **state)
{
	struct ph_queued q;
	struct message m;

	message_packet(&m, AF_INET, QUEUE);
	message_attr(&m, 0x3fff, payload, 3);
	message_attr(&m, NFQA_MAX + 1, payload, 0);
	message_attr(&m, 0x8000 | NFQA_VLAN, payload, 8);
	message_header(&m, 5, 0x0800, PH_QUEUE_INPUT);
	message_attr(&m, NFQA_UNSPEC, payload, 1);
	message_attr(&m, NFQA_PAYLOAD, payload, sizeof(payload));
	assert_int_equal(parse(&m, &q), PH_NFQ_PACKET);
	assert_int_equal(q.frame.len, sizeof(payload));
}

static void test_packet_that_lacks_a_part_is_not_read(void **state)
{
	struct ph_queued q = { .id = 0 };
	struct message m;

	message_packet(&m, AF_INET, QUEUE);
	message_attr(&m, NFQA_PAYLOAD, payload, sizeof(payload));
	assert_int_equal(parse(&m, &q), PH_NFQ_BAD);
	message_packet(&m, AF_INET, QUEUE);
	assert_int_equal(parse(&m, &q), PH_NFQ_BAD);
	message_header(&m, 5, 0x0800, PH_QUEUE_INPUT);
	assert_int_equal(parse(&m, &q), PH_NFQ_UNREAD);
	assert_int_equal(q.id, 5);
	message_attr(&m, NFQA_PAYLOAD, payload, 0);
	assert_int_equal(parse(&m, &q), PH_NFQ_UNREAD);
}

static void test_packet_attribute_too_short_is_not_read(void **state)
{
	static const struct { uint16_t type, least; } rows[] = {
		{ NFQA_MARK, 4 }, { NFQA_IFINDEX_INDEV, 4 }, { NFQA_IFINDEX_OUTDEV, 4 }, { NFQA_HWADDR, 12 }, { NFQA_CAP_LEN, 4 },
		{ NFQA_SKB_INFO, 4 }, { NFQA_UID, 4 }, { NFQA_GID, 4 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (uint16_t len = 0; len <= rows[i].least; len++) {
			struct ph_queued q;
			struct message m;

			message_packet(&m, AF_INET, QUEUE);
			message_header(&m, 77, 0x0800, PH_QUEUE_INPUT);
			message_attr(&m, NFQA_PAYLOAD, payload, sizeof(payload));
			message_attr(&m, rows[i].type, payload, len);
			assert_int_equal(parse(&m, &q), len < rows[i].least ? PH_NFQ_UNREAD : PH_NFQ_PACKET);
			assert_int_equal(q.id, 77);
		}
}

static void test_packet_header_too_short_is_bad(void **state)
{
	struct ph_queued q;
	struct message m;

	message_packet(&m, AF_INET, QUEUE);
	message_attr(&m, NFQA_PACKET_HDR, payload, 6);
	message_attr(&m, NFQA_PAYLOAD, payload, sizeof(payload));
	assert_int_equal(parse(&m, &q), PH_NFQ_BAD);
}

static void test_packet_of_an_unknown_hook_is_not_read(void **state)
{
	struct ph_queued q;
	struct message m;

	message_packet(&m, AF_INET, QUEUE);
	message_header(&m, 6, 0x0800, PH_QUEUE_POSTROUTING + 1);
	message_attr(&m, NFQA_PAYLOAD, payload, sizeof(payload));
	assert_int_equal(parse(&m, &q), PH_NFQ_UNREAD);
	assert_int_equal(q.id, 6);
}

static void test_packet_of_another_queue_is_bad(void **state)
{
	struct ph_queued q;
	struct message m;

	whole(&m);
	assert_int_equal(ph_nfq_parse(m.at, m.len, QUEUE + 1, &q), PH_NFQ_BAD);
}

static void test_message_of_other_types_is_sorted(void **state)
{
	static const struct { uint16_t type; enum ph_nfq_kind want; } rows[] = {
		{ NLMSG_NOOP, PH_NFQ_NOTHING }, { NLMSG_DONE, PH_NFQ_NOTHING }, { NLMSG_OVERRUN, PH_NFQ_NOTHING },
		{ NLMSG_ERROR, PH_NFQ_BAD }, { 3 << 8 | NFQNL_MSG_CONFIG, PH_NFQ_BAD }, { 1 << 8, PH_NFQ_BAD }, { 0xffff, PH_NFQ_BAD },
		{ 3 << 8 | NFQNL_MSG_PACKET, PH_NFQ_BAD },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ph_queued q;
		struct message m;

		message_begin(&m, rows[i].type);
		assert_int_equal(parse(&m, &q), rows[i].want);
	}
}

static void test_message_of_an_error_is_a_refusal(void **state)
{
	struct ph_queued q;
	struct message m;

	message_begin(&m, NLMSG_ERROR);
	message_put_host(&m, (uint32_t)-ENOENT, 4);
	message_end(&m);
	assert_int_equal(parse(&m, &q), PH_NFQ_REFUSED);
	message_begin(&m, NLMSG_ERROR);
	message_put_host(&m, 0, 4);
	message_end(&m);
	assert_int_equal(parse(&m, &q), PH_NFQ_NOTHING);
}

static void test_message_followed_by_another_is_bad(void **state)
{
	struct ph_queued q;
	struct message m;

	whole(&m);
	assert_int_equal(ph_nfq_parse(m.at, m.len + 4, QUEUE, &q), PH_NFQ_BAD);
	/* As is a header alone, or nothing. */
	assert_int_equal(ph_nfq_parse(m.at, 15, QUEUE, &q), PH_NFQ_BAD);
	assert_int_equal(ph_nfq_parse(m.at, 0, QUEUE, &q), PH_NFQ_BAD);
}

static void test_message_length_claimed_beyond_the_bytes_is_bad(void **state)
{
	static const uint32_t claims[] = { 0, 1, 15, 0x7fffffff, 0x80000000, 0xdb000024, 0xffffffff };
	struct ph_queued q;
	struct message m;

	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		whole(&m);
		memcpy(m.at, &claims[i], sizeof(claims[i]));
		assert_int_equal(parse(&m, &q), PH_NFQ_BAD);
		message_begin(&m, NLMSG_ERROR);
		memcpy(m.at, &claims[i], sizeof(claims[i]));
		assert_int_equal(parse(&m, &q), PH_NFQ_BAD);
	}
}

/* Whatever is claimed, a frame lies in its message. */
static enum ph_nfq_kind parse_bounded(uint8_t *message, size_t len)
{
	struct ph_queued q = { .id = 0 };
	enum ph_nfq_kind kind = ph_nfq_parse(message, len, QUEUE, &q);

	if (kind == PH_NFQ_PACKET) {
		assert_true(q.frame.data >= message && q.frame.data + q.frame.len <= message + len);
		assert_true(q.frame.len > 0 && q.frame.wire_len >= q.frame.len);
	}
	return kind;
}

static void visit_cut(void *arg, uint8_t *copy, size_t len)
{
	assert_int_equal(parse_bounded(copy, len), len == *(const size_t *)arg ? PH_NFQ_PACKET : PH_NFQ_BAD);
}

/* The header says that the message ends where the bytes do. */
static void visit_shorter(void *arg, uint8_t *copy, size_t len)
{
	uint32_t claim = (uint32_t)len;

	if (len >= 16)
		memcpy(copy, &claim, sizeof(claim));
	if (parse_bounded(copy, len) == PH_NFQ_PACKET)
		++*(size_t *)arg;
}

static void test_message_cut_anywhere_is_never_overread(void **state)
{
	struct message m;
	size_t packets = 0;

	whole(&m);
	each_cut(m.at, m.len, visit_cut, &m.len);
	each_cut(m.at, m.len, visit_shorter, &packets);
	/* The payload's own length tells that it was cut. */
	assert_int_equal(packets, 1);
}

static void test_message_any_byte_changed_is_never_overread(void **state)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 4, 5, 7, 8, 0x7f, 0x80, 0xfe, 0xff };
	struct message m;
	uint8_t *copy;

	whole(&m);
	copy = guarded(m.at, m.len);
	for (size_t i = 0; i < m.len; i++)
		for (size_t j = 0; j < sizeof(values); j++) {
			memcpy(copy, m.at, m.len);
			copy[i] = values[j];
			parse_bounded(copy, m.len);
		}
	guarded_free(copy, m.len);
}

/* A file with this text, as the kernel's list of queues. */
static int table_of(const char *text)
{
	int fd = memfd_create("table", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	return fd;
}

static void test_table_row_of_a_queue_is_found(void **state)
{
	int fd = table_of("    0  31621     0 2 65531     0     0        0  1\n"
	                  "   17   4711     9 2 65531    12    13 4294967295  1\n"
	                  "65535 -12345     9 2 65531    12    13        0  1\n");
	struct ph_nfq_row row;

	/* Again and again: it is read from its beginning. */
	for (int i = 0; i < 2; i++) {
		assert_true(ph_nfq_table_find(fd, 17, &row));
		assert_int_equal(row.port, 4711);
		assert_int_equal(row.waiting, 9);
		assert_int_equal(row.kernel_dropped, 12);
		assert_int_equal(row.user_dropped, 13);
	}
	assert_false(ph_nfq_table_find(fd, 1, &row));
	assert_false(ph_nfq_table_find(fd, 65535, &row));       /* its line is none */
	close(fd);
	assert_false(ph_nfq_table_find(-1, 0, &row));
}

static void test_table_cut_anywhere_gives_whole_rows_only(void **state)
{
	static const char text[] = "    3  31621     5 2 65531     6     7        8  1\n";
	char cut[sizeof(text)];

	for (size_t len = 0; len < sizeof(text); len++) {
		struct ph_nfq_row row;
		int fd;

		memcpy(cut, text, len);
		cut[len] = '\0';
		fd = table_of(cut);
		assert_int_equal(ph_nfq_table_find(fd, 3, &row), len == sizeof(text) - 1);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_with_everything_is_read),
		cmocka_unit_test(test_packet_with_nothing_but_payload_is_read),
		cmocka_unit_test(test_packet_hardware_address_gives_an_ethernet_type_by_family),
		cmocka_unit_test(test_packet_hardware_address_of_another_length_stays_raw),
		cmocka_unit_test(test_packet_payload_first_loses_nothing),
		cmocka_unit_test(test_packet_checksum_flags_say_who_vouches),
		cmocka_unit_test(test_packet_length_claimed_is_at_least_what_is_there),
		cmocka_unit_test(test_packet_owner_by_half_is_none),
		cmocka_unit_test(test_packet_unknown_attributes_are_passed_over),
		cmocka_unit_test(test_packet_that_lacks_a_part_is_not_read),
		cmocka_unit_test(test_packet_attribute_too_short_is_not_read),
		cmocka_unit_test(test_packet_header_too_short_is_bad),
		cmocka_unit_test(test_packet_of_an_unknown_hook_is_not_read),
		cmocka_unit_test(test_packet_of_another_queue_is_bad),
		cmocka_unit_test(test_message_of_other_types_is_sorted),
		cmocka_unit_test(test_message_of_an_error_is_a_refusal),
		cmocka_unit_test(test_message_followed_by_another_is_bad),
		cmocka_unit_test(test_message_length_claimed_beyond_the_bytes_is_bad),
		cmocka_unit_test(test_message_cut_anywhere_is_never_overread),
		cmocka_unit_test(test_message_any_byte_changed_is_never_overread),
		cmocka_unit_test(test_table_row_of_a_queue_is_found),
		cmocka_unit_test(test_table_cut_anywhere_gives_whole_rows_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
