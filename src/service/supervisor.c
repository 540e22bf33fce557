/* SPDX-License-Identifier: MIT */
#include "service/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "shell/listener.h"
#include "shell/sys.h"
#include "shell/worker.h"

/* The scratch buffer of a worker and a block of the pool: carries bulk well, costs nothing idle. */
enum { SCRATCH_SIZE = 256 * 1024 };

/* Descriptors that are no connections: stdio, epoll, eventfds, signalfd, and some to spare. */
enum { SPARE_DESCRIPTORS = 16 };

/* So long the process waits at its end for a log reader that is behind. */
enum { LOG_PATIENCE_MS = 100 };

struct supervisor {
        const struct options *options;
        uint64_t max_connections; /* as the descriptor limit allows */
        struct counters counters;
        struct worker worker;
        pthread_t thread;
        int worker_result; /* of the last worker_step(); valid once done_fd is readable */
        int signal_fd;
        int done_fd; /* readable when the worker's thread has ended */
        bool is_draining;
        struct log log;
};

/* At once if the log's reader has room: it must not hold up the signals. */
static void end(struct log *log)
{
        (void)log_end(log);
        log_write(log);
}

static void log_failure(struct supervisor *supervisor, const char *event, const char *what,
                        const char *reason)
{
        struct log *log = &supervisor->log;

        log_begin(log, LOG_ERROR, event);
        log_text(log, "what", what);
        log_text(log, "reason", reason);
        end(log);
}

static enum exit_code fail_to_start(struct supervisor *supervisor, const char *what, int error)
{
        log_failure(supervisor, "start_failed", what, strerror(-error));
        return EXIT_CODE_SYSTEM;
}

/* The figures of the counters page, for events that sum up. */
static void log_figures(struct supervisor *supervisor)
{
        struct log *log = &supervisor->log;
        const struct counters *counters = &supervisor->counters;
        char key[64];

        log_number(log, "accepted", counter_read(&counters->accepted));
        log_number(log, "open", counters_open(counters));
        log_number(log, "received_bytes", counter_read(&counters->received_bytes));
        log_number(log, "sent_bytes", counter_read(&counters->sent_bytes));
        log_number(log, "parked", counter_read(&counters->parked));
        log_number(log, "peek_turns", counter_read(&counters->peek_turns));
        log_number(log, "accept_pauses", counter_read(&counters->accept_pauses));
        for (unsigned end = CONN_OPEN + 1; end < CONN_END_COUNT; end++) {
                snprintf(key, sizeof(key), "closed_%s", counters_closed_name(end));
                log_number(log, key, counter_read(&counters->closed[end]));
        }
        for (unsigned why = 0; why < REFUSED_COUNT; why++) {
                snprintf(key, sizeof(key), "refused_%s", counters_refused_name(why));
                log_number(log, key, counter_read(&counters->refused[why]));
        }
        log_number(log, "log_dropped", log_lost(log));
}

static void log_summary(struct supervisor *supervisor, const char *event)
{
        struct log *log = &supervisor->log;

        log_begin(log, LOG_INFO, event);
        log_figures(supervisor);
        end(log);
}

/* Raises the soft descriptor limit to the hard one and keeps connections within it. */
static void limit_connections(struct supervisor *supervisor)
{
        struct rlimit limit = { 0 };

        supervisor->max_connections = supervisor->options->max_connections;
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        uint64_t spare = SPARE_DESCRIPTORS + supervisor->options->listener_count;
        uint64_t most = limit.rlim_max > spare ? limit.rlim_max - spare : 1;
        if (supervisor->max_connections > most)
                supervisor->max_connections = most;
}

static void log_starting(struct supervisor *supervisor)
{
        const struct options *options = supervisor->options;
        struct log *log = &supervisor->log;

        log_begin(log, LOG_INFO, "starting");
        log_text(log, "version", ECHOD_VERSION);
        log_number(log, "pid", (uint64_t)getpid());
        log_number(log, "max_connections", supervisor->max_connections);
        if (supervisor->max_connections < options->max_connections)
                log_number(log, "max_connections_wanted", options->max_connections);
        log_number(log, "buffer_memory", options->buffer_memory);
        end(log);
}

