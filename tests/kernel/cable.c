/* SPDX-License-Identifier: MIT */
#include "cable.h"

#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "live.h"
#include "network.h"
#include "process.h"

enum { COMMAND_SIZE = 256, ENDS = 2 };

static const char *const devices[ENDS] = { [CABLE_CLIENTS] = "clients", [CABLE_SERVER] = "server" };
static int networks[ENDS];
static struct process lister;

static bool try_enter(enum cable_end end)
{
        return setns(networks[end], CLONE_NEWNET) == 0;
}

/* What is started from now on, and what the test itself opens, is there. */
static void enter(enum cable_end end)
{
        ck_assert(try_enter(end));
}

/* A network that is not yet joined to anything; -1 = there is none to be had. */
static int make_network(void)
{
        if (!network_enter())
                return -1;
        return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* Runs a command at that end, whose interface is put between its two halves. */
static bool try_at_end(enum cable_end end, const char *before, const char *behind)
{
        char command[COMMAND_SIZE];

        snprintf(command, sizeof(command), "%s %s %s", before, devices[end], behind);
        return try_enter(end) && live_try(command) && try_enter(CABLE_CLIENTS);
}

/* Packets that are larger than the cable's would be lost as a whole. */
static bool set_up(enum cable_end end, const char *ip4, const char *ip6)
{
        return try_at_end(end, ip4, "") && try_at_end(end, ip6, "nodad") &&
               try_at_end(end, "ip link set dev", "up gso_max_segs 1 gso_max_size 1500");
}

bool cable_lay(void)
{
        char join[COMMAND_SIZE];

        networks[CABLE_SERVER] = make_network();
        networks[CABLE_CLIENTS] = make_network();
        if (networks[CABLE_SERVER] < 0 || networks[CABLE_CLIENTS] < 0)
                return live_is_skipped("the kernel gives it no network of its own");
        snprintf(join, sizeof(join),
                 "ip link add clients type veth peer name server netns /proc/%d/fd/%d", getpid(),
                 networks[CABLE_SERVER]);
        if (!live_try(join) ||
            !set_up(CABLE_CLIENTS, "ip addr add 10.7.0.1/24 dev", "ip addr add fd00:7::1/64 dev") ||
            !set_up(CABLE_SERVER, "ip addr add " CABLE_IP4 "/24 dev",
                    "ip addr add " CABLE_IP6 "/64 dev"))
                return live_is_skipped("the kernel joins no networks by veth");
        return true;
}

static void set_here(const char *name, const char *value)
{
        char path[COMMAND_SIZE];

        snprintf(path, sizeof(path), "/proc/sys/%s", name);
        FILE *file = fopen(path, "we");
        ck_assert_msg(file != NULL, "%s", path);
        ck_assert(fputs(value, file) >= 0);
        ck_assert_msg(fclose(file) == 0, "%s: %s", path, value);
}

void cable_serve(struct server *server, const char *const *arguments)
{
        enter(CABLE_SERVER);
        server_start_at(server, "tcp:*:0", arguments);
        enter(CABLE_CLIENTS);
}

void cable_set(const char *name, const char *value)
{
        for (int end = CABLE_SERVER; end >= CABLE_CLIENTS; end--) {
                enter((enum cable_end)end);
                set_here(name, value);
        }
}

/* Datagrams are counted by a rule of their own, before the rule for all else. */
static void lose_here(unsigned percent)
{
        static const char *const kinds[] = { "meta l4proto udp", "meta l4proto != udp" };
        char command[COMMAND_SIZE];

        live_run("nft add table inet loss");
        live_run("nft delete table inet loss");
        if (percent == 0)
                return;
        live_run("nft add table inet loss");
        live_run("nft 'add chain inet loss in { type filter hook input priority 0; }'");
        for (unsigned i = 0; i < 2; i++) {
                snprintf(command, sizeof(command),
                         "nft 'add rule inet loss in %s numgen random mod 100 < %u counter drop'",
                         kinds[i], percent);
                live_run(command);
        }
}

void cable_lose(unsigned percent)
{
        for (int end = CABLE_SERVER; end >= CABLE_CLIENTS; end--) {
                enter((enum cable_end)end);
                lose_here(percent);
        }
}

/* What the rules have counted, the datagrams' first. */
static void read_losses(enum cable_end end, uint64_t ret_losses[2])
{
        static const char key[] = " packets ";
        const char *const arguments[] = { "nft", "list", "chain", "inet", "loss", "in", NULL };

        enter(end);
        ck_assert_int_eq(process_run(&lister, &(struct process_setup){ .arguments = arguments }),
                         0);
        enter(CABLE_CLIENTS);
        const char *at = lister.output;
        for (unsigned i = 0; i < 2; i++) {
                at = strstr(at, key);
                ck_assert_msg(at != NULL, "%s", lister.output);
                at += strlen(key);
                ret_losses[i] = strtoull(at, NULL, 10);
        }
}

uint64_t cable_lost(enum cable_end end)
{
        uint64_t losses[2];

        read_losses(end, losses);
        return losses[0] + losses[1];
}

uint64_t cable_lost_datagrams(enum cable_end end)
{
        uint64_t losses[2];

        read_losses(end, losses);
        return losses[0];
}

/*
 * All that wants to leave finds room in the line. It may be lost on the way, but the kernel must
 * not refuse its own packets: after 15 probes of a closed window that it could not send it gives a
 * connection up, whatever the peer would say.
 */
void cable_slow(const char *rate)
{
        char behind[COMMAND_SIZE];

        snprintf(behind, sizeof(behind), "root tbf rate %s burst 4kb limit 400kb", rate);
        for (int end = CABLE_CLIENTS; end < ENDS; end++)
                ck_assert(try_at_end((enum cable_end)end, "tc qdisc replace dev", behind));
}

void cable_hurry(void)
{
        for (int end = CABLE_CLIENTS; end < ENDS; end++)
                ck_assert(try_at_end((enum cable_end)end, "tc qdisc del dev", "root"));
}
