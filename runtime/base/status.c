/* SPDX-License-Identifier: MIT */
/* Errors: the first cause is kept, and whoever knows more of where it happened adds that. A text that is too long loses
 * its middle, since it begins with what failed and ends with what to try; paths stand in between. */
#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is printed, then `behind`, as the text of an error. An error may tell that there is no memory, so memory is
 * asked for only where twice the text's size does not hold it all; where there is none, what is printed loses its
 * end. */
static void error_print(struct alexcl_error *err, const char *behind, const char *format, va_list args) {
    enum { SIZE = sizeof err->text };
    static const char left_out[] = " .. ";
    const size_t half = (SIZE - sizeof left_out) / 2, behind_size = strlen(behind) + 1;
    char room[2 * SIZE], *whole = room;
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(room, sizeof room - behind_size + 1, format, args);
    size_t printed = length < 0 ? 0 : (size_t)length;
    if (printed + behind_size > sizeof room) {
        whole = malloc(printed + behind_size);
        if (whole) {
            vsnprintf(whole, printed + 1, format, again);
        } else {
            whole = room;
            printed = sizeof room - behind_size;
        }
    }
    va_end(again);
    memcpy(whole + printed, behind, behind_size);
    if (printed + behind_size <= SIZE) {
        memcpy(err->text, whole, printed + behind_size);
    } else {
        const char *head_end = whole + half, *tail = whole + printed + behind_size - 1 - half;
        while ((*head_end & 0xc0) == 0x80) head_end--; /* not within a character */
        while ((*tail & 0xc0) == 0x80) tail++;
        snprintf(err->text, SIZE, "%.*s%s%s", (int)(head_end - whole), whole, left_out, tail);
    }
    if (whole != room) free(whole);
}

/* In brackets, so that the macro of this name, which status.h has for an analyzer, does not stand here in its place. */
int(error_set)(struct alexcl_error *err, int status, const char *format, ...) {
    if (!err || err->status != ALEXCL_OK) return status;
    err->status = status;
    err->cl_code = status < 0 && status > -10000 ? status : 0;
    err->target = -1;
    err->layer[0] = '\0';
    va_list args;
    va_start(args, format);
    error_print(err, "", format, args);
    va_end(args);
    return status;
}

int error_copy(struct alexcl_error *err, const struct alexcl_error *from) {
    if (err && err->status == ALEXCL_OK) *err = *from;
    return from->status;
}

void error_note_code(struct alexcl_error *err, int cl_code) {
    if (err && err->status != ALEXCL_OK && !err->cl_code) err->cl_code = cl_code;
}

void error_note_target(struct alexcl_error *err, int target) {
    if (err && err->status != ALEXCL_OK && err->target < 0) err->target = target;
}

void error_note_layer(struct alexcl_error *err, const char *layer) {
    if (err && err->status != ALEXCL_OK && !err->layer[0])
        snprintf(err->layer, sizeof err->layer, "%s", layer ? layer : "");
}

void error_prefix(struct alexcl_error *err, const char *format, ...) {
    if (!err) return;
    char old[sizeof err->text];
    memcpy(old, err->text, sizeof old);
    va_list args;
    va_start(args, format);
    error_print(err, old, format, args);
    va_end(args);
}

int error_exit_code(int status) {
    switch (status) {
    case ALEXCL_OK: return 0;
    case ALEXCL_E_USAGE: return 2;
    case ALEXCL_E_NO_DEVICE:
    case -1 /* CL_DEVICE_NOT_FOUND */:
    case -1001 /* CL_PLATFORM_NOT_FOUND_KHR */: return 3;
    case ALEXCL_E_BUILD:
    case -3 /* CL_COMPILER_NOT_AVAILABLE */:
    case -11 /* CL_BUILD_PROGRAM_FAILURE */:
    case -15 /* CL_COMPILE_PROGRAM_FAILURE */:
    case -17 /* CL_LINK_PROGRAM_FAILURE */:
    case -46 /* CL_INVALID_KERNEL_NAME: the .cl file has no such kernel */: return 4;
    case ALEXCL_E_MEMORY:
    case -4 /* CL_MEM_OBJECT_ALLOCATION_FAILURE */:
    case -6 /* CL_OUT_OF_HOST_MEMORY */:
    case -61 /* CL_INVALID_BUFFER_SIZE */: return 5;
    case ALEXCL_E_DATA: return 6;
    case ALEXCL_E_DEVICE: return 7;
    case ALEXCL_E_INTERRUPTED: return 130;
    default: return status < 0 && status > -10000 ? 7 : 1;
    }
}

unsigned alexcl_api_version(void) { return ALEXCL_API_VERSION; }
