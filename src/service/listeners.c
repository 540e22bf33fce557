/* SPDX-License-Identifier: MIT */
#include "service/listeners.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "shell/listener.h"
#include "shell/sys.h"

/* An errno of opening, as an operator meets it. */
struct refusal {
        int error;
        enum exit_code code;
        const char *reason;
};

static const struct refusal refusals[] = {
        { EACCES, EXIT_CODE_PERMISSION,
          "not permitted: ports below net.ipv4.ip_unprivileged_port_start need root or "
          "CAP_NET_BIND_SERVICE (setcap cap_net_bind_service+ep echod)" },
        { EPERM, EXIT_CODE_PERMISSION, "not permitted" },
        { EADDRINUSE, EXIT_CODE_UNAVAILABLE, "the address is in use by another process" },
        { EADDRNOTAVAIL, EXIT_CODE_UNAVAILABLE, "the address is not one of this machine" },
        { EAFNOSUPPORT, EXIT_CODE_UNAVAILABLE, "this machine has no such addresses" },
        { ENODEV, EXIT_CODE_UNAVAILABLE, "the scope is no interface of this machine" },
};

static const struct refusal unix_refusals[] = {
        { EACCES, EXIT_CODE_PERMISSION, "not permitted: the folder must be readable and writable" },
        { EPERM, EXIT_CODE_PERMISSION, "not permitted: an old socket there is not ours to remove" },
        { EROFS, EXIT_CODE_CONFIGURATION, "the file system is read-only" },
        { EADDRINUSE, EXIT_CODE_UNAVAILABLE, "another process answers there" },
        { EBUSY, EXIT_CODE_UNAVAILABLE, "another process holds the lock of the folder" },
        { EEXIST, EXIT_CODE_CONFIGURATION, "the path exists and is not a socket" },
        { EISDIR, EXIT_CODE_CONFIGURATION, "the path is a folder" },
        { ENOENT, EXIT_CODE_CONFIGURATION, "no such folder" },
        { ENOTDIR, EXIT_CODE_CONFIGURATION, "a part of the path is not a folder" },
        { ELOOP, EXIT_CODE_CONFIGURATION, "too many links on the way" },
};

static enum exit_code complain_of(struct log *log, const char *what, const char *reason,
                                  enum exit_code code)
{
        log_failure(log, "listen_failed", what, reason);
        return code;
}

static enum exit_code complain_of_errno(struct log *log, const struct address *address,
                                        const char *text, int error)
{
        bool is_unix = address->transport == ADDRESS_UNIX;
        const struct refusal *known = is_unix ? unix_refusals : refusals;
        size_t count = is_unix ? sizeof(unix_refusals) : sizeof(refusals);

        for (size_t i = 0; i < count / sizeof(refusals[0]); i++)
                if (known[i].error == error)
                        return complain_of(log, text, known[i].reason, known[i].code);
        return complain_of(log, text, strerror(error), EXIT_CODE_SYSTEM);
}

/* Hands one descriptor to each worker; those that none took are closed. */
static int hand_out(struct crew *crew, const int *fds, const struct address *address,
                    bool is_inherited)
{
        bool is_unix = address->transport == ADDRESS_UNIX;
        int error = 0;

        for (uint32_t i = 0; i < crew->count; i++) {
                struct listener listener = { .fd = fds[i],
                                             .is_unix = is_unix,
                                             .is_shared =
                                                 (is_unix || is_inherited) && crew->count > 1,
                                             .is_proxied = address->is_proxied,
                                             .is_inherited = is_inherited };
                if (error == 0)
                        error = worker_listen(&crew->members[i].worker, &listener);
                if (error < 0)
                        (void)sys_close(fds[i]);
        }
        return error;
}

static struct listener_setup setup_of(const struct address *address, const struct options *options)
{
        return (struct listener_setup){ .is_datagram = address->transport == ADDRESS_UDP,
                                        .address = (const struct sockaddr *)&address->socket,
                                        .address_size = address->size,
                                        .is_dual = address->is_dual,
                                        .stall_ns = options->stall_timeout_ns };
}

/* A socket for each worker; *ret_real is where they are. */
static int open_ip(const struct address *address, const struct options *options, int *ret_fds,
                   uint32_t count, struct address *ret_real)
{
        struct listener_setup setup = setup_of(address, options);
        int error = listener_open(&setup, ret_fds, count);
        if (error == -EAFNOSUPPORT && address->is_dual) {
                struct address ip4 = address_without_ipv6(address);
                return open_ip(&ip4, options, ret_fds, count, ret_real);
        }
        if (error < 0)
                return error;
        *ret_real = (struct address){ .transport = address->transport,
                                      .is_dual = address->is_dual,
                                      .is_proxied = address->is_proxied,
                                      .size = sizeof(ret_real->socket) };
        (void)sys_getsockname(ret_fds[0], (struct sockaddr *)&ret_real->socket, &ret_real->size);
        return 0;
}

static int open_tcp(const struct address *address, const struct options *options, struct crew *crew,
                    struct address *ret_real)
{
        int fds[OPTIONS_WORKERS_MAX];

        int error = open_ip(address, options, fds, crew->count, ret_real);
        return error < 0 ? error : hand_out(crew, fds, address, false);
}

