/* SPDX-License-Identifier: MIT */
#include "shell/sys_calls.h"

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

/* clang-format off */
const struct sys_call sys_calls[] = {
        /* What a message takes. */
        { "epoll_pwait", SYS_WORKER },
        { "recvfrom", SYS_WORKER },
        { "sendto", SYS_WORKER | SYS_MAIN }, /* main: a log that is a socket, a manager */
        { "recvmsg", SYS_WORKER },
        { "recvmmsg", SYS_WORKER },
        { "sendmsg", SYS_WORKER },
        { "sendmmsg", SYS_WORKER },
        { "clock_gettime", SYS_WORKER | SYS_MAIN }, /* where the vDSO has no clock */

        /* What a connection takes. */
        { "accept4", SYS_WORKER, 1, { { 3, SOCK_NONBLOCK | SOCK_CLOEXEC } } },
        { "getpeername", SYS_WORKER }, /* of whom a PROXY header does not tell */
        { "epoll_ctl", SYS_WORKER, 1, { { 1, EPOLL_CTL_ADD } } },
        { "epoll_ctl", SYS_WORKER, 1, { { 1, EPOLL_CTL_MOD } } },
        { "epoll_ctl", SYS_WORKER, 1, { { 1, EPOLL_CTL_DEL } } },
        { "setsockopt", SYS_WORKER, 2, { { 1, SOL_SOCKET }, { 2, SO_LINGER } } },
        { "setsockopt", SYS_WORKER, 2, { { 1, SOL_SOCKET }, { 2, SO_OOBINLINE } } },
        { "shutdown", SYS_WORKER, 1, { { 1, SHUT_WR } } },
        { "close", SYS_WORKER | SYS_MAIN },
        { "timerfd_settime", SYS_WORKER, 1, { { 1, TFD_TIMER_ABSTIME } } },
        { "madvise", SYS_WORKER, 1, { { 2, MADV_DONTNEED } } },

        /* Waking others: eight bytes into an eventfd. Main writes the log, too. */
        { "write", SYS_WORKER, 1, { { 2, sizeof(uint64_t) } } },
        { "write", SYS_MAIN },

        /* The drain: who comes later finds another server. */
        { "listen", SYS_WORKER, 1, { { 1, 0 } } },

        /* Main waits: for signals, workers and the log's reader. Stopped and continued, it goes on. */
        { "poll", SYS_MAIN },
        { "ppoll", SYS_MAIN }, /* what poll(3) is where there is no such call */
        { "restart_syscall", SYS_MAIN },
        { "read", SYS_MAIN },

        /* The end: paths of Unix sockets are given back, and memory. A libc has one of each pair. */
        { "flock", SYS_MAIN },
        { "clock_nanosleep", SYS_MAIN },
        { "nanosleep", SYS_MAIN },
        { "newfstatat", SYS_MAIN },
        { "fstat", SYS_MAIN },
        { "unlinkat", SYS_MAIN, 1, { { 2, 0 } } },
        { "munmap", SYS_MAIN },
        { "brk", SYS_MAIN },
        { "exit_group", SYS_MAIN },

        /* What is over when the server is ready. */
        { "bind", SYS_START },
        { "close_range", SYS_START },
        { "epoll_create1", SYS_START },
        { "eventfd2", SYS_START },
        { "getsockname", SYS_START },
        { "mmap", SYS_START },
        { "socket", SYS_START },
        { "timerfd_create", SYS_START },
};
/* clang-format on */

const unsigned sys_call_count = sizeof(sys_calls) / sizeof(sys_calls[0]);
