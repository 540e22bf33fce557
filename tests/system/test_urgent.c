/* SPDX-License-Identifier: MIT */
/*
 * Urgent data is in line: it comes back where it stood in the stream. recv(2) stops at the mark
 * of an urgent byte, so a server that takes a short read for "nothing more" leaves bytes behind.
 */
#include <signal.h>
#include <string.h>

#include "client.h"
#include "server.h"
#include "suite.h"

enum { PLAIN_SIZE = 100 };

static struct server server;

/* Sends '.' = some plain bytes, '!' = an urgent byte, '|' = the end of its side. */
static void send_script(struct client *client, const char *script)
{
        for (; *script != '\0'; script++) {
                if (*script == '.')
                        client_send(client, PLAIN_SIZE);
                else if (*script == '!')
                        client_send_urgent(client, 1);
                else
                        client_finish(client);
        }
}

static void expect_echo(struct client *client, const char *script)
{
        client_receive(client);
        if (script[strcspn(script, "|")] == '\0')
                client_finish(client);
        client_expect_end(client);
        client_close(client);
}

/* Once as the segments come, once found all together: then no later one helps. */
static void expect_echo_of(const char *script)
{
        struct client client;

        client_connect(&client, server.port, 1);
        send_script(&client, script);
        expect_echo(&client, script);

        client_connect(&client, server.port, 2);
        client_exchange(&client, 1, 1);
        process_stop(&server.process);
        send_script(&client, script);
        process_signal(&server.process, SIGCONT);
        expect_echo(&client, script);
}

static void expect_echo_of_all(const char *const *scripts)
{
        server_start(&server, NULL);
        for (; *scripts != NULL; scripts++)
                expect_echo_of(*scripts);
        server_stop(&server);
}

START_TEST(urgent_byte_in_mid_stream_comes_back_in_its_place)
{
        expect_echo_of_all((const char *const[]){ ".!.", "..!..", ".!.|", NULL });
}
END_TEST

START_TEST(urgent_byte_first_comes_back)
{
        expect_echo_of_all((const char *const[]){ "!.", "!", "!.|", NULL });
}
END_TEST

START_TEST(urgent_byte_just_before_the_end_comes_back)
{
        expect_echo_of_all((const char *const[]){ "!|", ".!|", "..!|", NULL });
}
END_TEST

START_TEST(several_urgent_bytes_come_back_in_their_places)
{
        expect_echo_of_all((const char *const[]){ "!!", ".!!.", ".!.!.!.", "!.!.!|", NULL });
}
END_TEST

START_TEST(urgent_bytes_come_back_without_a_free_block)
{
        enum { MUTE_COUNT = 10 };
        const char *const arguments[] = { "--buffer-memory=1M", "--stall-timeout=0", NULL };
        const char *const scripts[] = { ".!.", "!.", "!|", ".!!.", ".!.!.!.|", NULL };
        struct client mutes[MUTE_COUNT];

        server_start(&server, arguments);
        for (unsigned i = 0; i < MUTE_COUNT; i++)
                client_connect_small(&mutes[i], server.port, i);
        client_send_until_blocked(mutes, MUTE_COUNT);
        server_await_figure(&server, "parked", 4);
        for (unsigned i = 0; scripts[i] != NULL; i++)
                expect_echo_of(scripts[i]);
        client_close_all(mutes, MUTE_COUNT);
        server_stop(&server);
}
END_TEST

int main(void)
{
        TCase *tcase = tcase_create("urgent");

        tcase_add_test(tcase, urgent_byte_in_mid_stream_comes_back_in_its_place);
        tcase_add_test(tcase, urgent_byte_first_comes_back);
        tcase_add_test(tcase, urgent_byte_just_before_the_end_comes_back);
        tcase_add_test(tcase, several_urgent_bytes_come_back_in_their_places);
        tcase_add_test(tcase, urgent_bytes_come_back_without_a_free_block);
        return suite_run(tcase);
}
