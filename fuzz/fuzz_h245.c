/* The H.245 helper; fuzz/helper.h has the form of the input. */
#include "helper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_helper(&ph_helper_h245, data, size);
	return 0;
}
