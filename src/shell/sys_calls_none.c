/* SPDX-License-Identifier: MIT */
/* A build without sanitizers needs no call more. */
#include "shell/sys_calls.h"

const struct sys_call sys_calls_more[] = { { 0 } };
const unsigned sys_calls_more_count = 0;
