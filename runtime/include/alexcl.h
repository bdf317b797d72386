/* SPDX-License-Identifier: MIT
 *
 * alexcl: AlexNet on any two OpenCL devices, one half of the channels on each.
 *
 * The one public header of libalexcl. Conventions:
 *   - A function that can fail returns 0 (ALEXCL_OK) or a negative status, and fills the caller's `struct
 *     alexcl_error`: what failed, on which device, what the code means, what to try. An error that is set already is
 *     kept: the first is the cause. Where statuses are named, a caller may want to tell those from the others.
 *   - The library never prints and never exits; what it has to say goes to the log callback.
 *   - `*_free` accepts NULL. An out parameter is set only on success unless said otherwise. No other pointer may be
 *     NULL unless it is said. A getter gives NULL or 0 past the end. Texts are UTF-8.
 *   - Images and activations are float32, N x C x H x W in C order, batch first.
 *
 * Structures, and members that a later version adds:
 *   - One that the caller lays out, to fill it or to have it filled, begins with its `size`, and is all 0 where nothing
 *     else is said: `= {.size = sizeof request, .batch = 4}`. A smaller one, of a program that was compiled with an
 *     older header, is read or filled as far as it goes; of a larger one the rest must be zero (else ALEXCL_E_USAGE: a
 *     newer header's member is set), or becomes zero. The rows of a model have theirs in its `layer_size`.
 *   - One that the library lays out and points to alone (device info, kernel file, target, plan, what a callback is
 *     given) is only read: members are added at its end.
 *   - The others keep their layout within a major version: elements of arrays that the library makes
 *     (alexcl_plan_layer, alexcl_work_span, alexcl_cache_kind), alexcl_error, alexcl_shape, and alexcl_plan_memory,
 *     which has members in reserve.
 *
 * How long things live:
 *   - A model, with all that it points to, must live as long as the weights, plans, nets and recordings made from it;
 *     a file of weights must stay as it is as long as they are open (it may be replaced, not written to).
 *   - Weights and a selection are needed until alexcl_net_open returns; requests, options and settings until the call
 *     returns that is given them, but a net's callbacks, and their `user`, as long as the net.
 *   - Device infos live as long as their list or selection, targets as long as their selection.
 *   - A text that is returned lives as long as the object that it was asked of; the version's and the build's for ever.
 *
 * Threads:
 *   - An object is used by one thread at a time. Models, lists, selections, weights and plans, once made, may be read
 *     by many at once: different nets are opened, run and freed in different threads, from the same weights.
 *   - All functions without an object may be called from any thread at any time.
 *   - Runs that were submitted to a net are computed by threads of its own; a call that tells of runs, measures,
 *     records or frees the net waits for them.
 *   - The log and alexcl_progress_to's function are the process's. So is the environment: no thread changes it while
 *     another one opens or makes something.
 */
#ifndef ALEXCL_H
#define ALEXCL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* The version of this interface as 0x00XXYYZZ: X changes where a program must be compiled or written anew, Y where
 * something is added, Z for nothing that a caller sees. The shared library's soname has X. */
#define ALEXCL_API_VERSION 0x00010300
unsigned alexcl_api_version(void);   /* of the library that is there: at least the one that was compiled with? */
const char *alexcl_version(void);    /* of the program, "0.9.0" */
const char *alexcl_build_info(void); /* version of OpenCL's loader and how the library was built, one line each */

/* ---- status and errors ------------------------------------------------------------------------ */

/* OpenCL's own and CLBlast's numbers (negative, above -10000) are kept as they are; alexcl's own start at -10000. */
enum alexcl_status {
    ALEXCL_OK = 0,
    ALEXCL_E_OTHER = -10001,       /* anything not below: a file that cannot be written, a thread not started */
    ALEXCL_E_USAGE = -10002,       /* the caller asked for something that does not exist: option, model, layer */
    ALEXCL_E_NO_DEVICE = -10003,   /* no OpenCL device, or not the one that was named */
    ALEXCL_E_BUILD = -10004,       /* a kernel did not compile */
    ALEXCL_E_MEMORY = -10005,      /* host or device memory does not suffice */
    ALEXCL_E_DATA = -10006,        /* bad input: picture, list, weights, tensor file */
    ALEXCL_E_DEVICE = -10007,      /* a device failed while in use */
    ALEXCL_E_INTERRUPTED = -10130, /* stopped by the user */
};

/* What went wrong: `text` for a person, the rest for a program, where it is known. Start from `= {0}`; while `status`
 * is 0 nothing did, and the rest says nothing. A status below 0 is a failure; there is none above. */
struct alexcl_error {
    int status;
    int cl_code;     /* OpenCL's or CLBlast's; 0: none */
    int target;      /* of the selection, 0 or 1; -1: none, or both */
    char layer[256]; /* by its name in the model; "": none */
    char text[4096];
};

/* ---- log -------------------------------------------------------------------------------------- */

enum alexcl_log_level { ALEXCL_LOG_ERROR, ALEXCL_LOG_WARNING, ALEXCL_LOG_INFO, ALEXCL_LOG_DEBUG };
typedef void alexcl_log_fn(void *user, enum alexcl_log_level level, const char *text);
/* Sends the library's messages to `fn` (NULL: nowhere, the default). Called from any thread, one call at a time, and no
 * more once alexcl_log_to has set another. `fn` may call the library; what its own thread has to log meanwhile is
 * dropped. It must not wait for a thread that is in the library: that one may be waiting to log. */
