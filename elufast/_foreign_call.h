/* Calls with arrays of other libraries that NumPy itself does not take, or not as well: handed to
 * the Python module elufast._foreign. */
#ifndef ELUFAST_FOREIGN_CALL_H
#define ELUFAST_FOREIGN_CALL_H

#include "_request.h"

/* 1: done, *result is a new reference, or NULL with an exception. 0: nothing was done and no
 * exception is set; NumPy has to do the call. All inputs are in their places. */
int elufast_call_foreign(const elufast_arguments *arguments, PyObject **result);

/* Once, before any call; -1 with an exception. */
int elufast_prepare_foreign_calls(void);

#endif
