/* What a policy's routes say of addresses, for scripts that compare it with a kernel's answers.
 *
 *   test_ask POLICY <questions    a question a line: ADDRESS [INTERFACE that it must leave by]
 *
 * First prints "refused LINE" for each error of the policy, then for each question "TYPE DEV VIA [DEV VIA ...]", all next
 * hops, - for none. Without arguments tests itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rule/policy.h"

#define TEXT_SIZE (1 << 20)

static const char *const types[] = { "none", "unicast", "local", "broadcast", "multicast", "blackhole", "unreachable", "prohibit",
                                     "anycast" };

static void put_hop(const struct ph_route *route, uint8_t family, const struct ph_route_hop *hop, FILE *out)
{
	static const struct ph_addr zero;
	const struct ph_ifname *name = hop->iface >= 0 ? ph_route_iface_name(route, (size_t)hop->iface) : NULL;
	char text[PH_ADDR_TEXT];

	fprintf(out, " %s %s", name ? name->name : "-",
	        memcmp(&hop->via, &zero, sizeof(zero)) == 0 ? "-" : ph_addr_format(text, family, &hop->via));
}

static void answer(const struct ph_route *route, const char *addr_text, const char *iface, FILE *out)
{
	uint8_t family = strchr(addr_text, ':') ? PH_IPV6 : PH_IPV4;
	struct ph_route_hop leg[PH_ROUTE_LEGS];
	struct ph_addr addr;
	size_t n = 1;

	if (!ph_addr_parse(family, addr_text, strlen(addr_text), &addr)) {
		fprintf(out, "not an address: %s\n", addr_text);
		return;
	}
	if (*iface)
		ph_route_lookup_by(route, family, &addr, ph_route_iface_find(route, iface), leg);
	else
		n = ph_route_legs(route, family, &addr, leg);
	fprintf(out, "%s", n > 0 ? types[leg[0].type] : "none");
	for (size_t i = 0; i < n; i++)
		put_hop(route, family, &leg[i], out);
	fprintf(out, "\n");
}

static int ask(const char *policy_text, FILE *in, FILE *out)
{
	struct ph_policy_source source = { .name = "policy" };
	struct ph_diags *diags = ph_diags_new();
	struct ph_policy *policy = ph_policy_new();
	char line[256], addr[64], iface[64];

	if (!policy || !diags || ph_policy_load(policy, &source, policy_text, strlen(policy_text), diags) == PH_NO_MEMORY)
		return 1;
	for (size_t i = 0; i < ph_diags_count(diags); i++)
		if (ph_diags_get(diags, i)->severity == PH_ERROR)
			fprintf(out, "refused %u\n", ph_diags_get(diags, i)->line);
	while (fgets(line, sizeof(line), in)) {
		int n = sscanf(line, "%63s %63s", addr, iface);

		if (n > 0)
			answer(policy->route, addr, n > 1 ? iface : "", out);
	}
	ph_policy_free(policy);
	ph_diags_free(diags);
	return 0;
}

static void test_ask_answers_a_line_for_each_question(void **state)
{
	char questions[] = "10.9.0.1\n10.1.0.1\n10.9.0.1 eth1\n192.0.2.1\n", *answers = NULL;
	size_t size;
	FILE *in = fmemopen(questions, strlen(questions), "r"), *out = open_memstream(&answers, &size);

	(void)state;
	assert_int_equal(ask("ip addr add 10.1.0.1/24 dev eth0\nip route add bad\nip route add 10.9.0.0/16 nexthop via 10.1.0.2 nexthop "
	                     "dev eth1\n", in, out), 0);
	fclose(in);
	fclose(out);
	assert_string_equal(answers, "refused 2\nunicast eth0 10.1.0.2 eth1 -\nlocal eth0 -\nunicast eth1 -\nnone\n");
	free(answers);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_ask_answers_a_line_for_each_question) };
	static char text[TEXT_SIZE];
	FILE *file;
	size_t len;

	if (argc < 2)
		return cmocka_run_group_tests(tests, NULL, NULL);
	file = fopen(argv[1], "r");
	if (!file)
		return 1;
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	fclose(file);
	return ask(text, stdin, stdout);
}
