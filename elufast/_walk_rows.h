/* Kernels' calls for the operands of a block, at once or row by row. */
#ifndef ELUFAST_WALK_ROWS_H
#define ELUFAST_WALK_ROWS_H

#include "_walk_blocks.h"

/* The kernel for `count` elements, NULL if each call has to find its own. Arrays of parameters that
 * repeat are looked at here once, and not with each row. */
elufast_kernel *elufast_kernel_for_all(const elufast_plan *plan, const elufast_workspace *w,
                                       size_t count);

/* n elements, which lie side by side in all operands. */
void elufast_run_kernel(const elufast_plan *plan, elufast_workspace *w, char *const *arrays,
                        size_t n);

/* `count` elements from element i on, which lies at `start`. */
void elufast_run_rows(const elufast_plan *plan, elufast_workspace *w, char *const *arrays, size_t i,
                      const size_t *start, size_t count);

/* While the tile of which element i lies at `at` is computed, as a whole. */
void elufast_prefetch_next_tile(const elufast_plan *plan, size_t i, const size_t *at);

#endif
