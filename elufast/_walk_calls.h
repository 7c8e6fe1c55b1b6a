/* A kernel's call for elements that lie side by side in all operands of a walk, or where the kernel
 * takes them as they lie. */
#ifndef ELUFAST_WALK_CALLS_H
#define ELUFAST_WALK_CALLS_H

#include "_walk_blocks.h"

/* From one element to the next, as kernels take them. */
ptrdiff_t elufast_step_of(const elufast_plan *plan, int k);

/* Whether a call takes a kernel that writes past the caches and prefetches the data. */
int elufast_prefetches_itself(const elufast_plan *plan, elufast_kernel *kernel,
                              char *const *arrays);

void elufast_call_kernel(const elufast_plan *plan, elufast_workspace *w, elufast_kernel *kernel,
                         char *const *arrays, size_t n);

/* After the last call: what has not filled a line. */
void elufast_finish_lines(const elufast_plan *plan, elufast_workspace *w);

#endif
