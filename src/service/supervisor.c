/* SPDX-License-Identifier: MIT */
#include "service/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "service/capacity.h"
#include "service/crew.h"
#include "service/limits.h"
#include "service/listeners.h"
#include "service/machine.h"
#include "service/manager.h"
#include "service/report.h"
#include "service/sandbox.h"
#include "shell/sys.h"

/* So long the process waits at its end for a log reader that is behind. */
enum { LOG_PATIENCE_MS = 100 };

/* Records that are taken from one worker before the others have their turn. */
enum { RECORDS_A_TURN = 64 };

struct supervisor {
        struct options options; /* with the listeners that there are */
        struct manager manager;
        uint32_t workers;
        uint64_t max_connections; /* as the descriptor limit allows */
        struct limits limits;
        struct crew crew;
        struct listeners listeners;
        struct sandbox sandbox;
        struct log log;
        struct report report;
        int signal_fd;
        bool is_ending;    /* SIGTERM came */
        uint64_t drain_ns; /* when draining begins; UINT64_MAX = not yet known, or it has */
};

/* At once if the log's reader has room: it must not hold up the signals. */
static void end(struct log *log)
{
        (void)log_end(log);
        log_write(log);
}

static enum exit_code fail_to_start(struct supervisor *supervisor, const char *what, int error)
{
        log_failure(&supervisor->log, "start_failed", what, strerror(-error));
        return EXIT_CODE_SYSTEM;
}

/* The figures of all workers together, for events that sum up. */
static void log_figures(struct supervisor *supervisor)
{
        struct log *log = &supervisor->log;
        const struct crew *crew = &supervisor->crew;
        char key[64];

        log_number(log, "accepted", CREW_SUM(crew, accepted));
        log_number(log, "open", crew_open_connections(crew));
        log_number(log, "received_bytes", CREW_SUM(crew, received_bytes));
        log_number(log, "sent_bytes", CREW_SUM(crew, sent_bytes));
        log_number(log, "parked", CREW_SUM(crew, parked));
        log_number(log, "peek_turns", CREW_SUM(crew, peek_turns));
        log_number(log, "accept_pauses", CREW_SUM(crew, accept_pauses));
        for (unsigned end = CONN_OPEN + 1; end < CONN_END_COUNT; end++) {
                snprintf(key, sizeof(key), "closed_%s", counters_closed_name(end));
                log_number(log, key, CREW_SUM(crew, closed[end]));
        }
        for (unsigned why = REFUSED_NONE + 1; why < REFUSED_COUNT; why++) {
                snprintf(key, sizeof(key), "refused_%s", counters_refused_name(why));
                log_number(log, key, CREW_SUM(crew, refused[why]));
        }
        log_number(log, "datagrams_received", CREW_SUM(crew, datagrams_received));
        log_number(log, "datagrams_sent", CREW_SUM(crew, datagrams_sent));
        log_number(log, "datagram_received_bytes", CREW_SUM(crew, datagram_received_bytes));
        log_number(log, "datagram_sent_bytes", CREW_SUM(crew, datagram_sent_bytes));
        log_number(log, "datagrams_overflowed", CREW_SUM(crew, datagrams_overflowed));
        for (unsigned why = DATAGRAM_DROP_NONE + 1; why < DATAGRAM_DROP_COUNT; why++) {
                snprintf(key, sizeof(key), "dropped_%s", counters_dropped_name(why));
                log_number(log, key, CREW_SUM(crew, datagrams_dropped[why]));
        }
        log_number(log, "sandbox_missing", sandbox_missing(&supervisor->sandbox));
        log_number(log, "log_dropped", log_lost(log) + crew_lost_events(crew));
}

static void log_summary(struct supervisor *supervisor, const char *event)
{
        struct log *log = &supervisor->log;

        log_begin(log, LOG_INFO, event);
        log_figures(supervisor);
        end(log);
}

static void log_starting(struct supervisor *supervisor)
{
        const struct options *options = &supervisor->options;
        struct log *log = &supervisor->log;

        log_begin(log, LOG_INFO, "starting");
        log_text(log, "version", ECHOD_VERSION);
        log_number(log, "pid", (uint64_t)getpid());
        log_number(log, "workers", supervisor->workers);
        log_number(log, "max_connections", supervisor->max_connections);
        if (supervisor->max_connections < options->max_connections)
                log_number(log, "max_connections_wanted", options->max_connections);
        log_number(log, "buffer_memory", options->buffer_memory);
        end(log);
}

static enum exit_code open_crew(struct supervisor *supervisor)
{
        const struct options *options = &supervisor->options;
        struct crew_setup setup = {
                .workers = supervisor->workers,
                .max_connections = (uint32_t)supervisor->max_connections,
                .blocks = (uint32_t)(options->buffer_memory / CAPACITY_BLOCK_SIZE),
                .block_size = CAPACITY_BLOCK_SIZE,
                .limits = { .idle_ns = options->idle_timeout_ns,
                            .stall_ns = options->stall_timeout_ns },
                .drain_timeout_ns = options->drain_timeout_ns,
                .is_verbose = log_is_wanted(&supervisor->log, LOG_DEBUG),
        };
        struct complaint complaint;

