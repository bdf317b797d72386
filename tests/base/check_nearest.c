/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "nearest.h"
#include "support.h"

static const char *const commands[] = {"devices", "models", "summary", "plan", "infer", "weights", "env", NULL};

static const struct {
    const char *word, *nearest;
} words[] = {
    {"infre", "infer"},
    {"ifner", "infer"},
    {"device", "devices"},
    {"dev", "devices"},
    {"DEVICES", "devices"},
    {"sumary", "summary"},
    {"modles", "models"},
    {"weight", "weights"},
    {"plna", "plan"},
    {"enf", "env"},
    {"train", NULL},
    {"xyzzy", NULL},
    {"", NULL},
    {"a-word-that-is-much-longer-than-any-command-there-is", NULL},
};

START_TEST(nearest_word) {
    const char *found = nearest_find(words[_i].word, commands);
    if (words[_i].nearest)
        ck_assert_msg(found && strcmp(found, words[_i].nearest) == 0, "'%s' gives %s", words[_i].word,
                      found ? found : "nothing");
    else
        ck_assert_msg(!found, "'%s' gives %s", words[_i].word, found);
}
END_TEST

START_TEST(an_empty_list) {
    const char *const none[] = {NULL};
    ck_assert_ptr_null(nearest_find("infer", none));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("nearest");
    tcase_add_loop_test(tests, nearest_word, 0, (int)(sizeof words / sizeof words[0]));
    tcase_add_test(tests, an_empty_list);
    return support_run(tests);
}
