/* -m time: dates, days and hours, by the packet's own time in UTC. The kernel's time zone cannot be known from a capture:
 * with --kerneltz nothing can be said. Dates are counted by Howard Hinnant's days_from_civil. */
#include "rule/ext.h"

#include "rule/text/word.h"

enum { START, STOP, MONTHDAYS, WEEKDAYS, DATESTART, DATESTOP, UTC, KERNELTZ, CONTIGUOUS };
#define DAY 86400u
#define ALL_MONTHDAYS 0xfffffffeu       /* bits 1 to 31 */
#define ALL_WEEKDAYS 0xfeu              /* bits 1 (Monday) to 7 */

struct match_time {
	uint32_t date_start, date_stop;         /* seconds since 1970 */
	uint32_t start, stop;                   /* seconds since midnight */
	uint32_t monthdays;
	uint8_t weekdays;
};

struct date {
	uint32_t year, month, day;
};

static const char *const weekday_names[8] = { "", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

static void init(void *data, uint8_t family)
{
	struct match_time *m = data;

	(void)family;
	m->date_stop = 0x7fffffff;
	m->stop = DAY - 1;
	m->monthdays = ALL_MONTHDAYS;
	m->weekdays = ALL_WEEKDAYS;
}

/* Days since 1970-01-01; month and day may be out of their bounds. */
static int64_t days_of(const struct date *d)
{
	int64_t year = (int64_t)d->year + (d->month == 0 ? -1 : 0), month = d->month == 0 ? 12 : d->month;
	int64_t era, of_era, of_year;

	year -= month <= 2;
	era = year / 400;
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)d->day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The date of a day since 1970. */
static struct date date_of(uint32_t days)
{
	uint32_t z = days + 719468, era = z / 146097, of_era = z - era * 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
	uint32_t month = m < 10 ? m + 3 : m - 9;

	return (struct date){ .year = year + era * 400 + (month <= 2), .month = month, .day = of_year - (153 * m + 2) / 5 + 1 };
}

static bool bad_value(struct ph_arg *arg)
{
	return ph_arg_error(arg, "\"%.*s\" is not %s", PH_WORD_SHOWN(arg->word), arg->opt->what);
}

/* A number that may be left away before the end, which is 0 then. */
static bool last_number(struct ph_cur *c, uint32_t max, uint32_t *out)
{
	*out = 0;
	return !ph_cur_left(c) || ph_cur_dec(c, max, out);
}

static bool parse_daytime(struct ph_arg *arg)
{
	struct match_time *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	uint32_t hour, minute, second = 0;

	if (!ph_cur_dec(&c, 23, &hour) || !ph_cur_byte(&c, ':') || !ph_cur_dec(&c, 59, &minute) ||
	    (ph_cur_byte(&c, ':') && !last_number(&c, 59, &second)) || ph_cur_left(&c))
		return bad_value(arg);
	*(arg->opt->id == START ? &m->start : &m->stop) = hour * 3600 + minute * 60 + second;
	return true;
}

/* [Thh[:mm[:ss]]] */
static bool parse_clock(struct ph_cur *c, uint32_t *seconds)
{
	static const struct {
		char separator;
		uint32_t max, unit;
	} fields[] = { { 'T', 23, 3600 }, { ':', 59, 60 }, { ':', 59, 1 } };
	uint32_t value;

	*seconds = 0;
	for (unsigned i = 0; i < 3 && ph_cur_byte(c, fields[i].separator); i++) {
		if (!last_number(c, fields[i].max, &value))
			return false;
		*seconds += value * fields[i].unit;
	}
	return !ph_cur_left(c);
}

static bool parse_date(struct ph_arg *arg)
{
	struct match_time *m = (void *)arg->part->data;
	struct ph_cur c = ph_word_cur(arg->word);
	struct date d = { .month = 1, .day = 1 };
	uint32_t clock;
	int64_t days;

	if (!ph_cur_dec(&c, 2038, &d.year) || d.year < 1970 || (ph_cur_byte(&c, '-') && !last_number(&c, 12, &d.month)) ||
	    (ph_cur_byte(&c, '-') && !last_number(&c, 31, &d.day)) || !parse_clock(&c, &clock))
		return bad_value(arg);
	days = days_of(&d);
	if (days < 0)
		return bad_value(arg);
	*(arg->opt->id == DATESTART ? &m->date_start : &m->date_stop) = (uint32_t)days * DAY + clock;
	return true;
}

/* Days of which none is left would never match, and could not be read back. */
static bool store_days(struct ph_arg *arg, uint32_t days, uint32_t all, uint32_t *out)
{
	*out = arg->inverted ? all & ~days : days;
	return *out ? true : ph_arg_error(arg, "no day is left: this never matches");
}

static bool parse_monthdays(struct ph_arg *arg)
{
	struct match_time *m = (void *)arg->part->data;
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	uint32_t days = 0, day;
	bool more = true;

	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		if (!ph_cur_left(&piece))
			continue;
		if (!ph_cur_dec(&piece, 31, &day) || ph_cur_left(&piece) || day == 0)
			return bad_value(arg);
		days |= 1u << day;
	}
	return store_days(arg, days, ALL_MONTHDAYS, &m->monthdays);
}

