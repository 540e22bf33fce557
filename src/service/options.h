/* SPDX-License-Identifier: MIT */
/*
 * The command line of echod, by the table of words/option_table.h. Nothing here prints an error or
 * exits.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "core/network.h"
#include "service/log.h"
#include "service/user.h"
#include "words/address.h"
#include "words/option_table.h"

enum {
        OPTIONS_LISTENERS_MAX = 16,
        OPTIONS_WORKERS_MAX = 256,
        OPTIONS_NETWORKS_MAX = 2 * OPTION_LIST_MAX,
};

struct options_network {
        struct network network;
        bool is_allowed; /* else denied */
};

struct options {
        struct address listeners[OPTIONS_LISTENERS_MAX];
        uint64_t listener_count;  /* at least 1 */
        bool are_listeners_given; /* else they are the default ones */
        uint64_t workers;         /* 1 to 256; 0 = as many as the machine has usable CPUs */
        uint64_t max_connections; /* 1 to 2^24 */
        uint64_t max_connections_per_source; /* at most 2^24; 0 = no such limit */
        uint64_t accept_rate; /* connections a second of a source, at most 10^9; 0 = any */
        struct options_network networks[OPTIONS_NETWORKS_MAX]; /* no two contradict each other */
        uint64_t network_count;
        uint64_t buffer_memory;    /* bytes, at most 2^40 */
        uint64_t idle_timeout_ns;  /* these are at most a year (8760 h); 0 = never */
        uint64_t stall_timeout_ns; /* 0 = never */
        uint64_t drain_delay_ns;
        uint64_t drain_timeout_ns; /* 0 = end all connections at once */
        uint64_t udp_rate; /* answered datagrams a second of a source, at most 10^9; 0 = all */
        bool is_udp_rate_given;
        bool udp_low_ports; /* are answered, too */
        bool udp_loop_guard;
        bool is_udp_loop_guard_given;
        struct user user; /* its name is in the memory of the command line */
        bool is_user_given;
        bool no_sandbox; /* at most one of these two */
        bool require_sandbox;
        enum log_level log_level;
        enum log_format log_format;
};

/*
 * Reads a command line, argv[0] being the program's name; argv is permuted as getopt_long(3) does,
 * and ends in NULL. *ret_options is only written with OPTIONS_RUN, *complaint with OPTIONS_WRONG.
 */
enum options_verdict options_parse(int argc, char **argv, struct options *ret_options,
                                   struct complaint *complaint);

/* Whether it holds at that UDP listener: where strangers reach it, and everywhere if given. */
bool options_has_udp_rate(const struct options *options, const struct address *listener);
bool options_has_udp_loop_guard(const struct options *options, const struct address *listener);

/* Prints what --help says. */
void options_help(FILE *to);
