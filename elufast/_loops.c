/* The loops, compiled once for each instruction set; ELUFAST_TABLE names the table that this time
 * makes. Nothing here knows Python. */
#define ELUFAST_STORAGE static
#include "_kernels.h"
#include "elufast/activations.h"

#include "_plain_loops.h"

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) name##_f32
#include "_kernels.inc"

#define ELUFAST_REAL double
#define ELUFAST_F(name) name##_f64
#define ELUFAST_KERNEL_NAME(name) name##_f64
#include "_kernels.inc"

/* Scalar in any case: clang warns where a loop that is asked for cannot be vectorised. */
#undef ELUFAST_INDEPENDENT
#define ELUFAST_INDEPENDENT

#define ELUFAST_REAL long double
#define ELUFAST_F(name) name##_ld
#define ELUFAST_KERNEL_NAME(name) name##_ld
#include "_kernels.inc"

#define ELUFAST_FUNCTION(name, family, shape) \
    ELUFAST_DECLARE(ELUFAST_HALF, name)       \
    ELUFAST_DECLARE(ELUFAST_BFLOAT, name)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

extern elufast_kernel_table ELUFAST_TABLE;
elufast_kernel_table ELUFAST_TABLE = {
#define ELUFAST_OWN(name, type) {name##_defaults_##type, name##_scalar_##type, name##_array_##type}
#define ELUFAST_OTHER(name, kernel) \
    {kernel(name##_defaults), kernel(name##_scalar), kernel(name##_array)}
#define ELUFAST_FUNCTION(name, family, shape)                                           \
    {ELUFAST_OTHER(name, ELUFAST_HALF), ELUFAST_OWN(name, f32), ELUFAST_OWN(name, f64), \
     ELUFAST_OWN(name, ld), ELUFAST_OTHER(name, ELUFAST_BFLOAT)},
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION
};
