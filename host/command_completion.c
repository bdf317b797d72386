/* SPDX-License-Identifier: MIT */
/* `alexcl completion`: what a shell completes, from the tables of commands, options and models. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "status.h"

/* Text between single quotes of a shell. */
static void completion_quoted(const char *text) {
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
}

/* Names of the built-in models, with a blank between. */
static void completion_models(void) {
    const struct alexcl_model *m;
    int count = 0;
    for (size_t i = 0; (m = alexcl_model_get(i)); i++)
        if (!alexcl_model_hidden(m)) printf("%s%s", count++ ? " " : "", m->name);
}
static int completion_wants_model(const struct option_row *r) { return strcmp(r->name, "model") == 0; }

/* ---- bash ---- */

static void completion_bash_option(const struct option_row *r, void *user) {
    (void)user;
    printf(" --%s", r->name);
    if (r->letter) printf(" -%c", r->letter);
}

static void completion_bash(void) {
    puts("# bash completion of alexcl: . <(alexcl completion bash)\n_alexcl() {\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} command='' options='' i\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in");
    for (const struct command *const *c = commands; *c; c++) {
        printf("        %s) command=%s options='", (*c)->name, (*c)->name);
        options_each(*c, completion_bash_option, NULL);
        puts("'; break ;;");
    }
    printf("        esac\n    done\n    if [ -z \"$command\" ] && [[ $word != -* ]]; then\n        mapfile -t "
           "COMPREPLY < <(compgen -W '");
    for (const struct command *const *c = commands; *c; c++) printf("%s ", (*c)->name);
    printf("help' -- \"$word\")\n        return\n    fi\n    case ${COMP_WORDS[COMP_CWORD - 1]} in\n"
           "    -m | --model)\n        mapfile -t COMPREPLY < <(compgen -W '");
    completion_models();
    printf("' -- \"$word\")\n        return ;;\n    esac\n    [[ $word == -* ]] || return 0\n    options+='");
    options_each(NULL, completion_bash_option, NULL);
    puts("'\n    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n}\n"
         "complete -o bashdefault -o default -F _alexcl alexcl");
}

/* ---- zsh ---- */

/* `:` and brackets have a meaning in what _arguments and _describe take. */
static void completion_zsh_text(const char *text) {
    for (; *text; text++) {
        if (strchr(":[]\\", *text)) putchar('\\');
        if (*text == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*text);
    }
}

static void completion_zsh_option(const struct option_row *r, void *user) {
    const char *indent = user;
    for (int name = r->letter ? 0 : 1; name < 2; name++) {
        printf("%s'", indent);
        if (name)
            printf("--%s", r->name);
        else
            printf("-%c", r->letter);
        printf("%s[", r->argument && name ? "=" : "");
        completion_zsh_text(r->help);
        putchar(']');
        if (r->argument) {
            putchar(':');
            completion_zsh_text(r->argument);
            printf(completion_wants_model(r) ? ":_alexcl_models" : ":_files");
        }
        puts("' \\");
    }
}

static void completion_zsh(void) {
    printf("#compdef alexcl\n_alexcl_models() { _alternative 'models:model:(");
    completion_models();
    puts(")' 'files:file:_files'; }\n_alexcl() {\n    local -a commands\n    local context state state_descr line\n    "
         "typeset "
         "-A opt_args\n    commands=(");
    for (const struct command *const *c = commands; *c; c++) {
        printf("        '%s:", (*c)->name);
        completion_zsh_text((*c)->about);
        puts("'");
    }
    puts("    )\n    _arguments -C \\");
    char indent[] = "        ", deeper[] = "                ";
    options_each(NULL, completion_zsh_option, indent);
    puts("        '1:command:->command' '*::argument:->argument'\n    case $state in\n"
         "    command) _describe -t commands command commands ;;\n    argument)\n        case $line[1] in");
    for (const struct command *const *c = commands; *c; c++) {
        printf("        %s)\n            _arguments \\\n", (*c)->name);
        options_each(*c, completion_zsh_option, deeper);
        options_each(NULL, completion_zsh_option, deeper);
        puts("                '*:file:_files' ;;");
    }
    puts("        esac ;;\n    esac\n}\nif [ \"$funcstack[1]\" = _alexcl ]; then _alexcl \"$@\"; else compdef _alexcl "
         "alexcl; fi");
}

/* ---- fish ---- */

static void completion_fish_option(const struct option_row *r, void *user) {
    printf("complete -c alexcl%s%s", user ? " -n '__fish_seen_subcommand_from " : "", user ? (const char *)user : "");
    printf("%s -l %s", user ? "'" : "", r->name);
    if (r->letter) printf(" -s %c", r->letter);
    printf("%s -d '", r->argument ? " -r" : "");
    completion_quoted(r->help);
    if (completion_wants_model(r)) {
        printf("' -a '");
        completion_models();
    }
    puts("'");
}

static void completion_fish(void) {
    puts("# fish completion of alexcl: alexcl completion fish | source");
    for (const struct command *const *c = commands; *c; c++) {
        printf("complete -c alexcl -n __fish_use_subcommand -f -a %s -d '", (*c)->name);
        completion_quoted((*c)->about);
        puts("'");
    }
    options_each(NULL, completion_fish_option, NULL);
    for (const struct command *const *c = commands; *c; c++) {
        char name[64];
        snprintf(name, sizeof name, "%s", (*c)->name);
        options_each(*c, completion_fish_option, name);
    }
}

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

static int command_completion(const struct options *o, struct alexcl_error *err) {
    int status = options_expect(o, "completion", 1, 1, err);
    for (size_t i = 0; status == ALEXCL_OK && i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(o->arguments[0], shells[i].name) != 0) continue;
        shells[i].print();
        return ALEXCL_OK;
    }
    if (status != ALEXCL_OK) return status;
    return error_set(err, ALEXCL_E_USAGE, "completion %s: bash, zsh or fish", o->arguments[0]);
}

const struct command completion_command = {
    .name = "completion",
    .run = command_completion,
    .arguments = "bash|zsh|fish",
    .about = "what a shell completes: commands and options",
    .details = "A package has them for all three. By hand:\n\n"
               "  . <(alexcl completion bash)\n"
               "  alexcl completion fish | source\n",
    .also = " completions autocomplete ",
};
