/* SPDX-License-Identifier: MIT */
/* What no caller may do to a connection that has a proxy's header to come, or none. */
#include "trap_states.h"

START_TEST(reading_before_the_header)
{
        fixture_open_in(&fixture, STATE_HEADLESS);
        expect_trap();
        conn_received(&fixture.conn, fixture.scratch, 1, SENT_NS);
}
END_TEST

START_TEST(echoing_before_the_header)
{
        fixture_open_in(&fixture, STATE_HEADLESS);
        expect_trap();
        conn_echoed(&fixture.conn, 1, SENT_NS);
}
END_TEST

START_TEST(header_that_nobody_expects)
{
        fixture_open_in(&fixture, (enum conn_state)_i);
        if (_i == STATE_HEADLESS)
                fixture_open(&fixture);
        expect_trap();
        conn_headed(&fixture.conn, 1, SENT_NS);
}
END_TEST

START_TEST(header_of_nothing)
{
        fixture_open_in(&fixture, STATE_HEADLESS);
        expect_trap();
        conn_headed(&fixture.conn, 0, SENT_NS);
}
END_TEST

START_TEST(header_after_any_end)
{
        fixture_open_in(&fixture, STATE_HEADLESS);
        conn_fail(&fixture.conn, (enum conn_end)_i);
        expect_trap();
        conn_headed(&fixture.conn, 1, SENT_NS);
}
END_TEST

int main(void)
{
        TCase *tcase = trap_states_open("trap headers");

        trap_states_add(tcase, reading_before_the_header, 1);
        trap_states_add(tcase, echoing_before_the_header, 1);
        trap_states_add(tcase, header_that_nobody_expects, STATE_COUNT);
        trap_states_add(tcase, header_of_nothing, 1);
        trap_states_add_from(tcase, header_after_any_end, CONN_OPEN + 1, CONN_END_COUNT);
        return trap_states_run();
}
