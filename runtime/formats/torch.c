/* SPDX-License-Identifier: MIT */
/* PyTorch's checkpoints since 1.6 (torch.save): a zip archive of FOLDER/data.pkl, a pickle of dicts of tensors, and of
 * FOLDER/data/KEY, the bytes of a storage each. A tensor is a view of a storage: an offset, a shape, strides. libzip
 * reads the archive; a storage that is not compressed stays where it lies in the mapped file. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive.h"
#include "memory.h"
#include "pickle.h"
#include "source.h"

#define SAVE_AGAIN "torch.save(model.state_dict(), 'NEW.pth') writes one that is read"
enum {
    TORCH_MOST_PICKLE = 64 << 20,
    TORCH_MOST_AXES = 64, /* PyTorch's own */
};
static const uint64_t TORCH_MOST_VALUES = (uint64_t)1 << 48;

struct torch_own {
    struct pickle *pickle;         /* tensors' names stand in it */
    struct archive_data *storages; /* one for each member of the archive; only those in use are filled */
    size_t storage_count;
};

/* ---- the archive -------------------------------------------------------------------------------- */

struct torch_archive {
    struct archive zip;
    char folder[ARCHIVE_MOST_NAME];
    struct torch_own *own;
};

/* FOLDER/name, where there is one. */
static int torch_find_member(const struct torch_archive *a, const char *name, zip_uint64_t *out) {
    char full[2 * ARCHIVE_MOST_NAME];
    if (strlen(name) >= ARCHIVE_MOST_NAME) return 0;
    snprintf(full, sizeof full, "%s%s", a->folder, name);
    return archive_find(&a->zip, full, out);
}

/* Opens the archive, and finds its folder: where data.pkl is. */
static int torch_open(struct torch_archive *a, zip_uint64_t *pickle, struct alexcl_error *err) {
    static const char wanted[] = "data.pkl";
    int status = archive_open(&a->zip, err);
    if (status != ALEXCL_OK) return status;
    a->own->storage_count = archive_count(&a->zip);
    for (size_t i = 0; i < a->own->storage_count; i++) {
        const char *name = zip_get_name(a->zip.zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        size_t length = name ? strlen(name) : 0, at = length - (sizeof wanted - 1);
        if (length < sizeof wanted - 1 || strcmp(name + at, wanted) != 0 || at >= ARCHIVE_MOST_NAME) continue;
        if (at > 0 && memchr(name, '/', length) != name + at - 1) continue;
        memcpy(a->folder, name, at);
        *pickle = (zip_uint64_t)i;
        return ALEXCL_OK;
    }
    return error_set(err, ALEXCL_E_DATA, "%s: no member data.pkl, so no checkpoint of PyTorch's; " SAVE_AGAIN,
                     a->zip.path);
}

/* What else the archive says it is. */
static int torch_check_kind(const struct torch_archive *a, struct alexcl_error *err) {
    zip_uint64_t index;
    zip_stat_t stat;
    unsigned char *order = NULL;
    int status = ALEXCL_OK;
    if (torch_find_member(a, "constants.pkl", &index))
        return error_set(err, ALEXCL_E_DATA,
                         "%s: is a TorchScript program (torch.jit.save), not a state dict; " SAVE_AGAIN, a->zip.path);
    if (!torch_find_member(a, "byteorder", &index)) return ALEXCL_OK; /* before PyTorch 2.1 */
    TRY(archive_stat(&a->zip, index, &stat, err));
    if (stat.size < 16) TRY(archive_read(&a->zip, index, stat.size, &order, err));
    if (!order || strcmp((const char *)order, "little") != 0)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: its numbers are of another byte order than little-endian; "
                           "torch.load and torch.save on this machine write them anew",
                           a->zip.path);
done:
    free(order);
    return status;
}

/* ---- what the pickle says ----------------------------------------------------------------------- */

static const struct {
    const char *storage; /* of the module torch */
    const char *name;    /* of the dtype */
    unsigned width;
    enum source_type type;
} types[] = {
    {"FloatStorage", "float32", 4, SOURCE_F32},
    {"HalfStorage", "float16", 2, SOURCE_F16},
    {"BFloat16Storage", "bfloat16", 2, SOURCE_BF16},
    {"DoubleStorage", "float64", 8, SOURCE_F64},
    {"LongStorage", "int64", 8, SOURCE_OTHER},
    {"IntStorage", "int32", 4, SOURCE_OTHER},
    {"ShortStorage", "int16", 2, SOURCE_OTHER},
    {"CharStorage", "int8", 1, SOURCE_OTHER},
    {"ByteStorage", "uint8", 1, SOURCE_OTHER},
    {"BoolStorage", "bool", 1, SOURCE_OTHER},
    {"ComplexFloatStorage", "complex64", 8, SOURCE_OTHER},
    {"ComplexDoubleStorage", "complex128", 16, SOURCE_OTHER},
};
enum { TORCH_TYPES = sizeof types / sizeof *types };

