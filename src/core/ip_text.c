/* SPDX-License-Identifier: MIT */
#include "core/ip_text.h"

enum {
        NO_GAP = UINT8_MAX,
        DOTS = 3,
        DIGITS_PER_GROUP = 4,
        BITS_PER_GROUP = 16,
        NO_DIGIT = 16,
};

/* ::ffff:0:0, the lower half. */
#define MAPPED (UINT64_C(0xffff) << 32)

void ip_text_begin_v4(struct ip_text *text)
{
        *text = (struct ip_text){ .is_dotted = true, .low = MAPPED };
}

void ip_text_begin_v6(struct ip_text *text)
{
        *text = (struct ip_text){ .gap = NO_GAP };
}

/* What a digit is worth; NO_DIGIT if it is none. */
static uint32_t digit_value(unsigned char byte)
{
        if (byte >= '0' && byte <= '9')
                return byte - (uint32_t)'0';
        if (byte >= 'a' && byte <= 'f')
                return byte - (uint32_t)'a' + 10;
        if (byte >= 'A' && byte <= 'F')
                return byte - (uint32_t)'A' + 10;
        return NO_DIGIT;
}

static bool add_decimal(struct ip_text *text, uint32_t digit)
{
        bool is_after_zero = text->digits > 0 && text->number == 0;

        if (digit > 9 || is_after_zero)
                return false;
        text->number = text->number * 10 + digit;
        text->digits++;
        return text->number <= UINT8_MAX;
}

static bool add_dot(struct ip_text *text)
{
        if (text->digits == 0 || text->dot_count == DOTS)
                return false;
        text->v4 = text->v4 << 8 | text->number;
        text->dot_count++;
        text->digits = 0;
        text->number = 0;
        return true;
}

/* How many groups there may be besides the gap, which stands for one at least. */
static uint32_t most_groups(const struct ip_text *text)
{
        return text->gap == NO_GAP ? IP_TEXT_GROUPS : IP_TEXT_GROUPS - 1;
}

static bool add_hex(struct ip_text *text, uint32_t digit)
{
        bool is_after_first_colon = text->colons == 1 && text->group_count == 0;

        if (digit == NO_DIGIT || text->digits == DIGITS_PER_GROUP || is_after_first_colon ||
            text->group_count == most_groups(text))
                return false;
        text->number = text->number << 4 | digit;
        text->digits++;
        text->colons = 0;
        return true;
}

static bool add_colon(struct ip_text *text)
{
        text->colons++;
        if (text->digits > 0) {
                text->groups[text->group_count++] = (uint16_t)text->number;
                text->digits = 0;
                text->number = 0;
                return text->group_count < most_groups(text);
        }
        if (text->colons == 1)
                return true;
        if (text->gap != NO_GAP)
                return false;
        text->gap = text->group_count;
        return true;
}

/* The group that was read is not hex: it is the first number of an IPv4 address. */
static bool become_dotted(struct ip_text *text)
{
        uint32_t group = text->number;
        uint32_t digits = text->digits;
        bool is_mapped = text->group_count == 1 && text->groups[0] == UINT16_MAX;

        if (text->gap != 0 || (text->group_count > 0 && !is_mapped))
                return false;
        ip_text_begin_v4(text);
        text->low = is_mapped ? MAPPED : 0;
        while (digits-- > 0)
                if (!add_decimal(text, group >> 4 * digits & 0xf))
                        return false;
        return add_dot(text);
}

bool ip_text_add(struct ip_text *text, unsigned char byte)
{
        if (text->is_dotted)
                return byte == '.' ? add_dot(text) : add_decimal(text, digit_value(byte));
        if (byte == '.')
                return become_dotted(text);
        return byte == ':' ? add_colon(text) : add_hex(text, digit_value(byte));
}

/* Whatever is missing is zero, and lies in the gap. */
static struct ip ip_of_groups(const struct ip_text *text)
{
        uint64_t halves[2] = { 0, 0 };
        uint32_t missing = IP_TEXT_GROUPS - text->group_count;

        for (uint32_t i = 0; i < text->group_count; i++) {
                uint32_t place = i < text->gap ? i : i + missing;
                uint32_t shift = BITS_PER_GROUP * (3 - place % 4);
                halves[place / 4] |= (uint64_t)text->groups[i] << shift;
        }
        return (struct ip){ .high = halves[0], .low = halves[1] };
}

bool ip_text_end(const struct ip_text *text, struct ip *ret_ip)
{
        struct ip_text whole = *text;

        if (text->is_dotted) {
                if (text->digits == 0 || text->dot_count < DOTS)
                        return false;
                *ret_ip = (struct ip){ .low = text->low | text->v4 << 8 | text->number };
                return true;
        }
        if (text->digits > 0)
                whole.groups[whole.group_count++] = (uint16_t)text->number;
        else if (text->colons < 2)
                return false;
        if (text->gap == NO_GAP && whole.group_count < IP_TEXT_GROUPS)
                return false;
        *ret_ip = ip_of_groups(&whole);
        return true;
}
