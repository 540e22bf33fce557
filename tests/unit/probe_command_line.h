/* SPDX-License-Identifier: MIT */
/* Command lines for the tests of probe/options.h: PARSE("-c", "5", TARGET), PARSE(NULL) for none.
 */
#pragma once

#include "argv.h"
#include "probe/options.h"

#define TARGET "tcp:127.0.0.1:7"
#define DATAGRAMS "udp:127.0.0.1:7"

/* What the last command line gave; filled with 0x5a before. Its texts last until the next one. */
static struct probe_options options;
static struct complaint complaint;

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })
#define EXPECT_WRONG(why, ...) expect_wrong(why, (const char *const[]){ __VA_ARGS__, NULL })

/* The words follow the program's name and end in NULL. */
static inline enum options_verdict parse(const char *const *words)
{
        static char name[] = "echoprobe";
        static struct argv argv;

        argv_free(&argv);
        memset(&options, 0x5a, sizeof(options));
        memset(&complaint, 0x5a, sizeof(complaint));
        argv_make(&argv, name, words);
        return probe_options_parse(argv.count, argv.words, &options, &complaint);
}

static inline void expect_wrong(const char *why, const char *const *words)
{
        ck_assert_msg(parse(words) == OPTIONS_WRONG, "`%s` was accepted", words[0]);
        ck_assert_str_eq(complaint.text, why);
        expect_untouched(&options, sizeof(options));
}
