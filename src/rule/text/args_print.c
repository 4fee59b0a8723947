/* Printing options by their table entries, as iptables-save does; see args.h. */
#include "rule/text/args.h"

#include <string.h>

void ph_put_quoted(struct ph_writer *w, const char *text)
{
	static const char plain[] = "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (*text && text[strspn(text, plain)] == '\0') {
		ph_put_text(w, text);
		return;
	}
	ph_put_char(w, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || *text == '\'')
			ph_put_char(w, '\\');
		ph_put_char(w, *text);
	}
	ph_put_char(w, '"');
}

void ph_put_range16(struct ph_writer *w, const struct ph_range16 *range)
{
	ph_put_format(w, "%u", range->lo);
	if (range->hi != range->lo)
		ph_put_format(w, ":%u", range->hi);
}

int ph_mask_len(uint8_t family, const struct ph_addr *mask)
{
	int size = family == PH_IPV4 ? 32 : 128, len = 0;

	while (len < size && mask->b[len / 8] >> (7 - len % 8) & 1)
		len++;
	for (int i = len; i < size; i++)
		if (mask->b[i / 8] >> (7 - i % 8) & 1)
			return -1;
	return len;
}

void ph_put_mask(struct ph_writer *w, uint8_t family, const struct ph_addr *mask)
{
	int len = ph_mask_len(family, mask);
	char text[PH_ADDR_TEXT];

	if (len < 0)
		ph_put_format(w, "/%s", ph_addr_format(text, family, mask));
	else
		ph_put_format(w, "/%d", len);
}

static uint32_t load_uint(const void *at, uint16_t size)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;

	if (size == 1) {
		memcpy(&v8, at, 1);
		return v8;
	}
	if (size == 2) {
		memcpy(&v16, at, 2);
		return v16;
	}
	memcpy(&v32, at, 4);
	return v32;
}

static void print_range32(const struct ph_range32 *range, struct ph_writer *w)
{
	ph_put_format(w, "%u", range->lo);
	if (range->hi != range->lo)
		ph_put_format(w, ":%u", range->hi);
}

static void print_masked(const struct ph_masked *m, struct ph_writer *w)
{
	ph_put_format(w, "0x%x", m->value);
	if (m->mask != 0xffffffff)
		ph_put_format(w, "/0x%x", m->mask);
}

static void print_addr(const struct ph_addr_test *t, uint8_t family, struct ph_writer *w)
{
	char text[PH_ADDR_TEXT];

	ph_put_text(w, ph_addr_format(text, family, &t->addr));
	if (ph_mask_len(family, &t->mask) != (family == PH_IPV4 ? 32 : 128))
		ph_put_mask(w, family, &t->mask);
}

/* Bits that several names share are printed once, under the first. */
static void print_names(const struct ph_opt *opt, uint32_t value, struct ph_writer *w)
{
	bool any = false;

	for (const struct ph_name *n = opt->names; n->name; n++) {
		bool hit = opt->type == PH_ARG_ENUM || value == 0 ? n->value == value :
		           n->value != 0 && (value & n->value) == n->value;

		if (!hit)
			continue;
		ph_put_format(w, "%s%s", any ? "," : "", n->name);
		any = true;
		value &= ~n->value;
		if (!value)
			return;
	}
}

static void print_value(const struct ph_part *part, const struct ph_opt *opt, uint8_t family, struct ph_writer *w)
{
	const void *at = part->data + opt->offset;

	switch (opt->type) {
	case PH_ARG_FLAG:
	case PH_ARG_CUSTOM:
		return;
	case PH_ARG_UINT:
	case PH_ARG_PROTO:
		ph_put_format(w, "%u", load_uint(at, opt->size));
		return;
	case PH_ARG_RANGE:
	case PH_ARG_PORTS:
		if (opt->size == sizeof(struct ph_range16))
			ph_put_range16(w, at);
		else
			print_range32(at, w);
		return;
	case PH_ARG_MASKED:
		print_masked(at, w);
		return;
	case PH_ARG_ADDR:
		print_addr(at, family, w);
		return;
	case PH_ARG_ENUM:
	case PH_ARG_SET:
		print_names(opt, load_uint(at, opt->size), w);
		return;
	case PH_ARG_STRING:
		if (opt->flags & PH_OPT_BARE)
			ph_put_text(w, at);
		else
			ph_put_quoted(w, at);
		return;
	}
}

void ph_part_print(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct ph_ext *ext = part->ext;

	if (ext->print) {
		ext->print(part, family, w);
		return;
	}
	ph_put_format(w, " -%c %s", ext->kind == PH_EXT_MATCH ? 'm' : 'j', ext->name);
	for (unsigned i = 0; i < ext->n_options; i++) {
		const struct ph_opt *o = &ext->options[i];

		if ((o->flags & (PH_OPT_SPELLING | PH_OPT_QUIET)) || !ph_part_has(part, o->id))
			continue;
		ph_put_format(w, "%s --%s", ph_part_inverted(part, o->id) ? " !" : "", o->name);
		if (o->type == PH_ARG_FLAG)
			continue;
		ph_put_char(w, ' ');
		if (o->print)
			o->print(part, family, w);
		else
			print_value(part, o, family, w);
	}
}
