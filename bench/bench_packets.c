/* Packets and connections per second through the whole path: frame, checksum, raw rules, tracking, routing, filter rules,
 * helper, confirmation; with the rules of docs/examples/ftp.policy and two more that let UDP through. From memory, one core.
 *
 * Absolute numbers depend on the machine; each line therefore also says how many times the cost of reading the packet's
 * headers alone (ph_packet_brief on the same frames, measured in the same run) a packet costs. The program fails if any
 * packet made the engine allocate. */
#include <pinhole/engine.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	BATCH = 32,
	FLOWS = 1000000,
	FRAME = 64,             /* bytes on the wire without the check sequence's four */
	ROUNDS_ONE = 20000000,
};

/* --- allocations are counted by standing in front of the C library's --- */

static unsigned long n_allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

__attribute__((visibility("default"))) void *malloc(size_t size)
{
	n_allocations++;
	return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t n, size_t size)
{
	n_allocations++;
	return __libc_calloc(n, size);
}

__attribute__((visibility("default"))) void *realloc(void *p, size_t size)
{
	n_allocations++;
	return __libc_realloc(p, size);
}

/* --- frames --- */

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t sum16(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* One UDP frame of a flow from a client to the server, or back; a valid checksum, 18 bytes of data. */
static void make_frame(uint8_t frame[FRAME], unsigned flow, bool back)
{
	uint8_t *ip = frame + 14, *udp = ip + 20;
	const unsigned ip_len = FRAME - 14 - 4;
	uint8_t client[4] = { 10, 20, (uint8_t)(flow >> 16 & 0x0f), (uint8_t)(2 + (flow >> 8 & 0x7f)) };
	const uint8_t server[4] = { 10, 30, 0, 2 };
	unsigned port = 1024 + (flow & 0xff) + (flow >> 15 & 1) * 256 + (flow >> 20) * 512;

	memset(frame, 0, FRAME);
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, ip_len);
	ip[8] = 64;
	ip[9] = PH_PROTO_UDP;
	memcpy(ip + 12, back ? server : client, 4);
	memcpy(ip + 16, back ? client : server, 4);
	put16(ip + 10, sum16(ip, 20, 0));
	put16(udp, back ? 5000 : port);
	put16(udp + 2, back ? port : 5000);
	put16(udp + 4, ip_len - 20);
	put16(udp + 6, sum16(ip + 12, ip_len - 12, PH_PROTO_UDP + (ip_len - 20)));
}

static void point_at(struct ph_packet_in *in, const uint8_t *frame, bool back, uint64_t time_ms)
{
	*in = (struct ph_packet_in){
		.frame = { .data = frame, .len = FRAME - 4, .wire_len = FRAME - 4, .link = PH_LINK_ETHERNET, .time_ms = time_ms },
		.iface = back ? 1 : 0,
	};
}

/* --- the policy --- */

static const char more_rules[] =
	"ip addr add 10.20.15.1/20 dev eth0\n"
	"sysctl -w net.netfilter.nf_conntrack_max=1200000\n"
	"sysctl -w net.netfilter.nf_conntrack_udp_timeout=3600\n"
	"iptables -t raw -F\n"
	"iptables -A PREROUTING -t raw -p tcp --dport 21 -d 10.30.0.2 -j CT --helper ftp\n"
	"iptables -A FORWARD -i eth0 -p udp -m conntrack --ctstate NEW -j ACCEPT\n";

static void load(struct ph_policy *policy, const char *name, const char *text, size_t len)
{
	const struct ph_policy_source source = { .name = name };
	struct ph_diags *diags = ph_diags_new();

	if (!diags || ph_policy_load(policy, &source, text, len, diags) != PH_OK) {
		const struct ph_diag *d = diags ? ph_diags_get(diags, 0) : NULL;

		fprintf(stderr, "bench: %s:%u: %s\n", name, d ? d->line : 0, d ? d->text : "out of memory");
		exit(1);
	}
	ph_diags_free(diags);
}

static struct ph_engine *make_engine(struct ph_policy *policy)
{
	const struct ph_engine_config config = { .hash_key = { 0x1234, 0x5678 } };
	struct ph_diags *diags = ph_diags_new();
	static char text[65536];
	size_t len;
	FILE *f = fopen("docs/examples/ftp.policy", "r");

	if (!f || !diags) {
		fprintf(stderr, "bench: docs/examples/ftp.policy cannot be read (run from the root of the repository)\n");
		exit(1);
	}
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	load(policy, "docs/examples/ftp.policy", text, len);
	load(policy, "bench", more_rules, sizeof(more_rules) - 1);
	if (ph_policy_finish(policy, diags) != PH_OK)
		exit(1);
	ph_diags_free(diags);
	return ph_engine_new(policy, &config);
}

