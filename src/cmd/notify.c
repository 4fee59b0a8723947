/* Messages for systemd. See notify.h. */
#include "cmd/notify.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#define STATUS_MAX 200

/* A message has a line for each thing it says: a status must not begin another. */
static const char *one_line(const char *status, char line[STATUS_MAX])
{
	size_t n;

	for (n = 0; status[n] != '\0' && n < STATUS_MAX - 1; n++)
		line[n] = status[n] >= ' ' && status[n] <= '~' ? status[n] : '?';
	line[n] = '\0';
	return line;
}

uint64_t notify_watchdog_ms(void)
{
	uint64_t limit_us;

	if (sd_watchdog_enabled(0, &limit_us) <= 0)
		return 0;
	return limit_us / 2000 > 0 ? limit_us / 2000 : 1;
}

void notify_alive(void)
{
	sd_notify(0, "WATCHDOG=1");
}

void notify_ready(const char *status)
{
	char line[STATUS_MAX];

	sd_notifyf(0, "READY=1\nSTATUS=%s", one_line(status, line));
}

void notify_status(const char *status)
{
	char line[STATUS_MAX];

	sd_notifyf(0, "STATUS=%s", one_line(status, line));
}

void notify_reloading(uint64_t monotonic_us)
{
	if (monotonic_us > 0)
		sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_us);
	else
		sd_notify(0, "RELOADING=1");
}

void notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
