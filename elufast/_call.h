/* The call slot of the ufuncs: default and keyword parameters. */
#ifndef ELUFAST_CALL_H
#define ELUFAST_CALL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "_inner_loop.h"

/* From now on `ufunc`, the one of row `row`, takes defaults and keywords. `plain` and `given` are
 * ufuncs without inputs for the parameters: with the defaults built in, and with those that
 * elufast_current_parameters holds; their loops, of all types, stand beside them; `numpy_ufunc` is
 * one of NumPy's own. -1 with an exception if this NumPy's ufuncs have no slot that can be taken
 * over. */
int elufast_install_call(PyObject *ufunc, int row, PyObject *plain, PyObject *given,
                         const elufast_loop *plain_loops, const elufast_loop *given_loops,
                         PyObject *numpy_ufunc);

#endif
