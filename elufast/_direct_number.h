/* Calls with numbers alone, that NumPy need not see either: its scalars of one type, arrays without
 * axes, or one Python float. */
#ifndef ELUFAST_DIRECT_NUMBER_H
#define ELUFAST_DIRECT_NUMBER_H

#include "_plain_call.h"

/* Whether this is such a call; then *result is what it returns, NULL with an exception. `defaults`
 * and `given` are the loops of all types, with the defaults and with the call's own parameters. */
int elufast_compute_numbers(const elufast_plain_call *call, const elufast_function *f,
                            const elufast_loop *defaults, const elufast_loop *given,
                            PyObject **result);

#endif
