/* SPDX-License-Identifier: MIT */
#include "support/log_reader.h"

#include <stdint.h>
#include <string.h>

static bool is_at_end(const struct log_reader *reader)
{
        return reader->at == reader->end;
}

/* Takes the text if it comes next. */
static bool accept(struct log_reader *reader, const char *text)
{
        size_t size = strlen(text);

        if ((size_t)(reader->end - reader->at) < size || memcmp(reader->at, text, size) != 0)
                return false;
        reader->at += size;
        return true;
}

/* How many of the next bytes are of the set. */
static size_t span(const struct log_reader *reader, const char *set)
{
        size_t size = 0;

        while (reader->at + size < reader->end && strchr(set, reader->at[size]) != NULL)
                size++;
        return size;
}

static bool add_byte(struct log_reader *reader, unsigned char byte)
{
        if (reader->values_size == sizeof(reader->values))
                return false;
        reader->values[reader->values_size++] = byte;
        return true;
}

static int hex_digit(char digit)
{
        static const char digits[] = "0123456789abcdef";
        const char *found = digit != '\0' ? strchr(digits, digit) : NULL;

        return found != NULL ? (int)(found - digits) : -1;
}

static bool read_hex(struct log_reader *reader)
{
        if (reader->end - reader->at < 2)
                return false;
        int high = hex_digit(reader->at[0]);
        int low = hex_digit(reader->at[1]);
        int byte = high * 16 + low;
        bool is_needed = byte < ' ' || byte > '~';

        reader->at += 2;
        return high >= 0 && low >= 0 && is_needed && add_byte(reader, (unsigned char)byte);
}

static bool read_escape(struct log_reader *reader, enum log_format format)
{
        if (accept(reader, "\""))
                return add_byte(reader, '"');
        if (accept(reader, "\\"))
                return add_byte(reader, '\\');
        return accept(reader, format == LOG_JSON ? "u00" : "x") && read_hex(reader);
}

/* Behind the opening quote. */
static bool read_quoted(struct log_reader *reader, enum log_format format)
{
        while (!is_at_end(reader)) {
                char byte = *reader->at++;
                if (byte == '"')
                        return true;
                if (byte == '\\' ? !read_escape(reader, format)
                                 : !add_byte(reader, (unsigned char)byte))
                        return false;
        }
        return false;
}

static bool read_plain(struct log_reader *reader, const char *set)
{
        size_t size = span(reader, set);
        bool fits = size > 0;

        for (; fits && size > 0; size--)
                fits = add_byte(reader, (unsigned char)*reader->at++);
        return fits;
}

/* RFC 8259: no zero leads. */
static bool read_number(struct log_reader *reader)
{
        return !(reader->at + 1 < reader->end && reader->at[0] == '0' && reader->at[1] >= '0' &&
                 reader->at[1] <= '9') &&
               read_plain(reader, "0123456789");
}

static bool read_value(struct log_reader *reader, struct log_field *field, enum log_format format)
{
        if (accept(reader, "\""))
                return read_quoted(reader, format);
        field->is_number = format == LOG_JSON;
        if (field->is_number)
                return read_number(reader);
        return read_plain(reader,
                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                          "-._:/@,+%[]");
}

static bool read_field(struct log_reader *reader, enum log_format format)
{
        struct log_field *field = &reader->fields[reader->field_count];

        if (reader->field_count == LOG_READER_FIELDS_MAX)
                return false;
        *field = (struct log_field){ .value = reader->values + reader->values_size };
        if (format == LOG_JSON && !accept(reader, "\""))
                return false;
        field->key = reader->at;
        field->key_size = span(reader, "abcdefghijklmnopqrstuvwxyz0123456789_");
        reader->at += field->key_size;
        if (field->key_size == 0 || !accept(reader, format == LOG_JSON ? "\":" : "=") ||
            !read_value(reader, field, format))
                return false;
        field->value_size = (size_t)(reader->values + reader->values_size - field->value);
        reader->field_count++;
        return true;
}

static bool read_fields(struct log_reader *reader, enum log_format format)
{
        if (format == LOG_JSON && !accept(reader, "{"))
                return false;
        do
                if (!read_field(reader, format))
                        return false;
        while (accept(reader, format == LOG_JSON ? "," : " "));
        return format != LOG_JSON || accept(reader, "}");
}

static bool read_priority(struct log_reader *reader)
{
        return accept(reader, "<3>") || accept(reader, "<4>") || accept(reader, "<6>") ||
               accept(reader, "<7>");
}

static bool is_printable(const char *text, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (text[i] < ' ' || text[i] > '~')
                        return false;
        return true;
}

static bool is_key(const struct log_field *field, const char *key)
{
        return field->key_size == strlen(key) && memcmp(field->key, key, field->key_size) == 0;
}

bool log_reader_read(struct log_reader *reader, const char *text, size_t size,
                     const struct log_style *style)
{
        if (size == 0 || size > LOG_LINE_SIZE || text[size - 1] != '\n' ||
            !is_printable(text, size - 1))
                return false;
        reader->field_count = 0;
        reader->values_size = 0;
        reader->at = text;
        reader->end = text + size - 1;
        if (style->has_priorities && !read_priority(reader))
                return false;
        return read_fields(reader, style->format) && is_at_end(reader) &&
               reader->field_count >= 3 && is_key(&reader->fields[0], "time") &&
               is_key(&reader->fields[1], "level") && is_key(&reader->fields[2], "event");
}

const struct log_field *log_reader_find(const struct log_reader *reader, const char *key)
{
        for (size_t i = reader->field_count; i > 0; i--)
                if (is_key(&reader->fields[i - 1], key))
                        return &reader->fields[i - 1];
        return NULL;
}

bool log_reader_has(const struct log_reader *reader, const char *key, const void *value,
                    size_t value_size)
{
        const struct log_field *field = log_reader_find(reader, key);

        return field != NULL && field->value_size == value_size &&
               memcmp(field->value, value, value_size) == 0;
}

bool log_reader_has_text(const struct log_reader *reader, const char *key, const char *value)
{
        return log_reader_has(reader, key, value, strlen(value));
}
