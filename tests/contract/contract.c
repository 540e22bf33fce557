/* SPDX-License-Identifier: MIT */
#include "contract.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "support/payload.h"

struct contract contract;

static unsigned char buffer[BUFFER_SIZE];

int listener_bind(uint16_t port)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
        int fd = sys_socket_tcp(AF_INET);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(sys_bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        return fd;
}

uint16_t listener_port(int listen_fd)
{
        struct sockaddr_in address = { 0 };
        uint32_t size = sizeof(address);

        ck_assert_int_eq(sys_getsockname(listen_fd, (struct sockaddr *)&address, &size), 0);
        ck_assert_uint_eq(size, sizeof(address));
        ck_assert_int_eq(address.sin_family, AF_INET);
        return ntohs(address.sin_port);
}

void listener_set(int level, int name, int value)
{
        ck_assert_int_eq(sys_setsockopt_int(contract.listen_fd, level, name, value), 0);
}

static void await(int fd, uint32_t events)
{
        struct epoll_event event = { 0 };
        int poll_fd = sys_poll_open();

        ck_assert_int_ge(poll_fd, 0);
        ck_assert_int_eq(sys_poll_set(poll_fd, EPOLL_CTL_ADD, fd, events, 0), 0);
        ck_assert_int_eq(sys_poll_wait(poll_fd, &event, 1, PATIENCE_MS), 1);
        ck_assert_int_eq(sys_close(poll_fd), 0);
}

void listener_await(int listen_fd)
{
        await(listen_fd, EPOLLIN);
}

int listener_accept(int listen_fd)
{
        listener_await(listen_fd);
        int fd = sys_accept(listen_fd, NULL, NULL);
        ck_assert_int_ge(fd, 0);
        return fd;
}

void listener_close(void)
{
        ck_assert_int_eq(sys_close(contract.listen_fd), 0);
        contract.listen_fd = -1;
}

void wire_open(struct wire *wire)
{
        *wire = (struct wire){ 0 };
        ck_assert_int_eq(peer_connect(&wire->peer, contract.port), 0);
        wire->fd = listener_accept(contract.listen_fd);
}

uint64_t wire_token(const struct wire *wire)
{
        return (uint64_t)wire->fd;
}

static void watch(const struct wire *wire, int operation, uint32_t events)
{
        uint64_t token = wire_token(wire);

        ck_assert_int_eq(sys_poll_set(contract.poll_fd, operation, wire->fd, events, token), 0);
}

void wire_watch(const struct wire *wire, uint32_t events)
{
        watch(wire, EPOLL_CTL_ADD, events);
}

void wire_watch_again(const struct wire *wire, uint32_t events)
{
        watch(wire, EPOLL_CTL_MOD, events);
}

void wire_feed(struct wire *wire, uint32_t size)
{
        uint64_t end = wire->received + size;

        while (wire->received < end) {
                if (wire->peer.sent < end)
                        (void)peer_send_some(&wire->peer, (uint32_t)(end - wire->peer.sent));
                wire_await(wire, EPOLLIN);
                long got = sys_recv(wire->fd, buffer, BUFFER_SIZE, 0);
                ck_assert_int_gt(got, 0);
                ck_assert(
                    payload_matches(buffer, (uint32_t)got, wire->peer.stream, wire->received));
                wire->received += (uint64_t)got;
        }
}

void wire_await(const struct wire *wire, uint32_t events)
{
        await(wire->fd, events);
}

static void receive(const struct wire *wire, uint32_t room, uint32_t size, int flags)
{
        ck_assert_int_eq(sys_recv(wire->fd, buffer, room, flags), size);
        ck_assert(payload_matches(buffer, size, wire->peer.stream, wire->received));
}

void wire_receive(struct wire *wire, uint32_t size)
{
        receive(wire, BUFFER_SIZE, size, 0);
        wire->received += size;
}

void wire_receive_part(struct wire *wire, uint32_t size)
{
        receive(wire, size, size, 0);
        wire->received += size;
}

void wire_peek(struct wire *wire, uint32_t size)
{
        receive(wire, BUFFER_SIZE, size, MSG_PEEK);
}

long wire_receive_nothing(const struct wire *wire)
{
        return sys_recv(wire->fd, buffer, BUFFER_SIZE, 0);
}

static long transmit(struct wire *wire, uint32_t size)
{
        payload_fill(buffer, size, wire->peer.stream, wire->sent);
        long sent = sys_send(wire->fd, buffer, size);
        if (sent > 0)
                wire->sent += (uint64_t)sent;
        return sent;
}

