/* SPDX-License-Identifier: MIT */
/* An ONNX graph as a table of layers. Nodes stand in an order in which they can be computed; what the output does not
 * need is left out, walking from the last to the first; then each one's operator makes a layer, or a constant, or the
 * same as what it reads. So a net has at most as many layers as nodes, and no circle. */
#include <stdio.h>
#include <string.h>

#include "onnx_private.h"

/* ---- what is needed ----------------------------------------------------------------------------- */

static int onnx_twice(const char *name, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    return error_set(err, ALEXCL_E_DATA, "%s is made twice", source_show(name, shown));
}

/* What the nodes of a branch make. Only patterns look at it; a name that is there already, which ONNX forbids, stays
 * the other's. */
static void onnx_name_branch(struct onnx *o, const Onnx__GraphProto *branch) {
    for (size_t i = 0; i < branch->n_node; i++)
        for (size_t j = 0; j < branch->node[i]->n_output; j++) {
            const char *name = branch->node[i]->output[j];
            struct onnx_value *v = *name ? onnx_add_value(o, name) : NULL;
            if (v) v->maker = branch->node[i];
        }
}

static int onnx_name_values(struct onnx *o, struct alexcl_error *err) {
    const Onnx__GraphProto *g = o->graph;
    size_t most = g->n_initializer + g->n_input;
    int status = ALEXCL_OK;
    if (g->n_node > ONNX_MOST_NODES)
        return error_set(err, ALEXCL_E_DATA, "%zu nodes, more than %d", g->n_node, ONNX_MOST_NODES);
    for (size_t i = 0; i < g->n_node; i++) {
        const Onnx__GraphProto *branch = onnx_then_branch(g->node[i]);
        most += g->node[i]->n_output;
        for (size_t j = 0; branch && j < branch->n_node; j++) most += branch->node[j]->n_output;
    }
    TRY(onnx_open_values(o, most, err));
    for (size_t i = 0; i < g->n_initializer; i++) {
        const char *name = g->initializer[i]->name;
        struct onnx_value *v = name && *name ? onnx_add_value(o, name) : NULL;
        if (!v) return onnx_twice(name ? name : "an initializer without a name", err);
        v->is = ONNX_CONSTANT;
        v->initial = g->initializer[i];
    }
    for (size_t i = 0; i < g->n_input; i++) /* initializers may stand among the inputs too */
        if (g->input[i]->name && *g->input[i]->name) onnx_add_value(o, g->input[i]->name);
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t j = 0; j < g->node[i]->n_output; j++) {
            const char *name = g->node[i]->output[j];
            struct onnx_value *v = *name ? onnx_add_value(o, name) : NULL;
            if (*name && !v) return onnx_twice(name, err);
            if (v) v->maker = g->node[i];
        }
    for (size_t i = 0; i < g->n_node; i++)
        if (onnx_then_branch(g->node[i])) onnx_name_branch(o, onnx_then_branch(g->node[i]));
done:
    return status;
}

/* Whether a node is the division that ends a norm, which reads nothing but what it divides. */
static int onnx_is_norm(const struct onnx *o, const Onnx__NodeProto *n) {
    return n->n_output && *n->output[0] && onnx_find_value(o, n->output[0])->norm;
}

static int onnx_need(const Onnx__NodeProto *n, const struct onnx *o, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    for (size_t j = 0; j < (onnx_is_norm(o, n) ? 1 : n->n_input); j++) {
        struct onnx_value *v;
        if (!*n->input[j]) continue;
        v = onnx_find_value(o, n->input[j]);
        if (!v) return onnx_refuse(n, err, "it reads %s, which nothing makes", source_show(n->input[j], shown));
        v->needed = 1;
        v->readers++;
    }
    return ALEXCL_OK;
}

static int onnx_is_needed(const struct onnx *o, const Onnx__NodeProto *n) {
    for (size_t j = 0; j < n->n_output; j++)
        if (*n->output[j] && onnx_find_value(o, n->output[j])->needed) return 1;
    return 0;
}

static int onnx_find_needed(struct onnx *o, struct onnx_value **out, struct alexcl_error *err) {
    const Onnx__GraphProto *g = o->graph;
    char shown[SOURCE_SHOWN];
    int status = ALEXCL_OK;
    if (g->n_output != 1)
        return error_set(err, ALEXCL_E_DATA, "the net has %zu outputs: one is computed; leave the others out",
                         g->n_output);
    *out = g->output[0]->name ? onnx_find_value(o, g->output[0]->name) : NULL;
    if (!*out)
        return error_set(err, ALEXCL_E_DATA, "the net's output, %s, is made by nothing",
                         source_show(g->output[0]->name ? g->output[0]->name : "", shown));
    (*out)->needed = (*out)->output = 1;
    (*out)->readers = 1;
    for (size_t i = g->n_node; i-- > 0;) {
        if (!onnx_is_needed(o, g->node[i])) continue;
        TRY(onnx_find_norm(o, g->node[i], err));
        TRY(onnx_need(g->node[i], o, err));
    }
done:
    return status;
}

