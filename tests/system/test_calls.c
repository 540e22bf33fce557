/* SPDX-License-Identifier: MIT */
/* What a message costs, counted by strace(1) attached to the running server. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "server.h"
#include "suite.h"

enum { MESSAGE_COUNT = 100, MESSAGE_SIZE = 64, CONNECTION_COUNT = 100 };

static struct server server;
static struct process tracer;
static char trace[256 * 1024];
static bool is_skipped;

/* False when this machine does not allow it. */
static bool attach(const char *path)
{
        char pid[16];

        snprintf(pid, sizeof(pid), "%d", server.process.pid);
        const char *const arguments[] = {
                "strace", "-f",
                "-e",     "trace=accept4,recvfrom,sendto,epoll_ctl,epoll_pwait,timerfd_settime",
                "-o",     path,
                "-p",     pid,
                NULL,
        };
        process_start(&tracer, &(struct process_setup){ .arguments = arguments });
        return process_await(&tracer, " attached", 0) != NULL;
}

/* Its file is complete when it has ended. */
static void detach(FILE *file)
{
        process_signal(&tracer, SIGINT);
        (void)process_wait(&tracer);
        size_t size = fread(trace, 1, sizeof(trace) - 1, file);
        ck_assert_uint_lt(size, sizeof(trace) - 1);
        trace[size] = '\0';
}

/* A call that was interrupted by another thread's is resumed without a second bracket. */
static unsigned calls(const char *text)
{
        unsigned count = 0;

        for (const char *at = trace; (at = strstr(at, text)) != NULL; at++)
                count++;
        return count;
}

/* Starts a server, and traces it while the scene plays; false when it cannot be traced here. */
static bool trace_while(void (*play)(void))
{
        char path[] = "/tmp/echod-calls-XXXXXX";
        int fd = mkstemp(path);
        FILE *file = fdopen(fd, "r");

        ck_assert(file != NULL);
        server_start(&server, NULL);
        is_skipped = !attach(path);
        unlink(path);
        if (!is_skipped) {
                play();
                server_await_figure(&server, "open", 0);
                detach(file);
        }
        fclose(file);
        server_stop(&server);
        return !is_skipped;
}

static void talk(unsigned message_count)
{
        struct client client;

        client_connect(&client, server.port, 1);
        for (unsigned i = 0; i < message_count; i++)
                client_exchange(&client, 1, MESSAGE_SIZE);
        client_finish(&client);
        client_expect_end(&client);
        client_close(&client);
}

static void ping_pong(void)
{
        talk(MESSAGE_COUNT);
}

static void come_and_go(void)
{
        for (unsigned i = 0; i < CONNECTION_COUNT; i++)
                talk(1);
}

START_TEST(message_costs_one_receive_and_one_send)
{
        if (!trace_while(ping_pong))
                return;
        /* One more receive tells the end of the stream. */
        ck_assert_uint_eq(calls(" recvfrom("), MESSAGE_COUNT + 1);
        /* Log lines are sent too, if stderr should be a socket. */
        ck_assert_uint_eq(calls(" sendto(") - calls(" sendto(2, "), MESSAGE_COUNT);
        /* One each for the connection: close(2) takes it out again. */
        ck_assert_uint_eq(calls(" epoll_ctl("), 1);
        /* Each wait brings a message, but for accept, end and a few for timers. */
        ck_assert_uint_le(calls(" epoll_pwait("), MESSAGE_COUNT + 10);
        /* None of those has a timeout. */
        ck_assert_uint_ge(calls(", 256, -1, NULL, 8)"), MESSAGE_COUNT);
        /* For the idle deadline, and for memory to give back. */
        ck_assert_uint_le(calls(" timerfd_settime("), 4);
}
END_TEST

/* Free memory is given back about once a second: only that, and who comes first, sets the timer. */
START_TEST(connection_costs_no_timer)
{
        if (!trace_while(come_and_go))
                return;
        ck_assert_uint_eq(calls(" epoll_ctl("), CONNECTION_COUNT);
        ck_assert_uint_le(calls(" timerfd_settime("), CONNECTION_COUNT / 4);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("calls");

        tcase_add_test(tcase, message_costs_one_receive_and_one_send);
        tcase_add_test(tcase, connection_costs_no_timer);
        int status = suite_run(tcase);
        if (is_skipped)
                printf("skipped: strace cannot attach here: %s", tracer.output);
        return is_skipped ? SUITE_SKIPPED : status;
}
