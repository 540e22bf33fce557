/* SPDX-License-Identifier: MIT */
#include "service/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libseccomp says no more than that it failed when the kernel has none. */
static int ask_kernel(void)
{
        const uint32_t action = SECCOMP_RET_KILL_PROCESS;
        long returned = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);

        return returned < 0 ? -errno : 0;
}

static int add_row(scmp_filter_ctx context, const struct sys_call *row)
{
        struct scmp_arg_cmp checks[SYS_ARGUMENTS_MAX];
        int number = seccomp_syscall_resolve_name(row->name);

        for (unsigned i = 0; i < row->argument_count; i++)
                checks[i] = SCMP_CMP64(row->arguments[i].index, SCMP_CMP_MASKED_EQ, UINT32_MAX,
                                       (uint32_t)row->arguments[i].value);
        return seccomp_rule_add_array(context, SCMP_ACT_ALLOW, number, row->argument_count, checks);
}

static int add_rows(scmp_filter_ctx context, enum sys_caller caller, const struct sys_call *rows,
                    unsigned count)
{
        int error = 0;

        for (unsigned i = 0; i < count && error == 0; i++)
                if ((rows[i].callers & caller) != 0)
                        error = add_row(context, &rows[i]);
        return error;
}

/* What was written to the file becomes the program. */
static int read_program(int fd, struct filter *ret_filter)
{
        off_t size = lseek(fd, 0, SEEK_END);

        if (size <= 0)
                return -EIO;
        struct sock_filter *code = malloc((size_t)size);
        if (code == NULL)
                return -ENOMEM;
        if (pread(fd, code, (size_t)size, 0) != size) {
                free(code);
                return -EIO;
        }
        ret_filter->program.filter = code;
        ret_filter->program.len = (unsigned short)((size_t)size / sizeof(*code));
        return 0;
}

/* As bytes: what libseccomp loads itself, it loads with memory of its own, in each thread anew. */
static int compile(scmp_filter_ctx context, struct filter *ret_filter)
{
        int fd = memfd_create("filter", MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        int error = seccomp_export_bpf(context, fd);
        if (error == 0)
                error = read_program(fd, ret_filter);
        close(fd);
        return error;
}

int filter_make(enum sys_caller caller, struct filter *ret_filter)
{
        int error = ask_kernel();

        if (error < 0)
                return error;
        scmp_filter_ctx context = seccomp_init(SCMP_ACT_KILL_PROCESS);
        if (context == NULL)
                return -ENOMEM;
        /* Calls of another architecture, and those by the numbers of 32 bits, likewise. */
        error = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        if (error == 0)
                error = add_rows(context, caller, sys_calls, sys_call_count);
        if (error == 0)
                error = add_rows(context, caller, sys_calls_more, sys_calls_more_count);
        if (error == 0)
                error = compile(context, ret_filter);
        seccomp_release(context);
        return error;
}

int filter_enter(const struct filter *filter)
{
        return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter->program) < 0 ? -errno : 0;
}

void filter_free(struct filter *filter)
{
        free(filter->program.filter);
        *filter = (struct filter){ 0 };
}
