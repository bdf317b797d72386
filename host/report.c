/* SPDX-License-Identifier: MIT */
/* What commands print, as text, JSON and CSV, and where it goes: stdout, or a file of -o that gets its name only when
 * the command has succeeded. Text from outside is printed without control characters. A result that could not be
 * written whole is an error, whatever came before. */
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "json_text.h"
#include "printable.h"
#include "settings.h"
#include "status.h"

static int lost;            /* something that a document should have */
static size_t rows;         /* of the list that is being printed */
static struct file *target; /* of report_to */

int report_to(const char *path, struct alexcl_error *err) {
    int status = file_open(path, &target, err);
    if (status != ALEXCL_OK) return status;
    FILE *until_end = tmpfile();
    if (!until_end || dup2(fileno(until_end), STDOUT_FILENO) < 0)
        status = error_set(err, ALEXCL_E_OTHER, "the results for %s cannot be kept in a temporary file: %s", path,
                           strerror(errno));
    if (until_end) (void)fclose(until_end);
    return status;
}

void report_append(json_t *list, json_t *item) { lost |= json_array_append_new(list, item) != 0; }

void report_set(json_t *object, const char *key, json_t *item) { lost |= json_object_set_new(object, key, item) != 0; }

int report_whole(void) { return !lost; }

#define NO_MEMORY "out of host memory: the JSON document"

/* The text of an object, which is freed; NULL where it would not be whole. */
static char *report_dump(json_t *object, struct alexcl_error *err) {
    char *text = lost ? NULL : json_text_dump(object, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    json_decref(object);
    lost = 0;
    if (!text) error_set(err, ALEXCL_E_MEMORY, NO_MEMORY);
    return text;
}

static char *report_dump_document(const char *command, json_t *document, struct alexcl_error *err) {
    json_t *whole = json_pack("{s:s, s:s}", "alexcl", alexcl_version(), "command", command);
    if (!document || !whole || json_object_update(whole, document) != 0) lost = 1;
    json_decref(document);
    return report_dump(whole, err);
}

int report_json(const char *command, json_t *document, struct alexcl_error *err) {
    char *text = report_dump_document(command, document, err);
    if (!text) return ALEXCL_E_MEMORY;
    puts(text);
    free(text);
    return ALEXCL_OK;
}

/* The parts join to what json_text_dump makes of the whole. */
int report_json_begin(const char *command, json_t *head, const char *key, struct alexcl_error *err) {
    char *text = report_dump_document(command, head, err);
    if (!text) return ALEXCL_E_MEMORY;
    rows = 0;
    printf("%.*s,\n  \"%s\": [", (int)(strlen(text) - strlen("\n}")), text, key);
    free(text);
    return ALEXCL_OK;
}

int report_json_row(json_t *row, struct alexcl_error *err) {
    char *text = report_dump(row, err);
    if (!text) return ALEXCL_E_MEMORY;
    fputs(rows++ ? ",\n    " : "\n    ", stdout);
    for (const char *c = text; *c; c++) {
        putchar(*c);
        if (*c == '\n') fputs("    ", stdout); /* the end of a line: within a string it is an escape */
    }
    free(text);
    return ALEXCL_OK;
}

int report_json_end(json_t *tail, struct alexcl_error *err) {
    char *text = report_dump(tail, err);
    fputs(rows ? "\n  ],\n" : "],\n", stdout);
    puts(text ? text + strlen("{\n") : "  \"error\": \"" NO_MEMORY "\"\n}");
    int status = text ? ALEXCL_OK : ALEXCL_E_MEMORY;
    free(text);
    return status;
}

int report_json_save(const char *path, const char *command, json_t *document, struct alexcl_error *err) {
    struct file *file = NULL;
    char *text = report_dump_document(command, document, err);
    int status = text ? ALEXCL_OK : ALEXCL_E_MEMORY;
    TRY(status);
    TRY(file_open(path, &file, err));
    TRY(file_add(file, text, strlen(text), err));
    TRY(file_add(file, "\n", 1, err));
    TRY(file_commit(file, err));
done:
    file_free(file);
    free(text);
    return status;
}

int report_json_list(const char *command, const char *key, json_t *list, struct alexcl_error *err) {
    return report_json(command, json_pack("{s:o}", key, list), err);
}

json_t *report_string(const char *text) {
    if (!text) return json_null();
    json_t *string = json_string(text);
    size_t capacity = 4 * strlen(text) + 1, at = 0, ascii = 0;
    while (text[ascii] && (unsigned char)text[ascii] < 0x80) ascii++;
    char *plain = string || !text[ascii] ? NULL : malloc(capacity); /* ASCII is refused for lack of memory alone */
    if (!plain) return string;
    for (; *text; text++)
        at += (size_t)snprintf(plain + at, capacity - at, (unsigned char)*text < 0x80 ? "%c" : "\\x%02X",
                               (unsigned char)*text);
    string = json_string(plain);
    free(plain);
    return string;
}

void report_csv(const char *field, int last) {
    if (field && strpbrk(field, ",\"\r\n")) {
        putchar('"');
        for (; *field; field++) {
            if (*field == '"') putchar('"');
            putchar(*field);
        }
        putchar('"');
    } else if (field) {
        fputs(field, stdout);
    }
    fputs(last ? "\r\n" : ",", stdout);
}

static void report_lines(FILE *to, const char *text, int lines) {
    while (*text) {
        int length = printable_character(text);
        if (length)
            (void)fwrite(text, 1, (size_t)length, to);
        else if (lines && *text == '\t')
            putc('\t', to);
        else if (lines && *text == '\n')
            fputs(text[1] == ' ' || text[1] == '\0' ? "\n" : "\n  ", to);
        else
            fprintf(to, "\\x%02X", (unsigned char)*text);
        text += length ? length : 1;
    }
}

void report_text(FILE *to, const char *text) { report_lines(to, text, 0); }

const char *report_colour(FILE *to, enum report_colour colour) {
    static const char *const codes[] = {"\033[0m", "\033[31m", "\033[33m", "\033[32m"};
    const char *terminal = settings_environment("TERM");
    int wanted = terminal && strcmp(terminal, "dumb") != 0 && !settings_environment("NO_COLOR") && isatty(fileno(to));
    return wanted ? codes[colour] : "";
}

void report_message(const char *level, const char *text) {
    flockfile(stderr); /* the log's messages come from any thread */
    const char *word = level ? level : "", *on = "", *off = "";
    if (level && (!*level || strcmp(level, "error") == 0)) on = report_colour(stderr, REPORT_RED);
    if (strcmp(word, "warning") == 0) on = report_colour(stderr, REPORT_YELLOW);
    if (*on) off = report_colour(stderr, REPORT_OFF);
    fprintf(stderr, "%salexcl:%s %s%s", on, off, word, *word ? ": " : "");
    report_lines(stderr, text, 1);
    putc('\n', stderr);
    funlockfile(stderr);
}

static char *report_buffer(void) {
    static char buffers[8][32];
    static unsigned turn;
    return buffers[turn++ % 8];
}

int report_column(int width, const char *text) {
    size_t length = strlen(text);
    return length > (size_t)width ? (int)length : width;
}

const char *report_count(uint64_t n) {
    char plain[24], *out = report_buffer(), *to = out;
    int length = snprintf(plain, sizeof plain, "%llu", (unsigned long long)n);
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0) *to++ = ',';
        *to++ = plain[i];
    }
    *to = '\0';
    return out;
}

