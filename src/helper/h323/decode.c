/* The walker, see decode.h. A frame stands for a SEQUENCE, a CHOICE or a SEQUENCE OF that was begun; simple types are read on the
 * spot. A frame that was the contents of an open type says where to go on behind it. Section numbers are X.691's. */
#include "helper/h323/decode.h"

const struct ph_h323_rules ph_h323_rules_standard = { 0 };
const struct ph_h323_rules ph_h323_rules_kernel = {
	.goes_on_behind_stop = true, .unknown_always_there = true, .time_to_live_twice = true, .short_bitmaps = true,
	.oid_length_octet = true, .small_is_seven_bits = true, .single_octets_have_length = true, .none_is_broken = true,
	.contents_run_over = true, .aligns_behind_bitmap = true, .open_field_as_is = true,
	.bitmap_from_octet = true, .any_value = true,
	.lengths = { .wants_two = true, .long_as_is = true },
};

/* Contents that run over are read again by what stands behind them, so the length alone bounds nothing. No message needs as
 * much: a step consumes something, or is one of the few that a type has without consuming. */
#define STEPS_PER_OCTET 8
#define STEPS_AT_LEAST 16384

struct frame {
	const struct ph_h323_type *type;
	const struct ph_h323_field *chosen;        /* CHOICE */
	uint64_t present;               /* presence bits to come, the next one on top */
	uint32_t marks;
	uint32_t next, n;               /* fields, additions or items: done, and how many */
	uint32_t behind, outer_end;     /* with open: where to go on, and the end that holds there */
	bool open, keep;
	bool chosen_open, stops;        /* CHOICE: the alternative is an open type; is a stop */
	bool extended, in_additions;    /* SEQ: additions follow; are being read */
};

struct walk {
	struct ph_per per;
	const struct ph_h323_rules *rules;
	struct ph_h323_said *said;
	uint32_t steps, depth;
	uint16_t item;
	struct frame stack[H323_DEPTH];
};

/* What one step came to. */
enum step { STEP_BROKEN = 0, STEP_ON, STEP_LEAVE, STEP_STOP };

static void put_down(struct walk *w, uint32_t marks, uint32_t value)
{
	struct ph_h323_said *said = w->said;

	if (said->n < H323_NOTES)
		said->note[said->n++] = (struct ph_h323_note){ .marks = marks & ~(uint32_t)H323_NEEDED, .value = value, .item = w->item };
}

/* --- simple types --- */

static bool read_number(struct walk *w, const struct ph_h323_type *type, uint32_t marks)
{
	uint32_t before = w->per.at, value, octets;

	if (!ph_per_int(&w->per, type->lo, type->hi, &value) ||
	    (!w->rules->any_value && (value < type->lo || value > type->hi)))
		return false;
	if (!(marks & H323_NUMBER))
		return true;
	put_down(w, marks, value);
	octets = w->per.at - ((before + 2 + 7) & ~7u);
	return !w->rules->time_to_live_twice || ph_per_skip(&w->per, octets);
}

static bool read_string(struct walk *w, const struct ph_h323_type *type, uint32_t marks)
{
	uint32_t len = type->lo;

	if (type->lo != type->hi &&
	    (!ph_per_int(&w->per, type->lo, type->hi, &len) || (!w->rules->any_value && len > type->hi)))
		return false;
	/* 16.6: two octets of fixed length are a bit field like others. */
	if (type->lo != type->hi || len * type->unit > 16)
		ph_per_align(&w->per);
	if (marks & (H323_IP4 | H323_IP6))
		put_down(w, marks, w->per.at / 8);
	return ph_per_skip(&w->per, len * type->unit);
}

static bool skip_open(struct walk *w)
{
	uint32_t len;

	return ph_per_length(&w->per, w->rules->lengths, &len) && ph_per_skip(&w->per, len * 8);
}

/* A field that is an open type, without the alignment in front of its length: the octet that is begun is read as a whole, and bits
 * are counted on from there. */
static bool skip_open_as_is(struct walk *w)
{
	struct ph_per ahead = w->per;
	uint32_t bits = ahead.at % 8, len;

	ahead.at -= bits;
	if (ph_per_left(&ahead) < 16 + 8 * (bits > 0) || !ph_per_length(&ahead, w->rules->lengths, &len) ||
	    !ph_per_skip(&ahead, len * 8 + bits))
		return false;
	w->per = ahead;
	return true;
}

