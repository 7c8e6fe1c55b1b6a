/* bfloat16, a type of the package ml_dtypes, which may be imported before elufast, after it, or
 * never. */
#ifndef ELUFAST_BFLOAT16_H
#define ELUFAST_BFLOAT16_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* Whether this is NumPy's number of the type; of no type as long as no loops are registered. */
int elufast_is_bfloat16(int type_number);
int elufast_bfloat16_number(void); /* -1 as long as there is none */

/* For when a type that is not NumPy's own is met: registers the loops if it is bfloat16 that has
 * come, unless that is done. -1 with an exception on failure. */
int elufast_meet_bfloat16(void);

/* If all inputs are bfloat16 but for Python numbers, those become bfloat16 as well, new references
 * in `made`: of types that are not its own NumPy checks the cast of a Python number, as if from
 * float64, against casting=. -1 with an exception on failure. */
int elufast_make_bfloat16(PyObject **inputs, int count, PyObject **made);

/* Once, at import: what registers the loops for the type of this number. -1 with an exception. */
int elufast_prepare_bfloat16(int (*register_loops)(int type_number));

#endif
