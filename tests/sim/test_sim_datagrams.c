/* SPDX-License-Identifier: MIT */
/*
 * UDP sockets of the simulated kernel: an answer that is not right ends the process, each in a
 * child that must die of it; what is right does not.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "shell/sys.h"
#include "support/ips.h"
#include "support/payload.h"
#include "support/sim.h"
#include "trap_suite.h"

enum { PORT = 7, SIZE = 100, SLOTS = 3, CONTROL_SIZE = 128, DATA_SIZE = 65536 };

static struct choice choice;
static int fd;

/* What the server has received, or sends. */
static struct mmsghdr messages[SLOTS];
static struct iovec vectors[SLOTS];
static struct sockaddr_in names[SLOTS];
static _Alignas(struct cmsghdr) unsigned char controls[SLOTS][CONTROL_SIZE];
static unsigned char data[SLOTS][DATA_SIZE];

static struct sim_datagram datagram(uint16_t source_port, uint32_t size, uint32_t segment_size)
{
        return (struct sim_datagram){ .source = ips_parse("192.0.2.2"),
                                      .destination = ips_parse("192.0.2.1"),
                                      .local = ips_parse("192.0.2.1"),
                                      .source_port = source_port,
                                      .port = PORT,
                                      .size = size,
                                      .segment_size = segment_size };
}

static void send_to_server(uint16_t source_port, uint32_t size, uint32_t segment_size)
{
        const struct sim_datagram sent = datagram(source_port, size, segment_size);

        ck_assert_int_eq(sim_datagram_send(&sent), 1);
}

static int open_socket(bool is_shared)
{
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
        int socket_fd = sys_socket_udp(AF_INET);

        ck_assert_int_eq(sys_setsockopt_int(socket_fd, IPPROTO_UDP, UDP_GRO, 1), 0);
        ck_assert_int_eq(sys_setsockopt_int(socket_fd, SOL_SOCKET, SO_REUSEPORT, is_shared), 0);
        ck_assert_int_eq(sys_setsockopt_int(socket_fd, SOL_SOCKET, SO_RXQ_OVFL, 1), 0);
        ck_assert_int_eq(sys_setsockopt_int(socket_fd, IPPROTO_IP, IP_PKTINFO, 1), 0);
        ck_assert_int_eq(sys_bind(socket_fd, (struct sockaddr *)&address, sizeof(address)), 0);
        return socket_fd;
}

static void start_with(const struct sim_settings *settings)
{
        choice = choice_from_seed(1);
        sim_open(&choice, settings, NULL);
        fd = open_socket(false);
}

static void start(void)
{
        static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX };

        start_with(&settings);
}

static void stop(void)
{
        ck_assert_int_eq(sys_close(fd), 0);
        sim_close();
}

/* Receives what waits, SLOTS at most; the paths it came by are those that answers leave by. */
static int receive(void)
{
        for (unsigned i = 0; i < SLOTS; i++) {
                vectors[i] = (struct iovec){ .iov_base = data[i], .iov_len = DATA_SIZE };
                messages[i].msg_hdr = (struct msghdr){
                        .msg_name = &names[i],
                        .msg_namelen = sizeof(names[i]),
                        .msg_iov = &vectors[i],
                        .msg_iovlen = 1,
                        .msg_control = controls[i],
                        .msg_controllen = CONTROL_SIZE,
                };
        }
        int got = sys_recvmmsg(fd, messages, SLOTS);
        for (int i = 0; i < got; i++)
                vectors[i].iov_len = messages[i].msg_len;
        return got;
}

static long answer(unsigned slot)
{
        return sys_sendmsg(fd, &messages[slot].msg_hdr);
}

/* Adds to what an answer says. */
static void say(unsigned slot, int level, int type, const void *value, size_t size)
{
        struct msghdr *message = &messages[slot].msg_hdr;
        struct cmsghdr *control =
            (struct cmsghdr *)(void *)(controls[slot] + message->msg_controllen);

        *control =
            (struct cmsghdr){ .cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size) };
        memcpy(CMSG_DATA(control), value, size);
        message->msg_controllen += CMSG_SPACE(size);
}