        if (!capacity_has_memory(options, supervisor->workers, &complaint)) {
                log_failure(&supervisor->log, "start_failed", "--buffer-memory", complaint.text);
                return EXIT_CODE_CONFIGURATION;
        }
        int error = limits_open(&supervisor->limits, options, setup.max_connections, setup.workers,
                                &setup.admission);
        if (error < 0)
                return fail_to_start(supervisor, "memory of limits", error);
        error = crew_open(&supervisor->crew, &setup);
        if (error == 0)
                return EXIT_CODE_DONE;
        limits_close(&supervisor->limits);
        return fail_to_start(supervisor, "memory and epoll", error);
}

/* All signals the supervisor answers are blocked before the first thread starts, and stay so. */
static int open_signals(struct supervisor *supervisor)
{
        sigset_t signals;

        sigemptyset(&signals);
        sigaddset(&signals, SIGTERM);
        sigaddset(&signals, SIGINT);
        sigaddset(&signals, SIGHUP);
        sigaddset(&signals, SIGUSR1);
        if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
                return -errno;
        supervisor->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        return supervisor->signal_fd < 0 ? -errno : 0;
}

static void log_drain_end(struct supervisor *supervisor, bool is_forced, uint64_t left)
{
        struct log *log = &supervisor->log;

        log_begin(log, LOG_INFO, "drain_end");
        log_number(log, "forced", is_forced);
        log_number(log, "left", left);
        end(log);
}

/* What the threads hold, the kernel takes back. */
static _Noreturn void stop_now(struct supervisor *supervisor, enum exit_code code)
{
        log_summary(supervisor, "stopped");
        listeners_close(&supervisor->listeners, &supervisor->log);
        log_flush(&supervisor->log, LOG_PATIENCE_MS);
        _exit((int)code);
}

static void start_ending(struct supervisor *supervisor)
{
        const struct options *options = &supervisor->options;
        struct log *log = &supervisor->log;

        if (supervisor->is_ending) {
                log_drain_end(supervisor, true, crew_open_connections(&supervisor->crew));
                stop_now(supervisor, EXIT_CODE_DONE);
        }
        supervisor->is_ending = true;
        manager_tell_stopping(&supervisor->manager, crew_open_connections(&supervisor->crew));
        supervisor->drain_ns = sys_clock() + options->drain_delay_ns;
        log_begin(log, LOG_INFO, "drain_begin");
        log_number(log, "open", crew_open_connections(&supervisor->crew));
        if (options->drain_delay_ns > 0)
                log_number(log, "delay_ms", options->drain_delay_ns / 1000000);
        end(log);
}

static void answer_signals(struct supervisor *supervisor)
{
        struct signalfd_siginfo signal;

        while (read(supervisor->signal_fd, &signal, sizeof(signal)) == sizeof(signal)) {
                if (signal.ssi_signo == SIGUSR1)
                        log_summary(supervisor, "status");
                else if (signal.ssi_signo == SIGHUP)
                        log_failure(&supervisor->log, "reload_failed", "SIGHUP",
                                    "there is no configuration file to reload");
                else
                        start_ending(supervisor);
        }
}

static void drain_when_due(struct supervisor *supervisor)
{
        if (sys_clock() < supervisor->drain_ns)
                return;
        supervisor->drain_ns = UINT64_MAX;
        crew_drain(&supervisor->crew);
}

/* Turns records into lines, as far as there is room for them; returns how many. */
static uint32_t report_all(struct supervisor *supervisor)
{
        struct crew *crew = &supervisor->crew;
        uint32_t taken = 0;

        for (uint32_t i = 0; i < crew->count; i++)
                taken +=
                    report_take(&supervisor->report, i, &crew->members[i].events, RECORDS_A_TURN);
        return taken;
}

/* The workers have ended: what they told last is told in full, if somebody reads it. */
static void report_rest(struct supervisor *supervisor)
{
        uint64_t lost = log_lost(&supervisor->log);
        uint32_t taken;

        do {
                log_flush(&supervisor->log, LOG_PATIENCE_MS);
                taken = report_all(supervisor);
        } while (taken > 0 && log_lost(&supervisor->log) == lost);
}

