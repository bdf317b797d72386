/* SPDX-License-Identifier: MIT */
/* The command line. The rows of all tables are told to getopt_long at once, since options may stand before the command:
 * each value is read where it is met, into the structure of every table that knows the name, and only then is it seen
 * whether the command takes what was given. Long names may be shortened as far as one option remains. An unknown word
 * is answered with the nearest known one. */
#include "options.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"
#include "status.h"

enum {
    ROWS = 192, /* at most, of all tables */
    MADE = 64,  /* of them, those that are made */
    LONG = 1000 /* what getopt_long calls the first row's long name */
};

/* The rows of all tables. Two commands may have an option of the same name, each its own. */
struct known {
    int count;
    size_t size; /* of the structures of all tables */
    struct known_row {
        const struct option_row *row;
        const struct option_table *table;
        int first;    /* of the rows with this name */
        size_t place; /* of the table's structure among all */
    } all[ROWS];
    struct option_row made[MADE];
    int made_count;
};

static void options_collect_row(const struct option_row *row, const struct option_table *t, struct known *out) {
    int first = 0;
    assert(out->count < ROWS);
    while (first < out->count && strcmp(out->all[first].row->name, row->name) != 0) first++;
    out->all[out->count++] = (struct known_row){row, t, first, out->size};
}

static void options_collect_table(const struct option_table *t, struct known *out) {
    for (size_t i = 0; i < t->count; i++) options_collect_row(&t->rows[i], t, out);
    for (size_t i = 0; t->more; i++) {
        assert(out->made_count < MADE);
        out->made[out->made_count] = (struct option_row){0};
        if (!t->more(i, &out->made[out->made_count])) break;
        options_collect_row(&out->made[out->made_count++], t, out);
    }
    size_t aligned = _Alignof(max_align_t);
    out->size += (t->size + aligned - 1) / aligned * aligned;
}

/* In the order in which help and messages name options. */
static void options_collect(struct known *out) {
    out->count = out->made_count = 0;
    out->size = 0;
    options_collect_table(&options_net, out);
    for (const struct command *const *c = commands; *c; c++)
        if ((*c)->own) options_collect_table((*c)->own, out);
    options_collect_table(&options_before_use, out);
    options_collect_table(&options_every, out);
}

static int options_takes(const struct known_row *k, const struct command *c) {
    if (k->table == &options_every) return 1;
    if (!c) return 0;
    return k->row->shared ? (k->row->shared & c->shared) != 0 : k->table == c->own;
}

/* Whether a command takes an option of this row's name. */
static int options_takes_name(const struct known *known, int first, const struct command *c) {
    for (int i = first; i < known->count; i++)
        if (known->all[i].first == first && options_takes(&known->all[i], c)) return 1;
    return 0;
}

void options_each(const struct command *command, option_each_fn *fn, void *user) {
    struct known known;
    options_collect(&known);
    for (int i = 0; i < known.count; i++)
        if ((known.all[i].table == &options_every) != (command != NULL) && options_takes(&known.all[i], command))
            fn(known.all[i].row, user);
}

static void options_print_row(const struct option_row *r, void *user) {
    int *count = user;
    char letter[] = "   ", left[64];
    if (r->letter) snprintf(letter, sizeof letter, "-%c,", r->letter);
    snprintf(left, sizeof left, "%s --%s%s%s", letter, r->name, r->argument ? " " : "", r->argument ? r->argument : "");
    printf("%s  %-26s %s\n", (*count)++ ? "" : "\nOptions:\n", left, r->help);
}

void options_print(const struct command *command) {
    int count = 0;
    options_each(command, options_print_row, &count);
    if (command) printf("\nOptions of every command, as -o, -v, -q, --format: `alexcl --help`\n");
}

/* Reads a value into the structure of every table that has an option of this name: which command is meant, is not known
 * before all is read. */
static int options_set(const struct known *known, int first, char *value, struct options *o, struct alexcl_error *err) {
    int status = ALEXCL_OK;
    for (int i = first; i < known->count && status == ALEXCL_OK; i++) {
        const struct known_row *k = &known->all[i];
        char *structure = k->table->defaults ? (char *)o->structures + k->place : (char *)o;
        if (k->first == first) status = k->row->set(k->row, value, structure + k->row->at, err);
    }
    return status;
}

