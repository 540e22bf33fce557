/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_SIZE = 512 };

static const char *const verdicts[] = { "ok", "corrupt", "lossy", "refused", "timeout", "reset" };

enum { VERDICTS = sizeof(verdicts) / sizeof(verdicts[0]) };

const char *probe_program(void)
{
        const char *path = getenv("ECHOPROBE");

        ck_assert_msg(path != NULL, "set ECHOPROBE to the path of the echoprobe to test");
        return path;
}

void probe_target_tcp(char target[PROBE_TARGET_SIZE], uint16_t port)
{
        snprintf(target, PROBE_TARGET_SIZE, "tcp:127.0.0.1:%u", port);
}

void probe_target_udp(char target[PROBE_TARGET_SIZE], uint16_t port)
{
        snprintf(target, PROBE_TARGET_SIZE, "udp:127.0.0.1:%u", port);
}

void probe_target_tcp6(char target[PROBE_TARGET_SIZE], uint16_t port)
{
        snprintf(target, PROBE_TARGET_SIZE, "tcp:[::1]:%u", port);
}

void probe_start(struct probe *probe, const char *target, const char *options)
{
        const char *arguments[PROCESS_ARGUMENTS_MAX + 1] = { probe_program(), target, "--json",
                                                             "--timeout=20s" };
        char words[OPTIONS_SIZE];
        char *rest = words;
        unsigned count = 4;

        ck_assert_uint_lt(strlen(options), sizeof(words));
        strcpy(words, options);
        for (char *word; (word = strsep(&rest, " ")) != NULL;) {
                ck_assert_uint_lt(count, PROCESS_ARGUMENTS_MAX);
                if (*word != '\0')
                        arguments[count++] = word;
        }
        json_decref(probe->report);
        probe->report = NULL;
        process_start(&probe->process, &(struct process_setup){ .arguments = arguments });
}

void probe_finish(struct probe *probe)
{
        json_error_t error;

        probe->code = process_wait(&probe->process);
        probe->report = json_loads(probe->process.output, JSON_REJECT_DUPLICATES, &error);
        ck_assert_msg(probe->report != NULL, "exit code %d, no JSON (%s): %s", probe->code,
                      error.text, process_tail(&probe->process));
}

void probe_run(struct probe *probe, const char *target, const char *options)
{
        probe_start(probe, target, options);
        probe_finish(probe);
}

/* NULL if it is not there. */
static const json_t *find(const struct probe *probe, const char *name)
{
        const char *dot = strchr(name, '.');
        char outer[64];

        if (dot == NULL)
                return json_object_get(probe->report, name);
        snprintf(outer, sizeof(outer), "%.*s", (int)(dot - name), name);
        return json_object_get(json_object_get(probe->report, outer), dot + 1);
}

bool probe_has(const struct probe *probe, const char *name)
{
        return find(probe, name) != NULL;
}

uint64_t probe_count(const struct probe *probe, const char *name)
{
        const json_t *value = find(probe, name);

        ck_assert_msg(json_is_integer(value), "no count %s in: %s", name, probe->process.output);
        ck_assert_int_ge(json_integer_value(value), 0);
        return (uint64_t)json_integer_value(value);
}

double probe_real(const struct probe *probe, const char *name)
{
        const json_t *value = find(probe, name);

        ck_assert_msg(json_is_number(value), "no figure %s in: %s", name, probe->process.output);
        return json_number_value(value);
}

static const char *text_of(const struct probe *probe, const char *name)
{
        const json_t *value = find(probe, name);

        ck_assert_msg(json_is_string(value), "no text %s in: %s", name, probe->process.output);
        return json_string_value(value);
}

void probe_expect(const struct probe *probe, const char *verdict, const char *reason)
{
        int code = 0;

        while (strcmp(verdicts[code], verdict) != 0)
                ck_assert_int_lt(++code, VERDICTS);
        ck_assert_msg(strcmp(text_of(probe, "verdict"), verdict) == 0, "not %s: %s", verdict,
                      probe->process.output);
        ck_assert_msg(strstr(text_of(probe, "reason"), reason) != NULL, "not `%s`: %s", reason,
                      probe->process.output);
        ck_assert_int_eq(probe->code, code);
        ck_assert_uint_eq(probe_count(probe, "exit"), (uint64_t)code);
}

static void expect_order(const struct probe *probe)
{
        static const char *const names[] = {
                "latency_ns.min", "latency_ns.p50",   "latency_ns.p90",
                "latency_ns.p99", "latency_ns.p99_9", "latency_ns.max",
        };

        for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
                ck_assert_uint_le(probe_count(probe, names[i - 1]), probe_count(probe, names[i]));
        ck_assert_uint_le(probe_count(probe, "latency_ns.min"),
                          probe_count(probe, "latency_ns.mean"));
        ck_assert_uint_le(probe_count(probe, "latency_ns.mean"),
                          probe_count(probe, "latency_ns.max"));
}

/* What is told of each second is the amount by the time. */
static void expect_rate(const struct probe *probe, const char *amount, const char *rate)
{
        double expected = (double)probe_count(probe, amount) / probe_real(probe, "seconds");
        double difference = expected - probe_real(probe, rate);

        ck_assert_double_le(difference, expected / 1e6);
        ck_assert_double_ge(difference, -expected / 1e6);
}

void probe_expect_ok(const struct probe *probe)
{
        char fault[32];

        probe_expect(probe, "ok", "");
        ck_assert_str_eq(text_of(probe, "reason"), "");
        ck_assert_uint_eq(probe_count(probe, "received_bytes"), probe_count(probe, "sent_bytes"));
        ck_assert_uint_eq(probe_count(probe, "latency_ns.count"), probe_count(probe, "messages"));
        ck_assert_uint_eq(probe_count(probe, "corrupt"), 0);
        for (unsigned i = 1; i < VERDICTS; i++) {
                snprintf(fault, sizeof(fault), "faults.%s", verdicts[i]);
                ck_assert_uint_eq(probe_count(probe, fault), 0);
        }
        expect_order(probe);
        /* Idle connections have none. */
        if (!probe_has(probe, "messages_per_second"))
                return;
        expect_rate(probe, "messages", "messages_per_second");
        expect_rate(probe, "received_bytes", "bytes_per_second");
}