/* ---- input -------------------------------------------------------------------------------------- */

static int onnx_read_side(const Onnx__TensorShapeProto *shape, size_t d, const char *name, int *out,
                          struct alexcl_error *err) {
    static const char *const axes[] = {"batch", "channels", "height", "width"};
    const Onnx__TensorShapeProto__Dimension *dim = shape->dim[d];
    char shown[SOURCE_SHOWN];
    if (!dim->has_dim_value || dim->dim_value < 1 || dim->dim_value > ONNX_MOST_SIDE)
        return error_set(err, ALEXCL_E_DATA, "input %s: its %s is not a number that is told: export the net with it",
                         source_show(name, shown), axes[d]);
    *out = (int)dim->dim_value;
    return ALEXCL_OK;
}

static int onnx_read_input(const struct onnx *o, const Onnx__ValueInfoProto *info, struct onnx_value *v,
                           struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    const Onnx__TypeProto__Tensor *tensor = info->type ? info->type->tensor_type : NULL;
    const Onnx__TensorShapeProto *shape = tensor ? tensor->shape : NULL;
    int status = ALEXCL_OK;
    (void)o;
    if (!shape || (shape->n_dim != 4 && shape->n_dim != 2))
        return error_set(err, ALEXCL_E_DATA, "input %s: it is neither N x C x H x W nor N x C",
                         source_show(info->name, shown));
    if (tensor->elem_type != ONNX_FLOAT && tensor->elem_type != ONNX_FLOAT16 && tensor->elem_type != ONNX_BFLOAT16 &&
        tensor->elem_type != ONNX_DOUBLE)
        return error_set(err, ALEXCL_E_DATA, "input %s: its values are not of a floating-point type",
                         source_show(info->name, shown));
    *v = (struct onnx_value){.name = v->name,
                             .needed = 1,
                             .readers = v->readers,
                             .output = v->output,
                             .is = ONNX_MAPS,
                             .row = -1,
                             .rank = (int)shape->n_dim,
                             .shape = {1, 1, 1}};
    TRY(onnx_read_side(shape, 1, info->name, &v->shape.c, err));
    if (v->rank == 2) return ALEXCL_OK;
    TRY(onnx_read_side(shape, 2, info->name, &v->shape.h, err));
    TRY(onnx_read_side(shape, 3, info->name, &v->shape.w, err));
done:
    return status;
}

/* Initializers, and the one input that is none; NULL where the output needs none. */
static int onnx_read_inputs(struct onnx *o, struct onnx_value **out, struct alexcl_error *err) {
    const Onnx__GraphProto *g = o->graph;
    char shown[2][SOURCE_SHOWN];
    int status = ALEXCL_OK;
    *out = NULL;
    for (size_t i = 0; i < g->n_initializer; i++) {
        struct onnx_value *v = onnx_find_value(o, g->initializer[i]->name);
        if (v->needed && !v->read) TRY(onnx_read_tensor(o, g->initializer[i], &v->constant, err));
    }
    for (size_t i = 0; i < g->n_input; i++) {
        const char *name = g->input[i]->name;
        struct onnx_value *v = name ? onnx_find_value(o, name) : NULL;
        if (!v || !v->needed || v->is == ONNX_CONSTANT) continue;
        if (*out)
            return error_set(err, ALEXCL_E_DATA,
                             "the net has two inputs, %s and %s: one is computed, weights among "
                             "them must be initializers",
                             source_show((*out)->name, shown[0]), source_show(name, shown[1]));
        TRY(onnx_read_input(o, g->input[i], v, err));
        *out = v;
    }
done:
    return status;
}

/* ---- nodes -------------------------------------------------------------------------------------- */

static int onnx_read_node(struct onnx *o, const Onnx__NodeProto *n, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    int norm = onnx_is_norm(o, n);
    onnx_operator *make = norm                                          ? onnx_make_norm
                          : onnx_is_own_domain(n->domain) && n->op_type ? onnx_find_operator(n->op_type)
                                                                        : NULL;
    if (!make)
        return onnx_refuse(n, err, "this operator is not computed%s%s",
                           onnx_is_own_domain(n->domain) ? "" : "; domain ",
                           onnx_is_own_domain(n->domain) ? "" : source_show(n->domain, shown));
    if (!n->n_output || !*n->output[0]) return onnx_refuse(n, err, "it has no first output");
    for (size_t j = 1; j < n->n_output; j++)
        if (*n->output[j] && onnx_find_value(o, n->output[j])->needed)
            return onnx_refuse(n, err, "the net needs its output %zu, %s: only the first is computed", j + 1,
                               source_show(n->output[j], shown));
    for (size_t j = 0; j < (norm ? 1 : n->n_input); j++) {
        const struct onnx_value *v = onnx_input(o, n, j);
        if (v && v->is == ONNX_UNKNOWN)
            return onnx_refuse(n, err, "it reads %s, which no node before it makes", source_show(v->name, shown));
    }
    return make(o, n, err);
}

