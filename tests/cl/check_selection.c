/* SPDX-License-Identifier: MIT */
/* --devices over machines that are not here: two GPUs, one, a CPU that can be cut or not, aliases, broken devices. */
#include <stdio.h>
#include <string.h>

#include "platforms.h"
#include "selection.h"
#include "support.h"

struct machine {
    struct platforms_device list[6];
    const struct alexcl_device_info *infos[6];
    size_t count;
};

static void add(struct machine *m, int platform, enum alexcl_device_kind kind, const char *name, const char *platform_name, uint64_t gib, unsigned parts) {
    struct platforms_device *d = &m->list[m->count];
    *d = (struct platforms_device){0};
    d->info = (struct alexcl_device_info){
        .index = (int)m->count, .platform = platform, .kind = kind, .memory = gib << 30, .parts = parts, .units = 8, .usable = 1, .alias_of = -1};
    for (size_t i = 0; i < m->count; i++) d->info.device += m->list[i].info.platform == platform;
    snprintf(d->info.name, sizeof d->info.name, "%s", name);
    snprintf(d->info.platform_name, sizeof d->info.platform_name, "%s", platform_name);
    m->infos[m->count++] = &d->info;
}

/* A workstation: a small and a large GPU of two vendors, the large one seen by Mesa too, and a CPU through two drivers. */
static struct machine workstation(void) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Small GPU", "Vendor A", 4, 0);
    add(&m, 1, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    add(&m, 2, ALEXCL_DEVICE_GPU, "Large GPU (mesa)", "rusticl", 16, 0);
    add(&m, 3, ALEXCL_DEVICE_CPU, "Some CPU", "Intel(R) OpenCL", 32, 16);
    add(&m, 4, ALEXCL_DEVICE_CPU, "pthread-some-cpu", "Portable Computing Language", 32, 16);
    platforms_mark_aliases(m.list, m.count);
    for (size_t i = 0; i < m.count; i++) m.infos[i] = &m.list[i].info;
    return m;
}

static struct machine laptop(unsigned parts) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_CPU, "pthread-some-cpu", "Portable Computing Language", 8, parts);
    return m;
}

static struct alexcl_place places[2];
static size_t place_count;
static char why[300];
static struct alexcl_error err;

static int choose(const struct machine *m, const char *text) {
    const struct alexcl_device_info *infos[6];
    for (size_t i = 0; i < m->count; i++) infos[i] = &m->list[i].info;
    err = (struct alexcl_error){0};
    memset(places, 0, sizeof places);
    return selection_resolve(text, infos, m->count, "the report", places, &place_count, why, sizeof why, &err);
}

static void expect(const struct machine *m, const char *text, int first, int second) {
    EXPECT_OK(choose(m, text), err);
    ck_assert_uint_eq(place_count, second == -9 ? 1 : 2);
    ck_assert_int_eq(places[0].device, first);
    if (second != -9) ck_assert_int_eq(places[1].device, second);
    ck_assert_msg(why[0] != '\0', "no reason is given for \"%s\"", text ? text : "the default");
}

START_TEST(the_same_hardware_is_an_alias_of_its_vendors_driver) {
    struct machine m = workstation();
    ck_assert_int_eq(m.list[0].info.alias_of, -1);
    ck_assert_int_eq(m.list[1].info.alias_of, -1);
    ck_assert_int_eq(m.list[2].info.alias_of, 1);
    ck_assert_int_eq(m.list[3].info.alias_of, -1);
    ck_assert_int_eq(m.list[4].info.alias_of, 3);
}
END_TEST

START_TEST(the_vendors_driver_is_the_device_even_when_listed_later) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU (mesa)", "rusticl", 16, 0);
    add(&m, 1, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    platforms_mark_aliases(m.list, m.count);
    ck_assert_int_eq(m.list[0].info.alias_of, 1);
    ck_assert_int_eq(m.list[1].info.alias_of, -1);
}
END_TEST

START_TEST(three_drivers_of_one_gpu_are_one_gpu) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU (mesa)", "rusticl", 16, 0);
    add(&m, 1, ALEXCL_DEVICE_GPU, "Large GPU (mesa)", "Portable Computing Language", 16, 0);
    add(&m, 2, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    platforms_mark_aliases(m.list, m.count);
    ck_assert_int_eq(m.list[0].info.alias_of, 2);
    ck_assert_int_eq(m.list[1].info.alias_of, 2);
    ck_assert_int_eq(m.list[2].info.alias_of, -1);
    expect(&m, NULL, 2, -9);
    expect(&m, "0,1", 0, 1);
    ck_assert_msg(strstr(why, "same hardware") != NULL, "%s", why);
}
END_TEST

START_TEST(a_place_on_the_bus_tells_more_than_a_name) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    add(&m, 1, ALEXCL_DEVICE_GPU, "another name", "rusticl", 16, 0);
    add(&m, 2, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor C", 16, 0);
    static const char *const bus[] = {"0000:01:00.0", "0000:02:00.0", "0000:02:00.0", "0000:03:00.0"};
    for (size_t i = 0; i < m.count; i++) snprintf(m.list[i].bus, sizeof m.list[i].bus, "%s", bus[i]);
    platforms_mark_aliases(m.list, m.count);
    ck_assert_int_eq(m.list[1].info.alias_of, -1);
    ck_assert_int_eq(m.list[2].info.alias_of, 1);
    ck_assert_int_eq(m.list[3].info.alias_of, -1);
}
END_TEST

START_TEST(two_equal_gpus_of_one_platform_are_two) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    platforms_mark_aliases(m.list, m.count);
    expect(&m, NULL, 0, 1);
}
END_TEST

