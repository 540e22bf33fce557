/* SPDX-License-Identifier: MIT */
#include "core/vacancy.h"

#include "core/ensure.h"

enum { WORD_SHIFT = 6, WORD_BITS = 1 << WORD_SHIFT, WORD_MASK = WORD_BITS - 1 };

static uint32_t words_for(uint32_t bits)
{
        return (bits + WORD_MASK) >> WORD_SHIFT;
}

uint32_t vacancy_words(uint32_t count)
{
        uint32_t total = 0;

        for (unsigned level = 0; level < VACANCY_LEVELS; level++) {
                count = words_for(count);
                total += count;
        }
        return total;
}

/* Sets the first `bits` bits of a level and clears the rest of its last word. */
static void fill(uint64_t *words, uint32_t bits)
{
        for (uint32_t i = 0; i < bits >> WORD_SHIFT; i++)
                words[i] = UINT64_MAX;
        if ((bits & WORD_MASK) != 0)
                words[bits >> WORD_SHIFT] = (UINT64_C(1) << (bits & WORD_MASK)) - 1;
}

void vacancy_init(struct vacancy *vacancy, uint64_t *words, uint32_t count)
{
        uint32_t begin = 0;
        uint32_t bits = count;

        ensure(count > 0 && count <= VACANCY_COUNT_MAX);
        vacancy->words = words;
        vacancy->count = count;
        vacancy->free = count;
        for (unsigned level = 0; level < VACANCY_LEVELS; level++) {
                vacancy->level[level] = begin;
                fill(words + begin, bits);
                bits = words_for(bits);
                begin += bits;
        }
}

static uint64_t *word_at(const struct vacancy *vacancy, unsigned level, uint32_t index)
{
        return &vacancy->words[vacancy->level[level] + index];
}

uint32_t vacancy_take(struct vacancy *vacancy)
{
        uint32_t index = 0;

        if (vacancy->free == 0)
                return VACANCY_NONE;
        for (unsigned level = VACANCY_LEVELS; level-- > 0;) {
                uint64_t word = *word_at(vacancy, level, index);
                index = (index << WORD_SHIFT) | (uint32_t)__builtin_ctzll(word);
        }
        vacancy->free--;
        /* A word that becomes empty is no longer announced by the level above it. */
        for (uint32_t level = 0, bit = index; level < VACANCY_LEVELS; level++) {
                uint64_t *word = word_at(vacancy, level, bit >> WORD_SHIFT);
                *word &= ~(UINT64_C(1) << (bit & WORD_MASK));
                if (*word != 0)
                        break;
                bit >>= WORD_SHIFT;
        }
        return index;
}

void vacancy_put(struct vacancy *vacancy, uint32_t index)
{
        ensure(!vacancy_is_free(vacancy, index));
        vacancy->free++;
        for (unsigned level = 0; level < VACANCY_LEVELS; level++) {
                uint64_t *word = word_at(vacancy, level, index >> WORD_SHIFT);
                *word |= UINT64_C(1) << (index & WORD_MASK);
                index >>= WORD_SHIFT;
        }
}

bool vacancy_is_free(const struct vacancy *vacancy, uint32_t index)
{
        ensure(index < vacancy->count);
        uint64_t word = *word_at(vacancy, 0, index >> WORD_SHIFT);
        return (word >> (index & WORD_MASK) & 1) != 0;
}
