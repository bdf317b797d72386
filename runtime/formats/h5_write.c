/* SPDX-License-Identifier: MIT */
/* The child's part: libhdf5 walks a file and says what is in it. It may die, or never end; so it runs in a process of
 * its own, where it sees the file as memory and opens no other. Only hard links are followed; values that stand in the
 * file as they are used are told by their place, others are read and sent. */
#define H5_USE_110_API /* for later versions of libhdf5 */
#include "h5_write.h"

#include <errno.h>
#include <hdf5.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

struct h5_writer {
    const struct h5_file *file;
    int fd, failed;
    uint64_t told, unpacked;
    unsigned objects;
    char path[H5_MOST_PATH]; /* of what is being visited */
    size_t length;
    hid_t types[4]; /* by enum source_type */
    unsigned char buffer[1 << 15];
    size_t used;
};

/* ---- the pipe ----------------------------------------------------------------------------------- */

static void h5_flush(struct h5_writer *w) {
    for (size_t done = 0; done < w->used && !w->failed;) {
        ssize_t some = write(w->fd, w->buffer + done, w->used - done);
        if (some > 0) done += (size_t)some;
        if (some < 0 && errno != EINTR) w->failed = 1;
    }
    w->used = 0;
}

static void h5_put(struct h5_writer *w, const void *bytes, size_t count) {
    const unsigned char *from = bytes;
    w->told += count;
    while (count > 0) {
        size_t some = sizeof w->buffer - w->used < count ? sizeof w->buffer - w->used : count;
        memcpy(w->buffer + w->used, from, some);
        w->used += some;
        from += some;
        count -= some;
        if (w->used == sizeof w->buffer) h5_flush(w);
    }
}

static void h5_put_byte(struct h5_writer *w, unsigned char byte) { h5_put(w, &byte, 1); }
static void h5_put_u32(struct h5_writer *w, uint32_t number) { h5_put(w, &number, sizeof number); }
static void h5_put_u64(struct h5_writer *w, uint64_t number) { h5_put(w, &number, sizeof number); }

static void h5_put_text(struct h5_writer *w, const char *text, size_t length) {
    h5_put_u32(w, (uint32_t)length);
    h5_put(w, text, length);
    h5_put_byte(w, 0);
}

/* The message ends with why; 0 ends the walk. */
static int h5_refuse(struct h5_writer *w, const char *why) {
    h5_put_byte(w, 'e');
    h5_put_text(w, why, strlen(why));
    return 0;
}

static herr_t h5_note_cause(unsigned n, const H5E_error2_t *problem, void *user) {
    const char **cause = user;
    if (n == 0 && problem->desc && problem->desc[0]) *cause = problem->desc;
    return 0;
}

/* Of libhdf5's last error, the innermost. */
static int h5_refuse_by_cause(struct h5_writer *w) {
    const char *cause = "it does not say why";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, h5_note_cause, &cause);
    return h5_refuse(w, cause);
}

/* ---- attributes --------------------------------------------------------------------------------- */

/* Keras cuts what is long into name0, name1, .. */
static int h5_is_wanted(const char *name) {
    static const char *const wanted[] = {"layer_names", "weight_names", "model_config", "keras_version",
                                         "backend",     "name",         "dtype"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        size_t length = strlen(wanted[i]);
        if (strncmp(name, wanted[i], length) == 0 && strspn(name + length, "0123456789") == strlen(name + length))
            return 1;
    }
    return 0;
}

/* The texts of an attribute; one of no elements may be of any type. Nothing where it is none of texts. 0: it cannot be
 * read, and without it the file would say another thing. */
static int h5_put_attribute(struct h5_writer *w, const char *name, hid_t attribute) {
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute), memory = -1;
    hssize_t count = H5Sget_simple_extent_npoints(space);
    int varies = H5Tis_variable_str(type) > 0;
    size_t size = varies ? sizeof(char *) : H5Tget_size(type);
    char *values = NULL;
    int good = 1;
    if (type < 0 || count < 0 || count > H5_MOST_TEXTS || size == 0 || size > H5_MOST_TEXT) goto done;
    if (count > 0) {
        if (H5Tget_class(type) != H5T_STRING || (uint64_t)count * size > H5_MOST_TEXT) goto done;
        memory = H5Tcopy(type);
        values = calloc((size_t)count, size);
        if (!values) good = h5_refuse(w, "texts that need more memory than may be used");
        if (good && H5Aread(attribute, memory, values) < 0) good = h5_refuse_by_cause(w);
        if (!good) goto done;
    }
    h5_put_byte(w, 'a');
    h5_put_text(w, w->path, w->length);
    h5_put_text(w, name, strlen(name));
    h5_put_u32(w, (uint32_t)count);
    for (hssize_t i = 0; i < count; i++) {
        const char *text = values + (size_t)i * size;
        if (varies) memcpy(&text, text, sizeof text);
        if (!text) text = "";
        size_t length = varies ? strlen(text) : strnlen(text, size);
        if (!varies && H5Tget_strpad(type) == H5T_STR_SPACEPAD)
            while (length > 0 && text[length - 1] == ' ') length--;
        h5_put_text(w, text, length < H5_MOST_TEXT ? length : H5_MOST_TEXT);
    }
    if (varies && values) H5Dvlen_reclaim(memory, space, H5P_DEFAULT, values);
