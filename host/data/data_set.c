/* SPDX-License-Identifier: MIT */
/* One face for all that pictures are kept in. What a name means is told by what is there: a folder by the files in it,
 * a file by how it begins, all else as `alexcl infer` takes it. Opening reads all labels, so that whatever is wrong
 * with them is told before a run begins; pictures of files are decoded, and arrays converted, one by one. IDX and CIFAR
 * lie in memory, in pieces of equal pictures behind each other; .npy is mapped. */
#include "data_set.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "kinds.h"
#include "memory.h"
#include "npy.h"
#include "status.h"
#include "cifar_file.h"
#include "decode.h"
#include "idx_file.h"
#include "inputs.h"
#include "labels.h"
#include "pack_file.h"
#include "prepare.h"
#include "printable.h"
#include "targets.h"

enum { MAX_PIECES = 64, AT_ONCE = 256 /* values of an array */ };

struct data_set_source {
    char *name;             /* of the list, for messages */
    struct image_list list; /* pictures to decode, as `square` takes them */
    struct alexcl_model square;
    struct npy array;
    int interleaved; /* N x H x W x C */
    int repeated;    /* grey planes of IDX stand for each of three channels */
    struct idx_file idx;
    struct pack_file pack;
    char *files[MAX_PIECES + 2]; /* beside the pictures of the list */
    size_t file_count;
    struct cifar_file cifar[MAX_PIECES];
    size_t piece_count;
    struct data_set_piece {
        const unsigned char *first; /* picture's pixels */
        size_t count, stride;       /* bytes from one to the next */
    } pieces[MAX_PIECES];
};

void data_set_free(struct data_set *set) {
    struct data_set_source *s = set->source;
    if (s) {
        image_list_free(&s->list);
        npy_free(&s->array);
        idx_file_free(&s->idx);
        pack_file_free(&s->pack);
        for (size_t i = 0; i < s->file_count; i++) free(s->files[i]);
        for (size_t i = 0; i < MAX_PIECES; i++) cifar_file_free(&s->cifar[i]);
    }
    free(s ? s->name : NULL);
    free(s);
    free(set->labels);
    for (size_t i = 0; set->names && i < set->classes; i++) free(set->names[i]);
    free(set->names);
    free(set->note);
    *set = (struct data_set){0};
}

static int data_set_exists(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static int data_set_add_file(struct data_set *set, const char *name, struct alexcl_error *err) {
    struct data_set_source *s = set->source;
    assert(s->file_count < sizeof s->files / sizeof *s->files);
    int status = memory_copy_text(&s->files[s->file_count], name, err);
    if (status == ALEXCL_OK) s->file_count++;
    return status;
}

const char *data_set_file(const struct data_set *set, size_t index) {
    const struct data_set_source *s = set->source;
    if (index < s->file_count) return s->files[index];
    index -= s->file_count;
    return index < s->list.count ? s->list.entries[index].path : NULL;
}

/* ---- classes ------------------------------------------------------------------------------------- */

static int data_set_name_classes(struct data_set *set, const char *const *names, size_t classes,
                                 struct alexcl_error *err) {
    int status = memory_alloc(&set->names, classes, sizeof *set->names, "the names of the classes", err);
    set->classes = status == ALEXCL_OK ? classes : 0;
    for (size_t i = 0; i < classes && status == ALEXCL_OK; i++)
        status = memory_copy_text(&set->names[i], names[i] ? names[i] : "", err);
    return status;
}

/* Where names are given, labels are looked up in them; else numbers stand for themselves, and names are numbered in the
 * order of their bytes. The folders of a tree are names, whatever they are called. *ids: the class of each of the
 * list's labels. */
static int data_set_list_classes(struct data_set *set, const struct data_set_options *o, size_t *ids,
                                 const char **why_of, struct alexcl_error *err) {
    struct image_list *list = &set->source->list;
    size_t count = list->label_count, numbers = 0;
    struct labels *known = NULL;
    int status = ALEXCL_OK;
    for (size_t i = 0; i < count; i++) numbers += list->labels[i][strspn(list->labels[i], "0123456789")] == '\0';
    numbers = count > 0 && numbers == count && !list->tree;
    if (o->names) TRY(labels_make((char *const *)o->names, o->classes, &known, err));
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        *why_of = list->labels[i];
        ids[i] = i;
        if (known && list->tree) {
            while (at < o->classes && strcmp(o->names[at], list->labels[i]) != 0) at++;
            ids[i] = at;
            if (at == o->classes) {
                status = error_set(err, ALEXCL_E_DATA, "no class is called as its folder, \"%.*s\"",
                                   printable_cut(list->labels[i], 100), list->labels[i]);
                goto done;
            }
        } else if (known) {
            TRY(labels_find(known, list->labels[i], &ids[i], err));
        } else if (numbers) {
            char *end;
            ids[i] = strlen(list->labels[i]) < 9 ? strtoul(list->labels[i], &end, 10) : TARGETS_MOST;
            if (ids[i] >= TARGETS_MOST) {
                status = error_set(err, ALEXCL_E_DATA, "label %.20s is too large: classes are numbered from 0",
                                   list->labels[i]);
                goto done;
            }
        }
    }
    if (!known && !numbers) TRY(data_set_name_classes(set, (const char *const *)list->labels, count, err));
done:
    labels_free(known);
    return status;
}

