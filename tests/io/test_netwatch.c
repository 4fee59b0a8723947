/* Messages of rtnetlink, made by hand from rtnetlink(7): what is taken from them, and that no byte behind their end is read.
 *
 * With the argument "probe" it asks the running machine, for scripts that compare it with the machine's own answers; a command a line:
 *   dump                     reads everything anew: "LINKS ADDRS ROUTES LEFT_OUT OTHER_RULES"
 *   poll                     "changed" or "same"
 *   get ADDRESS [IFACE]      "TYPE DEV VIA [DEV VIA ...]", all next hops, - for none; bound to an interface: the first
 *   reverse ADDRESS IFACE    "yes" or "no" of rp_filter strict, loose and off, and of the match rpfilter
 *   mask ADDRESS IFACE       the netmask for which it is the broadcast address, or "-"
 *   iface NUMBER             the name of the interface with the kernel's number, or "-" */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "io/netknown.h"
#include "route/reverse.h"
#include "rule/policy.h"
#include "support/support.h"

static const char *const types[] = { "none", "unicast", "local", "broadcast", "multicast", "blackhole", "unreachable", "prohibit",
                                     "anycast" };

/* --- the probe --- */

struct machine {
	struct ph_netwatch *watch;
	struct ph_policy *policy;
	struct ph_diags *diags;
	struct ph_topology *next;
	unsigned links, addrs, routes;
	enum ph_status status;
};

static void on_link(void *arg, const struct ph_net_link *link)
{
	struct machine *m = arg;

	m->links++;
	m->status = m->status == PH_OK ? ph_topology_link(m->next, link) : m->status;
}

static void on_addr(void *arg, const struct ph_net_addr *addr)
{
	struct machine *m = arg;

	m->addrs++;
	m->status = m->status == PH_OK ? ph_topology_addr(m->next, addr) : m->status;
}

static void on_route(void *arg, const struct ph_net_route *route)
{
	struct machine *m = arg;

	m->routes++;
	m->status = m->status == PH_OK ? ph_topology_route(m->next, route) : m->status;
}

static void dump(struct machine *m, FILE *out)
{
	const struct ph_net_sink sink = { on_link, on_addr, on_route, m };
	bool other = false;

	m->links = m->addrs = m->routes = 0;
	m->next = ph_topology_new();
	m->status = PH_OK;
	if (!m->next || ph_netwatch_dump(m->watch, &sink, &other, m->diags) != PH_OK || m->status != PH_OK ||
	    ph_policy_set_topology(m->policy, m->next) != PH_OK) {
		fprintf(out, "failed %d\n", (int)m->status);
		ph_topology_free(m->next);
		return;
	}
	fprintf(out, "%u %u %u %u %d\n", m->links, m->addrs, m->routes, (unsigned)ph_topology_left_out(m->next), other);
}

static uint8_t read_addr(const char *text, struct ph_addr *addr)
{
	uint8_t family = strchr(text, ':') ? PH_IPV6 : PH_IPV4;

	return ph_addr_parse(family, text, strlen(text), addr) ? family : 0;
}

static void get(const struct ph_route *route, const char *text, const char *iface, FILE *out)
{
	static const struct ph_addr zero;
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	struct ph_addr addr;
	uint8_t family = read_addr(text, &addr);
	char via[PH_ADDR_TEXT];
	size_t n = 1;

	if (*iface)
		ph_route_lookup_by(route, family, &addr, ph_route_iface_find(route, iface), leg);
	else
		n = ph_route_legs(route, family, &addr, leg);
	fprintf(out, "%s", n > 0 ? types[leg[0].type] : "none");
	for (size_t i = 0; i < n; i++) {
		const struct ph_ifname *name = leg[i].iface >= 0 ? ph_route_iface_name(route, (size_t)leg[i].iface) : NULL;

		fprintf(out, " %s %s", name ? name->name : "-",
		        memcmp(&leg[i].via, &zero, sizeof(zero)) == 0 ? "-" : ph_addr_format(via, family, &leg[i].via));
	}
	fprintf(out, "\n");
}

static void reverse(const struct ph_route *route, const char *text, const char *iface, FILE *out)
{
	static const struct ph_addr dst;
	struct ph_addr addr;
	struct ph_reverse_in in = {
		.family = read_addr(text, &addr), .src = &addr, .dst = &dst, .iface = ph_route_iface_find(route, iface),
	};
	struct ph_reverse_out answer[4];

	for (unsigned i = 0; i < 3; i++) {
		in.strict = i == 0;
		in.loose = i == 1;
		ph_reverse_filter(route, &in, &answer[i]);
	}
	in.loose = in.strict = false;
	ph_reverse_match(route, &in, &answer[3]);
	for (unsigned i = 0; i < 4; i++)
		fprintf(out, "%s%c", ph_reverse_holds(answer[i].why) ? "yes" : "no", i < 3 ? ' ' : '\n');
}

