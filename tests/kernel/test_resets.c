/* SPDX-License-Identifier: MIT */
/* A hundred thousand connections that end by a reset, at every stage of their life. */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balance.h"
#include "cable.h"
#include "limit.h"
#include "live.h"
#include "suite.h"

enum { STORMS = 4, RESETS = 25000, TOTAL = STORMS * RESETS, HEALTHY = 16, PIECE = 10000 };

enum stage { JUST_OPENED, SENT, FINISHED, HALF_ANSWERED, UNREAD, STAGES };

static struct server server;
static pid_t storms[STORMS];

/* In a process of its own, which check knows nothing of: it only has an exit status. */
static void insist(bool is_so)
{
        if (!is_so)
                _exit(EXIT_FAILURE);
}

static void live_until(int fd, enum stage stage, unsigned number)
{
        static char data[64 * 1024];
        size_t size = stage == UNREAD ? sizeof(data) : 1 + number % 7000;

        if (stage == JUST_OPENED)
                return;
        /* Of what does not fit, the first part is enough. */
        insist(send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) > 0);
        if (stage == FINISHED)
                insist(shutdown(fd, SHUT_WR) == 0);
        if (stage == HALF_ANSWERED)
                insist(recv(fd, data, 1, 0) == 1);
}

static void rage(const struct place *to)
{
        const struct linger none = { .l_onoff = 1, .l_linger = 0 };

        for (unsigned i = 0; i < RESETS; i++) {
                int fd = socket(to->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
                insist(fd >= 0);
                insist(connect(fd, (const struct sockaddr *)&to->address, to->size) == 0);
                live_until(fd, (enum stage)(i % STAGES), i);
                insist(setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)) == 0);
                close(fd);
        }
        _exit(EXIT_SUCCESS);
}

static void start_storms(const struct place *to)
{
        for (unsigned i = 0; i < STORMS; i++) {
                storms[i] = fork();
                ck_assert_int_ge(storms[i], 0);
                if (storms[i] != 0)
                        continue;
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                rage(to);
        }
}

/* True when the last one is over, and none of them failed. */
static bool are_over(void)
{
        int status = 0;

        for (unsigned i = 0; i < STORMS; i++) {
                if (storms[i] == 0)
                        continue;
                if (waitpid(storms[i], &status, WNOHANG) == 0)
                        return false;
                ck_assert_msg(status == 0, "storm %u ended by %x", i, (unsigned)status);
                storms[i] = 0;
        }
        return true;
}

START_TEST(storm_of_resets_hurts_nobody_else)
{
        const char *const arguments[] = { "--workers=2", NULL };
        struct client clients[HEALTHY];
        uint64_t rounds = 0;

        cable_serve(&server, arguments);
        struct balance balance = balance_of(&server);
        struct place place = place_at(CABLE_IP4, server.port);
        for (unsigned i = 0; i < HEALTHY; i++)
                client_connect_to(&clients[i], &place, i);
        uint64_t started_ms = limit_now_ms();
        start_storms(&place);
        while (!are_over()) {
                client_exchange(clients, HEALTHY, PIECE);
                rounds++;
        }
        uint64_t lasted_ms = limit_now_ms() - started_ms;
        server_await_figure(&server, "open", HEALTHY);
        ck_assert_uint_gt(rounds, 0);
        for (unsigned i = 0; i < HEALTHY; i++) {
                client_finish(&clients[i]);
                client_expect_end(&clients[i]);
                client_close(&clients[i]);
        }
        server_await_figure(&server, "open", 0);
        uint64_t accepted = server_figure(&server, "accepted");
        /* A full backlog lets a client believe that it is connected (tcp_abort_on_overflow). */
        ck_assert_uint_le(accepted, TOTAL + HEALTHY);
        ck_assert_uint_gt(accepted, TOTAL / 2);
        server_await_all_closed(&server, accepted);
        ck_assert_uint_ge(server_figure(&server, "closed_peer_finished"), HEALTHY);
        live_tell(
            "resets: %d in %llu ms, %llu of them accepted; %d others had %llu bytes each "
            "meanwhile",
            TOTAL, (unsigned long long)lasted_ms, (unsigned long long)accepted - HEALTHY, HEALTHY,
            (unsigned long long)clients[0].received);
        balance_expect(&balance, &server, 2 * 4096 + HEALTHY);
        server_stop(&server);
}
END_TEST

int main(void)
{
        static const char *const programs[] = { "ip", NULL };
        TCase *tcase = tcase_create("resets");

        if (!live_is_possible(programs) || !cable_lay())
                return SUITE_SKIPPED;
        tcase_add_test(tcase, storm_of_resets_hurts_nobody_else);
        return suite_run(tcase);
}
