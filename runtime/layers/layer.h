/* SPDX-License-Identifier: MIT */
/* One half of one layer on one target: what it reads, its parameters, the variants that compute its passes. Each type
 * of layer is a row of layer_ops in a file of its own; each variant is a row inside that file. */
#ifndef ALEXCL_LAYER_H
#define ALEXCL_LAYER_H
#include "buffer.h"
#include "precision.h"
#include "shape.h"

/* Where a half runs: on an OpenCL device or, where `device` is NULL, by the plain C reference. */
struct target {
    struct device *device;
};

/* Floats in a target's memory. A device has them in `buffer`, the reference in `host`; the other pointer is NULL. */
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

/* How values lie in memory: docs/layout.md. GPUs and the reference have plain feature maps, n x c x h x w. A CPU device
 * has blocks, LAYER_BLOCK channels side by side in one vector register: n x ceil(c / 16) x h x w x 16. Each half fills
 * up its own last block; the lanes behind its last channel must be finite, and have no meaning. A net's input is never
 * in blocks, nor are the units behind a fully connected layer. */
enum { LAYER_BLOCK = 16 };
/* How many channels lie side by side on this target: 1 or LAYER_BLOCK. */
int layer_block(const struct target *target);

/* What a half of a layer reads of its inputs. What crosses between the halves is derived from this, and listed
 * nowhere. */
struct layer_reads {
    int all; /* it reads every channel of both halves, which are joined before it */
    /* it reads this many channels of the other half, those nearest to the cut; the two halves may read different
     * numbers */
    int halo;
};
/* Channels first .. first+count-1 of a half. */
struct layer_halo {
    int first, count;
};
/* One input of a half of a layer. The half has its own channels of it. */
struct layer_input {
    struct alexcl_shape whole; /* one image, both halves */
    struct layer_halo halo;    /* the channels of the other half that it reads as well; none with reads.all */
};
enum { LAYER_INPUTS = 32 };

/* The largest number of work-groups in dimension 1 or 2 of a launch. CUDA has this bound, and NVIDIA's OpenCL is built
 * on CUDA. It also bounds the channels of feature maps and the images of one launch. */
enum { LAYER_GROUPS = 65535 };

struct layer_fill;
/* A tensor of a layer in the weight file, and the slice of it, along its first axis, that a half owns. */
struct layer_tensor {
    const char *suffix; /* "weight", "bias" */
    int dims, shape[4]; /* of the whole layer */
    int first, count;   /* this half's rows */
    /* 1: learned. Where a model leaves connections out (desc->connections) the tensor still has weights for them, and a
     * file must have zeros there. */
    int trainable;
    const char *stream; /* the tensor's name in the counter RNG (tests/oracle/README.md): "w", "b", "code" */
    void (*fill)(const struct layer_fill *f);
};
/* A request to make rows first .. first+count-1 of a tensor by the counter RNG. Whatever rows are made together, each
 * gets the same bits. */
struct layer_fill {
    const struct alexcl_layer *desc;
    const int *shape; /* of the whole tensor */
    int first, count;
    size_t row;   /* values of one */
    uint64_t key; /* counter_rng.h */
    double gain;
    float *out;
};
/* Sets the weights of connections that the layer leaves out (desc->connections) to 0. */
void layer_cut_connections(const struct layer_fill *f);
enum { LAYER_TENSORS = 2 };
/* Values of one row, and of the half's slice. In 64 bits, as shape_size. */
static inline uint64_t layer_tensor_row(const struct layer_tensor *t) {
    return (uint64_t)t->shape[1] * (uint64_t)t->shape[2] * (uint64_t)t->shape[3];
}
static inline uint64_t layer_tensor_floats(const struct layer_tensor *t) {
    return (uint64_t)t->count * layer_tensor_row(t);
}

/* How many outputs a work-item or a work-group of a variant computes, in the variant's own terms. All 0: the variant
 * chooses. */
enum { LAYER_TILE = 3 };
struct layer_tile {
    int size[LAYER_TILE];
};

/* A half of a layer before any device is known, as layer_describe fills it. `view` may be set later: a graph knows what
 * stands before a ReLU, and makes a view of a ReLU that the layer before it computes. */
