/* The expectation table; spec/tracking.md 7.
 *
 *   bucket (hash of destination) -> newest .. oldest of any master
 *   master's help                -> newest .. oldest of that master
 *
 * Both lists are doubly linked by slot number. */
#include "track/table.h"

static struct ph_expect *at(const struct ph_track *t, uint32_t slot)
{
	return ph_slab_at(&t->expects, slot);
}

static uint32_t slot_of(const struct ph_track *t, const struct ph_expect *e)
{
	return (uint32_t)((size_t)((const uint8_t *)e - t->expects.records) / t->expects.size);
}

static uint32_t bucket_of(const struct ph_track *t, const struct ph_tuple *tuple)
{
	struct {
		struct ph_addr dst;
		uint16_t dport;
		uint8_t proto, family;
	} key = { tuple->dst, tuple->dport, tuple->proto, tuple->family };

	return ph_index_hash_bytes(&t->index, &key, sizeof(key)) % PH_EXPECT_BUCKETS;
}

const struct ph_conn *ph_expect_master(const struct ph_track *t, const struct ph_expect *expect)
{
	return ph_conn_at(t, expect->master);
}

static struct ph_conn_help *help_of(const struct ph_track *t, const struct ph_expect *e)
{
	return ph_conn_help(t, ph_conn_at(t, e->master));
}

static void link_in(struct ph_track *t, struct ph_expect *e)
{
	struct ph_conn_help *help = help_of(t, e);
	uint32_t slot = slot_of(t, e);

	e->bucket_prev = e->master_prev = PH_NO_SLOT;
	e->bucket_next = t->expect_bucket[e->bucket];
	if (e->bucket_next != PH_NO_SLOT)
		at(t, e->bucket_next)->bucket_prev = slot;
	t->expect_bucket[e->bucket] = slot;

	e->master_next = help->expects;
	if (e->master_next != PH_NO_SLOT)
		at(t, e->master_next)->master_prev = slot;
	help->expects = slot;
	help->n_expects[e->class_]++;
}

static void link_out(struct ph_track *t, struct ph_expect *e)
{
	struct ph_conn_help *help = help_of(t, e);

	if (e->bucket_prev != PH_NO_SLOT)
		at(t, e->bucket_prev)->bucket_next = e->bucket_next;
	else
		t->expect_bucket[e->bucket] = e->bucket_next;
	if (e->bucket_next != PH_NO_SLOT)
		at(t, e->bucket_next)->bucket_prev = e->bucket_prev;

	if (e->master_prev != PH_NO_SLOT)
		at(t, e->master_prev)->master_next = e->master_next;
	else
		help->expects = e->master_next;
	if (e->master_next != PH_NO_SLOT)
		at(t, e->master_next)->master_prev = e->master_prev;
	help->n_expects[e->class_]--;
}

/* Takes it out of every list and tells why; the slot is free afterwards. */
static void end(struct ph_track *t, struct ph_expect *e, enum ph_cause cause, const struct ph_conn *child)
{
	uint32_t slot = slot_of(t, e);

	link_out(t, e);
	ph_wheel_remove(t->expect_wheel, slot);
	t->stats.expects--;
	if (t->hooks.expect)
		t->hooks.expect(t->hooks.arg, PH_EVENT_EXPECT_DESTROY, cause, e, child);
	e->id = 0;      /* what each_expect goes by: a free slot has none */
	ph_slab_give(&t->expects, slot);
}

/* Equal on the exact parts, and equal where both masks look. */
static bool overlaps(const struct ph_expect *a, const struct ph_expect *b)
{
	uint8_t differ = 0;

	if (!ph_addr_equal(&a->tuple.dst, &b->tuple.dst) || a->tuple.dport != b->tuple.dport ||
	    a->tuple.proto != b->tuple.proto || a->tuple.family != b->tuple.family || a->zone != b->zone)
		return false;
	for (size_t i = 0; i < sizeof(a->mask_src.b); i++)
		differ |= (uint8_t)((a->tuple.src.b[i] ^ b->tuple.src.b[i]) & a->mask_src.b[i] & b->mask_src.b[i]);
	return !differ && !((a->tuple.sport ^ b->tuple.sport) & a->mask_sport & b->mask_sport);
}

static bool identical(const struct ph_expect *a, const struct ph_expect *b)
{
	return ph_tuple_equal(&a->tuple, &b->tuple) && ph_addr_equal(&a->mask_src, &b->mask_src) &&
	       a->mask_sport == b->mask_sport && a->zone == b->zone;
}

