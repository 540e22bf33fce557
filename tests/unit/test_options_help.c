/* SPDX-License-Identifier: MIT */
/* What --help says is what the command line does. */
#include "service/options.h"

#include <stdio.h>

#include "command_line.h"

/* Every option of this version. */
static const char *const names[] = {
        "-w, --workers N",     "--max-connections N", "--buffer-memory SIZE",
        "--idle-timeout T",    "--stall-timeout T",   "--drain-delay T",
        "--drain-timeout T",   "--udp-rate N",        "--udp-low-ports",
        "--udp-loop-guard G",  "--log-level L",       "--log-format F",
        "-h, --help",          "-V, --version",       "--max-connections-per-source N",
        "--accept-rate N",     "--allow CIDR",        "--deny CIDR",
        "--user NAME|UID:GID", "--no-sandbox",        "--require-sandbox",
};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

#define LEFT_BLANK "                            "

static char help[8192];

static void read_help(void)
{
        FILE *to = fmemopen(help, sizeof(help), "w");

        ck_assert_ptr_nonnull(to);
        memset(help, 0, sizeof(help));
        options_help(to);
        ck_assert_int_eq(fclose(to), 0);
        ck_assert_uint_lt(strlen(help), sizeof(help) - 1);
}

static unsigned occurrences(const char *text)
{
        unsigned count = 0;

        for (const char *at = help; (at = strstr(at, text)) != NULL; at += strlen(text))
                count++;
        return count;
}

START_TEST(help_lists_every_option_exactly_once)
{
        char text[64];

        read_help();
        for (unsigned i = 0; i < NAME_COUNT; i++) {
                snprintf(text, sizeof(text), "%s ", names[i]);
                unsigned count = occurrences(text);
                snprintf(text, sizeof(text), "%s\n", names[i]);
                ck_assert_msg(count + occurrences(text) == 1, "%s", names[i]);
        }
}
END_TEST

START_TEST(help_lists_no_other_option)
{
        read_help();
        ck_assert_uint_eq(occurrences("\n  -") + occurrences("\n      -"), NAME_COUNT);
        /* Two are named once more below. */
        ck_assert_uint_eq(occurrences("--"), NAME_COUNT + 2);
}
END_TEST

/*
 * The line of an option, from its name; and its default, "" if it has none. A long name has a line
 * for itself.
 */
static bool read_row(const char *at, char name[64], char initial[64])
{
        const char *end = strchr(at, '\n');

        name[0] = '\0';
        initial[0] = '\0';
        ck_assert_ptr_nonnull(end);
        if (strncmp(end + 1, LEFT_BLANK, strlen(LEFT_BLANK)) == 0)
                end = strchr(end + 1, '\n');
        ck_assert_int_eq(sscanf(at, "--%63[a-z-]", name), 1);
        const char *bracket = memchr(at, '[', (size_t)(end - at));
        return bracket != NULL && sscanf(bracket, "[%63[^]]]", initial) == 1;
}

/* All fields but the listeners. */
static void expect_equal(const struct options *a, const struct options *b)
{
        ck_assert_uint_eq(a->workers, b->workers);
        ck_assert_uint_eq(a->max_connections, b->max_connections);
        ck_assert_uint_eq(a->max_connections_per_source, b->max_connections_per_source);
        ck_assert_uint_eq(a->accept_rate, b->accept_rate);
        ck_assert_uint_eq(a->network_count, b->network_count);
        ck_assert_uint_eq(a->buffer_memory, b->buffer_memory);
        ck_assert_uint_eq(a->idle_timeout_ns, b->idle_timeout_ns);
        ck_assert_uint_eq(a->stall_timeout_ns, b->stall_timeout_ns);
        ck_assert_uint_eq(a->drain_delay_ns, b->drain_delay_ns);
        ck_assert_uint_eq(a->drain_timeout_ns, b->drain_timeout_ns);
        ck_assert_uint_eq(a->udp_rate, b->udp_rate);
        ck_assert_int_eq(a->udp_loop_guard, b->udp_loop_guard);
        ck_assert_int_eq(a->log_level, b->log_level);
        ck_assert_int_eq(a->log_format, b->log_format);
}

START_TEST(defaults_in_the_help_are_those_of_an_empty_command_line)
{
        unsigned count = 0;

        read_help();
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        struct options defaults = options;
        for (const char *at = help; (at = strstr(at, "--")) != NULL; at++) {
                char name[64];
                char initial[64];
                char word[136];
                if (!read_row(at, name, initial) || strcmp(name, "workers") == 0)
                        continue;
                snprintf(word, sizeof(word), "--%s=%s", name, initial);
                ck_assert_msg(PARSE(word) == OPTIONS_RUN, "%s", complaint.text);
                expect_equal(&options, &defaults);
                count++;
        }
        ck_assert_uint_eq(count, 12);
}
END_TEST

START_TEST(default_that_depends_on_the_machine_is_told_in_words)
{
        read_help();
        ck_assert_ptr_nonnull(
            strstr(help, "-w, --workers N           echo threads [usable CPUs]\n"));
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        ck_assert_uint_eq(options.workers, 0);
}
END_TEST

START_TEST(default_listeners_in_the_help_are_those_of_an_empty_command_line)
{
        char listeners[2][64] = { "", "" };
        char text[ADDRESS_TEXT_SIZE];

        read_help();
        ck_assert_int_eq(PARSE(NULL), OPTIONS_RUN);
        const char *bracket = strstr(help, "[tcp:");
        ck_assert_ptr_nonnull(bracket);
        ck_assert_int_eq(sscanf(bracket, "[tcp:%63s udp:%63[^]]]", listeners[0], listeners[1]), 2);
        ck_assert_uint_eq(options.listener_count, 2);
        for (unsigned i = 0; i < 2; i++) {
                address_format(&options.listeners[i], text, sizeof(text));
                ck_assert_str_eq(listeners[i], text);
        }
}
END_TEST

START_TEST(help_fits_a_terminal)
{
        read_help();
        for (const char *at = help; *at != '\0'; at += strcspn(at, "\n") + 1)
                ck_assert_msg(strcspn(at, "\n") < 80, "%.*s", (int)strcspn(at, "\n"), at);
}
END_TEST

START_TEST(help_ends_in_a_newline)
{
        read_help();
        ck_assert_int_eq(help[strlen(help) - 1], '\n');
}
END_TEST

START_TEST(help_aligns_its_columns)
{
        read_help();
        for (unsigned i = 0; i < NAME_COUNT; i++) {
                const char *row = strstr(help, names[i]);
                ck_assert_ptr_nonnull(row);
                while (row[-1] != '\n')
                        row--;
                if (strlen(names[i]) > 25 - 4)
                        row = strchr(row, '\n') + 1;
                ck_assert_int_eq(row[27], ' ');
                ck_assert_int_ne(row[28], ' ');
        }
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                help_lists_every_option_exactly_once,
                help_lists_no_other_option,
                defaults_in_the_help_are_those_of_an_empty_command_line,
                default_that_depends_on_the_machine_is_told_in_words,
                default_listeners_in_the_help_are_those_of_an_empty_command_line,
                help_fits_a_terminal,
                help_ends_in_a_newline,
                help_aligns_its_columns,
        };

        return SUITE_RUN("options help", tests);
}
