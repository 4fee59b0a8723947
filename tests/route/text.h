/* Addresses by their text, for the tests of this room. */
#ifndef TEST_ROUTE_TEXT_H
#define TEST_ROUTE_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include <pinhole/net.h>

static inline uint8_t family_of(const char *text)
{
	return strchr(text, ':') ? PH_IPV6 : PH_IPV4;
}

static inline struct ph_addr addr_of(const char *text)
{
	struct ph_addr addr = { 0 };

	assert_true(ph_addr_parse(family_of(text), text, strlen(text), &addr));
	return addr;
}

#endif