/* Of a batch; what came with it is left out. */
static void say_cut(unsigned slot, uint16_t size)
{
        struct in_pktinfo path = { .ipi_spec_dst = { .s_addr = htonl(0xc0000201) } };

        messages[slot].msg_hdr.msg_controllen = 0;
        say(slot, IPPROTO_IP, IP_PKTINFO, &path, sizeof(path));
        say(slot, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
}

/* One datagram that the server has received. */
static void start_one(void)
{
        start();
        send_to_server(40000, SIZE, SIZE);
        ck_assert_int_eq(receive(), 1);
}

static void start_two(void)
{
        start();
        send_to_server(40000, SIZE, SIZE);
        send_to_server(40000, SIZE, SIZE);
        ck_assert_int_eq(receive(), 2);
}

static void start_batch(uint32_t size, uint32_t segment_size)
{
        start();
        send_to_server(40000, size, segment_size);
        ck_assert_int_eq(receive(), 1);
}

#define TRAP(name, ...) START_TEST(name){ __VA_ARGS__ } END_TEST

/* clang-format off */
TRAP(answering_twice, start_one(); (void)answer(0); (void)answer(0);)
TRAP(answering_less, start_one(); vectors[0].iov_len--; (void)answer(0);)
TRAP(answering_more, start_one(); vectors[0].iov_len++; (void)answer(0);)
TRAP(answering_one_wrong_byte, start_one(); data[0][SIZE - 1] ^= 1; (void)answer(0);)
TRAP(answering_another_address,
     start_one(); names[0].sin_addr.s_addr ^= htonl(1); (void)answer(0);)
TRAP(answering_another_port, start_one(); names[0].sin_port ^= htons(1); (void)answer(0);)
TRAP(answering_nobody, start_one(); messages[0].msg_hdr.msg_name = NULL; (void)answer(0);)
TRAP(answering_port_zero, start_one(); names[0].sin_port = 0; (void)answer(0);)
TRAP(answering_from_another_address,
     start_one(); controls[0][CMSG_LEN(4) + 3] ^= 1; (void)answer(0);)
TRAP(answering_from_wherever, start_one(); messages[0].msg_hdr.msg_controllen = 0; (void)answer(0);)
TRAP(answering_with_what_is_told_alone,
     start_one(); uint32_t overflows = 1;
     say(0, SOL_SOCKET, SO_RXQ_OVFL, &overflows, sizeof(overflows)); (void)answer(0);)
TRAP(answering_what_was_received_before,
     start_one(); send_to_server(40000, SIZE, SIZE); (void)receive();
     payload_fill(data[0], SIZE, 0, 0); (void)answer(0);)
TRAP(answering_after_an_empty_call, start_one(); (void)sys_recvmmsg(fd, messages, 1);
     (void)answer(0);)
TRAP(answering_in_another_order, start_two(); (void)answer(1); (void)answer(0);)
TRAP(answering_with_the_payload_of_another,
     start_two(); memcpy(data[0], data[1], SIZE); (void)answer(0);)
TRAP(answering_at_another_socket,
     start_one(); struct sockaddr_in other = { .sin_family = AF_INET, .sin_port = htons(8) };
     int other_fd = sys_socket_udp(AF_INET);
     (void)sys_bind(other_fd, (struct sockaddr *)&other, sizeof(other));
     (void)sys_sendmsg(other_fd, &messages[0].msg_hdr);)
TRAP(answering_a_batch_as_one_datagram,
     start_batch(250, 100); say_cut(0, 250); (void)answer(0);)
TRAP(cutting_up_by_another_size, start_batch(250, 100); say_cut(0, 50); (void)answer(0);)
TRAP(cutting_up_by_nothing, start_batch(250, 100); say_cut(0, 0); (void)answer(0);)
TRAP(cutting_up_too_much, start_batch(65, 1); say_cut(0, 1); (void)answer(0);)
TRAP(cutting_up_a_short_datagram_and_more,
     start(); send_to_server(40000, 150, 100); send_to_server(40000, 100, 100);
     (void)receive(); say_cut(0, 100); messages[0].msg_hdr.msg_iovlen = 2; (void)answer(0);)
TRAP(sending_more_than_ip_can_carry,
     start_batch(65535, 1000); say_cut(0, 1000); (void)answer(0);)
TRAP(sending_none, start_one(); (void)sys_sendmmsg(fd, messages, 0);)
TRAP(receiving_none, start(); (void)sys_recvmmsg(fd, messages, 0);)
TRAP(receiving_to_nowhere,
     start(); send_to_server(40000, SIZE, SIZE); struct msghdr nowhere = { 0 };
     (void)sys_recvmsg(fd, &nowhere);)
TRAP(receiving_a_datagram_from_a_stream, start(); struct msghdr message = { 0 };
     (void)sys_recvmsg(sys_socket_tcp(AF_INET), &message);)
TRAP(asking_for_more_when_it_is_bound, start(); (void)sys_setsockopt_int(fd, IPPROTO_UDP, UDP_GRO, 1);)
TRAP(sending_too_many_datagrams_as_one, start(); send_to_server(40000, 129, 1);)
TRAP(sending_a_datagram_that_no_protocol_carries, start(); send_to_server(40000, 65536, 65536);)
/* clang-format on */

START_TEST(right_answers_are_no_failure)
{
        start();
        send_to_server(40000, SIZE, SIZE);
        send_to_server(40001, 0, 0);
        send_to_server(40000, 250, 100);
        ck_assert_int_eq(receive(), 3);
        ck_assert_int_eq(answer(1), 0);
        ck_assert_int_eq(answer(0), SIZE);
        say_cut(2, 100);
        ck_assert_int_eq(answer(2), 250);
        ck_assert_uint_eq(sim_figures()->datagrams, 5);
        ck_assert_uint_eq(sim_figures()->answers, 5);
        ck_assert_uint_eq(sim_figures()->datagram_bytes, SIZE + 250);
        ck_assert_uint_eq(sim_figures()->answer_bytes, SIZE + 250);
        stop();
}
END_TEST

START_TEST(datagram_to_many_comes_to_each_that_shares_the_port)
{
        struct sim_datagram sent = datagram(40000, SIZE, SIZE);

        start();
        ck_assert_int_eq(sys_setsockopt_int(fd, SOL_SOCKET, SO_REUSEPORT, 1), 0);
        int other_fd = open_socket(true);
        ck_assert_int_eq(sim_datagram_send(&sent), 1);
        sent.destination = ips_parse("192.0.2.255");
        ck_assert_int_eq(sim_datagram_send(&sent), 2);
        sent.destination = ips_parse("224.0.0.1");
        ck_assert_int_eq(sim_datagram_send(&sent), 2);
        ck_assert_int_eq(sys_close(other_fd), 0);
        stop();
}
END_TEST

START_TEST(datagram_to_nobody_is_refused)
{
        struct sim_datagram sent = datagram(40000, SIZE, SIZE);

        start();
        sent.port++;
        ck_assert_int_eq(sim_datagram_send(&sent), -ECONNREFUSED);
        sent.port--;
        sent.destination = sent.local = ips_parse("::1");
        ck_assert_int_eq(sim_datagram_send(&sent), -ECONNREFUSED);
        stop();
}
END_TEST

/* So many of a hundred come, with that fault at each opportunity. */
static unsigned count_arrivals(enum sim_fault fault, unsigned slots)
{
        struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX };
        unsigned count = 0;

        settings.rates[fault] = 65536;
        start_with(&settings);
        for (unsigned i = 0; i < 100; i++)
                send_to_server((uint16_t)(40000 + i), SIZE, SIZE);
        for (int got = receive(); got > 0; got = receive()) {
                ck_assert_int_le(got, (int)slots);
                count += (unsigned)got;
        }
        stop();
        return count;
}

