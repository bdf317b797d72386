/* SPDX-License-Identifier: MIT */
/* --devices over machines that are not here: two GPUs, one, a CPU that can be cut or not, aliases, broken devices; and
 * over machines whose owners showed in public what their drivers list. */
#include <stdio.h>
#include <string.h>

#include "aliases.h"
#include "selection.h"
#include "support.h"

enum { CARDS = 8 };
struct machine {
    struct platforms_device list[CARDS];
    const struct alexcl_device_info *infos[CARDS];
    size_t count;
};

static void add(struct machine *m, int platform, enum alexcl_device_kind kind, const char *name,
                const char *platform_name, uint64_t gib, unsigned parts) {
    struct platforms_device *d = &m->list[m->count];
    *d = (struct platforms_device){0};
    d->info = (struct alexcl_device_info){.index = (int)m->count,
                                          .platform = platform,
                                          .kind = kind,
                                          .memory = gib << 30,
                                          .parts = parts,
                                          .compute_units = 8,
                                          .clock_mhz = 1000,
                                          .usable = 1,
                                          .alias_of = -1,
                                          .maybe_alias_of = -1};
    for (size_t i = 0; i < m->count; i++) d->info.device += m->list[i].info.platform == platform;
    snprintf(d->info.name, sizeof d->info.name, "%s", name);
    snprintf(d->info.platform_name, sizeof d->info.platform_name, "%s", platform_name);
    d->info.vendor_id = (unsigned char)name[0]; /* cards of one vendor begin alike */
    m->infos[m->count++] = &d->info;
}

/* A workstation: a small and a large GPU of two vendors, the large one seen by Mesa too, and a CPU through two
 * drivers. */
static struct machine workstation(void) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Small GPU", "Vendor A", 4, 0);
    add(&m, 1, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    add(&m, 2, ALEXCL_DEVICE_GPU, "Large GPU (mesa)", "rusticl", 16, 0);
    add(&m, 3, ALEXCL_DEVICE_CPU, "Some CPU", "Intel(R) OpenCL", 32, 16);
    add(&m, 4, ALEXCL_DEVICE_CPU, "pthread-some-cpu", "Portable Computing Language", 32, 16);
    aliases_mark(m.list, m.count);
    for (size_t i = 0; i < m.count; i++) m.infos[i] = &m.list[i].info;
    return m;
}

static struct machine laptop(unsigned parts) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_CPU, "pthread-some-cpu", "Portable Computing Language", 8, parts);
    return m;
}

static struct alexcl_target targets[2];
static size_t target_count;
static char why[500];
static struct alexcl_error err;

static int choose(const struct machine *m, const char *text) {
    const struct alexcl_device_info *infos[CARDS];
    for (size_t i = 0; i < m->count; i++) infos[i] = &m->list[i].info;
    err = (struct alexcl_error){0};
    memset(targets, 0, sizeof targets);
    return selection_resolve(text, infos, m->count, "the report", targets, &target_count, why, sizeof why, &err);
}

static void expect(const struct machine *m, const char *text, int first, int second) {
    EXPECT_OK(choose(m, text), err);
    ck_assert_uint_eq(target_count, second == -9 ? 1 : 2);
    ck_assert_int_eq(targets[0].device, first);
    if (second != -9) ck_assert_int_eq(targets[1].device, second);
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
    aliases_mark(m.list, m.count);
    ck_assert_int_eq(m.list[0].info.alias_of, 1);
    ck_assert_int_eq(m.list[1].info.alias_of, -1);
}
END_TEST

START_TEST(three_drivers_of_one_gpu_are_one_gpu) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU (mesa)", "rusticl", 16, 0);
    add(&m, 1, ALEXCL_DEVICE_GPU, "Large GPU (mesa)", "Portable Computing Language", 16, 0);
    add(&m, 2, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    aliases_mark(m.list, m.count);
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
    aliases_mark(m.list, m.count);
    ck_assert_int_eq(m.list[1].info.alias_of, -1);
    ck_assert_int_eq(m.list[2].info.alias_of, 1);
    ck_assert_int_eq(m.list[3].info.alias_of, -1);
}
END_TEST

