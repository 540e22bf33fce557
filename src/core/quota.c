/* SPDX-License-Identifier: MIT */
#include "core/quota.h"

#include "core/ensure.h"

bool quota_take(struct quota *quota, uint32_t most)
{
        uint32_t held = quota_held(quota);

        while (held < most)
                if (atomic_compare_exchange_weak_explicit(
                        &quota->held, &held, held + 1, memory_order_relaxed, memory_order_relaxed))
                        return true;
        return false;
}

void quota_put(struct quota *quota)
{
        ensure(atomic_fetch_sub_explicit(&quota->held, 1, memory_order_relaxed) > 0);
}

uint32_t quota_held(const struct quota *quota)
{
        return atomic_load_explicit(&quota->held, memory_order_relaxed);
}
