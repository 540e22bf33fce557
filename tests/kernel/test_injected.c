/* SPDX-License-Identifier: MIT */
/*
 * System calls of the real server that fail with each errno that they may have, a third of them.
 * What each fault may cost is told here: nothing, if the kernel only says "not now"; the connection
 * or the datagram that it hits, and no other; or the process, if a worker cannot wait any more.
 */
#include <errno.h>
#include <string.h>

#include "balance.h"
#include "live.h"
#include "probe.h"
#include "suite.h"
#include "support/call_errors.h"
#include "tracer.h"

static struct server server;
static struct tracer tracer;
static struct probe probe;
static char target[PROBE_TARGET_SIZE];

/* Of all errnos of a call. */
struct sums {
        unsigned errors;
        uint64_t injected;
        uint64_t hurt; /* connections that were cut, or datagrams that were lost */
        uint64_t bytes;
};

/* An errno that only says "not now". */
static bool is_harmless(int error)
{
        return error == EINTR || error == EAGAIN || error == ENOBUFS || error == ENOMEM;
}

static void start(const char *listener)
{
        const char *const arguments[] = { "--workers=2", "--no-sandbox", NULL };

        server_start_at(&server, listener, arguments);
        if (strncmp(listener, "tcp", 3) == 0)
                probe_target_tcp(target, server.port);
        else
                probe_target_udp(target, server.port);
}

/* The probe's run while calls fail; returns how many did. */
static unsigned run_with(const struct tracer_fault *fault, const char *options)
{
        tracer_attach(&tracer, &server, fault);
        probe_run(&probe, target, options);
        unsigned injected = tracer_detach(&tracer);
        ck_assert_msg(injected > 0, "%s never failed", fault->call);
        ck_assert_uint_eq(probe_count(&probe, "corrupt"), 0);
        return injected;
}

static void add_up(struct sums *sums, unsigned injected, uint64_t hurt)
{
        sums->errors++;
        sums->injected += injected;
        sums->hurt += hurt;
        sums->bytes += probe_count(&probe, "received_bytes");
}

static void tell(const char *call, const struct sums *sums, const char *what)
{
        live_tell("injected: %-11s %2u errnos, %llu times; %llu %s; %llu bytes came back, each one",
                  call, sums->errors, (unsigned long long)sums->injected,
                  (unsigned long long)sums->hurt, what, (unsigned long long)sums->bytes);
}

/* How many of the probe's connections were cut. */
static uint64_t cut_connections(void)
{
        static const char *const faults[] = { "lossy", "refused", "timeout", "reset" };
        char name[32];
        uint64_t sum = 0;

        for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
                snprintf(name, sizeof(name), "faults.%s", faults[i]);
                sum += probe_count(&probe, name);
        }
        return sum;
}

/* How many connections the server has ended otherwise than by the client's end. */
static uint64_t ended_connections(void)
{
        static const char *const ends[] = { "closed_peer_reset", "closed_peer_vanished",
                                            "closed_socket_error", "refused_no_memory" };
        uint64_t sum = 0;

        for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
                sum += server_figure(&server, ends[i]);
        return sum;
}

/* Of a third of so many calls of each worker: more connections than that are there, to be spared.
 */
enum { STREAM_LAST = 30, DATAGRAM_LAST = 300 };

enum harm { HARMS_NOBODY, HARMS_BUT_NOT_NOW, HARMS_ANY };

static const struct {
        const char *call;
        enum sim_call errors;
        enum harm harm;
        const char
            *options; /* of the probe; in open loop it goes on, whatever does not come back */
} streams[] = {
        { "recvfrom", SIM_RECV, HARMS_BUT_NOT_NOW, "-c 60 -n 2000" },
        { "sendto", SIM_SEND, HARMS_BUT_NOT_NOW, "-c 60 -n 2000" },
        { "accept4", SIM_ACCEPT, HARMS_NOBODY, "--mode churn -c 8 -n 100 -s 3000 --half-close" },
        { "epoll_ctl", SIM_POLL_SET, HARMS_ANY, "-c 60 -n 2000 --half-close" },
};

/*
 * Linux says EAGAIN only of what it will tell an event of. This one has none: what comes later does
 * instead, and so it must come, whatever does not come back.
 */
static const char open_loop[] = "-c 60 --rate 2000 -n 2000 --half-close";

static const char *options_of(int stream, int error)
{
        bool is_reported = error == EAGAIN && streams[stream].harm == HARMS_BUT_NOT_NOW;

        return is_reported ? open_loop : streams[stream].options;
}

enum { STREAMS = sizeof(streams) / sizeof(streams[0]) };

