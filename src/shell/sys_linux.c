/* SPDX-License-Identifier: MIT */
#include "shell/sys.h"

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static const uint64_t second_ns = 1000000000;

static int result(int returned)
{
        return returned < 0 ? -errno : returned;
}

uint64_t sys_clock(void)
{
        struct timespec now = { 0 };

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * second_ns + (uint64_t)now.tv_nsec;
}

void *sys_reserve(size_t size)
{
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);

        return data == MAP_FAILED ? NULL : data;
}

int sys_small_pages(void *data, size_t size)
{
        return result(madvise(data, size, MADV_NOHUGEPAGE));
}

int sys_release(void *data, size_t size)
{
        return result(madvise(data, size, MADV_DONTNEED));
}

int sys_unreserve(void *data, size_t size)
{
        return result(munmap(data, size));
}

int sys_socket_tcp(int family)
{
        return result(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int sys_socket_udp(int family)
{
        return result(socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int sys_setsockopt_int(int fd, int level, int name, int value)
{
        return result(setsockopt(fd, level, name, &value, sizeof(value)));
}

int sys_bind(int fd, const struct sockaddr *address, uint32_t size)
{
        return result(bind(fd, address, size));
}

int sys_getsockname(int fd, struct sockaddr *ret_address, uint32_t *size)
{
        return result(getsockname(fd, ret_address, size));
}

int sys_getpeername(int fd, struct sockaddr *ret_address, uint32_t *size)
{
        return result(getpeername(fd, ret_address, size));
}

int sys_listen(int fd, int backlog)
{
        return result(listen(fd, backlog));
}

int sys_accept(int listen_fd, struct sockaddr *ret_peer, uint32_t *size)
{
        return result(accept4(listen_fd, ret_peer, size, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/*
 * Not by recv(2) and its like of libc: in a process with threads those are cancellation points, two
 * locked instructions a call, and no thread here is ever cancelled.
 */
long sys_recv(int fd, void *data, uint32_t size, int flags)
{
        long got = syscall(SYS_recvfrom, fd, data, (size_t)size, flags, NULL, NULL);

        return got < 0 ? -errno : got;
}

long sys_send(int fd, const void *data, uint32_t size)
{
        long sent = syscall(SYS_sendto, fd, data, (size_t)size, MSG_NOSIGNAL, NULL, 0);

        return sent < 0 ? -errno : sent;
}

long sys_recvmsg(int fd, struct msghdr *message)
{
        long got = syscall(SYS_recvmsg, fd, message, 0);

        return got < 0 ? -errno : got;
}

int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count)
{
        return result((int)syscall(SYS_recvmmsg, fd, messages, count, 0, NULL));
}

long sys_sendmsg(int fd, const struct msghdr *message)
{
        long sent = syscall(SYS_sendmsg, fd, message, MSG_NOSIGNAL);

        return sent < 0 ? -errno : sent;
}

int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count)
{
        return result((int)syscall(SYS_sendmmsg, fd, messages, count, MSG_NOSIGNAL));
}

int sys_shutdown_write(int fd)
{
        return result(shutdown(fd, SHUT_WR));
}

int sys_reset_on_close(int fd)
{
        struct linger linger = { .l_onoff = 1, .l_linger = 0 };

        return result(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
}

int sys_close(int fd)
{
        return result(close(fd));
}

int sys_poll_open(void)
{
        return result(epoll_create1(EPOLL_CLOEXEC));
}

int sys_poll_set(int poll_fd, int operation, int fd, uint32_t events, uint64_t token)
{
        struct epoll_event event = { .events = events, .data.u64 = token };

        return result(epoll_ctl(poll_fd, operation, fd, &event));
}

int sys_poll_wait(int poll_fd, struct epoll_event *events, int count, int timeout_ms)
{
        return result(
            (int)syscall(SYS_epoll_pwait, poll_fd, events, count, timeout_ms, NULL, (size_t)8));
}

int sys_wake_open(void)
{
        return result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
}

int sys_wake(int wake_fd)
{
        uint64_t one = 1;

        return (int)(write(wake_fd, &one, sizeof(one)) < 0 ? -errno : 0);
}

int sys_timer_open(void)
{
        return result(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
}

int sys_timer_set(int timer_fd, uint64_t deadline_ns)
{
        struct itimerspec setting = { 0 };

        if (deadline_ns < UINT64_MAX) {
                setting.it_value.tv_sec = (time_t)(deadline_ns / second_ns);
                setting.it_value.tv_nsec = (long)(deadline_ns % second_ns);
        }
        return result(timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &setting, NULL));
}

/*
 * As unshare(CLONE_FILES) would, which containers forbid for what else it can do. There is no
 * descriptor of that number to close; and who has this call has the plain close_range(2), too.
 */
int sys_own_descriptors(void)
{
        return result(close_range(UINT_MAX, UINT_MAX, CLOSE_RANGE_UNSHARE));
}

int sys_close_range(unsigned first, unsigned last)
{
        return result(close_range(first, last, 0));
}
