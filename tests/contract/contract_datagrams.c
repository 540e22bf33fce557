/* SPDX-License-Identifier: MIT */
/* What a UDP socket gives and takes: sizes, batches, several at once, and what did not fit. */
#include "letter.h"

#include <netinet/udp.h>
#include <string.h>

#include "support/payload.h"

enum { LARGEST = 65507, SLOTS = 4 };

static const char here[] = "127.0.0.1";

static struct inlet inlet;
static struct visitor visitor;
static struct letter letter;

static void open_both(unsigned options)
{
        inlet_open(&inlet, here, options);
        ck_assert(visitor_open(&visitor, here));
}

static void close_both(void)
{
        visitor_close(&visitor);
        inlet_close(&inlet);
}

static void expect(const int *sizes)
{
        visitor_expect(&visitor, here, inlet.port, sizes);
}

/* Sends it back as it is. */
static void answer(void)
{
        ck_assert_int_eq(sys_sendmsg(inlet.fd, &letter.header), letter.size);
}

START_TEST(socket_that_got_nothing_has_nothing_to_give)
{
        struct mmsghdr message = { 0 };

        open_both(0);
        letter_prepare(&letter);
        message.msg_hdr = letter.header;
        ck_assert_int_eq(sys_recvmsg(inlet.fd, &letter.header), -EAGAIN);
        ck_assert_int_eq(sys_recvmmsg(inlet.fd, &message, 1), -EAGAIN);
        close_both();
}
END_TEST

START_TEST(largest_datagram_comes_whole_and_goes_whole)
{
        open_both(INLET_BATCHES);
        visitor_send(&visitor, here, inlet.port, LARGEST);
        letter_expect(&letter, &inlet, &visitor, LARGEST);
        ck_assert_uint_eq(letter.header.msg_controllen, 0);
        letter_turn(&letter);
        answer();
        expect((const int[]){ LARGEST, -1 });
        close_both();
}
END_TEST

START_TEST(empty_datagram_is_one_and_may_be_answered)
{
        open_both(INLET_BATCHES);
        visitor_send(&visitor, here, inlet.port, 0);
        letter_expect(&letter, &inlet, &visitor, 0);
        letter_turn(&letter);
        answer();
        expect((const int[]){ 0, -1 });
        close_both();
}
END_TEST

START_TEST(what_has_no_room_is_cut_off_and_gone)
{
        open_both(0);
        visitor_send(&visitor, here, inlet.port, 100);
        visitor_send(&visitor, here, inlet.port, 7);
        letter_prepare(&letter);
        letter.vector.iov_len = 99;
        letter_receive(&letter, &inlet);
        ck_assert_int_eq(letter.size, 99);
        ck_assert_int_eq(letter.header.msg_flags, MSG_TRUNC);
        ck_assert(payload_matches(letter.data, 99, 100, 0));
        letter_expect(&letter, &inlet, &visitor, 7);
        close_both();
}
END_TEST

START_TEST(what_fits_exactly_is_not_cut_off)
{
        open_both(0);
        visitor_send(&visitor, here, inlet.port, 100);
        letter_prepare(&letter);
        letter.vector.iov_len = 100;
        letter_receive(&letter, &inlet);
        ck_assert_int_eq(letter.size, 100);
        ck_assert_int_eq(letter.header.msg_flags, 0);
        close_both();
}
END_TEST

START_TEST(control_message_without_room_is_told)
{
        inlet_open(&inlet, "0.0.0.0", INLET_PATH4);
        ck_assert(visitor_open(&visitor, here));
        visitor_send(&visitor, here, inlet.port, 100);
        letter_prepare(&letter);
        letter.header.msg_controllen = CMSG_LEN(sizeof(struct in_pktinfo)) - 1;
        letter_receive(&letter, &inlet);
        ck_assert_int_eq(letter.size, 100);
        ck_assert_int_eq(letter.header.msg_flags, MSG_CTRUNC);
        close_both();
}
END_TEST

static void prepare_several(struct letter *letters, struct mmsghdr *messages)
{
        for (unsigned i = 0; i < SLOTS; i++) {
                letter_prepare(&letters[i]);
                messages[i].msg_hdr = letters[i].header;
                messages[i].msg_len = 0;
        }
}

/* They may come one after the other, but in order, and no call waits for more. */
START_TEST(call_for_several_takes_what_is_there)
{
        static struct letter letters[SLOTS];
        struct mmsghdr messages[SLOTS];
        unsigned count = 0;

        open_both(0);
        for (uint32_t size = 1; size <= SLOTS + 2; size++)
                visitor_send(&visitor, here, inlet.port, size);
        while (count < SLOTS + 2) {
                inlet_await(&inlet);
                prepare_several(letters, messages);
                int got = sys_recvmmsg(inlet.fd, messages, SLOTS);
                ck_assert_int_ge(got, 1);
                ck_assert_int_le(got, SLOTS);
                for (int i = 0; i < got; i++) {
                        ck_assert_uint_eq(messages[i].msg_len, ++count);
                        ck_assert(payload_matches(letters[i].data, count, count, 0));
                }
        }
        ck_assert_int_eq(sys_recvmmsg(inlet.fd, messages, SLOTS), -EAGAIN);
        close_both();
}
END_TEST