void wire_send(struct wire *wire, uint32_t size)
{
        ck_assert_int_eq(transmit(wire, size), size);
}

long wire_try_send(struct wire *wire)
{
        return transmit(wire, 1);
}

/* Echoes in portions until a send is refused. */
static void echo_until_refused(struct wire *wire)
{
        enum { PORTION = 16384 };
        long sent = 1;

        while (sent > 0) {
                uint32_t owed = (uint32_t)(wire->peer.sent - wire->sent);
                ck_assert_uint_lt(wire->sent, QUEUE_MAX);
                if (owed == 0) {
                        wire_feed(wire, PORTION);
                        owed = PORTION;
                }
                sent = transmit(wire, owed);
        }
        ck_assert_int_eq(sent, -EAGAIN);
}

/* Linux may find room once more, when it has packed what is queued. */
void wire_fill(struct wire *wire)
{
        struct epoll_event event = { 0 };

        do
                echo_until_refused(wire);
        while (sys_poll_wait(contract.poll_fd, &event, 1, SILENCE_MS) == 1);
}

void wire_drain_until_event(struct wire *wire, uint32_t events)
{
        enum { PORTION = 16384 };
        struct epoll_event event = { 0 };

        do
                peer_receive(&wire->peer, PORTION);
        while (sys_poll_wait(contract.poll_fd, &event, 1, SILENCE_MS) == 0);
        ck_assert_uint_eq(event.data.u64, wire_token(wire));
        ck_assert_uint_eq(event.events, events);
}

void wire_drain(struct wire *wire)
{
        peer_receive(&wire->peer, wire->sent - wire->peer.received);
}

void wire_close_server(struct wire *wire)
{
        ck_assert_int_eq(sys_close(wire->fd), 0);
        wire->fd = -1;
}

void wire_close(struct wire *wire)
{
        if (wire->peer.handle >= 0)
                peer_reset(&wire->peer);
        if (wire->fd >= 0)
                wire_close_server(wire);
}

void expect_events(int poll_fd, uint64_t token, uint32_t events)
{
        uint32_t seen = 0;

        while (seen != events) {
                struct epoll_event event = { 0 };
                ck_assert_int_eq(sys_poll_wait(poll_fd, &event, 1, PATIENCE_MS), 1);
                ck_assert_uint_eq(event.data.u64, token);
                ck_assert_msg((event.events & ~events) == 0 && event.events != 0,
                              "events 0x%x, expected 0x%x", event.events, events);
                seen |= event.events;
        }
}

void expect_wire_events(const struct wire *wire, uint32_t events)
{
        expect_events(contract.poll_fd, wire_token(wire), events);
}

void expect_silence(int poll_fd)
{
        struct epoll_event event = { 0 };
        int count = sys_poll_wait(poll_fd, &event, 1, SILENCE_MS);

        ck_assert_msg(count == 0, "%d: events 0x%x", count, event.events);
}

static void set_up(void)
{
        kernel_open();
        contract.poll_fd = sys_poll_open();
        contract.listen_fd = listener_bind(0);
        contract.port = listener_port(contract.listen_fd);
        kernel_shrink_buffers(contract.listen_fd);
        ck_assert_int_ge(contract.poll_fd, 0);
        ck_assert_int_eq(sys_listen(contract.listen_fd, 64), 0);
}

static void tear_down(void)
{
        if (contract.listen_fd >= 0)
                listener_close();
        ck_assert_int_eq(sys_close(contract.poll_fd), 0);
        kernel_close();
}

int main(void)
{
        static const struct {
                const char *name;
                void (*add)(TCase *tcase);
        } parts[] = {
                { "accepting", contract_accepting }, { "bytes", contract_bytes },
                { "datagrams", contract_datagrams }, { "edges", contract_edges },
                { "paths", contract_paths },         { "finish", contract_finish },
                { "ports", contract_ports },         { "reset", contract_reset },
                { "space", contract_space },         { "timers", contract_timers },
                { "unix", contract_unix },           { "urgent", contract_urgent },
        };
        Suite *suite = suite_create("contract");
        SRunner *runner = srunner_create(suite);

        for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                TCase *tcase = tcase_create(parts[i].name);
                tcase_add_checked_fixture(tcase, set_up, tear_down);
                parts[i].add(tcase);
                suite_add_tcase(suite, tcase);
        }
        srunner_run_all(runner, CK_NORMAL);
        int failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