START_TEST(datagrams_are_lost_or_come_twice_on_their_way)
{
        ck_assert_uint_eq(count_arrivals(SIM_NO_FAULT, SLOTS), 100);
        ck_assert_uint_eq(count_arrivals(SIM_DATAGRAM_LOST, SLOTS), 0);
        ck_assert_uint_eq(count_arrivals(SIM_DATAGRAM_TWICE, SLOTS), 200);
        ck_assert_uint_eq(count_arrivals(SIM_DATAGRAM_FEW, SLOTS), 100);
        ck_assert_uint_eq(count_arrivals(SIM_DATAGRAM_ERROR, SLOTS), 0);
}
END_TEST

START_TEST(cut_datagram_is_told_to_be_cut)
{
        struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX };
        unsigned cut = 0;

        settings.rates[SIM_DATAGRAM_CUT] = 65536;
        start_with(&settings);
        for (unsigned i = 0; i < 100; i++) {
                send_to_server(40000, 250, 100);
                ck_assert_int_eq(receive(), 1);
                int flags = messages[0].msg_hdr.msg_flags;
                ck_assert(flags == MSG_TRUNC || flags == MSG_CTRUNC);
                ck_assert_int_eq(messages[0].msg_len < 250, flags == MSG_TRUNC);
                cut += flags == MSG_TRUNC;
        }
        ck_assert_uint_gt(cut, 0);
        ck_assert_uint_lt(cut, 100);
        stop();
}
END_TEST

