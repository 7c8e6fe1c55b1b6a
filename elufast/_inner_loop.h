/* NumPy's inner loop, one for all functions and types: the data says which. */
#ifndef ELUFAST_INNER_LOOP_H
#define ELUFAST_INNER_LOOP_H

#include "_functions.h"
#include "_moves.h"
#include "_stream.h"

enum { ELUFAST_LARGEST_ITEM = 16 };

/* Where a loop finds its parameters. */
typedef enum {
    ELUFAST_DEFAULTS,   /* they are the defaults */
    ELUFAST_OPERANDS,   /* among the arrays */
    ELUFAST_OF_THE_CALL /* elufast_current_parameters */
} elufast_source;

enum { ELUFAST_SOURCES = ELUFAST_OF_THE_CALL + 1 };

typedef struct {
    const elufast_function *function;
    elufast_type type;
    elufast_kernels kernels;
    const elufast_moves *moves;
    size_t item_size;
    float cost[2]; /* nanoseconds for an element, with default parameters and with given ones */
    elufast_source source;
    char defaults[ELUFAST_MAX_PARAMETERS][ELUFAST_LARGEST_ITEM];
} elufast_loop;

/* What decides how long arrays are run; set at import, and by tests and benchmarks. */
typedef struct {
    elufast_stream *stream; /* the instruction set's, or NULL */
    size_t stream_bytes;    /* outputs of at least so many bytes go past the caches, */
    float stream_cost; /* straight from a kernel, or else if a byte takes the threads at most so
                        * many nanoseconds */
    float thread_work; /* nanoseconds of work at the least for each thread */
} elufast_tuning;

extern elufast_tuning elufast_tune;

/* PyUFuncGenericFunction, without NumPy's headers (npy_intp is ptrdiff_t): arrays and their steps
 * in bytes, data first, then parameters, then outputs. */
void elufast_inner_loop(char **arrays, const ptrdiff_t *count, const ptrdiff_t *steps, void *loop);

/* The fastest kernel for parameters that are one number each. */
elufast_kernel *elufast_kernel_for_scalars(const elufast_loop *loop, const char *const *parameters);

#endif
