/* SPDX-License-Identifier: MIT */
/*
 * The rights of the process, and how it gives them up for good. Each of these is one step, for the
 * calling thread or the process, and returns 0 or -errno; what has been given up stays so on
 * failure. All must be done before there is a second thread, but privileges_limit().
 */
#pragma once

#include "service/user.h"

/* One of its users is root, the one it would go back to included. */
bool privileges_is_root(void);

/* Leaves all groups of before, and is that user alone: this is looked at before 0 is returned. */
__attribute__((warn_unused_result)) int privileges_become(const struct user *user);

/*
 * No capability can be had of a file any more (capabilities(7): the bounding set). To be done while
 * it is allowed, which is before privileges_become(). Who is not root may not, and gets 0: with
 * privileges_gain_none() no file gives any.
 */
__attribute__((warn_unused_result)) int privileges_bound(void);

/* None is left: neither permitted, nor to be inherited. */
__attribute__((warn_unused_result)) int privileges_drop(void);

/* No program that it could run has more rights than the process. */
__attribute__((warn_unused_result)) int privileges_gain_none(void);

/* Nobody of the same user reads its memory, and no core of it is ever written. */
__attribute__((warn_unused_result)) int privileges_hide(void);

/* No thread more, no core, no locked memory: by hard limits. Descriptors stay what they are. */
__attribute__((warn_unused_result)) int privileges_limit(void);
