/* SPDX-License-Identifier: MIT */
#include "core/ensure.h"

void ensure(bool holds)
{
        if (!holds)
                __builtin_trap();
}