static void mask(const struct ph_route *route, const char *text, const char *iface, FILE *out)
{
	struct ph_addr addr, netmask;
	char name[PH_ADDR_TEXT];

	if (read_addr(text, &addr) == PH_IPV4 && ph_route_broadcast_mask(route, ph_route_iface_find(route, iface), &addr, &netmask))
		fprintf(out, "%s\n", ph_addr_format(name, PH_IPV4, &netmask));
	else
		fprintf(out, "-\n");
}

static void obey(struct machine *m, const char *line, FILE *out)
{
	char verb[16] = "", a[64] = "", b[64] = "";
	const char *name;

	if (sscanf(line, "%15s %63s %63s", verb, a, b) < 1)
		return;
	if (strcmp(verb, "dump") == 0) {
		dump(m, out);
	} else if (strcmp(verb, "poll") == 0) {
		fprintf(out, "%s\n", ph_netwatch_poll(m->watch) ? "changed" : "same");
	} else if (strcmp(verb, "get") == 0) {
		get(m->policy->route, a, b, out);
	} else if (strcmp(verb, "reverse") == 0) {
		reverse(m->policy->route, a, b, out);
	} else if (strcmp(verb, "mask") == 0) {
		mask(m->policy->route, a, b, out);
	} else if (strcmp(verb, "iface") == 0) {
		int index = ph_topology_iface(ph_policy_topology(m->policy), (uint32_t)strtoul(a, NULL, 10));

		name = index >= 0 ? ph_policy_iface_name(m->policy, (size_t)index) : NULL;
		fprintf(out, "%s\n", name ? name : "-");
	}
	fflush(out);
}

static int probe(FILE *in, FILE *out)
{
	struct machine m = { .policy = ph_policy_new(), .diags = ph_diags_new() };
	char line[256];

	m.watch = ph_netwatch_open(m.diags);
	while (m.watch && fgets(line, sizeof(line), in))
		obey(&m, line, out);
	for (size_t i = 0; i < ph_diags_count(m.diags); i++)
		fprintf(out, "%s\n", ph_diags_get(m.diags, i)->text);
	ph_netwatch_close(m.watch);
	ph_policy_free(m.policy);
	ph_diags_free(m.diags);
	return m.watch ? 0 : 1;
}

/* --- messages by hand --- */

struct bytes {
	uint8_t at[8192];
	size_t len;
};

static void put(struct bytes *b, const void *data, size_t len)
{
	memcpy(b->at + b->len, data, len);
	b->len += len;
	while (b->len % 4 != 0)
		b->at[b->len++] = 0;
}

static void put_attr(struct bytes *b, uint16_t type, const void *data, size_t len)
{
	const struct rtattr head = { .rta_len = (unsigned short)(sizeof(head) + len), .rta_type = type };

	put(b, &head, sizeof(head));
	put(b, data, len);
}

static void put_u32(struct bytes *b, uint16_t type, uint32_t value)
{
	put_attr(b, type, &value, sizeof(value));
}

static void put_text_addr(struct bytes *b, uint16_t type, const char *text)
{
	struct ph_addr addr;
	uint8_t family = read_addr(text, &addr);

	put_attr(b, type, addr.b, family == PH_IPV6 ? 16 : 4);
}

static void put_leg(struct bytes *b, int ifindex, uint8_t flags, const char *via)
{
	struct bytes inner = { .len = 0 };
	struct rtnexthop head = { .rtnh_ifindex = ifindex, .rtnh_flags = flags };

	if (via)
		put_text_addr(&inner, RTA_GATEWAY, via);
	head.rtnh_len = (unsigned short)(sizeof(head) + inner.len);
	put(b, &head, sizeof(head));
	put(b, inner.at, inner.len);
}

static struct ph_cur body_of(const struct bytes *b)
{
	return ph_cur_of(b->at, b->len);
}

static struct bytes link_message(int ifindex, unsigned flags, const char *name)
{
	const struct ifinfomsg head = { .ifi_index = ifindex, .ifi_flags = flags };
	struct bytes b = { .len = 0 };

	put(&b, &head, sizeof(head));
	put_u32(&b, IFLA_MTU, 1500);
	put_attr(&b, IFLA_IFNAME, name, strlen(name) + 1);
	return b;
}

