/* SPDX-License-Identifier: MIT */
/* Memory of the simulated kernel: what is not reserved is poisoned. */
#include <errno.h>
#include <string.h>

#include "core/poison.h"
#include "shell/sys.h"
#include "support/sim_state.h"

#ifndef POISON_WORKS
#define __asan_address_is_poisoned(data) ((void)(data), 0)
#endif

/*
 * Each worker reserves once, and once more for datagrams; its pages lie behind the ones before it,
 * with a gap between.
 */
enum { PAGE = 4096, ARENA_SIZE = 16 * 1024 * 1024, PIECES_MAX = 2 * SIM_POLLS_MAX };
static _Alignas(PAGE) unsigned char arena[ARENA_SIZE];

static struct {
        size_t begin;
        size_t size; /* 0 = given back */
} pieces[PIECES_MAX];
static uint32_t piece_count;

void sim_memory_open(void)
{
        static bool is_poisoned;

        if (!is_poisoned)
                poison(arena, sizeof(arena));
        is_poisoned = true;
        piece_count = 0;
}

void sim_memory_close(void)
{
        for (uint32_t i = 0; i < piece_count; i++)
                if (pieces[i].size != 0)
                        sim_fail("%zu bytes were left reserved", pieces[i].size);
}

/* mmap(2) works by whole ones. */
static size_t pages(size_t size)
{
        return (size + PAGE - 1) / PAGE * PAGE;
}

void *sys_reserve(size_t size)
{
        int error = sim_enter(SIM_RESERVE);

        sim_note("sys_reserve", (int64_t)size, 0, error);
        if (error < 0)
                return NULL;
        /* The last piece makes room again when it was given back, as after a failed start. */
        while (piece_count > 0 && pieces[piece_count - 1].size == 0)
                piece_count--;
        size_t begin = 0;
        if (piece_count > 0)
                begin = pieces[piece_count - 1].begin + pages(pieces[piece_count - 1].size) + PAGE;
        if (piece_count == PIECES_MAX || size == 0 || size > sizeof(arena) - begin)
                sim_fail("%zu bytes to reserve", size);
        pieces[piece_count].begin = begin;
        pieces[piece_count++].size = size;
        unpoison(arena + begin, size);
        memset(arena + begin, 0, size);
        return arena + begin;
}

/* The piece that these pages are of. */
static uint32_t find_piece(const void *data, size_t size)
{
        size_t begin = (size_t)((const unsigned char *)data - arena);

        for (uint32_t i = 0; i < piece_count; i++) {
                size_t offset = begin - pieces[i].begin;
                if (size > 0 && begin % PAGE == 0 && pieces[i].begin <= begin &&
                    offset <= pieces[i].size && size <= pieces[i].size - offset)
                        return i;
        }
        sim_fail("%zu bytes at %zu were not reserved as pages", size, begin);
}

int sys_small_pages(void *data, size_t size)
{
        int error = sim_enter(SIM_SMALL_PAGES);

        (void)find_piece(data, size);
        sim_note("sys_small_pages", (int64_t)size, 0, error);
        return error;
}

int sys_release(void *data, size_t size)
{
        int error = sim_enter(SIM_RELEASE);
        bool is_poisoned = __asan_address_is_poisoned(data) != 0;

        (void)find_piece(data, size);
        if (error == 0 && SIM_DRAW(SIM_RELEASE_REFUSED) != SIM_NO_FAULT)
                error = -EINVAL;
        sim_note("sys_release", (int64_t)((unsigned char *)data - arena), (int64_t)size, error);
        if (error < 0)
                return error;
        unpoison(data, size);
        memset(data, 0, size);
        if (is_poisoned)
                poison(data, size);
        return 0;
}

int sys_unreserve(void *data, size_t size)
{
        int error = sim_enter(SIM_UNRESERVE);
        uint32_t piece = find_piece(data, size);

        sim_note("sys_unreserve", (int64_t)size, 0, error);
        if (size != pieces[piece].size)
                sim_fail("%zu bytes given back, %zu were reserved", size, pieces[piece].size);
        pieces[piece].size = 0;
        poison(data, size);
        return error;
}