static int open_udp(struct listeners *listeners, const struct address *address,
                    const struct options *options, uint32_t workers, struct address *ret_real)
{
        struct udp *udp = &listeners->udp;
        int fds[OPTIONS_WORKERS_MAX];

        int error = udp_open(udp, options);
        if (error == 0)
                error = open_ip(address, options, fds, workers, ret_real);
        if (error == 0)
                udp_add(udp, options, ret_real, fds, workers, (uint8_t)listeners->count);
        return error;
}

/* A descriptor of the same socket for each worker; the last one to close it closes the socket. */
static int duplicate(int fd, int *ret_fds, uint32_t count)
{
        ret_fds[0] = fd;
        for (uint32_t i = 1; i < count; i++) {
                ret_fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
                if (ret_fds[i] >= 0)
                        continue;
                int error = -errno;
                while (i-- > 0)
                        (void)sys_close(ret_fds[i]);
                return error;
        }
        return 0;
}

static int open_unix(struct listeners *listeners, const struct address *address, struct crew *crew)
{
        struct unix_socket *socket = &listeners->unix_sockets[listeners->unix_count];
        int fds[OPTIONS_WORKERS_MAX];

        int error = unix_socket_open(address, socket);
        if (error < 0)
                return error;
        listeners->unix_count++;
        error = duplicate(socket->fd, fds, crew->count);
        return error < 0 ? error : hand_out(crew, fds, address, false);
}

static int share_udp(struct udp *udp, const struct address *address, const struct options *options,
                     const int *fds, uint32_t workers, uint8_t number)
{
        int error = udp_open(udp, options);

        if (error == 0)
                udp_add_shared(udp, options, address, fds, workers, number);
        return error;
}

/* A socket that the options' listener of that place stands for, and its service manager keeps. */
static int take_over(struct listeners *listeners, const struct options *options,
                     const struct address *address, int fd, struct crew *crew)
{
        struct listener_setup setup = setup_of(address, options);
        bool is_unix = address->transport == ADDRESS_UNIX;
        int fds[OPTIONS_WORKERS_MAX];

        int error = is_unix ? 0 : listener_adopt(&setup, fd);
        if (error == 0)
                error = duplicate(fd, fds, crew->count);
        if (error < 0)
                return error;
        if (address->transport != ADDRESS_UDP)
                return hand_out(crew, fds, address, true);
        return share_udp(&listeners->udp, address, options, fds, crew->count,
                         (uint8_t)listeners->count);
}

static void tell_of(struct log *log, const struct address *address, const char *text,
                    const struct inherited *inherited, uint64_t place)
{
        const struct environment_name *name = &inherited->names[place];

        log_begin(log, LOG_INFO, "listening");
        log_text(log, "transport", address_transport_name(address->transport));
        log_text(log, "address", text);
        if (address->is_proxied)
                log_number(log, "proxy", 1);
        if (inherited->fds[place] >= 0)
                log_bytes(log, "inherited", name->text, name->size);
        (void)log_end(log);
        log_write(log);
}

static enum exit_code open_one(struct listeners *listeners, const struct options *options,
                               const struct inherited *inherited, uint64_t place, struct crew *crew,
                               struct log *log)
{
        const struct address *address = &options->listeners[place];
        char *text = listeners->texts[listeners->count];
        struct address real = *address;
        int error = 0;

        if (inherited->fds[place] >= 0)
                error = take_over(listeners, options, address, inherited->fds[place], crew);
        else if (address->transport == ADDRESS_UNIX)
                error = open_unix(listeners, address, crew);
        else if (address->transport == ADDRESS_UDP)
                error = open_udp(listeners, address, options, crew->count, &real);
        else
                error = open_tcp(address, options, crew, &real);
        address_format(error < 0 ? address : &real, text, ADDRESS_TEXT_SIZE);
        if (error < 0)
                return complain_of_errno(log, address, text, -error);
        tell_of(log, &real, text, inherited, place);
        listeners->names[listeners->count++] = text;
        return EXIT_CODE_DONE;
}

/* Those of UDP, or the others. */
static enum exit_code open_all(struct listeners *listeners, const struct options *options,
                               const struct inherited *inherited, bool is_udp, struct crew *crew,
                               struct log *log)
{
        enum exit_code code = EXIT_CODE_DONE;

        for (uint64_t i = 0; i < options->listener_count && code == EXIT_CODE_DONE; i++)
                if ((options->listeners[i].transport == ADDRESS_UDP) == is_udp)
                        code = open_one(listeners, options, inherited, i, crew, log);
        return code;
}

enum exit_code listeners_open(struct listeners *listeners, const struct options *options,
                              const struct inherited *inherited, struct crew *crew, struct log *log)
{
        enum exit_code code = open_all(listeners, options, inherited, false, crew, log);

        if (code == EXIT_CODE_DONE)
                code = open_all(listeners, options, inherited, true, crew, log);
        if (code != EXIT_CODE_DONE)
                return code;
        int error = udp_hand_out(&listeners->udp, crew);
        return error < 0 ? complain_of(log, "udp", strerror(-error), EXIT_CODE_SYSTEM) : code;
}

void listeners_close(struct listeners *listeners, struct log *log)
{
        for (uint32_t i = 0; i < listeners->unix_count; i++) {
                int error = unix_socket_remove(&listeners->unix_sockets[i]);
                if (error == 0)
                        continue;
                log_begin(log, LOG_WARN, "socket_left");
                log_text(log, "what", listeners->unix_sockets[i].name);
                log_text(log, "reason", strerror(-error));
                (void)log_end(log);
        }
        listeners->unix_count = 0;
}
