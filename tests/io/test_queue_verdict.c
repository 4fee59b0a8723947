/* Verdicts: which messages they become. They are sent to a netlink socket whose kernel knows no such queue and says so to nobody. */
#include "io/nfq.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define QUEUE 65000
#define LEN 8                   /* packets that may be left waiting: so many and a round's */

/* A message that was made: 's' for one packet, 'b' for all up to it; accept or drop; its mark or -1. */
struct sent {
	char kind;
	uint32_t id;
	bool accept;
	int64_t mark;
};

static void open_queue(struct ph_nfq *q, int bus)
{
	memset(q, 0, sizeof(*q));
	q->number = QUEUE;
	q->socket = mnl_socket_open2(bus, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_non_null(q->socket);
	assert_int_equal(mnl_socket_bind(q->socket, 0, MNL_SOCKET_AUTOPID), 0);
	assert_true(ph_nfq_verdicts_new(&q->verdicts, LEN));
}

static void close_queue(struct ph_nfq *q)
{
	ph_nfq_verdicts_free(&q->verdicts);
	mnl_socket_close(q->socket);
}

static void hand(struct ph_nfq *q, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		ph_nfq_handed(&q->verdicts, first + i);
}

static void accept_all(struct ph_nfq *q, uint32_t first, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		ph_nfq_verdict(q, first + i, true, NULL);
}

static struct sent read_message(const uint8_t *at)
{
	struct nlmsghdr head;
	uint32_t word[2];
	struct sent s = { .mark = -1 };

	memcpy(&head, at, sizeof(head));
	assert_int_equal(head.nlmsg_type >> 8, 3);
	assert_int_equal(head.nlmsg_flags, NLM_F_REQUEST);
	s.kind = (head.nlmsg_type & 0xff) == NFQNL_MSG_VERDICT_BATCH ? 'b' : 's';
	assert_true(s.kind == 'b' || (head.nlmsg_type & 0xff) == NFQNL_MSG_VERDICT);
	memcpy(word, at + 24, sizeof(word));
	s.accept = ntohl(word[0]) == 1;
	s.id = ntohl(word[1]);
	if (head.nlmsg_len > 32) {
		memcpy(word, at + 36, 4);
		s.mark = ntohl(word[0]);
	}
	return s;
}

/* Flushes: these messages, in this order, must have been made. */
static void flushed(struct ph_nfq *q, const struct sent *want, size_t n)
{
	const uint8_t *at = q->verdicts.out;
	uint64_t before = q->verdicts.messages;
	size_t late = 0;

	for (size_t used = 0; used < q->verdicts.out_len; late++) {
		uint32_t len;

		memcpy(&len, at + used, sizeof(len));
		used += len;
	}
	assert_int_equal(ph_nfq_flush(q), PH_OK);
	assert_int_equal(q->verdicts.messages - before + late, n);
	for (size_t i = 0; i < n; i++) {
		struct sent s = read_message(at);
		uint32_t len;

		assert_int_equal(s.kind, want[i].kind);
		assert_int_equal(s.id, want[i].id);
		assert_int_equal(s.accept, want[i].accept);
		assert_int_equal(s.mark, want[i].mark);
		memcpy(&len, at, sizeof(len));
		at += len;
	}
}

#define FLUSHED(q, ...) flushed((q), (const struct sent[]){ __VA_ARGS__ }, sizeof((const struct sent[]){ __VA_ARGS__ }) / sizeof(struct sent))

static void test_verdict_of_a_run_is_one_message(void **state)
{
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	hand(&q, 1, 64);
	accept_all(&q, 1, 64);
	FLUSHED(&q, { 'b', 64, true, -1 });
	hand(&q, 65, 1);
	accept_all(&q, 65, 1);
	FLUSHED(&q, { 's', 65, true, -1 });
	assert_int_equal(q.verdicts.accepted, 65);
	close_queue(&q);
}

static void test_verdict_of_another_kind_or_mark_ends_the_run(void **state)
{
	const uint32_t mark = 7, other = 8, none = 0;
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	hand(&q, 1, 10);
	accept_all(&q, 1, 2);
	ph_nfq_verdict(&q, 3, true, &mark);
	ph_nfq_verdict(&q, 4, true, &mark);
	ph_nfq_verdict(&q, 5, true, &other);
	ph_nfq_verdict(&q, 6, false, &other);
	ph_nfq_verdict(&q, 7, false, NULL);
	ph_nfq_verdict(&q, 8, true, &none);
	accept_all(&q, 9, 2);
	FLUSHED(&q, { 'b', 2, true, -1 }, { 'b', 4, true, 7 }, { 's', 5, true, 8 }, { 'b', 7, false, -1 }, { 's', 8, true, 0 },
	        { 'b', 10, true, -1 });
	assert_int_equal(q.verdicts.dropped, 2);
	close_queue(&q);
}

static void test_verdict_given_in_any_order_is_sent_in_that_of_packets(void **state)
{
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	hand(&q, 10, 4);
	ph_nfq_verdict(&q, 13, false, NULL);
	ph_nfq_verdict(&q, 11, true, NULL);
	ph_nfq_verdict(&q, 10, true, NULL);
	ph_nfq_verdict(&q, 12, false, NULL);
	FLUSHED(&q, { 'b', 11, true, -1 }, { 'b', 13, false, -1 });
	close_queue(&q);
}

static void test_verdict_behind_one_left_waiting_speaks_for_one(void **state)
{
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	hand(&q, 1, 6);
	accept_all(&q, 1, 2);
	accept_all(&q, 4, 3);
	FLUSHED(&q, { 'b', 2, true, -1 }, { 's', 4, true, -1 }, { 's', 5, true, -1 }, { 's', 6, true, -1 });
	assert_int_equal(q.verdicts.n_waiting, 1);
	hand(&q, 7, 2);
	accept_all(&q, 7, 2);
	FLUSHED(&q, { 's', 7, true, -1 }, { 's', 8, true, -1 });
	/* Its verdict goes first, and then runs are runs again. */
	hand(&q, 9, 2);
	ph_nfq_verdict(&q, 9, true, NULL);
	ph_nfq_verdict(&q, 3, true, NULL);
	ph_nfq_verdict(&q, 10, true, NULL);
	FLUSHED(&q, { 's', 3, true, -1 }, { 'b', 10, true, -1 });
	assert_int_equal(q.verdicts.n_waiting, 0);
	close_queue(&q);
}

static void test_verdict_of_an_unknown_packet_releases_nobody_else(void **state)
{
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	hand(&q, 1, 1);
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	ph_nfq_verdict(&q, 77, true, NULL);
	ph_nfq_verdict(&q, 0, true, NULL);
	hand(&q, 2, 2);
	accept_all(&q, 2, 2);
	FLUSHED(&q, { 's', 77, true, -1 }, { 's', 0, true, -1 }, { 's', 2, true, -1 }, { 's', 3, true, -1 });
	assert_int_equal(q.verdicts.n_waiting, 1);
	/* Twice is once. */
	ph_nfq_verdict(&q, 1, false, NULL);
	ph_nfq_verdict(&q, 1, false, NULL);
	assert_int_equal(q.verdicts.n_waiting, 0);
	close_queue(&q);
}

static void test_verdict_ids_that_wrap_are_found(void **state)
{
	static const uint32_t order[] = { 0, 0xfffffffe, 3, 0xffffffff, 1, 2 };
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	hand(&q, 0xfffffffe, 6);
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(q.verdicts.n_waiting, 6 - i);
		ph_nfq_verdict(&q, order[i], true, NULL);
	}
	assert_int_equal(q.verdicts.n_waiting, 0);
	assert_int_equal(q.verdicts.end, 0);
	hand(&q, 0xfffffffe, 4);
	accept_all(&q, 0xfffffffe, 4);
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	close_queue(&q);
}

