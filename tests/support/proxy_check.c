/* SPDX-License-Identifier: MIT */
#include "support/proxy_check.h"

#include <string.h>

#include "core/ensure.h"
#include "support/proxy_model.h"

enum {
        DENSE_MAX = 512, /* up to here every beginning is looked at, and then some */
        SPARSE_STEP = 61,
        BYTES = 256,
};

/* Room of which the end is known to a sanitizer: data lies right before it. */
static unsigned char room[PROXY_CHECK_MAX];

static const struct proxy_header untouched = { .size = 12345 };

static bool is_same(const struct proxy_header *a, const struct proxy_header *b)
{
        return a->size == b->size && a->has_addresses == b->has_addresses &&
               ip_is_equal(a->source, b->source) && ip_is_equal(a->destination, b->destination) &&
               a->source_port == b->source_port && a->destination_port == b->destination_port;
}

/* Asks both parsers. */
static enum proxy_verdict parse(const uint8_t *data, uint32_t size, struct proxy_header *ret_header)
{
        unsigned char *begin = room + sizeof(room) - size;
        struct proxy_header model;

        if (size > 0)
                memcpy(begin, data, size);
        *ret_header = untouched;
        enum proxy_verdict verdict = proxy_parse(begin, size, ret_header);
        bool is_header = proxy_model_parse(begin, size, &model);
        ensure((verdict == PROXY_COMPLETE) == is_header);
        ensure(is_same(ret_header, is_header ? &model : &untouched));
        return verdict;
}

/*
 * Adds the first byte with which it is no less a header. Ends of things come first, so that it
 * comes to an end; and what makes a checksum wrong is no fault of the bytes before.
 */
static enum proxy_verdict go_on(uint8_t *data, uint32_t size)
{
        static const uint8_t first[] = { '\0', '\n', '\r', ' ', '.', ':', '0' };
        struct proxy_header header;

        for (unsigned i = 0; i < sizeof(first) + BYTES; i++) {
                data[size] = i < sizeof(first) ? first[i] : (uint8_t)(i - sizeof(first));
                enum proxy_verdict verdict = proxy_parse(data, size + 1, &header);
                if (verdict == PROXY_INCOMPLETE || verdict == PROXY_COMPLETE ||
                    verdict == PROXY_BAD_CHECKSUM)
                        return verdict;
        }
        ensure(false);
        return PROXY_INCOMPLETE;
}

static void check_that_it_can_go_on(const uint8_t *data, uint32_t size)
{
        static uint8_t longer[PROXY_SIZE_MAX];
        enum proxy_verdict verdict = PROXY_INCOMPLETE;

        if (size > 0)
                memcpy(longer, data, size);
        while (verdict == PROXY_INCOMPLETE) {
                ensure(size < PROXY_SIZE_MAX);
                verdict = go_on(longer, size++);
        }
}

/* A beginning of the bytes, when it is known what becomes of all of them. */
static enum proxy_verdict check_beginning(const uint8_t *data, uint32_t size,
                                          enum proxy_verdict last,
                                          const struct proxy_header *header)
{
        struct proxy_header found;
        enum proxy_verdict verdict = parse(data, size, &found);

        ensure(verdict == PROXY_INCOMPLETE || verdict == last);
        if (last == PROXY_COMPLETE)
                ensure((verdict == PROXY_COMPLETE) == (size >= header->size));
        if (verdict == PROXY_COMPLETE)
                ensure(is_same(&found, header));
        return verdict;
}

void proxy_check_run(const uint8_t *data, size_t size)
{
        uint32_t count = size < PROXY_CHECK_MAX ? (uint32_t)size : PROXY_CHECK_MAX;
        struct proxy_header header;
        enum proxy_verdict last = parse(data, count, &header);
        uint32_t waiting = last == PROXY_INCOMPLETE ? count : 0;
        bool is_decided = false;

        for (uint32_t i = 0; i < count; i += i < DENSE_MAX ? 1 : SPARSE_STEP) {
                bool waits = check_beginning(data, i, last, &header) == PROXY_INCOMPLETE;
                ensure(!waits || !is_decided);
                is_decided = !waits;
                if (waits && i > waiting)
                        waiting = i;
        }
        if (waiting < DENSE_MAX)
                check_that_it_can_go_on(data, waiting);
}
