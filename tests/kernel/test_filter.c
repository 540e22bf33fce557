/* SPDX-License-Identifier: MIT */
/* The filters of workers and main, tried with every system call there is. */
#include "service/filter.h"

#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "service/privileges.h"
#include "suite.h"

enum { NUMBERS = 471, X32 = 0x40000000, ARGUMENTS = 6 };

/*
 * What the kernel calls in the name of who traces a program (uprobes): newer ones let it through
 * any filter, and refuse whoever else calls it.
 */
enum { URETPROBE = 335, UPROBE = 336 };

struct attempt {
        const struct filter *filter;
        long number;
        long arguments[ARGUMENTS];
};

/* Traps when the call has come back, as every other way to end is a call. */
static int try(const void *argument)
{
        const struct attempt *attempt = argument;
        const long *a = attempt->arguments;

        if (privileges_gain_none() < 0 || filter_enter(attempt->filter) < 0)
                return 1;
        syscall(attempt->number, a[0], a[1], a[2], a[3], a[4], a[5]);
        __builtin_trap();
}

static bool is_allowed(const struct attempt *attempt)
{
        int end = child_run(try, attempt);

        if (end == CHILD_DENIED)
                return false;
        bool has_ended = attempt->number == SYS_exit_group && end == 0xff;
        ck_assert_msg(end == CHILD_TRAPPED || has_ended, "call %ld: end %d", attempt->number, end);
        return true;
}

/* What no call takes for good: no descriptor, no memory, no operation is so named. */
static struct attempt attempt_of(const struct filter *filter, long number)
{
        return (struct attempt){ .filter = filter,
                                 .number = number,
                                 .arguments = { -1, -1, -1, -1, -1, -1 } };
}

/* A row of either list, counted through both; NULL behind the last. */
static const struct sys_call *row_at(unsigned index)
{
        if (index < sys_call_count)
                return &sys_calls[index];
        index -= sys_call_count;
        return index < sys_calls_more_count ? &sys_calls_more[index] : NULL;
}

/* The first row of a call that the caller may make; NULL = it may not make it. */
static const struct sys_call *row_of(enum sys_caller caller, long number)
{
        const struct sys_call *row;

        for (unsigned i = 0; (row = row_at(i)) != NULL; i++)
                if ((row->callers & caller) != 0 &&
                    seccomp_syscall_resolve_name(row->name) == number)
                        return row;
        return NULL;
}

static void set_arguments(struct attempt *attempt, const struct sys_call *row)
{
        for (unsigned i = 0; i < row->argument_count; i++)
                attempt->arguments[row->arguments[i].index] = row->arguments[i].value;
}

static void try_every_call(enum sys_caller caller)
{
        struct filter filter;
        unsigned allowed = 0;

        ck_assert_int_eq(filter_make(caller, &filter), 0);
        for (long number = 0; number < NUMBERS; number++) {
                if (number == URETPROBE || number == UPROBE)
                        continue;
                const struct sys_call *row = row_of(caller, number);
                struct attempt attempt = attempt_of(&filter, number);
                if (row != NULL)
                        set_arguments(&attempt, row);
                ck_assert_msg(is_allowed(&attempt) == (row != NULL), "call %ld, %s", number,
                              row != NULL ? "which is on the list" : "which is not");
                allowed += row != NULL;
        }
        printf("%s: %u of %d calls allowed\n", caller == SYS_WORKER ? "worker" : "main", allowed,
               NUMBERS);
        filter_free(&filter);
}

START_TEST(every_call_but_those_of_the_list_ends_the_process)
{
        try_every_call(SYS_WORKER);
        try_every_call(SYS_MAIN);
}
END_TEST

/* Another door to the same calls: the numbers of a 32-bit program on a 64-bit kernel. */
static void try_other_numbers(enum sys_caller caller)
{
        struct filter filter;

        ck_assert_int_eq(filter_make(caller, &filter), 0);
        for (long number = 0; number < 4; number++) {
                struct attempt attempt = attempt_of(&filter, X32 | number);
                ck_assert(!is_allowed(&attempt));
        }
        filter_free(&filter);
}

START_TEST(calls_by_other_numbers_end_the_process)
{
        try_other_numbers(SYS_WORKER);
        try_other_numbers(SYS_MAIN);
}
END_TEST

static bool has_free_row(const struct sys_call *row, enum sys_caller caller)
{
        const struct sys_call *other;

        for (unsigned i = 0; (other = row_at(i)) != NULL; i++)
                if (strcmp(other->name, row->name) == 0 && (other->callers & caller) != 0 &&
                    other->argument_count == 0)
                        return true;
        return false;
}

