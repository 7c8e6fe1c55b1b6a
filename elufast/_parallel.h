/* How a long loop is cut and run by threads. */
#ifndef ELUFAST_PARALLEL_H
#define ELUFAST_PARALLEL_H

#include <stddef.h>

/* Parts of fewer than so many times `minimum` may be taken in one piece; for tests and benchmarks.
 */
extern size_t elufast_whole_part;

typedef void elufast_body(void *context, size_t start, size_t count);

/* [0, n), cut at multiples of `grain` minus `before`; at most one thread for each `minimum`. */
typedef struct {
    size_t n, minimum, grain, before;
} elufast_range;

/* Runs body over the range in pieces, by no more threads than loops of other callers have left of
 * the limit. Floating-point flags raised in any piece are raised in the caller. */
void elufast_run_parallel(elufast_body *body, void *context, const elufast_range *range);

/* Whether loops take the threads that OpenMP keeps for all who use it, and keeps awake, and not the
 * team that gives way to others (_team.h): where another library has those threads compute most of
 * the time, so that the team would not get to work, or where OpenMP has been told on which
 * processors they are. What was so before is returned. */
int elufast_share_pool(int yes);

#endif