void alexcl_log_to(alexcl_log_fn *fn, void *user);
/* How far something is that may take long, before each of its steps: `done` of `total` are; total 0: nobody knows.
 * `what` is the same text for all of them, "layers prepared". Called as the log's function is. NULL: nobody asks, the
 * default. */
typedef void alexcl_progress_fn(void *user, const char *what, unsigned done, unsigned total);
void alexcl_progress_to(alexcl_progress_fn *fn, void *user);
/* Anything but 0: the caller wants no more. */
typedef int alexcl_cancel_fn(void *user);

/* ---- settings --------------------------------------------------------------------------------- */

/* How kernels are chosen, built and kept. Each member is a text as the environment variable beside it takes it; NULL:
 * what that variable says, else the default. They are read once, where something is opened or made with them: two nets
 * of one process may differ. ALEXCL_E_USAGE names the values that a setting can have. */
struct alexcl_settings {
    size_t size;                   /* of this structure */
    const char *weights_precision; /* of fc layers: float, half, int8 (ALEXCL_WEIGHTS_PRECISION) [float] */
    const char *gemm;              /* matrix products: own, clblast (ALEXCL_GEMM) [own] */
    const char *tune;              /* measuring what is fastest before a first use: off, first (ALEXCL_TUNE) [first] */
    /* kernels are compared with the reference before their first use: off, first, always (ALEXCL_CHECK) [first] */
    const char *check;
    const char *sync;          /* 1: wait after every launch, to find the one that fails (ALEXCL_SYNC) [0] */
    const char *build_options; /* further ones for the OpenCL compiler (ALEXCL_BUILD_OPTIONS) */
    const char *kernel_folder; /* of .cl files that replace the built-in ones (ALEXCL_KERNEL_DIR) */
    const char *cache_folder;  /* (ALEXCL_CACHE_DIR) [alexcl in the user's cache folder] */
    const char *cache_limit;   /* the most that is kept there: 256MiB; 0: no limit (ALEXCL_CACHE_LIMIT) [256MiB] */
    const char *no_cache;      /* 1: compile at every start, keep nothing (ALEXCL_NO_CACHE) [0] */
};

/* The kernels' OpenCL C, as it is built in: the i-th file, NULL behind the last. A folder with such files is what
 * kernel_folder takes. */
struct alexcl_kernel_file {
    const char *name, *text; /* "conv_cpu.cl", or of one that others include, "winograd.clh" */
    size_t length;           /* of the text, in bytes */
};
const struct alexcl_kernel_file *alexcl_kernel_file_get(size_t index);

/* ---- the cache: what is kept on disk so that the next start is faster ------------------------------- */

enum { ALEXCL_CACHE_KINDS = 4 };
struct alexcl_cache_kind {
    const char *name; /* "binaries", "tuning", "checks" or "logs" */
    uint64_t files, bytes;
};
struct alexcl_cache {
    size_t size;           /* of this structure; set by the caller */
    char folder[4096];     /* "" where none can be named */
    char note[8192];       /* why nothing in it is used: it is not there, or not the user's alone; "" for none */
    uint64_t bytes, limit; /* limit: kept when something is stored; 0: none */
    struct alexcl_cache_kind kinds[ALEXCL_CACHE_KINDS];
};
/* What is in the folder that the settings name (NULL: all by the environment). One that is not there, or not the user's
 * alone, is no error: see `note`. Nothing is made. Errors: ALEXCL_E_USAGE for a setting. */
int alexcl_cache_show(const struct alexcl_settings *settings, struct alexcl_cache *out, struct alexcl_error *err);
/* Removes the files of a kind (NULL: of all) that the library made, and tells which in `out`; none in a folder that it
 * would not use. Errors: ALEXCL_E_USAGE for another kind, ALEXCL_E_OTHER where a file cannot be removed. */
int alexcl_cache_clear(const struct alexcl_settings *settings, const char *kind, struct alexcl_cache *out,
                       struct alexcl_error *err);

/* ---- devices ---------------------------------------------------------------------------------- */

enum alexcl_device_kind { ALEXCL_DEVICE_CPU, ALEXCL_DEVICE_GPU, ALEXCL_DEVICE_ACCELERATOR, ALEXCL_DEVICE_CUSTOM };

struct alexcl_device_info {
    int index;            /* in the flat list, in clinfo's order */
    int platform, device; /* the same device as "platform:device" */
    enum alexcl_device_kind kind;
    char name[256], vendor[128], driver[128];
    unsigned vendor_id;                /* of PCI: 0x10de */
    char version[128], c_version[128]; /* "OpenCL 3.0 ...", "OpenCL C 1.2 ..." */
    char platform_name[128], platform_version[256];
    unsigned compute_units, clock_mhz;
    uint64_t memory, max_alloc, local_memory; /* bytes */
    uint64_t max_work_group_size;             /* work-items */
    int unified_memory;                       /* shares the host's memory */
    unsigned parts;                           /* most sub-devices clCreateSubDevices can cut; 0: cannot be cut */
    char hardware[128];                       /* what tells it from others of the same name and driver */
    int usable;
    char why[256];      /* why not, or a quirk worth knowing; "" for none */
    int alias_of;       /* index of the same hardware through another driver, or -1 */
    int maybe_alias_of; /* of one of the same vendor that may be the same: the drivers tell too little; or -1 */
    /* What its compiler offers beyond what the kernels need; all 0 or "" where the driver does not tell. */
    char extensions[8192];                             /* names with spaces between */
    int float16, float64, images;                      /* half and double arithmetic, image objects */
    unsigned vector_half, vector_float, vector_double; /* preferred widths; 0: it has no such type */
    unsigned sub_group; /* work-items that run together, a wave, warp or sub-group: the most that the driver tells */
    uint64_t image_width, image_height; /* of the largest image of two dimensions, in pixels */
};

