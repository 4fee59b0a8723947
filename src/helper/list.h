/* All helpers, a line each, in the order `pinhole helpers` shows them. The place in the list is part of a helper's
 * number; a new one goes to the end. */
#ifndef PH_HELPER_LIST_H
#define PH_HELPER_LIST_H

#include "helper/helper.h"

#define PH_HELPER_LIST(X) \
	X(ph_helper_ftp) \
	X(ph_helper_irc) \
	X(ph_helper_tftp) \
	X(ph_helper_sip) \
	X(ph_helper_ras) \
	X(ph_helper_q931) \
	X(ph_helper_h245) \
	X(ph_helper_pptp) \
	X(ph_helper_amanda) \
	X(ph_helper_sane) \
	X(ph_helper_netbios_ns) \
	X(ph_helper_snmp)

#define PH_HELPER_DECLARE(name) extern const struct ph_helper name;
PH_HELPER_LIST(PH_HELPER_DECLARE)
#undef PH_HELPER_DECLARE

#endif
