/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "selection.h"
#include "settings.h"
#include "support.h"

static struct alexcl_selection *selection;
static struct target target;
static int opened;

static void support_target_close(void) {
    device_free(target.device);
    alexcl_selection_free(selection);
}

const struct alexcl_selection *support_selection(void) {
    if (selection) return selection;
    struct alexcl_error err = {0};
    const char *named = settings_environment("ALEXCL_TEST_DEVICES");
    int reference = strcmp(support_implementation(), "ref") == 0;
    EXPECT_OK(alexcl_selection_open(named ? named : reference ? "ref" : "0", &selection, &err), err);
    support_at_end = support_target_close;
    return selection;
}

const struct settings *support_settings(void) {
    static struct settings settings;
    struct alexcl_error err = {0};
    settings_free(&settings);
    EXPECT_OK(settings_read(NULL, &settings, &err), err);
    return &settings;
}

void support_set(const char *name, const char *value) {
    ck_assert_int_eq(setenv(name, value, 1), 0);
    (void)support_settings();
}

struct target *support_target(void) {
    if (opened) return &target;
    struct alexcl_error err = {0};
    const struct alexcl_selection *sel = support_selection();
    if (alexcl_selection_target(sel, 0)->device >= 0)
        EXPECT_OK(device_open(selection_source(sel, 0), support_settings(), &target.device, &err), err);
    opened = 1;
    return &target;
}
