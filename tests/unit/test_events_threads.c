/* SPDX-License-Identifier: MIT */
/* One thread puts, one takes and sleeps whenever there is nothing, as a worker and main do. */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/ensure.h"
#include "core/events.h"
#include "suite.h"

enum { RECORDS = 1000000, SLOTS_MAX = 256 };

/* Nobody is woken so late: the wake-up was lost. */
enum { WAKE_LIMIT_MS = 20000 };

struct stage {
        struct events events;
        struct event slots[SLOTS_MAX];
        atomic_bool is_done;
        int wake_fd;
        bool is_patient; /* what does not fit is put again, so that nothing is lost */
};

static struct stage stage;

/* Every part of a record follows from its number. */
static struct event record(uint64_t number)
{
        struct event event = { .time_ns = number, .connection = ~number, .kind = EVENT_DATA };

        event.data.size = (uint32_t)number;
        memset(event.data.bytes, (int)(number % 251), sizeof(event.data.bytes));
        return event;
}

static void expect_whole(const struct event *event)
{
        struct event expected = record(event->time_ns);

        ensure(event->connection == expected.connection);
        ensure(event->data.size == expected.data.size);
        ensure(memcmp(event->data.bytes, expected.data.bytes, EVENT_PREVIEW_SIZE) == 0);
}

static void wake(void)
{
        uint64_t one = 1;

        ensure(write(stage.wake_fd, &one, sizeof(one)) == sizeof(one));
}

static void *put_all(void *unused)
{
        for (uint64_t i = 0; i < RECORDS; i++) {
                struct event event = record(i);
                enum events_put result;
                while ((result = events_put(&stage.events, &event)) == EVENTS_FULL &&
                       stage.is_patient)
                        sched_yield();
                if (result == EVENTS_PUT_FIRST)
                        wake();
        }
        atomic_store(&stage.is_done, true);
        wake();
        return unused;
}

static void sleep_until_woken(void)
{
        struct pollfd wakes = { .fd = stage.wake_fd, .events = POLLIN };
        uint64_t count;

        if (poll(&wakes, 1, WAKE_LIMIT_MS) != 1)
                ck_abort_msg("a wake-up was lost");
        ensure(read(stage.wake_fd, &count, sizeof(count)) == sizeof(count));
}

/* Takes all there is; returns the number after the last one. */
static uint64_t take_some(uint64_t next, uint64_t *taken)
{
        struct event event;

        while (events_take(&stage.events, &event)) {
                ensure(event.time_ns >= next);
                expect_whole(&event);
                next = event.time_ns + 1;
                ++*taken;
        }
        return next;
}

static uint64_t run(uint32_t slot_count, bool is_patient)
{
        pthread_t thread;
        uint64_t taken = 0;
        uint64_t next = 0;
        bool is_done;

        events_init(&stage.events, stage.slots, slot_count);
        atomic_store(&stage.is_done, false);
        stage.is_patient = is_patient;
        stage.wake_fd = eventfd(0, EFD_CLOEXEC);
        ck_assert_int_ge(stage.wake_fd, 0);
        ck_assert_int_eq(pthread_create(&thread, NULL, put_all, NULL), 0);
        do {
                sleep_until_woken();
                is_done = atomic_load(&stage.is_done);
                next = take_some(next, &taken);
        } while (!is_done);
        pthread_join(thread, NULL);
        close(stage.wake_fd);
        ck_assert_uint_le(next, RECORDS);
        return taken;
}

START_TEST(what_is_not_taken_was_lost_and_counted)
{
        for (uint32_t slot_count = 1; slot_count <= SLOTS_MAX; slot_count *= 16) {
                uint64_t taken = run(slot_count, false);
                ck_assert_uint_gt(taken, 0);
                ck_assert_uint_eq(taken + events_lost(&stage.events), RECORDS);
        }
}
END_TEST

/* A lost wake-up would leave both waiting: the taker for a record, the putter for room. */
START_TEST(million_records_pass_whole_and_in_order)
{
        ck_assert_uint_eq(run(SLOTS_MAX, true), RECORDS);
        ck_assert_uint_eq(run(4, true), RECORDS);
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                what_is_not_taken_was_lost_and_counted,
                million_records_pass_whole_and_in_order,
        };

        return SUITE_RUN("events threads", tests);
}