START_TEST(two_equal_gpus_of_one_platform_are_two) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    add(&m, 0, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    aliases_mark(m.list, m.count);
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
    ck_assert_uint_eq(targets[0].part, 0);
    ck_assert_uint_eq(targets[1].part, 1);
    ck_assert_uint_eq(targets[1].parts, 2);
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
    ck_assert_uint_eq(targets[1].part, 1);
    expect(&m, "~pthread/2", 4, 4);
    expect(&m, "3,4", 3, 4); /* an alias that is asked for is taken, and told */
    ck_assert_msg(strstr(why, "same hardware") != NULL, "%s", why);
}
END_TEST

START_TEST(a_lone_cpu_is_its_two_halves) {
    struct machine m = laptop(2);
    expect(&m, "0,1", 0, 0);
    ck_assert_uint_eq(targets[0].part, 0);
    ck_assert_uint_eq(targets[1].part, 1);
    expect(&m, "1,0", 0, 0);
    ck_assert_uint_eq(targets[0].part, 1);
    ck_assert_uint_eq(targets[1].part, 0);
    m = laptop(0);
    EXPECT_ERROR(choose(&m, "0,1"), ALEXCL_E_NO_DEVICE, "--devices 0 ", err);
    struct machine gpu = {0};
    add(&gpu, 0, ALEXCL_DEVICE_GPU, "Large GPU", "Vendor B", 16, 0);
    EXPECT_ERROR(choose(&gpu, "0,1"), ALEXCL_E_NO_DEVICE, "--devices 0 ", err);
}
END_TEST

