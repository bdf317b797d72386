/* SPDX-License-Identifier: MIT */
/* The commands as a table: name, function, options, usage and help. Whatever is printed by --help or completed after a
 * typing error comes from these rows. */
#include "commands.h"

/* Options that are settings: of all that runs a net, which has three more. */
enum {
    SETTINGS = OPTION_DEVICES | OPTION_MODEL | OPTION_WEIGHTS | OPTION_PRECISION | OPTION_CHECK | OPTION_TUNE,
    RUNS_NET = SETTINGS | OPTION_BATCH | OPTION_MEMORY | OPTION_SPLIT
};

const struct command commands[] = {
    {"infer", command_infer, &infer_options, RUNS_NET, "LIST | -\n--input FILE.npy",
     "run pictures through a net on two devices",
     "LIST has one image a line, PNG or JPEG, with a label behind it or not; `-` is\n"
     "standard input (on a terminal: type names, and end with Ctrl-D). Names are\n"
     "relative to the list's folder; \"quote\" them when they have spaces; # begins a\n"
     "comment.\n\n"
     "  alexcl --devices 0,1 infer batch.txt\n"
     "  alexcl --devices 0,1 infer batch.txt --split auto\n"
     "  alexcl infer batch.txt --weights alexnet.safetensors --ten-crop --format json\n"
     "  alexcl infer batch.txt --features pool5 --save pool5.npy\n",
     " predict classify run recognize recognise "},
    {"devices", command_devices, NULL, 0, "", "list the OpenCL devices, in clinfo's order",
     "The index is what --devices takes. An alias is the same hardware through another\ndriver. -v shows everything, "
     "and why a driver shows nothing.\n",
     " list device info clinfo "},
    {"check", command_check, &check_options, OPTION_DEVICES | OPTION_PRECISION, "",
     "compare every kernel with the reference, on every device",
     "Each kernel computes a small layer on the device, then a tiny net runs; both are\n"
     "compared with the reference in C. Without --devices: every usable device. What a\n"
     "driver gets wrong is named; exit code 7: a kernel is wrong or fails in use,\n"
     "4: some do not compile.\n\n"
     "  alexcl check\n  alexcl check --devices 1 --format json\n  alexcl check --kernel lrn --fail-fast\n\n"
     "`infer` does this in short by itself, once for each device, driver and set of\n"
     "kernels (--check).\n",
     " test verify selftest "},
    {"tune", command_tune, NULL, OPTION_DEVICES | OPTION_MODEL | OPTION_PRECISION, "[MODEL]",
     "measure which kernels and tiles are fastest on a device",
     "Every way of computing each layer's half is compared with the reference, then\n"
     "timed on one image and on eight; the fastest is kept in a file of the cache\n"
     "folder, whose name ends the output, and used from then on. `infer` does this in\n"
     "short by itself at a device's first use of a net (--tune).\n\n"
     "  alexcl tune alexnet --devices 0\n",
     " autotune optimize optimise "},
    {"models", command_models, NULL, OPTION_MODEL, "[MODEL]", "list the built-in nets",
     "-v lists the small ones for tests as well.\n", " list model nets "},
    {"summary", command_summary, NULL, OPTION_MODEL, "[MODEL]", "the layers of a net, as Keras prints them",
     "  alexcl summary alexnet-keras\n", " layers show "},
    {"plan", command_plan, NULL,
     OPTION_DEVICES | OPTION_MODEL | OPTION_PRECISION | OPTION_BATCH | OPTION_MEMORY | OPTION_SPLIT, "[MODEL]",
     "shapes of the halves, what crosses, memory, the batch that fits",
     "Needs no device: 4 GiB are assumed, or --memory, or the memory of --devices.\n\n  alexcl plan alexnet --batch "
     "128 --memory 3GiB\n",
     " memory "},
    {"time", command_time, &time_options, RUNS_NET, "[MODEL]",
     "how long a batch takes, by layer, half, exchange and host",
     "Batches are timed from the images in the host's memory to the scores there;\n"
     "layers and copies by the devices' own clocks. The peak is measured as well. The\n"
     "document of --format json is what --compare reads. With --split auto or A:B a\n"
     "half's time is that of both devices together.\n\n"
     "  alexcl time alexnet-caffe --batch 16 --devices 0,1 --trace t.json\n"
     "  alexcl time --batch 1 --format json -o old.json\n"
     "  alexcl time --batch 1 --compare old.json --plot roofline.svg\n\n"
     "chrome://tracing shows the trace: a row each for kernels, copies, host thread.\n",
     " benchmark bench profile "},
    {"weights", command_weights, &weights_options, OPTION_MODEL, "init -o FILE\nshow FILE",
     "make weights by the generator, or look into a file",
     "  alexcl weights init --model alexnet --seed 1 -o alexnet.safetensors\n"
     "  alexcl weights show alexnet.safetensors --model alexnet\n\n"
     "Without --gain the model's own gains hold; with it those given, 1 for the rest.\n",
     " convert inspect "},
    {"cache", command_cache, &cache_options, 0, "show\nclear",
     "what is kept on disk to start faster, and the end of it",
     "Compiled kernels, what was tuned, that kernels were checked, logs of builds that\n"
     "failed. `alexcl env` tells the folder and the limit, above which what has not\n"
     "been used for longest is removed.\n\n"
     "  alexcl cache show\n  alexcl cache clear --kind tuning\n",
     " clean clear purge "},
    {"env", command_env, NULL, SETTINGS, "", "every setting with its value and origin",
     "A flag beats the environment, which beats the default.\n", " settings config "},
    {0},
};

const struct option_table *const option_tables[] = {&options_net,   &infer_options,      &time_options,
                                                    &check_options, &options_before_use, &weights_options,
                                                    &cache_options, &options_every,      NULL};
