/* Outputs that go past the caches: when, and how. */
#ifndef ELUFAST_PAST_CACHES_H
#define ELUFAST_PAST_CACHES_H

#include "_loop_call.h"

/* For n elements that cost so many nanoseconds (0 where they go there straight from the kernel) and
 * have so many bytes in all operands, and `item` bytes in the largest output. Not for longdouble,
 * whose stores leave some bytes alone. */
int elufast_pays_past_caches(float cost, size_t bytes, size_t item, size_t n);

int elufast_pays_to_stream(const elufast_loop_call *c, size_t n);

/* The kernel that does what another does, but past the caches; NULL: there is none. */
elufast_past_kernel *elufast_find_past_kernel(const elufast_loop *loop, elufast_kernel *kernel,
                                              char *const *parameters);

/* The elements that come before the lines of all outputs begin, whose items are of these sizes;
 * SIZE_MAX: they begin at different ones, or none does where a line does. */
size_t elufast_before_lines(char *const *out, const size_t *sizes, int count);

/* What runs `count` elements of arrays that a kernel can take, each with a step of its own, 0 for
 * numbers; until elufast_end_stream others may not see all of it. */
void elufast_run_past_caches(const elufast_loop *loop, elufast_kernel *kernel, char *const *arrays,
                             const ptrdiff_t *steps, size_t count);

/* What runs `count` elements from `start` on, contiguous or with a step of 0. */
void elufast_run_streamed(const elufast_loop_call *c, elufast_kernel *kernel, size_t start,
                          size_t count);

#endif
