/* The whole packet path: any packets, in any order and time, through reassembly, rules, tracking, helpers and expectations.
 *
 * Input: records of a control byte, a length of two bytes, and that many bytes of an IP packet. Control: bits 0 and 1 say where it came
 * in (eth0, eth1, by route, as a kernel says), bits 2 to 7 how much later. What a kernel places is refused by REJECT, and the answer must be
 * right. IPv4 header checksums are mended and the others not looked at, so that changed bytes get past the door. Seeds are the golden captures: tools/engine-seeds. */
#include <pinhole/engine.h>
#include "net/packet.h"

#include <stdio.h>
#include <stdlib.h>

#define PACKET_MAX 4096

/* Of packets that are marked so: TCP gets a reset, the others an error. */
#define REFUSE(program, chain) \
	program " -I " chain " -m mark --mark 0x5a0000/0xff0000 -j REJECT\n" \
	program " -I " chain " -p tcp -m mark --mark 0x5a0000/0xff0000 -j REJECT --reject-with tcp-reset\n"

static const char policy_text[] =
	"ip addr add 10.0.0.254/8 dev eth0\nip addr add 192.168.0.254/16 dev eth1\n"
	"ip addr add 127.0.0.1/8 dev lo\nip -6 addr add 2001:db8::fe/32 dev eth0\nip route add default via 192.168.0.1 dev eth1\nip -6 route add default dev eth1\n"
	"sysctl -w net.netfilter.nf_conntrack_checksum=0 net.netfilter.nf_conntrack_max=64 net.netfilter.nf_conntrack_expect_max=16\n"
	"sysctl -w net.netfilter.nf_conntrack_helper=1 net.netfilter.nf_conntrack_acct=1 net.ipv4.ipfrag_low_thresh=32768 net.ipv4.ipfrag_high_thresh=65536\n"
	"sysctl -w net.netfilter.nf_conntrack_frag6_low_thresh=32768 net.netfilter.nf_conntrack_frag6_high_thresh=65536\n"
	"modprobe nf_conntrack_ftp loose=1\n"
	"iptables -t raw -A PREROUTING -p udp --dport 9999 -j CT --zone-orig 3\n"
	"iptables -t mangle -A PREROUTING -m conntrack --ctstate INVALID -j MARK --set-mark 1\n"
	"iptables -t mangle -A FORWARD -j CONNMARK --set-xmark 0x1/0xff\n"
	"iptables -A FORWARD -m conntrack --ctstate RELATED -m helper --helper ftp -p tcp --dport 1024: -j ACCEPT\n"
	"iptables -A FORWARD -m conntrack --ctstate NEW -m limit --limit 1000/second -j ACCEPT\n"
	"iptables -A FORWARD -p tcp --tcp-option 5 -j ACCEPT\n"
	"ipset create seen hash:ip,port maxelem 32\nipset create nets hash:net\nipset add nets 10.0.0.0/8\n"
	"iptables -t mangle -A PREROUTING -m set --match-set nets src -j SET --add-set seen src,dst\n"
	"iptables -t mangle -A PREROUTING -m u32 --u32 '0>>22&0x3C@0=0x1:0xffff&&12=0' -m recent --name r --set -j MARK --set-mark 2\n"
	"iptables -t mangle -A PREROUTING -m string --algo bm --string PORT -j MARK --or-mark 4\n"
	"iptables -t mangle -A PREROUTING -m string --algo kmp --hex-string '|0d0a|x' --from 20 -j TTL --ttl-dec 1\n"
	"iptables -t mangle -A PREROUTING -m hashlimit --hashlimit-upto 2/sec --hashlimit-name h --hashlimit-mode srcip,dstport -j DSCP --set-dscp 3\n"
	"iptables -t mangle -A PREROUTING -p tcp -m tcpmss --mss 1:1400 -m connlimit --connlimit-above 2 -j TOS --set-tos 4\n"
	"iptables -t mangle -A PREROUTING -p sctp -m sctp --chunk-types any INIT,DATA:Be -j MARK --or-mark 8\n"
	"iptables -t mangle -A PREROUTING -p dccp -m dccp --dccp-option 3 -j MARK --or-mark 16\n"
	"iptables -t mangle -A PREROUTING -p tcp -m recent --name r --rcheck --seconds 5 --hitcount 2 --rttl -m length --length 1:200 -j ECN --ecn-tcp-remove\n"
	"iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to 10.0.0.1\n"
	"ip6tables -t mangle -A PREROUTING -m hbh --hbh-opts 1:2,5 -j MARK --set-mark 1\n"
	"ip6tables -t mangle -A PREROUTING -m dst --dst-opts 1:2,5 -m ipv6header --header hop,route --soft -j MARK --set-mark 2\n"
	"ip6tables -t mangle -A PREROUTING -m rt --rt-type 0 --rt-0-addrs 2001:db8::1 --rt-0-not-strict -m frag --fragmore -j MARK --set-mark 4\n"
	"ip6tables -t mangle -A PREROUTING -p mh --mh-type 1:3 -j HL --hl-dec 1\n"
	REFUSE("iptables", "INPUT") REFUSE("iptables", "FORWARD") REFUSE("iptables", "OUTPUT")
	REFUSE("ip6tables", "INPUT") REFUSE("ip6tables", "FORWARD") REFUSE("ip6tables", "OUTPUT")
	"ip6tables -A FORWARD -p icmpv6 --icmpv6-type echo-request -j ACCEPT\n"
	"ip6tables -A FORWARD -m conntrack --ctstate INVALID -j DROP\n";

