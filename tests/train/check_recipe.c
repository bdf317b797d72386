/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include <stdio.h>
#include <string.h>

#include "alexcl_train.h"
#include "support.h"

static struct alexcl_error err;

/* "optimizer sgd; momentum 0.9; ..." */
static const char *show_all(const struct recipe *r) {
    static char all[2048];
    const char *name, *meaning;
    char text[RECIPE_TEXT];
    size_t length = 0;
    for (size_t i = 0; recipe_field(i, &name, &meaning); i++) {
        recipe_show(r, i, text);
        length += (size_t)snprintf(all + length, sizeof all - length, "%s%s %s", i ? "; " : "", name, text);
    }
    return all;
}

/* The paper, the 2012 code's layer files, Caffe's solver and net, Keras's defaults. */
START_TEST(as_published) {
    static const struct {
        const char *name, *due;
    } known[] = {
        {"paper",
         "optimizer sgd; momentum 0.9; beta1 0.9; beta2 0.999; epsilon 1e-07; batch 128; epochs 90; steps 0; "
         "lr 0.01; lr-schedule plateau; lr-divisor 10; lr-drops 3; lr-patience 2; lr-every 0; lr-at 0; "
         "decay 0.0005; bias-lr 1; bias-decay 1; init normal; deviation 0.01; deviation-middle 0.01; "
         "deviation-hidden 0.01; bias 1; dropout 0.5; crop yes; mirror yes; colour 0.1; colour-by eigenvalues; "
         "ties first"},
        {"2012", "optimizer sgd; momentum 0.9; beta1 0.9; beta2 0.999; epsilon 1e-07; batch 128; epochs 93; steps 0; "
                 "lr 0.01; lr-schedule step; lr-divisor 10; lr-drops 3; lr-patience 2; lr-every 0; lr-at 23,51,78; "
                 "decay 0.0005; bias-lr 2; bias-decay 0; init normal; deviation 0.01; deviation-middle 0.03; "
                 "deviation-hidden 0.01; bias 1; dropout 0.5; crop yes; mirror yes; colour 0.1; colour-by deviations; "
                 "ties all"},
        {"caffe", "optimizer sgd-caffe; momentum 0.9; beta1 0.9; beta2 0.999; epsilon 1e-07; batch 256; epochs 0; "
                  "steps 450000; lr 0.01; lr-schedule step; lr-divisor 10; lr-drops 3; lr-patience 2; "
                  "lr-every 100000; lr-at 0; decay 0.0005; bias-lr 2; bias-decay 0; init normal; deviation 0.01; "
                  "deviation-middle 0.01; deviation-hidden 0.005; bias 0.1; dropout 0.5; crop yes; mirror yes; "
                  "colour 0; colour-by eigenvalues; ties first"},
        {"keras", "optimizer adam; momentum 0.9; beta1 0.9; beta2 0.999; epsilon 1e-07; batch 32; epochs 10; steps 0; "
                  "lr 0.001; lr-schedule constant; lr-divisor 10; lr-drops 3; lr-patience 2; lr-every 0; lr-at 0; "
                  "decay 0; bias-lr 1; bias-decay 1; init glorot; deviation 0.01; deviation-middle 0.01; "
                  "deviation-hidden 0.01; bias 0; dropout 0.5; crop no; mirror no; colour 0; colour-by eigenvalues; "
                  "ties first"},
    };
    size_t count = 0;
    for (; recipe_get(count); count++) {
        struct recipe r;
        ck_assert_str_eq(recipe_get(count)->name, known[count].name);
        EXPECT_OK(recipe_find(known[count].name, &r, &err), err);
        EXPECT_OK(recipe_check(&r, &err), err);
        ck_assert_str_eq(show_all(&r), known[count].due);
    }
    ck_assert_uint_eq(count, sizeof known / sizeof *known);
    struct recipe r;
    EXPECT_ERROR(recipe_find("2011", &r, &err), ALEXCL_E_USAGE, "there are paper, 2012, caffe, keras", err);
}
END_TEST

/* One recipe becomes another when its fields are set to what that one shows. */
START_TEST(what_is_shown_is_read_back) {
    for (size_t from = 0; recipe_get(from); from++)
        for (size_t to = 0; recipe_get(to); to++) {
            struct recipe r = *recipe_get(from);
            const char *name, *meaning;
            char text[RECIPE_TEXT], due[2048];
            for (size_t i = 0; recipe_field(i, &name, &meaning); i++) {
                recipe_show(recipe_get(to), i, text);
                EXPECT_OK(recipe_set(&r, name, text, &err), err);
            }
            snprintf(due, sizeof due, "%s", show_all(recipe_get(to)));
            ck_assert_str_eq(show_all(&r), due);
        }
    struct recipe r = *recipe_get(0);
    char text[RECIPE_TEXT];
    EXPECT_OK(recipe_set(&r, "lr", "0.1234567890123456789", &err), err);
    for (size_t i = 0; i < 9; i++) recipe_show(&r, i, text);
    ck_assert_str_eq(text, "0.12345678901234568");
}
END_TEST

