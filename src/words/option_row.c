/* SPDX-License-Identifier: MIT */
#include "words/option_row.h"

#include <stdio.h>
#include <string.h>

#include "words/quantity.h"

static bool read_number(enum option_kind kind, const char *text, uint64_t *ret_number)
{
        switch (kind) {
        case OPTION_NUMBER:
                return quantity_count(text, ret_number);
        case OPTION_SIZE:
                return quantity_size(text, ret_number);
        case OPTION_DURATION:
                return quantity_duration(text, ret_number);
        case OPTION_CHOICE:
        case OPTION_FILE:
        case OPTION_WORD:
        case OPTION_LIST:
        case OPTION_FLAG:
        case OPTION_HELP:
        case OPTION_VERSION:
        case OPTION_PLANNED:
                break;
        }
        return false;
}

static bool read_within(const struct option_row *row, const char *text, uint64_t *ret_number)
{
        uint64_t least = 0;
        uint64_t most = 0;
        uint64_t number = 0;

        (void)read_number(row->kind, row->least, &least);
        (void)read_number(row->kind, row->most, &most);
        if (!read_number(row->kind, text, &number) || number < least || number > most)
                return false;
        *ret_number = number;
        return true;
}

static bool read_choice(const struct option_row *row, const char *text, uint64_t *ret_index)
{
        for (uint64_t i = 0; row->choices[i] != NULL; i++) {
                if (strcmp(text, row->choices[i]) != 0)
                        continue;
                *ret_index = i;
                return true;
        }
        return false;
}

static bool is_file(const struct option_row *row, const char *text)
{
        size_t size = strlen(text);

        if (row->choices == NULL)
                return size > 0;
        for (unsigned i = 0; row->choices[i] != NULL; i++) {
                size_t end_size = strlen(row->choices[i]);
                if (size >= end_size && strcmp(text + size - end_size, row->choices[i]) == 0)
                        return true;
        }
        return false;
}

static bool is_taken(const struct option_row *row, const char *text, uint64_t *ret_number)
{
        if (row->kind == OPTION_CHOICE)
                return read_choice(row, text, ret_number);
        if (row->kind == OPTION_FILE)
                return is_file(row, text);
        if (row->kind == OPTION_WORD)
                return text[0] != '\0';
        return read_within(row, text, ret_number);
}

bool option_row_read(const struct option_row *row, const char *text, struct option_value *ret_value)
{
        struct option_value value = { .text = text, .is_given = true };

        if (!is_taken(row, text, &value.number))
                return false;
        *ret_value = value;
        return true;
}

/* "a", "a or b", "a, b or c"; what does not fit is left out. */
static const char *join_choices(const char *const *choices, char *text, size_t text_size)
{
        size_t size = 0;

        text[0] = '\0';
        for (unsigned i = 0; choices[i] != NULL && size < text_size; i++) {
                const char *between = choices[i + 1] != NULL ? ", " : " or ";
                int added = snprintf(text + size, text_size - size, "%s%s", i > 0 ? between : "",
                                     choices[i]);
                size += added > 0 ? (size_t)added : 0;
        }
        return text;
}

static bool complain_of_range(const struct option_row *row, const char *what, const char *kind,
                              struct complaint *complaint)
{
        if (strcmp(row->least, "0") == 0)
                return complain(complaint, "--%s: %s: expected %s, at most %s%s", row->name, what,
                                kind, row->most, row->kind == OPTION_DURATION ? ", or 0" : "");
        return complain(complaint, "--%s: %s: expected %s, from %s to %s", row->name, what, kind,
                        row->least, row->most);
}

bool option_row_complain(const struct option_row *row, const char *what,
                         struct complaint *complaint)
{
        char choices[256];

        switch (row->kind) {
        case OPTION_NUMBER:
                return complain(complaint, "--%s: %s: expected a number from %s to %s", row->name,
                                what, row->least, row->most);
        case OPTION_SIZE:
                return complain_of_range(row, what, "a size such as 512, 64K, 8M or 1G", complaint);
        case OPTION_DURATION:
                return complain_of_range(row, what, "a duration such as 250ms, 5s, 2m or 1h",
                                         complaint);
        case OPTION_CHOICE:
                return complain(complaint, "--%s: %s: expected %s", row->name, what,
                                join_choices(row->choices, choices, sizeof(choices)));
        case OPTION_FILE:
                if (row->choices == NULL)
                        return complain(complaint, "--%s: %s: expected a file", row->name, what);
                return complain(complaint, "--%s: %s: expected a file that ends in %s", row->name,
                                what, join_choices(row->choices, choices, sizeof(choices)));
        case OPTION_WORD:
        case OPTION_LIST:
                return complain(complaint, "--%s: %s: expected %s", row->name, what, row->value);
        case OPTION_FLAG:
        case OPTION_HELP:
        case OPTION_VERSION:
        case OPTION_PLANNED:
                break;
        }
        return complain(complaint, "--%s: %s: expected no value", row->name, what);
}
