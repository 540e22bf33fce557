/* SPDX-License-Identifier: MIT */
/* A process that gives something up and then tries something: what cannot be undone needs one. */
#pragma once

/* How it ended, if not by an exit code of 0 to 255. */
enum { CHILD_DENIED = 1000, CHILD_TRAPPED = 1001 };

/*
 * Runs `act` in a child, which may return an exit code, of which 0 to 127 are its own, or trap
 * (SIGILL), which takes no call. CHILD_DENIED: it died of a call (SIGSYS). Any other end fails the
 * test.
 */
int child_run(int (*act)(const void *argument), const void *argument);
