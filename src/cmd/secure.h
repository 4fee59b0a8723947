/* Giving up what the daemon no longer needs, in the order in which it is to be called:
 *
 *   keeper_start(...)                     while there are all rights; see keeper.h
 *   load the policy                       names such as /dev/fd/63 still work
 *   secure_close_others(fds, n)           descriptors that came from outside; fds: keeper_fd() and what else is open by now
 *   open queues, netlink, raw sockets, control socket, state
 *   secure_drop(user, diags)              identity, capabilities, no new privileges: threads made from now on inherit it
 *   ph_queues_start(...)                  readers are made without CAP_NET_ADMIN being of use to them, and before clone is refused
 *   secure_filter(diags)                  seccomp, for all threads at once; resource limits
 *   keeper_install(...), the loop
 *
 * What stays: CAP_NET_ADMIN, because the kernel looks for it with each verdict. What is gone: files (open and unlink say EACCES), new
 * sockets but AF_UNIX (for sd_notify), programs, threads, memory that can be executed. A call that has no business here at all
 * (execve, ptrace, fork) kills the process; systemd starts it again, and until then the rules' bypass flag decides.
 * What that does not take away from somebody who has taken over the daemon: the netlink sockets that are open, with that capability. */
#ifndef PH_CMD_SECURE_H
#define PH_CMD_SECURE_H

#include <pinhole/base.h>

/* Closes every descriptor but 0, 1, 2 and the n in keep (at most 8). */
void secure_close_others(const int *keep, size_t n);

/* The account a daemon becomes unless told otherwise: "pinhole" if the machine has it, else "nobody". */
const char *secure_account(void);

/* Becomes user (its group, no others; "root" or NULL: stays root, which then owns files but has no power over others'), keeps
 * CAP_NET_ADMIN only, in no set that others inherit; no new privileges, not dumpable, no core files. Of the calling thread: before there
 * are others. PH_OK; PH_NOT_FOUND: no such account; PH_IO: one of these was refused. Errors are in diags; the process should end. */
enum ph_status secure_drop(const char *user, struct ph_diags *diags);

/* Refuses from now on, in every thread, the calls the loop does not need. trace: what would kill the process fails with EPERM and is
 * written to the kernel's audit log, for finding out what a new library calls. PH_OK; PH_IO after an error in diags. */
enum ph_status secure_filter(bool trace, struct ph_diags *diags);

#endif
