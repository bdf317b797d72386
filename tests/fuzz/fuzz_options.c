/* SPDX-License-Identifier: MIT */
/* The command line and its values: sizes, numbers, gains, formats. Arguments are cut at line ends. */
#include "fuzz.h"
#include "options.h"

enum { ARGUMENTS = 3 * OPTIONS_GAINS };

static int do_nothing(const struct options *o, struct alexcl_error *err) {
    (void)o;
    (void)err;
    return ALEXCL_OK;
}

const struct command commands[] = {
    {"devices", do_nothing, "", "about", "", " list "},
    {"infer", do_nothing, "LIST\n--input FILE.npy", "about", "", " run "},
    {"plan", do_nothing, "[MODEL]", "about", "", ""},
    {"env", do_nothing, "", "about", "", ""},
    {"check", do_nothing, "", "about", "", ""},
    {"summary", do_nothing, "[MODEL]", "about", "", ""},
    {"weights", do_nothing, "", "about", "", ""},
    {"models", do_nothing, "[MODEL]", "about", "", " list "},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

/* What was read of a value, written plainly, is read as the same. */
static void check_again(const struct options *o) {
    char program[] = "alexcl", infer[] = "infer", flag[] = "--memory", memory[32], batch[32], top[32];
    struct options again;
    const struct command *command;
    struct alexcl_error err = {0};
    if (!o->memory || !o->batch) return;
    snprintf(memory, sizeof memory, "%llu", (unsigned long long)o->memory);
    snprintf(batch, sizeof batch, "--batch=%d", o->batch);
    snprintf(top, sizeof top, "--top=%d", o->top);
    char *arguments[] = {program, infer, flag, memory, batch, top, NULL};
    fuzz_check_answer(options_read(6, arguments, &again, &command, &err), &err, (int[]){0});
    FUZZ_CLAIM(again.batch == o->batch && again.top == o->top && command && strcmp(command->name, "infer") == 0);
    FUZZ_CLAIM(o->memory > 1u << 30 || again.memory == o->memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_copy(data, size, 1), *arguments[ARGUMENTS + 1], *at = text;
    int count = 1;
    struct options o;
    const struct command *command;
    struct alexcl_error err = {0};
    char program[] = "alexcl";
    arguments[0] = program;
    while (at && count < ARGUMENTS) {
        arguments[count++] = at;
        at = strchr(at, '\n');
        if (at) *at++ = '\0';
    }
    arguments[count] = NULL;
    for (int i = 1; i < count; i++)
        if ((strncmp(arguments[i], "--v", 3) == 0 && strncmp(arguments[i], "--verb", 6) != 0) ||
            (arguments[i][0] == '-' && strchr(arguments[i], 'V')))
            goto done; /* --version and -V print */
    int status = options_read(count, arguments, &o, &command, &err);
    fuzz_check_answer(status, &err, fuzz_bad_usage);
    if (status != ALEXCL_OK) goto done;
    FUZZ_CLAIM(o.argument_count >= 0 && o.argument_count < count && o.top >= 1 && o.top <= 1000000 && o.batch >= 0 &&
               o.batch <= 1000000);
    FUZZ_CLAIM(o.memory <= 1000000000000000000 && o.gain_count >= 0 && o.gain_count <= OPTIONS_GAINS && o.limit >= 0);
    FUZZ_CLAIM(o.format == FORMAT_TEXT || o.format == FORMAT_JSON || o.format == FORMAT_CSV);
    for (int i = 0; i < o.argument_count; i++) FUZZ_CLAIM(o.arguments[i] >= text && o.arguments[i] <= text + size);
    for (int i = 0; i < o.gain_count; i++) FUZZ_CLAIM(o.gains[i].layer[0]);
    if (command) {
        err = (struct alexcl_error){0};
        status = options_expect(&o, command->name, 0, 1, &err);
        fuzz_check_answer(status, &err, fuzz_bad_usage);
    }
    const struct alexcl_model *model;
    if (command) {
        err = (struct alexcl_error){0};
        status = options_model_argument(&o, command->name, &model, &err);
        fuzz_check_answer(status, &err, fuzz_bad_usage);
        FUZZ_CLAIM(status != ALEXCL_OK || !o.argument_count || strcmp(model->name, o.arguments[0]) == 0);
    }
    err = (struct alexcl_error){0};
    status = options_model(&o, &model, &err);
    fuzz_check_answer(status, &err, fuzz_bad_usage);
    FUZZ_CLAIM(status != ALEXCL_OK || model->layer_count > 0);
    check_again(&o);
done:
    free(text);
    return 0;
}
