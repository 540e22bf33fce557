/* SPDX-License-Identifier: MIT */
/*
 * Whom the process becomes once it has opened what takes rights: a name of /etc/passwd, or numbers.
 * No name service is asked (nsswitch.conf(5)), so a statically linked program finds the same.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "words/complaint.h"

struct user {
        const char *name; /* as given, the caller's; NULL = the numbers are */
        uid_t uid;
        gid_t gid;
};

/*
 * Reads NAME or UID:GID; of a name, the numbers are 0 until user_find(). UID 0 is only to be had by
 * its name. False, and *ret_user is not written, but the complaint is.
 */
bool user_parse(const char *text, struct user *ret_user, struct complaint *complaint);

/*
 * Fills in the numbers of a name, from a file such as /etc/passwd. False with a complaint: the file
 * has no such name, or one that is root by another name.
 */
bool user_find(struct user *user, FILE *passwd, struct complaint *complaint);

/* Root by choice: a process that is root with this user stays what it is. */
bool user_is_root(const struct user *user);
