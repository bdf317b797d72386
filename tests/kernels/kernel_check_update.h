/* SPDX-License-Identifier: MIT */
/* What the checks of the optimisers' kernels share. */
#ifndef ALEXCL_KERNEL_CHECK_UPDATE_H
#define ALEXCL_KERNEL_CHECK_UPDATE_H
#include "optimizer.h"

/* A form on the target under test against the reference: sizes that are no multiples of a work-group, in the middle of
 * a larger tensor, of which the rest must stay as it is; and with the same bits where the tensor is done in parts. */
void kernel_check_update(enum update_form form);
/* An optimiser step by step against a golden case's weights, stored under `key`. Its states are the tensors called
 * states[i], times `sign`; NULL: not stored. */
void kernel_check_golden_update(const char *optimizer, const char *dir, const char *key,
                                const char *const states[UPDATE_STATES], float sign);
#endif
