/* SPDX-License-Identifier: MIT */
#include "service/options.h"

#include <getopt.h>
#include <string.h>

#include "service/option_row.h"
#include "words/suggest.h"

static const char default_listener[] = "tcp:127.0.0.1:7007";

/* What getopt_long() returns for the first row's name; above all letters, even control bytes. */
enum { LONG_FOUND = 256 };

/* The table as getopt_long() wants it. */
static void build_getopt(struct option *longs, char *shorts)
{
        *shorts++ = ':'; /* tell a missing value from an unknown option */
        for (int i = 0; i < OPTION_ROW_COUNT; i++) {
                int argument = option_rows[i].value != NULL ? required_argument : no_argument;
                if (option_rows[i].kind == OPTION_PLANNED)
                        argument = optional_argument;
                longs[i] = (struct option){ option_rows[i].name, argument, NULL, LONG_FOUND + i };
                if (option_rows[i].letter == 0)
                        continue;
                *shorts++ = option_rows[i].letter;
                if (argument != no_argument)
                        *shorts++ = ':';
                if (argument == optional_argument)
                        *shorts++ = ':';
        }
        *shorts = '\0';
}

/* What getopt_long() returned, or left in optopt; 0 is neither a letter nor a name. */
static const struct option_row *row_found(int found)
{
        for (int i = 0; i < OPTION_ROW_COUNT; i++)
                if (found == LONG_FOUND + i || (found != 0 && found == option_rows[i].letter))
                        return &option_rows[i];
        return NULL;
}

static const struct option_row *row_nearest(const char *word, size_t word_size)
{
        const char *names[OPTION_ROW_COUNT];

        for (unsigned i = 0; i < OPTION_ROW_COUNT; i++)
                names[i] = option_rows[i].name;
        const char *nearest = suggest_nearest(word, word_size, names, OPTION_ROW_COUNT);
        for (unsigned i = 0; i < OPTION_ROW_COUNT; i++)
                if (option_rows[i].name == nearest)
                        return &option_rows[i];
        return NULL;
}

