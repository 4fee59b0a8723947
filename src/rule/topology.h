/* The inside of a topology, for the policy. See <pinhole/topology.h>. */
#ifndef PH_RULE_TOPOLOGY_H
#define PH_RULE_TOPOLOGY_H

#include <pinhole/topology.h>
#include "route/route.h"

struct ph_topology {
	struct ph_route *route;         /* owned; made as the kernel lists it */
	struct ph_topology_link *slot;  /* by the kernel's number */
	size_t n_links, n_slots;        /* n_slots: a power of two, more than the links; or 0 */
	uint64_t left_out;
};

#endif