START_TEST(what_cannot_be_is_told) {
    struct machine m = workstation(), none = {0};
    static const char *const unreadable[] = {"foo", "0,1,2", "0/3",        "0/",    "/2",   "0/2,1", "1,0/2",
                                             ":",   "0:",    ":0",         "-1",    "0,",   ",0",    "~",
                                             "1.5", "0x1",   "9999999999", "ref/2", "gpu0", " 0"};
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

/* ---- machines after public listings ------------------------------------------------------------------ */

#define ROCM "AMD Accelerated Parallel Processing"
#define NVIDIA "NVIDIA CUDA"
#define POCL "Portable Computing Language"
#define NEO "Intel(R) OpenCL Graphics"
#define INTEL_CPU "Intel(R) OpenCL"
enum {
    GPU = ALEXCL_DEVICE_GPU,
    CPU = ALEXCL_DEVICE_CPU,
    AMD_ID = 0x1002,
    NVIDIA_ID = 0x10de,
    INTEL_ID = 0x8086,
    APPLE_ID = 0x1027f00,
    BUILT_IN = 1,
    NO = -1,
    ALONE = -9
};

struct card {
    int platform;
    int kind;
    const char *name, *platform_name;
    unsigned vendor_id, mib, units, clock_mhz;
    int built_in;
    int alias_of, maybe_alias_of; /* what is to be found */
    const char *bus, *board;      /* NULL: not told */
    unsigned char uuid;           /* 0: not told */
};
static const struct listing {
    const char *about;
    int first, second;           /* without --devices */
    int both_first, both_second; /* for a split by images */
    const char *why;             /* of the default, part of it */
    struct card cards[CARDS];
} listings[] = {
    {"ROCm and rusticl of one RX 580, which ROCm's board name tells",
     0,
     ALONE,
     0,
     ALONE,
     "the one GPU",
     {{0, GPU, "gfx803", ROCM, AMD_ID, 8192, 36, 1340, 0, NO, NO, "01:00.0", "Radeon RX 580 Series", 0},
      {1, GPU, "AMD Radeon RX 580 Series (radeonsi, polaris10, LLVM 15.0.6, DRM 3.49, 6.1.0-13-amd64)", "rusticl",
       AMD_ID, 8192, 36, 1340, 0, 0, NO, NULL, NULL, 0}}},
    {"the same with an older ROCm, whose board name is a number",
     0,
     ALONE,
     0,
     ALONE,
     "not 1, which may be the same card",
     {{0, GPU, "gfx803", ROCM, AMD_ID, 8192, 36, 1266, 0, NO, NO, "01:00.0", "Device 67df", 0},
      {1, GPU, "AMD Radeon RX 580 Series (radeonsi, polaris10, LLVM 15.0.6, DRM 3.49, 6.1.0-13-amd64)", "rusticl",
       AMD_ID, 8192, 36, 1340, 0, NO, 0, NULL, NULL, 0}}},
    {"two RX 580, ROCm and rusticl: which is which nobody tells, but ROCm's two are two",
     0,
     1,
     0,
     1,
     "the two best GPUs",
     {{0, GPU, "gfx803", ROCM, AMD_ID, 8192, 36, 1266, 0, NO, NO, "01:00.0", "Device 67df", 0},
      {0, GPU, "gfx803", ROCM, AMD_ID, 8192, 36, 1266, 0, NO, NO, "05:00.0", "Device 67df", 0},
      {1, GPU, "AMD Radeon RX 580 Series (radeonsi, polaris10)", "rusticl", AMD_ID, 16384, 36, 1340, 0, NO, 0, NULL,
       NULL, 0},
      {1, GPU, "AMD Radeon RX 580 Series (radeonsi, polaris10)", "rusticl", AMD_ID, 16384, 36, 1340, 0, NO, 0, NULL,
       NULL, 0}}},
    {"NVIDIA's driver behind PoCL's of the same card",
     1,
     ALONE,
     1,
     ALONE,
     "the one GPU",
     {{0, GPU, "NVIDIA GeForce RTX 4090", POCL, NVIDIA_ID, 24563, 128, 2520, 0, 1, NO, NULL, NULL, 0},
      {1, GPU, "NVIDIA GeForce RTX 4090", NVIDIA, NVIDIA_ID, 24563, 128, 2520, 0, NO, NO, "0000:01:00.0", NULL, 0},
      {2, CPU, "12th Gen Intel(R) Core(TM) i5-12600KF", INTEL_CPU, INTEL_ID, 11866, 16, 0, BUILT_IN, NO, NO, NULL, NULL,
       0}}},
    {"two cards of one name on one platform, and PoCL's of both",
     0,
     1,
     0,
     1,
     "the two best GPUs",
     {{0, GPU, "NVIDIA GeForce RTX 3090", NVIDIA, NVIDIA_ID, 24268, 82, 1695, 0, NO, NO, "0000:21:00.0", NULL, 0},
      {0, GPU, "NVIDIA GeForce RTX 3090", NVIDIA, NVIDIA_ID, 24268, 82, 1695, 0, NO, NO, "0000:4b:00.0", NULL, 0},
      {1, GPU, "GeForce RTX 3090", POCL, NVIDIA_ID, 24268, 82, 1695, 0, 0, NO, NULL, NULL, 0},
      {1, GPU, "GeForce RTX 3090", POCL, NVIDIA_ID, 24268, 82, 1695, 0, 1, NO, NULL, NULL, 0}}},
    {"two cards of one name, each on a platform of its own",
     0,
     1,
     0,
     1,
     "the two best GPUs",
     {{0, GPU, "AMD Radeon RX 6700 XT", ROCM, AMD_ID, 12272, 40, 2855, 0, NO, NO, "03:00.0", NULL, 0},
      {1, GPU, "AMD Radeon RX 6700 XT (radeonsi, navi22, ACO, DRM 3.57)", "rusticl", AMD_ID, 12272, 40, 2855, 0, NO, NO,
       "0000:0a:00.0", NULL, 0}}},
    {"a laptop: NVIDIA beside Intel's built-in, which has more memory",
     1,
     ALONE,
     1,
     0,
     "not built-in 0 (--split auto uses it)",
     {{0, GPU, "Intel(R) UHD Graphics 630", NEO, INTEL_ID, 12710, 24, 1150, BUILT_IN, NO, NO, "0000:00:02.0", NULL, 0},
      {1, GPU, "NVIDIA GeForce GTX 1650", NVIDIA, NVIDIA_ID, 3911, 14, 1560, 0, NO, NO, "0000:01:00.0", NULL, 0},
      {2, CPU, "pthread-Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz", POCL, INTEL_ID, 13500, 12, 4500, BUILT_IN, NO, NO,
       NULL, NULL, 0}}},
    {"an AMD APU beside an AMD card, through ROCm and rusticl",
     0,
     ALONE,
     0,
     1,
     "not built-in 1",
     {{0, GPU, "gfx1100", ROCM, AMD_ID, 24560, 48, 2371, 0, NO, NO, "03:00.0", "Radeon RX 7900 XTX", 0},
      {0, GPU, "gfx1036", ROCM, AMD_ID, 31000, 1, 2200, BUILT_IN, NO, NO, "6c:00.0", "AMD Radeon Graphics", 0},
      {1, GPU, "AMD Radeon Graphics (radeonsi, raphael_mendocino, LLVM 17.0.6, DRM 3.57)", "rusticl", AMD_ID, 31000, 2,
       2200, BUILT_IN, 1, NO, NULL, NULL, 0},
      {1, GPU, "AMD Radeon RX 7900 XTX (radeonsi, navi31, LLVM 17.0.6, DRM 3.57)", "rusticl", AMD_ID, 24560, 96, 2371,
       0, 0, NO, NULL, NULL, 0}}},
    {"Intel Arc beside Intel's built-in",
     0,
     ALONE,
     0,
     1,
     "not built-in 1",
     {{0, GPU, "Intel(R) Arc(TM) A770 Graphics", NEO, INTEL_ID, 15473, 512, 2400, 0, NO, NO, "0000:03:00.0", NULL, 1},
      {0, GPU, "Intel(R) UHD Graphics 770", NEO, INTEL_ID, 25550, 32, 1550, BUILT_IN, NO, NO, "0000:00:02.0", NULL,
       2}}},
    {"two Arcs of two generations, a built-in, a TITAN, and the CPU twice: units of two vendors do not compare",
     1,
     3,
     1,
     0,
     "the two best GPUs",
     {{0, GPU, "Intel(R) Arc(TM) B580 Graphics", NEO, INTEL_ID, 12216, 160, 2850, 0, NO, NO, "0000:03:00.0", NULL, 0},
      {0, GPU, "Intel(R) Arc(TM) A750 Graphics", NEO, INTEL_ID, 8096, 448, 2400, 0, NO, NO, "0000:09:00.0", NULL, 0},
      {0, GPU, "Intel(R) UHD Graphics 770", NEO, INTEL_ID, 60000, 32, 1600, BUILT_IN, NO, NO, "0000:00:02.0", NULL, 0},
      {1, GPU, "NVIDIA TITAN Xp", NVIDIA, NVIDIA_ID, 12190, 30, 1582, 0, NO, NO, "0000:01:00.0", NULL, 0},
      {2, CPU, "13th Gen Intel(R) Core(TM) i7-13700K", INTEL_CPU, INTEL_ID, 64000, 24, 0, BUILT_IN, NO, NO, NULL, NULL,
       0},
      {3, CPU, "cpu-haswell-13th Gen Intel(R) Core(TM) i7-13700K", POCL, INTEL_ID, 62000, 24, 5400, BUILT_IN, 4, NO,
       NULL, NULL, 0}}},
    {"an A10 beside an A100, and PoCL's of both the other way round: a name is found as whole words",
     1,
     0,
     1,
     0,
     "the two best GPUs",
     {{0, GPU, "NVIDIA A10", NVIDIA, NVIDIA_ID, 22731, 72, 1695, 0, NO, NO, "0000:17:00.0", NULL, 0},
      {0, GPU, "NVIDIA A100-SXM4-40GB", NVIDIA, NVIDIA_ID, 40536, 108, 1410, 0, NO, NO, "0000:b1:00.0", NULL, 0},
      {1, GPU, "NVIDIA A100-SXM4-40GB", POCL, NVIDIA_ID, 40536, 108, 1410, 0, 1, NO, NULL, NULL, 0},
      {1, GPU, "NVIDIA A10", POCL, NVIDIA_ID, 22731, 72, 1695, 0, 0, NO, NULL, NULL, 0}}},
    {"an A10 of NVIDIA's driver, and an A100 that PoCL shows alone: not known to be one, nor to be two",
     0,
     ALONE,
     0,
     ALONE,
     "not 1, which may be the same card",
     {{0, GPU, "NVIDIA A10", NVIDIA, NVIDIA_ID, 22731, 72, 1695, 0, NO, NO, NULL, NULL, 0},
      {1, GPU, "NVIDIA A100-SXM4-40GB", POCL, NVIDIA_ID, 40536, 108, 1410, 0, NO, 0, NULL, NULL, 0}}},
    {"an RTX 3090 beside a GTX 1050",
     0,
     ALONE,
     0,
     1,
     "not 1, half as fast (--split auto uses it)",
     {{0, GPU, "NVIDIA GeForce RTX 3090", NVIDIA, NVIDIA_ID, 24268, 82, 1695, 0, NO, NO, "0000:01:00.0", NULL, 0},
      {0, GPU, "NVIDIA GeForce GTX 1050", NVIDIA, NVIDIA_ID, 1999, 5, 1455, 0, NO, NO, "0000:02:00.0", NULL, 0}}},
    {"a slower card with more memory is not the one",
     1,
     ALONE,
     1,
     0,
     "not 0, half as fast",
     {{0, GPU, "NVIDIA GeForce RTX 3060", NVIDIA, NVIDIA_ID, 12053, 28, 1777, 0, NO, NO, "0000:01:00.0", NULL, 0},
      {0, GPU, "NVIDIA GeForce RTX 3080", NVIDIA, NVIDIA_ID, 10009, 68, 1740, 0, NO, NO, "0000:02:00.0", NULL, 0}}},
    {"half of the units are still a pair",
     0,
     1,
     0,
     1,
     "the two best GPUs",
     {{0, GPU, "NVIDIA GeForce RTX 4080", NVIDIA, NVIDIA_ID, 16376, 76, 2505, 0, NO, NO, "0000:01:00.0", NULL, 0},
      {0, GPU, "NVIDIA GeForce RTX 4060 Ti", NVIDIA, NVIDIA_ID, 8188, 38, 2505, 0, NO, NO, "0000:02:00.0", NULL, 0}}},
    {"a machine in a cloud: two equal cards at one bus number of two PCI domains, and PoCL, which tells nothing",
     0,
     1,
     0,
     1,
     "the two best GPUs",
     {{0, GPU, "Tesla V100-PCIE-16GB", NVIDIA, NVIDIA_ID, 16160, 80, 1380, 0, NO, NO, "0001:00:00.0", NULL, 0},
      {0, GPU, "Tesla V100-PCIE-16GB", NVIDIA, NVIDIA_ID, 16160, 80, 1380, 0, NO, NO, "0002:00:00.0", NULL, 0},
      {1, GPU, "Tesla V100-PCIE-16GB", POCL, NVIDIA_ID, 16160, 80, 1380, 0, 0, NO, NULL, NULL, 0},
      {1, GPU, "Tesla V100-PCIE-16GB", POCL, NVIDIA_ID, 16160, 80, 1380, 0, 1, NO, NULL, NULL, 0}}},
    {"two equal cards in two domains, each through a driver that tells it",
     0,
     1,
     0,
     1,
     "the two best GPUs",
     {{0, GPU, "Tesla V100-PCIE-16GB", NVIDIA, NVIDIA_ID, 16160, 80, 1380, 0, NO, NO, "0001:03:00.0", NULL, 0},
      {1, GPU, "Tesla V100-PCIE-16GB", "rusticl", NVIDIA_ID, 16160, 80, 1380, 0, NO, NO, "0002:03:00.0", NULL, 0}}},
    {"four MI300A, of which ROCm tells one bus number and no domain, and rusticl both; all are built-in",
     0,
     1,
     0,
     1,
     "the two best GPUs",
     {{0, GPU, "gfx942:sramecc+:xnack-", ROCM, AMD_ID, 131072, 228, 2100, BUILT_IN, NO, NO, "02:00.0",
       "AMD Instinct MI300A", 0},
      {0, GPU, "gfx942:sramecc+:xnack-", ROCM, AMD_ID, 131072, 228, 2100, BUILT_IN, NO, NO, "02:00.0",
       "AMD Instinct MI300A", 0},
      {0, GPU, "gfx942:sramecc+:xnack-", ROCM, AMD_ID, 131072, 228, 2100, BUILT_IN, NO, NO, "02:00.0",
       "AMD Instinct MI300A", 0},
      {0, GPU, "gfx942:sramecc+:xnack-", ROCM, AMD_ID, 131072, 228, 2100, BUILT_IN, NO, NO, "02:00.0",
       "AMD Instinct MI300A", 0},
      {1, GPU, "AMD Instinct MI300A (radeonsi, gfx942, LLVM 18.1.8)", "rusticl", AMD_ID, 131072, 228, 2100, BUILT_IN, 0,
       NO, "0000:02:00.0", NULL, 0},
      {1, GPU, "AMD Instinct MI300A (radeonsi, gfx942, LLVM 18.1.8)", "rusticl", AMD_ID, 131072, 228, 2100, BUILT_IN, 1,
       NO, "0001:02:00.0", NULL, 0},
      {1, GPU, "AMD Instinct MI300A (radeonsi, gfx942, LLVM 18.1.8)", "rusticl", AMD_ID, 131072, 228, 2100, BUILT_IN, 2,
       NO, "0002:02:00.0", NULL, 0},
      {1, GPU, "AMD Instinct MI300A (radeonsi, gfx942, LLVM 18.1.8)", "rusticl", AMD_ID, 131072, 228, 2100, BUILT_IN, 3,
       NO, "0003:02:00.0", NULL, 0}}},
    {"zink, whose name for a card holds NVIDIA's: the UUID tells more",
     0,
     1,
     0,
     1,
     "the two best GPUs",
     {{0, GPU, "NVIDIA GeForce RTX 2080 Ti", NVIDIA, NVIDIA_ID, 11019, 68, 1545, 0, NO, NO, "0000:01:00.0", NULL, 7},
      {0, GPU, "NVIDIA GeForce RTX 2080 Ti", NVIDIA, NVIDIA_ID, 11019, 68, 1545, 0, NO, NO, "0000:02:00.0", NULL, 8},
      {1, GPU, "zink Vulkan 1.3(NVIDIA GeForce RTX 2080 Ti (NVIDIA_PROPRIETARY))", "rusticl", NVIDIA_ID, 11019, 68,
       1545, 0, 1, NO, NULL, NULL, 8}}},
    {"Oclgrind, which calls itself a GPU, beside a CPU",
     1,
     1,
     1,
     1,
     "cut in two",
     {{0, GPU, "Oclgrind Simulator", "Oclgrind", 0, 128, 1, 0, BUILT_IN, NO, NO, NULL, NULL, 0},
      {1, CPU, "pthread-haswell-AMD EPYC", POCL, AMD_ID, 5336, 2, 2450, BUILT_IN, NO, NO, NULL, NULL, 0}}},
    {"Oclgrind beside a GPU",
     1,
     ALONE,
     1,
     ALONE,
     "the one GPU",
     {{0, GPU, "Oclgrind Simulator", "Oclgrind", 0, 128000, 1, 0, 0, NO, NO, NULL, NULL, 0},
      {1, GPU, "NVIDIA GeForce GTX 1060", NVIDIA, NVIDIA_ID, 6143, 10, 1708, 0, NO, NO, "0000:01:00.0", NULL, 0}}},
    {"Apple's one",
     0,
     ALONE,
     0,
     ALONE,
     "the one GPU",
     {{0, GPU, "Apple M1 Pro", "Apple", APPLE_ID, 10922, 16, 1000, BUILT_IN, NO, NO, NULL, NULL, 0}}},
    {"Apple's three on one platform",
     2,
     ALONE,
     2,
     1,
     "not built-in 1",
     {{0, CPU, "Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz", "Apple", 0xffffffff, 16384, 12, 2600, BUILT_IN, NO, NO, NULL,
       NULL, 0},
      {0, GPU, "Intel(R) UHD Graphics 630", "Apple", 0x1024500, 1536, 24, 1150, BUILT_IN, NO, NO, NULL, NULL, 0},
      {0, GPU, "AMD Radeon Pro 5300M Compute Engine", "Apple", 0x1021c00, 4080, 20, 1000, 0, NO, NO, NULL, NULL, 0}}},
    {"rusticl and Intel's driver of one built-in GPU",
     1,
     ALONE,
     1,
     ALONE,
     "the one GPU",
     {{0, GPU, "Mesa Intel(R) UHD Graphics 620 (KBL GT2)", "rusticl", INTEL_ID, 15900, 24, 1100, BUILT_IN, 1, NO, NULL,
       NULL, 0},
      {1, GPU, "Intel(R) UHD Graphics 620", NEO, INTEL_ID, 12700, 24, 1100, BUILT_IN, NO, NO, "0000:00:02.0", NULL,
       0}}},
    {"one CPU three times, Mesa's rasteriser first",
     2,
     2,
     2,
     2,
     "cut in two",
     {{0, CPU, "llvmpipe (LLVM 15.0.6, 256 bits)", "rusticl", 0xffffffff, 15900, 8, 300, BUILT_IN, 2, NO, NULL, NULL,
       0},
      {1, CPU, "pthread-skylake-avx512-Intel(R) Xeon(R) Processor", POCL, INTEL_ID, 13800, 8, 2000, BUILT_IN, 2, NO,
       NULL, NULL, 0},
      {2, CPU, "Intel(R) Xeon(R) Processor", INTEL_CPU, INTEL_ID, 15900, 8, 2000, BUILT_IN, NO, NO, NULL, NULL, 0}}},
    {"Mesa's rasteriser before PoCL: the one that computes everything is the device",
     1,
     1,
     1,
     1,
     "cut in two",
     {{0, CPU, "llvmpipe (LLVM 15.0.6, 256 bits)", "rusticl", 0xffffffff, 15900, 8, 300, BUILT_IN, 1, NO, NULL, NULL,
       0},
      {1, CPU, "pthread-haswell-AMD Ryzen 7 5700X3D 8-Core Processor", POCL, AMD_ID, 13800, 8, 3000, BUILT_IN, NO, NO,
       NULL, NULL, 0}}},
};

static struct machine listed(const struct listing *l) {
    struct machine m = {0};
    for (const struct card *c = l->cards; m.count < CARDS && c->name; c++) {
        add(&m, c->platform, (enum alexcl_device_kind)c->kind, c->name, c->platform_name, 0,
            c->kind == CPU ? c->units : 0);
        struct platforms_device *d = &m.list[m.count - 1];
        d->info.memory = (uint64_t)c->mib << 20;
        d->info.vendor_id = c->vendor_id;
        d->info.compute_units = c->units;
        d->info.clock_mhz = c->clock_mhz;
        d->info.unified_memory = c->built_in;
        if (c->bus) snprintf(d->bus, sizeof d->bus, "%s", c->bus);
        if (c->board) snprintf(d->board, sizeof d->board, "%s", c->board);
        memset(d->uuid, c->uuid, sizeof d->uuid);
    }
    aliases_mark(m.list, m.count);
    return m;
}

/* A second index of ALONE: both halves on the first. One index twice: the two parts of a CPU. */
static void expect_listed(const struct listing *l, const struct machine *m, const char *text, int first, int second) {
    EXPECT_OK(choose(m, text), err);
    int found = target_count == 2 ? targets[1].device : ALONE;
    ck_assert_msg(targets[0].device == first && found == second, "%s: %s: %d and %d, not %d and %d: %s", l->about,
                  text ? text : "default", targets[0].device, found, first, second, why);
}

START_TEST(machines_of_public_listings) {
    const struct listing *l = &listings[_i];
    struct machine m = listed(l);
    for (size_t i = 0; i < m.count; i++) {
        const struct alexcl_device_info *d = &m.list[i].info;
        ck_assert_msg(d->alias_of == l->cards[i].alias_of, "%s: %zu is an alias of %d", l->about, i, d->alias_of);
        ck_assert_msg(d->maybe_alias_of == l->cards[i].maybe_alias_of, "%s: %zu may be %d", l->about, i,
                      d->maybe_alias_of);
    }
    expect_listed(l, &m, NULL, l->first, l->second);
    ck_assert_msg(strstr(why, l->why) != NULL, "%s: %s", l->about, why);
    expect_listed(l, &m, "both", l->both_first, l->both_second);
    if (m.count > 1) expect_listed(l, &m, "0,1", 0, 1); /* whatever they are */
    if (m.count > 1) expect_listed(l, &m, "1,0", 1, 0);
}
END_TEST

START_TEST(a_split_by_images_says_that_it_takes_the_slow_one_too) {
    struct machine m = listed(&listings[6]);
    expect_listed(&listings[6], &m, "both", 1, 0);
    ck_assert_msg(strstr(why, "the built-in one too") != NULL, "%s", why);
    m = laptop(2); /* without a GPU it is the default */
    expect(&m, "BOTH", 0, 0);
}
END_TEST

START_TEST(a_simulator_is_taken_where_it_is_named) {
    struct machine m = {0};
    add(&m, 0, ALEXCL_DEVICE_GPU, "Oclgrind Simulator", "Oclgrind", 1, 0);
    EXPECT_ERROR(choose(&m, NULL), ALEXCL_E_NO_DEVICE, "simulator", err);
    EXPECT_ERROR(choose(&m, "both"), ALEXCL_E_NO_DEVICE, "simulator", err);
    expect(&m, "0", 0, -9);
    expect(&m, "gpu", 0, -9);
    add(&m, 1, ALEXCL_DEVICE_GPU, "Small GPU", "Vendor A", 1, 0);
    aliases_mark(m.list, m.count);
    expect(&m, "gpu", 1, -9);
    expect(&m, "gpu,gpu", 1, 0);
}
END_TEST

/* Which of four cards is which is told by the order of drivers that tell nothing else: PoCL's second is NVIDIA's
 * second. */
START_TEST(the_same_card_twice_is_told_and_two_cards_are_not) {
    struct machine m = listed(&listings[4]);
    expect(&m, "1,3", 1, 3);
    ck_assert_msg(strstr(why, "same hardware") != NULL, "%s", why);
    expect(&m, "0,3", 0, 3);
    ck_assert_msg(strstr(why, "same hardware") == NULL, "%s", why);
}
END_TEST

/* The command adds ": one half each" or ": both halves". */
START_TEST(the_line_fits_80_columns) {
    static const size_t end = sizeof ": one half each" - 1;
    struct machine m = {0}, two = listed(&listings[4]), apple = listed(&listings[21]), xeon = {0};
    add(&m, 0, ALEXCL_DEVICE_CPU, "pthread-haswell-AMD EPYC 7B13 64-Core", "Portable Computing Language", 8, 2);
    expect(&m, NULL, 0, 0);
    ck_assert_str_eq(why, "device 0 (pthread-haswell-AMD EPYC 7B13 64-Core), cut in two");
    expect(&m, "0", 0, -9);
    ck_assert_str_eq(why, "device 0 (pthread-haswell-AMD EPYC 7B13 64-Core)");
    expect(&two, NULL, 0, 1);
    ck_assert_str_eq(why, "devices 0 and 1 (NVIDIA GeForce RTX 3090), the two best GPUs");
    ck_assert_msg(strlen(why) + end <= 80, "%s", why);
    expect(&two, "0,2", 0, 2);
    ck_assert_msg(strncmp(why, "devices 0 (NVIDIA GeForce RTX 3090) and 2 (GeForce RTX 3090), ", 62) == 0, "%s", why);
    expect(&apple, NULL, 0, -9);
    ck_assert_str_eq(why, "device 0 (Apple M1 Pro), the one GPU");
    expect(&apple, "ref,ref", -1, -1);
    ck_assert_str_eq(why, "devices ref (plain C) and ref (plain C)");
    add(&xeon, 0, ALEXCL_DEVICE_CPU, "pthread-skylake-avx512-Intel(R) Xeon(R) Processor", "Portable Computing Language",
        2, 2);
    add(&xeon, 1, ALEXCL_DEVICE_CPU, "Intel(R) Xeon(R) Processor", "Intel(R) Corporation", 2, 2);
    expect(&xeon, "0/2", 0, 0);
    ck_assert_str_eq(why, "device 0 (pthread-skylake-avx512-Intel(R) Xeon(R..), cut in two");
    ck_assert_msg(strlen(why) + end <= 80, "%s", why);
    expect(&xeon, "0,1", 0, 1);
    ck_assert_str_eq(why, "devices 0 (pthread-skylake-avx51..) and 1 (Intel(R) Xeon(R) Proc..)");
    expect(&xeon, "1,ref", 1, -1);
    ck_assert_str_eq(why, "devices 1 (Intel(R) Xeon(R) Proc..) and ref (plain C)");
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
    tcase_add_loop_test(tests, machines_of_public_listings, 0, (int)(sizeof listings / sizeof listings[0]));
    tcase_add_test(tests, a_split_by_images_says_that_it_takes_the_slow_one_too);
    tcase_add_test(tests, a_simulator_is_taken_where_it_is_named);
    tcase_add_test(tests, the_same_card_twice_is_told_and_two_cards_are_not);
    tcase_add_test(tests, the_line_fits_80_columns);
    return support_run(tests);
}
