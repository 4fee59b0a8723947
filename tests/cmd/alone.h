/* Work that changes the process it runs in (namespaces, privileges) is done in a child; what a test looks at comes back as an exit
 * status, 0 for good, or as text in a pipe. */
#ifndef TEST_CMD_ALONE_H
#define TEST_CMD_ALONE_H

#include <pinhole/base.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: ends it when something does not hold, saying what. */
#define HOLDS(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #what); \
			_exit(1); \
		} \
	} while (0)

static inline bool is_root(void)
{
	return geteuid() == 0;
}

/* Runs work(arg) in a child of its own, in a new network namespace if asked for. What waitpid says of it. */
static inline int alone(void (*work)(void *arg), void *arg, bool netns)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		if (netns)
			HOLDS(unshare(CLONE_NEWNET) == 0);
		work(arg);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return status;
}

static inline void print_diags(const struct ph_diags *diags)
{
	for (size_t i = 0; i < ph_diags_count(diags); i++)
		fprintf(stderr, "%s\n", ph_diags_get(diags, i)->text);
}

#endif
