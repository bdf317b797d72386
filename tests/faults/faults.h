/* SPDX-License-Identifier: MIT */
/* Which call is made to fail, and how often each was made. Used by an OpenCL layer (faults_layer.c: cl_loader_layers,
 * the loader puts it between program and driver, OPENCL_LAYERS names it) and by a program whose system calls go through
 * faults_shim.c. Driven by a check program, or by variables of the environment:
 *   FAULT=call:n:code[,call:n:code]  the n-th call of that function gives that code and does nothing; n+: and all later
 *                                    ones too. "cl*" is any OpenCL function; "event" is a command whose event tells the
 *                                    failure, later.
 *   FAULT_COUNT=FILE                 at the end, lines are added to it: "<call> <how often>", "fired <call> <code>",
 *                                    "live <objects held>", "open <descriptors>".
 * A process that is forked from the one of FAULT counts into the same counters, by names of its own. */
#ifndef FAULTS_H
#define FAULTS_H

enum { FAULTS_CODE = -5 /* CL_OUT_OF_RESOURCES */, MAX_FAULTS = 2 };
struct fault {
    const char *call; /* NULL: none */
    int nth;          /* which of its calls, from 1; counted down */
    int lasting;      /* and all later ones */
    int code;
};
struct faults {
    struct fault set[MAX_FAULTS];
    int fired;  /* how often a call failed by this */
    int live;   /* objects, events, mappings and processes that were made and are held */
    int loaded; /* the loader took the layer */
};
/* The layer exports it. */
extern struct faults *faults_state;

/* Counts a call; gives the code that it fails with, 0: it is made. */
int faults_due(const char *call);
/* In front of the names of this process's calls from now on; a literal. */
void faults_within(const char *process);
/* Changes the number of objects held. */
void faults_hold(int change);
/* Reads FAULT; anything else but what is written above ends the process. */
void faults_begin(void);
#endif
