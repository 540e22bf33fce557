/* SPDX-License-Identifier: MIT */
/* Listeners of IPv4, and what all listeners have in common; others in test_address_*.c. */
#include "words/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "address_texts.h"
#include "suite.h"

static struct sockaddr_in parsed(const char *text)
{
        struct address address = address_parsed(text);
        struct sockaddr_in ip;

        ck_assert_uint_eq(address.size, sizeof(ip));
        ck_assert_int_eq(address.transport, ADDRESS_TCP);
        ck_assert(!address.is_dual);
        memcpy(&ip, &address.socket, sizeof(ip));
        return ip;
}

START_TEST(host_and_port_are_read_in_network_order)
{
        struct sockaddr_in ip = parsed("tcp:127.0.0.1:7007");

        ck_assert_int_eq(ip.sin_family, AF_INET);
        ck_assert_uint_eq(ntohl(ip.sin_addr.s_addr), 0x7f000001);
        ck_assert_uint_eq(ntohs(ip.sin_port), 7007);
}
END_TEST

START_TEST(port_0_to_65535_is_accepted)
{
        ck_assert_uint_eq(ntohs(parsed("tcp:127.0.0.1:0").sin_port), 0);
        ck_assert_uint_eq(ntohs(parsed("tcp:127.0.0.1:65535").sin_port), 65535);
}
END_TEST

START_TEST(rest_of_the_socket_address_is_zero)
{
        static const struct address nothing;
        struct address address;

        memset(&address, 0x5a, sizeof(address));
        ck_assert(address_parse("tcp:1.2.3.4:5", &address, &complaint));
        ck_assert_mem_eq((char *)&address.socket + 8, &nothing.socket, sizeof(address.socket) - 8);
}
END_TEST

START_TEST(accepted_address_leaves_the_complaint_alone)
{
        (void)parsed("tcp:1.2.3.4:5");
        ck_assert_str_eq(complaint.text, "");
}
END_TEST

START_TEST(formatted_address_is_what_was_parsed)
{
        static const char *const texts[] = {
                "0.0.0.0:0",   "127.0.0.1:7007", "255.255.255.255:65535",
                "1.2.3.4:5",   "10.0.0.200:80",  "100.100.100.100:9999",
                "192.0.2.1:1", "8.8.4.4:53",     "224.0.0.251:5353"
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_same_text("tcp", texts[i]);
}
END_TEST

START_TEST(every_byte_and_port_survives_the_round_trip)
{
        char text[ADDRESS_TEXT_SIZE];

        for (unsigned i = 0; i < 65536; i += 13) {
                snprintf(text, sizeof(text), "%u.%u.%u.%u:%u", i % 256, i / 256, (i * 7) % 256,
                         255 - i % 256, i);
                expect_same_text("tcp", text);
        }
}
END_TEST

START_TEST(longest_text_fits_with_room_to_spare)
{
        char text[sizeof("255.255.255.255:65535")];
        struct address address;

        ck_assert(address_parse("tcp:255.255.255.255:65535", &address, &complaint));
        address_format(&address, text, sizeof(text));
        ck_assert_str_eq(text, "255.255.255.255:65535");
        ck_assert_uint_le(sizeof(text), ADDRESS_TEXT_SIZE);
}
END_TEST

START_TEST(text_without_transport_is_rejected)
{
        expect_rejected("", "``: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH");
        expect_rejected("7007",
                        "`7007`: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH");
        expect_rejected(
            "127.0.0.1:7",
            "`127.0.0.1:7`: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH");
        expect_rejected("tcp",
                        "`tcp`: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH");
        expect_rejected(
            "TCP:1.2.3.4:5",
            "`TCP:1.2.3.4:5`: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH");
        expect_rejected(
            " tcp:1.2.3.4:5",
            "` tcp:1.2.3.4:5`: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH");
        expect_rejected("-", "`-`: expected a listener, tcp:HOST:PORT, udp:HOST:PORT or unix:PATH");
}
END_TEST

START_TEST(missing_port_is_named)
{
        expect_rejected("tcp:", "`tcp:`: no port, expected tcp:HOST:PORT");
        expect_rejected("tcp:7007", "`tcp:7007`: no port, expected tcp:HOST:PORT");
        expect_rejected("tcp:1.2.3.4", "`tcp:1.2.3.4`: no port, expected tcp:HOST:PORT");
        expect_rejected("tcp:*", "`tcp:*`: no port, expected tcp:HOST:PORT");
}
END_TEST

START_TEST(bad_port_is_named)
{
        static const char *const ports[] = { "",      "+5",          " 5", "5 ",  "-1",
                                             "65536", "99999999999", "5x", "0x5", "7.",
                                             "echo",  "5/tcp",       "5\\" };
        char text[64];
        char why[160];

        for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
                snprintf(text, sizeof(text), "tcp:1.2.3.4:%s", ports[i]);
                snprintf(why, sizeof(why), "`%s`: port `%s`: expected a number from 0 to 65535",
                         text, ports[i]);
                expect_rejected(text, why);
        }
}
END_TEST

