/* As _ordinary_loops.c, over float16. */
#define ELUFAST_ORDINARY 1
#define ELUFAST_FOR_HALF
#define ELUFAST_STORAGE
#include "_ordinary.h"

#if ELUFAST_HAVE_FMA
#include "_half_loops.h"
#include "elufast/activations.h"

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) ELUFAST_ORDINARY_KERNEL(name##_f16)
#define ELUFAST_WANTS_defaults(name) 0
#define ELUFAST_WANTS_scalar(name) ELUFAST_NOT(ELUFAST_HAS_ONE_WAY(name))
#define ELUFAST_WANTS_array(name) ELUFAST_NOT(ELUFAST_HAS_ONE_WAY(name))
#include "_kernels.inc"
#endif
