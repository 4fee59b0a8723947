/* The keeper: a small process that keeps root's rights while the daemon gives them up.
 *
 *   daemon (nobody, CAP_NET_ADMIN) --request--> keeper (root)      one socket pair, one request at a time
 *                                  <--answer--  with a descriptor, where one was asked for
 *
 * It does what is below and nothing else; names of files were fixed when it was started, requests only number them. It does not trust the
 * daemon: what is no request it knows is refused. It ends when the daemon does. If that was killed, the rules stay as they are: their
 * own bypass flag says whether packets pass then. Signals that are meant for the daemon, such as SIGTERM for all of a service, it ignores.
 *
 * Start it first, while the process has one thread, few descriptors and no policy: it is a copy of the process as it was then (all
 * descriptors are closed in the copy). Each call waits for its answer: milliseconds, with iptables' lock held by others some seconds.
 * One caller at a time. */
#ifndef PH_CMD_KEEPER_H
#define PH_CMD_KEEPER_H

#include "cmd/rules.h"

struct keeper;

/* Borrowed; nothing of it is looked at after keeper_start in this process. */
struct keeper_config {
	const struct rules *rules;              /* NULL: none may be installed */
	const char *const *policy;              /* files that may be opened again, n_policies of them */
	size_t n_policies;
	const char *state;                      /* file of saved connections; NULL: none */
	const char *control;                    /* path of the control socket; NULL: none */
};

/* NULL after an error in diags. Warnings may be added. */
struct keeper *keeper_start(const struct keeper_config *config, struct ph_diags *diags);
/* Ends it and waits for its end. Rules stay unless keeper_remove was called. NULL is fine. */
void keeper_stop(struct keeper *keeper);
/* Becomes readable only when the keeper has died: time to stop in good order, since nobody can remove the rules any more. */
int keeper_fd(const struct keeper *keeper);

/* All of these: PH_OK; PH_INVALID: not what the keeper was started for; PH_IO: it tried and could not, or is dead. Errors and warnings
 * are in diags. */
enum ph_status keeper_install(struct keeper *keeper, struct ph_diags *diags);
enum ph_status keeper_remove(struct keeper *keeper, struct ph_diags *diags);
/* The same in two parts; in between, keeper_fd becomes readable when it is done. */
void keeper_remove_begin(struct keeper *keeper);
enum ph_status keeper_remove_end(struct keeper *keeper, struct ph_diags *diags);

/* Opens policy file i (as numbered in the configuration) for reading; *fd is the caller's to close. Regular files only: standard input
 * and pipes cannot be read again. */
enum ph_status keeper_policy_open(struct keeper *keeper, size_t i, int *fd, struct ph_diags *diags);
/* The same, read whole: terminated, of *len bytes, freed by free(). NULL after an error in diags. */
char *keeper_policy_read(struct keeper *keeper, size_t i, size_t max, size_t *len, struct ph_diags *diags);

/* Opens a new, empty file next to the file of saved connections, to be written; *fd is the caller's to close. Nothing has changed until
 * keeper_state_commit puts it, safely on disk, in the place of the old one. */
enum ph_status keeper_state_begin(struct keeper *keeper, int *fd, struct ph_diags *diags);
enum ph_status keeper_state_commit(struct keeper *keeper, struct ph_diags *diags);

/* Removes the file of the control socket, if it is there and a socket. */
enum ph_status keeper_control_remove(struct keeper *keeper, struct ph_diags *diags);

/* --- what goes over the socket, for tests that do not keep to it --- */

enum keeper_code { KEEPER_INSTALL = 1, KEEPER_REMOVE, KEEPER_POLICY, KEEPER_STATE, KEEPER_COMMIT, KEEPER_CONTROL };

struct keeper_request {
	uint16_t code;          /* enum keeper_code */
	uint16_t number;        /* POLICY: of the file; else 0 */
};

#endif
