/* SPDX-License-Identifier: MIT */
/*
 * Fails the 1st, 2nd, ... N-th call of every sys_* function with each errno that its man page
 * lists, once and many times in a row, until a run has no such call left. SQLite's loop: complete
 * for its workload, where the simulation is random.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/call_errors.h"
#include "workload.h"

/* How many calls in a row fail, from once to until the faults stop. */
static const uint64_t lengths[] = { 1, 3, 40, UINT64_MAX };

/* What is failed now: said before a run that ends the process. */
static struct sim_injection injection;

static void die(int number)
{
        char line[256];
        int size = snprintf(
            line, sizeof(line), "%s: errno %d of call %" PRIu64 " and %" PRIu64 " in all\n",
            call_errors[injection.call].name, injection.error, injection.first, injection.count);

        if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0)
                _exit(EXIT_FAILURE);
        (void)signal(number, SIG_DFL);
        (void)raise(number);
}

/* Each call of the function in turn is the first to fail; returns the runs. */
static uint64_t sweep(enum sim_call call, int error, uint64_t length)
{
        uint64_t runs = 0;

        /* "Try again" for ever is no fault that a server could live with. */
        if (length == UINT64_MAX && (error == EAGAIN || error == EINTR))
                return 0;
        injection = (struct sim_injection){ .call = call, .count = length, .error = error };
        do {
                injection.first++;
                runs++;
        } while (workload_run(&injection) > 0);
        return runs - 1;
}

int main(void)
{
        uint64_t total = 0;

        (void)signal(SIGABRT, die);
        (void)signal(SIGILL, die);
        for (int call = 0; call < SIM_CALL_COUNT; call++) {
                uint64_t runs = 0;
                unsigned errors = 0;

                for (; errors < CALL_ERRORS_MAX && call_errors[call].errors[errors] != 0; errors++)
                        for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
                                runs += sweep((enum sim_call)call, call_errors[call].errors[errors],
                                              lengths[i]);
                if (errors > 0 && runs == 0) {
                        fprintf(stderr, "%s: the workload never calls it\n",
                                call_errors[call].name);
                        return EXIT_FAILURE;
                }
                printf("%-20s %2u errors, %6" PRIu64 " runs\n", call_errors[call].name, errors,
                       runs);
                total += runs;
        }
        printf("%" PRIu64 " runs, each with one fault, none failed\n", total);
        return EXIT_SUCCESS;
}
