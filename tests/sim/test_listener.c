/* SPDX-License-Identifier: MIT */
/* Which addresses listeners take, and which they find taken, on the simulated kernel. */
#include "shell/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "shell/sys.h"
#include "suite.h"
#include "support/sim.h"

static struct choice choice;
static bool opens_udp; /* else TCP */

/* Opens `count` listening sockets; 0 or -errno. */
static int try_to_listen(int family, bool is_dual, uint16_t at, int *fds, unsigned count)
{
        /* IPv4 has its port in the same place. */
        struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family,
                                        .sin6_port = htons(at) };
        struct listener_setup setup = { .address = (const struct sockaddr *)&address,
                                        .address_size = family == AF_INET6
                                                            ? sizeof(address)
                                                            : sizeof(struct sockaddr_in),
                                        .is_dual = is_dual,
                                        .is_datagram = opens_udp };

        return listener_open(&setup, fds, count);
}

static void start_alone(void)
{
        static const struct sim_settings settings = { .descriptors = SIM_DESCRIPTORS_MAX };

        choice = choice_from_seed(1);
        sim_open(&choice, &settings, NULL);
}

static void close_listeners(const int *fds, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                ck_assert_int_eq(sys_close(fds[i]), 0);
}

/* Its workers share the port, and would share it with those of another server. */
static void check_that_it_is_taken(void)
{
        int ours[2];
        int others[2];

        start_alone();
        ck_assert_int_eq(try_to_listen(AF_INET, false, 862, others, 2), 0);
        ck_assert_int_eq(try_to_listen(AF_INET, false, 862, ours, 2), -EADDRINUSE);
        ck_assert_int_eq(try_to_listen(AF_INET, false, 862, ours, 1), -EADDRINUSE);
        close_listeners(others, 2);
        ck_assert_int_eq(try_to_listen(AF_INET, false, 862, ours, 2), 0);
        close_listeners(ours, 2);
        sim_close();
}

START_TEST(port_of_another_server_is_taken_though_it_is_shared)
{
        opens_udp = false;
        check_that_it_is_taken();
        opens_udp = true;
        check_that_it_is_taken();
}
END_TEST

static void check_ports_of_families(void)
{
        int ip4[2];
        int ip6[2];

        start_alone();
        ck_assert_int_eq(try_to_listen(AF_INET6, false, 862, ip6, 2), 0);
        ck_assert_int_eq(try_to_listen(AF_INET, false, 862, ip4, 2), 0);
        close_listeners(ip6, 2);
        ck_assert_int_eq(try_to_listen(AF_INET6, true, 862, ip6, 2), -EADDRINUSE);
        close_listeners(ip4, 2);
        ck_assert_int_eq(try_to_listen(AF_INET6, true, 862, ip6, 2), 0);
        ck_assert_int_eq(try_to_listen(AF_INET, false, 862, ip4, 2), -EADDRINUSE);
        close_listeners(ip6, 2);
        sim_close();
}

START_TEST(ip6_leaves_the_port_of_ip4_alone_unless_it_is_dual)
{
        opens_udp = false;
        check_ports_of_families();
        opens_udp = true;
        check_ports_of_families();
}
END_TEST

START_TEST(streams_and_datagrams_have_ports_of_their_own)
{
        int streams[2];
        int datagrams[2];

        start_alone();
        opens_udp = false;
        ck_assert_int_eq(try_to_listen(AF_INET, false, 862, streams, 2), 0);
        opens_udp = true;
        ck_assert_int_eq(try_to_listen(AF_INET, false, 862, datagrams, 2), 0);
        close_listeners(streams, 2);
        close_listeners(datagrams, 2);
        sim_close();
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                port_of_another_server_is_taken_though_it_is_shared,
                ip6_leaves_the_port_of_ip4_alone_unless_it_is_dual,
                streams_and_datagrams_have_ports_of_their_own,
        };

        return SUITE_RUN("listener", tests);
}
