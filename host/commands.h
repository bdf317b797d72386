/* SPDX-License-Identifier: MIT */
/* One function a command, each in command_<name>.c, and the table of the options that it has for itself. Results are
 * printed; a failure is returned with its text. */
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

struct weights_options { /* here for the fuzzer's sake */
    uint64_t seed;
    const char *name; /* NULL: the model's */
    struct option_gains gains;
};
extern const struct option_table infer_options, check_options, time_options, weights_options, cache_options;
#endif
