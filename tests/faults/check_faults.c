/* SPDX-License-Identifier: MIT */
/* Every OpenCL call fails in turn, each time it is made: the failure is told by the call's name and the device's, or
 * healed where that is promised; nothing crashes, nothing stays behind. The driver's part is played by
 * faults_layer.c. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "blas.h"
#include "faults.h"
#include "files.h"
#include "kernel.h"
#include "selection.h"
#include "settings.h"
#include "support.h"

static struct alexcl_error err;
static struct faults *faults;
static struct alexcl_selection *sel;
enum { FLOATS = 12 };

/* What a device is used for, once. */
static int session(void) {
    int status = ALEXCL_OK;
    struct device *dev = NULL;
    struct kernel *k = NULL;
    struct buffer *a = NULL, *b = NULL;
    struct event *wrote = NULL, *mark = NULL, *was_read = NULL;
    struct pinned *pinned = NULL;
    float in[FLOATS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, out[FLOATS] = {0}, part[4] = {0};
    const struct kernel_range range = {.dims = 1, .global = {FLOATS}, .local = {4}};
    const struct buffer_region whole = {.row = 1, .rows = 1, .pitch = 4, .width = 4},
                               region = {.row = 1, .rows = 2, .pitch = 4, .first = 1, .width = 2};
    TRY(device_open(selection_source(sel, 0), support_settings(), &dev, &err));
    TRY(kernel_create(dev, "faults", "twice", "", &k, &err));
    TRY(buffer_create(dev, FLOATS, "a test", &a, &err));
    TRY(buffer_create(dev, FLOATS, "a test", &b, &err));
    TRY(buffer_write(a, 0, in, FLOATS, &err));
    TRY(KERNEL_LAUNCH(k, "twice", &range, &err, ARG_BUFFER(a), ARG_INT(2), ARG_LOCAL(16)));
    TRY(device_mark(dev, &mark, &err));
    TRY(buffer_read_region(a, &region, part, mark, DEVICE_EXCHANGE, &was_read, &err));
    TRY(event_wait(was_read, &err));
    TRY(buffer_write_region(b, &region, part, NULL, DEVICE_EXCHANGE, &wrote, &err));
    TRY(device_wait_for(dev, wrote, &err));
    TRY(buffer_copy_region(b, &region, a, 0, &err));
    TRY(buffer_copy_region(b, &whole, b, 0, &err));
    TRY(pinned_create(dev, 4, "a test", &pinned, &err));
    TRY(buffer_read_region(b, &whole, pinned_values(pinned), NULL, DEVICE_EXCHANGE, NULL, &err));
    TRY(device_flush(dev, &err));
    TRY(device_finish(dev, &err));
    TRY(buffer_read(a, 0, out, FLOATS, &err));
    static const float due[FLOATS] = {12, 14, 20, 22, 10, 12, 14, 16, 18, 20, 22, 24};
    for (int i = 0; i < FLOATS; i++) ck_assert_float_eq(out[i], due[i]);
done:
    faults->set[0].call = NULL;
    event_free(was_read);
    event_free(mark);
    event_free(wrote);
    if (dev && status != ALEXCL_OK) (void)device_finish(dev, NULL); /* what is under way writes to what is freed here */
    pinned_free(pinned);
    buffer_free(a);
    buffer_free(b);
    kernel_free(k);
    device_free(dev);
    return status;
}

static void set_up(int cached) {
    static const char text[] =
        "__kernel void twice(__global float *x, int n, __local float *t) {\n  int i = (int)get_global_id(0);\n"
        "  t[get_local_id(0)] = x[i];\n  x[i] = n * t[get_local_id(0)];\n}\n";
    mkdir("faults-kernels", 0700);
    EXPECT_OK(files_replace("faults-kernels/faults.cl", text, strlen(text), &err), err);
    support_set("ALEXCL_KERNEL_DIR", "faults-kernels");
    support_set("ALEXCL_CACHE_DIR", "faults-cache");
    support_set("ALEXCL_NO_CACHE", cached ? "0" : "1");
    if (!sel) EXPECT_OK(alexcl_selection_open("0", &sel, &err), err);
    EXPECT_OK(session(), err); /* fills the cache */
    ck_assert_int_eq(faults->live, 0);
}

/* Lets the first, second, third... call fail until there is none left; says how many there were. */
static int fail_each(const char *call, int status_due) {
    for (int n = 1;; n++) {
        *faults = (struct faults){.set = {{.call = call, .nth = n, .code = FAULTS_CODE}}, .loaded = 1};
        err = (struct alexcl_error){0};
        int status = session();
        ck_assert_msg(faults->live == 0, "%s, call %d: %d objects stayed behind: %s", call, n, faults->live, err.text);
        if (!faults->fired) {
            EXPECT_OK(status, err);
            return n - 1;
        }
        ck_assert_msg(status == status_due, "%s, call %d: status %d: %s", call, n, status, err.text);
        if (status == ALEXCL_OK) continue;
        ck_assert_msg(err.status == status && strstr(err.text, "CL_OUT_OF_RESOURCES (-5)") &&
                          strstr(err.text, "device 0"),
                      "%s: %s", call, err.text);
        ck_assert_msg(status == ALEXCL_E_BUILD || strstr(err.text, call), "%s is not named: %s", call, err.text);
    }
}

START_TEST(a_failed_call_is_told_and_leaves_nothing) {
    static const char *const calls[] = {
        "clGetDeviceInfo",
        "clCreateContext",
        "clCreateCommandQueue",
        "clCreateKernel",
        "clGetKernelWorkGroupInfo",
        "clCreateBuffer",
        "clEnqueueFillBuffer",
        "clEnqueueWriteBuffer",
        "clSetKernelArg",
        "clEnqueueNDRangeKernel",
        "clEnqueueReadBufferRect",
        "clWaitForEvents",
        "clEnqueueWriteBufferRect",
        "clEnqueueCopyBufferRect",
        "clEnqueueCopyBuffer",
        "clEnqueueMapBuffer",
        "clEnqueueMarkerWithWaitList",
        "clEnqueueBarrierWithWaitList",
        "clRetainEvent",
        "clFlush",
        "clFinish",
        "clEnqueueReadBuffer",
        "clGetEventInfo",
    };
    set_up(1);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        ck_assert_msg(fail_each(calls[i], FAULTS_CODE) > 0, "%s is never called", calls[i]);
}
END_TEST

START_TEST(a_failed_build_is_told) {
    set_up(0);
    ck_assert_int_gt(fail_each("clCreateProgramWithSource", FAULTS_CODE), 0);
    ck_assert_int_gt(fail_each("clBuildProgram", ALEXCL_E_BUILD), 0);
}
END_TEST

START_TEST(what_the_cache_and_the_clock_fail_at_is_healed) {
    set_up(1);
    if (strcmp(support_implementation(), "pocl") != 0) { /* which keeps its kernels itself (quirks.c) */
        ck_assert_int_gt(fail_each("clCreateProgramWithBinary", ALEXCL_OK), 0);
        ck_assert_int_gt(fail_each("clBuildProgram", ALEXCL_OK), 0);
    }
    ck_assert_int_gt(fail_each("clGetEventProfilingInfo", ALEXCL_OK), 0);
}
END_TEST

START_TEST(a_device_that_cannot_be_cut_after_all_is_told) {
    struct device *dev;
    struct alexcl_selection *cut;
    if (alexcl_selection_open("0/2", &cut, &err) != ALEXCL_OK) return; /* one core */
    for (unsigned part = 0; part < 2; part++) {
        *faults = (struct faults){.set = {{.call = "clCreateSubDevices", .nth = 1, .code = FAULTS_CODE}}, .loaded = 1};
        EXPECT_ERROR(device_open(selection_source(cut, part), support_settings(), &dev, &err), FAULTS_CODE,
                     "clCreateSubDevices", err);
        *faults = (struct faults){.set = {{.call = "clCreateContext", .nth = 1, .code = FAULTS_CODE}}, .loaded = 1};
        EXPECT_ERROR(device_open(selection_source(cut, part), support_settings(), &dev, &err), FAULTS_CODE,
                     "clCreateContext", err);
        ck_assert_int_eq(faults->live, 0);
        EXPECT_OK(device_open(selection_source(cut, part), support_settings(), &dev, &err), err);
        device_free(dev);
        ck_assert_int_eq(faults->live, 0);
    }
    alexcl_selection_free(cut);
}
END_TEST

START_TEST(clblast_multiplies_and_leaves_nothing) {
    struct device *dev;
    struct buffer *b;
    /* a 2 x 3 and b 3 x 2 (or 2 x 3, transposed), with a row more than their width; the products are from 20 on */
    float x[40] = {1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 0, 9, 10, 0, 11, 12, 0}, out[40];
    set_up(1);
    EXPECT_OK(device_open(selection_source(sel, 0), support_settings(), &dev, &err), err);
    EXPECT_OK(buffer_create(dev, 40, "a test", &b, &err), err);
    EXPECT_OK(buffer_write(b, 0, x, 40, &err), err);
    struct blas_matrix a = {b, 0, 4}, right = {b, 8, 3}, gemm = {b, 20, 2}, same = {b, 24, 2}, turned = {b, 34, 2},
                       vector = {b, 4, 0}, gemv = {b, 30, 0};
    EXPECT_OK(blas_gemm(dev, "gemm", 2, 2, 3, a, right, BLAS_AB, 0.0f, gemm, NULL, &err), err);
    EXPECT_OK(blas_gemm(dev, "gemm", 2, 2, 3, a, a, BLAS_ABT, 0.0f, same, NULL, &err), err);
    EXPECT_OK(blas_gemm(dev, "gemm", 2, 2, 3, a, a, BLAS_ABT, 1.0f, same, NULL, &err), err);
    EXPECT_OK(blas_gemm(dev, "gemm", 3, 2, 2, a, right, BLAS_ATB, 0.0f, turned, NULL, &err), err);
    EXPECT_OK(blas_gemv(dev, "gemv", 2, 3, a, vector, 0.0f, gemv, &err), err);
    EXPECT_OK(device_finish(dev, &err), err);
    EXPECT_OK(buffer_read(b, 0, out, 40, &err), err);
    static const float products[] = {58, 64, 139, 154}, squares[] = {28, 64, 64, 154}, applied[] = {32, 77},
                       turns[] = {43, 48, 59, 66, 75, 84};
    for (int i = 0; i < 4; i++) ck_assert_float_eq(out[20 + i], products[i]);
    for (int i = 0; i < 4; i++) ck_assert_float_eq(out[24 + i], squares[i]);
    for (int i = 0; i < 2; i++) ck_assert_float_eq(out[30 + i], applied[i]);
    for (int i = 0; i < 6; i++) ck_assert_float_eq(out[34 + i], turns[i]);
    uint64_t busy[DEVICE_ACCOUNTS];
    device_times(dev, busy);
    ck_assert(!device_has_times(dev) || busy[DEVICE_COMPUTE] > 0);
    EXPECT_ERROR(blas_gemm(dev, "the label", 2, 2, 0, a, a, BLAS_ABT, 0.0f, same, NULL, &err), -1017,
                 "CLBlastInvalidDimension", err);
    struct blas_matrix beyond = {b, 1 << 20, 2}; /* behind guard words too */
    EXPECT_ERROR(blas_gemm(dev, "the label", 2, 2, 3, a, a, BLAS_ABT, 0.0f, beyond, NULL, &err), -1009,
                 "the label: CLBlastSgemm failed on device 0", err);
    buffer_free(b);
    device_free(dev);
    ck_assert_int_eq(faults->live, 0);
}
END_TEST

/* Packed tensors of a layer, one after the other. */
static void read_packed(struct layer *l, float *to) {
    for (int t = 0; t < 2; t++) {
        size_t floats = layer_parameter_floats(l, l->target, t);
        EXPECT_OK(storage_read(&l->pass[LAYER_FORWARD].parameters[t], 0, to, floats, &err), err);
        to += floats;
    }
}

/* Nothing was built or taken, so whatever a device failed at, the same call does it when the device is well again. */
START_TEST(a_layer_that_a_device_failed_to_pack_is_packed_again) {
    enum { IN = 5, OUT = 70 /* two blocks of fc_cpu.cl a half */ };
    static const struct alexcl_layer fc = {.type = ALEXCL_FC, .name = "fc", .outputs = OUT};
    static const char *const calls[] = {"clEnqueueWriteBuffer", "clEnqueueReadBuffer"}; /* to it; from its master */
    struct target target = {0};
    struct layer l, due;
    float *a = support_random(IN * OUT, "a", 0.5), *b = support_random(IN * OUT, "b", 0.5);
    const float *const before[LAYER_TENSORS] = {a, b}, *const after[LAYER_TENSORS] = {b, a};
    set_up(1);
    EXPECT_OK(device_open(selection_source(sel, 0), support_settings(), &target.device, &err), err);
    EXPECT_OK(layer_describe(&l, &fc, 0, (struct alexcl_shape){IN, 1, 1}, &err), err);
    due = l;
    l.choice.keep_master = 1;
    EXPECT_OK(layer_prepare(&l, LAYER_FORWARD, &target, before, &err), err);
    EXPECT_OK(layer_prepare(&due, LAYER_FORWARD, &target, after, &err), err);
    int fired_in_all = 0;
    size_t floats = layer_parameter_floats(&l, &target, 0) + layer_parameter_floats(&l, &target, 1);
    float *packed = support_floats(floats), *wanted = support_floats(floats);
    read_packed(&due, wanted);
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++)
        for (int n = 1, fired = 1; fired; n++) {
            const float *const *values = c == 0 ? after : NULL;
            *faults = (struct faults){
                .set = {{.call = calls[c], .nth = n, .code = FAULTS_CODE}}, .live = faults->live, .loaded = 1};
            int status = layer_pack(&l, LAYER_FORWARD, values, &err);
            fired = faults->fired;
            fired_in_all += fired;
            faults->set[0].call = NULL;
            ck_assert_msg(status == (fired ? FAULTS_CODE : ALEXCL_OK), "%s, call %d: %d: %s", calls[c], n, status,
                          err.text);
            ck_assert_msg(!fired || (strstr(err.text, "layer fc, half 0: ") && strstr(err.text, calls[c])), "%s",
                          err.text);
            err = (struct alexcl_error){0};
            if (fired) EXPECT_OK(layer_pack(&l, LAYER_FORWARD, values, &err), err);
            read_packed(&l, packed);
            ck_assert_msg(memcmp(packed, wanted, floats * sizeof *packed) == 0, "%s, call %d", calls[c], n);
        }
    ck_assert_int_ge(fired_in_all, 4 + 2); /* two tensors and their masters at least; two masters read */
    layer_release(&l), layer_release(&due);
    device_free(target.device);
    ck_assert_int_eq(faults->live, 0);
    free(a), free(b), free(packed), free(wanted);
}
END_TEST

