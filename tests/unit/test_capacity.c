/* SPDX-License-Identifier: MIT */
#include "service/capacity.h"

#include <string.h>

#include "suite.h"

static const uint64_t mega = 1 << 20;

static struct options ask_for(uint64_t workers, uint64_t buffer_memory)
{
        return (struct options){ .workers = workers,
                                 .buffer_memory = buffer_memory,
                                 .max_connections = 65536,
                                 .listener_count = 1 };
}

START_TEST(worker_for_each_cpu)
{
        struct options options = ask_for(0, 64 * mega);

        ck_assert_uint_eq(capacity_workers(&options, 1), 1);
        ck_assert_uint_eq(capacity_workers(&options, 64), 64);
}
END_TEST

START_TEST(no_more_workers_than_the_memory_is_enough_for)
{
        struct options options = ask_for(0, 5 * mega - 1);

        ck_assert_uint_eq(capacity_workers(&options, 64), 4);
        options.buffer_memory = 0;
        ck_assert_uint_eq(capacity_workers(&options, 64), 1);
}
END_TEST

START_TEST(no_more_workers_than_there_can_be)
{
        struct options options = ask_for(0, 1024 * 1024 * mega);

        ck_assert_uint_eq(capacity_workers(&options, 1000), OPTIONS_WORKERS_MAX);
}
END_TEST

START_TEST(workers_that_were_asked_for_are_not_questioned)
{
        struct options options = ask_for(7, mega);

        ck_assert_uint_eq(capacity_workers(&options, 2), 7);
}
END_TEST

START_TEST(memory_is_enough_to_the_byte)
{
        struct options options = ask_for(3, 3 * mega);
        struct complaint complaint;

        ck_assert(capacity_has_memory(&options, 3, &complaint));
        options.buffer_memory--;
        ck_assert(!capacity_has_memory(&options, 3, &complaint));
        ck_assert(strstr(complaint.text, "at least 3M for 3, or --workers=2") != NULL);
        options.buffer_memory = mega - 1;
        ck_assert(!capacity_has_memory(&options, 1, &complaint));
        ck_assert(strstr(complaint.text, "at least 1M for 1") != NULL);
        ck_assert(strstr(complaint.text, "--workers") == NULL);
}
END_TEST

START_TEST(connections_are_what_is_asked_for_if_descriptors_allow)
{
        struct options options = ask_for(1, mega);

        ck_assert_uint_eq(capacity_connections(&options, 1, UINT64_MAX), 65536);
        ck_assert_uint_lt(capacity_connections(&options, 1, 65536), 65536);
}
END_TEST

/* Each worker has an epoll, an eventfd, a timer and its listeners; a path has two of its own. */
START_TEST(everything_that_is_no_connection_is_set_aside)
{
        struct options options = ask_for(1, mega);
        uint64_t with_one = capacity_connections(&options, 1, 1000);

        ck_assert_uint_eq(capacity_connections(&options, 2, 1000), with_one - 4);
        options.listener_count = 2;
        ck_assert_uint_eq(capacity_connections(&options, 1, 1000), with_one - 1);
        options.listeners[1].transport = ADDRESS_UNIX;
        ck_assert_uint_eq(capacity_connections(&options, 1, 1000), with_one - 3);
}
END_TEST

START_TEST(one_connection_is_always_tried)
{
        struct options options = ask_for(1, mega);

        ck_assert_uint_eq(capacity_connections(&options, 256, 0), 1);
        ck_assert_uint_eq(capacity_connections(&options, 1, 10), 1);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                worker_for_each_cpu,
                no_more_workers_than_the_memory_is_enough_for,
                no_more_workers_than_there_can_be,
                workers_that_were_asked_for_are_not_questioned,
                memory_is_enough_to_the_byte,
                connections_are_what_is_asked_for_if_descriptors_allow,
                everything_that_is_no_connection_is_set_aside,
                one_connection_is_always_tried,
        };

        return SUITE_RUN("capacity", tests);
}