/* The labels of a list's pictures, all of which have one, or none where that may be. */
static int data_set_list_labels(struct data_set *set, const struct data_set_options *o, struct alexcl_error *err) {
    struct image_list *list = &set->source->list;
    char place[IMAGE_LIST_PLACE];
    const char *label = NULL;
    size_t *ids = NULL, labelled = 0;
    int status = ALEXCL_OK;
    for (size_t i = 0; i < list->count; i++) {
        struct image_list_entry *e = &list->entries[i];
        image_list_settle(e);
        labelled += e->label != NULL;
    }
    if (o->unlabelled && labelled < list->count) return ALEXCL_OK;
    for (size_t i = 0; i < list->count; i++) {
        const struct image_list_entry *e = &list->entries[i];
        if (e->label && !e->error) continue;
        image_list_place(e, place);
        if (e->error) return error_set(err, ALEXCL_E_DATA, "%s%s: %s", place, e->shown, e->error);
        return error_set(err, ALEXCL_E_DATA, "%s%s has no label; %s", place, e->shown,
                         e->line ? "write its class behind it"
                                 : "put the pictures of each class in a folder of its name");
    }
    image_list_sort_labels(list);
    TRY(memory_alloc(&ids, list->label_count, sizeof *ids, "the labels", err));
    TRY(memory_alloc(&set->labels, list->count, sizeof *set->labels, "the labels", err));
    status = data_set_list_classes(set, o, ids, &label, err);
    for (size_t i = 0; i < list->count && status != ALEXCL_OK && label; i++)
        if (list->entries[i].label == label) { /* the first that has it */
            image_list_locate(&list->entries[i], err);
            break;
        }
    TRY(status);
    for (size_t i = 0; i < list->count; i++) {
        set->labels[i] = (int)ids[list->entries[i].label_id];
        if ((size_t)set->labels[i] >= set->classes) set->classes = (size_t)set->labels[i] + 1;
    }
done:
    free(ids);
    return status;
}

/* ---- kinds --------------------------------------------------------------------------------------- */

static int data_set_own_labels(const char *name, const struct data_set_options *o, struct alexcl_error *err) {
    if (!o->targets) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_USAGE, "%s has labels of its own: --targets goes with a .npy or IDX file", name);
}