START_TEST(fault_of_a_stream_hurts_no_other)
{
        const struct call_errors *all = &call_errors[streams[_i].errors];
        struct sums sums = { 0 };

        start("tcp:127.0.0.1:0");
        struct balance balance = balance_of(&server);
        for (const int *error = all->errors; *error != 0; error++) {
                uint64_t before = ended_connections();
                unsigned injected =
                    run_with(&(struct tracer_fault){ streams[_i].call, *error, STREAM_LAST },
                             options_of(_i, *error));
                server_await_figure(&server, "open", 0);
                uint64_t cut = cut_connections();
                const char *name = strerrorname_np(*error);
                bool is_to_harm = streams[_i].harm == HARMS_ANY ||
                                  (streams[_i].harm == HARMS_BUT_NOT_NOW && !is_harmless(*error));
                ck_assert_msg(cut <= (is_to_harm ? injected : 0), "%s: %u calls, %llu cut: %s",
                              name, injected, (unsigned long long)cut, probe.process.output);
                ck_assert_msg(cut == ended_connections() - before, "%s: %llu cut, not %llu", name,
                              (unsigned long long)cut,
                              (unsigned long long)(ended_connections() - before));
                ck_assert_uint_lt(cut, probe_count(&probe, "opened"));
                add_up(&sums, injected, cut);
        }
        tell(streams[_i].call, &sums, "connections were cut, and no other");
        balance_expect(&balance, &server, 64);
        server_stop(&server);
}
END_TEST

/* What became of all datagrams so far that the server got. */
struct answers {
        uint64_t received;
        uint64_t sent;
        uint64_t dropped;
};

static struct answers count_answers(void)
{
        struct answers answers = { .received = server_figure(&server, "datagrams_received") };

        answers.sent = server_figure(&server, "datagrams_sent");
        answers.dropped = server_dropped(&server);
        return answers;
}

static const struct {
        const char *call;
        enum sim_call errors;
        bool is_sending;
        const char *options;
} datagrams[] = {
        /* Which call it is depends on how many wait: of one client, never more than one. */
        { "recvmsg", SIM_RECVMSG, false, "-c 1 -n 2000 -s 100" },
        { "recvmmsg", SIM_RECVMMSG, false, "-c 8 -n 20000 --depth 16 --batch 8 -s 100" },
        { "sendmsg", SIM_SENDMSG, true, "-c 8 --rate 8000 -n 4000 -s 100 --timeout 1s" },
        { "sendmmsg", SIM_SENDMMSG, true,
          "-c 32 --rate 40000 -n 40000 --batch 8 -s 100 --timeout 1s" },
};

enum { DATAGRAMS = sizeof(datagrams) / sizeof(datagrams[0]) };

START_TEST(fault_of_a_datagram_loses_no_other)
{
        const struct call_errors *all = &call_errors[datagrams[_i].errors];
        struct sums sums = { 0 };

        start("udp:127.0.0.1:0");
        struct balance balance = balance_of(&server);
        for (const int *error = all->errors; *error != 0; error++) {
                struct answers before = count_answers();
                unsigned injected =
                    run_with(&(struct tracer_fault){ datagrams[_i].call, *error, DATAGRAM_LAST },
                             datagrams[_i].options);
                struct answers after = count_answers();
                uint64_t lost = after.dropped - before.dropped;
                const char *name = strerrorname_np(*error);
                /* On a busy machine the kernel loses some as well, before and behind the server. */
                ck_assert_msg(after.sent - before.sent >= probe_count(&probe, "messages"),
                              "%s: %llu sent: %s", name,
                              (unsigned long long)(after.sent - before.sent), probe.process.output);
                ck_assert_msg(after.received - before.received == after.sent - before.sent + lost,
                              "%s: neither sent nor dropped: %s", name, server.status);
                ck_assert_msg(lost == 0 || (datagrams[_i].is_sending && *error != EINTR),
                              "%s: %llu lost", name, (unsigned long long)lost);
                ck_assert_uint_eq(probe_count(&probe, "duplicated"), 0);
                add_up(&sums, injected, lost);
        }
        tell(datagrams[_i].call, &sums, "datagrams were lost, and no other");
        balance_expect(&balance, &server, 0);
        server_stop(&server);
}
END_TEST

/* A worker that cannot wait any more cannot serve: the whole process ends, and says so. */
START_TEST(worker_that_cannot_wait_ends_the_process)
{
        const struct call_errors *all = &call_errors[SIM_POLL_WAIT];
        struct sums sums = { 0 };
        uint64_t ends = 0;

        for (const int *error = all->errors; *error != 0; error++) {
                start("tcp:127.0.0.1:0");
                struct balance balance = balance_of(&server);
                unsigned injected =
                    run_with(&(struct tracer_fault){ "epoll_pwait", *error, STREAM_LAST },
                             "-c 8 -n 500 --timeout 5s");
                if (*error == EINTR) {
                        probe_expect_ok(&probe);
                        balance_expect(&balance, &server, 8);
                        server_stop(&server);
                } else {
                        ck_assert_int_eq(process_wait(&server.process), 70);
                        ck_assert_uint_ge(server_count_lines(&server, "level=error"), 1);
                        ends++;
                }
                add_up(&sums, injected, cut_connections());
        }
        tell("epoll_pwait", &sums, "connections were cut");
        live_tell(
            "injected: epoll_pwait of all errnos but EINTR ended the process %llu times, by "
            "exit code 70",
            (unsigned long long)ends);
}
END_TEST

int main(void)
{
        static const char *const programs[] = { "strace", NULL };
        TCase *tcase = tcase_create("injected");

        if (!live_is_possible(programs))
                return SUITE_SKIPPED;
        tcase_add_loop_test(tcase, fault_of_a_stream_hurts_no_other, 0, STREAMS);
        tcase_add_loop_test(tcase, fault_of_a_datagram_loses_no_other, 0, DATAGRAMS);
        tcase_add_test(tcase, worker_that_cannot_wait_ends_the_process);
        return suite_run(tcase);
}
