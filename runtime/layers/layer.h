/* SPDX-License-Identifier: MIT */
/* One layer of one half on one target: what it reads, its parameters, its variant, its forward pass.
 * A kind of layer is a row of layer_ops (one file each); a variant is a row inside that file. */
#ifndef ALEXCL_LAYER_H
#define ALEXCL_LAYER_H
#include "buffer.h"
#include "shape.h"

/* Where a half runs: an OpenCL device, or NULL for the plain C reference. */
struct target {
    struct device *device;
};

/* Float memory of a target: `buffer` on a device, `host` for the reference. The other one is NULL. */
struct storage {
    struct buffer *buffer;
    float *host;
    size_t floats;
};
int storage_create(struct target *target, size_t floats, const char *what, struct storage *out,
                   struct alexcl_error *err);
void storage_free(struct storage *s);
int storage_write(struct storage *s, size_t first, const float *values, size_t count, struct alexcl_error *err);
int storage_read(struct storage *s, size_t first, float *values, size_t count, struct alexcl_error *err);

/* How values lie in memory. A CPU device has LAYER_BLOCK channels side by side, one register of them: n x ceil(c / 16)
 * x h x w x 16, each half filled up by itself with channels that are finite and mean nothing; other targets have n x c
 * x h x w. What a net is given, and units behind a fully connected layer, are never in blocks. */
enum { LAYER_BLOCK = 16 };
/* Channels that lie side by side on this target: 1 or LAYER_BLOCK. */
int layer_block(const struct target *target);

/* What a layer of a half reads (design: what crosses is derived, never listed). */
struct layer_reads {
    int all; /* every channel of both halves: they are joined before it */
    /* only this many channels of the other half, those nearest to the cut; the two halves may read different numbers */
    int halo;
};
/* Channels first .. first+count-1 of a half. */
struct layer_halo {
    int first, count;
};
/* One of the values that a layer of a half reads. A half has its own channels of each. */
struct layer_input {
    struct alexcl_shape whole; /* one image, both halves */
    struct layer_halo halo;    /* what it reads of the other half's channels, beside its own; none with reads.all */
};
enum { LAYER_INPUTS = 32 };

/* Work-groups in dimension 1 or 2 of a launch at most: CUDA bounds them, and NVIDIA's OpenCL stands on it. So many
 * channels do feature maps have at most, and so many images are given to a launch. */
enum { LAYER_GROUPS = 65535 };

struct layer_fill;
/* A tensor of the weight file that a layer owns, and the half's slice of it along its first axis. */
struct layer_tensor {
    const char *suffix; /* "weight", "bias" */
    int dims, shape[4]; /* of the whole layer */
    int first, count;   /* this half's rows */
    /* connections that a model leaves out (desc->connections) are in the shape, and must be zeros in the file */
    int trainable;
    const char *stream; /* of the counter RNG (tests/oracle/README.md): "w", "b", "code" */
    void (*fill)(const struct layer_fill *f);
};
/* Rows first .. first+count-1 of a tensor, as the counter RNG makes them: any of them alone, equal to the bit. */
struct layer_fill {
    const struct alexcl_layer *desc;
    const int *shape; /* of the whole tensor */
    int first, count;
    size_t row;   /* values of one */
    uint64_t key; /* counter_rng.h */
    double gain;
    float *out;
};
enum { LAYER_TENSORS = 2 };
/* Values of one row, and of the half's slice. */
static inline size_t layer_tensor_row(const struct layer_tensor *t) {
    return (size_t)t->shape[1] * (size_t)t->shape[2] * (size_t)t->shape[3];
}
static inline size_t layer_tensor_floats(const struct layer_tensor *t) {
    return (size_t)t->count * layer_tensor_row(t);
}

/* How much a work-item or a work-group of a variant makes, in the variant's own terms; all 0: as much as it chooses by
 * itself. */
enum { LAYER_TILE = 3 };
struct layer_tile {
    int size[LAYER_TILE];
};

