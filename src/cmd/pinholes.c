/* Every pinhole: who asked for it with which words, and what became of it. The first LISTED ones are told one by one;
 * of later ones only the outcome is counted, so that memory does not grow with the capture. */
#include "cmd/report.h"

#include <stdlib.h>
#include <string.h>

#define LISTED 10000
#define REFUSALS 1000
#define CAUSES (PH_CAUSE_MALFORMED + 1)

/* Which message of which call, as far as a helper says it. */
struct why {
	const char *because;            /* a constant of the library, or NULL */
	uint32_t call_len;              /* may be more than is kept */
	uint8_t call[REPORT_TEXT];
};

struct pinhole {
	struct ph_expect_info expect;
	struct report_at opened, ended;
	struct why opened_by, ended_by;
	struct report_at active;        /* last made active, or given a new lifetime */
	struct why active_by;
	uint64_t active_s;
	enum ph_cause cause;            /* NONE: still open */
	struct ph_tuple child;          /* the connection that used it */
	uint64_t child_id;
	enum ph_fate fate;              /* of the packet that used it */
	uint64_t asked;                 /* how often it was asked for before this, without a gap; then it is told only once */
	struct report_at first_asked;
	bool went_on;                   /* a later one is it */
	uint64_t uses;                  /* permanent: connections that came, child is the first */
	struct report_at first_use;
	uint32_t text_len;              /* may be more than is kept */
	uint8_t text[REPORT_TEXT];
};

struct refusal {
	struct report_at at;
	const char *helper;             /* a constant of the library */
	struct why why;
	enum ph_cause cause;
	uint32_t text_len;
	uint8_t text[REPORT_TEXT];
};

struct pinholes {
	struct pinhole *listed;         /* owned; in the order of their ids */
	size_t n_listed, size_listed;
	struct refusal *refusal;        /* owned */
	size_t n_refusals, size_refusals;
	uint64_t opened, refused;
	uint64_t ended[CAUSES];
	size_t *lasting;                /* owned; the listed ones that are permanent and open */
	size_t n_lasting, size_lasting;
	size_t replaced;                /* index + 1 of the one that ended last, if it was to be made anew; 0: none */
	size_t used[8];                 /* those that the packet at hand used */
	size_t n_used;
};

struct pinholes *pinholes_new(void)
{
	return cmd_alloc(1, sizeof(struct pinholes));
}

void pinholes_free(struct pinholes *p)
{
	if (!p)
		return;
	free(p->listed);
	free(p->refusal);
	free(p->lasting);
	free(p);
}

/* Room for one more, doubling. */
static void *grow(void *list, size_t n, size_t *size, size_t each)
{
	if (n < *size)
		return list;
	*size = *size ? *size * 2 : 64;
	list = realloc(list, *size * each);
	if (!list)
		cmd_no_memory();
	return list;
}

static void keep_text(uint8_t text[REPORT_TEXT], uint32_t *len, const struct ph_event *event)
{
	*len = event->text ? event->text_len : 0;
	if (*len)
		memcpy(text, event->text, *len < REPORT_TEXT ? *len : REPORT_TEXT);
}

static void keep_why(struct why *why, const struct ph_event *event)
{
	*why = (struct why){ .because = event->because, .call_len = event->call_len };
	if (why->call_len)
		memcpy(why->call, event->call, why->call_len < REPORT_TEXT ? why->call_len : REPORT_TEXT);
}

static bool has_why(const struct why *why)
{
	return why->because || why->call_len;
}

/* "INVITE of call "x@example"". */
static void put_why(struct cmd_text *t, const struct why *why)
{
	cmd_text_add(t, why->because ? why->because : "a message");
	if (!why->call_len)
		return;
	cmd_text_add(t, " of call ");
	cmd_text_quoted(t, why->call, why->call_len, REPORT_TEXT);
}

/* The same once more, for the same connection: its lifetime starts anew, and people take it for one. */
static void go_on(struct pinholes *p, struct pinhole *hole)
{
	struct pinhole *before = p->replaced ? &p->listed[p->replaced - 1] : NULL;

	p->replaced = 0;
	if (!before || before->uses || before->expect.master_id != hole->expect.master_id ||
	    before->expect.class_ != hole->expect.class_ ||
	    memcmp(&before->expect.tuple, &hole->expect.tuple, sizeof(hole->expect.tuple)) != 0)
		return;
	before->went_on = true;
	hole->asked = before->asked + 1;
	hole->first_asked = before->asked ? before->first_asked : before->opened;
}

