/* SPDX-License-Identifier: MIT */
/* Messages of the library to the callback of alexcl_log_to; serialised. */
#ifndef ALEXCL_LOG_H
#define ALEXCL_LOG_H
#include "alexcl.h"

/* To the callback of alexcl_progress_to; serialised with the messages. */
void log_progress(const char *what, unsigned done, unsigned total);
void log_write(enum alexcl_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
