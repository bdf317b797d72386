/* SPDX-License-Identifier: MIT */
/* A fuzz target without a fuzzer: `fuzz_<what> FILE_OR_FOLDER...` gives it each file, and those of each folder. For
 * every compiler, and under a debugger. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { MAX_BYTES = 1 << 20 };
static unsigned char input[MAX_BYTES];
static int inputs, failed;

static void run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        printf("%s: %s\n", path, strerror(errno));
        failed = 1;
        return;
    }
    size_t size = fread(input, 1, sizeof input, file);
    fclose(file);
    fprintf(stderr, "%s\n", path); /* the last one told is the one that failed */
    unsigned char *copy = fuzz_copy(input, size, 0);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    inputs++;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        struct stat info;
        DIR *folder = stat(argv[i], &info) == 0 && S_ISDIR(info.st_mode) ? opendir(argv[i]) : NULL;
        if (!folder) {
            run_file(argv[i]);
            continue;
        }
        for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) run_file(path);
        }
        closedir(folder);
    }
    printf("%d inputs\n", inputs);
    return failed || inputs == 0;
}