/* ---- the check of kernels ---- */

static unsigned told;
static int count_failed(void *user, const struct alexcl_check_result *r) {
    (void)user;
    told += r->status != ALEXCL_OK && strstr(r->message, "CL_OUT_OF_RESOURCES (-5)") != NULL;
    return 0;
}

static const char *const check_calls[] = {"clCreateContext",        "clCreateCommandQueue", "clCreateKernel",
                                          "clCreateBuffer",         "clSetKernelArg",       "clEnqueueWriteBuffer",
                                          "clEnqueueNDRangeKernel", "clEnqueueReadBuffer"};
static const int check_turns[] = {1, 9};
enum { CHECK_CALLS = sizeof check_calls / sizeof *check_calls, CHECK_TURNS = sizeof check_turns / sizeof *check_turns };

START_TEST(a_check_tells_a_failed_call_and_goes_on) {
    /* the checks of one layer: those of the others run the same way */
    const struct alexcl_check_request request = {.size = sizeof request, .layer = "lrn"};
    int fired = 0;
    set_up(1);
    for (int c = 0; c < CHECK_CALLS; c++) {
        for (int i = 0; i < CHECK_TURNS; i++) {
            struct alexcl_check_counts counts = {.size = sizeof counts};
            *faults = (struct faults){.set = {{.call = check_calls[c], .nth = check_turns[i], .code = FAULTS_CODE}},
                                      .loaded = 1};
            told = 0;
            EXPECT_OK(alexcl_check_run(sel, &request, count_failed, NULL, &counts, &err), err);
            ck_assert_msg(faults->live == 0, "%s, call %d: %d objects stayed behind", check_calls[c], check_turns[i],
                          faults->live);
            int opened = c > 1 || !faults->fired; /* the first two calls open the device, which is told once */
            ck_assert_uint_gt(counts.checks, (unsigned)opened);
            ck_assert_msg(counts.failed == (unsigned)faults->fired && told == counts.failed,
                          "%s, call %d: %u failed, %u told it", check_calls[c], check_turns[i], counts.failed, told);
            ck_assert_int_eq(counts.status, faults->fired ? FAULTS_CODE : ALEXCL_OK);
            fired += faults->fired;
        }
    }
    faults->set[0].call = NULL;
    ck_assert_int_gt(fired, CHECK_CALLS);
}
END_TEST

