/* SPDX-License-Identifier: MIT */
#include "service/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(int returned)
{
        return returned < 0 ? -errno : 0;
}

bool privileges_is_root(void)
{
        uid_t real = 0;
        uid_t effective = 0;
        uid_t saved = 0;

        if (getresuid(&real, &effective, &saved) < 0)
                return true;
        return real == 0 || effective == 0 || saved == 0;
}

static bool is_user(const struct user *user)
{
        uid_t uids[3] = { 0 };
        gid_t gids[3] = { 0 };

        if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 ||
            getresgid(&gids[0], &gids[1], &gids[2]) < 0)
                return false;
        for (unsigned i = 0; i < 3; i++)
                if (uids[i] != user->uid || gids[i] != user->gid)
                        return false;
        return true;
}

int privileges_become(const struct user *user)
{
        if (is_user(user) && !privileges_is_root())
                return 0;
        if (setgroups(0, NULL) < 0 || setresgid(user->gid, user->gid, user->gid) < 0 ||
            setresuid(user->uid, user->uid, user->uid) < 0)
                return -errno;
        /* There must be no way back. */
        if (!is_user(user) || getgroups(0, NULL) != 0 || setresuid((uid_t)-1, 0, (uid_t)-1) == 0)
                return -EPERM;
        return 0;
}

/* The calls know the two halves of 64 capabilities; libc does not know the calls. */
enum { HALVES = 2 };

static bool has_capabilities(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[HALVES];

        return syscall(SYS_capget, &header, data) < 0 ||
               (data[0].permitted | data[1].permitted) != 0;
}

int privileges_bound(void)
{
        int has;

        for (unsigned long i = 0; (has = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++) {
                if (has == 0 || prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0)
                        continue;
                return errno == EPERM && !privileges_is_root() ? 0 : -errno;
        }
        return 0;
}

int privileges_drop(void)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct none[HALVES] = { { 0 } };

        /* What is not permitted is not ambient either. */
        if (syscall(SYS_capset, &header, none) < 0)
                return -errno;
        return has_capabilities() ? -EPERM : 0;
}

int privileges_gain_none(void)
{
        return result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int privileges_hide(void)
{
        return result(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

int privileges_limit(void)
{
        /* Not RLIMIT_FSIZE, which would end a server whose log is a file. */
        static const int resources[] = { RLIMIT_CORE, RLIMIT_NPROC, RLIMIT_MEMLOCK,
                                         RLIMIT_MSGQUEUE };
        const struct rlimit none = { 0 };

        for (unsigned i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
                if (setrlimit((__rlimit_resource_t)resources[i], &none) < 0)
                        return -errno;
        return 0;
}
