/* SPDX-License-Identifier: MIT */
/* Targets of a client, where they differ from listeners. */
#include "address_texts.h"

#define TARGET_HOST_EXPECTED                                                                  \
        "expected an IPv4 address such as 127.0.0.1, or an IPv6 address in brackets such as " \
        "[::1] (names are not looked up)"

static void expect_refused(const char *text, const char *why)
{
        struct address address;
        struct address before;

        memset(&address, 0x5a, sizeof(address));
        before = address;
        ck_assert_msg(!address_parse_target(text, &address, &complaint), "%s", text);
        ck_assert_str_eq(complaint.text, why);
        ck_assert_mem_eq(&address, &before, sizeof(address));
}

START_TEST(target_is_read_as_the_listener_of_its_text)
{
        static const char *const texts[] = { "tcp:1.2.3.4:5",   "tcp:[::1]:65535",
                                             "udp:1.2.3.4:1",   "udp:[fe80::1%1]:5",
                                             "unix:/run/echod", "unix:@echod",
                                             "unix:@x,proxy,y", "tcp:0.0.0.0:7" };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                struct address listener = address_parsed(texts[i]);
                struct address target;
                ck_assert_msg(address_parse_target(texts[i], &target, &complaint), "%s",
                              complaint.text);
                ck_assert_int_eq(target.transport, listener.transport);
                ck_assert(!target.is_dual);
                ck_assert_uint_eq(target.size, listener.size);
                ck_assert_mem_eq(&target.socket, &listener.socket, sizeof(target.socket));
        }
}
END_TEST

START_TEST(target_is_one_address)
{
        expect_refused("tcp:*:7", "`tcp:*:7`: host `*`: " TARGET_HOST_EXPECTED);
        expect_refused("udp:*:7", "`udp:*:7`: host `*`: " TARGET_HOST_EXPECTED);
        expect_refused("tcp:localhost:7",
                       "`tcp:localhost:7`: host `localhost`: " TARGET_HOST_EXPECTED);
}
END_TEST

START_TEST(target_has_a_port)
{
        expect_refused("tcp:1.2.3.4:0",
                       "`tcp:1.2.3.4:0`: port `0`: expected a number from 1 to 65535");
        expect_refused("udp:[::1]:0", "`udp:[::1]:0`: port `0`: expected a number from 1 to 65535");
        expect_refused("udp:1.2.3.4", "`udp:1.2.3.4`: no port, expected udp:HOST:PORT");
}
END_TEST

START_TEST(target_has_no_flags)
{
        expect_refused("tcp:1.2.3.4:7,proxy",
                       "`tcp:1.2.3.4:7,proxy`: `,proxy`: a target has no flags");
        expect_refused("unix:/x,proxy", "`unix:/x,proxy`: `,proxy`: a target has no flags");
}
END_TEST

START_TEST(text_without_transport_names_all_transports)
{
        static const char *const texts[] = {
                "", "1.2.3.4:5", "tcp", "TCP:1.2.3.4:5", ":", "sctp:"
        };
        char why[160];

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
                snprintf(why, sizeof(why),
                         "`%s`: expected a target, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH",
                         texts[i]);
                expect_refused(texts[i], why);
        }
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                target_is_read_as_the_listener_of_its_text,
                target_is_one_address,
                target_has_a_port,
                target_has_no_flags,
                text_without_transport_names_all_transports,
        };

        return SUITE_RUN("address target", tests);
}
