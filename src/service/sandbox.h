/* SPDX-License-Identifier: MIT */
/*
 * How the process gives up what serving does not need, in three steps that the supervisor takes in
 * order: who it is to become is looked up first of all; when the listeners are open it becomes that
 * and binds itself, before there are threads; and when the workers are held to their filter, main
 * is to its own, and the log tells what holds. Nothing can be taken back.
 *
 * Each part is applied as well as this kernel can; what it cannot is told, and fatal only where
 * --require-sandbox wants it so.
 */
#pragma once

#include "service/filter.h"
#include "service/listeners.h"
#include "service/log.h"
#include "service/options.h"
#include "words/exit_code.h"

enum sandbox_part {
        SANDBOX_CAPABILITIES,
        SANDBOX_NO_NEW_PRIVILEGES,
        SANDBOX_HIDDEN,
        SANDBOX_LIMITS,
        SANDBOX_LANDLOCK,
        SANDBOX_SECCOMP,
        SANDBOX_PART_COUNT,
};

/* Its fields are private. All zero = nothing is done yet. */
struct sandbox {
        bool is_off;
        bool is_required;
        struct user user;
        bool is_user_given;
        uid_t uid; /* what the process is then */
        gid_t gid;
        int errors[SANDBOX_PART_COUNT]; /* 0 = holds, else -errno */
        int landlock_version;
        struct filter worker;
        struct filter main;
};

/*
 * Finds the user, and refuses to be root without having been told to. EXIT_CODE_DONE, or the log
 * says why not.
 */
enum exit_code sandbox_prepare(struct sandbox *sandbox, const struct options *options,
                               struct log *log);

/*
 * The process becomes the user, to whom the paths of its Unix sockets are given, and binds itself
 * but for its calls. Likewise.
 */
enum exit_code sandbox_enter(struct sandbox *sandbox, const struct listeners *listeners,
                             struct log *log);

/* What each worker enters; NULL: there is none for it, which sandbox_seal() tells. */
const struct filter *sandbox_worker_filter(const struct sandbox *sandbox);

/*
 * Main enters its filter. worker_error is 0, or the -errno that a worker met entering its own.
 * EXIT_CODE_DONE, or a part is missing that is required. The log tells either way.
 */
enum exit_code sandbox_seal(struct sandbox *sandbox, int worker_error, struct log *log);

/* How many of its parts do not hold, after sandbox_seal(). */
unsigned sandbox_missing(const struct sandbox *sandbox);
