/* SPDX-License-Identifier: MIT */
#include "service/user.h"

#include <pwd.h>
#include <stdint.h>
#include <string.h>

#include "words/quantity.h"

/* The largest number means "no change" to setresuid(2). */
static const uint64_t id_most = UINT32_MAX - 1;

enum { ID_DIGITS_MAX = 10 };

static bool parse_id(const char *text, size_t size, uint32_t *ret_id)
{
        char digits[ID_DIGITS_MAX + 1];
        uint64_t id = 0;

        if (size > ID_DIGITS_MAX)
                return false;
        memcpy(digits, text, size);
        digits[size] = '\0';
        if (!quantity_count(digits, &id) || id > id_most)
                return false;
        *ret_id = (uint32_t)id;
        return true;
}

bool user_parse(const char *text, struct user *ret_user, struct complaint *complaint)
{
        const char *colon = strchr(text, ':');
        struct complaint_word word;
        struct user user = { .name = colon == NULL ? text : NULL };

        if (colon != NULL && (!parse_id(text, (size_t)(colon - text), &user.uid) ||
                              !parse_id(colon + 1, strlen(colon + 1), &user.gid)))
                return complain(complaint, "--user: %s: expected a name, or numbers as 65534:65534",
                                complaint_word(&word, text, strlen(text)));
        if (colon != NULL && user.uid == 0)
                return complain(complaint, "--user: %s: expected another user, or the name root",
                                complaint_word(&word, text, strlen(text)));
        *ret_user = user;
        return true;
}

bool user_find(struct user *user, FILE *passwd, struct complaint *complaint)
{
        struct complaint_word word;
        const struct passwd *entry;

        if (user->name == NULL)
                return true;
        do
                entry = fgetpwent(passwd);
        while (entry != NULL && strcmp(entry->pw_name, user->name) != 0);
        if (entry == NULL)
                return complain(complaint, "%s: no such user in /etc/passwd",
                                complaint_word(&word, user->name, strlen(user->name)));
        if (entry->pw_uid == 0 && !user_is_root(user))
                return complain(complaint, "%s: is root by another name, which must be `root`",
                                complaint_word(&word, user->name, strlen(user->name)));
        user->uid = entry->pw_uid;
        user->gid = entry->pw_gid;
        return true;
}

bool user_is_root(const struct user *user)
{
        return user->name != NULL && strcmp(user->name, "root") == 0;
}
