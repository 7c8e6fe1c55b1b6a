/* The parameters of the call that a thread is in, and as a loop's type holds them. */
#ifndef ELUFAST_PARAMETERS_H
#define ELUFAST_PARAMETERS_H

#include "_inner_loop.h"

typedef struct {
    double values[ELUFAST_MAX_PARAMETERS];
} elufast_parameters;

/* This thread's, each 0 or normal in every type of loop. */
elufast_parameters *elufast_current_parameters(void);

/* One of them, in a loop's type. */
typedef union {
    char bytes[ELUFAST_LARGEST_ITEM];
    long double alignment;
} elufast_value;

/* 0 or normal in every type of loop. */
void elufast_store_parameter(elufast_value *to, elufast_type type, double value);

void elufast_store_parameters(elufast_value *values, const elufast_loop *loop);

#endif
