/* Helpers under other numbers: the options of their modules make the numbers, and a running tracker outlives options. */
#include "track/table.h"

/* A record in use: free ones hold no reference. Dead masters count, for their children ask for their helper. */
static bool in_use(const struct ph_conn *conn)
{
	return conn->refs > 0;
}

static void take_helper(struct ph_track *t, struct ph_conn *conn)
{
	ph_keymap_remove(t, conn, PH_ORIG);
	ph_keymap_remove(t, conn, PH_REPLY);
	ph_expect_remove_all(t, conn, PH_CAUSE_REMOVED);
	if (conn->help != PH_NO_SLOT)
		ph_slab_give(&t->helps, conn->help);
	conn->help = PH_NO_SLOT;
	conn->helper = PH_HELPER_NONE;
}

void ph_track_renumber(struct ph_track *t, const uint8_t map[256])
{
	/* First what ends, so that it is told under the names it had. */
	for (uint32_t slot = 0; slot < t->conns.fresh; slot++) {
		struct ph_conn *conn = ph_conn_at(t, slot);

		if (in_use(conn) && conn->helper != PH_HELPER_NONE && map[conn->helper] == PH_HELPER_NONE)
			take_helper(t, conn);
	}
	for (uint32_t slot = 0; slot < t->conns.fresh; slot++)
		if (in_use(ph_conn_at(t, slot)))
			ph_conn_at(t, slot)->helper = map[ph_conn_at(t, slot)->helper];
	for (uint32_t slot = 0; slot < t->expects.fresh; slot++) {
		struct ph_expect *e = ph_slab_at(&t->expects, slot);

		e->helper = map[e->helper];
		e->child_helper = map[e->child_helper];
	}
}
