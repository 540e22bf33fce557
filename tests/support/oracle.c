/* SPDX-License-Identifier: MIT */
#include "support/oracle.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "support/oracle_admission.h"
#include "support/oracle_state.h"

/* A timer pops within a tick of its deadline. */
static const uint64_t slack_ns = UINT64_C(1) << TIMERS_TICK_SHIFT;

/* A paused listener is tried again after 100 ms. */
static const uint64_t pause_ns = 100000000;

/* Rounds without a fault in which a connection may be ready and get no call. */
enum { ROUNDS_MAX = 3 };

/*
 * A turn sends what was parked and what it read. A round has one, and one more when time is up; a
 * retry may come early, once for each level of the wheel that its timer falls through.
 */
enum { SENDS_MAX = 2 * (2 + TIMERS_LEVELS) };

struct oracle oracle;

static uint64_t later(uint64_t since_ns, uint64_t wait_ns)
{
        return wait_ns == 0 || wait_ns > UINT64_MAX - since_ns ? UINT64_MAX : since_ns + wait_ns;
}

static uint64_t drain_deadline(uint32_t worker)
{
        uint64_t began_ns = sim_drain_began(worker);
        uint64_t wait_ns = oracle_config()->drain_timeout_ns;

        if (began_ns == UINT64_MAX)
                return UINT64_MAX;
        return wait_ns == 0 ? began_ns : later(began_ns, wait_ns);
}

/* Bytes that came after our FIN are discarded. */
static bool is_owed(const struct sim_link *link)
{
        return !link->is_server_finished && link->read > link->echoed;
}

static bool is_blocked(const struct sim_link *link)
{
        return !link->is_server_finished && link->blocked_ns != 0;
}

static uint64_t deadline(const struct sim_link *link)
{
        const struct conn_limits *limits = &oracle_config()->limits;

        if (sim_is_headless(link) && !link->is_server_finished)
                return later(link->moved_ns, CONN_HEADER_NS);
        if (is_owed(link))
                return later(link->owed_ns, limits->stall_ns);
        return is_blocked(link) ? later(link->blocked_ns, limits->stall_ns)
                                : later(link->moved_ns, limits->idle_ns);
}

/* What epoll would tell of the connection now. */
static uint32_t mask(const struct sim_link *link)
{
        return sim_events(link->fd);
}

/* The server has seen all that there is of a header, and waits for the rest. */
static bool is_waiting_for_header(const struct sim_link *link)
{
        return sim_is_headless(link) && !link->is_server_finished && link->header_seen > 0 &&
               link->header_seen == link->header_sent && link->header_sent < link->header_size;
}

/* There is something to do for the server that it should know of. */
static bool is_ready(const struct sim_link *link)
{
        if (link->edges_later != 0 || is_waiting_for_header(link))
                return false;
        uint32_t events = mask(link);
        return (events & EPOLLOUT) != 0 && (is_owed(link) || (events & EPOLLIN) != 0);
}

/* What its header gives reason for, as bits: that it is none, or that its client is refused. */
static uint32_t header_reasons(const struct sim_link *link)
{
        enum proxy_verdict verdict = header_verdict(link->header.kind);
        enum counters_refused refused = oracle_admission_verdict(link);

        if (!link->is_proxied || link->header_size == 0 || link->header_seen < link->header_size)
                return 0;
        if (verdict != PROXY_COMPLETE)
                return UINT32_C(1) << proxy_conn_end(verdict);
        return link->is_headed && refused != REFUSED_NONE
                   ? UINT32_C(1) << admission_conn_end(refused)
                   : 0;
}

/* Reasons that are true of a connection that closes now, as bits. */
static uint32_t reasons(const struct sim_link *link)
{
        uint64_t now_ns = sim_now();

        if (link->is_end_told)
                return UINT32_C(1)
                       << (link->is_server_finished ? CONN_END_DRAINED : CONN_END_PEER_FINISHED);
        switch (link->error_told) {
        case 0:
                break;
        case ECONNRESET:
        case EPIPE:
        case ENOTCONN:
                return UINT32_C(1) << CONN_END_PEER_RESET;
        case ETIMEDOUT:
        case EHOSTUNREACH:
        case ENETUNREACH:
                return UINT32_C(1) << CONN_END_PEER_VANISHED;
        default:
                return UINT32_C(1) << CONN_END_SOCKET_ERROR;
        }
        uint32_t found = header_reasons(link);
        if (deadline(link) <= now_ns && sim_is_headless(link) && !link->is_server_finished)
                found |= UINT32_C(1) << CONN_END_HEADER_TIMEOUT;
        else if (deadline(link) <= now_ns)
                found |= UINT32_C(1)
                         << (is_owed(link) || is_blocked(link) ? CONN_END_STALL : CONN_END_IDLE);
        if (drain_deadline(link->worker) <= now_ns)
                found |= UINT32_C(1) << CONN_END_DRAIN_TIMEOUT;
        return found;
}

