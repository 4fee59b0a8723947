/* Addresses in the text of a payload. They end where the grammar ends, whatever follows. */
#ifndef PH_HELPER_ADDRESS_H
#define PH_HELPER_ADDRESS_H

#include <pinhole/net.h>
#include "base/cursor.h"

/* Takes an address of a family (PH_IPV4, PH_IPV6; RFC 4291 2.2) off the text. Leading zeros are decimal and as many as one
 * likes, as in the reference. False and nothing taken if there is none, if a letter or a dot that is no part of it follows, or
 * (IPv6) a colon. */
PH_MUST_CHECK bool ph_text_addr(struct ph_cur *c, uint8_t family, struct ph_addr *out);

#endif