/* Names of the options that a word is short for, "--features, --fail-fast or --format"; how many. */
static int options_short_for(const struct known *known, const char *word, char *out, size_t size) {
    int count = 0, told = 0;
    size_t used = 0;
    for (int i = 0; i < known->count; i++)
        count += known->all[i].first == i && strncmp(known->all[i].row->name, word, strlen(word)) == 0;
    for (int i = 0; i < known->count; i++) {
        const char *name = known->all[i].row->name;
        if (known->all[i].first != i || strncmp(name, word, strlen(word)) != 0) continue;
        const char *between = told == 0 ? "" : told == count - 1 ? " or " : ", ";
        int made = snprintf(out + used, size - used, "%s--%s", between, name);
        used += (size_t)made < size - used ? (size_t)made : size - used - 1;
        told++;
    }
    return count;
}

static int options_unknown(const struct known *known, const char *text, const struct command *c,
                           struct alexcl_error *err) {
    const char *names[ROWS + 1], *near = NULL;
    char word[64], all[32 * ROWS], question[NEAREST_QUESTION];
    int count = 0;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(text + strspn(text, "-"), "="), text + strspn(text, "-"));
    if (strncmp(text, "--", 2) == 0 && options_short_for(known, word, all, sizeof all) > 1)
        return error_set(err, ALEXCL_E_USAGE, "--%s may be %s: write the one that you mean", word, all);
    for (int i = 0; i < known->count; i++)
        if (known->all[i].first == i && (!c || options_takes_name(known, i, c)))
            names[count++] = known->all[i].row->name;
    names[count] = NULL;
    near = nearest_find(word, names);
    if (near && strcmp(near, word) == 0 && strchr(text, '='))
        return error_set(err, ALEXCL_E_USAGE, "option --%s takes no value: %s", word, text);
    return error_set(err, ALEXCL_E_USAGE, "unknown option %s%s; see `alexcl %s%s--help`", text,
                     nearest_ask("--", near, "", question), c ? c->name : "", c ? " " : "");
}

const struct command *options_command(const char *name) {
    for (const struct command *const *c = commands; *c; c++)
        if (strcmp((*c)->name, name) == 0) return *c;
    return NULL;
}

/* Commands that go by another name elsewhere, else the nearest name. */
static int options_unknown_command(const char *name, struct alexcl_error *err) {
    char word[32], near[128] = "", question[NEAREST_QUESTION];
    const char *names[32];
    int count = 0;
    snprintf(word, sizeof word, " %.29s ", name);
    for (const struct command *const *c = commands; *c; c++) {
        if (strstr((*c)->also, word))
            snprintf(near + strlen(near), sizeof near - strlen(near), "%s%s", near[0] ? " or " : "", (*c)->name);
        names[count++] = (*c)->name;
    }
    names[count++] = "help";
    names[count] = NULL;
    if (!near[0] && nearest_find(name, names)) snprintf(near, sizeof near, "%s", nearest_find(name, names));
    return error_set(err, ALEXCL_E_USAGE, "unknown command %s%s; see `alexcl --help`", name,
                     nearest_ask("", near[0] ? near : NULL, "", question));
}

/* What getopt_long takes: a long name each once, short names. */
static void options_tell_getopt(const struct known *known, struct option *longs, char *shorts) {
    for (int i = 0; i < known->count; i++) {
        const struct option_row *r = known->all[i].row;
        if (known->all[i].first != i) continue;
        *longs++ = (struct option){r->name, r->argument ? required_argument : no_argument, NULL, LONG + i};
        if (r->letter) shorts += snprintf(shorts, 3, "%c%s", r->letter, r->argument ? ":" : "");
    }
    *longs = (struct option){0};
}

/* Whether a setting has its value from a flag or the environment. */
static int options_is_given(const struct settings_given *given, const char *name) {
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        struct setting s = settings_get(given, i);
        if (strcmp(s.name, name) == 0) return strcmp(s.origin, "default") != 0;
    }
    return 0;
}

/* Memory for the structures of all commands, with their defaults. */
static int options_open(const struct known *known, struct options *out, struct alexcl_error *err) {
    *out = (struct options){.structures = calloc(1, known->size + 1), .file = calloc(1, sizeof *out->file)};
    if (!out->structures || !out->file) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the options");
    for (int i = 0; i < known->count; i++) {
        const struct known_row *k = &known->all[i];
        if (k->table->defaults) memcpy((char *)out->structures + k->place, k->table->defaults, k->table->size);
    }
    return ALEXCL_OK;
}

static void options_file_free(struct options_file *file) {
    if (!file) return;
    alexcl_weights_file_free(file->given);
    alexcl_model_free(file->resized);
    alexcl_model_free(file->model);
    free(file->trained);
    free(file);
}

