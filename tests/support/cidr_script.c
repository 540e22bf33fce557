/* SPDX-License-Identifier: MIT */
#include "support/cidr_script.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/ensure.h"
#include "support/words.h"
#include "words/cidr.h"

/* Whether no bit of an address is set behind its length. */
static bool is_zero_behind(const unsigned char *address, unsigned size, unsigned long length)
{
        for (unsigned long bit = length; bit < 8UL * size; bit++)
                if ((address[bit / 8] >> (7 - bit % 8) & 1) != 0)
                        return false;
        return true;
}

static bool is_length(const char *text, unsigned long most, unsigned long *ret_length)
{
        if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
                return false;
        *ret_length = strtoul(text, NULL, 10);
        return *ret_length <= most;
}

static bool is_network(const char *text)
{
        char address[64];
        struct in_addr v4;
        struct in6_addr v6;
        unsigned long length;
        const char *slash = strchr(text, '/');

        if (slash == NULL || (size_t)(slash - text) >= sizeof(address))
                return false;
        memcpy(address, text, (size_t)(slash - text));
        address[slash - text] = '\0';
        if (inet_pton(AF_INET, address, &v4) == 1)
                return is_length(slash + 1, 32, &length) &&
                       is_zero_behind((const unsigned char *)&v4, sizeof(v4), length);
        return inet_pton(AF_INET6, address, &v6) == 1 && is_length(slash + 1, 128, &length) &&
               is_zero_behind(v6.s6_addr, sizeof(v6), length) &&
               !(IN6_IS_ADDR_V4MAPPED(&v6) && length >= 96);
}

void cidr_script_run(const uint8_t *data, size_t size)
{
        char *text = strndup((const char *)data, size);
        struct network network;
        struct network again;
        struct complaint complaint;
        char shown[CIDR_TEXT_SIZE];

        ensure(text != NULL);
        memset(&network, WORDS_UNTOUCHED, sizeof(network));
        memset(&complaint, WORDS_UNTOUCHED, sizeof(complaint));
        bool is_taken = cidr_parse(text, &network, &complaint);
        ensure(is_taken == is_network(text));
        words_check_complaint(&complaint, !is_taken);
        if (is_taken) {
                cidr_format(network, shown);
                ensure(cidr_parse(shown, &again, &complaint));
                ensure(network_is_equal(again, network));
        } else {
                ensure(words_are_untouched(&network, sizeof(network)));
        }
        free(text);
}