const char *report_bytes(uint64_t bytes) {
    char *out = report_buffer();
    if (bytes >= (uint64_t)1 << 30)
        snprintf(out, 32, "%.2f GiB", (double)bytes / 1073741824);
    else if (bytes >= 1 << 20)
        snprintf(out, 32, "%.1f MiB", (double)bytes / 1048576);
    else if (bytes >= 10240)
        snprintf(out, 32, "%.1f KiB", (double)bytes / 1024);
    else
        snprintf(out, 32, "%u B", (unsigned)bytes);
    return out;
}

/* Why stdout cannot be written. What failed in the middle of a print is forgotten but for the fact: one more character,
 * behind a result that is not whole, is refused for the same reason. */
static int report_reason(void) {
    errno = 0;
    return putchar('\n') == EOF || fflush(stdout) != 0 ? errno : 0;
}

int report_flush(struct alexcl_error *err) {
    static int code; /* of the first failure */
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout)) return ALEXCL_OK;
    if (!code) code = errno ? errno : report_reason();
    if (!code) code = EIO;
    return error_set(err, ALEXCL_E_OTHER, "the results could not be written: %s", strerror(code));
}

/* What stands in the temporary file goes to the one that was named. */
static int report_deliver(int status, struct alexcl_error *err) {
    char part[1 << 16];
    ssize_t length;
    int delivered = ALEXCL_OK;
    if (status != ALEXCL_OK && lseek(STDOUT_FILENO, 0, SEEK_END) == 0) return ALEXCL_OK; /* there is no result */
    if (lseek(STDOUT_FILENO, 0, SEEK_SET) < 0)
        return error_set(err, ALEXCL_E_OTHER, "the results could not be read again: %s", strerror(errno));
    while (delivered == ALEXCL_OK && (length = read(STDOUT_FILENO, part, sizeof part)) != 0)
        delivered = length < 0
                        ? error_set(err, ALEXCL_E_OTHER, "the results could not be read again: %s", strerror(errno))
                        : file_add(target, part, (size_t)length, err);
    return delivered == ALEXCL_OK ? file_commit(target, err) : delivered;
}

int report_end(int ended, struct alexcl_error *err) {
    int status = report_flush(err);
    if (status == ALEXCL_OK && target) status = report_deliver(ended, err);
    file_free(target);
    target = NULL;
    if (fclose(stdout) != 0 && status == ALEXCL_OK)
        status = error_set(err, ALEXCL_E_OTHER, "the results could not be written: %s", strerror(errno));
    return status;
}
