/* SPDX-License-Identifier: MIT */
/* Pictures through a net. infer_run.c opens all and goes through the images, infer_images.c knows their names and
 * labels, infer_batches.c collects their crops and runs them; each command takes the values that come back. Those of
 * `alexcl infer`: command_infer.c, infer_scores.c makes scores of them, infer_output.c prints them. Each owns a part of
 * struct infer. */
#ifndef ALEXCL_INFER_H
#define ALEXCL_INFER_H
#include "array_images.h"
#include "feed.h"
#include "labels.h"
#include "npy.h"
#include "options.h"

/* Options that it has for itself. */
struct infer_options {
    int ten_crop, keep_going, reproducible;
    int top, limit; /* limit: 0: not given */
    const char *labels, *save, *features, *input, *dump_patches;
};

/* One image of the list, or of --input. */
struct result {
    size_t label_index; /* valid when has_label */
    int has_label, crops_done, done;
    char *error; /* why there are no scores, or NULL */
    size_t rank; /* classes ahead of the label */
    size_t *top; /* `top_count` best classes */
    double *p;   /* and their probabilities */
};

/* A label of the list, and the class that has it. */
struct infer_label {
    enum { LABEL_NEW, LABEL_FOUND, LABEL_UNKNOWN, LABEL_IGNORED } state;
    size_t class;
};

/* command_infer.c: the images, and how they fared. */
struct infer_results {
    struct result *list;
    size_t count, top_count;
    struct labels *labels;
    struct infer_label *known; /* of image_list.labels */
    size_t finished, failed, labelled, top1_wrong, top5_wrong;
    size_t beside; /* images of the list that have no result of their own: what others are compared with */
    int worst;     /* status that the command ends with */
};

/* Rows of crops, their scores, and the images whose they are. */
struct crops {
    float *in, *out;
    uint64_t ticket; /* of its run */
    size_t *owner, rows;
};

/* The batch being filled, and the one that was submitted to the net (on the reference: none). */
struct infer_batches {
    struct crops filling, running;
    size_t size, in_floats;
    int reference; /* no device: all in plain C */
};

struct infer_scores {
    const struct alexcl_layer *last; /* the layer whose output is read */
    size_t units, crops;             /* values of that layer; crops of an image */
    double *sum, *order;             /* of one image's crops: probabilities, and what they are ordered by */
    float *row;
    struct npy_writer *save;
    size_t next_row;             /* first image whose row of --save is not written */
    struct alexcl_error unsaved; /* why --save ended before the images did; with --keep-going these go on */
};

struct infer_output {
    size_t emitted;      /* results printed */
    double start, ready; /* of the command, of the net */
};

struct infer {
    const struct options *o;
    const struct infer_options *own;
    /* The command's: takes the values of an image, and prints what is done, in the order of the list. */
    int (*take)(struct infer *f, size_t image, const float *out, struct alexcl_error *err);
    int (*emit)(struct infer *f, struct alexcl_error *err);
    void *user;                 /* the command's */
    const char *const *outputs; /* layers whose values it wants, in place of the last one's; NULL: that one */
    size_t output_count;
    int batch;    /* images at once where --batch is not given; 0: as for any net */
    int as_it_is; /* pictures of the model's size alone, not resized */
    /* as_it_is: asked of a picture of another size, where it is not NULL. 1: the list ends before it; 0: it fails. */
    int (*resized)(struct infer *f, const struct feed_item *item);
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_net *net;
    struct image_list list;
    struct feed *feed;
    struct array_images input;
    float *input_values; /* of one image of it */
    struct infer_results results;
    struct infer_batches batches;
    struct infer_scores scores;
    struct infer_output output;
};

/* Zeroed memory for `count` of `size` bytes, at the pointer that `out` is the address of. */
int infer_alloc(void *out, size_t count, size_t size, struct alexcl_error *err);

/* An image as results show it; `number` is room for the name of one of --input. */
const char *infer_images_name(const struct infer *f, size_t image, char number[24]);
/* A class as results show it; `number` is room for that of one without a name. */
const char *infer_images_class_name(const struct infer *f, size_t class, char number[24]);
/* Its label's class; 0: it has none that counts. */
int infer_images_class(const struct infer *f, size_t image, size_t *class);
/* A label that is none of the model's is told, by its line. */
int infer_images_label(struct infer *f, size_t image, struct alexcl_error *err);
/* The names of the classes, and the classes of all labels; with --keep-going one that has none is told in its image's
 * place. */
int infer_images_open_labels(struct infer *f, size_t classes, struct alexcl_error *err);

/* The results to come, `top` classes each, their names and labels: a label that is none of the model's is told before
 * anything is compiled. With --keep-going it is told in its image's place. */
int infer_images_open_results(struct infer *f, size_t top, struct alexcl_error *err);

/* infer_run.c. Opens the net and all that feeds it, where model, weights, selection, the list (or --input), the number
 * of results and scores.crops are there. */
int infer_begin(struct infer *f, struct alexcl_error *err);
/* Goes through the images. An error says how far it got. */
int infer_run(struct infer *f, struct alexcl_error *err);
/* What the command ends with: the status of infer_run, else `late`, what went wrong behind it, else that images
 * failed. */
int infer_end(const struct infer *f, int status, const struct alexcl_error *late, struct alexcl_error *err);
void infer_free(struct infer *f);

/* Once the net is open: memory for its batches of `rows` crops in all. */
int infer_batches_open(struct infer *f, size_t rows, struct alexcl_error *err);
void infer_batches_free(struct infer_batches *b);
/* An image's crops; a batch that is full runs. */
int infer_batches_add(struct infer *f, size_t image, const float *values, struct alexcl_error *err);
/* Runs all that has been filled in. */
int infer_batches_run_all(struct infer *f, struct alexcl_error *err);

/* Once the net is open: memory for an image's scores, and the file of --save. */
int infer_scores_open(struct infer *f, struct alexcl_error *err);
void infer_scores_free(struct infer_scores *s);
/* Whether an image's values are one row of the array that is saved, and not maps. */
int infer_scores_is_row(struct alexcl_shape shape);
/* Adds a crop's output to its image, which has its result with the last of them. */
int infer_scores_add(struct infer *f, size_t image, const float *out, struct alexcl_error *err);
/* Images that failed keep their row in the file of --save, of NaN, so that its rows are the lines of the list. */
int infer_scores_fill_failed(struct infer *f, size_t image, struct alexcl_error *err);
/* What is wrong with an image stands where its result would. */
int infer_scores_note_failure(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err);
/* The net refused a batch for scores that are not finite: the image that got them fails, the others have theirs. */
int infer_scores_fail(struct infer *f, size_t image, const struct alexcl_error *why, struct alexcl_error *err);
/* The index of the first that is no finite number, or `count`. */
size_t infer_scores_not_finite(const float *values, size_t count);

/* What stands before the first result. */
int infer_output_begin(struct infer *f, struct alexcl_error *err);
void infer_output_progress(const struct infer *f);
/* Prints what is done, in the order of the list, and lets go of it. */
int infer_output_emit(struct infer *f, struct alexcl_error *err);
/* What the file of --save holds. */
void infer_output_saved(const struct infer *f);
/* The rest of the document, which is complete whatever happened. */
int infer_output_document(struct infer *f, const struct alexcl_error *why, struct alexcl_error *err);
/* Errors of the labels, and how long all took. */
void infer_output_end(const struct infer *f);
#endif
