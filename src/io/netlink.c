/* Messages of rtnetlink; see netlink.h. */
#include "io/netlink.h"

#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#define ATTRS 32                /* more than any number that is asked for here */
#define PRIORITY_MAIN 32766u
#define PRIORITY_DEFAULT 32767u

struct attrs {
	struct ph_cur at[ATTRS];        /* by number; those that are not there have no bytes, at NULL */
};

static bool native16(struct ph_cur *c, uint16_t *out)
{
	return ph_cur_bytes(c, out, sizeof(*out));
}

static bool native32(struct ph_cur *c, uint32_t *out)
{
	return ph_cur_bytes(c, out, sizeof(*out));
}

/* Lengths leave out the bytes that make the next thing begin at a multiple of four; behind the last thing they may be missing. */
static void skip_padding(struct ph_cur *c, size_t len)
{
	size_t padding = (4 - len % 4) % 4;

	if (!ph_cur_skip(c, padding))
		c->at = c->end;
}

bool ph_nl_next(struct ph_cur *from, struct ph_nl_msg *out)
{
	struct ph_cur c = *from;
	struct nlmsghdr head;
	struct ph_cur body;

	if (!ph_cur_bytes(&c, &head, sizeof(head)) || head.nlmsg_len < sizeof(head) ||
	    !ph_cur_sub(&c, head.nlmsg_len - sizeof(head), &body))
		return false;
	skip_padding(&c, head.nlmsg_len);
	*from = c;
	*out = (struct ph_nl_msg){
		.type = head.nlmsg_type, .flags = head.nlmsg_flags, .seq = head.nlmsg_seq, .port = head.nlmsg_pid, .body = body,
	};
	return true;
}

bool ph_nl_error(struct ph_cur body, int32_t *out)
{
	return ph_cur_bytes(&body, out, sizeof(*out));
}

/* Splits the next attribute off. */
static bool next_attr(struct ph_cur *c, uint16_t *type, struct ph_cur *value)
{
	struct ph_cur ahead = *c;
	uint16_t len;

	if (!native16(&ahead, &len) || !native16(&ahead, type) || len < 4 || !ph_cur_sub(&ahead, len - 4u, value))
		return false;
	*type = (uint16_t)(*type & (unsigned)NLA_TYPE_MASK);
	skip_padding(&ahead, len);
	*c = ahead;
	return true;
}

/* Of two with one number the last counts, as in the kernel. False: what is there is no row of attributes. */
static bool read_attrs(struct ph_cur c, struct attrs *out)
{
	struct ph_cur value;
	uint16_t type;

	*out = (struct attrs){ 0 };
	while (ph_cur_left(&c) > 0) {
		if (!next_attr(&c, &type, &value))
			return false;
		if (type < ATTRS)
			out->at[type] = value;
	}
	return true;
}

static bool has(const struct attrs *attrs, unsigned type)
{
	return attrs->at[type].at != NULL;
}

/* The number in an attribute, or what it is without one. False: there is one, but not of that size. */
static bool attr_u32(const struct attrs *attrs, unsigned type, uint32_t without, uint32_t *out)
{
	struct ph_cur value = attrs->at[type];

	*out = without;
	return !has(attrs, type) || (ph_cur_left(&value) == sizeof(*out) && native32(&value, out));
}

static size_t addr_size(uint8_t family)
{
	return family == PH_IPV6 ? 16 : 4;
}

/* The address in an attribute; all zero if there is none. */
static bool attr_addr(const struct attrs *attrs, unsigned type, uint8_t family, struct ph_addr *out)
{
	struct ph_cur value = attrs->at[type];

	*out = (struct ph_addr){ 0 };
	return !has(attrs, type) || (ph_cur_left(&value) == addr_size(family) && ph_cur_bytes(&value, out->b, addr_size(family)));
}

/* Ours for the kernel's; 0: another. */
static uint8_t family_of(uint8_t family)
{
	return family == AF_INET ? PH_IPV4 : family == AF_INET6 ? PH_IPV6 : 0;
}

static bool len_fits(uint8_t family, uint8_t len)
{
	return len <= addr_size(family) * 8;
}

