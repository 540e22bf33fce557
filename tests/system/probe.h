/* SPDX-License-Identifier: MIT */
/* The real echoprobe against a target, and what it reports as JSON. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "process.h"

enum { PROBE_TARGET_SIZE = 160 };

/* Zeroed before its first run; a report stays until the next one starts. */
struct probe {
        struct process process;
        json_t *report; /* NULL before probe_finish() */
        int code;       /* its exit code */
};

/* The path of the echoprobe to test. */
const char *probe_program(void);

/* tcp:, or udp:, on 127.0.0.1 or ::1 */
void probe_target_tcp(char target[PROBE_TARGET_SIZE], uint16_t port);
void probe_target_udp(char target[PROBE_TARGET_SIZE], uint16_t port);
void probe_target_tcp6(char target[PROBE_TARGET_SIZE], uint16_t port);

/*
 * Starts it with --json and the options, words separated by spaces. If they say nothing else, its
 * --timeout is 20 s, so that a machine that is busy is no finding.
 */
void probe_start(struct probe *probe, const char *target, const char *options);

/* Waits for its end; all it printed must be one JSON object. */
void probe_finish(struct probe *probe);

/* Both. */
void probe_run(struct probe *probe, const char *target, const char *options);

/* A figure of the report, by its name, or by "object.name". */
uint64_t probe_count(const struct probe *probe, const char *name);
double probe_real(const struct probe *probe, const char *name);
bool probe_has(const struct probe *probe, const char *name);

/* The verdict's word, also by the exit code; the reason contains the text. */
void probe_expect(const struct probe *probe, const char *verdict, const char *reason);

/* The verdict is ok, and all its figures agree with each other: each byte sent came back. */
void probe_expect_ok(const struct probe *probe);