static void check_drained(const struct sim_link *link)
{
        if (link->echoed < link->drain_due && !link->is_excused)
                sim_fail("connection %" PRIu32 ": drained after %" PRIu64 " of %" PRIu64
                         " bytes that were there",
                         link->ordinal, link->echoed, link->drain_due);
}

/* By reset or by FIN, as its reason asks for. */
static void check_manner(const struct sim_link *link, uint32_t why)
{
        /* The last ones are all of a header. */
        const uint32_t resets = 1 << CONN_END_STALL | 1 << CONN_END_DRAIN_TIMEOUT |
                                (UINT32_MAX << CONN_END_HEADER_TIMEOUT);

        if (link->is_reset_on_close && (why & resets) == 0)
                sim_fail("connection %" PRIu32 ": reset without a reason", link->ordinal);
        if (!link->is_reset_on_close && (why & ~resets) == 0 && sim_figures()->injected == 0)
                sim_fail("connection %" PRIu32 ": finished, but should be reset", link->ordinal);
}

static void check_close(const struct sim_link *link)
{
        const uint32_t finished = 1 << CONN_END_PEER_FINISHED | 1 << CONN_END_DRAINED;
        uint32_t why = reasons(link);

        if (why == 0)
                sim_fail("connection %" PRIu32 ": closed without a reason", link->ordinal);
        check_manner(link, why);
        if ((why & finished) != 0 && is_owed(link))
                sim_fail("connection %" PRIu32 ": closed with %" PRIu64 " bytes owed",
                         link->ordinal, link->read - link->echoed);
        if ((why & finished) != 0)
                check_drained(link);
        for (unsigned end = 0; end < CONN_END_COUNT; end++) {
                if ((why >> end & 1) == 0)
                        continue;
                oracle.closed_most[end]++;
                if (why == UINT32_C(1) << end)
                        oracle.closed_least[end]++;
        }
}

/* It was accepted and never became a connection. */
static void check_refusal(const struct sim_link *link)
{
        uint32_t open = oracle_open_count();

        enum counters_refused why = oracle_admission_verdict(link);

        if (!link->is_reset_on_close && sim_figures()->injected == 0)
                sim_fail("connection %" PRIu32 ": refused without a reset", link->ordinal);
        if (why != REFUSED_NONE && link->is_refused_watch)
                sim_fail("connection %" PRIu32 ": should be refused: %s", link->ordinal,
                         counters_refused_name(why));
        if (why != REFUSED_NONE) {
                oracle.refused[why]++;
                return;
        }
        if (!link->is_refused_watch && open < oracle_config()->max_connections)
                sim_fail("connection %" PRIu32 ": refused when %" PRIu32 " of %" PRIu32 " are open",
                         link->ordinal, open, oracle_config()->max_connections);
        oracle.refused[link->is_refused_watch ? REFUSED_NO_MEMORY : REFUSED_LIMIT]++;
        if (link->is_refused_watch)
                oracle.refused_step = sim_steps();
}

static void check_admitted(const struct sim_link *link)
{
        enum counters_refused why = oracle_admission_verdict(link);

        /* Then it was let in before its client was known, and must close: see reasons(). */
        if (link->is_headed)
                return;
        if (why != REFUSED_NONE)
                sim_fail("connection %" PRIu32 ": was let in, should be refused: %s", link->ordinal,
                         counters_refused_name(why));
}

static void server_closes(struct sim_link *link)
{
        if (!link->is_watched)
                check_refusal(link);
        else if (!oracle.is_closing)
                check_close(link);
        if (link->is_watched)
                check_admitted(link);
}

/* Whoever waited when draining began is served, unless the kernel ran out of something. */
static void listener_closes(int listen_fd, uint32_t waiting, int last_accept)
{
        (void)listen_fd;
        if (!oracle.is_closing && waiting > 0 && last_accept >= 0 &&
            oracle.refused_step != sim_steps())
                sim_fail("%" PRIu32 " connections were left in the backlog", waiting);
}

static void check_sleep_of(const struct sim_link *link, uint64_t until_ns)
{
        uint64_t now_ns = sim_now();
        bool may_retry = now_ns < link->retry_ns;

        if (is_ready(link) && !may_retry)
                sim_fail("connection %" PRIu32 ": lost wake-up, events 0x%" PRIx32 ", %" PRIu64
                         " read, %" PRIu64 " echoed",
                         link->ordinal, mask(link), link->read, link->echoed);
        if (is_ready(link) && until_ns > link->retry_ns)
                sim_fail("connection %" PRIu32 ": nothing will try again", link->ordinal);
        if (deadline(link) < UINT64_MAX - slack_ns && until_ns > deadline(link) + slack_ns)
                sim_fail("connection %" PRIu32 ": its deadline will be missed", link->ordinal);
        if (sim_drain_began(link->worker) != UINT64_MAX && !link->is_server_finished &&
            !may_retry && link->edges_later == 0 && !is_owed(link) && (mask(link) & EPOLLOUT) != 0)
                sim_fail("connection %" PRIu32 ": draining, and not finished", link->ordinal);
}

