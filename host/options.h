/* SPDX-License-Identifier: MIT */
/* The command line. An option is a row of a table, with the function that reads its value and the place where that
 * goes. What several commands take stands in tables here and in struct options; what one command takes, in a table and
 * a structure of its own, beside it. */
#ifndef ALEXCL_OPTIONS_H
#define ALEXCL_OPTIONS_H
#include <stddef.h>

#include "settings.h"
#include "data_set.h"
#include "inputs.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };
enum {
    OPTIONS_GAINS = 32,
    OPTIONS_BATCHES = 16,
    OPTIONS_IMAGES = 1000000 /* the largest number of images, or scores, to ask for */
};

/* A model that is read from a file, and weights by which one is chosen: opened once, when they are asked for. */
struct options_file {
    struct alexcl_model *model;
    const char *path;
    int weights;                       /* it has them too */
    struct alexcl_model *resized;      /* the model with --size .. */
    const struct alexcl_model *own;    /* .. and without, which is the one that files have weights for */
    struct alexcl_weights_file *given; /* the weights', by which the model is chosen */
    char *trained;                     /* the path of weights that come with alexcl, where those are taken */
};

struct option_batches {
    int list[OPTIONS_BATCHES], count;
};

/* Options that more than one command takes. */
struct options {
    struct settings_given given;     /* settings, by flags .. */
    struct alexcl_settings settings; /* .. and of those, what the library takes */
    char **arguments;                /* behind the command */
    int argument_count;
    enum format format;
    int verbose, quiet, model_given;       /* model_given: --model was */
    int model_named;                       /* it was, or is by the environment */
    int takes_trained;                     /* the command does: OPTION_TRAINED */
    int help;                              /* -1: the version was printed, and nothing else is wanted */
    const char *model, *weights, *devices; /* flag > environment > default; NULL where there is none */
    struct options_file *file;             /* the model's, where that is read from one */
    const char *precision;                 /* of weights of fully connected layers: "float", "half" or "int8" */
    int batch, size;                       /* 0: not given */
    struct option_batches batches;         /* the same, where a command takes several */
    uint64_t memory;
    const char *split, *output; /* NULL: not given */
    const void *own;            /* the command's own structure, NULL where it has none */
    void *structures;           /* of all commands; options_free */
};

struct option_gains {
    struct alexcl_gain list[OPTIONS_GAINS];
    int count;
};

/* Shared options that a command takes or not. */
enum option_shared {
    OPTION_DEVICES = 1 << 0,
    OPTION_MODEL = 1 << 1,
    OPTION_WEIGHTS = 1 << 2,
    OPTION_PRECISION = 1 << 3,
    OPTION_BATCH = 1 << 4,
    OPTION_MEMORY = 1 << 5,
    OPTION_SPLIT = 1 << 6,
    OPTION_CHECK = 1 << 7,
    OPTION_TUNE = 1 << 8,
    OPTION_SIZE = 1 << 9,
    /* without --weights, those that come with alexcl, where the model has some; no row is its */
    OPTION_TRAINED = 1 << 10,
    /* --batch may be a list; no row is its */
    OPTION_BATCHES = 1 << 11,
    /* those that are settings, of all that runs a net; it has three more */
    OPTIONS_SETTINGS = OPTION_DEVICES | OPTION_MODEL | OPTION_WEIGHTS | OPTION_PRECISION | OPTION_CHECK | OPTION_TUNE,
    OPTIONS_RUN_NET = OPTIONS_SETTINGS | OPTION_BATCH | OPTION_MEMORY | OPTION_SPLIT,
};

struct option_row {
    int letter;                         /* its short name; 0: none */
    const char *name, *argument, *help; /* argument: NULL for a flag */
    /* Reads a value to where it goes, `at` bytes into the structure. ALEXCL_E_USAGE. */
    int (*set)(const struct option_row *r, char *value, void *to, struct alexcl_error *err);
    size_t at;
    uint64_t min, max;   /* of a number */
    const char *setting; /* the variable that it beats, or NULL */
    unsigned shared;     /* enum option_shared; 0: the command's whose table it is, or every command's */
};
struct option_table {
    const struct option_row *rows;
    size_t count;
    const void *defaults; /* of the structure that the values go to; NULL: struct options */
    size_t size;
    /* Further rows, which are made from a list of the library's: the i-th; 0 behind the last. NULL: none. */
    int (*more)(size_t index, struct option_row *out);
};

/* What a row says of its value, for a member of the right type in the structure of its table. */
#define OPTION_VALUE(type, member, kind, function)                                                                     \
    .set = _Generic(((type *)0)->member, kind : function), .at = offsetof(type, member)
#define OPTION_FLAG(type, member) OPTION_VALUE(type, member, int, options_set_flag)
#define OPTION_TEXT(type, member) OPTION_VALUE(type, member, const char *, options_set_text)
#define OPTION_INT(type, member, from, to) OPTION_VALUE(type, member, int, options_set_int), .min = (from), .max = (to)
#define OPTION_NUMBER(type, member, to) OPTION_VALUE(type, member, uint64_t, options_set_number), .max = (to)
#define OPTION_GAIN(type, member) OPTION_VALUE(type, member, struct option_gains, options_set_gain)
/* A table of rows and of the defaults of its structure. */
#define OPTION_TABLE(rows, defaults)                                                                                   \
    { (rows), sizeof(rows) / sizeof *(rows), &(defaults), sizeof(defaults), NULL }
