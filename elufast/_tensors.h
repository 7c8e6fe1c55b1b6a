/* Tensors of another library, read in place through DLPack's exchange of C functions. */
#ifndef ELUFAST_TENSORS_H
#define ELUFAST_TENSORS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_inner_loop.h"

/* The library's table of functions, from the capsule that its tensor type has as
 * __dlpack_c_exchange_api__; it lives as long as the process. */
typedef struct elufast_exchange elufast_exchange;

/* NULL with an exception if the capsule is another one, or of a version with another layout. */
const elufast_exchange *elufast_exchange_of(PyObject *capsule);

/* What an inner loop takes. */
typedef struct {
    ptrdiff_t n;
    char type_kind; /* 'f', or 'b' for bfloat16 */
    size_t item_size;
    char *arrays[ELUFAST_MAX_OPERANDS];
    ptrdiff_t steps[ELUFAST_MAX_OPERANDS];
} elufast_run;

/* Whether tensors, the last of which is a result in new memory without gaps, can be walked through
 * by one step each: on the CPU, of one type and shape, aligned, and in the order of the result. No
 * exception is set where they cannot. */
int elufast_read_tensors(elufast_run *run, const elufast_exchange *exchange,
                         PyObject *const *tensors, int count);

#endif
