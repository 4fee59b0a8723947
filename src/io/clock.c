/* The two clocks of a running firewall. See <pinhole/queue.h>. */
#include <pinhole/queue.h>

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