/* What a layer of a half is, before any device is known: layer_describe's. But for `view`: a graph, which knows what
 * stands before a ReLU, makes a view of one that is computed there. */
struct layer_shape {
    const struct alexcl_layer *desc;
    const struct layer_ops *ops;
    int half;
    struct layer_input inputs[LAYER_INPUTS];
    int input_count;
    struct alexcl_shape whole_in, whole_out; /* one image, both halves; in: of the first input */
    struct alexcl_shape in, out;             /* what this half is given (all channels if reads.all) and what it makes */
    struct alexcl_shape maps; /* whole_in as feature maps, before a flatten layer made units of it: the caller's */
    struct layer_reads reads;
    struct layer_tensor tensors[LAYER_TENSORS];
    int tensor_count;
    uint64_t macs; /* per image; of conv, fc, rbf: products of absent connections are not counted */
    int in_place;  /* may write its output over its input */
    /* output is its input, there is nothing to run: a flatten layer, or a ReLU that the layer before computes */
    int view;
};

/* How it is to be computed, whatever the pass: set by the caller before layer_prepare. */
struct layer_choice {
    int in_block, out_block; /* how both lie in memory; 1 where nothing is said */
    /* its weights (tensor 0) are kept in half precision, sums are float: ALEXCL_WEIGHTS_PRECISION; fully connected
     * layers alone */
    int fp16;
    int relu;         /* the ReLU behind it is computed with it (layer_fuses_relu) */
    int max_images;   /* of a call: no more memory is asked for; 0: any number */
    int reproducible; /* one form of computing for every batch size, to the bit */
    int keep_master;  /* the target has its parameters in the file's layout as well: layer.master, for training */
};

/* What a layer is run for. */
enum layer_pass_kind { LAYER_FORWARD, LAYER_INPUT_GRADIENT, LAYER_WEIGHT_GRADIENT, LAYER_PASSES };

/* One pass of a layer. A net that only runs forward leaves the others empty. */
struct layer_pass {
    /* set by the caller: the fastest on the target (tune.h); NULL: the first that is applicable */
    const struct layer_variant *tuned;
    struct layer_tile tile; /* of that variant */
    double seconds;         /* of that variant, an image, as it was measured; 0: it was not */
    /* set by layer_prepare */
    const struct layer_variant *variant;
    size_t workspace;                         /* floats that io->workspace must have */
    void *state;                              /* the variant's: kernels ... */
    struct storage parameters[LAYER_TENSORS]; /* as the variant wants them */
};

struct layer {
    struct layer_shape shape;
    struct layer_choice choice;
    struct layer_pass pass[LAYER_PASSES];
    /* set by layer_prepare */
    struct target *target;
    struct storage master[LAYER_TENSORS]; /* this half's, as in the file; choice.keep_master, else none */
};

/* One of a layer's inputs in memory. */
struct layer_source {
    const struct storage *own;  /* the half's own channels; both halves' with reads.all */
    const struct storage *halo; /* n x halo.count x h x w of the other half; NULL: none */
};
/* One call: images first .. first+count-1 of the buffers. */
struct layer_io {
    const struct layer_source *in; /* one for each input */
    const struct storage *out;
    const struct storage *workspace; /* layer_pass.workspace floats, or NULL */
    int first, count;
};

