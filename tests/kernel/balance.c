/* SPDX-License-Identifier: MIT */
#include "balance.h"

#include <check.h>

#include "figures.h"
#include "limit.h"
#include "live.h"

/*
 * What stays, in bytes. A worker keeps what it reads into once it was touched: a stream's scratch
 * buffer, and 16 slots if there were datagrams. Tables keep their pages: 64 bytes a connection, and
 * as much again for timers, lists and the room between. The rest is small change for stacks,
 * records of the log and pages of libc. The pool has 64 MB, and a leak of a hundred bytes a
 * connection is more than all this where a test has many.
 */
enum {
        SCRATCH = 256 << 10,
        INBOX = 16 * (64 << 10),
        CONNECTION = 128,
        SMALL = 512 << 10,
};

struct balance balance_of(const struct server *server)
{
        return (struct balance){ .descriptors = figures_descriptors(&server->process),
                                 .memory = figures_memory(&server->process) };
}

uint64_t balance_room(struct server *server, unsigned connections)
{
        uint64_t worker = SCRATCH + (server_figure(server, "datagrams_received") > 0 ? INBOX : 0);

        return BALANCE_WORKERS * worker + (uint64_t)connections * CONNECTION + SMALL;
}

void balance_expect(const struct balance *balance, struct server *server, unsigned connections)
{
        struct limit limit = limit_start();

        server_await_figure(server, "open", 0);
        uint64_t more = balance_room(server, connections);
        while (figures_descriptors(&server->process) != balance->descriptors &&
               limit_left_ms(&limit) > 0)
                limit_pause();
        ck_assert_uint_eq(figures_descriptors(&server->process), balance->descriptors);
        figures_await_memory(&server->process, balance->memory + more);
        live_tell(
            "descriptors %u, as before; memory %llu KiB, %llu KiB before, %llu KiB more "
            "allowed",
            balance->descriptors, (unsigned long long)figures_memory(&server->process) >> 10,
            (unsigned long long)balance->memory >> 10, (unsigned long long)more >> 10);
}
