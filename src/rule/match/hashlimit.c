/* -m hashlimit: a rate for each group of packets. The buckets themselves are hashlimit_table.c.
 *
 * A table holds as many groups as --hashlimit-htable-max says, 65536 if it does not, 1048576 at most; a packet that finds
 * no place in a full one is dropped, as the kernel does. */
#include "rule/match/hashlimit.h"

#include "rule/text/args.h"
#include "rule/text/word.h"

enum { UPTO, ABOVE, BURST, MODE, NAME, SIZE, MAX, GCINTERVAL, EXPIRE, SRCMASK, DSTMASK, RATE_MATCH, INTERVAL };
#define PLACES_DEFAULT 65536u
#define BUCKETS_DEFAULT 8192u   /* what the kernel takes from 1 GB of memory on; as many places there are at least */
#define PLACES_MAX 1048576u
#define NAME_SIZE 255

struct match_hashlimit {
	struct ph_hash_config config;
	uint64_t burst_given;           /* with its unit; 0: not given */
	uint32_t rate, quantum_ms;      /* packets: so many in that time, as given */
	char name[NAME_SIZE];
	/* State, not specification. */
	struct ph_shared *table;
};

static const struct {
	const char *unit, *shown;
	uint32_t factor;
} units[] = {
	{ "day", "day", 24 * 60 * 60 }, { "hour", "hour", 60 * 60 }, { "minute", "min", 60 }, { "second", "sec", 1 },
};
#define UNITS (sizeof(units) / sizeof(units[0]))

static const struct ph_name modes[] = {
	{ "srcip", PH_HASH_SRCIP }, { "srcport", PH_HASH_SRCPORT }, { "dstip", PH_HASH_DSTIP }, { "dstport", PH_HASH_DSTPORT },
	{ "", 0 }, { NULL, 0 },
};

static void init(void *data, uint8_t family)
{
	struct match_hashlimit *m = data;

	m->config.gc_ms = 1000;
	m->config.interval_s = 1;
	memset(m->config.srcmask.b, 0xff, family == PH_IPV4 ? 4 : 16);
	m->config.dstmask = m->config.srcmask;
}

static bool bad_value(const struct ph_arg *arg)
{
	return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
}

/* The factor of what stands behind an amount: k, m or nothing of it. */
static uint32_t factor_of(const struct ph_cur *c)
{
	uint8_t b;

	if (!ph_cur_peek(c, 0, &b))
		return 1;
	return b == 'm' ? 1024 * 1024 : b == 'k' ? 1024 : 1;
}

static bool parse_packets(struct ph_arg *arg, struct ph_cur c)
{
	struct match_hashlimit *m = (void *)arg->part->data;
	uint32_t rate, factor = 1;

	if (!ph_cur_dec(&c, 0xffffffff, &rate) || rate == 0)
		return bad_value(arg);
	if (ph_cur_find(&c, '/')) {
		if (!ph_cur_skip(&c, 1) || !ph_cur_left(&c))
			return bad_value(arg);
		factor = 0;
		for (size_t i = 0; i < UNITS; i++)
			if (ph_cur_begins_nocase(&c, units[i].unit))
				factor = units[i].factor;
	}
	if (!factor)
		return bad_value(arg);
	m->rate = rate;
	m->config.avg = (uint64_t)PH_HASH_SCALE * factor / rate;
	if (rate / factor > PH_HASH_SCALE || m->config.avg == 0)
		return ph_arg_error(arg, "\"%.*s\" is too fast: at most %u/second", PH_WORD_SHOWN(arg->word), PH_HASH_SCALE);
	m->quantum_ms = factor * 1000;
	return true;
}

/* Decimal digits, in 64 bits. */
static bool parse_amount(struct ph_cur *c, uint64_t *out)
{
	uint8_t b;

	for (*out = 0; ph_cur_peek(c, 0, &b) && ph_is_digit(b); c->at++) {
		if (*out > UINT64_C(1) << 36)
			return false;
		*out = *out * 10 + (uint64_t)(b - '0');
	}
	return *out > 0;
}

