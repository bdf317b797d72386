/* SPDX-License-Identifier: MIT */
/* The command line of alexcl. Results go to stdout, everything else to stderr; the exit code tells the class of a
 * failure. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "report.h"

const struct command commands[] = {
    {"infer", command_infer, "LIST | -\n--input FILE.npy", "run pictures through a net on two devices",
     "LIST has one image a line, PNG or JPEG, with a label behind it or not; `-` is\n"
     "standard input (on a terminal: type names, and end with Ctrl-D). Names are\n"
     "relative to the list's folder; \"quote\" them when they have spaces; # begins a\n"
     "comment.\n\n"
     "  alexcl --devices 0,1 infer batch.txt\n"
     "  alexcl --devices 0,1 infer batch.txt --split auto\n"
     "  alexcl infer batch.txt --weights alexnet.safetensors --ten-crop --format json\n"
     "  alexcl infer batch.txt --features pool5 --save pool5.npy\n",
     " predict classify run recognize recognise "},
    {"devices", command_devices, "", "list the OpenCL devices, in clinfo's order",
     "The index is what --devices takes. An alias is the same hardware through another\ndriver. -v shows everything, "
     "and why a driver shows nothing.\n",
     " list device info clinfo "},
    {"check", command_check, "", "compare every kernel with the reference, on every device",
     "Each kernel computes a small layer on the device, then a tiny net runs; both are\n"
     "compared with the reference in C. Without --devices: every usable device. What a\n"
     "driver gets wrong is named; exit code 7: a kernel is wrong or fails in use,\n"
     "4: some do not compile.\n\n"
     "  alexcl check\n  alexcl check --devices 1 --format json\n  alexcl check --kernel lrn --fail-fast\n\n"
     "`infer` does this in short by itself, once for each device, driver and set of\n"
     "kernels (--check).\n",
     " test verify selftest "},
    {"tune", command_tune, "[MODEL]", "measure which kernels and tiles are fastest on a device",
     "Every way of computing each layer's half is compared with the reference, then\n"
     "timed on one image and on eight; the fastest is kept in a file of the cache\n"
     "folder, whose name ends the output, and used from then on. `infer` does this in\n"
     "short by itself at a device's first use of a net (--tune).\n\n"
     "  alexcl tune alexnet --devices 0\n",
     " autotune optimize optimise "},
    {"models", command_models, "[MODEL]", "list the built-in nets", "-v lists the small ones for tests as well.\n",
     " list model nets "},
    {"summary", command_summary, "[MODEL]", "the layers of a net, as Keras prints them",
     "  alexcl summary alexnet-keras\n", " layers show "},
    {"plan", command_plan, "[MODEL]", "shapes of the halves, what crosses, memory, the batch that fits",
     "Needs no device: 4 GiB are assumed, or --memory, or the memory of --devices.\n\n  alexcl plan alexnet --batch "
     "128 --memory 3GiB\n",
     " memory "},
    {"time", command_time, "[MODEL]", "how long a batch takes, by layer, half, exchange and host",
     "Batches are timed from the images in the host's memory to the scores there;\n"
     "layers and copies by the devices' own clocks. The peak is measured as well. The\n"
     "document of --format json is what --compare reads. With --split auto or A:B a\n"
     "half's time is that of both devices together.\n\n"
     "  alexcl time alexnet-caffe --batch 16 --devices 0,1 --trace t.json\n"
     "  alexcl time --batch 1 --format json -o old.json\n"
     "  alexcl time --batch 1 --compare old.json --plot roofline.svg\n\n"
     "chrome://tracing shows the trace: a row each for kernels, copies, host thread.\n",
     " benchmark bench profile "},
    {"weights", command_weights, "init -o FILE\nshow FILE", "make weights by the generator, or look into a file",
     "  alexcl weights init --model alexnet --seed 1 -o alexnet.safetensors\n"
     "  alexcl weights show alexnet.safetensors --model alexnet\n\n"
     "Without --gain the model's own gains hold; with it those given, 1 for the rest.\n",
     " convert inspect "},
    {"cache", command_cache, "show\nclear", "what is kept on disk to start faster, and the end of it",
     "Compiled kernels, what was tuned, that kernels were checked, logs of builds that\n"
     "failed. `alexcl env` tells the folder and the limit, above which what has not\n"
     "been used for longest is removed.\n\n"
     "  alexcl cache show\n  alexcl cache clear --kind tuning\n",
     " clean clear purge "},
    {"env", command_env, "", "every setting with its value and origin",
     "A flag beats the environment, which beats the default.\n", " settings config "},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const char *const levels[] = {"error", "warning", "info", "debug"};
static int most = ALEXCL_LOG_WARNING;

static void main_log(void *user, enum alexcl_log_level level, const char *text) {
    (void)user;
    if ((int)level > most) {
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

static void main_set_log(void) {
    for (int i = ALEXCL_LOG_ERROR; i <= ALEXCL_LOG_DEBUG; i++)
        if (strcmp(alexcl_setting_value("ALEXCL_LOG"), levels[i]) == 0) most = i;
}

/* A file opened later must not become stdout because the caller has closed that: results would be written into it.
 * Opened for the wrong direction, so that using it is an error. */
static void main_fill_standard_files(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1) (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
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
    for (const struct command *c = commands; c->name; c++) printf("  %-9s %s\n", c->name, c->about);
    printf("  %-9s %s\n", "help", "help on a command, and its options");
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
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, told like any other */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that grows beyond ulimit -f */
    alexcl_log_to(main_log, NULL);
    alexcl_progress_to(main_progress, NULL);
    int status = interrupt_catch(&err);
    if (status == ALEXCL_OK) status = options_read(argc, argv, &options, &command, &err);
    /* env shows them */
    if (status == ALEXCL_OK && !options.help && !(command && command->run == command_env))
        status = alexcl_settings_check(&err);
    if (status == ALEXCL_OK) main_set_log();
    if (status == ALEXCL_OK && options.quiet) progress_quiet();
    if (status == ALEXCL_OK && options.help != -1) {
        if (options.help) {
            main_help(command);
        } else if (!command) {
            main_help(NULL);
            status = ALEXCL_E_USAGE;
        } else {
            if (options.output && command->run != command_weights) { /* there it is what is made */
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
    if (err.text[0]) report_message(NULL, err.text);
    /* as the shell has it of a program that a signal ended */
    if (status == ALEXCL_E_INTERRUPTED && interrupt_asked()) return 128 + interrupt_asked();
    return alexcl_exit_code(status);
}
