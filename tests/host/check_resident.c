/* SPDX-License-Identifier: MIT */
/* Weights are mapped, not copied twice: at batch 1 the program's largest resident size is at most 1.35 x (weights +
 * activations) more than what the runtime takes idle; and with weights in half precision it is smaller by what those
 * save, most of it: they are made from pages of the file that are then there as well. All is measured: by a tiny net,
 * and by the whole one, each in a process of its own. Results are in memory only until they are printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

/* Largest resident size, in bytes, of the program with these arguments, which ends with this code. */
static double resident_that_ends(const char *const *arguments, int code) {
    struct rusage usage;
    int state;
    fflush(NULL); /* or the child prints it again */
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout) || (code && !freopen("/dev/null", "w", stderr))) _exit(126);
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    ck_assert_int_eq(wait4(child, &state, 0, &usage), child);
    ck_assert_msg(WIFEXITED(state) && WEXITSTATUS(state) == code, "%s ended with %d", arguments[0], state);
    return (double)usage.ru_maxrss * 1024;
}

static double resident(const char *const *arguments) { return resident_that_ends(arguments, 0); }

/* Weights and activations of the whole net. */
static double planned(const char *precision) {
    struct alexcl_error err = {0};
    const struct alexcl_model *model;
    struct alexcl_plan *plan;
    const struct alexcl_settings settings = {.size = sizeof settings, .weights_precision = precision};
    EXPECT_OK(alexcl_model_find("alexnet", &model, &err), err);
    EXPECT_OK(alexcl_plan_make(model,
                               &(struct alexcl_plan_request){
                                   .size = sizeof(struct alexcl_plan_request), .targets = 1, .settings = &settings},
                               &plan, &err),
              err);
    double size = (double)(plan->memory[0].weights + plan->memory[0].activations);
    alexcl_plan_free(plan);
    return size;
}

/* Of some runs: two targets that are prepared at once have their peaks together or one behind the other. */
static double min_resident(const char *const arguments[]) {
    enum { RUNS = 3 };
    double min = resident(arguments);
    for (int i = 1; i < RUNS; i++) {
        double again = resident(arguments);
        if (again < min) min = again;
    }
    return min;
}

START_TEST(the_net_is_in_memory_once) {
    double size = planned("float"), saved = size - planned("half");
    const char *program = getenv("ALEXCL_PROGRAM"), *list = getenv("ALEXCL_LIST");
    ck_assert_ptr_nonnull(program);
    const char *init[] = {program, "weights", "init", "-q", "-o", "alexnet.safetensors", NULL};
    resident(init);
    for (int parts = 0; parts < 2; parts++) {
        const char *devices = parts ? "0/2" : "0";
        const char *tiny[] = {program, "infer",   "-q", "--model", "tiny2t", "--devices",
                              devices, "--batch", "1",  list,      NULL};
        const char *whole[] = {program,   "infer", "-q", "--weights", "alexnet.safetensors", "--devices", devices,
                               "--batch", "1",     list, NULL};
        const char *halves[] = {program, "infer",   "-q", "--weights", "alexnet.safetensors", "--devices",
                                devices, "--batch", "1",  list,        "--weights-precision", "half",
                                NULL};
        resident(halves);
        resident(whole); /* compiles, which takes memory of its own */
        resident(tiny);
        double idle = min_resident(tiny), most = min_resident(whole), less = min_resident(halves);
        printf("devices %s: %.1f MiB idle, %.1f MiB with the net of %.1f MiB\n", devices, idle / 1048576,
               most / 1048576, size / 1048576);
        ck_assert_msg(most <= 1.35 * size + idle, "devices %s: %.1f MiB, more than 1.35 x %.1f + %.1f idle", devices,
                      most / 1048576, size / 1048576, idle / 1048576);
        printf("devices %s: %.1f MiB with half weights, which save %.1f MiB\n", devices, less / 1048576,
               saved / 1048576);
        ck_assert_msg(less <= most - 0.7 * saved,
                      "devices %s: %.1f MiB with half weights, %.1f without, and they save %.1f", devices,
                      less / 1048576, most / 1048576, saved / 1048576);
    }
    unlink("alexnet.safetensors");
}
END_TEST