/* ---- the cut ------------------------------------------------------------------------------------ */

/* Whether a layer needs all channels of what it reads, whatever its half makes. */
static int onnx_reads_all(const struct alexcl_layer *l) {
    return l->type == ALEXCL_FC || l->type == ALEXCL_SOFTMAX || (l->type == ALEXCL_CONV && l->groups == 1);
}

/* Whether some layer reads the net's input, or a view of it, channel by channel. */
static int onnx_cuts_input(const struct onnx *o) {
    const struct onnx_value *v;
    for (size_t i = 0; i < o->row_count; i++) {
        const char *const *in = o->rows[i].layer.inputs;
        int reads = !in && i == 0;
        for (v = o->rows[i].from; !reads && v; v = v->row < 0 ? NULL : o->rows[v->row].from) {
            if (v->row < 0)
                reads = 1;
            else if (o->rows[v->row].layer.type != ALEXCL_FLATTEN)
                break;
        }
        for (; in && *in && !reads; in++) reads = strcmp(*in, ALEXCL_INPUT) == 0;
        if (reads && !onnx_reads_all(&o->rows[i].layer) &&
            (o->rows[i].layer.type != ALEXCL_FLATTEN || i + 1 == o->row_count))
            return 1;
    }
    return 0;
}

/* Halves are made by a net's first layer, which reads all channels. Where there is none such, a convolution of 1 x 1
 * copies the input. */
static int onnx_copy_input(struct onnx *o, const struct onnx_value *in, struct source *s, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct source_tensor zeros;
    struct onnx_row copy = {
        .layer = {.type = ALEXCL_CONV, .outputs = in->shape.c, .kernel = {1, 1}, .stride = {1, 1}, .groups = 1},
        .parameters = 1};
    const uint64_t shape[] = {(uint64_t)in->shape.c, (uint64_t)in->shape.c, 1, 1};
    if (!onnx_cuts_input(o)) return ALEXCL_OK;
    TRY(onnx_fill(o, 0, 4, shape, &zeros, err));
    TRY(onnx_combine(o, &zeros, NULL, 0, 1, &copy.tensor[0], err));
    float *ones = (float *)(uintptr_t)copy.tensor[0].data; /* made above */
    for (size_t c = 0; c < (size_t)in->shape.c; c++) ones[c * (size_t)in->shape.c + c] = 1;
    TRY(onnx_fill(o, 0, 1, shape, &copy.tensor[1], err));
    TRY(onnx_name_row(o, "copy", &copy.layer.name, err));
    for (size_t i = 0; i < o->row_count; i++) {
        const char *const *names = o->rows[i].layer.inputs;
        const char **renamed;
        size_t count = 0;
        while (names && names[count]) count++;
        if (!count) continue;
        TRY(arena_alloc(&o->memory, &renamed, count + 1, sizeof *renamed, "an ONNX file", err));
        for (size_t j = 0; j < count; j++)
            renamed[j] = strcmp(names[j], ALEXCL_INPUT) == 0 ? copy.layer.name : names[j];
        o->rows[i].layer.inputs = renamed;
    }
    memmove(o->rows + 1, o->rows, o->row_count++ * sizeof *o->rows);
    o->rows[0] = copy;
    string_buffer_add(&s->done,
                      "layer %s copies the input: the net is cut in two behind it, since its own first layer works "
                      "channel by channel\n",
                      copy.layer.name);
done:
    return status;
}

/* ---- the model ---------------------------------------------------------------------------------- */

static int onnx_read_opset(struct onnx *o, const Onnx__ModelProto *m, struct alexcl_error *err) {
    o->opset = 1; /* of the files that do not say it */
    for (size_t i = 0; i < m->n_opset_import; i++)
        if (onnx_is_own_domain(m->opset_import[i]->domain)) o->opset = m->opset_import[i]->version;
    if (m->ir_version < 1 || m->ir_version > ONNX_NEWEST_IR || o->opset < 1 || o->opset > ONNX_NEWEST_OPSET)
        return error_set(err, ALEXCL_E_DATA,
                         "IR version %lld, opset %lld: up to %d and %d are read; "
                         "onnx.version_converter writes an older one",
                         (long long)m->ir_version, (long long)o->opset, ONNX_NEWEST_IR, ONNX_NEWEST_OPSET);
    return ALEXCL_OK;
}

