/* Names of protocols and services that rules use, so that loading needs no files of the machine it runs on.
 * Source: IANA's registries of protocol numbers and service names; the most common ones. */
#include "rule/text/word.h"

struct number_name {
	const char *name;
	uint16_t number;
};

/* The first name of a number is the usual one. */
static const struct number_name protos[] = {
	{ "all", 0 }, { "ip", 0 }, { "hopopt", 0 }, { "icmp", 1 }, { "igmp", 2 }, { "ggp", 3 }, { "ipencap", 4 },
	{ "ip-encap", 4 }, { "st", 5 }, { "tcp", 6 }, { "egp", 8 }, { "igp", 9 }, { "pup", 12 }, { "udp", 17 },
	{ "hmp", 20 }, { "xns-idp", 22 }, { "rdp", 27 }, { "iso-tp4", 29 }, { "dccp", 33 }, { "xtp", 36 }, { "ddp", 37 },
	{ "idpr-cmtp", 38 }, { "ipv6", 41 }, { "ipv6-route", 43 }, { "ipv6-frag", 44 }, { "idrp", 45 }, { "rsvp", 46 },
	{ "gre", 47 }, { "esp", 50 }, { "ipsec-esp", 50 }, { "ah", 51 }, { "ipsec-ah", 51 }, { "skip", 57 },
	{ "ipv6-icmp", 58 }, { "icmpv6", 58 }, { "ipv6-nonxt", 59 }, { "ipv6-opts", 60 }, { "rspf", 73 },
	{ "vmtp", 81 }, { "eigrp", 88 }, { "ospf", 89 }, { "ospfigp", 89 }, { "ax.25", 93 }, { "ipip", 94 },
	{ "etherip", 97 }, { "encap", 98 }, { "pim", 103 }, { "ipcomp", 108 }, { "vrrp", 112 }, { "l2tp", 115 },
	{ "isis", 124 }, { "sctp", 132 }, { "fc", 133 }, { "ipv6-mh", 135 }, { "mh", 135 }, { "mobility-header", 135 },
	{ "udplite", 136 }, { "mpls-in-ip", 137 }, { "manet", 138 }, { "hip", 139 }, { "shim6", 140 }, { "wesp", 141 },
	{ "rohc", 142 }, { "ethernet", 143 },
};

