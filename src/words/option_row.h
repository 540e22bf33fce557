/* SPDX-License-Identifier: MIT */
/*
 * One option of a command line: what it is called, what its value may be, what the help says. A
 * program's options are an array of rows; option_table.h reads a command line by it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "words/complaint.h"

enum option_kind {
        OPTION_NUMBER,
        OPTION_SIZE,     /* bytes */
        OPTION_DURATION, /* ns */
        OPTION_CHOICE,   /* one of the words of `choices`: the number is its index */
        OPTION_FILE,     /* a path; if there are choices, it ends in one of them */
        OPTION_WORD,     /* not empty; the program reads it */
        OPTION_LIST,     /* a word, and given again, one more; the program reads them */
        OPTION_FLAG,     /* takes no value */
        OPTION_HELP,     /* these two end the parsing */
        OPTION_VERSION,
        OPTION_PLANNED, /* its name is taken, but this version does not have it */
};

struct option_row {
        const char *name;
        const char *value;         /* name of its value in the help; NULL = takes none */
        const char *initial;       /* the default, as an operator writes it; NULL = none */
        const char *initial_shown; /* what the help says of it instead; NULL = as it is */
        const char *help;
        const char *heading; /* a line above it in the help; NULL = none */
        const char *least;   /* of a number, as an operator writes it */
        const char *most;
        const char *const *choices; /* ends in NULL */
        enum option_kind kind;
        char letter; /* 0 = none */
};

enum { OPTION_LIST_MAX = 256 };

/* The words of an OPTION_LIST, in the order they were given. */
struct option_list {
        const char *texts[OPTION_LIST_MAX]; /* in the memory of the command line */
        uint32_t count;
};

struct option_value {
        uint64_t number;  /* of a file, a flag or a list: 0 */
        const char *text; /* as given, in the memory of the command line; of a list, the last */
        struct option_list *list; /* of a list alone: the program's, set before it is read */
        bool is_given;            /* else it is the default: all zero if there is none */
};

/* Reads a value; false, and nothing is written, if the row does not take it. */
bool option_row_read(const struct option_row *row, const char *text,
                     struct option_value *ret_value);

/* Says what is expected instead of `what`, as the sentence names the wrong value; always false. */
bool option_row_complain(const struct option_row *row, const char *what,
                         struct complaint *complaint);
