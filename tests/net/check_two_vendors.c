/* SPDX-License-Identifier: MIT */
/* PoCL and Intel's runtime in one process, a half of the net on each, or a share of the images: two platforms, which
 * share neither buffers nor events. The scores are those of one device within 1e-5 of the largest, in either order, for
 * small nets and for the paper's. */
#include <stdlib.h>
#include <string.h>

#include "support.h"

static struct alexcl_error err;

static float *scores(const char *name, const char *devices, const char *split, size_t images, size_t *units) {
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct alexcl_selection *selection;
    struct alexcl_net *net;
    EXPECT_OK(alexcl_model_find(name, &model, &err), err);
    EXPECT_OK(alexcl_weights_generate(model, 1, NULL, NULL, 0, &weights, &err), err);
    EXPECT_OK(alexcl_selection_open(devices, &selection, &err), err);
    if (alexcl_selection_count(selection) == 2)
        ck_assert_str_ne(alexcl_selection_device(selection, 0)->platform_name,
                         alexcl_selection_device(selection, 1)->platform_name);
    EXPECT_OK(alexcl_net_open(
                  model, weights, selection,
                  &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = 4, .split = split},
                  &net, &err),
              err);
    *units = (size_t)support_output(net).c;
    float *out = support_floats(*units * images);
    float *in = support_random((size_t)model->channels * (size_t)model->height * (size_t)model->width * images,
                               "two vendors", 128);
    EXPECT_OK(alexcl_net_run(net, in, images, out, &err), err);
    struct alexcl_net_times times = {.size = sizeof times};
    EXPECT_OK(alexcl_net_times(net, &times, &err), err);
    for (size_t i = 0; i < alexcl_selection_count(selection); i++)
        ck_assert_msg(times.device[i] > 0 || (split && times.images[i] == 0), "device %zu was never busy", i);
    free(in);
    alexcl_net_free(net);
    alexcl_selection_free(selection);
    alexcl_weights_free(weights);
    return out;
}

/* `splits` of the images; NULL: of the halves. */
static void compare(const char *model, size_t images, const char *const *splits, int count, int orders) {
    static const char *const pairs[] = {"0,1", "1,0"};
    size_t units;
    float *want = scores(model, "0", NULL, images, &units);
    for (int s = 0; s < count; s++)
        for (int i = 0; i < orders; i++) {
            float *got = scores(model, pairs[i], splits[s], images, &units);
            support_compare(model, got, want, units * images, 1e-5);
            free(got);
        }
    free(want);
}

START_TEST(small_nets) {
    static const char *const models[] = {"tiny2t", "tiny-across", "tiny-nolrn", "tiny-orig", "tinyinc", "tinyskip"};
    static const char *const splits[] = {NULL, "1:1", "3:1", "auto"};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) compare(models[i], 7, splits, 4, 2);
}
END_TEST

START_TEST(the_papers_net) {
    static const char *const halves[] = {NULL}, *const images[] = {"auto"};
    compare("alexnet", 5, halves, 1, 2);
    compare("alexnet", 5, images, 1, 1);
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("two_vendors");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, small_nets);
    tcase_add_test(tests, the_papers_net);
    return support_run(tests);
}