static struct bytes route_message(uint8_t family, uint8_t len, uint8_t type)
{
	const struct rtmsg head = {
		.rtm_family = family, .rtm_dst_len = len, .rtm_table = RT_TABLE_MAIN, .rtm_type = type, .rtm_protocol = RTPROT_BOOT,
	};
	struct bytes b = { .len = 0 };

	put(&b, &head, sizeof(head));
	return b;
}

static struct rtmsg *route_head(struct bytes *b)
{
	return (struct rtmsg *)(void *)b->at;
}

static void test_link_is_read_with_name_and_state(void **state)
{
	struct bytes b = link_message(7, IFF_UP | IFF_LOWER_UP, "fifteen-letters");
	struct ph_nl_link link;

	assert_true(ph_nl_link(body_of(&b), &link));
	assert_string_equal(link.link.name, "fifteen-letters");
	assert_int_equal(link.link.ifindex, 7);
	assert_true(link.link.up && link.carrier && !link.link.loopback);
	b = link_message(1, IFF_LOOPBACK, "lo");
	assert_true(ph_nl_link(body_of(&b), &link));
	assert_true(!link.link.up && !link.carrier && link.link.loopback);
}

static void test_link_without_a_good_name_is_none(void **state)
{
	struct bytes b = link_message(7, 0, "sixteen-letters!");
	struct ph_nl_link link;

	assert_false(ph_nl_link(body_of(&b), &link));
	b = link_message(7, 0, "");
	assert_false(ph_nl_link(body_of(&b), &link));
	b = link_message(0, 0, "eth0");
	assert_false(ph_nl_link(body_of(&b), &link));
	b = link_message(7, 0, "eth0");
	b.at[0] = AF_BRIDGE;
	assert_false(ph_nl_link(body_of(&b), &link));
}

static void test_addr_with_a_peer_is_the_local_one(void **state)
{
	const struct ifaddrmsg head = { .ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 3, .ifa_flags = IFA_F_SECONDARY };
	struct bytes b = { .len = 0 };
	struct ph_net_addr addr;
	char text[PH_ADDR_TEXT];

	put(&b, &head, sizeof(head));
	put_text_addr(&b, IFA_ADDRESS, "10.3.0.2");
	put_text_addr(&b, IFA_LOCAL, "10.3.0.1");
	put_text_addr(&b, IFA_BROADCAST, "10.3.0.255");
	assert_true(ph_nl_addr(body_of(&b), &addr));
	assert_string_equal(ph_addr_format(text, PH_IPV4, &addr.addr), "10.3.0.1");
	assert_true(addr.has_broadcast && addr.secondary && !addr.deprecated && addr.ifindex == 3 && addr.prefix_len == 24);
	put_u32(&b, IFA_FLAGS, IFA_F_DEPRECATED | IFA_F_TENTATIVE);
	assert_true(ph_nl_addr(body_of(&b), &addr));
	assert_true(addr.deprecated && addr.tentative && !addr.secondary);
	put_text_addr(&b, IFA_LOCAL, "2001:db8::1");
	assert_false(ph_nl_addr(body_of(&b), &addr));
}

static void test_route_of_one_next_hop_is_read(void **state)
{
	struct bytes b = route_message(AF_INET6, 48, RTN_UNICAST);
	struct ph_net_route route;
	char text[PH_ADDR_TEXT];

	put_text_addr(&b, RTA_DST, "2001:db8:1::");
	put_u32(&b, RTA_TABLE, 1000);
	put_u32(&b, RTA_PRIORITY, 1024);
	put_text_addr(&b, RTA_GATEWAY, "fe80::1");
	put_u32(&b, RTA_OIF, 5);
	assert_true(ph_nl_route(body_of(&b), &route));
	assert_int_equal(route.family, PH_IPV6);
	assert_int_equal(route.table, 1000);
	assert_int_equal(route.metric, 1024);
	assert_int_equal(route.n_legs, 1);
	assert_int_equal(route.leg[0].ifindex, 5);
	assert_string_equal(ph_addr_format(text, PH_IPV6, &route.leg[0].via), "fe80::1");
	assert_true(route.leg[0].has_via && route.by_hand && !route.narrow);
	assert_false(ph_nl_route_matters(body_of(&b)));
}

