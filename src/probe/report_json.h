/* SPDX-License-Identifier: MIT */
/* What a run found, as one JSON object on one line; keys that do not apply are left out. */
#pragma once

#include <stdio.h>

#include "probe/options.h"
#include "probe/result.h"

/* 0, or a negative errno if not all of it could be written. */
__attribute__((warn_unused_result)) int
report_json_print(FILE *stream, const struct probe_options *options, const struct result *result);
