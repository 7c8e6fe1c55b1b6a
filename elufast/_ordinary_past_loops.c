/* The loops of _past_loops.c for parameters that need no scaling (see _ordinary.h). */
#define ELUFAST_ORDINARY 1
#define ELUFAST_STORAGE
#define ELUFAST_LANES_PAST_CACHES
#include "_kernels.h"

#define ELUFAST_LANES_NAME ELUFAST_PAST
#include "_lane_loops.inc"
