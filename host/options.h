/* SPDX-License-Identifier: MIT */
/* The command line: one table of options, one of commands. */
#ifndef ALEXCL_OPTIONS_H
#define ALEXCL_OPTIONS_H
#include "alexcl.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };
enum { OPTIONS_GAINS = 32, OPTIONS_REPEATS = 10000 };

struct options {
    char **arguments; /* behind the command */
    int argument_count;
    enum format format;
    int verbose, help, model_given;        /* model_given: --model was */
    const char *model, *weights, *devices; /* flag > environment > default; NULL where there is none */
    const char *precision;                 /* of weights of fully connected layers: "float" or "half" */
    int batch;                             /* 0: not given */
    int top, limit;
    int repeat, warm_up; /* 0, -1: not given */
    uint64_t memory, seed;
    int seed_given;
    const char *split; /* NULL: not given */
    const char *labels, *save, *input, *features, *dump_patches, *name, *output, *kind, *kernel, *layer, *trace,
        *compare, *plot;
    int ten_crop, keep_going, fail_fast, reproducible, quiet;
    struct alexcl_gain gains[OPTIONS_GAINS];
    int gain_count;
};

struct command {
    const char *name;
    int (*run)(const struct options *o, struct alexcl_error *err);
    const char *arguments; /* "LIST"; several forms stand one a line */
    const char *about;     /* one line */
    const char *details;   /* paragraphs for --help, lines of at most 80 */
    const char *also;      /* what it is called elsewhere, each word with a space before and behind: "did you mean" */
};
extern const struct command commands[]; /* main.c; ends with {NULL} */

/* Reads argv. *command is NULL when none was named. Settings given as flags are set in the library. */
int options_read(int argc, char **argv, struct options *out, const struct command **command, struct alexcl_error *err);
/* The options of a command (NULL: those that every command has), for help. */
void options_print(const struct command *command);
/* The model that is chosen. */
int options_model(const struct options *o, const struct alexcl_model **out, struct alexcl_error *err);
/* The same for a command that takes a model's name as its argument too, and nothing else. */
int options_model_argument(const struct options *o, const char *command, const struct alexcl_model **out,
                           struct alexcl_error *err);
/* The devices that are chosen; says which, and what each does, on stderr. */
int options_selection(const struct options *o, struct alexcl_selection **out, struct alexcl_error *err);
/* --split: whole images for each of two devices. */
int options_split_images(const struct options *o);
/* Its weights up to `last_layer` (NULL: all): of the file that is named, else random, from seed 1. */
int options_weights(const struct options *o, const struct alexcl_model *model, const char *last_layer,
                    struct alexcl_weights **out, struct alexcl_error *err);
/* "; weights of fully connected layers in half precision", where they are; else "". */
const char *options_tell_precision(const struct options *o);
/* ALEXCL_E_USAGE unless there are between `least` and `most` arguments. */
int options_expect(const struct options *o, const char *command, int least, int most, struct alexcl_error *err);
/* ALEXCL_E_USAGE where a file that will be written (NULL: none) is named like one of another format than `ending`'s. */
int options_check_ending(const char *option, const char *path, const char *ending, struct alexcl_error *err);
/* The same for -o where it takes the results: those of --format. */
int options_check_results(const struct options *o, struct alexcl_error *err);
#endif
