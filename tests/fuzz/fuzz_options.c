/* SPDX-License-Identifier: MIT */
/* The command line and its values: sizes, numbers, gains, formats. Arguments are cut at line ends. */
#include "commands.h"
#include "fuzz.h"
#include "infer.h"

enum { ARGUMENTS = 3 * OPTIONS_GAINS };

/* What was read of a value, written plainly, is read as the same. */
static void check_again(const struct options *o, const struct infer_options *own) {
    char program[] = "alexcl", infer[] = "infer", flag[] = "--memory", memory[32], batch[32], top[32];
    struct options again;
    const struct command *command;
    struct alexcl_error err = {0};
    if (!o->memory || !o->batch) return;
    snprintf(memory, sizeof memory, "%llu", (unsigned long long)o->memory);
    snprintf(batch, sizeof batch, "--batch=%d", o->batch);
    snprintf(top, sizeof top, "--top=%d", own->top);
    char *arguments[] = {program, infer, flag, memory, batch, top, NULL};
    fuzz_check_answer(options_read(6, arguments, &again, &command, &err), &err, (int[]){0});
    FUZZ_CLAIM(command == &infer_command);
    FUZZ_CLAIM(again.batch == o->batch && ((const struct infer_options *)again.own)->top == own->top);
    FUZZ_CLAIM(o->memory > 1u << 30 || again.memory == o->memory);
    options_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_copy(data, size, 1), *arguments[ARGUMENTS + 1], *at = text;
    int count = 1;
    struct options o = {0};
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
    FUZZ_CLAIM(o.argument_count >= 0 && o.argument_count < count && o.batch >= 0 && o.batch <= 1000000);
    FUZZ_CLAIM(o.memory <= 1000000000000000000 && (o.own != NULL) == (command && command->own));
    FUZZ_CLAIM(o.format == FORMAT_TEXT || o.format == FORMAT_JSON || o.format == FORMAT_CSV);
    for (int i = 0; i < o.argument_count; i++) FUZZ_CLAIM(o.arguments[i] >= text && o.arguments[i] <= text + size);
    if (command == &weights_command) {
        const struct option_gains *gains = &((const struct weights_options *)o.own)->gains;
        FUZZ_CLAIM(gains->count >= 0 && gains->count <= OPTIONS_GAINS);
        for (int i = 0; i < gains->count; i++) FUZZ_CLAIM(gains->list[i].layer[0]);
    }
    if (command == &infer_command) {
        const struct infer_options *own = o.own;
        FUZZ_CLAIM(own->top >= 1 && own->top <= 1000000 && own->limit >= 0 && own->limit <= 1000000);
        check_again(&o, own);
    }
    if (command) {
        err = (struct alexcl_error){0};
        status = options_expect(&o, command->name, 0, 1, &err);
        fuzz_check_answer(status, &err, fuzz_bad_usage);
    }
    const struct alexcl_model *model;
    static const int no_model[] = {ALEXCL_E_USAGE, ALEXCL_E_DATA, 0}; /* a name, or a file */
    o.weights = NULL; /* no file is read here */
    if (command) {
        err = (struct alexcl_error){0};
        status = options_model_argument(&o, command->name, &model, &err);
        fuzz_check_answer(status, &err, no_model);
        FUZZ_CLAIM(status != ALEXCL_OK || !o.argument_count || strcmp(model->name, o.arguments[0]) == 0);
    }
    err = (struct alexcl_error){0};
    status = options_model(&o, &model, &err);
    fuzz_check_answer(status, &err, no_model);
    FUZZ_CLAIM(status != ALEXCL_OK || model->layer_count > 0);
done:
    options_free(&o);
    free(text);
    return 0;
}