/* By number or by name, of which the first two letters count. 0: none. */
static unsigned weekday_of(struct ph_cur text)
{
	uint32_t number;

	if (ph_cur_dec(&text, 7, &number))
		return ph_cur_left(&text) ? 0 : number;
	for (unsigned i = 1; i <= 7 && ph_cur_left(&text) >= 2; i++)
		if (memcmp(text.at, weekday_names[i], 2) == 0)
			return i;
	return 0;
}

static bool parse_weekdays(struct ph_arg *arg)
{
	struct match_time *m = (void *)arg->part->data;
	struct ph_cur rest = ph_word_cur(arg->word), piece;
	uint32_t days = 0;
	bool more = true;

	while (ph_cur_piece(&rest, ',', &more, &piece)) {
		unsigned day = weekday_of(piece);

		if (!ph_cur_left(&piece))
			continue;
		if (!day)
			return bad_value(arg);
		days |= 1u << day;
	}
	if (!store_days(arg, days, ALL_WEEKDAYS, &days))
		return false;
	m->weekdays = (uint8_t)days;
	return true;
}

static const struct match_time *fields_of(const struct ph_part *part)
{
	return (const void *)part->data;
}

static void put_daytime(uint32_t seconds, struct ph_writer *w)
{
	ph_put_format(w, "%02u:%02u:%02u", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

static void put_date(uint32_t seconds, struct ph_writer *w)
{
	struct date d = date_of(seconds / DAY);

	ph_put_format(w, "%04u-%02u-%02uT", d.year, d.month, d.day);
	put_daytime(seconds % DAY, w);
}

static void print_start(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_daytime(fields_of(part)->start, w);
}

static void print_stop(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_daytime(fields_of(part)->stop, w);
}

static void print_date_start(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_date(fields_of(part)->date_start, w);
}

static void print_date_stop(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	(void)family;
	put_date(fields_of(part)->date_stop, w);
}

static void print_monthdays(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	bool any = false;

	(void)family;
	for (unsigned i = 1; i <= 31; i++) {
		if (!(fields_of(part)->monthdays >> i & 1))
			continue;
		ph_put_format(w, "%s%u", any ? "," : "", i);
		any = true;
	}
}

static void print_weekdays(const struct ph_part *part, uint8_t family, struct ph_writer *w)
{
	bool any = false;

	(void)family;
	for (unsigned i = 1; i <= 7; i++) {
		if (!(fields_of(part)->weekdays >> i & 1))
			continue;
		ph_put_format(w, "%s%s", any ? "," : "", weekday_names[i]);
		any = true;
	}
}

static void say(struct ph_part *part, unsigned id, bool yes)
{
	part->given = (part->given & ~PH_BIT(id)) | (yes ? PH_BIT(id) : 0);
}

/* What is printed follows from what is tested: negated lists of days are printed as the others. */
static bool check(struct ph_check *c)
{
	const struct match_time *m = (const void *)c->part->data;
	bool hours = m->start != 0 || m->stop != DAY - 1;

	if (ph_part_has(c->part, CONTIGUOUS) && m->start < m->stop)
		return ph_check_error(c, CONTIGUOUS, "--contiguous needs a --timestop before the --timestart");
	say(c->part, START, hours);
	say(c->part, STOP, hours);
	say(c->part, MONTHDAYS, m->monthdays != ALL_MONTHDAYS);
	say(c->part, WEEKDAYS, m->weekdays != ALL_WEEKDAYS);
	say(c->part, DATESTART, m->date_start != 0);
	/* Also an end at the beginning of time, which iptables leaves out when it saves, and so loses. */
	say(c->part, DATESTOP, true);
	say(c->part, UTC, false);
	c->part->inverted = 0;
	return true;
}

/* A day that begins with --timestart may reach into the next date: *now is put back then. */
static bool hour_matches(const struct ph_part *part, const struct match_time *m, uint64_t *now)
{
	uint32_t clock = (uint32_t)(*now % DAY);

	if (m->start < m->stop)
		return clock >= m->start && clock <= m->stop;
	if (clock < m->start && clock > m->stop)
		return false;
	if (ph_part_has(part, CONTIGUOUS) && clock <= m->stop && *now >= DAY)
		*now -= DAY;
	return true;
}

static enum ph_match match(struct ph_part *part, struct ph_rule_ctx *ctx)
{
	const struct match_time *m = fields_of(part);
	uint64_t now = ctx->day_ms / 1000;
	struct date date;

	if (ph_part_has(part, KERNELTZ))
		return PH_MATCH_UNKNOWN;
	if (now < m->date_start || now > m->date_stop || !hour_matches(part, m, &now))
		return PH_MATCH_NO;
	/* 1970-01-01 was a Thursday. */
	if (!(m->weekdays >> ((now / DAY + 3) % 7 + 1) & 1))
		return PH_MATCH_NO;
	if (m->monthdays == ALL_MONTHDAYS)
		return PH_MATCH_YES;
	date = date_of((uint32_t)(now / DAY));
	return ph_match_if(m->monthdays >> date.day & 1);
}

#define DATE(option, which, printer) \
	{ .name = option, .what = "a date YYYY[-MM[-DD[Thh[:mm[:ss]]]]] from 1970 to 2038", .type = PH_ARG_CUSTOM, .id = which, \
	  .parse = parse_date, .print = printer }
#define HOUR(option, which, printer) \
	{ .name = option, .what = "a time hh:mm[:ss]", .type = PH_ARG_CUSTOM, .id = which, .parse = parse_daytime, \
	  .print = printer }

static const struct ph_opt options[] = {
	HOUR("timestart", START, print_start), HOUR("timestop", STOP, print_stop),
	{ .name = "monthdays", .what = "days from 1 to 31 with commas between", .type = PH_ARG_CUSTOM, .flags = PH_OPT_INVERT,
	  .id = MONTHDAYS, .parse = parse_monthdays, .print = print_monthdays },
	{ .name = "weekdays", .what = "days such as Mon,Tue or 1,2 (Monday is 1)", .type = PH_ARG_CUSTOM,
	  .flags = PH_OPT_INVERT, .id = WEEKDAYS, .parse = parse_weekdays, .print = print_weekdays },
	DATE("datestart", DATESTART, print_date_start), DATE("datestop", DATESTOP, print_date_stop),
	{ .name = "utc", .type = PH_ARG_FLAG, .id = UTC, .excludes = PH_BIT(KERNELTZ) },
	{ .name = "kerneltz", .type = PH_ARG_FLAG, .id = KERNELTZ, .excludes = PH_BIT(UTC) },
	{ .name = "localtz", .type = PH_ARG_FLAG, .flags = PH_OPT_SPELLING, .id = KERNELTZ, .excludes = PH_BIT(UTC) },
	{ .name = "contiguous", .type = PH_ARG_FLAG, .id = CONTIGUOUS },
};

const struct ph_ext ph_match_time = {
	.name = "time", .what = "dates, days and hours", .kind = PH_EXT_MATCH, .families = PH_FAMILY_ANY,
	.size = sizeof(struct match_time), PH_EXT_OPTIONS(options), .init = init, .check = check, .match = match,
};
