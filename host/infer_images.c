/* SPDX-License-Identifier: MIT */
/* The images of `alexcl infer`: what they are called, and the classes of their labels. Each label is looked up once,
 * however many pictures have it, and before anything is compiled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer.h"
#include "memory.h"
#include "printable.h"
#include "status.h"

const char *infer_images_name(const struct infer *f, size_t image, char number[24]) {
    if (!f->own->input) return f->list.entries[image].shown;
    snprintf(number, 24, "%zu", image);
    return number;
}

const char *infer_images_class_name(const struct infer *f, size_t class, char number[24]) {
    const char *name = labels_name(f->results.labels, class);
    if (name) return name;
    snprintf(number, 24, "%zu", class);
    return number;
}

int infer_images_class(const struct infer *f, size_t image, size_t *class) {
    const struct image_list_entry *e = f->own->input ? NULL : &f->list.entries[image];
    if (!e || !e->label || !f->results.known || f->results.known[e->label_id].state != LABEL_FOUND) return 0;
    *class = f->results.known[e->label_id].class;
    return 1;
}

int infer_images_label(struct infer *f, size_t image, struct alexcl_error *err) {
    struct image_list_entry *e = &f->list.entries[image];
    if (!e->label || !f->results.known) return ALEXCL_OK;
    struct infer_label *known = &f->results.known[e->label_id];
    struct alexcl_error why = {0};
    if (known->state == LABEL_NEW)
        known->state =
            labels_find(f->results.labels, e->label, &known->class, &why) == ALEXCL_OK ? LABEL_FOUND : LABEL_UNKNOWN;
    if (known->state != LABEL_UNKNOWN) return ALEXCL_OK;
    image_list_settle(e);
    if (!e->label) return ALEXCL_OK; /* the line was but a name */
    char place[IMAGE_LIST_PLACE], quotes[sizeof err->text] = "";
    image_list_place(e, place);
    if (e->blanks)
        snprintf(quotes, sizeof quotes, "; %.500s is no file either: put names with blanks in \"quotes\"", e->shown);
    why = (struct alexcl_error){0};
    int status = labels_find(f->results.labels, e->label, &known->class, &why);
    return error_set(err, status, "%s%s%s", place, why.text, quotes);
}

/* Pictures by class, a folder each. Where the folders' names are none of the model's classes, and there are as many,
 * the classes are the folders in the order of their names, as torchvision's ImageFolder counts them. Otherwise a
 * folder that names no class says nothing of its pictures. */
static int infer_images_open_tree(struct infer *f, size_t classes, struct alexcl_error *err) {
    struct infer_results *r = &f->results;
    const struct image_list *list = &f->list;
    size_t found = 0, other = 0;
    for (size_t i = 0; i < list->label_count; i++) {
        struct alexcl_error why = {0};
        r->known[i].state = LABEL_IGNORED;
        if (labels_find(r->labels, list->labels[i], &r->known[i].class, &why) == ALEXCL_OK) {
            r->known[i].state = LABEL_FOUND;
            found++;
        } else {
            other = i;
        }
    }
    if (found == list->label_count) return ALEXCL_OK;
    if (found || f->own->labels || list->label_count != classes) {
        if (!f->o->quiet)
            fprintf(stderr,
                    "%zu of %zu folders are called as no class (\"%.*s\"): their pictures count in no error; --labels "
                    "FILE names the classes\n",
                    list->label_count - found, list->label_count, printable_cut(list->labels[other], 100),
                    list->labels[other]);
        return ALEXCL_OK;
    }
    for (size_t i = 0; i < classes; i++) r->known[i] = (struct infer_label){LABEL_FOUND, i};
    labels_free(r->labels);
    r->labels = NULL;
    if (!f->o->quiet)
        fprintf(stderr, "the %zu folders are taken for the %zu classes, in the order of their names\n", classes,
                classes);
    return labels_make(list->labels, classes, &r->labels, err);
}

/* The names of the classes that training has put into the weights; NULL: none. */
static const char *infer_images_stored_labels(const struct infer *f) {
    const struct alexcl_weights_text *text;
    for (size_t i = 0; f->o->file->given && (text = alexcl_weights_file_text(f->o->file->given, i)) != NULL; i++)
        if (strcmp(text->key, "alexcl.labels") == 0) return text->value;
    return NULL;
}

int infer_images_open_labels(struct infer *f, size_t classes, struct alexcl_error *err) {
    const struct infer_options *own = f->own;
    const char *stored = own->labels ? NULL : infer_images_stored_labels(f);
    int status;
    if (stored)
        TRY(labels_parse(options_weights_path(f->o), stored, classes, &f->results.labels, err));
    else
        TRY(labels_open(own->labels, classes, &f->results.labels, err));
    TRY(memory_alloc(&f->results.known, f->list.label_count, sizeof *f->results.known, "labels", err));
    if (f->list.tree) TRY(infer_images_open_tree(f, classes, err));
    for (size_t i = 0; i < f->list.count; i++) {
        struct image_list_entry *e = &f->list.entries[i];
        struct alexcl_error why = {0};
        if (e->error && !own->keep_going) image_list_settle(e);
        /* the run ends there at the latest: what follows may be no list */
        if (e->error && !own->keep_going) break;
        status = infer_images_label(f, i, own->keep_going ? &why : err);
        if (status != ALEXCL_OK && !own->keep_going) break;
        status = ALEXCL_OK;
    }
done:
    return status;
}

int infer_images_open_results(struct infer *f, size_t top, struct alexcl_error *err) {
    struct alexcl_plan *plan = NULL;
    int status;
    TRY(options_shapes(f->o, f->model, NULL, &plan, err));
    struct alexcl_shape out = plan->layers[plan->layer_count - 1].out;
    size_t classes = (size_t)out.c * (size_t)out.h * (size_t)out.w;
    alexcl_plan_free(plan);
    f->results.top_count = top < classes ? top : classes;
    TRY(infer_images_open_labels(f, classes, err));
done:
    return status;
}