/* For -v the row of -V; for `-name`, which is read as letters, the row of --name. */
static const struct option_row *row_nearest_letter(int letter, const char *next)
{
        const struct option_row *nearest = NULL;

        /* getopt_long(3) is still at the word if more of it follows the letter. */
        if (next != NULL && next[0] == '-' && next[1] == (char)letter)
                nearest = row_nearest(next + 1, strcspn(next + 1, "="));
        for (unsigned i = 0; i < OPTION_ROW_COUNT && nearest == NULL; i++)
                if (option_rows[i].letter != 0 && (option_rows[i].letter ^ letter) == ('a' ^ 'A'))
                        nearest = &option_rows[i];
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
static bool complain_of_beginning(const char *option, const char *word, size_t size,
                                  struct complaint *complaint)
{
        char names[256] = "";
        size_t used = 0;

        for (unsigned i = 0; i < OPTION_ROW_COUNT; i++) {
                if (size == 0 || strncmp(option_rows[i].name, word, size) != 0)
                        continue;
                int added = snprintf(names + used, sizeof(names) - used, "%s--%s",
                                     used > 0 ? " or " : "", option_rows[i].name);
                if (added > 0 && (size_t)added < sizeof(names) - used)
                        used += (size_t)added;
        }
        if (used == 0)
                return complain_of_unknown(option, row_nearest(word, size), complaint);
        return complain(complaint, "%s: ambiguous, expected %s", option, names);
}

/* getopt_long() did not know it, or its value is missing or too much. */
static bool complain_of_word(int found, char **argv, struct complaint *complaint)
{
        const struct option_row *row = row_found(optopt);
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
                return complain_of_beginning(complaint_word(&shown, word, size), word + 2, size - 2,
                                             complaint);
        const char letter[] = { '-', (char)optopt };
        return complain_of_unknown(complaint_word(&shown, letter, sizeof(letter)),
                                   row_nearest_letter(optopt, argv[optind]), complaint);
}

/* texts[i] is the text of listeners[i]. */
static bool is_given_twice(const char *const *texts, const struct options *options,
                           const struct address *next, struct complaint *complaint)
{
        struct complaint_word word;
        struct complaint_word first;
        uint64_t i = 0;

        while (i < options->listener_count && !address_is_repeated(&options->listeners[i], next))
                i++;
        if (i == options->listener_count)
                return false;
        const char *again = texts[options->listener_count];
        complain(complaint, "%s: the same as %s, expected each listener once",
                 complaint_word(&word, again, strlen(again)),
                 complaint_word(&first, texts[i], strlen(texts[i])));
        return true;
}

static bool parse_listeners(char **words, struct options *options, struct complaint *complaint)
{
        static const char *const defaults[] = { default_listener, NULL };
        const char *const *texts = (const char *const *)words;
        struct complaint_word word;

        if (*texts == NULL)
                texts = defaults;
        for (unsigned i = 0; texts[i] != NULL; i++) {
                if (i == OPTIONS_LISTENERS_MAX)
                        return complain(complaint, "%s: more than %d listeners",
                                        complaint_word(&word, texts[i], strlen(texts[i])),
                                        OPTIONS_LISTENERS_MAX);
                struct address *next = &options->listeners[i];
                if (!address_parse(texts[i], next, complaint) ||
                    is_given_twice(texts, options, next, complaint))
                        return false;
                options->listener_count++;
        }
        return true;
}

static enum options_verdict apply(const struct option_row *row, struct options *options,
                                  struct complaint *complaint)
{
        struct complaint_word word;

        if (row->kind == OPTION_VERDICT)
                return row->verdict;
        if (row->kind == OPTION_PLANNED) {
                complain(complaint, "--%s: not part of this version", row->name);
                return OPTIONS_WRONG;
        }
        if (option_row_read(row, optarg, options))
                return OPTIONS_RUN;
        option_row_complain(row, complaint_word(&word, optarg, strlen(optarg)), complaint);
        return OPTIONS_WRONG;
}

/* Reads all options up to the end, or to the one that decides. */
static enum options_verdict parse_options(int argc, char **argv, struct options *options,
                                          struct complaint *complaint)
{
        struct option longs[OPTION_ROW_COUNT + 1] = { 0 };
        char shorts[3 * OPTION_ROW_COUNT + 2];
        enum options_verdict verdict = OPTIONS_RUN;
        int found;

        build_getopt(longs, shorts);
        opterr = 0;
        optind = 0; /* start anew, also in a second call (getopt(3), glibc) */
        while (verdict == OPTIONS_RUN &&
               (found = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
                const struct option_row *row = row_found(found);
                if (row == NULL) {
                        complain_of_word(found, argv, complaint);
                        return OPTIONS_WRONG;
                }
                verdict = apply(row, options, complaint);
        }
        return verdict;
}

enum options_verdict options_parse(int argc, char **argv, struct options *ret_options,
                                   struct complaint *complaint)
{
        struct options options = { 0 };

        for (unsigned i = 0; i < OPTION_ROW_COUNT; i++)
                if (option_rows[i].initial != NULL)
                        (void)option_row_read(&option_rows[i], option_rows[i].initial, &options);
        enum options_verdict verdict = parse_options(argc, argv, &options, complaint);
        if (verdict != OPTIONS_RUN)
                return verdict;
        if (!parse_listeners(argv + optind, &options, complaint))
                return OPTIONS_WRONG;
        *ret_options = options;
        return OPTIONS_RUN;
}

static void print_row(FILE *to, const struct option_row *row)
{
        const char *initial = row->initial != NULL ? row->initial : row->by_machine;
        char left[48];
        char letter[] = { '-', row->letter, ',', ' ', '\0' };

        snprintf(left, sizeof(left), "%s--%s%s%s", row->letter != 0 ? letter : "    ", row->name,
                 row->value != NULL ? " " : "", row->value != NULL ? row->value : "");
        fprintf(to, "  %-25s %s", left, row->help);
        if (initial != NULL)
                fprintf(to, " [%s]", initial);
        fprintf(to, "\n");
}

void options_help(FILE *to)
{
        fprintf(to,
                "Usage: echod [OPTION]... [LISTEN]...\n"
                "The echo server (RFC 862): what a client sends comes back.\n\n"
                "LISTEN is tcp:HOST:PORT or unix:PATH [%s];\n"
                "HOST is an IPv4 address, an IPv6 address in brackets, or * for both; PORT 0\n"
                "takes a free one; a PATH that begins with @ is an abstract name.\n\n",
                default_listener);
        for (unsigned i = 0; i < OPTION_ROW_COUNT; i++)
                if (option_rows[i].kind != OPTION_PLANNED)
                        print_row(to, &option_rows[i]);
        fprintf(to,
                "\nSizes: 512 64K 8M 1G. Durations: 250ms 5s 2m 1h.\n"
                "SIGTERM or SIGINT drains, a second one exits at once; SIGUSR1 logs a status.\n"
                "Exit codes: 0 done; 64 usage; 69 address unavailable; 70 internal; 71 system;\n"
                "77 permission; 78 configuration.\n");
}