static int onnx_set_float_factors(struct onnx *o, struct onnx_row *row, int channels, struct alexcl_error *err) {
    float *values;
    uint64_t count = (uint64_t)channels;
    int status = arena_alloc(&o->memory, &values, 2 * (size_t)channels, sizeof *values, "an ONNX file", err);
    if (status != ALEXCL_OK) return status;
    row->parameters = 1;
    for (int i = 0; i < 2; i++) {
        const double *from = i ? row->shift : row->scale;
        float *to = values + (size_t)i * (size_t)channels;
        for (int c = 0; c < channels; c++) to[c] = (float)from[c];
        row->tensor[i] = (struct source_tensor){.type = SOURCE_F32,
                                                .type_name = "float32",
                                                .dims = 1,
                                                .shape = {count},
                                                .data = (const unsigned char *)to,
                                                .bytes = count * sizeof(float)};
    }
    return ALEXCL_OK;
}

/* "squeezenet" of "nets/squeezenet.onnx", without blanks. */
static int onnx_name_model(struct onnx *o, const char **out, struct alexcl_error *err) {
    const char *slash = strrchr(o->path, '/'), *base = slash ? slash + 1 : o->path, *dot = strrchr(base, '.');
    size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
    char *name;
    if (length > 200) length = 200;
    int status = arena_alloc(&o->memory, &name, length + 1, 1, "an ONNX file", err);
    if (status != ALEXCL_OK) return status;
    snprintf(name, length + 1, "%s", base);
    source_make_plain(name);
    if (!length) return arena_format(&o->memory, out, "a name", err, "%s", "onnx");
    *out = name;
    return ALEXCL_OK;
}

/* How pictures become values is in no ONNX file: as torchvision's nets want them, if they are in colour. Those of small
 * nets (CIFAR's, MNIST's) are of the net's size already: nothing is cut off. */
static int onnx_set_model(struct onnx *o, const struct onnx_value *in, struct source *s, struct alexcl_error *err) {
    static const double mean[] = {0.485, 0.456, 0.406}, std[] = {0.229, 0.224, 0.225};
    int status = ALEXCL_OK, colour = in->shape.c == 3, side = in->shape.h < in->shape.w ? in->shape.h : in->shape.w,
        larger = in->shape.h + in->shape.w - side;
    TRY(onnx_name_model(o, &o->model.name, err));
    TRY(arena_alloc(&o->memory, &o->layers, o->row_count + 1, sizeof *o->layers, "an ONNX file", err));
    for (size_t i = 0; i < o->row_count; i++) o->layers[i] = o->rows[i].layer;
    o->model.size = sizeof o->model;
    o->model.about = "a net from an ONNX file";
    o->model.channels = in->shape.c;
    o->model.height = in->shape.h;
    o->model.width = in->shape.w;
    o->model.colour = colour ? ALEXCL_RGB : ALEXCL_GREY;
    o->model.resize = side >= 200 && side <= 1 << 15 ? (side * 8 + 3) / 7 : larger;
    o->model.scale = 1.0 / 255;
    if (colour) {
        o->model.mean = mean;
        o->model.std = std;
    }
    o->model.layers = o->layers;
    o->model.layer_count = o->row_count;
    o->model.layer_size = sizeof *o->layers;
    string_buffer_add(&s->done, "pictures as %s, shorter side to %d: an ONNX file does not say it\n",
                      colour ? "torchvision prepares them (RGB, 0 to 1, its mean and standard deviation)"
                             : "grey values from 0 to 1",
                      o->model.resize);
done:
    return status;
}

int onnx_read_graph(struct onnx *o, struct source *s, struct alexcl_error *err) {
    const Onnx__GraphProto *g = o->graph;
    struct onnx_value *in = NULL, *out = NULL;
    int status = ALEXCL_OK;
    TRY(onnx_read_opset(o, (const Onnx__ModelProto *)o->file.message, err));
    TRY(onnx_name_values(o, err));
    TRY(onnx_find_needed(o, &out, err));
    TRY(onnx_read_inputs(o, &in, err));
    TRY(arena_alloc(&o->memory, &o->rows, g->n_node + 2, sizeof *o->rows, "an ONNX file", err));
    for (size_t i = 0; i < g->n_node; i++)
        if (onnx_is_needed(o, g->node[i])) TRY(onnx_read_node(o, g->node[i], err));
    if (!in || out->is != ONNX_MAPS || out->row != (int)o->row_count - 1) {
        status = error_set(err, ALEXCL_E_DATA, "the net's output does not hang on its input by a layer");
        goto done;
    }
    for (size_t i = 0; i < o->row_count; i++)
        if (o->rows[i].scale) TRY(onnx_set_float_factors(o, &o->rows[i], o->rows[i].made->shape.c, err));
    TRY(onnx_copy_input(o, in, s, err));
    status = onnx_set_model(o, in, s, err);
done:
    return status;
}
