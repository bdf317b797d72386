/* SPDX-License-Identifier: MIT */
/* `alexcl pack`: a data set decoded once, into one file that training maps. */
#include <stdio.h>

#include "commands.h"
#include "data_set.h"
#include "pack_write.h"
#include "progress.h"
#include "report.h"
#include "status.h"

enum { SIDE_MAX = 10000 };

struct pack_options {
    const char *targets, *layout;
    int size, test, grey;
};
static const struct option_row pack_rows[] = {
    {0, "size", "N", "pictures become squares of N pixels a side [256]",
     OPTION_INT(struct pack_options, size, 1, SIDE_MAX)},
    {0, "grey", NULL, "one channel [three; MNIST's has one]", OPTION_FLAG(struct pack_options, grey)},
    {0, "test", NULL, "of a folder with both parts, the one to test with", OPTION_FLAG(struct pack_options, test)},
    {0, "targets", "Y", "the labels of x.npy: y.npy", OPTION_TEXT(struct pack_options, targets)},
    {0, "layout", "L", "x.npy: nchw or nhwc, where both would do", OPTION_TEXT(struct pack_options, layout)},
};
static const struct pack_options pack_defaults = {.size = 256};
static const struct option_table pack_options = OPTION_TABLE(pack_rows, pack_defaults);

static void pack_progress(size_t done, size_t count) { progress_count("packing pictures", done, count); }

static int pack_report(const struct options *o, const struct data_set *set, struct alexcl_error *err) {
    uint64_t bytes = (uint64_t)set->count * (uint64_t)set->channels * (uint64_t)set->height * (uint64_t)set->width;
    if (o->format == FORMAT_JSON)
        return report_json("pack",
                           json_pack("{s:o, s:o, s:I, s:I, s:i, s:i, s:i, s:b, s:I}", "data",
                                     report_string(o->arguments[0]), "file", report_string(o->output), "images",
                                     (json_int_t)set->count, "classes", (json_int_t)set->classes, "channels",
                                     set->channels, "height", set->height, "width", set->width, "labels",
                                     set->labels != NULL, "bytes", (json_int_t)bytes),
                           err);
    if (o->format == FORMAT_CSV) {
        puts("images,classes,channels,height,width,bytes\r");
        printf("%zu,%zu,%d,%d,%d,%llu\r\n", set->count, set->classes, set->channels, set->height, set->width,
               (unsigned long long)bytes);
        return ALEXCL_OK;
    }
    report_text(stdout, o->output);
    printf(": %s picture%s of ", report_count(set->count), set->count == 1 ? "" : "s");
    if (set->labels)
        printf("%zu classes", set->classes);
    else
        printf("no classes");
    printf(", %d x %d x %d, %s\n", set->channels, set->height, set->width, report_bytes(bytes));
    return ALEXCL_OK;
}

static int command_pack(const struct options *o, struct alexcl_error *err) {
    const struct pack_options *own = o->own;
    struct data_set_options data = {
        .targets = own->targets, .channels = own->grey ? 1 : 0, .side = own->size, .test = own->test, .unlabelled = 1};
    struct data_set set = {0};
    int status;
    TRY(options_expect(o, "pack", 1, 1, err));
    if (!o->output) return error_set(err, ALEXCL_E_USAGE, "`alexcl pack` wants -o FILE.pack");
    TRY(options_check_ending("-o", o->output, ".pack", err));
    TRY(options_layout(own->layout, &data.layout, err));
    TRY(data_set_open(o->arguments[0], &data, &set, err));
    if (set.note && !o->quiet) report_message(NULL, set.note);
    if (set.floats) {
        status = error_set(err, ALEXCL_E_DATA, "%s: holds floats, which are mapped as they are: --data takes the file",
                           o->arguments[0]);
        goto done;
    }
    status = pack_write(o->output, &set, pack_progress, err);
    progress_clear();
    TRY(status);
    TRY(pack_report(o, &set, err));
done:
    data_set_free(&set);
    return status;
}

const struct command pack_command = {
    .name = "pack",
    .run = command_pack,
    .own = &pack_options,
    .makes_output = 1,
    .arguments = "DATA -o FILE.pack",
    .about = "decode a data set once, into a file for training",
    .details = "DATA is what `alexcl train --data` takes, and FILE.pack is, too. Pictures are\n"
               "decoded, their shorter side becomes --size, and the middle is kept; then they\n"
               "are bytes behind each other, with their classes, in a file that is mapped. It\n"
               "knows what it was made of, and is refused where that has changed.\n\n"
               "  alexcl pack photos/ -o photos.pack\n",
    .also = " archive cache lmdb tfrecord ",
};
