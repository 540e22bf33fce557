/* SPDX-License-Identifier: MIT */
#include "support/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ensure.h"

static void add_word(struct words *words, const char *text, size_t size)
{
        words->words[words->count] = strndup(text, size);
        ensure(words->words[words->count] != NULL);
        words->count++;
}

void words_split(struct words *words, const char *name, const uint8_t *data, size_t size)
{
        const char *at = (const char *)data;
        const char *end = at + size;

        *words = (struct words){ .count = 0 };
        add_word(words, name, strlen(name));
        while (at < end && words->count <= WORDS_MAX) {
                const char *newline = memchr(at, '\n', (size_t)(end - at));
                size_t word_size = (size_t)((newline != NULL ? newline : end) - at);
                add_word(words, at, word_size < WORDS_SIZE_MAX ? word_size : WORDS_SIZE_MAX);
                at += word_size + (newline != NULL);
        }
}

void words_free(struct words *words)
{
        for (int i = 0; i < words->count; i++)
                free(words->words[i]);
}

bool words_are_untouched(const void *data, size_t size)
{
        const unsigned char *bytes = data;

        return bytes[0] == WORDS_UNTOUCHED && memcmp(bytes, bytes + 1, size - 1) == 0;
}

bool words_are_printable(const char *text, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (text[i] < ' ' || text[i] > '~')
                        return false;
        return true;
}

void words_check_complaint(const struct complaint *complaint, bool is_written)
{
        const char *end = memchr(complaint->text, '\0', sizeof(complaint->text));

        if (!is_written) {
                ensure(words_are_untouched(complaint, sizeof(*complaint)));
                return;
        }
        ensure(end != NULL);
        ensure(end > complaint->text);
        ensure(words_are_printable(complaint->text, (size_t)(end - complaint->text)));
}

void words_check_equal_addresses(const struct address *a, const struct address *b)
{
        ensure(a->transport == b->transport);
        ensure(a->is_dual == b->is_dual);
        ensure(a->size == b->size);
        ensure(memcmp(&a->socket, &b->socket, sizeof(a->socket)) == 0);
}

void words_check_address(const struct address *address,
                         bool (*parse)(const char *, struct address *, struct complaint *))
{
        char text[sizeof("unix:") + ADDRESS_TEXT_SIZE];
        char shown[ADDRESS_TEXT_SIZE];
        struct complaint complaint;
        struct address again;

        memset(&again, WORDS_UNTOUCHED, sizeof(again));
        address_format(address, shown, sizeof(shown));
        ensure(strlen(shown) < sizeof(shown) - 1);
        snprintf(text, sizeof(text), "%s:%s", address_transport_name(address->transport), shown);
        ensure(parse(text, &again, &complaint));
        words_check_equal_addresses(address, &again);
}
