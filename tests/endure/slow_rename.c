/* SPDX-License-Identifier: MIT */
/* For LD_PRELOAD: every rename takes 20 ms longer, so that a kill can be aimed at a file that is written and has not
 * got its name yet. */
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

__attribute__((visibility("default"))) int rename(const char *from, const char *to) {
    const struct timespec pause = {.tv_nsec = 20000000};
    nanosleep(&pause, NULL);
    return (int)syscall(SYS_renameat2, -100 /* AT_FDCWD */, from, -100, to, 0);
}
