/* -m bpf: a program of the classic Berkeley packet filter, in decimal, or a pinned one by its path. Programs are read,
 * checked and printed; they are not run: their answer is not known. */
#include "rule/match/unknown.h"
#include "rule/text/args.h"
#include "rule/text/word.h"

enum { BYTECODE, PINNED };
#define INSTRUCTIONS 64

struct instruction {
	uint16_t code;
	uint8_t yes, no;
	uint32_t k;
};

struct match_bpf {
	uint16_t n;
	struct instruction code[INSTRUCTIONS];
	char path[512];
};

/* Operations the kernel takes: class (low three bits), size and mode of loads, operation and source of the others. */
static bool known_code(uint16_t code)
{
	static const uint8_t codes[] = {
		0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x60, 0x80,                   /* ld */
		0x01, 0x61, 0x81, 0xb1,                                                 /* ldx */
		0x02, 0x03,                                                             /* st, stx */
		0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, /* alu */
		0x64, 0x6c, 0x74, 0x7c, 0x84, 0x94, 0x9c, 0xa4, 0xac,
		0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d,                   /* jmp */
		0x06, 0x16,                                                             /* ret */
		0x07, 0x87,                                                             /* misc */
	};

	return code <= 0xff && memchr(codes, code, sizeof(codes));
}

/* Jumps go forward and stay inside; memory has 16 words; the last instruction returns. */
static bool program_ok(const struct match_bpf *m)
{
	for (uint32_t i = 0; i < m->n; i++) {
		const struct instruction *in = &m->code[i];
		uint32_t left = m->n - i - 1u;

		if (!known_code(in->code))
			return false;
		if (in->code == 0x05 ? in->k >= left : (in->code & 7) == 5 && (in->yes >= left || in->no >= left))
			return false;
		if ((in->code == 0x02 || in->code == 0x03 || in->code == 0x60 || in->code == 0x61) && in->k > 15)
			return false;
		/* Division by zero; shifts by more than a word has bits. */
		if (((in->code == 0x34 || in->code == 0x94) && in->k == 0) || ((in->code == 0x64 || in->code == 0x74) && in->k > 31))
			return false;
	}
	return (m->code[m->n - 1].code & 7) == 6;
}

static void skip_blanks(struct ph_cur *c)
{
	while (ph_cur_byte(c, ' ') || ph_cur_byte(c, '\n'))
		;
}

static bool take(struct ph_cur *c, uint32_t max, uint32_t *out)
{
	skip_blanks(c);
	return ph_cur_dec(c, max, out);
}

static bool take_instruction(struct ph_cur *c, struct instruction *out)
{
	uint32_t code, yes, no, k;

	if (!take(c, 0xffff, &code) || !take(c, 0xff, &yes) || !take(c, 0xff, &no) || !take(c, 0xffffffff, &k))
		return false;
	*out = (struct instruction){ (uint16_t)code, (uint8_t)yes, (uint8_t)no, k };
	skip_blanks(c);
	return true;
}

static bool parse_bytecode(struct ph_arg *arg)
{
	struct match_bpf *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t n;

	if (!take(&c, 0xffff, &n) || !ph_cur_byte(&c, ','))
		return ph_arg_error(arg, "does not begin with the number of instructions and a comma");
	if (n == 0 || n > INSTRUCTIONS)
		return ph_arg_error(arg, "%u instructions: a program has 1 to %d", n, INSTRUCTIONS);
	for (m->n = 0; m->n < n; m->n++)
		if ((m->n && !ph_cur_byte(&c, ',')) || !take_instruction(&c, &m->code[m->n]))
			return ph_arg_error(arg, "instruction %u of %u: four numbers and a comma are due at \"%.*s\"", m->n + 1, n,
			                    PH_CUR_SHOWN(&c));
	if (ph_cur_left(&c) && !(ph_cur_byte(&c, ',') && !ph_cur_left(&c)))
		return ph_arg_error(arg, "goes on behind its %u instructions: \"%.*s\"", n, PH_CUR_SHOWN(&c));
	return program_ok(m) || ph_arg_error(arg, "is no program the kernel takes: an operation, a jump or its end is wrong");
}

static void print_bytecode(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_bpf *m = (const void *)part->data;

	(void)family;
	ph_put_format(w, "\"%u", m->n);
	for (unsigned i = 0; i < m->n; i++)
		ph_put_format(w, ",%u %u %u %u", m->code[i].code, m->code[i].yes, m->code[i].no, m->code[i].k);
	ph_put_char(w, '"');
}

static bool check(struct ph_check *c)
{
	return c->part->given || ph_check_error(c, -1, "says nothing: give it --bytecode or --object-pinned");
}

static const struct ph_opt options[] = {
	{ .name = "bytecode", .what = "a program in decimal", .type = PH_ARG_CUSTOM, .id = BYTECODE,
	  .excludes = PH_BIT(PINNED), .parse = parse_bytecode, .print = print_bytecode },
	{ .name = "object-pinned", .what = "the path of a pinned program", .type = PH_ARG_STRING, .flags = PH_OPT_BARE,
	  .id = PINNED, PH_OPT_FIELD(struct match_bpf, path), .min = 1, .max = 511, .excludes = PH_BIT(BYTECODE) },
};

const struct ph_ext ph_match_bpf = {
	.name = "bpf", .what = "a packet filter program", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_bpf), PH_EXT_OPTIONS(options), .check = check, .match = ph_match_unknown,
};
