/* SPDX-License-Identifier: MIT */
#include "post.h"

#include <netinet/in.h>

#include "shell/listener.h"
#include "shell/sys.h"
#include "support/oracle.h"

enum { SIZE = 100 };

static const struct datagram_port ports[] = { { MODEL_OWN_PORT, true, true } };
static const struct datagram_rules rules = { .ports = ports, .port_count = 1 };

bool post_open(struct worker *worker)
{
        struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                        .sin6_port = htons(MODEL_OWN_PORT) };
        struct listener_setup setup = { .is_datagram = true,
                                        .address = (const struct sockaddr *)&address,
                                        .address_size = sizeof(address),
                                        .is_dual = true };
        struct reflector_setup reflector = { .is_wildcard = true, .rules = &rules };

        if (listener_open(&setup, &reflector.fd, 1) < 0)
                return false;
        if (worker_reflect(worker, &reflector) == 0)
                return true;
        (void)sys_close(reflector.fd);
        return false;
}

void post_expect(void)
{
        oracle_datagrams_open(&(struct oracle_rules){ .model = { .rate = MODEL_RATES } });
}

void post_send(unsigned count)
{
        /* From 192.0.2.2 to 192.0.2.1, from 2001:db8::2 to ::1; numbers of model_addresses. */
        static const struct oracle_sender senders[] = {
                { .source = 0, .destination = 1, .port = MODEL_OWN_PORT },
                { .source = 5, .destination = 8, .port = MODEL_OWN_PORT },
        };

        for (unsigned i = 0; i < count; i++) {
                struct sim_datagram datagram = { .segment_size = SIZE, .size = SIZE };
                if (i % 4 == 1)
                        datagram.size = 3 * SIZE + 1;
                else if (i % 8 == 7)
                        datagram.size = datagram.segment_size = 0;
                oracle_address(&senders[i / 2 % 2], &datagram);
                (void)sim_datagram_send(&datagram);
        }
}
