/* SPDX-License-Identifier: MIT */
/* How the process ends: the codes of sysexits.h(3head) in use. */
#pragma once

enum exit_code {
        EXIT_CODE_DONE = 0,
        EXIT_CODE_USAGE = 64,
        EXIT_CODE_UNAVAILABLE = 69, /* an address is in use or not ours */
        EXIT_CODE_INTERNAL = 70,
        EXIT_CODE_SYSTEM = 71, /* the system refused memory, a thread, a descriptor */
        EXIT_CODE_PERMISSION = 77,
        EXIT_CODE_CONFIGURATION = 78,
};
