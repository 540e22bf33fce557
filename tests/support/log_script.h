/* SPDX-License-Identifier: MIT */
/*
 * Lines of log from arbitrary bytes. The first byte decides format and priorities, then each byte
 * one step: operation = byte % LOG_SCRIPT_OPERATIONS, argument = byte / LOG_SCRIPT_OPERATIONS; a
 * value is as many of the next bytes as the argument says. The fuzz target and the corpus replay
 * run this.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum log_script_operation {
        LOG_SCRIPT_TEXT,   /* up to its first zero byte */
        LOG_SCRIPT_BYTES,  /* all of them a hundred times */
        LOG_SCRIPT_NUMBER, /* its first eight bytes */
        LOG_SCRIPT_NEXT,   /* the line ends, another begins */
        LOG_SCRIPT_DATA,   /* a data event with this preview */
        LOG_SCRIPT_PEER,   /* a connection_open event from this address */
        LOG_SCRIPT_CLOSE,  /* a connection_close event with such figures */
        LOG_SCRIPT_OPERATIONS,
};

/*
 * Stops the process unless every line is one line, of at most LOG_LINE_SIZE bytes, valid in its
 * format, and holds each value that fits as it was given.
 */
void log_script_run(const uint8_t *script, size_t size);
