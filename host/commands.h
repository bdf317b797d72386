/* SPDX-License-Identifier: MIT */
/* One function a command, each in command_<name>.c. Results are printed; a failure is returned with its text. */
#ifndef ALEXCL_COMMANDS_H
#define ALEXCL_COMMANDS_H
#include "options.h"

int command_infer(const struct options *o, struct alexcl_error *err);
int command_devices(const struct options *o, struct alexcl_error *err);
int command_models(const struct options *o, struct alexcl_error *err);
int command_summary(const struct options *o, struct alexcl_error *err);
int command_plan(const struct options *o, struct alexcl_error *err);
int command_time(const struct options *o, struct alexcl_error *err);
int command_weights(const struct options *o, struct alexcl_error *err);
int command_tune(const struct options *o, struct alexcl_error *err);
int command_check(const struct options *o, struct alexcl_error *err);
int command_cache(const struct options *o, struct alexcl_error *err);
int command_env(const struct options *o, struct alexcl_error *err);
#endif