struct alexcl_devices;
/* Lists every OpenCL device of every platform. A broken platform is told in alexcl_devices_report and never hides the
 * others; finding none is no error. Nothing is opened. */
int alexcl_devices_list(struct alexcl_devices **out, struct alexcl_error *err);
size_t alexcl_devices_count(const struct alexcl_devices *list);
const struct alexcl_device_info *alexcl_devices_get(const struct alexcl_devices *list, size_t index);
/* Loader, vendor files found and what each failed with, hints (render group, RUSTICL_ENABLE); many lines. */
const char *alexcl_devices_report(const struct alexcl_devices *list);
void alexcl_devices_free(struct alexcl_devices *list);

/* Where a half runs: a device of the list, a part of one, or the plain C reference. */
struct alexcl_target {
    int device;           /* index in the list; -1: the reference in C */
    unsigned part, parts; /* part `part` of `parts` equal sub-devices; parts 1: the whole device */
    char name[300];       /* for people: "0 (PoCL: pthread-...)", "0 part 1 of 2 (...)", "ref" */
};

struct alexcl_selection;
/* Resolves `text`: "0,1" "0" "P:D" "gpu" "cpu" "~name" "0/2" "ref", at most two separated by a comma. NULL or "" is the
 * default: the two best GPUs where equal halves suit both, else the best GPU, else one CPU device cut in two where it
 * can be. No such pair: a built-in GPU behind one that is not, two of one vendor of which the second has under half of
 * the compute units x clock, and two that may be one card (maybe_alias_of). "both" takes the two best GPUs whatever
 * their speed: for a split by images (alexcl_net_options). A simulator is never a default. Lists the devices itself,
 * and only if the text needs them. Errors: ALEXCL_E_USAGE for a text that cannot be read, ALEXCL_E_NO_DEVICE. */
int alexcl_selection_open(const char *text, struct alexcl_selection **out, struct alexcl_error *err);
/* 1: both halves on one target; 2: half 0 on target 0, half 1 on target 1. */
size_t alexcl_selection_count(const struct alexcl_selection *sel);
const struct alexcl_target *alexcl_selection_target(const struct alexcl_selection *sel, size_t index);
/* The device behind a target, NULL for the reference. */
const struct alexcl_device_info *alexcl_selection_device(const struct alexcl_selection *sel, size_t index);
/* One line: what was chosen, and why ("device 0 (NAME), cut in two"). */
const char *alexcl_selection_why(const struct alexcl_selection *sel);
void alexcl_selection_free(struct alexcl_selection *sel);

/* ---- models ----------------------------------------------------------------------------------- */

enum alexcl_layer_type {
    ALEXCL_CONV,
    ALEXCL_FC,
    ALEXCL_RBF,   /* LeNet-1998's output: squared distance to each class's code */
    ALEXCL_LRN,   /* across channels */
    ALEXCL_RNORM, /* within one feature map, the 2012 code's extra layer */
    ALEXCL_MAXPOOL,
    ALEXCL_AVGPOOL,
    ALEXCL_SUBSAMPLE, /* LeNet-1998's: sum of the window * weight + bias, one of each a channel */
    ALEXCL_RELU,
    ALEXCL_TANH,
    ALEXCL_SIGMOID,
    ALEXCL_LECUN_TANH, /* 1.7159 tanh(2x/3) */
    ALEXCL_DROPOUT,
    ALEXCL_FLATTEN,
    ALEXCL_SOFTMAX,
    ALEXCL_CONCAT,         /* the channels of its inputs, one input behind the other */
    ALEXCL_ADD,            /* the sum of its inputs, value by value */
    ALEXCL_AFFINE,         /* x * weight + bias, one of each a channel: a batch normalisation at test */
    ALEXCL_GLOBAL_MAXPOOL, /* one value a channel */
    ALEXCL_GLOBAL_AVGPOOL,
};

enum alexcl_lrn_scope { ALEXCL_LRN_SCOPE_HALF, ALEXCL_LRN_SCOPE_LAYER };
enum alexcl_dropout { ALEXCL_DROPOUT_PAPER /* x (1-p) at test */, ALEXCL_DROPOUT_INVERTED /* x at test */ };

/* Names the net's input where a layer reads it; no layer has this name. */
#define ALEXCL_INPUT "input"

/* One row of a model: every field explicit. Unused fields are 0. Whatever takes a model looks at each field first:
 * ALEXCL_E_USAGE says which one cannot be, and what it may be. */
