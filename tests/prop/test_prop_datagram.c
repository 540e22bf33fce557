/* SPDX-License-Identifier: MIT */
#include "scripts.h"
#include "suite.h"
#include "support/datagram_model.h"
#include "support/datagram_script.h"

#define EVENT(operation, argument) \
        (DATAGRAM_SCRIPT_##operation + DATAGRAM_SCRIPT_OPERATIONS * (argument))

/* Clients and ourselves, a slow bucket, loops, and the time. */
static const uint8_t alphabet[] = {
        EVENT(SOURCE, 1),  /* ourselves */
        EVENT(SOURCE, 5),  /* shares a prefix with 4, which is ourselves */
        EVENT(PORT, 6),    /* ours */
        EVENT(PORT, 13),   /* 2049 */
        EVENT(PAYLOAD, 1), /* differs in its last byte */
        EVENT(RULES, 3),   /* no rate */
        EVENT(WAIT, 4),    /* 100 ms */
        EVENT(WAIT, 6),    /* the time of a token */
        EVENT(SEND, 0),    /* as IPv4 tells it */
        EVENT(SEND, 1),    /* mapped */
        EVENT(REPEAT, 4),  /* 64 at once */
        EVENT(REPEAT, 7),  /* 532 at once: two of them and 64 more are refused once */
        EVENT(REPEAT, 18), /* 16, just less than 100 ms apart */
};

START_TEST(every_script_of_up_to_four_events_agrees_with_the_model)
{
        ck_assert_uint_eq(scripts_run_all(datagram_script_run, alphabet, sizeof(alphabet), 4),
                          1 + 13 + 169 + 2197 + 28561);
}
END_TEST

/* Any source, destination and port, however they are told, in any way. */
START_TEST(every_datagram_is_judged_as_the_model_does)
{
        /* No rate, and low ports granted, or access denied to some. */
        static const uint8_t rules[] = { EVENT(RULES, 3), EVENT(RULES, 7), EVENT(RULES, 19) };
        enum { PAIRS = MODEL_ADDRESSES * MODEL_PORTS };
        uint8_t script[20];

        for (unsigned bits = 0; bits < 16; bits++)
                script[4 + bits] = (uint8_t)EVENT(SEND, bits);
        for (unsigned source = 0; source < MODEL_ADDRESSES; source++) {
                script[0] = (uint8_t)EVENT(SOURCE, source);
                for (unsigned i = 0; i < PAIRS * sizeof(rules); i++) {
                        script[1] = (uint8_t)EVENT(DESTINATION, i % MODEL_ADDRESSES);
                        script[2] = (uint8_t)EVENT(PORT, i / MODEL_ADDRESSES % MODEL_PORTS);
                        script[3] = rules[i / PAIRS];
                        datagram_script_run(script, sizeof(script));
                }
        }
}
END_TEST

/* An event may be many datagrams, so fewer events do. */
START_TEST(long_random_scripts_agree_with_the_model)
{
        scripts_run_some(datagram_script_run, 1000, 128);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_script_of_up_to_four_events_agrees_with_the_model,
                every_datagram_is_judged_as_the_model_does,
                long_random_scripts_agree_with_the_model,
        };

        return SUITE_RUN("prop datagram", tests);
}
