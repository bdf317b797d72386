/* SPDX-License-Identifier: MIT */
/* `alexcl cache`: what is in the cache folder by kinds of files, and how to empty it. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "report.h"
#include "status.h"

static int cache_json(const struct alexcl_cache *c, struct alexcl_error *err) {
    json_t *kinds = json_array();
    for (int i = 0; i < ALEXCL_CACHE_KINDS; i++)
        report_append(kinds, json_pack("{s:s, s:I, s:I}", "kind", c->kinds[i].name, "files",
                                       (json_int_t)c->kinds[i].files, "bytes", (json_int_t)c->kinds[i].bytes));
    return report_json("cache",
                       json_pack("{s:o, s:I, s:I, s:o, s:o}", "folder", report_string(c->folder), "bytes",
                                 (json_int_t)c->bytes, "limit", (json_int_t)c->limit, "kinds", kinds, "note",
                                 report_string(c->note[0] ? c->note : NULL)),
                       err);
}

static void cache_text(const struct alexcl_cache *c, int cleared) {
    uint64_t files = 0;
    report_text(stdout, c->note[0] ? c->note : c->folder);
    if (c->note[0]) {
        putchar('\n');
        return;
    }
    puts(cleared ? ": removed" : "");
    for (int i = 0; i < ALEXCL_CACHE_KINDS; i++) {
        const struct alexcl_cache_kind *k = &c->kinds[i];
        printf("  %-9s %8s file%s  %10s\n", k->name, report_count(k->files), k->files == 1 ? " " : "s",
               report_bytes(k->bytes));
        files += k->files;
    }
    printf("  %-9s %8s file%s  %10s", "all", report_count(files), files == 1 ? " " : "s", report_bytes(c->bytes));
    if (!cleared) printf("%s%s", c->limit ? " of " : ", no limit", c->limit ? report_bytes(c->limit) : "");
    putchar('\n');
}

struct cache_options {
    const char *kind;
};

static const struct option_row cache_rows[] = {
    {0, "kind", "K", "clear: binaries, tuning, checks or logs [all]", OPTION_TEXT(struct cache_options, kind)},
};
static const struct cache_options cache_defaults = {NULL};
static const struct option_table cache_options = OPTION_TABLE(cache_rows, cache_defaults);

static int command_cache(const struct options *o, struct alexcl_error *err) {
    const struct cache_options *own = o->own;
    struct alexcl_cache c = {.size = sizeof c};
    int status = options_expect(o, "cache", 1, 1, err);
    if (status != ALEXCL_OK) return status;
    int clear = strcmp(o->arguments[0], "clear") == 0;
    if (!clear && strcmp(o->arguments[0], "show") != 0)
        return error_set(err, ALEXCL_E_USAGE,
                         "`alexcl cache show` tells what is kept, `alexcl cache clear` removes it; not %s",
                         o->arguments[0]);
    if (!clear && own->kind)
        return error_set(err, ALEXCL_E_USAGE, "--kind is for `alexcl cache clear`; show tells of all");
    status = clear ? alexcl_cache_clear(&o->settings, own->kind, &c, err) : alexcl_cache_show(&o->settings, &c, err);
    if (status != ALEXCL_OK) return status;
    if (o->format == FORMAT_JSON) return cache_json(&c, err);
    if (o->format == FORMAT_TEXT) cache_text(&c, clear);
    if (o->format == FORMAT_CSV) {
        fputs("kind,files,bytes\r\n", stdout);
        for (int i = 0; i < ALEXCL_CACHE_KINDS; i++)
            printf("%s,%llu,%llu\r\n", c.kinds[i].name, (unsigned long long)c.kinds[i].files,
                   (unsigned long long)c.kinds[i].bytes);
    }
    return ALEXCL_OK;
}

const struct command cache_command = {
    .name = "cache",
    .run = command_cache,
    .own = &cache_options,
    .arguments = "show\nclear",
    .about = "what is kept on disk to start faster, and the end of it",
    .details = "Compiled kernels, what was tuned, that kernels were checked, logs of builds that\n"
               "failed. `alexcl env` tells the folder and the limit, above which what has not\n"
               "been used for longest is removed.\n\n"
               "  alexcl cache show\n  alexcl cache clear --kind tuning\n",
    .also = " clean clear purge ",
};
