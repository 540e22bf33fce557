/* SPDX-License-Identifier: MIT */
#include "words/option_table.h"

#include <getopt.h>
#include <string.h>

#include "core/ensure.h"
#include "words/suggest.h"

/* What getopt_long() returns for the first row's name; above all letters, even control bytes. */
enum { LONG_FOUND = 256 };

/* Of the help: columns that an option's name and its value have. */
enum { LEFT_WIDTH = 25 };

static int row_argument(const struct option_row *row)
{
        if (row->kind == OPTION_PLANNED)
                return optional_argument;
        return row->value != NULL ? required_argument : no_argument;
}

/* The table as getopt_long() wants it. */
static void build_getopt(const struct option_table *table, struct option *longs, char *shorts)
{
        *shorts++ = ':'; /* tell a missing value from an unknown option */
        for (unsigned i = 0; i < table->row_count; i++) {
                const struct option_row *row = &table->rows[i];
                int argument = row_argument(row);
                longs[i] = (struct option){ row->name, argument, NULL, LONG_FOUND + (int)i };
                if (row->letter == 0)
                        continue;
                *shorts++ = row->letter;
                if (argument != no_argument)
                        *shorts++ = ':';
                if (argument == optional_argument)
                        *shorts++ = ':';
        }
        *shorts = '\0';
}

/* What getopt_long() returned, or left in optopt; 0 is neither a letter nor a name. */
static const struct option_row *row_found(const struct option_table *table, int found)
{
        for (unsigned i = 0; i < table->row_count; i++)
                if (found == LONG_FOUND + (int)i || (found != 0 && found == table->rows[i].letter))
                        return &table->rows[i];
        return NULL;
}

static const struct option_row *row_nearest(const struct option_table *table, const char *word,
                                            size_t word_size)
{
        const char *names[OPTION_TABLE_ROWS_MAX];

        for (unsigned i = 0; i < table->row_count; i++)
                names[i] = table->rows[i].name;
        const char *nearest = suggest_nearest(word, word_size, names, table->row_count);
        for (unsigned i = 0; i < table->row_count; i++)
                if (table->rows[i].name == nearest)
                        return &table->rows[i];
        return NULL;
}

/* For -v the row of -V; for `-name`, which is read as letters, the row of --name. */
static const struct option_row *row_nearest_letter(const struct option_table *table, int letter,
                                                   const char *next)
{
        const struct option_row *nearest = NULL;

        /* getopt_long(3) is still at the word if more of it follows the letter. */
        if (next != NULL && next[0] == '-' && next[1] == (char)letter)
                nearest = row_nearest(table, next + 1, strcspn(next + 1, "="));
        for (unsigned i = 0; i < table->row_count && nearest == NULL; i++)
                if (table->rows[i].letter != 0 && (table->rows[i].letter ^ letter) == ('a' ^ 'A'))
                        nearest = &table->rows[i];
        return nearest;
}

static bool complain_of_unknown(const char *option, const struct option_row *nearest,
                                struct complaint *complaint)
{
        if (nearest == NULL)
                return complain(complaint, "%s: no such option", option);
        return complain(complaint, "%s: no such option, the nearest is --%s%s", option,
                        nearest->name,
                        nearest->kind == OPTION_PLANNED ? ", not part of this version" : "");
}

/* A beginning of several names: getopt_long() takes it for none of them. */
static bool complain_of_beginning(const struct option_table *table, const char *option,
                                  const char *word, size_t size, struct complaint *complaint)
{
        char names[256] = "";
        size_t used = 0;

        for (unsigned i = 0; i < table->row_count; i++) {
                if (size == 0 || strncmp(table->rows[i].name, word, size) != 0)
                        continue;
                int added = snprintf(names + used, sizeof(names) - used, "%s--%s",
                                     used > 0 ? " or " : "", table->rows[i].name);
                if (added > 0 && (size_t)added < sizeof(names) - used)
                        used += (size_t)added;
        }
        if (used == 0)
                return complain_of_unknown(option, row_nearest(table, word, size), complaint);
        return complain(complaint, "%s: ambiguous, expected %s", option, names);
}

/* getopt_long() did not know it, or its value is missing or too much. */
static bool complain_of_word(const struct option_table *table, int found, char **argv,
                             struct complaint *complaint)
{
        const struct option_row *row = row_found(table, optopt);
        const char *word = argv[optind - 1];
        size_t size = strcspn(word, "=");
        struct complaint_word shown;