/* What stands in the way of a new one. A former equal one is ended on the spot. */
static enum ph_status make_way(struct ph_track *t, const struct ph_expect *new_one, bool any_master)
{
	uint32_t slot = t->expect_bucket[new_one->bucket];

	while (slot != PH_NO_SLOT) {
		struct ph_expect *e = at(t, slot);

		slot = e->bucket_next;
		if (identical(e, new_one) && (any_master || e->master == new_one->master)) {
			if (e->class_ != new_one->class_ || e->master != new_one->master)
				return PH_EXISTS;
			end(t, e, PH_CAUSE_REPLACED, NULL);
			return PH_OK;
		}
		if (overlaps(e, new_one))
			return PH_BUSY;
	}
	return PH_OK;
}

static void evict_oldest(struct ph_track *t, const struct ph_conn_help *help, uint8_t class_)
{
	struct ph_expect *oldest = NULL;

	for (uint32_t slot = help->expects; slot != PH_NO_SLOT; slot = at(t, slot)->master_next)
		if (at(t, slot)->class_ == class_)
			oldest = at(t, slot);
	if (oldest)
		end(t, oldest, PH_CAUSE_EVICTED, NULL);
}

static void set_timer(struct ph_track *t, struct ph_expect *e, uint64_t timeout_s, uint64_t now_ms)
{
	uint32_t slot = slot_of(t, e);

	ph_wheel_remove(t->expect_wheel, slot);
	e->expires_ms = ph_later(now_ms, timeout_s * 1000);
	ph_wheel_add(t->expect_wheel, slot, e->expires_ms);
}

static void fill(const struct ph_track *t, struct ph_expect *e, const struct ph_conn *master, const struct ph_expect_want *want)
{
	static const struct ph_addr open;

	e->tuple = want->tuple;
	e->mask_src = want->mask_src;
	e->mask_sport = want->mask_sport;
	/* What is open is zero, so that equal ones are equal as bytes. Under the mask of a network the address stays what the
	 * helper named, as in the reference: the broadcast address. */
	if (ph_addr_equal(&e->mask_src, &open))
		e->tuple.src = open;
	e->tuple.sport &= e->mask_sport;
	e->class_ = want->class_;
	e->flags = want->flags;
	e->child_helper = want->child_helper;
	e->tag = want->tag;
	e->ends_inverse = want->ends_inverse;
	e->zone = master->zone;         /* whichever directions it counts for (checked on 6.18) */
	e->helper = master->helper;
	e->master = ph_conn_slot(t, master);
	e->bucket = bucket_of(t, &e->tuple);
	ph_wheel_node_init(&e->timer);
}

enum ph_status ph_expect_add(struct ph_track *t, struct ph_conn *master, const struct ph_expect_want *want,
                             const struct ph_expect_policy *policy, uint64_t now_ms)
{
	struct ph_conn_help *help = ph_conn_help(t, master);
	struct ph_expect made = { 0 }, *e;
	enum ph_status status = PH_INVALID;
	uint32_t slot;

	if (!help || want->class_ >= PH_EXPECT_CLASSES)
		goto refused;
	fill(t, &made, master, want);
	status = make_way(t, &made, want->any_master);
	if (status != PH_OK)
		goto refused;
	if (policy->max && help->n_expects[want->class_] >= policy->max)
		evict_oldest(t, help, want->class_);
	status = PH_FULL;
	if (t->stats.expects >= t->config->expect_max)
		goto refused;
	slot = ph_slab_take(&t->expects);
	if (slot == PH_SLAB_NONE)
		goto refused;
	e = at(t, slot);
	*e = made;
	e->id = ++t->next_expect_id;
	link_in(t, e);
	set_timer(t, e, policy->timeout_s, now_ms);
	t->stats.expects++;
	ph_count(&t->stats.expects_created, 1);
	if (t->hooks.expect)
		t->hooks.expect(t->hooks.arg, PH_EVENT_EXPECT_NEW, PH_CAUSE_NONE, e, NULL);
	return PH_OK;
refused:
	ph_count(&t->stats.expects_refused, 1);
	return status;
}

