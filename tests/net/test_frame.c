/* Frames of each link type, from tests/vectors/net/frames.vec. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <pinhole/net.h>
#include "support/support.h"

struct vector {
	const char *name;
	enum ph_link link;
	uint8_t frame[64];
	size_t len;
	long family, at, vlan, ifindex;
};

static enum ph_link link_of(const char *word)
{
	static const char *const words[] = {
		[PH_LINK_NONE] = "none", [PH_LINK_ETHERNET] = "ethernet", [PH_LINK_RAW] = "raw", [PH_LINK_NULL] = "null",
		[PH_LINK_LOOP] = "loop", [PH_LINK_SLL] = "sll", [PH_LINK_SLL2] = "sll2", [PH_LINK_PPP] = "ppp",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i], word) == 0)
			return (enum ph_link)i;
	fail_msg("no such link: %s", word);
	return PH_LINK_NONE;
}

static void read_vector(char *line, struct vector *v)
{
	v->name = vector_column(&line);
	v->link = link_of(vector_column(&line));
	v->len = hex_bytes(vector_column(&line), v->frame, sizeof(v->frame));
	v->family = strtol(vector_column(&line), NULL, 10);
	v->at = strtol(vector_column(&line), NULL, 10);
	v->vlan = strtol(vector_column(&line), NULL, 10);
	v->ifindex = strtol(vector_column(&line), NULL, 10);
}

/* Reads a line and hands it to the check, which arg points to. */
static void visit_line(void *arg, char *line)
{
	void (**check)(const struct vector *v) = arg;
	struct vector v;

	read_vector(line, &v);
	(*check)(&v);
}

static void each_vector(void (*check)(const struct vector *v))
{
	assert_true(vector_lines("tests/vectors/net/frames.vec", visit_line, &check) > 40);
}

/* Reads the first len bytes; a frame without IP must leave the answer alone. */
static bool read_frame(const struct vector *v, const uint8_t *data, size_t len, struct ph_l3 *l3)
{
	struct ph_frame frame = { .data = data, .len = (uint32_t)len, .wire_len = (uint32_t)len, .link = v->link };
	bool ok;

	*l3 = (struct ph_l3){ .at = 77 };
	ok = ph_frame_l3(&frame, l3);
	if (!ok && l3->at != 77)
		fail_msg("%s: changed although not IP", v->name);
	return ok;
}

static void check_vector(const struct vector *v)
{
	uint8_t *copy = guarded(v->frame, v->len);
	struct ph_l3 l3;

	if (read_frame(v, copy, v->len, &l3) != (v->family != 0))
		fail_msg("%s: IP or not?", v->name);
	if (v->family != 0) {
		if (l3.family != v->family || l3.at != v->at || l3.len != v->len - (size_t)v->at)
			fail_msg("%s: family %d at %u of %u", v->name, l3.family, l3.at, l3.len);
		if (l3.vlan != v->vlan || l3.ifindex != v->ifindex)
			fail_msg("%s: vlan %d, interface %d", v->name, l3.vlan, l3.ifindex);
	}
	guarded_free(copy, v->len);
}

static void test_frame_each_vector_as_said(void **state)
{
	each_vector(check_vector);
}

/* Cut within its link header it is no IP; cut behind it the packet is shorter. */
static void visit_cut(void *arg, uint8_t *copy, size_t len)
{
	const struct vector *v = arg;
	struct ph_l3 l3;
	size_t needs = (size_t)v->at + (v->link == PH_LINK_RAW);

	if (read_frame(v, copy, len, &l3) != (v->family != 0 && len >= needs))
		fail_msg("%s: cut to %zu: IP or not?", v->name, len);
	if (v->family != 0 && len >= needs)
		assert_int_equal(l3.at + l3.len, len);
}

static void check_cuts(const struct vector *v)
{
	each_cut(v->frame, v->len, visit_cut, (void *)(uintptr_t)v);
}

static void test_frame_cut_at_every_byte_stays_inside(void **state)
{
	each_vector(check_cuts);
}

static void test_frame_link_out_of_range_is_not_ip(void **state)
{
	struct ph_frame frame = { .data = (const uint8_t *)"E", .len = 1, .wire_len = 1, .link = (enum ph_link)99 };
	struct ph_l3 l3;

	assert_false(ph_frame_l3(&frame, &l3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_each_vector_as_said),
		cmocka_unit_test(test_frame_cut_at_every_byte_stays_inside),
		cmocka_unit_test(test_frame_link_out_of_range_is_not_ip),
	};

	return cmocka_run_group_tests_name("net/frame", tests, NULL, NULL);
}
