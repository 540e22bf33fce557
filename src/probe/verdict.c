/* SPDX-License-Identifier: MIT */
#include "probe/verdict.h"

#include "core/ensure.h"

const char *verdict_word(enum verdict verdict)
{
        static const char *const words[VERDICT_COUNT] = {
                [VERDICT_OK] = "ok",           [VERDICT_CORRUPT] = "corrupt",
                [VERDICT_LOSSY] = "lossy",     [VERDICT_REFUSED] = "refused",
                [VERDICT_TIMEOUT] = "timeout", [VERDICT_RESET] = "reset",
        };

        ensure(verdict < VERDICT_COUNT);
        return words[verdict];
}

enum verdict verdict_graver(enum verdict a, enum verdict b)
{
        if (a == VERDICT_OK || b == VERDICT_OK)
                return a == VERDICT_OK ? b : a;
        return a < b ? a : b;
}
