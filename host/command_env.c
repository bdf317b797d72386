/* SPDX-License-Identifier: MIT */
/* `alexcl env`: every setting with its value and where it comes from. A setting with a value that it cannot have is
 * shown with the reason, and is the command's error at the end: who looks here looks for it. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "report.h"

/* A setting that cannot have its value is shown, with the reason: who looks here looks for it. */
static int command_env(const struct options *o, struct alexcl_error *err) {
    struct alexcl_cache cache = {.size = sizeof cache};
    int status = options_expect(o, "env", 0, 0, err), invalid = ALEXCL_OK;
    if (status == ALEXCL_OK) status = alexcl_cache_show(&o->settings, &cache, err);
    if (status != ALEXCL_OK) return status;
    json_t *list = o->format == FORMAT_JSON ? json_array() : NULL;
    if (o->format == FORMAT_CSV) fputs("name,value,origin,about,invalid\r\n", stdout);
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        struct setting s = settings_get(&o->given, i);
        struct alexcl_error why = {0};
        int folder = strcmp(s.name, "ALEXCL_CACHE_DIR") == 0, wrong = settings_check_one(&o->given, i, &why);
        if (folder && cache.folder[0]) s.value = cache.folder;
        if (wrong != ALEXCL_OK && invalid == ALEXCL_OK) {
            *err = why;
            invalid = wrong;
        }
        if (o->format == FORMAT_JSON) {
            report_append(list, json_pack("{s:s, s:o, s:s, s:s, s:o}", "name", s.name, "value", report_string(s.value),
                                          "origin", s.origin, "about", s.about, "invalid",
                                          report_string(wrong != ALEXCL_OK ? why.text : NULL)));
        } else if (o->format == FORMAT_CSV) {
            report_csv(s.name, 0);
            report_csv(s.value, 0);
            report_csv(s.origin, 0);
            report_csv(s.about, 0);
            report_csv(wrong != ALEXCL_OK ? why.text : NULL, 1);
        } else {
            printf("%s=", s.name);
            report_text(stdout, s.value ? s.value : "");
            printf("\n    %s; %s\n", s.origin, s.about);
            if (folder) printf("    ");
            if (folder && cache.note[0]) report_text(stdout, cache.note);
            if (folder && !cache.note[0]) printf("%s there; `alexcl cache` tells more", report_bytes(cache.bytes));
            if (folder) putchar('\n');
            if (wrong != ALEXCL_OK) {
                fputs("    INVALID: ", stdout);
                report_text(stdout, why.text);
                putchar('\n');
            }
        }
    }
    if (o->format == FORMAT_JSON)
        status =
            report_json("env",
                        json_pack("{s:o, s:{s:o, s:I, s:I, s:o}}", "settings", list, "cache", "folder",
                                  report_string(cache.folder), "bytes", (json_int_t)cache.bytes, "limit",
                                  (json_int_t)cache.limit, "note", report_string(cache.note[0] ? cache.note : NULL)),
                        err);
    return status == ALEXCL_OK ? invalid : status;
}

const struct command env_command = {
    .name = "env",
    .run = command_env,
    .shared = OPTIONS_SETTINGS,
    .shows_settings = 1,
    .arguments = "",
    .about = "every setting with its value and origin",
    .details = "A flag beats the environment, which beats the default.\n",
    .also = " settings config ",
};
