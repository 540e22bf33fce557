/* SPDX-License-Identifier: MIT */
/* The well-known port without the right to it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "suite.h"

enum { ECHO_PORT = 7, NOBODY = 65534 };

static struct process process;

START_TEST(privileged_port_without_rights_is_refused_with_advice)
{
        const char *const arguments[] = { process_echod(), "tcp:127.0.0.1:7", NULL };
        int code = process_run(&process, &(struct process_setup){
                                             .arguments = arguments,
                                             .uid = geteuid() == 0 ? NOBODY : 0,
                                         });

        ck_assert_msg(code == 77, "exit code %d:\n%s", code, process.output);
        ck_assert_ptr_nonnull(strstr(process.output, "127.0.0.1:7"));
        ck_assert_ptr_nonnull(strstr(process.output, "CAP_NET_BIND_SERVICE"));
        ck_assert_ptr_nonnull(strstr(process.output, "setcap"));
}
END_TEST

/* The first port that anybody may take; 0 when this cannot be read. */
static int first_free_port(void)
{
        FILE *file = fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re");
        int port = 0;

        if (file == NULL)
                return 0;
        if (fscanf(file, "%d", &port) != 1)
                port = 0;
        fclose(file);
        return port;
}

int main(void)
{
        TCase *tcase = tcase_create("permission");

        tcase_add_test(tcase, privileged_port_without_rights_is_refused_with_advice);
        if (first_free_port() <= ECHO_PORT) {
                printf("skipped: everybody may take port 7 here\n");
                return SUITE_SKIPPED;
        }
        return suite_run(tcase);
}
