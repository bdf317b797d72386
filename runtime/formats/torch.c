/* SPDX-License-Identifier: MIT */
/* PyTorch's checkpoints since 1.6 (torch.save): a zip archive of FOLDER/data.pkl, a pickle of dicts of tensors, and of
 * FOLDER/data/KEY, the bytes of a storage each. A tensor is a view of a storage: an offset, a shape, strides. libzip
 * reads the archive; a storage that is not compressed stays where it lies in the mapped file. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>
#include <zlib.h>

#include "memory.h"
#include "pickle.h"
#include "source.h"

#define SAVE_AGAIN "torch.save(model.state_dict(), 'NEW.pth') writes one that is read"
enum {
    TORCH_MOST_MEMBERS = 1 << 20,
    TORCH_MOST_PICKLE = 64 << 20,
    TORCH_MOST_DIRECTORY = 4 << 20,
    TORCH_MOST_NAME = 1024,
    TORCH_MOST_AXES = 64,       /* PyTorch's own */
    TORCH_MOST_DEFLATED = 1032, /* bytes out of one: 258 out of two bits */
};
static const uint64_t TORCH_MOST_UNPACKED = (uint64_t)8 << 30, TORCH_MOST_VALUES = (uint64_t)1 << 48;

struct torch_storage {
    const unsigned char *data;
    uint64_t bytes;
    unsigned char *unpacked; /* NULL: the data stand in the file */
};
struct torch_own {
    struct pickle *pickle;          /* tensors' names stand in it */
    struct torch_storage *storages; /* one for each member of the archive; only those in use are filled */
    size_t storage_count;
};

/* ---- the archive -------------------------------------------------------------------------------- */

struct torch_archive {
    const char *path;
    const unsigned char *bytes;
    uint64_t length, at, last_read; /* where the next byte is read, and where those read last began */
    zip_error_t error;
    zip_t *zip;
    char folder[TORCH_MOST_NAME];
    uint64_t unpacked; /* bytes so far */
    struct torch_own *own;
};

/* The file as libzip's source. It tells where a member's data begin, which libzip does not: where it reads them. */
static zip_int64_t torch_serve(void *user, void *data, zip_uint64_t length, zip_source_cmd_t command) {
    struct torch_archive *a = user;
    zip_int64_t to;
    switch (command) {
    case ZIP_SOURCE_OPEN: a->at = 0; return 0;
    case ZIP_SOURCE_READ:
        if (length > a->length - a->at) length = a->length - a->at;
        memcpy(data, a->bytes + a->at, length);
        a->last_read = a->at;
        a->at += length;
        return (zip_int64_t)length;
    case ZIP_SOURCE_STAT:
        zip_stat_init(data);
        ((zip_stat_t *)data)->size = a->length;
        ((zip_stat_t *)data)->valid |= ZIP_STAT_SIZE;
        return sizeof(zip_stat_t);
    case ZIP_SOURCE_SEEK:
        to = zip_source_seek_compute_offset(a->at, a->length, data, length, &a->error);
        if (to < 0) return -1;
        a->at = (uint64_t)to;
        return 0;
    case ZIP_SOURCE_TELL: return (zip_int64_t)a->at;
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE: return 0;
    case ZIP_SOURCE_ERROR: return zip_error_to_data(&a->error, data, length);
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_STAT, ZIP_SOURCE_SEEK,
                                              ZIP_SOURCE_TELL, ZIP_SOURCE_CLOSE, ZIP_SOURCE_FREE, ZIP_SOURCE_ERROR,
                                              ZIP_SOURCE_SUPPORTS, -1);
    default: zip_error_set(&a->error, ZIP_ER_OPNOTSUPP, 0); return -1;
    }
}

static int torch_fail(const struct torch_archive *a, zip_error_t *problem, const char *member,
                      struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    int code = zip_error_code_zip(problem);
    if (code == ZIP_ER_MEMORY || (code == ZIP_ER_ZLIB && zip_error_code_system(problem) == Z_MEM_ERROR))
        return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the archive %s", a->path);
    return error_set(err, ALEXCL_E_DATA, "%s: as a zip archive it is damaged%s%s (libzip: %s); make or fetch it again",
                     a->path, member ? ", member " : "", member ? source_show(member, shown) : "",
                     zip_error_strerror(problem));
}

