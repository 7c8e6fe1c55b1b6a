/* The loops for code in another extension (_torch_node.cpp), which gets this table as a capsule.
 * Nothing here needs the other headers. */
#ifndef ELUFAST_ROW_CALLS_H
#define ELUFAST_ROW_CALLS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>

#define ELUFAST_ROW_CALLS_CAPSULE "elufast._ufuncs.ROW_CALLS"

typedef struct {
    /* Whether a parameter may be given to `run`, as its value: see elufast_read_parameter. */
    int (*read_parameter)(PyObject *number, double *value);
    /* Run the function of `row` over arrays of `n` elements, data first and then outputs, each with
     * its step in bytes; no Python is called. 0 if there is no loop for the type, 'f' or 'b' (for
     * bfloat16) and the bytes of an element; then nothing was done. */
    int (*run)(int row, char type_kind, size_t item_size, ptrdiff_t n, char **arrays,
               const ptrdiff_t *steps, const double *parameters);
} elufast_row_calls;

#endif