/* The room for those left waiting is used again and again, and none is forgotten. */
static void test_verdict_many_left_waiting_room_is_used_again(void **state)
{
	struct ph_nfq q;
	uint32_t next = 1, oldest = 1;

	open_queue(&q, NETLINK_NETFILTER);
	hand(&q, next++, 1);            /* never released */
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	for (int i = 0; i < 5000; i++) {
		hand(&q, next, 3);
		assert_int_equal(ph_nfq_flush(&q), PH_OK);
		accept_all(&q, next, 3);
		next += 3;
	}
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	assert_int_equal(q.verdicts.n_waiting, 1);
	assert_false(atomic_load(&q.blind));
	ph_nfq_verdict(&q, oldest, true, NULL);
	assert_int_equal(q.verdicts.n_waiting, 0);
	close_queue(&q);
}

static void test_verdict_more_left_waiting_than_can_be_never_speaks_for_many_again(void **state)
{
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	hand(&q, 1, PH_NFQ_ROUND);
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	hand(&q, 1 + PH_NFQ_ROUND, LEN);
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	assert_false(atomic_load(&q.blind));
	hand(&q, 1 + PH_NFQ_ROUND + LEN, 1);
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	assert_true(atomic_load(&q.blind));
	accept_all(&q, 1, PH_NFQ_ROUND + LEN + 1);
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	assert_int_equal(q.verdicts.n_waiting, 0);
	hand(&q, 1000, 2);
	accept_all(&q, 1000, 2);
	FLUSHED(&q, { 's', 1000, true, -1 }, { 's', 1001, true, -1 });
	close_queue(&q);
}

