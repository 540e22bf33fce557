/* SPDX-License-Identifier: MIT */
/*
 * SipHash-1-3: a keyed 64-bit hash for tables that strangers write into. Who does not know the key
 * cannot choose what collides. One compression round, as hash tables elsewhere have it (CPython,
 * Rust, Ruby): no hash ever leaves the process, and every byte of a datagram goes through it.
 *
 * A message is words first, then bytes: siphash_begin(), siphash_word() any number of times,
 * siphash_end(). What was hashed is the words, each as 8 bytes, lowest first, and the bytes.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* 16 random bytes, the caller's secret; any order of bytes will do. */
struct siphash_key {
        uint64_t words[2];
};

struct siphash {
        uint64_t state[4];
        uint64_t word_count;
};

void siphash_begin(struct siphash *hash, const struct siphash_key *key);
void siphash_word(struct siphash *hash, uint64_t word);

/* The hash; `data` may be NULL if size is 0. Begin again for the next one. */
uint64_t siphash_end(struct siphash *hash, const unsigned char *data, size_t size);
