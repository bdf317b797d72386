/* SPDX-License-Identifier: MIT */
/* What the net was given for a crop, as .npy (the values) and .png (the pixels), named by the list's line, so that
 * pictures of the same name do not overwrite each other. Such files can be made again, so they are not synced: that
 * would cost more than decoding. */
#include "patches.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "status.h"
#include "npy.h"
#include "png_file.h"
#include "printable.h"

enum { MAX_NAME = 200 /* bytes of the picture's name: a file's has 255 at most; the line tells apart what is cut */ };

int patches_make_folder(const char *folder, struct alexcl_error *err) {
    char part[4096];
    size_t length = strlen(folder);
    struct stat info;
    if (length == 0 || length >= sizeof part)
        return error_set(err, ALEXCL_E_OTHER, "--dump-patches: the folder's name is empty or too long");
    for (size_t i = 1; i <= length; i++) {
        if (folder[i] != '/' && folder[i] != '\0') continue;
        memcpy(part, folder, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return error_set(err, ALEXCL_E_OTHER, "--dump-patches: %s: %s%s", part, strerror(errno), file_hint(errno));
    }
    if (stat(folder, &info) != 0)
        return error_set(err, ALEXCL_E_OTHER, "--dump-patches: %s: %s", folder, strerror(errno));
    if (!S_ISDIR(info.st_mode)) return error_set(err, ALEXCL_E_OTHER, "--dump-patches: %s is not a folder", folder);
    return ALEXCL_OK;
}

int patches_write(const char *folder, int number, const char *path, int crop, const struct alexcl_model *model,
                  const unsigned char *patch, const float *values, struct alexcl_error *err) {
    char stem[4096], name[4200], suffix[16] = "";
    const char *file = strrchr(path, '/');
    if (crop >= 0) snprintf(suffix, sizeof suffix, "-%d", crop);
    file = file ? file + 1 : path;
    if (snprintf(stem, sizeof stem, "%s/%d-%.*s%s", folder, number, printable_cut(file, MAX_NAME), file, suffix) >=
        (int)sizeof stem)
        return error_set(err, ALEXCL_E_OTHER, "--dump-patches: the name of %s is too long", path);
    size_t shape[3] = {0, (size_t)model->height, (size_t)model->width},
           count = (size_t)model->channels * shape[1] * shape[2];
    struct npy_writer *w;
    snprintf(name, sizeof name, "%s.npy", stem);
    int status = npy_writer_open(name, 3, shape, &w, err);
    if (status != ALEXCL_OK) return status;
    npy_writer_skip_sync(w);
    status = npy_writer_add(w, values, count, err);
    if (status == ALEXCL_OK) status = npy_writer_commit(w, err);
    npy_writer_free(w);
    if (status != ALEXCL_OK) return status;
    snprintf(name, sizeof name, "%s.png", stem);
    struct picture picture = {model->width, model->height, model->channels, (unsigned char *)(uintptr_t)patch};
    return png_file_write(name, &picture, err);
}
