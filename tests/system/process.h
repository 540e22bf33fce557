/* SPDX-License-Identifier: MIT */
/*
 * A child process under test: what it prints, how it ends, what /proc tells of it. It dies with
 * the test program, and with the test that started it. Whatever cannot be done fails the test.
 *
 * An echod that would be root is told who to become: nobody, or to stay root where there is no
 * other user (network.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Set in the environment of a test: every process it starts is confined. */
#define PROCESS_CONFINED "ECHOD_CONFINED"

enum { PROCESS_ARGUMENTS_MAX = 24, PROCESS_OUTPUT_SIZE = 512 * 1024 };

struct process {
        pid_t pid; /* 0 = ended and waited for */
        int output_fd;
        size_t output_size;
        char output[PROCESS_OUTPUT_SIZE]; /* of stdout and stderr so far; ends in NUL */
};

struct process_setup {
        const char *const *arguments; /* from the program's name on; ends in NULL */
        unsigned closed;              /* bit n: starts without descriptor n, of 0 to 2 */
        uid_t uid;                    /* 0 = as the test itself */
        bool is_bare;                 /* echod gets no `--user`, though it may be root */
        bool is_confined;             /* close_range(2) fails, as a container may want it */
        long missing_call;            /* a call that the kernel lacks (ENOSYS); 0 = none */
        bool is_socket;               /* its output goes to a socket, not into a pipe */
        int error_fd;                 /* its stderr; 0 = its output, as stdout */
        /* JOURNAL_STREAM of its environment; "" = the name of that socket; NULL = none. */
        const char *journal_stream;
        const int *inherited; /* become its descriptors 3 and following */
        unsigned inherited_count;
        /* Such as "NAME=VALUE"; ends in NULL. "$$" as a value is the number of the process. */
        const char *const *environment;
};

/* The path of the echod to test. */
const char *process_echod(void);

/*
 * From now on the test may look at the descriptors of what it starts. Who is not root only sees
 * those of an echod without its sandbox, which hides them.
 */
void process_look_into(void);

void process_start(struct process *process, const struct process_setup *setup);

/* Starts a program, waits for its end; returns what process_wait() does. */
int process_run(struct process *process, const struct process_setup *setup);

/*
 * Waits for a whole line of output with the text, at offset `from` or later. Returns where the text
 * starts, valid until more is read; NULL when the process ended without, or the limit was over.
 */
const char *process_await(struct process *process, const char *text, size_t from);

/* The end of its output so far, short enough for a message of check. */
const char *process_tail(const struct process *process);

void process_signal(const struct process *process, int number);

/* Stopped for certain when this returns; SIGCONT continues it. */
void process_stop(const struct process *process);

bool process_is_alive(const struct process *process);

/*
 * Waits for its end. Returns its exit code, or 128 + the signal that killed it; a report of a
 * sanitizer in its output fails the test.
 */
int process_wait(struct process *process);

/* The same, but nothing is read of its output before it has ended. */
int process_wait_unread(struct process *process);

/* Nobody reads its output any more: it gets EPIPE. */
void process_close_output(struct process *process);

/* Fills the pipe of its output to the last byte, with empty lines. */
void process_fill_output(const struct process *process);

/* All that still run; after each test. */
void process_kill_all(void);
