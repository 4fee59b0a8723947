/* Reverse path checks: would a packet to this source leave by the interface it came in by?
 *
 * Two askers, two sets of exceptions: the match rpfilter (both families) and the sysctl rp_filter (IPv4). Both only read the
 * routes; any thread may ask. There is no policy routing, so that neither mark nor DSCP changes the answer. */
#ifndef PH_ROUTE_REVERSE_H
#define PH_ROUTE_REVERSE_H

#include "base/writer.h"
#include "route/route.h"

/* The answer and its cause; those up to OTHER refuse. */
enum ph_reverse {
	PH_REVERSE_NOWHERE = 0, /* no route, or blackhole, unreachable, prohibit */
	PH_REVERSE_NO_HOST,     /* a broadcast or anycast address */
	PH_REVERSE_OWN,         /* an address of the firewall itself */
	PH_REVERSE_OTHER,       /* leaves by another interface */
	PH_REVERSE_SAME,        /* leaves by this one */
	PH_REVERSE_LOOSE,       /* leaves by another one, which is enough */
	PH_REVERSE_ACCEPTED,    /* IPv6: an address of the firewall itself, which is allowed */
	PH_REVERSE_EXEMPT,      /* never checked: loopback, DHCP and the like */
	PH_REVERSE_OFF,         /* rp_filter is 0 */
};

static inline bool ph_reverse_holds(enum ph_reverse why)
{
	return why > PH_REVERSE_OTHER;
}

struct ph_reverse_in {
	uint8_t family;
	const struct ph_addr *src, *dst;
	int iface;              /* that it came in by; not PH_NO_IFACE */
	bool loose;             /* any interface will do; rp_filter: 2 */
	bool accept_local;      /* an own address does not fail for that alone */
	bool strict;            /* rp_filter only: 1 */
	bool hairpin;           /* rp_filter only: it is forwarded out of where it came in */
};

struct ph_reverse_out {
	enum ph_reverse why;
	struct ph_route_hop hop;        /* the route to the source; type NONE: none, or not asked for */
};

/* -m rpfilter; spec/tracking.md 10.1. Always sets *out. */
void ph_reverse_match(const struct ph_route *route, const struct ph_reverse_in *in, struct ph_reverse_out *out);

/* rp_filter, IPv4; spec/tracking.md 10.2. neither strict nor loose: 0, and an own address is refused all the same. Only for
 * packets whose source is neither multicast nor 255.255.255.255 nor 0.0.0.0. Always sets *out. */
void ph_reverse_filter(const struct ph_route *route, const struct ph_reverse_in *in, struct ph_reverse_out *out);

/* "the way back to 10.0.0.1 leaves by eth1, it came in by eth0": the answer for people. */
void ph_reverse_write(const struct ph_route *route, const struct ph_reverse_in *in, const struct ph_reverse_out *out,
                      struct ph_writer *w);

#endif
