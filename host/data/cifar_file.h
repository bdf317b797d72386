/* SPDX-License-Identifier: MIT */
/* The binary version of CIFAR-10 and CIFAR-100 (cs.toronto.edu/~kriz/cifar.html): data_batch_1.bin to data_batch_5.bin
 * and test_batch.bin, or train.bin and test.bin. */
#ifndef ALEXCL_CIFAR_FILE_H
#define ALEXCL_CIFAR_FILE_H
#include "alexcl.h"

enum { CIFAR_FILE_SIDE = 32, CIFAR_FILE_PIXELS = 3 * CIFAR_FILE_SIDE * CIFAR_FILE_SIDE };
struct cifar_file {
    size_t count;           /* pictures, one at least */
    int classes;            /* 10, or 100: CIFAR-100's fine classes */
    size_t record;          /* bytes of a picture with its labels, which stand in front */
    unsigned char *records; /* freed by cifar_file_free */
};
/* Reads a file whole. ALEXCL_E_DATA for what is no whole number of records, or has a label that no class has. */
int cifar_file_read(const char *path, struct cifar_file *out, struct alexcl_error *err);
int cifar_file_label(const struct cifar_file *cifar, size_t index);
/* Red, green and blue, each CIFAR_FILE_SIDE x CIFAR_FILE_SIDE. */
const unsigned char *cifar_file_pixels(const struct cifar_file *cifar, size_t index);
void cifar_file_free(struct cifar_file *cifar);
#endif
