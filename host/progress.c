/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "report.h"

static int quiet, shown;

void progress_quiet(void) { quiet = 1; }

void progress_show(const char *format, ...) {
    char text[512];
    va_list args;
    if (quiet || !isatty(STDERR_FILENO)) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text[report_cut(text, 79)] = '\0';
    fputs("\r\033[K", stderr);
    report_text(stderr, text);
    (void)fflush(stderr); /* nothing depends on it */
    shown = 1;
}

void progress_clear(void) {
    if (!shown) return;
    fputs("\r\033[K", stderr);
    (void)fflush(stderr);
    shown = 0;
}