static int torch_damaged(const struct torch_archive *a, zip_uint64_t index, const char *what,
                         struct alexcl_error *err) {
    char shown[SOURCE_SHOWN];
    const char *name = zip_get_name(a->zip, index, ZIP_FL_ENC_RAW);
    return error_set(err, ALEXCL_E_DATA, "%s: member %s: %s; the file is damaged, make or fetch it again", a->path,
                     source_show(name ? name : "?", shown), what);
}

static int torch_stat(const struct torch_archive *a, zip_uint64_t index, zip_stat_t *out, struct alexcl_error *err) {
    static const zip_uint64_t needed =
        ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(a->zip, index, 0, out) < 0) return torch_fail(a, zip_get_error(a->zip), NULL, err);
    if ((out->valid & needed) != needed) return torch_damaged(a, index, "its size or method is not told", err);
    if (out->encryption_method != ZIP_EM_NONE)
        return error_set(err, ALEXCL_E_DATA, "%s: is encrypted; " SAVE_AGAIN, a->path);
    if (out->comp_method != ZIP_CM_STORE && out->comp_method != ZIP_CM_DEFLATE)
        return error_set(err, ALEXCL_E_DATA,
                         "%s: is compressed by method %d of zip archives, which is not read; " SAVE_AGAIN, a->path,
                         out->comp_method);
    if (out->comp_method == ZIP_CM_STORE ? out->size != out->comp_size
                                         : out->size / TORCH_MOST_DEFLATED > out->comp_size)
        return torch_damaged(a, index, "its size is not one of so many bytes in the archive", err);
    return ALEXCL_OK;
}

/* A member whole, unpacked, its checksum compared. */
static int torch_read_member(const struct torch_archive *a, zip_uint64_t index, uint64_t size, unsigned char **out,
                             struct alexcl_error *err) {
    int status = ALEXCL_OK;
    unsigned char *bytes = NULL, beyond;
    zip_file_t *file = NULL;
    uint64_t have = 0;
    TRY(memory_alloc(&bytes, (size_t)size + 1, 1, "a member of a checkpoint", err)); /* a text ends with 0 */
    file = zip_fopen_index(a->zip, index, 0);
    if (!file) {
        status = torch_fail(a, zip_get_error(a->zip), zip_get_name(a->zip, index, ZIP_FL_ENC_RAW), err);
        goto done;
    }
    for (;;) { /* libzip compares the checksum where it meets the end, so one read goes beyond */
        zip_int64_t got = have < size ? zip_fread(file, bytes + have, size - have) : zip_fread(file, &beyond, 1);
        if (got < 0) {
            status = torch_fail(a, zip_file_get_error(file), zip_get_name(a->zip, index, ZIP_FL_ENC_RAW), err);
            goto done;
        }
        if (got == 0) break;
        have += (uint64_t)got;
        if (have > size) break;
    }
    if (have != size) {
        status = torch_damaged(a, index, "it has not the size that the archive tells", err);
        goto done;
    }
    *out = bytes;
    bytes = NULL;
done:
    if (file) zip_fclose(file);
    free(bytes);
    return status;
}

/* The data of a stored member, in the file. */
static int torch_find_stored(struct torch_archive *a, zip_uint64_t index, uint64_t size, const unsigned char **out,
                             struct alexcl_error *err) {
    unsigned char first;
    *out = a->bytes; /* of no bytes */
    if (size == 0) return ALEXCL_OK;
    zip_file_t *file = zip_fopen_index(a->zip, index, ZIP_FL_COMPRESSED);
    if (!file) return torch_fail(a, zip_get_error(a->zip), zip_get_name(a->zip, index, ZIP_FL_ENC_RAW), err);
    zip_int64_t got = zip_fread(file, &first, 1);
    zip_fclose(file);
    uint64_t begin = a->last_read;
    if (got != 1 || begin >= a->length || size > a->length - begin || a->bytes[begin] != first)
        return torch_damaged(a, index, "its data are not in the file", err);
    *out = a->bytes + begin;
    return ALEXCL_OK;
}