done:
    free(values);
    if (memory >= 0) H5Tclose(memory);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return good;
}

static int h5_put_attributes(struct h5_writer *w, hid_t object) {
    int count = H5Aget_num_attrs(object), good = 1;
    for (int i = 0; i < count && i < H5_MOST_OBJECTS && good && !w->failed; i++) {
        char name[64];
        hid_t attribute = H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)i, H5P_DEFAULT, H5P_DEFAULT);
        if (attribute < 0) continue;
        ssize_t length = H5Aget_name(attribute, sizeof name, name);
        if (length > 0 && (size_t)length < sizeof name && h5_is_wanted(name))
            good = h5_put_attribute(w, name, attribute);
        H5Aclose(attribute);
    }
    return good;
}

/* ---- datasets ----------------------------------------------------------------------------------- */

static const char *const h5_type_names[] = {"float32", "float16", "bfloat16", "float64"};

/* Keras writes bfloat16 as two opaque bytes, with an attribute that says so. */
static int h5_is_bfloat16(hid_t dataset) {
    char text[16] = "";
    hid_t attribute = H5Aexists(dataset, "dtype") > 0 ? H5Aopen(dataset, "dtype", H5P_DEFAULT) : -1,
          type = attribute < 0 ? -1 : H5Aget_type(attribute), space = attribute < 0 ? -1 : H5Aget_space(attribute);
    if (type >= 0 && H5Tget_class(type) == H5T_STRING && H5Sget_simple_extent_npoints(space) == 1) {
        char *varying = NULL;
        if (H5Tis_variable_str(type) > 0) {
            if (H5Aread(attribute, type, &varying) >= 0 && varying) {
                strncpy(text, varying, sizeof text - 1);
                H5free_memory(varying);
            }
        } else if (H5Tget_size(type) < sizeof text && H5Aread(attribute, type, text) < 0) {
            text[0] = '\0';
        }
    }
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (attribute >= 0) H5Aclose(attribute);
    return strcmp(text, "bfloat16") == 0;
}

/* The type of values, and its name. */
static enum source_type h5_type_of(hid_t dataset, hid_t type, const char **name) {
    static const char *const classes[] = {
        "integers",   "floats of another size", "times", "texts", "bits", "opaque bytes", "structures",
        "references", "an enumeration",         "lists", "arrays"};
    H5T_class_t class = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    enum source_type found = SOURCE_OTHER;
    if (class == H5T_FLOAT && size == 4) found = SOURCE_F32;
    if (class == H5T_FLOAT && size == 2) found = SOURCE_F16;
    if (class == H5T_FLOAT && size == 8) found = SOURCE_F64;
    if (class == H5T_OPAQUE && size == 2 && h5_is_bfloat16(dataset)) found = SOURCE_BF16;
    *name = found != SOURCE_OTHER                                             ? h5_type_names[found]
            : class >= 0 && (size_t) class < sizeof classes / sizeof *classes ? classes[class]
                                                                              : "values of no known type";
    return found;
}

/* Where a dataset's values stand in the file as they are used; else 0 and, where libhdf5 may not read them, why. */
static int h5_find_place(hid_t dataset, hid_t type, hid_t used, uint64_t bytes, uint64_t length, uint64_t *offset,
                         const char **why) {
    hid_t how = H5Dget_create_plist(dataset);
    H5D_layout_t layout = how < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(how);
    int outside = how < 0 || H5Pget_external_count(how) != 0;
    if (how >= 0) H5Pclose(how);
    if (outside || layout == H5D_LAYOUT_ERROR || layout == H5D_VIRTUAL) {
        *why = "values in another file";
        return 0;
    }
    if (bytes > 0 && layout != H5D_COMPACT && H5Dget_storage_size(dataset) == 0) {
        *why = "values that were never written";
        return 0;
    }
    haddr_t at = layout == H5D_CONTIGUOUS && H5Tequal(type, used) > 0 ? H5Dget_offset(dataset) : HADDR_UNDEF;
    *offset = at;
    return at != HADDR_UNDEF && at <= length && bytes <= length - at;
}

