/* SPDX-License-Identifier: MIT */
/*
 * The command line of echoprobe, by the table of words/option_table.h. Nothing here prints an error
 * or exits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "words/address.h"
#include "words/option_table.h"

enum probe_mode { PROBE_PING, PROBE_STREAM, PROBE_CHURN, PROBE_IDLE, PROBE_SLOW };

/* More does not fit into a datagram of IPv4. */
enum { PROBE_DATAGRAM_SIZE_MAX = 65507 };

/* More segments the kernel does not take at once (UDP_MAX_SEGMENTS of Linux before 6.9). */
enum { PROBE_BATCH_MAX = 64 };

struct probe_options {
        struct address target;   /* one address and port; of any transport */
        const char *target_text; /* as given; texts are in the memory of argv */
        enum probe_mode mode;
        uint64_t connections; /* 1 to 2^20 */
        uint64_t
            message_size; /* at most 64 MiB; only a datagram may be empty, or has 65507 at most */
        uint64_t duration_ns; /* 1 ms to 8760 h; of idle: how long the connections are held */
        uint64_t count;       /* messages, or connections of churn; 0 = as time allows; idle: 0 */
        uint64_t depth;       /* messages in flight on each connection; 1 to 2^16; rate: 1 */
        uint64_t batch;       /* datagrams sent by one call; 1 to 64, closed loop: depth at most */
        uint64_t rate;        /* messages a second over all connections; 0 = closed loop */
        uint64_t timeout_ns;  /* without an awaited byte; 1 ms to 8760 h */
        uint64_t server_pid;  /* 0 = none */
        bool half_close;      /* never of datagrams */
        bool json;
        const char *histogram_path; /* NULL = none */
        const char *plot_path;      /* NULL = none; else it ends in .svg or .png */
};

/* "ping", "stream", ... */
const char *probe_mode_name(enum probe_mode mode);

/*
 * Reads a command line, argv[0] being the program's name; argv is permuted as getopt_long(3) does,
 * and ends in NULL. *ret_options is only written with OPTIONS_RUN, *complaint with OPTIONS_WRONG.
 * Options that contradict each other are wrong.
 *
 * The number of a datagram takes its first 8 bytes, or all of them if they are fewer: so small a
 * message has a smaller depth, at most half of the numbers, and a rate needs 4 bytes. A batch is of
 * datagrams that have a byte at least, and 65507 at most in all.
 */
enum options_verdict probe_options_parse(int argc, char **argv, struct probe_options *ret_options,
                                         struct complaint *complaint);

/* Prints what --help says. */
void probe_options_help(FILE *to);
