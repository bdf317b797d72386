/* SPDX-License-Identifier: MIT */
/* The settings of alexcl.h, and the one place that asks the environment. */
#ifndef ALEXCL_SETTINGS_H
#define ALEXCL_SETTINGS_H
#include "status.h"

/* A variable of the environment that is not alexcl's own (HOME, OCL_ICD_VENDORS ...); NULL when unset or empty. */
const char *settings_environment(const char *name);
/* Whether a switch is on: set, and neither "0" nor "" nor "no" nor "off". */
int settings_switch(const char *name);
#endif
