/* The loops over bfloat16. It reaches as far as float does, so what computes it are float's own
 * formulas, whose errors are thousandths of its last place. */
#define ELUFAST_STORAGE
#include "_bfloat_loops.h"
#include "elufast/activations.h"

#define ELUFAST_FUNCTION(name, family, shape) ELUFAST_DECLARE(ELUFAST_BFLOAT, name)
#include "elufast/functions.inc"
#undef ELUFAST_FUNCTION

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) ELUFAST_BFLOAT(name)
#include "_kernels.inc"
