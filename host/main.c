/* SPDX-License-Identifier: MIT */
/* The command line of alexcl. Results go to stdout, everything else to stderr; the exit code tells the class of a
 * failure. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "commands.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "report.h"

static const char *const levels[] = {"error", "warning", "info", "debug"};
static int max_level = ALEXCL_LOG_WARNING;

static void main_log(void *user, enum alexcl_log_level level, const char *text) {
    (void)user;
    if ((int)level > max_level) {
        /* what keeps a person waiting: compiling, measuring, checking */
        if (level == ALEXCL_LOG_INFO) progress_show("%s", text);
        return;
    }
    progress_clear();
    report_message(levels[level], text);
}

static void main_progress(void *user, const char *what, unsigned done, unsigned total) {
    (void)user;
    progress_count(what, done, total);
}

static void main_set_log(const struct options *o) {
    for (int i = ALEXCL_LOG_ERROR; i <= ALEXCL_LOG_DEBUG; i++)
        if (strcmp(settings_value(&o->given, "ALEXCL_LOG"), levels[i]) == 0) max_level = i;
}

/* A file opened later must not become stdout because the caller has closed that: results would be written into it.
 * Opened for the wrong direction, so that using it is an error. */
static void main_fill_standard_files(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1) (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

/* Pieces that are large go back to the system as soon as they are freed. By itself glibc raises that size with each
 * that is freed, up to 32 MiB: what weights are packed in, and what a driver compiles in, then stays in the heaps of
 * the threads, which is up to a tenth of what a net takes. */
static void main_give_back_memory(void) {
#ifdef __GLIBC__
    enum { LARGE = 4 << 20 };
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * LARGE); /* the proportion that glibc keeps */
#endif
}

static void main_help(const struct command *command) {
    if (command) {
        const char *form = command->arguments;
        for (int more = 0; more == 0 || *form; more = 1) { /* a line for each form of the arguments */
            int length = (int)strcspn(form, "\n");
            printf("%s alexcl %s [OPTION]...%s%.*s\n", more ? "      " : "Usage:", command->name, length ? " " : "",
                   length, form);
            form += length + (form[length] == '\n');
        }
        printf("\n%s.\n\n%s", command->about, command->details);
        options_print(command);
        return;
    }
    printf("alexcl %s: AlexNet on any two OpenCL devices, half the channels on each\n\n"
           "Usage: alexcl COMMAND [OPTION]... [ARGUMENT]...\n\n"
           "  alexcl --devices 0,1 infer batch.txt\n\nCommands (options stand before or behind them):\n",
           alexcl_version());
    for (const struct command *const *c = commands; *c; c++) printf("  %-10s %s\n", (*c)->name, (*c)->about);
    printf("  %-10s %s\n", "help", "help on a command, and its options");
    options_print(NULL);
    printf("\nExit codes: 0 ok, 1 other (a disk is full, a file cannot be written), 2 usage,\n"
           "3 no such device, 4 kernel build, 5 memory, 6 bad input, 7 a device failed in\n"
           "use, 130 interrupted (SIGINT), 143 ended (SIGTERM).\n");
}

int main(int argc, char **argv) {
    struct alexcl_error err = {0};
    struct options options = {0};
    const struct command *command;
    main_fill_standard_files();
    main_give_back_memory();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, told like any other */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that grows beyond ulimit -f */
    alexcl_log_to(main_log, NULL);
    alexcl_progress_to(main_progress, NULL);
    int status = interrupt_catch(&err);
    if (status == ALEXCL_OK) status = options_read(argc, argv, &options, &command, &err);
    if (status == ALEXCL_OK && !options.help && !(command && command->shows_settings))
        status = settings_check(&options.given, &err);
    if (status == ALEXCL_OK) main_set_log(&options);
    if (status == ALEXCL_OK && options.quiet) progress_quiet();
    if (status == ALEXCL_OK && options.help != -1) {
        if (options.help) {
            main_help(command);
        } else if (!command) {
            main_help(NULL);
            status = ALEXCL_E_USAGE;
        } else {
            if (options.output && !command->makes_output) {
                status = options_check_results(&options, &err);
                if (status == ALEXCL_OK) status = report_to(options.output, &err);
            }
            if (status == ALEXCL_OK) status = command->run(&options, &err);
        }
    }
    progress_clear();
    struct alexcl_error late = {0};
    int written = report_end(status, &late);
    if (status == ALEXCL_OK && written != ALEXCL_OK) {
        status = written;
        err = late;
    }
    if (err.text[0]) report_message("", err.text);
    options_free(&options);
    /* as the shell has it of a program that a signal ended */
    if (status == ALEXCL_E_INTERRUPTED && interrupt_asked()) return 128 + interrupt_asked();
    return error_exit_code(status);
}