bool ph_expect_restore(struct ph_track *t, const struct ph_conn *master, const struct ph_expect_want *want,
                       const struct ph_expect_policy *policy, uint64_t left_ms)
{
	const struct ph_conn_help *help = ph_conn_help(t, master);
	struct ph_expect made = { 0 }, *e;
	uint32_t slot;

	fill(t, &made, master, want);
	for (slot = t->expect_bucket[made.bucket]; slot != PH_NO_SLOT; slot = at(t, slot)->bucket_next)
		if (overlaps(at(t, slot), &made))
			return false;
	if ((policy->max && help->n_expects[want->class_] >= policy->max) || t->stats.expects >= t->config->expect_max)
		return false;
	slot = ph_slab_take(&t->expects);
	if (slot == PH_SLAB_NONE)
		return false;
	e = at(t, slot);
	*e = made;
	e->id = ++t->next_expect_id;
	link_in(t, e);
	e->expires_ms = ph_later(t->now_ms, left_ms);
	ph_wheel_add(t->expect_wheel, slot, e->expires_ms);
	t->stats.expects++;
	return true;
}

/* A packet, as something that overlaps what it meets. */
static struct ph_expect exact(const struct ph_tuple *tuple, uint16_t zone)
{
	struct ph_expect packet = { .tuple = *tuple, .zone = zone, .mask_sport = 0xffff };

	memset(packet.mask_src.b, 0xff, sizeof(packet.mask_src.b));
	return packet;
}

static bool meets(const struct ph_expect *e, const struct ph_tuple *tuple, uint16_t zone)
{
	const struct ph_expect packet = exact(tuple, zone);

	return !(e->flags & PH_EXPECT_INACTIVE) && overlaps(e, &packet);
}

bool ph_expect_use(struct ph_track *t, const struct ph_tuple *tuple, struct ph_conn *child)
{
	uint32_t slot = t->expect_bucket[bucket_of(t, tuple)];
	struct ph_expect *e = NULL;
	bool has_inverse = false;
	struct ph_tuple inverse;
	struct ph_conn *master;

	for (; slot != PH_NO_SLOT; slot = at(t, slot)->bucket_next) {
		if (meets(at(t, slot), tuple, child->zone) && at(t, slot)->expires_ms > t->now_ms) {
			e = at(t, slot);
			break;
		}
	}
	if (!e)
		return false;
	master = ph_conn_at(t, e->master);
	if (!(master->status & PH_CT_CONFIRMED) || (master->status & PH_CT_DYING) || master->expires_ms <= t->now_ms)
		return false;
	ph_count(&t->stats.expects_used, 1);
	ph_conn_hold(master);
	child->status |= PH_CT_EXPECTED;
	child->master = e->master;
	child->mark = master->mark;
	child->helper = e->child_helper;
	if (e->ends_inverse)
		has_inverse = ph_tuple_invert(&e->tuple, &inverse);
	if (!(e->flags & PH_EXPECT_PERMANENT))
		end(t, e, PH_CAUSE_USED, child);
	/* The way back belongs to this connection now. */
	if (has_inverse)
		(void)ph_expect_remove_tuple(t, child->zone, &inverse, PH_CAUSE_COVERED);
	return true;
}

void ph_expect_remove_all(struct ph_track *t, struct ph_conn *master, enum ph_cause cause)
{
	struct ph_conn_help *help = ph_conn_help(t, master);

	while (help && help->expects != PH_NO_SLOT)
		end(t, at(t, help->expects), cause, NULL);
}

size_t ph_expect_remove(struct ph_track *t, struct ph_conn *master, uint8_t first, uint8_t last, uint32_t tag)
{
	struct ph_conn_help *help = ph_conn_help(t, master);
	uint32_t slot = help ? help->expects : PH_NO_SLOT;
	size_t n = 0;

	while (slot != PH_NO_SLOT) {
		struct ph_expect *e = at(t, slot);

		slot = e->master_next;
		if (e->class_ < first || e->class_ > last || (tag && e->tag != tag))
			continue;
		end(t, e, PH_CAUSE_REMOVED, NULL);
		n++;
	}
	return n;
}

/* The first of a master's from `slot` on that is of the class and has the tag. */
static struct ph_expect *tagged(const struct ph_track *t, uint32_t slot, uint8_t class_, uint32_t tag)
{
	for (; slot != PH_NO_SLOT; slot = at(t, slot)->master_next)
		if (at(t, slot)->class_ == class_ && at(t, slot)->tag == tag)
			return at(t, slot);
	return NULL;
}

size_t ph_expect_retime(struct ph_track *t, struct ph_conn *master, uint8_t class_, uint32_t tag, uint64_t timeout_s)
{
	const struct ph_conn_help *help = ph_conn_help(t, master);
	struct ph_expect *e = help ? tagged(t, help->expects, class_, tag) : NULL;
	size_t n = 0;

	for (; e; e = tagged(t, e->master_next, class_, tag)) {
		set_timer(t, e, timeout_s, t->now_ms);
		if (t->hooks.expect)
			t->hooks.expect(t->hooks.arg, PH_EVENT_EXPECT_UPDATE, PH_CAUSE_NONE, e, NULL);
		n++;
	}
	return n;
}

