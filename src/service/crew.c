/* SPDX-License-Identifier: MIT */
#include "service/crew.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "service/descriptors.h"
#include "shell/sys.h"

/* A worker has one call to make after it was seen to be done. */
enum { JOIN_PAUSE_MS = 1 };

static size_t memory_size(const struct crew *crew)
{
        return crew->count * sizeof(struct crew_member);
}

static int open_member(struct crew *crew, uint32_t index, const struct crew_setup *setup)
{
        struct crew_member *member = &crew->members[index];
        struct worker_config config = {
                .connections = &crew->connections,
                .admission = crew->admission,
                .teller = { .events = &member->events,
                            .wake_fd = crew->wake_fd,
                            .is_verbose = setup->is_verbose },
                .max_connections = setup->max_connections,
                .block_count = setup->blocks / setup->workers,
                .scratch_size = setup->block_size,
                .limits = setup->limits,
                .drain_timeout_ns = setup->drain_timeout_ns,
        };

        member->crew = crew;
        events_init(&member->events, member->records, CREW_EVENTS);
        return worker_open(&member->worker, &config, &member->counters);
}

static void close_members(struct crew *crew, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++)
                worker_close(&crew->members[i].worker);
        (void)sys_unreserve(crew->members, memory_size(crew));
        (void)sys_close(crew->wake_fd);
}

int crew_open(struct crew *crew, const struct crew_setup *setup)
{
        memset(crew, 0, sizeof(*crew));
        crew->count = setup->workers;
        crew->admission = setup->admission;
        crew->wake_fd = sys_wake_open();
        if (crew->wake_fd < 0)
                return crew->wake_fd;
        /* Zeroed, and touched only where it is used: most records never are. */
        crew->members = sys_reserve(memory_size(crew));
        if (crew->members == NULL) {
                (void)sys_close(crew->wake_fd);
                return -ENOMEM;
        }
        for (uint32_t i = 0; i < crew->count; i++) {
                int error = open_member(crew, i, setup);
                if (error < 0) {
                        close_members(crew, i);
                        return error;
                }
        }
        return 0;
}

/* In the member's thread: all that it needs of the process's descriptors, and nothing else. */
static int own_descriptors(const struct crew_member *member)
{
        const struct worker *worker = &member->worker;
        const int own[] = {
                STDIN_FILENO,           STDOUT_FILENO,   STDERR_FILENO,
                member->crew->wake_fd,  worker->poll_fd, worker->waker.wake_fd,
                worker->waker.timer_fd,
        };
        enum { OWN_COUNT = sizeof(own) / sizeof(own[0]) };
        int fds[OWN_COUNT + ACCEPTOR_LISTENERS_MAX + REFLECTOR_SOCKETS_MAX];
        unsigned count = OWN_COUNT;

        memcpy(fds, own, sizeof(own));
        for (unsigned i = 0; i < worker->acceptor.count; i++)
                fds[count++] = worker->acceptor.listeners[i].fd;
        for (unsigned i = 0; i < worker->reflector.count; i++)
                fds[count++] = worker->reflector.sockets[i].fd;
        return descriptors_own(fds, count);
}

static void tell_main(const struct crew_member *member)
{
        (void)sys_wake(member->crew->wake_fd);
}

/* False when it is not to serve. */
static bool enter_filter(struct crew_member *member)
{
        const struct crew *crew = member->crew;
        int error = crew->filter != NULL ? filter_enter(crew->filter) : 0;

        member->result = error;
        atomic_store(&member->entered, error);
        tell_main(member);
        return error == 0 || !crew->is_filter_required;
}

/*
 * A thread that ends makes calls which no worker needs: it rests instead until the process ends.
 * Nothing but what is on its stack may be touched here.
 */
static _Noreturn void rest(int poll_fd)
{
        struct epoll_event event;

        for (;;)
                (void)sys_poll_wait(poll_fd, &event, 1, -1);
}

static void *run(void *argument)
{
        struct crew_member *member = argument;
        int poll_fd = member->worker.poll_fd;

        /* A container may forbid it, memory be short: the shared table is only slower. */
        member->has_own_table = own_descriptors(member) == 0;
        (void)pthread_barrier_wait(&member->crew->start);
        if (enter_filter(member)) {
                do
                        member->result = worker_step(&member->worker, -1);
                while (member->result == WORKER_RUNS);
        }
        atomic_store(&member->is_done, true);
        tell_main(member);
        atomic_store(&member->is_resting, true);
        rest(poll_fd);
}

