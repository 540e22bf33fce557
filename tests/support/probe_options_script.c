/* SPDX-License-Identifier: MIT */
#include "support/probe_options_script.h"

#include <string.h>

#include "core/ensure.h"
#include "probe/options.h"
#include "support/words.h"

struct outcome {
        enum options_verdict verdict;
        struct probe_options options;
        struct complaint complaint;
};

static void check_numbers(const struct probe_options *options)
{
        const uint64_t millisecond_ns = 1000000;
        const uint64_t year_ns = UINT64_C(8760) * 3600 * 1000000000;

        ensure(options->mode <= PROBE_SLOW);
        ensure(options->connections >= 1);
        ensure(options->connections <= 1 << 20);
        ensure(options->message_size <= 64 << 20);
        ensure(options->duration_ns >= millisecond_ns);
        ensure(options->duration_ns <= year_ns);
        ensure(options->timeout_ns >= millisecond_ns);
        ensure(options->timeout_ns <= year_ns);
        ensure(options->count <= UINT64_C(1000000000000));
        ensure(options->depth >= 1);
        ensure(options->depth <= 1 << 16);
        ensure(options->batch >= 1);
        ensure(options->batch <= 64);
        ensure(options->rate <= 10000000);
        ensure(options->server_pid <= 1 << 22);
}

/* Every number in flight is another one, in the bytes that a datagram has for it. */
static void check_datagrams(const struct probe_options *options)
{
        ensure(options->mode == PROBE_PING || options->mode == PROBE_STREAM);
        ensure(!options->half_close);
        ensure(options->message_size <= 65507);
        ensure(options->rate == 0 || options->message_size >= 4);
        ensure(options->batch == 1 || options->message_size > 0);
        ensure(options->batch * options->message_size <= 65507);
        ensure(options->rate > 0 || options->depth >= options->batch);
        ensure(options->message_size > 0 || options->depth == 1);
        ensure(options->message_size != 1 || options->depth <= 128);
        ensure(options->message_size != 2 || options->depth <= 32768);
}

static bool is_picture(const char *path)
{
        size_t size = strlen(path);

        return size >= 4 &&
               (memcmp(path + size - 4, ".svg", 4) == 0 || memcmp(path + size - 4, ".png", 4) == 0);
}

static void check_options(const struct probe_options *options)
{
        check_numbers(options);
        ensure(options->rate == 0 || (options->mode == PROBE_PING && options->depth == 1));
        ensure(options->depth == 1 || options->mode <= PROBE_STREAM);
        ensure(options->count == 0 || options->mode != PROBE_IDLE);
        if (options->target.transport == ADDRESS_UDP)
                check_datagrams(options);
        else
                ensure(options->message_size > 0 && options->batch == 1);
        ensure(!options->target.is_dual);
        words_check_address(&options->target, address_parse_target);
        ensure(options->plot_path == NULL || is_picture(options->plot_path));
        ensure(options->histogram_path == NULL || options->histogram_path[0] != '\0');
        if (options->plot_path != NULL && options->histogram_path != NULL)
                ensure(strcmp(options->plot_path, options->histogram_path) != 0);
}

static void parse(const struct words *words, char **argv, struct outcome *ret_outcome)
{
        memset(ret_outcome, WORDS_UNTOUCHED, sizeof(*ret_outcome));
        ret_outcome->verdict =
            probe_options_parse(words->count, argv, &ret_outcome->options, &ret_outcome->complaint);
        ensure(ret_outcome->verdict <= OPTIONS_WRONG);
        if (ret_outcome->verdict == OPTIONS_RUN)
                check_options(&ret_outcome->options);
        else
                ensure(words_are_untouched(&ret_outcome->options, sizeof(ret_outcome->options)));
        words_check_complaint(&ret_outcome->complaint, ret_outcome->verdict == OPTIONS_WRONG);
}

static void check_equal_options(const struct probe_options *a, const struct probe_options *b)
{
        words_check_equal_addresses(&a->target, &b->target);
        ensure(a->target_text == b->target_text);
        ensure(a->mode == b->mode);
        ensure(a->connections == b->connections);
        ensure(a->message_size == b->message_size);
        ensure(a->duration_ns == b->duration_ns);
        ensure(a->count == b->count);
        ensure(a->depth == b->depth);
        ensure(a->batch == b->batch);
        ensure(a->rate == b->rate);
        ensure(a->timeout_ns == b->timeout_ns);
        ensure(a->server_pid == b->server_pid);
        ensure(a->half_close == b->half_close);
        ensure(a->json == b->json);
        ensure(a->histogram_path == b->histogram_path);
        ensure(a->plot_path == b->plot_path);
}

/* The first parsing permutes argv; the second one must not notice. */
void probe_options_script_run(const uint8_t *data, size_t size)
{
        static struct outcome first;
        static struct outcome second;
        char *argv[WORDS_MAX + 2];
        struct words words;

        words_split(&words, "echoprobe", data, size);
        memcpy(argv, words.words, sizeof(argv));
        parse(&words, argv, &first);
        parse(&words, argv, &second);
        ensure(first.verdict == second.verdict);
        if (first.verdict == OPTIONS_RUN)
                check_equal_options(&first.options, &second.options);
        if (first.verdict == OPTIONS_WRONG)
                ensure(strcmp(first.complaint.text, second.complaint.text) == 0);
        words_free(&words);
}