struct alexcl_layer {
    enum alexcl_layer_type type;
    const char *name; /* conv1 relu1 norm1 pool1 ..; no two alike, without blanks, at most 255 bytes */
    /* what it reads, NULL-terminated: names of layers before it, ALEXCL_INPUT for the net's input; NULL: the layer
     * before, or the net's input. Concat and add read from 2 to 32 values, the others one. */
    const char *const *inputs;
    int outputs; /* conv, fc, rbf: output channels or units of the whole layer */
    /* conv, pools, subsample: height and width of the window, and how far from one to the next */
    int kernel[2], stride[2];
    /* conv, maxpool, avgpool: how far from one row and column of the window to the next; 0 means 1: neighbours */
    int dilation[2];
    /* conv: zeros at the top, left, bottom and right; maxpool, avgpool: rows and columns that windows may hang over */
    int pad[4];
    int ceil_mode; /* pools, subsample: size rounded up, windows clipped; the last one starts before bottom and right */
    int count_include_pad; /* avgpool: 0: divided by what of a window is on the map; 1: also by what is in `pad` */
    int groups;            /* conv: any number that divides inputs and outputs */
    int window[2]; /* lrn: first and last channel of a sum, from its own: {-2, 2} for n = 5; rnorm: rows and columns */
    /* lrn, rnorm: x / (k + alpha * sum)^beta; alpha on the plain sum, never divided by n */
    double k, alpha, beta;
    enum alexcl_lrn_scope lrn_scope; /* lrn: the window stays inside a half, or runs over the layer */
    enum alexcl_dropout dropout;
    double rate; /* dropout */
    double gain; /* conv, fc: factor on synthetic weights; 0 means 1 */
    /* conv, of at most 32 inputs: bit i of entry o, of `outputs`: output o reads input i; NULL: all */
    const uint32_t *connections;
};

enum alexcl_colour { ALEXCL_RGB, ALEXCL_BGR, ALEXCL_GREY };

/* A net as data: 1 to 10,000 layers, of which the last one's output is the net's, and needs all others.
 * value = (pixel * scale - mean[c]) / std[c], pixel 0..255, c in the order of `colour`. */
struct alexcl_model {
    size_t size; /* of this structure */
    const char *name;
    const char *about; /* one line: what it is and its source */
    int channels, height, width;
    enum alexcl_colour colour;
    int resize; /* pictures: the shorter side goes to this before the crop; 0 where there are none */
    double scale;
    const double *mean, *std;          /* one a channel; NULL: 0, 1 */
    const struct alexcl_layer *layers; /* of a built-in model: see alexcl_model_row */
    size_t layer_count, layer_size;    /* rows, and of one its size: sizeof(struct alexcl_layer) */
    /* pairs: a tensor's name, and another one that a weight file may use; ends with {NULL, NULL}; may be NULL */
    const char *const (*aliases)[2];
};

const struct alexcl_model *alexcl_model_get(size_t index); /* the i-th built-in one */
int alexcl_model_hidden(const struct alexcl_model *model); /* 1: for tests; a list of models leaves it out */
/* A net that a file describes, ONNX's or Caffe's, read and checked. *weights, unless NULL: 1 where the file has its
 * weights too, which alexcl_weights_open reads for this model; the file is needed as long as the model is. Errors:
 * ALEXCL_E_DATA for a file that describes none, or one that cannot be computed: it names layer and operator. */
int alexcl_model_open(const char *path, struct alexcl_model **out, int *weights, struct alexcl_error *err);
/* What may be another in a model; 0: as it is. */
struct alexcl_model_change {
    size_t size;       /* of this structure */
    int classes;       /* outputs of the last layer that has weights */
    int height, width; /* of the input; `resize` goes with the smaller of them, in proportion */
};
/* The same model but for a change; `base` must outlive it. ALEXCL_E_USAGE where the model cannot be changed so. */
int alexcl_model_derive(const struct alexcl_model *base, const struct alexcl_model_change *change,
                        struct alexcl_model **out, struct alexcl_error *err);
void alexcl_model_free(struct alexcl_model *model); /* of alexcl_model_open and alexcl_model_derive */
/* Row `index` of a model, by its own layer_size. */
const struct alexcl_layer *alexcl_model_row(const struct alexcl_model *model, size_t index);
/* A model, or the index of a layer, by name; ALEXCL_E_USAGE names the nearest one. */
int alexcl_model_find(const char *name, const struct alexcl_model **out, struct alexcl_error *err);
int alexcl_model_layer(const struct alexcl_model *model, const char *layer, int *index, struct alexcl_error *err);
const char *alexcl_layer_type_name(enum alexcl_layer_type type);
/* Keras's name of the type, "Conv2D", "Activation"; the one above where Keras has no such layer. */
const char *alexcl_layer_type_keras_name(enum alexcl_layer_type type);
/* What a layer's outputs are, for whom reads scores from them. Probabilities are made of logits, of which both halves
 * need all. */
enum alexcl_output {
    ALEXCL_OUTPUT_VALUES,
    ALEXCL_OUTPUT_PROBABILITIES, /* softmax */
    ALEXCL_OUTPUT_DISTANCES,     /* rbf: the smallest is the most probable class's */
};
enum alexcl_output alexcl_layer_type_output(enum alexcl_layer_type type);

/* ---- plan: shapes, parameters, what crosses, memory; needs no device -------------------------- */

struct alexcl_shape {
    int c, h, w;
};

struct alexcl_plan_layer {
    const struct alexcl_layer *layer;
    const int *inputs; /* layers of the plan that it reads, -1: the net's input */
    size_t input_count;
    struct alexcl_shape in, out;     /* of the whole layer, one image; in: its first input */
    struct alexcl_shape half[2];     /* output of each half */
    uint64_t parameters[2], macs[2]; /* per half; macs per image */
    uint64_t parameter_bytes[2];     /* as they are kept, before a device's kernels want them otherwise */
    /* bytes per image that half h receives from the other half before this layer, once for all that read it */
    uint64_t crosses[2];
};

