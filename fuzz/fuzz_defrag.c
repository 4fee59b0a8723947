/* Fragments of both families in any order. Every one must end somewhere, memory must stay in bounds, what is whole must
 * be a packet, and with time everything must go.
 *
 * Input: records of two bytes of length, one of time (tenths of a second since the one before), the fragment. Shorter ones
 * are completed by bytes that a search would take long to find: version, lengths, addresses, the IPv4 checksum. */
#include <stdlib.h>
#include <string.h>

#include "defrag/defrag.h"

#define MEMORY 65536u
#define FRAGMENT 2048u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool so)
{
	if (!so)
		abort();
}

static void check_books(const struct ph_defrag *defrag, uint64_t now_ms)
{
	struct ph_frag_stats stats;
	uint64_t sum;

	ph_defrag_stats(defrag, now_ms, &stats);
	sum = stats.joined + stats.passed + stats.waiting;
	for (size_t i = 0; i < PH_FRAG_CAUSES; i++)
		sum += stats.discarded[i];
	check(sum == stats.seen);
	check(ph_defrag_memory(defrag, PH_IPV4) <= MEMORY && ph_defrag_memory(defrag, PH_IPV6) <= MEMORY);
}

static void check_whole(const struct ph_datagram *whole, uint8_t family)
{
	struct ph_pkt pkt;

	check(whole->n_fragments > 0 && whole->ip[0] >> 4 == family);
	if (family == PH_IPV4) {
		check(ph_pkt_parse(whole->ip, whole->len, &pkt) == PH_PKT_OK && pkt.len == whole->len && !pkt.is_frag);
		return;
	}
	check((uint32_t)(whole->ip[4] << 8 | whole->ip[5]) == whole->len - 40);
	(void)!ph_pkt_parse_quoted(PH_IPV6, whole->ip, whole->len, &pkt);
}

/* Makes a header that the stack would let pass. */
static void complete(uint8_t *ip, uint32_t len)
{
	uint16_t sum;

	if (ip[0] >> 4 == PH_IPV6 && len >= 40) {
		ip[4] = (uint8_t)((len - 40) >> 8);
		ip[5] = (uint8_t)(len - 40);
		memset(ip + 8, 0x20, 32);
		return;
	}
	if (len < 20)
		return;
	ip[0] = (uint8_t)(0x40 | (ip[0] & 15));
	if ((ip[0] & 15u) * 4 < 20 || (ip[0] & 15u) * 4 > len)
		ip[0] = 0x45;
	ip[2] = (uint8_t)(len >> 8);
	ip[3] = (uint8_t)len;
	ip[4] = 0;
	ip[5] &= 3;
	memset(ip + 12, 10, 8);
	ip[10] = ip[11] = 0;
	sum = ph_sum_fold(ph_sum_add(0, ip, (ip[0] & 15u) * 4));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static void one(struct ph_defrag *defrag, const uint8_t *at, uint32_t len, uint64_t now_ms)
{
	const struct ph_defrag_place place = { .now_ms = now_ms };
	/* A piece of memory of its own, so that reading past its end is seen. */
	uint8_t *ip = malloc(len ? len : 1);
	struct ph_datagram whole;
	struct ph_pkt pkt;

	check(ip);
	memcpy(ip, at, len);
	if (len)
		complete(ip, len);
	if (ph_pkt_parse(ip, len, &pkt) == PH_PKT_OK && ph_defrag_put(defrag, &pkt, &place, &whole) == PH_DEFRAG_WHOLE)
		check_whole(&whole, pkt.family);
	free(ip);
	check_books(defrag, now_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ph_defrag_config config = { .limits = { { 30, MEMORY }, { 60, MEMORY } }, .max_distance = 4 };
	struct ph_defrag *defrag = ph_defrag_new(&config);
	struct ph_cur c = ph_cur_of(data, size), fragment;
	uint64_t now_ms = 0;
	uint16_t len;
	uint8_t tenths;

	check(defrag);
	while (ph_cur_u16(&c, &len) && ph_cur_u8(&c, &tenths) && ph_cur_sub(&c, len % FRAGMENT, &fragment)) {
		now_ms += tenths * 100u;
		one(defrag, fragment.at, len % FRAGMENT, now_ms);
	}
	ph_defrag_advance(defrag, now_ms + 60000);
	check(ph_defrag_memory(defrag, PH_IPV4) == 0 && ph_defrag_memory(defrag, PH_IPV6) == 0);
	check_books(defrag, now_ms + 60000);
	ph_defrag_free(defrag);
	return 0;
}
