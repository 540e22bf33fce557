/* SPDX-License-Identifier: MIT */
#include "service/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shell/listener.h"

static const char too_many[] = "more than 16 listeners, with those of the command line";

/* What is done about the listeners so far. */
struct taking {
        struct inherited *inherited;
        struct options *options; /* with the listeners that were taken */
        const struct options *given;
        bool is_covered[OPTIONS_LISTENERS_MAX]; /* by a socket: that LISTEN needs no other */
};

/* A socket that was handed over. */
struct gift {
        int fd;
        struct environment_name name;
        struct address address;
};

static void tell_which(struct log *log, const struct gift *gift)
{
        log_number(log, "descriptor", (uint64_t)gift->fd);
        log_bytes(log, "name", gift->name.text, gift->name.size);
}

static enum exit_code refuse(struct log *log, const struct gift *gift, const char *reason)
{
        log_begin(log, LOG_ERROR, "listen_failed");
        tell_which(log, gift);
        log_text(log, "reason", reason);
        (void)log_end(log);
        return EXIT_CODE_CONFIGURATION;
}

static int option_of(int fd, int level, int name)
{
        int value = -1;
        socklen_t size = sizeof(value);

        return getsockopt(fd, level, name, &value, &size) < 0 ? -1 : value;
}

static bool is_ip(const struct address *address)
{
        return address->socket.ss_family == AF_INET || address->socket.ss_family == AF_INET6;
}

/* Both families, by one socket. */
static bool is_dual(int fd, const struct address *address)
{
        return address->socket.ss_family == AF_INET6 &&
               listener_is_wildcard((const struct sockaddr *)&address->socket) &&
               option_of(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 0;
}

/* NULL, and it is known where the socket is; or why it is no listener of this server. */
static const char *identify_socket(struct gift *gift)
{
        struct address *address = &gift->address;
        int type = option_of(gift->fd, SOL_SOCKET, SO_TYPE);
        int protocol = option_of(gift->fd, SOL_SOCKET, SO_PROTOCOL);

        address->size = sizeof(address->socket);
        if (getsockname(gift->fd, (struct sockaddr *)&address->socket, &address->size) < 0)
                return strerror(errno);
        if (type == SOCK_STREAM && is_ip(address) && protocol == IPPROTO_TCP)
                address->transport = ADDRESS_TCP;
        else if (type == SOCK_DGRAM && is_ip(address) && protocol == IPPROTO_UDP)
                address->transport = ADDRESS_UDP;
        else if (type == SOCK_STREAM && address->socket.ss_family == AF_UNIX)
                address->transport = ADDRESS_UNIX;
        else
                return "expected a socket of TCP or UDP, or a Unix stream socket";
        if (type == SOCK_STREAM && option_of(gift->fd, SOL_SOCKET, SO_ACCEPTCONN) != 1)
                return "the socket does not listen, expected one that does (Accept=no)";
        if (type == SOCK_DGRAM && address_has_no_port(address))
                return "the socket has no address, expected one that is bound";
        address->is_dual = is_dual(gift->fd, address);
        return NULL;
}

/* It goes no further by exec(2), and nobody waits on it. */
static const char *prepare(int fd)
{
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
            fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return strerror(errno);
        return NULL;
}

/* Marks every LISTEN that the socket is for, and takes the flags of the first; false = none is. */
static bool find_cover(struct taking *taking, struct address *socket)
{
        bool is_found = false;

        for (uint64_t i = 0; i < taking->given->listener_count; i++) {
                const struct address *listener = &taking->given->listeners[i];
                if (!address_covers(listener, socket))
                        continue;
                if (!is_found)
                        socket->is_proxied = listener->is_proxied;
                taking->is_covered[i] = true;
                is_found = true;
        }
        return is_found;
}

static bool add(struct taking *taking, const struct address *address, int fd,
                struct environment_name name)
{
        struct options *options = taking->options;

        if (options->listener_count == OPTIONS_LISTENERS_MAX)
                return false;
        options->listeners[options->listener_count] = *address;
        taking->inherited->fds[options->listener_count] = fd;
        taking->inherited->names[options->listener_count] = name;
        options->listener_count++;
        return true;
}

static void close_uncovered(const struct gift *gift, const char *wrong, struct log *log)
{
        char text[ADDRESS_TEXT_SIZE];

        log_begin(log, LOG_WARN, "socket_closed");
        tell_which(log, gift);
        if (wrong == NULL) {
                address_format(&gift->address, text, sizeof(text));
                log_text(log, "transport", address_transport_name(gift->address.transport));
                log_text(log, "address", text);
        }
        log_text(log, "reason", wrong != NULL ? wrong : "no LISTEN of the command line is for it");
        (void)log_end(log);
        log_write(log);
        close(gift->fd);
}

static enum exit_code take_socket(struct taking *taking, struct gift *gift, struct log *log)
{
        if (option_of(gift->fd, SOL_SOCKET, SO_TYPE) < 0)
                return refuse(log, gift, errno == EBADF ? "it is not open" : "it is no socket");
        const char *wrong = identify_socket(gift);
        if (taking->given->are_listeners_given &&
            (wrong != NULL || !find_cover(taking, &gift->address))) {
                close_uncovered(gift, wrong, log);
                return EXIT_CODE_DONE;
        }
        if (wrong == NULL)
                wrong = prepare(gift->fd);
        if (wrong == NULL && !add(taking, &gift->address, gift->fd, gift->name))
                wrong = too_many;
        return wrong != NULL ? refuse(log, gift, wrong) : EXIT_CODE_DONE;
}

static enum exit_code add_uncovered(struct taking *taking, struct log *log)
{
        const struct options *given = taking->given;

        for (uint64_t i = 0; i < given->listener_count; i++) {
                if (taking->is_covered[i] ||
                    add(taking, &given->listeners[i], -1, (struct environment_name){ 0 }))
                        continue;
                log_begin(log, LOG_ERROR, "listen_failed");
                log_text(log, "reason", too_many);
                (void)log_end(log);
                return EXIT_CODE_CONFIGURATION;
        }
        return EXIT_CODE_DONE;
}

enum exit_code inherited_take(struct inherited *inherited, const struct environment *environment,
                              struct options *options, struct log *log)
{
        const struct options given = *options;
        struct taking taking = { .inherited = inherited, .options = options, .given = &given };
        enum exit_code code = EXIT_CODE_DONE;

        options->listener_count = 0;
        for (uint32_t i = 0; i < environment->socket_count && code == EXIT_CODE_DONE; i++) {
                struct gift gift = { .fd = ENVIRONMENT_FIRST_FD + (int)i,
                                     .name = environment->names[i] };
                code = take_socket(&taking, &gift, log);
        }
        if (code == EXIT_CODE_DONE && (given.are_listeners_given || options->listener_count == 0))
                code = add_uncovered(&taking, log);
        return code;
}
