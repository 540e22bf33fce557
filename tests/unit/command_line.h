/* SPDX-License-Identifier: MIT */
/* Command lines for the tests of options.h: PARSE("--idle-timeout", "5s"), PARSE(NULL) for none. */
#pragma once

#include <string.h>

#include "service/options.h"
#include "suite.h"

enum { COMMAND_LINE_WORDS_MAX = 64 };

/* What the last command line gave; filled with 0x5a before. */
static struct options options;
static struct complaint complaint;

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })
#define EXPECT_WRONG(why, ...) expect_wrong(why, (const char *const[]){ __VA_ARGS__, NULL })

/* The words follow the program's name and end in NULL. */
static inline enum options_verdict parse(const char *const *words)
{
        static char name[] = "echod";
        char *argv[COMMAND_LINE_WORDS_MAX + 2] = { name };
        int argc = 1;

        memset(&options, 0x5a, sizeof(options));
        memset(&complaint, 0x5a, sizeof(complaint));
        for (; words[argc - 1] != NULL; argc++) {
                ck_assert_int_le(argc, COMMAND_LINE_WORDS_MAX);
                argv[argc] = strdup(words[argc - 1]);
        }
        char *copies[COMMAND_LINE_WORDS_MAX + 2];
        memcpy(copies, argv, sizeof(argv));
        enum options_verdict verdict = options_parse(argc, argv, &options, &complaint);
        for (int i = 1; i < argc; i++)
                free(copies[i]);
        return verdict;
}

static inline void expect_wrong(const char *why, const char *const *words)
{
        ck_assert_msg(parse(words) == OPTIONS_WRONG, "`%s` was accepted", words[0]);
        ck_assert_str_eq(complaint.text, why);
}

static inline void expect_untouched(const void *data, size_t size)
{
        const unsigned char *bytes = data;

        for (size_t i = 0; i < size; i++)
                ck_assert_uint_eq(bytes[i], 0x5a);
}