static enum exit_code open_worker(struct supervisor *supervisor)
{
        const struct options *options = supervisor->options;
        uint64_t least = (uint64_t)WORKER_BLOCKS_MIN * SCRATCH_SIZE;

        if (options->buffer_memory < least) {
                log_failure(supervisor, "start_failed", "--buffer-memory",
                            "a worker needs 4 blocks of 256K: at least 1M");
                return EXIT_CODE_CONFIGURATION;
        }
        struct worker_config config = {
                .max_connections = (uint32_t)supervisor->max_connections,
                .block_count = (uint32_t)(options->buffer_memory / SCRATCH_SIZE),
                .scratch_size = SCRATCH_SIZE,
                .limits = { .idle_ns = options->idle_timeout_ns,
                            .stall_ns = options->stall_timeout_ns },
                .drain_timeout_ns = options->drain_timeout_ns,
        };
        int error = worker_open(&supervisor->worker, &config, &supervisor->counters);
        if (error < 0)
                return fail_to_start(supervisor, "memory and epoll", error);
        return EXIT_CODE_DONE;
}

static enum exit_code complain_of_listener(struct supervisor *supervisor, const char *text,
                                           int error)
{
        switch (-error) {
        case EACCES:
        case EPERM:
                log_failure(supervisor, "listen_failed", text,
                            "not permitted: ports below net.ipv4.ip_unprivileged_port_start need "
                            "root or CAP_NET_BIND_SERVICE (setcap cap_net_bind_service+ep echod)");
                return EXIT_CODE_PERMISSION;
        case EADDRINUSE:
                log_failure(supervisor, "listen_failed", text,
                            "the address is in use by another process");
                return EXIT_CODE_UNAVAILABLE;
        case EADDRNOTAVAIL:
                log_failure(supervisor, "listen_failed", text,
                            "the address is not one of this machine");
                return EXIT_CODE_UNAVAILABLE;
        default:
                log_failure(supervisor, "listen_failed", text, strerror(-error));
                return EXIT_CODE_SYSTEM;
        }
}

/* The address that the kernel gave, with the real port. */
static void log_listening(struct supervisor *supervisor, int fd)
{
        struct address address = { .size = sizeof(address.socket) };
        char text[ADDRESS_TEXT_SIZE];
        struct log *log = &supervisor->log;

        if (sys_getsockname(fd, (struct sockaddr *)&address.socket, &address.size) < 0)
                return;
        address_format(&address, text, sizeof(text));
        log_begin(log, LOG_INFO, "listening");
        log_text(log, "transport", "tcp");
        log_text(log, "address", text);
        end(log);
}

static enum exit_code listen_on(struct supervisor *supervisor, const struct address *address)
{
        char text[ADDRESS_TEXT_SIZE];
        int fd = listener_open((const struct sockaddr *)&address->socket, address->size,
                               supervisor->options->stall_timeout_ns);

        address_format(address, text, sizeof(text));
        if (fd < 0)
                return complain_of_listener(supervisor, text, fd);
        int error = worker_listen(&supervisor->worker, fd);
        if (error < 0) {
                close(fd);
                return fail_to_start(supervisor, text, error);
        }
        log_listening(supervisor, fd);
        return EXIT_CODE_DONE;
}

static enum exit_code listen_on_all(struct supervisor *supervisor)
{
        enum exit_code code = EXIT_CODE_DONE;

        for (uint64_t i = 0; i < supervisor->options->listener_count && code == EXIT_CODE_DONE; i++)
                code = listen_on(supervisor, &supervisor->options->listeners[i]);
        return code;
}

static void *run_worker(void *argument)
{
        struct supervisor *supervisor = argument;
        uint64_t one = 1;

        do
                supervisor->worker_result = worker_step(&supervisor->worker, -1);
        while (supervisor->worker_result == WORKER_RUNS);
        if (write(supervisor->done_fd, &one, sizeof(one)) < 0)
                abort();
        return NULL;
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
        if (supervisor->signal_fd < 0)
                return -errno;
        supervisor->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        return supervisor->done_fd < 0 ? -errno : 0;
}