START_TEST(a_net_whose_check_fails_is_not_opened) {
    const struct alexcl_net_options options = {.size = sizeof options, .batch = 2, .last_layer = "pool1"};
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    int fired = 0;
    set_up(1);
    support_set("ALEXCL_CHECK", "always");
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_weights_generate(model, 1, NULL, NULL, 0, &weights, &err), err);
    for (int c = 0; c < CHECK_CALLS; c++) {
        for (int i = 0; i < CHECK_TURNS; i++) {
            struct alexcl_net *net = NULL;
            *faults = (struct faults){.set = {{.call = check_calls[c], .nth = check_turns[i], .code = FAULTS_CODE}},
                                      .loaded = 1};
            int status = alexcl_net_open(model, weights, sel, &options, &net, &err);
            ck_assert_msg(status == (faults->fired ? FAULTS_CODE : ALEXCL_OK), "%s, call %d: %d: %s", check_calls[c],
                          check_turns[i], status, err.text);
            ck_assert((net == NULL) == (status != ALEXCL_OK));
            ck_assert(status == ALEXCL_OK || (err.cl_code == FAULTS_CODE && err.target == 0));
            fired += strstr(err.text, "before its first use") != NULL;
            alexcl_net_free(net);
            ck_assert_msg(faults->live == 0, "%s, call %d: %d objects stayed behind", check_calls[c], check_turns[i],
                          faults->live);
            err = (struct alexcl_error){0};
        }
    }
    faults->set[0].call = NULL;
    ck_assert_int_gt(fired, 3);
    alexcl_weights_free(weights);
    support_set("ALEXCL_CHECK", "off");
}
END_TEST

