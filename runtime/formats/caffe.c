/* SPDX-License-Identifier: MIT */
/* Caffe's nets have had three forms. In the second ("layers") the type of a layer is a number, and it has fields of its
 * own; in the third ("layer") it is a name. All else is the same, so that the second is read as the third. The first is
 * refused: Caffe's own tools make one of the others of it. */
#include "caffe.h"

#include <stdlib.h>
#include <string.h>

const Caffe__NetParameter *caffe_net(const struct caffe_own *own) {
    return (const Caffe__NetParameter *)own->file.message;
}

void caffe_release(void *released) {
    struct caffe_own *own = released;
    arena_free(&own->memory);
    source_free(own->beside);
    free(own->layers);
    wire_close(&own->file);
    free(own);
}

int caffe_is(const struct caffe_layer *l, const char *type) { return strcmp(l->type, type) == 0; }

/* By the numbers of V1LayerParameter.LayerType. */
static const char *const caffe_types[] = {"",
                                          "Accuracy",
                                          "BNLL",
                                          "Concat",
                                          "Convolution",
                                          "Data",
                                          "Dropout",
                                          "EuclideanLoss",
                                          "Flatten",
                                          "HDF5Data",
                                          "HDF5Output",
                                          "Im2col",
                                          "ImageData",
                                          "InfogainLoss",
                                          "InnerProduct",
                                          "LRN",
                                          "MultinomialLogisticLoss",
                                          "Pooling",
                                          "ReLU",
                                          "Sigmoid",
                                          "Softmax",
                                          "SoftmaxWithLoss",
                                          "Split",
                                          "TanH",
                                          "WindowData",
                                          "Eltwise",
                                          "Power",
                                          "SigmoidCrossEntropyLoss",
                                          "HingeLoss",
                                          "MemoryData",
                                          "ArgMax",
                                          "Threshold",
                                          "DummyData",
                                          "Slice",
                                          "MVN",
                                          "AbsVal",
                                          "Silence",
                                          "ContrastiveLoss",
                                          "Exp",
                                          "Deconvolution"};

/* What both generations call the same. */
#define CAFFE_COMMON(from)                                                                                             \
    {                                                                                                                  \
        .name = (from)->name ? (from)->name : "", .bottoms = (from)->bottom, .bottom_count = (from)->n_bottom,         \
        .tops = (from)->top, .top_count = (from)->n_top, .blobs = (from)->blobs, .blob_count = (from)->n_blobs,        \
        .include = (from)->include, .include_count = (from)->n_include, .exclude = (from)->exclude,                    \
        .exclude_count = (from)->n_exclude, .concat = (from)->concat_param, .convolution = (from)->convolution_param,  \
        .dropout = (from)->dropout_param, .eltwise = (from)->eltwise_param,                                            \
        .inner_product = (from)->inner_product_param, .lrn = (from)->lrn_param,                                        \
        .memory_data = (from)->memory_data_param, .pooling = (from)->pooling_param, .relu = (from)->relu_param,        \
        .softmax = (from)->softmax_param, .transform = (from)->transform_param                                         \
    }

static struct caffe_layer caffe_of_first(const Caffe__V1LayerParameter *v1) {
    struct caffe_layer l = CAFFE_COMMON(v1);
    size_t type = v1->has_type ? (size_t)v1->type : 0;
    l.type = type < sizeof caffe_types / sizeof *caffe_types ? caffe_types[type] : "of a number that Caffe has not";
    for (size_t i = 0; i < 2 && i < v1->n_param; i++) l.shared[i] = v1->param[i];
    return l;
}

static struct caffe_layer caffe_of_second(const Caffe__LayerParameter *v2) {
    struct caffe_layer l = CAFFE_COMMON(v2);
    l.type = v2->type ? v2->type : "";
    for (size_t i = 0; i < 2 && i < v2->n_param; i++) l.shared[i] = v2->param[i]->name;
    l.batch_norm = v2->batch_norm_param;
    l.flatten = v2->flatten_param;
    l.input = v2->input_param;
    l.scale = v2->scale_param;
    return l;
}

int caffe_find_layers(struct caffe_own *own, const char *path, struct alexcl_error *err) {
    const Caffe__NetParameter *net = caffe_net(own);
    if (net->n_layers && net->n_layer)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: has layers of two generations, `layers` and `layer`, and Caffe reads either: write all "
                         "as `layer`",
                         path);
    for (size_t i = 0; i < net->n_layers; i++)
        if (net->layers[i]->layer)
            return error_set(err, ALEXCL_E_DATA,
                             "%s: of Caffe's first generation (layers { layer {), which Caffe itself upgrades: "
                             "upgrade_net_proto_binary IN.caffemodel OUT.caffemodel, upgrade_net_proto_text for a "
                             "prototxt; name OUT",
                             path);
    int status =
        memory_alloc(&own->layers, net->n_layers + net->n_layer, sizeof *own->layers, "the layers of a net", err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < net->n_layers; i++) own->layers[own->layer_count++] = caffe_of_first(net->layers[i]);
    for (size_t i = 0; i < net->n_layer; i++) own->layers[own->layer_count++] = caffe_of_second(net->layer[i]);
    return ALEXCL_OK;
}
