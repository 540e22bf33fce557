/* SPDX-License-Identifier: MIT */
/*
 * A command line, read by the table of a program's options: getopt_long(3) with complaints that
 * name what is wrong and what is expected, and the help. Nothing here prints an error or exits.
 *
 * The values come in the order of the rows; the program stores them where it likes.
 */
#pragma once

#include <stdio.h>

#include "words/option_row.h"

enum { OPTION_TABLE_ROWS_MAX = 48 };

struct option_table {
        const struct option_row *rows;
        unsigned row_count; /* at most OPTION_TABLE_ROWS_MAX */
};

enum options_verdict {
        OPTIONS_RUN,     /* the options are complete */
        OPTIONS_HELP,    /* print the help */
        OPTIONS_VERSION, /* print the version */
        OPTIONS_WRONG,   /* print the complaint */
};

/*
 * argv[0] is the program's name; argv is permuted as getopt_long(3) does, and ends in NULL.
 * ret_values has a place for each row, with the list of an OPTION_LIST; *ret_words becomes the part
 * of argv that is no options. They hold only with OPTIONS_RUN; *complaint is only written with
 * OPTIONS_WRONG.
 */
enum options_verdict option_table_parse(const struct option_table *table, int argc, char **argv,
                                        struct option_value *ret_values, char ***ret_words,
                                        struct complaint *complaint);

/* Prints the rows of this version, one a line, for --help. */
void option_table_help(const struct option_table *table, FILE *to);
