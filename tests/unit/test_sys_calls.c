/* SPDX-License-Identifier: MIT */
/* The list of calls, as such; what the kernel makes of it is in tests/kernel/test_filter.c. */
#include "shell/sys_calls.h"

#include <seccomp.h>
#include <stdbool.h>
#include <string.h>

#include "suite.h"

static bool is_first_row(unsigned index, enum sys_caller caller)
{
        for (unsigned i = 0; i < index; i++)
                if ((sys_calls[i].callers & caller) != 0 &&
                    strcmp(sys_calls[i].name, sys_calls[index].name) == 0)
                        return false;
        return true;
}

static unsigned count_calls(enum sys_caller caller)
{
        unsigned count = 0;

        for (unsigned i = 0; i < sys_call_count; i++)
                if ((sys_calls[i].callers & caller) != 0)
                        count += is_first_row(i, caller);
        return count;
}

/* One more wants to be thought about, and then this number and that of the README changed. */
START_TEST(calls_are_few)
{
        ck_assert_uint_eq(count_calls(SYS_WORKER), 18);
        ck_assert_uint_eq(count_calls(SYS_MAIN), 17);
}
END_TEST

START_TEST(every_name_is_one_of_a_call)
{
        for (unsigned i = 0; i < sys_call_count; i++)
                ck_assert_msg(seccomp_syscall_resolve_name(sys_calls[i].name) != __NR_SCMP_ERROR,
                              "%s", sys_calls[i].name);
        for (unsigned i = 0; i < sys_calls_more_count; i++)
                ck_assert_msg(seccomp_syscall_resolve_name(sys_calls_more[i].name) !=
                                  __NR_SCMP_ERROR,
                              "%s", sys_calls_more[i].name);
}
END_TEST

/* Else the row with arguments would mean nothing. */
START_TEST(call_with_checked_arguments_has_no_row_without)
{
        for (unsigned i = 0; i < sys_call_count; i++)
                for (unsigned j = 0; j < sys_call_count; j++)
                        ck_assert_msg(i == j || strcmp(sys_calls[i].name, sys_calls[j].name) != 0 ||
                                          (sys_calls[i].callers & sys_calls[j].callers) == 0 ||
                                          (sys_calls[i].argument_count > 0 &&
                                           sys_calls[j].argument_count > 0),
                                      "%s", sys_calls[i].name);
}
END_TEST

START_TEST(what_is_over_at_the_start_is_nobodys)
{
        static const char *const over[] = { "socket", "bind", "epoll_create1", "mmap" };

        for (unsigned i = 0; i < sys_call_count; i++)
                for (unsigned j = 0; j < sizeof(over) / sizeof(over[0]); j++)
                        ck_assert(strcmp(sys_calls[i].name, over[j]) != 0 ||
                                  sys_calls[i].callers == SYS_START);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                calls_are_few,
                every_name_is_one_of_a_call,
                call_with_checked_arguments_has_no_row_without,
                what_is_over_at_the_start_is_nobodys,
        };

        return SUITE_RUN("sys calls", tests);
}
