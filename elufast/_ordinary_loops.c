/* The loops for parameters that need no scaling (see _ordinary.h), which is nearly all of them:
 * half the work, and the same bits. The formulas know it from ELUFAST_ORDINARY. */
#define ELUFAST_ORDINARY 1
#define ELUFAST_STORAGE
#include "_ordinary.h"

#if ELUFAST_HAVE_FMA
#define ELUFAST_LANES_NAME ELUFAST_ORDINARY_KERNEL
#include "_lane_loops.inc"
#include "_plain_loops.h"
#include "elufast/activations.h"

#define GIVEN(name) \
    ELUFAST_AND(ELUFAST_NOT(ELUFAST_HAS_ONE_WAY(name)), ELUFAST_NOT(ELUFAST_HAS_OWN_LANES(name)))

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) ELUFAST_ORDINARY_KERNEL(name##_f32)
#define ELUFAST_WANTS_defaults(name) 0
#define ELUFAST_WANTS_scalar GIVEN
#define ELUFAST_WANTS_array GIVEN
#include "_kernels.inc"

#define ELUFAST_REAL double
#define ELUFAST_F(name) name##_f64
#define ELUFAST_KERNEL_NAME(name) ELUFAST_ORDINARY_KERNEL(name##_f64)
#define ELUFAST_WANTS_defaults(name) 0
#define ELUFAST_WANTS_scalar GIVEN
#define ELUFAST_WANTS_array GIVEN
#include "_kernels.inc"
#endif
