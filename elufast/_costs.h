/* What computing an element costs, roughly: it decides what is worth a thread, and whether memory
 * or the processor is what an array beyond the caches waits for. */
#ifndef ELUFAST_COSTS_H
#define ELUFAST_COSTS_H

#include "_functions.h"

/* Nanoseconds; `is_default` says that the parameters are the default ones. */
float elufast_cost(const elufast_function *function, elufast_type type, int is_default);

#endif
