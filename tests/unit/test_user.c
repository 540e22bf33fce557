/* SPDX-License-Identifier: MIT */
/* Who is meant by --user; what its words look like is in test_options*.c. */
#include "service/user.h"

#include <string.h>

#include "suite.h"

static const char passwd[] =
    "root:x:0:0:root:/root:/bin/sh\n"
    "toor:x:0:0:root too:/root:/bin/sh\n"
    "echo:x:100:200::/:/bin/false\n"
    "echod:x:101:201::/:/bin/false\n"
    "last:x:4294967294:5::/:/bin/false\n";

static struct user user;
static struct complaint complaint;

static bool find(const char *text)
{
        FILE *file = fmemopen((char *)(uintptr_t)passwd, strlen(passwd), "r");

        ck_assert_ptr_nonnull(file);
        ck_assert(user_parse(text, &user, &complaint));
        bool is_found = user_find(&user, file, &complaint);
        ck_assert_int_eq(fclose(file), 0);
        return is_found;
}

START_TEST(name_has_the_numbers_of_its_line)
{
        ck_assert(find("echod"));
        ck_assert_uint_eq(user.uid, 101);
        ck_assert_uint_eq(user.gid, 201);
        ck_assert(find("echo"));
        ck_assert_uint_eq(user.uid, 100);
        ck_assert_uint_eq(user.gid, 200);
        ck_assert(find("last"));
        ck_assert_uint_eq(user.uid, 4294967294);
}
END_TEST

START_TEST(numbers_need_no_line)
{
        ck_assert(find("7:8"));
        ck_assert_uint_eq(user.uid, 7);
        ck_assert_uint_eq(user.gid, 8);
        ck_assert(!user_is_root(&user));
}
END_TEST

START_TEST(unknown_name_is_told)
{
        ck_assert(!find("ech"));
        ck_assert_str_eq(complaint.text, "`ech`: no such user in /etc/passwd");
        ck_assert(!find("100"));
        ck_assert_str_eq(complaint.text, "`100`: no such user in /etc/passwd");
}
END_TEST

START_TEST(root_is_root_by_its_name_alone)
{
        ck_assert(find("root"));
        ck_assert_uint_eq(user.uid, 0);
        ck_assert(user_is_root(&user));
        ck_assert(!find("toor"));
        ck_assert_str_eq(complaint.text, "`toor`: is root by another name, which must be `root`");
        ck_assert(find("echo"));
        ck_assert(!user_is_root(&user));
}
END_TEST

int main(void)
{
        const TTest *tests[] = {
                name_has_the_numbers_of_its_line,
                numbers_need_no_line,
                unknown_name_is_told,
                root_is_root_by_its_name_alone,
        };

        return SUITE_RUN("user", tests);
}
