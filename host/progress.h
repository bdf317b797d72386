/* SPDX-License-Identifier: MIT */
/* One line on a terminal's stderr that says how far a command is, and is wiped away. Elsewhere, and with -q, nothing is written. */
#ifndef ALEXCL_PROGRESS_H
#define ALEXCL_PROGRESS_H

/* -q: nothing from here on. */
void progress_quiet(void);
/* Replaces the line; what is longer than a terminal's 80 columns is cut. */
void progress_show(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Wipes it away: before anything else is printed. */
void progress_clear(void);
#endif