static void test_route_that_is_cached_or_dead_is_none(void **state)
{
	struct bytes b = route_message(AF_INET, 24, RTN_UNICAST);
	struct ph_net_route route;

	put_u32(&b, RTA_OIF, 5);
	assert_true(ph_nl_route(body_of(&b), &route));
	assert_true(ph_nl_route_matters(body_of(&b)));
	route_head(&b)->rtm_flags = RTNH_F_DEAD;
	assert_false(ph_nl_route(body_of(&b), &route));
	assert_true(ph_nl_route_matters(body_of(&b)));
	route_head(&b)->rtm_flags = RTNH_F_LINKDOWN;
	assert_true(ph_nl_route(body_of(&b), &route));
	route_head(&b)->rtm_flags = RTM_F_CLONED;
	assert_false(ph_nl_route(body_of(&b), &route));
	assert_false(ph_nl_route_matters(body_of(&b)));
	route_head(&b)->rtm_flags = 0;
	route_head(&b)->rtm_tos = 16;
	assert_true(ph_nl_route(body_of(&b), &route) && route.narrow);
	route_head(&b)->rtm_dst_len = 33;
	assert_false(ph_nl_route(body_of(&b), &route));
}

static void test_route_multipath_leaves_out_the_dead_and_those_behind_sixteen(void **state)
{
	struct bytes b = route_message(AF_INET, 0, RTN_UNICAST), legs = { .len = 0 };
	struct ph_net_route route;

	put_leg(&legs, 2, RTNH_F_DEAD | RTNH_F_LINKDOWN, "10.0.0.2");
	put_leg(&legs, 3, RTNH_F_LINKDOWN, "10.0.0.3");
	put_leg(&legs, 4, 0, NULL);
	put_attr(&b, RTA_MULTIPATH | NLA_F_NESTED, legs.at, legs.len);
	assert_true(ph_nl_route(body_of(&b), &route));
	assert_int_equal(route.n_legs, 2);
	assert_true(route.leg[0].ifindex == 3 && route.leg[0].has_via && route.leg[1].ifindex == 4 && !route.leg[1].has_via);
	for (int i = 0; i < 20; i++)
		put_leg(&legs, 10 + i, 0, NULL);
	b = route_message(AF_INET, 0, RTN_UNICAST);
	put_attr(&b, RTA_MULTIPATH, legs.at, legs.len);
	assert_true(ph_nl_route(body_of(&b), &route));
	assert_int_equal(route.n_legs, PH_NET_LEGS);
}

static void test_route_that_leads_nowhere_has_no_next_hop(void **state)
{
	struct bytes b = route_message(AF_INET6, 48, RTN_BLACKHOLE);
	struct ph_net_route route;

	put_u32(&b, RTA_OIF, 1);
	assert_true(ph_nl_route(body_of(&b), &route));
	assert_int_equal(route.n_legs, 0);
	assert_int_equal(route.type, 6);
}

static struct bytes rule_message(uint32_t priority, uint8_t table)
{
	const struct fib_rule_hdr head = { .family = AF_INET, .table = table, .action = FR_ACT_TO_TBL };
	struct bytes b = { .len = 0 };

	put(&b, &head, sizeof(head));
	put_u32(&b, FRA_TABLE, table);
	put_u32(&b, FRA_SUPPRESS_PREFIXLEN, UINT32_MAX);
	if (priority > 0)
		put_u32(&b, FRA_PRIORITY, priority);
	return b;
}

static void test_rules_of_every_machine_are_told_from_others(void **state)
{
	struct bytes b = rule_message(0, 255);

	assert_int_equal(ph_nl_rule(body_of(&b)), PH_NL_RULE_LOCAL);
	b = rule_message(32766, 254);
	assert_int_equal(ph_nl_rule(body_of(&b)), PH_NL_RULE_MAIN);
	put_u32(&b, FRA_FWMARK, 1);
	assert_int_equal(ph_nl_rule(body_of(&b)), PH_NL_RULE_OTHER);
	b = rule_message(32767, 253);
	assert_int_equal(ph_nl_rule(body_of(&b)), PH_NL_RULE_DEFAULT);
	b = rule_message(100, 254);
	assert_int_equal(ph_nl_rule(body_of(&b)), PH_NL_RULE_OTHER);
}

static void test_messages_are_split_at_their_lengths(void **state)
{
	const struct nlmsghdr first = { .nlmsg_len = 18, .nlmsg_type = 1, .nlmsg_seq = 9 }, second = { .nlmsg_len = 16, .nlmsg_type = 2 };
	const struct nlmsghdr longer = { .nlmsg_len = 20 }, shorter = { .nlmsg_len = 15 };
	struct bytes b = { .len = 0 };
	struct ph_nl_msg msg;
	struct ph_cur c;

	put(&b, &first, sizeof(first));
	put(&b, "ab", 2);
	put(&b, &second, sizeof(second));
	put(&b, &longer, sizeof(longer));
	c = body_of(&b);
	assert_true(ph_nl_next(&c, &msg) && msg.type == 1 && msg.seq == 9 && ph_cur_left(&msg.body) == 2);
	assert_true(ph_nl_next(&c, &msg) && msg.type == 2 && ph_cur_left(&msg.body) == 0);
	assert_false(ph_nl_next(&c, &msg));
	b.len = 0;
	put(&b, &shorter, sizeof(shorter));
	c = body_of(&b);
	assert_false(ph_nl_next(&c, &msg));
}

