/* SPDX-License-Identifier: MIT */
#include "words/complaint.h"

#include <stdarg.h>
#include <stdio.h>

static void write_printable(struct complaint *complaint, const char *sentence)
{
        size_t size = 0;

        for (; *sentence != '\0'; sentence++) {
                unsigned char byte = (unsigned char)*sentence;
                char shown[sizeof("\\xff")] = { *sentence };
                size_t shown_size = 1;
                if (byte < ' ' || byte > '~')
                        shown_size = (size_t)snprintf(shown, sizeof(shown), "\\x%02x", byte);
                if (shown_size >= sizeof(complaint->text) - size)
                        break;
                for (size_t i = 0; i < shown_size; i++)
                        complaint->text[size++] = shown[i];
        }
        complaint->text[size] = '\0';
}

bool complain(struct complaint *complaint, const char *format, ...)
{
        char sentence[sizeof(complaint->text)];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(sentence, sizeof(sentence), format, arguments);
        va_end(arguments);
        write_printable(complaint, sentence);
        return false;
}

const char *complaint_word(struct complaint_word *room, const char *word, size_t size)
{
        size_t most = sizeof(room->text) - sizeof("`...`");

        if (size <= most)
                snprintf(room->text, sizeof(room->text), "`%.*s`", (int)size, word);
        else
                snprintf(room->text, sizeof(room->text), "`%.*s...`", (int)most, word);
        return room->text;
}
