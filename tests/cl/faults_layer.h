/* SPDX-License-Identifier: MIT */
/* An OpenCL layer (cl_loader_layers: the loader puts it between program and driver, OPENCL_LAYERS names it) that makes one chosen
 * call fail, and counts what was made and not released. */
#ifndef FAULTS_LAYER_H
#define FAULTS_LAYER_H

enum { FAULTS_CODE = -5 /* CL_OUT_OF_RESOURCES */ };
/* The layer exports one, `faults_state`. */
struct faults {
    const char *call; /* the call that fails, NULL: none */
    int nth;          /* which of its calls, from 1; counted down */
    int fired;        /* it failed */
    int live;         /* objects and events that were made and are held */
    int loaded;       /* the loader took the layer */
};
#endif
