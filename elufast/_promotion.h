/* The type of a call whose inputs are not all of one type that has a loop. */
#ifndef ELUFAST_PROMOTION_H
#define ELUFAST_PROMOTION_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Integers and booleans alone give float64: NumPy by itself would take the first loop that is safe
 * for them, which is float16 for int8. The others promote as in NumPy; bfloat16 is found here when
 * it first comes. -1 with an exception on failure. */
int elufast_add_promoter(PyObject *ufunc);

#endif
