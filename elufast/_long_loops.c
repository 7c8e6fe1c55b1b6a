/* The loops over long double, which no instruction set makes faster: libm does the work, a number
 * at a time. (clang warns where a loop that is asked for cannot be vectorised.) */
#define ELUFAST_STORAGE
#include "_kernels.h"
#include "elufast/activations.h"

#undef ELUFAST_INDEPENDENT
#define ELUFAST_INDEPENDENT
#include "_plain_loops.h"

#define ELUFAST_FUNCTION(name, family, shape) ELUFAST_DECLARE(ELUFAST_LONG, name)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

#define ELUFAST_REAL long double
#define ELUFAST_F(name) name##_ld
#define ELUFAST_KERNEL_NAME(name) ELUFAST_LONG(name)
#include "_kernels.inc"
