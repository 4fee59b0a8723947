/* The calls a daemon may make once all is open: a list for the loop, one for those that are told no, and death for the rest.
 * See secure.h. */
#include "cmd/secure.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CALL(name) SCMP_SYS(name)

/* What the loop, the control socket, a reload and the end need, whatever the arguments. */
static const int allowed[] = {
	/* waiting */
	CALL(epoll_wait), CALL(epoll_pwait), CALL(epoll_pwait2), CALL(epoll_ctl), CALL(poll), CALL(ppoll), CALL(restart_syscall),
	/* what is open already: queues, netlink, raw sockets, clients, the keeper, timers, signals, files handed over */
	CALL(recvmmsg), CALL(recvmsg), CALL(recvfrom), CALL(sendmsg), CALL(sendto), CALL(sendmmsg), CALL(accept), CALL(accept4),
	CALL(shutdown), CALL(read), CALL(readv), CALL(pread64), CALL(preadv), CALL(write), CALL(writev), CALL(pwrite64), CALL(close),
	CALL(close_range), CALL(lseek), CALL(fstat), CALL(fsync), CALL(fdatasync), CALL(timerfd_settime), CALL(timerfd_gettime),
	/* time, threads that are there or were made just now and are at their first steps, signals */
	CALL(clock_gettime), CALL(clock_getres), CALL(gettimeofday), CALL(futex), CALL(sched_yield), CALL(sched_getaffinity), CALL(rseq),
	CALL(set_robust_list),
	CALL(rt_sigreturn), CALL(rt_sigprocmask), CALL(rt_sigaction), CALL(sigaltstack), CALL(getpid), CALL(gettid), CALL(getuid),
	CALL(geteuid), CALL(getgid), CALL(getegid),
	/* memory; mmap and mprotect have conditions below */
	CALL(munmap), CALL(mremap), CALL(madvise), CALL(brk), CALL(getrandom), CALL(sysinfo), CALL(uname),
	/* the end: the keeper is waited for */
	CALL(wait4), CALL(waitid), CALL(exit), CALL(exit_group),
#ifdef __SANITIZE_ADDRESS__
	/* The sanitizers read /proc/self/maps, link names and the terminal to report, and at the end the leak checker stops all threads
	 * from a thread of its own. None of this is in a release build. */
	CALL(open), CALL(openat), CALL(readlink), CALL(readlinkat), CALL(ioctl), CALL(newfstatat), CALL(stat), CALL(lstat), CALL(getdents),
	CALL(getdents64),
	CALL(clone), CALL(clone3), CALL(ptrace), CALL(prctl), CALL(arch_prctl), CALL(tgkill), CALL(tkill), CALL(process_vm_readv),
	CALL(dup), CALL(dup2), CALL(pipe), CALL(pipe2), CALL(getrlimit), CALL(prlimit64), CALL(mincore),
	CALL(access), CALL(rt_tgsigqueueinfo), CALL(getppid), CALL(unlink), CALL(unlinkat),
#endif
};

/* Calls that libraries try and can do without: they fail with EACCES, and the caller goes on. */
static const int denied[] = {
#ifndef __SANITIZE_ADDRESS__
	CALL(open), CALL(openat), CALL(openat2), CALL(stat), CALL(lstat), CALL(newfstatat), CALL(statx), CALL(access), CALL(faccessat),
	CALL(faccessat2), CALL(readlink), CALL(readlinkat), CALL(getdents64), CALL(unlink), CALL(unlinkat), CALL(rename), CALL(renameat),
	CALL(renameat2), CALL(chmod), CALL(fchmodat), CALL(chown), CALL(fchownat), CALL(mkdir), CALL(mkdirat), CALL(ioctl), CALL(prctl),
	CALL(getrlimit), CALL(prlimit64),
#endif
	CALL(connect), CALL(bind), CALL(getsockname), CALL(getpeername), CALL(flock),
};

/* Adds calls of this machine: the names of other architectures have negative numbers that stand for nothing here. */
static int add_all(scmp_filter_ctx filter, uint32_t action, const int *call, size_t n)
{
	int error = 0;

	for (size_t i = 0; i < n && error == 0; i++)
		if (call[i] >= 0)
			error = seccomp_rule_add(filter, action, call[i], 0);
	return error;
}

/* One call under one condition; several of one call are alternatives. */
static int add_if(scmp_filter_ctx filter, int call, struct scmp_arg_cmp condition)
{
	return call < 0 ? 0 : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition);
}

static int add_conditions(scmp_filter_ctx filter)
{
	static const uint64_t flags[] = { F_GETFL, F_SETFL, F_GETFD, F_SETFD, F_DUPFD_CLOEXEC };
	/* Not SOL_IP and SOL_IPV6: on a raw socket, with CAP_NET_ADMIN, those replace the rules of iptables. */
	static const uint64_t levels[] = { SOL_SOCKET, SOL_NETLINK };
	int error = 0;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]) && error == 0; i++)
		error = add_if(filter, CALL(fcntl), SCMP_A1(SCMP_CMP_EQ, flags[i]));
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]) && error == 0; i++)
		error = add_if(filter, CALL(setsockopt), SCMP_A1(SCMP_CMP_EQ, levels[i]));
	if (error == 0)
		error = add_if(filter, CALL(getsockopt), SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET));
	if (error == 0)
		error = add_if(filter, CALL(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (error == 0)
		error = add_if(filter, CALL(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (error == 0)
		error = add_if(filter, CALL(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), CALL(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX));
#ifndef __SANITIZE_ADDRESS__
	/* abort() raises its signal; nobody else gets one. */
	if (error == 0)
		error = add_if(filter, CALL(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
#endif
	return error;
}

static int build(scmp_filter_ctx filter, bool trace)
{
	int error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	if (error == 0 && trace)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	if (error == 0)
		error = add_all(filter, SCMP_ACT_ALLOW, allowed, sizeof(allowed) / sizeof(allowed[0]));
	if (error == 0)
		error = add_all(filter, SCMP_ACT_ERRNO(EACCES), denied, sizeof(denied) / sizeof(denied[0]));
	if (error == 0)
		error = add_conditions(filter);
	if (error == 0)
		error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return error == 0 ? seccomp_load(filter) : error;
}

enum ph_status secure_filter(bool trace, struct ph_diags *diags)
{
	scmp_filter_ctx filter = seccomp_init(trace ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_KILL_PROCESS);
	int error;

#ifndef __SANITIZE_ADDRESS__
	/* Readers of queues are running: there is nothing left to start. */
	if (setrlimit(RLIMIT_NPROC, &(struct rlimit){ 0, 0 }) != 0) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "new processes cannot be ruled out: %s", strerror(errno));
		seccomp_release(filter);
		return PH_IO;
	}
#endif
	if (!filter)
		return PH_NO_MEMORY;
	error = build(filter, trace);
	seccomp_release(filter);
	if (error == 0)
		return PH_OK;
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "the kernel does not take the filter of system calls: %s", strerror(-error));
	return PH_IO;
}
