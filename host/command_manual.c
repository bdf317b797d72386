/* SPDX-License-Identifier: MIT */
/* `alexcl manual`: manual pages, in the language of man(7), from the tables of commands and options. So what is
 * installed says what this program does. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "status.h"

/* Text as man(7) takes it: no hyphen or backslash with a meaning, no line that begins as a request. */
static void manual_text(const char *text, size_t length) {
    if (length && (*text == '.' || *text == '\'')) fputs("\\&", stdout);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\')
            fputs("\\e", stdout);
        else if (text[i] == '-')
            fputs("\\-", stdout);
        else
            putchar(text[i]);
    }
}
static void manual_word(const char *text) { manual_text(text, strlen(text)); }

/* Paragraphs, with an empty line between them; lines that are indented are examples, and stay as they are. */
static void manual_paragraphs(const char *text) {
    int example = 0;
    while (*text) {
        size_t length = strcspn(text, "\n");
        int indented = text[0] == ' ' && text[1] == ' ';
        if (indented != example) puts(indented ? ".RS 2\n.nf" : ".fi\n.RE");
        example = indented;
        if (length == 0 && text[1] && text[1] != ' ') puts(".PP");
        if (length) {
            manual_text(text + (indented ? 2 : 0), length - (indented ? 2 : 0));
            putchar('\n');
        }
        text += length + (text[length] == '\n');
    }
    if (example) puts(".fi\n.RE");
}

static void manual_option(const struct option_row *r, void *user) {
    (void)user;
    puts(".TP");
    if (r->letter) printf("\\fB\\-%c\\fR, ", r->letter);
    printf("\\fB\\-\\-");
    manual_word(r->name);
    printf("\\fR");
    if (r->argument) {
        printf(" \\fI");
        manual_word(r->argument);
        printf("\\fR");
    }
    putchar('\n');
    manual_word(r->help);
    if (r->setting) printf(" (%s)", r->setting);
    putchar('\n');
}

static void manual_head(const char *name, const char *about) {
    char upper[64];
    snprintf(upper, sizeof upper, "%s", name);
    for (char *c = upper; *c; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    printf(".TH ");
    manual_word(upper);
    printf(" 1 \"\" \"alexcl %s\" \"User Commands\"\n.SH NAME\n", alexcl_version());
    manual_word(name);
    printf(" \\- ");
    manual_word(about);
    puts("\n.SH SYNOPSIS");
}

static void manual_of_command(const struct command *c) {
    char name[64];
    snprintf(name, sizeof name, "alexcl-%s", c->name);
    manual_head(name, c->about);
    const char *form = c->arguments;
    for (int more = 0; more == 0 || *form; more = 1) {
        size_t length = strcspn(form, "\n");
        printf("%s\\fBalexcl %s\\fR [\\fIOPTION\\fR]...%s", more ? ".br\n" : "", c->name, length ? " " : "");
        manual_text(form, length);
        putchar('\n');
        form += length + (form[length] == '\n');
    }
    puts(".SH DESCRIPTION");
    manual_paragraphs(c->details);
    puts(".SH OPTIONS");
    options_each(c, manual_option, NULL);
    puts(".SH SEE ALSO\n.BR alexcl (1),\nwhich has the options of every command");
}

static void manual_of_program(void) {
    manual_head("alexcl", "AlexNet on any two OpenCL devices, half the channels on each");
    puts("\\fBalexcl\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...\n.SH DESCRIPTION\n"
         "Runs and trains AlexNet, the net of 2012 whose channels lie on two devices, and its relatives, on OpenCL "
         "devices\n"
         "of any vendors. Options stand before or behind the command.\n.SH COMMANDS");
    for (const struct command *const *c = commands; *c; c++) {
        printf(".TP\n.BR alexcl\\-%s (1)\n", (*c)->name);
        manual_word((*c)->about);
        putchar('\n');
    }
    puts(".SH OPTIONS OF EVERY COMMAND");
    options_each(NULL, manual_option, NULL);
    puts(".SH ENVIRONMENT\nA variable that stands behind an option is its default.\n.SH EXIT STATUS");
    static const struct {
        int code;
        const char *what;
    } codes[] = {{0, "all right"},
                 {1, "other: a disk is full, a file cannot be written"},
                 {2, "usage"},
                 {3, "no such device"},
                 {4, "a kernel does not compile"},
                 {5, "memory does not suffice"},
                 {6, "bad input"},
                 {7, "a device failed in use, or computes wrongly"},
                 {130, "interrupted (SIGINT)"},
                 {143, "ended (SIGTERM)"}};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) printf(".TP\n%d\n%s\n", codes[i].code, codes[i].what);
}

static int command_manual(const struct options *o, struct alexcl_error *err) {
    int status = options_expect(o, "manual", 0, 1, err);
    if (status != ALEXCL_OK) return status;
    if (o->argument_count == 0) {
        manual_of_program();
        return ALEXCL_OK;
    }
    const struct command *c = options_command(o->arguments[0]);
    if (!c) return error_set(err, ALEXCL_E_USAGE, "there is no command %s; see `alexcl --help`", o->arguments[0]);
    manual_of_command(c);
    return ALEXCL_OK;
}

const struct command manual_command = {
    .name = "manual",
    .run = command_manual,
    .arguments = "[COMMAND]",
    .about = "a command's manual page, or the program's, for man",
    .details = "In the language of man(7), made of what --help is made of. A package has them\n"
               "all; from a build folder they are read like this:\n\n"
               "  alexcl manual infer >infer.1; man ./infer.1\n",
    .also = " man docs ",
};
