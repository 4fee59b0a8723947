/* The list of helpers, the names their modules' ports make, and the options given to the modules. See registry.h.
 *
 * A number is index in the list * 8 + place in the module's ports + 1: it stands for helper and name together. */
#include "helper/registry.h"
#include "base/writer.h"
#include "helper/list.h"

#define LISTED(name) &name,
const struct ph_helper *const ph_helpers[] = { PH_HELPER_LIST(LISTED) NULL };
#undef LISTED
#define N_HELPERS (sizeof(ph_helpers) / sizeof(ph_helpers[0]) - 1)

_Static_assert(N_HELPERS <= PH_HELPER_MAX, "options have room for every helper");
_Static_assert(PH_HELPER_MAX * PH_HELPER_PORTS <= UINT8_MAX, "numbers fit a byte");

#define NAME_SIZE 16
#define PREFIX "nf_conntrack_"

void ph_helper_options_init(struct ph_helper_options *options)
{
	*options = (struct ph_helper_options){ 0 };
	for (size_t i = 0; i < N_HELPERS; i++) {
		const struct ph_helper_option *o = ph_helpers[i]->option;

		for (size_t k = 0; o && o[k].name; k++)
			options->module[i].value[k] = o[k].value;
	}
}

/* Of a hexadecimal digit; 16 for anything else. */
static unsigned digit_value(uint8_t b)
{
	b = ph_lower(b);
	if (ph_is_digit(b))
		return (unsigned)(b - '0');
	return b >= 'a' && b <= 'f' ? (unsigned)(b - 'a') + 10 : 16;
}

/* As the kernel reads numbers of modules: decimal, 0x.. hexadecimal, 0.. octal; nothing around it. */
static bool parse_number(const char *text, uint32_t max, uint32_t *out)
{
	const char *digits = text;
	uint64_t value = 0;
	unsigned base = 10;

	if (digits[0] == '0' && ph_lower((uint8_t)digits[1]) == 'x') {
		base = 16;
		digits += 2;
	} else if (digits[0] == '0') {
		base = 8;
	}
	if (!*digits)
		return false;
	for (; *digits; digits++) {
		unsigned digit = digit_value((uint8_t)*digits);

		if (digit >= base)
			return false;
		value = value * base + digit;
		if (value > max)
			return false;
	}
	*out = (uint32_t)value;
	return true;
}

/* What the kernel's modules take for a switch. */
static bool parse_bool(const char *text, uint32_t *out)
{
	static const struct {
		const char *word;
		uint32_t value;
	} words[] = {
		{ "y", 1 }, { "yes", 1 }, { "1", 1 }, { "t", 1 }, { "true", 1 }, { "on", 1 },
		{ "n", 0 }, { "no", 0 }, { "0", 0 }, { "f", 0 }, { "false", 0 }, { "off", 0 },
	};
	size_t len = strlen(text);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct ph_cur c = ph_cur_of(text, len);

		if (len == strlen(words[i].word) && ph_cur_word_nocase(&c, words[i].word, len)) {
			*out = words[i].value;
			return true;
		}
	}
	return false;
}

static bool parse_word(const char *text, const char *const *word, uint32_t *out)
{
	for (uint32_t i = 0; word[i]; i++) {
		if (strcmp(word[i], text) == 0) {
			*out = i;
			return true;
		}
	}
	return false;
}

/* One option's value; *what says what it takes. A switch named without a value is on. */
static bool parse_value(const struct ph_helper_option *o, const char *text, uint32_t *out, const char **what)
{
	if (o->is_bool) {
		*what = "Y or N";
		return parse_bool(text ? text : "1", out);
	}
	if (o->word) {
		*what = "one of its words";
		return text && parse_word(text, o->word, out);
	}
	*what = o->max == 1 ? "0 or 1" : o->max == 255 ? "a number from 1 to 255" : "a number from 0 to 4294967295";
	return text && parse_number(text, o->max, out) && *out >= o->min;
}

/* "21,2121": up to 8, none twice, as the module refuses to register the same port again. */
static bool parse_ports(const char *text, uint16_t port[PH_HELPER_PORTS], uint8_t *n_ports)
{
	uint8_t n = 0;

	while (text) {
		const char *comma = strchr(text, ',');
		size_t len = comma ? (size_t)(comma - text) : strlen(text);
		char one[NAME_SIZE];
		uint32_t value;

		if (n == PH_HELPER_PORTS || len >= sizeof(one))
			return false;
		memcpy(one, text, len);
		one[len] = '\0';
		if (!parse_number(one, UINT16_MAX, &value))
			return false;
		for (uint8_t i = 0; i < n; i++)
			if (port[i] == value)
				return false;
		port[n++] = (uint16_t)value;
		text = comma ? comma + 1 : NULL;
	}
	*n_ports = n;
	return n > 0;
}

