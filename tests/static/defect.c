/* SPDX-License-Identifier: MIT */
/* Never built. What static.sh must find: memory used after it was freed, and lost; a failure that nobody looks at. */
#include <stdio.h>
#include <stdlib.h>

char defect(FILE *file, size_t size) {
    char *used = malloc(size), *lost = malloc(size);
    if (!used || !lost) return 0;
    fclose(file);
    free(used);
    return used[0];
}