/* ---- two devices ---- */

/* Whichever fails: the other does not wait for ever, the failure is told and not that somebody gave up, and the next
 * batch is right. */
START_TEST(a_half_that_fails_ends_the_batch_of_both) {
    static const char *const calls[] = {"clEnqueueNDRangeKernel", "clEnqueueWriteBuffer", "clEnqueueReadBuffer"};
    enum { IMAGES = 2, CLASSES = 10 };
    const struct alexcl_model *model;
    struct alexcl_weights *weights;
    struct alexcl_selection *both;
    struct alexcl_net *net;
    float due[IMAGES * CLASSES], out[IMAGES * CLASSES];
    set_up(1);
    if (alexcl_selection_open("0/2", &both, &err) != ALEXCL_OK) return; /* one core */
    EXPECT_OK(alexcl_model_find("tiny2t", &model, &err), err);
    EXPECT_OK(alexcl_weights_generate(model, 1, NULL, NULL, 0, &weights, &err), err);
    EXPECT_OK(alexcl_net_open(model, weights, both,
                              &(struct alexcl_net_options){.size = sizeof(struct alexcl_net_options), .batch = IMAGES},
                              &net, &err),
              err);
    float *in = support_random(IMAGES * (size_t)(model->channels * model->height * model->width), "lanes", 100);
    EXPECT_OK(alexcl_net_run(net, in, IMAGES, due, &err), err);
    int live = faults->live;
    for (size_t c = 0; c < sizeof calls / sizeof *calls; c++) {
        for (int n = 1;; n++) {
            faults->set[0] = (struct fault){.call = calls[c], .nth = n, .code = FAULTS_CODE};
            faults->fired = 0;
            int status = alexcl_net_run(net, in, IMAGES, out, &err);
            faults->set[0].call = NULL;
            ck_assert_msg(faults->live == live, "%s, call %d: %d objects more", calls[c], n, faults->live - live);
            if (!faults->fired) {
                EXPECT_OK(status, err);
                ck_assert_msg(n > 2, "%s is not called by both", calls[c]);
                break;
            }
            EXPECT_ERROR(status, FAULTS_CODE, calls[c], err);
            EXPECT_OK(alexcl_net_run(net, in, IMAGES, out, &err), err);
            support_same(calls[c], out, due, IMAGES * CLASSES);
        }
    }
    free(in);
    alexcl_net_free(net);
    ck_assert_int_eq(faults->live, 0);
    alexcl_weights_free(weights);
    alexcl_selection_free(both);
}
END_TEST

