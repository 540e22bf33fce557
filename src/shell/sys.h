/* SPDX-License-Identifier: MIT */
/*
 * The whole kernel surface of the shell: one kernel call a function, >= 0 or -errno, no retry and
 * no policy. sys_linux.c defines it for production; tests define it again to play the kernel.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* Monotonic ns. */
uint64_t sys_clock(void);

/* Private zeroed memory, reserved now and touched page by page; NULL when refused. */
void *sys_reserve(size_t size);
/* Small pages only: a huge one would make a sparse table resident. */
int sys_small_pages(void *data, size_t size);
/* Gives whole pages back; they read as zeros afterwards. */
int sys_release(void *data, size_t size);
int sys_unreserve(void *data, size_t size);

/* Sockets are nonblocking and close-on-exec. */
int sys_socket_tcp(int family);
int sys_socket_udp(int family);
int sys_setsockopt_int(int fd, int level, int name, int value);
int sys_bind(int fd, const struct sockaddr *address, uint32_t size);
int sys_getsockname(int fd, struct sockaddr *ret_address, uint32_t *size);
int sys_getpeername(int fd, struct sockaddr *ret_address, uint32_t *size);
int sys_listen(int fd, int backlog);
int sys_accept(int listen_fd, struct sockaddr *ret_peer, uint32_t *size);
long sys_recv(int fd, void *data, uint32_t size, int flags);
long sys_send(int fd, const void *data, uint32_t size);
/* Datagrams: the size of one, or the number of several. */
long sys_recvmsg(int fd, struct msghdr *message);
int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned count);
long sys_sendmsg(int fd, const struct msghdr *message);
int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned count);
int sys_shutdown_write(int fd);
/* From now on sys_close() resets the connection instead of finishing it. */
int sys_reset_on_close(int fd);
int sys_close(int fd);

int sys_poll_open(void);
int sys_poll_set(int poll_fd, int operation, int fd, uint32_t events, uint64_t token);
/* timeout_ms -1 = none. */
int sys_poll_wait(int poll_fd, struct epoll_event *events, int count, int timeout_ms);

/* A descriptor that becomes readable when another thread wakes it. */
int sys_wake_open(void);
int sys_wake(int wake_fd);

/* A descriptor that becomes readable when the time has come that was set last. */
int sys_timer_open(void);
/* By sys_clock(), above 0: a time that has passed fires at once, UINT64_MAX never. */
int sys_timer_set(int timer_fd, uint64_t deadline_ns);

/*
 * The calling thread shares its descriptor table with nobody any more: it has a copy, in which all
 * is open that was. On failure it shares the table as before.
 */
int sys_own_descriptors(void);
/* Closes what is open of these, in the caller's table: `last` too, UINT_MAX = whatever follows. */
int sys_close_range(unsigned first, unsigned last);