/* Bytes on one device, by kind; `host`: on the host, for what goes to the device and comes from it, not in `total`. */
struct alexcl_plan_memory {
    uint64_t weights, activations, exchange, workspace, total, largest_buffer, host;
    /* of training: gradients, of parameters and of activations; the parameters as in the file, with what the optimiser
     * keeps of each */
    uint64_t gradients, optimizer;
    uint64_t reserved[3]; /* 0: what else is told one day */
};

struct alexcl_plan_request {
    size_t size;            /* of this structure */
    const char *last_layer; /* NULL: all */
    int batch;              /* images wanted at once; 0: 1 */
    size_t targets;         /* 1 or 2 devices */
    uint64_t memory[2];     /* bytes per target; 0: 4 GiB */
    uint64_t max_alloc[2];  /* 0: a quarter of memory, OpenCL's minimum */
    const char *split;      /* as in alexcl_net_options */
    /* Of as many targets: weights and workspace as their kernels want them, what is shared counted once; NULL: none. */
    const struct alexcl_selection *selection;
    /* Bytes of host memory that the caller takes beside a batch of images and their scores: in any case, and for each
     * image of a batch. */
    uint64_t host_fixed, host_image;
    const struct alexcl_settings *settings; /* NULL: all by the environment */
    /* For training (alexcl_train.h): tensors that the optimiser keeps of each parameter, 1 of sgd, 2 of adam.
     * `batch` is computed in equal groups then. 0: for running forward. */
    int optimizer_states;
};

struct alexcl_plan {
    const struct alexcl_model *model;
    size_t layer_count;
    struct alexcl_plan_layer *layers; /* those that the last one needs */
    int *inputs;                      /* of all of them, one behind the other */
    uint64_t parameters, macs;        /* whole net; parameters count trainable tensors only */
    size_t targets;
    unsigned halves[2];                  /* that a target runs: bit 0, bit 1 */
    int capacity[2];                     /* images of a chunk that a target has memory for: all, or its share */
    struct alexcl_plan_memory memory[2]; /* for them */
    uint64_t host;    /* bytes of the host: both targets', a chunk of images and scores, and the request's */
    uint64_t on_host; /* with the totals of devices that compute in the host's memory; 0: there is none (selection) */
    int batch, chunk; /* chunk: images that fit at once, at most batch */
    /* of training, for each layer: bytes per image that half h receives back of what it has sent for this layer; NULL:
     * the plan is not for training */
    uint64_t (*crosses_backward)[2];
};
/* request NULL: all 0. Errors: ALEXCL_E_MEMORY with the estimate when not even one image fits, ALEXCL_E_USAGE. */
int alexcl_plan_make(const struct alexcl_model *model, const struct alexcl_plan_request *request,
                     struct alexcl_plan **out, struct alexcl_error *err);
void alexcl_plan_free(struct alexcl_plan *plan);

/* ---- weights ---------------------------------------------------------------------------------- */

struct alexcl_weights;
struct alexcl_gain {
    size_t size; /* of this structure, the same in each of an array */
    const char *layer;
    double gain;
};

/* Maps a file of weights, safetensors or what PyTorch, Keras or Caffe write, and checks it against the model up to
 * `last_layer` (NULL: all): header, names, shapes, types, offsets, overlap, size, and what its metadata says of the
 * model. Where not all tensors have the model's names, or their aliases, those of a format that keeps the order of the
 * layers are taken in that order, if all shapes fit. Errors: ALEXCL_E_DATA says which does not hold. */
int alexcl_weights_open(const char *path, const struct alexcl_model *model, const char *last_layer,
                        struct alexcl_weights **out, struct alexcl_error *err);
/* Synthetic weights of a counter RNG, made when read and never held whole. The RNG's names of tensors are
 * net/<case_name>/<layer>.w; case_name NULL is the model's name. gains NULL: the model's own; else those listed, 1 for
 * the others. Errors: ALEXCL_E_USAGE for a layer that is not there or takes no gain. */
int alexcl_weights_generate(const struct alexcl_model *model, uint64_t seed, const char *case_name,
                            const struct alexcl_gain *gains, size_t gain_count, struct alexcl_weights **out,
                            struct alexcl_error *err);
/* Writes a safetensors file whose metadata describes the model, under a temporary name beside `path` until it is whole
 * and on the disk. A process that is killed leaves that; the next one to write in the folder removes it. Errors:
 * ALEXCL_E_OTHER. */
int alexcl_weights_save(const struct alexcl_weights *weights, const char *path, struct alexcl_error *err);
/* The same with the type of its values, "float" (NULL) or "half". ALEXCL_E_DATA for a weight beyond half precision. */
int alexcl_weights_save_as(const struct alexcl_weights *weights, const char *path, const char *type,
                           struct alexcl_error *err);
/* A tensor of one of the model's layers, "weight" or "bias", as the net computes with it: of a convolution O x I/groups
 * x kh x kw. `out` has room for `count` values, as many as it has. Errors: ALEXCL_E_DATA, ALEXCL_E_USAGE for a layer
 * that is not there or has no such tensor. */
int alexcl_weights_read(const struct alexcl_weights *weights, const char *layer, const char *tensor, float *out,
                        size_t count, struct alexcl_error *err);
int alexcl_weights_random(const struct alexcl_weights *weights);           /* synthetic: labels mean nothing */
const char *alexcl_weights_describe(const struct alexcl_weights *weights); /* one line: where from, what was checked */
/* What was translated of a file's own conventions, a line each: "fc6: columns from H,W,C to C,H,W"; "": nothing. */
const char *alexcl_weights_translated(const struct alexcl_weights *weights);
void alexcl_weights_free(struct alexcl_weights *weights);