/* How one target can compute a pass of a layer. */
struct layer_variant {
    const char *name;                                                        /* "ref", "own", "clblast" ... */
    int (*applicable)(const struct layer *l, const struct target *target);   /* with the tile that the pass asks for */
    size_t (*workspace)(const struct layer *l, const struct target *target); /* floats; NULL: none */
    int (*build)(struct layer *l, struct alexcl_error *err);                 /* its kernels; NULL: none */
    int (*enqueue)(struct layer *l, const struct layer_io *io, struct alexcl_error *err);
    void (*release)(struct layer *l, enum layer_pass_kind pass); /* frees its state; NULL: nothing */
    /* the .cl files it uses, without their ending: "im2col bias"; NULL: none */
    const char *kernels;
    /* floats that tensor t takes, in float, 0 where it is not read; NULL: as in the file, and there is no pack */
    size_t (*packed)(const struct layer *l, const struct target *target, int t);
    /* of which so many are packed by themselves, an even number, that the host need not hold all; NULL: all of them */
    size_t (*part)(const struct layer *l, int t);
    /* Packs tensor t, of this half in the file's layout, to how kernels read it: its floats from `first` on, a part.
     * On the host alone; the tile is that of the pass. */
    void (*pack)(const struct layer *l, int t, const float *master, size_t first, float *packed);
    /* the tile of the pass, or the variant's own choice; NULL: it has no tiles */
    struct layer_tile (*tile)(const struct layer *l, const struct target *target);
    /* that a tuner tries as well; ends with zeros */
    const struct layer_tile *tiles;
    /* images that its workspace holds, where enqueue cuts what it is given by them; NULL: it does not */
    int (*chunk)(const struct layer *l);
    int last_resort; /* a work-item an output, whatever the work-group; slow: no tuner measures it */
};

/* What a type does with channels in blocks. */
enum layer_blocks {
    LAYER_BLOCKS_PASSED, /* makes them where it reads them */
    LAYER_BLOCKS_MADE,   /* makes them of whatever it reads */
    LAYER_BLOCKS_ENDED,  /* reads them, makes units */
    LAYER_BLOCKS_NONE,   /* reads none, makes units */
};
/* The fields of struct alexcl_layer that a type uses: layer_fields.c has what each may be. */
enum layer_field {
    LAYER_FIELD_CHANNELS = 1 << 0, /* outputs, of feature maps */
    LAYER_FIELD_UNITS = 1 << 1,    /* outputs, without feature maps */
    LAYER_FIELD_KERNEL = 1 << 2,
    LAYER_FIELD_STRIDE = 1 << 3,
    LAYER_FIELD_PAD = 1 << 4,
    LAYER_FIELD_GROUPS = 1 << 5,
    LAYER_FIELD_CEIL_MODE = 1 << 6,
    LAYER_FIELD_NORM = 1 << 7, /* k, alpha, beta */
    LAYER_FIELD_LRN_SCOPE = 1 << 8,
    LAYER_FIELD_DROPOUT = 1 << 9, /* and rate */
    LAYER_FIELD_GAIN = 1 << 10,
    LAYER_FIELD_CONNECTIONS = 1 << 11,
    LAYER_FIELD_DILATION = 1 << 12,
    LAYER_FIELD_COUNT_PAD = 1 << 13, /* count_include_pad */
    LAYER_FIELD_WINDOW = 1 << 14,
};

/* A small layer of a type, which `alexcl check` computes. Sizes are odd, no multiples of a tile or a work-group: what
 * is asked is whether a driver is right, not whether a kernel is (tests/kernels ask that). */
enum { LAYER_SAMPLE_INPUTS = 4 };
struct layer_sample {
    struct alexcl_layer desc;
    struct alexcl_shape in;
    int images; /* 0: 5, which is no multiple of what a kernel makes at once. Else it is for CLBlast alone. */
};

/* Takes a field of a layer's metadata: a text or, where that is NULL, a number. */
typedef void layer_tell_fn(void *user, const char *field, const char *text, double number);
enum { LAYER_METADATA = 6 }; /* of a layer at most */

/* All that a type of layers is: what is true of one alone stands in its row, and nobody else asks for a type by its
 * name. */
