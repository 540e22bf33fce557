/* SPDX-License-Identifier: MIT */
/* Listeners of IPv6 and of both families. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include "address_texts.h"

static struct sockaddr_in6 parsed(const char *text, bool is_dual)
{
        struct address address = address_parsed(text);
        struct sockaddr_in6 ip;

        ck_assert_int_eq(address.transport, ADDRESS_TCP);
        ck_assert_int_eq(address.is_dual, is_dual);
        ck_assert_uint_eq(address.size, sizeof(ip));
        memcpy(&ip, &address.socket, sizeof(ip));
        ck_assert_int_eq(ip.sin6_family, AF_INET6);
        return ip;
}

/* As accept(2) and getpeername(2) fill it. */
static struct address peer(const char *host, uint16_t port, uint32_t scope)
{
        struct address address = { .size = sizeof(struct sockaddr_in6) };
        struct sockaddr_in6 *ip = (struct sockaddr_in6 *)&address.socket;

        ip->sin6_family = AF_INET6;
        ip->sin6_port = htons(port);
        ip->sin6_scope_id = scope;
        ck_assert_int_eq(inet_pton(AF_INET6, host, &ip->sin6_addr), 1);
        return address;
}

/* The name of an interface that this machine has. */
static void interface_name(unsigned number, char name[IF_NAMESIZE])
{
        ck_assert_msg(if_indextoname(number, name) != NULL, "no interface %u", number);
}

START_TEST(host_in_brackets_is_ipv6)
{
        struct sockaddr_in6 ip = parsed("tcp:[::1]:7007", false);

        ck_assert(IN6_IS_ADDR_LOOPBACK(&ip.sin6_addr));
        ck_assert_uint_eq(ntohs(ip.sin6_port), 7007);
        ck_assert_uint_eq(ip.sin6_scope_id, 0);
        ck_assert_uint_eq(ip.sin6_flowinfo, 0);
}
END_TEST

START_TEST(all_addresses_of_ipv6_are_not_those_of_both_families)
{
        struct sockaddr_in6 ip = parsed("tcp:[::]:7", false);

        ck_assert(IN6_IS_ADDR_UNSPECIFIED(&ip.sin6_addr));
}
END_TEST

START_TEST(star_is_one_ipv6_socket_for_both_families)
{
        struct sockaddr_in6 ip = parsed("tcp:*:7", true);

        ck_assert(IN6_IS_ADDR_UNSPECIFIED(&ip.sin6_addr));
        ck_assert_uint_eq(ntohs(ip.sin6_port), 7);
}
END_TEST

START_TEST(star_without_ipv6_is_all_of_ipv4)
{
        static const struct address nothing;
        struct address dual = address_parsed("tcp:*:7");
        struct address address = address_without_ipv6(&dual);
        struct sockaddr_in ip;

        expect_text(&address, "0.0.0.0:7");
        ck_assert_int_eq(address.transport, ADDRESS_TCP);
        ck_assert_uint_eq(address.size, sizeof(ip));
        memcpy(&ip, &address.socket, sizeof(ip));
        ck_assert_int_eq(ip.sin_family, AF_INET);
        ck_assert_mem_eq((char *)&address.socket + 8, &nothing.socket, sizeof(address.socket) - 8);
}
END_TEST

