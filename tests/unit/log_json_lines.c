/* SPDX-License-Identifier: MIT */
/* Prints JSON lines on stdout for log_json_test: every byte as a value of its own, and numbers. */
#include <unistd.h>

#include "service/log.h"

static struct log lines;

static void print(const void *data, size_t size)
{
        log_begin(&lines, LOG_INFO, "test");
        log_number(&lines, "number", size);
        log_bytes(&lines, "bytes", data, size);
        (void)log_end(&lines);
        log_flush(&lines, 60000);
}

int main(void)
{
        unsigned char bytes[256];

        log_open(&lines, STDOUT_FILENO, LOG_INFO, LOG_JSON, NULL);
        for (unsigned i = 0; i < sizeof(bytes); i++)
                bytes[i] = (unsigned char)i;
        for (unsigned i = 0; i < sizeof(bytes); i++)
                print(bytes + i, 1);
        print(bytes, sizeof(bytes));
        print(bytes, 0);
        return log_lost(&lines) > 0;
}
