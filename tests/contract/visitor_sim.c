/* SPDX-License-Identifier: MIT */
#include "visitor.h"

#include <check.h>

#include "support/ips.h"
#include "support/sim.h"

enum { FIRST_PORT = 50000 };

bool visitor_open(struct visitor *visitor, const char *address)
{
        static uint16_t count;

        *visitor = (struct visitor){ .address = ips_parse(address),
                                     .port = (uint16_t)(FIRST_PORT + count++) };
        return true;
}

void visitor_close(struct visitor *visitor)
{
        (void)visitor;
}

void visitor_send(struct visitor *visitor, const char *address, uint16_t port, uint32_t size)
{
        visitor_send_cut(visitor, address, port, size, size);
}

void visitor_send_cut(struct visitor *visitor, const char *address, uint16_t port, uint32_t size,
                      uint32_t segment_size)
{
        const struct sim_datagram datagram = {
                .source = visitor->address,
                .destination = ips_parse(address),
                .local = ips_parse(address),
                .source_port = visitor->port,
                .port = port,
                .size = size,
                .segment_size = segment_size,
                .is_alike = true,
        };

        ck_assert_int_eq(sim_datagram_send(&datagram), 1);
}

/* What they are was checked when the server sent them, together or one by one. */
void visitor_expect(struct visitor *visitor, const char *address, uint16_t port, const int *sizes)
{
        struct sim_answer answer = sim_latest_answer(visitor->address, visitor->port);
        uint32_t count = 0;
        uint32_t size = 0;

        for (; sizes[count] >= 0; count++)
                size += (uint32_t)sizes[count];
        ck_assert(ip_is_equal(answer.source, ips_parse(address)));
        ck_assert_uint_eq(answer.source_port, port);
        ck_assert_uint_eq(answer.size, size);
        ck_assert_uint_eq(answer.segment_size, (uint32_t)sizes[0]);
}

/* It always is. */
void kernel_shrink_queue(int fd)
{
        (void)fd;
}
