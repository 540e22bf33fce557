/* SPDX-License-Identifier: MIT */
/* Where a datagram was sent, where its answer comes from, and which socket gets it. */
#include "letter.h"

#include <arpa/inet.h>
#include <string.h>

#include "support/ips.h"

static struct inlet inlet;
static struct visitor visitor;
static struct letter letter;

/* A datagram is sent there and received; false: this machine has no IPv6. */
static bool receive_at(const char *bound, unsigned options, const char *address)
{
        if (!visitor_open(&visitor, strchr(address, ':') != NULL ? "::1" : "127.0.0.1"))
                return false;
        inlet_open(&inlet, bound, options);
        visitor_send(&visitor, address, inlet.port, 100);
        letter_expect(&letter, &inlet, &visitor, 100);
        return true;
}

static void answer_from(const char *address)
{
        ck_assert_int_eq(sys_sendmsg(inlet.fd, &letter.header), 100);
        visitor_expect(&visitor, address, inlet.port, (const int[]){ 100, -1 });
        visitor_close(&visitor);
        inlet_close(&inlet);
}

static struct in_addr parse4(const char *text)
{
        struct in_addr address = { 0 };

        ck_assert_int_eq(inet_pton(AF_INET, text, &address), 1);
        return address;
}

static struct in6_addr parse6(const char *text)
{
        struct in6_addr address = { 0 };

        ck_assert_int_eq(inet_pton(AF_INET6, text, &address), 1);
        return address;
}

static struct in_pktinfo told4(void)
{
        struct in_pktinfo path;

        ck_assert(letter_tells(&letter, IPPROTO_IP, IP_PKTINFO, &path, sizeof(path)));
        ck_assert_int_gt(path.ipi_ifindex, 0);
        return path;
}

static struct in6_pktinfo told6(void)
{
        struct in6_pktinfo path;

        ck_assert(letter_tells(&letter, IPPROTO_IPV6, IPV6_PKTINFO, &path, sizeof(path)));
        ck_assert_int_gt((int)path.ipi6_ifindex, 0);
        return path;
}

static void pin4(const char *address)
{
        const struct in_pktinfo path = { .ipi_spec_dst = parse4(address) };

        letter_turn(&letter);
        letter_say(&letter, IPPROTO_IP, IP_PKTINFO, &path, sizeof(path));
}

static void pin6(const char *address)
{
        const struct in6_pktinfo path = { .ipi6_addr = parse6(address) };

        letter_turn(&letter);
        letter_say(&letter, IPPROTO_IPV6, IPV6_PKTINFO, &path, sizeof(path));
}

static void expect_told4(const char *address)
{
        struct in_pktinfo path = told4();

        ck_assert_uint_eq(path.ipi_addr.s_addr, parse4(address).s_addr);
        ck_assert_uint_eq(path.ipi_spec_dst.s_addr, parse4(address).s_addr);
}

static void expect_told6(const char *address)
{
        struct in6_pktinfo path = told6();
        struct in6_addr expected = parse6(address);

        ck_assert_mem_eq(&path.ipi6_addr, &expected, sizeof(expected));
}

START_TEST(answer_leaves_from_where_ip4_was_sent_to)
{
        static const char *const addresses[] = { "127.0.0.1", "127.0.0.2", "127.255.255.254" };

        for (unsigned i = 0; i < 3; i++) {
                ck_assert(receive_at("0.0.0.0", INLET_PATH4, addresses[i]));
                expect_told4(addresses[i]);
                pin4(addresses[i]);
                answer_from(addresses[i]);
        }
}
END_TEST

START_TEST(answer_leaves_from_where_ip6_was_sent_to)
{
        struct in_pktinfo path4;

        if (!receive_at("::", INLET_PATH4 | INLET_PATH6, "::1"))
                return;
        expect_told6("::1");
        ck_assert(!letter_tells(&letter, IPPROTO_IP, IP_PKTINFO, &path4, sizeof(path4)));
        pin6("::1");
        answer_from("::1");
}
END_TEST

