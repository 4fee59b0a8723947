/* The decoder of H.323 by itself, under Linux's rules, the standard's, and any mixture of them.
 *
 * Input: a byte that says which message, two bytes of rules (a bit each; all zero is the standard), the message. */
#include <stdlib.h>
#include <string.h>
#include "helper/h323/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

static struct ph_h323_rules mixture(unsigned bits)
{
	return (struct ph_h323_rules){
		.goes_on_behind_stop = bits & 1, .unknown_always_there = bits & 2, .time_to_live_twice = bits & 4,
		.short_bitmaps = bits & 8, .oid_length_octet = bits & 16, .small_is_seven_bits = bits & 32,
		.single_octets_have_length = bits & 64, .none_is_broken = bits & 128, .contents_run_over = bits & 256,
		.aligns_behind_bitmap = bits & 512, .open_field_as_is = bits & 1024, .bitmap_from_octet = bits & 2048,
		.any_value = bits & 4096,
		.lengths = { .wants_two = bits & 8192, .long_as_is = bits & 16384 },
	};
}

/* What was noted lies in the message, and twice the same is the same. */
static void decode(const struct ph_h323_rules *rules, const struct ph_h323_type *type, struct ph_cur message)
{
	static struct ph_h323_said said, again;
	bool whole = ph_h323_decode(rules, type, message, &said);

	check(ph_h323_decode(rules, type, message, &again) == whole && again.n == said.n && again.message == said.message);
	check(said.n < H323_NOTES && said.message < H323_MESSAGES && said.reached);
	for (uint32_t i = 0; i < said.n; i++) {
		const struct ph_h323_note *note = &said.note[i];
		size_t len = note->marks & H323_IP6 ? 16 : note->marks & H323_IP4 ? 4 : 0;

		check(note->marks & H323_NOTED);
		check(!whole || len == 0 || note->value + len + 2 <= ph_cur_left(&message));
		check(note->item <= 34 && (i == 0 || note->item == 0 || note->item >= said.note[i - 1].item));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ph_h323_type *const types[] = { &ph_h323_ras_message, &ph_h323_user_information, &ph_h323_control_message };
	struct ph_cur c = ph_cur_of(data, size), user;
	struct ph_h323_rules rules;
	const struct ph_h323_type *type;
	uint16_t bits;
	uint8_t which;
	uint8_t *copy;

	if (!ph_cur_u8(&c, &which) || !ph_cur_u16(&c, &bits))
		return 0;
	size = ph_cur_left(&c);
	copy = malloc(size ? size : 1);
	check(copy != NULL);
	memcpy(copy, c.at, size);
	c = ph_cur_of(copy, size);
	rules = mixture(bits);
	type = types[which % 3];
	if (which & 4 && ph_h323_q931_read(&rules, c, &user) == H323_Q931_FOUND)
		c = user;
	decode(&rules, type, c);
	decode(&ph_h323_rules_kernel, type, c);
	decode(&ph_h323_rules_standard, type, c);
	free(copy);
	return 0;
}