/* 512kb/s. Counted in chunks of 16 bytes, in 32 bits; what is less than one would be printed as 0, which nobody reads. */
static bool parse_bytes(struct ph_arg *arg, struct ph_cur c)
{
	struct match_hashlimit *m = (void *)arg->part->data;
	uint64_t amount, chunks;

	if (!parse_amount(&c, &amount))
		return bad_value(arg);
	chunks = (amount * factor_of(&c) >> 4) + 1;
	if (chunks > 0xffffffff || chunks == 1)
		return ph_arg_error(arg, "\"%.*s\" is too %s", PH_WORD_SHOWN(arg->word),
		                    chunks == 1 ? "slow: at least 16 bytes a second" : "fast");
	m->config.bytes = true;
	m->config.avg = 0xffffffffu / chunks;
	return true;
}

static bool parse_rate(struct ph_arg *arg)
{
	struct ph_cur c = ph_word_cur(arg->word);

	while (ph_cur_byte(&c, ' '))
		;
	if (ph_cur_left(&c) && memmem(c.at, ph_cur_left(&c), "b/s", 3))
		return parse_bytes(arg, c);
	return parse_packets(arg, c);
}

/* The largest unit in which an amount means the same when it is read again; in 32 bits, as iptables counts. */
static unsigned shift_of(const struct match_hashlimit *m, uint64_t bytes)
{
	for (unsigned shift = 20; shift > 0; shift -= 10) {
		uint32_t amount = (uint32_t)(bytes >> shift << shift);

		if (bytes >> shift && 0xffffffffu / ((amount >> 4) + 1) == m->config.avg)
			return shift;
	}
	return 0;
}

/* Bytes a second that are left of an amount after it was cut to chunks. */
static uint64_t bytes_of(const struct match_hashlimit *m)
{
	uint64_t chunks = m->config.avg ? 0xffffffffu / m->config.avg : 0xffffffffu;

	return (chunks - 1) << 4;
}

/* The interval is what is kept; the rate shown is the coarsest unit that does not lose too much. */
static void print_packets(uint64_t avg, struct ph_writer *w)
{
	size_t i = 1;

	while (i < UNITS) {
		uint64_t unit = (uint64_t)units[i].factor * PH_HASH_SCALE;

		if (avg > unit || unit / avg < unit % avg)
			break;
		i++;
	}
	ph_put_format(w, "%llu/%s", (unsigned long long)((uint64_t)units[i - 1].factor * PH_HASH_SCALE / avg),
	              units[i - 1].shown);
}

static void print_rate(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_hashlimit *m = (const void *)part->data;
	unsigned long long bytes = bytes_of(m);
	unsigned shift = shift_of(m, bytes);

	(void)family;
	if (m->config.rate_match && !m->config.bytes)
		ph_put_format(w, "%u/sec", m->rate);
	else if (!m->config.bytes)
		print_packets(m->config.avg, w);
	else
		ph_put_format(w, "%llu%sb/s", bytes >> shift, shift == 20 ? "m" : shift == 10 ? "k" : "");
}

static bool parse_burst(struct ph_arg *arg)
{
	struct match_hashlimit *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t amount;

	if (!ph_cur_dec(&c, 0xffffffff, &amount) || amount == 0 || (!ph_cur_left(&c) && amount > 1000000))
		return bad_value(arg);
	m->burst_given = (uint64_t)amount * factor_of(&c);
	return true;
}

/* In bytes, rounded down to what a unit shows, unless that were less than a second brings. */
static void print_burst(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	const struct match_hashlimit *m = (const void *)part->data;
	unsigned long long bytes = bytes_of(m) * m->config.burst;

	(void)family;
	if (!m->config.bytes)
		ph_put_format(w, "%llu", (unsigned long long)m->config.burst);
	else if (bytes >= 1024 * 1024 && bytes >> 20 << 20 >= bytes_of(m))
		ph_put_format(w, "%llumb", bytes >> 20);
	else if (bytes >= 1024 && bytes >> 10 << 10 >= bytes_of(m))
		ph_put_format(w, "%llukb", bytes >> 10);
	else
		ph_put_format(w, "%llub", bytes);
}

static bool parse_mask(struct ph_arg *arg)
{
	struct match_hashlimit *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t bits = arg->family == PH_IPV4 ? 32 : 128, len;
	struct ph_addr mask = { { 0 } };

	if (ph_cur_number(&c, bits, &len) && !ph_cur_left(&c)) {
		for (uint32_t i = 0; i < len; i++)
			mask.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
	} else if (!ph_addr_parse(arg->family, arg->word->text, arg->word->len, &mask) ||
	           ph_mask_len(arg->family, &mask) < 0) {
		return bad_value(arg);
	}
	*(arg->opt->id == SRCMASK ? &m->config.srcmask : &m->config.dstmask) = mask;
	return true;
}

