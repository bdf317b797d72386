/* SPDX-License-Identifier: MIT */
/* In what numbers the weights of fully connected layers are kept (ALEXCL_WEIGHTS_PRECISION). Sums are always float. */
#ifndef ALEXCL_PRECISION_H
#define ALEXCL_PRECISION_H

enum precision {
    PRECISION_FLOAT,
    PRECISION_HALF, /* fp16.h */
    PRECISION_INT8, /* int8.h */
    PRECISIONS,
};

/* As a setting's value: "float", "half", "int8". */
const char *precision_name(enum precision precision);
/* ", half weights" behind what is told of a layer; "" of float. */
const char *precision_told(enum precision precision);
#endif
