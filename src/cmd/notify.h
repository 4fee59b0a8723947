/* What systemd is told of a service of Type=notify. Without systemd (no NOTIFY_SOCKET) every call does nothing.
 *
 *   every = notify_watchdog_ms();          0: nobody watches
 *   notify_ready("2 queues, policy of 3 files");
 *   ... notify_alive() at least each `every` milliseconds, when the loop has come round ...
 *   notify_reloading(now_us); ... notify_ready("reloaded");
 *   notify_stopping();
 *
 * Each call opens a socket and sends one datagram: it works after privileges are gone if the environment was kept. */
#ifndef PH_CMD_NOTIFY_H
#define PH_CMD_NOTIFY_H

#include <stdint.h>

/* How often notify_alive is due: half of what the unit's WatchdogSec allows. */
uint64_t notify_watchdog_ms(void);
void notify_alive(void);

/* Ready, at first or again after a reload. status: a line for `systemctl status`; bytes that are not printable become '?'. */
void notify_ready(const char *status);
void notify_status(const char *status);
/* monotonic_us: of CLOCK_MONOTONIC, or of a clock not behind it; 0: left out (Type=notify-reload needs it). */
void notify_reloading(uint64_t monotonic_us);
void notify_stopping(void);

#endif