static int data_set_open_list(struct data_set *set, const char *name, const struct data_set_options *o,
                              struct alexcl_error *err) {
    struct data_set_source *s = set->source;
    int status;
    TRY(data_set_own_labels(name, o, err));
    assert(o->side > 0);
    if (o->channels != 1 && o->channels != 3)
        return error_set(err, ALEXCL_E_DATA, "%s: pictures have 1 or 3 channels, not %d; name a .npy file", name,
                         o->channels);
    TRY(inputs_read(&name, 1, 0, &s->list, err));
    set->note = s->list.note;
    s->list.note = NULL;
    if (data_set_exists(name)) TRY(data_set_add_file(set, name, err));
    TRY(memory_copy_text(&s->name, strcmp(name, "-") == 0 ? "standard input" : name, err));
    for (size_t i = 0; i < s->list.count; i++)
        if (s->list.entries[i].line) s->list.entries[i].list = s->name;
    TRY(data_set_list_labels(set, o, err));
    set->count = s->list.count;
    set->channels = o->channels;
    set->height = set->width = o->side;
    s->square = (struct alexcl_model){.size = sizeof s->square,
                                      .layer_size = sizeof(struct alexcl_layer),
                                      .name = "of a square",
                                      .channels = o->channels,
                                      .height = o->side,
                                      .width = o->side,
                                      .resize = o->side,
                                      .colour = o->channels == 1 ? ALEXCL_GREY : ALEXCL_RGB,
                                      .scale = 1};
done:
    return status;
}

/* The first of `names` (0-terminated) that is in the folder; 0: none, and `out` is the first. */
static int data_set_find(const char *folder, const char *const *names, char out[PATH_MAX]) {
    for (size_t i = 0; names[i]; i++) {
        if (snprintf(out, PATH_MAX, "%s/%s", folder, names[i]) < PATH_MAX && data_set_exists(out)) return 1;
    }
    (void)snprintf(out, PATH_MAX, "%s/%s", folder, names[0]);
    return 0;
}

/* The first `from` in a name becomes `to`, which is as long; 0: there is none. */
static int data_set_exchange(char *name, const char *from, const char *to) {
    char *at = strstr(name, from);
    for (size_t i = 0; at && to[i]; i++) at[i] = to[i];
    return at != NULL;
}

/* train-images-idx3-ubyte.gz: train-labels-idx1-ubyte.gz, or without .gz; 0: nothing is called so. */
static int data_set_labels_of(const char *path, char out[PATH_MAX]) {
    static const char packed[] = ".gz";
    int length = snprintf(out, PATH_MAX, "%s", path);
    if (length < 0 || (size_t)length + sizeof packed > PATH_MAX) return 0;
    char *slash = strrchr(out, '/'), *name = slash ? slash + 1 : out, *end = out + length;
    if (!data_set_exchange(name, "images", "labels")) return 0;
    (void)data_set_exchange(name, "idx3", "idx1");
    if (data_set_exists(out)) return 1;
    if (end - name > 3 && strcmp(end - 3, packed) == 0)
        end[-3] = '\0';
    else
        memcpy(end, packed, sizeof packed);
    return data_set_exists(out);
}

static int data_set_open_idx(struct data_set *set, const char *name, const struct data_set_options *o,
                             struct alexcl_error *err) {
    struct data_set_source *s = set->source;
    char labels[PATH_MAX];
    int status;
    TRY(idx_file_read(name, &s->idx, err));
    TRY(data_set_add_file(set, name, err));
    const struct idx_file *idx = &s->idx;
    if (idx->dims != 3) {
        status = error_set(
            err, ALEXCL_E_DATA,
            "%s: has %d dimension%s; name the file of the pictures, which has 3 (MNIST: train-images-idx3-ubyte)", name,
            idx->dims, idx->dims == 1 ? " and holds labels" : "s");
        goto done;
    }
    if (idx->count == 0 || idx->shape[1] > PICTURE_MAX_SIDE || idx->shape[2] > PICTURE_MAX_SIDE) {
        status = error_set(err, ALEXCL_E_DATA, "%s: holds %zu pictures of %zu x %zu pixels", name, idx->shape[0],
                           idx->shape[1], idx->shape[2]);
        goto done;
    }
    set->count = idx->shape[0];
    set->channels = 1;
    set->height = (int)idx->shape[1];
    set->width = (int)idx->shape[2];
    size_t one = idx->shape[1] * idx->shape[2];
    s->pieces[s->piece_count++] = (struct data_set_piece){idx->values, set->count, one};
    const char *targets = o->targets ? o->targets : data_set_labels_of(name, labels) ? labels : NULL;
    if (targets) {
        TRY(targets_read(targets, name, set->count, &set->labels, &set->classes, err));
        TRY(data_set_add_file(set, targets, err));
    } else if (!o->unlabelled)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: no file of its labels is beside it, as train-labels-idx1-ubyte is beside "
                           "train-images-idx3-ubyte; name it by --targets",
                           name);