static void log_drain_end(struct supervisor *supervisor, bool is_forced, uint64_t left)
{
        struct log *log = &supervisor->log;

        log_begin(log, LOG_INFO, "drain_end");
        log_number(log, "forced", is_forced);
        log_number(log, "left", left);
        end(log);
}

static void stop_now(struct supervisor *supervisor)
{
        log_drain_end(supervisor, true, counters_open(&supervisor->counters));
        log_summary(supervisor, "stopped");
        log_flush(&supervisor->log, LOG_PATIENCE_MS);
        _exit(EXIT_CODE_DONE);
}

static void drain(struct supervisor *supervisor)
{
        struct log *log = &supervisor->log;

        if (supervisor->is_draining)
                stop_now(supervisor);
        supervisor->is_draining = true;
        log_begin(log, LOG_INFO, "drain_begin");
        log_number(log, "open", counters_open(&supervisor->counters));
        end(log);
        worker_drain(&supervisor->worker);
}

static void answer_signals(struct supervisor *supervisor)
{
        struct signalfd_siginfo signal;

        while (read(supervisor->signal_fd, &signal, sizeof(signal)) == sizeof(signal)) {
                if (signal.ssi_signo == SIGUSR1)
                        log_summary(supervisor, "status");
                else if (signal.ssi_signo == SIGHUP)
                        log_failure(supervisor, "reload_failed", "SIGHUP",
                                    "there is no configuration file to reload");
                else
                        drain(supervisor);
        }
}

/* Until the worker's thread has ended. */
static enum exit_code wait_for_worker(struct supervisor *supervisor)
{
        struct pollfd polls[] = {
                { .fd = supervisor->signal_fd, .events = POLLIN },
                { .fd = supervisor->done_fd, .events = POLLIN },
                { .events = POLLOUT },
        };

        while ((polls[1].revents & POLLIN) == 0) {
                polls[2].fd = log_poll_fd(&supervisor->log);
                if (poll(polls, 3, -1) < 0 && errno != EINTR)
                        return EXIT_CODE_INTERNAL;
                if (polls[2].revents != 0)
                        log_write(&supervisor->log);
                if ((polls[0].revents & POLLIN) != 0)
                        answer_signals(supervisor);
        }
        pthread_join(supervisor->thread, NULL);
        if (supervisor->worker_result != WORKER_DRAINED) {
                log_failure(supervisor, "worker_failed", "epoll",
                            strerror(-supervisor->worker_result));
                return EXIT_CODE_INTERNAL;
        }
        uint64_t left = counter_read(&supervisor->counters.closed[CONN_END_DRAIN_TIMEOUT]);
        log_drain_end(supervisor, left > 0, left);
        return EXIT_CODE_DONE;
}

static enum exit_code serve(struct supervisor *supervisor)
{
        struct log *log = &supervisor->log;
        enum exit_code code = listen_on_all(supervisor);

        if (code != EXIT_CODE_DONE)
                return code;
        int error = -pthread_create(&supervisor->thread, NULL, run_worker, supervisor);
        if (error < 0)
                return fail_to_start(supervisor, "worker thread", error);
        log_begin(log, LOG_INFO, "ready");
        end(log);
        code = wait_for_worker(supervisor);
        log_summary(supervisor, "stopped");
        return code;
}

enum exit_code supervisor_run(const struct options *options)
{
        struct supervisor *supervisor =
            aligned_alloc(_Alignof(struct supervisor), sizeof(*supervisor));

        if (supervisor == NULL)
                return EXIT_CODE_SYSTEM;
        memset(supervisor, 0, sizeof(*supervisor));
        supervisor->options = options;
        log_open(&supervisor->log, STDERR_FILENO, options->log_level, options->log_format,
                 getenv("JOURNAL_STREAM"));
        limit_connections(supervisor);
        log_starting(supervisor);
        int error = open_signals(supervisor);
        enum exit_code code =
            error < 0 ? fail_to_start(supervisor, "signals", error) : open_worker(supervisor);
        if (code == EXIT_CODE_DONE) {
                code = serve(supervisor);
                worker_close(&supervisor->worker);
        }
        log_flush(&supervisor->log, LOG_PATIENCE_MS);
        free(supervisor);
        return code;
}