/* marks: none unless they are to be kept. */
static bool read_simple(struct walk *w, const struct ph_h323_type *type, uint32_t marks)
{
	uint32_t len;

	switch ((enum ph_h323_kind)type->kind) {
	case H323_BITS:
		return ph_per_skip(&w->per, type->lo);
	case H323_INT:
		return read_number(w, type, marks);
	case H323_STRING:
		return read_string(w, type, marks);
	case H323_OPEN:
		return w->rules->open_field_as_is ? skip_open_as_is(w) : skip_open(w);
	case H323_OID:
		if (w->rules->oid_length_octet)
			return ph_per_uint(&w->per, 1, &len) && ph_per_skip(&w->per, len * 8);
		return ph_per_length(&w->per, w->rules->lengths, &len) && ph_per_skip(&w->per, len * 8);
	case H323_STRING_ANY:
		return ph_per_length(&w->per, w->rules->lengths, &len) && ph_per_skip(&w->per, len * type->unit);
	case H323_LIST:
	case H323_SEQ:
	case H323_CHOICE:
	case H323_REFUSED:
		break;
	}
	return false;
}

/* --- beginnings of composite types --- */

/* 10.6: a normally small number; those that are not small are refused. */
static bool read_small(struct walk *w, uint32_t *out)
{
	bool large;

	if (w->rules->small_is_seven_bits)
		return ph_per_bits(&w->per, 7, out);
	return ph_per_bool(&w->per, &large) && !large && ph_per_bits(&w->per, 6, out);
}

static bool begin_sequence(struct walk *w, struct frame *f)
{
	uint32_t present;

	if (f->type->extensible && !ph_per_bool(&w->per, &f->extended))
		return false;
	if (!ph_per_bits(&w->per, f->type->n_optional, &present))
		return false;
	f->present = f->type->n_optional ? (uint64_t)present << (64 - f->type->n_optional) : 0;
	f->n = f->type->n_fields;
	return true;
}

/* n presence bits, 1 <= n <= 64, the first one on top. */
static bool read_bitmap(struct walk *w, uint32_t n, uint64_t *out)
{
	uint32_t begun = w->per.at % 8, high = 0, low;
	struct ph_per octet = w->per;

	octet.at -= begun;
	if (n > 32 && !ph_per_bits(&w->per, n - 32, &high))
		return false;
	if (!ph_per_bits(&w->per, n > 32 ? 32 : n, &low))
		return false;
	*out = ((uint64_t)high << 32 | low) << (64 - n);
	if (!w->rules->bitmap_from_octet || begun == 0 || begun + n != 32)
		return true;
	if (!ph_per_bits(&octet, 32, &low))
		return false;
	*out = (uint64_t)(low >> begun << begun) << 32;
	return true;
}

/* 18.7, 18.8: how many additions the sender knows, and which of them are there. */
static bool begin_additions(struct walk *w, struct frame *f)
{
	uint32_t last;

	if (!read_small(w, &last) || last >= (w->rules->short_bitmaps ? 32 : 64) || !read_bitmap(w, last + 1, &f->present))
		return false;
	f->n = last + 1;
	f->next = 0;
	f->in_additions = true;
	if (w->rules->aligns_behind_bitmap)
		ph_per_align(&w->per);
	return true;
}

/* Steps over the alternative where nothing is known of it; then f->chosen is NULL. */
static bool begin_choice(struct walk *w, struct frame *f)
{
	const struct ph_h323_type *type = f->type;
	uint32_t which;

	if (type->extensible && !ph_per_bool(&w->per, &f->chosen_open))
		return false;
	if (!f->chosen_open) {
		if (!ph_per_int(&w->per, 0, (uint32_t)type->n_fields - 1, &which) || which >= type->n_fields)
			return false;
		f->chosen = &type->field[which];
	} else {
		if (!read_small(w, &which))
			return false;
		for (uint32_t i = 0; i < type->n_added; i++)
			if (type->added[i].addition == which)
				f->chosen = &type->added[i];
		f->stops = w->rules->goes_on_behind_stop && type->stop_before && which < type->known;
	}
	f->n = 1;
	if (f->chosen && f->keep && f->chosen->mark & H323_FACT)
		put_down(w, f->marks | f->chosen->mark, 0);
	if (f->chosen && f->keep && f->chosen->message)
		w->said->message = f->chosen->message;
	return true;
}

static bool begin(struct walk *w, struct frame *f)
{
	if (f->type->kind == H323_SEQ)
		return begin_sequence(w, f);
	if (f->type->kind == H323_CHOICE)
		return begin_choice(w, f);
	return ph_per_length(&w->per, w->rules->lengths, &f->n);
}

/* Back to the type around this one. */
static void leave(struct walk *w)
{
	const struct frame *f = &w->stack[--w->depth];

	if (f->open) {
		w->per.end = f->outer_end;
		w->per.at = f->behind;
	}
}

/* Puts a frame on the stack for a field, or reads it where it is simple. open: it stands in an open type; stored: of a list,
 * not one of those beyond the limit. An open type that is not needed is stepped over. */
