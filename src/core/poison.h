/* SPDX-License-Identifier: MIT */
/*
 * Memory that nobody may touch now. Under AddressSanitizer a pointer kept past its lifetime dies
 * at its first use; elsewhere both calls are nothing. The data must be 8-byte aligned and the size
 * a multiple of 8, the granule AddressSanitizer works in.
 */
#pragma once

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_WORKS 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POISON_WORKS 1
#endif

#ifdef POISON_WORKS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
#endif

static inline void poison(const void *data, size_t size)
{
        ASAN_POISON_MEMORY_REGION(data, size);
}

static inline void unpoison(const void *data, size_t size)
{
        ASAN_UNPOISON_MEMORY_REGION(data, size);
}
