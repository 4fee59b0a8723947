/* -j TRACE: the kernel logs every rule the packet meets from here on. A replay tells that by --explain. */
#include "rule/target/simple.h"

const struct ph_ext ph_target_trace = {
	.name = "TRACE", .what = "log each rule the packet meets", .kind = PH_EXT_TARGET, .families = PH_FAMILY_ANY,
	.tables = 1 << PH_TABLE_RAW, PH_SAYS(PH_TARGET_CONTINUE), .target = ph_target_continue,
};
