/* Frames of every link type, and the packet found in them. Input: one byte of link type, the frame. */
#include <stdlib.h>

#include "net/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ph_frame frame = { 0 };
	struct ph_pkt pkt;
	struct ph_l3 l3;

	if (size == 0)
		return 0;
	frame = (struct ph_frame){ .data = data + 1, .len = (uint32_t)(size - 1), .wire_len = (uint32_t)(size - 1),
		                   .link = (enum ph_link)(data[0] % (PH_LINK_PPP + 2)) };
	if (!ph_frame_l3(&frame, &l3))
		return 0;
	if (l3.at > frame.len || l3.len != frame.len - l3.at || (l3.family != PH_IPV4 && l3.family != PH_IPV6) ||
	    l3.vlan < -1 || l3.vlan > 4095 || l3.ifindex < -1)
		abort();
	(void)!ph_pkt_parse(frame.data + l3.at, l3.len, &pkt);
	return 0;
}