/* Both sent something, and one call got it; if not, what came is forgotten. */
static bool receive_both(struct visitor *other, struct letter *letters, struct mmsghdr *messages)
{
        visitor_send(&visitor, here, inlet.port, 5);
        visitor_send(other, here, inlet.port, 6);
        inlet_await(&inlet);
        prepare_several(letters, messages);
        if (sys_recvmmsg(inlet.fd, messages, SLOTS) == 2)
                return true;
        letter_expect(&letter, &inlet, other, 6);
        return false;
}

START_TEST(several_leave_by_one_call)
{
        enum { TRIES_MAX = 100 };
        static struct letter letters[SLOTS];
        struct mmsghdr messages[SLOTS];
        struct visitor other;
        unsigned tries = 0;

        open_both(0);
        ck_assert(visitor_open(&other, here));
        while (!receive_both(&other, letters, messages))
                ck_assert_uint_lt(++tries, TRIES_MAX);
        for (unsigned i = 0; i < 2; i++) {
                letters[i].vector.iov_len = messages[i].msg_len;
                messages[i].msg_len = 0;
        }
        ck_assert_int_eq(sys_sendmmsg(inlet.fd, messages, 2), 2);
        ck_assert_uint_eq(messages[0].msg_len, 5);
        ck_assert_uint_eq(messages[1].msg_len, 6);
        visitor_expect(&visitor, here, inlet.port, (const int[]){ 5, -1 });
        visitor_expect(&other, here, inlet.port, (const int[]){ 6, -1 });
        visitor_close(&other);
        close_both();
}
END_TEST

START_TEST(batch_comes_as_one_to_whoever_asks_for_it)
{
        int segment_size = 0;

        open_both(INLET_BATCHES);
        visitor_send_cut(&visitor, here, inlet.port, 550, 100);
        letter_prepare(&letter);
        letter_receive(&letter, &inlet);
        ck_assert_int_eq(letter.size, 550);
        ck_assert_int_eq(letter.header.msg_flags, 0);
        ck_assert(letter_tells(&letter, IPPROTO_UDP, UDP_GRO, &segment_size, sizeof(segment_size)));
        ck_assert_int_eq(segment_size, 100);
        for (unsigned i = 0; i < 5; i++)
                ck_assert(payload_matches(letter.data + (size_t)100 * i, 100, 100, 0));
        ck_assert(payload_matches(letter.data + 500, 50, 50, 0));
        close_both();
}
END_TEST

START_TEST(batch_comes_one_by_one_to_whoever_does_not_ask)
{
        open_both(0);
        visitor_send_cut(&visitor, here, inlet.port, 250, 100);
        letter_expect(&letter, &inlet, &visitor, 100);
        letter_expect(&letter, &inlet, &visitor, 100);
        letter_expect(&letter, &inlet, &visitor, 50);
        close_both();
}
END_TEST

/* Receives them as one, and sends them back as one. */
static void answer_batch(uint32_t size, uint16_t segment_size)
{
        visitor_send_cut(&visitor, here, inlet.port, size, segment_size);
        letter_prepare(&letter);
        letter_receive(&letter, &inlet);
        ck_assert_int_eq(letter.size, size);
        letter_turn(&letter);
        letter_say(&letter, IPPROTO_UDP, UDP_SEGMENT, &segment_size, sizeof(segment_size));
        answer();
}

START_TEST(answer_is_cut_up_by_the_kernel)
{
        open_both(INLET_BATCHES);
        answer_batch(250, 100);
        expect((const int[]){ 100, 100, 50, -1 });
        close_both();
}
END_TEST

START_TEST(answer_of_one_datagram_may_be_said_to_be_cut_up)
{
        open_both(INLET_BATCHES);
        visitor_send(&visitor, here, inlet.port, 100);
        letter_expect(&letter, &inlet, &visitor, 100);
        letter_turn(&letter);
        letter_say(&letter, IPPROTO_UDP, UDP_SEGMENT, &(const uint16_t){ 100 }, sizeof(uint16_t));
        answer();
        expect((const int[]){ 100, -1 });
        close_both();
}
END_TEST

