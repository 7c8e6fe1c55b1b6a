/* Outputs that go past the caches: when, and how. */
#ifndef ELUFAST_PAST_CACHES_H
#define ELUFAST_PAST_CACHES_H

#include "_loop_call.h"

/* For n elements that cost so many nanoseconds and have so many bytes in all operands, and `item`
 * bytes in the largest output. Not for longdouble, whose stores leave some bytes alone. */
int elufast_pays_past_caches(float cost, size_t bytes, size_t item, size_t n);

int elufast_pays_to_stream(const elufast_loop_call *c, size_t n);

/* What runs `count` elements from `start` on, contiguous or with a step of 0. */
void elufast_run_streamed(const elufast_loop_call *c, elufast_kernel *kernel, size_t start,
                          size_t count);

#endif