struct layer_shape {
    const struct alexcl_layer *desc;
    const struct layer_ops *ops;
    int half;
    struct layer_input inputs[LAYER_INPUTS];
    int input_count;
    struct alexcl_shape whole_in, whole_out; /* one image, both halves; in: of the first input */
    struct alexcl_shape in, out;             /* what this half is given (all channels if reads.all) and what it makes */
    /* the feature maps that whole_in was before a flatten layer made units of it; set by the caller */
    struct alexcl_shape maps;
    struct layer_reads reads;
    struct layer_tensor tensors[LAYER_TENSORS];
    int tensor_count;
    uint64_t macs; /* multiply-adds per image of conv, fc and rbf; those of absent connections are not counted */
    int in_place;  /* it may write its output over its input */
    int by_value;  /* each value of its output lies where the value of the input that it is made of lies */
    /* no forward pass is run, its output is its input: a flatten layer, or a ReLU that the layer before it computes */
    int view;
};

/* How the layer is to be computed, in every pass. The caller sets this before layer_prepare. */
struct layer_choice {
    int in_block, out_block; /* channels side by side in what it reads and makes; 1 unless set */
    /* of its weights (tensor 0), and sums are still float: ALEXCL_WEIGHTS_PRECISION. For fully connected layers
     * only. */
    enum precision precision;
    int relu;         /* it also computes the ReLU behind it (layer_fuses_relu) */
    int max_images;   /* upper bound on the images of a forward call, which bounds the workspace; 0: no bound */
    int reproducible; /* the same way of computing for every batch size, so that scores are equal to the bit */
    int keep_master;  /* the target also keeps the parameters in the file's layout, in layer.master, for training */
    int training;     /* set by layer_train */
    /* max-pooling: a window's gradient goes to each of its largest values, as in the 2012 code; else to the first of
     * them in row-major order */
    int all_ties;
};

/* The passes of a layer. Of its parameters the input gradient reads the weights alone (tensor 0), the weight gradient
 * none. No pass reads the output of its own forward pass but that of an activation, whose gradient is a function of
 * it: so an activation may write over its input where no other layer reads that. */
enum layer_pass_kind { LAYER_FORWARD, LAYER_INPUT_GRADIENT, LAYER_WEIGHT_GRADIENT, LAYER_PASSES };

/* One pass of a layer. A net that only runs forward leaves the others empty. */
struct layer_pass {
    /* set by the caller: the variant measured to be the fastest on the target (tune.h); NULL: the first that is
     * applicable */
    const struct layer_variant *tuned;
    struct layer_tile tile; /* of that variant */
    double seconds;         /* measured time of that variant for one image; 0: not measured */
    /* set by layer_prepare */
    const struct layer_variant *variant;
    size_t workspace;                         /* floats that io->workspace must hold */
    void *state;                              /* belongs to the variant: its kernels ... */
    struct storage parameters[LAYER_TENSORS]; /* packed as the variant reads them; may be the layer's master */
};

struct layer {
    struct layer_shape shape;
    struct layer_choice choice;
    struct layer_pass pass[LAYER_PASSES];
    /* set by layer_prepare */
    struct target *target;
    struct storage master[LAYER_TENSORS]; /* this half's parameters as in the file, where choice.keep_master is set */
    /* of a convolution that computes the input gradient of another one: that one (conv_turned.c) */
    const struct layer *turned;
};

/* One of a layer's inputs in memory. */
struct layer_source {
    const struct storage *own;  /* the half's own channels or, with reads.all, the channels of both halves */
    const struct storage *halo; /* channels of the other half, n x halo.count x h x w; NULL: none */
};
/* What a layer draws at random in a step of training: of the counter RNG (counter_rng.h), under `key`, the element with
 * the number image * units + unit, where unit counts the values of the whole layer, of both halves, in plain order, and
 * image the images of the whole run's batch. */
struct layer_random {
    int on; /* 0: nothing is drawn, and the layer computes what it does at test */
    uint64_t key;
    uint64_t image; /* the number of the image that is the first of the buffers */
};
/* One call: images first .. first+count-1 of the buffers. A gradient is that of the loss; it lies in memory as what it
 * is the gradient of. */
struct layer_io {
    const struct layer_source *in;   /* one for each input; of a backward pass, what the forward pass read */
    const struct storage *out;       /* of a backward pass, what the forward pass and in-place layers behind it made */
    const struct storage *workspace; /* layer_pass.workspace floats, or NULL */
    int first, count;
    struct layer_random random; /* of a layer that draws at random, in training, in every pass */
    /* backward passes */
    const struct storage *out_gradient; /* of the output */
    /* input gradient: of each input, written over what was there; of one input it may be out_gradient where the layer
     * may write over its input */
    const struct layer_source *in_gradients;
    /* weight gradient: of each tensor, this half's rows as in the file, summed over the images of the call, in an order
     * that the call's images alone decide */
    const struct storage *tensor_gradients;
    int add; /* weight gradient: the sums are added to what is there, else written over it */
};