static void opened(struct pinholes *p, const struct replay_packet *packet, const struct ph_event *event)
{
	struct pinhole *hole;

	p->opened++;
	if (p->n_listed == LISTED)
		return;
	p->listed = grow(p->listed, p->n_listed, &p->size_listed, sizeof(*p->listed));
	hole = &p->listed[p->n_listed++];
	*hole = (struct pinhole){ .expect = *event->expect, .opened = { packet->input, packet->n } };
	keep_text(hole->text, &hole->text_len, event);
	keep_why(&hole->opened_by, event);
	go_on(p, hole);
	if (!(hole->expect.flags & PH_EXPECT_PERMANENT))
		return;
	p->lasting = grow(p->lasting, p->n_lasting, &p->size_lasting, sizeof(*p->lasting));
	p->lasting[p->n_lasting++] = (size_t)(hole - p->listed);
}

static bool lets_in(const struct ph_expect_info *x, const struct ph_conn_info *conn)
{
	const struct ph_tuple *t = &conn->tuple[PH_ORIG];

	if (x->master_id != conn->master_id || x->tuple.proto != t->proto || x->tuple.dport != t->dport ||
	    memcmp(&x->tuple.dst, &t->dst, sizeof(t->dst)) != 0 || ((x->tuple.sport ^ t->sport) & x->mask_sport))
		return false;
	for (size_t i = 0; i < sizeof(t->src.b); i++)
		if ((x->tuple.src.b[i] ^ t->src.b[i]) & x->mask_src.b[i])
			return false;
	return true;
}

/* A connection that was expected. A pinhole that stays open does not say so itself. */
static void came(struct pinholes *p, const struct replay_packet *packet, const struct ph_conn_info *conn)
{
	for (size_t i = p->n_lasting; i-- > 0;) {
		struct pinhole *hole = &p->listed[p->lasting[i]];

		if (!lets_in(&hole->expect, conn))
			continue;
		if (hole->uses++ == 0) {
			hole->child = conn->tuple[PH_ORIG];
			hole->child_id = conn->id;
			hole->first_use = (struct report_at){ packet->input, packet->n };
		}
		return;
	}
}