/* And of what `more` gives. */
#define OPTION_TABLE_MORE(rows, defaults, more)                                                                        \
    { (rows), sizeof(rows) / sizeof *(rows), &(defaults), sizeof(defaults), (more) }
int options_set_flag(const struct option_row *r, char *value, void *to, struct alexcl_error *err);
int options_set_text(const struct option_row *r, char *value, void *to, struct alexcl_error *err);
int options_set_int(const struct option_row *r, char *value, void *to, struct alexcl_error *err);
int options_set_number(const struct option_row *r, char *value, void *to, struct alexcl_error *err);
int options_set_gain(const struct option_row *r, char *value, void *to, struct alexcl_error *err);

/* Shared rows: of nets, of what is done before kernels are used, of every command. */
extern const struct option_table options_net, options_before_use, options_every;

struct command {
    const char *name;
    int (*run)(const struct options *o, struct alexcl_error *err);
    const struct option_table *own; /* options that it has for itself, or NULL */
    unsigned shared;                /* those of others that it takes: bits of enum option_shared */
    int shows_settings;             /* and so runs with settings that cannot be */
    int makes_output;               /* -o is for what it makes; of others it is for the results */
    const char *arguments;          /* "LIST"; several forms stand one a line */
    const char *about;              /* one line */
    const char *details;            /* paragraphs for --help, lines of at most 80 */
    const char *also; /* what it is called elsewhere, each word with a space before and behind: "did you mean" */
};
extern const struct command *const commands[]; /* commands.c; ends with NULL */

/* Reads argv; options_free in any case. *command is NULL when none was named. */
int options_read(int argc, char **argv, struct options *out, const struct command **command, struct alexcl_error *err);
void options_free(struct options *o);
const struct command *options_command(const char *name); /* or NULL */
/* The options of a command (NULL: those that every command has), in the order of help. */
typedef void option_each_fn(const struct option_row *r, void *user);
void options_each(const struct command *command, option_each_fn *fn, void *user);
/* The same as help prints them. */
void options_print(const struct command *command);

/* ---- options_resolve.c ---- */

/* The model that is chosen: the one that is named, else the one of the weights that are named, where the command takes
 * any, which is told on stderr; with their number of classes, and --size. */
int options_model(const struct options *o, const struct alexcl_model **out, struct alexcl_error *err);
/* The same for a command that takes a model's name as its argument too, and nothing else. */
int options_model_argument(const struct options *o, const char *command, const struct alexcl_model **out,
                           struct alexcl_error *err);
/* The names of the models that a command's arguments, or --model, tell: several, with commas between or each an
 * argument, or `all`, those that are built in; NULL is the one of options_model. Freed by options_list_free. */
struct options_list {
    const char **names;
    size_t count;
    char *text; /* that they lie in */
};
int options_models(const struct options *o, const char *command, struct options_list *out, struct alexcl_error *err);
void options_list_free(struct options_list *list);
/* The same options for one model (NULL: as it is) and one batch (0: not given), whose files are opened for it alone;
 * freed by options_view_free in any case. */
int options_view(const struct options *o, const char *model, int batch, struct options *out, struct alexcl_error *err);
void options_view_free(struct options *o);
/* The devices that are chosen; says which, and what each does, on stderr. */
int options_selection(const struct options *o, struct alexcl_selection **out, struct alexcl_error *err);
/* A plan of the model up to `last_layer` (NULL: all) for its shapes and sums: whatever memory there is. */
int options_shapes(const struct options *o, const struct alexcl_model *model, const char *last_layer,
                   struct alexcl_plan **out, struct alexcl_error *err);
/* --split: whole images for each of two devices. */
int options_split_images(const struct options *o);
/* The file that weights are read from, once the model is known: that of --weights, or one that comes with alexcl; NULL:
 * none is named. */
const char *options_weights_path(const struct options *o);
/* Its weights up to `last_layer` (NULL: all): of the file that is named, of the model's own file, else random, from
 * seed 1. */
int options_weights(const struct options *o, const struct alexcl_model *model, const char *last_layer,
                    struct alexcl_weights **out, struct alexcl_error *err);
/* "; weights of fully connected layers in half precision", or in 8 bits, where they are; else "". */
const char *options_tell_precision(const struct options *o);
/* The pictures that `count` arguments from `first` on name (inputs.h), one at least; what was passed over is told on
 * stderr. Freed by image_list_free. */
int options_inputs(const struct options *o, int first, int count, int keep_going, struct image_list *out,
                   struct alexcl_error *err);
/* ALEXCL_E_USAGE unless there are between `min` and `max` arguments. */
int options_expect(const struct options *o, const char *command, int min, int max, struct alexcl_error *err);
/* ALEXCL_E_USAGE where a file that will be written (NULL: none) is named like one of another format than `ending`'s. */
int options_check_ending(const char *option, const char *path, const char *ending, struct alexcl_error *err);
/* Whether a file (NULL: none) can be written: nothing is measured for one that cannot. Nothing lies about while it is
 * measured. ALEXCL_E_OTHER. */
int options_try_file(const char *path, struct alexcl_error *err);
/* options_check_ending for -o where it takes the results: those of --format. */
int options_check_results(const struct options *o, struct alexcl_error *err);
/* How x.npy lies, by --layout (NULL: not given). ALEXCL_E_USAGE. */
int options_layout(const char *layout, enum data_set_layout *out, struct alexcl_error *err);
#endif