/* How long poll(2) may wait; what the log holds up is told by its descriptor. */
static int wait_ms(const struct supervisor *supervisor, bool has_more)
{
        uint64_t now_ns = sys_clock();
        uint64_t next_ns = manager_next_ns(&supervisor->manager);

        if (supervisor->drain_ns < next_ns)
                next_ns = supervisor->drain_ns;
        if (has_more || next_ns <= now_ns)
                return 0;
        if (next_ns == UINT64_MAX)
                return -1;
        uint64_t ms = (next_ns - now_ns + 999999) / 1000000;
        return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

/* Signals, log and drain, until the workers have ended. */
static void watch_over(struct supervisor *supervisor)
{
        struct pollfd polls[] = {
                { .fd = supervisor->signal_fd, .events = POLLIN },
                { .fd = supervisor->crew.wake_fd, .events = POLLIN },
                { .events = POLLOUT },
        };
        uint64_t woken;
        bool has_more = true; /* crew_start() has taken what they woke main for */

        while (!crew_is_done(&supervisor->crew)) {
                polls[2].fd = log_poll_fd(&supervisor->log);
                int count = poll(polls, 3, wait_ms(supervisor, has_more));
                if (count < 0 && errno != EINTR)
                        stop_now(supervisor, EXIT_CODE_INTERNAL);
                if (count > 0 && polls[1].revents != 0 &&
                    read(supervisor->crew.wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
                        stop_now(supervisor, EXIT_CODE_INTERNAL);
                if (count > 0 && polls[2].revents != 0)
                        log_write(&supervisor->log);
                if (count > 0 && polls[0].revents != 0)
                        answer_signals(supervisor);
                drain_when_due(supervisor);
                manager_turn(&supervisor->manager, &supervisor->crew);
                /* There may be more, for which nobody wakes us; or the log does, when it can. */
                has_more = report_all(supervisor) > 0 && log_has_spare_room(&supervisor->log);
        }
        report_rest(supervisor);
}

static enum exit_code serve(struct supervisor *supervisor)
{
        struct log *log = &supervisor->log;
        struct sandbox *sandbox = &supervisor->sandbox;
        int entered = 0;
        int error = crew_start(&supervisor->crew, sandbox_worker_filter(sandbox),
                               supervisor->options.require_sandbox, &entered);

        if (error < 0) {
                log_failure(&supervisor->log, "start_failed", "worker thread", strerror(-error));
                stop_now(supervisor, EXIT_CODE_SYSTEM);
        }
        enum exit_code code = sandbox_seal(sandbox, entered, log);
        if (code != EXIT_CODE_DONE)
                stop_now(supervisor, code);
        log_begin(log, LOG_INFO, "ready");
        end(log);
        manager_tell_ready(&supervisor->manager, &supervisor->options, &supervisor->crew);
        watch_over(supervisor);
        error = crew_join(&supervisor->crew);
        if (error < 0) {
                log_failure(&supervisor->log, "worker_failed", "epoll or timer", strerror(-error));
                stop_now(supervisor, EXIT_CODE_INTERNAL);
        }
        uint64_t left = CREW_SUM(&supervisor->crew, closed[CONN_END_DRAIN_TIMEOUT]);
        log_drain_end(supervisor, left > 0, left);
        log_summary(supervisor, "stopped");
        return EXIT_CODE_DONE;
}

static enum exit_code run(struct supervisor *supervisor)
{
        const struct options *options = &supervisor->options;

        supervisor->workers = capacity_workers(options, machine_usable_cpus());
        supervisor->max_connections =
            capacity_connections(options, supervisor->workers, machine_raise_descriptor_limit());
        /* First of all: who has read `starting` may send a signal. */
        int error = open_signals(supervisor);

        if (error < 0)
                return fail_to_start(supervisor, "signals", error);
        log_starting(supervisor);
        enum exit_code code =
            sandbox_prepare(&supervisor->sandbox, &supervisor->options, &supervisor->log);
        if (code == EXIT_CODE_DONE)
                code = open_crew(supervisor);
        if (code != EXIT_CODE_DONE)
                return code;
        code = listeners_open(&supervisor->listeners, &supervisor->options,
                              &supervisor->manager.inherited, &supervisor->crew, &supervisor->log);
        report_init(&supervisor->report, &supervisor->log, supervisor->listeners.names,
                    supervisor->listeners.count);
        if (code == EXIT_CODE_DONE)
                code =
                    sandbox_enter(&supervisor->sandbox, &supervisor->listeners, &supervisor->log);
        if (code == EXIT_CODE_DONE)
                code = serve(supervisor);
        crew_close(&supervisor->crew);
        limits_close(&supervisor->limits);
        udp_close(&supervisor->listeners.udp);
        listeners_close(&supervisor->listeners, &supervisor->log);
        return code;
}

enum exit_code supervisor_run(const struct options *options)
{
        struct supervisor *supervisor =
            aligned_alloc(_Alignof(struct supervisor), sizeof(*supervisor));

        if (supervisor == NULL)
                return EXIT_CODE_SYSTEM;
        memset(supervisor, 0, sizeof(*supervisor));
        supervisor->options = *options;
        supervisor->drain_ns = UINT64_MAX;
        log_open(&supervisor->log, STDERR_FILENO, options->log_level, options->log_format,
                 getenv("JOURNAL_STREAM"));
        enum exit_code code =
            manager_open(&supervisor->manager, &supervisor->options, &supervisor->log);
        if (code == EXIT_CODE_DONE)
                code = run(supervisor);
        manager_close(&supervisor->manager);
        log_flush(&supervisor->log, LOG_PATIENCE_MS);
        free(supervisor);
        return code;
}
