/* A message of the kernel's queue: whatever the bytes, a frame lies in them and can be read. */
#include <stdlib.h>
#include <string.h>

#include "io/nfq.h"

#define QUEUE 300               /* as the seeds have it */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *message = malloc(size ? size : 1);
	struct ph_queued q = { .id = 0 };
	volatile uint8_t sum = 0;
	struct ph_l3 l3;

	if (!message)
		return 0;
	memcpy(message, data, size);
	if (ph_nfq_parse(message, size, QUEUE, &q) == PH_NFQ_PACKET) {
		for (uint32_t i = 0; i < q.frame.len; i++)
			sum = (uint8_t)(sum + q.frame.data[i]);
		if (q.frame.len == 0 || q.frame.wire_len < q.frame.len || q.hook > PH_QUEUE_POSTROUTING)
			abort();
		(void)!ph_frame_l3(&q.frame, &l3);
	}
	free(message);
	return 0;
}
