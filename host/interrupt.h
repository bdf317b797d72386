/* SPDX-License-Identifier: MIT */
/* Ctrl-C, SIGTERM and a terminal that is closed: the process ends and leaves no temporary file behind. */
#ifndef ALEXCL_INTERRUPT_H
#define ALEXCL_INTERRUPT_H

#include "alexcl.h"

/* Catches the signals, once, at the program's start, before there is any other thread: each ends it. Errors:
 * ALEXCL_E_OTHER. */
int interrupt_catch(struct alexcl_error *err);
/* From here on the first signal only asks, so that what was done can be told; the second ends the process. */
void interrupt_defer(void);
/* The signal that has asked, or 0. */
int interrupt_asked(void);
#endif