static size_t torch_find_type(const char *module, const char *name) {
    size_t i = 0;
    while (i < TORCH_TYPES && (strcmp(module, "torch") != 0 || strcmp(types[i].storage, name) != 0)) i++;
    return i;
}

static int torch_knows(const char *module, const char *name) {
    static const char *const known[][2] = {
        {"torch._utils", "_rebuild_tensor_v2"}, {"torch._utils", "_rebuild_parameter"}, {"collections", "OrderedDict"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(module, known[i][0]) == 0 && strcmp(name, known[i][1]) == 0) return 1;
    return torch_find_type(module, name) < TORCH_TYPES;
}

static const struct pickle_rules rules = {torch_knows,
                                          "only tensors, dicts, lists, numbers and texts are read: " SAVE_AGAIN};

static int torch_is_call(const struct pickle_value *v, const char *module, const char *name) {
    return v && v->type == PICKLE_CALL && pickle_is_global(v->called, module, name);
}

static int torch_is_dict(const struct pickle_value *v) {
    return v && (v->type == PICKLE_DICT || (torch_is_call(v, "collections", "OrderedDict") && !v->arguments->count));
}

/* The call that makes a tensor, out of a parameter too; NULL where `v` is none. */
static const struct pickle_value *torch_tensor_of(const struct pickle_value *v) {
    if (torch_is_call(v, "torch._utils", "_rebuild_parameter")) v = pickle_at(v->arguments, 0);
    return torch_is_call(v, "torch._utils", "_rebuild_tensor_v2") ? v : NULL;
}

static size_t torch_count_tensors(const struct pickle_value *dict) {
    size_t count = 0;
    for (const struct pickle_item *i = dict->items; i; i = i->next->next)
        count += i->value->type == PICKLE_TEXT && torch_tensor_of(i->next->value);
    return count;
}

/* The state dict: what is saved, or what stands in it under one of the usual names. */
static int torch_find_dict(const char *path, const struct pickle_value *root, const struct pickle_value **out,
                           struct alexcl_error *err) {
    static const char *const names[] = {"state_dict", "model_state_dict", "model"};
    char keys[SOURCE_SHOWN] = "", shown[SOURCE_SHOWN];
    size_t used = 0;
    if (!torch_is_dict(root))
        return error_set(err, ALEXCL_E_DATA,
                         "%s: is a checkpoint of something else than a dict of tensors; " SAVE_AGAIN, path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *out = pickle_get(root, names[i]);
        if (torch_is_dict(*out) && torch_count_tensors(*out)) return ALEXCL_OK;
    }
    *out = root;
    if (torch_count_tensors(root)) return ALEXCL_OK;
    for (const struct pickle_item *i = root->items; i && used < sizeof keys; i = i->next->next)
        if (i->value->type == PICKLE_TEXT)
            used += (size_t)snprintf(keys + used, sizeof keys - used, "%s%s", used ? ", " : "", i->value->text);
    return error_set(err, ALEXCL_E_DATA,
                     "%s: no tensors in its dict (keys: %s), nor in one of it called state_dict, model_state_dict or "
                     "model; " SAVE_AGAIN,
                     path, used ? source_show(keys, shown) : "none");
}

static int torch_bad(const char *path, const char *tensor, const char *what, struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    return error_set(err, ALEXCL_E_DATA, "%s: tensor %s: %s; the file is damaged, make or fetch it again", path,
                     source_show(tensor, shown), what);
}

/* An integer of 0 and more, out of a tuple. */
static int torch_get_count(const struct pickle_value *tuple, size_t index, uint64_t *out) {
    const struct pickle_value *v = pickle_at(tuple, index);
    if (!v || v->type != PICKLE_INTEGER || v->integer < 0) return 0;
    *out = (uint64_t)v->integer;
    return 1;
}

/* The storage of a tensor: ('storage', type, key, device, count of values). */
static int torch_read_storage(struct torch_archive *a, const struct pickle_value *persistent, struct source_tensor *t,
                              struct archive_data **out, uint64_t *count, size_t *type, struct alexcl_error *err) {
    char name[ARCHIVE_MOST_NAME];
    zip_uint64_t index;
    const struct pickle_value *id = persistent && persistent->type == PICKLE_PERSISTENT ? persistent->arguments : NULL,
                              *mark = id ? pickle_at(id, 0) : NULL, *of = id ? pickle_at(id, 1) : NULL,
                              *key = id ? pickle_at(id, 2) : NULL;
    *type = of && of->type == PICKLE_GLOBAL ? torch_find_type(of->module, of->text) : TORCH_TYPES;
    if (!mark || mark->type != PICKLE_TEXT || strcmp(mark->text, "storage") != 0 || *type == TORCH_TYPES || !key ||
        key->type != PICKLE_TEXT || !torch_get_count(id, 4, count))
        return torch_bad(a->zip.path, t->name, "its storage is not described as PyTorch does", err);
    if (strlen(key->text) > sizeof name - 8) return torch_bad(a->zip.path, t->name, "its storage is not there", err);
    snprintf(name, sizeof name, "data/%s", key->text);
    if (!torch_find_member(a, name, &index)) return torch_bad(a->zip.path, t->name, "its storage is not there", err);
    *out = &a->own->storages[index];
    int status = archive_load(&a->zip, index, *out, err);
    if (status == ALEXCL_OK && *count > (*out)->bytes / types[*type].width)
        status = torch_bad(a->zip.path, t->name, "its storage has fewer bytes than its pickle says (cut short?)", err);
    return status;
}

/* Shape and strides, which stay within `count` values; `*values` is how many there are in the tensor. */
static int torch_read_shape(const char *path, const struct pickle_value *arguments, uint64_t count,
                            struct source_tensor *t, uint64_t *values, struct alexcl_error *err) {
    const struct pickle_value *shape = pickle_at(arguments, 2), *strides = pickle_at(arguments, 3);
    uint64_t size[TORCH_MOST_AXES], stride[TORCH_MOST_AXES], last = 0;
    if (!shape || !strides || shape->type != PICKLE_TUPLE || strides->type != PICKLE_TUPLE ||
        shape->count != strides->count || shape->count > TORCH_MOST_AXES)
        return torch_bad(path, t->name, "its shape and strides are not two tuples of one length", err);
    t->dims = (int)shape->count;
    *values = 1;
    for (int d = 0; d < t->dims; d++) {
        if (!torch_get_count(shape, (size_t)d, &size[d]) || !torch_get_count(strides, (size_t)d, &stride[d]))
            return torch_bad(path, t->name, "an axis or a stride is not a whole number", err);
        if (size[d] && *values > TORCH_MOST_VALUES / size[d])
            return torch_bad(path, t->name, "its shape has more values than can be counted", err);
        *values *= size[d];
    }
    if (*values > 0 && count == 0) return torch_bad(path, t->name, "it goes on behind the end of its storage", err);
    uint64_t product = 1;
    for (int d = t->dims - 1; d >= 0; d--) {
        if (*values > 0 && size[d] > 1) {
            if (stride[d] > (count - 1 - last) / (size[d] - 1))
                return torch_bad(path, t->name, "it goes on behind the end of its storage", err);
            last += stride[d] * (size[d] - 1);
            t->strided |= stride[d] != product;
        }
        product *= size[d];
        if (d < 4) {
            t->shape[d] = size[d];
            t->stride[d] = stride[d];
        }
    }
    return ALEXCL_OK;
}

static int torch_read_tensor(struct torch_archive *a, const struct pickle_value *call, struct source_tensor *t,
                             struct alexcl_error *err) {
    struct archive_data *storage = NULL;
    uint64_t count = 0, offset, values = 0;
    size_t type;
    int status = ALEXCL_OK;
    TRY(torch_read_storage(a, pickle_at(call->arguments, 0), t, &storage, &count, &type, err));
    if (!torch_get_count(call->arguments, 1, &offset) || offset > count)
        return torch_bad(a->zip.path, t->name, "it begins behind the end of its storage", err);
    TRY(torch_read_shape(a->zip.path, call->arguments, count - offset, t, &values, err));
    t->type = types[type].type;
    t->type_name = types[type].name;
    t->data = storage->data + offset * types[type].width;
    t->begin = storage->unpacked ? 0 : (uint64_t)(t->data - a->zip.bytes);
    t->bytes = values * types[type].width;
    if (t->strided && t->dims > 4) { /* its strides have no place: listed, but not read */
        t->type = SOURCE_OTHER;
        t->type_name = "strided values in more than 4 axes";
    }
done:
    return status;
}

/* What wrappers (DataParallel, Lightning, torch.compile) put before all names. */
static void torch_strip_names(struct source *s) {
    static const char *const prefixes[] = {"module.", "model.", "net.", "_orig_mod."};
    enum { PREFIXES = sizeof prefixes / sizeof *prefixes };
    for (size_t p = 0; s->tensor_count && p < PREFIXES;) {
        size_t length = strlen(prefixes[p]), with = 0;
        for (size_t i = 0; i < s->tensor_count; i++)
            with += strncmp(s->tensors[i].name, prefixes[p], length) == 0 && s->tensors[i].name[length];
        if (with < s->tensor_count) {
            p++;
            continue;
        }
        for (size_t i = 0; i < s->tensor_count; i++) s->tensors[i].name += length;
        p = 0;
    }
}

/* ---- the format --------------------------------------------------------------------------------- */

static void torch_release(void *own) {
    struct torch_own *o = own;
    for (size_t i = 0; o->storages && i < o->storage_count; i++) free(o->storages[i].unpacked);
    free(o->storages);
    pickle_free(o->pickle);
    free(o);
}

static int torch_names_pickle(const unsigned char *bytes, size_t length) {
    static const unsigned char name[] = "data.pkl";
    for (size_t i = 0; i + sizeof name - 1 <= length; i++)
        if (bytes[i] == name[0] && memcmp(bytes + i, name, sizeof name - 1) == 0) return 1;
    return 0;
}

/* A zip archive with that member: it is the first, or the directory, at the end, names it. */
static int torch_probe(const unsigned char *bytes, size_t length) {
    enum { NEAR = 1 << 16 };
    size_t near = length < NEAR ? length : NEAR;
    return length >= 4 && memcmp(bytes, "PK\3\4", 4) == 0 &&
           (torch_names_pickle(bytes, near) || torch_names_pickle(bytes + length - near, near));
}

static int torch_read_pickle(struct torch_archive *a, zip_uint64_t index, const struct pickle_value **root,
                             struct alexcl_error *err) {
    int status = ALEXCL_OK;
    unsigned char *bytes = NULL;
    zip_stat_t stat;
    TRY(archive_stat(&a->zip, index, &stat, err));
    if (stat.size > TORCH_MOST_PICKLE)
        return error_set(err, ALEXCL_E_DATA, "%s: its pickle has %llu bytes, more than 64 MiB; " SAVE_AGAIN,
                         a->zip.path, (unsigned long long)stat.size);
    TRY(archive_read(&a->zip, index, stat.size, &bytes, err));
    status = pickle_read(bytes, (size_t)stat.size, &rules, &a->own->pickle, root, err);
    if (status == ALEXCL_E_DATA) error_prefix(err, "%s: ", a->zip.path);
done:
    free(bytes);
    return status;
}

static int torch_parse(const unsigned char *bytes, size_t length, const char *path, struct source *s,
                       struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct torch_archive a = {.zip = {.path = path, .advice = SAVE_AGAIN, .bytes = bytes, .length = length}};
    const struct pickle_value *root = NULL, *dict = NULL;
    zip_uint64_t pickle = 0;
    TRY(memory_alloc(&a.own, 1, sizeof *a.own, "a checkpoint", err));
    s->own = a.own;
    TRY(torch_open(&a, &pickle, err));
    TRY(memory_alloc(&a.own->storages, a.own->storage_count, sizeof *a.own->storages, "a checkpoint", err));
    TRY(torch_check_kind(&a, err));
    TRY(torch_read_pickle(&a, pickle, &root, err));
    TRY(torch_find_dict(path, root, &dict, err));
    TRY(memory_alloc(&s->tensors, torch_count_tensors(dict), sizeof *s->tensors, "a checkpoint's tensors", err));
    for (const struct pickle_item *i = dict->items; i; i = i->next->next) {
        const struct pickle_value *call = torch_tensor_of(i->next->value);
        if (i->value->type != PICKLE_TEXT || !call) continue;
        struct source_tensor *t = &s->tensors[s->tensor_count++];
        t->name = i->value->text;
        TRY(torch_read_tensor(&a, call, t, err));
    }
    torch_strip_names(s);
    s->in_order = 1; /* a state dict lists the modules as they were made */
    TRY(source_check_names(s, path, err));
done:
    archive_close(&a.zip);
    return status;
}

const struct source_format torch_format = {
    .name = "torch-zip", .probe = torch_probe, .parse = torch_parse, .release = torch_release};
