/* SPDX-License-Identifier: MIT */
#include "support/options_script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ensure.h"
#include "service/options.h"
#include "support/words.h"
#include "words/quantity.h"

struct outcome {
        enum options_verdict verdict;
        struct options options;
        struct complaint complaint;
};

struct unit {
        const char *name;
        uint64_t factor;
};

static void check_listeners(const struct options *options)
{
        ensure(options->listener_count >= 1);
        ensure(options->listener_count <= OPTIONS_LISTENERS_MAX);
        for (uint64_t i = 0; i < options->listener_count; i++) {
                words_check_address(&options->listeners[i], address_parse);
                for (uint64_t j = 0; j < i; j++)
                        ensure(
                            !address_is_repeated(&options->listeners[i], &options->listeners[j]));
        }
}

static void check_options(const struct options *options)
{
        const uint64_t year_ns = UINT64_C(8760) * 3600 * 1000000000;

        ensure(options->workers <= 256);
        ensure(options->max_connections >= 1);
        ensure(options->max_connections <= UINT64_C(1) << 24);
        ensure(options->max_connections_per_source <= UINT64_C(1) << 24);
        ensure(options->accept_rate <= 1000000000);
        ensure(options->network_count <= OPTIONS_NETWORKS_MAX);
        ensure(options->buffer_memory <= UINT64_C(1) << 40);
        ensure(options->idle_timeout_ns <= year_ns);
        ensure(options->stall_timeout_ns <= year_ns);
        ensure(options->drain_delay_ns <= year_ns);
        ensure(options->drain_timeout_ns <= year_ns);
        ensure(!options->no_sandbox || !options->require_sandbox);
        if (options->is_user_given)
                ensure(options->user.name != NULL ? options->user.name[0] != '\0'
                                                  : options->user.uid != 0);
        ensure(options->log_level < LOG_LEVEL_COUNT);
        ensure(options->log_format == LOG_LOGFMT || options->log_format == LOG_JSON);
        check_listeners(options);
}

static void check_outcome(const struct outcome *outcome)
{
        ensure(outcome->verdict <= OPTIONS_WRONG);
        if (outcome->verdict == OPTIONS_RUN)
                check_options(&outcome->options);
        else
                ensure(words_are_untouched(&outcome->options, sizeof(outcome->options)));
        words_check_complaint(&outcome->complaint, outcome->verdict == OPTIONS_WRONG);
}

static void parse(const struct words *words, char **argv, struct outcome *ret_outcome)
{
        memset(ret_outcome, WORDS_UNTOUCHED, sizeof(*ret_outcome));
        ret_outcome->verdict =
            options_parse(words->count, argv, &ret_outcome->options, &ret_outcome->complaint);
        check_outcome(ret_outcome);
}

static void check_equal_options(const struct options *a, const struct options *b)
{
        ensure(a->workers == b->workers);
        ensure(a->max_connections == b->max_connections);
        ensure(a->max_connections_per_source == b->max_connections_per_source);
        ensure(a->accept_rate == b->accept_rate);
        ensure(a->network_count == b->network_count);
        for (uint64_t i = 0; i < a->network_count; i++)
                ensure(network_is_equal(a->networks[i].network, b->networks[i].network) &&
                       a->networks[i].is_allowed == b->networks[i].is_allowed);
        ensure(a->buffer_memory == b->buffer_memory);
        ensure(a->idle_timeout_ns == b->idle_timeout_ns);
        ensure(a->stall_timeout_ns == b->stall_timeout_ns);
        ensure(a->drain_delay_ns == b->drain_delay_ns);
        ensure(a->drain_timeout_ns == b->drain_timeout_ns);
        ensure(a->is_user_given == b->is_user_given && a->user.name == b->user.name &&
               a->user.uid == b->user.uid && a->user.gid == b->user.gid);
        ensure(a->no_sandbox == b->no_sandbox && a->require_sandbox == b->require_sandbox);
        ensure(a->log_level == b->log_level);
        ensure(a->log_format == b->log_format);
        ensure(a->listener_count == b->listener_count);
        for (uint64_t i = 0; i < a->listener_count; i++)
                words_check_equal_addresses(&a->listeners[i], &b->listeners[i]);
}

/* The first parsing permutes argv; the second one must not notice. */
static void check_command_line(const struct words *words)
{
        char *argv[WORDS_MAX + 2];
        static struct outcome first;
        static struct outcome second;

        memcpy(argv, words->words, sizeof(argv));
        parse(words, argv, &first);
        parse(words, argv, &second);
        ensure(first.verdict == second.verdict);
        if (first.verdict == OPTIONS_RUN)
                check_equal_options(&first.options, &second.options);
        if (first.verdict == OPTIONS_WRONG)
                ensure(strcmp(first.complaint.text, second.complaint.text) == 0);
}