/* ---- a file of weights, looked into ------------------------------------------------------------ */

/* What is in a file of weights, and which nets it fits. One that is open is needed as long as what it hands out:
 * models, weights, texts. */
struct alexcl_weights_file;
struct alexcl_weights_tensor {
    const char *name;
    const char *type; /* as the format writes it: "F32" */
    int dims;
    uint64_t shape[4]; /* its first four axes */
    uint64_t bytes;
};
struct alexcl_weights_text {
    const char *key, *value;
};
struct alexcl_weights_statistics {
    size_t size;           /* of this structure; set by the caller */
    int known;             /* 0: the type is none that is read, and there are none */
    int finite;            /* all values are */
    double min, max, mean; /* of those that are finite; 0 where there are none */
};
struct alexcl_weights_fit {
    const struct alexcl_model *model; /* with the file's number of classes */
    int classes;
    int exact; /* 1: which is the built-in model's own */
};
/* Errors: ALEXCL_E_DATA for a file that is none of weights, or is damaged; its text says the way to one that is read,
 * where the format is known (alexcl_weights_kind). */
int alexcl_weights_file_open(const char *path, struct alexcl_weights_file **out, struct alexcl_error *err);
void alexcl_weights_file_free(struct alexcl_weights_file *file);
/* "safetensors", "torch-zip", "keras-h5", "keras", "keras-weights-h5", "onnx", "caffemodel". */
const char *alexcl_weights_file_kind(const struct alexcl_weights_file *file);
/* Of the files that are not read: "torch-old", "tflite", "gguf", "npz", "git-lfs", else as above or "unknown"; by its
 * first bytes. */
const char *alexcl_weights_kind(const char *path);
const struct alexcl_weights_tensor *alexcl_weights_file_tensor(const struct alexcl_weights_file *file, size_t index);
/* Reads the tensor's values. */
int alexcl_weights_file_statistics(const struct alexcl_weights_file *file, size_t index,
                                   struct alexcl_weights_statistics *out, struct alexcl_error *err);
/* Its values as float32, in C order; `count`: as many as it has. ALEXCL_E_DATA for a type that is not read. */
int alexcl_weights_file_read(const struct alexcl_weights_file *file, size_t index, float *out, size_t count,
                             struct alexcl_error *err);
/* Its metadata. */
const struct alexcl_weights_text *alexcl_weights_file_text(const struct alexcl_weights_file *file, size_t index);
int alexcl_weights_file_random(const struct alexcl_weights_file *file); /* its metadata say that it is synthetic */
/* The built-in models whose tensors it has, by name or where no net has those names by order. */
int alexcl_weights_file_fits(struct alexcl_weights_file *file, const struct alexcl_weights_fit **list, size_t *count,
                             struct alexcl_error *err);
/* The model to run it as, with the file's number of classes. `wanted` is that model; NULL: the one of its metadata,
 * else the net that it describes, else the one that fits, where several do the one of its format, else "alexnet".
 * *why, unless NULL: a line for people where one was chosen ("x.pth: taken for alexnet; ..."), else "". Errors:
 * ALEXCL_E_DATA with the list where several fit, with the reason of the nearest one where none does. */
int alexcl_weights_file_model(struct alexcl_weights_file *file, const struct alexcl_model *wanted,
                              const struct alexcl_model **out, const char **why, struct alexcl_error *err);
/* alexcl_weights_open of it, which is not read again. */
int alexcl_weights_file_weights(const struct alexcl_weights_file *file, const struct alexcl_model *model,
                                const char *last_layer, struct alexcl_weights **out, struct alexcl_error *err);

/* ---- the net ---------------------------------------------------------------------------------- */

struct alexcl_net;

struct alexcl_net_options {
    size_t size;                     /* of this structure */
    int batch;                       /* images at once; 0: 16. Cut to what fits, with a warning in the log. */
    uint64_t memory;                 /* cap in bytes per device; 0: the device's own size */
    uint64_t host_fixed, host_image; /* of the caller, as in alexcl_plan_request */
    const char *last_layer;          /* stop after this layer; NULL: the last */
    int reproducible; /* the same bits for every batch size and at every start, on one kind of device and driver */
    /* How two targets share the work.
     * "half", or NULL: each computes one half of the channels, of every image.
     * "A:B": each computes both halves of its own images, as many of a batch that both would be done soonest, were
     * their speeds A to B: two whole numbers, of which one may be 0.
     * "auto": the same by measured speeds, when the net is opened and from batches that both had a share of; a target
     * too slow for one image of a batch gets none.
     * By images each target needs memory for all weights, and for its images alone (auto: for as many of the batch as
     * fit). An image's scores depend on the kind of device that computed it: equal to the bit on devices of one kind,
     * within rounding on two kinds. ALEXCL_E_USAGE with `reproducible` there, by images on one target, and for another
     * text. */
    const char *split;
    const struct alexcl_settings *settings; /* NULL: all by the environment */
    /* Told of steps of opening, in alexcl_progress_to's stead, and of "images computed" before each batch. */
    alexcl_progress_fn *progress;
    /* Asked between steps of opening, batches and parts of them: ends them with ALEXCL_E_INTERRUPTED; a net stays
     * usable. */
    alexcl_cancel_fn *cancel;
    void *user; /* of both, which are called from any thread, one call at a time, and must not call the library */
    /* Layers, by name, whose values are handed out, for each image one layer's behind the other's in this order; what
     * they do not need is not computed. count 0: those of last_layer alone; else last_layer must be NULL. */
    const char *const *outputs;
    size_t output_count;
};