/* A variant: one way to compute a pass of a layer on a target. */
struct layer_variant {
    const char *name; /* "ref", "own", "clblast" ... */
    /* whether it can compute the layer there, with the tile that the pass has */
    int (*applicable)(const struct layer *l, const struct target *target);
    size_t (*workspace)(const struct layer *l, const struct target *target); /* floats; NULL: none */
    int (*build)(struct layer *l, struct alexcl_error *err);                 /* its kernels; NULL: none */
    int (*enqueue)(struct layer *l, const struct layer_io *io, struct alexcl_error *err);
    void (*release)(struct layer *l, enum layer_pass_kind pass); /* frees its state; NULL: nothing */
    /* the .cl files that it uses, without their ending: "im2col bias"; NULL: none */
    const char *kernels;
    /* of how many outputs the weights of 8 bits lie side by side (int8.h); 0: it does not compute with such */
    int lanes;
    /* Size of tensor t once it is packed, counted in floats before any rounding to half precision. NULL: the tensor is
     * kept as in the file, and there is no `pack`. Weights of 8 bits are packed by int8.c. */
    size_t (*packed)(const struct layer *l, const struct target *target, int t);
    /* Size of the parts in which tensor t is packed, so that the host never holds the whole tensor packed; an even
     * number. NULL: it is packed in one piece. */
    size_t (*part)(const struct layer *l, int t);
    /* Packs one part of tensor t, the one that begins at float `first` of the packed tensor. `master` is this half's
     * slice in the file's layout. Works on the host alone, with the tile of the pass. */
    void (*pack)(const struct layer *l, int t, const float *master, size_t first, float *packed);
    /* the tile of the pass or, where it has none, the variant's own choice; NULL: the variant has no tiles */
    struct layer_tile (*tile)(const struct layer *l, const struct target *target);
    /* other tiles that a tuner tries; ends with zeros */
    const struct layer_tile *tiles;
    /* How many images the workspace holds, where enqueue computes a batch in such chunks; NULL: it does not. */
    int (*chunk)(const struct layer *l);
    /* one work-item for each output, in work-groups of any size: runs on every device but is slow, and no tuner
     * measures it */
    int last_resort;
};

