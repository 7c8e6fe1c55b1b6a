/* The loops for moderate operands (see _moderate.h), which is nearly all of them: less to do for
 * each, and the same bits. The formulas know it from ELUFAST_MODERATE. */
#define ELUFAST_MODERATE 1
#define ELUFAST_STORAGE
#include "_moderate.h"
#include "_plain_loops.h"
#include "elufast/activations.h"

#define ELUFAST_REAL float
#define ELUFAST_F(name) name##_f32
#define ELUFAST_KERNEL_NAME(name) ELUFAST_MODERATE_KERNEL(name)
#define ELUFAST_WANTS_defaults(name) ELUFAST_HAS_MODERATE(name)
#define ELUFAST_WANTS_scalar(name) 0
#define ELUFAST_WANTS_array(name) 0
#include "_kernels.inc"