START_TEST(answer_that_is_refused_may_be_tried_again)
{
        struct sim_injection injection = {
                .call = SIM_SENDMSG, .first = 1, .count = 1, .error = EAGAIN
        };

        start_one();
        sim_inject(&injection);
        ck_assert_int_eq(answer(0), -EAGAIN);
        ck_assert_uint_eq(sim_figures()->answers, 0);
        ck_assert_int_eq(answer(0), SIZE);
        ck_assert_uint_eq(sim_figures()->answers, 1);
        stop();
}
END_TEST

/* The error of the second one is not told. */
START_TEST(call_for_several_tells_how_many_left)
{
        struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX };
        uint32_t rates[SIM_FAULT_COUNT] = { [SIM_ANSWER_FEW] = 65536 };
        unsigned left = 0;

        start_with(&settings);
        for (unsigned i = 0; i < 30; i++) {
                for (unsigned slot = 0; slot < SLOTS; slot++)
                        send_to_server(40000, SIZE, SIZE);
                ck_assert_int_eq(receive(), SLOTS);
                sim_disturb(rates);
                int sent = sys_sendmmsg(fd, messages, SLOTS);
                sim_heal();
                ck_assert_int_ge(sent, 1);
                ck_assert_int_lt(sent, SLOTS);
                left += SLOTS - (unsigned)sent;
                if (sent < SLOTS)
                        ck_assert_int_eq(sys_sendmmsg(fd, &messages[sent], SLOTS - (unsigned)sent),
                                         SLOTS - sent);
        }
        ck_assert_uint_gt(left, 0);
        stop();
}
END_TEST

int main(void)
{
        const TTest *const traps[] = {
                answering_twice,
                answering_less,
                answering_more,
                answering_one_wrong_byte,
                answering_another_address,
                answering_another_port,
                answering_nobody,
                answering_port_zero,
                answering_from_another_address,
                answering_from_wherever,
                answering_with_what_is_told_alone,
                answering_what_was_received_before,
                answering_after_an_empty_call,
                answering_in_another_order,
                answering_with_the_payload_of_another,
                answering_at_another_socket,
                answering_a_batch_as_one_datagram,
                cutting_up_by_another_size,
                cutting_up_by_nothing,
                cutting_up_too_much,
                cutting_up_a_short_datagram_and_more,
                sending_more_than_ip_can_carry,
                sending_none,
                receiving_none,
                receiving_to_nowhere,
                receiving_a_datagram_from_a_stream,
                asking_for_more_when_it_is_bound,
                sending_too_many_datagrams_as_one,
                sending_a_datagram_that_no_protocol_carries,
        };
        const TTest *const rest[] = {
                right_answers_are_no_failure,
                datagram_to_many_comes_to_each_that_shares_the_port,
                datagram_to_nobody_is_refused,
                datagrams_are_lost_or_come_twice_on_their_way,
                cut_datagram_is_told_to_be_cut,
                answer_that_is_refused_may_be_tried_again,
                call_for_several_tells_how_many_left,
        };

        return TRAP_SUITE_RUN("simulator's datagrams", traps, rest);
}