        if (found == ':')
                return option_row_complain(row, "no value", complaint);
        if (row != NULL)
                return option_row_complain(
                    row, complaint_word(&shown, word + size + 1, strlen(word + size + 1)),
                    complaint);
        if (optopt == 0)
                return complain_of_beginning(table, complaint_word(&shown, word, size), word + 2,
                                             size - 2, complaint);
        const char letter[] = { '-', (char)optopt };
        return complain_of_unknown(complaint_word(&shown, letter, sizeof(letter)),
                                   row_nearest_letter(table, optopt, argv[optind]), complaint);
}

static enum options_verdict append(const struct option_row *row, const char *text,
                                   struct option_value *value, struct complaint *complaint)
{
        struct option_list *list = value->list;
        struct complaint_word word;

        if (list->count == OPTION_LIST_MAX) {
                complain(complaint, "--%s: %s: more than %d of them", row->name,
                         complaint_word(&word, text, strlen(text)), OPTION_LIST_MAX);
                return OPTIONS_WRONG;
        }
        list->texts[list->count++] = text;
        value->text = text;
        value->is_given = true;
        return OPTIONS_RUN;
}

static enum options_verdict apply(const struct option_row *row, const char *text,
                                  struct option_value *value, struct complaint *complaint)
{
        struct complaint_word word;

        switch (row->kind) {
        case OPTION_HELP:
                return OPTIONS_HELP;
        case OPTION_VERSION:
                return OPTIONS_VERSION;
        case OPTION_PLANNED:
                complain(complaint, "--%s: not part of this version", row->name);
                return OPTIONS_WRONG;
        case OPTION_FLAG:
                *value = (struct option_value){ .is_given = true };
                return OPTIONS_RUN;
        case OPTION_LIST:
                return append(row, text, value, complaint);
        case OPTION_NUMBER:
        case OPTION_SIZE:
        case OPTION_DURATION:
        case OPTION_CHOICE:
        case OPTION_FILE:
        case OPTION_WORD:
                break;
        }
        if (option_row_read(row, text, value))
                return OPTIONS_RUN;
        option_row_complain(row, complaint_word(&word, text, strlen(text)), complaint);
        return OPTIONS_WRONG;
}

static void set_initial(const struct option_table *table, struct option_value *values)
{
        for (unsigned i = 0; i < table->row_count; i++) {
                bool is_list = table->rows[i].kind == OPTION_LIST;
                values[i] = (struct option_value){ .list = is_list ? values[i].list : NULL };
                if (is_list)
                        values[i].list->count = 0;
                if (table->rows[i].initial == NULL)
                        continue;
                ensure(option_row_read(&table->rows[i], table->rows[i].initial, &values[i]));
                values[i].is_given = false;
        }
}

enum options_verdict option_table_parse(const struct option_table *table, int argc, char **argv,
                                        struct option_value *ret_values, char ***ret_words,
                                        struct complaint *complaint)
{
        struct option longs[OPTION_TABLE_ROWS_MAX + 1] = { 0 };
        char shorts[3 * OPTION_TABLE_ROWS_MAX + 2];
        enum options_verdict verdict = OPTIONS_RUN;
        int found;

        ensure(table->row_count <= OPTION_TABLE_ROWS_MAX);
        set_initial(table, ret_values);
        build_getopt(table, longs, shorts);
        opterr = 0;
        optind = 0; /* start anew, also in a second call (getopt(3), glibc) */
        while (verdict == OPTIONS_RUN &&
               (found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
                const struct option_row *row = row_found(table, found);
                if (row == NULL) {
                        complain_of_word(table, found, argv, complaint);
                        return OPTIONS_WRONG;
                }
                verdict = apply(row, optarg, &ret_values[row - table->rows], complaint);
        }
        *ret_words = argv + optind;
        return verdict;
}

static void print_row(FILE *to, const struct option_row *row)
{
        const char *initial = row->initial_shown != NULL ? row->initial_shown : row->initial;
        char left[48];
        char letter[] = { '-', row->letter, ',', ' ', '\0' };

        if (row->heading != NULL)
                fprintf(to, "%s\n", row->heading);
        snprintf(left, sizeof(left), "%s--%s%s%s", row->letter != 0 ? letter : "    ", row->name,
                 row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
        /* A name that leaves no room has a line for itself. */
        if (strlen(left) > LEFT_WIDTH)
                fprintf(to, "  %s\n  %-*s %s", left, LEFT_WIDTH, "", row->help);
        else
                fprintf(to, "  %-*s %s", LEFT_WIDTH, left, row->help);
        if (initial != NULL)
                fprintf(to, " [%s]", initial);
        fprintf(to, "\n");
}

void option_table_help(const struct option_table *table, FILE *to)
{
        for (unsigned i = 0; i < table->row_count; i++)
                if (table->rows[i].kind != OPTION_PLANNED)
                        print_row(to, &table->rows[i]);
}