START_TEST(bad_host_is_named)
{
        static const char *const hosts[] = { "",
                                             "localhost",
                                             "1.2.3",
                                             "1.2.3.4.5",
                                             "256.0.0.1",
                                             "1.2.3.04",
                                             " 1.2.3.4",
                                             "1.2.3.4 ",
                                             "0x7f.0.0.1",
                                             "::1",
                                             "1.2.3.4:5",
                                             "**",
                                             "255.255.255.2555",
                                             "1.2.3.4]" };
        char text[64];
        char why[200];

        for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
                snprintf(text, sizeof(text), "tcp:%s:7", hosts[i]);
                snprintf(why, sizeof(why), "`%s`: host `%s`: " HOST_EXPECTED, text, hosts[i]);
                expect_rejected(text, why);
        }
}
END_TEST

START_TEST(host_is_named_before_the_port)
{
        expect_rejected("tcp:here:there", "`tcp:here:there`: host `here`: " HOST_EXPECTED);
}
END_TEST

START_TEST(stream_listener_may_be_for_proxies)
{
        struct address proxied = address_parsed("tcp:1.2.3.4:7,proxy");
        struct address plain = address_parsed("tcp:1.2.3.4:7");

        ck_assert(proxied.is_proxied);
        ck_assert(!plain.is_proxied);
        ck_assert(address_is_repeated(&proxied, &plain));
        plain.is_proxied = true;
        ck_assert_mem_eq(&proxied, &plain, sizeof(plain));
}
END_TEST

START_TEST(datagram_listener_is_not_for_proxies)
{
        expect_rejected("udp:1.2.3.4:7,proxy",
                        "`udp:1.2.3.4:7,proxy`: `,proxy`: only a tcp or "
                        "unix listener has this flag");
}
END_TEST

START_TEST(other_flags_are_refused_by_name)
{
        expect_rejected("tcp:1.2.3.4:7,proxi",
                        "`tcp:1.2.3.4:7,proxi`: `,proxi`: no such flag, expected ,proxy");
        expect_rejected("tcp:1.2.3.4:7,", "`tcp:1.2.3.4:7,`: `,`: no such flag, expected ,proxy");
        expect_rejected("tcp:1.2.3.4:7,proxy,proxy",
                        "`tcp:1.2.3.4:7,proxy,proxy`: `,proxy,proxy`: no such flag, expected "
                        ",proxy");
        expect_rejected("udp:1.2.3.4:7,x",
                        "`udp:1.2.3.4:7,x`: `,x`: no such flag, expected ,proxy");
}
END_TEST

START_TEST(address_before_a_flag_is_looked_at_as_ever)
{
        expect_rejected("tcp:1.2.3.4:65536,proxy",
                        "`tcp:1.2.3.4:65536,proxy`: port `65536`: expected a number from 0 to "
                        "65535");
        expect_rejected("tcp:1.2.3.4:,proxy",
                        "`tcp:1.2.3.4:,proxy`: port ``: expected a number from 0 to 65535");
        expect_rejected("tcp:1.2.3.4,proxy",
                        "`tcp:1.2.3.4,proxy`: no port, expected tcp:HOST:PORT");
        expect_rejected("tcp:here:7,proxy", "`tcp:here:7,proxy`: host `here`: " HOST_EXPECTED);
}
END_TEST

