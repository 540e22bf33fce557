/* SPDX-License-Identifier: MIT */
/* The way a datagram came by, which its answer leaves by. */
#include "inbox_kernel.h"

START_TEST(answer_by_ip4_leaves_from_where_the_datagram_was_sent_to)
{
        start();
        tell_ip4(arrive(1), "127.0.0.5", "127.0.0.5");
        const struct inbox_batch *batch = receive();
        ck_assert(ip_is_equal(batch->destination, ips_parse("127.0.0.5")));
        ck_assert(!batch->is_broadcast);
        check_path4(batch, "127.0.0.5");
}
END_TEST

START_TEST(datagram_to_another_address_than_the_interfaces_was_a_broadcast)
{
        start();
        tell_ip4(arrive(1), "192.0.2.255", "192.0.2.1");
        const struct inbox_batch *batch = receive();
        ck_assert(ip_is_equal(batch->destination, ips_parse("192.0.2.255")));
        ck_assert(batch->is_broadcast);
}
END_TEST

START_TEST(answer_by_ip6_leaves_from_where_the_datagram_was_sent_to)
{
        start();
        tell_ip6(arrive(1), "2001:db8::1");
        const struct inbox_batch *batch = receive();
        ck_assert(ip_is_equal(batch->destination, ips_parse("2001:db8::1")));
        check_path6(batch, "2001:db8::1", 0);
}
END_TEST

START_TEST(link_local_address_keeps_its_interface)
{
        start();
        tell_ip6(arrive(1), "fe80::1");
        check_path6(receive(), "fe80::1", INTERFACE);
}
END_TEST

/* A dual-stack socket tells both, in either order. */
START_TEST(mapped_address_is_what_ip4_tells)
{
        for (unsigned is_first = 0; is_first < 2; is_first++) {
                start();
                struct arrival *arrival = arrive(1);
                if (is_first == 0)
                        tell_ip6(arrival, "::ffff:192.0.2.255");
                tell_ip4(arrival, "192.0.2.255", "192.0.2.1");
                if (is_first == 1)
                        tell_ip6(arrival, "::ffff:192.0.2.255");
                const struct inbox_batch *batch = receive();
                ck_assert(ip_is_equal(batch->destination, ips_parse("192.0.2.255")));
                ck_assert(batch->is_broadcast);
                check_path4(batch, "192.0.2.255");
        }
}
END_TEST

START_TEST(all_that_can_be_told_has_room)
{
        start();
        struct arrival *arrival = arrive(250);
        tell_overflows(arrival, 862);
        tell_segment_size(arrival, 100);
        tell_ip6(arrival, "::ffff:192.0.2.1");
        tell_ip4(arrival, "192.0.2.1", "192.0.2.1");
        const struct inbox_batch *batch = receive();
        ck_assert_uint_eq(batch->overflows, 862);
        ck_assert_uint_eq(batch->segment_size, 100);
        check_path4(batch, "192.0.2.1");
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                answer_by_ip4_leaves_from_where_the_datagram_was_sent_to,
                datagram_to_another_address_than_the_interfaces_was_a_broadcast,
                answer_by_ip6_leaves_from_where_the_datagram_was_sent_to,
                link_local_address_keeps_its_interface,
                mapped_address_is_what_ip4_tells,
                all_that_can_be_told_has_room,
        };

        return SUITE_RUN("inbox paths", tests);
}
