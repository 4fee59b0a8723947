/* The two clocks of a running firewall, and the time of day as text. See <pinhole/queue.h>. */
#include <pinhole/queue.h>

#include <stdio.h>
#include <time.h>

static uint64_t ms_of(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0 || t.tv_sec < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t ph_clock_ms(void)
{
	return ms_of(CLOCK_BOOTTIME);
}

uint64_t ph_wall_ms(void)
{
	return ms_of(CLOCK_REALTIME);
}

const char *ph_wall_format(char out[PH_WALL_TEXT], uint64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm utc = { .tm_mday = 1, .tm_year = 70 };
	size_t len;

	(void)gmtime_r(&seconds, &utc);
	len = strftime(out, PH_WALL_TEXT, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out + len, PH_WALL_TEXT - len, ".%03uZ", (unsigned)(wall_ms % 1000));
	return out;
}
