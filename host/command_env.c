/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "commands.h"
#include "report.h"

int command_env(const struct options *o, struct alexcl_error *err) {
    int status = options_expect(o, "env", 0, 0, err);
    if (status != ALEXCL_OK) return status;
    json_t *list = o->format == FORMAT_JSON ? json_array() : NULL;
    if (o->format == FORMAT_CSV) fputs("name,value,origin,about\r\n", stdout);
    for (size_t i = 0; i < alexcl_settings_count(); i++) {
        struct alexcl_setting s = alexcl_settings_get(i);
        if (o->format == FORMAT_JSON) {
            report_append(list, json_pack("{s:s, s:o, s:s, s:s}", "name", s.name, "value", report_string(s.value), "origin", s.origin, "about", s.about));
        } else if (o->format == FORMAT_CSV) {
            report_csv(s.name, 0);
            report_csv(s.value, 0);
            report_csv(s.origin, 0);
            report_csv(s.about, 1);
        } else {
            printf("%s=", s.name);
            report_text(stdout, s.value ? s.value : "");
            printf("\n    %s; %s\n", s.value ? s.origin : "unset", s.about);
        }
    }
    return o->format == FORMAT_JSON ? report_json_list("env", "settings", list, err) : ALEXCL_OK;
}