static bool enter(struct walk *w, const struct frame *around, const struct ph_h323_field *field, bool open, bool stored)
{
	const struct ph_h323_type *type = field->type;
	struct frame f = { .type = type, .open = open, .keep = around->keep && field->mark };
	uint32_t len;

	w->said->reached = field->name;
	if (open && !f.keep)
		return skip_open(w);
	if (open) {
		if (!ph_per_length(&w->per, w->rules->lengths, &len) || ph_per_left(&w->per) / 8 < len)
			return false;
		f.behind = w->per.at + len * 8;
		f.outer_end = w->per.end;
		if (!w->rules->contents_run_over)
			w->per.end = f.behind;
	}
	f.keep = f.keep && stored;
	f.marks = f.keep ? around->marks | field->mark : 0;
	if (w->depth == H323_DEPTH)
		return false;
	w->stack[w->depth++] = f;
	if (type->kind == H323_SEQ || type->kind == H323_CHOICE || type->kind == H323_LIST)
		return begin(w, &w->stack[w->depth - 1]);
	if (!read_simple(w, type, f.marks))
		return false;
	leave(w);
	return true;
}

/* --- one step in each kind of frame --- */

static bool take_bit(struct frame *f)
{
	bool bit = f->present >> 63;

	f->present <<= 1;
	return bit;
}

static const struct ph_h323_field *addition(const struct ph_h323_type *type, uint32_t number)
{
	for (uint32_t i = 0; i < type->n_added; i++)
		if (type->added[i].addition == number)
			return &type->added[i];
	return NULL;
}

static enum step step_addition(struct walk *w, struct frame *f)
{
	uint32_t number = f->next++;
	bool there = take_bit(f), known = number < f->type->known;
	const struct ph_h323_field *field;

	if (w->rules->goes_on_behind_stop && known && f->type->stop_before == number + 1)
		return STEP_STOP;
	if (!there && (known || !w->rules->unknown_always_there))
		return STEP_ON;
	field = addition(f->type, number);
	if (!field)
		return skip_open(w) ? STEP_ON : STEP_BROKEN;
	return enter(w, f, field, true, true) ? STEP_ON : STEP_BROKEN;
}

static enum step step_sequence(struct walk *w, struct frame *f)
{
	const struct ph_h323_field *field;

	if (f->next < f->n && f->in_additions)
		return step_addition(w, f);
	if (f->next == f->n && (f->in_additions || !f->extended))
		return STEP_LEAVE;
	if (f->next == f->n)
		return begin_additions(w, f) ? STEP_ON : STEP_BROKEN;
	field = &f->type->field[f->next++];
	if (!field->type)
		return STEP_STOP;
	if (field->optional && !take_bit(f))
		return STEP_ON;
	return enter(w, f, field, false, true) ? STEP_ON : STEP_BROKEN;
}

static enum step step_choice(struct walk *w, struct frame *f)
{
	if (f->next++ == f->n)
		return STEP_LEAVE;
	if (!f->chosen && f->stops)
		return STEP_STOP;
	if (!f->chosen)
		return skip_open(w) ? STEP_ON : STEP_BROKEN;
	if (!f->chosen->type)
		return STEP_STOP;
	return enter(w, f, f->chosen, f->chosen_open, true) ? STEP_ON : STEP_BROKEN;
}

static enum step step_list(struct walk *w, struct frame *f)
{
	bool stored = f->type->kept == 0 || f->next < f->type->kept;

	if (f->next++ == f->n)
		return STEP_LEAVE;
	if (f->keep && stored && f->type->open_items)
		w->item++;
	return enter(w, f, f->type->field, f->type->open_items, stored) ? STEP_ON : STEP_BROKEN;
}

static enum step step(struct walk *w)
{
	struct frame *f = &w->stack[w->depth - 1];

	if (w->steps-- == 0)
		return STEP_BROKEN;
	if (f->type->kind == H323_SEQ)
		return step_sequence(w, f);
	return f->type->kind == H323_CHOICE ? step_choice(w, f) : step_list(w, f);
}

/* What stands behind a stop is not described, so the next place that can be found is the end of an open type around it. */
static void leave_to_open(struct walk *w)
{
	bool open;

	do {
		open = w->stack[w->depth - 1].open;
		leave(w);
	} while (!open && w->depth > 0);
}

bool ph_h323_decode(const struct ph_h323_rules *rules, const struct ph_h323_type *type, struct ph_cur message,
                    struct ph_h323_said *said)
{
	const struct ph_h323_field whole = { .name = "message", .type = type, .mark = H323_NEEDED };
	const struct frame nothing = { .keep = true };
	struct walk w = { .per = ph_per_of(message), .rules = rules, .said = said };

	said->message = H323_NO_MESSAGE;
	said->n = 0;
	w.steps = w.per.end / 8 * STEPS_PER_OCTET + STEPS_AT_LEAST;
	if (!enter(&w, &nothing, &whole, false, true))
		return false;
	while (w.depth > 0) {
		enum step came_to = step(&w);

		if (came_to == STEP_BROKEN)
			return false;
		if (came_to == STEP_LEAVE || (came_to == STEP_STOP && rules->goes_on_behind_stop))
			leave(&w);
		else if (came_to == STEP_STOP)
			leave_to_open(&w);
	}
	return true;
}
