/* SPDX-License-Identifier: MIT */
/* Command lines of echoprobe that are refused: the whole sentence, so that it stays one. */
#include "probe/options.h"

#include <stdio.h>

#include "probe_command_line.h"

#define SIZE_EXPECTED "expected a size such as 512, 64K, 8M or 1G, at most 64M"
#define TIME_EXPECTED "expected a duration such as 250ms, 5s, 2m or 1h, from 1ms to 8760h"

/* All options that take a value. */
static const struct {
        const char *name;
        const char *expected;
        const char *wrong[4];
} valued[] = {
        { "--connections", "expected a number from 1 to 1048576", { "", "0", "1048577", "1K" } },
        { "--size", SIZE_EXPECTED, { "", "65M", "64k", "-1" } },
        { "--duration", TIME_EXPECTED, { "", "0", "5", "8761h" } },
        { "--count",
          "expected a number from 1 to 1000000000000",
          { "", "0", "1000000000001", "x" } },
        { "--depth", "expected a number from 1 to 65536", { "", "0", "65537", "1K" } },
        { "--batch", "expected a number from 1 to 64", { "", "0", "65", "1K" } },
        { "--rate", "expected a number from 1 to 10000000", { "", "0", "10000001", "5/s" } },
        { "--mode", "expected ping, stream, churn, idle or slow", { "", "PING", "pin", "flood" } },
        { "--timeout", TIME_EXPECTED, { "", "0", "0s", "31536001s" } },
        { "--plot", "expected a file that ends in .svg or .png", { "", "x", "x.pdf", "x.SVG" } },
        { "--server-pid", "expected a number from 1 to 4194304", { "", "0", "-1", "4194305" } },
};

START_TEST(bad_value_is_named_with_its_option_and_what_is_expected)
{
        char why[256];

        for (unsigned i = 0; i < sizeof(valued) / sizeof(valued[0]); i++) {
                for (unsigned j = 0; j < 4; j++) {
                        const char *value = valued[i].wrong[j];
                        snprintf(why, sizeof(why), "%s: `%s`: %s", valued[i].name, value,
                                 valued[i].expected);
                        EXPECT_WRONG(why, valued[i].name, value, TARGET);
                }
        }
        EXPECT_WRONG("--histogram: ``: expected a file", "--histogram=", TARGET);
}
END_TEST

START_TEST(target_is_missing)
{
        EXPECT_WRONG("no target: expected tcp:HOST:PORT, udp:HOST:PORT or unix:PATH", NULL);
        EXPECT_WRONG("no target: expected tcp:HOST:PORT, udp:HOST:PORT or unix:PATH", "-c5");
}
END_TEST

START_TEST(second_target_is_named)
{
        EXPECT_WRONG("`unix:x`: a second target, expected only one", TARGET, "-c5", "unix:x");
        EXPECT_WRONG("`3`: a second target, expected only one", "--half-close", TARGET, "3", "4");
}
END_TEST

START_TEST(bad_target_is_named)
{
        EXPECT_WRONG("`here:7`: expected a target, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH",
                     "here:7");
        EXPECT_WRONG("`tcp:1.2.3.4:0`: port `0`: expected a number from 1 to 65535",
                     "tcp:1.2.3.4:0");
        ck_assert_int_eq(PARSE("tcp:*:7"), OPTIONS_WRONG);
        ck_assert_ptr_nonnull(strstr(complaint.text, "`tcp:*:7`: host `*`: expected an IPv4"));
}
END_TEST

START_TEST(unknown_option_is_named_with_the_nearest)
{
        EXPECT_WRONG("`--conections`: no such option, the nearest is --connections",
                     "--conections=5", TARGET);
        EXPECT_WRONG("`--h`: ambiguous, expected --half-close or --histogram or --help", "--h");
        EXPECT_WRONG("`-v`: no such option, the nearest is --version", "-v");
        EXPECT_WRONG("--json: `1`: expected no value", "--json=1");
}
END_TEST

START_TEST(rate_waits_for_no_depth)
{
        EXPECT_WRONG("--depth and --rate: expected one of them, a rate does not wait for echoes",
                     "--rate=5", "--depth=1", TARGET);
}
END_TEST

START_TEST(rate_is_for_ping_only)
{
        static const char *const modes[] = { "stream", "churn", "idle", "slow" };
        char why[64];

        for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                snprintf(why, sizeof(why), "--rate and --mode %s: expected --mode ping", modes[i]);
                EXPECT_WRONG(why, "--rate=5", "--mode", modes[i], TARGET);
        }
}
END_TEST

START_TEST(depth_is_for_ping_and_stream_only)
{
        static const char *const modes[] = { "churn", "idle", "slow" };
        char why[64];

        for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                snprintf(why, sizeof(why), "--depth and --mode %s: expected --mode ping or stream",
                         modes[i]);
                EXPECT_WRONG(why, "--depth=1", "--mode", modes[i], TARGET);
        }
}
END_TEST

START_TEST(idle_is_not_counted)
{
        EXPECT_WRONG(
            "--count and --mode idle: expected --duration, each connection sends one message",
            "-n5", "--mode=idle", TARGET);
}
END_TEST

START_TEST(datagrams_have_ping_and_stream_only)
{
        static const char *const modes[] = { "churn", "idle", "slow" };
        char why[96];

        for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
                snprintf(why, sizeof(why),
                         "--mode %s and `" DATAGRAMS "`: expected --mode ping or stream", modes[i]);
                EXPECT_WRONG(why, "--mode", modes[i], DATAGRAMS);
        }
}
END_TEST

