/* SPDX-License-Identifier: MIT */
/* Lines of /proc/self/cgroup are "0::/path" (version 2) and "4:memory:/path" (version 1); the limit of each group from
 * that one up to the root holds. In a container the path may be the host's, and what is mounted is the group itself:
 * groups that are not there are left out. */
#include "host_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096 };

/* The least of `limit` and what the file says; "max" and a missing file are no limit. */
static uint64_t host_memory_read(const char *path, uint64_t limit) {
    char text[64] = "", *end;
    FILE *file = fopen(path, "re");
    if (!file) return limit;
    if (!fgets(text, sizeof text, file)) text[0] = '\0';
    (void)fclose(file);
    errno = 0;
    unsigned long long bytes = strtoull(text, &end, 10);
    return end != text && errno == 0 && bytes < limit ? bytes : limit;
}

static uint64_t host_memory_climb(const char *root, const char *mounted, char *group, const char *file,
                                  uint64_t limit) {
    char path[2 * PATH];
    for (;;) {
        int length = snprintf(path, sizeof path, "%s/sys/fs/cgroup%s%s/%s", root, mounted,
                              strcmp(group, "/") == 0 ? "" : group, file);
        if (length > 0 && (size_t)length < sizeof path) limit = host_memory_read(path, limit);
        char *last = strrchr(group, '/');
        if (!last || group[0] == '\0') return limit;
        *last = '\0';
    }
}

uint64_t host_memory_limit(const char *root) {
    char line[PATH], path[PATH];
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t limit = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : UINT64_MAX;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (!file) return limit;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group) continue;
        *group++ = '\0';
        if (controllers[1] == '\0') limit = host_memory_climb(root, "", group, "memory.max", limit);
        if (strcmp(controllers + 1, "memory") == 0)
            limit = host_memory_climb(root, "/memory", group, "memory.limit_in_bytes", limit);
    }
    (void)fclose(file);
    return limit;
}
