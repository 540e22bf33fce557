/* SPDX-License-Identifier: MIT */
/*
 * A descriptor table for one thread alone. The kernel then takes no reference for a call on a
 * descriptor, and threads that open and close at the same time do not wait for each other.
 */
#pragma once

/*
 * From now on the calling thread has a table of its own, in which only these are open; they are
 * sorted on return. A file is closed when all tables have closed it. 0; or -errno, and the thread
 * shares its table as before, with everything open in it.
 */
__attribute__((warn_unused_result)) int descriptors_own(int *fds, unsigned count);