static void print_srcmask(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	ph_put_format(w, "%d", ph_mask_len(family, &((const struct match_hashlimit *)(const void *)part->data)->config.srcmask));
}

static void print_dstmask(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	ph_put_format(w, "%d", ph_mask_len(family, &((const struct match_hashlimit *)(const void *)part->data)->config.dstmask));
}

static bool parse_name(struct ph_arg *arg)
{
	return memchr(arg->word->text, '/', arg->word->len) ? bad_value(arg) : true;
}

static bool parse_rate_match(struct ph_arg *arg)
{
	((struct match_hashlimit *)(void *)arg->part->data)->config.rate_match = true;
	return true;
}

/* How long a group lives if nothing is said: in packets, the time the rate names. */
static uint32_t lifetime_ms(const struct match_hashlimit *m)
{
	if (m->config.bytes)
		return m->config.burst ? 60000 : 15000;
	return m->quantum_ms;
}

/* The lifetime that the rate shown stands for, which need not be the time that was given. */
static uint32_t shown_lifetime_ms(const struct ph_part *part, const struct match_hashlimit *m)
{
	char shown[40];
	struct ph_writer w;

	if (m->config.bytes)
		return lifetime_ms(m);
	ph_writer_init(&w, shown, sizeof(shown));
	print_rate(part, PH_IPV4, &w);
	for (size_t i = 0; i < UNITS; i++)
		if (strstr(shown, units[i].shown))
			return units[i].factor * 1000;
	return 0;
}

static void settle_given(struct ph_part *part, const struct match_hashlimit *m)
{
	part->given &= ~(PH_BIT(EXPIRE) | PH_BIT(BURST));
	if (m->config.expire_ms != shown_lifetime_ms(part, m))
		part->given |= PH_BIT(EXPIRE);
	if (!m->config.bytes || m->config.burst)
		part->given |= PH_BIT(BURST);
	if (!m->config.rate_match)
		part->given &= ~PH_BIT(INTERVAL);
}

static bool check_burst(struct ph_check *c, struct match_hashlimit *m)
{
	uint64_t unit = m->config.bytes ? bytes_of(m) : 1;

	if (!m->burst_given) {
		m->config.burst = m->config.bytes ? 0 : 5;
		return true;
	}
	if (!m->config.bytes) {
		m->config.burst = m->burst_given;
		return m->config.burst <= 1000000 ? true : ph_check_error(c, BURST, "--hashlimit-burst is 1000000 at most");
	}
	if (m->burst_given < unit)
		return ph_check_error(c, BURST, "--hashlimit-burst cannot be less than what a second brings, %llu bytes",
		                      (unsigned long long)unit);
	m->config.burst = unit ? (m->burst_given + unit - 1) / unit : 1;
	return true;
}

static bool check(struct ph_check *c)
{
	struct match_hashlimit *m = (void *)c->part->data;
	uint32_t both = PH_BIT(UPTO) | PH_BIT(ABOVE);

	if (!(c->part->given & both))
		return ph_check_error(c, -1, "says nothing: give it --hashlimit-upto or --hashlimit-above");
	if (c->part->inverted & both)
		c->part->given ^= both;
	c->part->inverted = 0;
	if (m->config.gc_ms == 0 || (ph_part_has(c->part, EXPIRE) && m->config.expire_ms == 0))
		return ph_check_error(c, m->config.gc_ms == 0 ? GCINTERVAL : EXPIRE, "a time of 0 is refused");
	/* What is measured by intervals is so much of each, whatever time the rate names. */
	if (m->config.rate_match && !m->config.bytes)
		m->config.avg = PH_HASH_SCALE / m->rate;
	if (!check_burst(c, m))
		return false;
	if (!ph_part_has(c->part, EXPIRE))
		m->config.expire_ms = lifetime_ms(m);
	if (!ph_hash_fits(&m->config))
		return ph_check_error(c, UPTO, "this rate with a burst of %llu does not fit: the kernel counts in 64 bits; try a "
		                      "faster rate or another burst", (unsigned long long)m->config.burst);
	if (m->config.size > PLACES_MAX)
		m->config.size = PLACES_MAX;
	if (m->config.max > PLACES_MAX)
		m->config.max = PLACES_MAX;
	settle_given(c->part, m);
	return true;
}

