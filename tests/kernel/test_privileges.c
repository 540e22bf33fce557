/* SPDX-License-Identifier: MIT */
/* What is given up cannot be had again. Most of it takes root, who has something to give up. */
#include "service/privileges.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "suite.h"

static const struct user nobody = { .uid = 65534, .gid = 65533 };

static int become(const void *argument)
{
        const gid_t groups[] = { 4, 27 };
        gid_t left[4];

        (void)argument;
        if (setgroups(2, groups) < 0 || privileges_become(&nobody) != 0)
                return 1;
        if (getuid() != 65534 || geteuid() != 65534 || getgid() != 65533 || getegid() != 65533)
                return 2;
        if (getgroups(4, left) != 0 || privileges_is_root())
                return 3;
        if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setgroups(2, groups) == 0)
                return 4;
        /* Who is that user already needs no right to become it. */
        return privileges_become(&nobody) == 0 ? 0 : 5;
}

START_TEST(user_is_left_for_good)
{
        if (geteuid() == 0)
                ck_assert_int_eq(child_run(become, NULL), 0);
}
END_TEST

static int become_another(const void *argument)
{
        const struct user other = { .uid = 65533, .gid = 65533 };

        (void)argument;
        if (geteuid() == 0 && privileges_become(&nobody) != 0)
                return 1;
        return privileges_become(&other) == -EPERM ? 0 : 2;
}

START_TEST(other_user_is_refused_to_who_is_not_root)
{
        ck_assert_int_eq(child_run(become_another, NULL), 0);
}
END_TEST

/* The sets of capabilities in /proc/self/status, the inherited ones first; UINT64_MAX = unknown. */
static uint64_t capabilities_of(const char *name)
{
        static const char path[] = "/proc/self/status";
        FILE *file = fopen(path, "re");
        char line[256];
        unsigned long long found = UINT64_MAX;
        size_t size = strlen(name);

        while (file != NULL && fgets(line, sizeof(line), file) != NULL)
                if (strncmp(line, name, size) == 0)
                        sscanf(line + size, "%llx", &found);
        if (file != NULL)
                fclose(file);
        return found;
}

static int drop(const void *argument)
{
        static const char *const sets[] = { "CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:" };

        (void)argument;
        /* As a service manager may have it: one that survives the change of user. */
        (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
        if (privileges_bound() != 0 || privileges_become(&nobody) != 0)
                return 1;
        if (capabilities_of("CapPrm:") == 0)
                return 2;
        if (privileges_drop() != 0)
                return 3;
        for (unsigned i = 0; i < 5; i++)
                if (capabilities_of(sets[i]) != 0)
                        return 10 + (int)i;
        return 0;
}

START_TEST(no_capability_is_left_in_any_set)
{
        if (geteuid() == 0)
                ck_assert_int_eq(child_run(drop, NULL), 0);
}
END_TEST

static int stay_root(const void *argument)
{
        struct stat status;

        (void)argument;
        if (privileges_bound() != 0 || privileges_drop() != 0 || privileges_gain_none() != 0)
                return 1;
        if (geteuid() != 0 || capabilities_of("CapBnd:") != 0 || capabilities_of("CapEff:") != 0)
                return 2;
        return chown("/", 0, 0) == 0 && stat("/", &status) == 0 && status.st_uid != 0 ? 3 : 0;
}

START_TEST(root_without_capabilities_is_hardly_more_than_a_name)
{
        if (geteuid() == 0)
                ck_assert_int_eq(child_run(stay_root, NULL), 0);
}
END_TEST

static int raise_limits(const void *argument)
{
        static const int resources[] = { RLIMIT_CORE, RLIMIT_NPROC, RLIMIT_MEMLOCK,
                                         RLIMIT_MSGQUEUE };
        const struct rlimit some = { 1, 1 };

        (void)argument;
        if (geteuid() == 0 && privileges_become(&nobody) != 0)
                return 1;
        if (privileges_drop() != 0 || privileges_limit() != 0)
                return 2;
        for (unsigned i = 0; i < 4; i++) {
                struct rlimit limit = { 1, 1 };
                if (getrlimit((__rlimit_resource_t)resources[i], &limit) < 0 ||
                    limit.rlim_max != 0 || limit.rlim_cur != 0)
                        return 10 + (int)i;
                if (setrlimit((__rlimit_resource_t)resources[i], &some) == 0)
                        return 20 + (int)i;
        }
        return fork() < 0 && errno == EAGAIN ? 0 : 3;
}

START_TEST(limits_cannot_be_raised_again)
{
        ck_assert_int_eq(child_run(raise_limits, NULL), 0);
}
END_TEST

/* A child hides; a process of the same user, without capabilities, cannot get hold of it. */
static int attach_to(const void *argument)
{
        int ready[2];
        int go[2];
        char byte;

        if (geteuid() == 0 && privileges_become(&nobody) != 0)
                return 1;
        /* The change of user hides it already. */
        if (privileges_drop() != 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
                return 2;
        if (pipe(ready) < 0 || pipe(go) < 0)
                return 3;
        pid_t pid = fork();
        if (pid == 0) {
                if (*(const bool *)argument && privileges_hide() != 0)
                        _exit(1);
                (void)!write(ready[1], "r", 1);
                (void)!read(go[0], &byte, 1);
                _exit(0);
        }
        if (pid < 0 || read(ready[0], &byte, 1) != 1)
                return 4;
        bool is_attached = ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0;
        int error = errno;
        if (is_attached) {
                waitpid(pid, NULL, 0);
                ptrace(PTRACE_DETACH, pid, NULL, NULL);
        }
        (void)!write(go[1], "g", 1);
        waitpid(pid, NULL, 0);
        return is_attached ? 100 : error == EPERM ? 101 : 5;
}

START_TEST(hidden_process_cannot_be_traced_by_its_own_user)
{
        bool is_hidden = false;

        /* Some systems allow it to nobody. */
        int without = child_run(attach_to, &is_hidden);
        ck_assert(without == 100 || without == 101);
        is_hidden = true;
        ck_assert_int_eq(child_run(attach_to, &is_hidden), 101);
}
END_TEST

static int ask_for_none(const void *argument)
{
        (void)argument;
        if (privileges_gain_none() != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
                return 1;
        return prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) < 0 ? 0 : 2;
}

START_TEST(no_program_gives_privileges_any_more)
{
        ck_assert_int_eq(child_run(ask_for_none, NULL), 0);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                user_is_left_for_good,
                other_user_is_refused_to_who_is_not_root,
                no_capability_is_left_in_any_set,
                root_without_capabilities_is_hardly_more_than_a_name,
                limits_cannot_be_raised_again,
                hidden_process_cannot_be_traced_by_its_own_user,
                no_program_gives_privileges_any_more,
        };

        return SUITE_RUN("privileges", tests);
}
