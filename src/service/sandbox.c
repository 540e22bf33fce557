/* SPDX-License-Identifier: MIT */
#include "service/sandbox.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/landlock.h"
#include "service/privileges.h"

/* Stable: scripts read them. */
static const char *const part_names[] = {
        [SANDBOX_CAPABILITIES] = "capabilities", [SANDBOX_NO_NEW_PRIVILEGES] = "no_new_privileges",
        [SANDBOX_HIDDEN] = "not_dumpable",       [SANDBOX_LIMITS] = "limits",
        [SANDBOX_LANDLOCK] = "landlock",         [SANDBOX_SECCOMP] = "seccomp",
};

static enum exit_code fail(struct log *log, const char *what, const char *reason,
                           enum exit_code code)
{
        log_failure(log, "start_failed", what, reason);
        return code;
}

/* The first error of a part sticks. */
static void note(struct sandbox *sandbox, enum sandbox_part part, int error)
{
        if (sandbox->errors[part] == 0)
                sandbox->errors[part] = error;
}

static enum exit_code find_user(struct sandbox *sandbox, struct log *log)
{
        struct complaint complaint;
        FILE *passwd = fopen("/etc/passwd", "re");

        if (passwd == NULL)
                return fail(log, "/etc/passwd", strerror(errno), EXIT_CODE_CONFIGURATION);
        bool is_found = user_find(&sandbox->user, passwd, &complaint);
        fclose(passwd);
        return is_found ? EXIT_CODE_DONE
                        : fail(log, "--user", complaint.text, EXIT_CODE_CONFIGURATION);
}

enum exit_code sandbox_prepare(struct sandbox *sandbox, const struct options *options,
                               struct log *log)
{
        sandbox->is_off = options->no_sandbox;
        sandbox->is_required = options->require_sandbox;
        sandbox->is_user_given = options->is_user_given;
        sandbox->user = options->user;
        /* libc reads the file of the time zone when it first formats a time, and later cannot. */
        tzset();
        if (!sandbox->is_user_given)
                return privileges_is_root()
                           ? fail(log, "--user",
                                  "root must say who to become, such as --user nobody; --user root "
                                  "stays root",
                                  EXIT_CODE_CONFIGURATION)
                           : EXIT_CODE_DONE;
        return sandbox->user.name == NULL ? EXIT_CODE_DONE : find_user(sandbox, log);
}

/* While there are the rights to; who cannot take a path away at the end is told then. */
static void give_sockets(const struct sandbox *sandbox, const struct listeners *listeners)
{
        for (uint32_t i = 0; i < listeners->unix_count; i++)
                (void)unix_socket_give(&listeners->unix_sockets[i], sandbox->user.uid,
                                       sandbox->user.gid);
}

static enum exit_code become_user(struct sandbox *sandbox, const struct listeners *listeners,
                                  struct log *log)
{
        if (!sandbox->is_user_given || (user_is_root(&sandbox->user) && privileges_is_root()))
                return EXIT_CODE_DONE;
        give_sockets(sandbox, listeners);
        int error = privileges_become(&sandbox->user);
        if (error == 0)
                return EXIT_CODE_DONE;
        return fail(log, "--user", error == -EPERM ? "not permitted: needs root" : strerror(-error),
                    error == -EPERM ? EXIT_CODE_PERMISSION : EXIT_CODE_SYSTEM);
}

static int enter_landlock(struct sandbox *sandbox, const struct listeners *listeners)
{
        int folder_fds[OPTIONS_LISTENERS_MAX];
        unsigned count = 0;

        for (uint32_t i = 0; i < listeners->unix_count; i++)
                if (listeners->unix_sockets[i].folder_fd >= 0)
                        folder_fds[count++] = listeners->unix_sockets[i].folder_fd;
        sandbox->landlock_version = landlock_version();
        if (sandbox->landlock_version < 0)
                return sandbox->landlock_version;
        return landlock_enter(sandbox->landlock_version, folder_fds, count);
}

static int make_filters(struct sandbox *sandbox)
{
        int error = filter_make(SYS_WORKER, &sandbox->worker);

        return error < 0 ? error : filter_make(SYS_MAIN, &sandbox->main);
}