void ph_expect_activate(struct ph_track *t, struct ph_conn *master, uint8_t class_, uint32_t tag)
{
	const struct ph_conn_help *help = ph_conn_help(t, master);
	struct ph_expect *e = help ? tagged(t, help->expects, class_, tag) : NULL;

	for (; e; e = tagged(t, e->master_next, class_, tag))
		e->flags &= (uint8_t)~PH_EXPECT_INACTIVE;
}

bool ph_expect_remove_like(struct ph_track *t, struct ph_conn *master, const struct ph_expect_want *want)
{
	struct ph_expect like = { 0 };

	fill(t, &like, master, want);
	for (uint32_t slot = t->expect_bucket[like.bucket]; slot != PH_NO_SLOT; slot = at(t, slot)->bucket_next) {
		struct ph_expect *e = at(t, slot);

		if (e->master != like.master || e->class_ != like.class_ || !identical(e, &like))
			continue;
		end(t, e, PH_CAUSE_REMOVED, NULL);
		return true;
	}
	return false;
}

bool ph_expect_remove_tuple(struct ph_track *t, uint16_t zone, const struct ph_tuple *tuple, enum ph_cause cause)
{
	const struct ph_expect packet = exact(tuple, zone);

	for (uint32_t slot = t->expect_bucket[bucket_of(t, tuple)]; slot != PH_NO_SLOT; slot = at(t, slot)->bucket_next) {
		if (!overlaps(at(t, slot), &packet))
			continue;
		end(t, at(t, slot), cause, NULL);
		return true;
	}
	return false;
}

bool ph_expect_held_here(const struct ph_track *t, const struct ph_conn *master, const struct ph_expect_want *want)
{
	const struct ph_conn_help *help = ph_conn_help(t, master);

	for (uint32_t slot = help ? help->expects : PH_NO_SLOT; slot != PH_NO_SLOT; slot = at(t, slot)->master_next) {
		const struct ph_expect *e = at(t, slot);

		if (e->class_ == want->class_ && ph_addr_equal(&e->tuple.dst, &want->tuple.dst) &&
		    e->tuple.dport == want->tuple.dport && e->tuple.proto == want->tuple.proto &&
		    e->tuple.family == want->tuple.family)
			return true;
	}
	return false;
}

bool ph_expect_held_elsewhere(const struct ph_track *t, const struct ph_conn *master, const struct ph_expect_want *want)
{
	struct ph_expect made = { 0 };

	fill(t, &made, master, want);
	for (uint32_t slot = t->expect_bucket[made.bucket]; slot != PH_NO_SLOT; slot = at(t, slot)->bucket_next) {
		const struct ph_expect *e = at(t, slot);
		const struct ph_conn *other = ph_expect_master(t, e);

		/* A helper of UDP and one of TCP are two, whatever their name (checked on 6.18). */
		if (e->class_ == want->class_ && e->helper == master->helper && other != master &&
		    other->tuple.proto == master->tuple.proto && overlaps(e, &made))
			return true;
	}
	return false;
}

static void expect_due(void *arg, uint32_t slot)
{
	struct ph_track *t = arg;
	struct ph_expect *e = at(t, slot);

	if (e->expires_ms > ph_wheel_now_ms(t->expect_wheel))
		ph_wheel_add(t->expect_wheel, slot, e->expires_ms);
	else
		end(t, e, PH_CAUSE_EXPIRED, NULL);
}

bool ph_expect_expire(struct ph_track *t, uint64_t now_ms, size_t budget)
{
	return ph_wheel_advance(t->expect_wheel, now_ms, expect_due, t, budget);
}

uint32_t ph_track_expects_from(const struct ph_track *t, uint32_t from, uint32_t slots,
                               void (*each)(void *arg, const struct ph_expect *expect), void *arg)
{
	uint32_t fresh = t->expects.fresh, end = from < fresh && fresh - from > slots ? from + slots : fresh;

	for (uint32_t slot = from; slot < end; slot++)
		if (at(t, slot)->id)
			each(arg, at(t, slot));
	return end < fresh ? end : 0;
}

void ph_track_each_expect(const struct ph_track *t, void (*each)(void *arg, const struct ph_expect *expect), void *arg)
{
	ph_track_expects_from(t, 0, UINT32_MAX, each, arg);
}
