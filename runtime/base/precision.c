/* SPDX-License-Identifier: MIT */
#include "precision.h"

const char *precision_name(enum precision precision) {
    static const char *const names[PRECISIONS] = {"float", "half", "int8"};
    return names[precision];
}

const char *precision_told(enum precision precision) {
    static const char *const told[PRECISIONS] = {"", ", half weights", ", int8 weights"};
    return told[precision];
}
