/* SPDX-License-Identifier: MIT */
#include "service/landlock.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * linux/landlock.h of the kernel this runs on; the header of the one it is built on may know less.
 * Later versions only add to the structure, and kernels take a longer one that ends in zeros.
 */
struct ruleset {
        uint64_t files;
        uint64_t network; /* since LANDLOCK_VERSION_TCP */
        uint64_t scopes;  /* since LANDLOCK_VERSION_SCOPES */
};

struct path_rule {
        uint64_t allowed;
        int32_t folder_fd;
} __attribute__((packed));

enum { RULE_PATH = 1, VERSION_ASKED = 1 };

static const uint64_t remove_file = UINT64_C(1) << 5;
static const uint64_t network_all = 3; /* bind, connect */
static const uint64_t scopes_all = 3;  /* abstract sockets, signals */

/* All that the version knows: it began with 13 rights. */
static uint64_t files_all(int version)
{
        unsigned rights = 13;

        rights += version >= 2; /* to move between folders */
        rights += version >= 3; /* to truncate */
        rights += version >= 5; /* ioctl(2) of devices */
        return (UINT64_C(1) << rights) - 1;
}

static int result(long returned)
{
        return returned < 0 ? -errno : (int)returned;
}

int landlock_version(void)
{
        int version = result(syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, VERSION_ASKED));

        return version == 0 ? -EOPNOTSUPP : version;
}

static int add_folders(int ruleset_fd, const int *folder_fds, unsigned count)
{
        for (unsigned i = 0; i < count; i++) {
                struct path_rule rule = { .allowed = remove_file, .folder_fd = folder_fds[i] };
                int error = result(syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PATH, &rule, 0));
                if (error < 0)
                        return error;
        }
        return 0;
}

int landlock_enter(int version, const int *folder_fds, unsigned count)
{
        struct ruleset ruleset = { .files = files_all(version),
                                   .network = version >= LANDLOCK_VERSION_TCP ? network_all : 0,
                                   .scopes = version >= LANDLOCK_VERSION_SCOPES ? scopes_all : 0 };
        int fd = result(syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0));

        if (fd < 0)
                return fd;
        int error = add_folders(fd, folder_fds, count);
        if (error == 0)
                error = result(syscall(SYS_landlock_restrict_self, fd, 0));
        close(fd);
        return error;
}
