/* SPDX-License-Identifier: MIT */
#include "words/quantity.h"

#include <string.h>

struct unit {
        const char *name;
        uint64_t factor;
};

/* The digits at the start of the text; NULL if there are none or they do not fit. */
static const char *parse_digits(const char *text, uint64_t *ret_value)
{
        const char *at = text;
        uint64_t value = 0;

        for (; *at >= '0' && *at <= '9'; at++) {
                uint64_t digit = (uint64_t)(*at - '0');
                if (value > (UINT64_MAX - digit) / 10)
                        return NULL;
                value = value * 10 + digit;
        }
        if (at == text)
                return NULL;
        *ret_value = value;
        return at;
}

static bool parse(const char *text, const struct unit *units, unsigned unit_count,
                  uint64_t *ret_value)
{
        uint64_t value = 0;
        const char *unit = parse_digits(text, &value);

        if (unit == NULL)
                return false;
        for (unsigned i = 0; i < unit_count; i++) {
                if (strcmp(unit, units[i].name) != 0)
                        continue;
                if (value > UINT64_MAX / units[i].factor)
                        return false;
                *ret_value = value * units[i].factor;
                return true;
        }
        return false;
}

bool quantity_count(const char *text, uint64_t *ret_value)
{
        static const struct unit units[] = { { "", 1 } };

        return parse(text, units, 1, ret_value);
}

bool quantity_size(const char *text, uint64_t *ret_bytes)
{
        static const struct unit units[] = {
                { "", 1 },
                { "K", UINT64_C(1) << 10 },
                { "M", UINT64_C(1) << 20 },
                { "G", UINT64_C(1) << 30 },
        };

        return parse(text, units, 4, ret_bytes);
}

bool quantity_duration(const char *text, uint64_t *ret_ns)
{
        static const struct unit units[] = {
                { "ms", UINT64_C(1000000) },
                { "s", UINT64_C(1000000000) },
                { "m", UINT64_C(60000000000) },
                { "h", UINT64_C(3600000000000) },
        };

        if (strcmp(text, "0") == 0) {
                *ret_ns = 0;
                return true;
        }
        return parse(text, units, 4, ret_ns);
}
