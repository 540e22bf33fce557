/* SPDX-License-Identifier: MIT */
/* The manual page and the program know of the same options, and of the same keys of JSON. */
#include <ctype.h>
#include <jansson.h>

#include "suite.h"

#include "probe/report_json.h"
#include "probe_run.h"

enum { PAGE_SIZE = 65536, WORD_SIZE = 64 };

static char page[PAGE_SIZE];
static char help[PAGE_SIZE];

static void set_up(void)
{
        const char *path = getenv("MAN_PAGE");
        FILE *file = fopen(path != NULL ? path : "echoprobe.1", "r");

        ck_assert_ptr_nonnull(file);
        page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
        fclose(file);
        FILE *stream = fmemopen(help, sizeof(help), "w");
        ck_assert_ptr_nonnull(stream);
        probe_options_help(stream);
        fclose(stream);
}

static bool is_of_word(char letter)
{
        return isalnum((unsigned char)letter) || letter == '_' || letter == '-';
}

/* Copies the word at the start of `text`. */
static void take_word(const char *text, char ret_word[WORD_SIZE])
{
        size_t size = 0;

        while (is_of_word(text[size]) && size + 1 < WORD_SIZE) {
                ret_word[size] = text[size];
                size++;
        }
        ret_word[size] = '\0';
}

/* Whether the text has `prefix` and then the word, and not only as the start of a longer one. */
static bool has_word(const char *text, const char *prefix, const char *word)
{
        size_t size = strlen(prefix) + strlen(word);
        char wanted[2 * WORD_SIZE];

        snprintf(wanted, sizeof(wanted), "%s%s", prefix, word);
        for (const char *at = text; (at = strstr(at, wanted)) != NULL; at += size)
                if (!is_of_word(at[size]))
                        return true;
        return false;
}

/* Each word after `prefix` in one text is one after `other_prefix` in the other. */
static void check_words(const char *text, const char *prefix, const char *other,
                        const char *other_prefix)
{
        unsigned count = 0;

        for (const char *at = text; (at = strstr(at, prefix)) != NULL; count++) {
                char word[WORD_SIZE];
                at += strlen(prefix);
                take_word(at, word);
                ck_assert_msg(has_word(other, other_prefix, word), "--%s", word);
        }
        ck_assert_uint_ge(count, 10);
}

static void check_keys(json_t *object)
{
        const char *key;
        json_t *value;

        json_object_foreach(object, key, value)
        {
                ck_assert_msg(has_word(page, "Sy ", key), "%s", key);
                if (json_is_object(value))
                        check_keys(value);
        }
}

/* Parses what is told of the run as it is set up, and looks all its keys up. */
static void check_report(void)
{
        json_t *report = json_loads(probe_run_text(report_json_print), 0, NULL);

        ck_assert_ptr_nonnull(report);
        check_keys(report);
        json_decref(report);
}

START_TEST(every_option_of_the_help_is_in_the_page)
{
        set_up();
        check_words(help, " --", page, "Fl -");
}
END_TEST

START_TEST(every_option_of_the_page_is_in_the_help)
{
        set_up();
        check_words(page, "Fl -", help, "--");
}
END_TEST

START_TEST(every_key_of_the_report_is_in_the_page)
{
        set_up();
        probe_run_set_up();
        probe_run_add_latencies();
        options.server_pid = 1;
        options.target.transport = ADDRESS_UDP;
        options.batch = 64;
        result.server.has_cpu = true;
        result.server.has_memory = true;
        check_report();
        options.mode = PROBE_SLOW;
        check_report();
        options.mode = PROBE_CHURN;
        options.rate = 1;
        check_report();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_option_of_the_help_is_in_the_page,
                every_option_of_the_page_is_in_the_help,
                every_key_of_the_report_is_in_the_page,
        };

        return SUITE_RUN("probe man page", tests);
}
