/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limit.h"

enum { RUNNING_MAX = 8, INHERITED_MAX = 32, NOBODY = 65534 };

/* A failed test returns by longjmp: what it started must be found again. */
static struct process *running[RUNNING_MAX];

static bool looks_into;

const char *process_echod(void)
{
        const char *path = getenv("ECHOD");

        ck_assert_msg(path != NULL, "set ECHOD to the path of the echod to test");
        return path;
}

static void enlist(struct process *process)
{
        unsigned i = 0;

        while (i < RUNNING_MAX && running[i] != NULL)
                i++;
        ck_assert(i < RUNNING_MAX);
        running[i] = process;
}

static void forget(struct process *process)
{
        for (unsigned i = 0; i < RUNNING_MAX; i++)
                if (running[i] == process)
                        running[i] = NULL;
        if (process->output_fd >= 0)
                close(process->output_fd);
        process->output_fd = -1;
        process->pid = 0;
}

/*
 * A signal for a child that is not yet another program would run the handler of the test: check has
 * one that ends the whole process group. Returns what was blocked before.
 */
static sigset_t hold_signals(void)
{
        sigset_t all;
        sigset_t before;

        sigfillset(&all);
        ck_assert(sigprocmask(SIG_BLOCK, &all, &before) == 0);
        return before;
}

