/* SPDX-License-Identifier: MIT */
/* What the options of datagrams mean, at which listener. */
#include "service/options.h"

#include "command_line.h"

/* Whether it holds at the first listener. */
static bool has_rate(void)
{
        return options_has_udp_rate(&options, &options.listeners[0]);
}

static bool has_loop_guard(void)
{
        return options_has_udp_loop_guard(&options, &options.listeners[0]);
}

START_TEST(datagrams_are_limited_where_strangers_reach_them)
{
        static const char *const listeners[] = { "udp:*:7", "udp:0.0.0.0:7", "udp:[::]:7",
                                                 "udp:10.0.0.1:7", "udp:[2001:db8::1]:7" };

        for (unsigned i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
                ck_assert_int_eq(PARSE(listeners[i]), OPTIONS_RUN);
                ck_assert(has_rate());
                ck_assert_uint_eq(options.udp_rate, 1000);
                ck_assert(has_loop_guard());
        }
}
END_TEST

START_TEST(datagrams_are_not_limited_on_loopback)
{
        static const char *const listeners[] = { "udp:127.0.0.1:7", "udp:127.1.2.3:7",
                                                 "udp:[::1]:7" };

        for (unsigned i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++) {
                ck_assert_int_eq(PARSE(listeners[i]), OPTIONS_RUN);
                ck_assert(!has_rate());
                ck_assert(!has_loop_guard());
        }
}
END_TEST

START_TEST(limit_that_is_given_holds_everywhere)
{
        ck_assert_int_eq(PARSE("--udp-rate=1000", "udp:127.0.0.1:7"), OPTIONS_RUN);
        ck_assert(has_rate());
        ck_assert(!has_loop_guard());
        ck_assert_int_eq(PARSE("--udp-rate=0", "udp:10.0.0.1:7"), OPTIONS_RUN);
        ck_assert(!has_rate());
        ck_assert(has_loop_guard());
        ck_assert_int_eq(PARSE("--udp-loop-guard=on", "udp:[::1]:7"), OPTIONS_RUN);
        ck_assert(has_loop_guard());
        ck_assert(!has_rate());
        ck_assert_int_eq(PARSE("--udp-loop-guard=off", "udp:*:7"), OPTIONS_RUN);
        ck_assert(!has_loop_guard());
        ck_assert(has_rate());
}
END_TEST

START_TEST(low_ports_are_granted_by_a_flag)
{
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        ck_assert(!options.udp_low_ports);
        ck_assert_int_eq(PARSE("--udp-low-ports"), OPTIONS_RUN);
        ck_assert(options.udp_low_ports);
}
END_TEST

START_TEST(smallest_and_largest_rates_are_accepted)
{
        ck_assert_int_eq(PARSE("--udp-rate=1"), OPTIONS_RUN);
        ck_assert_uint_eq(options.udp_rate, 1);
        ck_assert_int_eq(PARSE("--udp-rate=1000000000"), OPTIONS_RUN);
        ck_assert_uint_eq(options.udp_rate, 1000000000);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                datagrams_are_limited_where_strangers_reach_them,
                datagrams_are_not_limited_on_loopback,
                limit_that_is_given_holds_everywhere,
                low_ports_are_granted_by_a_flag,
                smallest_and_largest_rates_are_accepted,
        };

        return SUITE_RUN("options udp", tests);
}
