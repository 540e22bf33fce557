/* SPDX-License-Identifier: MIT */
/* What is read of the texts of proc(5), and of the one process that a test is sure to have. */
#include "probe/server_process.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

/* As Linux 6.1 writes it, of a shell that has waited for children. */
#define STAT_TAIL                                                                                \
        " S 1209 1211 1211 34816 1348 4194304 2104 51873 3 11 7 12 345 678 20 0 1 0 42 7696384 " \
        "1248 18446744073709551615 94116183437312 94116184228541 140723339530224 0 0 0 65536 "   \
        "3686404 1266761467 1 0 0 17 1 0 0 0 0 0 94116184466000 94116184514216 94116193247232 "  \
        "140723339538106 140723339538116 140723339538116 140723339542514 0\n"

static const char rollup[] =
    "55d2a8a5b000-7ffc6f1fe000 ---p 00000000 00:00 0    [rollup]\n"
    "Rss:                3964 kB\n"
    "Pss:                 712 kB\n"
    "Pss_Dirty:           436 kB\n"
    "Pss_Anon:            420 kB\n"
    "Pss_File:            292 kB\n"
    "Pss_Shmem:             0 kB\n"
    "Shared_Clean:       3248 kB\n"
    "SwapPss:              17 kB\n"
    "Locked:                0 kB\n";

START_TEST(field_is_found_by_its_whole_name)
{
        ck_assert_uint_eq(server_process_field(rollup, "Pss"), 712);
        ck_assert_uint_eq(server_process_field(rollup, "Pss_Anon"), 420);
        ck_assert_uint_eq(server_process_field(rollup, "Pss_Shmem"), 0);
        ck_assert_uint_eq(server_process_field(rollup, "SwapPss"), 17);
}
END_TEST

START_TEST(field_may_be_first_in_the_text)
{
        ck_assert_uint_eq(server_process_field("Pss: 5 kB\n", "Pss"), 5);
}
END_TEST

START_TEST(end_of_another_name_is_not_the_field)
{
        ck_assert_uint_eq(server_process_field("SwapPss: 17 kB\nPss: 5 kB\n", "Pss"), 5);
        ck_assert_uint_eq(server_process_field("SwapPss: 17 kB\n", "Pss"), 0);
}
END_TEST

START_TEST(field_that_is_not_there_is_0)
{
        ck_assert_uint_eq(server_process_field(rollup, "Pas"), 0);
        ck_assert_uint_eq(server_process_field(rollup, "Ps"), 0);
        ck_assert_uint_eq(server_process_field("", "Pss"), 0);
        ck_assert_uint_eq(server_process_field("\n", "Pss"), 0);
}
END_TEST

/* Cut at every place: what is there counts, and nothing is read behind the end. */
START_TEST(text_that_is_cut_has_the_value_or_a_part_of_it)
{
        for (size_t size = 0; size < sizeof(rollup); size++) {
                char *text = strndup(rollup, size);
                uint64_t value = server_process_field(text, "Pss");
                ck_assert(value == 0 || value == 7 || value == 71 || value == 712);
                free(text);
        }
}
END_TEST

START_TEST(field_without_a_number_is_0)
{
        ck_assert_uint_eq(server_process_field("Pss: kB\n", "Pss"), 0);
        ck_assert_uint_eq(server_process_field("Pss:", "Pss"), 0);
        ck_assert_uint_eq(server_process_field("Pss", "Pss"), 0);
}
END_TEST

START_TEST(number_too_large_is_the_largest)
{
        ck_assert_uint_eq(server_process_field("Pss: 18446744073709551615 kB\n", "Pss"),
                          UINT64_MAX);
        ck_assert_uint_eq(server_process_field("Pss: 99999999999999999999999 kB\n", "Pss"),
                          UINT64_MAX);
}
END_TEST

START_TEST(ended_children_are_the_sum_of_user_and_system)
{
        ck_assert_uint_eq(server_process_ended("1348 (bash)" STAT_TAIL), 345 + 678);
}
END_TEST