static void forget_handlers(const sigset_t *mask)
{
        signal(SIGTERM, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        sigprocmask(SIG_SETMASK, mask, NULL);
}

/* As a service manager does: the name says which descriptor is the journal's. */
static void set_journal_stream(const char *name, int output_fd)
{
        char own_name[64];
        struct stat status;

        unsetenv("JOURNAL_STREAM");
        if (name == NULL || fstat(output_fd, &status) < 0)
                return;
        snprintf(own_name, sizeof(own_name), "%ju:%ju", (uintmax_t)status.st_dev,
                 (uintmax_t)status.st_ino);
        setenv("JOURNAL_STREAM", name[0] != '\0' ? name : own_name, 1);
}

static void set_environment(const char *const *variables)
{
        char value[32];

        for (unsigned i = 0; variables != NULL && variables[i] != NULL; i++) {
                char *variable = strdup(variables[i]);
                char *equals = strchr(variable, '=');
                *equals = '\0';
                snprintf(value, sizeof(value), "%d", getpid());
                setenv(variable, strcmp(equals + 1, "$$") == 0 ? value : equals + 1, 1);
        }
}

/* They may be where the others are going to be: first they make way. */
static void hand_over(const int *fds, unsigned count)
{
        enum { ASIDE = 512 };
        int aside[INHERITED_MAX];

        for (unsigned i = 0; i < count; i++)
                aside[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, ASIDE);
        for (unsigned i = 0; i < count; i++)
                dup2(aside[i], STDERR_FILENO + 1 + (int)i);
}

static void become_user(uid_t uid)
{
        if (uid != 0 && (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0))
                _exit(126);
}

/* In a user namespace of the test's own there is nobody but root. */
static bool has_other_users(void)
{
        unsigned first = 0;
        unsigned outside = 0;
        unsigned count = 0;
        FILE *map = fopen("/proc/self/uid_map", "re");

        if (map == NULL)
                return false;
        bool is_read = fscanf(map, "%u %u %u", &first, &outside, &count) == 3;
        fclose(map);
        return is_read && count > NOBODY;
}

/* What an echod is told besides, so that the test can be run by whoever runs it; NULL = nothing. */
static const char *own_option(const struct process_setup *setup)
{
        const char *echod = getenv("ECHOD");

        if (echod == NULL || strcmp(echod, setup->arguments[0]) != 0 || setup->is_bare ||
            setup->uid != 0)
                return NULL;
        if (geteuid() == 0)
                return has_other_users() ? "--user=nobody" : "--user=root";
        return looks_into ? "--no-sandbox" : NULL;
}

/* The name of the program, and behind it what it is told besides; returns how many these are. */
static unsigned begin_arguments(const struct process_setup *setup, char **arguments)
{
        const char *option = own_option(setup);

        arguments[0] = strdup(setup->arguments[0]);
        if (option == NULL)
                return 1;
        arguments[1] = strdup(option);
        return 2;
}

/* As a container's filter of system calls does it, or an older kernel. */
static void refuse(long call, int error)
{
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog filter = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
                _exit(126);
}

/* In the child. The program is opened before its rights are given up: its folder may be private. */
_Noreturn static void become(const struct process_setup *setup, int output_fd, pid_t parent)
{
        char *arguments[PROCESS_ARGUMENTS_MAX + 2] = { NULL };
        unsigned count = begin_arguments(setup, arguments);
        int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        int found_fd = open(setup->arguments[0], O_PATH | O_CLOEXEC);
        int program_fd = fcntl(found_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1 + INHERITED_MAX);

        for (unsigned i = 1; i < PROCESS_ARGUMENTS_MAX && setup->arguments[i] != NULL; i++)
                arguments[count++] = strdup(setup->arguments[i]);
        set_environment(setup->environment);
        set_journal_stream(setup->journal_stream, output_fd);
        dup2(null_fd, STDIN_FILENO);
        dup2(output_fd, STDOUT_FILENO);
        dup2(setup->error_fd > 0 ? setup->error_fd : output_fd, STDERR_FILENO);
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if ((setup->closed >> fd & 1) != 0)
                        close(fd);
        /* It must not inherit the clients of the test. */
        close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        hand_over(setup->inherited, setup->inherited_count);
        if (setup->is_confined || getenv(PROCESS_CONFINED) != NULL)
                refuse(SYS_close_range, EPERM);
        if (setup->missing_call != 0)
                refuse(setup->missing_call, ENOSYS);
        become_user(setup->uid);
        /* After the change of user, which forgets it. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                _exit(126);
        if (program_fd >= 0)
                fexecve(program_fd, arguments, environ);
        else
                execvp(arguments[0], arguments);
        _exit(127);
}

void process_look_into(void)
{
        looks_into = true;
}

void process_start(struct process *process, const struct process_setup *setup)
{
        int pipe_fds[2];
        pid_t parent = getpid();

        if (setup->is_socket)
                ck_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pipe_fds) == 0);
        else
                ck_assert(pipe2(pipe_fds, O_CLOEXEC) == 0);
        ck_assert_uint_le(setup->inherited_count, INHERITED_MAX);
        process->output_size = 0;
        process->output[0] = '\0';
        process->output_fd = pipe_fds[0];
        sigset_t mask = hold_signals();
        process->pid = fork();
        if (process->pid == 0) {
                forget_handlers(&mask);
                become(setup, pipe_fds[1], parent);
        }
        sigprocmask(SIG_SETMASK, &mask, NULL);
        ck_assert(process->pid >= 0);
        close(pipe_fds[1]);
        enlist(process);
        ck_assert(fcntl(process->output_fd, F_SETFL, O_NONBLOCK) == 0);
}

int process_run(struct process *process, const struct process_setup *setup)
{
        process_start(process, setup);
        return process_wait(process);
}

/* Takes what was printed; false at the end of it. */
static bool take_output(struct process *process)
{
        size_t room = sizeof(process->output) - 1 - process->output_size;

        ck_assert_msg(room > 0, "more output than a test can hold");
        ssize_t got = read(process->output_fd, process->output + process->output_size, room);
        if (got < 0)
                return errno == EAGAIN || errno == EINTR;
        process->output_size += (size_t)got;
        process->output[process->output_size] = '\0';
        return got > 0;
}

static const char *find_in_line(const struct process *process, const char *text, size_t from)
{
        const char *found = strstr(process->output + from, text);

        return found != NULL && strchr(found, '\n') != NULL ? found : NULL;
}

const char *process_await(struct process *process, const char *text, size_t from)
{
        struct limit limit = limit_start();
        struct pollfd poll_output = { .fd = process->output_fd, .events = POLLIN };
        bool is_more = true;
        const char *found;

        while ((found = find_in_line(process, text, from)) == NULL) {
                if (!is_more || poll(&poll_output, 1, limit_left_ms(&limit)) == 0)
                        return NULL;
                is_more = take_output(process);
        }
        return found;
}

const char *process_tail(const struct process *process)
{
        const size_t shown = 3000;

        return process->output + (process->output_size > shown ? process->output_size - shown : 0);
}

void process_signal(const struct process *process, int number)
{
        ck_assert(process->pid > 0 && kill(process->pid, number) == 0);
}

void process_stop(const struct process *process)
{
        int status = 0;

        process_signal(process, SIGSTOP);
        ck_assert(waitpid(process->pid, &status, WUNTRACED) == process->pid);
        ck_assert(WIFSTOPPED(status));
}

bool process_is_alive(const struct process *process)
{
        siginfo_t info = { 0 };

        /* WNOWAIT: process_wait() still gets its end. */
        return waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid == 0;
}

/* Waits for its end; its pipe is emptied meanwhile if it is read, as it may wait for that. */
static int wait_for_end(struct process *process, bool is_read)
{
        struct limit limit = limit_start();
        struct pollfd polls[] = {
                { .fd = pidfd_open(process->pid, 0), .events = POLLIN },
                { .fd = is_read ? process->output_fd : -1, .events = POLLIN },
        };
        int status = 0;
        int left_ms = LIMIT_MS;

        ck_assert(polls[0].fd >= 0);
        while (polls[0].revents == 0 && left_ms > 0) {
                left_ms = limit_left_ms(&limit);
                poll(polls, 2, left_ms);
                if (polls[1].revents != 0 && !take_output(process))
                        polls[1].fd = -1;
        }
        close(polls[0].fd);
        ck_assert_msg(left_ms > 0, "it does not end; it said:\n%s", process_tail(process));
        ck_assert(waitpid(process->pid, &status, 0) == process->pid);
        return status;
}

static void take_rest_of_output(struct process *process)
{
        size_t before;

        if (process->output_fd < 0)
                return;
        do
                before = process->output_size;
        while (take_output(process) && process->output_size > before);
}

static int end_code(struct process *process, bool is_read)
{
        int status = wait_for_end(process, is_read);

        take_rest_of_output(process);
        forget(process);
        ck_assert_msg(strstr(process->output, "Sanitizer") == NULL &&
                          strstr(process->output, "runtime error") == NULL,
                      "%s", process->output);
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_wait(struct process *process)
{
        return end_code(process, true);
}

int process_wait_unread(struct process *process)
{
        return end_code(process, false);
}

void process_close_output(struct process *process)
{
        close(process->output_fd);
        process->output_fd = -1;
}

void process_fill_output(const struct process *process)
{
        char path[64];
        char line_ends[4096];

        /* Opened anew: that this end does not wait must not change the server's. */
        snprintf(path, sizeof(path), "/proc/self/fd/%d", process->output_fd);
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
        memset(line_ends, '\n', sizeof(line_ends));
        for (size_t size = sizeof(line_ends); size > 0; size /= 2)
                while (write(fd, line_ends, size) > 0)
                        continue;
        close(fd);
}

void process_kill_all(void)
{
        for (unsigned i = 0; i < RUNNING_MAX; i++) {
                if (running[i] == NULL)
                        continue;
                kill(running[i]->pid, SIGKILL);
                waitpid(running[i]->pid, NULL, 0);
                forget(running[i]);
        }
}
