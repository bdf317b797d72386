/* SPDX-License-Identifier: MIT */
/* The limit of control groups, read from made-up folders. */
#include "host_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

enum { MAX_COUNT = 256 };

/* Writes <root>/path and its folders. */
static void put(const char *root, const char *path, const char *text) {
    char whole[MAX_COUNT];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *at = whole + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        mkdir(whole, 0700);
        *at = '/';
    }
    FILE *file = fopen(whole, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(the_least_of_the_groups_above_holds) {
    ck_assert_int_eq(system("rm -rf v1 v2 inside outside odd"), 0); /* of an earlier run */
    uint64_t machine = host_memory_limit("no-such-folder");
    ck_assert_uint_eq(machine, (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE));
    /* Version 2: of the group, of one above it, of none; of the mounted group, where the path is another
     * namespace's. */
    put("v2", "/proc/self/cgroup", "0::/user.slice/job\n");
    ck_assert_uint_eq(host_memory_limit("v2"), machine);
    put("v2", "/sys/fs/cgroup/user.slice/job/memory.max", "max\n");
    ck_assert_uint_eq(host_memory_limit("v2"), machine);
    put("v2", "/sys/fs/cgroup/user.slice/memory.max", "300000000\n");
    ck_assert_uint_eq(host_memory_limit("v2"), 300000000);
    put("v2", "/sys/fs/cgroup/user.slice/job/memory.max", "200000000\n");
    ck_assert_uint_eq(host_memory_limit("v2"), 200000000);
    put("v2", "/sys/fs/cgroup/memory.max", "100000000\n");
    ck_assert_uint_eq(host_memory_limit("v2"), 100000000);
    put("inside", "/proc/self/cgroup", "0::/\n");
    put("inside", "/sys/fs/cgroup/memory.max", "64000000\n");
    ck_assert_uint_eq(host_memory_limit("inside"), 64000000);
    put("outside", "/proc/self/cgroup", "0::/docker/0123\n");
    put("outside", "/sys/fs/cgroup/memory.max", "64000000\n");
    ck_assert_uint_eq(host_memory_limit("outside"), 64000000);
    /* Version 1, where "no limit" is a number that no machine has. */
    put("v1", "/proc/self/cgroup", "9:name=systemd:/\n5:cpu,cpuacct:/a\n4:memory:/docker/job\n0::/\n");
    put("v1", "/sys/fs/cgroup/memory/docker/job/memory.limit_in_bytes", "9223372036854771712\n");
    ck_assert_uint_eq(host_memory_limit("v1"), machine);
    put("v1", "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "150000000\n");
    ck_assert_uint_eq(host_memory_limit("v1"), 150000000);
    /* What cannot be read is no limit. */
    put("odd", "/proc/self/cgroup", "nonsense\n0:\n0::\n\n0::/a/b\n");
    put("odd", "/sys/fs/cgroup/a/memory.max", "no number\n");
    put("odd", "/sys/fs/cgroup/a/b/memory.max", "99999999999999999999999999\n");
    ck_assert_uint_eq(host_memory_limit("odd"), machine);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("host_memory");
    tcase_add_test(tests, the_least_of_the_groups_above_holds);
    return support_run(tests);
}
