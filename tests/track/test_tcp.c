/* The TCP state machine against tests/vectors/track/tcp.vec, each case also with numbers that wrap. */
#include "track/vectors.h"

#define CASES 48

static uint8_t flag_bits(const char *text)
{
	static const char names[] = "FSRPAU";
	unsigned bits = 0;

	for (; *text; text++)
		if (*text != '-')
			bits |= 1u << (strchr(names, *text) - names);
	return (uint8_t)bits;
}

static bool build(const struct run *run, const char *text, struct packet *out)
{
	static const uint8_t data[70000];
	const char *option = strstr(text, "opt=");
	char dir, flags[16], options[96] = "";
	unsigned seq, ack, win, len;
	struct packet_spec spec = { 0 };
	bool back;

	if (sscanf(text, "%c %15s %u %u %u %u", &dir, flags, &seq, &ack, &win, &len) != 6 ||
	    (option && sscanf(option, "opt=%95s", options) != 1))
		return false;
	back = dir == '<';
	spec.src = back ? SERVER : CLIENT;
	spec.dst = back ? CLIENT : SERVER;
	spec.sport = back ? 80 : 1234;
	spec.dport = back ? 1234 : 80;
	spec.seq = run->isn[back] + seq;
	spec.ack = run->isn[!back] + ack;
	spec.flags = flag_bits(flags);
	spec.options = option ? options : NULL;
	spec.payload = len ? data : NULL;
	spec.payload_len = len;
	packet_build(out, &spec);
	/* A window of zero is the builder's word for the usual one. */
	out->data[34] = (uint8_t)(win >> 8);
	out->data[35] = (uint8_t)win;
	packet_fix_l4(out, 20, PH_PROTO_TCP);
	return true;
}

static size_t run_with(uint32_t isn_client, uint32_t isn_server, bool restarts)
{
	return run_all((struct run){
		.file = "tests/vectors/track/tcp.vec", .build = build, .isn = { isn_client, isn_server }, .restarts = restarts });
}

static void test_tcp_vectors_small_numbers_match(void **state)
{
	(void)state;
	assert_int_equal(run_with(1000, 50000, false), CASES);
}

static void test_tcp_vectors_wrapping_numbers_match(void **state)
{
	(void)state;
	assert_int_equal(run_with(0xfffffff8u, 0xffffff00u, false), CASES);
	assert_int_equal(run_with(0x7ffffff0u, 0xffff0000u, false), CASES);
}

static void test_tcp_vectors_match_across_restarts(void **state)
{
	(void)state;
	assert_int_equal(run_with(0x7ffffff0u, 0xffff0000u, true), CASES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_vectors_small_numbers_match),
		cmocka_unit_test(test_tcp_vectors_wrapping_numbers_match),
		cmocka_unit_test(test_tcp_vectors_match_across_restarts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