START_TEST(datagrams_are_addressed_as_streams_are)
{
        struct address tcp = address_parsed("tcp:1.2.3.4:7");
        struct address udp = address_parsed("udp:1.2.3.4:7");

        ck_assert_int_eq(udp.transport, ADDRESS_UDP);
        ck_assert_uint_eq(udp.size, tcp.size);
        ck_assert_mem_eq(&udp.socket, &tcp.socket, sizeof(tcp.socket));
        ck_assert(address_parsed("udp:*:7").is_dual);
        expect_same_text("udp", "[::1]:0");
        expect_rejected("udp:", "`udp:`: no port, expected udp:HOST:PORT");
}
END_TEST

START_TEST(transport_has_the_name_that_begins_its_listeners)
{
        struct address address;

        ck_assert(address_parse("tcp:1.2.3.4:5", &address, &complaint));
        ck_assert_str_eq(address_transport_name(address.transport), "tcp");
        ck_assert(address_parse("udp:1.2.3.4:5", &address, &complaint));
        ck_assert_str_eq(address_transport_name(address.transport), "udp");
        ck_assert(address_parse("unix:x", &address, &complaint));
        ck_assert_str_eq(address_transport_name(address.transport), "unix");
}
END_TEST

static bool is_repeated(const char *a, const char *b)
{
        struct address first = address_parsed(a);
        struct address second = address_parsed(b);

        ck_assert_int_eq(address_is_repeated(&first, &second),
                         address_is_repeated(&second, &first));
        return address_is_repeated(&first, &second);
}

START_TEST(same_listener_is_repeated_however_it_is_written)
{
        ck_assert(is_repeated("tcp:1.2.3.4:5", "tcp:1.2.3.4:5"));
        ck_assert(is_repeated("tcp:1.2.3.4:5", "tcp:1.2.3.4:005"));
        ck_assert(is_repeated("tcp:[::1]:5", "tcp:[0:0::0:1]:5"));
        ck_assert(is_repeated("tcp:*:5", "tcp:*:5"));
        ck_assert(is_repeated("unix:/x", "unix:/x"));
        ck_assert(is_repeated("unix:@x", "unix:@x"));
}
END_TEST

START_TEST(other_listeners_are_not_repeated)
{
        static const char *const texts[] = { "tcp:1.2.3.4:5",
                                             "tcp:1.2.3.4:6",
                                             "udp:1.2.3.4:6",
                                             "udp:*:5",
                                             "tcp:1.2.3.5:5",
                                             "tcp:0.0.0.0:5",
                                             "tcp:[::]:5",
                                             "tcp:*:5",
                                             "tcp:[::1]:5",
                                             "tcp:[::1]:6",
                                             "tcp:[::2]:5",
                                             "unix:x",
                                             "unix:@x",
                                             "unix:xy",
                                             "unix:@xy",
                                             "unix:./x",
                                             "unix:5",
                                             "tcp:[fe80::1%1]:5",
                                             "tcp:[fe80::1%99999]:5" };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                for (unsigned j = 0; j < i; j++)
                        ck_assert_msg(!is_repeated(texts[i], texts[j]), "%s, %s", texts[i],
                                      texts[j]);
}
END_TEST

START_TEST(port_0_is_another_each_time)
{
        ck_assert(!is_repeated("tcp:1.2.3.4:0", "tcp:1.2.3.4:0"));
        ck_assert(!is_repeated("tcp:[::1]:0", "tcp:[::1]:0"));
        ck_assert(!is_repeated("tcp:*:0", "tcp:*:0"));
        ck_assert(!is_repeated("udp:1.2.3.4:0", "udp:1.2.3.4:0"));
}
END_TEST

static bool covers(const char *listener, const char *socket)
{
        struct address wanted = address_parsed(listener);
        struct address bound = address_parsed(socket);

        return address_covers(&wanted, &bound);
}