START_TEST(the_default_is_two_gpus_then_one_then_a_cut_cpu) {
    struct machine m = workstation();
    expect(&m, NULL, 1, 0); /* the larger first; never the alias */
    m.list[0].info.usable = 0;
    expect(&m, "", 1, -9);
    m.list[1].info.usable = m.list[2].info.usable = 0;
    expect(&m, NULL, 3, 3);
    ck_assert_uint_eq(places[0].part, 0);
    ck_assert_uint_eq(places[1].part, 1);
    ck_assert_uint_eq(places[1].parts, 2);
    m.list[3].info.parts = 0;
    expect(&m, NULL, 3, -9);
}
END_TEST

START_TEST(every_form_is_read) {
    struct machine m = workstation();
    expect(&m, "0,1", 0, 1);
    expect(&m, "1,0", 1, 0);
    expect(&m, "3", 3, -9);
    expect(&m, "2:0", 2, -9);
    expect(&m, "1:0,0:0", 1, 0);
    expect(&m, "gpu", 1, -9);
    expect(&m, "gpu,cpu", 1, 3);
    expect(&m, "gpu,gpu", 1, 0);
    expect(&m, "GPU,Cpu", 1, 3);
    expect(&m, "Gpu,GPU", 1, 0);
    expect(&m, "REF", -1, -9);
    expect(&m, "~small", 0, -9);
    expect(&m, "~MESA,~some", 2, 3);
    expect(&m, "ref", -1, -9);
    expect(&m, "0,ref", 0, -1);
    expect(&m, "ref,ref", -1, -1);
    expect(&m, "3/2", 3, 3);
    ck_assert_uint_eq(places[1].part, 1);
    expect(&m, "~pthread/2", 4, 4);
    expect(&m, "3,4", 3, 4); /* an alias that is asked for is taken, and told */
    ck_assert_msg(strstr(why, "same hardware") != NULL, "%s", why);
}
END_TEST

START_TEST(a_lone_cpu_is_its_two_halves) {
    struct machine m = laptop(2);
    expect(&m, "0,1", 0, 0);
    ck_assert_uint_eq(places[0].part, 0);
    ck_assert_uint_eq(places[1].part, 1);
    expect(&m, "1,0", 0, 0);
    ck_assert_uint_eq(places[0].part, 1);
    ck_assert_uint_eq(places[1].part, 0);
    m = laptop(0);
    EXPECT_ERROR(choose(&m, "0,1"), ALEXCL_E_NO_DEVICE, "--devices 0 ", err);
    struct machine gpu = {0};
    add(&gpu, 0, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    EXPECT_ERROR(choose(&gpu, "0,1"), ALEXCL_E_NO_DEVICE, "--devices 0 ", err);
}
END_TEST

START_TEST(what_cannot_be_is_told) {
    struct machine m = workstation(), none = {0};
    static const char *const unreadable[] = {"foo", "0,1,2", "0/3", "0/", "/2",  "0/2,1", "1,0/2",      ":",     "0:",   ":0",
                                             "-1",  "0,",    ",0",  "~",  "1.5", "0x1",   "9999999999", "ref/2", "gpu0", " 0"};
    for (size_t i = 0; i < sizeof unreadable / sizeof unreadable[0]; i++) {
        int status = choose(&m, unreadable[i]);
        ck_assert_msg(status == ALEXCL_E_USAGE, "\"%s\": status %d, %s", unreadable[i], status, err.text);
    }
    EXPECT_ERROR(choose(&m, "0,0"), ALEXCL_E_USAGE, "twice", err);
    EXPECT_ERROR(choose(&m, "3,3"), ALEXCL_E_USAGE, "two parts", err);
    EXPECT_ERROR(choose(&m, "7"), ALEXCL_E_NO_DEVICE, "Large GPU", err); /* what there is */
    EXPECT_ERROR(choose(&m, "0:3"), ALEXCL_E_NO_DEVICE, "no device 0:3", err);
    EXPECT_ERROR(choose(&m, "~nothing"), ALEXCL_E_NO_DEVICE, "nothing", err);
    EXPECT_ERROR(choose(&m, "1/2"), ALEXCL_E_NO_DEVICE, "cannot be cut", err);
    EXPECT_ERROR(choose(&none, NULL), ALEXCL_E_NO_DEVICE, "the report", err);
    EXPECT_ERROR(choose(&none, "0,1"), ALEXCL_E_NO_DEVICE, "the report", err);
    m.list[1].info.usable = 0;
    snprintf(m.list[1].info.why, sizeof m.list[1].info.why, "the driver has no compiler");
    EXPECT_ERROR(choose(&m, "0,1"), ALEXCL_E_NO_DEVICE, "no compiler", err); /* never replaced in silence */
}
END_TEST

int main(void) {
    TCase *tests = tcase_create("selection");
    tcase_add_test(tests, the_same_hardware_is_an_alias_of_its_vendors_driver);
    tcase_add_test(tests, the_vendors_driver_is_the_device_even_when_listed_later);
    tcase_add_test(tests, three_drivers_of_one_gpu_are_one_gpu);
    tcase_add_test(tests, a_place_on_the_bus_tells_more_than_a_name);
    tcase_add_test(tests, two_equal_gpus_of_one_platform_are_two);
    tcase_add_test(tests, the_default_is_two_gpus_then_one_then_a_cut_cpu);
    tcase_add_test(tests, every_form_is_read);
    tcase_add_test(tests, a_lone_cpu_is_its_two_halves);
    tcase_add_test(tests, what_cannot_be_is_told);
    return support_run(tests);
}
