/* SPDX-License-Identifier: MIT */
/* Command lines for the tests of options.h: PARSE("--idle-timeout", "5s"), PARSE(NULL) for none. */
#pragma once

#include "argv.h"
#include "service/options.h"

/* What the last command line gave, whose words stay; filled with 0x5a before. */
static struct argv argv;
static struct options options;
static struct complaint complaint;

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })
#define EXPECT_WRONG(why, ...) expect_wrong(why, (const char *const[]){ __VA_ARGS__, NULL })

/* The words follow the program's name and end in NULL. */
static inline enum options_verdict parse(const char *const *words)
{
        static char name[] = "echod";

        argv_free(&argv);
        memset(&options, 0x5a, sizeof(options));
        memset(&complaint, 0x5a, sizeof(complaint));
        argv_make(&argv, name, words);
        return options_parse(argv.count, argv.words, &options, &complaint);
}

static inline void expect_wrong(const char *why, const char *const *words)
{
        ck_assert_msg(parse(words) == OPTIONS_WRONG, "`%s` was accepted", words[0]);
        ck_assert_str_eq(complaint.text, why);
}