/* Ids only grow: search by halves. */
static struct pinhole *find(struct pinholes *p, uint64_t id)
{
	size_t low = 0, high = p->n_listed, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (p->listed[middle].expect.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->n_listed && p->listed[low].expect.id == id ? &p->listed[low] : NULL;
}

static void lasts_no_longer(struct pinholes *p, size_t which)
{
	for (size_t i = 0; i < p->n_lasting; i++) {
		if (p->lasting[i] != which)
			continue;
		p->lasting[i] = p->lasting[--p->n_lasting];
		return;
	}
}

static void ended(struct pinholes *p, const struct replay_packet *packet, const struct ph_event *event)
{
	struct pinhole *hole = find(p, event->expect->id);

	p->ended[event->cause < CAUSES ? event->cause : PH_CAUSE_NONE]++;
	if (!hole)
		return;
	if (hole->expect.flags & PH_EXPECT_PERMANENT)
		lasts_no_longer(p, (size_t)(hole - p->listed));
	hole->cause = event->cause;
	p->replaced = event->cause == PH_CAUSE_REPLACED ? (size_t)(hole - p->listed) + 1 : 0;
	hole->ended = (struct report_at){ packet->input, packet->n };
	keep_why(&hole->ended_by, event);
	if (event->cause != PH_CAUSE_USED)
		return;
	if (event->conn)
		hole->child = event->conn->tuple[PH_ORIG];
	if (p->n_used < sizeof(p->used) / sizeof(p->used[0]))
		p->used[p->n_used++] = (size_t)(hole - p->listed);
}

/* It lets in from now on, or for longer. */
static void changed(struct pinholes *p, const struct replay_packet *packet, const struct ph_event *event)
{
	struct pinhole *hole = find(p, event->expect->id);

	if (!hole)
		return;
	hole->active = (struct report_at){ packet->input, packet->n };
	hole->active_s = event->expect->timeout_s;
	keep_why(&hole->active_by, event);
}

static void fill_refusal(struct refusal *refusal, const struct replay_packet *packet, const struct ph_event *event)
{
	*refusal = (struct refusal){ .at = { packet->input, packet->n }, .helper = event->helper, .cause = event->cause };
	keep_text(refusal->text, &refusal->text_len, event);
	keep_why(&refusal->why, event);
}

static void refused(struct pinholes *p, const struct replay_packet *packet, const struct ph_event *event)
{
	p->refused++;
	if (p->n_refusals == REFUSALS)
		return;
	p->refusal = grow(p->refusal, p->n_refusals, &p->size_refusals, sizeof(*p->refusal));
	fill_refusal(&p->refusal[p->n_refusals++], packet, event);
}

static void put_refusal(struct cmd_text *t, const struct refusal *refusal)
{
	cmd_text_format(t, "%s: ", refusal->helper ? refusal->helper : "helper");
	if (has_why(&refusal->why)) {
		put_why(t, &refusal->why);
		cmd_text_add(t, ": ");
	}
	if (refusal->text_len) {
		cmd_text_quoted(t, refusal->text, refusal->text_len, REPORT_TEXT);
		cmd_text_add(t, ": ");
	}
	cmd_text_add(t, ph_cause_text(refusal->cause));
	cmd_text_add(t, "\n");
}

/* A line about what happens with the packet at hand. */
static void note(struct cmd_text *t, const struct replay_packet *packet, const struct ph_event *event)
{
	const struct ph_expect_info *x = event->expect;
	struct refusal refusal;
	struct why why;

	keep_why(&why, event);
	if (event->kind == PH_EVENT_REFUSED) {
		fill_refusal(&refusal, packet, event);
		cmd_text_add(t, "        refused: ");
		put_refusal(t, &refusal);
		return;
	}
	if (event->kind == PH_EVENT_EXPECT_NEW) {
		cmd_text_format(t, "        opens pinhole %llu: %s: ", (unsigned long long)x->id, x->helper ? x->helper : "helper");
		cmd_text_expect(t, x);
	} else if (event->kind == PH_EVENT_EXPECT_UPDATE) {
		cmd_text_format(t, "        pinhole %llu: lets in for %llu seconds from now", (unsigned long long)x->id,
		                (unsigned long long)x->timeout_s);
	} else {
		cmd_text_format(t, "        pinhole %llu ends: %s", (unsigned long long)x->id, ph_cause_text(event->cause));
	}
	if (has_why(&why)) {
		cmd_text_add(t, " (");
		put_why(t, &why);
		cmd_text_add(t, ")");
	}
	cmd_text_add(t, "\n");
}

void pinholes_event(struct pinholes *p, const struct replay_packet *packet, const struct ph_event *event, struct cmd_text *notes)
{
	if (event->kind == PH_EVENT_CONN_NEW && event->conn->status & PH_CT_EXPECTED)
		came(p, packet, event->conn);
	if (event->kind == PH_EVENT_EXPECT_NEW)
		opened(p, packet, event);
	else if (event->kind == PH_EVENT_EXPECT_DESTROY)
		ended(p, packet, event);
	else if (event->kind == PH_EVENT_EXPECT_UPDATE)
		changed(p, packet, event);
	else if (event->kind == PH_EVENT_REFUSED)
		refused(p, packet, event);
	else
		return;
	note(notes, packet, event);
}

void pinholes_packet(struct pinholes *p, const struct replay_packet *packet)
{
	struct pinhole *hole;

	for (size_t i = 0; i < p->n_used; i++) {
		hole = &p->listed[p->used[i]];
		hole->fate = packet->out.fate;
		/* A packet that its protocol then refused has used the pinhole, but there is no connection. */
		if (packet->out.has_conn)
			hole->child_id = packet->out.conn_id;
	}
	p->n_used = 0;
}

/* --- printing --- */

static void put_end(const struct pinhole *hole, const struct source *source, struct cmd_text *t)
{
	if (hole->cause == PH_CAUSE_NONE) {
		cmd_text_add(t, "still open at the end\n");
		return;
	}
	if (hole->cause != PH_CAUSE_USED) {
		cmd_text_format(t, "%s, at ", ph_cause_text(hole->cause));
		replay_ref(t, source, hole->ended.input, hole->ended.n);
		if (has_why(&hole->ended_by)) {
			cmd_text_add(t, ": ");
			put_why(t, &hole->ended_by);
		}
		cmd_text_add(t, "\n");
		return;
	}
	cmd_text_add(t, "used by ");
	replay_ref(t, source, hole->ended.input, hole->ended.n);
	if (hole->child_id) {
		cmd_text_format(t, ", connection %llu: ", (unsigned long long)hole->child_id);
		cmd_text_tuple(t, &hole->child);
	}
	cmd_text_format(t, ", %s\n", hole->fate == PH_FATE_FORWARDED || hole->fate == PH_FATE_LOCAL || hole->fate == PH_FATE_SENT ?
	                "which passed" : "which was dropped all the same");
}

static void put_pinhole(const struct pinhole *hole, const struct source *source, struct cmd_text *t)
{
	const struct ph_expect_info *x = &hole->expect;

	cmd_text_format(t, "  %llu  %s: ", (unsigned long long)x->id, x->helper ? x->helper : "helper");
	cmd_text_expect(t, x);
	cmd_text_add(t, "\n      opened by ");
	replay_ref(t, source, hole->opened.input, hole->opened.n);
	cmd_text_format(t, ", connection %llu: ", (unsigned long long)x->master_id);
	cmd_text_tuple(t, &x->master);
	if (has_why(&hole->opened_by)) {
		cmd_text_add(t, "\n      by ");
		put_why(t, &hole->opened_by);
	}
	if (hole->text_len) {
		cmd_text_add(t, "\n      with the words ");
		cmd_text_quoted(t, hole->text, hole->text_len, REPORT_TEXT);
	}
	if (hole->asked) {
		cmd_text_add(t, "\n      asked for before");
		if (hole->asked > 1)
			cmd_text_format(t, ", %llu times, the first", (unsigned long long)hole->asked);
		cmd_text_add(t, " by ");
		replay_ref(t, source, hole->first_asked.input, hole->first_asked.n);
	}
	cmd_text_add(t, "\n      ");
	if (x->flags & PH_EXPECT_INACTIVE && !has_why(&hole->active_by))
		cmd_text_add(t, "waiting: nobody was let in yet\n      ");
	if (has_why(&hole->active_by)) {
		cmd_text_format(t, "lets in for %llu seconds since ", (unsigned long long)hole->active_s);
		replay_ref(t, source, hole->active.input, hole->active.n);
		cmd_text_add(t, ": ");
		put_why(t, &hole->active_by);
		cmd_text_add(t, "\n      ");
	}
	if (hole->uses) {
		cmd_text_format(t, "used by %llu connection%s, the first by ", (unsigned long long)hole->uses, hole->uses == 1 ? "" : "s");
		replay_ref(t, source, hole->first_use.input, hole->first_use.n);
		cmd_text_format(t, ", connection %llu: ", (unsigned long long)hole->child_id);
		cmd_text_tuple(t, &hole->child);
		cmd_text_add(t, "\n      ");
	}
	put_end(hole, source, t);
}

static void put_outcomes(const struct pinholes *p, struct cmd_text *t)
{
	uint64_t gone = 0;
	const char *before = ": ";

	for (int i = 0; i < CAUSES; i++) {
		if (!p->ended[i])
			continue;
		gone += p->ended[i];
		cmd_text_format(t, "%s%llu %s", before, (unsigned long long)p->ended[i], i == PH_CAUSE_USED ? "used" : ph_cause_text((enum ph_cause)i));
		before = ", ";
	}
	if (p->opened > gone)
		cmd_text_format(t, "%s%llu still open", before, (unsigned long long)(p->opened - gone));
	cmd_text_add(t, "\n");
}

static void put_refusals(const struct pinholes *p, const struct source *source, struct cmd_text *t)
{
	cmd_text_format(t, "\nRefused      %llu time%s a helper read something and opened nothing\n", (unsigned long long)p->refused,
	                p->refused == 1 ? "" : "s");
	for (size_t i = 0; i < p->n_refusals; i++) {
		const struct refusal *refusal = &p->refusal[i];

		cmd_text_add(t, "  ");
		replay_ref(t, source, refusal->at.input, refusal->at.n);
		cmd_text_add(t, ": ");
		put_refusal(t, refusal);
	}
	if (p->refused > p->n_refusals)
		cmd_text_format(t, "  and %llu more\n", (unsigned long long)(p->refused - p->n_refusals));
}

void pinholes_print(const struct pinholes *p, const struct source *source, struct cmd_text *t)
{
	cmd_text_format(t, "\nPinholes     %llu opened by helpers", (unsigned long long)p->opened);
	put_outcomes(p, t);
	for (size_t i = 0; i < p->n_listed; i++) {
		if (p->listed[i].went_on)
			continue;
		put_pinhole(&p->listed[i], source, t);
		cmd_text_flush(t, stdout);
	}
	if (p->opened > p->n_listed)
		cmd_text_format(t, "  and %llu more, not listed\n", (unsigned long long)(p->opened - p->n_listed));
	if (p->refused)
		put_refusals(p, source, t);
}
