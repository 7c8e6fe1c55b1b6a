/* The loops in lanes whose outputs begin where lines of the cache do, and go past the caches. By
 * way of a block on the stack, as all others do that, the stores of the block and those that go
 * past the caches wait for each other: 0.8 to 1.0 of that way's time. */
#define ELUFAST_STORAGE
#define ELUFAST_LANES_PAST_CACHES
#include "_kernels.h"

#define ELUFAST_LANES_NAME ELUFAST_PAST
#include "_lane_loops.inc"