START_TEST(sixty_four_datagrams_leave_as_one)
{
        int sizes[65];

        open_both(INLET_BATCHES);
        for (unsigned i = 0; i < 64; i++)
                sizes[i] = 3;
        sizes[64] = -1;
        answer_batch(64 * 3, 3);
        expect(sizes);
        close_both();
}
END_TEST

START_TEST(largest_batch_leaves_as_one)
{
        int sizes[64];

        open_both(INLET_BATCHES);
        for (unsigned i = 0; i < 63; i++)
                sizes[i] = 1039;
        sizes[62] = 1039;
        sizes[63] = -1;
        answer_batch(63 * 1039, 1039);
        expect(sizes);
        close_both();
}
END_TEST

/* Told to who comes later: the count so far, by then; nothing while there was none. */
START_TEST(datagrams_that_found_no_room_are_counted)
{
        enum { COUNT = 2000 };
        uint32_t received = 0;
        uint32_t overflows = 0;

        open_both(INLET_OVERFLOWS);
        kernel_shrink_queue(inlet.fd);
        for (unsigned i = 0; i < COUNT; i++)
                visitor_send(&visitor, here, inlet.port, 1000);
        letter_expect(&letter, &inlet, &visitor, 1000);
        ck_assert(!letter_tells(&letter, SOL_SOCKET, SO_RXQ_OVFL, &overflows, sizeof(overflows)));
        do {
                received++;
                letter_prepare(&letter);
                letter.size = sys_recvmsg(inlet.fd, &letter.header);
        } while (letter.size > 0);
        ck_assert_int_eq(letter.size, -EAGAIN);
        visitor_send(&visitor, here, inlet.port, 7);
        letter_expect(&letter, &inlet, &visitor, 7);
        ck_assert(letter_tells(&letter, SOL_SOCKET, SO_RXQ_OVFL, &overflows, sizeof(overflows)));
        ck_assert_uint_gt(overflows, 0);
        ck_assert_uint_eq(received + overflows, COUNT);
        close_both();
}
END_TEST

START_TEST(event_stays_as_long_as_something_waits)
{
        open_both(0);
        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, inlet.fd, EPOLLIN, 9), 0);
        expect_silence(contract.poll_fd);
        visitor_send(&visitor, here, inlet.port, 5);
        visitor_send(&visitor, here, inlet.port, 6);
        expect_events(contract.poll_fd, 9, EPOLLIN);
        expect_events(contract.poll_fd, 9, EPOLLIN);
        letter_expect(&letter, &inlet, &visitor, 5);
        expect_events(contract.poll_fd, 9, EPOLLIN);
        letter_expect(&letter, &inlet, &visitor, 6);
        expect_silence(contract.poll_fd);
        close_both();
}
END_TEST

/* A socket that is not connected hears of no ICMP error, unless it asks. */
START_TEST(visitor_that_left_is_not_told)
{
        open_both(0);
        visitor_send(&visitor, here, inlet.port, 5);
        letter_expect(&letter, &inlet, &visitor, 5);
        visitor_close(&visitor);
        letter_turn(&letter);
        answer();
        ck_assert_int_eq(sys_poll_set(contract.poll_fd, EPOLL_CTL_ADD, inlet.fd, EPOLLIN, 9), 0);
        expect_silence(contract.poll_fd);
        letter_prepare(&letter);
        ck_assert_int_eq(sys_recvmsg(inlet.fd, &letter.header), -EAGAIN);
        inlet_close(&inlet);
}
END_TEST

void contract_datagrams(TCase *tcase)
{
        tcase_add_test(tcase, socket_that_got_nothing_has_nothing_to_give);
        tcase_add_test(tcase, largest_datagram_comes_whole_and_goes_whole);
        tcase_add_test(tcase, empty_datagram_is_one_and_may_be_answered);
        tcase_add_test(tcase, what_has_no_room_is_cut_off_and_gone);
        tcase_add_test(tcase, what_fits_exactly_is_not_cut_off);
        tcase_add_test(tcase, control_message_without_room_is_told);
        tcase_add_test(tcase, call_for_several_takes_what_is_there);
        tcase_add_test(tcase, several_leave_by_one_call);
        tcase_add_test(tcase, batch_comes_as_one_to_whoever_asks_for_it);
        tcase_add_test(tcase, batch_comes_one_by_one_to_whoever_does_not_ask);
        tcase_add_test(tcase, answer_is_cut_up_by_the_kernel);
        tcase_add_test(tcase, answer_of_one_datagram_may_be_said_to_be_cut_up);
        tcase_add_test(tcase, sixty_four_datagrams_leave_as_one);
        tcase_add_test(tcase, largest_batch_leaves_as_one);
        tcase_add_test(tcase, datagrams_that_found_no_room_are_counted);
        tcase_add_test(tcase, event_stays_as_long_as_something_waits);
        tcase_add_test(tcase, visitor_that_left_is_not_told);
}
