/* SPDX-License-Identifier: MIT */
/* The layers of a Caffe net, of either generation, from a binary or a text file. */
#ifndef ALEXCL_CAFFE_H
#define ALEXCL_CAFFE_H
#include "arena.h"
#include "caffe.pb-c.h"
#include "source.h"
#include "wire.h"

/* A layer as the second generation has it. Its texts, and all that it points to, are the message's. */
struct caffe_layer {
    const char *name, *type; /* never NULL */
    char **bottoms, **tops;
    Caffe__BlobProto **blobs;
    Caffe__NetStateRule **include, **exclude;
    size_t bottom_count, top_count, blob_count, include_count, exclude_count;
    const char *shared[2]; /* names under which other layers have the same blobs, or NULL */
    /* NULL: all as documented */
    const Caffe__BatchNormParameter *batch_norm;
    const Caffe__ConcatParameter *concat;
    const Caffe__ConvolutionParameter *convolution;
    const Caffe__DropoutParameter *dropout;
    const Caffe__EltwiseParameter *eltwise;
    const Caffe__FlattenParameter *flatten;
    const Caffe__InnerProductParameter *inner_product;
    const Caffe__InputParameter *input;
    const Caffe__LRNParameter *lrn;
    const Caffe__MemoryDataParameter *memory_data;
    const Caffe__PoolingParameter *pooling;
    const Caffe__ReLUParameter *relu;
    const Caffe__ScaleParameter *scale;
    const Caffe__SoftmaxParameter *softmax;
    const Caffe__TransformationParameter *transform;
};

/* What a source of Caffe's owns. */
struct caffe_own {
    struct wire_file file;
    struct caffe_layer *layers;
    size_t layer_count;
    struct arena memory;   /* what the model and tensors point to that is not in the file */
    struct source *beside; /* the prototxt beside a .caffemodel that tells no input */
};
const Caffe__NetParameter *caffe_net(const struct caffe_own *own);
void caffe_release(void *own); /* of source_format */
/* Fills in the layers of the message in `own`. ALEXCL_E_DATA: of a generation that is not read, or of two at once. */
int caffe_find_layers(struct caffe_own *own, const char *path, struct alexcl_error *err);
int caffe_is(const struct caffe_layer *l, const char *type);
#endif