/* 0, or the -errno of the first that could not enter. */
static int await_entered(struct crew *crew)
{
        struct pollfd woken = { .fd = crew->wake_fd, .events = POLLIN };
        uint64_t count;
        int first = 0;

        for (uint32_t i = 0; i < crew->count; i++) {
                int entered;
                while ((entered = atomic_load(&crew->members[i].entered)) == CREW_ENTERS) {
                        (void)poll(&woken, 1, -1);
                        (void)!read(crew->wake_fd, &count, sizeof(count));
                }
                first = first == 0 ? entered : first;
        }
        return first;
}

int crew_start(struct crew *crew, const struct filter *filter, bool is_required, int *ret_entered)
{
        int failed = pthread_barrier_init(&crew->start, NULL, crew->count + 1);

        if (failed != 0)
                return -failed;
        crew->filter = filter;
        crew->is_filter_required = is_required;
        for (uint32_t i = 0; i < crew->count; i++) {
                struct crew_member *member = &crew->members[i];
                atomic_store(&member->entered, CREW_ENTERS);
                int error = pthread_create(&member->thread, NULL, run, member);
                if (error != 0)
                        return -error;
        }
        /* Who takes a copy of the table later would keep open what the others close. */
        (void)pthread_barrier_wait(&crew->start);
        *ret_entered = await_entered(crew);
        (void)pthread_barrier_destroy(&crew->start);
        return 0;
}

/*
 * Main's copies of the listeners of those that have their own. A listener that is still open
 * somewhere takes connections and datagrams that nobody answers, and sends events to the epoll it
 * was in.
 */
static void close_copies(const struct worker *worker)
{
        for (unsigned i = 0; i < worker->acceptor.count; i++)
                (void)sys_close(worker->acceptor.listeners[i].fd);
        for (unsigned i = 0; i < worker->reflector.count; i++)
                (void)sys_close(worker->reflector.sockets[i].fd);
}

void crew_drain(struct crew *crew)
{
        /* First: until they are told, nobody changes the workers' listeners. */
        for (uint32_t i = 0; i < crew->count; i++)
                if (crew->members[i].has_own_table)
                        close_copies(&crew->members[i].worker);
        for (uint32_t i = 0; i < crew->count; i++)
                worker_drain(&crew->members[i].worker);
}

void crew_ask(struct crew *crew)
{
        for (uint32_t i = 0; i < crew->count; i++)
                worker_ask(&crew->members[i].worker);
}

bool crew_has_answered(const struct crew *crew)
{
        for (uint32_t i = 0; i < crew->count; i++) {
                const struct crew_member *member = &crew->members[i];
                if (!worker_has_answered(&member->worker) && !atomic_load(&member->is_done))
                        return false;
        }
        return true;
}

static bool has_failed(const struct crew_member *member)
{
        return atomic_load(&member->is_done) && member->result != WORKER_DRAINED;
}

bool crew_is_done(const struct crew *crew)
{
        uint32_t done = 0;

        for (uint32_t i = 0; i < crew->count; i++) {
                if (has_failed(&crew->members[i]))
                        return true;
                done += atomic_load(&crew->members[i].is_done);
        }
        return done == crew->count;
}

uint64_t crew_sum(const struct crew *crew, size_t figure_offset)
{
        uint64_t sum = 0;

        for (uint32_t i = 0; i < crew->count; i++) {
                const void *figure =
                    (const unsigned char *)&crew->members[i].counters + figure_offset;
                sum += counter_read(figure);
        }
        return sum;
}

uint64_t crew_lost_events(const struct crew *crew)
{
        uint64_t lost = 0;

        for (uint32_t i = 0; i < crew->count; i++)
                lost += events_lost(&crew->members[i].events);
        return lost;
}

uint64_t crew_open_connections(const struct crew *crew)
{
        uint64_t open = 0;

        for (uint32_t i = 0; i < crew->count; i++)
                open += counters_open(&crew->members[i].counters);
        return open;
}

int crew_join(const struct crew *crew)
{
        for (uint32_t i = 0; i < crew->count; i++)
                if (has_failed(&crew->members[i]))
                        return crew->members[i].result;
        for (uint32_t i = 0; i < crew->count; i++)
                while (!atomic_load(&crew->members[i].is_resting))
                        (void)poll(NULL, 0, JOIN_PAUSE_MS);
        return 0;
}

void crew_close(struct crew *crew)
{
        close_members(crew, crew->count);
}
