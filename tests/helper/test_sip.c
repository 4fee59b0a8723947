/* sip with payloads too long for a line of a vector file: many messages in a segment, many contacts in a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "helper/list.h"
#include "helper/registry.h"
#include "support/support.h"

#define ROOM 65536

static struct ph_helper_out out;
static char payload[ROOM];
static size_t len;

static void add(const char *text)
{
	size_t n = strlen(text);

	assert_true(len + n < sizeof(payload));
	memcpy(payload + len, text, n);
	len += n;
}

static bool held(void *arg, const struct ph_expect_want *want)
{
	(void)arg;
	return want->tuple.dport == 5061;
}

/* What the server (reply) or the client says, on a connection between 10.1.0.2 and 10.2.0.2. */
static enum ph_help say(uint8_t proto, enum ph_dir dir)
{
	const struct ph_helper_world world = { .held_here = held, .held_elsewhere = held };
	const uint32_t option[PH_HELPER_OPTIONS] = { 3600, 1, 1, 0 };
	_Alignas(8) uint8_t state[PH_HELPER_STATE] = { 0 };
	uint8_t *copy = guarded(payload, len);
	struct ph_helper_in in = {
		.payload = ph_cur_of(copy, len), .dir = dir, .established = true, .family = PH_IPV4, .option = option, .state = state,
		.world = &world, .helper = ph_helper_number(&ph_helper_sip),
	};
	enum ph_help verdict;

	in.tuple[PH_ORIG] = (struct ph_tuple){
		.src = { { 10, 1, 0, 2 } }, .dst = { { 10, 2, 0, 2 } }, .sport = 5060, .dport = 5060, .proto = proto, .family = PH_IPV4,
	};
	assert_true(ph_tuple_invert(&in.tuple[PH_ORIG], &in.tuple[PH_REPLY]));
	out.n = out.lost = 0;
	verdict = ph_helper_sip.inspect(&in, &out);
	for (uint32_t i = 0; i < out.n; i++)
		assert_null(ph_contract_broken(&ph_helper_sip, &in, &out.found[i]));
	guarded_free(copy, len);
	return verdict;
}

static size_t count(enum ph_find_kind kind)
{
	size_t n = 0;

	for (uint32_t i = 0; i < out.n; i++)
		n += out.found[i].kind == kind;
	return n;
}

/* Merged segments hold many messages; those that change nothing new need no room. */
static void test_sip_many_messages_in_a_segment_pass(void **unused)
{
	char message[128];

	(void)unused;
	len = 0;
	for (unsigned i = 0; i < 1500; i++) {
		snprintf(message, sizeof(message), "%s s\r\nCSeq:%u x\r\nl:0\r\n\r\n", i % 3 == 1 ? "INVITE" : "BYE", i);
		add(message);
	}
	assert_int_equal(say(PH_PROTO_TCP, PH_ORIG), PH_HELP_ACCEPT);
	assert_int_equal(out.lost, 0);
	assert_int_equal(count(PH_FIND_REMOVE), 1);
	assert_int_equal(count(PH_FIND_STATE), 1);
	assert_int_equal(out.found[out.n - 1].value, 1498);
}

/* What does not fit into the list of findings is not passed as if it had been done. */
static void test_sip_more_media_than_there_is_room_drops(void **unused)
{
	(void)unused;
	len = 0;
	while (len + 256 < ROOM)
		add("INVITE s\r\nCSeq:1 x\r\nl:38\r\n\r\nv=0\r\nc=IN IP4 10.1.0.2\r\nm=audio 4000\r\n");
	assert_int_equal(say(PH_PROTO_TCP, PH_ORIG), PH_HELP_DROP);
	assert_int_not_equal(out.lost, 0);
}

static void start_answer(void)
{
	len = 0;
	add("SIP/2.0 200 OK\r\nCSeq: 0 REGISTER\r\nExpires: 9\r\n");
}

static void test_sip_contact_behind_a_thousand_others_is_found(void **unused)
{
	char entry[64];

	(void)unused;
	start_answer();
	add("Contact: <sip:a@10.1.0.9:5060>");
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(entry, sizeof(entry), ",\r\n <sip:user%u@10.3.%u.7:5060>;expires=60;q=0.5", i, i % 250);
		add(entry);
	}
	add(", <sip:a@10.1.0.2:5061>;expires=60\r\n\r\n");
	assert_int_equal(say(PH_PROTO_UDP, PH_REPLY), PH_HELP_ACCEPT);
	assert_int_equal(count(PH_FIND_ACTIVATE), 1);
}

/* Each of these contacts has the rest of the message for its value: to read them all takes the square of its length. */
static void test_sip_contacts_that_repeat_the_message_end_the_list(void **unused)
{
	static const struct {
		const char *first, *then;
	} repeated[] = {
		{ "", "m:sip:10.1.0.2;\n \n" },
		{ "m:<sip:10.1.0.2>", ",sip:" },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(repeated) / sizeof(repeated[0]); i++) {
		start_answer();
		add(repeated[i].first);
		while (len + 256 < ROOM)
			add(repeated[i].then);
		add("\nm: <sip:a@10.1.0.2:5061>;expires=60\r\n\r\n");
		assert_int_equal(say(PH_PROTO_UDP, PH_REPLY), PH_HELP_ACCEPT);
		assert_int_equal(count(PH_FIND_REMOVE), 1);
		assert_int_equal(count(PH_FIND_ACTIVATE), 0);
	}
}

/* Where the work ends among the parameters of the contact that counts, what was not read is not taken for absent: the lifetime
 * stands at the end of the message, another one at its beginning. */
static void test_sip_contact_half_read_is_not_woken(void **unused)
{
	size_t woken = 0;

	(void)unused;
	for (unsigned others = 0; others < 40; others++) {
		start_answer();
		for (unsigned i = 0; i < others; i++)
			add("m:sip:10.1.0.2;\n \n");
		add("m:sip:10.1.0.2:5061;\n \n");
		while (len + 256 < ROOM)
			add("x;\n \n");
		add("x;expires=7\r\n\r\n");
		assert_int_equal(say(PH_PROTO_UDP, PH_REPLY), PH_HELP_ACCEPT);
		for (uint32_t i = 0; i < out.n; i++)
			if (out.found[i].kind == PH_FIND_ACTIVATE)
				assert_int_equal(out.found[i].timeout_s, 7);
		woken += count(PH_FIND_ACTIVATE);
	}
	assert_in_range(woken, 1, 39);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sip_many_messages_in_a_segment_pass),
		cmocka_unit_test(test_sip_more_media_than_there_is_room_drops),
		cmocka_unit_test(test_sip_contact_behind_a_thousand_others_is_found),
		cmocka_unit_test(test_sip_contacts_that_repeat_the_message_end_the_list),
		cmocka_unit_test(test_sip_contact_half_read_is_not_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
