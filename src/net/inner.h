/* The packet inside an ICMP error: only its beginning is there, and nobody has checked it. */
#ifndef PH_NET_INNER_H
#define PH_NET_INNER_H

#include "net/packet.h"

/* Reads the packet of a family that begins at `at`. Its length and checksums are not compared with what is there; ports and
 * identifiers are set as far as the bytes reach (has_ports, l4_complete). False: no upper-layer header can be located
 * (header cut, or a later fragment). spec/tracking.md 1.8. */
PH_MUST_CHECK bool ph_pkt_parse_inner(struct ph_cur at, uint8_t family, struct ph_pkt *pkt);

#endif