/* Of a storage, when a tensor first asks for it. */
static int torch_load_storage(struct torch_archive *a, zip_uint64_t index, struct torch_storage *s,
                              struct alexcl_error *err) {
    zip_stat_t stat;
    if (s->data) return ALEXCL_OK;
    int status = torch_stat(a, index, &stat, err);
    if (status != ALEXCL_OK) return status;
    s->bytes = stat.size;
    if (stat.comp_method == ZIP_CM_STORE) return torch_find_stored(a, index, stat.size, &s->data, err);
    if (stat.size > TORCH_MOST_UNPACKED - a->unpacked)
        return error_set(err, ALEXCL_E_DATA, "%s: is compressed, and unpacked of more than 8 GiB; " SAVE_AGAIN,
                         a->path);
    a->unpacked += stat.size;
    status = torch_read_member(a, index, stat.size, &s->unpacked, err);
    s->data = s->unpacked;
    return status;
}

/* FOLDER/name, where there is one. */
static int torch_find_member(const struct torch_archive *a, const char *name, zip_uint64_t *out) {
    char full[2 * TORCH_MOST_NAME];
    if (strlen(name) >= TORCH_MOST_NAME) return 0;
    snprintf(full, sizeof full, "%s%s", a->folder, name);
    zip_int64_t index = zip_name_locate(a->zip, full, ZIP_FL_ENC_RAW);
    if (index >= 0) *out = (zip_uint64_t)index;
    return index >= 0;
}

/* Opens the archive, and finds its folder: where data.pkl is. */
static int torch_open(struct torch_archive *a, zip_uint64_t *pickle, struct alexcl_error *err) {
    static const char wanted[] = "data.pkl";
    for (int attempt = 0; attempt < 2 && !a->zip; attempt++) {
        /* libzip tells a lack of memory as a fault of the archive: so there must be some, and the archive be at fault
         * twice. */
        char *needed;
        size_t directory = a->length < TORCH_MOST_DIRECTORY ? (size_t)a->length : TORCH_MOST_DIRECTORY;
        int status = memory_alloc(&needed, directory, 8, "a checkpoint's directory", err);
        if (status != ALEXCL_OK) return status;
        free(needed);
        zip_source_t *source = zip_source_function_create(torch_serve, a, &a->error);
        if (source) a->zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &a->error);
        if (!a->zip) zip_source_free(source);
    }
    if (!a->zip) return torch_fail(a, &a->error, NULL, err);
    zip_int64_t count = zip_get_num_entries(a->zip, 0);
    if (count > TORCH_MOST_MEMBERS)
        return error_set(err, ALEXCL_E_DATA, "%s: an archive of %lld members, more than a checkpoint has; " SAVE_AGAIN,
                         a->path, (long long)count);
    a->own->storage_count = (size_t)count;
    for (zip_int64_t i = 0; i < count; i++) {
        const char *name = zip_get_name(a->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW);
        size_t length = name ? strlen(name) : 0, at = length - (sizeof wanted - 1);
        if (length < sizeof wanted - 1 || strcmp(name + at, wanted) != 0 || at >= TORCH_MOST_NAME) continue;
        if (at > 0 && memchr(name, '/', length) != name + at - 1) continue;
        memcpy(a->folder, name, at);
        *pickle = (zip_uint64_t)i;
        return ALEXCL_OK;
    }
    return error_set(err, ALEXCL_E_DATA, "%s: no member data.pkl, so no checkpoint of PyTorch's; " SAVE_AGAIN, a->path);
}