/* Reads a dataset's values; NULL: why not. */
static unsigned char *h5_read_values(struct h5_writer *w, hid_t dataset, hid_t used, uint64_t bytes, const char **why) {
    if (bytes / H5_MOST_UNPACKED > w->file->length || (w->unpacked + bytes) / H5_MOST_UNPACKED > w->file->length) {
        *why = "more values than compressed bytes can hold";
        return NULL;
    }
    w->unpacked += bytes;
    size_t room = (size_t)bytes;
    unsigned char *values = room == bytes ? malloc(room ? room : 1) : NULL;
    if (!values) {
        *why = "values that need more memory than may be used";
    } else if (bytes > 0 && H5Dread(dataset, used, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0) {
        *why = "values that libhdf5 cannot read (a filter that it lacks, or damage)";
        free(values);
        values = NULL;
    }
    return values;
}

/* Bytes of the values of a shape; 0 where they cannot be counted. */
static int h5_count(const hsize_t *shape, int axes, size_t width, uint64_t *bytes) {
    *bytes = width;
    for (int i = 0; i < axes; i++) {
        if (shape[i] && *bytes > ((uint64_t)1 << 48) / shape[i]) return 0;
        *bytes *= shape[i];
    }
    return 1;
}

static void h5_put_dataset(struct h5_writer *w, hid_t dataset, uint64_t address) {
    hsize_t shape[H5_MOST_AXES] = {0};
    hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    int axes = H5Sget_simple_extent_ndims(space);
    const char *name = NULL, *why = NULL;
    enum source_type found = h5_type_of(dataset, type, &name);
    uint64_t bytes = 0, offset = 0;
    unsigned char *values = NULL;
    enum h5_where where = H5_NOWHERE;
    if (axes < 0 || axes > H5_MOST_AXES || H5Sget_simple_extent_dims(space, shape, NULL) != axes ||
        H5Sget_simple_extent_type(space) == H5S_NULL) {
        axes = 0;
        why = "values without a shape";
    } else if (found != SOURCE_OTHER && !h5_count(shape, axes, source_width(found), &bytes)) {
        why = "more values than can be counted";
    } else if (found != SOURCE_OTHER) {
        hid_t used = found == SOURCE_BF16 ? type : w->types[found];
        if (h5_find_place(dataset, type, used, bytes, w->file->length, &offset, &why))
            where = H5_IN_FILE;
        else if (!why && (values = h5_read_values(w, dataset, used, bytes, &why)))
            where = H5_HERE;
    }
    if (why) {
        found = SOURCE_OTHER;
        name = why;
        bytes = 0;
    }
    h5_put_byte(w, 'd');
    h5_put_text(w, w->path, w->length);
    h5_put_u64(w, address);
    h5_put_byte(w, (unsigned char)found);
    h5_put_text(w, name, strlen(name));
    h5_put_u32(w, (uint32_t)axes);
    for (int i = 0; i < axes; i++) h5_put_u64(w, shape[i]);
    h5_put_byte(w, where);
    h5_put_u64(w, bytes);
    if (where == H5_IN_FILE) h5_put_u64(w, offset);
    if (where == H5_HERE) {
        while (w->told % 8 != 0) h5_put_byte(w, 0);
        h5_put(w, values, bytes);
    }
    free(values);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
}

/* ---- the tree ----------------------------------------------------------------------------------- */

static int h5_visit(struct h5_writer *w, hid_t object, int depth);

/* What a group's link leads to, where it is a hard one: others lead to other files, or to nothing. */
static int h5_visit_link(struct h5_writer *w, hid_t group, hsize_t index, int depth) {
    H5L_info_t link;
    size_t before = w->length, room = sizeof w->path - before;
    if (H5Lget_info_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, &link, H5P_DEFAULT) < 0)
        return h5_refuse_by_cause(w);
    if (link.type != H5L_TYPE_HARD) return 1;
    if (room > 1 && before) w->path[w->length++] = '/';
    room = sizeof w->path - w->length;
    char *name = w->path + w->length;
    ssize_t length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, name, room, H5P_DEFAULT);
    if (length <= 0 || (size_t)length >= room) return h5_refuse(w, "a name is longer than may be");
    int good = 1;
    /* What an optimizer keeps is no weight. */
    if (before || strncmp(name, "optimizer", 9) != 0) {
        hid_t object = H5Oopen(group, name, H5P_DEFAULT);
        if (object < 0) return h5_refuse_by_cause(w);
        w->length += (size_t)length;
        good = h5_visit(w, object, depth);
        H5Oclose(object);
    }
    w->length = before;
    w->path[before] = '\0';
    return good;
}

