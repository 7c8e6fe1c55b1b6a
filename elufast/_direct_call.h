/* Calls that NumPy need not see: contiguous arrays of one type and shape. What it asks for a call
 * is as much as a thousand elements cost, and twice that with a second thread. */
#ifndef ELUFAST_DIRECT_CALL_H
#define ELUFAST_DIRECT_CALL_H

#include "_plain_call.h"

/* Whether this is such a call; then *result is what it returns, NULL with an exception. `defaults`
 * and `given` are the loops of all types, with the defaults and with the call's own parameters. */
int elufast_call_directly(const elufast_plain_call *call, const elufast_function *f,
                          const elufast_loop *defaults, const elufast_loop *given,
                          PyObject **result);

#endif