/* The same question, asked of the C library. */
static bool expect_quantity(const char *word, const struct unit *units, uint64_t *ret_value)
{
        char *end = NULL;

        if (word[0] < '0' || word[0] > '9')
                return false;
        errno = 0;
        uint64_t number = strtoull(word, &end, 10);
        while (units->name != NULL && strcmp(end, units->name) != 0)
                units++;
        return errno == 0 && units->name != NULL &&
               !__builtin_mul_overflow(number, units->factor, ret_value);
}

static void check_quantity(bool (*read)(const char *, uint64_t *), const char *word,
                           const struct unit *units)
{
        uint64_t expected = 0;
        uint64_t value = 0;
        bool is_expected = expect_quantity(word, units, &expected);

        memset(&value, WORDS_UNTOUCHED, sizeof(value));
        ensure(read(word, &value) == is_expected);
        ensure(is_expected ? value == expected : words_are_untouched(&value, sizeof(value)));
}

static void check_quantities(const char *word)
{
        static const struct unit none[] = { { "", 1 }, { NULL, 0 } };
        static const struct unit sizes[] = {
                { "", 1 }, { "K", 1 << 10 }, { "M", 1 << 20 }, { "G", 1 << 30 }, { NULL, 0 }
        };
        static const struct unit durations[] = { { "ms", 1000000 },
                                                 { "s", 1000000000 },
                                                 { "m", UINT64_C(60) * 1000000000 },
                                                 { "h", UINT64_C(3600) * 1000000000 },
                                                 { NULL, 0 } };

        check_quantity(quantity_count, word, none);
        check_quantity(quantity_size, word, sizes);
        check_quantity(quantity_duration, word, strcmp(word, "0") == 0 ? none : durations);
}

/* The byte that a value in a line shows, and how much of the line it took. */
static size_t read_shown(const char *shown, unsigned char *ret_byte)
{
        unsigned byte = 0;

        if (shown[0] != '\\') {
                *ret_byte = (unsigned char)shown[0];
                return 1;
        }
        if (shown[1] != 'x') {
                *ret_byte = (unsigned char)shown[1];
                return 2;
        }
        ensure(sscanf(shown + 2, "%2x", &byte) == 1);
        *ret_byte = (unsigned char)byte;
        return 4;
}

/* A value reads back as the word: it forges neither a key nor a line. */
static void check_shown(const char *shown, const char *word)
{
        bool is_quoted = shown[0] == '"';

        shown += is_quoted;
        for (; *word != '\0'; word++) {
                unsigned char byte = 0;
                ensure(*shown != '"');
                ensure(is_quoted || (*shown != ' ' && *shown != '=' && *shown != '\\'));
                shown += read_shown(shown, &byte);
                ensure(byte == (unsigned char)*word);
        }
        ensure(strcmp(shown, is_quoted ? "\"" : "") == 0);
}

static size_t largest_shown_size(const char *word)
{
        return strlen(" word=\"\"") + 4 * strlen(word);
}

static void check_logged(struct log_line *line, const char *word)
{
        static const char key[] = " word=";
        size_t before = line->size;

        log_line_text(line, "word", word);
        ensure(line->size < LOG_LINE_SIZE);
        ensure(words_are_printable(line->text, line->size));
        line->text[line->size] = '\0';
        if (line->size == before) {
                ensure(largest_shown_size(word) > LOG_LINE_SIZE - LOG_LINE_END_SIZE - before);
                return;
        }
        ensure(strncmp(line->text + before, key, strlen(key)) == 0);
        check_shown(line->text + before + strlen(key), word);
}

static void check_log(const struct words *words)
{
        static struct log_line line;

        log_line_begin(&line, &(struct log_style){ 0 }, LOG_DEBUG, 0, "words");
        for (int i = 1; i < words->count; i++)
                check_logged(&line, words->words[i]);
        log_line_end(&line, 0);
        ensure(line.size <= LOG_LINE_SIZE);
        ensure(memchr(line.text, '\n', sizeof(line.text)) == line.text + line.size - 1);
}

void options_script_run(const uint8_t *data, size_t size)
{
        struct words words;

        words_split(&words, "echod", data, size);
        check_command_line(&words);
        for (int i = 1; i < words.count; i++)
                check_quantities(words.words[i]);
        check_log(&words);
        words_free(&words);
}