static void read_as_everything(void *arg, uint8_t *copy, size_t len)
{
	struct ph_cur body = ph_cur_of(copy, len), c = body;
	struct ph_net_route route;
	struct ph_net_addr addr;
	struct ph_nl_link link;
	struct ph_nl_msg msg;
	unsigned *cuts = arg;
	int32_t error;

	*cuts += ph_nl_link(body, &link);
	*cuts += ph_nl_addr(body, &addr);
	*cuts += ph_nl_route(body, &route);
	*cuts += ph_nl_route_matters(body);
	*cuts += ph_nl_rule(body) != PH_NL_RULE_OTHER;
	*cuts += ph_nl_error(body, &error);
	while (ph_nl_next(&c, &msg))
		*cuts += 1;
}

static void test_messages_cut_at_every_byte_are_read_within(void **state)
{
	struct bytes b[4] = { link_message(7, IFF_UP, "eth0"), route_message(AF_INET, 24, RTN_UNICAST), rule_message(32766, 254) };
	struct bytes legs = { .len = 0 };
	unsigned read = 0;

	put_leg(&legs, 2, 0, "10.0.0.2");
	put_leg(&legs, 3, 0, NULL);
	put_text_addr(&b[1], RTA_DST, "10.9.0.0");
	put_attr(&b[1], RTA_MULTIPATH, legs.at, legs.len);
	b[3] = (struct bytes){ .len = 0 };
	put(&b[3], &(struct ifaddrmsg){ .ifa_family = AF_INET6, .ifa_prefixlen = 64, .ifa_index = 3 }, sizeof(struct ifaddrmsg));
	put_text_addr(&b[3], IFA_ADDRESS, "2001:db8::1");
	for (size_t i = 0; i < sizeof(b) / sizeof(*b); i++)
		each_cut(b[i].at, b[i].len, read_as_everything, &read);
	assert_true(read > 100);
}

static void test_known_tells_what_is_new(void **state)
{
	struct ph_nl_link link = { .link = { .ifindex = 1, .name = "eth0", .up = true } };
	struct ph_net_addr addr = { .ifindex = 1, .family = PH_IPV4, .prefix_len = 24, .addr = { { 10 } } };
	struct ph_netknown known = { 0 };

	assert_false(ph_netknown_has_link(&known, &link));
	for (uint32_t i = 1; i <= 1000; i++) {
		link.link.ifindex = addr.ifindex = i;
		assert_int_equal(ph_netknown_add_link(&known, &link), PH_OK);
		assert_int_equal(ph_netknown_add_addr(&known, &addr), PH_OK);
		assert_int_equal(ph_netknown_add_addr(&known, &addr), PH_OK);
	}
	assert_int_equal(known.n_items, 2000);
	link.link.ifindex = addr.ifindex = 500;
	addr.deprecated = addr.tentative = true;
	assert_true(ph_netknown_has_link(&known, &link) && ph_netknown_has_addr(&known, &addr));
	link.carrier = true;
	addr.secondary = true;
	assert_false(ph_netknown_has_link(&known, &link) || ph_netknown_has_addr(&known, &addr));
	ph_netknown_fini(&known);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_is_read_with_name_and_state),
		cmocka_unit_test(test_link_without_a_good_name_is_none),
		cmocka_unit_test(test_addr_with_a_peer_is_the_local_one),
		cmocka_unit_test(test_route_of_one_next_hop_is_read),
		cmocka_unit_test(test_route_that_is_cached_or_dead_is_none),
		cmocka_unit_test(test_route_multipath_leaves_out_the_dead_and_those_behind_sixteen),
		cmocka_unit_test(test_route_that_leads_nowhere_has_no_next_hop),
		cmocka_unit_test(test_rules_of_every_machine_are_told_from_others),
		cmocka_unit_test(test_messages_are_split_at_their_lengths),
		cmocka_unit_test(test_messages_cut_at_every_byte_are_read_within),
		cmocka_unit_test(test_known_tells_what_is_new),
	};

	return argc > 1 && strcmp(argv[1], "probe") == 0 ? probe(stdin, stdout) : cmocka_run_group_tests(tests, NULL, NULL);
}
