/* The summary for people. */
#include "cmd/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report {
	struct pinholes *pinholes;
	struct drops *drops;
	struct doubts *doubts;
	struct cmd_text text, notes;
};

struct report *report_new(const struct replay *replay)
{
	struct report *report = cmd_alloc(1, sizeof(*report));

	(void)replay;
	report->pinholes = pinholes_new();
	report->drops = drops_new();
	report->doubts = doubts_new();
	return report;
}

void report_free(struct report *report)
{
	if (!report)
		return;
	pinholes_free(report->pinholes);
	drops_free(report->drops);
	doubts_free(report->doubts);
	cmd_text_free(&report->text);
	cmd_text_free(&report->notes);
	free(report);
}

/* The interface says which capture is meant, unless several were taken there. */
static bool has_own_iface(const struct source *source, const struct source_input *input)
{
	for (size_t i = 0; i < source->n; i++)
		if (&source->input[i] != input && strcmp(source->input[i].iface_name, input->iface_name) == 0)
			return false;
	return true;
}

void replay_ref(struct cmd_text *t, const struct source *source, const struct source_input *input, uint64_t n)
{
	cmd_text_format(t, "packet %llu", (unsigned long long)n);
	if (source->n < 2 || !input)
		return;
	cmd_text_add(t, " of ");
	cmd_text_name(t, has_own_iface(source, input) ? input->iface_name : input->name);
}

void report_event(struct report *report, const struct replay_packet *packet, const struct ph_event *event)
{
	if (event->kind == PH_EVENT_LOG)
		drops_log(report->drops, event);
	else
		pinholes_event(report->pinholes, packet, event, &report->notes);
}

void report_packet(struct report *report, const struct replay *r)
{
	const struct replay_packet *p = &r->now;
	bool skipped = p->is_copy || p->out.verdict == PH_SKIPPED || p->out.fate == PH_FATE_NOT_SENT;

	pinholes_packet(report->pinholes, p);
	if (!skipped && p->out.verdict == PH_DROP)
		drops_packet(report->drops, p);
	if (!skipped && p->out.uncertain)
		doubts_packet(report->doubts, p);
	if (r->options->packets || p->explained)
		packet_line(r, &report->notes);
	if (p->explained && !p->is_copy)
		explain_print(r->explain);
	report->notes.len = 0;
}

/* --- printing --- */

static void put_captures(struct cmd_text *t, const struct replay *r)
{
	uint64_t us = r->totals.last_us;

	cmd_text_add(t, "Capture      ");
	for (size_t i = 0; i < r->source.n; i++) {
		const struct source_input *in = &r->source.input[i];

		if (i)
			cmd_text_add(t, ", ");
		if (in->iface_name[0])
			cmd_text_format(t, "%s=", in->iface_name);
		cmd_text_name(t, in->name);
	}
	cmd_text_format(t, ": %llu frames in %llu.%03llu s\n", (unsigned long long)r->totals.frames,
	                (unsigned long long)(us / 1000000), (unsigned long long)(us / 1000 % 1000));
	cmd_text_add(t, "Policy       ");
	for (size_t i = 0; i < r->options->policy.n; i++) {
		cmd_text_add(t, i ? ", " : "");
		cmd_text_name(t, r->options->policy.file[i]);
	}
	if (r->options->policy.n == 0)
		cmd_text_add(t, "none: everything is accepted");
	if (r->warnings)
		cmd_text_format(t, " (%zu warning%s, see above)", r->warnings, r->warnings == 1 ? "" : "s");
	cmd_text_add(t, "\n");
}

static void put_interfaces(struct cmd_text *t, const struct replay *r)
{
	cmd_text_add(t, "Interfaces   ");
	switch (r->source.ifaces) {
	case SOURCE_BY_ARGUMENT:
		cmd_text_add(t, "as given on the command line\n");
		return;
	case SOURCE_BY_CAPTURE:
		cmd_text_add(t, "as named in the capture\n");
		return;
	case SOURCE_BY_ROUTE:
		break;
	}
	if (ph_policy_has_topology(r->policy))
		cmd_text_add(t, "by the route to each source address: checks for spoofed addresses mean nothing here\n");
	else
		cmd_text_add(t, "the policy has none (no 'ip' command): everything goes from in0 to out0\n");
}

static void put_packets(struct cmd_text *t, const struct replay *r)
{
	const struct replay_totals *n = &r->totals;
	uint64_t passed = n->fates[PH_FATE_FORWARDED] + n->fates[PH_FATE_LOCAL] + n->fates[PH_FATE_SENT];
	const char *before = ": ";

	cmd_text_format(t, "\nPackets      %llu processed", (unsigned long long)n->replayed);
	for (int i = 0; i < PH_FATE_COUNT; i++) {
		static const char *const words[PH_FATE_COUNT] = {
			[PH_FATE_FORWARDED] = "forwarded", [PH_FATE_LOCAL] = "delivered to the firewall itself",
			[PH_FATE_SENT] = "sent by the firewall itself", [PH_FATE_FRAGMENT] = "fragments held back or discarded",
		};

		if (!n->fates[i] || !words[i])
			continue;
		cmd_text_format(t, "%s%llu %s", before, (unsigned long long)n->fates[i], words[i]);
		before = ", ";
	}
	passed += n->fates[PH_FATE_FRAGMENT];
	if (n->replayed > passed)
		cmd_text_format(t, "%s%llu dropped", before, (unsigned long long)(n->replayed - passed));
	cmd_text_add(t, "\n");
}

