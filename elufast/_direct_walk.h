/* Calls with arrays of one type (or of integers), in any layout, that NumPy need not see either:
 * broadcasting, the order of the axes and new outputs are what its iterator makes of them, in a
 * fifth of the time. */
#ifndef ELUFAST_DIRECT_WALK_H
#define ELUFAST_DIRECT_WALK_H

#include "_request.h"

/* 1: done, *result is a new reference, or NULL with an exception. 0: nothing was done and no
 * exception is set. */
int elufast_walk_directly(const elufast_request *request, PyObject **result);

#endif
