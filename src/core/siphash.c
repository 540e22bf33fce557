/* SPDX-License-Identifier: MIT */
#include "core/siphash.h"

#include <endian.h>
#include <string.h>

enum { FINAL_ROUNDS = 3, WORD_SIZE = sizeof(uint64_t) };

static uint64_t rotate(uint64_t word, unsigned bits)
{
        return word << bits | word >> (64 - bits);
}

static void mix(uint64_t state[4])
{
        state[0] += state[1];
        state[2] += state[3];
        state[1] = rotate(state[1], 13) ^ state[0];
        state[3] = rotate(state[3], 16) ^ state[2];
        state[0] = rotate(state[0], 32);
        state[2] += state[1];
        state[0] += state[3];
        state[1] = rotate(state[1], 17) ^ state[2];
        state[3] = rotate(state[3], 21) ^ state[0];
        state[2] = rotate(state[2], 32);
}

static void absorb(uint64_t state[4], uint64_t word)
{
        state[3] ^= word;
        mix(state);
        state[0] ^= word;
}

void siphash_begin(struct siphash *hash, const struct siphash_key *key)
{
        /* "somepseudorandomlygeneratedbytes" */
        hash->state[0] = key->words[0] ^ UINT64_C(0x736f6d6570736575);
        hash->state[1] = key->words[1] ^ UINT64_C(0x646f72616e646f6d);
        hash->state[2] = key->words[0] ^ UINT64_C(0x6c7967656e657261);
        hash->state[3] = key->words[1] ^ UINT64_C(0x7465646279746573);
        hash->word_count = 0;
}

void siphash_word(struct siphash *hash, uint64_t word)
{
        absorb(hash->state, word);
        hash->word_count++;
}

uint64_t siphash_end(struct siphash *hash, const unsigned char *data, size_t size)
{
        uint64_t state[4];
        uint64_t word;
        uint64_t last = (hash->word_count * WORD_SIZE + size) << 56;

        /* A copy stays in registers: `data` might be the struct itself, for all a compiler knows.
         */
        memcpy(state, hash->state, sizeof(state));
        for (; size >= WORD_SIZE; size -= WORD_SIZE, data += WORD_SIZE) {
                memcpy(&word, data, WORD_SIZE);
                absorb(state, le64toh(word));
        }
        for (size_t i = 0; i < size; i++)
                last |= (uint64_t)data[i] << (8 * i);
        absorb(state, last);
        state[2] ^= 0xff;
        for (unsigned i = 0; i < FINAL_ROUNDS; i++)
                mix(state);
        return state[0] ^ state[1] ^ state[2] ^ state[3];
}
