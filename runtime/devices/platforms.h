/* SPDX-License-Identifier: MIT */
/* The list of devices, with the handles that the public one hides. */
#ifndef ALEXCL_PLATFORMS_H
#define ALEXCL_PLATFORMS_H
#include "alexcl.h"
#include "cl_api.h"

/* How the lines of a report begin that tell how to compute on the CPU: the last ones. */
#define PLATFORMS_ON_CPU "  on the CPU: "

struct platforms_device {
    struct alexcl_device_info info;
    cl_platform_id platform;
    cl_device_id id;
    /* where the hardware sits, "0000:01:00.0", or "01:00.0" where the driver tells no domain; "" unknown */
    char bus[32];
    char board[128];        /* the card's name where `name` is the compiler's for it ("gfx803"); "" unknown */
    unsigned char uuid[16]; /* zeros: unknown */
    /* aliases.c: the first device of the same hardware, itself included; -1: it is compared with none */
    int hardware;
};
struct alexcl_devices {
    struct platforms_device *list;
    size_t count;
    char *report;
};
#endif
