/* SPDX-License-Identifier: MIT */
/* The command line of alexcl. Results go to stdout, everything else to stderr; the exit code tells the class of a failure. */
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
    {"infer", command_infer, "LIST | - | --input FILE.npy", "run pictures through a net on two devices",
     "LIST has one image a line, PNG or JPEG, with a label behind it or not; `-` is\n"
     "standard input. Names are relative to the list's folder; \"quote\" them when they\n"
     "have spaces; # begins a comment.\n\n"
     "  alexcl --devices 0,1 infer batch.txt\n"
     "  alexcl --devices 0,1 infer batch.txt --split auto\n"
     "  alexcl infer batch.txt --weights alexnet.safetensors --ten-crop --format json\n"
     "  alexcl infer batch.txt --features pool5 --save pool5.npy\n"},
    {"devices", command_devices, "", "list the OpenCL devices, in clinfo's order",
     "The index is what --devices takes. An alias is the same hardware through another\ndriver. -v shows everything, and why a driver shows nothing.\n"},
    {"check", command_check, "", "is every kernel right on every device and driver?",
     "Each kernel computes a small layer on the device, then a tiny net runs; both are\n"
     "compared with the reference in C. Without --devices: every usable device. What a\n"
     "driver gets wrong is named; exit code 7: a kernel is wrong or fails in use,\n"
     "4: some do not compile.\n\n"
     "  alexcl check\n  alexcl check --devices 1 --format json\n\n"
     "`infer` does this in short by itself, once for each device, driver and set of\n"
     "kernels (--check).\n"},
    {"tune", command_tune, "", "measure which kernels and tiles are fastest on a device",
     "Every way of computing each layer's half is compared with the reference, then\n"
     "timed on one image and on eight; the fastest is kept in a file of the cache\n"
     "folder, whose name ends the output, and used from then on. `infer` does this in\n"
     "short by itself at a device's first use of a net (--tune).\n\n"
     "  alexcl tune --devices 0 --model alexnet\n"},
    {"models", command_models, "", "list the built-in nets", ""},
    {"summary", command_summary, "", "the layers of a net, as Keras prints them", "  alexcl summary --model alexnet-keras\n"},
    {"plan", command_plan, "", "shapes of the halves, what crosses, memory, the batch that fits",
     "Needs no device: 4 GiB are assumed, or --memory, or the memory of --devices.\n\n  alexcl plan --model alexnet --batch 128 --memory 3GiB\n"},
    {"time", command_time, "", "how long a batch takes, by layer, half, exchange and host",
     "Batches are timed from the images in the host's memory to the scores there;\n"
     "layers and copies by the devices' own clocks. The peak is measured as well. The\n"
     "document of --format json is what --compare reads. With --split auto or A:B a\n"
     "half's time is that of both devices together.\n\n"
     "  alexcl time --model alexnet-caffe --batch 16 --devices 0,1 --trace t.json\n"
     "  alexcl time --batch 1 --format json >old.json\n"
     "  alexcl time --batch 1 --compare old.json --plot roofline.svg\n\n"
     "chrome://tracing shows the trace: a row each for kernels, copies, host thread.\n"},
    {"weights", command_weights, "init -o FILE | show FILE", "make weights by the generator, or look into a file",
     "  alexcl weights init --model alexnet --seed 1 -o alexnet.safetensors\n"
     "  alexcl weights show alexnet.safetensors --model alexnet\n\n"
     "Without --gain the model's own gains hold; with it those given, 1 for the rest.\n"},
    {"env", command_env, "", "every setting with its value and origin", "A flag beats the environment, which beats the default.\n"},
    {NULL, NULL, NULL, NULL, NULL},
};

static const char *const levels[] = {"error", "warning", "info", "debug"};
static int most = ALEXCL_LOG_WARNING;

static void main_log(void *user, enum alexcl_log_level level, const char *text) {
    (void)user;
    if ((int)level > most) {
        if (level == ALEXCL_LOG_INFO) progress_show("%s", text); /* what keeps a person waiting: compiling, measuring, checking */
        return;
    }
    progress_clear();
    report_message(levels[level], text);
}

static void main_set_log(void) {
    for (int i = ALEXCL_LOG_ERROR; i <= ALEXCL_LOG_DEBUG; i++)
        if (strcmp(alexcl_setting_value("ALEXCL_LOG"), levels[i]) == 0) most = i;
}

/* A file opened later must not become stdout because the caller has closed that: results would be written into it. Opened for the
 * wrong direction, so that using it is an error. */
static void main_fill_standard_files(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1) (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

static void main_help(const struct command *command) {
    if (command) {
        printf("alexcl %s%s%s\n%s.\n\n%s", command->name, command->arguments[0] ? " " : "", command->arguments, command->about, command->details);
        options_print(command);
        return;
    }
    printf("alexcl %s: AlexNet on any two OpenCL devices, half the channels on each\n\n"
           "  alexcl --devices 0,1 infer batch.txt\n\nCommands (options stand before or behind them):\n",
           alexcl_version());
    for (const struct command *c = commands; c->name; c++) printf("  %-9s %s\n", c->name, c->about);
    printf("  %-9s %s\n", "help", "help on a command");
    options_print(NULL);
    printf("\nExit codes: 0 ok, 1 other, 2 usage, 3 no such device, 4 kernel build, 5 memory,\n6 bad input, 7 a device failed in use, 130 interrupted.\n");
}

int main(int argc, char **argv) {
    struct alexcl_error err = {0};
    struct options options = {0};
    const struct command *command;
    main_fill_standard_files();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, told like any other */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that grows beyond ulimit -f */
    alexcl_log_to(main_log, NULL);
    int status = interrupt_catch(&err);
    if (status == ALEXCL_OK) status = options_read(argc, argv, &options, &command, &err);
    if (status == ALEXCL_OK && !options.help) status = alexcl_settings_check(&err);
    if (status == ALEXCL_OK) main_set_log();
    if (status == ALEXCL_OK && options.quiet) progress_quiet();
    if (status == ALEXCL_OK && options.help != -1) {
        if (options.help) {
            main_help(command);
        } else if (!command) {
            main_help(NULL);
            status = ALEXCL_E_USAGE;
        } else {
            status = command->run(&options, &err);
        }
    }
    progress_clear();
    struct alexcl_error late = {0};
    int written = report_end(&late);
    if (status == ALEXCL_OK && written != ALEXCL_OK) {
        status = written;
        err = late;
    }
    if (err.text[0]) report_message(NULL, err.text);
    return alexcl_exit_code(status);
}
