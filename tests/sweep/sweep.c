/* SPDX-License-Identifier: MIT */
/*
 * Fails the 1st, 2nd, ... N-th call of every sys_* function with each errno that its man page
 * lists, once and many times in a row, until a run has no such call left. SQLite's loop: complete
 * for its workload, where the simulation is random.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "workload.h"

enum { ERRORS_MAX = 28 };

/* How many calls in a row fail, from once to until the faults stop. */
static const uint64_t lengths[] = { 1, 3, 40, UINT64_MAX };

static const struct {
        const char *name;
        int errors[ERRORS_MAX]; /* 0 ends them; none = it cannot fail */
} calls[SIM_CALL_COUNT] = {
        [SIM_CLOCK] = { "sys_clock", { 0 } },
        [SIM_RESERVE] = { "sys_reserve", { ENOMEM } },
        [SIM_SMALL_PAGES] = { "sys_small_pages", { EINVAL, ENOMEM, EAGAIN } },
        [SIM_RELEASE] = { "sys_release", { EINVAL, ENOMEM, EAGAIN } },
        [SIM_UNRESERVE] = { "sys_unreserve", { EINVAL, ENOMEM } },
        [SIM_SOCKET_TCP] = { "sys_socket_tcp",
                             { EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM,
                               EPROTONOSUPPORT } },
        [SIM_SOCKET_UDP] = { "sys_socket_udp",
                             { EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM,
                               EPROTONOSUPPORT } },
        [SIM_SETSOCKOPT_INT] = { "sys_setsockopt_int",
                                 { EBADF, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK, ENOMEM } },
        [SIM_BIND] = { "sys_bind",
                       { EACCES, EADDRINUSE, EBADF, EINVAL, ENOTSOCK, EADDRNOTAVAIL, EFAULT, ELOOP,
                         ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, EROFS } },
        [SIM_GETSOCKNAME] = { "sys_getsockname", { EBADF, EFAULT, EINVAL, ENOBUFS, ENOTSOCK } },
        [SIM_GETPEERNAME] = { "sys_getpeername",
                              { EBADF, EFAULT, EINVAL, ENOBUFS, ENOTCONN, ENOTSOCK } },
        [SIM_LISTEN] = { "sys_listen", { EADDRINUSE, EBADF, ENOTSOCK, EOPNOTSUPP } },
        [SIM_ACCEPT] = { "sys_accept",
                         { EAGAIN,          EBADF,           ECONNABORTED, EFAULT,     EINTR,
                           EINVAL,          EMFILE,          ENFILE,       ENOBUFS,    ENOMEM,
                           ENOTSOCK,        EOPNOTSUPP,      EPERM,        EPROTO,     ENOSR,
                           ESOCKTNOSUPPORT, EPROTONOSUPPORT, ETIMEDOUT,    ENETDOWN,   ENOPROTOOPT,
                           EHOSTDOWN,       ENONET,          EHOSTUNREACH, ENETUNREACH } },
        [SIM_RECV] = { "sys_recv",
                       { EAGAIN, EBADF, ECONNREFUSED, EFAULT, EINTR, EINVAL, ENOMEM, ENOTCONN,
                         ENOTSOCK, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENOBUFS, EPIPE,
                         EIO } },
        [SIM_SEND] = { "sys_send",
                       { EACCES,       EAGAIN,  EALREADY,  EBADF,        ECONNRESET,
                         EDESTADDRREQ, EFAULT,  EINTR,     EINVAL,       EISCONN,
                         EMSGSIZE,     ENOBUFS, ENOMEM,    ENOTCONN,     ENOTSOCK,
                         EOPNOTSUPP,   EPIPE,   ETIMEDOUT, EHOSTUNREACH, ENETUNREACH } },
        [SIM_RECVMSG] = { "sys_recvmsg",
                          { EAGAIN, EBADF, ECONNREFUSED, EFAULT, EINTR, EINVAL, ENOMEM, ENOTCONN,
                            ENOTSOCK, EHOSTUNREACH, ENETUNREACH, ENOBUFS, EIO } },
        [SIM_RECVMMSG] = { "sys_recvmmsg",
                           { EAGAIN, EBADF, ECONNREFUSED, EFAULT, EINTR, EINVAL, ENOMEM, ENOTCONN,
                             ENOTSOCK, EHOSTUNREACH, ENETUNREACH, ENOBUFS, EIO } },
        [SIM_SENDMSG] = { "sys_sendmsg",
                          { EACCES,       EAGAIN,   EALREADY, EBADF,       ECONNRESET,
                            EDESTADDRREQ, EFAULT,   EINTR,    EINVAL,      EISCONN,
                            EMSGSIZE,     ENOBUFS,  ENOMEM,   ENOTCONN,    ENOTSOCK,
                            EOPNOTSUPP,   EPIPE,    EPERM,    ENETUNREACH, EHOSTUNREACH,
                            ECONNREFUSED, ENETDOWN, EIO } },
        [SIM_SENDMMSG] = { "sys_sendmmsg",
                           { EACCES,       EAGAIN,   EALREADY, EBADF,       ECONNRESET,
                             EDESTADDRREQ, EFAULT,   EINTR,    EINVAL,      EISCONN,
                             EMSGSIZE,     ENOBUFS,  ENOMEM,   ENOTCONN,    ENOTSOCK,
                             EOPNOTSUPP,   EPIPE,    EPERM,    ENETUNREACH, EHOSTUNREACH,
                             ECONNREFUSED, ENETDOWN, EIO } },
        [SIM_SHUTDOWN_WRITE] = { "sys_shutdown_write",
                                 { EBADF, EINTR, EINVAL, ENOTCONN, ENOTSOCK } },
        [SIM_RESET_ON_CLOSE] = { "sys_reset_on_close",
                                 { EBADF, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK } },
        [SIM_CLOSE] = { "sys_close", { EBADF, EINTR, EIO, ENOSPC, EDQUOT } },
        [SIM_POLL_OPEN] = { "sys_poll_open", { EINVAL, EMFILE, ENFILE, ENOMEM } },
        [SIM_POLL_SET] = { "sys_poll_set",
                           { EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM } },
        [SIM_POLL_WAIT] = { "sys_poll_wait", { EBADF, EFAULT, EINTR, EINVAL } },
        [SIM_WAKE_OPEN] = { "sys_wake_open", { EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM } },
        [SIM_TIMER_OPEN] = { "sys_timer_open", { EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM, EPERM } },
        [SIM_TIMER_SET] = { "sys_timer_set", { EBADF, ECANCELED, EFAULT, EINVAL } },
        [SIM_WAKE] = { "sys_wake", { EAGAIN, EBADF, EINTR, EINVAL, EIO } },
};

