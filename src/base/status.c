/* Words for status codes, and the version. */
#include <pinhole/base.h>

const char *ph_status_text(enum ph_status status)
{
	switch (status) {
	case PH_OK: return "ok";
	case PH_EXISTS: return "already there";
	case PH_BUSY: return "taken by something else";
	case PH_FULL: return "limit reached";
	case PH_INVALID: return "not valid";
	case PH_NOT_FOUND: return "not found";
	case PH_NO_MEMORY: return "out of memory";
	case PH_IO: return "input/output error";
	case PH_END: return "end of input";
	}
	return "unknown status";
}

const char *ph_version(void)
{
	return PH_VERSION;
}
