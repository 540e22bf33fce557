/* SPDX-License-Identifier: MIT */
/* A second parser of PROXY headers, the plainest: the whole of a header at once, or nothing. */
#pragma once

#include "core/proxy.h"

/* Whether the bytes begin with a whole and right header. */
bool proxy_model_parse(const unsigned char *data, uint32_t size, struct proxy_header *ret_header);