START_TEST(datagrams_have_no_half_close)
{
        EXPECT_WRONG("--half-close and `" DATAGRAMS
                     "`: expected tcp: or unix:, datagrams have no end",
                     "--half-close", DATAGRAMS);
}
END_TEST

START_TEST(only_a_datagram_is_empty)
{
        EXPECT_WRONG("--size 0 and `" TARGET
                     "`: expected a byte at least, only a datagram may be empty",
                     "-s0", TARGET);
        EXPECT_WRONG(
            "--size 0 and `unix:x`: expected a byte at least, only a datagram may be empty", "-s0",
            "--mode=stream", "unix:x");
}
END_TEST

START_TEST(datagram_is_not_larger_than_one)
{
        EXPECT_WRONG("--size 65508 and `" DATAGRAMS "`: expected at most 65507 for a datagram",
                     "-s65508", DATAGRAMS);
        EXPECT_WRONG("--size 65536 and `" DATAGRAMS "`: expected at most 65507 for a datagram",
                     "--mode=stream", "-s64K", DATAGRAMS);
}
END_TEST

START_TEST(depth_of_datagrams_fits_their_number)
{
        static const struct {
                const char *size;
                const char *depth;
                const char *most;
        } cases[] = { { "0", "2", "1" }, { "1", "129", "128" }, { "2", "32769", "32768" } };
        char why[160];

        for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                snprintf(why, sizeof(why),
                         "--depth and --size %s: expected a depth of at most %s, as the number of "
                         "a datagram needs more bytes",
                         cases[i].size, cases[i].most);
                EXPECT_WRONG(why, "--size", cases[i].size, "--depth", cases[i].depth, DATAGRAMS);
                EXPECT_WRONG(why, "--size", cases[i].size, "--depth", cases[i].depth, DATAGRAMS,
                             "--mode=stream");
        }
}
END_TEST

START_TEST(rate_of_datagrams_needs_their_number)
{
        EXPECT_WRONG(
            "--rate and --size 3: expected a size of at least 4, for the number of each "
            "datagram",
            "--rate=5", "-s3", DATAGRAMS);
        EXPECT_WRONG(
            "--rate and --size 0: expected a size of at least 4, for the number of each "
            "datagram",
            "--rate=5", "-s0", DATAGRAMS);
}
END_TEST

START_TEST(only_datagrams_are_sent_in_batches)
{
        EXPECT_WRONG("--batch and `" TARGET "`: expected udp:, only datagrams are sent in batches",
                     "--batch=2", TARGET);
        EXPECT_WRONG("--batch and `unix:x`: expected udp:, only datagrams are sent in batches",
                     "--batch=1", "--mode=churn", "unix:x");
}
END_TEST

START_TEST(empty_datagrams_are_not_sent_in_batches)
{
        EXPECT_WRONG(
            "--batch 2 and --size 0: expected a byte at least, empty datagrams are sent one by one",
            "--batch=2", "-s0", DATAGRAMS);
}
END_TEST

START_TEST(batch_is_no_larger_than_what_one_call_sends)
{
        EXPECT_WRONG("--batch 64 and --size 1024: expected at most 65507 bytes in all, by one call",
                     "--batch=64", "-s1K", DATAGRAMS);
        EXPECT_WRONG("--batch 2 and --size 32754: expected at most 65507 bytes in all, by one call",
                     "--batch=2", "-s32754", "--rate=5", DATAGRAMS);
}
END_TEST

START_TEST(depth_has_room_for_a_batch)
{
        EXPECT_WRONG(
            "--batch 17 and --depth 16: expected a depth of at least 17, a batch is sent whole",
            "--batch=17", "--depth=16", DATAGRAMS);
        EXPECT_WRONG(
            "--batch 2 and --depth 1: expected a depth of at least 2, a batch is sent whole",
            "--batch=2", "--depth=1", "--mode=stream", DATAGRAMS);
}
END_TEST

START_TEST(plot_does_not_overwrite_the_histogram)
{
        EXPECT_WRONG("--histogram and --plot: `a.svg`: expected two files", "--plot=a.svg",
                     "--histogram=a.svg", TARGET);
}
END_TEST

START_TEST(very_long_words_leave_room_for_what_is_expected)
{
        char word[4000] = "udp:";

        memset(word + 4, '\n', sizeof(word) - 5);
        (void)PARSE(word);
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: no port, expected udp:HOST:PORT"));
        (void)PARSE(TARGET, word);
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: a second target"));
        (void)PARSE("--mode", word, TARGET);
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: expected ping, stream"));
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                bad_value_is_named_with_its_option_and_what_is_expected,
                target_is_missing,
                second_target_is_named,
                bad_target_is_named,
                unknown_option_is_named_with_the_nearest,
                rate_waits_for_no_depth,
                rate_is_for_ping_only,
                depth_is_for_ping_and_stream_only,
                idle_is_not_counted,
                datagrams_have_ping_and_stream_only,
                datagrams_have_no_half_close,
                only_a_datagram_is_empty,
                datagram_is_not_larger_than_one,
                depth_of_datagrams_fits_their_number,
                rate_of_datagrams_needs_their_number,
                only_datagrams_are_sent_in_batches,
                empty_datagrams_are_not_sent_in_batches,
                batch_is_no_larger_than_what_one_call_sends,
                depth_has_room_for_a_batch,
                plot_does_not_overwrite_the_histogram,
                very_long_words_leave_room_for_what_is_expected,
        };

        return SUITE_RUN("probe options wrong", tests);
}
