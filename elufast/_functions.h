/* What a row of functions.inc says, as data. */
#ifndef ELUFAST_FUNCTIONS_H
#define ELUFAST_FUNCTIONS_H

#include "_kernels.h"

typedef struct {
    const char *name;
    int data, parameters, out;
    const char *input_names[ELUFAST_MAX_DATA + ELUFAST_MAX_PARAMETERS];
    double defaults[ELUFAST_MAX_PARAMETERS];
} elufast_function;

extern const elufast_function elufast_functions[ELUFAST_FUNCTIONS];

#endif
