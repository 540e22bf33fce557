/* SPDX-License-Identifier: MIT */
/*
 * curl, which can send a line of the PROXY protocol first; skipped where it is not installed. What
 * it asks for comes back as an answer without a head, and ends by the idle timeout.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doors.h"
#include "suite.h"

#define CURL "/usr/bin/curl"

static const char *const impatient[] = { "--idle-timeout=300ms", "--log-level=debug", NULL };

static struct doors doors;
static struct server *const server = &doors.server;
static struct process curl;

/* The exit code of curl, that sends a header or none; its other options end in NULL. */
static int ask(bool is_proxied, const char *const *options, const char *url)
{
        const char *words[PROCESS_ARGUMENTS_MAX] = { CURL,        "-sS", "-g",         "--http0.9",
                                                     "--noproxy", "*",   "--max-time", "30" };
        unsigned count = 8;

        if (is_proxied)
                words[count++] = "--haproxy-protocol";
        for (unsigned i = 0; options != NULL && options[i] != NULL; i++)
                words[count++] = options[i];
        words[count] = url;
        return process_run(&curl, &(struct process_setup){ .arguments = words });
}

static void expect_answer(const char *begin)
{
        ck_assert_msg(strncmp(curl.output, begin, strlen(begin)) == 0, "%.1000s", curl.output);
        ck_assert_ptr_nonnull(strstr(curl.output, "\r\n\r\n"));
        ck_assert_ptr_null(strstr(curl.output, "PROXY"));
}

/* Nothing but the request was echoed. */
static void expect_closed(const char *key)
{
        server_await_all_closed(server, 1);
        ck_assert_uint_eq(server_figure(server, key), 1);
        ck_assert_uint_eq(server_figure(server, "sent_bytes"),
                          server_figure(server, "received_bytes"));
        ck_assert_uint_eq(server_figure(server, "received_bytes"), curl.output_size);
}

static void check_ip(enum door door, const char *host, const char *told)
{
        char url[64];

        doors_open_proxied(&doors, impatient);
        snprintf(url, sizeof(url), "http://%s:%u/here", host,
                 server_port(server, door == DOOR_IP6 ? 4 : 0));
        ck_assert_int_eq(ask(true, NULL, url), 0);
        expect_answer("GET /here HTTP/1.1\r\n");
        expect_closed("closed_idle");
        server_await_log(server, told, 0);
        doors_close(&doors);
}

START_TEST(request_comes_back_by_ip4)
{
        check_ip(DOOR_IP4, "127.0.0.1", " client=127.0.0.1:");
}
END_TEST

START_TEST(request_comes_back_by_ip6)
{
        check_ip(DOOR_IP6, "[::1]", " client=[::1]:");
}
END_TEST

START_TEST(request_comes_back_by_a_unix_socket)
{
        char path[FOLDER_PATH_SIZE];
        const char *const options[] = { "--unix-socket", path, NULL };

        doors_open_proxied(&doors, impatient);
        folder_join(&doors.folder, "s", path);
        ck_assert_int_eq(ask(true, options, "http://echo/here"), 0);
        expect_answer("GET /here HTTP/1.1\r\n");
        expect_closed("closed_idle");
        doors_close(&doors);
}
END_TEST

START_TEST(upload_comes_back)
{
        static char body[100000];
        char url[64];
        char path[FOLDER_PATH_SIZE];
        const char *const options[] = { "-T", path, "-H", "Expect:", NULL };
        struct folder folder;

        for (unsigned i = 0; i < sizeof(body); i++)
                body[i] = (char)('!' + (i * 31 ^ i >> 8) % 90);
        folder_make(&folder);
        folder_join(&folder, "body", path);
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(body, 1, sizeof(body), file), sizeof(body));
        fclose(file);
        doors_open_proxied(&doors, impatient);
        snprintf(url, sizeof(url), "http://127.0.0.1:%u/up", server->port);
        ck_assert_int_eq(ask(true, options, url), 0);
        expect_answer("PUT /up HTTP/1.1\r\n");
        ck_assert_uint_gt(curl.output_size, sizeof(body));
        ck_assert_mem_eq(curl.output + curl.output_size - sizeof(body), body, sizeof(body));
        expect_closed("closed_idle");
        doors_close(&doors);
        folder_remove(&folder);
}
END_TEST

START_TEST(request_without_a_header_is_reset)
{
        enum { CURLE_RECV_ERROR = 56 };
        char url[64];

        doors_open_proxied(&doors, impatient);
        snprintf(url, sizeof(url), "http://127.0.0.1:%u/", server->port);
        ck_assert_int_eq(ask(false, NULL, url), CURLE_RECV_ERROR);
        server_await_all_closed(server, 1);
        ck_assert_uint_eq(server_figure(server, "closed_header_signature"), 1);
        doors_close(&doors);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("proxy curl");

        if (access(CURL, X_OK) < 0)
                return SUITE_SKIPPED;
        tcase_add_test(tcase, request_comes_back_by_ip4);
        if (place_has_ip6())
                tcase_add_test(tcase, request_comes_back_by_ip6);
        tcase_add_test(tcase, request_comes_back_by_a_unix_socket);
        tcase_add_test(tcase, upload_comes_back);
        tcase_add_test(tcase, request_without_a_header_is_reset);
        return suite_run(tcase);
}