/* What else the archive says it is. */
static int torch_check_kind(const struct torch_archive *a, struct alexcl_error *err) {
    zip_uint64_t index;
    zip_stat_t stat;
    unsigned char *order = NULL;
    int status = ALEXCL_OK;
    if (torch_find_member(a, "constants.pkl", &index))
        return error_set(err, ALEXCL_E_DATA,
                         "%s: is a TorchScript program (torch.jit.save), not a state dict; " SAVE_AGAIN, a->path);
    if (!torch_find_member(a, "byteorder", &index)) return ALEXCL_OK; /* before PyTorch 2.1 */
    TRY(torch_stat(a, index, &stat, err));
    if (stat.size < 16) TRY(torch_read_member(a, index, stat.size, &order, err));
    if (!order || strcmp((const char *)order, "little") != 0)
        status = error_set(err, ALEXCL_E_DATA,
                           "%s: its numbers are of another byte order than little-endian; "
                           "torch.load and torch.save on this machine write them anew",
                           a->path);
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
                              struct torch_storage **out, uint64_t *count, size_t *type, struct alexcl_error *err) {
    char name[TORCH_MOST_NAME];
    zip_uint64_t index;
    const struct pickle_value *id = persistent && persistent->type == PICKLE_PERSISTENT ? persistent->arguments : NULL,
                              *mark = id ? pickle_at(id, 0) : NULL, *of = id ? pickle_at(id, 1) : NULL,
                              *key = id ? pickle_at(id, 2) : NULL;
    *type = of && of->type == PICKLE_GLOBAL ? torch_find_type(of->module, of->text) : TORCH_TYPES;
    if (!mark || mark->type != PICKLE_TEXT || strcmp(mark->text, "storage") != 0 || *type == TORCH_TYPES || !key ||
        key->type != PICKLE_TEXT || !torch_get_count(id, 4, count))
        return torch_bad(a->path, t->name, "its storage is not described as PyTorch does", err);
    if (strlen(key->text) > sizeof name - 8) return torch_bad(a->path, t->name, "its storage is not there", err);
    snprintf(name, sizeof name, "data/%s", key->text);
    if (!torch_find_member(a, name, &index)) return torch_bad(a->path, t->name, "its storage is not there", err);
    *out = &a->own->storages[index];
    int status = torch_load_storage(a, index, *out, err);
    if (status == ALEXCL_OK && *count > (*out)->bytes / types[*type].width)
        status = torch_bad(a->path, t->name, "its storage has fewer bytes than its pickle says (cut short?)", err);
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
    struct torch_storage *storage = NULL;
    uint64_t count = 0, offset, values = 0;
    size_t type;
    int status = ALEXCL_OK;
    TRY(torch_read_storage(a, pickle_at(call->arguments, 0), t, &storage, &count, &type, err));
    if (!torch_get_count(call->arguments, 1, &offset) || offset > count)
        return torch_bad(a->path, t->name, "it begins behind the end of its storage", err);
    TRY(torch_read_shape(a->path, call->arguments, count - offset, t, &values, err));
    t->type = types[type].type;
    t->type_name = types[type].name;
    t->data = storage->data + offset * types[type].width;
    t->begin = storage->unpacked ? 0 : (uint64_t)(t->data - a->bytes);
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

static int torch_by_name(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int torch_check_names(const char *path, const struct source *s, struct alexcl_error *err) {
    const char **names;
    int status = memory_alloc(&names, s->tensor_count, sizeof *names, "a checkpoint's names", err);
    if (status != ALEXCL_OK) return status;
    for (size_t i = 0; i < s->tensor_count; i++) names[i] = s->tensors[i].name;
    qsort(names, s->tensor_count, sizeof *names, torch_by_name);
    for (size_t i = 1; i < s->tensor_count && status == ALEXCL_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0) status = torch_bad(path, names[i], "it is there twice", err);
    free(names);
    return status;
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
    TRY(torch_stat(a, index, &stat, err));
    if (stat.size > TORCH_MOST_PICKLE)
        return error_set(err, ALEXCL_E_DATA, "%s: its pickle has %llu bytes, more than 64 MiB; " SAVE_AGAIN, a->path,
                         (unsigned long long)stat.size);
    TRY(torch_read_member(a, index, stat.size, &bytes, err));
    status = pickle_read(bytes, (size_t)stat.size, &rules, &a->own->pickle, root, err);
    if (status == ALEXCL_E_DATA) error_prefix(err, "%s: ", a->path);
done:
    free(bytes);
    return status;
}

static int torch_parse(const unsigned char *bytes, size_t length, const char *path, struct source *s,
                       struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct torch_archive a = {.path = path, .bytes = bytes, .length = length};
    const struct pickle_value *root = NULL, *dict = NULL;
    zip_uint64_t pickle = 0;
    zip_error_init(&a.error);
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
    TRY(torch_check_names(path, s, err));
done:
    if (a.zip) zip_discard(a.zip);
    zip_error_fini(&a.error);
    return status;
}

const struct source_format torch_format = {
    .name = "torch-zip", .probe = torch_probe, .parse = torch_parse, .release = torch_release};