bool ph_nl_link(struct ph_cur body, struct ph_nl_link *out)
{
	struct ifinfomsg head;
	struct attrs attrs;
	struct ph_cur name;
	size_t len;

	if (!ph_cur_bytes(&body, &head, sizeof(head)) || head.ifi_family != AF_UNSPEC || head.ifi_index <= 0 || !read_attrs(body, &attrs))
		return false;
	name = attrs.at[IFLA_IFNAME];
	len = ph_cur_left(&name);
	/* With its terminator. */
	if (len < 2 || len > PH_IFNAME_ROOM || name.at[len - 1] != '\0' || memchr(name.at, '\0', len - 1))
		return false;
	*out = (struct ph_nl_link){
		.link = {
			.ifindex = (uint32_t)head.ifi_index, .up = (head.ifi_flags & IFF_UP) != 0,
			.loopback = (head.ifi_flags & IFF_LOOPBACK) != 0,
		},
		.carrier = (head.ifi_flags & IFF_LOWER_UP) != 0,
	};
	return ph_cur_bytes(&name, out->link.name, len);
}

bool ph_nl_addr(struct ph_cur body, struct ph_net_addr *out)
{
	struct ifaddrmsg head;
	struct attrs attrs;
	uint32_t flags;

	if (!ph_cur_bytes(&body, &head, sizeof(head)) || family_of(head.ifa_family) == 0 || !read_attrs(body, &attrs) ||
	    !attr_u32(&attrs, IFA_FLAGS, head.ifa_flags, &flags))
		return false;
	*out = (struct ph_net_addr){
		.ifindex = head.ifa_index, .family = family_of(head.ifa_family), .prefix_len = head.ifa_prefixlen,
		.has_broadcast = has(&attrs, IFA_BROADCAST), .secondary = (flags & IFA_F_SECONDARY) != 0,
		.deprecated = (flags & IFA_F_DEPRECATED) != 0, .tentative = (flags & IFA_F_TENTATIVE) != 0,
	};
	/* With a peer, IFA_ADDRESS is the peer's. */
	return len_fits(out->family, out->prefix_len) && (has(&attrs, IFA_LOCAL) || has(&attrs, IFA_ADDRESS)) &&
	       attr_addr(&attrs, has(&attrs, IFA_LOCAL) ? IFA_LOCAL : IFA_ADDRESS, out->family, &out->addr) &&
	       attr_addr(&attrs, IFA_BROADCAST, out->family, &out->broadcast);
}

/* One next hop, from the attributes of a route or of a part of RTA_MULTIPATH. A gateway of the other family (RTA_VIA) is none to whom
 * the address is asked: the kernel too takes the destination itself for the next hop where it compares them. */
static bool read_leg(const struct attrs *attrs, uint32_t ifindex, uint32_t flags, struct ph_net_route *out)
{
	struct ph_net_leg leg = { .ifindex = ifindex, .has_via = has(attrs, RTA_GATEWAY) };

	if (!attr_addr(attrs, RTA_GATEWAY, out->family, &leg.via))
		return false;
	if ((flags & RTNH_F_DEAD) == 0 && out->n_legs < PH_NET_LEGS)
		out->leg[out->n_legs++] = leg;
	return true;
}

static bool read_legs(struct ph_cur c, struct ph_net_route *out)
{
	struct rtnexthop head;
	struct attrs attrs;
	struct ph_cur part;

	while (ph_cur_left(&c) > 0) {
		if (!ph_cur_bytes(&c, &head, sizeof(head)) || head.rtnh_len < sizeof(head) ||
		    !ph_cur_sub(&c, head.rtnh_len - sizeof(head), &part) || !read_attrs(part, &attrs) ||
		    !read_leg(&attrs, (uint32_t)head.rtnh_ifindex, head.rtnh_flags, out))
			return false;
		skip_padding(&c, head.rtnh_len);
	}
	return true;
}

/* A route that leads nowhere has no next hop, though IPv6 names lo. */
static bool leads_somewhere(const struct ph_net_route *route)
{
	return route->type < RTN_BLACKHOLE || route->type > RTN_THROW;
}