struct alexcl_net_times { /* seconds since open */
    size_t size;          /* of this structure; set by the caller */
    double wall;          /* in which runs were computed */
    double device[2];     /* busy time of each target, from events (reference: CPU time) */
    double exchange;      /* transfers of crossings, from events, both targets together */
    double transfer;      /* images in and scores out */
    size_t images[2];     /* that each target had a part in */
    double build;         /* compiling kernels, before the first run */
    int events;           /* 0: the device reports no times */
    uint64_t crossed;     /* bytes that the targets have received from one another, of training both ways */
};

/* What a target did in one go: the commands of one layer and half for some images of one batch. */
enum alexcl_work {
    ALEXCL_WORK_LAYER, /* a layer's kernels */
    /* both halves are brought together before a layer, on one device; on the way back gradients are added */
    ALEXCL_WORK_JOIN,
    ALEXCL_WORK_EXCHANGE, /* copies to the other target and from it, for the layer that reads them */
    ALEXCL_WORK_TRANSFER, /* images in ("input"), scores out ("output") */
    ALEXCL_WORK_WAIT,     /* the target's host thread waits for the other target's half, or for the end ("output") */
    /* of training (alexcl_train.h) alone */
    ALEXCL_WORK_INPUT_GRADIENT,
    ALEXCL_WORK_WEIGHT_GRADIENT,
    ALEXCL_WORK_UPDATE, /* of a layer's parameters, with what its kernels want packed anew */
};
struct alexcl_work_span {
    enum alexcl_work work;
    const char *layer;
    int target, half; /* half -1: both */
    int run;          /* batch, from 0; of training: step */
    int first, count; /* images of the batch */
    int commands;     /* 0: nothing ran for it, as for a layer that another one's kernel computes as well */
    /* Seconds since alexcl_net_record, to some microseconds between devices; both 0 where a device's clock could not be
     * compared with the host's, for which there is a warning. */
    double start, end;
    double busy; /* of its commands alone */
};

/* Plans memory, builds the model's kernels on each device in parallel, uploads the weights. Kernels that this driver
 * has not run before are first compared with the reference, once (settings, `check`). options NULL: all 0. Errors:
 * ALEXCL_E_DEVICE when a kernel computes wrongly, ALEXCL_E_BUILD, ALEXCL_E_MEMORY, ALEXCL_E_USAGE. */
int alexcl_net_open(const struct alexcl_model *model, const struct alexcl_weights *weights,
                    const struct alexcl_selection *sel, const struct alexcl_net_options *options,
                    struct alexcl_net **out, struct alexcl_error *err);
int alexcl_net_batch(const struct alexcl_net *net);                             /* images a run takes at once */
void alexcl_net_output(const struct alexcl_net *net, struct alexcl_shape *out); /* of one image, the last output */
/* How many outputs a net has, and their shapes, of one image; valid as long as the net. */
size_t alexcl_net_outputs(const struct alexcl_net *net, const struct alexcl_shape **out);
/* What the net holds on a target (0 or 1): as alexcl_plan_make says it for a selection, but with the weights and the
 * workspace of the kernels that were measured to be the fastest. All 0 behind the last target. */
void alexcl_net_memory(const struct alexcl_net *net, size_t target, struct alexcl_plan_memory *out);
/* Hands over `images` images (any number: cut into batches) of N x C x H x W floats and returns at once. Runs are done
 * in the order in which they were submitted: while one is computed, the first batch of the next one is copied to the
 * devices. `images_in` and `out`, which gets images x values of all outputs, must stay as they are until
 * alexcl_net_wait has returned for that ticket. */
int alexcl_net_submit(struct alexcl_net *net, const float *images_in, size_t images, float *out, uint64_t *ticket,
                      struct alexcl_error *err);
/* Returns when that run has ended, with its status; once for each ticket, another is ALEXCL_E_USAGE. Scores that are
 * not finite are ALEXCL_E_DATA, naming the first layer that has them; `out` then holds the scores of that batch and of
 * those before it. */
int alexcl_net_wait(struct alexcl_net *net, uint64_t ticket, struct alexcl_error *err);
/* Both in one. */
int alexcl_net_run(struct alexcl_net *net, const float *images_in, size_t images, float *out, struct alexcl_error *err);
/* What was measured so far, once all that was submitted has ended. */
int alexcl_net_times(const struct alexcl_net *net, struct alexcl_net_times *out, struct alexcl_error *err);
/* What each target can do at most, a second: fma operations (two each) in registers, bytes read from memory; by event
 * times of short runs on all targets at once. 0 on the reference and where there are no event times. */
struct alexcl_peak {
    size_t size; /* of this structure; set by the caller */
    double flops[2], bytes[2];
};
int alexcl_net_peak(struct alexcl_net *net, struct alexcl_peak *out, struct alexcl_error *err);
/* Begins a recording of what runs when (`on`), forgetting an older one; or ends it, with ALEXCL_E_MEMORY where parts
 * were lost. Off at first: a net that is not recorded pays nothing. */
int alexcl_net_record(struct alexcl_net *net, int on, struct alexcl_error *err);
/* What was recorded on a target (0 or 1), in the order in which it was handed out; valid until the next
 * alexcl_net_record or run. */
