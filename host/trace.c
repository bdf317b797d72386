/* SPDX-License-Identifier: MIT */
/* Recorded spans as a Chrome trace: one process for each target, in it one row each for kernels, copies and the host's
 * waits. Times are in microseconds, as the format has them. */
#include "trace.h"

#include "files.h"
#include "report.h"
#include "status.h"

const char *const trace_rows[TRACE_ROWS] = {"host thread", "kernels", "copies"};

int trace_row(enum alexcl_work work) {
    return work == ALEXCL_WORK_WAIT                                       ? TRACE_HOST
           : work == ALEXCL_WORK_EXCHANGE || work == ALEXCL_WORK_TRANSFER ? TRACE_COPIES
                                                                          : TRACE_KERNELS;
}

static void trace_name(json_t *events, const char *what, int target, int row, json_t *name) {
    report_append(events, json_pack("{s:s, s:s, s:i, s:i, s:{s:o}}", "name", what, "ph", "M", "pid", target, "tid", row,
                                    "args", "name", name));
}

/* A target's name, and that its commands are not shown where nobody knows when they ran. */
static json_t *trace_target(const char *name, const struct alexcl_work_span *s, size_t count) {
    int unknown = 0;
    for (size_t i = 0; i < count; i++) unknown |= s[i].commands > 0 && s[i].end <= 0;
    json_t *text = report_string(name);
    if (!unknown) return text;
    json_t *more = json_sprintf("%s: when its commands ran is not known", json_string_value(text));
    json_decref(text);
    return more;
}

/* Where jansson's pieces go. */
struct trace_file {
    struct file *file;
    struct alexcl_error *err;
};
static int trace_add(const char *text, size_t length, void *to) {
    struct trace_file *t = to;
    return file_add(t->file, text, length, t->err) == ALEXCL_OK ? 0 : -1;
}

int trace_write(const char *path, const struct alexcl_net *net, const struct alexcl_selection *sel,
                struct alexcl_error *err) {
    static const char *const works[] = {"layer", "join",           "exchange",        "transfer",
                                        "wait",  "input gradient", "weight gradient", "update"};
    json_t *events = json_array(), *document = json_pack("{s:s, s:o}", "displayTimeUnit", "ms", "traceEvents", events);
    for (int target = 0; target < (int)alexcl_selection_count(sel); target++) {
        const struct alexcl_work_span *s;
        size_t count = alexcl_net_recorded(net, (size_t)target, &s);
        trace_name(events, "process_name", target, 0,
                   trace_target(alexcl_selection_target(sel, (size_t)target)->name, s, count));
        for (int row = 0; row < TRACE_ROWS; row++)
            trace_name(events, "thread_name", target, row, json_string(trace_rows[row]));
        for (; count > 0; count--, s++) {
            if (s->commands == 0 || s->end <= 0) continue;
            report_append(events, json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:{s:i, s:i, s:i, s:i, s:i, s:f}}",
                                            "name", s->layer, "cat", works[s->work], "ph", "X", "pid", target, "tid",
                                            trace_row(s->work), "ts", s->start * 1e6, "dur", (s->end - s->start) * 1e6,
                                            "args", "half", s->half, "batch", s->run, "first_image", s->first, "images",
                                            s->count, "commands", s->commands, "busy_us", s->busy * 1e6));
        }
    }
    struct trace_file to = {.err = err};
    int status = file_open(path, &to.file, err);
    int whole = status == ALEXCL_OK && report_whole() &&
                json_dump_callback(document, trace_add, &to, JSON_COMPACT | JSON_REAL_PRECISION(12)) == 0;
    if (status == ALEXCL_OK) status = err->status; /* of a key that is not written Jansson tells nothing */
    if (status == ALEXCL_OK && !whole) status = error_set(err, ALEXCL_E_MEMORY, "out of host memory: the trace");
    if (status == ALEXCL_OK) status = file_commit(to.file, err);
    file_free(to.file);
    json_decref(document);
    return status;
}