START_TEST(an_optimizer_brings_its_own_numbers) {
    struct recipe r = *recipe_get(0);
    for (int form = 0; form < UPDATE_FORMS; form++) {
        EXPECT_OK(recipe_set(&r, "optimizer", optimizer_name((enum update_form)form), &err), err);
        ck_assert_int_eq((int)r.optimizer.form, form);
        ck_assert(strncmp(show_all(&r) + strlen("optimizer "), optimizer_name((enum update_form)form),
                          strlen(optimizer_name((enum update_form)form))) == 0);
    }
    ck_assert_double_eq(r.optimizer.epsilon, 1e-8);
}
END_TEST

START_TEST(what_cannot_be_is_told) {
    static const char *const wrong[][3] = {
        {"batch", "0", "batch is \"0\"; it is a whole number from 1"},
        {"batch", "1.5", "whole number"},
        {"batch", "", "batch is \"\""},
        {"batch", "12x", "batch is \"12x\"; it is one number"},
        {"batch", "1,2", "it is one number"},
        {"lr", "-0.1", "lr is \"-0.1\"; it is a number from 0"},
        {"lr", "nan", "lr is \"nan\""},
        {"lr", "inf", "lr is \"inf\""},
        {"lr", " 1", "lr is \" 1\""},
        {"momentum", "1", "from 0 to below 1"},
        {"epsilon", "0", "epsilon is \"0\""},
        {"lr-at", "1,2,3,4", "up to three epochs"},
        {"lr-at", "1,", "lr-at"},
        {"lr-schedule", "cosine", "lr-schedule is \"cosine\"; it is one of plateau, step, constant"},
        {"optimizer", "rmsprop", "there are sgd"},
        {"lr-schedul", "step", "no field \"lr-schedul\": did you mean lr-schedule?"},
    };
    struct recipe r = *recipe_get(0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        EXPECT_ERROR(recipe_set(&r, wrong[i][0], wrong[i][1], &err), ALEXCL_E_USAGE, wrong[i][2], err);
    struct recipe untouched = *recipe_get(0);
    char due[2048];
    snprintf(due, sizeof due, "%s", show_all(&untouched));
    ck_assert_str_eq(show_all(&r), due);
    r.epochs = 0;
    EXPECT_ERROR(recipe_check(&r, &err), ALEXCL_E_USAGE, "never end", err);
    r.epochs = 1;
    r.schedule = RECIPE_STEP;
    EXPECT_ERROR(recipe_check(&r, &err), ALEXCL_E_USAGE, "lr-every nor lr-at", err);
    EXPECT_OK(recipe_set(&r, "lr-at", "5,4", &err), err);
    EXPECT_ERROR(recipe_check(&r, &err), ALEXCL_E_USAGE, "rising order", err);
}
END_TEST

/* What the command line shows and takes flags from. */
START_TEST(the_public_header_shows_the_same) {
    const char *field, *same, *meaning;
    char text[ALEXCL_RECIPE_TEXT], due[RECIPE_TEXT];
    for (size_t i = 0; recipe_get(i); i++) {
        ck_assert_str_eq(alexcl_recipe_name(i), recipe_get(i)->name);
        for (size_t k = 0; recipe_field(k, &same, &meaning); k++) {
            ck_assert_int_eq(alexcl_recipe_field(k, &field, &meaning), 1);
            ck_assert_str_eq(field, same);
            EXPECT_OK(alexcl_recipe_value(alexcl_recipe_name(i), field, text, &err), err);
            recipe_show(recipe_get(i), k, due);
            ck_assert_str_eq(text, due);
        }
    }
    ck_assert_ptr_null(alexcl_recipe_name(4));
    EXPECT_ERROR(alexcl_recipe_value("keras", "pca", text, &err), ALEXCL_E_USAGE, "no field \"pca\"", err);
    EXPECT_ERROR(alexcl_recipe_value("kears", "lr", text, &err), ALEXCL_E_USAGE, "did you mean keras?", err);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("recipe");
    tcase_add_test(tests, as_published);
    tcase_add_test(tests, what_is_shown_is_read_back);
    tcase_add_test(tests, an_optimizer_brings_its_own_numbers);
    tcase_add_test(tests, what_cannot_be_is_told);
    tcase_add_test(tests, the_public_header_shows_the_same);
    return support_run(tests);
}
