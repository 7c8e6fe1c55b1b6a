/* What a row of functions.inc says, as data. */
#ifndef ELUFAST_FUNCTIONS_H
#define ELUFAST_FUNCTIONS_H

#include "_kernels.h"

/* The shapes of functions.inc. */
typedef enum {
    ELUFAST_SHAPE_MAP,
    ELUFAST_SHAPE_MAP_PAIR,
    ELUFAST_SHAPE_BACKWARD,
    ELUFAST_SHAPE_BACKWARD_FROM_OUTPUT,
    ELUFAST_SHAPES
} elufast_shape;

typedef struct {
    const char *name;
    elufast_shape shape;
    int data, parameters, out;
    const char *input_names[ELUFAST_MAX_DATA + ELUFAST_MAX_PARAMETERS];
    double defaults[ELUFAST_MAX_PARAMETERS];
} elufast_function;

extern const elufast_function elufast_functions[ELUFAST_FUNCTIONS];

#endif