enum exit_code sandbox_enter(struct sandbox *sandbox, const struct listeners *listeners,
                             struct log *log)
{
        if (!sandbox->is_off)
                note(sandbox, SANDBOX_CAPABILITIES, privileges_bound());
        enum exit_code code = become_user(sandbox, listeners, log);
        sandbox->uid = geteuid();
        sandbox->gid = getegid();
        if (code != EXIT_CODE_DONE || sandbox->is_off)
                return code;
        note(sandbox, SANDBOX_CAPABILITIES, privileges_drop());
        note(sandbox, SANDBOX_NO_NEW_PRIVILEGES, privileges_gain_none());
        note(sandbox, SANDBOX_HIDDEN, privileges_hide());
        note(sandbox, SANDBOX_LANDLOCK, enter_landlock(sandbox, listeners));
        note(sandbox, SANDBOX_SECCOMP, make_filters(sandbox));
        return EXIT_CODE_DONE;
}

const struct filter *sandbox_worker_filter(const struct sandbox *sandbox)
{
        bool is_made = !sandbox->is_off && sandbox->errors[SANDBOX_SECCOMP] == 0;

        return is_made ? &sandbox->worker : NULL;
}

unsigned sandbox_missing(const struct sandbox *sandbox)
{
        unsigned missing = 0;

        for (unsigned i = 0; i < SANDBOX_PART_COUNT; i++)
                missing += sandbox->is_off || sandbox->errors[i] != 0;
        return missing;
}

static void tell_part(const struct sandbox *sandbox, enum sandbox_part part, struct log *log)
{
        int error = sandbox->errors[part];
        char text[128] = "on";

        if (sandbox->is_off)
                snprintf(text, sizeof(text), "off: --no-sandbox");
        else if (error != 0)
                snprintf(text, sizeof(text), "off: %s", strerror(-error));
        log_text(log, part_names[part], text);
}

/* An older kernel's rules are told, but not missed: the filter lets no such call through. */
static void tell_landlock(const struct sandbox *sandbox, struct log *log)
{
        int version = sandbox->landlock_version;

        if (sandbox->is_off || sandbox->errors[SANDBOX_LANDLOCK] != 0)
                return;
        log_number(log, "landlock_version", (uint64_t)version);
        if (version < LANDLOCK_VERSION_SCOPES)
                log_text(log, "landlock_lacks",
                         version < LANDLOCK_VERSION_TCP ? "tcp,scopes" : "scopes");
}

static void tell(const struct sandbox *sandbox, struct log *log)
{
        unsigned missing = sandbox_missing(sandbox);

        log_begin(log, missing == 0 ? LOG_INFO : LOG_WARN, "sandbox");
        log_number(log, "missing", missing);
        log_number(log, "uid", sandbox->uid);
        log_number(log, "gid", sandbox->gid);
        for (unsigned i = 0; i < SANDBOX_PART_COUNT; i++)
                tell_part(sandbox, i, log);
        tell_landlock(sandbox, log);
        (void)log_end(log);
        log_write(log);
}

static enum exit_code complain_of_missing(const struct sandbox *sandbox, struct log *log)
{
        char reason[128];
        unsigned part = 0;

        while (sandbox->errors[part] == 0)
                part++;
        snprintf(reason, sizeof(reason), "%s: %s", part_names[part],
                 strerror(-sandbox->errors[part]));
        return fail(log, "--require-sandbox", reason, EXIT_CODE_SYSTEM);
}

enum exit_code sandbox_seal(struct sandbox *sandbox, int worker_error, struct log *log)
{
        if (!sandbox->is_off) {
                note(sandbox, SANDBOX_LIMITS, privileges_limit());
                note(sandbox, SANDBOX_SECCOMP, worker_error);
                if (sandbox->errors[SANDBOX_SECCOMP] == 0)
                        note(sandbox, SANDBOX_SECCOMP, filter_enter(&sandbox->main));
        }
        filter_free(&sandbox->worker);
        filter_free(&sandbox->main);
        tell(sandbox, log);
        if (sandbox->is_required && sandbox_missing(sandbox) > 0)
                return complain_of_missing(sandbox, log);
        return EXIT_CODE_DONE;
}