/* Module names, where '-' and '_' are the same letter. */
static bool same_module(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

static bool is_module(const struct ph_helper *helper, const char *name)
{
	return same_module(helper->module, name) || same_module(helper->module + strlen(PREFIX), name);
}

static enum ph_status set_one(struct ph_helper_options *options, size_t i, const char *name, const char *value,
                              const char **what)
{
	const struct ph_helper_option *o = ph_helpers[i]->option;

	if (ph_helpers[i]->has_ports && strcmp(name, "ports") == 0) {
		uint16_t port[PH_HELPER_PORTS] = { 0 };
		uint8_t n;

		*what = "up to 8 different ports, 0 to 65535, separated by commas";
		if (!value || !parse_ports(value, port, &n))
			return PH_INVALID;
		memcpy(options->module[i].port, port, sizeof(port));
		options->module[i].n_ports = n;
		return PH_OK;
	}
	for (size_t k = 0; o && o[k].name; k++) {
		uint32_t parsed;

		if (strcmp(name, o[k].name) != 0)
			continue;
		if (!parse_value(&o[k], value, &parsed, what))
			return PH_INVALID;
		options->module[i].value[k] = parsed;
		return PH_OK;
	}
	*what = "option";
	return PH_NOT_FOUND;
}

enum ph_status ph_helper_option_set(struct ph_helper_options *options, const char *module, const char *name,
                                    const char *value, const char **what)
{
	enum ph_status status = PH_NOT_FOUND;

	*what = "module";
	for (size_t i = 0; i < N_HELPERS; i++) {
		if (!is_module(ph_helpers[i], module))
			continue;
		status = name ? set_one(options, i, name, value, what) : PH_OK;
		if (status != PH_OK)
			return status;
		options->module[i].loaded = true;
	}
	return status;
}

/* Names that a helper has: one for each port of its module. */
static uint8_t n_names(const struct ph_helper_options *options, size_t index)
{
	return options->module[index].n_ports ? options->module[index].n_ports : 1;
}

static uint16_t port_of(const struct ph_helper_options *options, size_t index, uint8_t slot)
{
	return options->module[index].n_ports ? options->module[index].port[slot] : ph_helpers[index]->port;
}

static uint8_t number_of(size_t index, uint8_t slot)
{
	return (uint8_t)(index * PH_HELPER_PORTS + slot + 1);
}

static size_t index_of(uint8_t number)
{
	return (size_t)(number - 1) / PH_HELPER_PORTS;
}

static uint8_t slot_of(uint8_t number)
{
	return (uint8_t)((number - 1) % PH_HELPER_PORTS);
}

const struct ph_helper *ph_helper_of(uint8_t number)
{
	return number != PH_HELPER_NONE && index_of(number) < N_HELPERS ? ph_helpers[index_of(number)] : NULL;
}

uint8_t ph_helper_number(const struct ph_helper *helper)
{
	for (size_t i = 0; i < N_HELPERS; i++)
		if (ph_helpers[i] == helper)
			return number_of(i, 0);
	return PH_HELPER_NONE;
}

uint8_t ph_helper_first(uint8_t number)
{
	return number_of(index_of(number), 0);
}

/* spec/tracking.md 8.2: the plain name for the default port, else name-PORT or name-INDEX. */
const char *ph_helper_name(const struct ph_helper_options *options, uint8_t number, char name[NAME_SIZE])
{
	const struct ph_helper *helper = ph_helper_of(number);
	struct ph_writer w;
	uint16_t port;

	ph_writer_init(&w, name, NAME_SIZE);
	if (!helper)
		return name;
	port = port_of(options, index_of(number), slot_of(number));
	ph_put_text(&w, helper->name);
	if (port != helper->port)
		ph_put_format(&w, "-%u", helper->port_names ? port : slot_of(number));
	return name;
}

size_t ph_helper_names(const struct ph_helper_options *options, uint8_t number,
                       struct ph_helper_name_info names[PH_HELPER_PORTS])
{
	size_t index = index_of(number);

	for (uint8_t slot = 0; slot < n_names(options, index); slot++) {
		(void)ph_helper_name(options, number_of(index, slot), names[slot].name);
		names[slot].port = port_of(options, index, slot);
	}
	return n_names(options, index);
}

/* Registered for this family (PH_IPV4, PH_IPV6) and protocol? */
static bool serves(const struct ph_helper *helper, uint8_t family, uint8_t proto)
{
	uint8_t families = family == PH_IPV4 ? 1 : family == PH_IPV6 ? 2 : 0;
	uint8_t protos = proto == PH_PROTO_TCP ? PH_CONTRACT_TCP : proto == PH_PROTO_UDP ? PH_CONTRACT_UDP : 0;

	return helper->families & families && helper->protos & protos;
}

uint8_t ph_helper_find(const struct ph_helper_options *options, const char *name, uint8_t family, uint8_t proto)
{
	char have[NAME_SIZE];

	for (size_t i = 0; i < N_HELPERS; i++) {
		if (!serves(ph_helpers[i], family, proto))
			continue;
		for (uint8_t slot = 0; slot < n_names(options, i); slot++)
			if (strcmp(ph_helper_name(options, number_of(i, slot), have), name) == 0)
				return number_of(i, slot);
	}
	return PH_HELPER_NONE;
}

uint8_t ph_helper_by_port(const struct ph_helper_options *options, uint8_t family, uint8_t proto, uint16_t port)
{
	for (size_t i = 0; i < N_HELPERS; i++) {
		if (!serves(ph_helpers[i], family, proto))
			continue;
		for (uint8_t slot = 0; slot < n_names(options, i); slot++)
			if (port != 0 && port_of(options, i, slot) == port)
				return number_of(i, slot);
	}
	return PH_HELPER_NONE;
}

const uint32_t *ph_helper_values(const struct ph_helper_options *options, uint8_t number)
{
	return options->module[index_of(number)].value;
}

void ph_helper_limits(const struct ph_helper_options *options, uint8_t number,
                      struct ph_expect_policy policy[PH_EXPECT_CLASSES])
{
	const struct ph_helper *helper = ph_helper_of(number);

	if (!helper) {
		memset(policy, 0, PH_EXPECT_CLASSES * sizeof(policy[0]));
		return;
	}
	memcpy(policy, helper->policy, sizeof(helper->policy));
	if (helper->limits)
		helper->limits(ph_helper_values(options, number), policy);
}