static void close_selection(void) { alexcl_selection_free(sel); }

int main(void) {
    const char *layer = settings_environment("OPENCL_LAYERS");
    void *library = layer ? dlopen(layer, RTLD_NOW | RTLD_LOCAL) : NULL;
    TCase *tests = tcase_create("faults");
    if (!support_case() || strcmp(support_case(), "calls") == 0) {
        tcase_add_test(tests, a_failed_call_is_told_and_leaves_nothing);
        tcase_add_test(tests, a_failed_build_is_told);
        tcase_add_test(tests, what_the_cache_and_the_clock_fail_at_is_healed);
        tcase_add_test(tests, a_device_that_cannot_be_cut_after_all_is_told);
        tcase_add_test(tests, clblast_multiplies_and_leaves_nothing);
        tcase_add_test(tests, a_half_that_fails_ends_the_batch_of_both);
        tcase_add_test(tests, a_layer_that_a_device_failed_to_pack_is_packed_again);
    }
    if (!support_case() || strcmp(support_case(), "kernels") == 0) {
        tcase_add_test(tests, a_check_tells_a_failed_call_and_goes_on);
        tcase_add_test(tests, a_net_whose_check_fails_is_not_opened);
    }
    support_at_end = close_selection;
    struct faults **state = library ? dlsym(library, "faults_state") : NULL;
    faults = state ? *state : NULL;
    struct alexcl_devices *list = NULL;
    if (alexcl_devices_list(&list, &err) == ALEXCL_OK) alexcl_devices_free(list);
    if (!settings_environment("ALEXCL_TEST_SKIP") && (!faults || !faults->loaded)) {
        puts("skipped: this OpenCL loader takes no layers (ocl-icd does from 2.3)");
        return 77;
    }
    return support_run(tests);
}