/* Both ways of telling, in one message. */
START_TEST(dual_socket_tells_of_ip4_as_both_families_do)
{
        if (!visitor_open(&visitor, "::1"))
                return;
        visitor_close(&visitor);
        ck_assert(receive_at("::", INLET_PATH4 | INLET_PATH6 | INLET_DUAL, "127.0.0.2"));
        ck_assert_int_eq(letter.name.sin6_family, AF_INET6);
        ck_assert(IN6_IS_ADDR_V4MAPPED(&letter.name.sin6_addr));
        expect_told4("127.0.0.2");
        expect_told6("::ffff:127.0.0.2");
        pin4("127.0.0.2");
        answer_from("127.0.0.2");
}
END_TEST

START_TEST(dual_socket_pins_ip4_by_a_mapped_address_too)
{
        if (!visitor_open(&visitor, "::1"))
                return;
        visitor_close(&visitor);
        ck_assert(receive_at("::", INLET_PATH6 | INLET_DUAL, "127.0.0.2"));
        expect_told6("::ffff:127.0.0.2");
        pin6("::ffff:127.0.0.2");
        answer_from("127.0.0.2");
}
END_TEST

START_TEST(batch_tells_where_it_was_sent_like_any_datagram)
{
        struct in_pktinfo path;

        ck_assert(visitor_open(&visitor, "127.0.0.1"));
        inlet_open(&inlet, "0.0.0.0", INLET_PATH4 | INLET_BATCHES | INLET_OVERFLOWS);
        visitor_send_cut(&visitor, "127.0.0.2", inlet.port, 100, 50);
        letter_prepare(&letter);
        letter_receive(&letter, &inlet);
        ck_assert_int_eq(letter.size, 100);
        path = told4();
        ck_assert_uint_eq(path.ipi_addr.s_addr, parse4("127.0.0.2").s_addr);
        visitor_close(&visitor);
        inlet_close(&inlet);
}
END_TEST

START_TEST(socket_of_one_address_answers_from_it)
{
        ck_assert(receive_at("127.0.0.2", 0, "127.0.0.2"));
        ck_assert_uint_eq(letter.header.msg_controllen, 0);
        letter_turn(&letter);
        answer_from("127.0.0.2");
}
END_TEST

START_TEST(socket_that_asks_for_nothing_is_told_nothing)
{
        ck_assert(receive_at("0.0.0.0", 0, "127.0.0.1"));
        ck_assert_uint_eq(letter.header.msg_controllen, 0);
        letter_turn(&letter);
        answer_from("127.0.0.1");
}
END_TEST

/* What opening one more socket there gives. */
static int try_there(const char *address, unsigned options)
{
        struct inlet other;
        int error = inlet_try(&other, address, inlet.port, options);

        if (error == 0)
                inlet_close(&other);
        return error;
}

START_TEST(port_in_use_is_refused)
{
        inlet_open(&inlet, "127.0.0.1", 0);
        ck_assert_int_eq(try_there("127.0.0.1", 0), -EADDRINUSE);
        ck_assert_int_eq(try_there("127.0.0.1", INLET_SHARED), -EADDRINUSE);
        ck_assert_int_eq(try_there("127.0.0.1", INLET_REUSED), -EADDRINUSE);
        ck_assert_int_eq(try_there("0.0.0.0", 0), -EADDRINUSE);
        inlet_close(&inlet);
        ck_assert_int_eq(try_there("127.0.0.1", 0), 0);
}
END_TEST

START_TEST(port_is_free_at_another_address_and_though_tcp_has_it)
{
        inlet_open(&inlet, "127.0.0.1", 0);
        ck_assert_int_eq(try_there("127.0.0.2", 0), 0);
        inlet_close(&inlet);
        ck_assert_int_eq(inlet_try(&inlet, "127.0.0.1", contract.port, 0), 0);
        inlet_close(&inlet);
}
END_TEST

