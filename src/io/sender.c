/* Sends packets that are whole already, by raw sockets of both families. See <pinhole/queue.h>. */
#include <pinhole/queue.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ph_sender {
	int v4, v6;                     /* owned; v6 is -1 where the kernel has no IPv6 */
};

static bool open_v4(struct ph_sender *sender, struct ph_diags *diags)
{
	int on = 1;

	sender->v4 = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);
	if (sender->v4 >= 0 && setsockopt(sender->v4, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on)) == 0)
		return true;
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "answers cannot be sent: raw socket: %s%s", strerror(errno),
	             errno == EPERM ? "; run as root or with CAP_NET_RAW" : "");
	return false;
}

static bool open_v6(struct ph_sender *sender, struct ph_diags *diags)
{
	int on = 1;

	sender->v6 = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);
	if (sender->v6 < 0 && errno == EAFNOSUPPORT)
		return true;
	if (sender->v6 >= 0 && setsockopt(sender->v6, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on)) == 0)
		return true;
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "answers cannot be sent: raw socket of IPv6: %s", strerror(errno));
	return false;
}

struct ph_sender *ph_sender_open(struct ph_diags *diags)
{
	struct ph_sender *sender = malloc(sizeof(*sender));

	if (!sender) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s", ph_status_text(PH_NO_MEMORY));
		return NULL;
	}
	*sender = (struct ph_sender){ .v4 = -1, .v6 = -1 };
	if (open_v4(sender, diags) && open_v6(sender, diags))
		return sender;
	ph_sender_close(sender);
	return NULL;
}

void ph_sender_close(struct ph_sender *sender)
{
	if (!sender)
		return;
	if (sender->v4 >= 0)
		close(sender->v4);
	if (sender->v6 >= 0)
		close(sender->v6);
	free(sender);
}

bool ph_sender_send(struct ph_sender *sender, const uint8_t *ip, uint32_t len, uint32_t ifindex)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	ssize_t sent = -1;

	if (len >= sizeof(struct ip) && ip[0] >> 4 == 4) {
		memcpy(&to4.sin_addr, ip + offsetof(struct ip, ip_dst), sizeof(to4.sin_addr));
		sent = sendto(sender->v4, ip, len, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to4, sizeof(to4));
	} else if (len >= sizeof(struct ip6_hdr) && ip[0] >> 4 == 6) {
		memcpy(&to6.sin6_addr, ip + offsetof(struct ip6_hdr, ip6_dst), sizeof(to6.sin6_addr));
		/* RFC 4007 6: such an address means a host only together with its link. */
		if (IN6_IS_ADDR_LINKLOCAL(&to6.sin6_addr))
			to6.sin6_scope_id = ifindex;
		sent = sendto(sender->v6, ip, len, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&to6, sizeof(to6));
	}
	return sent == (ssize_t)len;
}