static int h5_visit(struct h5_writer *w, hid_t object, int depth) {
    H5I_type_t kind = H5Iget_type(object);
    H5O_info_t about;
    H5G_info_t group;
    if (++w->objects > H5_MOST_OBJECTS) return h5_refuse(w, "more groups and datasets than a model has");
    if (depth > H5_MOST_DEPTH) return h5_refuse(w, "groups in groups, deeper than a model has them");
    if (H5Oget_info(object, &about) < 0) return h5_refuse_by_cause(w);
    if ((kind == H5I_GROUP || kind == H5I_DATASET) && !h5_put_attributes(w, object)) return 0;
    if (kind == H5I_DATASET) h5_put_dataset(w, object, about.addr);
    if (kind != H5I_GROUP) return !w->failed;
    if (H5Gget_info(object, &group) < 0) return h5_refuse_by_cause(w);
    for (hsize_t i = 0; i < group.nlinks; i++)
        if (!h5_visit_link(w, object, i, depth + 1)) return 0;
    return !w->failed;
}

/* ---- the file, which is memory ------------------------------------------------------------------ */

/* libhdf5 would copy it, and free its copy. */
static void *h5_image_malloc(size_t size, H5FD_file_image_op_t operation, void *user) {
    const struct h5_file *file = user;
    (void)operation;
    return size == file->length ? (void *)(uintptr_t)file->bytes : NULL;
}
static void *h5_image_memcpy(void *to, const void *from, size_t size, H5FD_file_image_op_t operation, void *user) {
    (void)from, (void)size, (void)operation, (void)user;
    return to;
}
static void *h5_image_realloc(void *at, size_t size, H5FD_file_image_op_t operation, void *user) {
    (void)at, (void)size, (void)operation, (void)user;
    return NULL; /* it is only read */
}
static herr_t h5_image_free(void *at, H5FD_file_image_op_t operation, void *user) {
    (void)at, (void)operation, (void)user;
    return 0;
}
static void *h5_image_user(void *user) { return user; }
static herr_t h5_image_forget(void *user) {
    (void)user;
    return 0;
}

static hid_t h5_open(struct h5_file *file) {
    H5FD_file_image_callbacks_t image = {
        h5_image_malloc, h5_image_memcpy, h5_image_realloc, h5_image_free, h5_image_user, h5_image_forget, file};
    hid_t how = H5Pcreate(H5P_FILE_ACCESS);
    if (how < 0 || H5Pset_fapl_core(how, 1 << 20, 0) < 0 || H5Pset_file_image_callbacks(how, &image) < 0 ||
        H5Pset_file_image(how, (void *)(uintptr_t)file->bytes, file->length) < 0 ||
        H5Pset_fclose_degree(how, H5F_CLOSE_STRONG) < 0)
        return -1;
    return H5Fopen("/dev/null/no file", H5F_ACC_RDONLY, how); /* a name is wanted, of no file */
}

/* IEEE's half precision, which has no name of its own before libhdf5 2. */
static hid_t h5_make_half(void) {
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    return type < 0 || H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 ||
                   H5Tset_ebias(type, 15) < 0
               ? -1
               : type;
}

int h5_write_message(void *user, int fd) {
    static struct h5_writer w; /* the child's only one */
    w.file = user;
    w.fd = fd;
    h5_put(&w, H5_BEGIN, sizeof H5_BEGIN - 1);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0);
    w.types[SOURCE_F32] = H5T_IEEE_F32LE;
    w.types[SOURCE_F64] = H5T_IEEE_F64LE;
    w.types[SOURCE_F16] = h5_make_half();
    hid_t opened = h5_open(user), root = opened < 0 ? -1 : H5Gopen2(opened, "/", H5P_DEFAULT);
    if (root < 0)
        h5_refuse_by_cause(&w);
    else
        h5_visit(&w, root, 0);
    h5_put_byte(&w, '.');
    h5_flush(&w);
    return w.failed;
}