START_TEST(port_of_a_wildcard_is_taken_at_all_addresses_of_its_family)
{
        inlet_open(&inlet, "0.0.0.0", 0);
        ck_assert_int_eq(try_there("127.0.0.2", 0), -EADDRINUSE);
        if (visitor_open(&visitor, "::1")) {
                visitor_close(&visitor);
                ck_assert_int_eq(try_there("::1", 0), 0);
                ck_assert_int_eq(try_there("::", 0), 0);
                ck_assert_int_eq(try_there("::", INLET_DUAL), -EADDRINUSE);
        }
        inlet_close(&inlet);
}
END_TEST

/* Nothing listens, so nobody is protected: why UDP sockets do without SO_REUSEADDR. */
START_TEST(address_is_reused_though_it_is_in_use)
{
        inlet_open(&inlet, "127.0.0.1", INLET_REUSED);
        ck_assert_int_eq(try_there("127.0.0.1", INLET_REUSED), 0);
        ck_assert_int_eq(try_there("127.0.0.1", 0), -EADDRINUSE);
        inlet_close(&inlet);
}
END_TEST

/* Receives what waits at one of two; returns which. */
static unsigned take_at(const struct inlet *inlets)
{
        struct epoll_event event = { 0 };

        ck_assert_int_eq(sys_poll_wait(contract.poll_fd, &event, 1, PATIENCE_MS), 1);
        ck_assert_uint_lt(event.data.u64, 2);
        letter_expect(&letter, &inlets[event.data.u64], &visitor, 9);
        return (unsigned)event.data.u64;
}

/* The order that makes a port in use an error, even where its user shares it. */
START_TEST(first_binds_alone_then_shares_and_each_visitor_stays_with_one)
{
        enum { VISITORS_MAX = 60 };
        struct inlet inlets[2];
        unsigned counts[2] = { 0, 0 };

        inlet_open(&inlets[0], "127.0.0.1", 0);
        ck_assert_int_eq(sys_setsockopt_int(inlets[0].fd, SOL_SOCKET, SO_REUSEPORT, 1), 0);
        ck_assert_int_eq(inlet_try(&inlets[1], "127.0.0.1", inlets[0].port, INLET_SHARED), 0);
        for (unsigned i = 0; i < 2; i++)
                ck_assert_int_eq(
                    sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, inlets[i].fd, EPOLLIN, i), 0);
        for (unsigned try = 0; counts[0] == 0 || counts[1] == 0; try++) {
                ck_assert_uint_lt(try, VISITORS_MAX);
                ck_assert(visitor_open(&visitor, "127.0.0.1"));
                visitor_send(&visitor, "127.0.0.1", inlets[0].port, 9);
                unsigned at = take_at(inlets);
                counts[at]++;
                for (unsigned i = 0; i < 4; i++) {
                        visitor_send(&visitor, "127.0.0.1", inlets[0].port, 9);
                        ck_assert_uint_eq(take_at(inlets), at);
                }
                visitor_close(&visitor);
        }
        inlet_close(&inlets[0]);
        inlet_close(&inlets[1]);
}
END_TEST

void contract_paths(TCase *tcase)
{
        tcase_add_test(tcase, answer_leaves_from_where_ip4_was_sent_to);
        tcase_add_test(tcase, answer_leaves_from_where_ip6_was_sent_to);
        tcase_add_test(tcase, dual_socket_tells_of_ip4_as_both_families_do);
        tcase_add_test(tcase, dual_socket_pins_ip4_by_a_mapped_address_too);
        tcase_add_test(tcase, batch_tells_where_it_was_sent_like_any_datagram);
        tcase_add_test(tcase, socket_of_one_address_answers_from_it);
        tcase_add_test(tcase, socket_that_asks_for_nothing_is_told_nothing);
        tcase_add_test(tcase, port_in_use_is_refused);
        tcase_add_test(tcase, port_is_free_at_another_address_and_though_tcp_has_it);
        tcase_add_test(tcase, port_of_a_wildcard_is_taken_at_all_addresses_of_its_family);
        tcase_add_test(tcase, address_is_reused_though_it_is_in_use);
        tcase_add_test(tcase, first_binds_alone_then_shares_and_each_visitor_stays_with_one);
}