/* What a type of layer does with channels in blocks. */
enum layer_blocks {
    LAYER_BLOCKS_PASSED, /* its output is in blocks where its input is */
    LAYER_BLOCKS_MADE,   /* its output is in blocks, however its input lies */
    LAYER_BLOCKS_ENDED,  /* it reads blocks and makes units */
    LAYER_BLOCKS_NONE,   /* it does not read blocks, and makes units */
};
/* The fields of struct alexcl_layer that a type uses. layer_fields.c has the bounds of each. */
enum layer_field {
    LAYER_FIELD_CHANNELS = 1 << 0, /* `outputs`, as channels of feature maps */
    LAYER_FIELD_UNITS = 1 << 1,    /* `outputs`, as units */
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

/* A small layer of a type, which `alexcl check` computes. Its sizes are odd and no multiples of a tile or a work-group.
 * It shows whether a driver is right; whether a kernel is right is shown by tests/kernels. */
enum { LAYER_SAMPLE_INPUTS = 4 };
struct layer_sample {
    struct alexcl_layer desc;
    struct alexcl_shape in;
    /* 0: 5 images, which is no multiple of what a kernel makes at once. Other numbers are for CLBlast alone. */
    int images;
};

/* Receives one field of a layer's metadata: a text or, where `text` is NULL, a number. */
typedef void layer_tell_fn(void *user, const char *field, const char *text, double number);
enum { LAYER_METADATA = 6 }; /* of a layer at most */

/* A type of layer. Whatever is true of one type alone stands in its row; no other code asks for a type by its name. */
struct layer_ops {
    enum alexcl_layer_type type;
    const char *name;  /* alexcl_layer_type_name */
    const char *keras; /* alexcl_layer_type_keras_name; where Keras has none, in its style; NULL: `name` */
    unsigned fields;   /* enum layer_field */
    int inputs;        /* the largest number of inputs; 0: one input */
    int reads_maps;    /* it takes a work-group for each channel, so its input has at most LAYER_GROUPS channels */
    enum layer_blocks blocks;
    /* whether this layer can read and make blocks as its type does; NULL: every layer of the type can */
    int (*takes_blocks)(const struct layer *l);
    int fuses_relu; /* where values are in blocks, it can also compute the ReLU behind it */
    /* its input gradient is a function of its output and that one's gradient, and needs not its input */
    int gradient_by_output;
    int is_relu;               /* it is max(x, 0), which the layer before it may compute */
    int narrow_weights;        /* its weights may be kept in half precision or in 8 bits */
    enum alexcl_output output; /* alexcl_layer_type_output */
    int whole_batch;           /* each call reads all of its weights, so a batch is not cut into slices for it */
    int draws;                 /* in training it draws at random (layer_io.random) */
    /* Fills whole_out, reads, in, out, tensors, macs, in_place and view from desc, half and whole_in. ALEXCL_E_USAGE
     * where the shapes do not fit. */
    int (*describe)(struct layer *l, struct alexcl_error *err);
    /* the variants of each pass, best first; a list ends with NULL. NULL: the type does not have this pass */
    const struct layer_variant *const *variants[LAYER_PASSES];
    /* Reports each field in which published nets differ, for a weight file's metadata. NULL: there is none. */
    void (*metadata)(const struct alexcl_layer *desc, layer_tell_fn *tell, void *user);
    /* Shrinks a description and its input for a quick check of the same programs: every constant that a program is
     * built with stays. NULL: the layer works value by value, and 150 values are enough. */
    void (*shrink)(struct alexcl_layer *desc, struct alexcl_shape *in);
    const struct layer_sample *samples; /* ends with one that has no channels; NULL: there is nothing to compute */
    /* where a type reads several values: the inputs of its samples behind the first one */
    struct alexcl_shape more[LAYER_SAMPLE_INPUTS - 1];
};

/* A net's layer in small, for a check: its description and its input (layer_ops.shrink). A layer that reads several
 * values is replaced by its type's sample, since its programs are built the same for every shape. */
void layer_shrink(const struct layer *l, struct alexcl_layer *desc, struct alexcl_shape *in);
/* The row of a type; NULL where there is none with this number. */
const struct layer_ops *layer_type(enum alexcl_layer_type type);
/* Checks each field that a description's type uses, on its own. ALEXCL_E_USAGE names the field, its value and the
 * values it can have. */
int layer_fields_check(const struct alexcl_layer *desc, struct alexcl_error *err);
/* Describes half `half` of a layer whose input is `whole_in`. ALEXCL_E_USAGE: a field that layer_fields_check refuses,
 * or shapes that do not fit or are too large. */
int layer_describe(struct layer *l, const struct alexcl_layer *desc, int half, struct alexcl_shape whole_in,
                   struct alexcl_error *err);
/* The same for a layer that reads several values. */
int layer_describe_inputs(struct layer *l, const struct alexcl_layer *desc, int half, const struct alexcl_shape *whole,
                          int count, struct alexcl_error *err);
/* Makes a described layer one of a net that is trained, which computes alike for every batch size; to be called before
 * its layout is set. A dropout layer, which draws at random then, is no view and has an output of its own. */
void layer_train(struct layer *l);
/* A layer's window for people: ", 3x3/2", ", 3x1/2x1, dilation 2x1", ", window 5"; "" where it has none. */
enum { LAYER_WINDOW_TEXT = 96 };
void layer_window_text(const struct alexcl_layer *desc, char out[LAYER_WINDOW_TEXT]);
/* Floats that one image takes in memory: of this half's input, and of its output. */
size_t layer_in_floats(const struct layer *l);
size_t layer_out_floats(const struct layer *l);
/* Where value (c, i) of this half's input lies in memory, within its image: c counts the channels of the input, i the
 * pixels of a channel, row by row. */
size_t layer_in_position(const struct layer *l, int c, int i);
/* Convert one image between plain feature maps and the half's layout: layer_lay_in its input, layer_take_out and
 * layer_lay_out its output. Lanes that fill up the last block are not touched. */
void layer_lay_in(const struct layer *l, const float *plain, float *laid);
void layer_take_out(const struct layer *l, const float *laid, float *plain);
void layer_lay_out(const struct layer *l, const float *plain, float *laid);
/* The same for a halo of `channels` channels of the other half, which is hw x channels where values are in blocks. */
void layer_lay_halo(const struct layer *l, int channels, const float *plain, float *laid);
/* For a layer that may read several values: the half's own channels of one input, the floats that they take, and their
 * conversion to the half's layout. */
struct alexcl_shape layer_own(const struct layer *l, int input);
size_t layer_own_floats(const struct layer *l, int input);
void layer_lay_own(const struct layer *l, int input, const float *plain, float *laid);
/* Gives a layer layout 0 .. LAYER_LAYOUTS-1 on a target that has `block` channels side by side: sets in_block and
 * out_block. Layout 0 is without blocks. Returns 0 where the layer does not have this layout there. */
enum { LAYER_LAYOUTS = 3 };
int layer_set_layout(struct layer *l, int layout, int block);
/* Whether all variants that are used where values are in blocks can read and make blocks for this layer. */
int layer_takes_blocks(const struct layer *l);
/* How many channels lie side by side in a layer's output, given how many do in its input: convolutions make blocks,
 * layers of units do not. */
int layer_makes_block(const struct layer *l, int in_block, int block);
/* Whether the layer can also compute a ReLU right behind it: convolutions and fully connected layers can, where values
 * are in blocks. */
int layer_fuses_relu(const struct layer *l, int block);
/* The variant that `target` uses for a pass. Of a prepared layer that is the one it was prepared with; else the tuned
 * one; else the first that is applicable, by the settings. target->device NULL means the reference. NULL for a view,
 * and where the type does not have the pass. */
const struct layer_variant *layer_choose(const struct layer *l, enum layer_pass_kind pass, const struct target *target);
/* Whether a variant computes this layer's forward pass in training, and not elsewhere. */
int layer_is_for_training(const struct layer *l, const struct layer_variant *v, const struct target *target);
/* Size of the workspace that this variant needs, in floats, for a batch of any size. */
size_t layer_workspace(const struct layer *l, enum layer_pass_kind pass, const struct target *target);
/* Size of tensor `t` of this half as this variant keeps it, in floats; 0 where it reads the master. */
size_t layer_parameter_floats(const struct layer *l, const struct target *target, int t);
/* Size of all that a pass keeps of the parameters, in floats. */
size_t layer_pass_floats(const struct layer *l, enum layer_pass_kind pass, const struct target *target);
/* Prepares the variant of layer_choose: builds its kernels, packs the parameters and uploads them. values[t] is tensor
 * t of this half in the file's layout. Where the device does not build the kernels, or allows them too small a
 * work-group once they are built, the next applicable variant is taken instead, which the log tells. The last variant
 * of a list runs with any work-group. */
int layer_prepare(struct layer *l, enum layer_pass_kind pass, struct target *target,
                  const float *const values[LAYER_TENSORS], struct alexcl_error *err);
/* The same with a variant of the caller's choice, one of l->ops->variants: for tests and the tuner. */
int layer_prepare_variant(struct layer *l, enum layer_pass_kind pass, struct target *target,
                          const struct layer_variant *variant, const float *const values[LAYER_TENSORS],
                          struct alexcl_error *err);
/* Gives a prepared layer other parameters: packs values[t], as for layer_prepare, and writes them; no kernel is built
 * again. If a master is kept it gets the values as well; `values` NULL means to pack from the master on the target.
 * ALEXCL_E_MEMORY (host memory is taken first), ALEXCL_E_DATA (a weight too large for choice.precision) and
 * ALEXCL_E_USAGE (neither values nor a master) leave the layer as it was. After any other error its outputs have no
 * meaning until its parameters are packed again. */
int layer_pack(struct layer *l, enum layer_pass_kind pass, const float *const *values, struct alexcl_error *err);
/* How many images one launch computes: as many as the device computes in a tenth of a second, by the measured time or,
 * without one, by its compute units and clock. A multiple of the variant's chunk. Of a weight gradient it does not
 * depend on what was measured, since the order of its sums depends on it. */
int layer_launch_images(const struct layer *l, enum layer_pass_kind pass, const struct device_limits *device);
/* Whether there is anything to run: a view has no forward pass, and a ReLU that the layer before it computes still has
 * its gradient. */
int layer_is_run(const struct layer *l, enum layer_pass_kind pass);
/* Enqueues images io->first .. first+count-1, in launches of which none takes a device for long. Each output, and each
 * gradient of an input, depends on its own image alone. */
int layer_run(struct layer *l, enum layer_pass_kind pass, const struct layer_io *io, struct alexcl_error *err);
void layer_release(struct layer *l);

/* Joins two halves: each image of `out` is floats0 values of half 0, then floats1 values of half 1. */
struct join;
int join_create(struct target *target, struct join **out, struct alexcl_error *err);
int join_run(struct join *j, const char *label, size_t floats0, size_t floats1, const struct storage *half0,
             const struct storage *half1, const struct storage *out, int first, int count, struct alexcl_error *err);
void join_free(struct join *j);
#endif