/* unix_write_space() tells of room at each read of the peer: who waits for none must not hear it.
 */
static void check_room_of(const struct sim_link *link)
{
        bool is_settled = !is_owed(link) && link->read == link->sent && sim_now() >= link->retry_ns;

        if (link->is_unix && is_settled && (sim_watched_for(link->fd) & EPOLLOUT) != 0)
                sim_fail("connection %" PRIu32 ": waits for room, and has nothing to send",
                         link->ordinal);
}

static void sleeps(uint32_t worker, uint64_t until_ns)
{
        uint64_t drain_ns = drain_deadline(worker);
        uint32_t owing = 0;

        for (int i = 0; i < SIM_LINKS_MAX; i++) {
                const struct sim_link *link = sim_link_at(i);
                if (link == NULL || link->fd < 0 || !link->is_watched || link->worker != worker)
                        continue;
                check_sleep_of(link, until_ns);
                check_room_of(link);
                owing += is_owed(link);
        }
        if (drain_ns < UINT64_MAX && until_ns > drain_ns && sim_watched(worker) > 0 &&
            sim_now() < drain_ns)
                sim_fail("the drain timeout will be missed");
        if (sim_is_accepting_paused(worker) && until_ns > sim_now() + pause_ns)
                sim_fail("accepting will not be resumed in time");
        if (sim_is_accepting_paused(worker) && sim_has_closed_since_pause(worker))
                sim_fail("a connection closed, and accepting was not resumed");
        oracle_datagrams_sleep(worker);
        oracle_check_counters_of(worker, owing);
        oracle_check_counters();
}

/* Who waits at a listener that workers share may have to wait for the pause of one of them. */
void oracle_settled(void)
{
        uint64_t until_ns = UINT64_MAX;

        for (uint32_t i = 0; i < oracle.count; i++)
                if (sim_sleeps_until(i) != 0 && sim_sleeps_until(i) < until_ns)
                        until_ns = sim_sleeps_until(i);
        if (sim_waiting() > 0 && until_ns > sim_now() + pause_ns)
                sim_fail("%" PRIu32 " connections wait, and nobody will accept them",
                         sim_waiting());
}

const struct sim_watcher *oracle_watcher(void)
{
        static const struct sim_watcher watcher = {
                .accepted = oracle_admission_accepted,
                .headed = oracle_admission_headed,
                .server_closes = server_closes,
                .listener_closes = listener_closes,
                .sleeps = sleeps,
                .datagram_ends = oracle_datagram_ends,
                .receiver_closes = oracle_receiver_closes,
        };

        return &watcher;
}

void oracle_open(const struct worker *workers, uint32_t count)
{
        memset(&oracle, 0, sizeof(oracle));
        oracle_datagrams_close();
        oracle.workers = workers;
        oracle.count = count;
}

/* Whoever is always ready leaves the others their turns. */
static void check_turns(const struct sim_link *link)
{
        if (link->touched_step == sim_steps() && link->step_sends > SENDS_MAX)
                sim_fail("connection %" PRIu32 ": %" PRIu32 " sends in one round", link->ordinal,
                         link->step_sends);
}

/* Counts rounds of its worker in which a connection was ready and nobody called. */
static void check_fairness(int index, const struct sim_link *link)
{
        bool is_waiting =
            link->touched_step != sim_steps() && sim_now() >= link->retry_ns && is_ready(link);

        oracle.waited[index] = is_waiting ? oracle.waited[index] + 1 : 0;
        if (oracle.waited[index] > ROUNDS_MAX)
                sim_fail("connection %" PRIu32 ": ready for %d rounds, and not served",
                         link->ordinal, ROUNDS_MAX);
}

void oracle_step(uint32_t worker)
{
        uint64_t faults = sim_figures()->faults[SIM_NO_FAULT] + sim_figures()->injected;

        for (int i = 0; i < SIM_LINKS_MAX; i++) {
                const struct sim_link *link = sim_link_at(i);
                if (link == NULL || link->fd < 0 || !link->is_watched) {
                        oracle.waited[i] = 0;
                        continue;
                }
                if (link->worker != worker)
                        continue;
                check_admitted(link);
                check_turns(link);
                /* An interrupted wait, say, delays everybody; what it hides is not the server's. */
                if (faults == oracle.faults)
                        check_fairness(i, link);
        }
        oracle_datagrams_step(worker, faults != oracle.faults);
        oracle.faults = faults;
}

void oracle_expect_close(void)
{
        oracle.is_closing = true;
}

void oracle_client_ends(const struct sim_link *link)
{
        if (link->taken > link->sent)
                sim_fail("connection %" PRIu32 ": took more than it sent", link->ordinal);
        if (link->is_client_finished && !link->is_client_reset && link->is_end_told &&
            !link->is_server_finished && link->taken != link->sent)
                sim_fail("connection %" PRIu32 ": finished after %" PRIu64 " of %" PRIu64 " bytes",
                         link->ordinal, link->taken, link->sent);
}