static void test_verdict_more_than_fit_one_send_are_all_sent(void **state)
{
	const uint32_t mark = 1;
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	for (uint32_t i = 0; i < 3000; i++)
		ph_nfq_verdict(&q, i, true, &mark);
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	assert_int_equal(q.verdicts.messages, 3000);
	assert_int_equal(q.verdicts.lost, 0);
	close_queue(&q);
}

/* Nobody listens on this bus: nothing can be sent. */
static void test_verdict_that_cannot_be_sent_is_counted(void **state)
{
	struct ph_nfq q;

	open_queue(&q, NETLINK_USERSOCK);
	hand(&q, 1, 10);
	accept_all(&q, 1, 10);
	assert_int_equal(ph_nfq_flush(&q), PH_IO);
	assert_int_equal(q.verdicts.lost, 10);
	assert_true(atomic_load(&q.blind));
	assert_int_equal(ph_nfq_flush(&q), PH_OK);
	close_queue(&q);
}

static void test_verdict_of_an_unread_packet_that_cannot_be_sent_ends_runs(void **state)
{
	struct ph_nfq q;

	open_queue(&q, NETLINK_NETFILTER);
	ph_nfq_discard(&q, 1);
	assert_false(atomic_load(&q.blind));
	close_queue(&q);
	open_queue(&q, NETLINK_USERSOCK);
	ph_nfq_discard(&q, 1);
	assert_true(atomic_load(&q.blind));
	close_queue(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdict_of_a_run_is_one_message),
		cmocka_unit_test(test_verdict_of_another_kind_or_mark_ends_the_run),
		cmocka_unit_test(test_verdict_given_in_any_order_is_sent_in_that_of_packets),
		cmocka_unit_test(test_verdict_behind_one_left_waiting_speaks_for_one),
		cmocka_unit_test(test_verdict_of_an_unknown_packet_releases_nobody_else),
		cmocka_unit_test(test_verdict_ids_that_wrap_are_found),
		cmocka_unit_test(test_verdict_many_left_waiting_room_is_used_again),
		cmocka_unit_test(test_verdict_more_left_waiting_than_can_be_never_speaks_for_many_again),
		cmocka_unit_test(test_verdict_more_than_fit_one_send_are_all_sent),
		cmocka_unit_test(test_verdict_that_cannot_be_sent_is_counted),
		cmocka_unit_test(test_verdict_of_an_unread_packet_that_cannot_be_sent_ends_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