START_TEST(formatted_address_is_what_was_parsed)
{
        static const char *const texts[] = {
                "[::]:0",
                "[::1]:7007",
                "[1:2:3:4:5:6:7:8]:65535",
                "[2001:db8::1]:7",
                "[::1.2.3.4]:7",
                "[ff02::1]:7",
                "*:0",
                "*:7007",
                "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        };

        for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                expect_same_text("tcp", texts[i]);
}
END_TEST

START_TEST(scope_is_the_name_or_the_number_of_an_interface)
{
        char name[IF_NAMESIZE];
        char text[64];

        interface_name(1, name);
        snprintf(text, sizeof(text), "tcp:[fe80::1%%%s]:7", name);
        ck_assert_uint_eq(parsed(text, false).sin6_scope_id, 1);
        ck_assert_uint_eq(parsed("tcp:[fe80::1%1]:7", false).sin6_scope_id, 1);
        ck_assert_uint_eq(parsed("tcp:[fe80::1%2147483647]:7", false).sin6_scope_id, INT32_MAX);
}
END_TEST

START_TEST(scope_is_shown_by_its_name_or_else_by_its_number)
{
        char name[IF_NAMESIZE];
        char text[64];
        struct address address = address_parsed("tcp:[fe80::1%1]:7");

        interface_name(1, name);
        snprintf(text, sizeof(text), "[fe80::1%%%s]:7", name);
        expect_text(&address, text);
        address = address_parsed("tcp:[fe80::1%2147483647]:7");
        expect_text(&address, "[fe80::1%2147483647]:7");
}
END_TEST

START_TEST(unknown_scope_is_named)
{
        static const char *const scopes[] = {
                "", "0", "nowhere0", "-1", "1 ", "2147483648", "1%1", "a-name-of-20-bytes!!"
        };
        char text[64];
        char why[160];

        for (unsigned i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
                snprintf(text, sizeof(text), "tcp:[fe80::1%%%s]:7", scopes[i]);
                snprintf(why, sizeof(why),
                         "`%s`: scope `%s`: no such interface, expected its name or number", text,
                         scopes[i]);
                expect_rejected(text, why);
        }
}
END_TEST

START_TEST(link_local_address_without_scope_is_rejected)
{
        expect_rejected("tcp:[fe80::1]:7",
                        "`tcp:[fe80::1]:7`: a link-local address needs its interface, expected a "
                        "scope such as fe80::1%eth0");
}
END_TEST

START_TEST(scope_of_any_other_address_is_rejected)
{
        expect_rejected("tcp:[::1%1]:7",
                        "`tcp:[::1%1]:7`: scope `1`: only a link-local address has one");
        expect_rejected("tcp:[2001:db8::1%nowhere]:7",
                        "`tcp:[2001:db8::1%nowhere]:7`: scope `nowhere`: only a link-local "
                        "address has one");
}
END_TEST

START_TEST(ipv4_in_disguise_is_rejected)
{
        expect_rejected("tcp:[::ffff:1.2.3.4]:7",
                        "`tcp:[::ffff:1.2.3.4]:7`: host `[::ffff:1.2.3.4]`: expected the IPv4 "
                        "address itself, without ::ffff:");
        expect_rejected("tcp:[1.2.3.4]:7", "`tcp:[1.2.3.4]:7`: host `[1.2.3.4]`: " HOST_EXPECTED);
}
END_TEST

START_TEST(ipv4_peer_of_an_ipv6_socket_is_shown_as_what_it_is)
{
        struct address address = peer("::ffff:192.0.2.1", 4711, 0);

        expect_text(&address, "192.0.2.1:4711");
}
END_TEST

START_TEST(peer_is_shown_with_its_port)
{
        struct address address = peer("2001:db8::5", 65535, 0);

        expect_text(&address, "[2001:db8::5]:65535");
        address = peer("fe80::5", 1, INT32_MAX);
        expect_text(&address, "[fe80::5%2147483647]:1");
}
END_TEST

START_TEST(bad_host_in_brackets_is_named)
{
        static const char *const hosts[] = {
                "[]",         "[::1]x",
                "[",          "[1]",
                "[:::1]",     "[*]",
                "[[::1]",     "[localhost]",
                "[%lo]",      "[::1 ]",
                "[ ::1]",     "[1:2:3:4:5:6:7:8:9]",
                "[fffff::1]", "[1111:2222:3333:4444:5555:6666:7777:8888:9]"
        };
        char text[80];
        char why[320];

        for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
                snprintf(text, sizeof(text), "tcp:%s:7", hosts[i]);
                snprintf(why, sizeof(why), "`%s`: host `%s%s`: " HOST_EXPECTED, text, hosts[i],
                         strchr(hosts[i], ']') == NULL ? ":7" : "");
                expect_rejected(text, why);
        }
}
END_TEST

START_TEST(missing_bracket_is_named)
{
        expect_rejected("tcp:[::1:7", "`tcp:[::1:7`: host `[::1:7`: " HOST_EXPECTED);
        expect_rejected("tcp:::1]:7", "`tcp:::1]:7`: host `::1]`: " HOST_EXPECTED);
}
END_TEST

START_TEST(missing_port_is_named)
{
        expect_rejected("tcp:[::1]", "`tcp:[::1]`: no port, expected tcp:HOST:PORT");
        expect_rejected("tcp:*", "`tcp:*`: no port, expected tcp:HOST:PORT");
}
END_TEST

START_TEST(bad_port_is_named)
{
        expect_rejected("tcp:[::1]:x",
                        "`tcp:[::1]:x`: port `x`: expected a number from 0 to 65535");
        expect_rejected("tcp:*:65536",
                        "`tcp:*:65536`: port `65536`: expected a number from 0 to 65535");
        expect_rejected("tcp:[::1]:", "`tcp:[::1]:`: port ``: expected a number from 0 to 65535");
}
END_TEST

START_TEST(stream_listener_may_be_for_proxies)
{
        ck_assert(address_parsed("tcp:[::1]:7,proxy").is_proxied);
        struct address dual = address_parsed("tcp:*:7,proxy");
        ck_assert(dual.is_proxied);
        ck_assert(address_without_ipv6(&dual).is_proxied);
        expect_rejected("tcp:[::1]:7,proxy,x:y",
                        "`tcp:[::1]:7,proxy,x:y`: `,proxy,x:y`: no such flag, expected ,proxy");
}
END_TEST

START_TEST(long_host_in_brackets_still_says_what_is_expected)
{
        char text[4000] = "tcp:[fe80::1%";

        memset(text + strlen(text), 'x', sizeof(text) - strlen(text) - 1);
        memcpy(text + sizeof(text) - 4, "]:7", 4);
        ck_assert(!address_parse(text, &(struct address){ 0 }, &complaint));
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: no such interface, expected"));
        text[5] = 'x';
        ck_assert(!address_parse(text, &(struct address){ 0 }, &complaint));
        ck_assert_ptr_nonnull(strstr(complaint.text, "...`: " HOST_EXPECTED));
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                host_in_brackets_is_ipv6,
                all_addresses_of_ipv6_are_not_those_of_both_families,
                star_is_one_ipv6_socket_for_both_families,
                star_without_ipv6_is_all_of_ipv4,
                formatted_address_is_what_was_parsed,
                scope_is_the_name_or_the_number_of_an_interface,
                scope_is_shown_by_its_name_or_else_by_its_number,
                unknown_scope_is_named,
                link_local_address_without_scope_is_rejected,
                scope_of_any_other_address_is_rejected,
                ipv4_in_disguise_is_rejected,
                ipv4_peer_of_an_ipv6_socket_is_shown_as_what_it_is,
                peer_is_shown_with_its_port,
                bad_host_in_brackets_is_named,
                missing_bracket_is_named,
                missing_port_is_named,
                bad_port_is_named,
                stream_listener_may_be_for_proxies,
                long_host_in_brackets_still_says_what_is_expected,
        };

        return SUITE_RUN("address ipv6", tests);
}