/* --- measuring --- */

static long resident_kb(void)
{
	long kb = 0;
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

static uint64_t clock_ms = 1000;
static unsigned long n_refused, n_engine_allocations;

static void run(struct ph_engine *engine, const uint8_t (*frames)[FRAME], const uint32_t *which, size_t n, int back)
{
	unsigned long before = n_allocations;
	struct ph_packet_in in[BATCH];
	struct ph_packet_out out[BATCH];

	for (size_t at = 0; at < n; at += BATCH) {
		size_t count = n - at < BATCH ? n - at : BATCH;

		for (size_t i = 0; i < count; i++) {
			uint32_t f = which ? which[at + i] : (uint32_t)((at + i) & 1);
			bool is_back = back == 2 ? (f & 1) != 0 : back != 0;

			point_at(&in[i], frames[f], is_back, clock_ms);
		}
		ph_engine_process(engine, in, out, count);
		for (size_t i = 0; i < count; i++)
			n_refused += out[i].fate != PH_FATE_FORWARDED;
	}
	n_engine_allocations += n_allocations - before;
}

static double brief_rate(const uint8_t (*frames)[FRAME], const uint32_t *which, size_t n)
{
	struct ph_brief brief;
	double start = now_s();
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (ph_packet_brief(frames[which ? which[i] : i & 1] + 14, FRAME - 18, &brief))
			sum += brief.sport;
	}
	__asm__ volatile("" : : "r"(sum));
	return (double)n / (now_s() - start);
}

static void report(const char *what, double rate, double yardstick)
{
	printf("%-44s %8.2f M/s  %6.1f x reading the headers\n", what, rate / 1e6, yardstick / rate);
}

static void shuffle(uint32_t *order, size_t n)
{
	uint64_t seed = 88172645463325252ull;

	for (size_t i = n; i-- > 1;) {
		size_t j;
		uint32_t t = order[i];

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		j = seed % (i + 1);
		order[i] = order[j];
		order[j] = t;
	}
}

static void bench_one_flow(struct ph_engine *engine)
{
	static uint8_t two[2][FRAME];
	double start;

	make_frame(two[0], 5, false);
	make_frame(two[1], 5, true);
	run(engine, two, NULL, 1000, 2);
	start = now_s();
	run(engine, two, NULL, ROUNDS_ONE, 2);
	report("established, 1 flow", ROUNDS_ONE / (now_s() - start), brief_rate(two, NULL, ROUNDS_ONE));
}

static void bench_many_flows(struct ph_engine *engine)
{
	uint8_t (*frames)[FRAME] = malloc((size_t)FLOWS * FRAME);
	uint32_t *order = malloc(FLOWS * sizeof(*order));
	struct ph_engine_stats stats;
	double start, yard;
	long kb;

	if (!frames || !order)
		exit(1);
	for (uint32_t i = 0; i < FLOWS; i++) {
		make_frame(frames[i], i, false);
		order[i] = i;
	}
	shuffle(order, FLOWS);
	yard = brief_rate((const uint8_t (*)[FRAME])frames, order, FLOWS);
	kb = resident_kb();
	start = now_s();
	run(engine, (const uint8_t (*)[FRAME])frames, order, FLOWS, 0);
	report("new connections, up to 1 M", FLOWS / (now_s() - start), yard);
	ph_engine_stats(engine, &stats);
	printf("%-44s %8.0f bytes each, index and timers included (%llu alive)\n", "memory of a connection",
	       (double)(resident_kb() - kb) * 1024 / FLOWS, (unsigned long long)stats.conns);

	for (uint32_t i = 0; i < FLOWS; i++)
		make_frame(frames[i], i, true);
	run(engine, (const uint8_t (*)[FRAME])frames, order, FLOWS, 1);
	shuffle(order, FLOWS);
	start = now_s();
	run(engine, (const uint8_t (*)[FRAME])frames, order, FLOWS, 1);
	report("established, 1 M flows in random order", FLOWS / (now_s() - start), yard);
	free(frames);
	free(order);
}

int main(void)
{
	struct ph_policy *policy = ph_policy_new();
	struct ph_engine *engine = policy ? make_engine(policy) : NULL;

	if (!engine)
		return 1;
	printf("pinhole %s, 64-byte UDP frames, one core, rules of docs/examples/ftp.policy\n", ph_version());
	bench_one_flow(engine);
	bench_many_flows(engine);
	printf("%-44s %8lu\n", "allocations while packets ran", n_engine_allocations);
	if (n_refused || n_engine_allocations) {
		fprintf(stderr, "bench: %lu packets were not forwarded, %lu allocations\n", n_refused, n_engine_allocations);
		return 1;
	}
	ph_engine_free(engine);
	ph_policy_free(policy);
	return 0;
}