done:
    return status;
}

/* A file of CIFAR behind those that are there, whose labels are kept in it. */
static int data_set_add_cifar(struct data_set *set, const char *path, struct alexcl_error *err) {
    struct data_set_source *s = set->source;
    if (s->piece_count == MAX_PIECES) return error_set(err, ALEXCL_E_DATA, "%s: more than %d files", path, MAX_PIECES);
    struct cifar_file *cifar = &s->cifar[s->piece_count];
    int status = cifar_file_read(path, cifar, err);
    if (status != ALEXCL_OK) return status;
    if (set->classes && set->classes != (size_t)cifar->classes)
        return error_set(err, ALEXCL_E_DATA, "%s: has %d classes, and the files before it %zu", path, cifar->classes,
                         set->classes);
    set->classes = (size_t)cifar->classes;
    s->pieces[s->piece_count++] = (struct data_set_piece){cifar_file_pixels(cifar, 0), cifar->count, cifar->record};
    set->count += cifar->count;
    return data_set_add_file(set, path, err);
}

/* The labels of the files, and the names of the classes where the text that comes with them is in the folder. */
static int data_set_end_cifar(struct data_set *set, const char *folder, struct alexcl_error *err) {
    struct data_set_source *s = set->source;
    const char *const texts[] = {set->classes == 10 ? "batches.meta.txt" : "fine_label_names.txt", NULL};
    const char **names = NULL;
    struct labels *labels = NULL;
    char path[PATH_MAX];
    int status;
    size_t at = 0;
    set->channels = 3;
    set->height = set->width = CIFAR_FILE_SIDE;
    TRY(memory_alloc(&set->labels, set->count, sizeof *set->labels, "the labels", err));
    for (size_t p = 0; p < s->piece_count; p++)
        for (size_t i = 0; i < s->cifar[p].count; i++) set->labels[at++] = cifar_file_label(&s->cifar[p], i);
    if (!data_set_find(folder, texts, path)) goto done;
    TRY(labels_open(path, set->classes, &labels, err));
    TRY(memory_alloc(&names, set->classes, sizeof *names, "the names of the classes", err));
    for (size_t i = 0; i < set->classes; i++) names[i] = labels_name(labels, i);
    TRY(data_set_name_classes(set, names, set->classes, err));
done:
    labels_free(labels);
    free(names);
    return status;
}

static int data_set_open_cifar(struct data_set *set, const char *name, const struct data_set_options *o,
                               struct alexcl_error *err) {
    char folder[PATH_MAX];
    const char *slash = strrchr(name, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - name) + 1 : 1, slash ? name : ".");
    int status;
    TRY(data_set_own_labels(name, o, err));
    TRY(data_set_add_cifar(set, name, err));
    status = data_set_end_cifar(set, folder, err);
done:
    return status;
}

static int data_set_array_fits(const struct npy *n, size_t at, int channels) {
    return n->dims == 4 && n->shape[at] == (size_t)channels;
}

/* Which dimension is the channels'. */
static int data_set_array_layout(struct data_set *set, const char *name, const struct data_set_options *o,
                                 struct alexcl_error *err) {
    struct data_set_source *s = set->source;
    const struct npy *n = &s->array;
    char shape[NPY_SHAPE];
    int first = o->layout != DATA_SET_NHWC && data_set_array_fits(n, 1, o->channels),
        last = o->layout != DATA_SET_NCHW && data_set_array_fits(n, 3, o->channels),
        grey = n->dims == 3 && o->channels == 1;
    npy_tell_shape(n, shape);
    if (first && last)
        return error_set(
            err, ALEXCL_E_DATA,
            "%s is %s: %d channels may stand before the height or behind the width; --layout nchw or nhwc tells", name,
            shape, o->channels);
    if (n->count == 0 || !(first || last || grey))
        return error_set(err, ALEXCL_E_DATA,
                         "%s is %s, where N x %d x height x width is wanted, or N x height x width x %d", name, shape,
                         o->channels, o->channels);
    size_t height = n->shape[first ? 2 : 1], width = n->shape[first ? 3 : 2];
    if (height > PICTURE_MAX_SIDE || width > PICTURE_MAX_SIDE)
        return error_set(err, ALEXCL_E_DATA, "%s is %s: pictures have at most %d pixels a side", name, shape,
                         PICTURE_MAX_SIDE);
    s->interleaved = last;
    set->count = n->shape[0];
    set->channels = o->channels;
    set->height = (int)height;
    set->width = (int)width;
    set->floats = n->type != NPY_BYTE;
    return ALEXCL_OK;
}

