/* The loops over float16, apart from the others: what computes them may round differently. */
#define ELUFAST_FOR_HALF
#define ELUFAST_STORAGE
#include "_half_loops.h"
#include "elufast/activations.h"

#define ELUFAST_FUNCTION(name, family, shape) ELUFAST_DECLARE(ELUFAST_HALF, name)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) ELUFAST_HALF(name)
#include "_kernels.inc"
