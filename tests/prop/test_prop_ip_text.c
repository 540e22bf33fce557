/* SPDX-License-Identifier: MIT */
/*
 * Every short text, and random longer ones, against inet_pton(3); which takes dots at the end of
 * any IPv6 address, so those are asked for by hand.
 */
#include "core/ip_text.h"

#include <string.h>
#include <strings.h>

#include "suite.h"
#include "support/ips.h"
#include "support/random.h"

enum { TEXT_SIZE = 96, SHORT_MAX = 7, ROUNDS = 50000, PIECES_MAX = 20 };

static const char alphabet[] = { '0', '1', '5', 'f', ':', '.' };
enum { LETTERS = sizeof(alphabet) };

/* What may lie between the beginning of an address and its end. */
static const char *const rests[] = {
        "",
        "0",
        ":",
        "::",
        "0.0.0",
        ".0.0",
        ".0.0.0",
        "0.0",
        ".0",
        "0.0.0.0",
        ":0",
        ":0:0",
        ":0:0:0",
        ":0:0:0:0",
        ":0:0:0:0:0",
        ":0:0:0:0:0:0",
        ":0:0:0:0:0:0:0",
        "0:0:0:0:0:0:0:0",
        "0:0",
        "0:0:0",
        "0:0:0:0",
        "0:0:0:0:0",
        "0:0:0:0:0:0",
        "0:0:0:0:0:0:0",
};
enum { RESTS = sizeof(rests) / sizeof(rests[0]) };

static bool has_dots_in_place(const char *bytes)
{
        const char *colon = strrchr(bytes, ':');
        size_t size = colon != NULL ? (size_t)(colon + 1 - bytes) : 0;

        return (size == 2 && strncmp(bytes, "::", 2) == 0) ||
               (size == 7 && strncasecmp(bytes, "::ffff:", 7) == 0);
}

static bool is_address(bool is_v6, const char *bytes, struct ip *ret_ip)
{
        struct in_addr v4;
        struct in6_addr v6;

        if (!is_v6 && inet_pton(AF_INET, bytes, &v4) == 1) {
                *ret_ip = ip_from_v4(v4);
                return true;
        }
        if (!is_v6 || inet_pton(AF_INET6, bytes, &v6) != 1)
                return false;
        if (strchr(bytes, '.') != NULL && !has_dots_in_place(bytes))
                return false;
        *ret_ip = ip_from_v6(&v6);
        return true;
}

static bool is_beginning(bool is_v6, const char *bytes)
{
        struct ip ip;
        char whole[2 * TEXT_SIZE];

        for (unsigned i = 0; i < RESTS; i++) {
                snprintf(whole, sizeof(whole), "%s%s", bytes, rests[i]);
                if (is_address(is_v6, whole, &ip))
                        return true;
        }
        return false;
}

static void check(bool is_v6, const char *bytes)
{
        struct ip_text text;
        struct ip ip = { .high = 0 };
        struct ip expected = { .high = 0 };
        bool is_taken = true;

        if (is_v6)
                ip_text_begin_v6(&text);
        else
                ip_text_begin_v4(&text);
        for (const char *at = bytes; *at != '\0' && is_taken; at++)
                is_taken = ip_text_add(&text, (unsigned char)*at);
        bool is_whole = is_taken && ip_text_end(&text, &ip);

        bool is_right = is_whole == is_address(is_v6, bytes, &expected) &&
                        ip_is_equal(ip, expected) && is_taken == is_beginning(is_v6, bytes);
        if (!is_right)
                ck_abort_msg("`%s`", bytes);
}

/* Those that begin with a text of which nothing is wrong so far; the others are known by then. */
static uint64_t check_all(bool is_v6, char *bytes, size_t size)
{
        uint64_t count = 1;

        bytes[size] = '\0';
        check(is_v6, bytes);
        if (size == SHORT_MAX || !is_beginning(is_v6, bytes))
                return count;
        for (unsigned i = 0; i < LETTERS; i++) {
                bytes[size] = alphabet[i];
                count += check_all(is_v6, bytes, size + 1);
        }
        return count;
}

START_TEST(every_short_text_is_read_as_inet_pton_does)
{
        char bytes[TEXT_SIZE];

        ck_assert_uint_eq(check_all(false, bytes, 0), 3787);
        ck_assert_uint_eq(check_all(true, bytes, 0), 58939);
}
END_TEST

/* Mostly right: what is wrong differs from an address by a piece or two. */
START_TEST(random_texts_are_read_as_inet_pton_does)
{
        static const char *const pieces[] = {
                "0",     "1", "ffff", "::", ":1:2", ":",  ":abcd", "::ffff:", "12", "255",
                "1.2.3", ".", ".254", "8",  ":0:",  "00", "fFfF",  "256",     "g",  "-"
        };
        enum { PIECES = sizeof(pieces) / sizeof(pieces[0]) };
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                char bytes[TEXT_SIZE] = "";
                uint64_t count = random_next(&random) % PIECES_MAX;
                uint64_t usual = 7 + random_next(&random) % (PIECES - 6);
                for (uint64_t i = 0; i < count; i++) {
                        const char *piece = pieces[random_next(&random) % usual];
                        if (strlen(bytes) + strlen(piece) < sizeof(bytes))
                                strcat(bytes, piece);
                }
                check(round % 4 != 0, bytes);
        }
}
END_TEST

static void change(struct random *random, char *bytes)
{
        static const char letters[] = "0123456789abcdefF:.% ";
        size_t place = random_next(random) % strlen(bytes);

        bytes[place] = letters[random_next(random) % strlen(letters)];
}

START_TEST(what_inet_ntop_writes_is_read_and_every_change_of_it_is_seen)
{
        struct random random = random_from_environment();

        for (unsigned round = 0; round < ROUNDS; round++) {
                uint64_t words[2] = { random_next(&random), random_next(&random) };
                bool is_v6 = round % 4 != 0;
                char bytes[TEXT_SIZE];
                /* Groups of zeros, mapped ones and compatible ones, too. */
                if (round % 3 == 0)
                        words[0] &= random_next(&random) << (16 * (round % 4));
                if (round % 5 == 0)
                        words[0] = 0;
                if (round % 7 == 0)
                        words[1] &= ~UINT64_C(0xffffffff);
                if (round % 10 == 0)
                        words[1] |= UINT64_C(0xffffffff);
                ck_assert_ptr_nonnull(
                    inet_ntop(is_v6 ? AF_INET6 : AF_INET, words, bytes, sizeof(bytes)));
                check(is_v6, bytes);
                change(&random, bytes);
                check(is_v6, bytes);
        }
}
END_TEST

int main(void)
{
        const TTest *const tests[] = {
                every_short_text_is_read_as_inet_pton_does,
                random_texts_are_read_as_inet_pton_does,
                what_inet_ntop_writes_is_read_and_every_change_of_it_is_seen,
        };

        return SUITE_RUN("prop ip text", tests);
}
