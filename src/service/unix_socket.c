/* SPDX-License-Identifier: MIT */
#include "service/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "shell/listener.h"

enum { SOCKET_MODE = 0666 };

/* Only programs that ignore the lock can take a path again that was just cleared. */
enum { BIND_TRIES = 3 };

enum { LOCK_PAUSE_MS = 10 };

static int open_socket(void)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        return fd < 0 ? -errno : fd;
}

static int start_listening(int fd)
{
        return listen(fd, LISTENER_BACKLOG) < 0 ? -errno : 0;
}

/* Anybody who may read the folder may lock it for good: this wait must end. */
static int lock_folder(int folder_fd, unsigned patience_ms)
{
        const struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000 };

        for (unsigned waited_ms = 0; waited_ms <= patience_ms; waited_ms += LOCK_PAUSE_MS) {
                if (flock(folder_fd, LOCK_EX | LOCK_NB) == 0)
                        return 0;
                if (errno != EWOULDBLOCK)
                        return -errno;
                nanosleep(&pause, NULL);
        }
        return -EBUSY;
}

/* Also the name within the folder, which is empty if the path ends in a slash. */
static int open_folder(const char *path, char ret_name[ADDRESS_PATH_MAX + 1])
{
        char folder[ADDRESS_PATH_MAX + 1] = ".";
        const char *slash = strrchr(path, '/');
        const char *name = slash != NULL ? slash + 1 : path;
        size_t folder_size = slash == path ? 1 : (size_t)(name - path) - (slash != NULL);

        if (folder_size > 0) {
                memcpy(folder, path, folder_size);
                folder[folder_size] = '\0';
        }
        memcpy(ret_name, name, strlen(name) + 1);
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

/* What connect(2) finds at the path: 0 or its positive errno. */
static int try_to_connect(const struct address *address, int *ret_found)
{
        int fd = open_socket();

        if (fd < 0)
                return fd;
        int failed = connect(fd, (const struct sockaddr *)&address->socket, address->size);
        *ret_found = failed < 0 ? errno : 0;
        close(fd);
        return 0;
}

/* Removes a socket that nobody answers on. 0 when the path is free; else why it cannot be. */
static int clear_path(const struct unix_socket *socket, const struct address *address)
{
        struct stat there;
        int found = 0;

        if (fstatat(socket->folder_fd, socket->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISSOCK(there.st_mode))
                return S_ISDIR(there.st_mode) ? -EISDIR : -EEXIST;
        int error = try_to_connect(address, &found);
        if (error < 0)
                return error;
        switch (found) {
        case ECONNREFUSED:
                return unlinkat(socket->folder_fd, socket->name, 0) < 0 ? -errno : 0;
        case ENOENT:
                return 0;
        case EACCES:
        case ENOMEM:
                return -found;
        default:
                return -EADDRINUSE;
        }
}

static int bind_path(const struct unix_socket *socket, const struct address *address)
{
        /* bind(2) takes the mode of the socket's own inode, so there is no moment with another. */
        if (fchmod(socket->fd, SOCKET_MODE) < 0)
                return -errno;
        for (unsigned i = 0; i < BIND_TRIES; i++) {
                if (bind(socket->fd, (const struct sockaddr *)&address->socket, address->size) == 0)
                        return 0;
                if (errno != EADDRINUSE)
                        return -errno;
                int error = clear_path(socket, address);
                if (error < 0)
                        return error;
        }
        return -EADDRINUSE;
}

static int pin_inode(struct unix_socket *socket)
{
        socket->inode_fd = openat(socket->folder_fd, socket->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        return socket->inode_fd < 0 ? -errno : 0;
}

/* With the folder locked. */
static int listen_at_path(struct unix_socket *socket, const struct address *address)
{
        int error = bind_path(socket, address);

        if (error < 0)
                return error;
        error = pin_inode(socket);
        if (error == 0)
                error = start_listening(socket->fd);
        if (error < 0) {
                (void)unlinkat(socket->folder_fd, socket->name, 0);
                if (socket->inode_fd >= 0)
                        close(socket->inode_fd);
        }
        return error;
}

static int take_path(struct unix_socket *socket, const struct address *address, const char *path)
{
        socket->folder_fd = open_folder(path, socket->name);
        if (socket->folder_fd < 0)
                return socket->folder_fd;
        int error =
            socket->name[0] == '\0' ? -EISDIR : lock_folder(socket->folder_fd, UNIX_SOCKET_OPEN_MS);
        if (error == 0)
                error = listen_at_path(socket, address);
        if (error < 0)
                close(socket->folder_fd); /* and with it the lock */
        else
                (void)flock(socket->folder_fd, LOCK_UN);
        return error;
}

static int take_name(const struct unix_socket *socket, const struct address *address)
{
        if (bind(socket->fd, (const struct sockaddr *)&address->socket, address->size) < 0)
                return -errno;
        return start_listening(socket->fd);
}

int unix_socket_open(const struct address *address, struct unix_socket *ret_socket)
{
        const char *path = ((const struct sockaddr_un *)&address->socket)->sun_path;
        struct unix_socket opened = { .fd = open_socket(), .folder_fd = -1, .inode_fd = -1 };

        if (opened.fd < 0)
                return opened.fd;
        int error =
            path[0] == '\0' ? take_name(&opened, address) : take_path(&opened, address, path);
        if (error < 0) {
                close(opened.fd);
                return error;
        }
        *ret_socket = opened;
        return 0;
}

int unix_socket_give(const struct unix_socket *socket, uid_t uid, gid_t gid)
{
        if (socket->inode_fd < 0)
                return 0;
        return fchownat(socket->inode_fd, "", uid, gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

static int unlink_own(const struct unix_socket *socket)
{
        struct stat own;
        struct stat there;

        if (fstat(socket->inode_fd, &own) < 0)
                return -errno;
        if (fstatat(socket->folder_fd, socket->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (there.st_dev != own.st_dev || there.st_ino != own.st_ino)
                return 0;
        return unlinkat(socket->folder_fd, socket->name, 0) < 0 ? -errno : 0;
}

int unix_socket_remove(struct unix_socket *socket)
{
        if (socket->folder_fd < 0)
                return 0;
        int error = lock_folder(socket->folder_fd, UNIX_SOCKET_REMOVE_MS);
        if (error == 0)
                error = unlink_own(socket);
        close(socket->inode_fd);
        close(socket->folder_fd);
        socket->inode_fd = -1;
        socket->folder_fd = -1;
        return error;
}