static bool read_next_hops(const struct attrs *attrs, const struct rtmsg *head, struct ph_net_route *out)
{
	uint32_t ifindex;

	if (!leads_somewhere(out))
		return true;
	if (has(attrs, RTA_MULTIPATH))
		return read_legs(attrs->at[RTA_MULTIPATH], out) && out->n_legs > 0;
	/* Next hops that have a number of their own (RTA_NH_ID) may be given by that alone. */
	if (!has(attrs, RTA_OIF))
		return true;
	return attr_u32(attrs, RTA_OIF, 0, &ifindex) && read_leg(attrs, ifindex, head->rtm_flags, out) && out->n_legs > 0;
}

bool ph_nl_route(struct ph_cur body, struct ph_net_route *out)
{
	struct rtmsg head;
	struct attrs attrs;

	if (!ph_cur_bytes(&body, &head, sizeof(head)) || family_of(head.rtm_family) == 0 || (head.rtm_flags & RTM_F_CLONED) != 0 ||
	    !read_attrs(body, &attrs))
		return false;
	*out = (struct ph_net_route){
		.family = family_of(head.rtm_family), .prefix_len = head.rtm_dst_len, .type = head.rtm_type,
		.by_hand = head.rtm_protocol != RTPROT_KERNEL, .narrow = head.rtm_tos != 0 || head.rtm_src_len != 0,
	};
	return len_fits(out->family, out->prefix_len) && attr_u32(&attrs, RTA_TABLE, head.rtm_table, &out->table) &&
	       attr_u32(&attrs, RTA_PRIORITY, 0, &out->metric) && attr_addr(&attrs, RTA_DST, out->family, &out->prefix) &&
	       read_next_hops(&attrs, &head, out);
}

bool ph_nl_route_matters(struct ph_cur body)
{
	struct rtmsg head;
	struct attrs attrs;
	uint32_t table;

	if (!ph_cur_bytes(&body, &head, sizeof(head)) || family_of(head.rtm_family) == 0 || (head.rtm_flags & RTM_F_CLONED) != 0 ||
	    !read_attrs(body, &attrs) || !attr_u32(&attrs, RTA_TABLE, head.rtm_table, &table))
		return false;
	return table >= RT_TABLE_DEFAULT && table <= RT_TABLE_LOCAL;
}

/* Is there anything that lets the rule hold for some packets only? */
static bool is_plain(struct ph_cur body)
{
	struct ph_cur value;
	uint32_t number;
	uint16_t type;

	while (ph_cur_left(&body) > 0) {
		if (!next_attr(&body, &type, &value))
			return false;
		if (type == FRA_PRIORITY || type == FRA_TABLE || type == FRA_PROTOCOL)
			continue;
		/* Both are given always; all ones is "no". */
		if ((type != FRA_SUPPRESS_PREFIXLEN && type != FRA_SUPPRESS_IFGROUP) || !native32(&value, &number) || number != UINT32_MAX)
			return false;
	}
	return true;
}

enum ph_nl_rule ph_nl_rule(struct ph_cur body)
{
	struct fib_rule_hdr head;
	struct attrs attrs;
	uint32_t priority, table;

	if (!ph_cur_bytes(&body, &head, sizeof(head)) || !read_attrs(body, &attrs) || !is_plain(body) ||
	    !attr_u32(&attrs, FRA_PRIORITY, 0, &priority) || !attr_u32(&attrs, FRA_TABLE, head.table, &table))
		return PH_NL_RULE_OTHER;
	if (head.dst_len != 0 || head.src_len != 0 || head.tos != 0 || head.action != FR_ACT_TO_TBL || head.flags != 0)
		return PH_NL_RULE_OTHER;
	if (priority == 0 && table == RT_TABLE_LOCAL)
		return PH_NL_RULE_LOCAL;
	if (priority == PRIORITY_MAIN && table == RT_TABLE_MAIN)
		return PH_NL_RULE_MAIN;
	return priority == PRIORITY_DEFAULT && table == RT_TABLE_DEFAULT ? PH_NL_RULE_DEFAULT : PH_NL_RULE_OTHER;
}