static void put_states(struct cmd_text *t, const struct replay_totals *n)
{
	if (n->replayed)
		cmd_text_format(t, "  %-12s %10s %10s\n", "state", "passed", "not");
	for (int i = 0; i <= PH_STATE_UNTRACKED; i++)
		if (n->states[i])
			cmd_text_format(t, "  %-12s %10llu %10llu\n", i ? ph_state_name((enum ph_state)i) : "(untouched)",
			                (unsigned long long)n->passed[i], (unsigned long long)(n->states[i] - n->passed[i]));
}

static void put_skipped(struct cmd_text *t, const struct replay_totals *n)
{
	for (int i = PH_SKIP_NOT_IP; i <= PH_SKIP_UNPLACED; i++)
		if (n->skipped[i])
			cmd_text_format(t, "Skipped      %llu frame%s: %s\n", (unsigned long long)n->skipped[i],
			                n->skipped[i] == 1 ? "" : "s", ph_skip_name((enum ph_skip)i));
	if (n->copies)
		cmd_text_format(t, "Copies       %llu, of packets that were forwarded, seen on the other side: not processed again\n",
		                (unsigned long long)n->copies);
	if (n->copies_of_dropped)
		cmd_text_format(t, "             %llu of them of packets that this policy drops: the firewall of the capture let them pass\n",
		                (unsigned long long)n->copies_of_dropped);
}

static void put_mended(struct cmd_text *t, const struct replay *r)
{
	static const char *const words[4] = {
		"lengths of 0 filled in", "hop limits of 0 or 1 raised", "IP header checksums", "TCP, UDP or ICMP checksums",
	};
	const char *before = "Mended       ";

	for (int i = 0; i < 4; i++) {
		if (!r->totals.mended[i])
			continue;
		cmd_text_format(t, "%s%llu %s", before, (unsigned long long)r->totals.mended[i], words[i]);
		before = ", ";
	}
	if (before[0] == ',')
		cmd_text_add(t, " (wrong in the capture, as with offloading network cards)\n");
	if (r->options->keep_checksums)
		cmd_text_add(t, "Checksums    taken as they are (--no-fix-checksums)\n");
	if (r->copies && copies_forgotten(r->copies))
		cmd_text_format(t, "Note         %llu packets were too many for one second to be remembered: their copies, if any, were processed\n",
		                (unsigned long long)copies_forgotten(r->copies));
}

static void put_fragments(struct cmd_text *t, const struct replay *r)
{
	struct ph_engine_stats stats;
	const struct ph_frag_stats *f = &stats.fragments;

	ph_engine_stats(r->engine, &stats);
	if (!f->seen)
		return;
	cmd_text_format(t, "Fragments    %llu: %llu joined to %llu datagram%s", (unsigned long long)f->seen,
	                (unsigned long long)f->joined, (unsigned long long)f->datagrams, f->datagrams == 1 ? "" : "s");
	if (f->passed)
		cmd_text_format(t, ", %llu passed on as they were", (unsigned long long)f->passed);
	if (f->waiting)
		cmd_text_format(t, ", %llu waiting at the end", (unsigned long long)f->waiting);
	for (int i = 0; i < PH_FRAG_CAUSES; i++)
		if (f->discarded[i])
			cmd_text_format(t, ", %llu discarded (%s)", (unsigned long long)f->discarded[i],
			                ph_frag_cause_text((enum ph_frag_cause)i));
	cmd_text_add(t, "\n");
}

static void put_conns(struct cmd_text *t, const struct replay *r)
{
	struct ph_engine_stats stats;

	ph_engine_stats(r->engine, &stats);
	cmd_text_format(t, "\nConnections  %llu set up, %llu confirmed, at most %llu at a time, %llu at the end\n",
	                (unsigned long long)stats.conns_created, (unsigned long long)stats.conns_confirmed,
	                (unsigned long long)stats.conns_peak, (unsigned long long)stats.conns);
	if (stats.table_full || stats.early_drops)
		cmd_text_format(t, "             the table was full: %llu packets dropped, %llu connections dropped early\n",
		                (unsigned long long)stats.table_full, (unsigned long long)stats.early_drops);
	for (int i = 1; i < PH_WHY_COUNT; i++)
		if (stats.reasons[i])
			cmd_text_format(t, "  %6llu  %s (%s)\n", (unsigned long long)stats.reasons[i],
			                ph_reason_text((enum ph_reason)i), ph_reason_name((enum ph_reason)i));
}

void report_print(struct report *report, const struct replay *r)
{
	struct cmd_text *t = &report->text;

	if (r->options->packets || r->options->explain)
		cmd_text_add(t, "\n");
	put_captures(t, r);
	put_interfaces(t, r);
	put_packets(t, r);
	put_states(t, &r->totals);
	put_skipped(t, &r->totals);
	put_mended(t, r);
	put_fragments(t, r);
	put_conns(t, r);
	pinholes_print(report->pinholes, &r->source, t);
	drops_print(report->drops, &r->source, t);
	doubts_print(report->doubts, &r->source, t);
	for (size_t i = 0; i < r->source.n; i++) {
		if (!r->source.input[i].error)
			continue;
		cmd_text_add(t, "\nDamaged      ");
		cmd_text_name(t, r->source.input[i].name);
		cmd_text_format(t, ": %s\n", r->source.input[i].error);
	}
	cmd_text_flush(t, stdout);
}
