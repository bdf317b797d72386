/* SPDX-License-Identifier: MIT */
/* `alexcl check`: computes every row of the checks' table on every device of a selection, then runs a tiny net across
 * them, and trains it a step. Results are handed out one by one; of several failures the gravest gives the command's
 * status, and a caller may stop in between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "memory.h"
#include "nearest.h"
#include "selection.h"
#include "selfcheck.h"
#include "sized.h"
#include "tiny_net.h"

enum { CHECK_NAMES = 64 };

struct check {
    const struct alexcl_selection *selection;
    struct alexcl_check_request request;
    alexcl_check_fn *fn;
    void *user;
    struct alexcl_check_counts counts;
    unsigned number, count;
};

/* Which of two failures ends the command. */
static int check_rank(int status) {
    switch (error_exit_code(status)) {
    case 0: return 0;
    case 4: return 2; /* build */
    case 5: return 3; /* memory */
    case 7: return 4; /* wrong, or failed in use */
    default: return 1;
    }
}

/* Hands one result out; the status is ALEXCL_OK unless the caller stops. */
static int check_report(struct check *s, struct alexcl_check_result *r, struct alexcl_error *err) {
    r->number = ++s->number;
    r->count = s->count;
    r->tolerance = selfcheck_tolerance;
    s->counts.checks++;
    s->counts.failed += r->status != ALEXCL_OK;
    if (check_rank(r->status) > check_rank(s->counts.status)) s->counts.status = r->status;
    if (s->fn(s->user, r) == 0) return ALEXCL_OK;
    return error_set(err, ALEXCL_E_INTERRUPTED, "interrupted: %u of %u checks were done", s->number, s->count);
}

static void check_fill(struct alexcl_check_result *r, const struct selfcheck_found *found, int status, int needed,
                       const struct alexcl_error *why) {
    r->status = status;
    r->index = -1;
    if (status != ALEXCL_OK) {
        snprintf(r->message, sizeof r->message, "%.2047s", why->text);
        /* nothing is wrong: another variant takes its place */
        if (status == KERNEL_UNFIT && !needed) r->status = ALEXCL_OK;
        return;
    }
    r->computed = 1;
    r->error = found->error;
    if (!found->wrong && !found->unasked) return;
    r->status = ALEXCL_E_DEVICE;
    selfcheck_explain(found, r->message, sizeof r->message);
    if (!found->wrong) return;
    r->index = (int64_t)found->index;
    r->half = found->half;
    r->got = found->got;
    r->due = found->due;
}

static struct alexcl_check_result check_result(const struct check *s, size_t index) {
    return (struct alexcl_check_result){.target = alexcl_selection_target(s->selection, index),
                                        .device = alexcl_selection_device(s->selection, index),
                                        .kernels = "",
                                        .index = -1,
                                        .pass = selfcheck_pass_name(LAYER_FORWARD)};
}

/* Whether the selection's target of this index is a device. */
static int check_on_device(const struct check *s, size_t index) {
    return alexcl_selection_target(s->selection, index)->device >= 0;
}

/* ---- which of them ---- */

/* Letters of a kernel's name without ".cl". */
static size_t check_name_length(const char *name) {
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".cl") == 0 ? length - 3 : length;
}

/* Whether the name is one of the words of `list`. */
static int check_has_word(const char *list, const char *name, size_t length) {
    for (; *list; list += strspn(list, " ")) {
        size_t word = strcspn(list, " ");
        if (word == length && strncmp(list, name, length) == 0) return 1;
        list += word;
    }
    return 0;
}

static int check_wants(const struct alexcl_check_request *request, const char *kernels, const char *layer) {
    return (!request->kernel || check_has_word(kernels, request->kernel, check_name_length(request->kernel))) &&
           (!request->layer || strcmp(layer, request->layer) == 0);
}

/* ALEXCL_E_USAGE unless there is such a kernel, or kind of layer. */
static int check_know(const char *what, const char *name, int layers, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    const char *kernels, *layer, *names[CHECK_NAMES + 1] = {NULL};
    char word[64];
    size_t count = 0, length = layers ? strlen(name) : check_name_length(name);
    struct string_buffer all = {0}, list = {0};
    for (unsigned i = 0; selfcheck_table_names(i, &kernels, &layer); i++) {
        for (const char *at = layers ? layer : kernels; *at; at += strspn(at, " ")) {
            size_t letters = strcspn(at, " ");
            if (!all.text || !check_has_word(all.text, at, letters))
                string_buffer_add(&all, "%s%.*s", all.length ? " " : "", (int)letters, at);
            at += letters;
        }
    }
    if (all.failed || !all.text) {
        status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the names of the checks");
        goto done;
    }
    if (length && check_has_word(all.text, name, length)) goto done;
    for (char *at = strtok(all.text, " "); at && count < CHECK_NAMES; at = strtok(NULL, " ")) names[count++] = at;
    for (size_t i = 0; i < count; i++) string_buffer_add(&list, "%s%s", i ? ", " : "", names[i]);
    snprintf(word, sizeof word, "%.*s", length < sizeof word ? (int)length : (int)sizeof word - 1, name);
    char question[NEAREST_QUESTION];
    status = error_set(err, ALEXCL_E_USAGE, "no check is of a %s %.100s%s; there are %s", what, name,
                       nearest_ask("", nearest_find(word, names), "", question), list.text ? list.text : "");
done:
    string_buffer_free(&all);
    string_buffer_free(&list);
    return status;
}

/* ---- the checks ---- */

