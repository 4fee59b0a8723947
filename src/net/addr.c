/* Addresses as text. */
#include <pinhole/net.h>

#include <arpa/inet.h>
#include <string.h>

const char *ph_addr_format(char out[PH_ADDR_TEXT], uint8_t family, const struct ph_addr *addr)
{
	/* Cannot fail: both families are known and the room is INET6_ADDRSTRLEN. */
	if (!inet_ntop(family == PH_IPV6 ? AF_INET6 : AF_INET, addr->b, out, PH_ADDR_TEXT))
		out[0] = '\0';
	return out;
}

bool ph_addr_parse(uint8_t family, const char *text, size_t len, struct ph_addr *out)
{
	char copy[PH_ADDR_TEXT];
	struct ph_addr addr = { { 0 } };

	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(family == PH_IPV6 ? AF_INET6 : AF_INET, copy, addr.b) != 1)
		return false;
	*out = addr;
	return true;
}