void options_free(struct options *o) {
    options_file_free(o->file);
    free(o->structures);
    *o = (struct options){0};
}

int options_view(const struct options *o, const char *model, int batch, struct options *out, struct alexcl_error *err) {
    *out = *o;
    out->file = calloc(1, sizeof *out->file);
    if (!out->file) return error_set(err, ALEXCL_E_MEMORY, "out of host memory: the options");
    if (model) out->model = model;
    if (model) out->model_named = 1;
    out->batch = batch;
    return ALEXCL_OK;
}

void options_view_free(struct options *o) {
    options_file_free(o->file);
    *o = (struct options){0};
}

/* The command that the words name, and where its arguments begin. */
static int options_find_command(char **argv, int words, int *at, int *help, const struct command **out,
                                struct alexcl_error *err) {
    *at = 1;
    *out = NULL;
    if (words == 0) return ALEXCL_OK;
    const char *name = argv[(*at)++];
    *out = options_command(name);
    if (!*out && strcmp(name, "help") == 0) { /* alexcl help COMMAND */
        *help = 1;
        if (*at <= words) *out = options_command(name = argv[(*at)++]);
        if (!*out && strcmp(name, "help") == 0) return ALEXCL_OK;
    }
    return *out ? ALEXCL_OK : options_unknown_command(name, err);
}

int options_read(int argc, char **argv, struct options *out, const struct command **command, struct alexcl_error *err) {
    struct known known;
    struct option longs[ROWS + 1];
    char shorts[2 * ROWS + 3] = "-:"; /* words are handed out where they stand, whatever POSIXLY_CORRECT says */
    int given[ROWS] = {0}, words = 0, at, which, status;
    options_collect(&known);
    options_tell_getopt(&known, longs, shorts + strlen(shorts));
    *command = NULL;
    TRY(options_open(&known, out, err));
    /* An option before the command may be mistyped: the nearest of that command's options is named. */
    for (int i = 1; i < argc && !*command; i++) *command = options_command(argv[i]);
    opterr = 0;
    optind = 0; /* from the start, whatever an earlier call left inside a cluster of short options */
    while ((at = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (at == '?')
            return options_unknown(
                &known, optopt && optopt < 256 ? (char[]){'-', (char)optopt, '\0'} : argv[optind - 1], *command, err);
        if (at == ':')
            return error_set(err, ALEXCL_E_USAGE, "option %s wants a value; see `alexcl --help`", argv[optind - 1]);
        if (at == 1) {
            argv[++words] = optarg; /* never ahead of what is read */
            continue;
        }
        which = at - LONG;
        if (at < LONG)
            for (which = 0; which < known.count - 1 && known.all[which].row->letter != at; which++) continue;
        given[which] = 1;
        TRY(options_set(&known, which, optarg, out, err));
        if (out->help < 0) return ALEXCL_OK;
    }
    while (optind < argc) argv[++words] = argv[optind++]; /* behind -- */
    TRY(options_find_command(argv, words, &at, &out->help, command, err));
    for (int i = 0; *command && i < known.count; i++)
        if (given[i] && !options_takes_name(&known, i, *command))
            return error_set(err, ALEXCL_E_USAGE, "`alexcl %s` takes no --%s; see `alexcl %s --help`", (*command)->name,
                             known.all[i].row->name, (*command)->name);
    if (*command && out->batches.count > 1 && !((*command)->shared & OPTION_BATCHES))
        return error_set(err, ALEXCL_E_USAGE, "`alexcl %s` takes one --batch, not several", (*command)->name);
    out->arguments = argv + at;
    out->argument_count = words + 1 - at;
    for (int i = 0; *command && (*command)->own && i < known.count; i++)
        if (known.all[i].table == (*command)->own) out->own = (char *)out->structures + known.all[i].place;
    out->settings = settings_options(&out->given);
    out->devices = settings_value(&out->given, "ALEXCL_DEVICES");
    out->model = settings_value(&out->given, "ALEXCL_MODEL");
    out->model_named = options_is_given(&out->given, "ALEXCL_MODEL");
    if (*command && (*command)->shared & OPTION_WEIGHTS) out->weights = settings_value(&out->given, "ALEXCL_WEIGHTS");
    out->takes_trained = *command && (*command)->shared & OPTION_TRAINED;
    out->precision = settings_value(&out->given, "ALEXCL_WEIGHTS_PRECISION");
done:
    return status;
}