START_TEST(listener_covers_a_socket_at_its_place)
{
        ck_assert(covers("tcp:1.2.3.4:5", "tcp:1.2.3.4:5"));
        ck_assert(covers("udp:[::1]:5", "udp:[::1]:5"));
        ck_assert(covers("unix:/x", "unix:/x"));
        ck_assert(!covers("tcp:1.2.3.4:5", "udp:1.2.3.4:5"));
        ck_assert(!covers("tcp:1.2.3.4:5", "tcp:1.2.3.4:6"));
        ck_assert(!covers("tcp:1.2.3.4:5", "tcp:0.0.0.0:5"));
        ck_assert(!covers("tcp:[::]:5", "tcp:*:5"));
        ck_assert(!covers("tcp:[::]:5", "tcp:0.0.0.0:5"));
        ck_assert(!covers("unix:/x", "unix:@x"));
        ck_assert(!covers("tcp:1.2.3.4:0", "tcp:1.2.3.4:0"));
}
END_TEST

START_TEST(listener_at_any_address_covers_all_sockets_at_any)
{
        ck_assert(covers("tcp:*:5", "tcp:*:5"));
        ck_assert(covers("tcp:*:5", "tcp:[::]:5"));
        ck_assert(covers("tcp:*:5", "tcp:0.0.0.0:5"));
        ck_assert(covers("udp:*:5", "udp:0.0.0.0:5"));
        ck_assert(!covers("tcp:*:5", "udp:*:5"));
        ck_assert(!covers("tcp:*:5", "tcp:*:6"));
        ck_assert(!covers("tcp:*:5", "tcp:1.2.3.4:5"));
        ck_assert(!covers("tcp:*:5", "tcp:[::1]:5"));
        ck_assert(!covers("tcp:*:5", "unix:/x"));
        ck_assert(!covers("tcp:*:0", "tcp:*:0"));
}
END_TEST

START_TEST(long_listener_still_says_what_is_expected)
{
        char text[4000] = "tcp:";

        memset(text + 4, '\x1b', sizeof(text) - 5);
        memcpy(text + sizeof(text) - 3, ":7", 3);
        ck_assert(!address_parse(text, &(struct address){ 0 }, &complaint));
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: host `"));
        ck_assert_ptr_nonnull(strstr(complaint.text, "expected an IPv4 address such as 127.0.0.1"));
}
END_TEST

START_TEST(loopback_is_what_only_this_machine_reaches)
{
        static const char *const inside[] = { "tcp:127.0.0.1:7", "udp:127.255.0.9:7",
                                              "udp:[::1]:7" };
        static const char *const outside[] = { "udp:*:7",          "tcp:0.0.0.0:7", "udp:[::]:7",
                                               "tcp:128.0.0.1:7",  "tcp:[::2]:7",   "unix:/x",
                                               "unix:@127.0.0.1:7" };

        for (unsigned i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
                struct address address = address_parsed(inside[i]);
                ck_assert_msg(address_is_loopback(&address), "%s", inside[i]);
        }
        for (unsigned i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
                struct address address = address_parsed(outside[i]);
                ck_assert_msg(!address_is_loopback(&address), "%s", outside[i]);
        }
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                loopback_is_what_only_this_machine_reaches,
                host_and_port_are_read_in_network_order,
                port_0_to_65535_is_accepted,
                rest_of_the_socket_address_is_zero,
                accepted_address_leaves_the_complaint_alone,
                formatted_address_is_what_was_parsed,
                every_byte_and_port_survives_the_round_trip,
                longest_text_fits_with_room_to_spare,
                text_without_transport_is_rejected,
                missing_port_is_named,
                bad_port_is_named,
                bad_host_is_named,
                host_is_named_before_the_port,
                stream_listener_may_be_for_proxies,
                datagram_listener_is_not_for_proxies,
                other_flags_are_refused_by_name,
                address_before_a_flag_is_looked_at_as_ever,
                datagrams_are_addressed_as_streams_are,
                transport_has_the_name_that_begins_its_listeners,
                same_listener_is_repeated_however_it_is_written,
                other_listeners_are_not_repeated,
                port_0_is_another_each_time,
                listener_covers_a_socket_at_its_place,
                listener_at_any_address_covers_all_sockets_at_any,
                long_listener_still_says_what_is_expected,
        };

        return SUITE_RUN("address", tests);
}
