/* SPDX-License-Identifier: MIT */
/* What a caller asked to be told and asked while a net is opened and runs: its own functions, where it gave some. One
 * call at a time, from any thread. */
#ifndef ALEXCL_CALLBACKS_H
#define ALEXCL_CALLBACKS_H
#include "settings.h"

/* Before a step of something that takes long: to the net's own function, else to the process's (log_progress). */
void callbacks_progress(const struct settings *settings, const char *what, unsigned done, unsigned total);
/* Before a step that only the net's own function is told of. */
void callbacks_tell(const struct settings *settings, const char *what, unsigned done, unsigned total);
/* ALEXCL_E_INTERRUPTED where the caller wants no more. */
int callbacks_cancelled(const struct settings *settings, struct alexcl_error *err);
#endif
