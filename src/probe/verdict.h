/* SPDX-License-Identifier: MIT */
/* What a probe's run found, in one word; its number is the exit status, and 0 is success. */
#pragma once

enum verdict {
        VERDICT_OK,      /* every byte came back, in order */
        VERDICT_CORRUPT, /* a byte came that is not the one that was sent there */
        VERDICT_LOSSY,   /* the server ended cleanly and bytes are missing, or datagrams are */
        VERDICT_REFUSED, /* no connection: nothing listens there, or no way leads there */
        VERDICT_TIMEOUT, /* nothing came in time */
        VERDICT_RESET,   /* the connection was torn down */
        VERDICT_COUNT,
};

/* "ok", "corrupt", ... */
const char *verdict_word(enum verdict verdict);

/* Of two findings the graver: any is graver than ok, and of the others the lower number. */
enum verdict verdict_graver(enum verdict a, enum verdict b);