static bool bind(struct ph_bind *b)
{
	struct match_hashlimit *m = (void *)b->part->data;
	uint32_t size = m->config.size ? m->config.size : BUCKETS_DEFAULT;
	uint32_t max = m->config.max ? m->config.max : PLACES_DEFAULT;

	if (max < size)
		max = size;
	m->table = ph_shared_find(b->rules, b->part->ext, m->name);
	if (m->table)
		return true;
	m->table = ph_shared_get(b->rules, b->part->ext, m->name, ph_hash_size(max));
	if (!m->table)
		return false;
	ph_hash_init(m->table->data, &m->config, max);
	return true;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_hashlimit *m = (const void *)part->data;
	bool over;

	if (!ph_hash_account(m->table->data, ctx, &over)) {
		ctx->hotdrop = true;
		return PH_MATCH_NO;
	}
	return ph_match_if(over == ph_part_has(part, ABOVE));
}

#define RATE(option, which, other, more) \
	{ .name = option, .what = "a rate such as 10/second, 100/minute or 512kb/s", .type = PH_ARG_CUSTOM, \
	  .flags = PH_OPT_INVERT | (more), .id = which, .excludes = PH_BIT(other), .parse = parse_rate, .print = print_rate }
#define NUMBER(option, which, member, flag) \
	{ .name = option, .what = "a number", .type = PH_ARG_UINT, .flags = flag, .id = which, \
	  PH_OPT_FIELD(struct match_hashlimit, config.member), .max = 0xffffffff }

static const struct ph_opt options[] = {
	RATE("hashlimit-upto", UPTO, ABOVE, 0), RATE("hashlimit", UPTO, ABOVE, PH_OPT_SPELLING),
	RATE("hashlimit-above", ABOVE, UPTO, 0),
	{ .name = "hashlimit-burst", .what = "a number to 1000000, or bytes such as 1mb", .type = PH_ARG_CUSTOM, .id = BURST,
	  .parse = parse_burst, .print = print_burst },
	{ .name = "hashlimit-mode", .what = "a list of srcip, srcport, dstip, dstport", .type = PH_ARG_SET,
	  .flags = PH_OPT_DEFAULT, .id = MODE, PH_OPT_FIELD(struct match_hashlimit, config.mode), .names = modes },
	{ .name = "hashlimit-name", .what = "the name of a table, without /", .type = PH_ARG_STRING,
	  .flags = PH_OPT_NEEDED | PH_OPT_BARE, .id = NAME, PH_OPT_FIELD(struct match_hashlimit, name), .min = 1,
	  .max = NAME_SIZE - 1, .parse = parse_name },
	NUMBER("hashlimit-htable-size", SIZE, size, PH_OPT_DEFAULT),
	NUMBER("hashlimit-htable-max", MAX, max, PH_OPT_DEFAULT),
	NUMBER("hashlimit-htable-gcinterval", GCINTERVAL, gc_ms, PH_OPT_DEFAULT),
	NUMBER("hashlimit-htable-expire", EXPIRE, expire_ms, 0),
	{ .name = "hashlimit-srcmask", .what = "a prefix length", .type = PH_ARG_CUSTOM, .flags = PH_OPT_DEFAULT, .id = SRCMASK,
	  PH_OPT_FIELD(struct match_hashlimit, config.srcmask), .parse = parse_mask, .print = print_srcmask },
	{ .name = "hashlimit-dstmask", .what = "a prefix length", .type = PH_ARG_CUSTOM, .flags = PH_OPT_DEFAULT, .id = DSTMASK,
	  PH_OPT_FIELD(struct match_hashlimit, config.dstmask), .parse = parse_mask, .print = print_dstmask },
	{ .name = "hashlimit-rate-match", .type = PH_ARG_FLAG, .id = RATE_MATCH, .parse = parse_rate_match },
	{ .name = "hashlimit-rate-interval", .what = "seconds from 1", .type = PH_ARG_UINT, .flags = PH_OPT_DEFAULT,
	  .id = INTERVAL, PH_OPT_FIELD(struct match_hashlimit, config.interval_s), .min = 1, .max = 0xfffffffe },
};

const struct ph_ext ph_match_hashlimit = {
	.name = "hashlimit", .what = "a rate for each group of packets", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.stateful = true, .size = sizeof(struct match_hashlimit), .compared = offsetof(struct match_hashlimit, table),
	PH_EXT_OPTIONS(options), .init = init, .check = check, .bind = bind, .same_memory = ph_hash_same,
	.match = match,
};
