/* SPDX-License-Identifier: MIT */
/* A finished run for tests of what is told about one: ping over 64 connections, without a fault. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "probe/options.h"
#include "probe/result.h"

enum { PROBE_RUN_TEXT_SIZE = 16384 };

static struct probe_options options;
static struct result result;

static inline void probe_run_set_up(void)
{
        options = (struct probe_options){
                .target = { .transport = ADDRESS_TCP },
                .target_text = "tcp:127.0.0.1:7007",
                .mode = PROBE_PING,
                .connections = 64,
                .message_size = 64,
                .duration_ns = UINT64_C(5000000000),
                .depth = 1,
                .batch = 1,
                .timeout_ns = UINT64_C(5000000000),
        };
        memset(&result, 0, sizeof(result));
        histogram_clear(&result.latency);
        result.elapsed_ns = UINT64_C(5002000000);
        result.connections = 64;
        result.open_connections = 64;
        result.messages = 1203345;
        result.sent_size = 77014080;
        result.received_size = 77014080;
}

/* 1000 latencies of 10 µs, 10.1 µs, ... with a jitter of 123 ns. */
static inline void probe_run_add_latencies(void)
{
        for (uint64_t i = 0; i < 1000; i++)
                histogram_record(&result.latency, 10000 + 100 * i);
        result.jitter_sum_ns = 123000;
        result.jitter_count = 1000;
}

typedef int probe_run_print(FILE *stream, const struct probe_options *options,
                            const struct result *result);

/* What `print` says of it; valid until the next call. */
static inline const char *probe_run_text(probe_run_print *print)
{
        static char text[PROBE_RUN_TEXT_SIZE];
        FILE *stream = fmemopen(text, sizeof(text), "w");

        ck_assert_ptr_nonnull(stream);
        ck_assert_int_eq(print(stream, &options, &result), 0);
        ck_assert_int_eq(fclose(stream), 0);
        return text;
}