static int data_set_open_array(struct data_set *set, const char *name, const struct data_set_options *o,
                               struct alexcl_error *err) {
    int status;
    TRY(npy_open(name, &set->source->array, err));
    TRY(data_set_add_file(set, name, err));
    TRY(data_set_array_layout(set, name, o, err));
    if (o->targets) {
        TRY(targets_read(o->targets, name, set->count, &set->labels, &set->classes, err));
        TRY(data_set_add_file(set, o->targets, err));
    } else if (!o->unlabelled)
        status = error_set(err, ALEXCL_E_DATA, "%s: its labels are not known; name them by --targets y.npy", name);
done:
    return status;
}

/* A folder with files of MNIST or CIFAR, by their names; else it is one of pictures. */
static int data_set_open_folder(struct data_set *set, const char *name, const struct data_set_options *o,
                                struct alexcl_error *err) {
    static const char *const mnist[2][5] = {
        {"train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "train-images.idx3-ubyte",
         "train-images.idx3-ubyte.gz"},
        {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz", "t10k-images.idx3-ubyte", "t10k-images.idx3-ubyte.gz"}};
    static const char *const cifar[2][3] = {{"data_batch_1.bin", "train.bin"}, {"test_batch.bin", "test.bin"}};
    char path[PATH_MAX], other[PATH_MAX];
    int part = o->test != 0, status;
    if (data_set_find(name, mnist[part], path)) return data_set_open_idx(set, path, o, err);
    if (data_set_find(name, mnist[!part], other))
        return error_set(err, ALEXCL_E_DATA, "%s: No such file, but %s is there; fetch it too, or name a file", path,
                         other);
    if (!data_set_find(name, cifar[part], path)) {
        if (data_set_find(name, cifar[!part], other))
            return error_set(err, ALEXCL_E_DATA, "%s: No such file, but %s is there; fetch it too, or name a file",
                             path, other);
        return data_set_open_list(set, name, o, err);
    }
    TRY(data_set_own_labels(name, o, err));
    TRY(data_set_add_cifar(set, path, err));
    for (int i = 2; strstr(path, "data_batch_"); i++) {
        (void)snprintf(path, sizeof path, "%s/data_batch_%d.bin", name, i);
        if (!data_set_exists(path)) break;
        TRY(data_set_add_cifar(set, path, err));
    }
    status = data_set_end_cifar(set, name, err);
done:
    return status;
}

/* The classes of a packed set by their names, where others are known; else as they are numbered there. */
static int data_set_pack_classes(struct data_set *set, const char *name, const struct data_set_options *o,
                                 struct alexcl_error *err) {
    const struct pack_file *p = &set->source->pack;
    size_t *ids = NULL;
    int status;
    TRY(memory_alloc(&ids, p->classes, sizeof *ids, "the labels", err));
    for (size_t i = 0; i < p->classes; i++) {
        ids[i] = i;
        if (!o->names || !p->names) continue;
        for (ids[i] = 0; ids[i] < o->classes && strcmp(o->names[ids[i]], p->names[i]) != 0;) ids[i]++;
        if (ids[i] == o->classes) {
            status = error_set(err, ALEXCL_E_DATA, "%s: no class is called \"%.*s\", as one is there", name,
                               printable_cut(p->names[i], 100), p->names[i]);
            goto done;
        }
    }
    for (size_t i = 0; i < set->count; i++) {
        set->labels[i] = (int)ids[p->labels[i]];
        if ((size_t)set->labels[i] >= set->classes) set->classes = (size_t)set->labels[i] + 1;
    }
    if (p->names && !o->names)
        TRY(data_set_name_classes(set, (const char *const *)p->names, p->classes, err));
    else if (!o->names && p->classes > set->classes)
        set->classes = p->classes;
done:
    free(ids);
    return status;
}

static int data_set_open_pack(struct data_set *set, const char *name, const struct data_set_options *o,
                              struct alexcl_error *err) {
    struct data_set_source *s = set->source;
    struct pack_file *p = &s->pack;
    int status;
    TRY(data_set_own_labels(name, o, err));
    TRY(pack_file_open(name, p, err));
    TRY(data_set_add_file(set, name, err));
    set->count = p->count;
    set->channels = p->channels;
    set->height = p->height;
    set->width = p->width;
    set->note = p->note;
    p->note = NULL;
    size_t one = (size_t)p->channels * (size_t)p->height * (size_t)p->width;
    s->pieces[s->piece_count++] = (struct data_set_piece){p->pictures, p->count, one};
    if (p->labels) {
        TRY(memory_alloc(&set->labels, set->count, sizeof *set->labels, "the labels", err));
        TRY(data_set_pack_classes(set, name, o, err));
    } else if (!o->unlabelled) {
        status = error_set(err, ALEXCL_E_DATA, "%s: its pictures have no labels: pack them with their classes", name);
    }
done:
    return status;
}

/* ---- opening ------------------------------------------------------------------------------------- */

/* A regular file's first bytes; 0: it is none, or cannot be read. */
static size_t data_set_start(const char *name, unsigned char start[KINDS_START]) {
    struct alexcl_error why = {0};
    size_t size;
    int fd;
    if (files_open_input(name, "", &fd, &size, &why) != ALEXCL_OK) return 0;
    ssize_t got = read(fd, start, KINDS_START);
    close(fd);
    return got > 0 ? (size_t)got : 0;
}

static int data_set_open_file(struct data_set *set, const char *name, const struct data_set_options *o,
                              struct alexcl_error *err) {
    unsigned char start[KINDS_START];
    size_t length = data_set_start(name, start);
    const char *end = strrchr(name, '.');
    if (idx_file_takes(start, length) || (length > 1 && start[0] == 0x1f && start[1] == 0x8b))
        return data_set_open_idx(set, name, o, err);
    if (pack_file_takes(start, length)) return data_set_open_pack(set, name, o, err);
    if (length > 5 && memcmp(start, "\x93NUMPY", 6) == 0) return data_set_open_array(set, name, o, err);
    if (length && end && strcmp(end, ".bin") == 0) return data_set_open_cifar(set, name, o, err);
    return data_set_open_list(set, name, o, err);
}

/* What holds for every kind. */
static int data_set_check(struct data_set *set, const char *name, const struct data_set_options *o,
                          struct alexcl_error *err) {
    if (set->count == 0) return error_set(err, ALEXCL_E_DATA, "%s: names no picture", name);
    if (set->channels == 1 && set->source->piece_count && o->channels == 3) {
        set->source->repeated = 1;
        set->channels = 3;
    }
    if (o->channels && set->channels != o->channels)
        return error_set(err, ALEXCL_E_DATA, "%s: its pictures have %d channel%s, and %d are wanted", name,
                         set->channels, set->channels == 1 ? "" : "s", o->channels);
    for (size_t i = 0; i < set->count && set->labels && o->classes; i++)
        if ((size_t)set->labels[i] >= o->classes)
            return error_set(err, ALEXCL_E_DATA, "%s: picture %zu is of class %d, and there are classes 0 to %zu", name,
                             i, set->labels[i], o->classes - 1);
    return ALEXCL_OK;
}

/* What has no channels of its own: pictures to decode have three; an array those that fit, three before one. */
static int data_set_channels(const char *name, const struct data_set_options *o) {
    struct npy array;
    struct alexcl_error why = {0};
    unsigned char start[KINDS_START];
    size_t length = data_set_start(name, start);
    if (length < 6 || memcmp(start, "\x93NUMPY", 6) != 0) return 3;
    if (npy_open(name, &array, &why) != ALEXCL_OK) return 3;
    int three = (o->layout != DATA_SET_NHWC && data_set_array_fits(&array, 1, 3)) ||
                (o->layout != DATA_SET_NCHW && data_set_array_fits(&array, 3, 3));
    npy_free(&array);
    return three ? 3 : 1;
}

int data_set_open(const char *name, const struct data_set_options *options, struct data_set *out,
                  struct alexcl_error *err) {
    struct stat info;
    int status;
    struct data_set_options own = *options, *o = &own;
    *out = (struct data_set){0};
    if (!o->channels) own.channels = data_set_channels(name, o);
    TRY(memory_alloc(&out->source, 1, sizeof *out->source, "a data set", err));
    if (strcmp(name, "-") != 0 && stat(name, &info) == 0 && S_ISDIR(info.st_mode))
        TRY(data_set_open_folder(out, name, o, err));
    else
        TRY(data_set_open_file(out, name, o, err));
    own.channels = options->channels;
    TRY(data_set_check(out, name, o, err));
done:
    if (status != ALEXCL_OK) data_set_free(out);
    return status;
}

/* ---- pictures ------------------------------------------------------------------------------------ */

/* A picture of a file, its middle, as planes. */
static int data_set_decode(const struct data_set *set, size_t index, unsigned char *out, struct alexcl_error *err) {
    const struct data_set_source *s = set->source;
    const struct image_list_entry *e = &s->list.entries[index];
    struct picture whole = {0}, resized = {0};
    size_t channels = (size_t)set->channels, pixels = (size_t)set->height * (size_t)set->width;
    unsigned char *patch = NULL;
    int status = e->error ? error_set(err, ALEXCL_E_DATA, "%s", e->error) : ALEXCL_OK;
    TRY(status);
    TRY(decode_file(e->path, &whole, err));
    TRY(prepare_resize(&s->square, &whole, &resized, err));
    TRY(memory_alloc(&patch, pixels, channels, "a picture", err));
    prepare_cut(&s->square, &resized, prepare_crop_at(resized.width, resized.height, set->width, set->height, 0, 1),
                patch);
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < channels; c++) out[c * pixels + i] = patch[i * channels + c];
done:
    if (status != ALEXCL_OK) image_list_locate(e, err);
    free(patch);
    picture_free(&resized);
    picture_free(&whole);
    return status;
}

/* Values of the array from `first` on. */
static void data_set_values(const struct npy *n, size_t first, size_t count, void *out) {
    if (n->type == NPY_BYTE)
        npy_bytes(n, first, count, out);
    else
        npy_floats(n, first, count, out);
}

/* A picture whose channels stand last, a piece at a time. */
static void data_set_planes(const struct data_set *set, size_t first, void *out) {
    size_t channels = (size_t)set->channels, pixels = (size_t)set->height * (size_t)set->width;
    union {
        float floats[AT_ONCE];
        unsigned char bytes[AT_ONCE];
    } piece;
    float *to_floats = out;
    unsigned char *to_bytes = out;
    for (size_t at = 0; at < channels * pixels; at += AT_ONCE) {
        size_t count = channels * pixels - at < AT_ONCE ? channels * pixels - at : AT_ONCE;
        data_set_values(&set->source->array, first + at, count, &piece);
        for (size_t i = 0; i < count; i++) {
            size_t to = (at + i) % channels * pixels + (at + i) / channels;
            if (set->floats)
                to_floats[to] = piece.floats[i];
            else
                to_bytes[to] = piece.bytes[i];
        }
    }
}

int data_set_image(const struct data_set *set, size_t index, void *out, struct alexcl_error *err) {
    const struct data_set_source *s = set->source;
    size_t one = (size_t)set->channels * (size_t)set->height * (size_t)set->width, p = 0;
    if (s->list.count) return data_set_decode(set, index, out, err);
    if (s->array.mapping && s->interleaved)
        data_set_planes(set, index * one, out);
    else if (s->array.mapping)
        data_set_values(&s->array, index * one, one, out);
    for (; p < s->piece_count && index >= s->pieces[p].count; p++) index -= s->pieces[p].count;
    if (p == s->piece_count) return ALEXCL_OK;
    size_t copies = s->repeated ? 3 : 1, plane = one / copies;
    for (size_t i = 0; i < copies; i++)
        memcpy((unsigned char *)out + i * plane, s->pieces[p].first + index * s->pieces[p].stride, plane);
    return ALEXCL_OK;
}
