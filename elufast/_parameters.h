/* The parameters of the call that a thread is in, as a loop's type holds them. */
#ifndef ELUFAST_PARAMETERS_H
#define ELUFAST_PARAMETERS_H

#include "_loop_call.h"

void elufast_store_parameters(elufast_value *values, const elufast_loop *loop);

#endif
