/* SPDX-License-Identifier: MIT */
/* The text of a JSON value is whole or is not there, whichever piece of memory is not to be had. */
#include "json_text.h"

#include <stdlib.h>

#include "support.h"

/* Of the calls that ask for memory the one with this number gets none; 0: all get it. */
static int failing;
static int fails(void) { return failing > 0 && --failing == 0; }

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size) { return fails() ? NULL : __real_realloc(p, size); }
static void *jansson_malloc(size_t size) { return fails() ? NULL : malloc(size); }

/* Keys of all lengths, so that each size to which a text grows is passed in the middle of some of them. */
START_TEST(a_text_is_whole_or_none) {
    json_t *object = json_object();
    for (int i = 0; i < 200; i++) {
        char key[64];
        snprintf(key, sizeof key, "%0*d", 4 + i % 40, i);
        ck_assert_int_eq(json_object_set_new(object, key, json_integer(i)), 0);
    }
    char *due = json_text_dump(object, JSON_COMPACT);
    ck_assert_ptr_nonnull(due);
    json_set_alloc_funcs(jansson_malloc, free);
    int asked = 1;
    for (int done = 0; !done; asked++) {
        failing = asked;
        char *text = json_text_dump(object, JSON_COMPACT);
        done = failing > 0;
        failing = 0;
        ck_assert_msg(!text == !done, "memory lacks at call %d: %s", asked, text ? "there is a text" : "there is none");
        ck_assert_msg(!text || strcmp(text, due) == 0, "memory lacks at call %d: %s", asked, text);
        free(text);
    }
    ck_assert_int_ge(asked, 4);
    json_set_alloc_funcs(malloc, free);
    free(due);
    json_decref(object);
    ck_assert_ptr_null(json_text_dump(NULL, JSON_COMPACT));
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("json_text");
    tcase_add_test(tests, a_text_is_whole_or_none);
    return support_run(tests);
}
