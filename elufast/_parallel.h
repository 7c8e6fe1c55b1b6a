/* How a long loop is cut and run by threads. */
#ifndef ELUFAST_PARALLEL_H
#define ELUFAST_PARALLEL_H

#include <stddef.h>

/* Parts of fewer than so many times `minimum` may be taken in one piece; for tests and benchmarks.
 */
extern size_t elufast_whole_part;

typedef void elufast_body(void *context, size_t start, size_t count);

/* Runs body over [0, n) in pieces cut at multiples of `grain`, by at most one thread for each
 * `minimum` elements, and by no more than loops of other callers have left of the limit.
 * Floating-point flags raised in any piece are raised in the caller. */
void elufast_run_parallel(elufast_body *body, void *context, size_t n, size_t minimum,
                          size_t grain);

/* The same with cuts at multiples of `grain` minus `before`. */
void elufast_run_parallel_aligned(elufast_body *body, void *context, size_t n, size_t minimum,
                                  size_t grain, size_t before);

#endif
