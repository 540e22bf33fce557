/* SPDX-License-Identifier: MIT */
/* What the kernel tells of a datagram, but for its way. */
#include "inbox_kernel.h"

static bool is_asked(int level, int name)
{
        for (unsigned i = 0; i < option_count; i++)
                if (options[i].level == level && options[i].name == name)
                        return true;
        return false;
}

START_TEST(socket_asks_for_what_its_address_does_not_tell)
{
        const struct {
                int family;
                bool is_wildcard;
                bool asks_ip4;
                bool asks_ip6;
        } cases[] = {
                { AF_INET, false, false, false },
                { AF_INET6, false, false, false },
                { AF_INET, true, true, false },
                { AF_INET6, true, true, true },
        };

        refused_option = OPTIONS_MAX;
        for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                option_count = 0;
                ck_assert_int_eq(inbox_prepare(FD, cases[i].family, cases[i].is_wildcard), 0);
                ck_assert(is_asked(SOL_SOCKET, SO_RXQ_OVFL));
                ck_assert(is_asked(IPPROTO_UDP, UDP_GRO));
                ck_assert_int_eq(is_asked(IPPROTO_IP, IP_PKTINFO), cases[i].asks_ip4);
                ck_assert_int_eq(is_asked(IPPROTO_IPV6, IPV6_RECVPKTINFO), cases[i].asks_ip6);
        }
}
END_TEST

START_TEST(refused_option_is_an_error)
{
        for (refused_option = 0; refused_option < 4; refused_option++) {
                option_count = 0;
                ck_assert_int_eq(inbox_prepare(FD, AF_INET6, true), -ENOPROTOOPT);
                ck_assert_uint_eq(option_count, refused_option);
        }
}
END_TEST

START_TEST(datagram_comes_whole)
{
        start();
        (void)arrive(100);
        const struct inbox_batch *batch = receive();
        ck_assert_ptr_eq(batch->data, inbox.data[0]);
        ck_assert_uint_eq(batch->size, 100);
        ck_assert_uint_eq(batch->segment_size, 100);
        ck_assert_uint_eq(batch->data[99], 'x');
        ck_assert_uint_eq(batch->peer_size, sizeof(struct sockaddr_in));
        ck_assert_uint_eq(batch->peer.sin6_port, htons(PORT));
        ck_assert_uint_eq(batch->path_size, 0);
        ck_assert(!batch->is_truncated && !batch->is_broadcast && !batch->has_overflows);
}
END_TEST

START_TEST(empty_datagram_comes_too)
{
        start();
        (void)arrive(0);
        ck_assert_uint_eq(receive()->size, 0);
        ck_assert_uint_eq(inbox.batches[0].segment_size, 0);
}
END_TEST

START_TEST(one_is_taken_by_the_plain_call)
{
        start();
        (void)arrive(1);
        ck_assert_int_eq(inbox_receive(&inbox, FD, 1), 1);
        ck_assert_int_eq(latest_call, 'p');
        inbox_done(&inbox, 1);
        (void)arrive(2);
        ck_assert_int_eq(inbox_receive(&inbox, FD, INBOX_SLOTS), 2);
        ck_assert_int_eq(latest_call, 's');
        ck_assert_uint_eq(inbox.batches[0].size, 1);
        ck_assert_uint_eq(inbox.batches[1].size, 2);
        ck_assert_ptr_eq(inbox.batches[1].data, inbox.data[1]);
}
END_TEST

START_TEST(error_is_handed_on)
{
        start();
        receive_error = -EAGAIN;
        ck_assert_int_eq(inbox_receive(&inbox, FD, 1), -EAGAIN);
        ck_assert_int_eq(inbox_receive(&inbox, FD, INBOX_SLOTS), -EAGAIN);
        receive_error = 0;
        (void)arrive(1);
        ck_assert_int_eq(inbox_receive(&inbox, FD, 1), 1);
}
END_TEST

START_TEST(slots_are_whole_again_afterwards)
{
        start();
        for (unsigned i = 0; i < INBOX_SLOTS; i++)
                tell_overflows(arrive(i), 862);
        for (unsigned round = 0; round < 2; round++) {
                ck_assert_int_eq(inbox_receive(&inbox, FD, INBOX_SLOTS), INBOX_SLOTS);
                inbox_done(&inbox, INBOX_SLOTS);
        }
}
END_TEST

/* What was told of the one that was in the slot before is not told of the next. */
START_TEST(nothing_is_left_of_the_one_before)
{
        start();
        struct arrival *arrival = arrive(300);
        tell_ip4(arrival, "192.0.2.255", "192.0.2.1");
        tell_overflows(arrival, 862);
        tell_segment_size(arrival, 100);
        arrival->flags = MSG_TRUNC;
        (void)receive();
        inbox_done(&inbox, 1);
        arrival_count = 0;
        (void)arrive(50);
        const struct inbox_batch *batch = receive();
        ck_assert_uint_eq(batch->size, 50);
        ck_assert_uint_eq(batch->segment_size, 50);
        ck_assert_uint_eq(batch->path_size, 0);
        ck_assert(ip_is_equal(batch->destination, (struct ip){ 0 }));
        ck_assert(!batch->is_truncated && !batch->is_broadcast && !batch->has_overflows);
}
END_TEST

START_TEST(batch_is_of_the_size_that_is_told)
{
        const struct {
                int told;
                uint32_t expected;
        } cases[] = { { 100, 100 }, { 249, 249 }, { 250, 250 },
                      { 251, 250 }, { 0, 250 },   { -1, 250 } };

        for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                start();
                tell_segment_size(arrive(250), cases[i].told);
                ck_assert_uint_eq(receive()->segment_size, cases[i].expected);
        }
}
END_TEST

START_TEST(overflow_is_told)
{
        start();
        tell_overflows(arrive(1), UINT32_MAX);
        ck_assert(receive()->has_overflows);
        ck_assert_uint_eq(inbox.batches[0].overflows, UINT32_MAX);
}
END_TEST

START_TEST(what_was_cut_is_one_truncated_datagram)
{
        const int flags[] = { MSG_TRUNC, MSG_CTRUNC, MSG_TRUNC | MSG_CTRUNC };

        for (unsigned i = 0; i < 3; i++) {
                start();
                struct arrival *arrival = arrive(250);
                tell_segment_size(arrival, 100);
                arrival->flags = flags[i];
                const struct inbox_batch *batch = receive();
                ck_assert(batch->is_truncated);
                ck_assert_uint_eq(batch->segment_size, 250);
        }
}
END_TEST

START_TEST(what_nobody_asked_for_is_not_read)
{
        uint64_t time[2] = { 0 };

        start();
        tell(arrive(1), SOL_SOCKET, SO_TIMESTAMP, time, sizeof(time));
        const struct inbox_batch *batch = receive();
        ck_assert_uint_eq(batch->path_size, 0);
        ck_assert(!batch->has_overflows);
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                socket_asks_for_what_its_address_does_not_tell,
                refused_option_is_an_error,
                datagram_comes_whole,
                empty_datagram_comes_too,
                one_is_taken_by_the_plain_call,
                error_is_handed_on,
                slots_are_whole_again_afterwards,
                nothing_is_left_of_the_one_before,
                batch_is_of_the_size_that_is_told,
                overflow_is_told,
                what_was_cut_is_one_truncated_datagram,
                what_nobody_asked_for_is_not_read,
        };

        return SUITE_RUN("inbox", tests);
}
