/* SPDX-License-Identifier: MIT */
#include "service/rate.h"

#include <errno.h>
#include <sys/random.h>

#include "shell/sys.h"

enum { WORDS_SIZE = RATE_BUCKETS * sizeof(bucket_word) };

int rate_draw_key(struct siphash_key *ret_key)
{
        ssize_t drawn = getrandom(ret_key, sizeof(*ret_key), 0);

        if (drawn < 0)
                return -errno;
        return drawn == sizeof(*ret_key) ? 0 : -EIO;
}

int rate_open(struct rate *rate, uint64_t per_second)
{
        struct siphash_key key;

        *rate = (struct rate){ 0 };
        if (per_second == 0)
                return 0;
        int error = rate_draw_key(&key);
        if (error < 0)
                return error;
        rate->words = sys_reserve(WORDS_SIZE);
        if (rate->words == NULL)
                return -ENOMEM;
        bucket_init(&rate->buckets, rate->words, RATE_BUCKETS, (uint32_t)per_second, &key);
        return 0;
}

struct bucket_table *rate_buckets(struct rate *rate)
{
        return rate->words != NULL ? &rate->buckets : NULL;
}

void rate_close(struct rate *rate)
{
        if (rate->words != NULL)
                (void)sys_unreserve(rate->words, WORDS_SIZE);
        rate->words = NULL;
}
