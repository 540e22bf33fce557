/* SPDX-License-Identifier: MIT */
#include "service/descriptors.h"

#include <limits.h>
#include <stdlib.h>

#include "core/ensure.h"
#include "shell/sys.h"

static int compare(const void *a, const void *b)
{
        int left = *(const int *)a;
        int right = *(const int *)b;

        return (left > right) - (left < right);
}

static void close_range_of_own(unsigned first, unsigned last)
{
        int error = sys_close_range(first, last);

        ensure(error == 0);
}

int descriptors_own(int *fds, unsigned count)
{
        unsigned first = 0;

        int error = sys_own_descriptors();
        if (error < 0)
                return error;
        qsort(fds, count, sizeof(fds[0]), compare);
        for (unsigned i = 0; i < count; i++) {
                unsigned fd = (unsigned)fds[i];
                if (first < fd)
                        close_range_of_own(first, fd - 1);
                first = fd + 1;
        }
        close_range_of_own(first, UINT_MAX);
        return 0;
}