static void ignore(void *arg, const struct ph_event *event)
{
	uint64_t *sum = arg;

	/* Every byte an event shows must be there. */
	for (uint32_t i = 0; i < event->text_len; i++)
		*sum += event->text[i];
	if (event->expect)
		*sum += event->expect->id + event->expect->master_id;
	if (event->conn)
		*sum += event->conn->id;
}

static void count_given_up(void *arg, uint64_t datagram)
{
	uint64_t *sum = arg;

	*sum += datagram;
}

static struct ph_policy *make_policy(void)
{
	const struct ph_policy_source source = { .name = "fuzz", .lenient = true };
	struct ph_policy *policy = ph_policy_new();
	struct ph_diags *diags = ph_diags_new();

	if (!policy || !diags)
		abort();
	if (ph_policy_load(policy, &source, policy_text, sizeof(policy_text) - 1, diags) != PH_OK ||
	    ph_policy_finish(policy, diags) != PH_OK) {
		for (size_t i = 0; i < ph_diags_count(diags); i++)
			fprintf(stderr, "fuzz_engine: %u:%u: %s\n", ph_diags_get(diags, i)->line, ph_diags_get(diags, i)->column,
			        ph_diags_get(diags, i)->text);
		abort();
	}
	ph_diags_free(diags);
	return policy;
}

/* As a kernel hands it over; the number says where from, and what it says of it. */
static void place(struct ph_packet_in *in, unsigned number)
{
	in->place = PH_PLACE_INPUT + number % 3;
	in->iface = in->place == PH_PLACE_INPUT ? 2 : number & 1;
	in->out_iface = in->place == PH_PLACE_OUTPUT ? 2 : number & 1;
	in->looped = in->iface == 2;
	in->hop_taken = number & 4;
	in->vouched = number & 8;
	in->has_owner = number & 16;
	in->mark = number & 32 ? 0 : 0x5a0000;
}

/* What the engine sends must be a packet whose checksums are right. */
static void check_answer(const struct ph_packet_out *out)
{
	struct ph_pkt pkt;

	if (!out->answer)
		return;
	if (out->verdict != PH_DROP || ph_pkt_parse(out->answer, out->answer_len, &pkt) != PH_PKT_OK || pkt.len != out->answer_len ||
	    !ph_pkt_checksum_ok(&pkt))
		abort();
}

/* Milliseconds that six bits stand for: none, a few, seconds, hours, and the end of time. */
static uint64_t step_of(unsigned bits)
{
	return bits < 32 ? bits : bits < 63 ? (uint64_t)(bits - 31) * (bits - 31) * 1000 : UINT64_MAX / 2;
}

static bool next_packet(struct ph_cur *c, uint8_t *control, struct ph_cur *packet)
{
	uint16_t len;

	return ph_cur_u8(c, control) && ph_cur_u16(c, &len) && len <= PACKET_MAX &&
	       ph_cur_sub(c, len < ph_cur_left(c) ? len : ph_cur_left(c), packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ph_policy *policy;
	uint64_t sum = 0, now_ms = 1000;
	const struct ph_engine_config config = { .answers = true, .on_event = ignore, .on_given_up = count_given_up, .arg = &sum };
	struct ph_cur c = ph_cur_of(data, size), packet;
	struct ph_engine_stats stats;
	struct ph_engine *engine;
	uint8_t control;

	if (!policy)
		policy = make_policy();
	engine = ph_engine_new(policy, &config);
	if (!engine)
		abort();
	while (next_packet(&c, &control, &packet)) {
		uint32_t len = (uint32_t)ph_cur_left(&packet);
		uint8_t *copy = malloc(len ? len : 1);
		struct ph_packet_in in = { .iface = (control & 3) < 2 ? control & 3 : PH_IFACE_ROUTE };
		struct ph_packet_out out;

		if (!copy)
			abort();
		if (len)
			memcpy(copy, packet.at, len);
		now_ms += step_of(control >> 2);
		in.frame = (struct ph_frame){ .data = copy, .len = len, .wire_len = len, .link = PH_LINK_RAW, .time_ms = now_ms };
		(void)ph_packet_mend(copy, len, len, PH_MEND_IPSUM);
		if ((control & 3) == 3)
			place(&in, (unsigned)(control >> 2) * 7 + len);
		ph_engine_process(engine, &in, &out, 1);
		check_answer(&out);
		free(copy);
	}
	ph_engine_stats(engine, &stats);
	if (stats.conns > 2 * 64 || stats.expects > 16)
		abort();
	ph_engine_advance(engine, UINT64_MAX);
	ph_engine_free(engine);
	return 0;
}