size_t alexcl_net_recorded(const struct alexcl_net *net, size_t target, const struct alexcl_work_span **out);
/* Waits for what was submitted. */
void alexcl_net_free(struct alexcl_net *net);

/* ---- check: does a driver compute right? ------------------------------------------------------- */

/* One kernel, or the whole of a tiny net, on one device against the reference in C. */
struct alexcl_check_result {
    const struct alexcl_target *target;      /* NULL: a net over both targets */
    const struct alexcl_device_info *device; /* of the target, or NULL */
    unsigned number, count;                  /* the number-th, from 1, of so many of this selection */
    const char *kernels;                     /* files of kernels/ without their ending, "im2col bias"; "" for a net */
    const char *layer, *variant;             /* "conv", "own" (or "cpu", "clblast"); of a net its name and "net" */
    int block;                               /* channels side by side in what the layer is given; 1: n x c x h x w */
    char shape[48];
    int status; /* 0: right; ALEXCL_E_DEVICE: wrong, or it failed in use; ALEXCL_E_BUILD: it does not compile; .. */
    /* There are values: error, half and index say how far they are off. Neither wrong nor computed: not used, since the
     * device allows its work-group fewer items, as message says. */
    int computed;
    double error, tolerance; /* largest |got - due| in units of the largest |due|; may be infinite */
    int64_t index;           /* first wrong value, among those of the half's images; -1: none */
    int half;
    float got, due;
    char message[2048]; /* what is wrong or failed, or why it is not used; "" when right */
    const char *pass;   /* "forward", "input gradient", "weight gradient"; of a net "forward", "training step" */
};
struct alexcl_check_counts {
    size_t size; /* of this structure; set by the caller */
    unsigned checks, failed;
    int status; /* of the worst: wrong or failed in use, before memory, before not compiled; 0: all right */
};
/* Which of the checks; the net comes with all of them alone. ALEXCL_E_USAGE lists what there is. */
struct alexcl_check_request {
    size_t size;                            /* of this structure */
    const char *kernel;                     /* file of kernels/, with or without ".cl"; NULL: all */
    const char *layer;                      /* kind of layer, as the results have it; NULL: all */
    const struct alexcl_settings *settings; /* NULL: all by the environment */
};
/* Called after each check; what it is given is valid during the call, target and device as long as the selection.
 * Anything but 0 stops. */
typedef int alexcl_check_fn(void *user, const struct alexcl_check_result *result);
/* Every variant of every layer (CLBlast's where the settings' gemm is clblast alone) on each device of the selection,
 * then model tiny2t over the selection, forward and in a step of training, behind which all parameters are compared; or
 * what `request` (NULL: all) wants of it. A kernel that is wrong or fails is a result, and the next one follows.
 * Targets on the reference have no results. `counts` is filled as far as it came. Errors: ALEXCL_E_INTERRUPTED when
 * `fn` stopped it, ALEXCL_E_USAGE. */
int alexcl_check_run(const struct alexcl_selection *sel, const struct alexcl_check_request *request,
                     alexcl_check_fn *fn, void *user, struct alexcl_check_counts *counts, struct alexcl_error *err);

/* ---- tune: what is fastest on a device? -------------------------------------------------------- */

/* One way of computing one shape of a layer's half on one device. */
struct alexcl_tune_result {
    const struct alexcl_target *target;
    unsigned number, count; /* the number-th, from 1, of so many of this selection */
    const char *layer;      /* the first of the model with this shape: "conv2" */
    const char *shape;      /* of the half: "conv 48x27x27 to 128, 5x5/1, pad 2, ..", as in the file */
    const char *variant;    /* "winograd" */
    char tile[32];          /* in the variant's own terms: "8x2x4"; "" where it has none */
    int is_default;         /* what is used where nothing was measured */
    int chosen;             /* the fastest; the default unless it is beaten clearly */
    int status;             /* 0: right, and measured; else dropped: ALEXCL_E_DEVICE computes wrongly, .. */
    double batch1, batch8;  /* seconds an image, of one at a time and of eight at once */
    uint64_t macs;          /* of the half, an image */
    const char *message;    /* why dropped; "" */
    int other_bits;         /* 1: right, but of training, where it gives other bits than the default: never chosen */
};
/* Called for every way that was measured, when a layer is done: other tiles of a variant that is far behind are left
 * out. Anything but 0 stops. */
typedef int alexcl_tune_fn(void *user, const struct alexcl_tune_result *result);
struct alexcl_tune_request {
    size_t size;                            /* of this structure */
    const struct alexcl_settings *settings; /* NULL: all by the environment */
    int training; /* 1: the passes of a step of training (alexcl_train.h), backward ones too; 0: those of running */
};
/* Measures the layers of a model on each device of the selection (devices of one kind once), each way after its answer
 * was compared with the reference's, and keeps the choices in the cache folder layer by layer; `path` gets the file's
 * name ("": kept nowhere, as the settings have no_cache). Nets opened later use them. Whatever was measured, training
 * comes to the same bits: of its passes only ways are chosen that do. Errors: ALEXCL_E_INTERRUPTED when `fn` stopped
 * it, ALEXCL_E_USAGE. */
int alexcl_tune_run(const struct alexcl_model *model, const struct alexcl_selection *sel,
                    const struct alexcl_tune_request *request, alexcl_tune_fn *fn, void *user, char *path,
                    size_t path_size, struct alexcl_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