struct layer_ops {
    enum alexcl_layer_type type;
    const char *name;  /* alexcl_layer_type_name */
    const char *keras; /* alexcl_layer_type_keras_name; NULL: Keras has none, ours */
    unsigned fields;   /* enum layer_field */
    int inputs;        /* values that it reads at most; 0: one */
    int reads_maps;    /* a work-group a channel: it reads LAYER_GROUPS of them at most */
    enum layer_blocks blocks;
    /* whether this layer reads and makes blocks as its type does; NULL: every one does */
    int (*takes_blocks)(const struct layer *l);
    int fuses_relu;            /* on blocks, it can compute the ReLU behind it as well */
    int is_relu;               /* max(x, 0): the layer before it may compute it */
    int half_weights;          /* they may be kept in half precision */
    enum alexcl_output output; /* alexcl_layer_type_output */
    int whole_batch;           /* reads all its weights for each call: a batch is not cut for it */
    /* Fills whole_out, reads, in, out, tensors, macs, in_place, view from desc, half and whole_in. ALEXCL_E_USAGE when
     * the shapes do not fit. */
    int (*describe)(struct layer *l, struct alexcl_error *err);
    /* best first, each list ends with NULL; NULL: there is no such pass of it */
    const struct layer_variant *const *variants[LAYER_PASSES];
    /* Tells each field in which the nets of the world differ, for a weight file's metadata. NULL: there is none. */
    void (*metadata)(const struct alexcl_layer *desc, layer_tell_fn *tell, void *user);
    /* Makes a description and what it reads small, for a check of the same programs: the constants that these are built
     * with stay. NULL: it goes value by value, of which 150 are enough. */
    void (*shrink)(struct alexcl_layer *desc, struct alexcl_shape *in);
    const struct layer_sample *samples; /* ends with one that has no channels; NULL: there is nothing to compute */
    /* of a type that reads several values: inputs of the samples behind the first one */
    struct alexcl_shape more[LAYER_SAMPLE_INPUTS - 1];
};

/* Of a net's layer, the description and what it reads in small (layer_ops.shrink). Of one that reads several values its
 * sample stands for that: programs are built the same for every shape. */
void layer_shrink(const struct layer *l, struct alexcl_layer *desc, struct alexcl_shape *in);
/* The row of a type; NULL where there is none with this number. */
const struct layer_ops *layer_type(enum alexcl_layer_type type);
/* Every field of a description that its type uses, by itself. ALEXCL_E_USAGE names field, value and what it may be. */
int layer_fields_check(const struct alexcl_layer *desc, struct alexcl_error *err);
/* Describes half `half` of a layer behind one with output `whole_in`. ALEXCL_E_USAGE: a field that layer_fields_check
 * refuses, or shapes that do not fit or are too large. */
int layer_describe(struct layer *l, const struct alexcl_layer *desc, int half, struct alexcl_shape whole_in,
                   struct alexcl_error *err);
/* The same of a layer that reads several values. */
int layer_describe_inputs(struct layer *l, const struct alexcl_layer *desc, int half, const struct alexcl_shape *whole,
                          int count, struct alexcl_error *err);
/* A layer's window for people: ", 3x3/2", ", 3x1/2x1, dilation 2x1", ", window 5"; "" where it has none. */
enum { LAYER_WINDOW_TEXT = 96 };
void layer_window_text(const struct alexcl_layer *desc, char out[LAYER_WINDOW_TEXT]);
/* Floats of one image in memory: what this half is given, what it makes. */
size_t layer_in_floats(const struct layer *l);
size_t layer_out_floats(const struct layer *l);
/* Where value (c, i) of the feature maps that the half is given lies in memory, c over what it is given, i = row *
 * width + column. */
size_t layer_in_position(const struct layer *l, int c, int i);
/* One image from n x c x h x w to how the half is given it, and from how it makes it; what fills up the last block is
 * left alone. */
void layer_lay_in(const struct layer *l, const float *plain, float *laid);
void layer_take_out(const struct layer *l, const float *laid, float *plain);
/* The same for `channels` of the other half: hw x channels where values lie in blocks. */
void layer_lay_halo(const struct layer *l, int channels, const float *plain, float *laid);
/* The half's own channels of an input, of a layer that may read several; and how they lie. */
struct alexcl_shape layer_own(const struct layer *l, int input);
size_t layer_own_floats(const struct layer *l, int input);
void layer_lay_own(const struct layer *l, int input, const float *plain, float *laid);
/* Layout 0 .. LAYER_LAYOUTS-1 of what a layer reads and makes, on a target with `block` channels side by side: sets
 * in_block and out_block. The first is without blocks. 0: the layer has no such layout there. */
