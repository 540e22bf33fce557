/* SPDX-License-Identifier: MIT */
/* Runs the whole server on the simulated kernel, seed after seed, each twice. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "core/poison.h"
#include "support/world.h"

#ifdef POISON_WORKS
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_set_death_callback(callback) ((void)(callback))
#endif

enum {
        EXIT_USAGE = 64,
        STEPS_MAX = 1000000000,
        HANG_SECONDS = 2, /* of computing without a kernel call */
};

static const char usage[] =
    "usage: sim_worker [OPTION]...\n"
    "Runs the server on a simulated kernel with faults, each seed twice; stops at a failure.\n"
    "  --seed N      the first seed (default 1)\n"
    "  --runs N      how many seeds, one after the other (default 1)\n"
    "  --seconds N   run seeds until then, whatever --runs says\n"
    "  --steps N     decisions a run, before it must finish (default 2000)\n"
    "  --datagrams   nearly nothing but datagrams, most in batches\n"
    "  --trace       print every event of the first run to standard output\n"
    "  --help        print this\n";

static struct {
        uint64_t seed;
        uint64_t runs;
        uint64_t seconds;
        uint64_t steps;
        bool is_traced;
        bool are_datagrams;
} options = { .seed = 1, .runs = 1, .steps = 2000 };

static const char *program;
static uint64_t seed;

/* The last words of a run that fails, however it does: what brings the failure back. */
static void tell_seed(void)
{
        char line[512];
        int size = snprintf(
            line, sizeof(line),
            "seed %" PRIu64 " failed; again: %s --seed %" PRIu64 " --steps %" PRIu64 "%s --trace\n",
            seed, program, seed, options.steps, options.are_datagrams ? " --datagrams" : "");

        if (size > 0 && write(STDERR_FILENO, line, (size_t)size) < 0)
                _exit(EXIT_FAILURE);
}

static void die(int number)
{
        tell_seed();
        (void)signal(number, SIG_DFL);
        (void)raise(number);
}

/* A loop that calls no kernel is seen by no simulated one. */
static void look_for_hang(int number)
{
        static uint64_t events;

        (void)number;
        if (events == sim_figures()->events)
                sim_fail("no kernel call for %d s", HANG_SECONDS);
        events = sim_figures()->events;
}

static void watch_for_hang(void)
{
        struct timeval wait = { .tv_sec = HANG_SECONDS };
        struct itimerval timer = { .it_interval = wait, .it_value = wait };

        (void)signal(SIGVTALRM, look_for_hang);
        (void)setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

static void fail_usage(const char *what, const char *value)
{
        fprintf(stderr, "sim_worker: %s%s%s\n%s", what, value != NULL ? ": " : "",
                value != NULL ? value : "", usage);
        exit(EXIT_USAGE);
}

static uint64_t number(const char *name, const char *text, uint64_t least, uint64_t most)
{
        char *end = NULL;

        errno = 0;
        unsigned long long value = strtoull(text, &end, 10);
        if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < least ||
            value > most)
                fail_usage(name, text);
        return value;
}

static void parse(int argc, char **argv)
{
        static const struct option table[] = {
                { "seed", required_argument, NULL, 's' },
                { "runs", required_argument, NULL, 'r' },
                { "seconds", required_argument, NULL, 't' },
                { "steps", required_argument, NULL, 'n' },
                { "datagrams", no_argument, NULL, 'd' },
                { "trace", no_argument, NULL, 'v' },
                { "help", no_argument, NULL, 'h' },
                { 0 },
        };
        int name;

        while ((name = getopt_long(argc, argv, "", table, NULL)) != -1) {
                switch (name) {
                case 's':
                        options.seed = number("--seed wants a number", optarg, 0, UINT64_MAX);
                        break;
                case 'r':
                        options.runs = number("--runs wants 1 or more", optarg, 1, UINT64_MAX);
                        break;
                case 't':
                        options.seconds = number("--seconds wants 1 to 86400", optarg, 1, 86400);
                        break;
                case 'n':
                        options.steps =
                            number("--steps wants 1 to 1000000000", optarg, 1, STEPS_MAX);
                        break;
                case 'd':
                        options.are_datagrams = true;
                        break;
                case 'v':
                        options.is_traced = true;
                        break;
                case 'h':
                        fputs(usage, stdout);
                        exit(EXIT_SUCCESS);
                default:
                        fail_usage("this option is not known, or lacks its value", NULL);
                }
        }
        if (optind < argc)
                fail_usage("no argument is expected", argv[optind]);
}

static struct world_result run_once(FILE *trace)
{
        struct choice choice = choice_from_seed(seed);
        struct world_settings settings = { .steps = (uint32_t)options.steps,
                                           .are_datagrams = options.are_datagrams,
                                           .trace = trace };

        return world_run(&choice, &settings);
}

static struct {
        uint64_t runs;
        uint64_t events;
        uint64_t faults;
        uint64_t bytes;
        uint64_t connections;
        uint64_t complete;
        uint64_t datagrams;
        uint64_t answers;
} total;

static void add(const struct world_result *result)
{
        total.events += result->figures.events;
        total.faults += result->figures.faults[SIM_NO_FAULT];
        total.bytes += result->figures.bytes + result->figures.answer_bytes;
        total.connections += result->figures.connections;
        total.complete += result->complete;
        total.datagrams += result->figures.datagrams;
        total.answers += result->figures.answers;
}

/* The same seed twice must give the same events: else no failure could be had again. */
static void run_seed(void)
{
        struct world_result first = run_once(options.is_traced ? stdout : NULL);
        struct world_result second = run_once(NULL);

        if (first.hash != second.hash)
                sim_fail("the same seed gave another run");
        add(&first);
        add(&second);
        total.runs++;
}

static double elapsed(const struct timespec *since)
{
        struct timespec now = { 0 };

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)(now.tv_sec - since->tv_sec) + (double)(now.tv_nsec - since->tv_nsec) / 1e9;
}

int main(int argc, char **argv)
{
        struct timespec since = { 0 };

        program = argv[0];
        parse(argc, argv);
        (void)signal(SIGABRT, die);
        (void)signal(SIGILL, die);
        __sanitizer_set_death_callback(tell_seed);
        watch_for_hang();
        clock_gettime(CLOCK_MONOTONIC, &since);
        seed = options.seed;
        printf("seed %" PRIu64 "\n", seed);
        fflush(stdout);
        do {
                run_seed();
                seed++;
        } while (options.seconds > 0 ? elapsed(&since) < (double)options.seconds
                                     : total.runs < options.runs);
        double seconds = elapsed(&since);
        printf("%" PRIu64 " seeds twice, %" PRIu64 " events, %" PRIu64 " faults, %" PRIu64
               " bytes checked, %" PRIu64 " connections, %" PRIu64 " complete, %" PRIu64
               " datagrams, %" PRIu64 " answered, %.0f events/s\n",
               total.runs, total.events, total.faults, total.bytes, total.connections,
               total.complete, total.datagrams, total.answers, (double)total.events / seconds);
        return EXIT_SUCCESS;
}
