/* SPDX-License-Identifier: MIT */
/*
 * The main of a test program that starts processes: after each test, passed or failed, all that
 * it started are killed.
 */
#pragma once

#include <check.h>

/* What meson reads as "skipped". */
enum { SUITE_SKIPPED = 77 };

/* Runs the tests of one case; returns the exit status of main. */
int suite_run(TCase *tcase);
