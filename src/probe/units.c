/* SPDX-License-Identifier: MIT */
#include "probe/units.h"

#include <math.h>
#include <stdio.h>

struct unit {
        double size;
        const char *name;
};

/* The last unit takes whatever is greater. */
static void format_figure(char ret_text[UNITS_TEXT_SIZE], double value, const struct unit *units,
                          size_t unit_count)
{
        size_t i = 0;

        while (i + 1 < unit_count && fabs(value) / units[i].size >= 999.5)
                i++;
        double shown = value / units[i].size;
        double size = fabs(shown);
        int digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
        if (i == 0 && shown >= trunc(shown) && shown <= trunc(shown))
                digits = 0;
        snprintf(ret_text, UNITS_TEXT_SIZE, "%.*f %s", digits, shown, units[i].name);
}

void units_duration(char ret_text[UNITS_TEXT_SIZE], double ns)
{
        static const struct unit units[] = {
                { 1, "ns" }, { 1e3, "µs" }, { 1e6, "ms" }, { 1e9, "s" }
        };

        format_figure(ret_text, ns, units, sizeof(units) / sizeof(units[0]));
}

void units_size(char ret_text[UNITS_TEXT_SIZE], double bytes)
{
        static const struct unit units[] = {
                { 1, "B" }, { 1e3, "KB" }, { 1e6, "MB" }, { 1e9, "GB" }, { 1e12, "TB" }
        };

        format_figure(ret_text, bytes, units, sizeof(units) / sizeof(units[0]));
}

size_t units_columns(const char *text)
{
        size_t columns = 0;

        /* The bytes of a character after its first one are 10xxxxxx. */
        for (; *text != '\0'; text++)
                columns += ((unsigned char)*text & 0xc0) != 0x80;
        return columns;
}

void units_printable(char *ret_text, size_t room_size, const char *text)
{
        size_t used = 0;

        for (; *text != '\0'; text++) {
                unsigned char byte = (unsigned char)*text;
                char shown[sizeof("\\xNN")];
                int size = byte >= ' ' && byte <= '~'
                               ? snprintf(shown, sizeof(shown), "%c", byte)
                               : snprintf(shown, sizeof(shown), "\\x%02x", byte);
                if ((size_t)size >= room_size - used)
                        break;
                for (int i = 0; i < size; i++)
                        ret_text[used++] = shown[i];
        }
        ret_text[used] = '\0';
}
