/* Names of fates and skips, as the kernel reference has them; see <pinhole/engine.h>. */
#include <pinhole/engine.h>

const char *ph_fate_name(enum ph_fate fate)
{
	switch (fate) {
	case PH_FATE_NOT_SENT: return "not-sent";
	case PH_FATE_FORWARDED: return "forwarded";
	case PH_FATE_LOCAL: return "local";
	case PH_FATE_SENT: return "sent";
	case PH_FATE_FRAGMENT: return "fragment";
	case PH_FATE_RULE: return "rule";
	case PH_FATE_ROUTE: return "route";
	case PH_FATE_TTL: return "ttl";
	case PH_FATE_HELPER: return "helper";
	case PH_FATE_CONNTRACK: return "conntrack";
	case PH_FATE_STACK: return "stack";
	case PH_FATE_COUNT: break;
	}
	return "unknown";
}

const char *ph_skip_name(enum ph_skip skip)
{
	switch (skip) {
	case PH_SKIP_NONE: return "none";
	case PH_SKIP_NOT_IP: return "not-ip";
	case PH_SKIP_TRUNCATED: return "truncated";
	case PH_SKIP_SHORT: return "short";
	case PH_SKIP_UNPLACED: return "unplaced";
	}
	return "unknown";
}