START_TEST(name_of_a_process_may_contain_anything)
{
        ck_assert_uint_eq(server_process_ended("1348 (a) b (c)" STAT_TAIL), 345 + 678);
        ck_assert_uint_eq(server_process_ended("1348 ()" STAT_TAIL), 345 + 678);
        ck_assert_uint_eq(server_process_ended("1348 ()))))" STAT_TAIL), 345 + 678);
        ck_assert_uint_eq(server_process_ended("1348 (x) S 1 2 3\n4 5 6)" STAT_TAIL), 345 + 678);
}
END_TEST

START_TEST(text_that_is_no_stat_has_no_ended_children)
{
        ck_assert_uint_eq(server_process_ended(""), 0);
        ck_assert_uint_eq(server_process_ended("1348 (bash"), 0);
        ck_assert_uint_eq(server_process_ended("1348 (bash)"), 0);
        ck_assert_uint_eq(server_process_ended("1348 (bash) S 1 2 3"), 0);
        ck_assert_uint_eq(server_process_ended("1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13"), 0);
        ck_assert_uint_eq(server_process_ended("1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 a b"), 0);
}
END_TEST

START_TEST(own_process_has_used_time_and_memory)
{
        uint64_t cpu_ns = 0;
        uint64_t size = 0;

        ck_assert_int_eq(server_process_cpu(getpid(), &cpu_ns), 0);
        ck_assert_uint_gt(cpu_ns, 0);
        ck_assert_int_eq(server_process_memory(getpid(), &size), 0);
        ck_assert_uint_gt(size, 4096);
}
END_TEST

START_TEST(time_of_a_process_only_grows)
{
        uint64_t before_ns = 0;
        uint64_t after_ns = 0;

        ck_assert_int_eq(server_process_cpu(getpid(), &before_ns), 0);
        ck_assert_int_eq(server_process_cpu(getpid(), &after_ns), 0);
        ck_assert_uint_ge(after_ns, before_ns);
}
END_TEST

/* A pipe ends when the child does, which waits for nothing else: so it lives while it is asked. */
START_TEST(memory_of_children_counts)
{
        enum { SIZE = 32 << 20 };
        uint64_t before = 0;
        uint64_t with_child = 0;
        int ready[2];
        int end[2];
        char byte = 0;

        ck_assert_int_eq(pipe(ready), 0);
        ck_assert_int_eq(pipe(end), 0);
        ck_assert_int_eq(server_process_memory(getpid(), &before), 0);
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
                char *memory = malloc(SIZE);
                close(end[1]);
                memset(memory, 1, SIZE);
                if (write(ready[1], memory, 1) == 1)
                        (void)!read(end[0], &byte, 1);
                _exit(0);
        }
        ck_assert_int_eq(read(ready[0], &byte, 1), 1);
        ck_assert_int_eq(server_process_memory(getpid(), &with_child), 0);
        close(end[1]);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        ck_assert_uint_ge(with_child, before + SIZE / 2);
        close(ready[0]);
        close(ready[1]);
        close(end[0]);
}
END_TEST

START_TEST(process_that_is_not_there_is_an_error_and_changes_nothing)
{
        uint64_t value = 77;
        pid_t child = fork();

        ck_assert_int_ge(child, 0);
        if (child == 0)
                _exit(0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        ck_assert_int_lt(server_process_cpu(child, &value), 0);
        ck_assert_int_lt(server_process_memory(child, &value), 0);
        ck_assert_uint_eq(value, 77);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                field_is_found_by_its_whole_name,
                field_may_be_first_in_the_text,
                end_of_another_name_is_not_the_field,
                field_that_is_not_there_is_0,
                text_that_is_cut_has_the_value_or_a_part_of_it,
                field_without_a_number_is_0,
                number_too_large_is_the_largest,
                ended_children_are_the_sum_of_user_and_system,
                name_of_a_process_may_contain_anything,
                text_that_is_no_stat_has_no_ended_children,
                own_process_has_used_time_and_memory,
                time_of_a_process_only_grows,
                memory_of_children_counts,
                process_that_is_not_there_is_an_error_and_changes_nothing,
        };

        return SUITE_RUN("server process", tests);
}
