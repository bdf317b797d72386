/* SPDX-License-Identifier: MIT */
/* The settings of alexcl.h, and the one place that asks the environment. */
#ifndef ALEXCL_SETTINGS_H
#define ALEXCL_SETTINGS_H
#include "status.h"

/* A variable of the environment that is not alexcl's own (HOME, OCL_ICD_VENDORS ...); NULL when unset or empty. */
const char *settings_environment(const char *name);
/* Whether a switch is on: "1". alexcl_settings_check refuses all but "0", "1" and nothing. */
int settings_switch(const char *name);
#endif