enum { LAYER_LAYOUTS = 3 };
int layer_set_layout(struct layer *l, int layout, int block);
/* Whether every variant of this layer that is used on blocks can read and make them. */
int layer_takes_blocks(const struct layer *l);
/* Channels side by side in what a layer makes, from those in what it reads: convolutions make blocks, layers of units
 * do not. */
int layer_makes_block(const struct layer *l, int in_block, int block);
/* Whether a ReLU right behind can be computed with it: convolutions and fully connected layers where values lie in
 * blocks. */
int layer_fuses_relu(const struct layer *l, int block);
/* The variant that `target` would use for a pass: the tuned one, or the first applicable, ALEXCL_GEMM respected.
 * target->device NULL: the reference. NULL for a view, or where there is no such pass. Of one that is prepared, the one
 * that it uses. */
const struct layer_variant *layer_choose(const struct layer *l, enum layer_pass_kind pass, const struct target *target);
/* Floats of workspace that variant wants, whatever the batch. */
size_t layer_workspace(const struct layer *l, enum layer_pass_kind pass, const struct target *target);
/* Floats of tensor `t` of this half as that variant keeps it. */
size_t layer_parameter_floats(const struct layer *l, const struct target *target, int t);
/* Builds, packs and uploads for the variant that layer_choose gives; values[t]: tensor t of this half, in the file's
 * layout. Where the device does not build its kernels, or once they are built allows them too small a work-group, the
 * next applicable one takes its place, with a line in the log; the last asks nothing of the work-group. */
int layer_prepare(struct layer *l, enum layer_pass_kind pass, struct target *target,
                  const float *const values[LAYER_TENSORS], struct alexcl_error *err);
/* The same with a variant of the caller's choice, of l->ops->variants (the tests, a tuner). */
int layer_prepare_variant(struct layer *l, enum layer_pass_kind pass, struct target *target,
                          const struct layer_variant *variant, const float *const values[LAYER_TENSORS],
                          struct alexcl_error *err);
/* Gives a prepared layer other parameters: packs values[t], as of layer_prepare, for a pass and writes them; nothing is
 * built again. A master that is kept becomes them too; values NULL: from the master, as it is on the target now.
 * Unchanged by ALEXCL_E_MEMORY (the host's is taken first), ALEXCL_E_DATA (a weight beyond half precision),
 * ALEXCL_E_USAGE (neither values nor a master). Where a device fails in between, what it computes means nothing until
 * its parameters are packed again. */
int layer_pack(struct layer *l, enum layer_pass_kind pass, const float *const *values, struct alexcl_error *err);
/* Images of one launch: as many as the device computes in a tenth of a second, by l->seconds or, where that is not
 * known, by its units and clock; a multiple of the variant's chunk. */
int layer_launch_images(const struct layer *l, enum layer_pass_kind pass, const struct device_limits *device);
/* Enqueues images io->first .. first+count-1, in launches that no device takes seconds for. A value depends on its
 * image alone. */
int layer_run(struct layer *l, enum layer_pass_kind pass, const struct layer_io *io, struct alexcl_error *err);
void layer_release(struct layer *l);

/* The join of two halves: each image of `out` is floats0 values of half 0, then floats1 of half 1. */
struct join;
int join_create(struct target *target, struct join **out, struct alexcl_error *err);
int join_run(struct join *j, const char *label, size_t floats0, size_t floats1, const struct storage *half0,
             const struct storage *half1, const struct storage *out, int first, int count, struct alexcl_error *err);
void join_free(struct join *j);
#endif
