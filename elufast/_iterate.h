/* Long calls that NumPy would cut into short pieces, as far as _direct_walk.h leaves them: arrays
 * of several types, swapped or misaligned, or that share memory. With NumPy's iterator, and its
 * results, but run by all threads. */
#ifndef ELUFAST_ITERATE_H
#define ELUFAST_ITERATE_H

#include "_request.h"

/* 1: done, *result is a new reference, or NULL with an exception. 0: nothing was done and no
 * exception is set; NumPy has to do the call. */
int elufast_iterate(const elufast_request *request, PyObject **result);

/* Once, before any call; -1 with an exception. */
int elufast_prepare_iterating(void);

#endif
