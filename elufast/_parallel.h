/* How a long loop is cut and run by threads. */
#ifndef ELUFAST_PARALLEL_H
#define ELUFAST_PARALLEL_H

#include <stddef.h>

typedef void elufast_body(void *context, size_t start, size_t count);

/* Runs body over [0, n) in pieces cut at multiples of `grain`, by at most one thread for each
 * `minimum` elements, and by no more than loops of other callers have left of the limit.
 * Floating-point flags raised in any piece are raised in the caller. */
void elufast_run_parallel(elufast_body *body, void *context, size_t n, size_t minimum,
                          size_t grain);

/* The same with cuts at multiples of `grain` minus `before`. */
void elufast_run_parallel_aligned(elufast_body *body, void *context, size_t n, size_t minimum,
                                  size_t grain, size_t before);

/* Called once, before any loop runs. */
void elufast_prepare_threads(void);

/* What the environment (0: nothing) and the container's quota (0: none) say, and the processors
 * that the system reports, for where affinity cannot be read. */
void elufast_configure_threads(int environment, int quota, int processors);

void elufast_set_threads(int count);

typedef enum {
    ELUFAST_THREADS_SET,
    ELUFAST_THREADS_ENVIRONMENT,
    ELUFAST_THREADS_QUOTA,
    ELUFAST_THREADS_PROCESSORS,
    ELUFAST_THREADS_NO_OPENMP,
    ELUFAST_THREADS_FORKED
} elufast_threads_origin;

int elufast_get_threads(elufast_threads_origin *origin);

/* Threads of all long loops under way; and the most at once since the last call (for tests). */
int elufast_threads_in_use(int *most);

/* The OpenMP version's date, 0 without OpenMP. */
int elufast_openmp_version(void);

#endif
