/* The type of a call whose first input is not a float array. */
#ifndef ELUFAST_PROMOTION_H
#define ELUFAST_PROMOTION_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Integers and booleans alone give float64: NumPy by itself would take the first loop that is safe
 * for them, which is float16 for int8. -1 with an exception on failure. */
int elufast_add_promoters(PyObject *ufunc);

#endif
