/* SPDX-License-Identifier: MIT */
#include "service/manager.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/sys.h"

/* So long a manager that is behind may hold up a message without which it would give up. */
enum { READY_PATIENCE_MS = 1000 };

enum { MESSAGE_SIZE = 256 };

/* The text stays where it is when the variable is gone. */
static const char *take_variable(const char *name)
{
        const char *text = getenv(name);

        (void)unsetenv(name);
        return text;
}

static bool take_environment(struct environment *ret, struct complaint *complaint)
{
        struct environment_texts texts = {
                .listen_pid = take_variable("LISTEN_PID"),
                .listen_fds = take_variable("LISTEN_FDS"),
                .listen_fdnames = take_variable("LISTEN_FDNAMES"),
                .notify_socket = take_variable("NOTIFY_SOCKET"),
                .watchdog_pid = take_variable("WATCHDOG_PID"),
                .watchdog_usec = take_variable("WATCHDOG_USEC"),
        };

        return environment_read(&texts, (uint64_t)getpid(), ret, complaint);
}

/* Whoever asked to be notified may be gone: that is no reason not to serve. */
static void open_notify(struct notify *notify, const struct environment *environment,
                        struct log *log)
{
        int error = notify_open(notify, &environment->notify, environment->notify_size);

        if (error == 0)
                return;
        log_begin(log, LOG_WARN, "notify_failed");
        log_text(log, "what", "NOTIFY_SOCKET");
        log_text(log, "reason", strerror(-error));
        (void)log_end(log);
        log_write(log);
}

enum exit_code manager_open(struct manager *manager, struct options *options, struct log *log)
{
        struct environment environment;
        struct complaint complaint;

        notify_init(&manager->notify);
        watchdog_init(&manager->watchdog);
        if (!take_environment(&environment, &complaint)) {
                log_begin(log, LOG_ERROR, "start_failed");
                log_text(log, "what", "environment");
                log_text(log, "reason", complaint.text);
                (void)log_end(log);
                return EXIT_CODE_CONFIGURATION;
        }
        manager->watchdog_ns = environment.watchdog_ns;
        if (environment.notify_size > 0)
                open_notify(&manager->notify, &environment, log);
        return inherited_take(&manager->inherited, &environment, options, log);
}

void manager_tell_ready(struct manager *manager, const struct options *options, struct crew *crew)
{
        char message[MESSAGE_SIZE];

        snprintf(message, sizeof(message),
                 "READY=1\nSTATUS=serving, listeners: %" PRIu64 ", workers: %" PRIu32,
                 options->listener_count, crew->count);
        notify_send(&manager->notify, message, READY_PATIENCE_MS);
        watchdog_start(&manager->watchdog, manager->watchdog_ns, sys_clock());
        crew_ask(crew);
}

void manager_tell_stopping(const struct manager *manager, uint64_t open)
{
        char message[MESSAGE_SIZE];

        snprintf(message, sizeof(message), "STOPPING=1\nSTATUS=draining, connections: %" PRIu64,
                 open);
        notify_send(&manager->notify, message, 0);
}

uint64_t manager_next_ns(const struct manager *manager)
{
        return manager->watchdog.next_ns;
}

void manager_turn(struct manager *manager, struct crew *crew)
{
        if (!watchdog_is_due(&manager->watchdog, sys_clock()) || !crew_has_answered(crew))
                return;
        notify_send(&manager->notify, "WATCHDOG=1", 0);
        crew_ask(crew);
}

void manager_close(struct manager *manager)
{
        notify_close(&manager->notify);
}