/* What is failed now: said before a run that ends the process. */
static struct sim_injection injection;

static void die(int number)
{
        char line[256];
        int size = snprintf(
            line, sizeof(line), "%s: errno %d of call %" PRIu64 " and %" PRIu64 " in all\n",
            calls[injection.call].name, injection.error, injection.first, injection.count);

        if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0)
                _exit(EXIT_FAILURE);
        (void)signal(number, SIG_DFL);
        (void)raise(number);
}

/* Each call of the function in turn is the first to fail; returns the runs. */
static uint64_t sweep(enum sim_call call, int error, uint64_t length)
{
        uint64_t runs = 0;

        /* "Try again" for ever is no fault that a server could live with. */
        if (length == UINT64_MAX && (error == EAGAIN || error == EINTR))
                return 0;
        injection = (struct sim_injection){ .call = call, .count = length, .error = error };
        do {
                injection.first++;
                runs++;
        } while (workload_run(&injection) > 0);
        return runs - 1;
}

int main(void)
{
        uint64_t total = 0;

        (void)signal(SIGABRT, die);
        (void)signal(SIGILL, die);
        for (int call = 0; call < SIM_CALL_COUNT; call++) {
                uint64_t runs = 0;
                unsigned errors = 0;

                for (; errors < ERRORS_MAX && calls[call].errors[errors] != 0; errors++)
                        for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
                                runs += sweep((enum sim_call)call, calls[call].errors[errors],
                                              lengths[i]);
                if (errors > 0 && runs == 0) {
                        fprintf(stderr, "%s: the workload never calls it\n", calls[call].name);
                        return EXIT_FAILURE;
                }
                printf("%-20s %2u errors, %6" PRIu64 " runs\n", calls[call].name, errors, runs);
                total += runs;
        }
        printf("%" PRIu64 " runs, each with one fault, none failed\n", total);
        return EXIT_SUCCESS;
}