static int check_kernels_of(struct check *s, size_t index, struct target *target, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct selfcheck_case c;
    for (unsigned i = 0; status == ALEXCL_OK && selfcheck_table_case(target, i, &c); i++) {
        if (!check_wants(&s->request, selfcheck_kernels(&c), c.desc.name)) continue;
        struct alexcl_check_result r = check_result(s, index);
        struct alexcl_error why = {0};
        struct selfcheck_found found;
        int ran = selfcheck_run_case(target, &c, &found, &why);
        r.kernels = selfcheck_kernels(&c);
        r.layer = c.desc.name;
        r.variant = c.variant ? c.variant->name : "own";
        r.pass = selfcheck_pass_name(c.pass);
        r.block = c.in_block ? c.in_block : 1;
        selfcheck_describe(&c, r.shape, sizeof r.shape);
        check_fill(&r, &found, ran, !c.variant || c.variant->last_resort, &why);
        status = check_report(s, &r, err);
    }
    return status;
}

/* A result of the tiny net: of the target, or of both. */
static struct alexcl_check_result check_net_result(const struct check *s, const struct tiny_net *n) {
    struct alexcl_check_result r = check_result(s, 0);
    if (alexcl_selection_count(s->selection) > 1) {
        r.target = NULL;
        r.device = NULL;
    }
    r.layer = n->model->name;
    r.variant = "net";
    r.block = 1;
    snprintf(r.shape, sizeof r.shape, "%d x %dx%dx%d", TINY_NET_IMAGES, n->model->channels, n->model->height,
             n->model->width);
    return r;
}

/* That a value is not finite is the device's fault: weights and images are known to be good. */
static int check_net_status(int ran) { return ran == ALEXCL_E_DATA ? ALEXCL_E_DEVICE : ran; }

static int check_net(struct check *s, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    struct alexcl_error why = {0};
    struct selfcheck_found found = {0};
    struct tiny_net n = {.selection = s->selection, .settings = s->request.settings};
    char tensor[TINY_NET_NAME] = "";
    TRY(alexcl_model_find("tiny2t", &n.model, err));
    struct alexcl_check_result r = check_net_result(s, &n), step = r;
    check_fill(&r, &found, check_net_status(tiny_net_run(&n, &found, &why)), 1, &why);
    TRY(check_report(s, &r, err));
    why = (struct alexcl_error){0};
    found = (struct selfcheck_found){0};
    int trained = check_net_status(tiny_net_train(&n, &found, tensor, &why));
    step.pass = "training step";
    check_fill(&step, &found, trained, 1, &why);
    if (tensor[0]) {
        char what[sizeof step.message - TINY_NET_NAME - 2];
        snprintf(what, sizeof what, "%.*s", (int)sizeof what - 1, step.message);
        snprintf(step.message, sizeof step.message, "%s: %s", tensor, what);
    }
    TRY(check_report(s, &step, err));
done:
    return status;
}

static unsigned check_count(const struct check *s, const struct target *target) {
    struct selfcheck_case c;
    unsigned count = 0;
    for (unsigned i = 0; selfcheck_table_case(target, i, &c); i++)
        count += check_wants(&s->request, selfcheck_kernels(&c), c.desc.name) != 0;
    return count;
}

int alexcl_check_run(const struct alexcl_selection *sel, const struct alexcl_check_request *request,
                     alexcl_check_fn *fn, void *user, struct alexcl_check_counts *counts, struct alexcl_error *err) {
    int status = ALEXCL_OK, opened[2] = {0}, devices = 0;
    struct check s = {.selection = sel, .fn = fn, .user = user};
    struct target targets[2] = {{NULL}, {NULL}};
    struct alexcl_error why[2] = {{0}, {0}};
    struct settings settings = {0};
    size_t count = alexcl_selection_count(sel) == 2 ? 2 : 1;
    TRY(SIZED_WRITE(alexcl_check_counts, &s.counts, counts, err)); /* whether it can be filled at the end */
    TRY(SIZED_READ(alexcl_check_request, request, &s.request, err));
    TRY(settings_read(s.request.settings, &settings, err));
    int whole = !s.request.kernel && !s.request.layer;
    if (s.request.kernel) TRY(check_know("kernel", s.request.kernel, 0, err));
    if (s.request.layer) TRY(check_know("layer", s.request.layer, 1, err));
    for (size_t i = 0; i < count; i++) {
        if (!check_on_device(&s, i)) continue;
        devices++;
        opened[i] = device_open(selection_source(sel, i), &settings, &targets[i].device, &why[i]);
        s.count += opened[i] == ALEXCL_OK ? check_count(&s, &targets[i]) : 1;
    }
    s.count += whole ? 2 : 0; /* the net, and a step of its training */
    for (size_t i = 0; i < count; i++) {
        if (targets[i].device) TRY(check_kernels_of(&s, i, &targets[i], err));
        if (opened[i] == ALEXCL_OK) continue;
        struct alexcl_check_result r = check_result(&s, i); /* a device that cannot be opened is a result */
        r.layer = "";
        r.variant = "open";
        r.block = 1;
        check_fill(&r, &(struct selfcheck_found){0}, opened[i], 1, &why[i]);
        TRY(check_report(&s, &r, err));
    }
    if (devices && whole) TRY(check_net(&s, err));
done:
    for (int i = 0; i < 2; i++) device_free(targets[i].device);
    settings_free(&settings);
    (void)SIZED_WRITE(alexcl_check_counts, &s.counts, counts, err);
    return status;
}
