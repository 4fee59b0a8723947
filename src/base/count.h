/* Counters that stop at the top instead of starting again. */
#ifndef PH_BASE_COUNT_H
#define PH_BASE_COUNT_H

#include <stdint.h>

static inline void ph_count(uint64_t *counter, uint64_t n)
{
	*counter = *counter > UINT64_MAX - n ? UINT64_MAX : *counter + n;
}

/* A time after another one; the end of time is the end. */
static inline uint64_t ph_later(uint64_t at_ms, uint64_t by_ms)
{
	return at_ms > UINT64_MAX - by_ms ? UINT64_MAX : at_ms + by_ms;
}

#endif
