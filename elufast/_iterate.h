/* Calls that NumPy would cut into short pieces: run by all threads, with NumPy's results. */
#ifndef ELUFAST_ITERATE_H
#define ELUFAST_ITERATE_H

#include "_request.h"

/* 1: done, *result is a new reference, or NULL with an exception. 0: nothing was done and no
 * exception is set; NumPy has to do the call. */
int elufast_iterate(const elufast_request *request, PyObject **result);

/* Once, before any call; -1 with an exception. */
int elufast_prepare_iterating(void);

#endif
