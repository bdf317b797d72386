/* SPDX-License-Identifier: MIT */
/* One line on a terminal's stderr that says how far a command is, once a second, and is wiped away. Elsewhere, and with
 * -q, nothing is written. */
#ifndef ALEXCL_PROGRESS_H
#define ALEXCL_PROGRESS_H
#include <stddef.h>

/* -q: nothing from here on. */
void progress_quiet(void);
/* `done` of `total` steps are (total 0: nobody knows how many): "what: 7 of 53, 41 s, about 2 min left". The time runs
 * from the first call with this `what`, or with fewer done than before. */
void progress_count(const char *what, size_t done, size_t total);
/* What is being done just now, in place of `what`. The line is cut to a terminal's 80 columns. */
void progress_show(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Wipes the line away: before anything else is printed. */
void progress_clear(void);
/* The line's end, "7 of 53, 41 s, about 2 min left": what is left as long as each step takes what those since the start
 * took, where that is known. */
void progress_tell(size_t done, size_t total, double seconds, char *out, size_t size);
#endif
