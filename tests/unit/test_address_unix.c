/* SPDX-License-Identifier: MIT */
/* Listeners on Unix sockets, and how these are shown. */
#include <stddef.h>
#include <sys/un.h>

#include "address_texts.h"

enum { PATH_OFFSET = offsetof(struct sockaddr_un, sun_path) };

static struct sockaddr_un parsed(const char *text, size_t size)
{
        struct address address = address_parsed(text);
        struct sockaddr_un path;

        ck_assert_int_eq(address.transport, ADDRESS_UNIX);
        ck_assert(!address.is_dual);
        ck_assert_uint_eq(address.size, size);
        memcpy(&path, &address.socket, sizeof(path));
        ck_assert_int_eq(path.sun_family, AF_UNIX);
        return path;
}

/* As accept(2) and getpeername(2) fill it; these bytes are its path. */
static struct address peer(const char *bytes, size_t size)
{
        struct address address = { .size = (socklen_t)(PATH_OFFSET + size) };
        struct sockaddr_un *path = (struct sockaddr_un *)&address.socket;

        path->sun_family = AF_UNIX;
        memcpy(path->sun_path, bytes, size);
        return address;
}

/* unix: with a path, or an abstract name, of that many bytes. */
static void fill(char text[256], const char *start, size_t size)
{
        memset(text, 'x', 256);
        memcpy(text, start, strlen(start));
        text[strlen(start) + size] = '\0';
}

START_TEST(path_ends_in_its_nul)
{
        struct sockaddr_un path = parsed("unix:/run/echod", PATH_OFFSET + sizeof("/run/echod"));

        ck_assert_str_eq(path.sun_path, "/run/echod");
}
END_TEST

START_TEST(abstract_name_is_exactly_its_bytes)
{
        struct sockaddr_un path = parsed("unix:@echod", PATH_OFFSET + 1 + strlen("echod"));

        ck_assert_int_eq(path.sun_path[0], '\0');
        ck_assert_mem_eq(path.sun_path + 1, "echod", 6);
}
END_TEST

START_TEST(rest_of_the_socket_address_is_zero)
{
        static const struct address nothing;
        struct address address = address_parsed("unix:x");

        ck_assert_mem_eq((char *)&address.socket + address.size, &nothing.socket,
                         sizeof(address.socket) - address.size);
}
END_TEST

START_TEST(path_and_name_of_107_bytes_are_accepted)
{
        char text[256];

        fill(text, "unix:", 107);
        ck_assert_str_eq(parsed(text, PATH_OFFSET + 108).sun_path, text + strlen("unix:"));
        expect_same_text("unix", text + strlen("unix:"));
        fill(text, "unix:@", 107);
        ck_assert_mem_eq(parsed(text, PATH_OFFSET + 108).sun_path + 1, text + strlen("unix:@"),
                         107);
        expect_same_text("unix", text + strlen("unix:"));
}
END_TEST

START_TEST(longer_ones_are_rejected_with_their_size)
{
        char text[256];

        fill(text, "unix:", 108);
        ck_assert(!address_parse(text, &(struct address){ 0 }, &complaint));
        ck_assert_ptr_nonnull(
            strstr(complaint.text, "xxx...`: path of 108 bytes: expected at most 107"));
        fill(text, "unix:@", 108);
        ck_assert(!address_parse(text, &(struct address){ 0 }, &complaint));
        ck_assert_ptr_nonnull(
            strstr(complaint.text, "xxx...`: name of 108 bytes: expected at most 107"));
}
END_TEST

START_TEST(empty_path_and_name_are_rejected)
{
        expect_rejected("unix:", "`unix:`: no path, expected unix:PATH or unix:@NAME");
        expect_rejected("unix:@", "`unix:@`: no name, expected unix:PATH or unix:@NAME");
}
END_TEST

START_TEST(flag_at_the_end_is_no_part_of_the_path)
{
        struct address proxied = address_parsed("unix:/run/echod,proxy");
        struct address plain = address_parsed("unix:/run/echod");

        ck_assert(proxied.is_proxied);
        ck_assert(!plain.is_proxied);
        plain.is_proxied = true;
        ck_assert_mem_eq(&proxied, &plain, sizeof(plain));
        ck_assert_uint_eq(address_parsed("unix:@echod,proxy").size,
                          address_parsed("unix:@echod").size);
        expect_rejected("unix:,proxy", "`unix:,proxy`: no path, expected unix:PATH or unix:@NAME");
        expect_rejected("unix:@,proxy",
                        "`unix:@,proxy`: no name, expected unix:PATH or unix:@NAME");
}
END_TEST

START_TEST(any_other_byte_belongs_to_the_path)
{
        static const char *const paths[] = {
                "a,b",
                ",proxy,",
                ",proxys",
                ",PROXY",
                "a,proxy/b",
                "*:7",
                "[::1]:7",
                " ",
                "a b",
                "\n",
                "\x1b[2J\xff\"\\`'",
                "./@x",
                "a@b",
                "@@",
                "@a,b",
                "@ ",
                "@/x",
                "../x",
                "tcp:*:7",
                "-",
                ":",
                "x/",
                "/",
                ".",
        };

        for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                expect_same_text("unix", paths[i]);
}
END_TEST

START_TEST(peer_without_a_name_is_an_at_sign)
{
        struct address address = peer("", 0);

        expect_text(&address, "@");
}
END_TEST

START_TEST(path_that_fills_the_address_is_shown_whole)
{
        char text[256];

        fill(text, "/", 107);
        struct address address = peer(text, 108);
        expect_text(&address, text);
        ck_assert_uint_lt(strlen(text), ADDRESS_TEXT_SIZE);
}
END_TEST

START_TEST(zeros_of_an_abstract_name_are_shown)
{
        struct address address = peer("\0a\0b\0", 5);

        expect_text(&address, "@a@b@");
}
END_TEST

START_TEST(abstract_name_of_a_peer_ends_with_its_size)
{
        struct address address = peer("\0abcdef", 4);

        expect_text(&address, "@abc");
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                path_ends_in_its_nul,
                abstract_name_is_exactly_its_bytes,
                rest_of_the_socket_address_is_zero,
                path_and_name_of_107_bytes_are_accepted,
                longer_ones_are_rejected_with_their_size,
                empty_path_and_name_are_rejected,
                flag_at_the_end_is_no_part_of_the_path,
                any_other_byte_belongs_to_the_path,
                peer_without_a_name_is_an_at_sign,
                path_that_fills_the_address_is_shown_whole,
                zeros_of_an_abstract_name_are_shown,
                abstract_name_of_a_peer_ends_with_its_size,
        };

        return SUITE_RUN("address unix", tests);
}
