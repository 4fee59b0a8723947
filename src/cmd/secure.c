/* Privileges, and how they are given up. See secure.h. The list of calls is in seccomp.c. */
#include "cmd/secure.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define KEEP_MAX 8

static enum ph_status failed(struct ph_diags *diags, const char *what)
{
	ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "%s: %s", what, strerror(errno));
	return PH_IO;
}

void secure_close_others(const int *keep, size_t n)
{
	int from = 3;

	/* The gaps between those that stay, from below. */
	for (size_t done = 0; done < n && done < KEEP_MAX; done++) {
		int next = -1;

		for (size_t i = 0; i < n; i++)
			if (keep[i] >= from && (next < 0 || keep[i] < next))
				next = keep[i];
		if (next < 0)
			break;
		if (next > from)
			close_range((unsigned)from, (unsigned)next - 1, 0);
		from = next + 1;
	}
	close_range((unsigned)from, ~0U, 0);
}

const char *secure_account(void)
{
	return getpwnam("pinhole") ? "pinhole" : "nobody";
}

static enum ph_status account(const char *user, uid_t *uid, gid_t *gid, struct ph_diags *diags)
{
	const struct passwd *pw;

	*uid = 0;
	*gid = 0;
	if (!user || strcmp(user, "root") == 0)
		return PH_OK;
	errno = 0;
	pw = getpwnam(user);
	if (!pw) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "there is no account '%s'; --user names another one", user);
		return PH_NOT_FOUND;
	}
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return PH_OK;
}

static enum ph_status no_core_files(struct ph_diags *diags)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return failed(diags, "core files cannot be switched off");
#ifndef __SANITIZE_ADDRESS__
	/* Others of the same account may neither trace it nor read its memory. The leak checker must. */
	if (prctl(PR_SET_DUMPABLE, 0) != 0)
		return failed(diags, "tracing cannot be forbidden");
#endif
	return PH_OK;
}

enum ph_status secure_drop(const char *user, struct ph_diags *diags)
{
	enum ph_status status;
	uid_t uid;
	gid_t gid;
	int error;

	status = account(user, &uid, &gid, diags);
	if (status != PH_OK)
		return status;
	capng_clear(CAPNG_SELECT_ALL);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	error = capng_change_id((int)uid, (int)gid, CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
	if (error != 0) {
		ph_diags_add(diags, PH_ERROR, NULL, 0, 0, "privileges cannot be given up (step %d): %s; pinhole starts as root with "
		             "CAP_SETPCAP, CAP_SETUID and CAP_SETGID", -error, strerror(errno));
		return PH_IO;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return failed(diags, "new privileges cannot be ruled out");
	return no_core_files(diags);
}