/* "host_and_devices" of the plan for a batch. */
static double planned_together(const char *program, const char *devices, const char *batch) {
    char command[1024], line[256];
    double bytes = 0;
    snprintf(command, sizeof command, "'%s' plan -q --model alexnet --devices %s --batch %s --format json", program,
             devices, batch);
    FILE *out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    while (fgets(line, sizeof line, out)) {
        const char *at = strstr(line, "\"host_and_devices\": ");
        if (at) bytes = strtod(strchr(at, ':') + 1, NULL);
    }
    ck_assert_int_eq(pclose(out), 0);
    return bytes;
}

/* Pictures ahead, batches and scores come out of the same memory as a CPU device's. */
START_TEST(a_batch_takes_what_the_plan_says) {
    const char *program = getenv("ALEXCL_PROGRAM"), *photo = getenv("ALEXCL_PHOTO");
    enum { IMAGES = 200 };
    FILE *list = fopen("many.txt", "w");
    ck_assert_ptr_nonnull(list);
    for (int i = 0; i < IMAGES; i++) fprintf(list, "%s\n", photo);
    fclose(list);
    for (int parts = 0; parts < 2; parts++) {
        const char *devices = parts ? "0/2" : "0";
        const char *infer[] = {program,   "infer", "-q",     "--model", "alexnet",  "--devices", devices,
                               "--batch", "64",    "--tune", "off",     "many.txt", NULL};
        resident(infer); /* compiles what a batch wants, which takes memory of its own */
        const char *tiny[] = {program, "infer",   "-q", "--model", "tiny2t", "--devices", devices, "--batch",
                              "1",     "--limit", "1",  "--tune",  "off",    "many.txt",  NULL};
        const char *idle[] = {program, "plan", "-q", "--model", "alexnet", "--devices", devices, NULL};
        resident(tiny);
        /* A runtime that compiles and computes takes memory of its own, which the plan does not know. */
        double own = resident(tiny) - resident(idle), plan = planned_together(program, devices, "64"),
               took = resident(infer);
        printf("devices %s: %.1f MiB of %.1f planned, %.1f the runtime's own\n", devices, took / 1048576,
               plan / 1048576, own / 1048576);
        ck_assert_msg(took <= 1.1 * plan + own, "devices %s: %.1f MiB, and %.1f are planned", devices, took / 1048576,
                      plan / 1048576);
        ck_assert_msg(plan <= 1.3 * took, "devices %s: %.1f MiB, and %.1f are planned", devices, took / 1048576,
                      plan / 1048576);
    }
    unlink("many.txt");
}
END_TEST

/* Results as JSON are one document, and are printed as they come. Pictures that are missing have rows as others have,
 * and take no time. */
START_TEST(results_are_not_kept) {
    const char *program = getenv("ALEXCL_PROGRAM"), *picture = getenv("ALEXCL_PICTURE");
    enum { IMAGES = 20000, COMMANDS = 3 };
    FILE *list = fopen("missing.txt", "w");
    ck_assert_ptr_nonnull(list);
    for (int i = 0; i < IMAGES; i++) fprintf(list, "missing.png\n");
    fclose(list);
    for (int command = 0; command < COMMANDS; command++) {
        double taken[2];
        for (int json = 0; json < 2; json++) {
            const char *format = json ? "json" : "text";
            const char *const arguments[COMMANDS][16] = {{program, "infer", "-q", "--model", "tiny2t", "-d", "ref",
                                                          "--keep-going", "missing.txt", "--format", format, NULL},
                                                         {program, "features", "-q", "--model", "tiny2t", "-d", "ref",
                                                          "--keep-going", "missing.txt", "--layer", "fc8", "-o",
                                                          "fc8.npy", "--format", format, NULL},
                                                         {program, "distance", "-q", "-d", "ref", "--keep-going",
                                                          picture, "missing.txt", "--format", format, NULL}};
            taken[json] = resident_that_ends(arguments[command], 6);
            if (json)
                printf("%s: %.1f MiB, as JSON %.1f MiB\n", arguments[command][1], taken[0] / 1048576,
                       taken[1] / 1048576);
        }
        ck_assert_msg(taken[1] <= taken[0] + 4 * 1048576, "%.1f MiB, and %.1f as JSON", taken[0] / 1048576,
                      taken[1] / 1048576);
    }
    unlink("missing.txt");
    unlink("fc8.npy");
    unlink("fc8.npy.txt");
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("resident");
    tcase_set_timeout(tests, 280);
    tcase_add_test(tests, the_net_is_in_memory_once);
    tcase_add_test(tests, a_batch_takes_what_the_plan_says);
    if (strcmp(support_implementation(), "pocl") == 0) tcase_add_test(tests, results_are_not_kept); /* once is enough */
    return support_run(tests);
}