/* Each checked argument of a row, one bit away; and with bits that the kernel does not look at. */
static void try_arguments(const struct filter *filter, const struct sys_call *row)
{
        long number = seccomp_syscall_resolve_name(row->name);

        for (unsigned i = 0; i < row->argument_count; i++) {
                for (unsigned bit = 5; bit < 31; bit++) {
                        struct attempt attempt = attempt_of(filter, number);
                        set_arguments(&attempt, row);
                        attempt.arguments[row->arguments[i].index] ^= 1L << bit;
                        ck_assert_msg(!is_allowed(&attempt), "%s, argument %u, bit %u", row->name,
                                      row->arguments[i].index, bit);
                }
                struct attempt attempt = attempt_of(filter, number);
                set_arguments(&attempt, row);
                attempt.arguments[row->arguments[i].index] |= 1L << 40;
                ck_assert_msg(is_allowed(&attempt), "%s, argument %u", row->name,
                              row->arguments[i].index);
        }
}

static void try_other_arguments(enum sys_caller caller)
{
        struct filter filter;

        ck_assert_int_eq(filter_make(caller, &filter), 0);
        for (unsigned i = 0; i < sys_call_count; i++)
                if ((sys_calls[i].callers & caller) != 0 && !has_free_row(&sys_calls[i], caller))
                        try_arguments(&filter, &sys_calls[i]);
        filter_free(&filter);
}

START_TEST(other_arguments_end_the_process)
{
        try_other_arguments(SYS_WORKER);
        try_other_arguments(SYS_MAIN);
}
END_TEST

/* By hand, whatever the list says; the runtime of a sanitizer may have one or two of them. */
static const long never[] = {
        SYS_open,
        SYS_openat,
        SYS_openat2,
        SYS_creat,
        SYS_socket,
        SYS_connect,
        SYS_bind,
        SYS_socketpair,
        SYS_accept,
        SYS_execve,
        SYS_execveat,
        SYS_fork,
        SYS_vfork,
        SYS_clone,
        SYS_clone3,
        SYS_ptrace,
        SYS_kill,
        SYS_tkill,
        SYS_tgkill,
        SYS_mprotect,
        SYS_mremap,
        SYS_dup,
        SYS_dup2,
        SYS_dup3,
        SYS_fcntl,
        SYS_ioctl,
        SYS_unlink,
        SYS_rename,
        SYS_mount,
        SYS_chroot,
        SYS_setuid,
        SYS_setresuid,
        SYS_capset,
        SYS_seccomp,
        SYS_bpf,
        SYS_io_uring_setup,
        SYS_userfaultfd,
        SYS_memfd_create,
        SYS_unshare,
        SYS_setns,
        SYS_prlimit64,
        SYS_pidfd_open,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_perf_event_open,
        SYS_keyctl,
        SYS_pidfd_getfd,
        SYS_epoll_create1,
        SYS_rt_sigreturn,
};

static bool is_more(long number)
{
        for (unsigned i = 0; i < sys_calls_more_count; i++)
                if (seccomp_syscall_resolve_name(sys_calls_more[i].name) == number)
                        return true;
        return false;
}

static void try_intruder(enum sys_caller caller)
{
        struct filter filter;

        ck_assert_int_eq(filter_make(caller, &filter), 0);
        for (unsigned i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
                struct attempt attempt = attempt_of(&filter, never[i]);
                ck_assert_msg(is_more(never[i]) || !is_allowed(&attempt), "call %ld", never[i]);
        }
        filter_free(&filter);
}

START_TEST(calls_of_an_intruder_end_the_process)
{
        try_intruder(SYS_WORKER);
        try_intruder(SYS_MAIN);
}
END_TEST

/* One writes eight bytes to an eventfd, and no more. */
START_TEST(worker_cannot_write_a_log_line)
{
        struct filter filter;

        if (sys_calls_more_count > 0)
                return; /* a sanitizer writes reports */
        ck_assert_int_eq(filter_make(SYS_WORKER, &filter), 0);
        struct attempt attempt = attempt_of(&filter, SYS_write);
        for (long size = 0; size < 100; size++) {
                attempt.arguments[2] = size;
                ck_assert_int_eq(is_allowed(&attempt), size == 8);
        }
        filter_free(&filter);
}
END_TEST

static int enter_with_new_privileges(const void *argument)
{
        /* Root may; so be nobody first. */
        const struct user nobody = { .uid = 65534, .gid = 65534 };

        if (privileges_is_root() && privileges_become(&nobody) < 0)
                return 1;
        return filter_enter(argument) < 0 ? 0 : 2;
}

START_TEST(filter_is_refused_to_who_may_gain_privileges)
{
        struct filter filter;

        ck_assert_int_eq(filter_make(SYS_MAIN, &filter), 0);
        ck_assert_int_eq(child_run(enter_with_new_privileges, &filter), 0);
        filter_free(&filter);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                every_call_but_those_of_the_list_ends_the_process,
                calls_by_other_numbers_end_the_process,
                other_arguments_end_the_process,
                calls_of_an_intruder_end_the_process,
                worker_cannot_write_a_log_line,
                filter_is_refused_to_who_may_gain_privileges,
        };

        return SUITE_RUN("filter", tests);
}
