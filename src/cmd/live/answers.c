/* Answers under way. Linux sends at most 1000 ICMP errors a second over all, 50 at once (the defaults of net.ipv4.icmp_msgs_per_sec and
 * icmp_msgs_burst); resets are as many as segments that ask for them. */
#include "cmd/live/answers.h"

#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

#define UNDER_WAY 512           /* a power of two; a send buffer of the default size takes some 256 before the first is seen */
#define KEPT 96                 /* bytes compared: headers, and what makes an answer its own */
#define ERRORS_A_SECOND 1000
#define ERRORS_AT_ONCE 50

struct sent {
	uint32_t len;           /* 0: nothing */
	uint8_t bytes[KEPT];
};

struct answers {
	struct sent sent[UNDER_WAY];
	size_t next, n;
	uint64_t tokens, last_ms;       /* in thousandths of an error */
};

struct answers *answers_new(void)
{
	struct answers *answers = cmd_alloc(1, sizeof(*answers));

	answers->tokens = ERRORS_AT_ONCE * 1000;
	return answers;
}

void answers_free(struct answers *answers)
{
	free(answers);
}

/* What the kernel may fill in on the way out is not compared: IPv4's identification and header checksum, IPv6's flow label. */
static void fingerprint(struct sent *sent, const uint8_t *ip, uint32_t len)
{
	*sent = (struct sent){ .len = len };
	memcpy(sent->bytes, ip, len < KEPT ? len : KEPT);
	if (ip[0] >> 4 == 4) {
		memset(sent->bytes + 4, 0, 2);
		memset(sent->bytes + 10, 0, 2);
	} else {
		memset(sent->bytes + 1, 0, 3);
	}
}

static bool is_error(const uint8_t *ip)
{
	return ip[0] >> 4 == 4 ? ip[9] == PH_PROTO_ICMP : ip[6] == PH_PROTO_ICMPV6;
}

static bool spend(struct answers *answers, uint64_t now_ms)
{
	uint64_t passed = now_ms > answers->last_ms ? now_ms - answers->last_ms : 0;

	if (passed > 1000)
		passed = 1000;
	answers->last_ms = now_ms;
	answers->tokens += passed * ERRORS_A_SECOND;
	if (answers->tokens > ERRORS_AT_ONCE * 1000)
		answers->tokens = ERRORS_AT_ONCE * 1000;
	if (answers->tokens < 1000)
		return false;
	answers->tokens -= 1000;
	return true;
}

bool answers_send(struct answers *answers, struct ph_sender *sender, const struct answer *answer, uint64_t now_ms)
{
	struct sent *sent = &answers->sent[answers->next % UNDER_WAY];
	const uint8_t *ip = answer->ip;
	uint32_t len = answer->len;

	if (len < 20 || (is_error(ip) && !spend(answers, now_ms)))
		return false;
	if (!ph_sender_send(sender, ip, len, answer->ifindex))
		return false;
	if (!sent->len)
		answers->n++;
	fingerprint(sent, ip, len);
	answers->next++;
	return true;
}

bool answers_know(struct answers *answers, const uint8_t *ip, uint32_t len)
{
	struct sent seen;
	size_t left = answers->n, at = answers->next - answers->n;

	if (!left || len < 20)
		return false;
	fingerprint(&seen, ip, len);
	/* They come in the order in which they were sent. */
	for (size_t tried = 0; tried < UNDER_WAY && left > 0; tried++) {
		struct sent *sent = &answers->sent[(at + tried) % UNDER_WAY];

		left -= sent->len != 0;
		if (sent->len != len || memcmp(sent, &seen, sizeof(seen)) != 0)
			continue;
		sent->len = 0;
		answers->n--;
		return true;
	}
	return false;
}