/* In alphabetical order, for bsearch. */
static const struct number_name services[] = {
	{ "acr-nema", 104 }, { "afpovertcp", 548 }, { "amanda", 10080 }, { "amandaidx", 10082 },
	{ "amidxtape", 10083 }, { "amqp", 5672 }, { "amqps", 5671 }, { "asf-rmcp", 623 }, { "auth", 113 },
	{ "authentication", 113 }, { "babel", 6696 }, { "bacula-dir", 9101 }, { "bacula-fd", 9102 },
	{ "bacula-sd", 9103 }, { "bgp", 179 }, { "biff", 512 }, { "bootpc", 68 }, { "bootps", 67 },
	{ "cfengine", 5308 }, { "chargen", 19 }, { "cisco-sccp", 2000 }, { "cmd", 514 }, { "cmip-man", 163 },
	{ "codasrv", 2432 }, { "comsat", 512 }, { "cvspserver", 2401 }, { "daap", 3689 }, { "datametrics", 1645 },
	{ "daytime", 13 }, { "dhcpv6-client", 546 }, { "dhcpv6-server", 547 }, { "dict", 2628 }, { "discard", 9 },
	{ "distcc", 3632 }, { "domain", 53 }, { "domain-s", 853 }, { "echo", 7 }, { "epmap", 135 }, { "epmd", 4369 },
	{ "exec", 512 }, { "f5-globalsite", 2792 }, { "f5-iquery", 4353 }, { "finger", 79 }, { "font-service", 7100 },
	{ "freeciv", 5556 }, { "fsp", 21 }, { "fspd", 21 }, { "ftp", 21 }, { "ftp-data", 20 }, { "ftps", 990 },
	{ "ftps-data", 989 }, { "gdomap", 538 }, { "gds-db", 3050 }, { "gds_db", 3050 }, { "git", 9418 },
	{ "gnunet", 2086 }, { "gnutella-svc", 6346 }, { "gopher", 70 }, { "gpsd", 2947 }, { "gris", 2135 },
	{ "groupwise", 1677 }, { "gsigatekeeper", 2119 }, { "h323", 1720 }, { "http", 80 }, { "http-alt", 8080 },
	{ "https", 443 }, { "iax", 4569 }, { "icp", 3130 }, { "icpv2", 3130 }, { "ident", 113 }, { "imap", 143 },
	{ "imap2", 143 }, { "imaps", 993 }, { "ingreslock", 1524 }, { "ipp", 631 }, { "ipsec-nat-t", 4500 },
	{ "ipx", 213 }, { "ircd", 6667 }, { "ircs-u", 6697 }, { "isakmp", 500 }, { "iscsi-target", 3260 },
	{ "isns", 3205 }, { "iso-tsap", 102 }, { "jabber-client", 5222 }, { "jabber-server", 5269 },
	{ "kamanda", 10081 }, { "kerberos", 88 }, { "kerberos-sec", 88 }, { "kerberos5", 88 }, { "kermit", 1649 },
	{ "klogin", 543 }, { "kpasswd", 464 }, { "krb5", 88 }, { "krcmd", 544 }, { "kshell", 544 }, { "l2f", 1701 },
	{ "l2tp", 1701 }, { "ldap", 389 }, { "ldaps", 636 }, { "loc-srv", 135 }, { "login", 513 },
	{ "lotusnote", 1352 }, { "lotusnotes", 1352 }, { "lrrd", 4949 }, { "mail", 25 }, { "mdns", 5353 },
	{ "microsoft-ds", 445 }, { "mon", 2583 }, { "ms-sql-m", 1434 }, { "ms-sql-s", 1433 },
	{ "ms-wbt-server", 3389 }, { "mtn", 4691 }, { "munin", 4949 }, { "mysql", 3306 }, { "nbd", 10809 },
	{ "netbios-dgm", 138 }, { "netbios-ns", 137 }, { "netbios-ssn", 139 }, { "netstat", 15 }, { "nfs", 2049 },
	{ "nicname", 43 }, { "nntp", 119 }, { "nntps", 563 }, { "nqs", 607 }, { "ntalk", 518 }, { "ntp", 123 },
	{ "ntske", 4460 }, { "null", 9 }, { "nut", 3493 }, { "old-radacct", 1646 }, { "old-radius", 1645 },
	{ "openvpn", 1194 }, { "pop-3", 110 }, { "pop3", 110 }, { "pop3s", 995 }, { "portmapper", 111 },
	{ "postgres", 5432 }, { "postgresql", 5432 }, { "pptp", 1723 }, { "printer", 515 }, { "proofd", 1093 },
	{ "puppet", 8140 }, { "qmqp", 628 }, { "qmtp", 209 }, { "qotd", 17 }, { "quote", 17 }, { "radacct", 1813 },
	{ "radius", 1812 }, { "radius-acct", 1813 }, { "radmin-port", 4899 }, { "readnews", 119 }, { "redis", 6379 },
	{ "remctl", 4373 }, { "rmiregistry", 1099 }, { "rootd", 1094 }, { "route", 520 }, { "routed", 520 },
	{ "router", 520 }, { "rptp", 5556 }, { "rsync", 873 }, { "rtcm-sc104", 2101 }, { "rtsp", 554 },
	{ "sa-msg-port", 1646 }, { "saft", 487 }, { "sane", 6566 }, { "sane-port", 6566 }, { "saned", 6566 },
	{ "shell", 514 }, { "sieve", 4190 }, { "silc", 706 }, { "sink", 9 }, { "sip", 5060 }, { "sip-tls", 5061 },
	{ "smtp", 25 }, { "smtps", 465 }, { "smux", 199 }, { "snmp", 161 }, { "snmp-trap", 162 }, { "snmptrap", 162 },
	{ "snntp", 563 }, { "snpp", 444 }, { "socks", 1080 }, { "source", 19 }, { "spooler", 515 }, { "ssh", 22 },
	{ "ssmtp", 465 }, { "submission", 587 }, { "submissions", 465 }, { "subversion", 3690 }, { "sunrpc", 111 },
	{ "suucp", 4031 }, { "svn", 3690 }, { "syslog", 514 }, { "sysrqd", 4094 }, { "systat", 11 }, { "tacacs", 49 },
	{ "talk", 517 }, { "tap", 113 }, { "tcpmux", 1 }, { "telnet", 23 }, { "telnets", 992 }, { "tftp", 69 },
	{ "time", 37 }, { "timserver", 37 }, { "tinc", 655 }, { "tproxy", 8081 }, { "tsap", 102 }, { "ttytst", 19 },
	{ "untp", 119 }, { "urd", 465 }, { "users", 11 }, { "uucp", 540 }, { "uucpd", 540 }, { "venus", 2430 },
	{ "wais", 210 }, { "webcache", 8080 }, { "webmin", 10000 }, { "who", 513 }, { "whod", 513 }, { "whois", 43 },
	{ "www", 80 }, { "x11", 6000 }, { "x11-0", 6000 }, { "xdmcp", 177 }, { "xfs", 7100 }, { "xmpp-client", 5222 },
	{ "xmpp-server", 5269 }, { "z3950", 210 }, { "zabbix-agent", 10050 }, { "zabbix-trapper", 10051 },
	{ "zebra", 2601 },
};

/* What iptables-save writes as a name; it writes the others as numbers (1.8.10 and later). */
static const uint8_t printed_by_name[] = { 1, 6, 17, 50, 51, 58, 132, 135, 136 };

#define N(table) (sizeof(table) / sizeof((table)[0]))

bool ph_proto_parse(const struct ph_cur *text, uint8_t *out)
{
	struct ph_cur c = *text;
	uint32_t number;

	if (ph_cur_number(&c, 255, &number) && !ph_cur_left(&c)) {
		*out = (uint8_t)number;
		return true;
	}
	for (size_t i = 0; i < N(protos); i++) {
		if (ph_cur_left(text) == strlen(protos[i].name) && ph_cur_begins_nocase(text, protos[i].name)) {
			*out = (uint8_t)protos[i].number;
			return true;
		}
	}
	return false;
}

const char *ph_proto_print_name(uint8_t proto)
{
	if (!memchr(printed_by_name, proto, sizeof(printed_by_name)))
		return NULL;
	for (size_t i = 0; i < N(protos); i++)
		if (protos[i].number == proto)
			return protos[i].name;
	return NULL;
}

static int compare_name(const struct ph_cur *text, const char *name)
{
	size_t len = ph_cur_left(text), name_len = strlen(name);
	int d = len ? memcmp(text->at, name, len < name_len ? len : name_len) : 0;

	return d ? d : (len > name_len) - (len < name_len);
}

bool ph_port_parse(const struct ph_cur *text, uint16_t *out)
{
	struct ph_cur c = *text;
	size_t low = 0, high = N(services);
	uint32_t number;

	if (ph_cur_number(&c, 65535, &number) && !ph_cur_left(&c)) {
		*out = (uint16_t)number;
		return true;
	}
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = compare_name(text, services[mid].name);

		if (d == 0) {
			*out = services[mid].number;
			return true;
		}
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}
