/* SPDX-License-Identifier: MIT */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "cpus.h"
#include "host_memory.h"

/* Linux tells the name of x86 processors; of others it has numbers alone. */
static void machine_read_processor(char *out, size_t size) {
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    out[0] = '\0';
    if (!file) return;
    while (!out[0] && fgets(line, sizeof line, file)) {
        const char *colon = strncmp(line, "model name", strlen("model name")) == 0 ? strchr(line, ':') : NULL;
        if (!colon) continue;
        colon += 1 + strspn(colon + 1, " \t");
        snprintf(out, size, "%.*s", (int)strcspn(colon, "\n"), colon);
    }
    (void)fclose(file);
}

void machine_read(struct machine *out) {
    struct utsname u;
    struct tm utc;
    time_t now = time(NULL);
    *out = (struct machine){.cpus = cpus_count(), .memory = host_memory_limit("")};
    if (uname(&u) == 0) snprintf(out->system, sizeof out->system, "%.80s %.80s %.80s", u.sysname, u.release, u.machine);
    machine_read_processor(out->processor, sizeof out->processor);
    if (!gmtime_r(&now, &utc)) return;
    (void)strftime(out->date, sizeof out->date, "%Y-%m-%d %H:%M UTC", &utc);
    (void)strftime(out->stamp, sizeof out->stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
}
