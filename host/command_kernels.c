/* SPDX-License-Identifier: MIT */
/* `alexcl kernels`: the kernels' source, as the program has it in it: listed, or written into a folder where it can be
 * read, changed and tried by --kernel-dir. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "files.h"
#include "hash.h"
#include "report.h"
#include "status.h"

/* "kernel" or, of a file that others include, "header". */
static const char *kernels_kind(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot && strcmp(dot, ".clh") == 0 ? "header" : "kernel";
}

static void kernels_hash(const struct alexcl_kernel_file *f, char hex[HASH_HEX]) {
    unsigned char hash[HASH_BYTES];
    hash_sha256(f->text, f->length, hash);
    hash_to_hex(hash, hex);
}

/* What was written before one that fails stays, and is told: the folder was empty. */
static int kernels_write(const char *folder, struct alexcl_error *err) {
    const struct alexcl_kernel_file *f;
    int status, empty;
    TRY(files_make_folder(folder, err));
    TRY(files_is_empty(folder, NULL, &empty, err));
    if (!empty) {
        status = error_set(err, ALEXCL_E_OTHER, "%s: the folder is not empty; name a new one, or empty it", folder);
        goto done;
    }
    for (size_t i = 0; (f = alexcl_kernel_file_get(i)) != NULL; i++) {
        struct file *file = NULL;
        char path[4096];
        int made = snprintf(path, sizeof path, "%s/%s", folder, f->name);
        if (made < 0 || (size_t)made >= sizeof path)
            return error_set(err, ALEXCL_E_OTHER, "%s: the name of a file in it is too long", folder);
        status = file_open(path, &file, err);
        if (status == ALEXCL_OK) status = file_add(file, f->text, f->length, err);
        if (status == ALEXCL_OK) status = file_commit(file, err);
        file_free(file);
        TRY(status);
    }
done:
    return status;
}

static int command_kernels(const struct options *o, struct alexcl_error *err) {
    const struct alexcl_kernel_file *f;
    json_t *list = o->format == FORMAT_JSON ? json_array() : NULL;
    size_t count = 0, bytes = 0;
    int status;
    TRY(options_expect(o, "kernels", 0, 0, err));
    if (o->output) TRY(kernels_write(o->output, err));
    if (o->format == FORMAT_CSV) fputs("name,kind,bytes,sha256\r\n", stdout);
    for (; (f = alexcl_kernel_file_get(count)) != NULL; count++) {
        char hex[HASH_HEX];
        kernels_hash(f, hex);
        bytes += f->length;
        if (o->format == FORMAT_JSON)
            report_append(list, json_pack("{s:s, s:s, s:I, s:s}", "name", f->name, "kind", kernels_kind(f->name),
                                          "bytes", (json_int_t)f->length, "sha256", hex));
        else if (o->format == FORMAT_CSV)
            printf("%s,%s,%zu,%s\r\n", f->name, kernels_kind(f->name), f->length, hex);
        else if (!o->output)
            printf("%-30s %-7s %7zu  %.16s\n", f->name, kernels_kind(f->name), f->length, hex);
    }
    if (o->format == FORMAT_TEXT && o->output) {
        report_text(stdout, o->output);
        printf(": %zu files, %s; after a change: alexcl check --kernel-dir ", count, report_bytes(bytes));
        report_text(stdout, o->output);
        putchar('\n');
    }
    if (o->format == FORMAT_JSON) return report_json_list("kernels", "kernels", list, err);
done:
    if (status != ALEXCL_OK) json_decref(list);
    return status;
}

const struct command kernels_command = {
    .name = "kernels",
    .run = command_kernels,
    .makes_output = 1,
    .arguments = "",
    .about = "the kernels' OpenCL C source: list it, or write it into a folder",
    .details = "Each file's name, kind, bytes and the first half of its SHA-256 (JSON and CSV:\n"
               "all of it). -o DIR writes them into a folder, which is made, or is empty.\n"
               "Change one there and try it: files of --kernel-dir take the place of the\n"
               "program's own, and `alexcl check` says whether they compute right.\n\n"
               "  alexcl kernels -o kernels\n"
               "  alexcl --devices 0 check --kernel-dir kernels\n",
    .also = " kernel source sources shaders ",
};
