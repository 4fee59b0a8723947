/* One fragment as the packet says it. */
#ifndef PH_DEFRAG_PIECE_H
#define PH_DEFRAG_PIECE_H

#include "defrag/defrag.h"

/* What the fragments of a datagram have in common. Compared and hashed as bytes: no padding, unused fields zero. */
struct ph_frag_key {
	struct ph_addr src, dst;
	uint32_t id, user;
	uint16_t iface;
	uint16_t proto;                 /* IPv4 only (RFC 791 3.2); in IPv6 the first fragment's counts (RFC 8200 4.5) */
};
_Static_assert(sizeof(struct ph_frag_key) == 44, "no padding");

struct ph_piece {
	struct ph_frag_key key;
	struct ph_cur head;             /* the headers in front: of IPv6 up to the fragment header, which is left out */
	struct ph_cur data;
	uint32_t offset, end;           /* bytes of the datagram; end may lie beyond what a datagram can have */
	bool more;
	bool dont_fragment;
	bool lacks_upper;               /* IPv6, the first one: its upper-layer header goes on in the next */
	bool is_cut;                    /* IPv6: the fragment header is not all there, and nothing else is known */
	uint8_t tos;
	uint8_t next;                   /* IPv6: the header behind the fragment header ... */
	uint16_t next_at;               /* ... whose number belongs into this byte of head */
};

/* Reads a fragment. IPv6 "atomic" ones (RFC 6946) are fragments. False: it is none, or its fragment header cannot be
 * found; *out is undefined then. */
PH_MUST_CHECK bool ph_piece_read(const struct ph_pkt *pkt, const struct ph_defrag_place *place, struct ph_piece *out);

#endif
