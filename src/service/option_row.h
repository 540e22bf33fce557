/* SPDX-License-Identifier: MIT */
/*
 * The table of the command line's options: what each is called, what its value may be, where that
 * goes. options.c reads a command line by it and prints it as the help.
 */
#pragma once

#include "service/options.h"

/* How the value of an option is read, and where it goes. */
enum option_kind {
        OPTION_NUMBER,
        OPTION_SIZE,
        OPTION_DURATION,
        OPTION_LOG_LEVEL,
        OPTION_LOG_FORMAT,
        OPTION_VERDICT, /* no value: parsing ends with `verdict` */
        OPTION_PLANNED, /* its name is taken, but this version does not have it */
};

struct option_row {
        const char *name;
        const char *value; /* name of its value in the help; NULL = takes none */
        const char *initial;
        const char
            *by_machine; /* the default in words, where it is no number here: the field is 0 */
        const char *help;
        uint64_t *(*field)(struct options *options);
        const char *least; /* of a number, as an operator writes it */
        const char *most;
        enum option_kind kind;
        enum options_verdict verdict;
        char letter; /* 0 = none */
};

enum { OPTION_ROW_COUNT = 25 };

extern const struct option_row option_rows[OPTION_ROW_COUNT];

/* Reads a value into its field; false, and nothing is written, if it is not one. */
bool option_row_read(const struct option_row *row, const char *value, struct options *options);

/* Says what is expected instead of `what`, as the sentence names the wrong value; always false. */
bool option_row_complain(const struct option_row *row, const char *what,
                         struct complaint *complaint);
